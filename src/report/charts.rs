//! What of a source is drawn: its cost day by day, and split by what tells most.

use super::effects::Effects;
use super::{Chart, ChartForm, Figure, Outlier, Part, PeriodRef, Point, Sentence, Step};
use crate::metric::{Metric, Unit};
use crate::money;
use crate::source::{Breakdown, TopList, Window};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Bars of a chart before the rest becomes one bar.
const MOST_BARS: usize = 6;

/// Title, key and members of a bar chart.
type Split = (String, String, Vec<(String, Decimal)>);

/// A day with its cost.
type Dated = (NaiveDate, Option<Decimal>);

/// The cost of each day, the period before behind it; `None` where no day is known.
pub(super) fn daily(
    prefix: &str,
    cost: &Figure,
    message: Sentence,
    (days, base): (Vec<Dated>, &[Dated]),
    (outlier, marked): (Option<Outlier>, Vec<NaiveDate>),
) -> Option<Chart> {
    days.iter().any(|(_, value)| value.is_some()).then(|| Chart {
        key: format!("{prefix}cost-per-day"),
        source: cost.source.clone(),
        title: "Cost per day".to_owned(),
        unit: Unit::Currency,
        currency: cost.currency,
        message,
        panel: None,
        form: ChartForm::Daily {
            base: base.iter().take(days.len()).map(|(_, value)| *value).collect(),
            days,
            outlier,
            marked,
        },
    })
}

/// The way from the cost before to the cost now; `None` where either is unknown or nothing changed.
pub(super) fn bridge(
    prefix: &str,
    cost: &Figure,
    (before, now): (&PeriodRef, &PeriodRef),
    effects: &Effects,
) -> Option<Chart> {
    let base = cost.comparisons.first()?.base_value?;
    let steps: Vec<Step> = effects
        .parts
        .iter()
        .filter(|(_, value)| !value.is_zero())
        .map(|(metric, value)| Step {
            label: metric.label().to_owned(),
            value: *value,
        })
        .collect();
    let point = |period: &PeriodRef, value| Point {
        period: period.clone(),
        value: Some(value),
    };
    let value = cost.value?;
    let message = Sentence {
        parts: vec![
            Part::Text("From ".to_owned()),
            amount(cost, base),
            Part::Text(" to ".to_owned()),
            amount(cost, value),
            Part::Text(", step by step.".to_owned()),
        ],
    };
    (!steps.is_empty()).then(|| Chart {
        key: format!("{prefix}cost-bridge"),
        source: cost.source.clone(),
        title: "Why the cost changed".to_owned(),
        unit: Unit::Currency,
        currency: cost.currency,
        message,
        panel: None,
        form: ChartForm::Bridge {
            base: point(before, base),
            steps,
            current: point(now, value),
        },
    })
}

/// The cost of each period of a trend; `None` where there is no trend or none is known.
pub(super) fn periods(prefix: &str, cost: &Figure, points: Vec<Point>) -> Option<Chart> {
    let known = || {
        let points = points.iter();
        points.filter_map(|point| Some((&point.period, point.value?)))
    };
    let (most, value) = known().max_by(|(_, a), (_, b)| a.cmp(b))?;
    let message = Sentence {
        parts: vec![
            Part::Text(format!("The highest of {} periods is ", known().count())),
            Part::Period(most.clone()),
            Part::Text(" with ".to_owned()),
            amount(cost, value),
            Part::Text(".".to_owned()),
        ],
    };
    Some(Chart {
        key: format!("{prefix}cost-per-period"),
        source: cost.source.clone(),
        title: "Cost per period".to_owned(),
        unit: Unit::Currency,
        currency: cost.currency,
        message,
        panel: None,
        form: ChartForm::Periods { points },
    })
}

fn amount(cost: &Figure, value: Decimal) -> Part {
    Part::Value {
        value,
        unit: cost.unit,
        currency: cost.currency,
    }
}

/// The cost split by the most telling dimension, or the platform's own top list of users by cost.
pub(super) fn bars(prefix: &str, cost: &Figure, window: &Window, preferred: &[String]) -> Option<Chart> {
    let (title, key, mut bars) = split(window, preferred).or_else(|| top_users(window))?;
    // A bar from zero can show neither a credit nor nothing.
    if bars.len() < 2 || bars.iter().any(|(_, value)| value.is_sign_negative()) {
        return None;
    }
    let rest = bars.split_off(bars.len().min(MOST_BARS));
    let others = match (rest.len(), money::sum(rest.iter().map(|(_, value)| *value))) {
        (0, _) | (_, Err(_)) => None,
        (count, Ok(sum)) => Some((count, sum)),
    };
    Some(Chart {
        key: format!("{prefix}{key}"),
        source: cost.source.clone(),
        title,
        unit: Unit::Currency,
        currency: cost.currency,
        message: leader(&bars, cost),
        panel: None,
        form: ChartForm::Bars { bars, others },
    })
}

fn split(window: &Window, preferred: &[String]) -> Option<Split> {
    let preferred = preferred
        .iter()
        .filter_map(|dimension| window.breakdown(dimension));
    let breakdown = preferred
        .chain(&window.breakdowns)
        .find(|breakdown| costs(breakdown).count() > 1)?;
    let words = breakdown.dimension.replace('_', " ");
    let key = format!("cost-by-{}", breakdown.dimension.replace('_', "-"));
    Some((format!("Cost by {words}"), key, costs(breakdown).collect()))
}

/// The members of which the cost is told, with it.
fn costs(breakdown: &Breakdown) -> impl Iterator<Item = (String, Decimal)> {
    breakdown.members.iter().filter_map(|member| {
        let cost = member
            .measures
            .iter()
            .find(|measure| measure.metric == Metric::TotalCost)?;
        Some((member.name.clone(), cost.value?))
    })
}

fn top_users(window: &Window) -> Option<Split> {
    let ranking = window
        .rankings
        .iter()
        .find(|ranking| ranking.list == TopList::TopUsersByCost)?;
    let rows = ranking
        .rows
        .iter()
        .filter_map(|(member, value)| Some((member.clone(), (*value)?)));
    Some((
        "Top users by cost".to_owned(),
        "top-users-by-cost".to_owned(),
        rows.collect(),
    ))
}

/// Who has most, and how much.
pub(super) fn leader(bars: &[(String, Decimal)], cost: &Figure) -> Sentence {
    let parts = bars.first().map(|(name, value)| {
        let value = Part::Value {
            value: *value,
            unit: cost.unit,
            currency: cost.currency,
        };
        let (name, leads) = (Part::Strong(name.clone()), Part::Text(" leads with ".to_owned()));
        vec![name, leads, value, Part::Text(".".to_owned())]
    });
    Sentence {
        parts: parts.unwrap_or_default(),
    }
}

//! What of a source is drawn: its cost day by day, and split by what tells most.

use super::effects::Effects;
use super::{Chart, ChartForm, Figure, Given, Outlier, Part, PeriodRef, Point, Sentence, Step, list, told};
use crate::language::{Text, say};
use crate::metric::{Metric, Unit};
use crate::money;
use crate::source::{Breakdown, TopList, Window};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Bars of a chart before the rest becomes one bar.
const MOST_BARS: usize = 6;

/// Title, key and members of a bar chart.
type Split = (Text, String, Vec<(Text, Decimal)>);

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
        title: say!("cost-per-day"),
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
            label: metric.text(),
            value: *value,
        })
        .collect();
    let point = |period: &PeriodRef, value| Point {
        period: period.clone(),
        value: Some(value),
    };
    let value = cost.value?;
    let message = told!(
        "chart-bridge",
        "base" = amount(cost, base),
        "value" = amount(cost, value)
    );
    (!steps.is_empty()).then(|| Chart {
        key: format!("{prefix}cost-bridge"),
        source: cost.source.clone(),
        title: say!("section-effects"),
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
    let message = told!(
        "chart-periods",
        "count" = known().count(),
        "period" = most,
        "value" = amount(cost, value),
    );
    Some(Chart {
        key: format!("{prefix}cost-per-period"),
        source: cost.source.clone(),
        title: say!("cost-per-period"),
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
    let title = say!(
        "cost-by",
        "dimension" = Text::keyed("dimension-", &breakdown.dimension)
    );
    let key = format!("cost-by-{}", breakdown.dimension.replace('_', "-"));
    Some((title, key, costs(breakdown).collect()))
}

/// The members of which the cost is told, with it.
fn costs(breakdown: &Breakdown) -> impl Iterator<Item = (Text, Decimal)> {
    breakdown.members.iter().filter_map(|member| {
        let cost = member
            .measures
            .iter()
            .find(|measure| measure.metric == Metric::TotalCost)?;
        Some((Text::verbatim(member.name.as_str()), cost.value?))
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
        .filter_map(|(member, value)| Some((Text::verbatim(member.as_str()), (*value)?)));
    Some((
        list("top_users_by_cost"),
        "top-users-by-cost".to_owned(),
        rows.collect(),
    ))
}

/// Who has most, and how much.
pub(super) fn leader(bars: &[(Text, Decimal)], cost: &Figure) -> Sentence {
    let leads = bars.first().map(|(name, value)| {
        let name = Given::Strong(name.clone());
        told!("chart-leader", "name" = name, "value" = amount(cost, *value))
    });
    leads.unwrap_or_default()
}

//! The trend's sections: the figures of now beside those of the period before, period by period, and the days with their mean.

use super::beside::View;
use super::{Comparison, Figure, Section, derive, maker};
use crate::config::plan::{Against, TrendDays};
use crate::language::say;
use crate::metric::Metric;
use crate::money;
use crate::period::Period;
use crate::source::dataset::OwnTrend;
use crate::source::{Series, Window};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Days of the moving average, and from a weekday to the same one before.
const WEEK: u64 = 7;

/// All sections of the source, in the order of the report; `days` says of which periods each day is told.
pub(super) fn sections(view: &View<'_>, periods: &[Period], days: TrendDays) -> Vec<Section> {
    let maker = &view.maker;
    let told = maker::told(view.current);
    let summary = told
        .iter()
        .map(|metric| maker.compared(*metric, view.current, &view.beside));
    let mut sections = vec![
        maker.section("summary", say!("section-summary"), summary.collect()),
        maker.section("trend", say!("section-trend"), trend(view, periods, &told)),
    ];
    if let Some(own) = &view.dataset.own_trend {
        let figures = platforms_own(view, own);
        sections.push(maker.section("platform_trend", say!("section-platform-trend"), figures));
    }
    let title = match days {
        TrendDays::Period => say!("section-daily"),
        TrendDays::All => say!("section-daily-weeks"),
    };
    sections.push(maker.section("daily", title, daily(view, periods, days)));
    sections
}

/// What the platform says of its own window beside the one before it; the changes are computed here.
fn platforms_own(view: &View<'_>, own: &OwnTrend) -> Vec<Figure> {
    let measures = own.measures.iter();
    let before = measures.clone().map(|(metric, _, value)| Figure {
        label: say!("platform-window-before"),
        ..view.maker.member(*metric, *value, "window", "before")
    });
    let now = measures.map(|(metric, value, base)| Figure {
        label: say!("platform-window", "window" = &own.window),
        comparisons: vec![Comparison::of(Against::PreviousPeriod.key(), *value, *base)],
        ..view.maker.member(*metric, *value, "window", &own.window)
    });
    before.chain(now).collect()
}

/// Each figure of each period, oldest first, compared with the period before; the oldest stands alone.
fn trend(view: &View<'_>, periods: &[Period], told: &[Metric]) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut before: Option<&Window> = None;
    for (place, period) in periods.iter().enumerate() {
        let window = view.dataset.window(period);
        for metric in told {
            let value = |window: Option<&Window>| derive::value(window?, *metric);
            let comparison = Comparison::of(Against::PreviousPeriod.key(), value(window), value(before));
            figures.push(Figure {
                label: period.id().into(),
                comparisons: if place == 0 { Vec::new() } else { vec![comparison] },
                ..view.maker.member(*metric, value(window), "period", period.id())
            });
        }
        before = window;
    }
    figures
}

/// The days of the period with all that is known of them, or before them the cost of each day of the other periods and what else the
/// source tells of it; then the mean.
fn daily(view: &View<'_>, periods: &[Period], days: TrendDays) -> Vec<Figure> {
    let costs = points(view, Metric::TotalCost);
    let tells_cost = || view.current.daily.iter().any(is_cost);
    let mut figures = view.maker.daily(view.current);
    let mut told: Vec<NaiveDate> = view.current.period.dates().filter(|_| tells_cost()).collect();
    if days == TrendDays::All && tells_cost() {
        let earlier = periods
            .iter()
            .filter(|period| period.id() != view.current.period.id());
        let earlier: Vec<NaiveDate> = earlier.flat_map(Period::dates).collect();
        let cost = |day: &NaiveDate| {
            let cost = costs.get(day).copied().flatten();
            view.maker
                .member(Metric::TotalCost, cost, "day", &day.to_string())
        };
        let more = view.current.daily.iter().filter(|series| !is_cost(series));
        let more = more.flat_map(|series| told_on(view, series.metric, &earlier));
        let before: Vec<Figure> = earlier.iter().map(cost).chain(more).collect();
        figures.splice(0..0, before);
        for figure in figures
            .iter_mut()
            .filter(|figure| figure.metric == Metric::TotalCost)
        {
            figure.comparisons = week_before(figure, &costs).into_iter().collect();
        }
        told.splice(0..0, earlier);
    }
    figures.extend(moving_average(view, &told, &costs));
    figures
}

fn is_cost(series: &Series) -> bool {
    series.metric == Metric::TotalCost
}

/// What is told of `days` besides their cost; nothing of a day of which the source does not tell it.
fn told_on(view: &View<'_>, metric: Metric, days: &[NaiveDate]) -> Vec<Figure> {
    let points = points(view, metric);
    let figure = |day: &NaiveDate| {
        let value = *points.get(day)?;
        Some(view.maker.member(metric, value, "day", &day.to_string()))
    };
    days.iter().filter_map(figure).collect()
}

/// The figures of `metric` of each day of all periods. A day that two windows tell has what is shown of it elsewhere: that of the earlier
/// one, which is about a period, before that of the days to look back on.
fn points(view: &View<'_>, metric: Metric) -> BTreeMap<NaiveDate, Option<Decimal>> {
    let windows = view.dataset.windows.iter();
    let series = windows.flat_map(|window| window.daily.iter().filter(|series| series.metric == metric));
    let mut points = BTreeMap::new();
    for (day, value) in series.flat_map(|series| series.points.iter().copied()) {
        let known: &mut Option<Decimal> = points.entry(day).or_default();
        *known = known.or(value);
    }
    points
}

/// A day beside the same weekday of the week before; days of one week say more of the weekday than of the trend. The first week stands
/// alone.
fn week_before(figure: &Figure, costs: &BTreeMap<NaiveDate, Option<Decimal>>) -> Option<Comparison> {
    let day: NaiveDate = figure.member.as_deref()?.parse().ok()?;
    let before = day.checked_sub_days(Days::new(WEEK))?;
    let base = costs.get(&before)?;
    Some(Comparison::of(&before.to_string(), figure.value, *base))
}

/// The mean cost of each day and the six before it; nothing for a day where one of the seven is not known.
fn moving_average(
    view: &View<'_>,
    days: &[NaiveDate],
    costs: &BTreeMap<NaiveDate, Option<Decimal>>,
) -> Vec<Figure> {
    let mean = |day: NaiveDate| {
        let seven = (0..WEEK).map(|back| *costs.get(&day.checked_sub_days(Days::new(back))?)?);
        let costs = seven.collect::<Option<Vec<Decimal>>>()?;
        money::quotient(money::sum(costs).ok()?, WEEK.into())
    };
    let figure = |day: &NaiveDate| {
        let day_text = day.to_string();
        view.maker
            .member(Metric::CostMovingAverage, mean(*day), "day", &day_text)
    };
    days.iter().map(figure).collect()
}

//! The trend's sections: the figures of now beside those of the period before, period by period, and the days with their mean.

use super::beside::View;
use super::{Comparison, Figure, Section, derive, maker};
use crate::config::plan::Against;
use crate::language::say;
use crate::metric::Metric;
use crate::money;
use crate::period::Period;
use crate::source::Window;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Days of the moving average.
const MEAN_OF: u64 = 7;

/// All sections of the source, in the order of the report.
pub(super) fn sections(view: &View<'_>, periods: &[Period]) -> Vec<Section> {
    let maker = &view.maker;
    let told = maker::told(view.current);
    let summary = told
        .iter()
        .map(|metric| maker.compared(*metric, view.current, &view.beside));
    let mut daily = maker.daily(view.current);
    daily.extend(moving_average(view));
    vec![
        maker.section("summary", say!("section-summary"), summary.collect()),
        maker.section("trend", say!("section-trend"), trend(view, periods, &told)),
        maker.section("daily", say!("section-daily"), daily),
    ]
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

/// The mean cost of each day and the six before it; nothing for a day where one of the seven is not known.
fn moving_average(view: &View<'_>) -> Vec<Figure> {
    let days: BTreeMap<NaiveDate, Option<Decimal>> = view
        .dataset
        .windows
        .iter()
        .flat_map(|window| &window.daily)
        .filter(|series| series.metric == Metric::TotalCost)
        .flat_map(|series| series.points.iter().copied())
        .collect();
    let mean = |day: NaiveDate| {
        let seven = (0..MEAN_OF).map(|back| *days.get(&day.checked_sub_days(Days::new(back))?)?);
        let costs = seven.collect::<Option<Vec<Decimal>>>()?;
        money::quotient(money::sum(costs).ok()?, MEAN_OF.into())
    };
    let told = view
        .current
        .daily
        .iter()
        .any(|series| series.metric == Metric::TotalCost);
    let days = view.current.period.dates().filter(|_| told);
    days.map(|day| {
        view.maker
            .member(Metric::CostMovingAverage, mean(day), "day", &day.to_string())
    })
    .collect()
}

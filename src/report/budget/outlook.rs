//! What a budget's whole will have cost, as far as its days are told.

use super::Silence;
use crate::config::plan::{BudgetPlan, BudgetScope};
use crate::metric::Metric;
use crate::money;
use crate::period::Period;
use crate::report::beside::View;
use crate::report::forecast::{self, Basis, NoForecast, Point};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// How many days lie between two.
pub(super) fn days_between(from: NaiveDate, to: NaiveDate) -> u32 {
    u32::try_from((to - from).num_days()).unwrap_or_default()
}

/// What the whole will have cost, from the days before `until`, which the source will not change any more.
pub(super) fn made(
    plan: &BudgetPlan,
    view: &View<'_>,
    whole: &Period,
    until: NaiveDate,
    spent: Decimal,
) -> Result<forecast::Forecast, Silence> {
    let days = days(view, plan.scope.as_ref());
    // What may still change does not count for what is to come.
    let actual = if until < view.current.period.end() {
        cost_of(
            &days[..days.partition_point(|(day, _)| *day < until)],
            whole.start(),
        )
    } else {
        Some(spent)
    };
    let usage = forecast::usage(days, apart(view, plan.scope.as_ref()));
    let basis = Basis {
        whole: whole_days(view),
        days,
        usage: &usage,
        start: whole.start(),
        until,
        end: whole.end(),
        actual: actual.unwrap_or(spent),
    };
    match forecast::outlook(&basis) {
        Ok(forecast) if actual.is_some() => Ok(forecast),
        Ok(_) => Err(Silence::Unsettled),
        Err(NoForecast::TooEarly) => Err(Silence::TooEarly),
        Err(NoForecast::Quiet) => Err(Silence::Quiet),
        Err(NoForecast::Gaps(gaps)) => Err(Silence::Gaps {
            gaps,
            of: days_between(whole.start(), until),
        }),
        Err(NoForecast::Overflow) => Err(Silence::Overflow),
    }
}

/// What the days from `start` on cost; `None` where one is unknown, or none is told.
fn cost_of(days: &[Point], start: NaiveDate) -> Option<Decimal> {
    let costs = days
        .iter()
        .filter(|(day, _)| *day >= start)
        .map(|(_, cost)| *cost);
    let costs: Vec<Decimal> = costs.collect::<Option<_>>()?;
    (!costs.is_empty()).then(|| money::sum(costs).ok()).flatten()
}

/// The cost of each day as far as the source tells it, the days before the period included where the report looks back.
pub(super) fn days<'a>(view: &View<'a>, scope: Option<&BudgetScope>) -> &'a [Point] {
    series(view, scope, Metric::TotalCost)
}

/// What of the days is no usage, as far as the source tells it.
fn apart<'a>(view: &View<'a>, scope: Option<&BudgetScope>) -> &'a [Point] {
    series(view, scope, Metric::NonUsageCost)
}

/// The total cost of each day, as [`days`].
fn whole_days<'a>(view: &View<'a>) -> &'a [Point] {
    days(view, None)
}

fn series<'a>(view: &View<'a>, scope: Option<&BudgetScope>, metric: Metric) -> &'a [Point] {
    let Some(scope) = scope else {
        let window = view.days.unwrap_or(view.current);
        return window.by_day(metric).unwrap_or_default();
    };
    let splits = view.days.map_or(&[][..], |window| &window.daily_by[..]);
    let split = splits
        .iter()
        .find(|split| split.dimension == scope.dimension && split.within.is_none());
    let mut members = split.into_iter().flat_map(|split| &split.members);
    let member = members.find(|member| member.name == scope.member && member.others.is_none());
    let mut series = member.into_iter().flat_map(|member| &member.series);
    series
        .find(|series| series.metric == metric)
        .map_or(&[], |series| &series.points)
}

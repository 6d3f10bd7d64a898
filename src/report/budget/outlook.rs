//! What a budget's whole will have cost: how far the data of the period reach, and what is forecast from them.

use super::Silence;
use crate::config::plan::{BudgetPlan, BudgetScope};
use crate::metric::Metric;
use crate::money;
use crate::period::Period;
use crate::report::Brief;
use crate::report::beside::View;
use crate::report::forecast::{self, Basis, Outlook, Point};
use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;

/// How much of its period a report covers.
pub(super) struct Covered {
    /// The last day of which there may be data.
    pub(super) through: NaiveDate,
    /// The day after those that the source will not change any more.
    pub(super) until: NaiveDate,
}

impl Covered {
    pub(super) fn of(brief: &Brief, view: &View<'_>) -> Self {
        let (first, last, end) = (brief.period.start(), brief.period.last_day(), brief.period.end());
        let Some(instant) = view.dataset.provisional_through else {
            return Self {
                through: last,
                until: end,
            };
        };
        let zone = view.dataset.zone.as_deref().and_then(|zone| zone.parse().ok());
        let local = instant.with_timezone(&zone.unwrap_or(brief.timezone));
        let until = local.date_naive();
        // Of a day that is complete to its midnight nothing is known of the day after.
        let through = if local.time() == NaiveTime::MIN {
            until.pred_opt().unwrap_or(until)
        } else {
            until
        };
        Self {
            through: through.clamp(first, last),
            until: until.clamp(first, end),
        }
    }
}

/// How many days lie between two.
pub(super) fn days_between(from: NaiveDate, to: NaiveDate) -> u32 {
    u32::try_from((to - from).num_days()).unwrap_or_default()
}

/// What the whole will have cost, from the days that the source will not change any more.
pub(super) fn made(
    plan: &BudgetPlan,
    view: &View<'_>,
    whole: &Period,
    covered: &Covered,
    spent: Decimal,
) -> Result<forecast::Forecast, Silence> {
    let days = days(view, plan.scope.as_ref());
    // What may still change does not count for what is to come.
    let actual = if covered.until < view.current.period.end() {
        cost_of(
            &days[..days.partition_point(|(day, _)| *day < covered.until)],
            whole.start(),
        )
    } else {
        Some(spent)
    };
    let basis = Basis {
        whole: whole_days(view),
        days,
        start: whole.start(),
        until: covered.until,
        end: whole.end(),
        actual: actual.unwrap_or(spent),
    };
    match forecast::outlook(&basis) {
        Outlook::Forecast(forecast) if actual.is_some() => Ok(forecast),
        Outlook::Forecast(_) => Err(Silence::Unsettled),
        Outlook::TooEarly => Err(Silence::TooEarly),
        Outlook::Gaps(gaps) => Err(Silence::Gaps {
            gaps,
            of: days_between(whole.start(), covered.until),
        }),
        Outlook::Overflow => Err(Silence::Overflow),
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
    let Some(scope) = scope else {
        return whole_days(view);
    };
    let splits = view.days.map_or(&[][..], |window| &window.daily_by[..]);
    let split = splits
        .iter()
        .find(|split| split.dimension == scope.dimension && split.within.is_none());
    let mut members = split.into_iter().flat_map(|split| &split.members);
    let member = members.find(|member| member.name == scope.member && member.others.is_none());
    let mut series = member.into_iter().flat_map(|member| &member.series);
    series
        .find(|series| series.metric == Metric::TotalCost)
        .map_or(&[], |series| &series.points)
}

/// The total cost of each day, as [`days`].
fn whole_days<'a>(view: &View<'a>) -> &'a [Point] {
    let window = view.days.unwrap_or(view.current);
    let mut series = window.daily.iter();
    series
        .find(|series| series.metric == Metric::TotalCost && series.whole)
        .map_or(&[], |series| &series.points)
}

//! How far forecasts like this one have been off: made again on the known days, beside what came.
//!
//! Known are eight weeks before the period and its elapsed days: they hold too few complete months to judge by. So every stretch of
//! days in them that is as long as the period is taken for one, whatever day it begins on. Each is forecast once, as the period itself
//! is, from what is known at the end of the same day of it: the tenth of a month, and of other periods after a third of their days. The
//! horizon is fixed, so that the errors can be compared, and no forecast sees a day after its own. A stretch needs four weeks before
//! it, so that each weekday has a factor, and a known cost of each of its days. Of fewer than seven stretches (one that begins on each
//! weekday) nothing is told, which is the rule for years and for most of a quarter, and nothing of forecasts by the mean of the days.
//! Source: finance definitions, 5.3.

use super::{Basis, Course, LEAST_DAYS, LEAST_VALUES, Method, Point, between, history};
use crate::money;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

/// Days of a month.
const MONTH: std::ops::RangeInclusive<u32> = 28..=31;
/// The day of a month at whose end its forecast is judged.
const DAY_OF_MONTH: u32 = 10;
/// Forecasts of which an error is told.
const LEAST_TRIALS: usize = 7;

/// How far forecasts have been off.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Quality {
    /// The sum of all errors without their signs beside the sum of what came, in per cent (WAPE).
    pub(in crate::report) error: Decimal,
    /// The sum of all errors beside the sum of what came, in per cent: above zero, forecasts were too high.
    pub(in crate::report) bias: Decimal,
    /// Of how many forecasts.
    pub(in crate::report) forecasts: usize,
}

impl Quality {
    /// Of pairs of what was forecast and what came; `None` where nothing came, or less.
    pub(super) fn of(pairs: &[(Decimal, Decimal)]) -> Option<Self> {
        let came = money::sum(pairs.iter().map(|(_, came)| *came)).ok()?;
        let errors = pairs.iter().map(|(forecast, came)| forecast.checked_sub(*came));
        let errors: Vec<Decimal> = errors.collect::<Option<_>>()?;
        if came <= Decimal::ZERO {
            return None;
        }
        Some(Self {
            error: money::percent(money::sum(errors.iter().map(Decimal::abs)).ok()?, came)?,
            bias: money::percent(money::sum(errors.iter().copied()).ok()?, came)?,
            forecasts: pairs.len(),
        })
    }
}

/// The day of a period of so many days at whose end its forecast is judged.
pub(in crate::report) fn horizon(days: u32) -> u32 {
    if MONTH.contains(&days) {
        DAY_OF_MONTH
    } else {
        (days / 3).max(LEAST_DAYS)
    }
}

/// How far forecasts by `method` of periods as long as that of `basis` have been off, on the days that are known for good.
pub(super) fn quality(basis: &Basis<'_>, method: Method) -> Option<Quality> {
    if method != Method::Weekdays {
        return None;
    }
    let (first, _) = basis.days.first()?;
    let weeks = Days::new(7 * u64::try_from(LEAST_VALUES).ok()?);
    let length = u32::try_from((basis.end - basis.start).num_days()).ok()?;
    let begins = first.checked_add_days(weeks)?.iter_days();
    let stretches = begins
        .map_while(|start| Some((start, start.checked_add_days(Days::new(length.into()))?)))
        .take_while(|(_, end)| *end <= basis.until);
    let pairs: Vec<(Decimal, Decimal)> = stretches
        .filter_map(|(start, end)| trial(basis, start, end))
        .collect();
    Quality::of(&pairs).filter(|quality| quality.forecasts >= LEAST_TRIALS)
}

/// What was forecast of the days from `start` up to `end`, and what came; `None` where one of them is unknown.
fn trial<'a>(basis: &Basis<'a>, start: NaiveDate, end: NaiveDate) -> Option<(Decimal, Decimal)> {
    let length = u32::try_from((end - start).num_days()).ok()?;
    let until = start.checked_add_days(Days::new(horizon(length).into()))?;
    let known = |points: &'a [Point]| &points[..points.partition_point(|(day, _)| *day < until)];
    let past = Basis {
        whole: known(basis.days),
        days: known(basis.days),
        usage: known(basis.usage),
        start,
        until,
        end,
        actual: cost(basis, start, until)?,
    };
    let course = Course::of(&past, &history(&past)).ok()?;
    let forecast = course.total(&past);
    (course.method() == Method::Weekdays).then_some((forecast, cost(basis, start, end)?))
}

/// The cost of the days from one up to, but not including, another; `None` where one of them is unknown.
fn cost(basis: &Basis<'_>, from: NaiveDate, until: NaiveDate) -> Option<Decimal> {
    let costs = between(basis.days, from, until).map(|(_, cost)| cost);
    money::sum(costs.collect::<Option<Vec<_>>>()?).ok()
}

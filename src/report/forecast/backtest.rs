//! How far forecasts like this one have been off: made again on every day of the past that allows it, beside what came.
//!
//! Each is made from seven elapsed days and the weeks before them, for the seven days that followed: a fixed horizon, so that the errors
//! can be compared. Source: finance definitions, 5.3.

use super::{Factors, HISTORY_DAYS, LEAST_VALUES, Point};
use crate::money;
use rust_decimal::Decimal;

/// Elapsed days of a trial, and the days that it forecasts.
pub(in crate::report) const HORIZON: usize = 7;

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

/// The forecasts of every day of `days`, which are contiguous, beside what came; `None` where none can be made.
pub(super) fn quality(days: &[Point]) -> Option<Quality> {
    let first = LEAST_VALUES * 7 + HORIZON;
    let last = days.len().saturating_sub(HORIZON);
    let pairs: Vec<(Decimal, Decimal)> = (first..=last).filter_map(|at| trial(days, at)).collect();
    Quality::of(&pairs)
}

/// What was forecast of the days from `at` on, and what came; `None` with an unknown day among them.
fn trial(days: &[Point], at: usize) -> Option<(Decimal, Decimal)> {
    let elapsed = days.get(at.checked_sub(HORIZON)?..at)?;
    let ahead = days.get(at..at + HORIZON)?;
    let before = at - HORIZON;
    let history = usize::try_from(HISTORY_DAYS).ok()?;
    let factors = Factors::of(&days[before.saturating_sub(history)..before])?;
    let cost = |points: &[Point]| {
        let costs: Vec<Decimal> = points.iter().map(|(_, cost)| *cost).collect::<Option<_>>()?;
        money::sum(costs).ok()
    };
    let weight = |points: &[Point]| factors.sum(points.iter().map(|(day, _)| *day));
    let elapsed_weight = weight(elapsed).filter(|weight| *weight > Decimal::ZERO)?;
    let forecast = money::quotient(cost(elapsed)?.checked_mul(weight(ahead)?)?, elapsed_weight)?;
    Some((forecast, cost(ahead)?))
}

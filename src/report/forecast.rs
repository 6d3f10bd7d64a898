//! What a period will have cost when it ends, from its elapsed days and from what the same weekdays cost before.
//!
//! Pure arithmetic in decimals: the same days give the same forecast. Nothing is filled in: with an unknown day among those elapsed there
//! is no forecast, and its reason is told instead. Only usage goes on as it did: what else is charged is taken once, as it is. Source:
//! finance definitions, 5.

mod backtest;
mod band;
mod course;

pub(super) use backtest::{Quality, horizon};
pub(crate) use band::FOUR_FIFTHS;
use course::Course;

use super::derive::AMOUNT_NOISE;
use crate::money;
use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;

/// Elapsed days before a forecast means anything.
pub(super) const LEAST_DAYS: u32 = 3;
/// Days before the period that the weekday factors are taken from: eight complete weeks.
const HISTORY_DAYS: u64 = 56;
/// Values of a weekday that make a factor.
const LEAST_VALUES: usize = 4;

/// A day with its cost; `None` is unknown.
pub(super) type Point = (NaiveDate, Option<Decimal>);

/// What is forecast, and from what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Basis<'a> {
    /// What the source has of each day, as far as it tells days: an unknown one among those elapsed is a gap.
    pub(super) whole: &'a [Point],
    /// The cost of each day before the period and of it, in order, as far as they are told; empty where they are not.
    pub(super) days: &'a [Point],
    /// What of each of them is usage ([`usage`]), from which the days to come are estimated; `None` where nothing can be told of it.
    pub(super) usage: &'a [Point],
    /// The first day of the period.
    pub(super) start: NaiveDate,
    /// The day after the last elapsed one. Days from it on may have cost something already, which may still change.
    pub(super) until: NaiveDate,
    /// The day after the last of the period.
    pub(super) end: NaiveDate,
    /// The cost of the elapsed days.
    pub(super) actual: Decimal,
}

/// Why there is no forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoForecast {
    /// Fewer days have elapsed than say anything.
    TooEarly,
    /// So many of the elapsed days are unknown.
    Gaps(usize),
    /// Too few of the elapsed days show what usage costs: the others are credits, or days on which hardly anything is used.
    Quiet,
    /// A number does not fit.
    Overflow,
}

/// How a day to come is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// By what its weekday usually costs, at the level of the elapsed days.
    Weekdays,
    /// As the mean of the elapsed days.
    RunRate,
}

/// What will be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Forecast {
    /// How the days to come are estimated.
    pub(super) method: Method,
    /// The cost of the whole period.
    pub(super) total: Decimal,
    /// Between what it will be in four cases of five; `None` where the days do not tell how much they vary.
    pub(super) band: Option<(Decimal, Decimal)>,
    /// What of the elapsed days is no usage, and in the total once.
    pub(super) once: Decimal,
    /// How far such forecasts have been off; `None` where the days before do not tell it.
    pub(super) quality: Option<Quality>,
    /// Each day to come with the cost up to its end.
    ahead: Vec<(NaiveDate, Decimal)>,
}

impl Forecast {
    /// The first day by whose end at least `amount` will have been spent; `None`: it lasts.
    pub(super) fn reaches(&self, amount: Decimal) -> Option<NaiveDate> {
        let mut days = self.ahead.iter();
        days.find(|(_, cumulated)| *cumulated >= amount)
            .map(|(day, _)| *day)
    }
}

/// The first of the elapsed days by whose end at least `amount` had been spent; `None` where that is not known.
pub(super) fn reached(days: &[Point], start: NaiveDate, amount: Decimal) -> Option<NaiveDate> {
    let mut sum = money::Tally::default();
    for (day, cost) in days.iter().filter(|(day, _)| *day >= start) {
        sum.add((*cost)?).ok()?;
        if sum.total().ok()? >= amount {
            return Some(*day);
        }
    }
    None
}

/// What of `days` is usage: their cost without what is charged `apart` from it. A day that is below zero without it holds a credit that
/// nobody told apart; how much usage it had is not known.
pub(super) fn usage(days: &[Point], apart: &[Point]) -> Vec<Point> {
    let apart = |day| {
        let at = apart.binary_search_by_key(&day, |(date, _)| *date).ok();
        at.and_then(|at| apart[at].1).unwrap_or_default()
    };
    let usage = |(day, cost): &Point| {
        let usage = cost.and_then(|cost| cost.checked_sub(apart(*day)));
        let usage = usage.filter(|usage| *usage >= -AMOUNT_NOISE);
        (*day, usage.map(|usage| usage.max(Decimal::ZERO)))
    };
    days.iter().map(usage).collect()
}

/// What the period of `basis` will have cost.
///
/// # Errors
/// [`NoForecast`] where nothing can be told of it.
pub(super) fn outlook(basis: &Basis<'_>) -> Result<Forecast, NoForecast> {
    let elapsed = (basis.until - basis.start).num_days();
    if elapsed < i64::from(LEAST_DAYS) {
        return Err(NoForecast::TooEarly);
    }
    let gaps = between(basis.whole, basis.start, basis.until)
        .filter(|(_, cost)| cost.is_none())
        .count();
    if gaps > 0 {
        return Err(NoForecast::Gaps(gaps));
    }
    let history = history(basis);
    let course = Course::of(basis, &history)?;
    let total = course.total(basis);
    let band = match &course.factors {
        Some(factors) => band::of_weekdays(&history, factors, course.level),
        None => band::of_days(between(basis.usage, basis.start, basis.until)),
    };
    Ok(Forecast {
        method: course.method(),
        total,
        once: course.once,
        band: band
            .zip(basis.spent())
            .and_then(|(day, spent)| band::around(total, spent, day, course.ahead.len())),
        quality: backtest::quality(basis, course.method()),
        ahead: course.ahead,
    })
}

impl Basis<'_> {
    /// The amount of a day, where it is told.
    fn on(points: &[Point], day: NaiveDate) -> Option<Decimal> {
        let at = points.binary_search_by_key(&day, |(date, _)| *date).ok()?;
        points.get(at)?.1
    }

    /// What is spent already: the elapsed days, and those after them as far as they are told.
    fn spent(&self) -> Option<Decimal> {
        let later = between(self.days, self.until, self.end).filter_map(|(_, cost)| cost);
        money::sum(std::iter::once(self.actual).chain(later)).ok()
    }
}

/// The usage of the eight complete weeks before the period, as far as it is told.
fn history(basis: &Basis<'_>) -> Vec<Point> {
    let past = Days::new(basis.start.weekday().num_days_from_monday().into());
    let range = basis
        .start
        .checked_sub_days(past)
        .and_then(|monday| Some((monday.checked_sub_days(Days::new(HISTORY_DAYS))?, monday)));
    range.map_or_else(Vec::new, |(from, monday)| {
        between(basis.usage, from, monday).collect()
    })
}

/// The points from one day up to, but not including, another.
fn between(points: &[Point], from: NaiveDate, until: NaiveDate) -> impl Iterator<Item = Point> + '_ {
    let points = points.iter().copied();
    points.filter(move |(day, _)| (from..until).contains(day))
}

#[cfg(test)]
mod tests;

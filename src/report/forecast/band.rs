//! Between what a forecast lies in four cases of five: ± 1.28 · σ of a day · √(days to come). Normal days that do not depend on each other
//! are assumed, and that the level of the elapsed days is the level of those to come. Source: finance definitions, 5.3.

use super::Point;
use super::course::Factors;
use crate::money;
use rust_decimal::{Decimal, dec};

/// How many standard deviations hold four fifths of a normal distribution.
pub(crate) const FOUR_FIFTHS: Decimal = dec!(1.28);
/// Days that tell how much days vary.
const LEAST_DAYS: usize = 2;
/// Steps to a root: each one at least halves the distance, and near it doubles the digits.
const MOST_STEPS: usize = 128;

/// The standard deviation of a day to come: that of the days of `history` from what their weekday usually costs, at the `level` of the
/// elapsed days.
pub(super) fn of_weekdays(history: &[Point], factors: &Factors, level: Decimal) -> Option<Decimal> {
    let residuals = history
        .iter()
        .filter_map(|(day, cost)| cost.map(|cost| cost.checked_sub(factors.on(*day))));
    deviation(&residuals.collect::<Option<Vec<_>>>()?)?.checked_mul(level)
}

/// The standard deviation of days from their mean.
pub(super) fn of_days(days: impl Iterator<Item = Point>) -> Option<Decimal> {
    let costs: Vec<Decimal> = days.filter_map(|(_, cost)| cost).collect();
    deviation(&costs)
}

/// The band around `total` with so many `days` to come that deviate by `day`; never below what is spent already.
pub(super) fn around(
    total: Decimal,
    spent: Decimal,
    day: Decimal,
    days: usize,
) -> Option<(Decimal, Decimal)> {
    let half = FOUR_FIFTHS
        .checked_mul(day.abs())?
        .checked_mul(root(Decimal::from(days))?)?;
    let half = money::quotient(half, Decimal::ONE)?;
    let low = total.checked_sub(half)?;
    Some((low.max(spent.min(total)), total.checked_add(half)?))
}

/// The standard deviation of a sample.
fn deviation(values: &[Decimal]) -> Option<Decimal> {
    if values.len() < LEAST_DAYS {
        return None;
    }
    let mean = money::quotient(
        money::sum(values.iter().copied()).ok()?,
        Decimal::from(values.len()),
    )?;
    let squares = values.iter().try_fold(Decimal::ZERO, |sum, value| {
        let distance = value.checked_sub(mean)?;
        sum.checked_add(distance.checked_mul(distance)?)
    })?;
    root(squares.checked_div(Decimal::from(values.len() - 1))?)
}

/// The square root by Newton's method; `None` of what is below zero.
pub(super) fn root(value: Decimal) -> Option<Decimal> {
    if value.is_zero() {
        return Some(value);
    }
    if value.is_sign_negative() {
        return None;
    }
    let mut guess = Decimal::ONE;
    while guess.checked_mul(guess).is_some_and(|square| square < value) {
        guess = guess.checked_mul(Decimal::TEN)?;
    }
    for _ in 0..MOST_STEPS {
        let next = guess
            .checked_add(value.checked_div(guess)?)?
            .checked_div(dec!(2))?;
        if next >= guess {
            break;
        }
        guess = next;
    }
    Some(guess)
}

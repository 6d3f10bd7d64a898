//! The day that stands out: robust, seasonal by weekday, never judged against itself.

use super::Outlier;
use crate::money;
use chrono::{Datelike, NaiveDate};
use rust_decimal::{Decimal, dec};
use std::cmp::Reverse;

/// Fewer other days than this give no verdict.
const LEAST_HISTORY: usize = 14;
/// Fewer other same weekdays than this, and a day is compared with all days.
const LEAST_WEEKDAYS: usize = 4;
/// What makes the median absolute deviation of normal values their standard deviation.
pub(crate) const SIGMA_OF_MAD: Decimal = dec!(0.6745);
/// Modified z-score from which a day stands out.
const LIMIT: Decimal = dec!(3.5);
/// Days with the largest excess that are judged; if none of them stands out, none does.
const MOST_JUDGED: usize = 10;
/// Smallest excess worth pointing at, in currency units.
const FLOOR: Decimal = dec!(25);

/// The day of `days` that stands out most above what is usual, if one does.
///
/// `history` holds further known days (of the period before) that count as usual too.
///
/// Source: finance definitions, robust anomalies (modified z-score on weekday residuals).
#[must_use]
pub(super) fn find(
    days: &[(NaiveDate, Option<Decimal>)],
    history: &[(NaiveDate, Option<Decimal>)],
) -> Option<Outlier> {
    let known = days.iter().chain(history);
    let usual = Usual::of(
        known
            .filter_map(|(date, value)| Some((*date, (*value)?)))
            .collect(),
    );
    let mut candidates: Vec<Candidate> = days
        .iter()
        .filter_map(|(date, value)| usual.candidate(*date, (*value)?))
        .collect();
    candidates.sort_by_key(|it| Reverse((it.is_tenth, it.excess)));
    candidates.truncate(MOST_JUDGED);
    candidates
        .into_iter()
        .find(|it| {
            let score = usual.score(it.outlier.date, it.excess);
            // Where the other days have no spread at all, the floor alone decides.
            score.is_some_and(|score| score == NO_SPREAD || it.is_tenth && score > LIMIT)
        })
        .map(|it| it.outlier)
}

/// A day that lies above what is usual by money that is worth a word.
struct Candidate {
    excess: Decimal,
    /// Whether that is a tenth of what is usual.
    is_tenth: bool,
    outlier: Outlier,
}

/// What is usual on each weekday and on any day, sorted once, so that a day is cheaply left out of its own history.
struct Usual {
    known: Vec<(NaiveDate, Decimal)>,
    by_weekday: [Vec<Decimal>; 7],
    all: Vec<Decimal>,
}

impl Usual {
    fn of(known: Vec<(NaiveDate, Decimal)>) -> Self {
        let mut by_weekday: [Vec<Decimal>; 7] = Default::default();
        for (date, value) in &known {
            by_weekday[index(*date)].push(*value);
        }
        let mut all: Vec<Decimal> = known.iter().map(|(_, value)| *value).collect();
        all.sort_unstable();
        for values in &mut by_weekday {
            values.sort_unstable();
        }
        Self {
            known,
            by_weekday,
            all,
        }
    }

    /// What the other such weekdays say is usual (true), or all other days where there are too few of them (false).
    fn expected(&self, date: NaiveDate, value: Decimal) -> Option<(Decimal, bool)> {
        let alike = &self.by_weekday[index(date)];
        if alike.len() > LEAST_WEEKDAYS {
            Some((median_without(alike, value)?, true))
        } else {
            Some((median_without(&self.all, value)?, false))
        }
    }

    /// How far a day lies above what is usual, if that is worth a word.
    fn candidate(&self, date: NaiveDate, value: Decimal) -> Option<Candidate> {
        if self.known.len() <= LEAST_HISTORY {
            return None;
        }
        let (expected, same_weekday) = self.expected(date, value)?;
        let excess = value.checked_sub(expected)?;
        if excess < FLOOR {
            return None;
        }
        let outlier = Outlier {
            date,
            value,
            times_usual: money::rounded(money::quotient(value, expected)?, 1),
            same_weekday,
        };
        Some(Candidate {
            excess,
            is_tenth: excess >= expected.checked_mul(dec!(0.1))?,
            outlier,
        })
    }

    /// The modified z-score of a day's excess among the residuals of all other days.
    fn score(&self, date: NaiveDate, excess: Decimal) -> Option<Decimal> {
        let others = self.known.iter().filter(|(other, _)| *other != date);
        let residuals: Vec<Decimal> = others
            .filter_map(|(other, value)| value.checked_sub(self.expected(*other, *value)?.0))
            .collect();
        score(excess, &residuals)
    }
}

fn index(date: NaiveDate) -> usize {
    date.weekday().num_days_from_monday() as usize
}

/// The median of sorted values with one occurrence of `value` left out.
fn median_without(sorted: &[Decimal], value: Decimal) -> Option<Decimal> {
    let at = sorted.binary_search(&value).ok()?;
    let others = sorted.len() - 1;
    let other = |place: usize| sorted.get(if place < at { place } else { place + 1 }).copied();
    let upper = other(others / 2)?;
    if others % 2 == 1 {
        return Some(upper);
    }
    upper
        .checked_add(other((others / 2).checked_sub(1)?)?)?
        .checked_div(Decimal::TWO)
}

/// The score of whatever lies among values without any spread.
pub(super) const NO_SPREAD: Decimal = Decimal::MAX;

/// The modified z-score of `excess` among `residuals`; with no spread at all, anything above the floor stands out.
pub(super) fn score(excess: Decimal, residuals: &[Decimal]) -> Option<Decimal> {
    let middle = median(residuals)?;
    let deviations: Vec<Decimal> = residuals
        .iter()
        .filter_map(|residual| Some(residual.checked_sub(middle)?.abs()))
        .collect();
    let distance = excess.checked_sub(middle)?;
    let mad = median(&deviations)?;
    if !mad.is_zero() {
        return distance.checked_mul(SIGMA_OF_MAD)?.checked_div(mad);
    }
    let mean = money::sum(deviations.iter().copied())
        .ok()?
        .checked_div(Decimal::from(deviations.len()))?;
    distance
        .checked_div(mean.checked_mul(dec!(1.253314))?)
        .or(Some(NO_SPREAD))
}

/// The middle value, of two middle ones their mean. `None` for no values, or a sum that no decimal holds.
pub(super) fn median(values: &[Decimal]) -> Option<Decimal> {
    let mut values = values.to_vec();
    values.sort_unstable();
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        Some(upper)
    } else {
        upper.checked_add(values[middle - 1])?.checked_div(Decimal::TWO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(values: &[Decimal]) -> Vec<(NaiveDate, Option<Decimal>)> {
        let start: NaiveDate = "2026-10-01".parse().unwrap();
        start
            .iter_days()
            .zip(values.iter().map(|value| Some(*value)))
            .collect()
    }

    /// Weekdays around 130, weekends around 25, as a company uses its agents.
    fn a_month() -> Vec<(NaiveDate, Option<Decimal>)> {
        let values: Vec<Decimal> = (0..31)
            .map(|n| {
                if matches!(n % 7, 2 | 3) {
                    Decimal::from(25 + n % 3)
                } else {
                    Decimal::from(130 + (n * 7) % 11)
                }
            })
            .collect();
        days(&values)
    }

    #[test]
    fn a_spike_is_found_beside_its_weekday() {
        let mut month = a_month();
        month[13].1 = Some(dec!(402.60));
        let outlier = find(&month, &[]).unwrap();
        assert_eq!(
            (outlier.date.to_string().as_str(), outlier.value),
            ("2026-10-14", dec!(402.60))
        );
        // Three other Wednesdays are too few to call one usual: the middle of all days, 130, is.
        assert_eq!((outlier.times_usual, outlier.same_weekday), (dec!(3.1), false));
        let mut before = a_month();
        for day in &mut before {
            day.0 = day.0 - chrono::Days::new(35);
        }
        let outlier = find(&month, &before).unwrap();
        assert_eq!((outlier.times_usual, outlier.same_weekday), (dec!(2.9), true));
    }

    #[test]
    fn a_busy_weekend_day_stands_out_though_a_weekday_would_not() {
        let mut month = a_month();
        let mut before = a_month();
        for day in &mut before {
            day.0 = day.0 - chrono::Days::new(35);
        }
        month[9].1 = Some(dec!(130));
        assert_eq!(
            find(&month, &before).map(|outlier| outlier.date),
            Some(month[9].0)
        );
    }

    #[test]
    fn a_usual_month_a_short_one_and_small_money_stay_quiet() {
        assert_eq!(find(&a_month(), &[]), None);
        assert_eq!(find(&days(&[dec!(1), dec!(1), dec!(500)]), &[]), None);
        let mut cents = days(&[dec!(0.01); 31]);
        cents[5].1 = Some(dec!(3));
        assert_eq!(find(&cents, &[]), None);
        assert_eq!(find(&[], &[]), None);
    }

    #[test]
    fn with_no_spread_only_the_floor_decides() {
        let mut flat = days(&[dec!(50); 31]);
        flat[20].1 = Some(dec!(90));
        assert_eq!(
            find(&flat, &[]).map(|outlier| outlier.times_usual),
            Some(dec!(1.8))
        );
        flat[20].1 = Some(dec!(74));
        assert_eq!(find(&flat, &[]), None);
        let mut fees = days(&[dec!(1000); 31]);
        fees[20].1 = Some(dec!(1025));
        assert_eq!(find(&fees, &[]).map(|outlier| outlier.date), Some(fees[20].0));
        fees[3].1 = Some(dec!(1001));
        assert_eq!(find(&fees, &[]), None, "no tenth, with a spread");
    }

    #[test]
    fn ten_years_of_days_are_judged_at_once() {
        let start: NaiveDate = "2016-01-01".parse().unwrap();
        let mut years: Vec<(NaiveDate, Option<Decimal>)> = start
            .iter_days()
            .zip((0..3660_i64).map(|n| Some(Decimal::from(100 + n * 7 % 13))))
            .collect();
        years[1800].1 = Some(dec!(900));
        let before: Vec<(NaiveDate, Option<Decimal>)> = years
            .iter()
            .map(|(date, value)| (*date - chrono::Days::new(3660), *value))
            .collect();
        assert_eq!(
            find(&years, &before).map(|outlier| outlier.date),
            Some(years[1800].0)
        );
    }

    #[test]
    fn a_day_is_left_out_of_its_own_median() {
        let sorted = [dec!(1), dec!(2), dec!(2), dec!(5)];
        for (value, expected) in [(dec!(1), dec!(2)), (dec!(2), dec!(2)), (dec!(5), dec!(2))] {
            assert_eq!(median_without(&sorted, value), Some(expected));
        }
        assert_eq!(median_without(&sorted[..3], dec!(1)), Some(dec!(2)));
        assert_eq!(median_without(&sorted[2..], dec!(5)), Some(dec!(2)));
        assert_eq!(median_without(&[dec!(1)], dec!(1)), None);
    }

    #[test]
    fn the_finance_example_scores_as_worked_out() {
        let sample = [100, 102, 98, 101, 99, 103, 97, 100, 180].map(Decimal::from);
        let middle = median(&sample).unwrap();
        let residuals: Vec<Decimal> = sample.iter().map(|value| value - middle).collect();
        assert_eq!(
            score(dec!(80), &residuals).map(|z| z.round_dp(2)),
            Some(dec!(26.98))
        );
        let mut still = vec![Decimal::ZERO; 8];
        still.push(dec!(40));
        assert_eq!(score(dec!(40), &still).map(|z| z.round_dp(2)), Some(dec!(7.18)));
    }
}

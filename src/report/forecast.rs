//! What a period will have cost when it ends, from its elapsed days and from what the same weekdays cost before.
//!
//! Pure arithmetic in decimals: the same days give the same forecast. Nothing is filled in: with an unknown day among those elapsed there
//! is no forecast, and its reason is told instead. Source: finance definitions, 5.

mod backtest;
mod band;

pub(super) use backtest::{Quality, horizon};

use crate::money;
use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::{Decimal, dec};

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
    /// The first day of the period.
    pub(super) start: NaiveDate,
    /// The day after the last elapsed one. Days from it on may have cost something already, which may still change.
    pub(super) until: NaiveDate,
    /// The day after the last of the period.
    pub(super) end: NaiveDate,
    /// The cost of the elapsed days.
    pub(super) actual: Decimal,
}

/// A forecast, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outlook {
    /// What will be.
    Forecast(Forecast),
    /// Fewer days have elapsed than say anything.
    TooEarly,
    /// So many of the elapsed days are unknown.
    Gaps(usize),
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

/// What the period of `basis` will have cost.
pub(super) fn outlook(basis: &Basis<'_>) -> Outlook {
    let elapsed = (basis.until - basis.start).num_days();
    if elapsed < i64::from(LEAST_DAYS) {
        return Outlook::TooEarly;
    }
    let gaps = between(basis.whole, basis.start, basis.until)
        .filter(|(_, cost)| cost.is_none())
        .count();
    if gaps > 0 {
        return Outlook::Gaps(gaps);
    }
    forecast(basis).map_or(Outlook::Overflow, Outlook::Forecast)
}

fn forecast(basis: &Basis<'_>) -> Option<Forecast> {
    let history = history(basis);
    let course = Course::of(basis, &history)?;
    let total = course.total(basis);
    let band = match course.method {
        Method::Weekdays => band::of_weekdays(&history, &course.factors, course.level(basis)?),
        Method::RunRate => band::of_days(between(basis.days, basis.start, basis.until)),
    };
    let days = course.ahead.len();
    Some(Forecast {
        method: course.method,
        total,
        band: band.and_then(|day| band::around(total, basis.spent()?, day, days)),
        quality: backtest::quality(basis, course.method),
        ahead: course.ahead,
    })
}

/// How a period goes on from its elapsed days.
struct Course {
    method: Method,
    factors: Factors,
    /// The weight of the elapsed days: the sum of their factors.
    elapsed: Decimal,
    /// Each day to come with the cost up to its end.
    ahead: Vec<(NaiveDate, Decimal)>,
}

impl Course {
    fn of(basis: &Basis<'_>, history: &[Point]) -> Option<Self> {
        let weekdays = Factors::of(history);
        let weekdays = weekdays.filter(|factors| factors.elapsed(basis).is_some_and(|sum| sum > dec!(0)));
        let (method, factors) = match weekdays {
            Some(factors) => (Method::Weekdays, factors),
            None => (Method::RunRate, Factors::level()),
        };
        let elapsed = factors.elapsed(basis)?;
        let mut course = Self {
            method,
            factors,
            elapsed,
            ahead: Vec::new(),
        };
        let mut weight = elapsed;
        let mut surplus = Decimal::ZERO;
        for day in basis.until.iter_days().take_while(|day| *day < basis.end) {
            weight = weight.checked_add(course.factors.on(day))?;
            surplus = surplus.checked_add(course.surplus(basis, day)?)?;
            let usual = money::quotient(basis.actual.checked_mul(weight)?, elapsed)?;
            course.ahead.push((day, usual.checked_add(surplus)?));
        }
        Some(course)
    }

    /// By how much a day has cost more already than is forecast of it: it may still change, and costs no less in the end.
    fn surplus(&self, basis: &Basis<'_>, day: NaiveDate) -> Option<Decimal> {
        let Some(so_far) = basis.on(day) else {
            return Some(Decimal::ZERO);
        };
        let forecast = money::quotient(basis.actual.checked_mul(self.factors.on(day))?, self.elapsed)?;
        Some(so_far.checked_sub(forecast)?.max(Decimal::ZERO))
    }

    /// Of what its weekday usually costs, how much a day of this period costs.
    fn level(&self, basis: &Basis<'_>) -> Option<Decimal> {
        money::quotient(basis.actual, self.elapsed)
    }

    /// The cost of the whole period.
    fn total(&self, basis: &Basis<'_>) -> Decimal {
        self.ahead
            .last()
            .map_or(basis.actual, |(_, cumulated)| *cumulated)
    }
}

impl Basis<'_> {
    /// The cost of a day, where it is told.
    fn on(&self, day: NaiveDate) -> Option<Decimal> {
        let at = self.days.binary_search_by_key(&day, |(date, _)| *date).ok()?;
        self.days.get(at)?.1
    }

    /// What is spent already: the elapsed days, and those after them as far as they are told.
    fn spent(&self) -> Option<Decimal> {
        let later = between(self.days, self.until, self.end).filter_map(|(_, cost)| cost);
        money::sum(std::iter::once(self.actual).chain(later)).ok()
    }
}

/// The eight complete weeks before the period, as far as they are told.
fn history(basis: &Basis<'_>) -> Vec<Point> {
    let past = Days::new(basis.start.weekday().num_days_from_monday().into());
    let range = basis
        .start
        .checked_sub_days(past)
        .and_then(|monday| Some((monday.checked_sub_days(Days::new(HISTORY_DAYS))?, monday)));
    range.map_or_else(Vec::new, |(from, monday)| {
        between(basis.days, from, monday).collect()
    })
}

/// The points from one day up to, but not including, another.
fn between(points: &[Point], from: NaiveDate, until: NaiveDate) -> impl Iterator<Item = Point> + '_ {
    let points = points.iter().copied();
    points.filter(move |(day, _)| (from..until).contains(day))
}

/// What each weekday usually costs, Monday first.
#[derive(Debug, Clone, PartialEq)]
struct Factors([Decimal; 7]);

impl Factors {
    /// The median of each weekday in `history`; `None` where one has too few values or a median below zero, as credits make it.
    fn of(history: &[Point]) -> Option<Self> {
        let mut factors = [Decimal::ZERO; 7];
        for (weekday, factor) in (0..).zip(&mut factors) {
            let same = history
                .iter()
                .filter(|(day, _)| day.weekday().num_days_from_monday() == weekday);
            let mut values: Vec<Decimal> = same.filter_map(|(_, cost)| *cost).collect();
            values.sort_unstable();
            *factor = median(&values).filter(|_| values.len() >= LEAST_VALUES)?;
        }
        factors
            .iter()
            .all(|factor| *factor >= Decimal::ZERO)
            .then_some(Self(factors))
    }

    /// All days alike.
    fn level() -> Self {
        Self([Decimal::ONE; 7])
    }

    fn on(&self, day: NaiveDate) -> Decimal {
        let weekday = usize::try_from(day.weekday().num_days_from_monday()).ok();
        weekday.and_then(|at| self.0.get(at)).copied().unwrap_or_default()
    }

    /// Their sum over days.
    fn sum(&self, mut days: impl Iterator<Item = NaiveDate>) -> Option<Decimal> {
        days.try_fold(Decimal::ZERO, |sum, day| sum.checked_add(self.on(day)))
    }

    fn elapsed(&self, basis: &Basis<'_>) -> Option<Decimal> {
        self.sum(basis.start.iter_days().take_while(|day| *day < basis.until))
    }
}

/// The middle of sorted values, of two of them their mean.
fn median(sorted: &[Decimal]) -> Option<Decimal> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    lower.checked_add(upper)?.checked_div(dec!(2))
}

#[cfg(test)]
mod tests;

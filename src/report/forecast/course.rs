//! How a period goes on from its elapsed days: what each weekday usually costs, at the level of their usage.

use super::{Basis, LEAST_DAYS, LEAST_VALUES, Method, NoForecast, Point, between};
use crate::money;
use crate::report::outlier::median;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

/// Days of a week.
const WEEK: Decimal = Decimal::from_parts(7, 0, 0, false, 0);

/// How a period goes on.
pub(super) struct Course {
    /// What each weekday usually costs; `None`: all days alike.
    pub(super) factors: Option<Factors>,
    /// Of what its weekday usually costs, how much a day of this period costs.
    pub(super) level: Decimal,
    /// What of the elapsed days is no usage.
    pub(super) once: Decimal,
    /// Each day to come with the cost up to its end.
    pub(super) ahead: Vec<(NaiveDate, Decimal)>,
}

impl Course {
    /// From the elapsed days of `basis` and the usage of the weeks before it.
    ///
    /// # Errors
    /// [`NoForecast::Quiet`] where the elapsed days do not show what usage costs, [`NoForecast::Overflow`] where a number does not fit.
    pub(super) fn of(basis: &Basis<'_>, history: &[Point]) -> Result<Self, NoForecast> {
        let factors = Factors::of(history);
        let weights = factors.clone().unwrap_or_else(Factors::level);
        let usage = Usage::of(basis, &weights).ok_or(NoForecast::Overflow)?;
        // Three Sundays of an office say nothing about its Mondays.
        let mean_day = weights.week().and_then(|week| week.checked_div(WEEK));
        if usage.days < LEAST_DAYS || usage.weight < mean_day.ok_or(NoForecast::Overflow)? {
            return Err(NoForecast::Quiet);
        }
        let ahead = usage.ahead(basis, &weights).ok_or(NoForecast::Overflow)?;
        Ok(Self {
            factors,
            level: money::quotient(usage.cost, usage.weight).ok_or(NoForecast::Overflow)?,
            once: usage.once,
            ahead,
        })
    }

    pub(super) fn method(&self) -> Method {
        match self.factors {
            Some(_) => Method::Weekdays,
            None => Method::RunRate,
        }
    }

    /// The cost of the whole period.
    pub(super) fn total(&self, basis: &Basis<'_>) -> Decimal {
        self.ahead
            .last()
            .map_or(basis.actual, |(_, cumulated)| *cumulated)
    }
}

/// The usage of the elapsed days.
struct Usage {
    cost: Decimal,
    /// What else they cost.
    once: Decimal,
    /// The days that tell it …
    days: u32,
    /// … and the sum of their factors.
    weight: Decimal,
}

impl Usage {
    fn of(basis: &Basis<'_>, weights: &Factors) -> Option<Self> {
        let elapsed = basis.start.iter_days().take_while(|day| *day < basis.until);
        let told = |day: &NaiveDate| basis.usage.is_empty() || Basis::on(basis.usage, *day).is_some();
        let (mut days, mut weight) = (0, Decimal::ZERO);
        for day in elapsed.filter(told) {
            days += 1;
            weight = weight.checked_add(weights.on(day))?;
        }
        let once = if basis.usage.is_empty() {
            basis.actual.min(Decimal::ZERO)
        } else {
            let cost = between(basis.days, basis.start, basis.until);
            let apart = cost.map(|(day, cost)| {
                let usage = Basis::on(basis.usage, day).unwrap_or_default();
                cost.unwrap_or_default().checked_sub(usage)
            });
            money::sum(apart.collect::<Option<Vec<_>>>()?).ok()?
        };
        Some(Self {
            cost: basis.actual.checked_sub(once)?,
            once,
            days,
            weight,
        })
    }

    /// Each day to come with the cost up to its end.
    fn ahead(&self, basis: &Basis<'_>, weights: &Factors) -> Option<Vec<(NaiveDate, Decimal)>> {
        let mut ahead = Vec::new();
        let (mut weight, mut surplus) = (Decimal::ZERO, basis.actual);
        for day in basis.until.iter_days().take_while(|day| *day < basis.end) {
            weight = weight.checked_add(weights.on(day))?;
            surplus = surplus.checked_add(self.surplus(basis, day, weights.on(day))?)?;
            ahead.push((day, self.usual(weight)?.checked_add(surplus)?));
        }
        Some(ahead)
    }

    /// The usage of days of so much weight, at the level of the elapsed ones.
    fn usual(&self, weight: Decimal) -> Option<Decimal> {
        if self.weight.is_zero() {
            return Some(Decimal::ZERO);
        }
        money::quotient(self.cost.checked_mul(weight)?, self.weight)
    }

    /// By how much a day has cost more already than is forecast of it: it may still change, and costs no less in the end. What of it
    /// is no usage comes on top.
    fn surplus(&self, basis: &Basis<'_>, day: NaiveDate, weight: Decimal) -> Option<Decimal> {
        let Some(so_far) = Basis::on(basis.days, day) else {
            return Some(Decimal::ZERO);
        };
        let Some(usage) = Basis::on(basis.usage, day) else {
            return Some(so_far);
        };
        let beyond = usage.checked_sub(self.usual(weight)?)?.max(Decimal::ZERO);
        so_far.checked_sub(usage)?.checked_add(beyond)
    }
}

/// What each weekday usually costs, Monday first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factors([Decimal; 7]);

impl Factors {
    /// The median of each weekday in `history`; `None` where one has too few values, or a week usually costs nothing.
    fn of(history: &[Point]) -> Option<Self> {
        let mut factors = [Decimal::ZERO; 7];
        for (weekday, factor) in (0..).zip(&mut factors) {
            let same = history
                .iter()
                .filter(|(day, _)| day.weekday().num_days_from_monday() == weekday);
            let values: Vec<Decimal> = same.filter_map(|(_, cost)| *cost).collect();
            if values.len() < LEAST_VALUES {
                return None;
            }
            *factor = median(&values)?;
        }
        (!factors.iter().all(Decimal::is_zero)).then_some(Self(factors))
    }

    /// All days alike.
    fn level() -> Self {
        Self([Decimal::ONE; 7])
    }

    /// What a day usually costs.
    pub(super) fn on(&self, day: NaiveDate) -> Decimal {
        let weekday = usize::try_from(day.weekday().num_days_from_monday()).ok();
        weekday.and_then(|at| self.0.get(at)).copied().unwrap_or_default()
    }

    /// What a week usually costs.
    fn week(&self) -> Option<Decimal> {
        money::sum(self.0).ok()
    }
}

//! Which whole a period is (the beginning of), and what of a budget falls to it.

use crate::config::plan::{BudgetPlan, BudgetUnit, Phasing};
use crate::money;
use crate::money::apportion::apportion_to;
use crate::period::{CalendarUnit, Period, Shape};
use rust_decimal::Decimal;

/// The month, quarter or year that `period` is, or is the first days of; `None` where it is neither.
pub(super) fn whole(period: &Period, plan: &BudgetPlan) -> Option<Period> {
    let unit = match period.shape() {
        Shape::Whole(CalendarUnit::Month | CalendarUnit::Quarter | CalendarUnit::Year) => {
            return Some(period.clone());
        }
        Shape::ToDate { unit, .. } => unit,
        // Named by its days, which are those of a run before, or any others.
        Shape::Range | Shape::Whole(CalendarUnit::Day | CalendarUnit::Week) => plan.reported.unit(),
    };
    let whole = Period::containing(unit, period.start(), plan.calendar)?;
    (whole.start() == period.start() && period.end() <= whole.end()).then_some(whole)
}

/// What of the budget falls to `whole`, in the budget's currency; `None` where it is not shared out so.
pub(super) fn of(plan: &BudgetPlan, whole: &Period) -> Option<Decimal> {
    let all = Period::containing(plan.per.unit(), whole.start(), plan.calendar)?;
    if all.start() == whole.start() && all.end() == whole.end() {
        return Some(plan.amount);
    }
    if plan.per != BudgetUnit::Year || whole.end() > all.end() {
        return None;
    }
    let months = months(plan, &all)?;
    let own = months
        .into_iter()
        .filter(|(month, _)| whole.contains(month.start()))
        .map(|(_, share)| share);
    money::sum(own).ok()
}

/// The months of a year with what falls to each; they add up to the year.
fn months(plan: &BudgetPlan, year: &Period) -> Option<Vec<(Period, Decimal)>> {
    let first = Period::containing(CalendarUnit::Month, year.start(), plan.calendar);
    let months: Vec<Period> = std::iter::successors(first, Period::next)
        .take_while(|month| year.contains(month.start()))
        .collect();
    let weights: Vec<Decimal> = match &plan.phasing {
        Phasing::Days => months.iter().map(|month| month.days().into()).collect(),
        Phasing::Twelfths => vec![Decimal::ONE; months.len()],
        Phasing::Weights(weights) => weights.clone(),
    };
    let sum = money::sum(weights.iter().copied()).ok()?;
    let exact: Vec<Decimal> = weights
        .iter()
        .map(|weight| money::quotient(plan.amount.checked_mul(*weight)?, sum))
        .collect::<Option<_>>()?;
    let shares = apportion_to(&exact, plan.amount, plan.currency.minor_units())?;
    Some(months.into_iter().zip(shares).collect())
}

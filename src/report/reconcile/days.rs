//! The days on which usage and bill part most.

use crate::language::{Arg, Text, say};
use crate::metric::Metric;
use crate::money::{self, Currency};
use crate::source::Window;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// How many days are named.
const NAMED: usize = 3;

/// The days on which both part most, in a sentence; `None` where either does not tell days, or they never part. A bill that
/// has one row for a whole month tells no days.
pub(super) fn apart(usage: &Window, bill: &Window, currency: Currency) -> Option<Text> {
    let (usage, bill) = (Days::of(usage)?, Days::of(bill)?);
    let both = usage.known.keys().filter(|day| bill.known.contains_key(day));
    if both.count() * 2 < usage.known.len() {
        return None;
    }
    let all: BTreeSet<&NaiveDate> = usage.known.keys().chain(bill.known.keys()).collect();
    let mut days: Vec<(NaiveDate, Decimal)> = all
        .into_iter()
        .filter_map(|day| Some((*day, money::sum([bill.on(*day)?, -usage.on(*day)?]).ok()?)))
        .collect();
    days.retain(|(_, apart)| !apart.is_zero());
    days.sort_by(|(a_day, a), (b_day, b)| b.abs().cmp(&a.abs()).then_with(|| a_day.cmp(b_day)));
    days.truncate(NAMED);
    let named: Vec<Text> = days
        .iter()
        .map(|(day, apart)| {
            let amount = money::rounded(apart.abs(), currency.minor_units());
            let side = if apart.is_sign_negative() { "less" } else { "more" };
            say!(
                "bill-day",
                "day" = *day,
                "amount" = (amount, currency),
                "side" = Arg::Key(side.to_owned()),
            )
        })
        .collect();
    (!named.is_empty()).then(|| say!("bill-days", "days" = Text::joined(&named, ", ")))
}

/// What one side tells of its days.
struct Days {
    /// The days of which the cost is known.
    known: BTreeMap<NaiveDate, Decimal>,
    /// Whether these add up to the total, so that nothing is left for the others.
    whole: bool,
}

impl Days {
    /// `None` where it tells no days.
    fn of(window: &Window) -> Option<Self> {
        let points = window.by_day(Metric::TotalCost)?.iter();
        let known: BTreeMap<NaiveDate, Decimal> =
            points.filter_map(|(day, cost)| Some((*day, (*cost)?))).collect();
        let sum = money::sum(known.values().copied()).ok();
        let whole = sum.is_some() && sum == window.figure(Metric::TotalCost);
        (!known.is_empty()).then_some(Self { known, whole })
    }

    fn on(&self, day: NaiveDate) -> Option<Decimal> {
        let known = self.known.get(&day).copied();
        known.or_else(|| self.whole.then_some(Decimal::ZERO))
    }
}

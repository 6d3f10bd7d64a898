//! The days on which usage and bill part most.

use crate::language::{Arg, Text, say};
use crate::metric::Metric;
use crate::money::{self, Currency};
use crate::source::Window;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How many days are named.
const NAMED: usize = 3;

/// The days on which both part most, in a sentence; `None` where either does not tell days, or they never part. A bill that
/// has one row for a whole month tells no days.
pub(super) fn apart(usage: &Window, bill: &Window, currency: Currency) -> Option<Text> {
    let (usage, bill) = (known(usage)?, known(bill)?);
    let mut days: Vec<(NaiveDate, Decimal)> = usage
        .iter()
        .filter_map(|(day, used)| Some((*day, money::sum([*bill.get(day)?, -*used]).ok()?)))
        .collect();
    if days.len() * 2 < usage.len() {
        return None;
    }
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
                "day" = day.day(),
                "month" = day.month(),
                "amount" = format!("{currency} {amount}"),
                "side" = Arg::Key(side.to_owned()),
            )
        })
        .collect();
    (!named.is_empty()).then(|| say!("bill-days", "days" = Text::joined(&named, ", ")))
}

/// The days of which the cost is known.
fn known(window: &Window) -> Option<BTreeMap<NaiveDate, Decimal>> {
    let mut daily = window.daily.iter();
    let series = daily.find(|series| series.metric == Metric::TotalCost && series.whole)?;
    let points = series.points.iter();
    let known: BTreeMap<NaiveDate, Decimal> =
        points.filter_map(|(day, cost)| Some((*day, (*cost)?))).collect();
    (!known.is_empty()).then_some(known)
}

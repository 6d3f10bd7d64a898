//! The days on which usage and bill part most.

use crate::metric::Metric;
use crate::money::{self, Currency};
use crate::source::Window;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How many days are named.
const NAMED: usize = 3;

/// The days on which both part most, in a sentence; `None` where either does not tell days, or they never part. A bill that
/// has one row for a whole month tells no days.
pub(super) fn apart(usage: &Window, bill: &Window, currency: Currency) -> Option<String> {
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
    let named: Vec<String> = days
        .iter()
        .map(|(day, apart)| {
            let amount = money::rounded(apart.abs(), currency.minor_units());
            let word = if apart.is_sign_negative() { "less" } else { "more" };
            format!("{} (bill {currency} {amount} {word})", day.format("%-d %B"))
        })
        .collect();
    (!named.is_empty()).then(|| {
        format!(
            "With credits and taxes on their days, they part most on {}.",
            named.join(", ")
        )
    })
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

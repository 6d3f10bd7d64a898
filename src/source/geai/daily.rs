//! Daily lists: every date of the period once, days without a row unknown.

use super::decode::Reader;
use super::endpoint::Call;
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::source::days::named;
use crate::source::sdk::Flaws;
use crate::source::{Need, Series, SourceError};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// One row of a daily list: its date, if it can be read, and its values.
pub(super) struct Day<const N: usize>(pub(super) Option<NaiveDate>, pub(super) [Option<Decimal>; N]);

/// Spreads the rows of one list over the dates of the period. Also tells the dates without a row.
pub(super) fn series<const N: usize>(
    reader: &mut Reader<'_>,
    need: &Need,
    call: &Call,
    metrics: [Metric; N],
    days: Option<Vec<Day<N>>>,
    flaws: &Flaws,
) -> Result<([Series; N], Vec<NaiveDate>), SourceError> {
    let (period, path) = (&need.period, call.endpoint.path());
    let listed = days.is_some();
    let mut by_date: BTreeMap<NaiveDate, [Option<Decimal>; N]> = BTreeMap::new();
    let (mut outside, mut twice) = (Vec::new(), Vec::new());
    for Day(date, values) in days.unwrap_or_default() {
        let Some(date) = date else { continue };
        for (metric, value) in metrics.into_iter().zip(values) {
            reader.check_count(metric, value, call.endpoint)?;
        }
        if !period.contains(date) {
            outside.push(date);
        } else if let Some(earlier) = by_date.insert(date, values) {
            if earlier != values {
                return Err(reader.contradiction(format!(
                    "{path} answered two different rows for {date}; ask the platform's operator which one is right"
                )));
            }
            twice.push(date);
        }
    }
    reader.list_flaws(period, call.endpoint, flaws);
    if !outside.is_empty() {
        let days = named(outside);
        let text = say!("rows-outside", "period" = period, "path" = path, "days" = days);
        reader.notice(text, false);
    }
    if !twice.is_empty() {
        let days = named(twice);
        let text = say!("rows-twice", "period" = period, "path" = path, "days" = days);
        reader.notice(text, false);
    }
    let dates: Vec<NaiveDate> = period.dates().collect();
    let mut column = 0;
    let series = metrics.map(|metric| {
        let points = dates
            .iter()
            .map(|date| (*date, by_date.get(date).and_then(|values| values[column])))
            .collect();
        column += 1;
        Series {
            metric,
            whole: true,
            points,
        }
    });
    let absent = dates
        .into_iter()
        .filter(|date| listed && !by_date.contains_key(date) && reader.was_over(*date))
        .collect();
    Ok((series, absent))
}

/// Says which days have no row, once for all lists that lack the same ones.
pub(super) fn name_absent_days(reader: &mut Reader<'_>, need: &Need, lists: [(Text, Vec<NaiveDate>); 3]) {
    let mut by_days: Vec<(Vec<NaiveDate>, Vec<Text>)> = Vec::new();
    for (list, days) in lists {
        match by_days.iter_mut().find(|(known, _)| *known == days) {
            _ if days.is_empty() => {}
            Some((_, names)) => names.push(list),
            None => by_days.push((days, vec![list])),
        }
    }
    for (days, names) in by_days {
        let lists = match names.as_slice() {
            [others @ .., last] if !others.is_empty() => {
                say!("and", "one" = Text::joined(others, ", "), "next" = last)
            }
            names => Text::joined(names, ", "),
        };
        let count = days.len();
        let text = say!(
            "days-absent",
            "period" = &need.period,
            "days" = named(days),
            "count" = count,
            "lists" = lists,
        );
        reader.notice(text, true);
    }
}

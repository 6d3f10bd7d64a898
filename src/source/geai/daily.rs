//! Daily lists: every date of the period once, days without a row unknown.

use super::decode::Reader;
use super::endpoint::Call;
use crate::metric::Metric;
use crate::source::days::spans;
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
            reader.refuse_negative(metric, value, call.endpoint)?;
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
    for (dates, what) in [
        (outside, "rows outside the period, which are ignored"),
        (twice, "the same row twice, which counts once"),
    ] {
        if !dates.is_empty() {
            let text = format!(
                "{}: {path} answered {what}: {}.",
                period.id(),
                spans(dates).join(", ")
            );
            reader.notice(text, false);
        }
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
pub(super) fn name_absent_days(reader: &mut Reader<'_>, need: &Need, lists: [(&str, Vec<NaiveDate>); 3]) {
    let mut by_days: Vec<(Vec<NaiveDate>, Vec<&str>)> = Vec::new();
    for (list, days) in lists {
        match by_days.iter_mut().find(|(known, _)| *known == days) {
            _ if days.is_empty() => {}
            Some((_, names)) => names.push(list),
            None => by_days.push((days, vec![list])),
        }
    }
    for (days, names) in by_days {
        let (be, those) = if days.len() == 1 {
            ("is", "that day")
        } else {
            ("are", "those days")
        };
        let text = format!(
            "{}: {} {be} not available: the platform returned no row for {those} in its daily list of {}. \
             The totals are the platform's own.",
            need.period.id(),
            spans(days).join(", "),
            names
                .join(" and ")
                .replacen(" and ", ", ", names.len().saturating_sub(2))
        );
        reader.notice(text, true);
    }
}

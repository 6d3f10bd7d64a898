//! Daily lists: each day once, whatever order the rows came in.

use super::decode::Reader;
use super::endpoint::Call;
use crate::language::say;
use crate::metric::Metric;
use crate::period::Period;
use crate::source::days::named;
use crate::source::{Series, SourceError};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The rows of one list by day.
#[derive(Debug, Clone)]
pub(super) struct ByDay<R> {
    pub(super) rows: BTreeMap<NaiveDate, R>,
    /// Rows whose day cannot be read.
    pub(super) dateless: usize,
}

/// Sorts rows by day. The same row twice counts once and is told; two different ones for a day cannot both be right.
pub(super) fn by_day<R: PartialEq>(
    reader: &mut Reader<'_>,
    call: Call,
    list: impl IntoIterator<Item = (Option<NaiveDate>, R)>,
) -> Result<ByDay<R>, SourceError> {
    let mut found = ByDay {
        rows: BTreeMap::new(),
        dateless: 0,
    };
    let mut twice = Vec::new();
    for (day, row) in list {
        let Some(day) = day else {
            found.dateless += 1;
            continue;
        };
        match found.rows.get(&day) {
            Some(earlier) if *earlier != row => {
                return Err(reader.contradiction(format!(
                    "{} answered two different rows for {day}; ask the platform's operator which one is right",
                    call.path()
                )));
            }
            Some(_) => twice.push(day),
            None => drop(found.rows.insert(day, row)),
        }
    }
    if !twice.is_empty() {
        let text = say!("path-rows-twice", "path" = call.path(), "days" = named(twice));
        reader.notice(text, false);
    }
    Ok(found)
}

/// Every day of the period with its value; a day without a row is unknown.
pub(super) fn series<R>(
    period: &Period,
    metric: Metric,
    rows: &BTreeMap<NaiveDate, R>,
    value: impl Fn(&R) -> Option<Decimal>,
) -> Series {
    Series {
        metric,
        whole: true,
        points: period
            .dates()
            .map(|day| (day, rows.get(&day).and_then(&value)))
            .collect(),
    }
}

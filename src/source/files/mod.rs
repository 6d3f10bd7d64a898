//! Files as sources: what bills and usage files have in common.
//!
//! `fetch` finds the files and copies them into the snapshot; `read` streams a copy row by row, in bounded memory;
//! `cell` reads dates, amounts and counts exactly; `book` adds rows up by period, day and member.
//! Every complaint names file, line and column.

pub(super) mod book;
pub(super) mod cell;
pub(super) mod conversion;
mod coverage;
mod csv_rows;
pub(super) mod fetch;
mod json_rows;
pub(super) mod presence;
pub(super) mod read;

use super::{Dataset, Need, Notice, Snapshot, SourceError};
use crate::language::{Text, say};
use crate::money::{Currency, MoneyError};
use chrono::NaiveDate;
use chrono_tz::Tz;
use fetch::Role;
use std::collections::HashMap;

/// What is wrong with a row, before it is known which file it came from.
#[derive(Debug)]
pub(super) struct Flaw {
    /// Which column, as an index into the layout.
    pub(super) column: Option<usize>,
    /// What is wrong, and the remedy.
    pub(super) reason: String,
}

impl Flaw {
    /// A flaw of one cell.
    pub(super) fn of(column: usize) -> impl Fn(String) -> Self {
        move |reason| Self {
            column: Some(column),
            reason,
        }
    }

    /// A flaw of the whole row.
    pub(super) fn row(reason: impl Into<String>) -> Self {
        Self {
            column: None,
            reason: reason.into(),
        }
    }
}

/// The error of a file.
pub(super) fn error(source: &str, place: impl Into<String>, reason: impl Into<String>) -> SourceError {
    SourceError::File {
        source_name: source.to_owned(),
        place: place.into(),
        reason: reason.into(),
    }
}

/// A notice of `source`.
pub(super) fn notice(source: &str, text: impl Into<Text>, missing: bool) -> Notice {
    Notice {
        source: Some(source.to_owned()),
        text: text.into(),
        missing,
    }
}

/// The error of sums that no decimal holds.
pub(super) fn unsummable(source: &str, cause: &MoneyError) -> SourceError {
    SourceError::Contradiction {
        source_name: source.to_owned(),
        reason: format!("{cause}; look for an amount of absurd size in the files"),
    }
}

/// A dataset without figures: whose it is, when it was fetched, and whether rows of its periods may still be written.
/// With the date of the fetch in `zone`, which is the zone of the files' dates.
pub(super) fn described(
    source: &str,
    needs: &[Need],
    snapshot: &Snapshot,
    zone: Tz,
) -> Result<(Dataset, NaiveDate), SourceError> {
    let fetched_at = snapshot
        .fetched_at()
        .ok_or_else(|| error(source, "snapshot", "holds no file; fetch again"))?;
    let today = fetched_at.with_timezone(&zone).date_naive();
    let running = needs.iter().any(|need| need.period.end() > today);
    let dataset = Dataset {
        source: source.to_owned(),
        platform: "".into(),
        scope: None,
        currency: None,
        zone: None,
        fetched_at,
        provisional_through: running.then_some(fetched_at),
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: crate::source::dataset::Reach::default(),
        windows: Vec::new(),
        notices: Vec::new(),
    };
    Ok((dataset, today))
}

/// A notice for each file that has the same content as another, because its rows count twice.
pub(super) fn duplicates(source: &str, snapshot: &Snapshot) -> Vec<Notice> {
    let mut first: HashMap<&str, &str> = HashMap::new();
    let mut notices = Vec::new();
    for (path, answer) in read::kept(snapshot, Role::Rows) {
        if let Some(other) = first.get(answer.sha256.as_str()) {
            let text = say!("same-file", "path" = path, "other" = *other);
            notices.push(notice(source, text, false));
        } else {
            first.insert(&answer.sha256, path);
        }
    }
    notices
}

/// The one currency that the summed rows may have.
#[derive(Debug, Default)]
pub(super) struct OneCurrency {
    first: Option<(Currency, String)>,
}

impl OneCurrency {
    /// The currency that `code` names.
    ///
    /// # Errors
    /// The reason why it is none.
    pub(super) fn read(&self, code: &[u8]) -> Result<Currency, String> {
        if let Some((first, _)) = &self.first
            && first.code().as_bytes() == code
        {
            return Ok(*first);
        }
        if code.is_empty() {
            return Err("is empty; write an ISO 4217 code such as USD".to_owned());
        }
        std::str::from_utf8(code)
            .ok()
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| {
                format!(
                    "`{}` is not an ISO 4217 currency code such as USD",
                    cell::shown(code)
                )
            })
    }

    /// Notes that a row at `place` is summed in `currency`.
    ///
    /// # Errors
    /// The reason why it cannot be added to the rows before it.
    pub(super) fn meet(&mut self, currency: Currency, place: impl Fn() -> String) -> Result<(), String> {
        match &self.first {
            None => self.first = Some((currency, place())),
            Some((first, _)) if *first == currency => {}
            Some((first, at)) => {
                return Err(format!(
                    "is {currency}, but {at} is {first}; amounts of two currencies are never added, so give each \
                     currency a source of its own"
                ));
            }
        }
        Ok(())
    }

    /// The currency, if any row was summed.
    pub(super) fn known(&self) -> Option<Currency> {
        self.first.as_ref().map(|(currency, _)| *currency)
    }
}

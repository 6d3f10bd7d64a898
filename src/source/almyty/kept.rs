//! Reads the kept rows of a snapshot, one by one, and proves that they are those that were kept.

use crate::source::SourceError;
use crate::source::sdk::{Row, json};
use crate::source::snapshot::{Snapshot, hex};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Hands every kept row of the answer to `request` to `visit`. Tells whether there is such an answer.
///
/// # Errors
/// [`SourceError::Contradiction`] where `visit` says why a row cannot be, or the rows are not those that were kept.
pub(super) fn each(
    source: &str,
    snapshot: &Snapshot,
    request: &str,
    visit: &mut dyn FnMut(&Row<'_>) -> Result<(), String>,
) -> Result<bool, SourceError> {
    let Some(answer) = snapshot.answers().iter().find(|answer| answer.request == request) else {
        return Ok(false);
    };
    let contradiction = |reason: String| SourceError::Contradiction {
        source_name: source.to_owned(),
        reason: format!("the stored answer to {request}: {reason}"),
    };
    let opened = snapshot
        .open_file(answer)
        .map_err(|cause| SourceError::Snapshot {
            source_name: source.to_owned(),
            cause,
        })?;
    let (mut lines, mut line, mut hash) = (BufReader::new(opened), String::new(), Sha256::new());
    loop {
        line.clear();
        let read = lines.read_line(&mut line);
        let read = read.map_err(|cause| SourceError::of_snapshot(source, Path::new(request), cause))?;
        if read == 0 {
            break;
        }
        hash.update(line.as_bytes());
        let value = json::strict(&line).map_err(|error| contradiction(error.to_string()))?;
        let row = Row::whole(&value).ok_or_else(|| contradiction("a row is no object".to_owned()))?;
        visit(&row).map_err(contradiction)?;
    }
    if hex(&hash.finalize()) != answer.sha256 {
        return Err(contradiction(
            "it is not in the snapshot as it was fetched; the copy is damaged".to_owned(),
        ));
    }
    Ok(true)
}

/// The UTC date of an instant as the platform writes it; instants without a zone are taken as UTC, in which it keeps them.
pub(super) fn utc_date(text: &str) -> Option<NaiveDate> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc().date_naive());
    }
    let local: NaiveDateTime = text.replacen(' ', "T", 1).parse().ok()?;
    Some(local.date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_the_date_that_it_was_in_utc() {
        for (text, date) in [
            ("2026-10-31T23:59:59.999Z", Some("2026-10-31")),
            ("2026-10-31T23:59:59.999-01:00", Some("2026-11-01")),
            ("2026-10-31T23:59:59.999", Some("2026-10-31")),
            ("2026-10-31 23:59:59", Some("2026-10-31")),
            ("Sat Oct 31 2026 23:59:59 GMT+0000", None),
            ("", None),
        ] {
            assert_eq!(utc_date(text), date.map(|date| date.parse().unwrap()), "{text}");
        }
    }
}

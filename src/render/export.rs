//! A platform's own export, as a file beside ours.

use super::neutral::neutral;
use super::{Artifact, Look, RenderError, name};
use crate::report::Report;
use crate::source::Export;
use bytes::Bytes;
use std::path::Path;

/// The export of `source` as it came, but for text in a CSV that a spreadsheet would take for a formula. Named by the job's `file_name`
/// template with the source's name, the export's and its extension; `others` are the names that are taken.
///
/// # Errors
/// [`RenderError::Template`] and [`RenderError::Name`] as for any name.
pub fn artifact(
    report: &Report,
    look: &Look,
    (source, export): (&str, &Export),
    others: &[Artifact],
) -> Result<Artifact, RenderError> {
    let name = name::artifact(&look.file_name, report, &format!("{source}-{}", export.name))?;
    name::distinct(&name, others.iter().map(|file| file.name.as_str()))?;
    let is_csv = Path::new(&export.name).extension().is_some_and(|it| it == "csv");
    let media_type = if is_csv {
        "text/csv; charset=utf-8"
    } else {
        "application/json"
    };
    let harmless = is_csv.then(|| harmless(&export.text)).flatten();
    let bytes = harmless.unwrap_or_else(|| export.text.clone().into_bytes());
    Ok(Artifact::new(name, media_type, Bytes::from(bytes), None))
}

/// The same cells, none of which is a formula; `None` where none is one as it is, so that every byte can stay.
fn harmless(text: &str) -> Option<Vec<u8>> {
    let first = text.lines().next().unwrap_or_default();
    // No column is documented, and no separator either.
    let delimiter = *b",;\t"
        .iter()
        .rev()
        .max_by_key(|mark| first.bytes().filter(|it| it == *mark).count())?;
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().collect::<Result<_, _>>().ok()?;
    let is_number = |cell: &str| cell.parse::<rust_decimal::Decimal>().is_ok();
    let cell = |cell: &str| {
        if is_number(cell) {
            cell.to_owned()
        } else {
            neutral(cell).into_owned()
        }
    };
    let inert: Vec<csv::StringRecord> = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    if inert == rows {
        return None;
    }
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in &inert {
        writer.write_record(row).ok()?;
    }
    writer.into_inner().ok()
}

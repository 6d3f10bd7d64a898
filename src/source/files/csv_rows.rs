//! Rows of CSV: RFC 4180 with a header, columns in any order.

use super::read::{
    BUFFER, Column, Guard, Layout, Lines, MAX_ROW, Place, Row, RowTooLong, check_spelling, unreadable,
};
use super::{Flaw, cell};
use crate::source::SourceError;
use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use std::io::{self, Read};

/// Hands every row to `visit` and tells which columns the header has.
pub(super) fn each<const N: usize>(
    text: &mut dyn Read,
    at: Place<'_>,
    layout: &Layout<N>,
    visit: &mut dyn FnMut(&Row<'_, N>) -> Result<(), Flaw>,
) -> Result<[bool; N], SourceError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .buffer_capacity(BUFFER)
        .from_reader(Tail::of(Guard::new(text)));
    let mut record = ByteRecord::new();
    if !reader
        .read_byte_record(&mut record)
        .map_err(|cause| broken(at, 1, &cause))?
    {
        return Err(at.file(format!("is empty; {} begins with a header", layout.title)));
    }
    let columns = header(&record, layout).map_err(|reason| at.line(1, reason))?;
    let present = columns.map(|column| column.is_some());
    loop {
        // With CRLF the parser stands before the LF when it has read a row, so the next one begins a line later than it counts.
        let earliest = reader.position().line() + u64::from(ended_by(&reader) == Some(b'\r'));
        reader.get_mut().inner.next_row();
        let more = reader
            .read_byte_record(&mut record)
            .map_err(|cause| broken(at, earliest, &cause))?;
        if !more {
            return Ok(present);
        }
        let row = Row {
            cells: columns.map(|column| column.map_or(&[][..], |index| &record[index])),
            present,
            lines: Lines {
                earliest,
                last: reader.position().line() - u64::from(ended_by(&reader) == Some(b'\n')),
                text: record.as_slice(),
            },
        };
        visit(&row).map_err(|flaw| at.row(row.line(), flaw, layout))?;
    }
}

/// The byte by which the row just read ended. Rows of one file may end in different ways.
fn ended_by<R: Read>(reader: &Reader<Tail<R>>) -> Option<u8> {
    let Tail { last, until, .. } = reader.get_ref();
    let ahead = usize::try_from(until - reader.position().byte()).ok()?;
    last.get(last.len().checked_sub(ahead + 1)?).copied()
}

/// Keeps the last bytes that were read, in which the parser stands.
struct Tail<R> {
    inner: R,
    last: Vec<u8>,
    /// How many bytes were read in all.
    until: u64,
}

impl<R> Tail<R> {
    fn of(inner: R) -> Self {
        Self {
            inner,
            last: Vec::with_capacity(BUFFER),
            until: 0,
        }
    }
}

impl<R: Read> Read for Tail<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        // At the end of the file the last row still stands in what was read before.
        if read > 0 {
            self.last.clear();
            self.last.extend_from_slice(&buffer[..read]);
            self.until += read as u64;
        }
        Ok(read)
    }
}

/// Where each column of the layout is.
fn header<const N: usize>(record: &ByteRecord, layout: &Layout<N>) -> Result<[Option<usize>; N], String> {
    let mut columns = [None; N];
    for (index, name) in record.iter().enumerate() {
        let Ok(name) = std::str::from_utf8(name) else {
            return Err(format!(
                "the column name `{}` is not UTF-8; save the file as UTF-8",
                cell::shown(name)
            ));
        };
        check_spelling(name, layout)?;
        let Some(known) = layout.columns.iter().position(|column| column.name == name) else {
            continue;
        };
        if columns[known].replace(index).is_some() {
            return Err(format!("the column `{name}` is there twice; keep one of them"));
        }
    }
    let missing = layout
        .columns
        .iter()
        .zip(&columns)
        .find(|(column, found)| column.required && found.is_none());
    match missing {
        Some((column, _)) => Err(missing_column(column, record, layout.title)),
        None => Ok(columns),
    }
}

fn missing_column(column: &Column, record: &ByteRecord, title: &str) -> String {
    let separator = [';', '\t', '|']
        .into_iter()
        .find(|separator| record.len() == 1 && record[0].contains(&(*separator as u8)));
    let hint = match separator {
        Some(separator) => format!(
            "its columns seem to be separated by `{}`; save it with commas",
            separator.escape_debug()
        ),
        None => format!("is this {title}?"),
    };
    format!("the column `{}` is missing; {hint}", column.name)
}

/// What a failure of the CSV parser means.
fn broken(at: Place<'_>, line: u64, cause: &csv::Error) -> SourceError {
    match cause.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => at.line(
            line,
            format!(
                "has {len} cells, the header has {expected_len}; look for a missing quote, or a file that was cut off"
            ),
        ),
        ErrorKind::Io(cause) if RowTooLong::is(cause) => at.line(
            line,
            format!(
                "a row is longer than {} MiB; look for a quote that is never closed",
                MAX_ROW >> 20
            ),
        ),
        ErrorKind::Io(cause) => at.line(line, unreadable(cause)),
        _ => at.line(line, format!("is not CSV: {cause}")),
    }
}

//! Streams a kept file row by row, in bounded memory, and proves that its bytes are those that were hashed.

use super::fetch::{GZIP, Role};
use super::{Flaw, csv_rows, error, json_rows};
use crate::source::SourceError;
use crate::source::snapshot::{Answer, Body, Snapshot, hex};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::io::{self, Cursor, Read};
use std::path::Path;

/// Most bytes that one row may have.
pub(super) const MAX_ROW: u64 = 1 << 20;
/// Bytes read at a time.
pub(super) const BUFFER: usize = 1 << 16;
/// Bytes looked at to tell what a file is.
const SNIFFED: usize = 512;

/// A column that a layout knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its exact name.
    pub(crate) name: &'static str,
    /// Whether a file without it is refused.
    pub(crate) required: bool,
}

impl Column {
    /// A column that every file has.
    pub(crate) const fn required(name: &'static str) -> Self {
        Self { name, required: true }
    }

    /// A column that a file may lack.
    pub(crate) const fn optional(name: &'static str) -> Self {
        Self {
            name,
            required: false,
        }
    }
}

/// The columns of a kind of file; others are ignored.
#[derive(Debug)]
pub(crate) struct Layout<const N: usize> {
    /// What it is called in errors.
    pub(crate) title: &'static str,
    /// Its columns.
    pub(crate) columns: [Column; N],
    /// Whether JSON Lines are understood too.
    pub(crate) json_lines: bool,
}

/// One row: the cells of the layout's columns, empty where the file has no such column.
#[derive(Debug)]
pub(crate) struct Row<'a, const N: usize> {
    /// In the layout's order.
    pub(crate) cells: [&'a [u8]; N],
    /// Which columns the row has.
    pub(super) present: [bool; N],
    pub(super) lines: Lines<'a>,
}

/// Where a row lies. Counting the lines inside quotes costs time, so it is done only when somebody asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines<'a> {
    /// The first line that it can begin on.
    pub(super) earliest: u64,
    /// The line that it ends on.
    pub(super) last: u64,
    /// Its unquoted text.
    pub(super) text: &'a [u8],
}

impl<const N: usize> Row<'_, N> {
    /// Whether the row has the column: in CSV if the header has it, in JSON Lines if the object has a value of it.
    pub(crate) fn has(&self, column: usize) -> bool {
        self.present[column]
    }

    /// The line on which the row begins, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.lines.first()
    }
}

impl Lines<'_> {
    pub(super) fn first(self) -> u64 {
        self.earliest.max(self.last.saturating_sub(line_feeds(self.text)))
    }
}

/// How many line feeds there are in `text`.
pub(super) fn line_feeds(text: &[u8]) -> u64 {
    text.split(|byte| *byte == b'\n').skip(1).count() as u64
}

/// The kept files of a role, each with its path, in the order of their names.
pub(crate) fn kept(snapshot: &Snapshot, role: Role) -> impl Iterator<Item = (&str, &Answer)> {
    snapshot
        .answers()
        .iter()
        .filter_map(move |answer| Some((answer.request.strip_prefix(role.prefix())?, answer)))
}

/// Hands every row of a kept file to `visit` and tells which columns the file has.
///
/// # Errors
/// [`SourceError::File`] at the first row that is not what the layout or `visit` wants, or where the bytes are no
/// longer those that were hashed.
pub(crate) fn each_row<const N: usize>(
    source: &str,
    snapshot: &Snapshot,
    (path, answer): (&str, &Answer),
    layout: &Layout<N>,
    visit: &mut dyn FnMut(&Row<'_, N>) -> Result<(), Flaw>,
) -> Result<[bool; N], SourceError> {
    let file = snapshot
        .open_file(answer)
        .map_err(|cause| SourceError::Snapshot {
            source_name: source.to_owned(),
            cause,
        })?;
    let mut file = Hashing {
        inner: file,
        hash: Sha256::new(),
    };
    let at = Place { source, path };
    let outcome = rows(&mut file, at, layout, visit);
    // A changed file explains a bad row better than the row does.
    let hash = file
        .finish()
        .map_err(|cause| at.file(format!("cannot be read: {cause}")))?;
    if hash != answer.sha256 {
        return Err(at.file(match answer.body {
            Body::Original(_) => "has changed since it was fetched; replay needs the file unchanged",
            Body::Copy(_) | Body::Text(_) => "is not in the snapshot as it was fetched; the copy is damaged",
        }));
    }
    outcome
}

fn rows<const N: usize>(
    file: &mut dyn Read,
    at: Place<'_>,
    layout: &Layout<N>,
    visit: &mut dyn FnMut(&Row<'_, N>) -> Result<(), Flaw>,
) -> Result<[bool; N], SourceError> {
    let cut = |cause| at.file(unreadable(&cause));
    let (head, file) = peek(file, GZIP.len()).map_err(cut)?;
    let mut text: Box<dyn Read + '_> = if head.starts_with(&GZIP) {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let (head, mut text) = peek(&mut *text, SNIFFED).map_err(cut)?;
    if let Some(reason) = foreign(&head) {
        return Err(at.file(reason));
    }
    if head.starts_with(BOM) {
        io::copy(&mut (&mut text).take(BOM.len() as u64), &mut io::sink()).map_err(cut)?;
    }
    if layout.json_lines && is_json_lines(at.path, &head) {
        json_rows::each(&mut text, at, layout, visit)
    } else {
        csv_rows::each(&mut text, at, layout, visit)
    }
}

/// The UTF-8 byte order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// By its extension, or because it begins with an object.
fn is_json_lines(path: &str, head: &[u8]) -> bool {
    let path = Path::new(path.strip_suffix(".gz").unwrap_or(path));
    let named = path
        .extension()
        .is_some_and(|extension| extension == "jsonl" || extension == "ndjson");
    let head = head.strip_prefix(BOM).unwrap_or(head);
    named || head.trim_ascii_start().starts_with(b"{")
}

/// Why a file of another format cannot be read.
fn foreign(head: &[u8]) -> Option<&'static str> {
    let formats: [(&[u8], &str); 5] = [
        (b"PAR1", "is Parquet, which is not read; export CSV"),
        (
            b"PK\x03\x04",
            "is a ZIP archive or a workbook; unpack it, or save it as CSV",
        ),
        (b"\xff\xfe", "is UTF-16; save it as UTF-8"),
        (b"\xfe\xff", "is UTF-16; save it as UTF-8"),
        (&GZIP, "is compressed twice; compress it once"),
    ];
    formats
        .into_iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, reason)| reason)
}

/// A reader that gives some bytes a second time.
type Peeked<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// The first `wanted` bytes, fewer at the end, and a reader that still has them.
fn peek<R: Read>(mut reader: R, wanted: usize) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = Vec::with_capacity(wanted);
    (&mut reader).take(wanted as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(reader)))
}

/// What a failed read means.
pub(super) fn unreadable(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            format!("is damaged or cut off: {cause}; fetch it again from where it came")
        }
        _ => format!("cannot be read: {cause}"),
    }
}

/// Where an error is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) source: &'a str,
    pub(super) path: &'a str,
}

impl Place<'_> {
    /// An error of the file as a whole.
    pub(super) fn file(self, reason: impl Into<String>) -> SourceError {
        error(self.source, self.path, reason)
    }

    /// An error of a line.
    pub(super) fn line(self, line: u64, reason: impl Into<String>) -> SourceError {
        error(self.source, format!("{}:{line}", self.path), reason)
    }

    /// An error of a row, in a column if the flaw has one.
    pub(super) fn row<const N: usize>(self, line: u64, flaw: Flaw, layout: &Layout<N>) -> SourceError {
        match flaw.column {
            Some(column) => {
                let place = format!("{}:{line}:{}", self.path, layout.columns[column].name);
                error(self.source, place, flaw.reason)
            }
            None => self.line(line, flaw.reason),
        }
    }
}

/// Hashes what passes.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Hashing<R> {
    /// The hash of the whole, after reading what nobody asked for.
    fn finish(mut self) -> io::Result<String> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(hex(&self.hash.finalize()))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

/// Stops a reader that never comes to the end of a row.
#[derive(Debug)]
pub(super) struct Guard<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Guard<R> {
    pub(super) fn new(inner: R) -> Self {
        let mut guard = Self { inner, left: 0 };
        guard.next_row();
        guard
    }

    /// A new row begins. One buffer more than its size may be read, because what follows it is read with it.
    pub(super) fn next_row(&mut self) {
        self.left = MAX_ROW + BUFFER as u64;
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(RowTooLong));
        }
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.inner.read(&mut buffer[..wanted])?;
        self.left -= read as u64;
        Ok(read)
    }
}

/// A row is longer than [`MAX_ROW`].
#[derive(Debug, thiserror::Error)]
#[error("a row is longer than 1 MiB; look for a quote that is never closed")]
pub(super) struct RowTooLong;

impl RowTooLong {
    /// Whether `cause` is this.
    pub(super) fn is(cause: &io::Error) -> bool {
        matches!(cause.get_ref(), Some(inner) if inner.is::<Self>())
    }
}

/// Checks what a file calls a column against the layout's names.
///
/// # Errors
/// The reason, where the name differs from a known one by case or blanks only.
pub(super) fn check_spelling<const N: usize>(found: &str, layout: &Layout<N>) -> Result<(), String> {
    let bare = found.trim();
    match layout
        .columns
        .iter()
        .find(|column| column.name.eq_ignore_ascii_case(bare))
    {
        Some(column) if column.name != found => Err(format!(
            "the file writes `{}` where {} has `{}`; names count exactly, so correct the file's",
            super::cell::shown(found.as_bytes()),
            layout.title,
            column.name
        )),
        _ => Ok(()),
    }
}

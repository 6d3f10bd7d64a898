//! What is kept of the platform's rows: what figures are made of. Bodies, headers, parameters, results, titles, texts of errors,
//! paths (whose query may hold a key) and values of changes are dropped as they stream in, and so is every field we do not know.

use super::kept::utc_date;
use super::target::Export;
use crate::schedule::clock::Clock;
use crate::source::SourceError;
use crate::source::snapshot::{Answer, Body, SnapshotWriter, hex};
use chrono::NaiveDate;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

const CONVERSATION: [&str; 16] = [
    "id",
    "organizationId",
    "providerId",
    "agentId",
    "externalAgentId",
    "parentConversationId",
    "gatewayId",
    "userId",
    "status",
    "messageCount",
    "totalInputTokens",
    "totalOutputTokens",
    "toolCalls",
    "totalCost",
    "createdAt",
    "completedAt",
];
const REQUEST: [&str; 10] = [
    "id",
    "method",
    "protocol",
    "statusCode",
    "responseTime",
    "gatewayId",
    "toolId",
    "userId",
    "ipAddress",
    "timestamp",
];
const TOOL: [&str; 10] = [
    "id",
    "organizationId",
    "toolId",
    "userId",
    "gatewayId",
    "success",
    "executionTime",
    "cached",
    "retryCount",
    "createdAt",
];
const AUDIT: [&str; 9] = [
    "id",
    "userId",
    "userEmail",
    "action",
    "resourceType",
    "resourceId",
    "resourceName",
    "status",
    "createdAt",
];

/// Most rows of one list; the fingerprints of all of them are in memory while it is read.
const MAX_ROWS: u64 = 2_000_000;
/// Bytes of a fingerprint: so many that no two ids share one by chance.
const FINGERPRINT_BYTES: usize = 16;

/// What is remembered of an id.
pub(super) type Fingerprint = [u8; FINGERPRINT_BYTES];

/// Tells texts apart in little memory.
pub(super) fn fingerprint(id: &str) -> Fingerprint {
    let hash = Sha256::digest(id.as_bytes());
    std::array::from_fn(|place| hash[place])
}

/// A row as it is kept: one line of JSON, its digits as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    id: Option<String>,
    /// The UTC date of its instant, where it has one.
    day: Option<NaiveDate>,
    line: String,
}

/// A name that tells things apart, as text or as number.
pub(super) fn identity(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Kept {
    /// What is kept of the rows of an export.
    pub(super) fn picker(export: Export) -> fn(&Value) -> Self {
        match export {
            Export::Conversations => Self::conversation,
            Export::Requests => Self::request,
            Export::Tools => |row| Self::of(pick(row, &TOOL)),
        }
    }

    fn conversation(row: &Value) -> Self {
        let mut kept = pick(row, &CONVERSATION);
        // Of the context, which may hold whatever was said, only the model.
        if let Some(model) = row.pointer("/context/model").filter(|model| model.is_string()) {
            kept.insert("model".to_owned(), model.clone());
        }
        Self::of(kept)
    }

    /// Of a request, from the export or the list.
    pub(super) fn request(row: &Value) -> Self {
        Self::of(pick(row, &REQUEST))
    }

    /// Of an entry of the audit trail: which fields changed, not what they held.
    pub(super) fn audit(row: &Value) -> Self {
        let mut kept = pick(row, &AUDIT);
        if let Some(changes) = row.get("changes").and_then(Value::as_array) {
            let fields = changes.iter().filter_map(|change| change.get("field"));
            let fields = fields.filter(|field| field.is_string()).cloned().collect();
            kept.insert("changed".to_owned(), Value::Array(fields));
        }
        Self::of(kept)
    }

    /// The UTC date of its instant; `None` where none can be read.
    pub(super) fn day(&self) -> Option<NaiveDate> {
        self.day
    }

    fn of(kept: Map<String, Value>) -> Self {
        let instant = kept.get("timestamp").or_else(|| kept.get("createdAt"));
        Self {
            id: kept.get("id").and_then(identity),
            day: instant.and_then(Value::as_str).and_then(utc_date),
            line: Value::Object(kept).to_string(),
        }
    }
}

/// These fields of a row, as far as they hold a single value.
fn pick(row: &Value, fields: &[&str]) -> Map<String, Value> {
    let single = |value: &&Value| !value.is_object() && !value.is_array();
    let found = fields
        .iter()
        .filter_map(|field| Some(((*field).to_owned(), row.get(field).filter(single)?.clone())));
    found.collect()
}

/// Writes the rows of one list into a snapshot, each once, compressed, as they come.
pub(super) struct Keeper<'a> {
    source: &'a str,
    into: &'a SnapshotWriter,
    request: String,
    file: String,
    path: PathBuf,
    gz: GzEncoder<File>,
    hash: Sha256,
    bytes: u64,
    seen: HashSet<Fingerprint>,
    rows: u64,
    days: BTreeMap<NaiveDate, u64>,
    nameless: bool,
}

impl<'a> Keeper<'a> {
    /// Begins the file with this number, which holds the answer to `request`.
    pub(super) fn begin(
        source: &'a str,
        into: &'a SnapshotWriter,
        number: usize,
        request: String,
    ) -> Result<Self, SourceError> {
        let file = format!("files/{number:03}.gz");
        let path = into.dir().join(&file);
        let opened = fs::create_dir_all(path.parent().unwrap_or(&path)).and_then(|()| File::create(&path));
        let opened = opened.map_err(|cause| SourceError::of_snapshot(source, &path, cause))?;
        Ok(Self {
            source,
            into,
            request,
            file,
            path,
            gz: GzEncoder::new(opened, Compression::fast()),
            hash: Sha256::new(),
            bytes: 0,
            seen: HashSet::new(),
            rows: 0,
            days: BTreeMap::new(),
            nameless: false,
        })
    }

    /// Keeps those rows that have not been kept before. Rows without an id cannot be told apart, and all are kept.
    pub(super) fn keep(&mut self, rows: Vec<Kept>) -> Result<(), SourceError> {
        for Kept { id, day, mut line } in rows {
            self.nameless |= id.is_none();
            if id.is_some_and(|id| !self.seen.insert(fingerprint(&id))) {
                continue;
            }
            if self.rows == MAX_ROWS {
                return Err(SourceError::Contradiction {
                    source_name: self.source.to_owned(),
                    reason: format!(
                        "the answer to {} has more than {MAX_ROWS} rows; report a shorter period",
                        self.request
                    ),
                });
            }
            if let Some(day) = day {
                *self.days.entry(day).or_default() += 1;
            }
            line.push('\n');
            self.hash.update(line.as_bytes());
            self.bytes += line.len() as u64;
            self.rows += 1;
            self.gz
                .write_all(line.as_bytes())
                .map_err(|cause| SourceError::of_snapshot(self.source, &self.path, cause))?;
        }
        Ok(())
    }

    /// How many rows have been kept.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// How many rows of a day have been kept.
    pub(super) fn rows_of(&self, day: NaiveDate) -> u64 {
        self.days.get(&day).copied().unwrap_or_default()
    }

    /// Whether a row came without an id, so that reading the list again would double it.
    pub(super) fn nameless(&self) -> bool {
        self.nameless
    }

    /// Makes the file durable and tells the snapshot of it.
    pub(super) fn finish(self, clock: &dyn Clock) -> Result<(), SourceError> {
        self.gz
            .finish()
            .and_then(|file| file.sync_all())
            .map_err(|cause| SourceError::of_snapshot(self.source, &self.path, cause))?;
        self.into.keep(Answer {
            request: self.request,
            fetched_at: clock.now(),
            sha256: hex(&self.hash.finalize()),
            bytes: self.bytes,
            body: Body::Copy(self.file),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::sdk::json::strict;

    #[test]
    fn what_people_wrote_or_sent_is_dropped_and_so_is_what_we_do_not_know() {
        let row = strict(
            r#"{"id":"c1","title":"SECRET","context":{"model":"large-1","system":"SECRET"},"totalCost":12.340,
                "metadata":{"x":"SECRET"},"failureReason":"SECRET","status":{"nested":"SECRET"},"newField":"SECRET"}"#,
        )
        .unwrap();
        let kept = Kept::picker(Export::Conversations)(&row);
        assert_eq!(kept.line, r#"{"id":"c1","totalCost":12.340,"model":"large-1"}"#);
        let row = strict(
            r#"{"id":"a1","action":"update","changes":[{"field":"apiKey","from":"SECRET","to":"SECRET"},7],
                "details":{"x":"SECRET"},"userAgent":"SECRET","ipAddress":"SECRET"}"#,
        )
        .unwrap();
        let kept = Kept::audit(&row);
        assert_eq!(kept.line, r#"{"id":"a1","action":"update","changed":["apiKey"]}"#);
    }
}

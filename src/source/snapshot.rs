//! What a source answered, stored before anything is computed.
//!
//! One folder for each source of a run: `answers.jsonl` holds one [`Answer`] a line (request, status, instant, SHA-256,
//! body as text); files are copied beside it, compressed, as `files/NNN.gz`, or only named with their hash.

use crate::fail_point;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Name of the file that lists the answers.
pub const ANSWERS: &str = "answers.jsonl";

/// Why a snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The disk said no.
    #[error("snapshot {path}: {cause}", path = path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// A line of the list is not what was written.
    #[error("snapshot {path}, line {line}: {reason}", path = path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// One thing that a source told: the body of an HTTP answer, or a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What was asked: `GET /v1/analytics/requests/total-cost?startDate=2026-10-01&endDate=2026-10-31`, or
    /// `file:/absolute/path`. Never a credential.
    pub request: String,
    /// When the answer was complete.
    pub fetched_at: DateTime<Utc>,
    /// Lower-case hex SHA-256 of the body, or of the file's bytes as found.
    pub sha256: String,
    /// Length of the body or file in bytes.
    pub bytes: u64,
    /// Where the body is.
    pub body: Body,
}

/// Where the body of an [`Answer`] is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Here.
    Text(String),
    /// In this file beside the list, gzip-compressed.
    Copy(String),
    /// Still only at the place it was read from; `sha256` tells whether it is unchanged.
    Original(PathBuf),
}

/// Takes answers while a source is fetched; safe to share between concurrent calls.
#[derive(Debug)]
pub struct SnapshotWriter {
    dir: PathBuf,
    list: Mutex<Vec<Answer>>,
}

impl SnapshotWriter {
    /// Starts the snapshot of one source in `dir`, which is created for its owner only.
    ///
    /// # Errors
    /// [`SnapshotError::Io`] if the folder cannot be created.
    pub fn create(dir: &Path) -> Result<Self, SnapshotError> {
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(dir).map_err(|cause| SnapshotError::Io {
            path: dir.to_owned(),
            cause,
        })?;
        Ok(Self {
            dir: dir.to_owned(),
            list: Mutex::default(),
        })
    }

    /// The folder, for copies of files.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Keeps the text body of an answer.
    pub fn keep_text(&self, request: &str, body: String, fetched_at: DateTime<Utc>) {
        let (sha256, bytes) = (hex_sha256(body.as_bytes()), body.len() as u64);
        self.keep(Answer {
            request: request.to_owned(),
            fetched_at,
            sha256,
            bytes,
            body: Body::Text(body),
        });
    }

    /// Keeps an answer whose body lies elsewhere.
    pub fn keep(&self, answer: Answer) {
        self.list
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(answer);
    }

    /// Writes the list, in the order of the requests' text so that concurrency leaves no trace, and makes it durable.
    ///
    /// # Errors
    /// [`SnapshotError::Io`] if the disk says no.
    pub fn finish(self) -> Result<Snapshot, SnapshotError> {
        let path = self.dir.join(ANSWERS);
        let io = |cause| SnapshotError::Io {
            path: path.clone(),
            cause,
        };
        let mut answers = self
            .list
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        answers.sort_by(|a, b| a.request.cmp(&b.request));
        let mut text = Vec::new();
        for answer in &answers {
            serde_json::to_writer(&mut text, answer).map_err(|error| io(error.into()))?;
            text.push(b'\n');
        }
        fail_point::hit("snapshot_writing");
        let mut file = fs::File::create(&path).map_err(io)?;
        file.write_all(&text).map_err(io)?;
        fail_point::hit("snapshot_unsynced");
        file.sync_all().map_err(io)?;
        fail_point::hit("snapshot_written");
        Ok(Snapshot {
            dir: self.dir,
            answers,
        })
    }
}

/// The snapshot of one source, as stored.
#[derive(Debug, Clone)]
pub struct Snapshot {
    dir: PathBuf,
    answers: Vec<Answer>,
}

impl Snapshot {
    /// Reads the snapshot of one source from its folder and checks the hash of every text body.
    ///
    /// # Errors
    /// [`SnapshotError`] if it cannot be read or a body is not what was stored.
    pub fn open(dir: &Path) -> Result<Self, SnapshotError> {
        let path = dir.join(ANSWERS);
        let io = |cause| SnapshotError::Io {
            path: path.clone(),
            cause,
        };
        let mut answers = Vec::new();
        for (index, line) in BufReader::new(fs::File::open(&path).map_err(io)?)
            .lines()
            .enumerate()
        {
            let damaged = |reason: String| SnapshotError::Damaged {
                path: path.clone(),
                line: index + 1,
                reason,
            };
            let answer: Answer =
                serde_json::from_str(&line.map_err(io)?).map_err(|error| damaged(error.to_string()))?;
            if let Body::Text(body) = &answer.body
                && hex_sha256(body.as_bytes()) != answer.sha256
            {
                return Err(damaged(format!(
                    "the answer to {} is not what was stored",
                    answer.request
                )));
            }
            answers.push(answer);
        }
        Ok(Self {
            dir: dir.to_owned(),
            answers,
        })
    }

    /// All answers, ordered by request.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// The text body that answered `request`.
    #[must_use]
    pub fn text(&self, request: &str) -> Option<&str> {
        let at = self
            .answers
            .binary_search_by(|answer| answer.request.as_str().cmp(request))
            .ok()?;
        match &self.answers[at].body {
            Body::Text(text) => Some(text),
            Body::Copy(_) | Body::Original(_) => None,
        }
    }

    /// Opens the bytes of a file answer as found (a compressed original comes compressed).
    ///
    /// # Errors
    /// [`SnapshotError::Io`] if it is gone.
    pub fn open_file(&self, answer: &Answer) -> Result<Box<dyn Read + Send>, SnapshotError> {
        let open = |path: PathBuf| fs::File::open(&path).map_err(|cause| SnapshotError::Io { path, cause });
        Ok(match &answer.body {
            Body::Text(text) => Box::new(std::io::Cursor::new(text.clone().into_bytes())),
            Body::Copy(name) => Box::new(flate2::read::GzDecoder::new(open(self.dir.join(name))?)),
            Body::Original(path) => Box::new(open(path.clone())?),
        })
    }

    /// When the last answer arrived.
    #[must_use]
    pub fn fetched_at(&self) -> Option<DateTime<Utc>> {
        self.answers.iter().map(|answer| answer.fetched_at).max()
    }
}

/// Lower-case hex of the SHA-256 of `bytes`.
#[must_use]
pub fn hex_sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

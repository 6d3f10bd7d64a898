//! The memory of runs: one `SQLite` file, or a PostgreSQL database that several replicas share, and beside it one folder of
//! files for each run.
//!
//! ```text
//! DATA_DIR/reportwire.db
//! DATA_DIR/runs/RUN_ID/{snapshot,artifacts,outbox}/          (taken over before it was frozen: RUN_ID/take-2/… too)
//! ```
//!
//! Several processes may work on the same store at once. Every change of a run carries its fence: a process whose run was
//! taken over by another can write nothing more to it. Files are durable before the rows that name them are committed.

mod db;
mod files;
mod late;
mod notices;
mod occurrences;
mod open;
mod outbox;
mod owner;
mod rescue;
mod runs;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod turns;

pub use db::Tx;
pub(in crate::run) use db::{Inner, Pool};
pub(crate) use files::create_dir;
pub(in crate::run) use files::hash_file;
pub use notices::{PendingBulletin, StoredNotice, Tell, Told};
pub use occurrences::{Advance, Audit, Cursor, Materialised, NewOccurrence, StoredOccurrence};
pub(in crate::run) use runs::lease;
pub use turns::Ticket;

use crate::delivery::{Parcel, Receipt};
use crate::render::Artifact;
use crate::run::state::{DeliveryState, RunState};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The store: a database, and the data folder.
#[derive(Clone)]
pub struct Store {
    data_dir: PathBuf,
    owner: String,
    db: Arc<db::Db>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// The data folder, absolute.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The folder of a run's files.
    #[must_use]
    pub fn run_dir(&self, run_id: &str) -> PathBuf {
        self.data_dir.join("runs").join(run_id)
    }

    pub(in crate::run) fn pool(&self) -> &Pool {
        &self.db.pool
    }

    /// Trouble of a library that works on the same database.
    pub(in crate::run) fn trouble(&self, what: &str) -> StoreError {
        StoreError::Library {
            path: self.db.place().to_owned(),
            what: what.to_owned(),
        }
    }

    /// Who this process is in the rows that it holds.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }
}

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk said no.
    #[error("the store cannot {doing} {path}: {cause}; check permissions and free space", path = path.display())]
    Io {
        /// What was tried: `write`, `read`, `create`.
        doing: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not a sound database.
    #[error(
        "the store {path} is damaged ({detail}); nothing was written. Restore the file from a backup, or move it away: \
         a new one is begun, and the files of earlier runs stay under `runs`", path = path.display()
    )]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What `SQLite` found.
        detail: String,
    },
    /// A newer program has written the file.
    #[error(
        "the store {path} has schema {found}, this program knows {known}; run the newer version of reportwire", path = path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The schema's version in the file.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The bundled `SQLite` is too old to be trusted.
    #[error("SQLite {found} is too old: 3.51.3 is the first without the WAL-reset corruption")]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// The disk is full, read-only or broken.
    #[error("the store {path} cannot be written: {cause}; check free space and permissions", path = path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// What the database said.
        #[source]
        cause: sqlx::Error,
    },
    /// The store is being closed.
    #[error("the store is closed: the program is ending")]
    Closed,
    /// Another process kept the file locked for longer than the busy time-out.
    #[error("another process keeps the store {path} locked; try again when it has finished", path = path.display())]
    Locked {
        /// Which file.
        path: PathBuf,
    },
    /// The database said no.
    #[error("the store {path} failed: {cause}", path = path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// What it said.
        #[source]
        cause: sqlx::Error,
    },
    /// A library that works on the same database said no.
    #[error("the store {path} failed: {what}", path = path.display())]
    Library {
        /// Which file or database.
        path: PathBuf,
        /// What it said.
        what: String,
    },
    /// A stored value is not what this program writes.
    #[error(
        "the store holds `{value}` as {column}, which this program does not write; was it edited by hand?"
    )]
    BadValue {
        /// Which column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// No run has this id.
    #[error("there is no run `{0}`; `reportwire runs` lists them")]
    UnknownRun(String),
    /// Several runs begin so.
    #[error("several runs begin with `{prefix}`: {ids}; give more of the id", ids = ids.join(", "))]
    AmbiguousRun {
        /// What was given.
        prefix: String,
        /// Some of those that begin so.
        ids: Vec<String>,
    },
    /// The table has no such move.
    #[error("a run cannot go from {from} to {to}")]
    IllegalMove {
        /// From here.
        from: RunState,
        /// To there.
        to: RunState,
    },
    /// Only what a gate holds can be approved.
    #[error("run {run_id} is {state}; only a held run can be approved")]
    NotHeld {
        /// Which run.
        run_id: String,
        /// Where it is.
        state: RunState,
    },
    /// A newer revision has gone out since the run was held.
    #[error(
        "run {run_id} is not released: revision {revision} of the same report has gone out meanwhile (run {newer}), and readers \
         would take the older for the newer; `reportwire run {job} --period {period}` makes one from what is there now"
    )]
    Overtaken {
        /// Which run.
        run_id: String,
        /// The newer run.
        newer: String,
        /// Its revision.
        revision: u32,
        /// Of which job.
        job: String,
        /// Of which period.
        period: String,
    },
    /// Somebody else has moved the run or the parcel since it was read; what this process wanted to write is not written.
    #[error(
        "run {run_id} is no longer in the hands of this process; `reportwire runs show {run_id}` tells where it stands"
    )]
    Stale {
        /// Which run.
        run_id: String,
    },
    /// Another process is sending for this run right now.
    #[error("another process is sending for run {run_id} right now; try again when it has finished")]
    Busy {
        /// Which run.
        run_id: String,
    },
    /// The run never froze anything that could be sent.
    #[error("run {run_id} ({state}) has nothing that could be sent; run the job again")]
    NothingFrozen {
        /// Which run.
        run_id: String,
        /// Where it ended.
        state: RunState,
    },
    /// Another service works on this file.
    #[error(
        "another `reportwire serve` is at work in {data_dir} ({holder}), and there can be only one: stop it first, or give \
         this one a `service.data_dir` of its own, or let both share a PostgreSQL database (`service.store`)",
        data_dir = data_dir.display()
    )]
    Served {
        /// The data folder.
        data_dir: PathBuf,
        /// Who holds it, as far as it says.
        holder: String,
    },
    /// An artifact's name cannot be a file name.
    #[error("`{0}` cannot be the name of an artifact; use letters, digits, `-`, `_` and `.` in `file_name`")]
    BadName(String),
}

impl StoreError {
    /// The same error for somebody else whose work was in the same transaction.
    fn again(&self) -> Self {
        let told = |cause: &sqlx::Error| sqlx::Error::Protocol(cause.to_string());
        match self {
            Self::Locked { path } => Self::Locked { path: path.clone() },
            Self::Corrupt { path, detail } => Self::Corrupt {
                path: path.clone(),
                detail: detail.clone(),
            },
            Self::Disk { path, cause } => Self::Disk {
                path: path.clone(),
                cause: told(cause),
            },
            Self::Database { path, cause } => Self::Database {
                path: path.clone(),
                cause: told(cause),
            },
            Self::Library { path, what } => Self::Library {
                path: path.clone(),
                what: what.clone(),
            },
            _ => Self::Closed,
        }
    }

    /// Whether it may pass by itself: the database is away, locked, or its disk full. What was to be done is not done.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Io { .. }
                | Self::Disk { .. }
                | Self::Locked { .. }
                | Self::Database { .. }
                | Self::Library { .. }
                | Self::Closed
        )
    }
}

/// What made a run begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// `reportwire run`.
    Manual,
    /// `reportwire run --test-to`: takes no revision number.
    Test,
    /// An occurrence of its schedule.
    Schedule,
    /// `reportwire backfill`.
    Backfill,
}

impl Trigger {
    /// The word in the store.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Test => "test",
            Self::Schedule => "schedule",
            Self::Backfill => "backfill",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        [Self::Manual, Self::Test, Self::Schedule, Self::Backfill]
            .into_iter()
            .find(|it| it.key() == key)
    }
}

/// A run that is to begin.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The job's name.
    pub job: String,
    /// Canonical id of the period.
    pub period_id: String,
    /// First day.
    pub period_start: NaiveDate,
    /// Last day **included**.
    pub period_end: NaiveDate,
    /// IANA zone in which the period was chosen.
    pub timezone: String,
    /// What made it begin.
    pub trigger: Trigger,
    /// The instant for which it is made: when a scheduled run fell due, or `--as-of` of a run by hand.
    pub as_of: Option<DateTime<Utc>>,
    /// Everything besides the snapshot that decides the bytes: JSON.
    pub recipe: String,
    /// The true time.
    pub created_at: DateTime<Utc>,
}

/// A run as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// A UUID of version 7: ids sort by time.
    pub run_id: String,
    /// The job's name.
    pub job: String,
    /// Canonical id of the period.
    pub period_id: String,
    /// First day.
    pub period_start: NaiveDate,
    /// Last day **included**.
    pub period_end: NaiveDate,
    /// IANA zone in which the period was chosen.
    pub timezone: String,
    /// 1, 2, 3 …
    pub revision: u32,
    /// What made it begin.
    pub trigger: Trigger,
    /// Where it is.
    pub state: RunState,
    /// Goes up whenever another process takes the run over; every write carries it.
    pub fence: i64,
    /// How often a process was lost with it in its hands, before it was frozen.
    pub losses: u32,
    /// See [`NewRun::as_of`].
    pub as_of: Option<DateTime<Utc>>,
    /// The true time of the run, frozen with its artifacts.
    pub generated_at: Option<DateTime<Utc>>,
    /// JSON, see [`NewRun::recipe`].
    pub recipe: String,
    /// Folder of its files, absolute.
    pub home: PathBuf,
    /// Folder of its snapshot, absolute: one folder for each source in it.
    pub snapshot_dir: PathBuf,
    /// JSON: SHA-256 of each file of the snapshot by its path in `snapshot_dir`, once frozen.
    pub snapshot_manifest: Option<String>,
    /// The report's notices.
    pub notices: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Why a gate holds it.
    pub held: Vec<String>,
    /// Whether its snapshot is gone because it was old.
    pub snapshot_cleared: bool,
    /// Whether its artifacts and parcels are gone because they were old.
    pub artifacts_cleared: bool,
    /// When it was written down.
    pub created_at: DateTime<Utc>,
    /// When it reached its last end state.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What a run freezes: from here on its bytes do not change.
#[derive(Debug, Clone, Copy)]
pub struct Freeze<'a> {
    /// Every file of the run, the manifest included.
    pub artifacts: &'a [Artifact],
    /// Name of a delivery and its parcels, in the order in which they are sent.
    pub parcels: &'a [(String, Vec<Parcel>)],
    /// The report's notices.
    pub notices: &'a [String],
    /// The true time of the run.
    pub generated_at: DateTime<Utc>,
    /// Why it is to be held instead of sent; empty: it is not.
    pub held: &'a [String],
    /// Key and value of the gate's metric, for the norm of later runs.
    pub measured: Option<(&'a str, Decimal)>,
}

/// An artifact as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredArtifact {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// Lower-case hex SHA-256.
    pub sha256: String,
    /// Data rows, where the format has rows.
    pub rows: Option<u64>,
    /// Where it lies, absolute.
    pub path: PathBuf,
}

/// One row of the outbox: a parcel and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number in the store.
    pub id: i64,
    /// Which run.
    pub run_id: String,
    /// Place in the order of sending, from 0, over all deliveries of the run.
    pub position: u32,
    /// Name of the delivery.
    pub delivery: String,
    /// The address, the file's name, or the URL's host.
    pub recipient: String,
    /// Where the recipient lies, as [`Parcel::place`] says.
    pub place: Option<String>,
    /// The key under which it may be sent again.
    pub key: String,
    /// Where the exact bytes lie, absolute.
    pub content_path: PathBuf,
    /// Lower-case hex SHA-256 of the bytes.
    pub sha256: String,
    /// Where it is.
    pub state: DeliveryState,
    /// Attempts begun.
    pub attempts: u32,
    /// Attempts after which nobody knew whether the bytes had arrived.
    pub doubts: u32,
    /// From when on patience with it is counted: since it was frozen, approved, or asked for again after it was given up.
    pub since: DateTime<Utc>,
    /// Attempts since then.
    pub tries: u32,
    /// When the first of them began.
    pub first_attempt_at: Option<DateTime<Utc>>,
    /// When the next one is due, in `retry_wait`, or in `ambiguous` where it is to be sent once more.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What the far end said when it acknowledged.
    pub receipt: Option<String>,
    /// Why it is not acknowledged.
    pub error: Option<String>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
}

impl OutboxRow {
    /// Why it is not acknowledged, for a sentence that names the delivery already.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        let said = self.error.as_deref()?;
        let named = format!("delivery `{}`: ", self.delivery);
        Some(said.strip_prefix(&named).unwrap_or(said))
    }

    /// Whether the service tries it now.
    pub(in crate::run) fn is_due(&self, now: DateTime<Utc>) -> bool {
        match self.state {
            DeliveryState::Pending => true,
            DeliveryState::RetryWait | DeliveryState::Ambiguous => self
                .next_attempt_at
                .is_some_and(|at| at <= now || at > now + turns::FARTHEST),
            _ => false,
        }
    }

    /// Whether the service will still do something for it by itself.
    pub(in crate::run) fn is_outstanding(&self) -> bool {
        match self.state {
            DeliveryState::Pending | DeliveryState::Sending | DeliveryState::RetryWait => true,
            DeliveryState::Ambiguous => self.next_attempt_at.is_some(),
            _ => false,
        }
    }

    /// Whether its reader may have got it twice: it was sent again after nobody knew whether it had arrived.
    #[must_use]
    pub fn may_be_double(&self) -> bool {
        self.doubts > 0 && self.attempts > 1
    }

    /// Patience with one that was given up and is asked for again begins anew, as its permit writes down.
    pub(in crate::run) fn begin_anew(&mut self, now: DateTime<Utc>) {
        if self.state == DeliveryState::Dead {
            (self.since, self.tries, self.first_attempt_at) = (now, 0, None);
        }
    }
}

/// Leave to make one attempt, committed before the first byte goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// Which row.
    pub delivery_id: i64,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Under which fence.
    pub fence: i64,
}

/// Why a parcel was not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOff<'a> {
    /// Its turn did not come; what its last attempt met, if there was one, says more and stays.
    NoTurn(&'a str),
    /// Its turn comes after this instant at the earliest; else like `NoTurn`.
    Behind(&'a str, DateTime<Utc>),
    /// It cannot be tried as things are, whatever an attempt met before.
    NoWay(&'a str),
    /// Its far end has said that it is gone, its turn can never come, or patience is over: it is `dead`.
    Gone(&'a str),
    /// Its far end failed time and again and is left alone for a while.
    Resting {
        /// Says so.
        reason: &'a str,
        /// How long.
        until: DateTime<Utc>,
    },
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The far end has it.
    Acked(Receipt),
    /// Another try may help.
    RetryWait {
        /// Why it was not acknowledged.
        reason: String,
        /// When to try again.
        next_attempt_at: DateTime<Utc>,
    },
    /// Nobody knows whether it arrived.
    Ambiguous {
        /// What happened.
        reason: String,
        /// When to send it once more under its key; `None`: only when somebody asks for it.
        again_at: Option<DateTime<Utc>>,
    },
    /// Trying again will not help.
    Dead {
        /// Why.
        reason: String,
    },
    /// `Dead`, and its far end is gone: nothing more is sent there.
    Gone {
        /// What it said.
        reason: String,
    },
}

impl Outcome {
    /// When it is tried again by itself, if ever.
    #[must_use]
    pub fn next_attempt_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::RetryWait { next_attempt_at, .. } => Some(*next_attempt_at),
            Self::Ambiguous { again_at, .. } => *again_at,
            Self::Acked(_) | Self::Dead { .. } | Self::Gone { .. } => None,
        }
    }

    /// The state that follows.
    #[must_use]
    pub fn state(&self) -> DeliveryState {
        match self {
            Self::Acked(_) => DeliveryState::Acked,
            Self::RetryWait { .. } => DeliveryState::RetryWait,
            Self::Ambiguous { .. } => DeliveryState::Ambiguous,
            Self::Dead { .. } | Self::Gone { .. } => DeliveryState::Dead,
        }
    }
}

/// Files of a run that may be cleared away when they are old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// What the sources answered.
    Snapshot,
    /// What was rendered, and the bytes that were sent.
    Artifacts,
}

impl Kept {
    /// The word for it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Artifacts => "artifacts",
        }
    }
}

/// How much is not done yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Parcels that wait or are being sent, those that are sent once more by themselves included.
    pub waiting: u32,
    /// Parcels of which nobody knows, until somebody says.
    pub ambiguous: u32,
    /// Parcels that were given up in the last seven days.
    pub dead: u32,
    /// What owners have not been told yet.
    pub notices: u32,
}

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only of this job.
    pub job: Option<String>,
}

//! What may go wrong with a store.

use super::db::refuses_rows;
use crate::run::state::RunState;
use std::path::PathBuf;

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
    /// Another run has judged the rules of the job, or was delivered, since this one read what others have left.
    #[error("other runs of job `{job}` changed again and again what this one is made of; run it again")]
    Outdated {
        /// Which job.
        job: String,
    },
    /// A backfill makes no period that is delivered already, or that is being made.
    #[error(
        "{period} of job `{job}` is {state} already, by run {run_id}; `reportwire run {job} --period {period}` makes it again"
    )]
    Made {
        /// Of which job.
        job: String,
        /// Which period.
        period: String,
        /// The run that has made it, or is at it.
        run_id: String,
        /// Where that one is.
        state: RunState,
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
    pub(super) fn again(&self) -> Self {
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

    /// Whether the database refused what was to be written down, and not whoever writes: others may have more luck.
    #[must_use]
    pub fn is_of_rows(&self) -> bool {
        match self {
            Self::Database { cause, .. } => refuses_rows(cause),
            Self::BadValue { .. } => true,
            _ => false,
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

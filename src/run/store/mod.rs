//! The memory of runs: one `SQLite` file, or a PostgreSQL database that several replicas share, and beside it one folder of
//! files for each run.
//!
//! ```text
//! DATA_DIR/reportwire.db
//! DATA_DIR/runs/RUN_ID/{snapshot,artifacts,outbox,figures}/  (taken over before it was frozen: RUN_ID/take-2/… too)
//! ```
//!
//! Several processes may work on the same store at once. Every change of a run carries its fence: a process whose run was
//! taken over by another can write nothing more to it. Files are durable before the rows that name them are committed.

mod db;
mod ends;
mod error;
mod figures;
mod files;
mod freeze;
mod late;
mod notices;
mod occurrences;
mod open;
mod outbox;
mod owner;
mod parcel;
mod recording;
mod replace;
mod rescue;
mod run;
mod runs;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod turns;
mod versions;

pub use db::Tx;
pub(in crate::run) use db::{Inner, Pool};
pub use error::StoreError;
pub use figures::Backlog;
pub(crate) use files::create_dir;
pub(in crate::run) use files::{hash_file, write_atomically};
pub use notices::{PendingBulletin, StoredNotice, Tell, Told};
pub use occurrences::{
    Advance, Audit, Cursor, Materialised, MissedTogether, NewOccurrence, PlannedJob, StoredOccurrence,
};
pub(crate) use open::FILE as STORE_FILE;
pub use parcel::{Along, Freeze, OutboxRow, Outcome, Permit, PutOff, StoredArtifact, Withdrawal};
pub(in crate::run) use replace::Newer;
pub use run::{FiguresFile, Kept, NewRun, Run, RunFilter, Trigger};
pub(in crate::run) use runs::lease;
pub use turns::Ticket;
pub use versions::{Before, RuleMove};

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

//! A run, as it is stored.

use crate::run::state::RunState;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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

    pub(super) fn from_key(key: &str) -> Option<Self> {
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
    /// The file of its figures, for later revisions; `None`: it kept none, or none are left.
    pub figures: Option<FiguresFile>,
    /// Why it went out to nobody; `None`: it went out, or was to.
    pub unsent: Option<String>,
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

/// The file of a run's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiguresFile {
    /// Where it lies, absolute.
    pub path: PathBuf,
    /// Lower-case hex SHA-256 of its bytes.
    pub sha256: String,
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

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only of this job.
    pub job: Option<String>,
}

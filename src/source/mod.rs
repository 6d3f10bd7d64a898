//! Sources: an occurrence becomes a [`Snapshot`] (`fetch`, the only I/O), a snapshot becomes a [`Dataset`]
//! (`decode`, pure, so that `replay` can do it again).
//!
//! In: a [`SourcePlan`] and the periods that a report [`Need`]s. Out: a dataset with what is known and what is not.
//! Never here: adding figures of different sources, comparing periods, rounding.

pub mod almyty;
pub mod dataset;
mod days;
pub mod dispersl;
mod files;
mod focus_file;
pub mod geai;
pub mod organization;
pub mod sdk;
pub mod snapshot;
mod usage_file;

use crate::config::plan::SourcePlan;
use crate::period::Period;
use crate::schedule::clock::Clock;
use crate::source::sdk::Pace;
use chrono_tz::Tz;
pub use dataset::{Breakdown, Dataset, Measure, Member, Notice, Ranking, Series, TopList, Window};
pub(crate) use files::book::{NAMELESS, SO_CALLED, UNATTRIBUTED};
pub use files::conversion::Conversion;
pub use organization::Organization;
use serde::{Deserialize, Serialize};
pub use snapshot::{Snapshot, SnapshotError, SnapshotWriter};
use std::io;
use std::path::Path;
use std::time::Duration;

/// The kinds of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Globant Enterprise AI.
    Geai,
    /// Dispersl.
    Dispersl,
    /// Usage files in our interchange format.
    UsageFile,
    /// FOCUS billing exports.
    FocusFile,
    /// almyty.
    Almyty,
}

/// A period that a report needs, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Which period.
    pub period: Period,
    /// How much.
    pub depth: Depth,
}

/// How much of a period a report needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Figures, daily series, rankings and breakdowns.
    Full,
    /// All that, and who used what day by day: the series that an organization's charts stack.
    Organization,
    /// What stands beside it for comparison: figures, daily cost, rankings and breakdowns.
    Comparison,
    /// What a trend is made of: figures and daily cost.
    Figures,
    /// What a look back is made of: figures, daily cost, and the daily cost of the members of each split that the source tells by
    /// day. The days before the period are in it for what is usual, so nothing is told of what they lack.
    Days,
}

impl Depth {
    /// Whether it is the period that the report is about, of which everything is told.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Full | Self::Organization)
    }

    /// Whether top lists are needed.
    #[must_use]
    pub fn has_rankings(self) -> bool {
        matches!(self, Self::Full | Self::Organization | Self::Comparison)
    }
}

/// What a caller may want to know while a source is fetched.
pub trait Progress: Send + Sync {
    /// So many steps (calls or files) will be taken in all.
    fn expect(&self, steps: u64);
    /// One step is done.
    fn step(&self);
}

/// A [`Progress`] that tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn expect(&self, _steps: u64) {}
    fn step(&self) {}
}

/// Why a source could not be fetched or decoded. Says the source, the place (call, or file with line and column) and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The secret cannot be had.
    #[error("source `{source_name}`: {cause}")]
    Secret {
        /// Which source.
        source_name: String,
        /// Why.
        cause: crate::config::secret::SecretError,
    },
    /// The platform refused or failed a call, after retries where those are sensible.
    #[error("source `{source_name}`: {call}: {reason}")]
    Call {
        /// Which source.
        source_name: String,
        /// Method and path, without query or credentials.
        call: String,
        /// What was wrong, and the remedy.
        reason: String,
        /// Whether another try may help.
        recourse: Recourse,
    },
    /// A file is missing, unreadable or has a bad row.
    #[error("source `{source_name}`: {place}: {reason}")]
    File {
        /// Which source.
        source_name: String,
        /// `path:line:column` as far as known.
        place: String,
        /// What was wrong, and the remedy.
        reason: String,
    },
    /// The snapshot cannot be written or read.
    #[error("source `{source_name}`: {cause}")]
    Snapshot {
        /// Which source.
        source_name: String,
        /// Why.
        #[source]
        cause: SnapshotError,
    },
    /// The answers contradict the protocol or themselves.
    #[error("source `{source_name}`: {reason}")]
    Contradiction {
        /// Which source.
        source_name: String,
        /// What, and the remedy.
        reason: String,
    },
}

impl SourceError {
    /// The error of a file in the snapshot of `source` that the disk does not take, or does not give back.
    fn of_snapshot(source: &str, path: &Path, cause: io::Error) -> Self {
        Self::Snapshot {
            source_name: source.to_owned(),
            cause: SnapshotError::Io {
                path: path.to_owned(),
                cause,
            },
        }
    }
}

/// What an error leaves to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recourse {
    /// Trying again will not help.
    Permanent,
    /// Trying again may help, after this time if the far end named one.
    Retry {
        /// `Retry-After`.
        after: Option<Duration>,
    },
}

impl SourcePlan {
    /// Which kind of source this is.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Geai(_) => SourceKind::Geai,
            Self::Dispersl(_) => SourceKind::Dispersl,
            Self::UsageFile(_) => SourceKind::UsageFile,
            Self::FocusFile(_) => SourceKind::FocusFile,
            Self::Almyty(_) => SourceKind::Almyty,
        }
    }
}

/// Fetches everything that `needs` ask of a source into `into`. The only I/O of this room.
///
/// # Errors
/// [`SourceError`] at the first call or file that fails for good; what was fetched until then stays in the snapshot.
pub async fn fetch(
    name: &str,
    plan: &SourcePlan,
    needs: &[Need],
    into: &SnapshotWriter,
    clock: &dyn Clock,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    match plan {
        SourcePlan::Geai(plan) => {
            geai::fetch(name, plan, needs, into, clock, progress, Pace::default()).await
        }
        SourcePlan::Dispersl(plan) => {
            dispersl::fetch(name, plan, needs, into, clock, progress, Pace::default()).await
        }
        SourcePlan::UsageFile(plan) => usage_file::fetch(name, plan, into, clock, progress).await,
        SourcePlan::FocusFile(plan) => focus_file::fetch(name, plan, into, clock, progress).await,
        SourcePlan::Almyty(plan) => {
            almyty::fetch(name, plan, needs, into, clock, progress, Pace::default()).await
        }
    }
}

/// Decodes a snapshot. Pure: the same snapshot, needs and zone give the same dataset. `zone` is the job's, in which the
/// dates of a source that has no zone of its own are taken.
///
/// # Errors
/// [`SourceError`] where an answer or a row cannot be what the platform's protocol says.
pub fn decode(
    name: &str,
    kind: SourceKind,
    needs: &[Need],
    snapshot: &Snapshot,
    zone: Tz,
) -> Result<Dataset, SourceError> {
    match kind {
        SourceKind::Geai => geai::decode(name, needs, snapshot),
        SourceKind::Dispersl => dispersl::decode(name, needs, snapshot),
        SourceKind::UsageFile => usage_file::decode(name, needs, snapshot, zone),
        SourceKind::FocusFile => focus_file::decode(name, needs, snapshot),
        SourceKind::Almyty => almyty::decode(name, needs, snapshot),
    }
}

/// The windows of [`decode`] with the amounts of each row at the rate of its day; none of a platform, which does not tell rows, and
/// without those of which the table of rates lacks a day.
///
/// # Errors
/// [`SourceError`] as [`decode`].
pub fn converted(
    name: &str,
    kind: SourceKind,
    needs: &[Need],
    snapshot: &Snapshot,
    conversion: Conversion<'_>,
) -> Result<Vec<Window>, SourceError> {
    match kind {
        SourceKind::UsageFile => usage_file::converted(name, needs, snapshot, conversion),
        SourceKind::FocusFile => focus_file::converted(name, needs, snapshot, conversion),
        SourceKind::Geai | SourceKind::Dispersl | SourceKind::Almyty => Ok(Vec::new()),
    }
}

/// A file of a platform's own making, handed on beside the report's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// What its name ends with: `usage-month.csv`.
    pub name: String,
    /// Its text, as it came.
    pub text: String,
}

/// The platform's own exports in a snapshot.
#[must_use]
pub fn exports(kind: SourceKind, snapshot: &Snapshot) -> Vec<Export> {
    match kind {
        SourceKind::Dispersl => dispersl::exports(snapshot),
        SourceKind::Geai | SourceKind::UsageFile | SourceKind::FocusFile | SourceKind::Almyty => Vec::new(),
    }
}

/// Asks whether the source is there and lets us in, without fetching figures. `check --online` calls this.
///
/// # Errors
/// [`SourceError`] as for a call of [`fetch`].
pub async fn probe(name: &str, plan: &SourcePlan, clock: &dyn Clock) -> Result<(), SourceError> {
    match plan {
        SourcePlan::Geai(plan) => geai::probe(name, plan, clock, Pace::default()).await,
        SourcePlan::Dispersl(plan) => dispersl::probe(name, plan, clock, Pace::default()).await,
        SourcePlan::UsageFile(plan) => usage_file::probe(name, plan).await,
        SourcePlan::FocusFile(plan) => focus_file::probe(name, plan).await,
        SourcePlan::Almyty(plan) => almyty::probe(name, plan, clock, Pace::default()).await,
    }
}

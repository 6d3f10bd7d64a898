//! Why a run could not be made, and what that means for the exit code.

use super::StoreError;
use crate::render::RenderError;
use crate::source::{SnapshotError, SourceError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The request or the configuration is wrong; nothing was recorded.
    #[error("{0}")]
    Request(String),
    /// The run failed and is recorded as failed; nothing was delivered.
    #[error("job `{job}`: {cause}\nnothing was delivered; the failure is recorded as run {run_id}")]
    Recorded {
        /// Which run.
        run_id: String,
        /// Which job.
        job: String,
        /// Why.
        #[source]
        cause: Box<RunError>,
    },
    /// A source could not be had, or contradicts itself.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The report could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Our own disk said no.
    #[error("{path} cannot be written: {cause}; check permissions and free space", path = place.display())]
    Disk {
        /// Which file or folder.
        place: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The final report after a provisional one was not made: the data never came.
    #[error("the data of the whole period never came: {0}; the report that went out stays provisional")]
    NeverFinal(String),
    /// The final report after a provisional one was not made: somebody was faster.
    #[error("not needed any more: revision {0} went out meanwhile")]
    NotNeeded(u32),
    /// Anything else that ends a run.
    #[error("{0}")]
    Failed(String),
}

impl RunError {
    /// The disk said no.
    pub(crate) fn disk(place: &Path, cause: std::io::Error) -> Self {
        Self::Disk {
            place: place.to_owned(),
            cause,
        }
    }

    /// Whether it says nothing about the run: our own database is away, or our own disk full or read-only. The run is begun
    /// again when that has passed.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) => error.may_pass(),
            Self::Disk { cause, .. } => is_full(cause),
            Self::Source(error) => is_full_disk(error),
            _ => false,
        }
    }

    /// Whether a run that follows a provisional report has nothing left to wait for.
    pub(super) fn ends_following(&self) -> bool {
        matches!(self, Self::NeverFinal(_) | Self::NotNeeded(_))
    }

    /// Whether it is about what a source answered, and not about where the answer is kept.
    pub(crate) fn says_of_source(&self) -> bool {
        matches!(self, Self::Source(error) if !matches!(error, SourceError::Snapshot { .. }))
    }

    /// 2 where the request or the configuration is wrong, 1 where a run or delivery failed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Request(_) | Self::Store(StoreError::UnknownRun(_) | StoreError::AmbiguousRun { .. }) => 2,
            _ => 1,
        }
    }
}

/// Whether a source could not be had only because its answers could not be kept.
pub(super) fn is_full_disk(error: &SourceError) -> bool {
    matches!(error, SourceError::Snapshot { cause: SnapshotError::Io { cause, .. }, .. } if is_full(cause))
}

/// Whether a disk takes nothing more for now.
fn is_full(cause: &std::io::Error) -> bool {
    matches!(
        cause.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem
    )
}

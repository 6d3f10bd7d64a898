//! Why a run could not be made, and what that means for the exit code.

use super::StoreError;
use crate::render::RenderError;
use crate::source::SourceError;
use std::path::Path;

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
    /// Anything else that ends a run.
    #[error("{0}")]
    Failed(String),
}

impl RunError {
    /// The disk said no.
    pub(crate) fn disk(place: &Path, cause: &std::io::Error) -> Self {
        Self::Failed(format!(
            "{} cannot be written: {cause}; check permissions and free space",
            place.display()
        ))
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

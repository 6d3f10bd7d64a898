//! Why a command could not do what it was asked, and the exit code that says so.

use crate::config::Problems;
use crate::run::{RunError, StoreError};
use crate::service::proof::Unproven;
use std::fmt;
use std::process::ExitCode;

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// The configuration is wrong.
    Configuration(Problems),
    /// The configuration refers to what is not there or will not do.
    Unproven(Unproven),
    /// The request is wrong.
    Request(String),
    /// Something failed.
    Failed(String),
}

impl Failure {
    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::Request(message.into())
    }

    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// 2 where the request or configuration is wrong, else 1.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) | Self::Unproven(_) | Self::Request(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Each problem begins with its own `error:`.
            Self::Configuration(problems) => problems.fmt(f),
            Self::Unproven(found) => found.fmt(f),
            Self::Request(message) | Self::Failed(message) => write!(f, "error: {message}"),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Configuration(problems)
    }
}

impl From<Unproven> for Failure {
    fn from(found: Unproven) -> Self {
        Self::Unproven(found)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::UnknownRun(_)
            | StoreError::AmbiguousRun { .. }
            | StoreError::NothingFrozen { .. }
            | StoreError::NotHeld { .. }
            | StoreError::Overtaken { .. } => Self::request(error.to_string()),
            _ => Self::failed(error.to_string()),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        if error.exit_code() == 2 {
            Self::request(error.to_string())
        } else {
            Self::failed(error.to_string())
        }
    }
}

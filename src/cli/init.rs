//! `reportwire init`: writes a commented starter configuration that runs at once.

use super::{Failure, Verdict, clock, output};
use crate::config::starter::{self, StarterError};
use std::path::PathBuf;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// Folder to write into; created where missing
    #[arg(default_value = ".")]
    dir: PathBuf,
}

impl Init {
    pub(super) fn run(&self) -> Result<Verdict, Failure> {
        let today = clock().now().date_naive();
        let written = starter::write(&self.dir, today).map_err(|error| match error {
            StarterError::Exists(_) => Failure::request(error.to_string()),
            _ => Failure::failed(error.to_string()),
        })?;
        for path in written {
            output::data(output::plain(&path.display().to_string()));
        }
        output::note("next: `reportwire check`, `reportwire jobs`, `reportwire run JOB`");
        Ok(Verdict::Done)
    }
}

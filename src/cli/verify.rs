//! `reportwire verify`: checks the hashes of everything that was stored.

use super::{Failure, Globals, Verdict, output};
use crate::run::verify;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// Which run: its id, or the beginning of it [default: all]
    run: Option<String>,
}

impl Verify {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let (_, store) = globals.store().await?;
        let run = match &self.run {
            Some(run) => Some(store.run(run).await?),
            None => None,
        };
        let verified = verify::verify(&store, run.as_ref()).await?;
        for mismatch in &verified.mismatches {
            output::note(output::plain(&format!(
                "error: run {}: {}: {}",
                mismatch.run_id,
                mismatch.path.display(),
                mismatch.what
            )));
        }
        if verified.cleared > 0 {
            output::note(format!(
                "note: of {} old files were cleared away (`service.keep_snapshots`, `service.keep_artifacts`); their hashes stay",
                output::count(verified.cleared, "run", "runs"),
            ));
        }
        output::data(format!(
            "{} of {} are as they were stored, in {}",
            verified.files - verified.mismatches.len(),
            output::count(verified.files, "file", "files"),
            output::count(verified.runs, "run", "runs"),
        ));
        Ok(Verdict::of(verified.mismatches.is_empty()))
    }
}

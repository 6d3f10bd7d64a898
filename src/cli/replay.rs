//! `reportwire replay`: rebuilds a run from its snapshot and compares byte for byte.

use super::{Failure, Globals, Verdict, output};
use crate::run::replay;

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub(super) struct Replay {
    /// Which run: its id, or the beginning of it
    run: String,
}

impl Replay {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let (_, store) = globals.store().await?;
        let replayed = replay::replay(&store, &self.run).await?;
        if let Some(version) = &replayed.other_version {
            output::note(format!(
                "note: version {} of reportwire made this run, this is {}: differences are no sign of damage",
                output::plain(version),
                env!("CARGO_PKG_VERSION")
            ));
        }
        output::data(format!("run {}", replayed.run_id));
        let rows = replayed.files.iter();
        output::data(output::table(
            None,
            rows.map(|(name, verdict)| [name.clone(), verdict.key().to_owned()]),
        ));
        Ok(Verdict::of(
            replayed.identical() && replayed.other_version.is_none(),
        ))
    }
}

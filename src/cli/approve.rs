//! `reportwire approve`: releases a run that a gate holds; exactly the bytes that were frozen go out.

use super::run::tell;
use super::summary::Summary;
use super::{Failure, Globals, Verdict, output};
use crate::run::{RunError, StoreError, resend};
use std::time::Duration;

/// Arguments of `approve`.
#[derive(Debug, clap::Args)]
pub(super) struct Approve {
    /// Which run: its id, or the beginning of it
    run: String,
    /// How long to try deliveries
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=86_400))]
    wait: u64,
}

impl Approve {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let engine = globals.engine().await?;
        let run = engine.store.run(&self.run).await?;
        let run = engine.store.approve(&run.run_id, engine.clock.now()).await?;
        output::note(format!(
            "run {} is approved; exactly the files that were held go out",
            run.run_id
        ));
        match resend::resend(&engine, &run.run_id, &[], Duration::from_secs(self.wait)).await {
            // The service was faster; it tells what came of it as it does of every run.
            Err(RunError::Store(StoreError::Busy { run_id } | StoreError::Stale { run_id })) => {
                output::note(format!(
                    "the service is sending it; `reportwire runs show {run_id}` tells how it goes"
                ));
                Ok(Verdict::Done)
            }
            run => Ok(tell(&Summary::read(&engine.store, run?).await?, false)),
        }
    }
}

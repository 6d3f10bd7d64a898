//! `reportwire resend`: tries again what is not acknowledged, under the same key.

use super::run::tell;
use super::summary::Summary;
use super::{Failure, Globals, Verdict};
use crate::run::resend;
use std::time::Duration;

/// How long deliveries are tried.
const WAIT: Duration = Duration::from_mins(1);

/// Arguments of `resend`.
#[derive(Debug, clap::Args)]
pub(super) struct Resend {
    /// Which run: its id, or the beginning of it
    run: String,
    /// Only through this delivery; may be given again
    #[arg(long, value_name = "DELIVERY")]
    only: Vec<String>,
    /// Send again what is acknowledged, under a new key: readers get it a second time
    #[arg(long)]
    as_new: bool,
}

impl Resend {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let engine = globals.engine().await?;
        let run = if self.as_new {
            resend::resend_as_new(&engine, &self.run, &self.only, WAIT).await?
        } else {
            resend::resend(&engine, &self.run, &self.only, WAIT).await?
        };
        Ok(tell(&Summary::read(&engine.store, run).await?, false))
    }
}

//! `reportwire run`: runs a job now, through the same path as a scheduled run.

use super::progress::Bar;
use super::summary::Summary;
use super::{Failure, Globals, Verdict, instant, output};
use crate::run::choose::RunRequest;
use crate::run::perform::{self, RunOutcome};
use crate::run::{RunError, RunState};
use chrono::{DateTime, Utc};
use std::time::Duration;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub(super) struct Run {
    /// Which job
    job: String,
    /// Which period, such as 2026-10, 2026-W45, 2026-Q3, 2026-10-01..2026-10-31 [default: what the job says]
    #[arg(long, value_name = "P")]
    period: Option<String>,
    /// Stands for "now" when the period is chosen: RFC 3339 with an offset
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<DateTime<Utc>>,
    /// Only through this delivery; may be given again
    #[arg(long, value_name = "DELIVERY")]
    only: Vec<String>,
    /// A test: mails go to this address alone, and nothing else goes out
    #[arg(long, value_name = "ADDRESS")]
    test_to: Option<String>,
    /// How long to try deliveries
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=86_400))]
    wait: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let engine = globals.engine().await?;
        let request = RunRequest {
            job: self.job,
            period: self.period,
            as_of: self.as_of,
            only: self.only,
            test_to: self.test_to,
            wait: Duration::from_secs(self.wait),
            trigger: None,
        };
        let outcome = {
            let bar = Bar::new();
            perform::run(&engine, &request, &bar).await
        };
        match outcome {
            // A program that asked for JSON is told of a failed run in JSON too.
            Err(RunError::Recorded { run_id, .. }) if self.json => {
                let run = engine.store.run(&run_id).await?;
                Ok(tell(&Summary::failed(run), true))
            }
            outcome => Ok(tell(&outcome?.into(), self.json)),
        }
    }
}

impl From<RunOutcome> for Summary {
    fn from(outcome: RunOutcome) -> Self {
        Self {
            run: outcome.run,
            artifacts: outcome.artifacts,
            deliveries: outcome.deliveries,
            digest: Some(outcome.digest),
        }
    }
}

/// Tells what came of a run; good only if everything is delivered.
pub(super) fn tell(summary: &Summary, json: bool) -> Verdict {
    if json {
        for problem in summary.problems() {
            output::note(problem);
        }
        output::json(&summary.json());
    } else {
        summary.print();
    }
    Verdict::of(summary.run.state == RunState::Delivered)
}

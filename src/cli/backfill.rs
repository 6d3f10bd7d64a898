//! `reportwire backfill`: runs a job for past periods, oldest first, and skips what has succeeded already.

use super::progress::Bar;
use super::runs::state_of;
use super::summary::Summary;
use super::{Failure, Globals, Verdict, output};
use crate::period::{Period, periods_from_to};
use crate::run::choose::{self, RunRequest};
use crate::run::store::Trigger;
use crate::run::{RunError, RunState, StoreError, perform};
use std::time::Duration;

/// Arguments of `backfill`.
#[derive(Debug, clap::Args)]
pub(super) struct Backfill {
    /// Which job
    job: String,
    /// The first period, such as 2026-01
    #[arg(long, value_name = "P")]
    from: String,
    /// The last period, of the same kind as the first
    #[arg(long, value_name = "P")]
    to: String,
    /// How long to try the deliveries of each run
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=86_400))]
    wait: u64,
}

impl Backfill {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let engine = globals.engine().await?;
        let job = choose::job(&engine.plan, &self.job)?;
        let read = |text: &str| {
            Period::parse(text, job.calendar).map_err(|error| Failure::request(error.to_string()))
        };
        let (from, to) = (read(&self.from)?, read(&self.to)?);
        let periods = periods_from_to(&from, &to).map_err(|error| Failure::request(error.to_string()))?;
        let today = engine.clock.now().with_timezone(&job.timezone).date_naive();
        if let Some(early) = periods.iter().find(|period| period.end() > today) {
            return Err(Failure::request(format!(
                "the period {} is not over: its last day is {}, and in {} it is {today}; end before it with --to",
                early.id(),
                early.last_day(),
                job.timezone.name()
            )));
        }
        let request = |period: &Period| RunRequest {
            job: job.name.clone(),
            period: Some(period.id().to_owned()),
            wait: Duration::from_secs(self.wait),
            trigger: Some(Trigger::Backfill),
            ..RunRequest::default()
        };
        // What would refuse the first run refuses all, before anything is printed.
        choose::prove(&engine.plan, &request(&from), &engine.clock)?;
        let mut good = true;
        for period in periods {
            let outcome = {
                let bar = Bar::new();
                perform::run(&engine, &request(&period), &bar).await
            };
            match outcome {
                Ok(outcome) => {
                    let summary: Summary = outcome.into();
                    good &= summary.run.state == RunState::Delivered;
                    for problem in summary.problems() {
                        output::note(problem);
                    }
                    output::data(format!(
                        "{}: {}, run {}",
                        period.id(),
                        state_of(&summary.run),
                        summary.run.run_id
                    ));
                }
                Err(RunError::Store(StoreError::Made {
                    state: RunState::Delivered,
                    ..
                })) => output::data(format!("{}: delivered already, skipped", period.id())),
                Err(RunError::Store(StoreError::Made { run_id, .. })) => {
                    output::data(format!("{}: being made by run {run_id}, skipped", period.id()));
                }
                // One month that cannot be had does not keep the others from being made.
                Err(error) if error.exit_code() == 1 => {
                    good = false;
                    output::data(format!("{}: failed", period.id()));
                    output::error(&Failure::failed(error.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Verdict::of(good))
    }
}

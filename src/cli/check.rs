//! `reportwire check`: all problems of the configuration; with `--online` also whether its far ends let us in.

use super::{Failure, Globals, Verdict, clock, output, wait_for};
use crate::config::{self, Plan};
use crate::run::recipe;
use crate::schedule::cadence;
use futures::future::join_all;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// Ask every source and delivery whether it lets us in, without fetching or sending anything
    #[arg(long)]
    online: bool,
}

impl Check {
    pub(super) fn run(&self, globals: &Globals) -> Result<Verdict, Failure> {
        let (plan, warnings) = config::check(&globals.options())?;
        prove_jobs(&plan)?;
        prove_deliveries(&plan)?;
        for warning in warnings {
            output::note(output::plain(&warning.to_string()).trim_end());
        }
        for warning in schedule_warnings(&plan) {
            output::note(output::plain(&warning));
        }
        if !plan.service.owner.is_empty() {
            output::note(
                "note: `owner` is read and checked, but owners are not written to yet: heed the exit code of `run`",
            );
        }
        output::data(format!(
            "{}: no problem in {}, {} and {}",
            output::plain(&plan.file.display().to_string()),
            output::count(plan.jobs.len(), "job", "jobs"),
            output::count(plan.sources.len(), "source", "sources"),
            output::count(plan.deliveries.len(), "delivery", "deliveries"),
        ));
        if self.online {
            return wait_for(probe(&plan));
        }
        Ok(Verdict::Done)
    }
}

/// Every secret that has the wrong form, and every address that will not do, at once; nothing is contacted.
fn prove_deliveries(plan: &Plan) -> Result<(), Failure> {
    let opened = plan
        .deliveries
        .iter()
        .map(|(name, delivery)| crate::delivery::open(name, delivery, clock()));
    let problems: Vec<String> = opened.filter_map(Result::err).map(|error| error.reason).collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::request(output::plain(&problems.join("; "))))
    }
}

/// Every problem of every job's templates and file names at once.
fn prove_jobs(plan: &Plan) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for job in plan.jobs.values() {
        let found = recipe::template_problems(plan, job)?;
        problems.extend(
            found
                .iter()
                .map(|problem| format!("job `{}`: {problem}", job.name)),
        );
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::request(output::plain(&problems.join("; "))))
    }
}

/// What the jobs' schedules do that their author may not expect.
fn schedule_warnings(plan: &Plan) -> Vec<String> {
    let now = clock().now();
    let jobs = plan
        .jobs
        .values()
        .filter_map(|job| Some((job, job.schedule.as_ref()?)));
    jobs.flat_map(|(job, schedule)| {
        let warnings = cadence::warnings(schedule, &job.period, job.timezone, job.calendar, now);
        warnings
            .into_iter()
            .map(|warning| format!("warning: job `{}`: {warning}", job.name))
    })
    .collect()
}

/// Asks all far ends at once.
async fn probe(plan: &Plan) -> Result<Verdict, Failure> {
    let clock = &clock();
    let sources = join_all(plan.sources.iter().map(|(name, source)| async move {
        let answer = crate::source::probe(name, source, &**clock).await;
        (
            format!("source {name}"),
            answer.map_err(|error| error.to_string()),
        )
    }));
    let deliveries = join_all(plan.deliveries.iter().map(|(name, delivery)| async move {
        let answer = match crate::delivery::open(name, delivery, clock.clone()) {
            Ok(delivery) => delivery.probe().await,
            Err(error) => Err(error),
        };
        (format!("delivery {name}"), answer.map_err(|error| error.reason))
    }));
    let (sources, deliveries) = futures::join!(sources, deliveries);
    let mut good = true;
    for (name, answer) in sources.into_iter().chain(deliveries) {
        match answer {
            Ok(()) => output::data(format!("{name}: lets us in")),
            Err(reason) => {
                good = false;
                output::note(format!("error: {}", output::plain(&reason)));
            }
        }
    }
    Ok(Verdict::of(good))
}

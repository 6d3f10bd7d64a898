//! `reportwire check`: all problems of the configuration; with `--online` also whether its far ends let us in.

use super::{Failure, Globals, Verdict, clock, output, wait_for};
use crate::config::Plan;
use crate::schedule::cadence;
use crate::service::proof;
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
        let plan = globals.plan()?;
        proof::prove(&plan, &clock())?;
        let warnings = plan.exposed_secrets();
        for warning in warnings {
            output::note(output::plain(&warning.to_string()).trim_end());
        }
        for warning in schedule_warnings(&plan) {
            output::note(output::plain(&warning));
        }
        if let Some(warning) = owner_warning(&plan) {
            output::note(output::plain(&warning));
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

/// Who would not hear of trouble.
fn owner_warning(plan: &Plan) -> Option<String> {
    let service = &plan.service;
    let scheduled = || {
        plan.jobs
            .values()
            .filter(|job| job.enabled && job.schedule.is_some())
    };
    let unowned: Vec<&str> = scheduled()
        .filter(|job| job.owner.is_empty())
        .map(|job| job.name.as_str())
        .collect();
    if !unowned.is_empty() {
        return Some(format!(
            "warning: nobody hears when a report of {} fails, is late or is held: set `owner` under [service], or in the job",
            unowned.join(", ")
        ));
    }
    let told = service.owner_delivery.is_some() || service.owner_fallback.is_some();
    (scheduled().next().is_some() && !told).then(|| {
        format!(
            "warning: there is no e-mail delivery through which `owner` could be told of trouble; it is written to files in {} \
             only. `owner_fallback` names another way",
            service.data_dir.join("bulletins").display()
        )
    })
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

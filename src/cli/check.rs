//! `reportwire check`: all problems of the configuration; with `--online` also whether its far ends let us in.

use super::{Failure, Globals, Verdict, clock, jobs, output, wait_for};
use crate::config::Plan;
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
        for warning in plan.exposed_secrets() {
            output::note(output::plain(&warning.to_string()).trim_end());
        }
        let of_service = proof::warnings(&plan).into_iter().chain(owner_warning(&plan));
        for warning in schedule_warnings(&plan).into_iter().chain(of_service) {
            output::note(format!("warning: {}", output::plain(&warning)));
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
            "nobody hears when a report of {} fails, is late or is held: set `owner` under [service], or in the job",
            unowned.join(", ")
        ));
    }
    let told = service.owner_delivery.is_some() || service.owner_fallback.is_some();
    (scheduled().next().is_some() && !told).then(|| {
        format!(
            "there is no e-mail delivery through which `owner` could be told of trouble; it is written to files in {} \
             only. `owner_fallback` names another way",
            service.data_dir.join("bulletins").display()
        )
    })
}

/// What the jobs' schedules do that their author may not expect.
fn schedule_warnings(plan: &Plan) -> Vec<String> {
    let (now, mut told) = (clock().now(), Vec::new());
    for job in plan.jobs.values() {
        let warnings = jobs::warnings(job, now);
        told.extend(warnings.iter().map(|warning| jobs::told(&job.name, warning)));
    }
    told
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

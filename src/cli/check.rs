//! `reportwire check`: all problems of the configuration; with `--online` also whether its far ends let us in.

use super::{Failure, Globals, Verdict, clock, output, wait_for};
use crate::config::{self, Plan};
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
        for warning in warnings {
            output::note(output::plain(&warning.to_string()).trim_end());
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

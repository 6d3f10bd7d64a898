//! `reportwire demo`: everything at work, with an embedded sample platform.

use super::progress::Bar;
use super::summary::Summary;
use super::{Failure, Verdict, clock, instant, output};
use crate::demo::{self, DemoOptions};
use crate::run::RunState;
use crate::run::perform::RunOutcome;
use crate::service;
use chrono::{DateTime, Utc};
use std::path::{Path, PathBuf};

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Folder for everything that arrives; what an earlier demo left there is replaced
    #[arg(long, value_name = "DIR", default_value = "demo-out")]
    out: PathBuf,
    /// Stands for "now": RFC 3339 with an offset
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<DateTime<Utc>>,
    /// Go on as `reportwire serve` would, with platform, mailbox and receiver, until told to stop
    #[arg(long)]
    pub(super) serve: bool,
}

impl Demo {
    pub(super) async fn run(self) -> Result<Verdict, Failure> {
        let options = DemoOptions {
            out: self.out,
            as_of: self.as_of,
        };
        let outcome = {
            let bar = Bar::new();
            demo::run(options, &bar).await?
        };
        let (plan, far_ends) = (outcome.plan, outcome.far_ends);
        let verdict = tell(outcome.runs, outcome.arrived, &outcome.index);
        if self.serve {
            let again = plan.clone();
            Box::pin(service::serve(plan, Box::new(move || Ok(again.clone())), clock())).await?;
        }
        drop(far_ends);
        Ok(verdict)
    }
}

/// Tells what ran and where it arrived; good only if everything is delivered.
fn tell(runs: Vec<RunOutcome>, arrived: Vec<(String, String)>, index: &Path) -> Verdict {
    let good = runs.iter().all(|run| run.run.state == RunState::Delivered);
    for run in runs {
        Summary::from(run).print();
    }
    output::data(String::new());
    for (place, what) in arrived {
        output::data(format!("{}\n  {what}", output::plain(&place)));
    }
    output::data(format!("\nOpen {}", output::plain(&index.display().to_string())));
    Verdict::of(good)
}

//! `reportwire demo`: everything at work, with an embedded sample platform.

use super::progress::Bar;
use super::summary::Summary;
use super::{Failure, Verdict, instant, output};
use crate::demo::{self, DemoOptions, DemoOutcome};
use crate::run::RunState;
use chrono::{DateTime, Utc};
use std::path::PathBuf;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Folder for everything that arrives; what an earlier demo left there is replaced
    #[arg(long, value_name = "DIR", default_value = "demo-out")]
    out: PathBuf,
    /// Stands for "now": RFC 3339 with an offset
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<DateTime<Utc>>,
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
        Ok(tell(outcome))
    }
}

/// Tells what ran and where it arrived; good only if everything is delivered.
fn tell(outcome: DemoOutcome) -> Verdict {
    let DemoOutcome { runs, arrived, index } = outcome;
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

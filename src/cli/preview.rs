//! `reportwire preview`: renders, records nothing, delivers nothing.

use super::progress::Bar;
use super::{Failure, Globals, Verdict, clock, instant, output, summary};
use crate::run::choose::RunRequest;
use crate::run::perform;
use chrono::{DateTime, Utc};
use std::path::PathBuf;

/// Arguments of `preview`.
#[derive(Debug, clap::Args)]
pub(super) struct Preview {
    /// Which job
    job: String,
    /// Which period, such as 2026-10, 2026-W45, 2026-Q3, 2026-10-01..2026-10-31 [default: what the job says]
    #[arg(long, value_name = "P")]
    period: Option<String>,
    /// Stands for "now" when the period is chosen: RFC 3339 with an offset
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<DateTime<Utc>>,
    /// Folder for the files; what an earlier preview of the same report left there is replaced
    #[arg(long, value_name = "DIR", default_value = "preview")]
    out: PathBuf,
}

impl Preview {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let plan = globals.plan()?;
        let request = RunRequest {
            job: self.job,
            period: self.period,
            as_of: self.as_of,
            ..RunRequest::default()
        };
        let preview = {
            let bar = Bar::new();
            perform::preview(&plan, &*clock(), &request, &self.out, &bar).await?
        };
        output::data(summary::digest_lines(&preview.digest));
        for file in &preview.files {
            output::data(output::plain(&file.display().to_string()));
        }
        Ok(Verdict::Done)
    }
}

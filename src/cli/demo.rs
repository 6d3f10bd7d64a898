//! `reportwire demo`: everything at work, with an embedded sample platform.

use super::{Failure, Verdict, instant};
use chrono::{DateTime, Utc};
use std::path::PathBuf;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Folder for everything that arrives; what an earlier demo left there is replaced
    #[arg(long, value_name = "DIR", default_value = "reportwire-demo")]
    out: PathBuf,
    /// Stands for "now": RFC 3339 with an offset
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<DateTime<Utc>>,
    /// Keep the console up
    #[arg(long)]
    serve: bool,
}

impl Demo {
    #[expect(clippy::unused_async, reason = "the demonstration joins here")]
    pub(super) async fn run(self) -> Result<Verdict, Failure> {
        let asked = if self.serve { "demo --serve" } else { "demo" };
        Err(Failure::request(format!(
            "`{asked}` is not built yet (it would have written to {}, as of {:?})",
            self.out.display(),
            self.as_of
        )))
    }
}

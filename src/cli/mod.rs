//! The command line: what may be asked, one file for each command.
//!
//! In: arguments. Out: data on standard output, everything else on standard error, and an exit code: 0 done, 1 a run or
//! delivery failed, 2 the request or the configuration is wrong. Only [`output`] prints.

mod approve;
mod backfill;
mod check;
mod completions;
mod demo;
mod failure;
mod init;
mod jobs;
pub mod output;
mod preview;
mod progress;
mod replay;
mod resend;
mod resolve;
mod run;
mod runs;
mod schema;
mod serve;
mod show;
mod summary;
mod verify;

use crate::config::{self, LoadOptions, Plan};
use crate::run::perform::Engine;
use crate::run::{Store, lease};
use crate::schedule::clock::{self, Clock};
use crate::telemetry::{self, LogFormat};
use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
pub use failure::Failure;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

/// This program, and the time zone data that it carries: they decide when jobs fall due.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let (program, zones) = (env!("CARGO_PKG_VERSION"), chrono_tz::IANA_TZDB_VERSION);
    format!("{program} (time zone data {zones})")
});

/// Cost and usage reports of AI platforms, on finance calendars, right to the cent, delivered and proven.
#[derive(Debug, Parser)]
#[command(version = VERSION.as_str(), max_term_width = 100, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
struct Globals {
    /// Configuration file [default: reportwire.toml, else config/reportwire.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Sets a key of the configuration, over file and environment: `service.data_dir=/var/lib/reportwire`; may be given again
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
    /// What is logged: error, warn, info, debug, trace, or filter directives [default: `RUST_LOG`, else warn, for `serve` info]
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
    /// How log lines are written
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show everything at work with a sample platform; needs nothing
    Demo(demo::Demo),
    /// Write a commented starter configuration
    Init(init::Init),
    /// Find every problem of the configuration
    Check(check::Check),
    /// List the jobs, when they fall due next and which periods that covers
    Jobs(jobs::Jobs),
    /// Render a report; record nothing, deliver nothing
    Preview(preview::Preview),
    /// Run a job now
    Run(run::Run),
    /// Run a job for past periods, oldest first; skips what has succeeded
    Backfill(backfill::Backfill),
    /// Run the jobs on their calendars, until told to stop
    Serve(serve::Serve),
    /// List what ran, what was delivered to whom, and what was missed
    Runs(runs::Runs),
    /// Send again what is not acknowledged
    Resend(resend::Resend),
    /// Settle a delivery of which nobody knows whether it arrived
    Resolve(resolve::Resolve),
    /// Release a run that a gate holds
    Approve(approve::Approve),
    /// Check the hashes of everything that was stored
    Verify(verify::Verify),
    /// Rebuild a run from its snapshot and compare byte for byte
    Replay(replay::Replay),
    /// Print the JSON Schema of the configuration file
    Schema,
    /// Print completions for a shell
    Completions(completions::Completions),
}

/// How a command that did what it was asked ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is well.
    Done,
    /// A run or a delivery failed, or something is not what it was.
    Failed,
}

impl Verdict {
    fn of(good: bool) -> Self {
        if good { Self::Done } else { Self::Failed }
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Done => Self::SUCCESS,
            Verdict::Failed => Self::from(1),
        }
    }
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// [`Failure`], with its exit code.
    pub fn run(self) -> Result<Verdict, Failure> {
        let usual = match self.command {
            // Its log is what an operator has of it.
            Command::Serve(_) | Command::Demo(demo::Demo { serve: true, .. }) => {
                "info,sqlx=warn,riverqueue=warn,tokio_cron_scheduler=warn"
            }
            _ => "warn",
        };
        telemetry::init(self.globals.log.as_deref(), usual, self.globals.log_format)
            .map_err(Failure::request)?;
        let globals = &self.globals;
        match self.command {
            Command::Demo(command) => wait_for(command.run()),
            Command::Init(command) => command.run(),
            Command::Check(command) => command.run(globals),
            Command::Jobs(command) => command.run(globals),
            Command::Preview(command) => wait_for(command.run(globals)),
            Command::Run(command) => wait_for(command.run(globals)),
            Command::Backfill(command) => wait_for(command.run(globals)),
            Command::Serve(command) => wait_for(command.run(globals)),
            Command::Runs(command) => wait_for(command.run(globals)),
            Command::Resend(command) => wait_for(command.run(globals)),
            Command::Resolve(command) => wait_for(command.run(globals)),
            Command::Approve(command) => wait_for(command.run(globals)),
            Command::Verify(command) => wait_for(command.run(globals)),
            Command::Replay(command) => wait_for(command.run(globals)),
            Command::Schema => schema::run(),
            Command::Completions(command) => command.run(),
        }
    }
}

impl Globals {
    /// What the configuration is read from.
    fn options(&self) -> LoadOptions<'_> {
        LoadOptions {
            file: self.config.as_deref(),
            overrides: self.set.clone(),
            env: config::environment(),
            ..LoadOptions::default()
        }
    }

    /// The configuration, proven.
    fn plan(&self) -> Result<Plan, Failure> {
        Ok(config::load(&self.options())?)
    }

    /// The configuration and its memory.
    async fn store(&self) -> Result<(Plan, Store), Failure> {
        let plan = self.plan()?;
        let store = crate::service::open_store(&plan).await?;
        lease::fail_abandoned(&store, &plan, clock().now()).await?;
        Ok((plan, store))
    }

    /// What runs need.
    async fn engine(&self) -> Result<Engine, Failure> {
        let (plan, store) = self.store().await?;
        Ok(Engine::new(plan, store, clock()))
    }
}

/// Runs what waits for networks and disks. Only commands that do pay for the threads.
fn wait_for<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    // A second installation means that the provider is there, which is all that is wanted.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the system gives no threads: {error}")))?;
    let done = runtime.block_on(work);
    // A computation that missed its deadline must not keep the process.
    runtime.shutdown_background();
    done
}

fn clock() -> Arc<dyn Clock> {
    clock::of_process()
}

/// Reads a setting of the command line.
fn key_and_value(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = parts.ok_or("write KEY=VALUE, such as service.data_dir=/var/lib/reportwire")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Reads an instant of the command line.
fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|instant| instant.to_utc())
        .map_err(|_| {
            "not an instant: write RFC 3339 with an offset, such as 2026-11-02T07:00:00+01:00".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn instants_need_an_offset() {
        assert_eq!(
            instant("2026-11-02T07:00:00+01:00").unwrap().to_rfc3339(),
            "2026-11-02T06:00:00+00:00"
        );
        for bad in ["2026-11-02", "2026-11-02T07:00:00", "now", ""] {
            assert!(instant(bad).unwrap_err().contains("RFC 3339"), "{bad}");
        }
    }
}

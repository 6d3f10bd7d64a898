//! `reportwire runs`: what ran, what was delivered to whom.

use super::summary::{Summary, period_and_revision, rfc3339, run_object};
use super::{Failure, Globals, Verdict, output};
use crate::run::Store;
use crate::run::choose;
use crate::run::store::{Run, RunFilter, Trigger};

/// Runs in a list for people, and in one for programs.
const LISTED: (u32, u32) = (50, 10_000);

/// Arguments of `runs`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = false)]
pub(super) struct Runs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
    /// Only runs of this job
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum RunsCommand {
    /// Show one run: its files and deliveries
    Show {
        /// Which run: its id, or the beginning of it
        run: String,
    },
}

impl Runs {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let (plan, store) = globals.store().await?;
        if let Some(RunsCommand::Show { run }) = self.command {
            let summary = Summary::read(&store, store.run(&run).await?).await?;
            if self.json {
                output::json(&summary.json());
            } else {
                show(&summary);
            }
            return Ok(Verdict::Done);
        }
        let limit = if self.json { LISTED.1 } else { LISTED.0 };
        let filter = RunFilter { job: self.job };
        let runs = store.runs(&filter, limit).await?;
        if let Some(job) = filter
            .job
            .filter(|job| runs.is_empty() && !plan.jobs.contains_key(job))
        {
            choose::job(&plan, &job)?;
        }
        if self.json {
            output::json(&runs.iter().map(run_object).collect::<Vec<_>>());
        } else if runs.is_empty() {
            output::note("nothing has run yet; `reportwire run JOB` runs a job");
        } else {
            output::data(list(&runs));
        }
        Ok(Verdict::Done)
    }
}

impl Summary {
    /// What the store knows of a run.
    pub(super) async fn read(store: &Store, run: Run) -> Result<Self, Failure> {
        Ok(Self {
            artifacts: store.artifacts(&run.run_id).await?,
            deliveries: store.deliveries(&run.run_id).await?,
            digest: None,
            run,
        })
    }
}

fn list(runs: &[Run]) -> String {
    let rows = runs.iter().map(|run| {
        [
            // Thirteen characters are the millisecond of the run's beginning: enough to tell runs apart.
            run.run_id.chars().take(13).collect(),
            run.job.clone(),
            run.period_id.clone(),
            run.revision.to_string(),
            match run.trigger {
                Trigger::Test => format!("{} (test)", run.state),
                Trigger::Manual | Trigger::Schedule | Trigger::Backfill => run.state.to_string(),
            },
        ]
    });
    output::table(Some(["RUN", "JOB", "PERIOD", "REV", "STATE"]), rows)
}

/// Everything that is known of a run, for people.
fn show(summary: &Summary) {
    let run = &summary.run;
    let mut facts = vec![
        ["run".to_owned(), run.run_id.clone()],
        ["job".to_owned(), run.job.clone()],
        [
            "period".to_owned(),
            format!("{}, {}", period_and_revision(run), run.timezone),
        ],
        ["state".to_owned(), run.state.to_string()],
        ["begun".to_owned(), rfc3339(run.created_at)],
    ];
    facts.extend(run.finished_at.map(|at| ["ended".to_owned(), rfc3339(at)]));
    facts.extend(run.error.iter().map(|error| ["error".to_owned(), error.clone()]));
    facts.extend(
        run.notices
            .iter()
            .map(|notice| ["note".to_owned(), notice.clone()]),
    );
    output::data(output::table(None, facts));
    if !summary.artifacts.is_empty() {
        let rows = summary.artifacts.iter();
        let rows = rows.map(|it| {
            [
                it.name.clone(),
                it.bytes.to_string(),
                it.sha256.chars().take(12).collect(),
            ]
        });
        output::data(format!(
            "\n{}",
            output::table(Some(["FILE", "BYTES", "SHA-256"]), rows)
        ));
    }
    if !summary.deliveries.is_empty() {
        let rows = summary.deliveries.iter().map(|row| {
            [
                row.delivery.clone(),
                row.recipient.clone(),
                format!("{} ({})", row.state, row.attempts),
                row.receipt
                    .clone()
                    .or_else(|| row.error.clone())
                    .unwrap_or_default(),
            ]
        });
        output::data(format!(
            "\n{}",
            output::table(Some(["DELIVERY", "TO", "STATE (TRIES)", "WHAT WAS SAID"]), rows)
        ));
    }
}

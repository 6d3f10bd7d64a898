//! `reportwire runs`: what ran, what was delivered to whom, and what fell due and did not run.

use super::show::Told;
use super::summary::{Summary, rfc3339, run_object};
use super::{Failure, Globals, Verdict, output};
use crate::config::Plan;
use crate::period::Period;
use crate::run::store::{Audit, MissedTogether, Run, RunFilter, StoredOccurrence, Trigger};
use crate::run::{Store, choose};
use crate::schedule::wall::local;
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

/// Characters of an id that are the millisecond of the run's beginning.
const MOMENT: usize = 13;
/// Runs in a list for people, and in one for programs.
const LISTED: (u32, u32) = (50, 10_000);
/// Rows of missed occurrences in a list for people.
const MISSED_LISTED: usize = 10;
/// Changes of a job's schedule in a list for people.
const RESCHEDULES_LISTED: u32 = 5;
/// The word for a run that went out to nobody.
const UNSENT: &str = "unsent";
/// The word for an occurrence that did not run.
const MISSED: &str = "missed";

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
    /// Show one run: what made it run, its files, its deliveries, what was decided
    Show {
        /// Which run: its id, or the beginning of it
        run: String,
    },
}

impl Runs {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let (plan, store) = globals.store().await?;
        if let Some(RunsCommand::Show { run }) = self.command {
            let told = Told::read(&store, &run).await?;
            if self.json {
                output::json(&told.json());
            } else {
                told.print();
            }
            return Ok(Verdict::Done);
        }
        let filter = RunFilter { job: self.job };
        let job = filter.job.as_deref();
        if self.json {
            let runs = store.runs(&filter, LISTED.1).await?;
            // Also what somebody has made good, which is nobody's task any more.
            let missed = store.missed(job, LISTED.1).await?;
            known(&plan, job, runs.is_empty() && missed.is_empty())?;
            let missed = missed.iter().map(|it| missed_object(&plan, it));
            output::json(&runs.iter().map(run_object).chain(missed).collect::<Vec<_>>());
            return Ok(Verdict::Done);
        }
        // One more than is shown tells whether there are more.
        let runs = store.runs(&filter, LISTED.0 + 1).await?;
        let missed = store.missed_together(job).await?;
        let changes = match &filter.job {
            Some(job) => store.reschedules(job, RESCHEDULES_LISTED).await?,
            None => Vec::new(),
        };
        let nothing = runs.is_empty() && missed.is_empty() && changes.is_empty();
        known(&plan, job, nothing)?;
        if nothing {
            output::note("nothing has run yet; `reportwire run JOB` runs a job");
        } else {
            let tables = [list(&runs), list_missed(&missed), list_reschedules(&changes)];
            let tables: Vec<String> = tables.into_iter().flatten().collect();
            output::data(tables.join("\n\n"));
        }
        Ok(Verdict::Done)
    }
}

/// Refuses a job of which nothing is on record and that is in no configuration.
fn known(plan: &Plan, job: Option<&str>, nothing: bool) -> Result<(), Failure> {
    if let Some(job) = job.filter(|job| nothing && !plan.jobs.contains_key(*job)) {
        choose::job(plan, job)?;
    }
    Ok(())
}

/// An occurrence that did not run, for programs: an object with the keys of a run's, when it was due and why it did not run.
fn missed_object(plan: &Plan, it: &StoredOccurrence) -> Value {
    let calendar = plan.jobs.get(&it.job).map(|job| job.calendar);
    let period = it.period_id.as_ref().map(|id| {
        let period = Period::parse(id, calendar.unwrap_or_default()).ok();
        let (start, end) = period.map(|period| (period.start(), period.last_day())).unzip();
        json!({"id": id, "start": start, "end": end, "timezone": it.timezone})
    });
    json!({
        "run_id": null,
        "job": it.job,
        "revision": null,
        "period": period,
        "state": MISSED,
        "trigger": null,
        "as_of": null,
        "created_at": null,
        "generated_at": null,
        "finished_at": null,
        "error": null,
        "held": [],
        "unsent": null,
        "notices": [],
        "due_at": due_at(&it.timezone, it.due_at),
        "reason": it.missed,
    })
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

/// As much of a run's id as tells it from the others of a list. Runs that fell due together differ only by their random ends, and one of
/// the moment at which the list is cut off may be alone in it but not in the store.
fn prefix<'a>(id: &'a str, listed: &[Run]) -> &'a str {
    let shared = |other: &Run| {
        id.bytes()
            .zip(other.run_id.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let others = listed.iter().filter(|other| other.run_id != id).map(shared);
    let enough = others.max().map_or(0, |shared| shared + 1).max(MOMENT);
    let cut_off = u32::try_from(listed.len()).is_ok_and(|count| count > LISTED.0);
    let at_the_end = listed.last().is_some_and(|last| shared(last) >= MOMENT);
    id.get(..enough)
        .filter(|_| !(cut_off && at_the_end))
        .unwrap_or(id)
}

/// The state of a run, and whether it went out to nobody.
pub(super) fn state_of(run: &Run) -> String {
    match run.unsent {
        Some(_) => format!("{} ({UNSENT})", run.state),
        None => run.state.to_string(),
    }
}

fn list(runs: &[Run]) -> Option<String> {
    let shown = LISTED.0 as usize;
    let rows = runs.iter().take(shown).map(|run| {
        [
            prefix(&run.run_id, runs).to_owned(),
            run.job.clone(),
            run.period_id.clone(),
            run.revision.to_string(),
            match run.trigger {
                Trigger::Test => format!("{} (test)", run.state),
                Trigger::Manual | Trigger::Schedule | Trigger::Backfill => state_of(run),
            },
        ]
    });
    let heading = Some(["RUN", "JOB", "PERIOD", "REV", "STATE"]);
    let mut text = output::table(heading, rows);
    if runs.len() > shown {
        text = format!(
            "{text}\nand older ones; `reportwire runs --json` has the latest {}",
            LISTED.1
        );
    }
    (!runs.is_empty()).then_some(text)
}

/// What was missed, for people: occurrences of one job with one reason share a row.
fn list_missed(missed: &[MissedTogether]) -> Option<String> {
    let rows = missed.iter().take(MISSED_LISTED).map(|it| {
        let period = |id: &Option<String>| id.clone().unwrap_or_else(|| "none".to_owned());
        let (first, last) = (period(&it.periods.0), period(&it.periods.1));
        let (state, periods) = match it.count {
            1 => (MISSED.to_owned(), last),
            count => (format!("{MISSED} ({count})"), format!("{first} to {last}")),
        };
        let last_due = local(&it.timezone, it.last_due_at);
        [state, it.job.clone(), periods, last_due, it.missed.clone()]
    });
    let mut text = output::table(Some(["NOT RUN", "JOB", "PERIOD", "LAST DUE", "WHY"]), rows);
    if let Some(more) = missed.len().checked_sub(MISSED_LISTED).filter(|more| *more > 0) {
        text = format!("{text}\nand {more} more; `reportwire runs --json` has all of them");
    }
    (!missed.is_empty()).then_some(text)
}

/// How a job's schedule was changed, for people: the next due times before and after.
fn list_reschedules(changes: &[Audit]) -> Option<String> {
    let rows = changes.iter().flat_map(|change| {
        let detail: Value = serde_json::from_str(&change.detail).unwrap_or_default();
        let due = |key: &str| match detail[key].as_array() {
            Some(times) => times
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" "),
            None => "not known: the service was restarted with it".to_owned(),
        };
        let text = |key: &str| detail[key].as_str().unwrap_or_default().to_owned();
        [
            [
                rfc3339(change.at),
                format!("was {}", text("was")),
                due("next_was"),
            ],
            [String::new(), format!("is {}", text("is")), due("next")],
        ]
    });
    let heading = Some(["CHANGED", "SCHEDULE", "FALLS DUE"]);
    (!changes.is_empty()).then(|| output::table(heading, rows))
}

/// An instant in the zone of its job, for programs.
pub(super) fn due_at(timezone: &str, at: DateTime<Utc>) -> String {
    let zone: Tz = timezone.parse().unwrap_or(Tz::UTC);
    at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::store::testing::{On, checked, store};

    #[tokio::test]
    async fn runs_of_one_moment_are_listed_by_ids_that_tell_them_apart() {
        let (_place, store) = store(On::Sqlite).await;
        let mut runs = Vec::new();
        for end in ["7abc", "7abd", "8000"] {
            runs.push(Run {
                run_id: format!("01a22147-71a1-{end}-8000-000000000000"),
                ..checked(&store).await
            });
        }
        let shown: Vec<&str> = runs.iter().map(|run| prefix(&run.run_id, &runs)).collect();
        assert_eq!(
            shown,
            ["01a22147-71a1-7abc", "01a22147-71a1-7abd", "01a22147-71a1-8"]
        );
        assert_eq!(prefix(&runs[0].run_id, &runs[..1]), "01a22147-71a1");
        // The fifty that are listed may not be all of a moment.
        let fifty: Vec<Run> = (0..=LISTED.0)
            .map(|at| Run {
                run_id: format!("01a22147-71a1-7{at:03}-8000-000000000000"),
                ..runs[0].clone()
            })
            .collect();
        assert_eq!(prefix(&fifty[3].run_id, &fifty), fifty[3].run_id);
    }
}

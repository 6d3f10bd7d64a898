//! `reportwire jobs`: the jobs by name, when they fall due next, and the periods these cover.

use super::{Failure, Globals, Verdict, clock, instant, output};
use crate::config::plan::JobPlan;
use crate::period::Period;
use crate::schedule::cadence;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Arguments of `jobs`.
#[derive(Debug, clap::Args)]
pub(super) struct Jobs {
    /// How many due times to show for each job
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    next: u16,
    /// Stands for "now": RFC 3339 with an offset
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    as_of: Option<DateTime<Utc>>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A job as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    job: String,
    title: String,
    enabled: bool,
    timezone: String,
    next: Vec<Next>,
    warnings: Vec<String>,
}

/// One due time.
#[derive(Debug, Serialize)]
struct Next {
    /// RFC 3339 with the zone's offset.
    due_at: String,
    /// `None`: a period to date that has no complete day yet.
    period: Option<Covered>,
}

/// A period as it leaves the program.
#[derive(Debug, Serialize)]
struct Covered {
    id: String,
    start: String,
    end: String,
}

impl From<Period> for Covered {
    fn from(period: Period) -> Self {
        Self {
            id: period.id().to_owned(),
            start: period.start().to_string(),
            end: period.last_day().to_string(),
        }
    }
}

impl Jobs {
    pub(super) fn run(&self, globals: &Globals) -> Result<Verdict, Failure> {
        let plan = globals.plan()?;
        let now = self.as_of.unwrap_or_else(|| clock().now());
        let jobs: Vec<Listed> = plan.jobs.values().map(|job| self.list(job, now)).collect();
        if self.json {
            output::json(&jobs);
        } else {
            output::data(table(&jobs));
            for job in &jobs {
                for warning in &job.warnings {
                    output::note(format!("warning: job `{}`: {}", job.job, output::plain(warning)));
                }
            }
        }
        Ok(Verdict::Done)
    }

    fn list(&self, job: &JobPlan, now: DateTime<Utc>) -> Listed {
        let schedule = job.schedule.as_ref();
        // A disabled job falls due no more; what its schedule would do is still worth a warning.
        let due = schedule
            .filter(|_| job.enabled)
            .map_or_else(Vec::new, |schedule| {
                cadence::upcoming(schedule, job.timezone, job.calendar, now, self.next.into())
            });
        Listed {
            job: job.name.clone(),
            title: job.title.clone(),
            enabled: job.enabled,
            timezone: job.timezone.to_string(),
            next: due
                .into_iter()
                .map(|due| Next {
                    due_at: due.at.to_rfc3339(),
                    period: job
                        .period
                        .resolve(due.nominal.date(), job.calendar)
                        .map(Covered::from),
                })
                .collect(),
            warnings: schedule.map_or_else(Vec::new, |schedule| {
                cadence::warnings(schedule, &job.period, job.timezone, job.calendar, now)
            }),
        }
    }
}

fn table(jobs: &[Listed]) -> String {
    let mut rows = Vec::new();
    for job in jobs {
        if job.next.is_empty() {
            let why = if job.enabled { "only by hand" } else { "disabled" };
            rows.push([job.job.clone(), why.to_owned(), String::new(), String::new()]);
        }
        for (at, next) in job.next.iter().enumerate() {
            let name = if at == 0 { job.job.clone() } else { String::new() };
            let (id, days) = next.period.as_ref().map_or_else(
                || ("(no complete day yet)".to_owned(), String::new()),
                |period| (period.id.clone(), days(period)),
            );
            rows.push([name, wall_time(&next.due_at), id, days]);
        }
    }
    output::table(Some(["JOB", "DUE", "PERIOD", "DAYS"]), rows)
}

/// `2026-12-01 07:00 +01:00`, out of RFC 3339: schedules know no seconds.
fn wall_time(due_at: &str) -> String {
    let (minute, offset) = (
        due_at.get(..16).unwrap_or(due_at),
        due_at.get(19..).unwrap_or_default(),
    );
    format!("{} {offset}", minute.replacen('T', " ", 1))
}

/// The days of a period, where its id does not name them already.
fn days(period: &Covered) -> String {
    if period.start == period.end || period.id.contains("..") {
        return String::new();
    }
    format!("{}..{}", &period.start[5..], &period.end[5..])
}

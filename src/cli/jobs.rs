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
    /// Why nothing is due, if so.
    #[serde(skip)]
    idle: &'static str,
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
            output::data(text(&jobs));
            for job in &jobs {
                for warning in &job.warnings {
                    output::note(format!("warning: {}", told(&job.job, &output::plain(warning))));
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
                let count = self.next.into();
                cadence::upcoming(schedule, &job.name, job.timezone, job.calendar, now, count)
            });
        Listed {
            job: job.name.clone(),
            title: job.title.clone(),
            enabled: job.enabled,
            timezone: job.timezone.to_string(),
            next: due
                .into_iter()
                .map(|due| Next {
                    due_at: due.due_at.to_rfc3339(),
                    period: job
                        .period
                        .resolve(due.nominal.date(), job.calendar)
                        .map(Covered::from),
                })
                .collect(),
            warnings: warnings(job, now),
            idle: match schedule {
                _ if !job.enabled => "disabled",
                Some(_) => "falls due no more",
                None => "only by hand",
            },
        }
    }
}

/// What a job's schedule does that its author may not expect.
pub(super) fn warnings(job: &JobPlan, now: DateTime<Utc>) -> Vec<String> {
    let warnings = |schedule| cadence::warnings(schedule, &job.period, job.timezone, job.calendar, now);
    job.schedule.as_ref().map_or_else(Vec::new, warnings)
}

/// A warning with the job that it is about.
pub(super) fn told(job: &str, warning: &str) -> String {
    format!("job `{job}`: {warning}")
}

/// A heading for each job, and under it what falls due: time, offset, zone, period. Each line stands for itself.
fn text(jobs: &[Listed]) -> String {
    let mut lines = Vec::new();
    for job in jobs {
        lines.push(job.job.clone());
        if job.next.is_empty() {
            lines.push(format!("  {}", job.idle));
        }
        let ids: Vec<&str> = job.next.iter().map(Next::id).collect();
        let widest = ids.iter().map(|id| id.len()).max().unwrap_or_default();
        for (next, id) in job.next.iter().zip(ids) {
            let when = format!("  {} {}", wall_time(&next.due_at), job.timezone);
            let days = next.period.as_ref().map_or_else(String::new, days);
            let covers = format!("{id:widest$}  {days}");
            let line = format!("{when}  {}", covers.trim_end());
            if line.len() <= output::WIDTH.into() {
                lines.push(line);
            } else {
                lines.extend([when, format!("    {}", covers.trim_end())]);
            }
        }
    }
    lines.join("\n")
}

impl Next {
    fn id(&self) -> &str {
        self.period
            .as_ref()
            .map_or("(no complete day yet)", |period| &period.id)
    }
}

/// `2026-12-01 07:00 +01:00`, out of RFC 3339; seconds only where a jitter makes some.
fn wall_time(due_at: &str) -> String {
    let (time, offset) = due_at
        .split_at_checked("2026-12-01T07:00:00".len())
        .unwrap_or((due_at, ""));
    let time = time.strip_suffix(":00").unwrap_or(time);
    format!("{} {offset}", time.replacen('T', " ", 1))
}

/// The days of a period, where its id does not name them already.
fn days(period: &Covered) -> String {
    if period.start == period.end || period.id.contains("..") {
        return String::new();
    }
    format!("{}..{}", &period.start[5..], &period.end[5..])
}

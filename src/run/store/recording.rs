//! What falls due at once is written down by a few statements, however many jobs it is.

use super::db::{Each, Tx, each, instant};
use super::runs::{Begun, insert_runs, run_id};
use super::{Advance, NewOccurrence, NewRun, StoreError, Ticket, Trigger};
use crate::fail_point;
use crate::period::Period;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

const LOCK_JOBS: Each = each!(
    "SELECT job FROM jobs WHERE job IN (SELECT value ->> 'job' FROM",
    ") ORDER BY job FOR UPDATE"
);
const ADVANCE_JOBS: Each = each!(
    "UPDATE jobs SET evaluated_until = value ->> 'until', promised = value ->> 'promised' FROM",
    "WHERE jobs.job = value ->> 'job' AND jobs.evaluated_until = value ->> 'from' RETURNING jobs.job AS job"
);
/// What is there already stays. The run is written after its occurrence, in the same transaction; the reference is checked when
/// that commits.
const INSERT_OCCURRENCES: Each = each!(
    "INSERT INTO occurrences (job, nominal, fold, due_at, timezone, period_id, closed, run_id, missed, recorded_at) \
     SELECT value ->> 'job', value ->> 'nominal', CAST(value ->> 'fold' AS BIGINT), value ->> 'due_at', value ->> 'timezone', \
     value ->> 'period_id', value ->> 'closed', value ->> 'run_id', value ->> 'missed', value ->> 'recorded_at' FROM",
    "WHERE true ON CONFLICT DO NOTHING RETURNING job, nominal, fold"
);

/// A row that [`ADVANCE_JOBS`] moves.
#[derive(Serialize)]
struct JobRow<'a> {
    job: &'a str,
    from: String,
    until: String,
    promised: Option<&'a str>,
}

/// A row that [`INSERT_OCCURRENCES`] writes.
#[derive(Serialize)]
struct OccurrenceRow<'a> {
    job: &'a str,
    nominal: String,
    fold: u8,
    due_at: String,
    timezone: &'a str,
    period_id: Option<&'a str>,
    closed: Option<&'a str>,
    run_id: Option<&'a str>,
    missed: Option<&'a str>,
    recorded_at: &'a str,
}

/// Writes down how far the calendars of jobs are evaluated; the jobs of which no other process was faster.
pub(super) async fn advance_all(
    tx: &mut Tx<'_>,
    advances: &[Advance],
) -> Result<BTreeSet<String>, StoreError> {
    let rows = advances.iter().map(|advance| JobRow {
        job: &advance.job,
        from: instant(advance.from),
        until: instant(advance.until),
        promised: advance.promised.as_deref(),
    });
    let rows: Vec<JobRow<'_>> = rows.collect();
    if tx.locks_rows() {
        tx.each(&LOCK_JOBS, &rows).await?;
    }
    let moved = tx.each(&ADVANCE_JOBS, &rows).await?;
    moved.iter().map(|row| row.text("job")).collect()
}

/// What became of occurrences that fell due.
#[derive(Default)]
pub(super) struct Recorded<'a> {
    /// Those that will not run, by job.
    pub(super) missed: BTreeMap<String, Vec<&'a NewOccurrence>>,
    /// The runs of the others, which wait for workers.
    pub(super) tickets: Vec<Ticket>,
    /// When these fell due.
    pub(super) due_at: Vec<DateTime<Utc>>,
}

pub(super) async fn record_all<'a>(
    tx: &mut Tx<'_>,
    occurrences: &[(&str, &'a NewOccurrence)],
    now: DateTime<Utc>,
) -> Result<Recorded<'a>, StoreError> {
    let ids: Vec<Option<String>> = occurrences
        .iter()
        .map(|(_, it)| (it.missed.is_none() && it.period.is_some()).then(|| run_id(now)))
        .collect();
    let recorded_at = instant(now);
    let rows = occurrences.iter().zip(&ids).map(|((job, it), id)| {
        let period_id = it.period.as_ref().map(Period::id);
        OccurrenceRow {
            job,
            nominal: nominal(it),
            fold: it.fold,
            due_at: instant(it.due_at),
            timezone: &it.timezone,
            period_id,
            closed: period_id.filter(|_| it.closed),
            run_id: id.as_deref(),
            missed: it.missed.as_deref(),
            recorded_at: &recorded_at,
        }
    });
    let rows: Vec<OccurrenceRow<'_>> = rows.collect();
    let new = tx.each(&INSERT_OCCURRENCES, &rows).await?;
    fail_point::hit("occurrence");
    let new = new
        .iter()
        .map(|row| Ok((row.text("job")?, row.text("nominal")?, row.number("fold")?)))
        .collect::<Result<BTreeSet<(String, String, u8)>, StoreError>>()?;
    let (mut recorded, mut runs) = (Recorded::default(), Vec::new());
    for ((job, it), id) in occurrences.iter().zip(ids) {
        if !new.contains(&((*job).to_owned(), nominal(it), it.fold)) {
            continue;
        }
        match (id, &it.period) {
            (Some(id), Some(period)) => {
                recorded.due_at.push(it.due_at);
                runs.push((id, new_run(job, it, period, now)));
            }
            _ => recorded.missed.entry((*job).to_owned()).or_default().push(it),
        }
    }
    let begun: Vec<Begun<'_>> = runs
        .iter()
        .map(|(id, new)| Begun {
            run_id: id,
            new,
            holder: None,
            now,
        })
        .collect();
    insert_runs(tx, &begun).await?;
    fail_point::hit("run_row");
    recorded.tickets = runs
        .into_iter()
        .map(|(run_id, new)| Ticket {
            run_id,
            fence: 0,
            fetches: Some(new.job),
        })
        .collect();
    Ok(recorded)
}

fn nominal(occurrence: &NewOccurrence) -> String {
    occurrence.nominal.format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn new_run(job: &str, occurrence: &NewOccurrence, period: &Period, now: DateTime<Utc>) -> NewRun {
    NewRun {
        job: job.to_owned(),
        period_id: period.id().to_owned(),
        period_start: period.start(),
        period_end: period.last_day(),
        timezone: occurrence.timezone.clone(),
        trigger: Trigger::Schedule,
        as_of: Some(occurrence.due_at),
        recipe: serde_json::json!({ "period": period }).to_string(),
        created_at: now,
    }
}

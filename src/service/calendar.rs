//! When each job falls due next, and what is to be written down once it has.
//!
//! In memory, rebuilt from the plan and the rows; whatever it says is believed only by the transaction that writes it.

use crate::config::Plan;
use crate::config::plan::{JobPlan, Schedule};
use crate::period::Period;
use crate::run::store::{Advance, Cursor, NewOccurrence, PlannedJob};
use crate::schedule::cadence::{self, Due, describe};
use crate::schedule::catch_up::Verdicts;
use crate::schedule::written::Planned;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Most occurrences of one job in one transaction.
const CHUNK: usize = 1000;
/// How far back an edited schedule is searched for the moment that stands for a period it would lose.
const LOOK_BACK: TimeDelta = TimeDelta::days(400);
/// Due times of an edited schedule that are shown, before and now.
const SHOWN: usize = 5;
/// Digits that tell one list of holidays from another.
const HOLIDAYS_SHOWN: usize = 8;

/// When each job falls due next.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    cursors: BTreeMap<String, Cursor>,
    queue: BTreeSet<(DateTime<Utc>, String)>,
}

/// A schedule that is another than the one that was written down.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    pub(super) was: Cursor,
    pub(super) is: Cursor,
    /// JSON: the schedule before and now, and the next due times of both.
    pub(super) detail: String,
    /// The period that the old schedule would have reported and the new one never would.
    pub(super) lost: Option<NewOccurrence>,
}

impl Calendar {
    /// The calendar of these cursors: jobs of the plan that have one and fall due.
    pub(super) fn of(plan: &Plan, cursors: Vec<Cursor>) -> Self {
        let mut calendar = Self::default();
        for cursor in cursors {
            if let Some((job, _)) = plan.jobs.get(&cursor.job).and_then(scheduled) {
                calendar.put(job, cursor);
            }
        }
        calendar
    }

    /// Puts a job where it falls due next.
    pub(super) fn put(&mut self, job: &JobPlan, cursor: Cursor) {
        if let Some((job, schedule)) = scheduled(job) {
            let next = cadence::next_due(
                schedule,
                &job.name,
                job.timezone,
                job.calendar,
                cursor.evaluated_until,
            );
            if let Some(due) = next {
                self.queue.insert((due.due_at.to_utc(), job.name.clone()));
            }
            self.cursors.insert(job.name.clone(), cursor);
        }
    }

    /// When something falls due next.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes jobs out that have fallen due, at most `limit`; whoever takes them puts them back.
    pub(super) fn take_due(&mut self, now: DateTime<Utc>, limit: usize) -> Vec<String> {
        let mut due = Vec::new();
        while due.len() < limit {
            match self.queue.pop_first() {
                Some((at, job)) if at <= now => due.push(job),
                Some(later) => {
                    self.queue.insert(later);
                    break;
                }
                None => break,
            }
        }
        due
    }

    /// How far a job is written down.
    pub(super) fn cursor(&self, job: &str) -> Option<&Cursor> {
        self.cursors.get(job)
    }
}

/// A job that falls due by itself.
fn scheduled(job: &JobPlan) -> Option<(&JobPlan, &Schedule)> {
    job.schedule
        .as_ref()
        .filter(|_| job.enabled)
        .map(|schedule| (job, schedule))
}

/// The jobs of a plan that fall due by themselves.
pub(super) fn scheduled_jobs(plan: &Plan) -> impl Iterator<Item = (&JobPlan, &Schedule)> {
    plan.jobs.values().filter_map(scheduled)
}

/// Everything that decides when a job falls due and for which periods, as one text.
pub(super) fn fingerprint(job: &JobPlan, schedule: &Schedule) -> String {
    format!(
        "{} | {} | {} | {:?}",
        describe(schedule),
        job.timezone.name(),
        job.period,
        job.calendar
    )
}

/// A fingerprint for people: `cron 0 7 1 * *, Europe/Madrid, previous_month, fiscal years from month 4`.
fn readable(fingerprint: &str) -> String {
    let (rest, calendar) = fingerprint.rsplit_once(" | ").unwrap_or((fingerprint, ""));
    let mut text = rest.replace(" | ", ", ");
    if let Some((rule, digest)) = text.split_once(" holidays ")
        && let Some((shown, rest)) = digest.split_at_checked(HOLIDAYS_SHOWN)
    {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        text = format!("{rule} holidays (list {shown}){after}");
    }
    let fiscal = calendar
        .split_once("Some(")
        .and_then(|(_, rest)| rest.split_once(')'));
    if let Some((month, _)) = fiscal {
        text.push_str(", fiscal years from month ");
        text.push_str(month);
    }
    text
}

/// Where the calendar of a job begins that was not known before: now.
pub(super) fn beginning(job: &JobPlan, schedule: &Schedule, now: DateTime<Utc>) -> Cursor {
    Cursor {
        job: job.name.clone(),
        schedule: fingerprint(job, schedule),
        evaluated_until: now,
        promised: promise(job, schedule, now),
    }
}

/// What an edit of a schedule means.
///
/// `before` is what the due times were computed from until now, where anybody knows. `watched_until` is when a service last beat: up
/// to then the old schedule counted.
pub(super) fn edit(
    (job, schedule): (&JobPlan, &Schedule),
    before: Option<&Planned>,
    was: &Cursor,
    watched_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Edit {
    let text = fingerprint(job, schedule);
    let from = was.evaluated_until.max(watched_until.min(now));
    let promised = promise(job, schedule, from);
    let preview = |planned: &Planned| planned.preview(&job.name, now, SHOWN);
    let detail = serde_json::json!({
        "was": readable(&was.schedule),
        "is": readable(&text),
        "next_was": before.map(preview),
        "next": preview(&planned(job, schedule)),
    });
    Edit {
        lost: lost(job, schedule, was, promised.as_deref(), now),
        was: was.clone(),
        is: Cursor {
            job: job.name.clone(),
            schedule: text,
            evaluated_until: from,
            promised,
        },
        detail: detail.to_string(),
    }
}

/// What the due times of a job are computed from.
pub(super) fn planned(job: &JobPlan, schedule: &Schedule) -> Planned {
    Planned {
        schedule: schedule.clone(),
        zone: job.timezone,
        calendar: job.calendar,
    }
}

/// The same of a job that falls due by itself, to be written down.
pub(super) fn noted(job: &JobPlan) -> Option<PlannedJob> {
    let (job, schedule) = scheduled(job)?;
    Some(PlannedJob {
        job: job.name.clone(),
        schedule: fingerprint(job, schedule),
        planned: planned(job, schedule).written(),
    })
}

/// The closed period that the old schedule had promised, that is over, and that the new one has passed already: an edit from
/// 11:00 to 09:00 made at 10:00 must not cost the month. It may be several months old, if nothing ran meanwhile.
fn lost(
    job: &JobPlan,
    schedule: &Schedule,
    was: &Cursor,
    promised: Option<&str>,
    now: DateTime<Utc>,
) -> Option<NewOccurrence> {
    let old = was.promised.as_deref().filter(|old| Some(*old) != promised)?;
    let local = now.with_timezone(&job.timezone).naive_local();
    let period = Period::parse(old, job.calendar).ok()?;
    // Of another rule than the job's now, or not over: then nobody waits for it.
    let still_ours = |period: &Period| {
        let found = job.period.resolve(period.end(), job.calendar);
        job.period.is_closed() && found.is_some_and(|found| found.id() == old)
    };
    if !still_ours(&period) || period.end() > local.date() {
        return None;
    }
    let dues = cadence::due_between(
        schedule,
        &job.name,
        job.timezone,
        job.calendar,
        now - LOOK_BACK,
        now,
    );
    let stands = dues
        .filter(|due| period_of(job, due).is_some_and(|period| period.id() == old))
        .last();
    let (nominal, fold) = stands.map_or((local, 0), |due| (due.nominal, due.fold));
    Some(NewOccurrence {
        nominal,
        fold,
        due_at: now,
        timezone: job.timezone.name().to_owned(),
        period: Some(period),
        closed: true,
        missed: None,
    })
}

fn period_of(job: &JobPlan, due: &Due) -> Option<Period> {
    job.period.resolve(due.nominal.date(), job.calendar)
}

/// The closed period of the next occurrence after an instant.
fn promise(job: &JobPlan, schedule: &Schedule, after: DateTime<Utc>) -> Option<String> {
    if !job.period.is_closed() {
        return None;
    }
    let due = cadence::next_due(schedule, &job.name, job.timezone, job.calendar, after)?;
    period_of(job, &due).map(|period| period.id().to_owned())
}

/// What has fallen due of a job since it was last written down, in pieces that one transaction each can bear.
pub(super) fn advances(job: &JobPlan, cursor: &Cursor, now: DateTime<Utc>) -> Vec<Advance> {
    let Some((job, schedule)) = scheduled(job) else {
        return Vec::new();
    };
    let dues = || {
        cadence::due_between(
            schedule,
            &job.name,
            job.timezone,
            job.calendar,
            cursor.evaluated_until,
            now,
        )
        .map(|due| (period_of(job, &due), due))
    };
    let closed = job.period.is_closed();
    let keyed = dues().map(|(period, due)| {
        let key = period.filter(|_| closed).map(|period| period.id().to_owned());
        (due.due_at.to_utc(), key)
    });
    let verdicts = Verdicts::of(job.catch_up, now, keyed);
    let mut pieces: Vec<Advance> = Vec::new();
    let mut before: Option<Period> = None;
    for (period, due) in dues() {
        // Only the first of a closed period counts; the others would find it written down.
        if let (true, Some(piece)) = (closed && before == period, pieces.last_mut()) {
            piece.until = due.due_at.to_utc();
            continue;
        }
        before.clone_from(&period);
        let occurrence = occurrence(job, &due, period, &verdicts);
        // Occurrences of one instant stay together: the next piece begins after it.
        let goes_on =
            |piece: &&mut Advance| piece.occurrences.len() < CHUNK || piece.until == occurrence.due_at;
        if let Some(piece) = pieces.last_mut().filter(goes_on) {
            piece.until = occurrence.due_at;
            piece.occurrences.push(occurrence);
            continue;
        }
        let from = pieces.last().map_or(cursor.evaluated_until, |piece| piece.until);
        pieces.push(Advance {
            job: job.name.clone(),
            owner: job.owner.clone(),
            from,
            until: occurrence.due_at,
            promised: None,
            occurrences: vec![occurrence],
        });
    }
    for piece in &mut pieces {
        piece.promised = promise(job, schedule, piece.until);
    }
    pieces
}

fn occurrence(job: &JobPlan, due: &Due, period: Option<Period>, verdicts: &Verdicts) -> NewOccurrence {
    let due_at = due.due_at.to_utc();
    let missed = match &period {
        None => Some(format!("the period `{}` had no complete day yet", job.period)),
        Some(_) => verdicts.missed(due_at),
    };
    NewOccurrence {
        nominal: due.nominal,
        fold: due.fold,
        due_at,
        timezone: job.timezone.name().to_owned(),
        closed: job.period.is_closed(),
        period,
        missed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_schedules_in_words() {
        for (fingerprint, expected) in [
            (
                "cron 0 7 * * * | Europe/Madrid | previous_day | Calendar { fiscal_start: None }",
                "cron 0 7 * * *, Europe/Madrid, previous_day",
            ),
            (
                "business day 9 of month at 07:00 without 1 holidays 18072ce1274d7b98688b88b979fb7fa4 from 2026-01-01 | UTC | \
                 previous_fiscal_year | Calendar { fiscal_start: Some(4) }",
                "business day 9 of month at 07:00 without 1 holidays (list 18072ce1) from 2026-01-01, UTC, previous_fiscal_year, \
                 fiscal years from month 4",
            ),
        ] {
            assert_eq!(readable(fingerprint), expected);
        }
    }
}

//! Late data, to its end: a scheduled run waits for it; when the job's patience is over it goes out as it is, marked as
//! provisional; and a run that follows it makes the final one, once the data are there.
//!
//! The follower is a row like any other, written in the transaction that froze the provisional run: queued, with the next
//! revision, not to be begun before its time. It looks again every six hours. It ends when it has gone out (or is held by a
//! gate), when somebody has made a newer revision by hand meanwhile, or after a month, of which the owner hears.

use super::store::{NewRun, Run, Trigger};
use crate::language::{Text, say};
use crate::period::Period;
use crate::source::Dataset;
use crate::source::dataset::{Notice, Reach};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// How often late data are looked for before the report goes out.
pub(super) const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(15);
/// How often they are looked for after it has gone out provisional.
const FOLLOW_EVERY: TimeDelta = TimeDelta::hours(6);
/// How long they are looked for after that.
const FOLLOW_FOR: TimeDelta = TimeDelta::days(31);

/// A source whose data do not reach the end of the period, and the last day that they have.
pub(super) type Late = (String, Option<NaiveDate>);

/// What a run knows that makes the final report after a provisional one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follows {
    /// The provisional run.
    pub run_id: String,
    /// The sources that were late.
    pub sources: Vec<String>,
    /// When nobody looks any longer.
    pub until: DateTime<Utc>,
}

impl Follows {
    /// When to look again; `None`: it has been long enough.
    pub(super) fn again(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (now < self.until).then(|| self.until.min(now + FOLLOW_EVERY))
    }
}

/// The run that is to follow `run`, which goes out although its sources are `late`, and when it first looks. Only what a
/// schedule made is followed: whoever runs a job by hand runs it again by hand.
pub(super) fn follower(
    run: &Run,
    period: &Period,
    late: &[Late],
    now: DateTime<Utc>,
) -> Option<(NewRun, DateTime<Utc>)> {
    if run.trigger != Trigger::Schedule || late.is_empty() {
        return None;
    }
    let follows = Follows {
        run_id: run.run_id.clone(),
        sources: late.iter().map(|(source, _)| source.clone()).collect(),
        until: now + FOLLOW_FOR,
    };
    let new = NewRun {
        job: run.job.clone(),
        period_id: run.period_id.clone(),
        period_start: run.period_start,
        period_end: run.period_end,
        timezone: run.timezone.clone(),
        trigger: Trigger::Schedule,
        as_of: run.as_of,
        recipe: serde_json::json!({"period": period, "follows": follows}).to_string(),
        created_at: now,
    };
    Some((new, now + FOLLOW_EVERY))
}

/// Finds the sources of `wait_for` that are not there yet and stamps what they tell as provisional.
pub(super) fn stamp(datasets: &mut [Dataset], wait_for: &[String], period: &Period, zone: Tz) -> Vec<Late> {
    let last_day = period.last_day();
    let mut late = Vec::new();
    for dataset in datasets.iter_mut().filter(|it| wait_for.contains(&it.source)) {
        let Reach::To { last: reached, .. } = dataset.reach else {
            continue;
        };
        if reached.is_some_and(|day| day >= last_day) {
            continue;
        }
        let zone = dataset
            .zone
            .as_deref()
            .and_then(|zone| zone.parse().ok())
            .unwrap_or(zone);
        let through = complete_through(reached, period, zone).min(dataset.fetched_at);
        dataset.provisional_through = Some(dataset.provisional_through.unwrap_or(through).min(through));
        dataset.notices.push(Notice {
            source: Some(dataset.source.clone()),
            text: told(&dataset.source, reached, last_day),
            missing: true,
        });
        late.push((dataset.source.clone(), reached));
    }
    late
}

/// `The data of x reach only to 2026-10-29, and the period goes to 2026-10-31.`
fn told(source: &str, reached: Option<NaiveDate>, last: NaiveDate) -> Text {
    match reached {
        Some(day) => {
            say!("reaches-only", "source" = source, "day" = day, "last" = last)
        }
        None => say!("has-nothing-yet", "source" = source, "last" = last),
    }
}

/// The same of several sources, as a part of a sentence to the owner.
pub(super) fn list(late: &[Late]) -> String {
    let parts = late.iter().map(|(source, reached)| match reached {
        Some(day) => format!("`{source}` reaches only to {day}"),
        None => format!("`{source}` has no data at all"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The end of the last day that the data have.
fn complete_through(reached: Option<NaiveDate>, period: &Period, zone: Tz) -> DateTime<Utc> {
    let day = reached
        .and_then(|day| day.succ_opt())
        .unwrap_or_else(|| period.start());
    let midnight = day.and_time(NaiveTime::MIN);
    midnight
        .and_local_timezone(zone)
        .earliest()
        .map_or_else(|| midnight.and_utc(), |at| at.to_utc())
}

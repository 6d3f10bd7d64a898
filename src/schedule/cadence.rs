//! When a schedule falls due.

use crate::config::plan::Schedule;
use crate::period::{Calendar, PeriodRule};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// Why a schedule or a list of holidays could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CadenceError {
    /// Not a pattern of five fields.
    #[error("`{0}` is not a cron pattern")]
    Cron(String),
}

/// One moment at which a schedule falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The instant, in the job's zone.
    pub at: DateTime<Tz>,
    /// The local time that the schedule asks for; its date decides the period.
    pub nominal: NaiveDateTime,
    /// 1 for the second pass of a local time that happens twice, else 0.
    pub fold: u8,
}

/// The first due time strictly after `after`.
#[must_use]
pub fn next_due(_schedule: &Schedule, _zone: Tz, _calendar: Calendar, _after: DateTime<Utc>) -> Option<Due> {
    None
}

/// The next `count` due times strictly after `after`.
#[must_use]
pub fn upcoming(
    schedule: &Schedule,
    zone: Tz,
    calendar: Calendar,
    after: DateTime<Utc>,
    count: usize,
) -> Vec<Due> {
    std::iter::successors(next_due(schedule, zone, calendar, after), |due| {
        next_due(schedule, zone, calendar, due.at.to_utc())
    })
    .take(count)
    .collect()
}

/// Reads a cron pattern of five fields.
pub fn parse_cron(text: &str) -> Result<croner::Cron, CadenceError> {
    croner::parser::CronParser::new()
        .parse(text)
        .map_err(|_| CadenceError::Cron(text.to_owned()))
}

/// Reads a list of holidays: one ISO date a line.
pub fn holidays(_text: &str) -> Result<BTreeSet<NaiveDate>, CadenceError> {
    Ok(BTreeSet::new())
}

/// What a reader of this schedule should know before it surprises them.
#[must_use]
pub fn warnings(
    _schedule: &Schedule,
    _rule: &PeriodRule,
    _zone: Tz,
    _calendar: Calendar,
    _now: DateTime<Utc>,
) -> Vec<String> {
    Vec::new()
}

//! When a schedule falls due, computed from the calendar alone and never from a timer.
//!
//! A schedule is a row of *nominal* local times. Each stands for an instant by the rule of [`wall`](super::wall):
//! skipped ones for the first instant after the gap, repeated ones for the first pass. Cron patterns whose hour field
//! has a `*` follow elapsed time instead: what is skipped does not happen, what is repeated happens twice.
//! The nominal time, not the instant, decides the period: 23:59 on a night when Greenland skips the hour before
//! midnight falls due at 00:00 of the next date, and still reports for the date it was asked for.
//! (croner's own zone arithmetic is not used: it has no nominal time, loses that case where the next date does not match
//! the pattern, and gives up in gaps of more than two hours.)
//!
//! `start` and `end` bound the nominal dates. A jitter moves what falls due, and neither the nominal time nor the period.

use crate::config::plan::{DayRule, Rule, Schedule};
use crate::period::{Calendar, CalendarUnit, Period};
use crate::schedule::business_day::nth_business_day;
use crate::schedule::wall::WallTime;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use std::iter::successors;

pub use crate::schedule::business_day::holidays;
pub use crate::schedule::description::describe;
use crate::schedule::jitter::{Spread, share};
pub use crate::schedule::warning::warnings;

/// Why a schedule or a list of holidays could not be read. Every message shows what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CadenceError {
    /// Seconds, years and nicknames are not offered.
    #[error(
        "a cron pattern has five fields (minute, hour, day of month, month, day of week), this one has {fields}; \
         for example `0 7 1 * *` for 07:00 on the first of each month"
    )]
    CronFields {
        /// How many were found.
        fields: usize,
    },
    /// A field cannot be read.
    #[error(
        "`{pattern}` is not a cron pattern: {why}; for example `0 7 1 * *` for 07:00 on the first of each month"
    )]
    Cron {
        /// As written, shortened.
        pattern: String,
        /// What the parser says.
        why: String,
    },
    /// The pattern describes dates that do not exist.
    #[error(
        "`{0}` never falls due, because no such date exists; for the last day of a month write `L` as its day, for \
         example `0 9 L 2 *`"
    )]
    NeverDue(String),
    /// A line of the list of holidays is no date.
    #[error(
        "line {line} of the holidays is not a date: `{text}`; write one a line, for example `2026-12-25`"
    )]
    Holiday {
        /// From 1.
        line: usize,
        /// As written, shortened.
        text: String,
    },
    /// A calendar file that is none.
    #[error(
        "the holidays are not a calendar file: {0}; export them again, or write a text file with one date a line"
    )]
    CalendarFile(String),
    /// An event of a calendar file whose days are not known for certain.
    #[error(
        "the event `{event}` of the holidays {why}; write it as all-day events, repeated with `RRULE:FREQ=YEARLY` at \
         most, or write a text file with one date a line"
    )]
    CalendarEvent {
        /// Its summary, or its place in the file, shortened.
        event: String,
        /// What is not understood.
        why: &'static str,
    },
    /// The list is longer than any real one.
    #[error("the list of holidays is larger than 256 KiB; keep the years you need, one date a line")]
    TooManyHolidays,
}

/// One moment at which a schedule falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The instant of the nominal time, in the job's zone.
    pub at: DateTime<Tz>,
    /// The instant at which it falls due: `at`, or later by its share of the jitter.
    pub due_at: DateTime<Tz>,
    /// The local time that the schedule asks for; its date decides the period.
    pub nominal: NaiveDateTime,
    /// 1 for the second pass of a local time that happens twice, else 0.
    pub fold: u8,
}

/// Reads a cron pattern of five fields with `L`, `W` and `#`, and refuses those that never fall due.
///
/// Day-of-month and day-of-week are OR-ed, as cron does; `+FRI` in the last field asks for both.
pub fn parse_cron(text: &str) -> Result<Cron, CadenceError> {
    let fields = text.split_whitespace().count();
    if fields != 5 {
        return Err(CadenceError::CronFields { fields });
    }
    let shown = || text.chars().take(60).collect::<String>();
    let cron = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
        .parse(text)
        .map_err(|error| CadenceError::Cron {
            pattern: shown(),
            why: error.to_string(),
        })?;
    // The calendar repeats itself, so a pattern that has a date at all has one after any moment.
    match cron.find_next_occurrence(&NaiveDate::default().and_time(NaiveTime::MIN), true) {
        Ok(_) => Ok(cron),
        Err(_) => Err(CadenceError::NeverDue(shown())),
    }
}

/// What falls due first strictly after `after`; `None` where `end` has passed, and beyond the years of the calendar
/// (cron: the year 5000). `job` is the job's name, which decides its share of the jitter.
#[must_use]
pub fn next_due(
    schedule: &Schedule,
    job: &str,
    zone: Tz,
    calendar: Calendar,
    after: DateTime<Utc>,
) -> Option<Due> {
    due_after(schedule, job, zone, calendar, after).next()
}

/// The next `count` times that fall due strictly after `after`, in order.
#[must_use]
pub fn upcoming(
    schedule: &Schedule,
    job: &str,
    zone: Tz,
    calendar: Calendar,
    after: DateTime<Utc>,
    count: usize,
) -> Vec<Due> {
    due_after(schedule, job, zone, calendar, after)
        .take(count)
        .collect()
}

/// What falls due after `after` and not after `until`, by [`Due::due_at`], in order. Computed as it is taken, so that
/// whoever has been away for long takes as many as they can bear and asks again.
///
/// Adjoining ranges neither share an occurrence nor lose one, as long as the schedule stays the same.
pub fn due_between(
    schedule: &Schedule,
    job: &str,
    zone: Tz,
    calendar: Calendar,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> impl Iterator<Item = Due> {
    due_after(schedule, job, zone, calendar, after).take_while(move |due| due.due_at <= until)
}

/// Everything that falls due after `after`, in order.
fn due_after(
    schedule: &Schedule,
    job: &str,
    zone: Tz,
    calendar: Calendar,
    after: DateTime<Utc>,
) -> impl Iterator<Item = Due> {
    // What was due before may have been moved beyond `after`.
    let jitter = TimeDelta::from_std(schedule.jitter).unwrap_or(TimeDelta::MAX);
    let from = after.checked_sub_signed(jitter).unwrap_or(after);
    let punctual = one_by_one(move |last: Option<&Due>| {
        let from = last.map_or(from, |last| last.at.to_utc());
        punctual(schedule, zone, calendar, from)
    });
    let moved = punctual.map(move |due| Due {
        due_at: due.at + share(schedule.jitter, job, due.nominal),
        ..due
    });
    Spread::new(moved).filter(move |due| due.due_at > after)
}

/// The first instant of a nominal time strictly after `after`, the jitter aside.
pub(super) fn punctual(
    schedule: &Schedule,
    zone: Tz,
    calendar: Calendar,
    after: DateTime<Utc>,
) -> Option<Due> {
    // Instants at the ends of chrono's range have no local time.
    if !(1..=9999).contains(&after.year()) {
        return None;
    }
    let follows_elapsed_time = follows_elapsed_time(schedule);
    let local = after.with_timezone(&zone).naive_local();
    let from = match WallTime::of(local, zone) {
        // The second pass of earlier local times still lies ahead.
        Some(WallTime::Twice(first, second)) if follows_elapsed_time => local - (second - first),
        _ => local,
    };
    let due = |at, nominal, fold| Due {
        at,
        due_at: at,
        nominal,
        fold,
    };
    let mut second_pass: Option<Due> = None;
    for nominal in nominal_times(schedule, calendar, from) {
        let wall = WallTime::of(nominal, zone)?;
        if follows_elapsed_time && matches!(wall, WallTime::Skipped(_)) {
            continue;
        }
        let first = wall.first();
        if first > after {
            let first = due(first, nominal, 0);
            return Some(second_pass.filter(|second| second.at < first.at).unwrap_or(first));
        }
        // Second passes come in the order of their local times, so the first one ahead is the earliest.
        if let WallTime::Twice(_, second) = wall
            && follows_elapsed_time
            && second > after
            && second_pass.is_none()
        {
            second_pass = Some(due(second, nominal, 1));
        }
    }
    second_pass
}

/// Whether the schedule means "every hour" rather than certain times of day.
pub(super) fn follows_elapsed_time(schedule: &Schedule) -> bool {
    match &schedule.rule {
        Rule::Cron { pattern, .. } => pattern
            .pattern
            .as_str()
            .split_whitespace()
            .nth(1)
            .is_some_and(|hours| hours.contains('*')),
        Rule::Every { .. } | Rule::BusinessDay { .. } => false,
    }
}

/// The nominal local times of a schedule from `from` on, in order, on its days from `start` to `end`.
pub(super) fn nominal_times(
    schedule: &Schedule,
    calendar: Calendar,
    from: NaiveDateTime,
) -> impl Iterator<Item = NaiveDateTime> {
    let start = schedule.start.map(|start| start.and_time(NaiveTime::MIN));
    let end = schedule.end;
    times_of(
        &schedule.rule,
        calendar,
        start.map_or(from, |start| start.max(from)),
    )
    .take_while(move |nominal| end.is_none_or(|end| nominal.date() <= end))
}

/// The local times that a rule asks for from `from` on, in order.
fn times_of(
    rule: &Rule,
    calendar: Calendar,
    from: NaiveDateTime,
) -> Box<dyn Iterator<Item = NaiveDateTime> + '_> {
    match rule {
        Rule::Cron { pattern, .. } => {
            // Croner counts in seconds: what lies between two of them belongs to the later one.
            let from = from
                .checked_add_signed(TimeDelta::nanoseconds(999_999_999))
                .unwrap_or(from);
            let next = move |last: Option<&NaiveDateTime>| {
                let found = last.map_or_else(
                    || pattern.find_next_occurrence(&from, true),
                    |last| pattern.find_next_occurrence(last, false),
                );
                found.ok()
            };
            Box::new(one_by_one(next))
        }
        Rule::Every { unit, day, at } => Box::new(
            units(*unit, from.date(), calendar)
                .map(|period| day_of(&period, *day).and_time(*at))
                .filter(move |nominal| *nominal >= from),
        ),
        Rule::BusinessDay {
            nth,
            of,
            at,
            holidays,
        } => Box::new(
            units(*of, from.date(), calendar)
                .filter_map(|period| nth_business_day(&period, *nth, holidays))
                .map(|day| day.and_time(*at))
                .filter(move |nominal| *nominal >= from),
        ),
    }
}

/// What follows from nothing, what follows from that, and so on, each found when it is asked for: unlike `successors`, which
/// looks for one more than anybody wants, and looking is the dear part.
fn one_by_one<T: Clone>(mut next: impl FnMut(Option<&T>) -> Option<T>) -> impl Iterator<Item = T> {
    let mut last = None;
    std::iter::from_fn(move || {
        last = next(last.as_ref());
        last.clone()
    })
    // Its end is no new beginning.
    .fuse()
}

/// The unit in which `date` lies and those after it, to the end of the calendar.
fn units(unit: CalendarUnit, date: NaiveDate, calendar: Calendar) -> impl Iterator<Item = Period> {
    successors(Period::containing(unit, date, calendar), move |period| {
        Period::containing(unit, period.end(), calendar)
    })
}

/// The day that a rule names in a unit; beyond its end, the last.
fn day_of(period: &Period, rule: DayRule) -> NaiveDate {
    let last = period.last_day();
    match rule {
        DayRule::Nth(number) => period
            .start()
            .checked_add_days(Days::new(number.saturating_sub(1).into()))
            .map_or(last, |day| day.min(last)),
        DayRule::Last => last,
        DayRule::Weekday(weekday) => period
            .dates()
            .find(|day| day.weekday() == weekday)
            .unwrap_or(last),
    }
}

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod tests;

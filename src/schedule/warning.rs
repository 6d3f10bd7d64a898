//! What a reader of a schedule should know before it surprises them.

use crate::config::plan::Schedule;
use crate::period::{Calendar, CalendarUnit, PeriodRule};
use crate::schedule::cadence::{follows_elapsed_time, nominal_times, upcoming};
use crate::schedule::wall::clock_changes;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use chrono_tz::Tz;

/// How many due times are looked at: two months of days.
const DUE_TIMES: usize = 62;

/// Sentences about what a schedule does that its author may not expect, each with the remedy; `now` starts the year
/// that is looked ahead. Empty for most schedules.
#[must_use]
pub fn warnings(
    schedule: &Schedule,
    rule: &PeriodRule,
    zone: Tz,
    calendar: Calendar,
    now: DateTime<Utc>,
) -> Vec<String> {
    [
        either_day(schedule),
        short_months(schedule),
        changing_clocks(schedule, zone, calendar, now),
        repeated_period(schedule, rule, zone, calendar, now),
        empty_period(schedule, rule, zone, calendar, now),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Cron's OR of day-of-month and day-of-week.
fn either_day(schedule: &Schedule) -> Option<String> {
    let Schedule::Cron { text, pattern } = schedule else {
        return None;
    };
    let pattern = &pattern.pattern;
    let either = !pattern.is_dom_wildcard() && !pattern.is_dow_wildcard() && !pattern.matches_dom_and_dow();
    let weekday = text.split_whitespace().nth(4)?;
    either.then(|| {
        format!(
            "`{text}` names a day of the month and a day of the week; cron falls due on either. Write `*` for one of \
             them, or `+{weekday}` to ask for both"
        )
    })
}

/// Cron's way of leaving out days that a month does not have.
fn short_months(schedule: &Schedule) -> Option<String> {
    let Schedule::Cron { text, pattern } = schedule else {
        return None;
    };
    let days = text.split_whitespace().nth(2)?;
    if days.contains(['*', '?', 'L', 'l']) {
        return None;
    }
    let months = pattern.pattern.months.values();
    let listed = pattern.pattern.days.values();
    if (28..=31).all(|day| listed.contains(&day)) {
        // No month is left out at its end.
        return None;
    }
    let skipped: Vec<String> = listed
        .iter()
        .filter(|day| months.iter().any(|month| **day > shortest(*month)))
        .map(ToString::to_string)
        .collect();
    (!skipped.is_empty()).then(|| {
        format!(
            "`{text}` skips day {} in months that are shorter. Write `L` for the last day, or the table form \
             `{{ every = \"month\", day = {}, at = \"07:00\" }}`, which then runs on the last day",
            skipped.join(", "),
            skipped.last().map_or("31", String::as_str),
        )
    })
}

/// Days that a month has in every year.
fn shortest(month: u16) -> u16 {
    match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Due times of the coming year that the zone's clocks skip or repeat.
fn changing_clocks(schedule: &Schedule, zone: Tz, calendar: Calendar, now: DateTime<Utc>) -> Option<String> {
    if follows_elapsed_time(schedule) || !(1..=9990).contains(&now.year()) {
        return None;
    }
    let affected: Vec<String> = clock_changes(zone, now, now + TimeDelta::days(366))
        .into_iter()
        .filter_map(|change| {
            let nominal = nominal_times(schedule, calendar, change.start).next()?;
            let end = change.end.format("%Y-%m-%d %H:%M");
            let then = match change.skips {
                true => format!("does not exist (runs at {end})"),
                false => "happens twice (runs the first time only)".to_owned(),
            };
            (nominal < change.end).then(|| format!("{} {then}", nominal.format("%Y-%m-%d %H:%M")))
        })
        .collect();
    (!affected.is_empty()).then(|| {
        format!(
            "the clocks of {zone} change when this schedule falls due: {}. Choose a time that clocks do not cross, \
             such as 07:00",
            affected.join("; "),
        )
    })
}

/// A closed period that comes up more than once; only the first due time reports it.
fn repeated_period(
    schedule: &Schedule,
    rule: &PeriodRule,
    zone: Tz,
    calendar: Calendar,
    now: DateTime<Utc>,
) -> Option<String> {
    let unit = rule.closed_unit()?;
    let due = upcoming(schedule, zone, calendar, now, DUE_TIMES);
    let (first, second, period) = due.windows(2).find_map(|pair| {
        let [first, second] = pair else { return None };
        let period = rule.resolve(first.nominal.date(), calendar)?;
        (rule.resolve(second.nominal.date(), calendar)?.id() == period.id())
            .then_some((first, second, period))
    })?;
    let (often, schedule) = match unit {
        CalendarUnit::Day => ("once a day", "\"0 7 * * *\""),
        CalendarUnit::Week => ("once a week", "\"0 7 * * MON\""),
        CalendarUnit::Month => ("once a month", "\"0 7 1 * *\""),
        CalendarUnit::Quarter => (
            "once a quarter",
            "{ every = \"quarter\", day = 1, at = \"07:00\" }",
        ),
        CalendarUnit::Year => ("once a year", "{ every = \"year\", day = 1, at = \"07:00\" }"),
    };
    Some(format!(
        "falls due more often than `{rule}` changes: {} and {} both mean {}, and a closed period is reported once. \
         Let it fall due {often}, for example `schedule = {schedule}`",
        first.nominal.format("%Y-%m-%d %H:%M"),
        second.nominal.format("%Y-%m-%d %H:%M"),
        period.id(),
    ))
}

/// A period to date on a day when nothing of it is complete.
fn empty_period(
    schedule: &Schedule,
    rule: &PeriodRule,
    zone: Tz,
    calendar: Calendar,
    now: DateTime<Utc>,
) -> Option<String> {
    let due = upcoming(schedule, zone, calendar, now, DUE_TIMES);
    let empty = due
        .iter()
        .find(|due| rule.resolve(due.nominal.date(), calendar).is_none())?;
    Some(format!(
        "on {} `{rule}` has no complete day yet, so nothing is reported and the due time is recorded as missed. Let it \
         fall due on later days, or report the finished unit, for example with `previous_month`",
        empty.nominal.format("%Y-%m-%d"),
    ))
}

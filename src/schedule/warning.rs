//! What a reader of a schedule should know before it surprises them.

use crate::config::plan::{Rule, Schedule};
use crate::period::{Calendar, CalendarUnit, PeriodRule};
use crate::schedule::cadence::{Due, follows_elapsed_time, nominal_times, punctual};
use crate::schedule::wall::clock_changes;
use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc};
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
        nothing_due(schedule, zone, calendar, now),
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

/// The coming due times, the jitter aside: it changes no period.
fn upcoming(schedule: &Schedule, zone: Tz, calendar: Calendar, now: DateTime<Utc>) -> Vec<Due> {
    std::iter::successors(punctual(schedule, zone, calendar, now), |due| {
        punctual(schedule, zone, calendar, due.at.to_utc())
    })
    .take(DUE_TIMES)
    .collect()
}

/// Days from `start` to `end` that hold no due time any more, or none at all.
fn nothing_due(schedule: &Schedule, zone: Tz, calendar: Calendar, now: DateTime<Utc>) -> Option<String> {
    let end = schedule.end?;
    if punctual(schedule, zone, calendar, now).is_some() {
        return None;
    }
    let never = schedule.start.filter(|start| {
        let times = nominal_times(schedule, calendar, start.and_time(NaiveTime::MIN));
        times.take(1).count() == 0
    });
    Some(match never {
        Some(start) => format!(
            "never falls due: there is no such time from {start} to {end}. Move `start` or `end`, or leave them out"
        ),
        None => format!("falls due no more: its last day is {end}. Move `end`, or leave the schedule out"),
    })
}

/// Cron's OR of day-of-month and day-of-week.
fn either_day(schedule: &Schedule) -> Option<String> {
    let Rule::Cron { text, pattern } = &schedule.rule else {
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
    let Rule::Cron { text, pattern } = &schedule.rule else {
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
    let latest = skipped.last()?;
    let where_none = if months == [2] {
        "years that have none"
    } else {
        "months that are shorter"
    };
    // The table form knows no single months.
    let table = if months.len() < 12 {
        String::new()
    } else {
        format!(
            ", or the table form `{{ every = \"month\", day = {latest}, at = \"07:00\" }}`, which then runs on the last day"
        )
    };
    let days = skipped.join(", ");
    Some(format!(
        "`{text}` skips day {days} in {where_none}. Write `L` for the last day{table}"
    ))
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
            let then = if change.skips {
                format!("does not exist (runs at {end})")
            } else {
                "happens twice (runs the first time only)".to_owned()
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
    let due = upcoming(schedule, zone, calendar, now);
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
    let due = upcoming(schedule, zone, calendar, now);
    let empty = due
        .iter()
        .find(|due| rule.resolve(due.nominal.date(), calendar).is_none())?;
    Some(format!(
        "on {} `{rule}` has no complete day yet, so nothing is reported and the due time is recorded as missed. Let it \
         fall due on later days, or report the finished unit, for example with `previous_month`",
        empty.nominal.format("%Y-%m-%d"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::DayRule;
    use crate::schedule::cadence::parse_cron;
    use std::collections::BTreeSet;

    fn told(schedule: &Schedule, rule: &str, zone: Tz) -> Vec<String> {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        warnings(schedule, &rule.parse().unwrap(), zone, Calendar::years(), now)
    }

    fn of_cron(text: &str, rule: &str, zone: Tz) -> Vec<String> {
        let pattern = std::sync::Arc::new(parse_cron(text).unwrap());
        told(
            &Schedule::from(Rule::Cron {
                text: text.to_owned(),
                pattern,
            }),
            rule,
            zone,
        )
    }

    #[test]
    fn schedules_that_do_what_they_say_are_left_alone() {
        for (text, rule) in [
            ("0 7 1 * *", "previous_month"),
            ("30 8 * * MON", "previous_week"),
            ("0 7 * * *", "previous_day"),
            ("0 7 L * *", "month_to_date"),
            ("0 7 2 1,4,7,10 *", "previous_quarter"),
            ("0 * * * *", "last_days:7"),
            ("0 7 13 * +FRI", "last_days:7"),
            ("0 7 31 1,3,5,7,8,10,12 *", "last_days:31"),
            ("0 7 28-31 * *", "last_days:31"),
            ("0 2 * * *", "last_days:7"),
        ] {
            let zone = if text == "0 2 * * *" {
                Tz::Asia__Tokyo
            } else {
                Tz::Europe__Berlin
            };
            assert_eq!(
                of_cron(text, rule, zone),
                Vec::<String>::new(),
                "`{text}`, {rule}"
            );
        }
    }

    #[test]
    fn what_surprises_is_said_with_its_remedy() {
        for (text, rule, zone, expected) in [
            (
                "0 7 1 * MON",
                "last_days:7",
                Tz::UTC,
                "`0 7 1 * MON` names a day of the month and a day of the week; cron falls due on either. Write `*` for \
                 one of them, or `+MON` to ask for both",
            ),
            (
                "0 7 31 * *",
                "last_days:31",
                Tz::UTC,
                "`0 7 31 * *` skips day 31 in months that are shorter. Write `L` for the last day, or the table form \
                 `{ every = \"month\", day = 31, at = \"07:00\" }`, which then runs on the last day",
            ),
            (
                "0 7 15,29 2 *",
                "last_days:31",
                Tz::UTC,
                "`0 7 15,29 2 *` skips day 29 in years that have none. Write `L` for the last day",
            ),
            (
                "0 7 31 1,4 *",
                "last_days:31",
                Tz::UTC,
                "`0 7 31 1,4 *` skips day 31 in months that are shorter. Write `L` for the last day",
            ),
            (
                "30 2 * * *",
                "previous_day",
                Tz::Europe__Berlin,
                "the clocks of Europe/Berlin change when this schedule falls due: 2027-03-28 02:30 does not exist \
                 (runs at 2027-03-28 03:00); 2027-10-31 02:30 happens twice (runs the first time only). Choose a time \
                 that clocks do not cross, such as 07:00",
            ),
            (
                "59 23 * * *",
                "previous_day",
                Tz::America__Nuuk,
                "the clocks of America/Nuuk change when this schedule falls due: 2027-03-27 23:59 does not exist (runs \
                 at 2027-03-28 00:00); 2027-10-30 23:59 happens twice (runs the first time only). Choose a time that \
                 clocks do not cross, such as 07:00",
            ),
            (
                "0 7 * * *",
                "previous_month",
                Tz::UTC,
                "falls due more often than `previous_month` changes: 2026-11-23 07:00 and 2026-11-24 07:00 both mean \
                 2026-10, and a closed period is reported once. Let it fall due once a month, for example \
                 `schedule = \"0 7 1 * *\"`",
            ),
            (
                "0 7 1 * *",
                "previous_quarter",
                Tz::UTC,
                "falls due more often than `previous_quarter` changes: 2027-01-01 07:00 and 2027-02-01 07:00 both mean \
                 2026-Q4, and a closed period is reported once. Let it fall due once a quarter, for example \
                 `schedule = { every = \"quarter\", day = 1, at = \"07:00\" }`",
            ),
            (
                "0 7 1 * *",
                "month_to_date",
                Tz::UTC,
                "on 2026-12-01 `month_to_date` has no complete day yet, so nothing is reported and the due time is \
                 recorded as missed. Let it fall due on later days, or report the finished unit, for example with \
                 `previous_month`",
            ),
        ] {
            assert_eq!(of_cron(text, rule, zone), [expected], "`{text}`, {rule}");
        }
    }

    #[test]
    fn days_that_leave_nothing_due_are_said() {
        for (start, end, expected) in [
            (
                "",
                "2026-11-30",
                "falls due no more: its last day is 2026-11-30. Move `end`, or leave the schedule out",
            ),
            (
                "2026-10-01",
                "2026-11-30",
                "falls due no more: its last day is 2026-11-30.",
            ),
            (
                "2026-12-02",
                "2026-12-31",
                "never falls due: there is no such time from 2026-12-02 to 2026-12-31. Move `start` or `end`, or leave",
            ),
            ("2026-12-01", "2026-12-01", ""),
            ("2027-06-01", "", ""),
        ] {
            let pattern = std::sync::Arc::new(parse_cron("0 7 1 * *").unwrap());
            let text = "0 7 1 * *".to_owned();
            let schedule = Schedule {
                start: start.parse().ok(),
                end: end.parse().ok(),
                ..Rule::Cron { text, pattern }.into()
            };
            let found = told(&schedule, "previous_month", Tz::UTC).join("");
            assert!(
                found.starts_with(expected) && found.is_empty() == expected.is_empty(),
                "{found}"
            );
        }
    }

    #[test]
    fn a_clock_change_counts_only_where_the_schedule_falls_due() {
        // New York's clocks go back on Sunday, 7 November 2027, and forward on Sunday, 14 March.
        assert_eq!(
            of_cron("30 1 * * MON", "previous_week", Tz::America__New_York),
            Vec::<String>::new()
        );
        let table = Schedule::from(Rule::Every {
            unit: CalendarUnit::Month,
            day: DayRule::Nth(14),
            at: NaiveTime::from_hms_opt(2, 0, 0).unwrap(),
        });
        let found = told(&table, "previous_month", Tz::America__New_York);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("2027-03-14 02:00 does not exist (runs at 2027-03-14 03:00)."),
            "{found:?}"
        );
    }

    #[test]
    fn business_days_of_the_right_unit_are_left_alone() {
        let schedule = Schedule::from(Rule::BusinessDay {
            nth: 3,
            of: CalendarUnit::Quarter,
            at: NaiveTime::from_hms_opt(7, 0, 0).unwrap(),
            holidays: BTreeSet::new(),
        });
        assert_eq!(
            told(&schedule, "previous_quarter", Tz::Europe__Madrid),
            Vec::<String>::new()
        );
        assert_eq!(told(&schedule, "previous_year", Tz::Europe__Madrid).len(), 1);
    }
}

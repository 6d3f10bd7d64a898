//! A schedule as a text that changes whenever its due times may.

use crate::config::plan::{DayRule, Rule, Schedule};
use crate::period::CalendarUnit;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The schedule in canonical words: rule, time, holidays, start, end, jitter. Equal texts fall due at equal local times;
/// a store keeps the text beside what it has planned and so notices an edited schedule or list of holidays.
///
/// The zone and the fiscal year are the job's, not the schedule's, and stand beside it. The text is part of what is stored:
/// another wording would make every schedule look edited.
#[must_use]
pub fn describe(schedule: &Schedule) -> String {
    let optional = |word: &str, date: Option<NaiveDate>| date.map(|date| format!("{word} {date}"));
    let jitter = schedule.jitter.as_secs();
    let parts = [
        Some(described(&schedule.rule)),
        optional("from", schedule.start),
        optional("to", schedule.end),
        (jitter > 0).then(|| format!("jitter {jitter}s")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn described(rule: &Rule) -> String {
    match rule {
        Rule::Cron { text, .. } => {
            let fields: Vec<&str> = text.split_whitespace().collect();
            format!("cron {}", fields.join(" ").to_uppercase())
        }
        Rule::Every { unit, day, at } => {
            let day = match day {
                _ if *unit == CalendarUnit::Day => String::new(),
                DayRule::Nth(number) => format!(" day {number}"),
                DayRule::Last => " day last".into(),
                DayRule::Weekday(weekday) => format!(" day {weekday}"),
            };
            format!("every {}{day} at {}", word(*unit), at.format("%H:%M"))
        }
        Rule::BusinessDay {
            nth,
            of,
            at,
            holidays,
        } => {
            let holidays = if holidays.is_empty() {
                String::new()
            } else {
                format!(" without {} holidays {}", holidays.len(), hash(holidays))
            };
            format!(
                "business day {nth} of {} at {}{holidays}",
                word(*of),
                at.format("%H:%M")
            )
        }
    }
}

fn word(unit: CalendarUnit) -> &'static str {
    match unit {
        CalendarUnit::Day => "day",
        CalendarUnit::Week => "week",
        CalendarUnit::Month => "month",
        CalendarUnit::Quarter => "quarter",
        CalendarUnit::Year => "year",
    }
}

/// SHA-256 of the dates, one a line, shortened to 128 bits.
fn hash(dates: &BTreeSet<NaiveDate>) -> String {
    let mut hash = Sha256::new();
    for date in dates {
        hash.update(format!("{date}\n"));
    }
    let digest = hash.finalize();
    let digits = digest.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::cadence::parse_cron;
    use chrono::NaiveTime;
    use std::time::Duration;

    fn cron(text: &str) -> Rule {
        Rule::Cron {
            text: text.to_owned(),
            pattern: std::sync::Arc::new(parse_cron(text).unwrap()),
        }
    }

    fn business_day(holidays: &[&str]) -> Rule {
        Rule::BusinessDay {
            nth: -1,
            of: CalendarUnit::Quarter,
            at: NaiveTime::from_hms_opt(7, 0, 0).unwrap(),
            holidays: holidays.iter().map(|date| date.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn every_part_that_decides_due_times_is_in_the_description() {
        let at = NaiveTime::from_hms_opt(18, 30, 0).unwrap();
        let every = |unit, day| Rule::Every { unit, day, at };
        for (rule, expected) in [
            (cron("0  7 L * mon"), "cron 0 7 L * MON"),
            (every(CalendarUnit::Day, DayRule::Nth(1)), "every day at 18:30"),
            (
                every(CalendarUnit::Month, DayRule::Nth(31)),
                "every month day 31 at 18:30",
            ),
            (
                every(CalendarUnit::Year, DayRule::Last),
                "every year day last at 18:30",
            ),
            (
                every(CalendarUnit::Week, DayRule::Weekday(chrono::Weekday::Fri)),
                "every week day Fri at 18:30",
            ),
            (business_day(&[]), "business day -1 of quarter at 07:00"),
            (
                business_day(&["2026-12-25"]),
                "business day -1 of quarter at 07:00 without 1 holidays 007587793dc94b27279745aae3a467ae",
            ),
        ] {
            assert_eq!(describe(&rule.into()), expected);
        }
        let bounded = Schedule {
            start: "2026-01-01".parse().ok(),
            end: "2026-12-31".parse().ok(),
            jitter: Duration::from_mins(5),
            ..Schedule::from(cron("0 7 1 * *"))
        };
        assert_eq!(
            describe(&bounded),
            "cron 0 7 1 * * from 2026-01-01 to 2026-12-31 jitter 300s"
        );
    }

    #[test]
    fn another_list_of_holidays_is_another_schedule() {
        let of = |days: &[&str]| describe(&business_day(days).into());
        assert_ne!(of(&["2026-12-25"]), of(&["2026-12-26"]));
        assert_eq!(
            of(&["2026-12-25", "2027-01-06"]),
            of(&["2027-01-06", "2026-12-25"])
        );
    }
}

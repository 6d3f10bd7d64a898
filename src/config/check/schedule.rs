//! `schedule`.

use super::Check;
use super::values::relative_hint;
use crate::config::document::{DayEntry, ScheduleEntry, ScheduleTable};
use crate::config::plan::{DayRule, Schedule};
use crate::config::problem::KeyPath;
use crate::period::CalendarUnit;
use crate::schedule::cadence;
use chrono::{NaiveDate, NaiveTime, Weekday};
use std::collections::BTreeSet;

/// Largest list of holidays, in bytes.
const MAX_HOLIDAY_BYTES: u64 = 1024 * 1024;

/// Checks when a job falls due.
pub(super) fn schedule(cx: &mut Check<'_>, at: &KeyPath, entry: &ScheduleEntry) -> Option<Schedule> {
    match entry {
        ScheduleEntry::Cron(text) => cron(cx, at, text),
        ScheduleEntry::Table(table) => rule(cx, at, table),
    }
}

fn cron(cx: &mut Check<'_>, at: &KeyPath, text: &str) -> Option<Schedule> {
    cx.text(at, text)?;
    match cadence::parse_cron(text) {
        Ok(pattern) => Some(Schedule::Cron {
            text: text.to_owned(),
            pattern: Box::new(pattern),
        }),
        Err(error) => {
            let (label, hint) = halves(&error.to_string());
            let usual = "write five fields: minute, hour, day, month, day of the week, such as `0 7 1 * *`";
            cx.report(at, &label, Some(hint.unwrap_or_else(|| usual.into())));
            None
        }
    }
}

/// What is wrong and the remedy, where a message of another room says both.
pub(super) fn halves(message: &str) -> (String, Option<String>) {
    match message.split_once("; ") {
        Some((label, hint)) => (label.to_owned(), Some(hint.to_owned())),
        None => (message.to_owned(), None),
    }
}

fn rule(cx: &mut Check<'_>, at: &KeyPath, table: &ScheduleTable) -> Option<Schedule> {
    let time = cx
        .required(
            at,
            "at",
            table.at.as_ref(),
            "write the local time, `at = \"07:00\"`",
        )
        .and_then(|text| self::time(cx, &at.join("at"), text));
    match (table.every, table.business_day) {
        (Some(unit), None) => {
            for (key, there) in [("of", table.of.is_some()), ("holidays", table.holidays.is_some())] {
                if there {
                    cx.report(
                        &at.join(key),
                        "goes with `business_day` only",
                        Some(format!("remove `{key}`")),
                    );
                }
            }
            let day = day(cx, at, unit, table.day.as_ref());
            Some(Schedule::Every {
                unit,
                day: day?,
                at: time?,
            })
        }
        (None, Some(nth)) => {
            if table.day.is_some() {
                cx.report(
                    &at.join("day"),
                    "goes with `every` only",
                    Some("remove `day`".into()),
                );
            }
            let of = business_unit(cx, at, table.of);
            let nth = of.and_then(|of| business_day(cx, &at.join("business_day"), of, nth));
            let holidays = holidays(cx, &at.join("holidays"), table.holidays.as_ref());
            Some(Schedule::BusinessDay {
                nth: nth?,
                of: of?,
                at: time?,
                holidays: holidays?,
            })
        }
        (Some(_), Some(_)) => {
            cx.report(
                &at.join("business_day"),
                "excludes `every`",
                Some("keep one of the two".into()),
            );
            None
        }
        (None, None) => {
            let told = ["every", "business_day"]
                .iter()
                .any(|key| cx.is_excused(&at.join(key)));
            if !told {
                let hint = "write `every = \"month\", day = 1` or `business_day = 3, of = \"month\"`";
                cx.report(at, "has neither `every` nor `business_day`", Some(hint.into()));
            }
            None
        }
    }
}

fn time(cx: &mut Check<'_>, path: &KeyPath, text: &str) -> Option<NaiveTime> {
    let exact = text.len() == "07:00".len();
    let time = NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| exact);
    if time.is_none() {
        cx.report(
            path,
            "not a time of the day",
            Some("write `HH:MM`, such as `07:00`".into()),
        );
    }
    time
}

fn day(cx: &mut Check<'_>, at: &KeyPath, unit: CalendarUnit, entry: Option<&DayEntry>) -> Option<DayRule> {
    let path = at.join("day");
    let longest = match unit {
        CalendarUnit::Day => {
            if entry.is_some() {
                cx.report(&path, "every day has no day", Some("remove `day`".into()));
                return None;
            }
            return Some(DayRule::Nth(1));
        }
        CalendarUnit::Week => 7,
        CalendarUnit::Month => 31,
        CalendarUnit::Quarter => 92,
        CalendarUnit::Year => 366,
    };
    let week = unit == CalendarUnit::Week;
    let hint = if week {
        "write a day of the week, `\"MON\"` to `\"SUN\"`".to_owned()
    } else {
        format!("write a number from 1 to {longest}, or `\"last\"`")
    };
    let rule = match cx.required(at, "day", entry, &hint)? {
        DayEntry::Name(name) if week => weekday(name).map(DayRule::Weekday),
        DayEntry::Name(name) => (name == "last").then_some(DayRule::Last),
        DayEntry::Number(number) => {
            let number = u32::try_from(*number).ok();
            number
                .filter(|number| !week && (1..=longest).contains(number))
                .map(DayRule::Nth)
        }
    };
    if rule.is_none() {
        let label = if week {
            "not a day of the week"
        } else {
            "not a day of this unit"
        };
        cx.report(&path, label, Some(hint));
    }
    rule
}

/// Three letters or the whole name, in any case.
fn weekday(name: &str) -> Option<Weekday> {
    name.parse().ok()
}

fn business_unit(cx: &mut Check<'_>, at: &KeyPath, of: Option<CalendarUnit>) -> Option<CalendarUnit> {
    let hint = "write `of = \"month\"`, `\"quarter\"` or `\"year\"`";
    let of = *cx.required(at, "of", of.as_ref(), hint)?;
    let counted = matches!(
        of,
        CalendarUnit::Month | CalendarUnit::Quarter | CalendarUnit::Year
    );
    if !counted {
        cx.report(
            &at.join("of"),
            "business days are not counted in it",
            Some(hint.into()),
        );
    }
    counted.then_some(of)
}

fn business_day(cx: &mut Check<'_>, path: &KeyPath, of: CalendarUnit, nth: i32) -> Option<i32> {
    // The fewest weekdays that the unit can have, so that the day always exists but for holidays.
    let most = match of {
        CalendarUnit::Year => 260,
        CalendarUnit::Quarter => 64,
        _ => 20,
    };
    let fits = nth != 0 && nth.unsigned_abs() <= most;
    if !fits {
        let hint = format!("1 is the first business day, -1 the last; at most {most} here");
        cx.report(path, "not a business day of this unit", Some(hint));
    }
    fits.then_some(nth)
}

fn holidays(cx: &mut Check<'_>, path: &KeyPath, file: Option<&String>) -> Option<BTreeSet<NaiveDate>> {
    let Some(name) = file else {
        return Some(BTreeSet::new());
    };
    let file = cx.path(path, name)?;
    let small = std::fs::metadata(&file).is_ok_and(|file| file.is_file() && file.len() <= MAX_HOLIDAY_BYTES);
    let text = if small {
        std::fs::read_to_string(&file).ok()
    } else {
        None
    };
    let Some(text) = text else {
        cx.report(path, "there is no such text file", Some(relative_hint()));
        return None;
    };
    match cadence::holidays(&text) {
        Ok(dates) => Some(dates),
        Err(error) => {
            let (label, hint) = halves(&error.to_string());
            cx.report(
                path,
                &label,
                hint.or_else(|| Some("write one date a line, `2026-12-25`".into())),
            );
            None
        }
    }
}

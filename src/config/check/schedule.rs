//! `schedule`.

use super::Check;
use super::values::relative_hint;
use crate::config::document::schedule::{DayEntry, ScheduleEntry, ScheduleTable};
use crate::config::plan::{DayRule, Rule, Schedule};
use crate::config::problem::KeyPath;
use crate::period::CalendarUnit;
use crate::schedule::cadence;
use chrono::{NaiveDate, NaiveTime, Weekday};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// Largest list of holidays, in bytes.
const MAX_HOLIDAY_BYTES: u64 = 1024 * 1024;

/// How much later than its time a schedule may fall due, in seconds: up to six hours.
const JITTER_SECS: RangeInclusive<u64> = 1..=6 * 3600;
/// What decides the days of a schedule; exactly one of them.
const RULES: [&str; 3] = ["every", "business_day", "cron"];

/// Checks when a job falls due.
pub(super) fn schedule(cx: &mut Check<'_>, at: &KeyPath, entry: &ScheduleEntry) -> Option<Schedule> {
    match entry {
        ScheduleEntry::Cron(text) => cron(cx, at, text).map(Schedule::from),
        ScheduleEntry::Table(entry) => table(cx, at, entry),
    }
}

fn table(cx: &mut Check<'_>, at: &KeyPath, table: &ScheduleTable) -> Option<Schedule> {
    let rule = rule(cx, at, table);
    let start = date(cx, &at.join("start"), table.start.as_ref());
    let end = date(cx, &at.join("end"), table.end.as_ref());
    let reversed = matches!((start, end), (Some(Some(start)), Some(Some(end))) if end < start);
    if reversed {
        let hint = "both days belong to it; write the earlier one as `start`";
        cx.report(&at.join("end"), "lies before `start`", Some(hint.into()));
    }
    let jitter = table.jitter.as_ref().map_or(Some(Duration::ZERO), |text| {
        let hint = "write `1s` to `6h`, such as `5m`";
        cx.duration_within(&at.join("jitter"), text, &JITTER_SECS, hint)
    });
    Some(Schedule {
        rule: rule?,
        start: start?,
        end: end?,
        jitter: jitter?,
    })
}

/// An optional date. The outer `None` is a problem.
fn date(cx: &mut Check<'_>, path: &KeyPath, text: Option<&String>) -> Option<Option<NaiveDate>> {
    let Some(text) = text else { return Some(None) };
    let date: Option<NaiveDate> = text.parse().ok().filter(|_| text.len() == "2026-01-01".len());
    if date.is_none() {
        let hint = "write `YYYY-MM-DD`, such as `2026-01-01`";
        cx.report(path, "not a date", Some(hint.into()));
    }
    date.map(Some)
}

fn cron(cx: &mut Check<'_>, at: &KeyPath, text: &str) -> Option<Rule> {
    cx.text(at, text)?;
    // A parsed pattern takes some kilobytes, and thousands of jobs may have the same.
    let known = cx.patterns.get(text).map(|pattern| Ok(Arc::clone(pattern)));
    match known.unwrap_or_else(|| cadence::parse_cron(text).map(Arc::new)) {
        Ok(pattern) => {
            cx.patterns.insert(text.to_owned(), Arc::clone(&pattern));
            Some(Rule::Cron {
                text: text.to_owned(),
                pattern,
            })
        }
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

fn rule(cx: &mut Check<'_>, at: &KeyPath, table: &ScheduleTable) -> Option<Rule> {
    let there = [
        table.every.is_some(),
        table.business_day.is_some(),
        table.cron.is_some(),
    ];
    let found: Vec<&str> = RULES
        .into_iter()
        .zip(there)
        .filter(|(_, is)| *is)
        .map(|(key, _)| key)
        .collect();
    match found[..] {
        ["every"] => every(cx, at, table),
        ["business_day"] => by_business_day(cx, at, table),
        ["cron"] => {
            only_with(
                cx,
                at,
                table,
                &["day", "of", "at", "holidays"],
                "`every` and `business_day`",
            );
            cron(cx, &at.join("cron"), table.cron.as_ref()?)
        }
        [first, second, ..] => {
            let label = format!("excludes `{first}`");
            cx.report(&at.join(second), &label, Some("keep one of the two".into()));
            None
        }
        _ => {
            if !RULES.iter().any(|key| cx.is_excused(&at.join(key))) {
                let hint = "write `every = \"month\", day = 1`, `business_day = 3, of = \"month\"` or \
                            `cron = \"0 7 1 * *\"`";
                let label = "has none of `every`, `business_day` and `cron`";
                cx.report(at, label, Some(hint.into()));
            }
            None
        }
    }
}

/// Tells which of `keys` are there although they belong to `others`.
fn only_with(cx: &mut Check<'_>, at: &KeyPath, table: &ScheduleTable, keys: &[&str], others: &str) {
    let there = [
        ("day", table.day.is_some()),
        ("of", table.of.is_some()),
        ("at", table.at.is_some()),
        ("holidays", table.holidays.is_some()),
    ];
    for (key, _) in there.into_iter().filter(|(key, is)| *is && keys.contains(key)) {
        let label = format!("goes with {others} only");
        cx.report(&at.join(key), &label, Some(format!("remove `{key}`")));
    }
}

fn every(cx: &mut Check<'_>, at: &KeyPath, table: &ScheduleTable) -> Option<Rule> {
    let unit = table.every?;
    let time = local_time(cx, at, table);
    only_with(cx, at, table, &["of", "holidays"], "`business_day`");
    let day = day(cx, at, unit, table.day.as_ref());
    Some(Rule::Every {
        unit,
        day: day?,
        at: time?,
    })
}

fn by_business_day(cx: &mut Check<'_>, at: &KeyPath, table: &ScheduleTable) -> Option<Rule> {
    let nth = table.business_day?;
    let time = local_time(cx, at, table);
    only_with(cx, at, table, &["day"], "`every`");
    let of = business_unit(cx, at, table.of);
    let nth = of.and_then(|of| business_day(cx, &at.join("business_day"), of, nth));
    let holidays = holidays(cx, &at.join("holidays"), table.holidays.as_ref());
    Some(Rule::BusinessDay {
        nth: nth?,
        of: of?,
        at: time?,
        holidays: holidays?,
    })
}

fn local_time(cx: &mut Check<'_>, at: &KeyPath, table: &ScheduleTable) -> Option<NaiveTime> {
    let hint = "write the local time, `at = \"07:00\"`";
    cx.required(at, "at", table.at.as_ref(), hint)
        .and_then(|text| time(cx, &at.join("at"), text))
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
    let text = match std::fs::metadata(&file) {
        Ok(file) if file.len() > MAX_HOLIDAY_BYTES => Err((
            "is larger than 1 MiB".to_owned(),
            "a list of holidays has a few kilobytes; is it the right file?".to_owned(),
        )),
        Ok(_) => std::fs::read_to_string(&file).map_err(|error| {
            let hint = match error.kind() {
                ErrorKind::InvalidData => "save it as UTF-8",
                _ => "check that it is a file and that this user may read it",
            };
            (error.to_string(), hint.to_owned())
        }),
        Err(_) => Err(("there is no such text file".to_owned(), relative_hint())),
    };
    let text = text
        .map_err(|(label, hint)| cx.report(path, &label, Some(hint)))
        .ok()?;
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

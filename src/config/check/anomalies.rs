//! `anomalies` of a job.

use super::Check;
use crate::config::document::PercentEntry;
use crate::config::document::anomalies::{AnomaliesEntry, EventEntry};
use crate::config::plan::{Anomalies, Event};
use crate::config::problem::KeyPath;
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};
use std::ops::RangeInclusive;

/// Amounts that can be asked for.
const FLOORS: RangeInclusive<Decimal> = dec!(0)..=dec!(1_000_000_000_000);
/// Scores that can be asked for: below one half of all days would be unusual, beyond a thousand none.
const SCORES: RangeInclusive<Decimal> = dec!(1)..=dec!(1000);
/// Differences that can be asked for, in per cent.
const PERCENTS: RangeInclusive<Decimal> = dec!(0)..=dec!(1_000_000);
/// Most known events of a job.
const MOST_EVENTS: usize = 1000;

/// Checks when a day is unusual. The outer `None` is a problem.
pub(super) fn anomalies(
    cx: &mut Check<'_>,
    at: &KeyPath,
    entry: Option<&AnomaliesEntry>,
) -> Option<Option<Anomalies>> {
    let Some(entry) = entry else { return Some(None) };
    let usual = Anomalies::default();
    let limit = |cx: &mut Check<'_>, key: &str, written: Option<&PercentEntry>, usual, bounds| {
        written.map_or(Some(usual), |written| number(cx, &at.join(key), written, bounds))
    };
    let floor = limit(cx, "floor", entry.floor.as_ref(), usual.floor, &FLOORS);
    let z = limit(cx, "z", entry.z.as_ref(), usual.z, &SCORES);
    let percent = limit(cx, "percent", entry.percent.as_ref(), usual.percent, &PERCENTS);
    let events = events(cx, &at.join("events"), &entry.events);
    Some(Some(Anomalies {
        floor: floor?,
        z: z?,
        percent: percent?,
        events: events?,
    }))
}

/// A number within bounds.
fn number(
    cx: &mut Check<'_>,
    path: &KeyPath,
    written: &PercentEntry,
    bounds: &RangeInclusive<Decimal>,
) -> Option<Decimal> {
    let number = Decimal::from_str_exact(written.0.trim()).ok();
    let fits = number.filter(|number| bounds.contains(number));
    if fits.is_none() {
        let label = if number.is_some() {
            "out of bounds"
        } else {
            "not a number"
        };
        let hint = format!("write a number from {} to {}", bounds.start(), bounds.end());
        cx.report(path, label, Some(hint));
    }
    fits
}

fn events(cx: &mut Check<'_>, path: &KeyPath, entries: &[EventEntry]) -> Option<Vec<Event>> {
    if entries.len() > MOST_EVENTS {
        let hint = format!("keep the last {MOST_EVENTS}");
        cx.report(path, "too many events", Some(hint));
        return None;
    }
    let before = cx.problem_count();
    let events: Vec<Event> = entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| event(cx, &path.join(index), entry))
        .collect();
    (cx.problem_count() == before).then_some(events)
}

fn event(cx: &mut Check<'_>, at: &KeyPath, entry: &EventEntry) -> Option<Event> {
    let label = cx
        .required(at, "label", entry.label.as_ref(), "write `label = \"load test\"`")
        .and_then(|text| cx.text(&at.join("label"), text));
    let days = match (&entry.date, &entry.from, &entry.to) {
        (Some(date), None, None) => day(cx, &at.join("date"), date).map(|date| (date, date)),
        (None, Some(from), Some(to)) => {
            let from = day(cx, &at.join("from"), from);
            from.zip(day(cx, &at.join("to"), to))
        }
        (Some(_), _, _) => {
            let other = if entry.from.is_some() { "from" } else { "to" };
            let hint = "write either `date`, or `from` and `to`";
            cx.report(&at.join(other), "stands beside `date`", Some(hint.into()));
            None
        }
        (None, from, to) => {
            let (missing, label) = match (from, to) {
                (Some(_), _) => ("to", "`to` is missing"),
                (None, Some(_)) => ("from", "`from` is missing"),
                (None, None) => ("from", "the day is missing"),
            };
            let hint = "write `date = \"2026-10-14\"`, or `from` and `to`";
            if !["date", missing].iter().any(|key| cx.is_excused(&at.join(key))) {
                cx.report(at, label, Some(hint.into()));
            }
            None
        }
    };
    let (from, to) = days?;
    if to < from {
        let hint = "exchange the two: `to` is the last day, included";
        cx.report(&at.join("to"), "before `from`", Some(hint.into()));
        return None;
    }
    Some(Event {
        from,
        to,
        label: label?,
        action: entry.action.unwrap_or_default(),
    })
}

fn day(cx: &mut Check<'_>, path: &KeyPath, text: &str) -> Option<NaiveDate> {
    let day: Option<NaiveDate> = text.parse().ok().filter(|_| text.len() == "2026-01-01".len());
    if day.is_none() {
        let hint = "write `YYYY-MM-DD`, such as `2026-10-14`";
        cx.report(path, "not a date", Some(hint.into()));
    }
    day
}

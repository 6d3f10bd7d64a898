//! Holidays out of a calendar file (iCalendar, RFC 5545): the days of its events.
//!
//! Days are taken as they are written. Whatever would leave a day in doubt is an error that names the event: a holiday
//! that is silently missing lets a report go out on the wrong day.

use crate::schedule::cadence::CadenceError;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use icalendar::parser::{Component, Property, read_calendar, unfold};
use std::collections::BTreeSet;

/// How deep components may be nested; the parser calls itself for each level.
const DEEPEST: usize = 8;
/// Longest event, in days.
const LONGEST_EVENT: u64 = 366;
/// Most days of all events together.
const MOST_DAYS: usize = 100_000;
/// Years in which yearly events are repeated.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;

/// What is not understood about an event.
type Doubt = &'static str;

/// The days of all events that are not cancelled.
pub(super) fn holidays(text: &str) -> Result<BTreeSet<NaiveDate>, CadenceError> {
    // The parser takes the next CRLF for the end of a line, however many lines before it end in LF.
    let text = unfold(&text.trim_start().replace("\r\n", "\n").replace('\r', "\n"));
    let text = text.trim_end();
    let events_written = nesting(text)?;
    let calendar = read_calendar(text).map_err(|_| unreadable("a line of it cannot be read"))?;
    let events: Vec<&Component<'_>> = calendar
        .components
        .iter()
        .filter(|component| component.name.as_str() == "VEVENT")
        .collect();
    if events.len() != events_written {
        return Err(unreadable("some of its events cannot be read"));
    }
    let mut days = BTreeSet::new();
    for (index, event) in events.iter().enumerate() {
        let found = days_of(event).map_err(|why| CadenceError::CalendarEvent {
            event: name(event, index),
            why,
        })?;
        days.extend(found);
        if days.len() > MOST_DAYS {
            return Err(CadenceError::TooManyHolidays);
        }
    }
    Ok(days)
}

fn unreadable(why: &str) -> CadenceError {
    CadenceError::CalendarFile(why.to_owned())
}

/// How many events there are, once it is certain that the nesting is that of a calendar.
fn nesting(text: &str) -> Result<usize, CadenceError> {
    let (mut depth, mut events) = (0_usize, 0);
    for line in text.lines() {
        let line = line.trim_end();
        if line.starts_with("BEGIN:") {
            depth += 1;
            events += usize::from(line == "BEGIN:VEVENT");
        } else if line.starts_with("END:") {
            depth = depth
                .checked_sub(1)
                .ok_or_else(|| unreadable("it ends before it begins"))?;
        }
        if depth > DEEPEST {
            return Err(unreadable("it is nested too deep"));
        }
    }
    match depth {
        0 => Ok(events),
        _ => Err(unreadable("its end is missing")),
    }
}

/// What the event is called: its summary, or its number.
fn name(event: &Component<'_>, index: usize) -> String {
    let summary = values(event, "SUMMARY").next().unwrap_or_default();
    let shown: String = summary.chars().filter(|c| !c.is_control()).take(40).collect();
    if shown.trim().is_empty() {
        format!("number {}", index + 1)
    } else {
        shown
    }
}

fn properties<'e>(event: &'e Component<'_>, name: &'e str) -> impl Iterator<Item = &'e Property<'e>> {
    event
        .properties
        .iter()
        .filter(move |property| property.name.as_str().eq_ignore_ascii_case(name))
}

fn values<'e>(event: &'e Component<'_>, name: &'e str) -> impl Iterator<Item = &'e str> {
    properties(event, name).map(|property| property.val.as_str().trim())
}

/// A date, perhaps with a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    date: NaiveDate,
    time: Option<NaiveTime>,
    utc: bool,
}

impl Moment {
    /// `20261225`, `20261225T080000`, `20261225T080000Z`.
    fn read(text: &str) -> Option<Self> {
        let (text, utc) = text.strip_suffix('Z').map_or((text, false), |text| (text, true));
        if !text.is_ascii() {
            return None;
        }
        if text.len() == 8 && !utc {
            let date = NaiveDate::parse_from_str(text, "%Y%m%d").ok()?;
            return Some(Self {
                date,
                time: None,
                utc,
            });
        }
        let moment = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok()?;
        (text.len() == 15).then(|| Self {
            date: moment.date(),
            time: Some(moment.time()),
            utc,
        })
    }

    fn at_midnight(self) -> bool {
        self.time.is_none_or(|time| time == NaiveTime::MIN)
    }
}

fn days_of(event: &Component<'_>) -> Result<Vec<NaiveDate>, Doubt> {
    if values(event, "STATUS").any(|status| status.eq_ignore_ascii_case("CANCELLED")) {
        return Ok(Vec::new());
    }
    if values(event, "RECURRENCE-ID").next().is_some() || values(event, "EXRULE").next().is_some() {
        return Err("changes a repetition of another one");
    }
    let start = values(event, "DTSTART").next().ok_or("has no start")?;
    let start = Moment::read(start).ok_or("has a start that is no date")?;
    let length = length(event, start)?;
    let mut starts = BTreeSet::from([start.date]);
    for rule in values(event, "RRULE") {
        is_yearly(rule)?;
        let first = start.date.year().max(*YEARS.start());
        starts.extend((first..=*YEARS.end()).filter_map(|year| start.date.with_year(year)));
    }
    starts.extend(listed(event, "RDATE")?);
    for left_out in listed(event, "EXDATE")? {
        starts.remove(&left_out);
    }
    Ok(starts
        .into_iter()
        .flat_map(|start| (0..length).filter_map(move |day| start.checked_add_days(Days::new(day))))
        .collect())
}

/// How many days the event touches, at least 1.
fn length(event: &Component<'_>, start: Moment) -> Result<u64, Doubt> {
    // A meeting in a calendar of work closes nothing.
    let in_a_day = "has times of day, so that it is not certain that its days are free";
    if !start.at_midnight() {
        return Err(in_a_day);
    }
    let days = match (values(event, "DTEND").next(), values(event, "DURATION").next()) {
        (Some(end), _) => {
            let end = Moment::read(end).ok_or("has an end that is no date")?;
            // The end is excluded: an event up to midnight does not touch the day that begins then.
            match end.time {
                None | Some(NaiveTime::MIN) => (end.date - start.date).num_days(),
                Some(time) if time.hour() == 23 && time.minute() == 59 => {
                    (end.date - start.date).num_days() + 1
                }
                Some(_) => return Err(in_a_day),
            }
        }
        (None, Some(duration)) => whole_days(duration)?,
        (None, None) => 1,
    };
    // Some calendars write the day itself as the end of a day.
    let days = u64::try_from(days).map_err(|_| "ends before it starts")?.max(1);
    if days > LONGEST_EVENT {
        return Err("is longer than a year");
    }
    Ok(days)
}

/// `P1D`, `P2W`.
fn whole_days(duration: &str) -> Result<i64, Doubt> {
    let doubt = "has a duration that is not one of whole days";
    let text = duration.strip_prefix('P').ok_or(doubt)?;
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(doubt)?;
    let number: u16 = number.parse().map_err(|_| doubt)?;
    match unit {
        "D" => Ok(number.into()),
        "W" => Ok(i64::from(number) * 7),
        _ => Err(doubt),
    }
}

/// Whether a rule repeats the event on its day of every year, for ever.
fn is_yearly(rule: &str) -> Result<(), Doubt> {
    let rule = rule.to_ascii_uppercase();
    let mut parts = rule.split(';').filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (Some("FREQ=YEARLY"), None) => Ok(()),
        _ => Err("repeats by a rule that is not built"),
    }
}

/// The dates of a list of dates.
fn listed(event: &Component<'_>, name: &str) -> Result<Vec<NaiveDate>, Doubt> {
    values(event, name)
        .flat_map(|list| list.split(','))
        .map(|text| Moment::read(text.trim()).map(|moment| moment.date))
        .collect::<Option<_>>()
        .ok_or("lists repetitions that are no dates")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_events(events: &[&str]) -> Result<BTreeSet<NaiveDate>, CadenceError> {
        let events = events.join("\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n");
        let events = match events.as_str() {
            "" => String::new(),
            events => format!("BEGIN:VEVENT\r\n{events}\r\nEND:VEVENT\r\n"),
        };
        holidays(&format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n"
        ))
    }

    fn told(event: &str) -> String {
        match of_events(&[event]) {
            Ok(days) => days.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn events_have_the_days_that_are_written() {
        for (event, expected) in [
            ("DTSTART;VALUE=DATE:20261225", "2026-12-25"),
            (
                "DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261226",
                "2026-12-25",
            ),
            (
                "DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261225",
                "2026-12-25",
            ),
            (
                "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227",
                "2026-12-24 2026-12-25 2026-12-26",
            ),
            ("DTSTART:20261225\r\nDURATION:P2D", "2026-12-25 2026-12-26"),
            (
                "DTSTART;TZID=Europe/Madrid:20261225T000000\r\nDTEND;TZID=Europe/Madrid:20261225T235959",
                "2026-12-25",
            ),
            ("DTSTART:20261225T000000\r\nDTEND:20261226T000000", "2026-12-25"),
            (
                "DTSTART:20261225T000000Z\r\nDTEND:20261227T000000Z",
                "2026-12-25 2026-12-26",
            ),
            (
                "DTSTART:20261225\r\nRDATE;VALUE=DATE:20270106,20270401",
                "2026-12-25 2027-01-06 2027-04-01",
            ),
            (
                "DTSTART:20261225\r\nRDATE:20270106\r\nEXDATE:20261225",
                "2027-01-06",
            ),
            ("DTSTART:20261225\r\nSTATUS:CANCELLED", ""),
            (
                "DTSTART:20980228\r\nRRULE:FREQ=YEARLY",
                "2098-02-28 2099-02-28 2100-02-28",
            ),
            ("DTSTART:20960229\r\nRRULE:FREQ=YEARLY;", "2096-02-29"),
            (
                "DTSTART:20991231\r\nDURATION:P2D\r\nRRULE:FREQ=YEARLY",
                "2099-12-31 2100-01-01 2100-12-31 2101-01-01",
            ),
        ] {
            assert_eq!(told(event), expected, "{event}");
        }
        let yearly = of_events(&["DTSTART:19000106\r\nRRULE:FREQ=YEARLY"]).unwrap();
        assert_eq!(yearly.len(), 132, "the first, and 1970 to 2100");
    }

    #[test]
    fn what_leaves_a_day_in_doubt_is_named() {
        for (event, expected) in [
            (
                "SUMMARY:Reyes\r\nDTSTART:20270106\r\nRRULE:FREQ=YEARLY;COUNT=3",
                "`Reyes` of the holidays repeats",
            ),
            (
                "DTSTART:20270106\r\nRRULE:FREQ=WEEKLY",
                "`number 1` of the holidays repeats by a rule",
            ),
            (
                "SUMMARY:Long\r\n er name\r\nDTSTART:x",
                "`Longer name` of the holidays has a start that is no date",
            ),
            ("SUMMARY:None", "`None` of the holidays has no start"),
            ("DTSTART:20270106\r\nDTEND:20270101", "ends before it starts"),
            ("DTSTART:20270106\r\nDTEND:20300101", "longer than a year"),
            ("DTSTART:20270106\r\nDURATION:PT36H", "not one of whole days"),
            (
                "DTSTART:20270106\r\nRDATE;VALUE=PERIOD:20270106T000000Z/PT1H",
                "no dates",
            ),
            (
                "DTSTART:20270106\r\nRECURRENCE-ID:20270106",
                "changes a repetition",
            ),
            (
                "DTSTART:20270105T230000Z\r\nDTEND:20270106T230000Z",
                "has times of day",
            ),
            (
                "SUMMARY:Stand-up\r\nDTSTART;TZID=Europe/Madrid:20270104T090000\r\nDTEND;TZID=Europe/Madrid:20270104T093000",
                "`Stand-up` of the holidays has times of day",
            ),
            (
                "DTSTART:20270104T000000\r\nDTEND:20270104T120000",
                "has times of day",
            ),
            ("DTSTART:20270104T120000", "has times of day"),
            ("DTSTART:20270230", "no date"),
        ] {
            let told = told(event);
            assert!(told.contains(expected), "{event}: {told}");
            assert!(told.contains("one date a line"), "{told}");
        }
    }

    #[test]
    fn calendar_files_may_be_written_in_any_usual_way() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:16010101T000000\nEND:STANDARD\n\
            END:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\r\nSUMMARY:Navidad\\, sí\nEND:VEVENT\n\
            BEGIN:VEVENT\nUID:2\nDTSTART;VALUE=DATE:20270106\nEND:VEVENT\nEND:VCALENDAR\n\n";
        let days = holidays(text).unwrap();
        assert_eq!(
            days.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["2026-12-25", "2027-01-06"]
        );
        assert_eq!(of_events(&[]), Ok(BTreeSet::new()));
    }

    #[test]
    fn what_is_no_calendar_is_refused_without_harm() {
        let deep = "BEGIN:VCALENDAR\n".repeat(20_000);
        for text in [
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\n",
            "BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n",
            "BEGIN:VCALENDAR\n\u{0}\u{1}\nEND:VCALENDAR\n",
            &deep,
        ] {
            let told = holidays(text).unwrap_err().to_string();
            assert!(told.contains("not a calendar file"), "{told}");
        }
    }
}

//! The literals of periods: what the command line reads and what ids are made of.

use crate::period::error::shown;
use crate::period::{Calendar, CalendarUnit, Period, PeriodError};
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// Reads a literal; see [`Period::parse`].
pub(super) fn parse(text: &str, calendar: Calendar) -> Result<Period, PeriodError> {
    if let Some((first, last)) = text.split_once("..") {
        let (first, last) = (day(first, text)?, day(last, text)?);
        return Period::from_range(first, last.succ_opt().ok_or(PeriodError::OutOfRange)?, calendar);
    }
    // A quarter or year written as a calendar one is looked up in plain years, and gets its fiscal name if it has one.
    let (start, end) = match text.strip_prefix("FY") {
        Some(rest) if calendar.fiscal_start().is_some() => fiscal(rest, text, calendar)?,
        Some(_) => return Err(PeriodError::NotFiscal(shown(text))),
        None => plain(text)?,
    };
    Period::from_range(start, end, calendar)
}

/// The canonical literal of a whole unit.
pub(super) fn of_unit(unit: CalendarUnit, start: NaiveDate, end: NaiveDate, calendar: Calendar) -> String {
    // A fiscal year bears the year in which it ends, so its quarters need the end of the year, not their own.
    let year = match calendar.bounds(CalendarUnit::Year, start) {
        Some((_, year_end)) => (year_end - Days::new(1)).year(),
        None => end.year(),
    };
    let fiscal = if calendar.fiscal_start().is_some() {
        "FY"
    } else {
        ""
    };
    match unit {
        CalendarUnit::Day => start.to_string(),
        CalendarUnit::Week => {
            let week = start.iso_week();
            format!("{:04}-W{:02}", week.year(), week.week())
        }
        CalendarUnit::Month => format!("{:04}-{:02}", start.year(), start.month()),
        CalendarUnit::Quarter => format!("{fiscal}{year:04}-Q{}", calendar.quarter_number(start)),
        CalendarUnit::Year => format!("{fiscal}{year:04}"),
    }
}

/// The literal of any other range, last day included.
pub(super) fn of_range(start: NaiveDate, end: NaiveDate) -> String {
    format!("{start}..{}", end - Days::new(1))
}

/// The Monday of an ISO week; `None` where the year has no such week.
pub(super) fn iso_week(year: i32, week: u32) -> Option<NaiveDate> {
    NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)
}

type Bounds = (NaiveDate, NaiveDate);

fn plain(text: &str) -> Result<Bounds, PeriodError> {
    let years = Calendar::years();
    let unknown = || PeriodError::UnknownLiteral(shown(text));
    let Some((year, rest)) = text.split_once('-') else {
        let year = four_digits(text).ok_or_else(unknown)?;
        return bounds(years, CalendarUnit::Year, first_of(year, 1));
    };
    let year = four_digits(year).ok_or_else(unknown)?;
    let missing = |why, example| PeriodError::NotInCalendar {
        text: shown(text),
        why,
        example,
    };
    if let Some(week) = rest.strip_prefix('W') {
        let week = number(week, 2).ok_or_else(unknown)?;
        let monday = iso_week(year, week)
            .ok_or_else(|| missing("ISO weeks run from W01 to W52, in some years to W53", "2026-W53"))?;
        return bounds(years, CalendarUnit::Week, Some(monday));
    }
    if let Some(quarter) = rest.strip_prefix('Q') {
        let quarter = number(quarter, 1).ok_or_else(unknown)?;
        let first = quarter_start(quarter).ok_or_else(|| missing("quarters run from Q1 to Q4", "2026-Q3"))?;
        return bounds(years, CalendarUnit::Quarter, first_of(year, first + 1));
    }
    if rest.contains('-') {
        return bounds(years, CalendarUnit::Day, Some(day(text, text)?));
    }
    let month = number(rest, 2).ok_or_else(unknown)?;
    let first = first_of(year, month).ok_or_else(|| missing("months run from 01 to 12", "2026-10"))?;
    bounds(years, CalendarUnit::Month, Some(first))
}

/// What follows `FY`: `2027` or `2027-Q3`.
fn fiscal(rest: &str, text: &str, calendar: Calendar) -> Result<Bounds, PeriodError> {
    let unknown = || PeriodError::UnknownLiteral(shown(text));
    let (label, quarter) = match rest.split_once("-Q") {
        Some((label, quarter)) => (label, Some(number(quarter, 1).ok_or_else(unknown)?)),
        None => (rest, None),
    };
    let label = four_digits(label).ok_or_else(unknown)?;
    // The first of January of the year in which it ends lies in the fiscal year, since none starts in January here.
    let (start, end) = bounds(calendar, CalendarUnit::Year, first_of(label, 1))?;
    let Some(quarter) = quarter else {
        return Ok((start, end));
    };
    let months = quarter_start(quarter).ok_or_else(|| PeriodError::NotInCalendar {
        text: shown(text),
        why: "quarters run from Q1 to Q4",
        example: "FY2027-Q3",
    })?;
    bounds(
        calendar,
        CalendarUnit::Quarter,
        start.checked_add_months(Months::new(months)),
    )
}

fn bounds(calendar: Calendar, unit: CalendarUnit, date: Option<NaiveDate>) -> Result<Bounds, PeriodError> {
    date.and_then(|date| calendar.bounds(unit, date))
        .ok_or(PeriodError::OutOfRange)
}

/// Months between the start of a year and of its quarter.
fn quarter_start(quarter: u32) -> Option<u32> {
    (1..=4).contains(&quarter).then(|| (quarter - 1) * 3)
}

fn first_of(year: i32, month: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, 1)
}

/// A date `2026-10-14` inside the literal `text`.
fn day(date: &str, text: &str) -> Result<NaiveDate, PeriodError> {
    let mut parts = date.split('-');
    let (year, month, day) = (
        parts.next().and_then(four_digits),
        parts.next().and_then(|month| number(month, 2)),
        parts.next().and_then(|day| number(day, 2)),
    );
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return Err(PeriodError::UnknownLiteral(shown(text)));
    };
    NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| PeriodError::NotInCalendar {
        text: shown(date),
        why: "the calendar has no such day",
        example: "2026-10-14",
    })
}

fn four_digits(text: &str) -> Option<i32> {
    number(text, 4).and_then(|year| i32::try_from(year).ok())
}

/// A number of exactly so many ASCII digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let exact = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    exact.then(|| text.parse().ok()).flatten()
}

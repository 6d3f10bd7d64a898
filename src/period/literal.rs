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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads `text` in a year that starts in `first_month`; shows `id start..last`, or the error.
    fn read(text: &str, first_month: u32) -> String {
        match parse(text, Calendar::fiscal(first_month).unwrap()) {
            Ok(period) => format!("{} {}..{}", period.id(), period.start(), period.last_day()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_literal_names_its_dates_and_gets_its_canonical_id() {
        for (text, first_month, expected) in [
            ("2026-10-14", 1, "2026-10-14 2026-10-14..2026-10-14"),
            ("2026-W45", 1, "2026-W45 2026-11-02..2026-11-08"),
            ("2026-W53", 1, "2026-W53 2026-12-28..2027-01-03"),
            ("2025-W01", 1, "2025-W01 2024-12-30..2025-01-05"),
            ("2026-10", 1, "2026-10 2026-10-01..2026-10-31"),
            ("2026-Q3", 1, "2026-Q3 2026-07-01..2026-09-30"),
            ("2026", 1, "2026 2026-01-01..2026-12-31"),
            (
                "2026-10-05..2026-10-14",
                1,
                "2026-10-05..2026-10-14 2026-10-05..2026-10-14",
            ),
            ("2026-10-01..2026-10-31", 1, "2026-10 2026-10-01..2026-10-31"),
            ("2026-10-14..2026-10-14", 1, "2026-10-14 2026-10-14..2026-10-14"),
            ("2026-11-02..2026-11-08", 1, "2026-W45 2026-11-02..2026-11-08"),
            ("2026-01-01..2026-12-31", 1, "2026 2026-01-01..2026-12-31"),
            ("FY2027", 4, "FY2027 2026-04-01..2027-03-31"),
            ("FY2027-Q3", 4, "FY2027-Q3 2026-10-01..2026-12-31"),
            ("FY2027-Q4", 4, "FY2027-Q4 2027-01-01..2027-03-31"),
            ("FY2027-Q2", 7, "FY2027-Q2 2026-10-01..2026-12-31"),
            ("FY2027-Q1", 2, "FY2027-Q1 2026-02-01..2026-04-30"),
            ("FY2027-Q1", 12, "FY2027-Q1 2026-12-01..2027-02-28"),
            ("2026-04-01..2027-03-31", 4, "FY2027 2026-04-01..2027-03-31"),
            // Calendar quarters that are fiscal ones get the fiscal name, all others keep theirs.
            ("2026-Q4", 4, "FY2027-Q3 2026-10-01..2026-12-31"),
            ("2026-Q4", 2, "2026-Q4 2026-10-01..2026-12-31"),
            ("2026", 4, "2026 2026-01-01..2026-12-31"),
            ("2026-10", 4, "2026-10 2026-10-01..2026-10-31"),
            ("0001", 1, "0001 0001-01-01..0001-12-31"),
            ("9999", 1, "9999 9999-01-01..9999-12-31"),
        ] {
            assert_eq!(
                read(text, first_month),
                expected,
                "`{text}`, year from {first_month}"
            );
        }
    }

    #[test]
    fn fiscal_quarters_and_months_are_those_of_the_finance_rules() {
        let date: NaiveDate = "2026-11-22".parse().unwrap();
        for (first_month, quarter, fiscal_month) in [(4, "FY2027-Q3", 8), (7, "FY2027-Q2", 5)] {
            let calendar = Calendar::fiscal(first_month).unwrap();
            let containing = |unit| Period::containing(unit, date, calendar).unwrap();
            assert_eq!(containing(CalendarUnit::Quarter).id(), quarter);
            let month = containing(CalendarUnit::Month).start();
            let year = containing(CalendarUnit::Year).start();
            assert_eq!(
                year.checked_add_months(Months::new(fiscal_month - 1)),
                Some(month)
            );
        }
        let april = Calendar::fiscal(4).unwrap();
        assert_eq!(
            parse("FY2027-Q4", april).unwrap().last_day().to_string(),
            "2027-03-31"
        );
        // The 22nd of November is the 53rd day of its quarter.
        let quarter = parse("2026-Q4", Calendar::years()).unwrap();
        assert_eq!(quarter.dates().position(|day| day == date), Some(52));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        for (text, first_month, told) in [
            ("", 1, "`` is not a period; write a day `2026-10-14`"),
            ("october", 1, "is not a period"),
            ("26-10", 1, "is not a period"),
            (" 2026-10", 1, "is not a period"),
            ("2026-1", 1, "is not a period"),
            ("2026-+1", 1, "is not a period"),
            ("2026-w45", 1, "is not a period"),
            ("2026-10-14-1", 1, "is not a period"),
            ("２０２６", 1, "is not a period"),
            ("2026-10-01...2026-10-31", 1, "is not a period"),
            ("2026-10..2026-11", 1, "is not a period"),
            ("2026-13", 1, "months run from 01 to 12; for example `2026-10`"),
            ("2026-Q5", 1, "quarters run from Q1 to Q4"),
            ("2026-Q0", 1, "quarters run from Q1 to Q4"),
            (
                "2025-W53",
                1,
                "ISO weeks run from W01 to W52, in some years to W53",
            ),
            ("2026-W00", 1, "ISO weeks run from W01"),
            ("2026-02-30", 1, "`2026-02-30` does not exist"),
            ("2026-02-01..2026-02-29", 1, "`2026-02-29` does not exist"),
            ("2026-10-31..2026-10-01", 1, "the range ends before it starts"),
            ("FY2027", 1, "set `fiscal_year_start"),
            ("FY2027-Q3", 1, "set `fiscal_year_start"),
            ("FY2027-Q5", 4, "for example `FY2027-Q3`"),
            ("FY27", 4, "is not a period"),
            ("FY2027-10", 4, "is not a period"),
            ("FY0001", 4, "the years 0001 to 9999"),
            ("0000", 1, "the years 0001 to 9999"),
            ("9999-W52", 1, "the years 0001 to 9999"),
        ] {
            let shown = read(text, first_month);
            assert!(shown.contains(told), "`{text}`: {shown}");
        }
        let long = read(&"9".repeat(5_000), 1);
        assert!(long.len() < 400, "{long}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), first_month in 1..=12_u32) {
            let calendar = Calendar::fiscal(first_month).unwrap();
            if let Ok(period) = parse(&text, calendar) {
                prop_assert_eq!(parse(period.id(), calendar).unwrap(), period);
            }
        }

        #[test]
        fn nothing_that_looks_like_a_period_panics(
            text in "(FY)?[0-9]{4}(-(Q[0-9]|W[0-9]{2}|[0-9]{2}(-[0-9]{2})?))?([.]{2}[0-9]{4}-[0-9]{2}-[0-9]{2})?",
            first_month in 1..=12_u32,
        ) {
            let calendar = Calendar::fiscal(first_month).unwrap();
            if let Ok(period) = parse(&text, calendar) {
                prop_assert!(period.days() > 0);
                prop_assert_eq!(parse(period.id(), calendar).unwrap(), period);
            }
        }
    }
}

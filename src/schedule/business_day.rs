//! Business days: Monday to Friday without holidays, counted from either end of a period.

use crate::period::Period;
use crate::schedule::cadence::CadenceError;
use crate::schedule::calendar_file;
use chrono::{Datelike, NaiveDate, Weekday};
use std::collections::BTreeSet;

/// Longest list of holidays that is read, in bytes; four centuries of them fit.
const MOST_BYTES: usize = 256 * 1024;

/// The `nth` business day of a period: 1 is the first, −1 the last. A number beyond the period's business days means
/// the one at that end; `None` where there is none at all.
pub(super) fn nth_business_day(
    period: &Period,
    nth: i32,
    holidays: &BTreeSet<NaiveDate>,
) -> Option<NaiveDate> {
    let days: Vec<NaiveDate> = period
        .dates()
        .filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !holidays.contains(day))
        .collect();
    let last = days.len().checked_sub(1)?;
    let steps = usize::try_from(nth.unsigned_abs().saturating_sub(1))
        .ok()?
        .min(last);
    let index = if nth < 0 { last - steps } else { steps };
    days.get(index).copied()
}

/// Reads a list of holidays: a calendar file (iCalendar), or one date (`2026-12-25`) a line, where empty lines and what
/// follows a `#` are skipped.
pub fn holidays(text: &str) -> Result<BTreeSet<NaiveDate>, CadenceError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.len() > MOST_BYTES {
        return Err(CadenceError::TooManyHolidays);
    }
    if text
        .trim_start()
        .to_ascii_uppercase()
        .starts_with("BEGIN:VCALENDAR")
    {
        return calendar_file::holidays(text);
    }
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split('#').next().unwrap_or_default().trim()))
        .filter(|(_, date)| !date.is_empty())
        .map(|(line, date)| {
            iso_date(date).ok_or_else(|| CadenceError::Holiday {
                line,
                text: date.chars().take(40).collect(),
            })
        })
        .collect()
}

/// A date of exactly ten characters, `2026-12-25`.
fn iso_date(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::Calendar;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn business_days_count_from_both_ends_and_stop_there() {
        let spain = holidays("2026-10-12 # Fiesta Nacional\n2026-12-25\n2027-01-01\n2027-01-06\n").unwrap();
        // 2027-01-01 is a Friday, the 6th a Wednesday.
        for (period, nth, expected) in [
            ("2027-Q1", 1, "2027-01-04"),
            ("2027-Q1", 3, "2027-01-07"),
            ("2027-Q1", -1, "2027-03-31"),
            ("2026-10", 8, "2026-10-13"),
            ("2026-10", -1, "2026-10-30"),
            ("2026-10", -2, "2026-10-29"),
            ("2026-02", 20, "2026-02-27"),
            ("2026-02", 23, "2026-02-27"),
            ("2026-02", -23, "2026-02-02"),
            ("2026", -1, "2026-12-31"),
            ("2026-02", i32::MAX, "2026-02-27"),
            ("2026-02", i32::MIN, "2026-02-02"),
        ] {
            let period = Period::parse(period, Calendar::years()).unwrap();
            assert_eq!(
                nth_business_day(&period, nth, &spain),
                Some(day(expected)),
                "{nth} of {}",
                period.id()
            );
        }
    }

    #[test]
    fn a_period_of_holidays_has_no_business_day() {
        let february = Period::parse("2026-02", Calendar::years()).unwrap();
        assert_eq!(nth_business_day(&february, 1, &february.dates().collect()), None);
    }

    #[test]
    fn a_list_of_holidays_may_have_comments_and_blank_lines() {
        let text = "\u{feff}# Spain, national\r\n\r\n2026-12-25   # Navidad\r\n  2026-01-06\n2026-01-06\n";
        assert_eq!(
            holidays(text),
            Ok(BTreeSet::from([day("2026-12-25"), day("2026-01-06")]))
        );
        assert_eq!(holidays(""), Ok(BTreeSet::new()));
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        for (text, line, shown) in [
            ("2026-12-25\n\n25.12.2026\n", 3, "25.12.2026"),
            ("2026-02-30", 1, "2026-02-30"),
            ("2026-1-1", 1, "2026-1-1"),
            ("2026-12-25,2026-12-26", 1, "2026-12-25,2026-12-26"),
            ("+262026-12-25", 1, "+262026-12-25"),
        ] {
            assert_eq!(
                holidays(text),
                Err(CadenceError::Holiday {
                    line,
                    text: shown.to_owned()
                })
            );
        }
    }

    #[test]
    fn endless_lists_are_refused() {
        assert_eq!(
            holidays(&"2026-12-25\n".repeat(30_000)),
            Err(CadenceError::TooManyHolidays)
        );
    }
}

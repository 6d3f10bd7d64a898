//! Days as a reader wants to see them: runs as ranges.

use crate::language::{Text, Value};
use chrono::NaiveDate;

/// `2026-10-03 to 2026-10-05` and `2026-10-25`: each run of days in order, whatever order they came in.
pub(super) fn spans(mut dates: Vec<NaiveDate>) -> Vec<Text> {
    dates.sort_unstable();
    dates.dedup();
    let mut spans: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for date in dates {
        match spans.last_mut() {
            Some((_, last)) if last.succ_opt() == Some(date) => *last = date,
            _ => spans.push((date, date)),
        }
    }
    let text = |(first, last)| Value::Days(first, last).into();
    spans.into_iter().map(text).collect()
}

/// The days as ranges, one after the other: `2026-10-01 to 2026-10-03, 2026-10-05`.
pub(super) fn named(dates: Vec<NaiveDate>) -> Text {
    Text::joined(&spans(dates), ", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_as_ranges() {
        for (days, expected) in [
            (&[][..], &[][..]),
            (&["2026-10-25"], &["2026-10-25"]),
            (
                &["2026-10-05", "2026-10-03", "2026-10-04", "2026-10-04"],
                &["2026-10-03 to 2026-10-05"],
            ),
            (
                &["2026-10-31", "2026-11-01", "2026-11-03"],
                &["2026-10-31 to 2026-11-01", "2026-11-03"],
            ),
        ] {
            assert_eq!(
                spans(days.iter().map(|day| day.parse().unwrap()).collect()),
                expected
            );
        }
        assert_eq!(spans(vec![NaiveDate::MAX, NaiveDate::MAX]).len(), 1);
    }
}

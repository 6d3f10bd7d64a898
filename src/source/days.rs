//! Days as a reader wants to see them: runs as ranges.

use chrono::NaiveDate;

/// `2026-10-03 to 2026-10-05` and `2026-10-25`: each run of days in order, whatever order they came in.
pub(super) fn spans(mut dates: Vec<NaiveDate>) -> Vec<String> {
    dates.sort_unstable();
    dates.dedup();
    let mut spans: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for date in dates {
        match spans.last_mut() {
            Some((_, last)) if last.succ_opt() == Some(date) => *last = date,
            _ => spans.push((date, date)),
        }
    }
    let text = |(first, last): (NaiveDate, NaiveDate)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first} to {last}")
        }
    };
    spans.into_iter().map(text).collect()
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

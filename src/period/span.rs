//! All periods between two.

use super::{Period, PeriodError, Shape};
use std::iter::successors;

/// Most periods of one span: a thousand days, or eighty years of months.
const MOST: usize = 1000;

/// All periods of the kind of `from`, from `from` through `to`, oldest first; at least one, at most 1000.
///
/// # Errors
/// [`PeriodError::DifferentKinds`] where steps of `from` do not end at `to`, [`PeriodError::Reversed`] where `to` lies before
/// `from`, [`PeriodError::TooMany`].
pub fn periods_from_to(from: &Period, to: &Period) -> Result<Vec<Period>, PeriodError> {
    let ids = || (from.id().to_owned(), to.id().to_owned());
    let different = || {
        let (from, to) = ids();
        PeriodError::DifferentKinds { from, to }
    };
    if !same_kind(from.shape(), to.shape()) {
        return Err(different());
    }
    if to.start() < from.start() {
        let (from, to) = ids();
        return Err(PeriodError::Reversed { from, to });
    }
    let steps =
        successors(Some(from.clone()), Period::next).take_while(|period| period.start() <= to.start());
    let periods: Vec<Period> = steps.take(MOST + 1).collect();
    if periods.len() > MOST {
        let (from, to) = ids();
        return Err(PeriodError::TooMany { from, to, most: MOST });
    }
    match periods.last() {
        Some(last) if (last.start(), last.end()) == (to.start(), to.end()) => Ok(periods),
        _ => Err(different()),
    }
}

fn same_kind(one: Shape, other: Shape) -> bool {
    match (one, other) {
        (Shape::ToDate { unit, .. }, Shape::ToDate { unit: other, .. }) => unit == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::Calendar;

    fn period(text: &str, first_month: u32) -> Period {
        Period::parse(text, Calendar::fiscal(first_month).unwrap()).unwrap()
    }

    fn told(from: &str, to: &str, first_month: u32) -> String {
        match periods_from_to(&period(from, first_month), &period(to, first_month)) {
            Ok(periods) => periods.iter().map(Period::id).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_kind_goes_from_the_first_through_the_last() {
        for (from, to, first_month, expected) in [
            ("2026-10", "2026-10", 1, "2026-10"),
            ("2026-11", "2027-02", 1, "2026-11 2026-12 2027-01 2027-02"),
            ("2028-02-28", "2028-03-01", 1, "2028-02-28 2028-02-29 2028-03-01"),
            ("2026-W52", "2027-W01", 1, "2026-W52 2026-W53 2027-W01"),
            ("2026-Q3", "2027-Q1", 1, "2026-Q3 2026-Q4 2027-Q1"),
            ("FY2026-Q4", "FY2027-Q2", 4, "FY2026-Q4 FY2027-Q1 FY2027-Q2"),
            ("FY2026", "FY2027", 4, "FY2026 FY2027"),
            ("2026", "2027", 4, "2026 2027"),
            (
                "2026-10-05..2026-10-14",
                "2026-10-25..2026-11-03",
                1,
                "2026-10-05..2026-10-14 2026-10-15..2026-10-24 2026-10-25..2026-11-03",
            ),
            ("9999-11", "9999-12", 1, "9999-11 9999-12"),
        ] {
            assert_eq!(told(from, to, first_month), expected, "{from} to {to}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_told_with_a_remedy() {
        for (from, to, first_month, expected) in [
            (
                "2026-10",
                "2026-Q4",
                1,
                "in steps of `2026-10`; write two periods of the same kind",
            ),
            (
                "2026-10",
                "2026-09",
                1,
                "write the earlier period first: from `2026-09` to `2026-10`",
            ),
            ("2026", "FY2028", 4, "from `2026` to `FY2028`"),
            (
                "2026-10-05..2026-10-14",
                "2026-10-25..2026-11-04",
                1,
                "of the same kind",
            ),
            (
                "2026-10-05..2026-10-14",
                "2026-10-26..2026-11-04",
                1,
                "of the same kind",
            ),
            ("2020-01-01", "2026-12-31", 1, "more than 1000 periods"),
        ] {
            let told = told(from, to, first_month);
            assert!(told.contains(expected), "{from} to {to}: {told}");
        }
        let periods = periods_from_to(&period("1950-01", 1), &period("2033-04", 1)).unwrap();
        assert_eq!(periods.len(), MOST);
    }
}

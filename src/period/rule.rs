//! The `period` key of a job: which period a due date reports.

use crate::period::calendar::{Calendar, CalendarUnit};
use crate::period::error::shown;
use crate::period::{Period, PeriodError, Shape};
use chrono::{Days, NaiveDate};
use std::fmt;
use std::str::FromStr;

/// The `period` key of a job.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PeriodRule {
    /// `previous_day`: yesterday.
    PreviousDay,
    /// `previous_week`: the ISO week before this one, from Monday.
    PreviousWeek,
    /// `previous_month`.
    PreviousMonth,
    /// `previous_quarter`, fiscal with a fiscal calendar.
    PreviousQuarter,
    /// `previous_year`, fiscal with a fiscal calendar.
    PreviousYear,
    /// `month_to_date`: up to yesterday.
    MonthToDate,
    /// `quarter_to_date`: up to yesterday.
    QuarterToDate,
    /// `year_to_date`: up to yesterday.
    YearToDate,
    /// `last_days:N`: the N days up to yesterday.
    LastDays(u32),
}

/// Longest rolling period, ten years.
const MOST_LAST_DAYS: u32 = 3660;

const NAMES: [(&str, PeriodRule); 8] = [
    ("previous_day", PeriodRule::PreviousDay),
    ("previous_week", PeriodRule::PreviousWeek),
    ("previous_month", PeriodRule::PreviousMonth),
    ("previous_quarter", PeriodRule::PreviousQuarter),
    ("previous_year", PeriodRule::PreviousYear),
    ("month_to_date", PeriodRule::MonthToDate),
    ("quarter_to_date", PeriodRule::QuarterToDate),
    ("year_to_date", PeriodRule::YearToDate),
];

impl PeriodRule {
    /// The unit of a closed period (`previous_*`), which does not change any more once it is over.
    #[must_use]
    pub fn closed_unit(&self) -> Option<CalendarUnit> {
        match self {
            Self::PreviousDay => Some(CalendarUnit::Day),
            Self::PreviousWeek => Some(CalendarUnit::Week),
            Self::PreviousMonth => Some(CalendarUnit::Month),
            Self::PreviousQuarter => Some(CalendarUnit::Quarter),
            Self::PreviousYear => Some(CalendarUnit::Year),
            Self::MonthToDate | Self::QuarterToDate | Self::YearToDate | Self::LastDays(_) => None,
        }
    }

    /// Whether the period is closed (`previous_*`): reported once, however often the job falls due.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed_unit().is_some()
    }

    /// The period reported by a job that falls due on `today`, the local date of the nominal due time.
    ///
    /// To-date and rolling periods end with the last complete day, yesterday; `None` where that leaves no day.
    #[must_use]
    pub fn resolve(&self, today: NaiveDate, calendar: Calendar) -> Option<Period> {
        let to_date = |unit| {
            let (start, _) = calendar.bounds(unit, today)?;
            let elapsed = u32::try_from((today - start).num_days()).ok()?;
            Period::shaped(start, today, calendar, Shape::ToDate { unit, elapsed })
        };
        match self {
            Self::MonthToDate => to_date(CalendarUnit::Month),
            Self::QuarterToDate => to_date(CalendarUnit::Quarter),
            Self::YearToDate => to_date(CalendarUnit::Year),
            Self::LastDays(days) => {
                let start = today.checked_sub_days(Days::new((*days).into()))?;
                Period::shaped(start, today, calendar, Shape::Range)
            }
            closed => Period::containing(closed.closed_unit()?, today, calendar)?.previous(),
        }
    }
}

impl FromStr for PeriodRule {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        if let Some(days) = text.strip_prefix("last_days:") {
            return days
                .parse()
                .ok()
                .filter(|days| (1..=MOST_LAST_DAYS).contains(days) && !text.contains('+'))
                .map(Self::LastDays)
                .ok_or_else(|| PeriodError::LastDays(shown(text)));
        }
        NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, rule)| rule.clone())
            .ok_or_else(|| PeriodError::UnknownRule(shown(text)))
    }
}

impl fmt::Display for PeriodRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::LastDays(days) = self {
            return write!(f, "last_days:{days}");
        }
        NAMES
            .iter()
            .filter(|(_, rule)| rule == self)
            .try_for_each(|(name, _)| f.write_str(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn told(period: Option<Period>) -> String {
        period.map_or("none".to_owned(), |period| {
            format!("{} ({})", period.id(), period.days())
        })
    }

    /// Rule, local date, first month of the year, and the period with its number of days.
    const RULES: &str = "
previous_day     2026-11-22 1 2026-11-21 (1)
previous_week    2026-11-22 1 2026-W46 (7)
previous_week    2026-11-23 1 2026-W47 (7)
previous_month   2026-11-22 1 2026-10 (31)
previous_month   2027-01-01 1 2026-12 (31)
previous_quarter 2026-11-22 1 2026-Q3 (92)
previous_quarter 2026-11-22 4 FY2027-Q2 (92)
previous_quarter 2026-11-22 2 FY2027-Q3 (92)
previous_year    2026-11-22 1 2025 (365)
previous_year    2026-11-22 4 FY2026 (365)
month_to_date    2026-11-22 1 2026-11-01..2026-11-21 (21)
month_to_date    2026-11-02 1 2026-11-01 (1)
month_to_date    2026-11-01 1 none
quarter_to_date  2026-11-23 1 2026-10-01..2026-11-22 (53)
quarter_to_date  2026-10-01 4 none
year_to_date     2026-11-22 1 2026-01-01..2026-11-21 (325)
year_to_date     2026-11-22 4 2026-04-01..2026-11-21 (235)
year_to_date     2027-04-01 4 none
last_days:30     2026-11-22 1 2026-10-23..2026-11-21 (30)
last_days:1      2026-11-22 1 2026-11-21 (1)
last_days:3660   0005-01-01 1 none
previous_day     0001-01-01 1 none
";

    /// Rule, local date, first month of the year; then the period before and the one a year before.
    const COMPARISONS: &str = "
quarter_to_date 2026-11-23 1 2026-07-01..2026-08-22 (53); 2025-10-01..2025-11-22 (53)
quarter_to_date 2028-07-31 2 FY2029-Q1 (90); 2027-05-01..2027-07-30 (91)
month_to_date   2026-03-31 1 2026-02 (28); 2025-03-01..2025-03-30 (30)
year_to_date    2028-03-01 1 2027-01-01..2027-03-01 (60); 2027-01-01..2027-02-28 (59)
";

    /// Resolves the first three words of a row; gives back the rest of it, too.
    fn resolved(row: &str) -> (Option<Period>, String) {
        let mut words = row.split_whitespace();
        let rule: PeriodRule = words.next().unwrap().parse().unwrap();
        let today = day(words.next().unwrap());
        let calendar = Calendar::fiscal(words.next().unwrap().parse().unwrap()).unwrap();
        (rule.resolve(today, calendar), words.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn every_rule_resolves_to_the_period_it_names() {
        for row in RULES.trim().lines() {
            let (period, expected) = resolved(row);
            assert_eq!(told(period), expected, "{row}");
        }
    }

    /// Day 53 of a quarter meets day 53 of the one before; 91 days of May to July meet the 90 that February to April of
    /// a leap year have, and not 1 May; 29 February meets 28 February.
    #[test]
    fn to_date_periods_compare_as_many_elapsed_days_and_never_run_on() {
        for row in COMPARISONS.trim().lines() {
            let (period, expected) = resolved(row);
            let period = period.unwrap();
            let found = format!(
                "{}; {}",
                told(period.previous()),
                told(period.same_period_last_year())
            );
            assert_eq!(found, expected, "{row}");
        }
    }

    #[test]
    fn a_cut_period_to_date_gets_its_days_back_further_on() {
        let march = PeriodRule::MonthToDate
            .resolve(day("2026-03-31"), Calendar::years())
            .unwrap();
        let february = march.previous().unwrap();
        let january = february.previous().unwrap();
        assert_eq!(
            (february.days(), january.days(), january.id()),
            (28, 30, "2026-01-01..2026-01-30")
        );
    }

    #[test]
    fn rolling_days_stay_rolling_where_they_happen_to_be_a_month() {
        let november = PeriodRule::LastDays(30)
            .resolve(day("2026-12-01"), Calendar::years())
            .unwrap();
        assert_eq!((november.id(), november.shape()), ("2026-11", Shape::Range));
        assert_eq!(told(november.previous()), "2026-10-02..2026-10-31 (30)");
    }

    #[test]
    fn rules_read_and_show_the_spelling_of_the_configuration() {
        for name in NAMES
            .map(|(name, _)| name)
            .into_iter()
            .chain(["last_days:1", "last_days:3660"])
        {
            let rule: PeriodRule = name.parse().unwrap();
            assert_eq!(rule.to_string(), name);
            assert_eq!(rule.is_closed(), name.starts_with("previous_"), "{name}");
        }
        for text in [
            "",
            "month",
            "previous_months",
            "Previous_month",
            "week_to_date",
            "last_days",
            "2026-10",
        ] {
            let told = text.parse::<PeriodRule>().unwrap_err().to_string();
            assert!(told.contains("`previous_month`"), "{told}");
        }
        for text in [
            "last_days:",
            "last_days:0",
            "last_days:3661",
            "last_days:+5",
            "last_days:-1",
            "last_days:x",
        ] {
            let told = text.parse::<PeriodRule>().unwrap_err().to_string();
            assert!(told.contains("1 to 3660"), "{told}");
        }
    }

    proptest! {
        #[test]
        fn to_date_and_rolling_periods_end_yesterday_and_closed_ones_are_over(
            date in 0..4_000_000_i64,
            rule in prop::sample::select(
                NAMES.into_iter().map(|(_, rule)| rule).chain([PeriodRule::LastDays(90)]).collect::<Vec<_>>()
            ),
            first_month in 1..=12_u32,
        ) {
            let today = day("0001-01-01") + chrono::TimeDelta::days(date);
            if let Some(period) = rule.resolve(today, Calendar::fiscal(first_month).unwrap()) {
                prop_assert!(period.end() <= today);
                prop_assert!(rule.is_closed() || period.end() == today);
                prop_assert!(period.previous().is_none_or(|before| before.end() <= period.start()));
            }
        }
    }
}

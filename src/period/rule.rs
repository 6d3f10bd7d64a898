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

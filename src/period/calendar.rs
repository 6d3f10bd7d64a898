//! The calendar: units of days, plain and fiscal.

use crate::period::PeriodError;
use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize};

/// First day that a period may hold.
pub(super) const EARLIEST: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// Latest end, excluded.
pub(super) const LATEST_END: NaiveDate = match NaiveDate::from_ymd_opt(10_000, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MAX,
};

/// A unit of the (fiscal) calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CalendarUnit {
    /// A date.
    Day,
    /// An ISO week, from Monday.
    Week,
    /// A calendar month.
    Month,
    /// Three months, counted from the start of the (fiscal) year.
    Quarter,
    /// Twelve months, counted from the start of the (fiscal) year.
    Year,
}

/// The calendar in which quarters and years are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Calendar {
    /// First month of the fiscal year, 2 … 12; `None`: calendar years.
    fiscal_start: Option<u32>,
}

impl Calendar {
    /// Plain calendar years.
    #[must_use]
    pub fn years() -> Self {
        Self { fiscal_start: None }
    }

    /// Fiscal years that start on the first day of `first_month`; 1 means plain calendar years.
    pub fn fiscal(first_month: u32) -> Result<Self, PeriodError> {
        match first_month {
            1 => Ok(Self::years()),
            2..=12 => Ok(Self {
                fiscal_start: Some(first_month),
            }),
            _ => Err(PeriodError::FiscalStart(first_month)),
        }
    }

    /// First month of the fiscal year, 2 … 12; `None` for plain calendar years.
    #[must_use]
    pub fn fiscal_start(self) -> Option<u32> {
        self.fiscal_start
    }

    /// Start and (excluded) end of the unit in which `date` lies.
    pub(super) fn bounds(self, unit: CalendarUnit, date: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        match unit {
            CalendarUnit::Day => Some((date, date.succ_opt()?)),
            CalendarUnit::Week => {
                let past = u64::from(date.weekday().num_days_from_monday());
                let monday = date.checked_sub_days(Days::new(past))?;
                Some((monday, monday.checked_add_days(Days::new(7))?))
            }
            CalendarUnit::Month => self.months(1, date),
            CalendarUnit::Quarter => self.months(3, date),
            CalendarUnit::Year => self.months(12, date),
        }
    }

    fn months(self, length: i32, date: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let first_month0 = i32::try_from(self.fiscal_start.unwrap_or(1)).ok()? - 1;
        let month = month_number(date)?;
        let start = month - (month - first_month0).rem_euclid(length);
        Some((first_of_month(start)?, first_of_month(start + length)?))
    }

    /// The unit that covers exactly these dates, and the calendar it is counted in: this one, or plain years where a
    /// quarter or year is none of the fiscal calendar.
    pub(super) fn unit_spanning(self, start: NaiveDate, end: NaiveDate) -> Option<(CalendarUnit, Self)> {
        use CalendarUnit::{Day, Month, Quarter, Week, Year};
        [self, Self::years()].into_iter().find_map(|calendar| {
            [Day, Week, Month, Quarter, Year]
                .into_iter()
                .find(|unit| calendar.bounds(*unit, start) == Some((start, end)))
                .map(|unit| (unit, calendar))
        })
    }

    /// Number of the quarter, 1 … 4, that starts on `start`.
    pub(super) fn quarter_number(self, start: NaiveDate) -> u32 {
        (start.month0() + 13 - self.fiscal_start.unwrap_or(1)) % 12 / 3 + 1
    }
}

impl<'de> Deserialize<'de> for Calendar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            fiscal_start: Option<u32>,
        }
        let stored = Stored::deserialize(deserializer)?;
        Self::fiscal(stored.fiscal_start.unwrap_or(1)).map_err(serde::de::Error::custom)
    }
}

/// Months since the year 0.
fn month_number(date: NaiveDate) -> Option<i32> {
    Some(date.year() * 12 + i32::try_from(date.month0()).ok()?)
}

fn first_of_month(number: i32) -> Option<NaiveDate> {
    let month0 = u32::try_from(number.rem_euclid(12)).ok()?;
    NaiveDate::from_ymd_opt(number.div_euclid(12), month0 + 1, 1)
}

/// Days from `start` to `end`, excluded; 0 where `end` comes first.
pub(super) fn days_between(start: NaiveDate, end: NaiveDate) -> u32 {
    u32::try_from((end - start).num_days()).unwrap_or_default()
}

//! Periods: half-open ranges of local dates, their canonical ids and their neighbours.
//!
//! In: a literal (`2026-10`), a rule (`previous_month`) with a date, or two dates. Out: a [`Period`].
//! Never here: zones and instants. Whoever knows the job's zone hands over local dates.

mod calendar;
mod error;
mod literal;
mod rule;
mod span;

pub use calendar::{Calendar, CalendarUnit};
pub use error::PeriodError;
pub use rule::PeriodRule;
pub use span::periods_from_to;

use calendar::{EARLIEST, LATEST_END};
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// A half-open range of dates with its canonical id. Never empty, always within the years 0001 … 9999.
///
/// Two periods of the same job with the same id cover the same dates.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "StoredPeriod")]
pub struct Period {
    start: NaiveDate,
    end: NaiveDate,
    id: String,
    shape: Shape,
    /// In which its unit is counted: plain years for a calendar quarter that is no fiscal one.
    calendar: Calendar,
}

/// What a period is, which decides what comes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One whole unit of the calendar.
    Whole(CalendarUnit),
    /// The first days of a unit.
    ToDate {
        /// Of which unit.
        unit: CalendarUnit,
        /// How many days have passed; a shorter unit before is covered only as far as it reaches.
        elapsed: u32,
    },
    /// Any other range, and every rolling one (`last_days:N`), whatever dates it happens to cover.
    Range,
}

impl Period {
    /// The days from `start` up to, but not including, `end`.
    pub fn from_range(start: NaiveDate, end: NaiveDate, calendar: Calendar) -> Result<Self, PeriodError> {
        if start >= end {
            return Err(PeriodError::Empty);
        }
        if start < EARLIEST || end > LATEST_END {
            return Err(PeriodError::OutOfRange);
        }
        let unit = calendar.unit_spanning(start, end);
        let (shape, calendar, id) = match unit {
            Some((unit, counted_in)) => (
                Shape::Whole(unit),
                counted_in,
                literal::of_unit(unit, start, end, counted_in),
            ),
            None => (Shape::Range, calendar, literal::of_range(start, end)),
        };
        Ok(Self {
            start,
            end,
            id,
            shape,
            calendar,
        })
    }

    /// Reads a literal: `2026-10-14`, `2026-W45` (an ISO week), `2026-10`, `2026-Q3`, `2026`, `FY2027`, `FY2027-Q3`, or
    /// `2026-10-01..2026-10-31` with the last day included. A fiscal year is labelled by the year in which it ends.
    pub fn parse(text: &str, calendar: Calendar) -> Result<Self, PeriodError> {
        literal::parse(text, calendar)
    }

    /// The whole unit in which `date` lies; `None` where that leaves the years 0001 … 9999.
    #[must_use]
    pub fn containing(unit: CalendarUnit, date: NaiveDate, calendar: Calendar) -> Option<Self> {
        let (start, end) = calendar.bounds(unit, date)?;
        Self::from_range(start, end, calendar).ok()
    }

    /// First day.
    #[must_use]
    pub fn start(&self) -> NaiveDate {
        self.start
    }

    /// The day after the last.
    #[must_use]
    pub fn end(&self) -> NaiveDate {
        self.end
    }

    /// The last day included: what leaves the program as the period's `end`.
    #[must_use]
    pub fn last_day(&self) -> NaiveDate {
        self.end - Days::new(1)
    }

    /// Number of days, at least 1.
    #[must_use]
    pub fn days(&self) -> u32 {
        calendar::days_between(self.start, self.end)
    }

    /// Canonical id: the shortest literal that names exactly these dates.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the period is.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The unit of the calendar that it is, or whose first days it is; of a free range the month in which it ends.
    #[must_use]
    pub fn whole(&self) -> Option<Self> {
        let unit = match self.shape {
            Shape::Whole(_) => return Some(self.clone()),
            Shape::ToDate { unit, .. } => unit,
            Shape::Range => CalendarUnit::Month,
        };
        Self::containing(unit, self.last_day(), self.calendar)
    }

    /// Every day, in order.
    pub fn dates(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let end = self.end;
        self.start.iter_days().take_while(move |day| *day < end)
    }

    /// Whether `date` is one of its days.
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.start <= date && date < self.end
    }

    /// The period before: the unit before a unit, as many elapsed days of the unit before a to-date period (cut at that
    /// unit's end: compare [`days`](Self::days)), as many days just before any other range.
    #[must_use]
    pub fn previous(&self) -> Option<Self> {
        match self.shape {
            Shape::Whole(unit) => Self::containing(unit, self.start.pred_opt()?, self.calendar),
            Shape::ToDate { unit, elapsed } => {
                let (start, unit_end) = self.calendar.bounds(unit, self.start.pred_opt()?)?;
                let end = start.checked_add_days(Days::new(elapsed.into()))?.min(unit_end);
                self.neighbour(start, end, self.shape)
            }
            Shape::Range => {
                let start = self.start.checked_sub_days(Days::new(self.days().into()))?;
                self.neighbour(start, self.start, Shape::Range)
            }
        }
    }

    /// The period after: the unit after a unit, as many elapsed days of the unit after a to-date period (cut at that unit's
    /// end), as many days just after any other range. `None` where that leaves the years 0001 … 9999.
    #[must_use]
    pub fn next(&self) -> Option<Self> {
        match self.shape {
            Shape::Whole(unit) => Self::containing(unit, self.end, self.calendar),
            Shape::ToDate { unit, elapsed } => {
                let (_, start) = self.calendar.bounds(unit, self.start)?;
                let (_, unit_end) = self.calendar.bounds(unit, start)?;
                let end = start.checked_add_days(Days::new(elapsed.into()))?.min(unit_end);
                self.neighbour(start, end, self.shape)
            }
            Shape::Range => {
                let end = self.end.checked_add_days(Days::new(self.days().into()))?;
                self.neighbour(self.end, end, Shape::Range)
            }
        }
    }

    /// The days from the Monday so many complete weeks before it to its end; `None` where the calendar begins.
    #[must_use]
    pub fn with_weeks_before(&self, weeks: u32) -> Option<Self> {
        let monday = self.start.week(Weekday::Mon).checked_first_day()?;
        let start = monday.checked_sub_days(Days::new(7 * u64::from(weeks)))?;
        Self::from_range(start, self.end, self.calendar).ok()
    }

    /// The same period one year earlier: the same unit by its number (week 53 meets the last week of a year without
    /// one), otherwise the same month and day, where 29 February meets 28 February.
    #[must_use]
    pub fn same_period_last_year(&self) -> Option<Self> {
        let start = year_before(self.start)?;
        match self.shape {
            Shape::Whole(CalendarUnit::Week) => {
                let week = self.start.iso_week();
                literal::iso_week(week.year() - 1, week.week())
                    .or_else(|| literal::iso_week(week.year() - 1, week.week() - 1))
                    .and_then(|monday| Self::containing(CalendarUnit::Week, monday, self.calendar))
            }
            Shape::Whole(unit) => Self::containing(unit, start, self.calendar),
            Shape::ToDate { unit, .. } => {
                let end = year_before(self.last_day())?.succ_opt()?;
                let elapsed = u32::try_from((end - start).num_days()).ok()?;
                self.neighbour(start, end, Shape::ToDate { unit, elapsed })
            }
            // Whole months stay whole: January and February 2029 meet all of January and February 2028.
            Shape::Range if self.start.day() == 1 && self.end.day() == 1 => {
                self.neighbour(start, year_before(self.end)?, Shape::Range)
            }
            Shape::Range => self.neighbour(start, year_before(self.last_day())?.succ_opt()?, Shape::Range),
        }
    }

    /// A period that keeps `shape` even where its dates happen to be a whole unit.
    fn shaped(start: NaiveDate, end: NaiveDate, calendar: Calendar, shape: Shape) -> Option<Self> {
        let canonical = Self::from_range(start, end, calendar).ok()?;
        Some(Self {
            shape,
            calendar,
            ..canonical
        })
    }

    fn neighbour(&self, start: NaiveDate, end: NaiveDate, shape: Shape) -> Option<Self> {
        Self::shaped(start, end, self.calendar, shape)
    }
}

/// The same month and day one year earlier; 28 February for 29 February.
fn year_before(date: NaiveDate) -> Option<NaiveDate> {
    date.checked_sub_months(Months::new(12))
}

/// A period as it lies in the store, before it is believed. The id follows from the rest.
#[derive(Deserialize)]
struct StoredPeriod {
    start: NaiveDate,
    end: NaiveDate,
    shape: Shape,
    calendar: Calendar,
}

impl TryFrom<StoredPeriod> for Period {
    type Error = PeriodError;

    fn try_from(stored: StoredPeriod) -> Result<Self, PeriodError> {
        let canonical = Self::from_range(stored.start, stored.end, stored.calendar)?;
        match stored.shape {
            Shape::Whole(_) => Ok(canonical),
            shape => Ok(Self {
                shape,
                calendar: stored.calendar,
                ..canonical
            }),
        }
    }
}

#[cfg(test)]
mod tests;

//! Periods: half-open ranges of local dates, their canonical ids and their neighbours.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The calendar in which quarters and years are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Calendar {
    /// First month of the fiscal year, 1 … 12; `None`: calendar years.
    fiscal_start: Option<u32>,
}

/// A half-open range of dates with its canonical id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    start: NaiveDate,
    end: NaiveDate,
    id: String,
}

impl Period {
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
    /// Canonical id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// The `period` key of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeriodRule {}

//! When a job falls due.

use crate::period::CalendarUnit;
use chrono::{NaiveDate, NaiveTime, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// When a job falls due, in the job's zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Which local times it asks for.
    pub rule: Rule,
    /// The first local date on which it falls due; `None`: it has always done so.
    pub start: Option<NaiveDate>,
    /// The last local date on which it falls due; `None`: it goes on.
    pub end: Option<NaiveDate>,
    /// How much later than the local time it falls due at most; zero: never later.
    pub jitter: Duration,
}

impl From<Rule> for Schedule {
    /// The rule alone: without start, end and jitter.
    fn from(rule: Rule) -> Self {
        Self {
            rule,
            start: None,
            end: None,
            jitter: Duration::ZERO,
        }
    }
}

/// Which local times a schedule asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Five-field cron with L, W, #.
    Cron {
        /// As written.
        text: String,
        /// As parsed (day-of-month and day-of-week are OR-ed, as cron does).
        pattern: Arc<croner::Cron>,
    },
    /// `{ every = "month", day = 1, at = "07:00" }`.
    Every {
        /// Of which unit.
        unit: CalendarUnit,
        /// Which day in it.
        day: DayRule,
        /// Local wall time.
        at: NaiveTime,
    },
    /// `{ business_day = 3, of = "quarter", at = "07:00", holidays = "es.txt" }`.
    BusinessDay {
        /// 1 is the first business day, −1 the last; never 0.
        nth: i32,
        /// Of which unit: month, quarter or year.
        of: CalendarUnit,
        /// Local wall time.
        at: NaiveTime,
        /// Days that are no business days besides Saturday and Sunday.
        holidays: BTreeSet<NaiveDate>,
    },
}

/// Which day of a unit; a number beyond its end means the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayRule {
    /// The n-th day, from 1.
    Nth(u32),
    /// The last day.
    Last,
    /// A day of the week (unit week).
    Weekday(Weekday),
}

/// `catch_up`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CatchUp {
    /// Every missed occurrence runs.
    #[default]
    All,
    /// Only the latest runs.
    Latest,
    /// None runs.
    Skip,
}

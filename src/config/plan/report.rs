//! Which report a job makes, and of what.

use crate::period::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[jobs.NAME.report.KIND]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportPlan {
    /// The full report: the 21 figures, rankings, daily series, breakdowns.
    Full,
    /// The cost comparison: the period beside others, what changed and why.
    Comparison {
        /// What it is compared with, each once; the first one leads.
        against: Vec<Against>,
        /// The dimensions by which the cost is split; `None`: all that the sources tell.
        by: Option<Vec<String>>,
    },
    /// The trend: the period and some before it.
    Trend {
        /// How many periods, this one included.
        periods: u32,
        /// Of which of them each day is told.
        #[serde(default)]
        days: TrendDays,
    },
    /// The organization: who uses what, by service type, project and agent, day by day.
    Organization,
}

impl ReportPlan {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ReportKind {
        match self {
            Self::Full => ReportKind::Full,
            Self::Comparison { .. } => ReportKind::Comparison,
            Self::Trend { .. } => ReportKind::Trend,
            Self::Organization => ReportKind::Organization,
        }
    }
}

/// The days that a trend tells one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrendDays {
    /// Those of the period.
    #[default]
    Period,
    /// Those of all periods, each beside the same weekday of the week before.
    All,
}

/// The kinds of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// See [`ReportPlan::Full`].
    Full,
    /// See [`ReportPlan::Comparison`].
    Comparison,
    /// See [`ReportPlan::Trend`].
    Trend,
    /// See [`ReportPlan::Organization`].
    Organization,
}

/// Another period that a report is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The one before.
    PreviousPeriod,
    /// The same one a year earlier.
    SamePeriodLastYear,
    /// A certain one.
    Period(Period),
}

impl Against {
    /// The word of the CSV column `comparison`.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::PreviousPeriod => "previous_period",
            Self::SamePeriodLastYear => "same_period_last_year",
            Self::Period(period) => period.id(),
        }
    }

    /// The period that stands beside `period`; `None` where the calendar ends.
    #[must_use]
    pub fn beside(&self, period: &Period) -> Option<Period> {
        match self {
            Self::PreviousPeriod => period.previous(),
            Self::SamePeriodLastYear => period.same_period_last_year(),
            Self::Period(other) => Some(other.clone()),
        }
    }
}

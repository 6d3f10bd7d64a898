//! Whether a finished report goes out at all.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `send`: which reports go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Send {
    /// Every report.
    #[default]
    Always,
    /// Only one with a figure that differs from the last version of the same period that was delivered.
    IfChanged,
    /// Only one with a row of data in its period.
    IfData,
}

/// `[[jobs.NAME.when]]`: a rule; a report goes out only when one newly holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Key of the metric of the summary.
    pub metric: String,
    /// How it is looked at.
    pub condition: Condition,
    /// Against what: in the unit of the metric, or in per cent.
    pub limit: Decimal,
    /// When it may fire again after it has.
    pub rearm: Rearm,
}

/// How a rule looks at its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It is more than the limit.
    Above,
    /// It is less than the limit.
    Below,
    /// Its change against the leading comparison, in per cent, is more than the limit.
    ChangeAbove,
    /// Its change against the leading comparison, in per cent, is less than the limit.
    ChangeBelow,
}

impl Condition {
    /// The key of the configuration.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
            Self::ChangeAbove => "change_above",
            Self::ChangeBelow => "change_below",
        }
    }
}

/// `rearm`: when a rule that has fired may fire again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rearm {
    /// Once it has not held in between.
    #[default]
    WhenFalse,
    /// Once in each period in which it holds.
    EachPeriod,
}

impl When {
    /// What tells it from other rules of its job: `total_cost above 5000`. A rule that is edited is another one.
    #[must_use]
    pub fn key(&self) -> String {
        format!(
            "{} {} {}",
            self.metric,
            self.condition.key(),
            self.limit.normalize()
        )
    }

    /// Whether it holds for this value of the metric, or of its change.
    #[must_use]
    pub fn holds(&self, value: Decimal) -> bool {
        match self.condition {
            Condition::Above | Condition::ChangeAbove => value > self.limit,
            Condition::Below | Condition::ChangeBelow => value < self.limit,
        }
    }
}

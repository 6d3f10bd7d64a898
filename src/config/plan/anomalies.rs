//! When a day is unusual, and which days are known to be.

use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[jobs.NAME.anomalies]`: when a day is unusual. All three limits must be passed; where the days before have no
/// spread at all, the floor alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomalies {
    /// Smallest difference from what is usual, in units of the amounts' currency.
    pub floor: Decimal,
    /// The modified z-score above which a day is unusual.
    pub z: Decimal,
    /// Smallest difference in per cent of what is usual.
    pub percent: Decimal,
    /// Days of which it is known why they are unusual, in the order of the configuration.
    pub events: Vec<Event>,
}

impl Default for Anomalies {
    /// The limits of somebody who writes none.
    fn default() -> Self {
        Self {
            floor: dec!(25),
            z: dec!(3.5),
            percent: dec!(10),
            events: Vec::new(),
        }
    }
}

/// An entry of `events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day, included.
    pub to: NaiveDate,
    /// What happened.
    pub label: String,
    /// What becomes of an unusual day of it.
    pub action: OnEvent,
}

/// `action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnEvent {
    /// It is told, with what happened.
    #[default]
    Label,
    /// It is not listed.
    Suppress,
}

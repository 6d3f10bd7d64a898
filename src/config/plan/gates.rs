//! What a run waits for before it starts, and what its report must pass before it is delivered.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `[jobs.NAME.gates]`: a report that does not pass is held. The default lets everything pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gates {
    /// Hold a report with figures that are not available or a source that is missing.
    pub complete: bool,
    /// Hold a report of fewer data rows and usage records in total.
    pub min_rows: Option<u64>,
    /// Hold a report that differs too much from those before it.
    pub max_change: Option<MaxChange>,
}

impl Gates {
    /// The key of the metric that is remembered of every run, for the norm of later ones.
    #[must_use]
    pub fn metric(&self) -> &str {
        self.max_change
            .as_ref()
            .map_or("total_cost", |limit| limit.metric.as_str())
    }
}

/// How far a figure may be from what it usually is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaxChange {
    /// Largest difference in per cent of the norm: 50 means half as much, or half as much again.
    pub percent: Decimal,
    /// Key of the metric.
    pub metric: String,
    /// How many delivered runs, counted back from the latest, the norm is the median of.
    pub norm: usize,
}

/// `wait_until`: sources whose data is there before the run starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitUntil {
    /// Their names, at least one; all are sources of the job.
    pub sources: Vec<String>,
    /// Longest wait after the due time.
    pub at_most: Duration,
}

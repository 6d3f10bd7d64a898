//! `[jobs.NAME.anomalies]`.

use super::{PercentEntry, maybe_word};
use crate::config::plan::OnEvent;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[jobs.NAME.anomalies]`: days that cost much more or much less than is usual are found, explained and told.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct AnomaliesEntry {
    /// Smallest difference from what is usual that is worth a word, in units of the amounts' currency: a number, or a text such as
    /// `"12.50"`. Default: 25.
    #[schemars(extend("default" = 25))]
    pub(in crate::config) floor: Option<PercentEntry>,
    /// Smallest modified z-score: how many times the usual spread a day must lie from what is usual. Default: 3.5.
    #[schemars(extend("default" = 3.5))]
    pub(in crate::config) z: Option<PercentEntry>,
    /// Smallest difference in per cent of what is usual. Default: 10.
    #[schemars(extend("default" = 10))]
    pub(in crate::config) percent: Option<PercentEntry>,
    /// Days of which it is known why they are unusual. Default: none.
    pub(in crate::config) events: Vec<EventEntry>,
}

/// An entry of `events`: a day, or several in a row, of which it is known why they are unusual.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct EventEntry {
    /// The day, such as `"2026-10-14"`. Either this, or `from` and `to`.
    pub(in crate::config) date: Option<String>,
    /// The first day.
    pub(in crate::config) from: Option<String>,
    /// The last day, included.
    pub(in crate::config) to: Option<String>,
    /// What happened, as readers see it: `load test`.
    #[schemars(required)]
    pub(in crate::config) label: Option<String>,
    /// What becomes of an unusual day of the event: `label` (it is told, with what happened) or `suppress` (it is not listed).
    /// Default: `label`.
    #[serde(default, deserialize_with = "maybe_word")]
    #[schemars(extend("default" = "label"))]
    pub(in crate::config) action: Option<OnEvent>,
}

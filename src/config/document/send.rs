//! `[[jobs.NAME.when]]`.

use super::{PercentEntry, word};
use crate::config::plan::Rearm;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[[jobs.NAME.when]]`: a rule. Exactly one of `above`, `below`, `change_above` and `change_below`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct WhenEntry {
    /// Key of the metric of the summary that is looked at. Default: `total_cost`.
    #[schemars(extend("default" = "total_cost"))]
    pub(in crate::config) metric: Option<String>,
    /// The rule holds where the metric is more than this, in its own unit: a number, or a text such as `"4999.99"`.
    pub(in crate::config) above: Option<PercentEntry>,
    /// The rule holds where the metric is less than this.
    pub(in crate::config) below: Option<PercentEntry>,
    /// The rule holds where the metric has changed by more than this, in per cent of the leading comparison: 20 is a rise by more
    /// than a fifth.
    pub(in crate::config) change_above: Option<PercentEntry>,
    /// The rule holds where the metric has changed by less than this, in per cent: -20 is a fall by more than a fifth.
    pub(in crate::config) change_below: Option<PercentEntry>,
    /// When a rule that has fired may fire again: `when_false`, once it has not held in between, or `each_period`, once in each
    /// period in which it holds. Default: `when_false`.
    #[serde(default, deserialize_with = "word")]
    pub(in crate::config) rearm: Rearm,
}

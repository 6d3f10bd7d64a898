//! `[jobs.NAME.reconcile]`.

use super::PercentEntry;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[jobs.NAME.reconcile]`: what is tied out. Empty, it ties every split and the days of each source to its totals.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct ReconcileEntry {
    /// Name of the source of this job that tells the usage. Default: nothing is held against a bill.
    pub(in crate::config) usage: Option<String>,
    /// Name of the source of this job that tells the bill; goes with `usage` only.
    pub(in crate::config) bill: Option<String>,
    /// Largest part of the bill that may stay unexplained, in per cent (of the usage where the bill is not above zero): a number, or a
    /// text such as `"0.5"`. Default: 1.
    #[schemars(extend("default" = 1))]
    pub(in crate::config) tolerance: Option<PercentEntry>,
    /// By what usage and bill are compared member by member, such as `model`. Default: as a whole only.
    pub(in crate::config) by: Option<String>,
    /// What the bill calls `by`. Default: the same.
    pub(in crate::config) bill_by: Option<String>,
    /// Members of `by` by their name in the usage, with their name in the bill. Default: the names are the same.
    pub(in crate::config) names: BTreeMap<String, String>,
    /// What the bill holds each period that usage does not know of. Default: nothing.
    pub(in crate::config) known_gaps: Vec<KnownGapEntry>,
}

/// One of `known_gaps`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct KnownGapEntry {
    /// Amount in the bill in each period of the report, as a text such as `"12.00"`, in the currency in which the report has the
    /// bill; below zero for what it takes off.
    #[schemars(required)]
    pub(in crate::config) amount: Option<String>,
    /// What it is for.
    #[schemars(required)]
    pub(in crate::config) reason: Option<String>,
}

//! `[jobs.NAME.report.KIND]`.

use crate::config::plan::TrendDays;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[jobs.NAME.report.KIND]`; exactly one kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ReportEntry {
    /// The full report: 21 figures, rankings, daily series, breakdowns.
    pub(in crate::config) full: Option<FullReportEntry>,
    /// The cost comparison: the period beside others, what changed and why.
    pub(in crate::config) comparison: Option<ComparisonReportEntry>,
    /// The trend: the period and some before it.
    pub(in crate::config) trend: Option<TrendReportEntry>,
    /// The organization report: who uses what, by service type, project and agent, day by day.
    pub(in crate::config) organization: Option<OrganizationReportEntry>,
}

/// `[jobs.NAME.report.full]`: has no keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FullReportEntry {}

/// `[jobs.NAME.report.comparison]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ComparisonReportEntry {
    /// What the period is compared with: `previous_period`, `same_period_last_year` or a period such as `2025-Q4`; the first one
    /// leads. Those that are the same period, as the previous one of a year and the one of last year are, count once, as the first.
    /// Default: `["previous_period"]`.
    #[serde(default = "previous_period")]
    #[schemars(extend("minItems" = 1))]
    pub(in crate::config) against: Vec<String>,
    /// By what the cost is split: `project`, `model`, `agent`, `user`, `service_type`, `service`, `provider`, `sub_account`,
    /// `gateway`, `tool`. Default: everything that the sources tell.
    pub(in crate::config) by: Option<Vec<String>>,
}

/// `[jobs.NAME.report.trend]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct TrendReportEntry {
    /// How many periods, this one included, 2 to 60. Default: 6.
    #[serde(default = "six")]
    pub(in crate::config) periods: u64,
    /// Of which periods each day is told: `period` (the default), only those of the period itself; `all`, those of all periods, each
    /// with its cost beside the one of the same weekday a week before, and with what else the source tells of it.
    #[serde(default)]
    pub(in crate::config) days: TrendDays,
}

/// `[jobs.NAME.report.organization]`: has no keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct OrganizationReportEntry {}

fn previous_period() -> Vec<String> {
    vec!["previous_period".into()]
}

fn six() -> u64 {
    6
}

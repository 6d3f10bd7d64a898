//! `[sources.NAME.almyty]`.

use super::ServerPlan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[sources.NAME.almyty]`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlmytyPlan {
    /// Where the platform answers, and what opens it.
    pub server: ServerPlan,
    /// Sent as `X-Organization-Id`.
    pub organization: Option<String>,
    /// Which endpoints are asked.
    pub surface: AlmytySurface,
    /// In which unit conversations state their cost.
    pub conversation_cost: CostUnit,
    /// Whether the audit trail is fetched.
    pub audit: bool,
    /// How many days the platform keeps requests and tool executions; `None`: for ever.
    pub retention_days: Option<u32>,
    /// Most calls to one group of endpoints within a minute.
    pub requests_per_minute: usize,
}

/// `surface`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlmytySurface {
    /// Whichever the server has, the real one first.
    #[default]
    Auto,
    /// The endpoints that the platform's code has: `/analytics/…`, `/audit-logs` and others.
    Real,
    /// The endpoints of the platform's older documentation: `/usage-metrics` and `/audit-logs`.
    Documented,
}

/// `conversation_cost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CostUnit {
    /// Hundredths of a US dollar, with fractions.
    #[default]
    Cents,
    /// US dollars.
    Dollars,
}

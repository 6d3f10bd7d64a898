//! `[sources.NAME.almyty]`.

use super::word;
use crate::config::plan::{AlmytySurface, CostUnit};
use schemars::JsonSchema;
use serde::Deserialize;

/// `[sources.NAME.almyty]`: the analytics of an almyty server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct AlmytyEntry {
    /// Where the platform answers, `http` or `https`; may carry a path prefix.
    #[schemars(required)]
    pub(in crate::config) base_url: Option<String>,
    /// API key of role admin, as a reference: `env:NAME` or `file:PATH`.
    #[schemars(required)]
    pub(in crate::config) api_key: Option<String>,
    /// Id of the organization, for the token of a user who has several. Default: that of the key.
    pub(in crate::config) organization: Option<String>,
    /// `real`: the endpoints that the platform has; `documented`: those of its older documentation, which tell seven figures;
    /// `auto`: whichever the server answers. Default: `auto`.
    #[serde(default, deserialize_with = "word")]
    pub(in crate::config) surface: AlmytySurface,
    /// Unit in which the server states the cost of a conversation: `cents` or `dollars`. Default: `cents`.
    #[serde(default, deserialize_with = "word")]
    pub(in crate::config) conversation_cost: CostUnit,
    /// Whether the report has the audit trail. Default: true.
    #[serde(default = "yes")]
    pub(in crate::config) audit: bool,
    /// Days for which the server keeps requests, 0 to 36500; 0: for ever. Default: 90.
    #[serde(default = "ninety")]
    pub(in crate::config) retention_days: u64,
    /// Most calls to one group of endpoints within a minute where the server does not tell its own limit, 1 to 6000. Default: 30.
    #[serde(default = "thirty")]
    pub(in crate::config) requests_per_minute: u64,
    /// Longest wait for a connection, in seconds, 1 to 3600. Default: 10.
    #[serde(default = "ten")]
    pub(in crate::config) connect_timeout_secs: u64,
    /// Longest wait for one whole answer, of an export for its next part, in seconds, 1 to 3600. Default: 60.
    #[serde(default = "sixty")]
    pub(in crate::config) timeout_secs: u64,
    /// Tries of one call, the first included, 1 to 20. Default: 4.
    #[serde(default = "four")]
    pub(in crate::config) attempts: u64,
    /// PEM file of certificate authorities to trust instead of the system's. Default: the system's.
    pub(in crate::config) ca_file: Option<String>,
    /// Most runs that ask this source at once, 1 to 512. Default: as many as the service runs.
    pub(in crate::config) runs_at_once: Option<u64>,
}

fn yes() -> bool {
    true
}

fn ninety() -> u64 {
    90
}

fn sixty() -> u64 {
    60
}

fn thirty() -> u64 {
    30
}

fn ten() -> u64 {
    10
}

fn four() -> u64 {
    4
}

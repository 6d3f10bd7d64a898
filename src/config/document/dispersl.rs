//! `[sources.NAME.dispersl]`.

use crate::config::document::{maybe_word, word};
use crate::config::plan::{BilledIn, Exported, Tier};
use schemars::JsonSchema;
use serde::Deserialize;

/// `[sources.NAME.dispersl]`: the analytics API of Dispersl.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct DisperslEntry {
    /// Where the platform answers, `http` or `https`, version included: `https://api.dispersl.com/v1`.
    #[schemars(required)]
    pub(in crate::config) base_url: Option<String>,
    /// API key, as a reference: `env:NAME` or `file:PATH`.
    #[schemars(required)]
    pub(in crate::config) api_key: Option<String>,
    /// Currency in which costs are asked for: `USD`, `EUR` or `GBP`. The platform does not say at which rates it converts.
    /// Default: `USD`.
    #[serde(default, deserialize_with = "word")]
    pub(in crate::config) currency: BilledIn,
    /// Exports of the platform that go out beside the report's own files: `usage` (CSV), `performance` (JSON). They are about a window
    /// of the platform's own choosing, and nothing is read out of them. Default: none.
    #[serde(default)]
    pub(in crate::config) exports: Vec<Exported>,
    /// Tier of the account. `free`: 100 calls an hour, data of 30 days; `pro`: 1,000 calls, 90 days; `enterprise`: no limit,
    /// 365 days. Calls keep to it, and what lies further back is not available. Default: unknown, nothing is assumed.
    #[serde(default, deserialize_with = "maybe_word")]
    pub(in crate::config) tier: Option<Tier>,
    /// Longest wait for a connection, in seconds, 1 to 3600. Default: 10.
    #[serde(default = "super::source::ten")]
    pub(in crate::config) connect_timeout_secs: u64,
    /// Longest wait for one whole answer, in seconds, 1 to 3600. Default: 60.
    #[serde(default = "super::source::sixty")]
    pub(in crate::config) timeout_secs: u64,
    /// Tries of one call, the first included, 1 to 20. Default: 4.
    #[serde(default = "super::source::four")]
    pub(in crate::config) attempts: u64,
    /// PEM file of certificate authorities to trust instead of the system's. Default: the system's.
    pub(in crate::config) ca_file: Option<String>,
    /// Most runs that ask this source at once, 1 to 512. Default: as many as the service runs.
    pub(in crate::config) runs_at_once: Option<u64>,
}

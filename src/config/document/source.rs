//! `[sources.NAME.KIND]`.

use super::almyty::AlmytyEntry;
use super::dispersl::DisperslEntry;
use super::word;
use crate::config::plan::SnapshotFiles;
use schemars::JsonSchema;
use serde::Deserialize;

/// One source; exactly one kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct SourceEntry {
    /// Globant Enterprise AI.
    pub(in crate::config) geai: Option<GeaiEntry>,
    /// Dispersl.
    pub(in crate::config) dispersl: Option<DisperslEntry>,
    /// Usage files in our interchange format.
    pub(in crate::config) usage_file: Option<UsageFileEntry>,
    /// FOCUS 1.0 … 1.4 billing exports.
    pub(in crate::config) focus_file: Option<FocusFileEntry>,
    /// almyty.
    pub(in crate::config) almyty: Option<AlmytyEntry>,
}

/// `[sources.NAME.geai]`: the analytics API of Globant Enterprise AI.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct GeaiEntry {
    /// Where the platform answers, `http` or `https`; may carry a path prefix.
    #[schemars(required)]
    pub(in crate::config) base_url: Option<String>,
    /// API token or OAuth access token, as a reference: `env:NAME` or `file:PATH`.
    #[schemars(required)]
    pub(in crate::config) api_key: Option<String>,
    /// Organization of the token. Together with `project_id` it spares one call; both or none. Default: asked for.
    pub(in crate::config) organization_id: Option<String>,
    /// Project of the token. See `organization_id`.
    pub(in crate::config) project_id: Option<String>,
    /// Counts only this agent's daily requests. Default: all agents.
    pub(in crate::config) agent: Option<String>,
    /// Calls under way at once, 1 to 256. Default: 48.
    #[serde(default = "forty_eight")]
    pub(in crate::config) concurrency: u64,
    /// Longest wait for a connection, in seconds, 1 to 3600. Default: 10.
    #[serde(default = "ten")]
    pub(in crate::config) connect_timeout_secs: u64,
    /// Longest wait for one whole answer, in seconds, 1 to 3600. Default: 60.
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

/// `[sources.NAME.usage_file]`: usage files, CSV or JSON Lines, `.gz` allowed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct UsageFileEntry {
    /// Path or glob of the files.
    #[schemars(required)]
    pub(in crate::config) path: Option<String>,
    /// CSV file of projects with their names. Default: projects are shown by their ids.
    pub(in crate::config) projects: Option<String>,
    /// `copy` keeps a compressed copy of the files with every run; `hash` keeps only their SHA-256, and `replay` then
    /// needs the files unchanged. Default: `copy`.
    #[serde(default, deserialize_with = "word")]
    pub(in crate::config) snapshot_files: SnapshotFiles,
    /// Most runs that ask this source at once, 1 to 512. Default: as many as the service runs.
    pub(in crate::config) runs_at_once: Option<u64>,
}

/// `[sources.NAME.focus_file]`: FOCUS billing exports, CSV, `.gz` allowed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FocusFileEntry {
    /// Path or glob of the files.
    #[schemars(required)]
    pub(in crate::config) path: Option<String>,
    /// `copy` keeps a compressed copy of the files with every run; `hash` keeps only their SHA-256, and `replay` then
    /// needs the files unchanged. Default: `copy`.
    #[serde(default, deserialize_with = "word")]
    pub(in crate::config) snapshot_files: SnapshotFiles,
    /// Most runs that ask this source at once, 1 to 512. Default: as many as the service runs.
    pub(in crate::config) runs_at_once: Option<u64>,
}

fn forty_eight() -> u64 {
    48
}

pub(super) fn ten() -> u64 {
    10
}

pub(super) fn sixty() -> u64 {
    60
}

pub(super) fn four() -> u64 {
    4
}

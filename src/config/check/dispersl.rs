//! `[sources.NAME.dispersl]`.

use super::Check;
use super::sources::{Server, server};
use crate::config::document::dispersl::DisperslEntry;
use crate::config::plan::{DisperslPlan, Exported};
use crate::config::problem::KeyPath;

/// Checks one source of this kind.
pub(super) fn dispersl(cx: &mut Check<'_>, at: &KeyPath, entry: &DisperslEntry) -> Option<DisperslPlan> {
    let server = server(
        cx,
        at,
        &Server {
            base_url: (
                entry.base_url.as_ref(),
                "write `base_url = \"https://api.dispersl.com/v1\"`",
            ),
            api_key: (
                entry.api_key.as_ref(),
                "write `api_key = \"env:DISPERSL_API_KEY\"`",
            ),
            connect_timeout_secs: entry.connect_timeout_secs,
            timeout_secs: entry.timeout_secs,
            attempts: entry.attempts,
            ca_file: entry.ca_file.as_ref(),
            runs_at_once: entry.runs_at_once,
        },
    );
    Some(DisperslPlan {
        server: server?,
        currency: entry.currency,
        exports: Exported::ALL
            .into_iter()
            .filter(|export| entry.exports.contains(export))
            .collect(),
        tier: entry.tier,
    })
}

//! `[sources.NAME.dispersl]`.

use super::Check;
use super::sources::{MAX_ATTEMPTS, base_url, runs_at_once};
use crate::config::document::dispersl::DisperslEntry;
use crate::config::plan::{DisperslPlan, Exported};
use crate::config::problem::KeyPath;

/// Checks one source of this kind.
pub(super) fn dispersl(cx: &mut Check<'_>, at: &KeyPath, entry: &DisperslEntry) -> Option<DisperslPlan> {
    let base_url = cx
        .required(
            at,
            "base_url",
            entry.base_url.as_ref(),
            "write `base_url = \"https://api.dispersl.com/v1\"`",
        )
        .and_then(|text| base_url(cx, &at.join("base_url"), text));
    let api_key = cx
        .required(
            at,
            "api_key",
            entry.api_key.as_ref(),
            "write `api_key = \"env:DISPERSL_API_KEY\"`",
        )
        .and_then(|text| cx.secret(&at.join("api_key"), text));
    let connect_timeout = cx.wait(&at.join("connect_timeout_secs"), entry.connect_timeout_secs);
    let timeout = cx.wait(&at.join("timeout_secs"), entry.timeout_secs);
    let attempts = cx.bounded(&at.join("attempts"), entry.attempts, &(1..=MAX_ATTEMPTS));
    let ca_file = cx.maybe_file(&at.join("ca_file"), entry.ca_file.as_ref());
    let runs_at_once = runs_at_once(cx, at, entry.runs_at_once);
    Some(DisperslPlan {
        base_url: base_url?,
        api_key: api_key?,
        currency: entry.currency,
        exports: Exported::ALL
            .into_iter()
            .filter(|export| entry.exports.contains(export))
            .collect(),
        tier: entry.tier,
        connect_timeout: connect_timeout?,
        timeout: timeout?,
        attempts: u32::try_from(attempts?).ok()?,
        ca_file: ca_file?,
        runs_at_once: runs_at_once?,
    })
}

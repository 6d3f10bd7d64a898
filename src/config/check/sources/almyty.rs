//! `[sources.NAME.almyty]`.

use super::{MAX_ATTEMPTS, base_url, runs_at_once};
use crate::config::check::Check;
use crate::config::document::almyty::AlmytyEntry;
use crate::config::plan::AlmytyPlan;
use crate::config::problem::KeyPath;

/// Most calls within a minute that anybody may want.
const MAX_PER_MINUTE: u64 = 6000;
/// A hundred years are for ever.
const MAX_RETENTION_DAYS: u64 = 36_500;

/// Checks one source of this kind.
pub(super) fn almyty(cx: &mut Check<'_>, at: &KeyPath, entry: &AlmytyEntry) -> Option<AlmytyPlan> {
    let base_url = cx
        .required(
            at,
            "base_url",
            entry.base_url.as_ref(),
            "write `base_url = \"https://api.almyty.com\"`",
        )
        .and_then(|text| base_url(cx, &at.join("base_url"), text));
    let api_key = cx
        .required(
            at,
            "api_key",
            entry.api_key.as_ref(),
            "write `api_key = \"env:ALMYTY_API_KEY\"`",
        )
        .and_then(|text| cx.secret(&at.join("api_key"), text));
    let organization = cx.maybe_text(&at.join("organization"), entry.organization.as_ref());
    let retention_days = cx.bounded(
        &at.join("retention_days"),
        entry.retention_days,
        &(0..=MAX_RETENTION_DAYS),
    );
    let requests_per_minute = cx.bounded(
        &at.join("requests_per_minute"),
        entry.requests_per_minute,
        &(1..=MAX_PER_MINUTE),
    );
    let connect_timeout = cx.wait(&at.join("connect_timeout_secs"), entry.connect_timeout_secs);
    let timeout = cx.wait(&at.join("timeout_secs"), entry.timeout_secs);
    let attempts = cx.bounded(&at.join("attempts"), entry.attempts, &(1..=MAX_ATTEMPTS));
    let ca_file = cx.maybe_file(&at.join("ca_file"), entry.ca_file.as_ref());
    let runs_at_once = runs_at_once(cx, at, entry.runs_at_once);
    Some(AlmytyPlan {
        base_url: base_url?,
        api_key: api_key?,
        organization: organization?,
        surface: entry.surface,
        conversation_cost: entry.conversation_cost,
        audit: entry.audit,
        retention_days: u32::try_from(retention_days?).ok().filter(|days| *days > 0),
        requests_per_minute: usize::try_from(requests_per_minute?).ok()?,
        connect_timeout: connect_timeout?,
        timeout: timeout?,
        attempts: u32::try_from(attempts?).ok()?,
        ca_file: ca_file?,
        runs_at_once: runs_at_once?,
    })
}

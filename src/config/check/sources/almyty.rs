//! `[sources.NAME.almyty]`.

use super::{Server, server};
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
    let server = server(
        cx,
        at,
        &Server {
            base_url: (
                entry.base_url.as_ref(),
                "write `base_url = \"https://api.almyty.com\"`",
            ),
            api_key: (entry.api_key.as_ref(), "write `api_key = \"env:ALMYTY_API_KEY\"`"),
            connect_timeout_secs: entry.connect_timeout_secs,
            timeout_secs: entry.timeout_secs,
            attempts: entry.attempts,
            ca_file: entry.ca_file.as_ref(),
            runs_at_once: entry.runs_at_once,
        },
    );
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
    Some(AlmytyPlan {
        server: server?,
        organization: organization?,
        surface: entry.surface,
        conversation_cost: entry.conversation_cost,
        audit: entry.audit,
        retention_days: u32::try_from(retention_days?).ok().filter(|days| *days > 0),
        requests_per_minute: usize::try_from(requests_per_minute?).ok()?,
    })
}

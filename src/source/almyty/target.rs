//! The calls that a snapshot is made of, as they are written: fetching asks for them, decoding finds their answers by them.

use super::slices::{Slice, last_instant_before, midnight, stamp};
use crate::period::Period;
use chrono::NaiveDate;

/// Rolling windows and names, asked for once. Seven days of conversations, their cost in cents.
pub(super) const LLM_USAGE: &str = "/analytics/llm-usage?timeframe=7d";
/// Seven days of runs of agents, their cost in dollars.
pub(super) const AGENT_RUNS: &str = "/analytics/agent-runs";
/// What the runs of agents have cost this month, in cents.
pub(super) const SPEND: &str = "/budgets/spend?period=month";
/// Tells whether the server has the real surface; its figures are not used.
pub(super) const OVERVIEW: &str = "/analytics/overview";

/// What an export can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Export {
    /// Conversations with models.
    Conversations,
    /// Requests that came through a gateway.
    Requests,
    /// Executions of tools.
    Tools,
}

impl Export {
    /// The word of the parameter `type`.
    fn key(self) -> &'static str {
        match self {
            Self::Conversations => "llm-sessions",
            Self::Requests => "requests",
            Self::Tools => "tool-executions",
        }
    }

    /// What people call its rows.
    pub(super) fn rows(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Requests => "requests",
            Self::Tools => "tool executions",
        }
    }

    /// The call for one slice.
    pub(super) fn target(self, slice: Slice) -> String {
        format!(
            "/analytics/export?type={}&format=json&{}",
            self.key(),
            slice.query()
        )
    }
}

/// All days of a period.
pub(super) fn whole(period: &Period) -> Slice {
    Slice::days(period.start(), period.last_day())
}

/// The list of requests of a slice, without page and limit; `status` narrows it down.
pub(super) fn requests(slice: Slice) -> String {
    format!("/analytics/requests?{}", slice.query())
}

/// All requests of before a day that the platform still has.
pub(super) fn requests_before(day: NaiveDate) -> String {
    format!("/analytics/requests?to={}", stamp(last_instant_before(day)))
}

/// The audit trail of a slice, without page and limit.
pub(super) fn audit(slice: Slice) -> String {
    format!("/audit-logs?{}", slice.query())
}

/// What providers have invoiced. The end is not included here, unlike everywhere else.
pub(super) fn reconciliation(period: &Period) -> String {
    format!(
        "/provider-usage/reconciliation?from={}&to={}",
        stamp(midnight(period.start())),
        stamp(midnight(period.end()))
    )
}

/// The seven figures of the documented surface, of these days.
pub(super) fn usage_metrics(first: NaiveDate, last: NaiveDate) -> String {
    format!("/usage-metrics?startDate={first}&endDate={last}")
}

/// The name of a call's answer in a snapshot.
pub(super) fn request(target: &str) -> String {
    format!("GET {target}")
}

//! The endpoints of the analytics API and how a call to one is written.

use crate::period::Period;
use chrono::NaiveDate;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Path of the call that names organization and project of a token.
pub(super) const VALIDATE: &str = "/v1/accessControl/apitoken/validate";

/// What RFC 3986 leaves as it is in a query.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The days of a call, both included. Start after end is allowed; the platform then answers zeros and empty lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateRange {
    /// First day.
    pub first: NaiveDate,
    /// Last day, included.
    pub last: NaiveDate,
}

impl From<&Period> for DateRange {
    fn from(period: &Period) -> Self {
        Self {
            first: period.start(),
            last: period.last_day(),
        }
    }
}

macro_rules! endpoints {
    ($($name:ident $path:literal;)*) => {
        /// An endpoint of the analytics API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the client's method of the same name tells what it answers")]
        pub enum Endpoint {
            $($name,)*
        }

        impl Endpoint {
            /// Every endpoint, in the order of the vendor's client.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its path under `/v1/analytics/`.
            #[must_use]
            pub fn path(self) -> &'static str {
                match self { $(Self::$name => $path,)* }
            }
        }
    };
}

endpoints! {
    AgentsCreatedAndModified "lab/agents-created-and-modified";
    AgentsCreatedAndModifiedPerDay "lab/agents-created-and-modified-per-day";
    FlowsCreatedAndModified "lab/flows-created-and-modified";
    FlowsCreatedAndModifiedPerDay "lab/flows-created-and-modified-per-day";
    ProcessesCreatedAndModified "lab/processes-created-and-modified";
    TotalRequests "requests/total-requests";
    TotalRequestsPerDay "requests/total-requests-per-day";
    TotalRequestsWithError "requests/total-requests-with-error";
    OverallErrorRate "requests/overall-error-rate";
    AverageRequestTime "requests/average-request-time";
    TotalRequestTime "requests/total-request-time";
    AverageRequestsPerDay "requests/average-requests-per-day";
    AverageRequestsPerUser "requests/average-requests-per-user";
    AverageRequestsPerUserPerDate "requests/average-requests-per-user-per-date";
    TotalCost "requests/total-cost";
    TotalCostPerDay "requests/total-cost-per-day";
    AverageCostPerRequest "requests/average-cost-per-request";
    AverageCostPerUser "requests/average-cost-per-user";
    AverageCostPerUserPerDate "requests/average-cost-per-user-per-date";
    TotalTokens "requests/total-tokens";
    NumberOfTokens "requests/number-of-tokens";
    NumberOfTokensPerAgent "requests/number-of-tokens-per-agent";
    NumberOfTokensPerDay "requests/number-of-tokens-per-day";
    AverageTokensPerRequest "requests/average-tokens-per-request";
    TotalActiveUsers "requests/total-active-users";
    TotalActiveAgents "requests/total-active-agents";
    TotalActiveProjects "requests/total-active-projects";
    AgentUsagePerUser "requests/agent-usage-per-user";
    AverageUsersPerAgent "requests/average-users-per-agent";
    AverageUsersPerProject "requests/average-users-per-project";
    Top10AgentsByRequests "requests/top-10-agents-by-requests";
    Top10AgentsByTokens "requests/top-10-agents-by-tokens";
    Top10UsersByRequests "requests/top-10-users-by-requests";
    Top10UsersByCost "requests/top-10-users-by-cost";
}

/// One call: an endpoint, its days, and the one agent it is about (offered for the daily requests only).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Call {
    pub(super) endpoint: Endpoint,
    pub(super) range: DateRange,
    pub(super) agent: Option<String>,
}

impl Call {
    pub(super) fn new(endpoint: Endpoint, range: DateRange) -> Self {
        Self {
            endpoint,
            range,
            agent: None,
        }
    }

    /// Path and query under the base URL.
    pub(super) fn target(&self) -> String {
        let DateRange { first, last } = self.range;
        let path = self.endpoint.path();
        let agent = self.agent.as_deref().map_or_else(String::new, |agent| {
            format!("&agentName={}", utf8_percent_encode(agent, UNRESERVED))
        });
        format!("/v1/analytics/{path}?startDate={first}&endDate={last}{agent}")
    }

    /// The name of its answer in a snapshot.
    pub(super) fn request(&self) -> String {
        format!("GET {}", self.target())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_written_with_both_days_and_an_encoded_agent() {
        let range = DateRange {
            first: "2026-10-01".parse().unwrap(),
            last: "2026-10-31".parse().unwrap(),
        };
        let mut call = Call::new(Endpoint::TotalRequestsPerDay, range);
        let plain =
            "GET /v1/analytics/requests/total-requests-per-day?startDate=2026-10-01&endDate=2026-10-31";
        assert_eq!(call.request(), plain);
        call.agent = Some("Señor, \"A&B\"=1 +/?#".into());
        let encoded = "&agentName=Se%C3%B1or%2C%20%22A%26B%22%3D1%20%2B%2F%3F%23";
        assert_eq!(call.request(), format!("{plain}{encoded}"));
        assert_eq!(Endpoint::ALL.len(), 34);
    }
}

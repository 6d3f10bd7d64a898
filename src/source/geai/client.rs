//! The typed client: one method for each of the 34 of the vendor's own client, under the same name.

use super::answers::{self, TokenScope, TotalRequestsPerDay};
use super::endpoint::{Call, DateRange, Endpoint, VALIDATE};
use super::fault::fault;
use crate::config::plan::GeaiPlan;
use crate::schedule::clock::Clock;
use crate::source::SourceError;
use crate::source::sdk::{Answered, Flaws, Http, Pace, Row, Wire};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// A client of the analytics API. All calls are reads and safe to repeat; those that may pass are repeated.
///
/// What an answer lacks is `None`. Amounts are US dollars, days are taken as UTC days, date ranges include their last
/// day; without activity the platform answers zeros and empty lists.
#[derive(Debug)]
pub struct GeaiClient<'c> {
    http: Http<'c>,
    headers: HeaderMap,
}

impl<'c> GeaiClient<'c> {
    /// Opens a client for the source `name`; asks nothing yet. The configured organization and project are sent along.
    ///
    /// # Errors
    /// [`SourceError`] if the token cannot be had or the certificate file cannot be used.
    pub fn new(name: &str, plan: &GeaiPlan, clock: &'c dyn Clock, pace: Pace) -> Result<Self, SourceError> {
        let http = Http::new(name, &plan.server, clock, pace)?;
        let mut client = Self {
            http,
            headers: HeaderMap::new(),
        };
        client.aim(plan.organization_id.as_deref(), plan.project_id.as_deref())?;
        Ok(client)
    }

    /// Sends these ids with every further analytics call, unless they are already set.
    pub(super) fn aim(
        &mut self,
        organization: Option<&str>,
        project: Option<&str>,
    ) -> Result<(), SourceError> {
        for (header, id) in [("organizationid", organization), ("projectid", project)] {
            let Some(id) = id else { continue };
            let value = HeaderValue::from_str(id).map_err(|_| {
                let reason = format!("the id for the header `{header}` holds characters that no id can hold");
                self.http.error(VALIDATE, reason)
            })?;
            self.headers
                .entry(HeaderName::from_static(header))
                .or_insert(value);
        }
        Ok(())
    }

    /// Whose figures the token opens. `GET /v1/accessControl/apitoken/validate`.
    ///
    /// # Errors
    /// [`SourceError::Call`] if the platform does not answer or does not let us in.
    pub async fn validate_token(&self) -> Result<TokenScope, SourceError> {
        Ok(self.validation().await?.0)
    }

    pub(super) async fn validation(&self) -> Result<(TokenScope, Answered), SourceError> {
        let answered = self.http.get(VALIDATE, &HeaderMap::new(), fault).await?;
        Ok((self.read(VALIDATE, &answered)?, answered))
    }

    pub(super) async fn answer(&self, call: &Call) -> Result<Answered, SourceError> {
        let target = call.target();
        let answered = self.http.get(&target, &self.headers, fault).await?;
        if !answered.value.is_object() {
            return Err(self.not_an_object(&target));
        }
        Ok(answered)
    }

    async fn get<T: Wire>(&self, endpoint: Endpoint, range: DateRange) -> Result<T, SourceError> {
        let call = Call::new(endpoint, range);
        self.read(&call.target(), &self.answer(&call).await?)
    }

    fn read<T: Wire>(&self, target: &str, answered: &Answered) -> Result<T, SourceError> {
        let row = Row::whole(&answered.value).ok_or_else(|| self.not_an_object(target))?;
        Ok(T::read(&row, &mut Flaws::default()))
    }

    fn not_an_object(&self, target: &str) -> SourceError {
        self.http.error(
            target,
            "it answered with something else than a JSON object; check `base_url`".into(),
        )
    }

    /// Requests and requests with errors, day by day, of all agents or of the one with exactly this name. Counts.
    ///
    /// Days without activity may be absent. `GET /v1/analytics/requests/total-requests-per-day`.
    ///
    /// # Errors
    /// [`SourceError::Call`] if the platform does not give a good answer, after retries.
    pub async fn get_total_requests_per_day(
        &self,
        range: DateRange,
        agent_name: Option<&str>,
    ) -> Result<TotalRequestsPerDay, SourceError> {
        let mut call = Call::new(Endpoint::TotalRequestsPerDay, range);
        call.agent = agent_name.map(str::to_owned);
        self.read(&call.target(), &self.answer(&call).await?)
    }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $method:ident $endpoint:ident $answer:ident $path:literal;)*) => {
        impl GeaiClient<'_> {
            $(
                $(#[$doc])*
                #[doc = concat!("\n`GET /v1/analytics/", $path, "`.\n\n# Errors\n[`SourceError::Call`] if the platform ",
                    "does not give a good answer, after retries.")]
                pub async fn $method(&self, range: DateRange) -> Result<answers::$answer, SourceError> {
                    self.get(Endpoint::$endpoint, range).await
                }
            )*
        }

        #[cfg(test)]
        const DOCUMENTED: &[(Endpoint, &str)] = &[$((Endpoint::$endpoint, $path),)*];
    };
}

methods! {
    /// Agents created and modified. Counts.
    get_agents_created_and_modified AgentsCreatedAndModified AgentsCreatedAndModified "lab/agents-created-and-modified";
    /// Agents created and modified, day by day. Counts; days without activity may be absent.
    get_agents_created_and_modified_per_day AgentsCreatedAndModifiedPerDay AgentsCreatedAndModifiedPerDay "lab/agents-created-and-modified-per-day";
    /// Flows created and modified. Counts.
    get_flows_created_and_modified FlowsCreatedAndModified FlowsCreatedAndModified "lab/flows-created-and-modified";
    /// Flows created and modified, day by day. Counts; days without activity may be absent.
    get_flows_created_and_modified_per_day FlowsCreatedAndModifiedPerDay FlowsCreatedAndModifiedPerDay "lab/flows-created-and-modified-per-day";
    /// Processes created and modified. Counts.
    get_processes_created_and_modified ProcessesCreatedAndModified ProcessesCreatedAndModified "lab/processes-created-and-modified";
    /// Requests. A count.
    get_total_requests TotalRequests TotalRequests "requests/total-requests";
    /// Requests that ended in an error. A count.
    get_total_requests_with_error TotalRequestsWithError TotalRequestsWithError "requests/total-requests-with-error";
    /// Requests with errors / requests. Per cent or a fraction: the vendor's texts and client disagree.
    get_overall_error_rate OverallErrorRate OverallErrorRate "requests/overall-error-rate";
    /// Mean time of a request. Milliseconds.
    get_average_request_time AverageRequestTime AverageRequestTime "requests/average-request-time";
    /// Time of all requests together. Hours.
    get_total_request_time TotalRequestTime TotalRequestTime "requests/total-request-time";
    /// Mean requests of a day; whether of all days or of those with activity is not documented.
    get_average_requests_per_day AverageRequestsPerDay AverageRequests "requests/average-requests-per-day";
    /// Mean requests of an active user.
    get_average_requests_per_user AverageRequestsPerUser AverageRequests "requests/average-requests-per-user";
    /// Mean requests of a user, date by date.
    get_average_requests_per_user_per_date AverageRequestsPerUserPerDate AverageRequestsPerUserPerDate "requests/average-requests-per-user-per-date";
    /// Cost. US dollars.
    get_total_cost TotalCost TotalCost "requests/total-cost";
    /// Cost, day by day. US dollars; days without activity may be absent.
    get_total_cost_per_day TotalCostPerDay TotalCostPerDay "requests/total-cost-per-day";
    /// Cost / requests. US dollars.
    get_average_cost_per_request AverageCostPerRequest AverageCostPerRequest "requests/average-cost-per-request";
    /// Cost / active users. US dollars.
    get_average_cost_per_user AverageCostPerUser AverageCostPerUser "requests/average-cost-per-user";
    /// Mean cost of a user, date by date. US dollars.
    get_average_cost_per_user_per_date AverageCostPerUserPerDate AverageCostPerUserPerDate "requests/average-cost-per-user-per-date";
    /// Tokens sent to and written by models. Tokens.
    get_total_tokens TotalTokens TokenCounts "requests/total-tokens";
    /// The same as [`Self::get_total_tokens`], from an endpoint of its own. Tokens.
    get_number_of_tokens NumberOfTokens TokenCounts "requests/number-of-tokens";
    /// Tokens by agent and model. Tokens.
    get_number_of_tokens_per_agent NumberOfTokensPerAgent NumberOfTokensPerAgent "requests/number-of-tokens-per-agent";
    /// Tokens, day by day. Tokens; days without activity may be absent.
    get_number_of_tokens_per_day NumberOfTokensPerDay NumberOfTokensPerDay "requests/number-of-tokens-per-day";
    /// Tokens / requests. Tokens.
    get_average_tokens_per_request AverageTokensPerRequest AverageTokensPerRequest "requests/average-tokens-per-request";
    /// Users with at least one request. A count.
    get_total_active_users TotalActiveUsers TotalActiveUsers "requests/total-active-users";
    /// Agents with at least one request. A count.
    get_total_active_agents TotalActiveAgents TotalActiveAgents "requests/total-active-agents";
    /// Projects with at least one request. A count.
    get_total_active_projects TotalActiveProjects TotalActiveProjects "requests/total-active-projects";
    /// Cost (US dollars), requests and tokens of every user.
    get_agent_usage_per_user AgentUsagePerUser AgentUsagePerUser "requests/agent-usage-per-user";
    /// Mean users of an agent: one number, not a list.
    get_average_users_per_agent AverageUsersPerAgent AverageUsers "requests/average-users-per-agent";
    /// Mean users of a project: one number, not a list.
    get_average_users_per_project AverageUsersPerProject AverageUsers "requests/average-users-per-project";
    /// The ten agents with the most requests, descending. Counts.
    get_top_10_agents_by_requests Top10AgentsByRequests Top10AgentsByRequests "requests/top-10-agents-by-requests";
    /// The ten agents with the most tokens, descending. Tokens.
    get_top_10_agents_by_tokens Top10AgentsByTokens Top10AgentsByTokens "requests/top-10-agents-by-tokens";
    /// The ten users with the most requests, descending. Counts.
    get_top_10_users_by_requests Top10UsersByRequests Top10UsersByRequests "requests/top-10-users-by-requests";
    /// The ten users with the highest cost, descending. US dollars.
    get_top_10_users_by_cost Top10UsersByCost Top10UsersByCost "requests/top-10-users-by-cost";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_but_the_one_with_an_agent_is_documented_with_its_own_path() {
        assert_eq!(DOCUMENTED.len() + 1, Endpoint::ALL.len());
        for (endpoint, path) in DOCUMENTED {
            assert_eq!(endpoint.path(), *path);
        }
    }
}

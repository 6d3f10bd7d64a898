//! Fetching: one call for the scope, then all others at once, within the bound.

use super::answers::TokenScope;
use super::client::GeaiClient;
use super::endpoint::{Call, DateRange, Endpoint, VALIDATE};
use crate::config::plan::GeaiPlan;
use crate::schedule::clock::Clock;
use crate::source::sdk::Pace;
use crate::source::{Need, Progress, SnapshotWriter, SourceError};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;

/// Name of the snapshot's entry that holds the configured ids, because they are part of what was asked.
pub(super) const CONFIGURED: &str = "configured:scope";

/// The calls behind the 21 figures.
const HEADLINES: [Endpoint; 14] = [
    Endpoint::AgentsCreatedAndModified,
    Endpoint::FlowsCreatedAndModified,
    Endpoint::ProcessesCreatedAndModified,
    Endpoint::TotalRequests,
    Endpoint::TotalRequestsWithError,
    Endpoint::OverallErrorRate,
    Endpoint::AverageRequestTime,
    Endpoint::TotalCost,
    Endpoint::AverageCostPerRequest,
    Endpoint::TotalTokens,
    Endpoint::AverageTokensPerRequest,
    Endpoint::TotalActiveUsers,
    Endpoint::TotalActiveAgents,
    Endpoint::TotalActiveProjects,
];

/// The four top lists, which a trend does without.
const LISTS: [Endpoint; 4] = [
    Endpoint::Top10AgentsByRequests,
    Endpoint::Top10AgentsByTokens,
    Endpoint::Top10UsersByRequests,
    Endpoint::Top10UsersByCost,
];

/// The further daily lists of the reported period.
const DAILY: [Endpoint; 2] = [Endpoint::TotalRequestsPerDay, Endpoint::NumberOfTokensPerDay];

/// Fetches everything that `needs` ask for. Two round trips long where the bound on concurrency allows it.
///
/// # Errors
/// [`SourceError`] of the first call that fails for good; the others are then given up.
pub async fn fetch(
    name: &str,
    plan: &GeaiPlan,
    needs: &[Need],
    into: &SnapshotWriter,
    clock: &dyn Clock,
    progress: &dyn Progress,
    pace: Pace,
) -> Result<(), SourceError> {
    let mut client = GeaiClient::new(name, plan, clock, pace)?;
    let calls = calls(needs, plan.agent.as_deref());
    let (organization, project) = (plan.organization_id.as_deref(), plan.project_id.as_deref());
    let unknown_scope = organization.is_none() || project.is_none();
    progress.expect(calls.len() as u64 + u64::from(unknown_scope));
    if organization.is_some() || project.is_some() {
        let ids = serde_json::json!({ "organizationId": organization, "projectId": project });
        into.keep_text(CONFIGURED, ids.to_string(), clock.now());
    }
    if unknown_scope {
        let (scope, answered) = client.validation().await?;
        into.keep_text(&format!("GET {VALIDATE}"), answered.body, answered.fetched_at);
        let TokenScope {
            organization_id,
            project_id,
            ..
        } = scope;
        client.aim(organization_id.as_deref(), project_id.as_deref())?;
        progress.step();
    }
    let client = &client;
    stream::iter(calls)
        .map(|call| async move {
            let answered = client.answer(&call).await?;
            into.keep_text(&call.request(), answered.body, answered.fetched_at);
            progress.step();
            Ok(())
        })
        .buffer_unordered(plan.concurrency.max(1))
        .try_collect()
        .await
}

/// Asks only for the token's scope.
///
/// # Errors
/// [`SourceError`] if the platform does not answer or does not let us in.
pub async fn probe(name: &str, plan: &GeaiPlan, clock: &dyn Clock, pace: Pace) -> Result<(), SourceError> {
    GeaiClient::new(name, plan, clock, pace)?
        .validate_token()
        .await
        .map(drop)
}

/// Every call once, also where needs overlap.
fn calls(needs: &[Need], agent: Option<&str>) -> BTreeSet<Call> {
    let mut calls = BTreeSet::new();
    for need in needs {
        let range = DateRange::from(&need.period);
        calls.extend(
            HEADLINES
                .into_iter()
                .chain([Endpoint::TotalCostPerDay])
                .chain(LISTS.into_iter().filter(|_| need.depth.has_rankings()))
                .map(|endpoint| Call::new(endpoint, range)),
        );
        if need.depth.is_whole() {
            calls.extend(DAILY.map(|endpoint| {
                Call {
                    endpoint,
                    range,
                    agent: agent
                        .filter(|_| endpoint == Endpoint::TotalRequestsPerDay)
                        .map(str::to_owned),
                }
            }));
        }
    }
    calls
}

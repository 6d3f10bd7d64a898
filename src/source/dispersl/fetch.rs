//! Fetching: usage by dates, costs by the smallest word that covers the periods, performance once.

use super::answers::Costs;
use super::client::{DisperslClient, data};
use super::cost_list::reach;
use super::endpoint::{Call, Days, Word};
use super::performance;
use crate::config::plan::{DisperslPlan, Exported};
use crate::schedule::clock::Clock;
use crate::source::sdk::{Flaws, Pace};
use crate::source::{Need, Progress, SnapshotWriter, SourceError};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;

/// Name of the snapshot's entry that holds what was configured, because it is part of what was asked.
pub(super) const CONFIGURED: &str = "configured:dispersl";

/// Calls under way at once; there are few of them, and the smallest tier allows a hundred in an hour.
const CONCURRENCY: usize = 4;

/// Fetches everything that `needs` ask for: one call for each period, and two or three besides.
///
/// # Errors
/// [`SourceError`] of the first call that fails for good; the others are then given up.
pub async fn fetch(
    name: &str,
    plan: &DisperslPlan,
    needs: &[Need],
    into: &SnapshotWriter,
    clock: &dyn Clock,
    progress: &dyn Progress,
    pace: Pace,
) -> Result<(), SourceError> {
    let client = &DisperslClient::new(name, plan, clock, pace)?;
    let configured = serde_json::json!({
        "currency": plan.currency,
        "tier": plan.tier,
    });
    into.keep_text(CONFIGURED, configured.to_string(), clock.now());
    let month = Call::costs(Word::Month, plan.currency);
    let calls = calls(needs);
    progress.expect(calls.len() as u64 + 1);
    let ask = |call: Call| async move {
        let answered = client.answer(call).await?;
        into.keep_text(&call.request(), answered.body, answered.fetched_at);
        progress.step();
        Ok::<_, SourceError>(answered.value)
    };
    let costs: Costs = data(&ask(month).await?, &mut Flaws::default());
    stream::iter(calls)
        .map(&ask)
        .buffer_unordered(CONCURRENCY)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    let (reach, today) = (reach(&costs), clock.now().date_naive());
    let covers = |need: &Need| reach.is_some_and(|reach| reach.covers(&need.period, today));
    // The period of the report is asked for first.
    let word = if needs.first().is_none_or(covers) {
        Word::Month
    } else {
        Word::Year
    };
    if !needs.iter().all(covers) {
        progress.expect(1);
        ask(Call::costs(Word::Year, plan.currency)).await?;
    }
    export(client, plan, word, into, progress).await
}

/// Keeps the exports that are configured, of the smallest window that costs reach the report's period in.
async fn export(
    client: &DisperslClient<'_>,
    plan: &DisperslPlan,
    word: Word,
    into: &SnapshotWriter,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    progress.expect(plan.exports.len() as u64);
    for what in &plan.exports {
        let word = match what {
            Exported::Usage => word,
            Exported::Performance => Word::Month,
        };
        let call = Call::Export(*what, word);
        let (text, fetched_at) = client.export(call).await?;
        into.keep_text(&call.request(), text, fetched_at);
        progress.step();
    }
    Ok(())
}

/// Asks for the usage of yesterday.
///
/// # Errors
/// [`SourceError`] if the platform does not answer or does not let us in.
pub async fn probe(
    name: &str,
    plan: &DisperslPlan,
    clock: &dyn Clock,
    pace: Pace,
) -> Result<(), SourceError> {
    let today = clock.now().date_naive();
    let yesterday = today.pred_opt().unwrap_or(today);
    let days = Days {
        first: yesterday,
        last: yesterday,
    };
    DisperslClient::new(name, plan, clock, pace)?
        .usage(days)
        .await
        .map(drop)
}

/// The calls besides those for costs, each once, also where needs overlap.
fn calls(needs: &[Need]) -> BTreeSet<Call> {
    let mut calls: BTreeSet<Call> = needs
        .iter()
        .map(|need| Call::Usage(Days::from(&need.period)))
        .collect();
    if needs.iter().any(performance::is_asked) {
        calls.insert(Call::Performance(Word::Month));
    }
    calls
}

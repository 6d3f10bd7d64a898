//! Goes on with a run that was frozen: what is not acknowledged is tried again, under the same key.

use super::perform::Engine;
use super::store::{OutboxRow, Run, StoreError};
use super::{RunError, attempt, choose};
use crate::config::plan::DeliveryPlan;
use std::collections::BTreeMap;
use std::time::Duration;

/// Tries again what is not acknowledged of a run (an id, or the beginning of one), through `only` these deliveries if any
/// are named. What is ambiguous is sent again too: whoever asks for this has decided so.
///
/// # Errors
/// [`RunError::Request`] if the run is unknown, has nothing to send, or nothing for a delivery that was named.
pub async fn resend(engine: &Engine, run: &str, only: &[String], wait: Duration) -> Result<Run, RunError> {
    let Engine { plan, store, clock } = engine;
    let run = store.run(run).await?;
    let rows = store.deliveries(&run.run_id).await?;
    let chosen = chosen(&run.run_id, &rows, only)?;
    let plans: BTreeMap<String, DeliveryPlan> = chosen
        .iter()
        .filter_map(|row| Some((row.delivery.clone(), plan.deliveries.get(&row.delivery)?.clone())))
        .collect();
    let deliveries = choose::open_all(&plans, clock)?;
    let run = store
        .claim(&run.run_id, clock.now())
        .await
        .map_err(nothing_frozen)?;
    attempt::deliver_all(store, &run, &deliveries, only, wait, clock.as_ref()).await?;
    store.conclude(&run.run_id, run.fence, clock.now()).await?;
    Ok(store.run(&run.run_id).await?)
}

/// The rows that are meant.
fn chosen<'a>(run_id: &str, rows: &'a [OutboxRow], only: &[String]) -> Result<Vec<&'a OutboxRow>, RunError> {
    if let Some(unknown) = only
        .iter()
        .find(|name| rows.iter().all(|row| row.delivery != **name))
    {
        return Err(RunError::Request(format!(
            "run {run_id} has nothing for a delivery `{unknown}`; `reportwire runs show {run_id}` lists what it has"
        )));
    }
    Ok(rows
        .iter()
        .filter(|row| only.is_empty() || only.contains(&row.delivery))
        .collect())
}

/// A run without frozen bytes cannot be resent, which is no failure of the store.
fn nothing_frozen(error: StoreError) -> RunError {
    match error {
        StoreError::NothingFrozen { .. } => RunError::Request(error.to_string()),
        _ => error.into(),
    }
}

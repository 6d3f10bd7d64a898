//! Goes on with a run that was frozen: what is not acknowledged is tried again, under the same key; what is acknowledged goes
//! out again only as new, under a new key.

use super::attempt::{self, Effort};
use super::perform::Engine;
use super::replay;
use super::store::{Newer, OutboxRow, Run, StoreError, Trigger};
use super::{DeliveryState, RunError, RunState, choose, lease};
use crate::config::plan::DeliveryPlan;
use crate::delivery::{self, Delivery, Parcel};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Tries again what is not acknowledged of a run (an id, or the beginning of one), through `only` these deliveries if any
/// are named. What is ambiguous is sent again too where the far end can tell repeats by their key; where it cannot, as a chat,
/// only if the delivery is named, which is somebody's decision that it did not arrive. Where nothing is left to try, nothing
/// changes.
///
/// # Errors
/// [`RunError::Request`] if the run is unknown, has nothing to send, nothing for a delivery that was named, or nothing that a newer
/// revision has not replaced.
pub async fn resend(engine: &Engine, run: &str, only: &[String], wait: Duration) -> Result<Run, RunError> {
    let store = &engine.store;
    let run = store.run(run).await?;
    has_parcels(&run)?;
    let meant = |row: &OutboxRow| {
        let settled = matches!(row.state, DeliveryState::Acked | DeliveryState::Superseded);
        let plan = engine.plan.deliveries.get(&row.delivery);
        let safe =
            row.state != DeliveryState::Ambiguous || plan.is_none_or(|plan| delivery::repeats(plan) > 0);
        !settled && (only.contains(&row.delivery) || (only.is_empty() && safe))
    };
    let mut rows = chosen(&run.run_id, store.deliveries(&run.run_id).await?, only)?;
    rows.retain(meant);
    if rows.is_empty() && has_delivered(&run) {
        return Ok(run);
    }
    if has_delivered(&run)
        && let Some(newer) = store.replacing(&rows).await?
    {
        return Err(RunError::Request(overtaken(&run, &newer)));
    }
    let deliveries = open(engine, &rows)?;
    let run = claim(engine, &run).await?;
    let whole = async {
        // Whoever names a delivery wants it tried although its far end once said that it is gone.
        for row in rows.iter().filter(|row| only.contains(&row.delivery)) {
            let place = row.place.as_deref().unwrap_or_default();
            store.try_again(&row.delivery, place).await?;
        }
        send(engine, &run, &deliveries, meant, wait).await
    };
    held(engine, &run, Box::pin(whole)).await
}

/// Sends what is acknowledged again under new keys, through `only` these deliveries if any are named: readers get it a second
/// time. The files are made again from the snapshot and must come out the same.
///
/// # Errors
/// [`RunError::Request`] as for [`resend`], for a test, or if nothing is acknowledged; [`RunError::Failed`] if this version
/// of the program would send other bytes than the run did.
pub async fn resend_as_new(
    engine: &Engine,
    run: &str,
    only: &[String],
    wait: Duration,
) -> Result<Run, RunError> {
    let Engine { store, clock, .. } = engine;
    let run = store.run(run).await?;
    has_parcels(&run)?;
    if run.trigger == Trigger::Test {
        let reason = format!(
            "run {} was a test; run the job to send it to its readers",
            run.run_id
        );
        return Err(RunError::Request(reason));
    }
    let before = store.deliveries(&run.run_id).await?;
    let mut rows = chosen(&run.run_id, before.clone(), only)?;
    rows.retain(|row| row.state == DeliveryState::Acked);
    if rows.is_empty() {
        let reason = format!(
            "nothing of run {} is acknowledged; `resend` without --as-new tries it again",
            run.run_id
        );
        return Err(RunError::Request(reason));
    }
    let deliveries = open(engine, &rows)?;
    let (replayed, edition) = replay::rebuild(store, &run, format!("again {}", before.len())).await?;
    if !replayed.identical() {
        let reason = format!(
            "this version of the program would not send the same bytes as run {}; run the job again for a new revision",
            run.run_id
        );
        return Err(RunError::Failed(reason));
    }
    let mut parcels = Vec::new();
    for (name, delivery) in &deliveries {
        let reached = |recipient: &str| {
            rows.iter()
                .any(|row| row.delivery == *name && row.recipient == recipient)
        };
        let mut composed = delivery
            .compose(&edition)
            .map_err(|error| RunError::Failed(error.to_string()))?;
        composed.retain(|parcel| reached(&parcel.recipient));
        parcels.push((name.clone(), composed));
    }
    if let Some(row) = rows.iter().find(|row| !has_parcel(&parcels, row)) {
        return Err(RunError::Request(unreachable(&run.run_id, row, &deliveries)));
    }
    let run = claim(engine, &run).await?;
    let whole = async {
        if store.deliveries(&run.run_id).await?.len() != before.len() {
            // Somebody else sent it as new since we looked: our keys are theirs.
            let (run_id, now) = (run.run_id.clone(), clock.now());
            store.conclude(&run_id, run.fence, now, vec![]).await?;
            return Err(StoreError::Busy { run_id }.into());
        }
        store.enqueue(&run, &parcels, clock.now()).await?;
        let new = |row: &OutboxRow| before.iter().all(|earlier| earlier.id != row.id);
        send(engine, &run, &deliveries, new, wait).await
    };
    held(engine, &run, Box::pin(whole)).await
}

/// Concludes a run again after an operator has said what became of a parcel. Whoever is at work on it meanwhile, such as the
/// service, will conclude it by the same rows.
///
/// # Errors
/// [`RunError`] if the store says no.
pub async fn settle(engine: &Engine, run_id: &str) -> Result<Run, RunError> {
    let Engine { store, clock, .. } = engine;
    let concluded = async {
        let run = store.claim(run_id, clock.now()).await?;
        let nothing = |_: &OutboxRow| false;
        let no_ways = BTreeMap::new();
        let whole = Box::pin(send(engine, &run, &no_ways, nothing, Duration::ZERO));
        held(engine, &run, whole).await
    };
    match concluded.await {
        Err(RunError::Store(StoreError::Busy { .. } | StoreError::Stale { .. })) => {
            Ok(store.run(run_id).await?)
        }
        concluded => concluded,
    }
}

/// Refuses a run whose parcels may not go out, or are gone.
fn has_parcels(run: &Run) -> Result<(), RunError> {
    let Run {
        run_id,
        job,
        period_id,
        ..
    } = run;
    if run.state == RunState::Held {
        return Err(RunError::Request(format!(
            "run {run_id} is held, and only `reportwire approve {run_id}` releases it; `reportwire runs show {run_id}` says why"
        )));
    }
    if let Some(why) = &run.unsent {
        return Err(RunError::Request(format!(
            "run {run_id} went out to nobody, so there is nothing to send again: {why} Its files are kept; `reportwire runs show {run_id}`"
        )));
    }
    if run.artifacts_cleared {
        return Err(RunError::Request(format!(
            "the files of run {run_id} were cleared away because they were old (`service.keep_artifacts`), so they cannot be \
             sent again; `reportwire run {job} --period {period_id}` makes a new revision"
        )));
    }
    Ok(())
}

/// Says why nothing of a run goes out any more.
fn overtaken(run: &Run, newer: &Newer) -> String {
    let Run {
        run_id,
        job,
        period_id,
        ..
    } = run;
    let Newer {
        run_id: by, revision, ..
    } = newer;
    if newer.unsent {
        return format!(
            "nothing of run {run_id} is sent again: revision {revision} of the same report has newer figures and went out to nobody (run \
             {by}; `reportwire runs show {by}` says why); `reportwire run {job} --period {period_id}` makes one from what is there now"
        );
    }
    format!(
        "nothing of run {run_id} is sent again: revision {revision} of the same report goes to the same readers (run {by}), and they \
         would take the older for the newer; `reportwire resend {by}` tries that one again, `reportwire run {job} --period \
         {period_id}` makes one from what is there now"
    )
}

/// Whether the run has tried its outbox and ended; one whose process ended before that is still to be concluded.
fn has_delivered(run: &Run) -> bool {
    use RunState::{Delivered, Failed, PartiallyDelivered};
    run.generated_at.is_some() && matches!(run.state, Delivered | PartiallyDelivered | Failed)
}

fn has_parcel(parcels: &[(String, Vec<Parcel>)], row: &OutboxRow) -> bool {
    parcels.iter().any(|(delivery, parcels)| {
        *delivery == row.delivery && parcels.iter().any(|parcel| parcel.recipient == row.recipient)
    })
}

/// Says why what was acknowledged cannot go there again, and what to do.
fn unreachable(run_id: &str, row: &OutboxRow, deliveries: &BTreeMap<String, Box<dyn Delivery>>) -> String {
    let OutboxRow {
        delivery, recipient, ..
    } = row;
    let what = if deliveries.contains_key(delivery) {
        format!("delivery `{delivery}` no longer goes to {recipient}")
    } else {
        format!("the configuration has no delivery `{delivery}` any more")
    };
    format!(
        "{what}, so run {run_id} cannot be sent there again; nothing was sent. Put it back, or name with --only the deliveries \
         that are as they were"
    )
}

/// The rows that are named, or all.
fn chosen(run_id: &str, rows: Vec<OutboxRow>, only: &[String]) -> Result<Vec<OutboxRow>, RunError> {
    let absent = only
        .iter()
        .find(|name| rows.iter().all(|row| row.delivery != **name));
    if let Some(unknown) = absent {
        return Err(RunError::Request(format!(
            "run {run_id} has nothing for a delivery `{unknown}`; `reportwire runs show {run_id}` lists what it has"
        )));
    }
    Ok(rows
        .into_iter()
        .filter(|row| only.is_empty() || only.contains(&row.delivery))
        .collect())
}

fn open(engine: &Engine, rows: &[OutboxRow]) -> Result<BTreeMap<String, Box<dyn Delivery>>, RunError> {
    let plans: BTreeMap<String, DeliveryPlan> = rows
        .iter()
        .filter_map(|row| {
            Some((
                row.delivery.clone(),
                engine.plan.deliveries.get(&row.delivery)?.clone(),
            ))
        })
        .collect();
    choose::open_all(&plans, &engine.clock)
}

/// Takes the run over. One without frozen bytes cannot be resent, which is no failure of the store.
async fn claim(engine: &Engine, run: &Run) -> Result<Run, RunError> {
    let claimed = engine.store.claim(&run.run_id, engine.clock.now()).await;
    claimed.map_err(|error| match error {
        StoreError::NothingFrozen { .. } => RunError::Request(error.to_string()),
        _ => error.into(),
    })
}

/// Does the work on a claimed run, which is given back if it could not be concluded: whoever comes next need not wait for the
/// lease.
async fn held(
    engine: &Engine,
    run: &Run,
    work: impl Future<Output = Result<Run, RunError>>,
) -> Result<Run, RunError> {
    let Engine { store, clock, .. } = engine;
    let done = Box::pin(lease::kept(store, clock.as_ref(), run, work)).await;
    if done.is_err()
        && let Err(error) = store.release(&run.run_id, run.fence).await
    {
        tracing::debug!(run.id = %run.run_id, error = %error, "the run could not be given back; its lease runs out");
    }
    done
}

/// Tries the chosen rows of a claimed run and concludes it.
async fn send(
    engine: &Engine,
    run: &Run,
    deliveries: &BTreeMap<String, Box<dyn Delivery>>,
    chosen: impl Fn(&OutboxRow) -> bool,
    wait: Duration,
) -> Result<Run, RunError> {
    let Engine { store, clock, .. } = engine;
    let effort = Effort::for_command(wait, Arc::clone(&engine.hosts));
    let ways = attempt::open_ways(deliveries);
    attempt::settle_doubts(store, run, &engine.plan.deliveries, clock.now()).await?;
    attempt::deliver_all(store, run, &ways, chosen, &effort, clock.as_ref()).await?;
    store
        .conclude(&run.run_id, run.fence, clock.now(), vec![])
        .await?;
    Ok(store.run(&run.run_id).await?)
}

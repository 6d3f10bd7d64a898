//! What a worker of the service does with a ticket: it takes the run and brings it one stretch further, to its end or to the
//! time at which something of it falls due again.

use super::attempt::{self, Effort, Ways};
use super::lanes::Lanes;
use super::lease::{AtWork, Leases};
use super::perform::{Engine, Prepared, Story, clear};
use super::recipe::{Birth, Recipe};
use super::store::{OutboxRow, Run, Store, StoreError, Ticket};
use super::{DeliveryState, RunError, RunState, choose, tell};
use crate::config::plan::{DeliveryPlan, JobPlan};
use crate::delivery::{self, Delivery, DeliveryError};
use crate::fail_point;
use crate::source::Silent;
use crate::telemetry::figures;
use chrono::TimeDelta;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

/// How long a run is left alone that met a full disk.
const ROOM_AGAIN: TimeDelta = TimeDelta::minutes(5);
/// When the owner hears of it.
const PUT_BY_FOR_LONG: TimeDelta = TimeDelta::minutes(15);

/// How often a process may be lost with a run in its hands before nobody else tries.
const MOST_LOSSES: u32 = 5;

/// Works on the run of a ticket. Whatever happens is in the rows afterwards; an error here is one that could not be written
/// down, and the run is taken over when its lease is over.
///
/// # Errors
/// [`RunError::Store`] if the database was away, or the run went into other hands meanwhile.
pub async fn work(
    engine: &Engine,
    ticket: &Ticket,
    lanes: &Lanes,
    leases: &Leases,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    let job = ticket.fetches.as_ref().and_then(|job| engine.plan.jobs.get(job));
    let sources = job.map_or(&[][..], |job| &job.sources);
    let lane = tokio::select! {
        lane = lanes.enter(sources) => lane,
        // The ticket is not used, and whoever starts next need not wait for it to grow old.
        () = stop.cancelled() => return Ok(engine.store.hand_back(ticket).await?),
    };
    // Thousands may wait for a lane; they hold no room for what comes after it.
    Box::pin(begin(engine, ticket, lane, leases, stop)).await
}

async fn begin(
    engine: &Engine,
    ticket: &Ticket,
    lane: super::lanes::Lane,
    leases: &Leases,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    fail_point::hit("ticket");
    if leases.has(&ticket.run_id) {
        // Its lease may seem to be over because the clock was set, but the one at work on it is here and well.
        return Ok(());
    }
    let Some(run) = engine.store.take(ticket, engine.clock.now()).await? else {
        tracing::debug!(
            run.id = ticket.run_id,
            "the ticket is used, or the run in other hands"
        );
        return Ok(());
    };
    let at_work = leases.keep(&run);
    fail_point::hit("taken");
    if fail_point::runs_are_trivial() {
        let why = "ended as soon as it was begun, to measure what is around a run";
        engine
            .store
            .fail(&run.run_id, run.fence, why, engine.clock.now(), None)
            .await?;
        return Ok(());
    }
    match stretch(engine, &run, lane, &at_work, stop).await {
        Err(RunError::Store(StoreError::Stale { .. })) => {
            tracing::warn!(
                run.id = run.run_id,
                "the run went into other hands; what was done here is thrown away"
            );
            Ok(())
        }
        worked => worked,
    }
}

async fn stretch(
    engine: &Engine,
    run: &Run,
    lane: super::lanes::Lane,
    at_work: &AtWork<'_>,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    let Some(job) = engine.plan.jobs.get(&run.job) else {
        return orphaned(engine, run).await;
    };
    let mut run = run.clone();
    if run.state == RunState::Queued {
        if run.losses >= MOST_LOSSES {
            return fail(engine, job, &run, lost_again_and_again()).await;
        }
        let prepared = tokio::select! {
            prepared = prepare(engine, job, &run) => prepared?,
            // What is not frozen is begun again by whoever takes it next, and what has just been frozen is gone on with. Sending,
            // below, is not dropped: it listens to the same token and ends between two attempts.
            () = stop.cancelled() => return Ok(engine.store.release(&run.run_id, run.fence).await?),
            // Platforms are not asked for what nobody will use.
            () = at_work.lost() => return Err(StoreError::Stale { run_id: run.run_id }.into()),
        };
        let Some(frozen) = prepared else {
            return Ok(());
        };
        run = frozen;
        engine
            .store
            .advance(&run.run_id, run.fence, RunState::Frozen, RunState::Delivering)
            .await?;
        fail_point::hit("to_delivering");
    }
    // Sending may take long, and needs no lane of a source.
    drop(lane);
    send(engine, job, &run, stop).await
}

/// Fetches, computes and freezes. `None` where that is the end of it: failed, held, or waiting for late data.
async fn prepare(engine: &Engine, job: &JobPlan, run: &Run) -> Result<Option<Run>, RunError> {
    let prepared = match story(engine, job, run).await {
        Ok(story) => story.prepare(&Silent).await,
        Err(error) => Err(error),
    };
    match prepared {
        Ok(Prepared::Frozen(_)) => Ok(Some(engine.store.run(&run.run_id).await?)),
        Ok(Prepared::Held(_) | Prepared::Waits) => Ok(None),
        Err(error @ RunError::Store(StoreError::Stale { .. })) => Err(error),
        Err(error) if error.may_pass() => {
            put_by(engine, job, run, &error).await;
            Err(error)
        }
        Err(error) => give_up(engine, job, run, error).await.map(|()| None),
    }
}

/// Lets a run that could not be worked on through no fault of its own begin again later; what its attempt has written makes
/// room for others. If even that cannot be written down, it begins again when its lease is over.
async fn put_by(engine: &Engine, job: &JobPlan, run: &Run, error: &RunError) {
    // What the database did not answer may have been done; what a file did not take was not.
    if !matches!(error, RunError::Store(error) if !matches!(error, StoreError::Io { .. })) {
        clear(run);
    }
    let now = engine.clock.now();
    let tell = (now > run.created_at + PUT_BY_FOR_LONG).then(|| tell::put_by(job, run, error));
    let put = engine.store.set_aside(run, now + ROOM_AGAIN, tell.flatten(), now);
    if let Err(error) = put.await {
        tracing::debug!(run.id = %run.run_id, error = %error, "the run could not be given back; its lease runs out");
    }
}

/// Fails a run; one that follows a provisional report looks again instead, as long as there is time.
async fn give_up(engine: &Engine, job: &JobPlan, run: &Run, error: RunError) -> Result<(), RunError> {
    let now = engine.clock.now();
    let follows = birth(run).ok().and_then(|birth| birth.follows);
    let again = follows
        .filter(|_| !error.ends_following())
        .and_then(|follows| follows.again(now));
    let Some(again) = again else {
        return fail(engine, job, run, error).await;
    };
    tracing::warn!(run.id = %run.run_id, job.name = %job.name, error = %error, until = %again, "the final report could not be made yet; it is tried again");
    engine.store.set_aside(run, again, None, now).await?;
    clear(run);
    Ok(())
}

/// Opens everything that the run needs, and writes down what will decide its bytes.
async fn story<'a>(engine: &'a Engine, job: &'a JobPlan, run: &Run) -> Result<Story<'a>, RunError> {
    let Birth { period, follows } = birth(run)?;
    if follows.is_some()
        && let Some(newer) = engine.store.newer(run).await?
    {
        return Err(RunError::NotNeeded(newer.revision));
    }
    let plans: BTreeMap<String, DeliveryPlan> = job
        .deliveries
        .iter()
        .filter_map(|name| Some((name.clone(), engine.plan.deliveries.get(name)?.clone())))
        .collect();
    let deliveries = choose::open_all(&plans, &engine.clock)?;
    choose::reveal_sources(&engine.plan, job)?;
    let recipe = Recipe::of(&engine.plan, job, &period, &job.deliveries)?.following(follows);
    let written = recipe.written()?;
    fail_point::hit("prescribing");
    engine.store.prescribe(&run.run_id, run.fence, &written).await?;
    fail_point::hit("prescribed");
    Ok(Story {
        engine,
        job,
        recipe,
        run: run.clone(),
        deliveries,
    })
}

/// What was known when the run was written down: the period that the occurrence had when it fell due, whatever the
/// configuration says by now, and what it follows.
fn birth(run: &Run) -> Result<Birth, RunError> {
    serde_json::from_str(&run.recipe).map_err(|error| {
        RunError::Failed(format!(
            "the period of run {} cannot be read: {error}",
            run.run_id
        ))
    })
}

async fn fail(engine: &Engine, job: &JobPlan, run: &Run, error: RunError) -> Result<(), RunError> {
    let (store, now) = (&engine.store, engine.clock.now());
    let tell = match &error {
        // Whoever made the newer revision knows.
        RunError::NotNeeded(_) => None,
        _ if birth(run).is_ok_and(|birth| birth.follows.is_some()) => tell::never_final(job, run, &error),
        _ => tell::failed(job, run, &error),
    };
    fail_point::hit("failing");
    store
        .fail(&run.run_id, run.fence, &error.to_string(), now, tell)
        .await?;
    // Counted once: by whoever could write it down.
    if !matches!(error, RunError::NotNeeded(_)) {
        figures::run_ended(&job.name, RunState::Failed.key());
    }
    tracing::info!(run.id = %run.run_id, job.name = %job.name, error = %error, "run failed");
    fail_point::hit("failed");
    Ok(())
}

/// Why a run is not begun once more: whatever ends every process that makes it would end the next one, and all that is under way
/// in it.
fn lost_again_and_again() -> RunError {
    RunError::Failed(format!(
        "{MOST_LOSSES} times the program ended or fell silent in the middle of this run, so that it is not begun again: was it \
         out of memory, or killed? The log of the service says what came last"
    ))
}

/// The job has gone from the configuration since the run was written down.
async fn orphaned(engine: &Engine, run: &Run) -> Result<(), RunError> {
    let (store, now) = (&engine.store, engine.clock.now());
    let why = format!(
        "the configuration has no job `{}` any more; put it back and run it again",
        run.job
    );
    if run.generated_at.is_some() {
        // Its parcels would fall due again and again otherwise; `resend` can still try them.
        store.give_up(run, &why, now).await?;
    }
    let tell = tell::orphaned(run, &engine.plan.service.owner, &why);
    if run.generated_at.is_some() {
        store.conclude(&run.run_id, run.fence, now, vec![tell]).await?;
        return Ok(());
    }
    Ok(store.fail(&run.run_id, run.fence, &why, now, Some(tell)).await?)
}

/// Tries what is due, then concludes the run, or gives it back until something of it falls due again.
async fn send(engine: &Engine, job: &JobPlan, run: &Run, stop: &CancellationToken) -> Result<(), RunError> {
    let Engine { store, clock, .. } = engine;
    attempt::settle_doubts(store, run, &engine.plan.deliveries, clock.now()).await?;
    let rows = store.deliveries(&run.run_id).await?;
    let opened = open(engine, &rows);
    let ways: Ways<'_> = opened
        .iter()
        .map(|(name, way)| {
            let way = way.as_ref().map(|way| &**way);
            (name.as_str(), way.map_err(ToString::to_string))
        })
        .collect();
    let now = clock.now();
    let due: Vec<i64> = rows
        .iter()
        .filter(|row| row.is_due(now))
        .map(|row| row.id)
        .collect();
    let effort = Effort::for_service(stop.clone(), std::sync::Arc::clone(&engine.hosts));
    attempt::deliver_all(
        store,
        run,
        &ways,
        |row| due.contains(&row.id),
        &effort,
        clock.as_ref(),
    )
    .await?;
    let rows = store.deliveries(&run.run_id).await?;
    if rows.iter().any(OutboxRow::is_outstanding) {
        fail_point::hit("releasing");
        store.release(&run.run_id, run.fence).await?;
        fail_point::hit("released");
        return Ok(());
    }
    let in_trouble = store.in_trouble(&job.name).await?;
    let tells = tell::concluded(job, run, &rows, &gone(store, &rows).await?, in_trouble);
    fail_point::hit("concluding");
    let state = store.conclude(&run.run_id, run.fence, clock.now(), tells).await?;
    fail_point::hit("concluded");
    // Whose readers get a newer revision instead has not failed.
    let replaced = state == RunState::Failed && rows.iter().all(|row| row.state == DeliveryState::Superseded);
    if run.finished_at.is_none() && !replaced {
        figures::run_ended(&job.name, state.key());
    }
    tracing::info!(run.id = %run.run_id, job.name = %job.name, state = state.key(), "run ends");
    Ok(())
}

/// The rows whose far end has said that it is gone.
async fn gone(store: &Store, rows: &[OutboxRow]) -> Result<Vec<i64>, StoreError> {
    let mut gone = Vec::new();
    for row in rows.iter().filter(|row| row.state == DeliveryState::Dead) {
        let place = row.place.as_deref().unwrap_or_default();
        if store.gone(&row.delivery).await?.contains_key(place) {
            gone.push(row.id);
        }
    }
    Ok(gone)
}

/// Opens the ways out of these parcels that the configuration has.
fn open(engine: &Engine, rows: &[OutboxRow]) -> BTreeMap<String, Result<Box<dyn Delivery>, DeliveryError>> {
    let names: std::collections::BTreeSet<&String> = rows.iter().map(|row| &row.delivery).collect();
    let opened = names.into_iter().filter_map(|name| {
        let plan = engine.plan.deliveries.get(name)?;
        let way = delivery::open(name, plan, std::sync::Arc::clone(&engine.clock));
        if let Err(error) = &way {
            tracing::warn!(delivery = name, error = %error, "the delivery cannot be opened");
        }
        Some((name.clone(), way))
    });
    opened.collect()
}

#[cfg(test)]
pub(crate) mod shop;
#[cfg(test)]
mod tests;

//! What a worker of the service does with a ticket: it takes the run and brings it one stretch further, to its end or to the
//! time at which something of it falls due again.

use super::attempt::{self, Effort};
use super::lanes::Lanes;
use super::lease::Leases;
use super::perform::{Engine, Prepared, Story};
use super::recipe::{Birth, Recipe};
use super::store::{OutboxRow, Run, Store, StoreError, Ticket};
use super::{DeliveryState, RunError, RunState, choose, tell};
use crate::config::plan::{DeliveryPlan, JobPlan};
use crate::delivery::{self, Delivery, Pace};
use crate::fail_point;
use crate::period::Period;
use crate::source::Silent;
use crate::telemetry::figures;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

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
    let sources = sources_of(engine, ticket).await?;
    let lane = tokio::select! {
        lane = lanes.enter(&sources) => lane,
        // The ticket is not used, and whoever starts next need not wait for it to grow old.
        () = stop.cancelled() => return Ok(engine.store.hand_back(ticket).await?),
    };
    if leases.holds(&ticket.run_id) {
        // A clock that leapt, or a machine that slept, has ended the lease; the work itself goes on here.
        tracing::debug!(run.id = ticket.run_id, "this process is at work on the run");
        return Ok(());
    }
    fail_point::hit("ticket");
    let Some(run) = engine.store.take(ticket, engine.clock.now()).await? else {
        tracing::debug!(
            run.id = ticket.run_id,
            "the ticket is used, or the run in other hands"
        );
        return Ok(());
    };
    let _at_work = leases.keep(&run);
    fail_point::hit("taken");
    match stretch(engine, &run, lane, stop).await {
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

/// The sources whose lanes a run needs: none, if it only has to be sent.
async fn sources_of(engine: &Engine, ticket: &Ticket) -> Result<Vec<String>, RunError> {
    let run = engine.store.run(&ticket.run_id).await?;
    let job = engine.plan.jobs.get(&run.job);
    Ok(match job {
        Some(job) if run.generated_at.is_none() => job.sources.clone(),
        _ => Vec::new(),
    })
}

async fn stretch(
    engine: &Engine,
    run: &Run,
    lane: super::lanes::Lane,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    let Some(job) = engine.plan.jobs.get(&run.job) else {
        return orphaned(engine, run).await;
    };
    let mut run = run.clone();
    if run.state == RunState::Queued {
        let prepared = tokio::select! {
            prepared = prepare(engine, job, &run) => prepared?,
            // What is not frozen is begun again by whoever takes it next, and what has just been frozen is gone on with. Sending,
            // below, is not dropped: it listens to the same token and ends between two attempts.
            () = stop.cancelled() => return Ok(engine.store.release(&run.run_id, run.fence).await?),
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
    let story = match story(engine, job, run).await {
        Ok(story) => story,
        Err(error @ RunError::Store(_)) => return Err(error),
        Err(error) => return fail(engine, job, run, error).await.map(|()| None),
    };
    match story.prepare(&Silent).await {
        Ok(Prepared::Frozen(_)) => {}
        Ok(Prepared::Held(_) | Prepared::Waits) => return Ok(None),
        Err(RunError::Store(error)) if error.may_pass() || matches!(error, StoreError::Stale { .. }) => {
            return Err(error.into());
        }
        Err(error) => return fail(engine, job, run, error).await.map(|()| None),
    }
    Ok(Some(engine.store.run(&run.run_id).await?))
}

/// Opens everything that the run needs, and writes down what will decide its bytes.
async fn story<'a>(engine: &'a Engine, job: &'a JobPlan, run: &Run) -> Result<Story<'a>, RunError> {
    let period = period_of(run)?;
    let plans: BTreeMap<String, DeliveryPlan> = job
        .deliveries
        .iter()
        .filter_map(|name| Some((name.clone(), engine.plan.deliveries.get(name)?.clone())))
        .collect();
    let deliveries = choose::open_all(&plans, &engine.clock)?;
    choose::reveal_sources(&engine.plan, job)?;
    let recipe = Recipe::of(&engine.plan, job, &period, &job.deliveries)?;
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

/// The period that the occurrence had when it fell due, whatever the configuration says by now.
fn period_of(run: &Run) -> Result<Period, RunError> {
    let birth: Birth = serde_json::from_str(&run.recipe).map_err(|error| {
        RunError::Failed(format!(
            "the period of run {} cannot be read: {error}",
            run.run_id
        ))
    })?;
    Ok(birth.period)
}

async fn fail(engine: &Engine, job: &JobPlan, run: &Run, error: RunError) -> Result<(), RunError> {
    let (store, now) = (&engine.store, engine.clock.now());
    figures::run_ended(&job.name, RunState::Failed.key());
    tracing::info!(run.id = %run.run_id, job.name = %job.name, error = %error, "run failed");
    let tell = tell::failed(job, run, &error);
    fail_point::hit("failing");
    store
        .fail(&run.run_id, run.fence, &error.to_string(), now, tell)
        .await?;
    fail_point::hit("failed");
    Ok(())
}

/// The job has gone from the configuration since the run was written down.
async fn orphaned(engine: &Engine, run: &Run) -> Result<(), RunError> {
    let (store, now) = (&engine.store, engine.clock.now());
    let why = format!(
        "the configuration has no job `{}` any more; put it back and run it again",
        run.job
    );
    if run.generated_at.is_some() {
        // Its parcels stay as they are, for `resend`.
        store.conclude(&run.run_id, run.fence, now, vec![]).await?;
        return Ok(());
    }
    let tell = tell::orphaned(run, &engine.plan.service.owner, &why);
    Ok(store.fail(&run.run_id, run.fence, &why, now, Some(tell)).await?)
}

/// Tries what is due, then concludes the run, or gives it back until something of it falls due again.
async fn send(engine: &Engine, job: &JobPlan, run: &Run, stop: &CancellationToken) -> Result<(), RunError> {
    let Engine { store, clock, .. } = engine;
    let rows = store.deliveries(&run.run_id).await?;
    let ways = open(engine, &rows);
    for row in rows.iter().filter(|row| is_new_doubt(row)) {
        if let Some(way) = ways.get(&row.delivery).filter(|way| way.knows_repeats()) {
            let wait = match way.pace() {
                Pace::Mail => attempt::MAIL_DOUBT,
                Pace::Other => std::time::Duration::from_secs(5),
            };
            store.resend_at(row, run.fence, clock.now() + wait).await?;
        }
    }
    let rows = store.deliveries(&run.run_id).await?;
    let now = clock.now();
    let due: Vec<i64> = rows
        .iter()
        .filter(|row| is_due(row, now))
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
    if rows.iter().any(is_outstanding) {
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
    figures::run_ended(&job.name, state.key());
    tracing::info!(run.id = %run.run_id, job.name = %job.name, state = state.key(), "run ends");
    Ok(())
}

/// The rows whose far end has said that it is gone.
async fn gone(store: &Store, rows: &[OutboxRow]) -> Result<Vec<i64>, StoreError> {
    let mut gone = Vec::new();
    for row in rows.iter().filter(|row| row.state == DeliveryState::Dead) {
        let place = row.place.as_deref().unwrap_or_default();
        if store.gone(&row.delivery, place).await?.is_some() {
            gone.push(row.id);
        }
    }
    Ok(gone)
}

/// The ways out that can be opened; parcels of the others are put off with the reason.
fn open(engine: &Engine, rows: &[OutboxRow]) -> BTreeMap<String, Box<dyn Delivery>> {
    let names: std::collections::BTreeSet<&String> = rows.iter().map(|row| &row.delivery).collect();
    let opened = names.into_iter().filter_map(|name| {
        let plan = engine.plan.deliveries.get(name)?;
        match delivery::open(name, plan, std::sync::Arc::clone(&engine.clock)) {
            Ok(way) => Some((name.clone(), way)),
            Err(error) => {
                tracing::warn!(delivery = name, error = %error, "the delivery cannot be opened");
                None
            }
        }
    });
    opened.collect()
}

/// Ambiguous because its process ended in the middle: nobody has decided yet whether it goes out once more.
fn is_new_doubt(row: &OutboxRow) -> bool {
    row.state == DeliveryState::Ambiguous && row.next_attempt_at.is_none() && row.doubts <= 1
}

fn is_due(row: &OutboxRow, now: chrono::DateTime<chrono::Utc>) -> bool {
    match row.state {
        DeliveryState::Pending => true,
        DeliveryState::RetryWait | DeliveryState::Ambiguous => {
            row.next_attempt_at.is_some_and(|at| at <= now)
        }
        _ => false,
    }
}

/// Whether the service will still do something for it by itself.
fn is_outstanding(row: &OutboxRow) -> bool {
    match row.state {
        DeliveryState::Pending | DeliveryState::Sending | DeliveryState::RetryWait => true,
        DeliveryState::Ambiguous => row.next_attempt_at.is_some(),
        _ => false,
    }
}

//! The service: `reportwire serve` runs the jobs on their calendars, for months, unattended.
//!
//! In: a plan and a way to read it again. Out: runs, through the same path as `reportwire run`, and bulletins for their owners.
//! Never here: what a run does (that is `run`), when a job falls due (that is `schedule`).
//!
//! One task beats ([`heart`]): it writes down what has fallen due and hands it to workers. River's workers do the rest
//! ([`crate::run::work`]). Everything that matters is in the rows before it is relied on, so the service may end at any instant.

mod aside;
mod bulletins;
mod calendar;
mod guard;
mod heart;
mod lock;
mod mount;
pub mod proof;
mod reload;
mod retention;
mod room;
mod rounds;
mod shared;
mod signals;
mod stop;
mod ticks;
mod watch;

use crate::config::{Plan, Problems};
use crate::console::{self, Console, Phase};
use crate::fail_point;
use crate::run::dispatch::{Dispatch, River, Work};
use crate::run::perform::Engine;
use crate::run::store::{Store, StoreError, Ticket};
use crate::run::work::work;
use crate::schedule::clock::Clock;
use crate::telemetry::figures;
use aside::look_aside;
use futures::FutureExt as _;
use proof::Unproven;
use rounds::Service;
use shared::Shared;
use signals::Stop;
use std::sync::Arc;
use stop::{by, finish, give_back};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Tickets that are worked at once where nobody else could have them, those included that wait for a lane. What is taken beyond them,
/// because it shares a job of River with one of them, holds nothing but its place in the queue.
const WORKERS: usize = 1000;
/// Reads the configuration again.
pub type Load = Box<dyn Fn() -> Result<Plan, Problems> + Send + Sync>;

/// Why the service could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The configuration cannot be served as it is.
    #[error("{0}")]
    Request(String),
    /// The configuration refers to what is not there or will not do.
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system said no.
    #[error("{what}: {cause}")]
    System {
        /// What was tried, and the remedy.
        what: String,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// A library of ours said no.
    #[error("{0}")]
    Failed(String),
}

/// Opens the store that a plan names: PostgreSQL, or the file in its data folder.
///
/// # Errors
/// [`ServiceError::Request`] if the secret is missing; [`StoreError`] if the store cannot be opened.
pub async fn open_store(plan: &Plan) -> Result<Store, ServiceError> {
    use secrecy::ExposeSecret as _;
    let service = &plan.service;
    Ok(match &service.store {
        None => Store::open(&service.data_dir).await?,
        Some(secret) => {
            let revealed = secret.reveal();
            let url = revealed.map_err(|error| ServiceError::Request(format!("service.store: {error}")))?;
            Store::connect(url.expose_secret().trim(), &service.data_dir).await?
        }
    })
}

/// How many tickets this process works at once: as many as it can hold, unless other replicas could have them sooner.
fn workers(plan: &Plan) -> usize {
    match plan.service.store {
        None => WORKERS,
        Some(_) => plan.service.runs_at_once * 2,
    }
}

/// Serves until it is told to stop.
///
/// # Errors
/// [`ServiceError`] if it cannot begin, or River has ended; whatever else happens, it goes on.
pub async fn serve(plan: Plan, load: Load, clock: Arc<dyn Clock>) -> Result<(), ServiceError> {
    proof::prove(&plan, &clock)?;
    // Before the store is opened: a second service must not bring its tables up to date under the feet of the first.
    let _lock = match plan.service.store {
        None => Some(lock::take(&plan.service.data_dir)?),
        Some(_) => None,
    };
    for warning in proof::warnings(&plan) {
        tracing::warn!("{warning}");
    }
    let store = open_store(&plan).await?;
    let mut stop = Stop::listen()?;
    let (listener, address) = listen(&plan.service.listen).await?;
    let at_once = workers(&plan);
    let engine = Engine::new(plan, store.clone(), Arc::clone(&clock));
    let shared = Arc::new(Shared::new(engine));
    let river = Arc::new(River::open(&store, at_once, worker(Arc::clone(&shared))).await?);
    let mut service =
        Service::begin(Arc::clone(&shared), Arc::clone(&river) as Arc<dyn Dispatch>, load).await?;
    let mut working = river.start(&store)?;
    let (ended, uptime) = (CancellationToken::new(), Arc::clone(&clock));
    let shown = Console::new(shared.pulse.clone(), &address, move || uptime.since_boot());
    let console = tokio::spawn(console::serve(listener, shown, ended.clone()));
    fail_point::hit("serving");
    shared.pulse.set_phase(Phase::Serving);
    tracing::info!(
        listen = address,
        jobs = shared.current().engine.plan.jobs.len(),
        "serving"
    );
    let aside = Arc::clone(&service.aside);
    let mut beats = std::pin::pin!(shared.leases.beat(&store, clock.as_ref()));
    let done = tokio::select! {
        // What is dropped here, in the middle of a call to the database too, is found in the rows by the next service.
        () = service.run() => Ok(()),
        () = stop.asked() => Ok(()),
        () = &mut beats => Ok(()),
        () = look_aside(&shared, &aside) => Ok(()),
        ended = working.wait() => Err(river_ended(ended)),
    };
    let well = shared.pulse.ready(clock.since_boot()).is_ok();
    shared.pulse.set_phase(Phase::Stopping);
    let within = shared.current().engine.plan.service.stop_within;
    let deadline = Instant::now() + within;
    tokio::select! {
        () = finish(&shared, &mut working, &mut stop, within) => {}
        // Whoever still sends keeps its run.
        () = beats => {}
    }
    let last = async {
        ended.cancel();
        give_back(&shared, &store).await;
        if well {
            service.note_last_beat().await;
        }
        if let Ok(Err(error)) = console.await {
            tracing::warn!(error = %error, "the console had ended before");
        }
    };
    by(deadline, last, &mut stop).await;
    tracing::info!("stopped");
    done
}

/// River ends only when it cannot go on, and without it nobody works.
fn river_ended(ended: Result<(), riverqueue::Error>) -> ServiceError {
    let why = ended.map_or_else(|error| error.to_string(), |()| "it says nothing".to_owned());
    tracing::error!(
        reason = why,
        "River has ended, so nothing can be worked; the service ends"
    );
    ServiceError::Failed(format!("River has ended ({why}); start the service again"))
}

/// What River calls for each ticket.
fn worker(shared: Arc<Shared>) -> Work {
    Arc::new(move |ticket: Ticket| {
        let shared = Arc::clone(&shared);
        async move {
            if shared.pulse.store_trouble().is_some() {
                // The ticket is not used: once there is room again, another is handed out.
                return;
            }
            let current = shared.current();
            let span = tracing::info_span!("run", run.id = ticket.run_id, fence = ticket.fence);
            let worked = work(&current.engine, &ticket, &current.lanes, &shared.leases, &shared.stop);
            if let Err(error) = tracing::Instrument::instrument(worked, span).await {
                figures::store_fault();
                shared.pulse.store_fails(error.to_string());
                tracing::error!(run.id = ticket.run_id, error = %error, "the work could not be written down; it is taken up again");
            }
        }
        .boxed()
    })
}

/// Binds the address of console, health and metrics. Port 0 takes any that is free.
async fn listen(address: &str) -> Result<(TcpListener, String), ServiceError> {
    let refused = |cause| ServiceError::System {
        what: format!(
            "`service.listen` = {address} cannot be used; is another program there? Choose another port"
        ),
        cause,
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound.to_string()))
}

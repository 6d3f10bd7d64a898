//! The service: `reportwire serve` runs the jobs on their calendars, for months, unattended.
//!
//! In: a plan and a way to read it again. Out: runs, through the same path as `reportwire run`, and bulletins for their owners.
//! Never here: what a run does (that is `run`), when a job falls due (that is `schedule`).
//!
//! One task beats ([`heart`]): it writes down what has fallen due and hands it to workers. River's workers do the rest
//! ([`crate::run::work`]). Everything that matters is in the rows before it is relied on, so the service may end at any instant.

mod bulletins;
mod calendar;
mod guard;
mod heart;
mod lock;
mod reload;
mod retention;
mod room;
mod signals;
mod ticks;
mod watch;

use crate::config::{Plan, Problems};
use crate::console::{self, Console, Phase, Pulse};
use crate::fail_point;
use crate::run::dispatch::{Dispatch, River, Work};
use crate::run::lanes::Lanes;
use crate::run::lease::{self, Leases};
use crate::run::perform::Engine;
use crate::run::store::{Store, StoreError, Ticket};
use crate::run::work::work;
use crate::schedule::clock::Clock;
use crate::telemetry::figures;
use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt as _;
use heart::Heart;
use riverqueue::RunHandle;
use room::Room;
use signals::{Asked, Signals};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use ticks::{Tick, Ticks};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Tickets that are worked at once where nobody else could have them, waiting for a lane included.
const WORKERS: usize = 1000;
/// When no tick has come for so long, ticking is started anew.
const SILENCE: Duration = Duration::from_secs(15);
/// Longest wait between two beats.
const BEAT: Duration = Duration::from_secs(1);

/// How often we look whether an owner waits for news.
const NEWS: TimeDelta = TimeDelta::seconds(10);

/// Reads the configuration again.
pub type Load = Box<dyn Fn() -> Result<Plan, Problems> + Send + Sync>;

/// Why the service could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The configuration cannot be served as it is.
    #[error("{0}")]
    Request(String),
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

/// What holds until the configuration is read again.
pub(crate) struct Current {
    pub(crate) engine: Engine,
    lanes: Lanes,
}

/// What the workers share.
struct Shared {
    current: RwLock<Arc<Current>>,
    leases: Leases,
    stop: CancellationToken,
    pulse: Pulse,
}

impl Shared {
    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
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

/// How many tickets this process has in its hands at once: all that it can get, unless other replicas could have them sooner.
fn workers(plan: &Plan) -> usize {
    match plan.service.store {
        None => WORKERS,
        Some(_) => plan.service.runs_at_once * 2,
    }
}

/// Serves until it is told to stop.
///
/// # Errors
/// [`ServiceError`] if it cannot begin; once it has, it goes on whatever happens.
pub async fn serve(plan: Plan, load: Load, clock: Arc<dyn Clock>) -> Result<(), ServiceError> {
    let store = open_store(&plan).await?;
    let _lock = match plan.service.store {
        None => Some(lock::take(store.data_dir())?),
        Some(_) => None,
    };
    let signals = Signals::listen()?;
    let (listener, address) = listen(&plan.service.listen).await?;
    let stop_within = plan.service.stop_within;
    let at_once = workers(&plan);
    let engine = Engine::new(plan, store.clone(), Arc::clone(&clock));
    let shared = Arc::new(Shared {
        current: RwLock::new(Arc::new(current(engine))),
        leases: Leases::default(),
        stop: CancellationToken::new(),
        pulse: Pulse::new(),
    });
    let river = Arc::new(River::open(&store, at_once, worker(Arc::clone(&shared))).await?);
    let pulse = shared.pulse.clone();
    let mut heart = Heart::new(
        store.clone(),
        Arc::clone(&river) as Arc<dyn Dispatch>,
        clock.now(),
        clock.since_boot(),
    )
    .await?;
    lease::fail_abandoned(&store, &shared.current().engine.plan, clock.now()).await?;
    heart.adopt(&shared.current(), clock.now()).await?;
    let mut working = river.start(&store)?;
    let ended = CancellationToken::new();
    let uptime = Arc::clone(&clock);
    let shown = Console::new(pulse.clone(), &address, move || uptime.since_boot());
    let console = tokio::spawn(console::serve(listener, shown, ended.clone()));
    let aside = Arc::<Aside>::default();
    fail_point::hit("serving");
    pulse.set_phase(Phase::Serving);
    tracing::info!(
        listen = address,
        jobs = shared.current().engine.plan.jobs.len(),
        "serving"
    );
    let mut service = Service {
        shared: Arc::clone(&shared),
        heart,
        pulse: pulse.clone(),
        clock: Arc::clone(&clock),
        load,
        signals,
        aside: Arc::clone(&aside),
        told_at: clock.now(),
        room: Room::default(),
    };
    let beats = shared.leases.beat(&store, clock.as_ref());
    let aside = look_aside(&shared, &aside);
    tokio::select! {
        done = service.run() => done?,
        // What is dropped here when the service ends is found in the rows by the next one.
        () = beats => {}
        () = aside => {}
    }
    let well = pulse.ready(clock.since_boot()).is_ok();
    pulse.set_phase(Phase::Stopping);
    wind_down(&shared, &store, &mut working, &mut service.signals, stop_within).await;
    if well {
        drop(store.note_beat(clock.now()).await);
    }
    ended.cancel();
    if let Ok(Err(error)) = console.await {
        tracing::warn!(error = %error, "the console had ended before");
    }
    tracing::info!("stopped");
    Ok(())
}

fn current(engine: Engine) -> Current {
    Current {
        lanes: Lanes::of(&engine.plan),
        engine,
    }
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

/// The main loop and what it holds.
struct Service {
    shared: Arc<Shared>,
    heart: Heart,
    pulse: Pulse,
    clock: Arc<dyn Clock>,
    load: Load,
    signals: Signals,
    aside: Arc<Aside>,
    /// When we last looked whether an owner waits for news.
    told_at: DateTime<Utc>,
    room: Room,
}

/// What is done beside the beats, because a far end that hangs must not keep a job from falling due.
#[derive(Debug, Default)]
struct Aside {
    news: Notify,
    ping: Notify,
}

/// Does, whenever it is asked for, what talks to far ends; for ever.
async fn look_aside(shared: &Shared, aside: &Aside) {
    let news = async {
        loop {
            aside.news.notified().await;
            let Engine {
                plan, store, clock, ..
            } = &shared.current().engine;
            if let Err(error) = bulletins::send_due(plan, store, clock).await {
                figures::store_fault();
                tracing::warn!(error = %error, "what the owner is to hear could not be read or written; it is tried again");
            }
        }
    };
    let pings = async {
        loop {
            aside.ping.notified().await;
            ping(&shared.current().engine.plan).await;
        }
    };
    futures::future::join(news, pings).await;
}

impl Service {
    /// Beats until somebody asks us to stop.
    async fn run(&mut self) -> Result<(), ServiceError> {
        let failed = |error| ServiceError::Failed(format!("ticks cannot be started: {error}"));
        let mut ticks = Ticks::start().await.map_err(failed)?;
        let mut heard = Instant::now();
        loop {
            let beaten = self.beat().await;
            // Something that is due and could not be written down must not make us spin.
            let wait = if beaten { self.until_next() } else { BEAT };
            tokio::select! {
                // Whatever is dropped here is asked for again at the next turn.
                () = tokio::time::sleep(wait) => {}
                tick = ticks.ticks.recv() => {
                    heard = Instant::now();
                    if let Some(tick) = tick {
                        self.look_after(tick).await;
                    }
                }
                asked = self.signals.next() => match asked {
                    Asked::Stop => break,
                    Asked::Reload => self.reload().await,
                },
            }
            if heard.elapsed() > SILENCE {
                tracing::warn!("no tick has come for a while; ticking is started anew");
                ticks.stop().await;
                ticks = Ticks::start().await.map_err(failed)?;
                heard = Instant::now();
            }
        }
        ticks.stop().await;
        Ok(())
    }

    async fn beat(&mut self) -> bool {
        let (now, since_boot) = (self.clock.now(), self.clock.since_boot());
        // By the clock, like everything that falls due; one that was set back must not keep news for hours.
        if (now - self.told_at).abs() >= NEWS {
            self.told_at = now;
            self.aside.news.notify_one();
        }
        let current = self.shared.current();
        if self.pulse.store_trouble().is_some() {
            self.room.look(&self.pulse, &current.engine).await;
        }
        self.heart.paused = self.pulse.store_trouble().is_some();
        match self.heart.beat(&current, now, since_boot).await {
            Ok(()) => {
                self.pulse.beat(now, since_boot);
                self.pulse.release();
                true
            }
            Err(why) => {
                tracing::warn!(
                    reason = why,
                    "the heart could not beat; the next beat tries again"
                );
                self.pulse.hold(&why);
                false
            }
        }
    }

    /// How long to wait: until something falls due, a second at the most.
    fn until_next(&self) -> Duration {
        let now = self.clock.now();
        let next = self
            .heart
            .next()
            .map(|at| (at - now).to_std().unwrap_or(Duration::ZERO));
        next.map_or(BEAT, |next| next.clamp(Duration::from_millis(1), BEAT))
    }

    async fn look_after(&mut self, tick: Tick) {
        let current = self.shared.current();
        let Engine {
            plan, store, clock, ..
        } = &current.engine;
        let now = clock.now();
        let done = match tick {
            Tick::Beat => Ok(()),
            Tick::Minute => {
                figures::runs_under_way(u32::try_from(self.shared.leases.count()).unwrap_or(u32::MAX));
                self.count_outbox(store).await;
                fail_point::hit("minute");
                self.room.look(&self.pulse, &current.engine).await;
                self.look_each_minute(plan, store, now).await
            }
            Tick::Hour => retention::clear(plan, store, now).await,
        };
        if let Err(error) = done {
            figures::store_fault();
            tracing::warn!(error = %error, tick = ?tick, "what this tick asks for could not be done; the next one tries again");
        }
    }

    /// Says that the service is alive, up to when the schedules were heeded, and who waits for too long.
    async fn look_each_minute(
        &self,
        plan: &Plan,
        store: &Store,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if self.pulse.ready(self.clock.since_boot()).is_ok() {
            self.aside.ping.notify_one();
            store.note_beat(now).await?;
        }
        watch::look(plan, store, now).await
    }

    /// How much lies in the outbox, for whoever collects figures.
    async fn count_outbox(&self, store: &Store) {
        match store.backlog(self.clock.now()).await {
            Ok(backlog) => {
                figures::outbox(backlog.waiting, backlog.ambiguous, backlog.dead);
                figures::notices_waiting(backlog.notices);
            }
            Err(error) => tracing::debug!(error = %error, "the outbox could not be counted"),
        }
    }
}

/// Tells somebody outside that we are alive, where the plan names one.
async fn ping(plan: &Plan) {
    use secrecy::ExposeSecret as _;
    let Some(secret) = &plan.service.ping_url else {
        return;
    };
    let Ok(url) = secret.reveal() else {
        tracing::warn!("`service.ping_url` cannot be read; nobody is told that the service is alive");
        return;
    };
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let answer = match client {
        Ok(client) => client.get(url.expose_secret().trim()).send().await,
        Err(error) => Err(error),
    };
    match answer.and_then(reqwest::Response::error_for_status) {
        Ok(_) => {}
        Err(error) => tracing::warn!(error = %error.without_url(), "the ping did not get through"),
    }
}

/// Stops claiming, lets what is being sent finish, gives the rest back.
async fn wind_down(
    shared: &Shared,
    store: &Store,
    working: &mut RunHandle,
    signals: &mut Signals,
    within: Duration,
) {
    tracing::info!(
        within_s = within.as_secs(),
        runs = shared.leases.count(),
        "stopping"
    );
    shared.stop.cancel();
    fail_point::hit("stopping");
    // What may take longest is an SMTP server that thinks about a mail; a little is left to write its answer down.
    let patience = within.saturating_sub(Duration::from_secs(2));
    tokio::select! {
        stopped = tokio::time::timeout(patience, working.stop()) => {
            if stopped.is_err() {
                tracing::warn!("not everything ended in time; what was being sent is ambiguous now");
            }
        }
        () = signals.stop() => tracing::warn!("told twice to stop: what was being sent is ambiguous now"),
    }
    fail_point::hit("giving_back");
    for (run_id, fence) in shared.leases.left() {
        if let Err(error) = store.release(&run_id, fence).await {
            tracing::debug!(run.id = run_id, error = %error, "the run could not be given back; its lease runs out");
        }
    }
}

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
mod mount;
pub mod proof;
mod reload;
mod retention;
mod room;
mod signals;
mod ticks;
mod watch;

use crate::config::{Plan, Problems};
use crate::console::{self, Console, Phase, Pulse};
use crate::delivery::BulletinKind;
use crate::fail_point;
use crate::run::dispatch::{Dispatch, River, Work};
use crate::run::lanes::Lanes;
use crate::run::lease::Leases;
use crate::run::perform::Engine;
use crate::run::store::{Store, StoreError, Tell, Ticket};
use crate::run::work::work;
use crate::schedule::clock::Clock;
use crate::telemetry::figures;
use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt as _;
use heart::{Halt, Heart};
use proof::Unproven;
use riverqueue::RunHandle;
use room::Room;
use signals::Stop;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use ticks::{Tick, Ticks};
use tokio::net::TcpListener;
use tokio::signal::unix::Signal;
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

/// Writes down for the owner what concerns no job.
async fn tell_owner(engine: &Engine, kind: BulletinKind, text: String) -> Result<(), StoreError> {
    let tell = Tell {
        owner: engine.plan.service.owner.clone(),
        kind,
        job: None,
        period: None,
        run_id: None,
        text,
    };
    engine.store.tell(vec![tell], engine.clock.now()).await
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
    let (mut stop, hangup) = (Stop::listen()?, signals::hangup()?);
    let (listener, address) = listen(&plan.service.listen).await?;
    let at_once = workers(&plan);
    let engine = Engine::new(plan, store.clone(), Arc::clone(&clock));
    let shared = Arc::new(Shared {
        current: RwLock::new(Arc::new(current(engine))),
        leases: Leases::default(),
        stop: CancellationToken::new(),
        pulse: Pulse::new(),
    });
    let pulse = shared.pulse.clone();
    let river = Arc::new(River::open(&store, at_once, worker(Arc::clone(&shared))).await?);
    let ticks = Ticks::start().await;
    let mut service = Service {
        shared: Arc::clone(&shared),
        heart: Heart::new(
            store.clone(),
            Arc::clone(&river) as Arc<dyn Dispatch>,
            clock.now(),
            clock.since_boot(),
        )
        .await?,
        pulse: pulse.clone(),
        clock: Arc::clone(&clock),
        load,
        ticks: ticks.map_err(|error| ServiceError::Failed(format!("ticks cannot be started: {error}")))?,
        hangup,
        aside: Arc::default(),
        told_at: clock.now(),
        room: Room::default(),
    };
    store.fail_abandoned(clock.now()).await?;
    service.adopt().await?;
    let mut working = river.start(&store)?;
    let ended = CancellationToken::new();
    let uptime = Arc::clone(&clock);
    let shown = Console::new(pulse.clone(), &address, move || uptime.since_boot());
    let console = tokio::spawn(console::serve(listener, shown, ended.clone()));
    fail_point::hit("serving");
    pulse.set_phase(Phase::Serving);
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
    let well = pulse.ready(clock.since_boot()).is_ok();
    pulse.set_phase(Phase::Stopping);
    let stop_within = shared.current().engine.plan.service.stop_within;
    let deadline = Instant::now() + stop_within;
    tokio::select! {
        () = finish(&shared, &mut working, &mut stop, stop_within) => {}
        // Whoever still sends keeps its run.
        () = beats => {}
    }
    ended.cancel();
    let last = async {
        give_back(&shared, &store).await;
        if well {
            service.note_last_beat().await;
        }
        if let Ok(Err(error)) = console.await {
            tracing::warn!(error = %error, "the console had ended before");
        }
    };
    tokio::select! {
        () = last => {}
        () = tokio::time::sleep_until(deadline) => tracing::warn!("the store did not answer in time; leases run out by themselves"),
        () = stop.asked() => tracing::warn!("told again to stop; leases run out by themselves"),
    }
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
    ticks: Ticks,
    /// SIGHUP: the configuration is to be read again.
    hangup: Signal,
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
    /// Brings the calendar in line with the plan. By a clock that cannot be believed nothing begins; the first beat that can makes
    /// up for it.
    async fn adopt(&mut self) -> Result<(), StoreError> {
        match self.heart.adopt(&self.shared.current(), None).await {
            Ok(()) | Err(Halt::Clock(_)) => Ok(()),
            Err(Halt::Store(error)) => Err(error),
        }
    }

    /// Beats, for ever.
    async fn run(&mut self) {
        let mut heard = Instant::now();
        loop {
            let beaten = self.beat().await;
            // Something that is due and could not be written down must not make us spin.
            let wait = if beaten { self.until_next() } else { BEAT };
            tokio::select! {
                // Whatever is dropped here is asked for again at the next turn.
                () = tokio::time::sleep(wait) => {}
                Some(tick) = self.ticks.ticks.recv() => {
                    heard = Instant::now();
                    self.look_after(tick).await;
                }
                Some(()) = self.hangup.recv() => self.reload().await,
            }
            if heard.elapsed() > SILENCE {
                tracing::warn!("no tick has come for a while; ticking is started anew");
                heard = Instant::now();
                self.tick_anew().await;
            }
        }
    }

    async fn tick_anew(&mut self) {
        match Ticks::start().await {
            Ok(ticks) => std::mem::replace(&mut self.ticks, ticks).stop().await,
            Err(error) => tracing::error!(error = %error, "ticks cannot be started; it is tried again"),
        }
    }

    async fn beat(&mut self) -> bool {
        let (now, since_boot) = self.clock.reading();
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
        match self.heart.beat(&current).await {
            Ok(()) => {
                self.pulse.beat(now, since_boot);
                self.pulse.release();
                true
            }
            Err(why) => {
                tracing::warn!(
                    reason = %why,
                    "the heart could not beat; the next beat tries again"
                );
                match why {
                    Halt::Clock(why) => self.pulse.hold(why),
                    Halt::Store(_) => {
                        figures::store_fault();
                        self.pulse.hold(console::STORE_FAILS);
                    }
                }
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
        let done = match tick {
            Tick::Beat => Ok(()),
            Tick::Minute => self.look_each_minute().await,
            Tick::Hour => self.look_each_hour().await,
        };
        match done {
            // Nothing is called late, counted as alive or removed for good by a clock that cannot be believed; the beat has said so.
            Ok(()) | Err(Halt::Clock(_)) => {}
            Err(Halt::Store(error)) => {
                figures::store_fault();
                tracing::warn!(error = %error, tick = ?tick, "what this tick asks for could not be done; the next one tries again");
            }
        }
    }

    /// Looks whether there is room, says that the service is alive, up to when the schedules were heeded, and who waits too long.
    async fn look_each_minute(&mut self) -> Result<(), Halt> {
        let current = self.shared.current();
        let Engine { plan, store, .. } = &current.engine;
        figures::runs_under_way(u32::try_from(self.shared.leases.count()).unwrap_or(u32::MAX));
        self.count_outbox(store).await;
        fail_point::hit("minute");
        self.room.look(&self.pulse, &current.engine).await;
        let now = self.heart.believe(&current).await?;
        if self.pulse.ready(self.clock.since_boot()).is_ok() {
            self.aside.ping.notify_one();
            store.note_beat(now).await?;
        }
        Ok(watch::look(plan, store, now).await?)
    }

    /// Removes what is old enough to go.
    async fn look_each_hour(&mut self) -> Result<(), Halt> {
        let current = self.shared.current();
        let now = self.heart.believe(&current).await?;
        Ok(retention::clear(&current.engine.plan, &current.engine.store, now).await?)
    }

    /// Says up to when the schedules were heeded, at the end.
    async fn note_last_beat(&mut self) {
        let current = self.shared.current();
        if let Ok(now) = self.heart.believe(&current).await {
            drop(current.engine.store.note_beat(now).await);
        }
    }

    /// How much lies in the outbox, for whoever collects figures.
    async fn count_outbox(&self, store: &Store) {
        match store.backlog().await {
            Ok(backlog) => {
                figures::outbox(backlog.waiting, backlog.dead);
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
        // Proxies of the environment are not ours to use: what is asked stands in the configuration.
        .no_proxy()
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

/// Stops claiming and lets what is being sent finish.
async fn finish(shared: &Shared, working: &mut RunHandle, stop: &mut Stop, within: Duration) {
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
        () = stop.asked() => tracing::warn!("told twice to stop: what was being sent is ambiguous now"),
    }
}

/// Gives back what is still in our hands, so that nobody waits for its lease to run out.
async fn give_back(shared: &Shared, store: &Store) {
    fail_point::hit("giving_back");
    let left = shared.leases.left();
    let released = left.iter().map(|(run_id, fence)| async move {
        if let Err(error) = store.release(run_id, *fence).await {
            tracing::debug!(run.id = run_id, error = %error, "the run could not be given back; its lease runs out");
        }
    });
    futures::future::join_all(released).await;
}

#[cfg(test)]
mod tests;

//! The service's rounds: it beats, looks after what time brings, and reads the configuration again when asked to.

use super::aside::Aside;
use super::heart::{Halt, Heart};
use super::room::Room;
use super::shared::Shared;
use super::ticks::{Tick, Ticks};
use super::{Load, ServiceError, retention, signals, watch};
use crate::console::{self, Pulse};
use crate::fail_point;
use crate::run::dispatch::Dispatch;
use crate::run::lease;
use crate::run::perform::Engine;
use crate::run::store::Store;
use crate::schedule::clock::Clock;
use crate::telemetry::figures;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::Signal;
use tokio::time::Instant;

/// When no tick has come for so long, ticking is started anew.
const SILENCE: Duration = Duration::from_secs(15);
/// Longest wait between two beats.
const BEAT: Duration = Duration::from_secs(1);

/// How often we look whether an owner waits for news.
const NEWS: TimeDelta = TimeDelta::seconds(10);

/// The main loop and what it holds.
pub(super) struct Service {
    pub(super) shared: Arc<Shared>,
    pub(super) heart: Heart,
    pub(super) pulse: Pulse,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) load: Load,
    pub(super) ticks: Ticks,
    /// SIGHUP: the configuration is to be read again.
    pub(super) hangup: Signal,
    pub(super) aside: Arc<Aside>,
    /// Whether the owner knows of a configuration that was refused, and not yet of a better one.
    pub(super) refused: bool,
    /// When we last looked whether an owner waits for news.
    pub(super) told_at: DateTime<Utc>,
    pub(super) room: Room,
}

impl Service {
    /// Fails what a dead process left behind and brings the calendar in line with the plan. By a clock that cannot be believed no job
    /// begins; the first beat that can makes up for it.
    pub(super) async fn begin(
        shared: Arc<Shared>,
        dispatch: Arc<dyn Dispatch>,
        load: Load,
    ) -> Result<Self, ServiceError> {
        let current = shared.current();
        let (store, clock) = (&current.engine.store, Arc::clone(&current.engine.clock));
        let ticks = Ticks::start().await;
        let (now, since_boot) = clock.reading();
        let mut heart = Heart::new(store.clone(), dispatch, now, since_boot).await?;
        lease::fail_abandoned(store, &current.engine.plan, now).await?;
        match heart.adopt(&current).await {
            Ok(()) | Err(Halt::Clock(_)) => {}
            Err(Halt::Store(error)) => return Err(error.into()),
        }
        Ok(Self {
            pulse: shared.pulse.clone(),
            shared,
            heart,
            clock,
            load,
            ticks: ticks
                .map_err(|error| ServiceError::Failed(format!("ticks cannot be started: {error}")))?,
            hangup: signals::hangup()?,
            aside: Arc::default(),
            refused: false,
            told_at: now,
            room: Room::default(),
        })
    }

    /// Beats, for ever.
    pub(super) async fn run(&mut self) {
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

    pub(super) async fn beat(&mut self) -> bool {
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

    pub(super) async fn look_after(&mut self, tick: Tick) {
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
    pub(super) async fn note_last_beat(&mut self) {
        let current = self.shared.current();
        if let Ok(now) = self.heart.believe(&current).await {
            drop(current.engine.store.note_beat(now).await);
        }
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

#[cfg(test)]
mod tests;

//! How the service is: the phase of its life, its last heartbeat, and what keeps it from its work.

use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Oldest heartbeat of a service that is ready.
pub const OLDEST_BEAT: Duration = Duration::from_mins(1);

/// What is shown of a store that cannot be read or written: what exactly is wrong names paths and hosts.
pub const STORE_FAILS: &str = "The store cannot be read or written; the log says why.";

/// Part of a service's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Not everything is open yet.
    #[default]
    Starting,
    /// It does its work.
    Serving,
    /// It finishes what it began and takes nothing new. The last phase.
    Stopping,
}

/// What the service tells of itself and the console shows; clones share it. Ages are differences of a monotonic time that whoever
/// beats and whoever asks measure from the same start, so that a clock that jumps changes none.
///
/// Reasons are shown to whoever may reach the console: they name no secret and no path.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    beat: Option<(DateTime<Utc>, Duration)>,
    hold: Option<String>,
    store: Option<String>,
}

impl Pulse {
    /// Of a service that is starting.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The scheduler has looked at what falls due, at `now`, when this process was `uptime` old.
    pub fn beat(&self, now: DateTime<Utc>, uptime: Duration) {
        self.lock().beat = Some((now, uptime));
    }

    /// Begins a phase. Nothing comes after [`Phase::Stopping`].
    pub fn set_phase(&self, phase: Phase) {
        let mut state = self.lock();
        if state.phase != Phase::Stopping {
            state.phase = phase;
        }
    }

    /// Nothing new is begun right now, because the clock cannot be trusted for instance; `reason` says why in a sentence.
    pub fn hold(&self, reason: impl Into<String>) {
        self.lock().hold = Some(reason.into());
    }

    /// New things are begun again.
    pub fn release(&self) {
        self.lock().hold = None;
    }

    /// The store cannot be read or written; `reason` says why in a sentence, which is for log and owner alone.
    pub fn store_fails(&self, reason: impl Into<String>) {
        self.lock().store = Some(reason.into());
    }

    /// The store works again.
    pub fn store_works(&self) {
        self.lock().store = None;
    }

    /// Why the store cannot be read or written, as long as it cannot.
    #[must_use]
    pub fn store_trouble(&self) -> Option<String> {
        self.lock().store.clone()
    }

    /// When the last heartbeat was.
    #[must_use]
    pub fn last_beat(&self) -> Option<DateTime<Utc>> {
        self.lock().beat.map(|(at, _)| at)
    }

    /// How old the last heartbeat is, when this process is `uptime` old.
    #[must_use]
    pub fn age(&self, uptime: Duration) -> Option<Duration> {
        let beat = self.lock().beat;
        beat.map(|(_, then)| uptime.saturating_sub(then))
    }

    /// Whether it does its work, when this process is `uptime` old.
    ///
    /// # Errors
    /// The first reason why not, in a sentence.
    pub fn ready(&self, uptime: Duration) -> Result<(), String> {
        let age = self.age(uptime);
        let state = self.lock();
        match state.phase {
            Phase::Starting => return Err("The service is starting.".to_owned()),
            Phase::Stopping => return Err("The service is stopping and takes nothing new.".to_owned()),
            Phase::Serving => {}
        }
        if state.store.is_some() {
            return Err(STORE_FAILS.to_owned());
        }
        if let Some(reason) = &state.hold {
            return Err(reason.clone());
        }
        match age {
            None => Err("The scheduler has not had a heartbeat yet.".to_owned()),
            Some(age) if age > OLDEST_BEAT => Err(format!(
                "The last heartbeat of the scheduler is {} s old; more than {} s means that it hangs.",
                age.as_secs(),
                OLDEST_BEAT.as_secs()
            )),
            Some(_) => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn each_trouble_is_told_and_ends() {
        let pulse = Pulse::new();
        let reason = |uptime: u64| pulse.ready(secs(uptime)).err().unwrap_or_default();
        assert!(reason(0).contains("starting"));
        pulse.set_phase(Phase::Serving);
        assert!(reason(1).contains("not had a heartbeat yet"));
        let now = "2026-11-01T06:00:00Z".parse().unwrap();
        pulse.beat(now, secs(10));
        assert_eq!(pulse.last_beat(), Some(now));
        assert_eq!(reason(70), "", "sixty seconds are still well");
        assert!(
            pulse
                .ready(secs(70) + Duration::from_millis(1))
                .unwrap_err()
                .contains("60 s old")
        );
        assert_eq!(
            pulse.age(secs(5)),
            Some(Duration::ZERO),
            "a beat while somebody asked"
        );

        pulse.beat(now, secs(100));
        pulse.hold("The clock went back by 3 h.");
        assert!(reason(101).contains("clock"));
        pulse.store_fails("the store /srv/data/reportwire.db cannot be written: no space is left");
        assert_eq!(reason(101), STORE_FAILS);
        pulse.store_works();
        pulse.release();
        assert_eq!(reason(101), "");

        pulse.clone().set_phase(Phase::Stopping);
        pulse.set_phase(Phase::Serving);
        assert!(reason(101).contains("stopping"));
    }
}

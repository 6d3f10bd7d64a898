//! What one process asks of each far end: so many attempts at once, so far apart, and none at all for a while after it has failed
//! time and again.
//!
//! In memory only: it spares a far end that is in trouble, and us the waiting. What must be tried again is in the store, whatever
//! is known here.

use crate::delivery::{DeliveryError, FILES, FarEnd, Receipt};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How many attempts in a row fail before a host is left alone.
const FAILURES: u32 = 5;
/// How long a host is left alone at first; doubled each time that the one attempt after it fails too.
const FIRST_REST: Duration = Duration::from_mins(1);
/// Longest time that a host is left alone.
const LONGEST_REST: Duration = Duration::from_mins(30);
/// When to ask again while the one attempt that finds out is under way.
const TRIAL_PATIENCE: Duration = Duration::from_secs(5);

/// A host is left alone for this much longer; nothing was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the far end failed {FAILURES} times in a row and is left alone for another {} s", .0.as_secs().max(1))]
pub struct OpenFor(pub Duration);

/// All far ends of this process, by [`Delivery::host`](crate::delivery::Delivery::host).
#[derive(Debug)]
pub struct Hosts {
    sends_at_once: usize,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// One far end.
#[derive(Debug)]
struct Host {
    permits: Arc<Semaphore>,
    state: Mutex<State>,
    /// Whether it can be left alone at all.
    rests: bool,
}

#[derive(Debug, Default)]
struct State {
    circuit: Circuit,
    /// Earliest beginning of the next attempt.
    next: Option<Instant>,
}

/// Leave to make one attempt. Whoever drops it without a word has learnt nothing about the host.
#[derive(Debug)]
#[must_use = "dropped, it lets the next attempt go"]
pub struct Leave {
    host: Arc<Host>,
    /// Whether this is the one attempt that finds out if the host is well again.
    trial: bool,
    said: bool,
    _permit: OwnedSemaphorePermit,
}

/// Counts failures and says when a host is left alone. Pure: every instant is handed in.
#[derive(Debug, Default)]
struct Circuit {
    /// In a row.
    failures: u32,
    rest: Option<Rest>,
}

#[derive(Debug, Clone, Copy)]
struct Rest {
    until: Instant,
    length: Duration,
    /// Whether the one attempt after it is under way.
    trial: bool,
}

impl Hosts {
    /// Far ends of which each takes `sends_at_once` attempts at once, at least one.
    #[must_use]
    pub fn new(sends_at_once: usize) -> Self {
        Self {
            sends_at_once: sends_at_once.max(1),
            hosts: Mutex::default(),
        }
    }

    /// Waits for the host's turn: for one of its places, and until `spacing` has passed since the attempt before began.
    ///
    /// Safe to cancel at any point: the place is then free again.
    ///
    /// # Errors
    /// [`OpenFor`], at once or after waiting, if the host is left alone; then no attempt may be made.
    pub async fn admit(&self, host: &str, spacing: Duration) -> Result<Leave, OpenFor> {
        let host = self.host(host);
        // Nobody queues for a host that is left alone.
        host.lock().circuit.look(Instant::now())?;
        let permit = host.permits.clone().acquire_owned().await;
        // A semaphore that nobody closes gives a permit.
        let permit = permit.map_err(|_| OpenFor(TRIAL_PATIENCE))?;
        let start = host.lock().turn(Instant::now(), spacing);
        tokio::time::sleep_until(start).await;
        // From here to the leave nothing waits, so that a trial is never begun and then forgotten.
        let trial = host.lock().circuit.begin(Instant::now())?;
        Ok(Leave {
            host,
            trial,
            said: false,
            _permit: permit,
        })
    }

    /// Waits until `spacing` has passed since the attempt before began; whatever else is known of the host keeps nobody waiting.
    pub async fn pace(&self, host: &str, spacing: Duration) {
        let start = self.host(host).lock().turn(Instant::now(), spacing);
        tokio::time::sleep_until(start).await;
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(name) {
            return host.clone();
        }
        let host = Arc::new(Host {
            permits: Arc::new(Semaphore::new(self.sends_at_once)),
            state: Mutex::default(),
            // One folder in trouble says nothing about another.
            rests: name != FILES,
        });
        hosts.insert(name.to_owned(), host.clone());
        host
    }
}

impl Host {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// When the next attempt may begin.
    fn turn(&mut self, now: Instant, spacing: Duration) -> Instant {
        let start = self.next.map_or(now, |next| next.max(now));
        self.next = Some(start + spacing);
        start
    }
}

impl Leave {
    /// The far end answered, though perhaps with a refusal.
    pub fn succeeded(mut self) {
        self.said = true;
        self.host.lock().circuit.succeeded();
    }

    /// It did not answer, or asked us to come back later.
    pub fn failed(mut self) {
        self.said = true;
        if self.host.rests {
            self.host.lock().circuit.failed(Instant::now(), self.trial);
        }
    }

    /// [`Self::succeeded`] or [`Self::failed`], by what became of the attempt; nothing is learnt if the far end was not asked.
    pub fn settle(self, outcome: &Result<Receipt, DeliveryError>) {
        match outcome.as_ref().map_err(|error| error.far_end) {
            Ok(_) | Err(FarEnd::Well) => self.succeeded(),
            Err(FarEnd::Troubled) => self.failed(),
            Err(FarEnd::Unasked) => {}
        }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if self.trial && !self.said {
            self.host.lock().circuit.forget_trial();
        }
    }
}

impl Circuit {
    /// Whether an attempt might be made now.
    fn look(&self, now: Instant) -> Result<(), OpenFor> {
        match self.rest {
            Some(rest) if now < rest.until => Err(OpenFor(rest.until - now)),
            Some(Rest { trial: true, .. }) => Err(OpenFor(TRIAL_PATIENCE)),
            _ => Ok(()),
        }
    }

    /// Begins an attempt, and says whether it is the one that finds out.
    fn begin(&mut self, now: Instant) -> Result<bool, OpenFor> {
        self.look(now)?;
        if let Some(rest) = &mut self.rest {
            rest.trial = true;
        }
        Ok(self.rest.is_some())
    }

    fn succeeded(&mut self) {
        *self = Self::default();
    }

    fn failed(&mut self, now: Instant, trial: bool) {
        match self.rest {
            Some(rest) if trial => self.leave_alone(now, (rest.length * 2).min(LONGEST_REST)),
            // An attempt that began before the rest says nothing new.
            Some(_) => {}
            None => {
                self.failures += 1;
                if self.failures >= FAILURES {
                    self.leave_alone(now, FIRST_REST);
                }
            }
        }
    }

    fn leave_alone(&mut self, now: Instant, length: Duration) {
        self.rest = Some(Rest {
            until: now + length,
            length,
            trial: false,
        });
    }

    fn forget_trial(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.trial = false;
        }
    }
}

#[cfg(test)]
mod tests;

//! Whoever works on a run says so again and again; when that stops, others may take the run over.

use super::store::{Run, Store, StoreError, lease};
use super::tell;
use crate::config::Plan;
use crate::fail_point;
use crate::schedule::clock::Clock;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// How often a process says that it is still at work: so many times in one lease, which outlives all but the last.
const BEATS: u32 = 4;

/// A run and the fence under which it is held.
type Held = (String, i64);

/// The runs that a process is at work on; each can be told that it went into other hands.
#[derive(Debug, Default)]
pub struct Leases(Mutex<BTreeMap<Held, CancellationToken>>);

/// One run at work; dropping it lets its lease run out.
#[derive(Debug)]
pub struct AtWork<'a> {
    leases: &'a Leases,
    run: Held,
    lost: CancellationToken,
}

impl AtWork<'_> {
    /// Waits until the run is found in other hands: nothing that is done for it here counts any more.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

impl Leases {
    /// Keeps the lease of a run for as long as the answer lives.
    pub(super) fn keep(&self, run: &Run) -> AtWork<'_> {
        let (run, lost) = ((run.run_id.clone(), run.fence), CancellationToken::new());
        self.runs().insert(run.clone(), lost.clone());
        AtWork {
            leases: self,
            run,
            lost,
        }
    }

    /// Whether this process is at work on a run, under whatever fence.
    pub(super) fn has(&self, run_id: &str) -> bool {
        let runs = self.runs();
        let next = runs.range((run_id.to_owned(), i64::MIN)..).next();
        next.is_some_and(|((held, _), _)| held == run_id)
    }

    /// How many runs are under way.
    #[must_use]
    pub fn count(&self) -> usize {
        self.runs().len()
    }

    /// What is still under way, with its fences.
    #[must_use]
    pub fn left(&self) -> Vec<Held> {
        self.runs().keys().cloned().collect()
    }

    /// Says again and again that this process is at work, for ever.
    pub async fn beat(&self, store: &Store, clock: &dyn Clock) {
        let beat = lease().to_std().unwrap_or_default() / BEATS;
        loop {
            tokio::time::sleep(beat).await;
            let runs = self.left();
            if runs.is_empty() {
                continue;
            }
            fail_point::hit("lease_beat");
            match store.keep_leases(runs, clock.now()).await {
                Ok(lost) => self.give_up(&lost),
                Err(error) => {
                    tracing::warn!(error = %error, "leases could not be kept; runs may be taken over");
                }
            }
            fail_point::hit("lease_kept");
        }
    }

    fn give_up(&self, lost: &[Held]) {
        let runs = self.runs();
        for token in lost.iter().filter_map(|run| runs.get(run)) {
            token.cancel();
        }
    }

    fn runs(&self) -> MutexGuard<'_, BTreeMap<Held, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.leases.runs().remove(&self.run);
    }
}

/// Fails the runs that commands began and left in the middle; the owners hear of those of a backfill.
///
/// # Errors
/// [`StoreError`] if the database says no.
pub async fn fail_abandoned(store: &Store, plan: &Plan, now: DateTime<Utc>) -> Result<(), StoreError> {
    let owners: BTreeMap<String, Vec<String>> = plan
        .jobs
        .values()
        .map(|job| (job.name.clone(), job.owner.clone()))
        .collect();
    let tell = move |run: &Run| tell::abandoned(run, owners.get(&run.job)?);
    store.fail_abandoned(tell, now).await
}

/// Does the `work` of a command while its run is kept in the hands of this process.
pub(super) async fn kept<T>(store: &Store, clock: &dyn Clock, run: &Run, work: impl Future<Output = T>) -> T {
    let leases = Leases::default();
    let at_work = leases.keep(run);
    let done = tokio::select! {
        // Dropping the beats loses nothing; the work itself is never dropped here.
        done = work => done,
        () = leases.beat(store, clock) => unreachable!("beats never end"),
    };
    drop(at_work);
    done
}

#[cfg(test)]
mod tests;

//! Whoever works on a run says so again and again; when that stops, others may take the run over.

use super::store::Store;
use crate::schedule::clock::Clock;
use std::time::Duration;

/// How often a process says that it is still at work. The lease outlives three that are missed.
const BEAT: Duration = Duration::from_secs(15);

/// Does `work` while its run is kept in the hands of this process.
pub(super) async fn kept<T>(store: &Store, clock: &dyn Clock, work: impl Future<Output = T>) -> T {
    tokio::select! {
        // Dropping the beats loses nothing; the work itself is never dropped here.
        done = work => done,
        () = keep(store, clock) => unreachable!("beats never end"),
    }
}

/// Says that this process is at work, for ever.
pub(super) async fn keep(store: &Store, clock: &dyn Clock) {
    loop {
        tokio::time::sleep(BEAT).await;
        if let Err(error) = store.keep_leases(clock.now()).await {
            tracing::warn!(error = %error, "leases could not be kept; runs may be taken over");
        }
    }
}

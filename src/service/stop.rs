//! How the service ends: it takes nothing new, lets what is being sent finish, and gives the rest back.

use super::shared::Shared;
use super::signals::Stop;
use crate::fail_point;
use crate::run::store::Store;
use riverqueue::RunHandle;
use std::time::Duration;
use tokio::time::Instant;

/// Stops claiming and lets what is being sent finish.
pub(super) async fn finish(shared: &Shared, working: &mut RunHandle, stop: &mut Stop, within: Duration) {
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

/// Does the last things, as long as there is time and nobody asks again to stop: whatever is left, leases tell the others.
pub(super) async fn by(deadline: Instant, last: impl Future<Output = ()>, stop: &mut Stop) {
    tokio::select! {
        () = last => {}
        () = tokio::time::sleep_until(deadline) => {
            tracing::warn!("the store did not answer in time; leases run out by themselves");
        }
        () = stop.asked() => tracing::warn!("told again to stop; leases run out by themselves"),
    }
}

/// Gives back what is still in our hands, so that nobody waits for its lease to run out.
pub(super) async fn give_back(shared: &Shared, store: &Store) {
    fail_point::hit("giving_back");
    let left = shared.leases.left();
    let released = left.iter().map(|(run_id, fence)| async move {
        if let Err(error) = store.release(run_id, *fence).await {
            tracing::debug!(run.id = run_id, error = %error, "the run could not be given back; its lease runs out");
        }
    });
    futures::future::join_all(released).await;
}

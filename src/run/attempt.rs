//! Tries what lies in the outbox until it is acknowledged, hopeless, or the time is up.
//!
//! Deliveries go side by side, the parcels of one delivery one after the other. Before each attempt a permit is committed, after
//! it the outcome. A parcel that fails never keeps another from its turn; only a file drop's manifest, which tells readers that
//! the files before it are complete, waits until they are acknowledged.

mod patience;
mod queue;

use crate::config::plan::DeliveryPlan;
use crate::delivery::{Delivery, DeliveryError, FarEnd, Parcel, Recourse, repeats};
use crate::run::hosts::Hosts;
use crate::run::state::DeliveryState;
use crate::run::store::{OutboxRow, Run, Store, StoreError};
use crate::schedule::clock::Clock;
use crate::source::snapshot::hex_sha256;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use queue::{Entry, Queue};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Longest time that an attempt is given, whoever waits for it: ten minutes after the final dot of a mail, and what comes before
/// it. One that has not ended by then is ambiguous; each way out ends earlier by itself, and knows more.
const LONGEST_ATTEMPT: Duration = Duration::from_mins(15);
/// How long after a mail that may have arrived it is sent once more under its key: time for a human to look.
const MAIL_DOUBT: Duration = Duration::from_mins(10);
/// The same for what anything else was sending when its process ended.
const OTHER_DOUBT: Duration = Duration::from_secs(5);
/// Longest time to wait for retries in one go.
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// Bounds of the pause before the outcome of an attempt is written down again.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How hard to try.
#[derive(Debug, Clone)]
pub struct Effort {
    /// How long to wait for retries that fall due. The first try of each parcel is made in any case, and no try is cut off.
    pub wait: Duration,
    /// Once it is cancelled no further attempt begins.
    pub stop: CancellationToken,
    /// The far ends, as this process has met them.
    pub hosts: Arc<Hosts>,
    /// Whether a far end is left alone that fails time and again, and spared more attempts at once than it likes. Whoever waits for
    /// a command would wait for nothing then; the pace of a far end holds for both.
    pub spares: bool,
}

impl Effort {
    /// As a command tries: as long as somebody waits for it.
    #[must_use]
    pub fn for_command(wait: Duration, hosts: Arc<Hosts>) -> Self {
        Self {
            wait,
            stop: CancellationToken::new(),
            hosts,
            spares: false,
        }
    }

    /// As the service tries: each parcel once; what fails falls due again by its row.
    #[must_use]
    pub fn for_service(stop: CancellationToken, hosts: Arc<Hosts>) -> Self {
        Self {
            wait: Duration::ZERO,
            stop,
            hosts,
            spares: true,
        }
    }
}

/// The ways out by the names of deliveries; of one that could not be opened, why.
pub type Ways<'a> = BTreeMap<&'a str, Result<&'a dyn Delivery, String>>;

/// Ways that are all open.
pub(super) fn open_ways(deliveries: &BTreeMap<String, Box<dyn Delivery>>) -> Ways<'_> {
    let open = deliveries.iter();
    open.map(|(name, way)| (name.as_str(), Ok(&**way))).collect()
}

/// Tries every parcel of `run` that is `chosen` and not acknowledged: each once, and again when a retry falls due within
/// `wait`. [`Store::conclude`] then tells what came of it.
///
/// The run must be `delivering`: advanced from `frozen`, or claimed with [`Store::claim`]. Parcels of a delivery that is not
/// among `ways`, or cannot be opened, are put off with a reason.
///
/// # Errors
/// [`StoreError`] if something could not be written down; [`StoreError::Stale`] if another process took the run over.
pub async fn deliver_all(
    store: &Store,
    run: &Run,
    ways: &Ways<'_>,
    chosen: impl Fn(&OutboxRow) -> bool,
    effort: &Effort,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    let mut queues: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for row in store.deliveries(&run.run_id).await? {
        // Those that are not tried still count: a manifest waits for every file before it.
        let entry = Entry::new(chosen(&row), row);
        queues.entry(entry.row.delivery.clone()).or_default().push(entry);
    }
    queues.retain(|_, entries| entries.iter().any(|entry| entry.chosen));
    let deadline = Instant::now() + effort.wait.min(LONGEST_WAIT);
    let queues = queues.into_iter().map(|(name, rows)| Queue {
        store,
        clock,
        fence: run.fence,
        effort,
        deadline,
        way: way(ways, &name),
        name,
        rows,
    });
    for done in futures::future::join_all(queues.map(Queue::work)).await {
        done?;
    }
    Ok(())
}

/// Decides what becomes of parcels of a claimed run that a process was sending when it ended: where the far end can tell
/// repeats they go out once more by themselves, soon.
///
/// # Errors
/// [`StoreError`] if that could not be written down.
pub(super) async fn settle_doubts(
    store: &Store,
    run: &Run,
    plans: &BTreeMap<String, DeliveryPlan>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = store.deliveries(&run.run_id).await?;
    let undecided = |row: &&OutboxRow| row.state == DeliveryState::Ambiguous && row.next_attempt_at.is_none();
    for row in rows.iter().filter(undecided) {
        let Some(plan) = plans
            .get(&row.delivery)
            .filter(|plan| row.doubts <= repeats(plan))
        else {
            continue;
        };
        let wait = match plan {
            DeliveryPlan::Email(_) => MAIL_DOUBT,
            _ => OTHER_DOUBT,
        };
        store.resend_at(row, run.fence, Some(now + wait)).await?;
    }
    Ok(())
}

/// The way of this name, or why there is none.
fn way<'a>(ways: &Ways<'a>, name: &str) -> Result<&'a dyn Delivery, String> {
    ways.get(name).cloned().unwrap_or_else(|| {
        Err(format!(
            "the configuration has no delivery `{name}` for this job any more; put it back and resend"
        ))
    })
}

/// Tries to write something down again and again, after pauses that grow, while the database is away, but no longer than `longest`.
async fn insist<F>(longest: Duration, mut write: impl FnMut() -> F) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let end = Instant::now() + longest;
    let mut pause = SHORTEST_PAUSE;
    loop {
        match write().await {
            Err(error) if error.may_pass() && Instant::now() + pause < end => {
                tracing::warn!(error = %error, "what became of a delivery could not be written down yet");
            }
            written => return written,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn overdue() -> DeliveryError {
    DeliveryError {
        reason: format!(
            "no answer within {} s; the bytes may have arrived",
            LONGEST_ATTEMPT.as_secs()
        ),
        recourse: Recourse::Ambiguous,
        far_end: FarEnd::Troubled,
    }
}

/// The frozen bytes of a parcel, proven to be what was frozen.
fn read_parcel(row: &OutboxRow) -> Result<Parcel, DeliveryError> {
    let permanent = |reason: String| DeliveryError {
        reason,
        recourse: Recourse::Permanent,
        far_end: FarEnd::Unasked,
    };
    let path = row.content_path.display();
    let content = std::fs::read(&row.content_path).map_err(|error| {
        permanent(format!(
            "the stored bytes {path} cannot be read: {error}; run the job again"
        ))
    })?;
    if hex_sha256(&content) != row.sha256 {
        return Err(permanent(format!(
            "the stored bytes {path} are not what was frozen, so they are not sent; run the job again"
        )));
    }
    Ok(Parcel {
        key: row.key.clone(),
        recipient: row.recipient.clone(),
        place: row.place.clone(),
        content: Bytes::from(content),
        sha256: row.sha256.clone(),
    })
}

#[cfg(test)]
mod tests;

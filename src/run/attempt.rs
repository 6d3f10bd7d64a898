//! Tries what lies in the outbox until it is acknowledged, hopeless, or the time is up.
//!
//! Deliveries go side by side, the parcels of one delivery one after the other. Before each attempt a permit is committed, after
//! it the outcome. A parcel that fails never keeps another from its turn; only a file drop's manifest, which tells readers that
//! the files before it are complete, waits until they are acknowledged.

use crate::config::plan::DeliveryPlan;
use crate::delivery::{Delivery, DeliveryError, Parcel, Recourse};
use crate::run::state::{DeliveryState, RunState};
use crate::run::store::{OutboxRow, Outcome, Run, Store, StoreError};
use crate::schedule::clock::Clock;
use crate::source::snapshot::hex_sha256;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Least time that an attempt is given, though the time to wait is over. One that has not ended by then is ambiguous.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(30);
/// Longest time that an attempt is given: ten minutes after the final dot of a mail, and what comes before it.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(15 * 60);
/// How long a permit outlives its attempt: time to write the outcome down.
const LEASE_MARGIN: Duration = Duration::from_secs(60);
/// Bounds of what a far end may ask us to wait.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(6 * 60 * 60));
/// Longest time to wait for retries in one go.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// How the name of a manifest ends.
const MANIFEST: &str = ".manifest.json";

/// A delivery that is open, and how patient its retries are.
#[derive(Debug)]
pub struct Way {
    /// What sends.
    pub delivery: Box<dyn Delivery>,
    /// How long to wait between attempts.
    pub pace: Pace,
}

/// The class of a delivery, which decides how long to wait between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Mail servers ask for patience: a minute, doubled each time, up to four hours.
    Mail,
    /// Everything else: 5 s, 5 min, 30 min, 2 h, 5 h, then 10 h.
    Other,
}

impl Pace {
    /// The pace of a configured delivery.
    #[must_use]
    pub fn of(plan: &DeliveryPlan) -> Self {
        match plan {
            DeliveryPlan::Email(_) => Self::Mail,
            DeliveryPlan::Slack(_) | DeliveryPlan::Webhook(_) | DeliveryPlan::FileDrop(_) => Self::Other,
        }
    }

    /// Longest wait after the attempt number `attempt` (from 1).
    fn ceiling(self, attempt: u32) -> Duration {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        let step = attempt.saturating_sub(1);
        Duration::from_secs(match self {
            Self::Mail => (MINUTE << step.min(8)).min(4 * HOUR),
            Self::Other => match step {
                0 => 5,
                1 => 5 * MINUTE,
                2 => 30 * MINUTE,
                3 => 2 * HOUR,
                4 => 5 * HOUR,
                _ => 10 * HOUR,
            },
        })
    }

    /// When to try again after `attempt`: what the far end asked for, within reason; else a time between nothing and the
    /// ceiling (full jitter), which is the same for the same key and attempt.
    #[must_use]
    pub fn wait(self, key: &str, attempt: u32, retry_after: Option<Duration>) -> Duration {
        if let Some(asked) = retry_after {
            return asked.clamp(RETRY_AFTER.0, RETRY_AFTER.1);
        }
        let ceiling = self.ceiling(attempt).as_millis();
        let digest = hex_sha256(format!("{key}/{attempt}").as_bytes());
        let share = u128::from(u32::from_str_radix(&digest[..8], 16).unwrap_or(u32::MAX));
        let wait = ceiling * share / u128::from(u32::MAX);
        Duration::from_millis(u64::try_from(wait).unwrap_or(u64::MAX))
    }
}

/// Tries every parcel of `run` that is not acknowledged, those of `only` these deliveries if any are named: each once, and
/// again when a retry falls due within `wait`. Then concludes the run, and returns the state it ended in.
///
/// The run must be `frozen`, or claimed with [`Store::claim`]. A delivery that is no longer among `ways` keeps its parcels
/// with a reason.
///
/// # Errors
/// [`StoreError`] if something could not be written down; [`StoreError::Stale`] if another process took the run over.
pub async fn deliver_all(
    store: &Store,
    run: &Run,
    ways: &BTreeMap<String, Way>,
    only: &[String],
    wait: Duration,
    clock: &dyn Clock,
) -> Result<RunState, StoreError> {
    if run.state == RunState::Frozen {
        store
            .advance(&run.run_id, run.fence, RunState::Frozen, RunState::Delivering)
            .await?;
    }
    let mut queues: BTreeMap<String, Vec<OutboxRow>> = BTreeMap::new();
    for row in store.deliveries(&run.run_id).await? {
        if only.is_empty() || only.contains(&row.delivery) {
            queues.entry(row.delivery.clone()).or_default().push(row);
        }
    }
    let deadline = Instant::now() + wait.min(LONGEST_WAIT);
    let queues = queues.into_iter().map(|(name, rows)| Queue {
        store,
        clock,
        fence: run.fence,
        deadline,
        way: ways.get(&name),
        name,
        rows: rows.into_iter().map(Entry::new).collect(),
    });
    for done in futures::future::join_all(queues.map(Queue::work)).await {
        done?;
    }
    store.conclude(&run.run_id, run.fence, clock.now()).await
}

/// The parcels of one delivery.
struct Queue<'a> {
    store: &'a Store,
    clock: &'a dyn Clock,
    fence: i64,
    deadline: Instant,
    name: String,
    way: Option<&'a Way>,
    rows: Vec<Entry>,
}

/// A parcel, and when it is due again in this process.
struct Entry {
    row: OutboxRow,
    tried: bool,
    due: Option<Instant>,
}

impl Entry {
    fn new(row: OutboxRow) -> Self {
        Self {
            row,
            tried: false,
            due: None,
        }
    }

    fn is_settled(&self) -> bool {
        matches!(self.row.state, DeliveryState::Acked | DeliveryState::Superseded)
    }

    fn is_manifest(&self) -> bool {
        self.row.recipient.ends_with(MANIFEST)
    }
}

impl Queue<'_> {
    async fn work(mut self) -> Result<(), StoreError> {
        let Some(way) = self.way else {
            let reason = format!(
                "the configuration has no delivery `{}` for this job any more; put it back and resend",
                self.name
            );
            return self.put_off(&reason).await;
        };
        self.first_round(way).await?;
        while let Some((at, due)) = self.next_due() {
            if due > self.deadline {
                break;
            }
            tokio::time::sleep_until(due).await;
            self.attempt(at, way).await?;
            self.release_manifest(way).await?;
        }
        self.put_off("not tried: the time to wait was over, or a file before it is missing; resend tries it")
            .await
    }

    /// Every parcel once, though the time may be over; but when it is, and the far end fails, the others do not try it too.
    async fn first_round(&mut self, way: &Way) -> Result<(), StoreError> {
        for at in 0..self.rows.len() {
            if self.rows[at].is_settled() || self.must_wait(at) {
                continue;
            }
            let state = self.attempt(at, way).await?;
            let struggling = matches!(state, DeliveryState::RetryWait | DeliveryState::Ambiguous);
            if struggling && Instant::now() >= self.deadline {
                break;
            }
        }
        Ok(())
    }

    /// The manifest's turn, once every file before it is acknowledged.
    async fn release_manifest(&mut self, way: &Way) -> Result<(), StoreError> {
        for at in 0..self.rows.len() {
            let entry = &self.rows[at];
            if entry.is_manifest() && !entry.tried && !entry.is_settled() && !self.must_wait(at) {
                self.attempt(at, way).await?;
            }
        }
        Ok(())
    }

    fn must_wait(&self, at: usize) -> bool {
        self.rows[at].is_manifest() && !self.rows[..at].iter().all(Entry::is_settled)
    }

    fn next_due(&self) -> Option<(usize, Instant)> {
        let due = |(at, entry): (usize, &Entry)| entry.due.map(|due| (at, due));
        self.rows
            .iter()
            .enumerate()
            .filter_map(due)
            .min_by_key(|(_, due)| *due)
    }

    /// One attempt: permit, deliver, record.
    async fn attempt(&mut self, at: usize, way: &Way) -> Result<DeliveryState, StoreError> {
        let limit = self
            .deadline
            .saturating_duration_since(Instant::now())
            .clamp(SHORTEST_ATTEMPT, LONGEST_ATTEMPT);
        let row = &self.rows[at].row;
        let parcel = read_parcel(row);
        let permit = self
            .store
            .permit(row, self.fence, self.clock.now(), limit + LEASE_MARGIN)
            .await?;
        let answer = match parcel {
            Ok(parcel) => {
                // Dropping an attempt whose bytes may be out is safe because the row then says that nobody knows.
                tokio::time::timeout(limit, way.delivery.deliver(&parcel))
                    .await
                    .unwrap_or_else(|_| Err(overdue(limit)))
            }
            Err(error) => Err(error),
        };
        let (outcome, due) = match answer {
            Ok(receipt) => (Outcome::Acked(receipt), None),
            Err(DeliveryError { reason, recourse }) => match recourse {
                Recourse::Permanent => (Outcome::Dead { reason }, None),
                Recourse::Ambiguous => (Outcome::Ambiguous { reason }, None),
                Recourse::Retry { after } => {
                    let pause = way.pace.wait(&row.key, permit.attempt, after);
                    let next_attempt_at = self.clock.now()
                        + chrono::Duration::from_std(pause).unwrap_or(chrono::Duration::hours(10));
                    let outcome = Outcome::RetryWait {
                        reason,
                        next_attempt_at,
                    };
                    (outcome, Some(Instant::now() + pause))
                }
            },
        };
        self.store
            .record(&row.run_id, permit, &outcome, self.clock.now())
            .await?;
        let state = outcome.state();
        tracing::info!(
            run.id = row.run_id,
            delivery = self.name,
            attempt = permit.attempt,
            outcome = state.key(),
            "a delivery was attempted"
        );
        let entry = &mut self.rows[at];
        (entry.row.state, entry.tried, entry.due) = (state, true, due);
        Ok(state)
    }

    /// What was never tried is due at once for whoever comes next.
    async fn put_off(&self, reason: &str) -> Result<(), StoreError> {
        for entry in &self.rows {
            if entry.row.state == DeliveryState::Pending {
                self.store
                    .put_off(&entry.row, self.fence, reason, self.clock.now())
                    .await?;
            }
        }
        Ok(())
    }
}

fn overdue(limit: Duration) -> DeliveryError {
    DeliveryError {
        reason: format!(
            "no answer within {} s; the bytes may have arrived",
            limit.as_secs()
        ),
        recourse: Recourse::Ambiguous,
    }
}

/// The frozen bytes of a parcel, proven to be what was frozen.
fn read_parcel(row: &OutboxRow) -> Result<Parcel, DeliveryError> {
    let permanent = |reason: String| DeliveryError {
        reason,
        recourse: Recourse::Permanent,
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
        content: Bytes::from(content),
        sha256: row.sha256.clone(),
    })
}

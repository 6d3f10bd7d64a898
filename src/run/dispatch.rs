//! Who hands runs to workers: River, behind a small door.
//!
//! Our rows are the truth. A River job carries [`Ticket`]s, of which each is good for one fence of one run; working it twice, late or
//! not at all changes nothing that the rows do not allow. River's retries, its rescue and its calendar are not used: what is
//! unfinished without a live worker is handed out again from our own rows (`Store::hand_out`).

use super::store::{Inner, Pool, Store, StoreError, Ticket, Tx};
use crate::fail_point;
use async_trait::async_trait;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use riverqueue::migrate::{PostgresMigrator, SqliteMigrator};
use riverqueue::{
    Client, InsertOpts, InsertResult, Job, JobArgs, JobState, MaintenanceConfig, QueueConfig, RunHandle,
    UniqueOpts, WorkContext, WorkOutcome, Workers,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tracing::Instrument as _;

/// The queue of River in which tickets lie.
const QUEUE: &str = "reportwire";
/// Shortest time between two looks at the queue.
const COOLDOWN: Duration = Duration::from_millis(10);
/// Longest time between two looks at the queue: what is inserted here is announced, this is for what others insert.
const POLL: Duration = Duration::from_secs(1);
/// Most tickets of new runs in one job of River, where no other process could have them sooner. River writes, claims and completes
/// job by job, which would be most of what thousands that fall due at once cost.
const BUNDLE: usize = 32;

/// How long River keeps what it has worked.
const KEPT: riverqueue::Retention = riverqueue::Retention::DeleteAfter(Duration::from_hours(1));

/// Any number that no other program takes for its advisory lock.
const MIGRATION_LOCK: i64 = 0x7265_706f_7275;

/// Hands tickets to workers.
#[async_trait]
pub trait Dispatch: Send + Sync + fmt::Debug {
    /// Queues tickets in the transaction that makes them true. A ticket that waits already is not queued twice.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    async fn enqueue(&self, tx: &mut Tx<'_>, tickets: &[Ticket]) -> Result<(), StoreError>;

    /// Queues tickets of runs that are written down in this very transaction, so that none of them can wait already.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    async fn enqueue_new(&self, tx: &mut Tx<'_>, tickets: &[Ticket]) -> Result<(), StoreError> {
        self.enqueue(tx, tickets).await
    }

    /// Says that what was queued is committed, so that the workers of this process need not find it by themselves.
    fn announce(&self) {}
}

/// What a worker does with a ticket. It handles its own errors: to River every ticket is worked.
pub type Work = Arc<dyn Fn(Ticket) -> BoxFuture<'static, ()> + Send + Sync>;

/// River as a [`Dispatch`].
pub struct River {
    client: Client,
    /// How the queue is worked, where workers hear of no announcement: in an `SQLite` file.
    looked_at: Option<Mutex<QueueConfig>>,
    /// Most tickets in one job.
    bundle: usize,
    at_work: AtWork,
}

impl fmt::Debug for River {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("River").finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JobArgs)]
#[river(kind = "work_on_runs")]
struct WorkOnRuns {
    tickets: Vec<Ticket>,
    /// The River job that was running with the same tickets when this one was queued; 0: none was.
    #[serde(default)]
    behind: i64,
}

/// The tickets that this process has taken.
type AtWork = Arc<Mutex<HashSet<Ticket>>>;

/// A ticket that this process has taken; dropping it lets a repeat of it in.
struct Entered {
    at_work: AtWork,
    ticket: Ticket,
}

impl Entered {
    /// `None` if the ticket is here already.
    fn new(at_work: &AtWork, ticket: &Ticket) -> Option<Self> {
        let first = locked(at_work).insert(ticket.clone());
        first.then(|| Self {
            at_work: Arc::clone(at_work),
            ticket: ticket.clone(),
        })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        locked(&self.at_work).remove(&self.ticket);
    }
}

fn locked(at_work: &AtWork) -> MutexGuard<'_, HashSet<Ticket>> {
    at_work.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Works on the tickets of one job side by side, in their order, each in a task of its own as soon as there is a hand free: none waits
/// for what becomes of another, and one that panics costs no other its turn. What waits for a hand holds nothing else. Dropped, it
/// drops them all.
async fn work_on_all(tickets: Vec<Ticket>, at_work: AtWork, hands: Arc<Semaphore>, work: Work) {
    // From here on none of them is queued again, those included that wait for a hand.
    let entered: Vec<Entered> = tickets
        .iter()
        .filter_map(|ticket| Entered::new(&at_work, ticket))
        .collect();
    let mut tasks = JoinSet::new();
    for ticket in entered {
        let Ok(hand) = Arc::clone(&hands).acquire_owned().await else {
            // Only a semaphore that is closed says so, and nobody closes this one.
            break;
        };
        tasks.spawn(work_on(ticket, hand, Arc::clone(&work)).in_current_span());
    }
    while tasks.join_next().await.is_some() {}
}

async fn work_on(entered: Entered, hand: OwnedSemaphorePermit, work: Work) {
    fail_point::hit("ticket_arrived");
    let ticket = entered.ticket.clone();
    let run_id = ticket.run_id.clone();
    let worked = AssertUnwindSafe(async move { work(ticket).await });
    if worked.catch_unwind().await.is_err() {
        tracing::error!(
            run.id = run_id,
            "the work on a run broke off; it is taken up again when its lease is over"
        );
    }
    drop((entered, hand));
    fail_point::hit("worked");
}

impl River {
    /// A client of the store's own database, with its tables brought up to date. `workers` tickets are worked at once, and as many
    /// jobs are taken at the most; the other tickets of a job that is taken wait.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn open(store: &Store, workers: usize, work: Work) -> Result<Self, StoreError> {
        let failed = |cause: &dyn fmt::Display| store.trouble(&format!("River: {cause}"));
        fail_point::hit("river_migrating");
        let builder = match store.pool() {
            Pool::Sqlite(pool) => {
                let migrated = SqliteMigrator::new(pool.clone()).migrate_up().await;
                migrated.map_err(|error| failed(&error))?;
                // There is no other process to hear from, and to look for what it might have said ten times a second is most of what
                // an idle service does.
                Client::builder(pool.clone()).without_notifications()
            }
            Pool::Postgres(pool) => {
                migrate_alone(pool).await.map_err(|why| failed(&why))?;
                Client::builder(pool.clone())
            }
        };
        fail_point::hit("river_migrated");
        let mut known = Workers::new();
        let at_work = AtWork::default();
        let here = Arc::clone(&at_work);
        let hands = Arc::new(Semaphore::new(workers));
        let worker = move |_: WorkContext, job: Job<WorkOnRuns>| {
            let (here, hands) = (Arc::clone(&here), Arc::clone(&hands));
            let worked = work_on_all(job.args.tickets, here, hands, Arc::clone(&work));
            async move {
                worked.await;
                Ok::<_, Infallible>(WorkOutcome::Complete)
            }
        };
        known.add_fn(worker).map_err(|error| failed(&error))?;
        let queue = QueueConfig::new(workers)
            .with_fetch_cooldown(COOLDOWN)
            .with_fetch_poll_interval(POLL);
        let client = builder
            .workers(known)
            .queue(QUEUE, queue.clone())
            .fetch_cooldown(COOLDOWN)
            // A run has its own deadline.
            .without_job_timeout()
            .default_max_attempts(1)
            .maintenance(MaintenanceConfig::default().with_completed_job_retention(KEPT))
            .build()
            .map_err(|error| failed(&error))?;
        let alone = matches!(store.pool(), Pool::Sqlite(_));
        Ok(Self {
            client,
            looked_at: alone.then(|| Mutex::new(queue)),
            bundle: if alone { BUNDLE } else { 1 },
            at_work,
        })
    }

    /// Begins to work; the handle stops it.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot begin.
    pub fn start(&self, store: &Store) -> Result<RunHandle, StoreError> {
        self.client
            .start()
            .map_err(|error| store.trouble(&format!("River: {error}")))
    }

    async fn insert(
        &self,
        tx: &mut Tx<'_>,
        jobs: Vec<WorkOnRuns>,
    ) -> Result<Vec<InsertResult<WorkOnRuns>>, StoreError> {
        let jobs: Vec<_> = jobs.into_iter().map(|args| (args, once())).collect();
        let request = self.client.insert_many::<WorkOnRuns, _>(jobs);
        let inserted = match &mut tx.inner {
            Inner::Sqlite(transaction) => request.tx(transaction).await,
            Inner::Postgres(transaction) => request.tx(transaction).await,
        };
        inserted.map_err(|error| tx.trouble(&format!("River: {error}")))
    }
}

/// Brings River's tables up to date, one process at a time: replicas that begin together would create them twice.
async fn migrate_alone(pool: &PgPool) -> Result<(), String> {
    let failed = |error: &dyn fmt::Display| error.to_string();
    let mut lock = pool.begin().await.map_err(|error| failed(&error))?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *lock)
        .await
        .map_err(|error| failed(&error))?;
    let migrated = PostgresMigrator::new(pool.clone()).migrate_up().await;
    migrated.map_err(|error| failed(&error))?;
    lock.commit().await.map_err(|error| failed(&error))
}

#[async_trait]
impl Dispatch for River {
    async fn enqueue(&self, tx: &mut Tx<'_>, tickets: &[Ticket]) -> Result<(), StoreError> {
        // River refuses a whole batch for one repeat in it.
        let mut seen = HashSet::new();
        let mut distinct: Vec<&Ticket> = tickets.iter().filter(|ticket| seen.insert(*ticket)).collect();
        if self.looked_at.is_some() {
            // What this process has taken waits for a hand or a lane, and nobody else could have it sooner. That its run counts as
            // handed out does no harm: if it is not begun after all, it is handed out again a minute later.
            let at_work = locked(&self.at_work);
            distinct.retain(|ticket| !at_work.contains(*ticket));
        }
        let job = |ticket: &Ticket| WorkOnRuns {
            tickets: vec![ticket.clone()],
            behind: 0,
        };
        let mut jobs: Vec<WorkOnRuns> = distinct.into_iter().map(job).collect();
        fail_point::hit("enqueueing");
        // Each turn gets behind one process that was killed with the ticket in its hands.
        while !jobs.is_empty() {
            let inserted = self.insert(tx, jobs).await?;
            let stuck = inserted
                .into_iter()
                .filter(|it| it.unique_skipped_as_duplicate && it.job.row.state == JobState::Running);
            jobs = stuck
                .map(|it| WorkOnRuns {
                    behind: it.id(),
                    ..it.job.args
                })
                .collect();
        }
        fail_point::hit("enqueued");
        Ok(())
    }

    async fn enqueue_new(&self, tx: &mut Tx<'_>, tickets: &[Ticket]) -> Result<(), StoreError> {
        fail_point::hit("enqueueing");
        let jobs = tickets.chunks(self.bundle).map(|tickets| WorkOnRuns {
            tickets: tickets.to_vec(),
            behind: 0,
        });
        if !tickets.is_empty() {
            self.insert(tx, jobs.collect()).await?;
        }
        fail_point::hit("enqueued");
        Ok(())
    }

    fn announce(&self) {
        let Some(looked_at) = &self.looked_at else {
            return;
        };
        // A queue whose settings change is looked at, at once. These two are as good as one another.
        let mut queue = looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        let other = [POLL, POLL + Duration::from_millis(1)]
            .into_iter()
            .find(|it| *it != queue.fetch_poll_interval());
        *queue = queue.clone().with_fetch_poll_interval(other.unwrap_or(POLL));
        if let Err(error) = self.client.local_queues().update(QUEUE, queue.clone()) {
            tracing::debug!(error = %error, "the queue is not looked at earlier than usual");
        }
    }
}

/// One job with these tickets at a time: as long as it waits, it is not queued again. River calls one running as long as its row says
/// so, which after a kill is for an hour, so that another may be queued behind that one.
fn once() -> InsertOpts {
    use JobState::{Available, Pending, Running, Scheduled};
    let unique = UniqueOpts::new()
        .with_by_args(true)
        .with_by_state([Available, Pending, Running, Scheduled]);
    InsertOpts::default().with_queue(QUEUE).with_unique(unique)
}

#[cfg(test)]
mod tests;

//! Who works on a run: taking it, taking it over from a process that ended or was lost, and what is left for somebody to do.

use super::db::{Tx, values, work};
use super::outbox::audit;
use super::runs::{home, lease};
use super::{Run, Store, StoreError, late, owner};
use crate::run::dispatch::Dispatch;
use crate::run::state::{DeliveryState, RunState};
use chrono::{DateTime, Duration, Utc};
use futures::FutureExt as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A run that nobody has begun to work on was never frozen in all this time: the longest deadline of a job, a week, and a day.
const LONGEST_RUN: Duration = Duration::days(8);
/// How long a worker may take to begin what it was handed, before it is handed out again.
const HAND_OVER: Duration = Duration::seconds(60);

/// States before anything was frozen.
const UNFROZEN: [RunState; 5] = [
    RunState::Queued,
    RunState::Fetching,
    RunState::Snapshotted,
    RunState::Rendered,
    RunState::Checked,
];

/// Begins a run that is not frozen and in nobody's hands, in a folder of its own.
const BEGIN: &str = "UPDATE runs SET state = 'queued', fence = fence + 1, owner = $1, lease_until = $2, home = $3, \
    dispatched_at = NULL WHERE run_id = $4 AND fence = $5 AND (lease_until IS NULL OR lease_until <= $6) \
    AND state IN ('queued', 'fetching', 'snapshotted', 'rendered', 'checked') RETURNING *";

/// Runs that are not at their end, in nobody's hands, and not handed out lately. One whose parcels all wait for their time is
/// left alone; a time in the future, set before the clock was put back, counts for nothing.
pub(super) const UNFINISHED: &str = "SELECT run_id, fence FROM runs \
    WHERE state NOT IN ('delivered', 'partially_delivered', 'failed', 'held') \
    AND (lease_until IS NULL OR lease_until <= $4) \
    AND (dispatched_at IS NULL OR dispatched_at < $1 OR dispatched_at > $2) \
    AND (generated_at IS NOT NULL OR trigger = 'schedule') \
    AND (wait_until IS NULL OR wait_until <= $2) \
    AND (NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.run_id = runs.run_id AND next_attempt_at > $2) \
         OR EXISTS (SELECT 1 FROM deliveries WHERE deliveries.run_id = runs.run_id AND deliveries.state IN ('pending', 'sending'))) \
    ORDER BY created_at LIMIT $3";
/// Runs with a parcel whose time has come, whatever they ended as.
pub(super) const PARCELS_DUE: &str = "SELECT runs.run_id, fence FROM deliveries JOIN runs ON runs.run_id = deliveries.run_id \
    WHERE next_attempt_at <= $2 AND deliveries.state IN ('retry_wait', 'ambiguous') \
    AND runs.state IN ('delivered', 'partially_delivered', 'failed', 'delivering') \
    AND (lease_until IS NULL OR lease_until <= $4) \
    AND (dispatched_at IS NULL OR dispatched_at < $1 OR dispatched_at > $2) ORDER BY next_attempt_at LIMIT $3";
/// Who holds runs that are not at their end.
pub(super) const HOLDERS: &str = "SELECT DISTINCT owner FROM runs \
    WHERE state NOT IN ('delivered', 'partially_delivered', 'failed', 'held') AND lease_until > $1";

/// Leave for one worker to begin a run: good for one fence, so that the second of two workers finds it used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// Which run.
    pub run_id: String,
    /// Its fence before it is taken.
    pub fence: i64,
}

impl Store {
    /// Fails every run that a command left before it was frozen: nothing was sent, and nobody will go on with it (those of a
    /// schedule are gone on with by the service). A run of which nobody can know whether its process lives is left alone
    /// until it is older than any run can be.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn fail_abandoned(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let work = work(move |tx| {
            async move {
                let sql = "SELECT run_id, owner, fence, created_at FROM runs WHERE trigger <> 'schedule' \
                     AND state NOT IN ('delivered', 'partially_delivered', 'failed', 'held') \
                     AND state NOT IN ('frozen', 'delivering')";
                for row in tx.rows(sql, values![]).await? {
                    let overdue = row.moment("created_at")? < now - LONGEST_RUN;
                    if !overdue && !owner::is_gone(&row.text("owner")?) {
                        continue;
                    }
                    let run_id = row.text("run_id")?;
                    let why = "the process ended in the middle of the run; nothing was delivered, run the job again";
                    let sql = "UPDATE runs SET state = 'failed', error = $1, finished_at = $2, fence = fence + 1, \
                         lease_until = NULL WHERE run_id = $3 AND fence = $4";
                    tx.execute(sql, values![why, now, &run_id, row.get::<i64>("fence")?]).await?;
                    tracing::warn!(run.id = run_id, "an abandoned run was failed");
                }
                Ok(())
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Takes a frozen run over, to send what is left of it: raises its fence and moves it to `delivering`. Parcels that a
    /// process left in `sending` when it ended become `ambiguous`: nobody knows whether their bytes arrived.
    ///
    /// # Errors
    /// [`StoreError::NothingFrozen`] if it holds no frozen bytes; [`StoreError::Busy`] if a living process is at work on it.
    pub async fn claim(&self, run_id: &str, now: DateTime<Utc>) -> Result<Run, StoreError> {
        let (store, run_id) = (self.clone(), run_id.to_owned());
        let work = work(move |tx| {
            async move {
                let (run, free) = store.read_locked(tx, &run_id, now).await?;
                let open = run.state == RunState::Delivering || run.state.may_become(RunState::Delivering);
                if run.generated_at.is_none() || !open {
                    return Err(StoreError::NothingFrozen {
                        run_id: run.run_id,
                        state: run.state,
                    });
                }
                if !free {
                    return Err(StoreError::Busy { run_id });
                }
                store.take_frozen(tx, &run, now).await
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Begins to work on a run that a ticket names: one that is not frozen starts from its beginning, in a folder of its own;
    /// one that is goes on sending. `None` if the ticket is used, the run at its end, or in the hands of a living process.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn take(&self, ticket: &Ticket, now: DateTime<Utc>) -> Result<Option<Run>, StoreError> {
        let clock = self.db.lease_clock(now).await?;
        let begin = values![
            self.owner(),
            clock + lease(),
            home(&ticket.run_id, ticket.fence + 1),
            &ticket.run_id,
            ticket.fence,
            clock
        ];
        // Nearly always this is all: nobody else has it.
        if let Some(row) = self.db.row(BEGIN, begin.clone()).await? {
            return self.run_of(&row).map(Some);
        }
        let (store, ticket) = (self.clone(), ticket.clone());
        let work = work(move |tx| {
            async move {
                let (run, free) = store.read_locked(tx, &ticket.run_id, now).await?;
                if run.fence != ticket.fence || !free {
                    return Ok(None);
                }
                if UNFROZEN.contains(&run.state) {
                    give_back(tx, clock).await?;
                    let row = tx.row(BEGIN, begin).await?;
                    return row.map(|row| store.run_of(&row)).transpose();
                }
                let open = run.state == RunState::Delivering || run.state.may_become(RunState::Delivering);
                if open && run.generated_at.is_some() {
                    store.take_frozen(tx, &run, now).await.map(Some)
                } else {
                    Ok(None)
                }
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Hands to workers what could be begun now: scheduled runs that are not frozen and nobody works on, runs with parcels that
    /// are due, and runs whose process ended between two steps. Each is handed out once a minute at the most, until somebody
    /// begins it.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn hand_out(
        &self,
        dispatch: Arc<dyn Dispatch>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<usize, StoreError> {
        let work = work(move |tx| {
            async move {
                if !is_alone(tx).await? {
                    return Ok(0);
                }
                let clock = tx.lease_clock(now).await?;
                give_back(tx, clock).await?;
                let values = || values![now - HAND_OVER, now, limit, clock];
                let mut found = BTreeMap::new();
                for sql in [UNFINISHED, PARCELS_DUE] {
                    for row in tx.rows(sql, values()).await? {
                        found.insert(row.text("run_id")?, row.get::<i64>("fence")?);
                    }
                }
                let mut tickets = Vec::new();
                for (run_id, fence) in found {
                    let sql = "UPDATE runs SET dispatched_at = $1 WHERE run_id = $2 AND fence = $3 \
                         AND (lease_until IS NULL OR lease_until <= $4)";
                    if tx.execute(sql, values![now, &run_id, fence, clock]).await? == 1 {
                        tickets.push(Ticket { run_id, fence });
                    }
                }
                dispatch.enqueue(tx, &tickets).await?;
                Ok(tickets.len())
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Takes back that a run was handed out, where nobody has begun it: it is handed out again at once.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn hand_back(&self, ticket: &Ticket) -> Result<(), StoreError> {
        let values = values![&ticket.run_id, ticket.fence];
        let sql =
            "UPDATE runs SET dispatched_at = NULL WHERE run_id = $1 AND fence = $2 AND lease_until IS NULL";
        self.db.execute(sql, values).await.map(drop)
    }

    /// Releases a held run: exactly the bytes that were frozen go out.
    ///
    /// # Errors
    /// [`StoreError::NotHeld`] if it is not held; [`StoreError::Overtaken`] if a newer revision has gone out meanwhile.
    pub async fn approve(&self, run_id: &str, now: DateTime<Utc>) -> Result<Run, StoreError> {
        let (store, run_id) = (self.clone(), run_id.to_owned());
        let work = work(move |tx| {
            async move {
                let run = store.read_run(tx, &run_id).await?;
                if run.state != RunState::Held {
                    return Err(StoreError::NotHeld {
                        run_id,
                        state: run.state,
                    });
                }
                if let Some(newer) = late::newer(&store, tx, &run).await? {
                    return Err(StoreError::Overtaken {
                        run_id,
                        newer: newer.run_id,
                        revision: newer.revision,
                        job: run.job,
                        period: run.period_id,
                    });
                }
                let sql = "UPDATE runs SET state = 'frozen', dispatched_at = NULL WHERE run_id = $1 AND state = 'held'";
                let moved = tx.execute(sql, values![&run_id]).await?;
                store.one(moved, &run_id)?;
                let sql = "UPDATE deliveries SET since = $1 WHERE run_id = $2";
                tx.execute(sql, values![now, &run_id]).await?;
                let why = serde_json::json!({"held": run.held}).to_string();
                audit(tx, now, "approve", Some(&run.job), Some(&run_id), &why).await?;
                store.read_run(tx, &run_id).await
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// A run that nobody else moves until the transaction ends, and whether nobody works on it: it has no lease, or one that is
    /// over, or one of a process that has ended.
    async fn read_locked(
        &self,
        tx: &mut Tx<'_>,
        run_id: &str,
        now: DateTime<Utc>,
    ) -> Result<(Run, bool), StoreError> {
        let sql = if tx.locks_rows() {
            "SELECT * FROM runs WHERE run_id = $1 FOR UPDATE"
        } else {
            "SELECT * FROM runs WHERE run_id = $1"
        };
        let Some(row) = tx.row(sql, values![run_id]).await? else {
            return Err(StoreError::UnknownRun(run_id.to_owned()));
        };
        let run = self.run_of(&row)?;
        let free = match row.instant("lease_until")? {
            None => true,
            Some(until) => until <= tx.lease_clock(now).await? || owner::is_gone(&row.text("owner")?),
        };
        Ok((run, free))
    }

    async fn take_frozen(&self, tx: &mut Tx<'_>, run: &Run, now: DateTime<Utc>) -> Result<Run, StoreError> {
        let lost = "the process that was sending ended before it could write down the answer; the bytes may have arrived";
        // Unlike an answer that was lost, this may be a mail that never left; somebody else's clock cannot tell either. It is
        // due once more like any other that nobody knows of, where the far end can tell repeats: `Work` looks at that.
        let sql = "UPDATE deliveries SET state = $1, updated_at = $2, error = $3, next_attempt_at = NULL \
             WHERE run_id = $4 AND state = 'sending'";
        tx.execute(
            sql,
            values![DeliveryState::Ambiguous.key(), now, lost, &run.run_id],
        )
        .await?;
        let lease = tx.lease_clock(now).await? + lease();
        let sql = "UPDATE runs SET state = 'delivering', fence = fence + 1, owner = $1, lease_until = $2, dispatched_at = NULL \
             WHERE run_id = $3 AND fence = $4";
        let moved = tx
            .execute(sql, values![&self.owner, lease, &run.run_id, run.fence])
            .await?;
        self.one(moved, &run.run_id)?;
        self.read_run(tx, &run.run_id).await
    }
}

/// Whether this is the only process that hands out: it is enough that one does, and two would wait for each other's rows.
async fn is_alone(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    if !tx.locks_rows() {
        return Ok(true);
    }
    let sql = "SELECT CASE WHEN pg_try_advisory_xact_lock(hashtextextended('hand out', 0)) THEN 1 ELSE 0 END::bigint AS n";
    Ok(tx.number(sql, values![]).await? == 1)
}

/// Gives back what processes held that have certainly ended.
async fn give_back(tx: &mut Tx<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    for row in tx.rows(HOLDERS, values![now]).await? {
        let holder = row.text("owner")?;
        if owner::is_gone(&holder) {
            let sql = "UPDATE runs SET lease_until = NULL WHERE owner = $1 AND lease_until IS NOT NULL \
                 AND state NOT IN ('delivered', 'partially_delivered', 'failed', 'held')";
            tx.execute(sql, values![holder]).await?;
        }
    }
    Ok(())
}

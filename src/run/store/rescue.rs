//! Who works on a run: taking it, and taking it over from a process that ended or was lost.

use super::db::{Tx, instant, values, work};
use super::outbox::audit;
use super::replace::replace_earlier;
use super::runs::{home, lease};
use super::turns::{BEGIN, FARTHEST, Ticket, give_back, lock_turn};
use super::{Run, Store, StoreError, Tell, late, notices, owner};
use crate::run::state::{DeliveryState, RunState};
use chrono::{DateTime, Duration, Utc};
use futures::FutureExt as _;

/// A run that has no lease, of a command of an earlier version, was never frozen in all this time: the longest deadline of a job,
/// a week, and a day.
const LONGEST_RUN: Duration = Duration::days(8);
/// How long the lease of a command may be over before its run counts as lost: a machine that stood still comes back.
const LOST: Duration = Duration::minutes(5);

/// Runs of commands that are not frozen.
pub(super) const OF_COMMANDS: &str = "SELECT * FROM runs WHERE trigger <> 'schedule' \
    AND state NOT IN ('delivered', 'partially_delivered', 'failed', 'held') AND state NOT IN ('frozen', 'delivering')";

/// States before anything was frozen.
const UNFROZEN: [RunState; 5] = [
    RunState::Queued,
    RunState::Fetching,
    RunState::Snapshotted,
    RunState::Rendered,
    RunState::Checked,
];

impl Store {
    /// Fails every run that a command left before it was frozen: nothing was sent, and nobody will go on with it (those of a
    /// schedule are gone on with by the service). Where nobody can know whether its process lives, its lease decides. `tell`
    /// says what the owner hears of each.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn fail_abandoned(
        &self,
        tell: impl Fn(&Run) -> Option<Tell> + Send + 'static,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let store = self.clone();
        let work = work(move |tx| {
            async move {
                let clock = tx.lease_clock(now).await?;
                for row in tx.rows(OF_COMMANDS, values![]).await? {
                    let lost = match (owner::lives(&row.text("owner")?), row.instant("lease_until")?) {
                        (Some(lives), _) => !lives,
                        (None, Some(until)) => until < clock - LOST,
                        (None, None) => row.moment("created_at")? < now - LONGEST_RUN,
                    };
                    if !lost {
                        continue;
                    }
                    let run = store.run_of(&row)?;
                    let why = "the process ended in the middle of the run; nothing was delivered, run the job again";
                    let sql = "UPDATE runs SET state = 'failed', error = $1, finished_at = $2, fence = fence + 1, \
                         lease_until = NULL WHERE run_id = $3 AND fence = $4";
                    if tx.execute(sql, values![why, now, &run.run_id, run.fence]).await? == 1 {
                        tracing::warn!(run.id = run.run_id, "an abandoned run was failed");
                        notices::write_all(tx, tell(&run).as_slice(), now).await?;
                    }
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
    /// one that is goes on sending. `None` if the ticket is used, it is not the run's turn, or the run is at its end or in the
    /// hands of a living process.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn take(&self, ticket: &Ticket, now: DateTime<Utc>) -> Result<Option<Run>, StoreError> {
        let (store, ticket) = (self.clone(), ticket.clone());
        let (id, fence, owner) = (ticket.run_id.clone(), ticket.fence, self.owner.clone());
        let begin = move |clock: DateTime<Utc>| {
            serde_json::json!({
                "run_id": id,
                "fence": fence,
                "owner": owner,
                "now": instant(now),
                "farthest": instant(now + FARTHEST),
                "clock": instant(clock),
                "until": instant(clock + lease()),
                "home": home(&id, fence + 1),
            })
        };
        // Nearly always this is all. Where rows are locked one by one, it takes the lock below to look who else is at it.
        if !self.db.locks_rows()
            && let Some(row) = self.db.of_run(&BEGIN, &ticket.run_id, &begin(now)).await?
        {
            return self.run_of(&row).map(Some);
        }
        let work = work(move |tx| {
            async move {
                lock_turn(tx, &ticket.run_id).await?;
                let clock = tx.lease_clock(now).await?;
                if let Some(row) = tx.each(&BEGIN, &[begin(clock)]).await?.first() {
                    return store.run_of(row).map(Some);
                }
                let (run, free) = store.read_locked(tx, &ticket.run_id, now).await?;
                if run.fence != ticket.fence || !free {
                    return Ok(None);
                }
                if UNFROZEN.contains(&run.state) {
                    // Of a process that has ended before its lease, or not its turn.
                    give_back(tx, clock).await?;
                    if let Some(row) = tx.each(&BEGIN, &[begin(clock)]).await?.first() {
                        return store.run_of(row).map(Some);
                    }
                    // It is handed out again as soon as it is.
                    let sql = "UPDATE runs SET dispatched_at = NULL WHERE run_id = $1";
                    tx.execute(sql, values![&run.run_id]).await?;
                    return Ok(None);
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
                replace_earlier(tx, &run, false, now).await?;
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

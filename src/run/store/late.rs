//! Runs that begin later than they might: they wait for data or for room on the disk, or follow a provisional report; and
//! those that are later than they should be.

use super::db::{Tx, values, work};
use super::notices::{self, Tell};
use super::runs::{Begun, insert_runs, run_id};
use super::{NewRun, Run, Store, StoreError};
use chrono::{DateTime, Utc};
use futures::FutureExt as _;

/// A run of the same job and period with a higher revision of which something has gone out, or is about to.
const NEWER: &str = "SELECT run_id FROM runs WHERE job = $1 AND period_id = $2 AND trigger <> 'test' AND revision > $3 \
    AND unsent IS NULL AND (state IN ('frozen', 'delivering', 'delivered', 'partially_delivered') OR state = 'failed' AND EXISTS (SELECT 1 \
    FROM deliveries WHERE deliveries.run_id = runs.run_id AND deliveries.state IN ('retry_wait', 'ambiguous'))) \
    ORDER BY revision DESC LIMIT 1";

/// Scheduled runs that should have begun before `$1`, are not at their end, and of which the owner was not told since.
pub(super) const OVERDUE: &str = "SELECT * FROM runs WHERE trigger = 'schedule' \
    AND state NOT IN ('delivered', 'partially_delivered', 'failed', 'held') AND coalesce(wait_until, created_at) < $1 \
    AND NOT EXISTS (SELECT 1 FROM notices WHERE notices.run_id = runs.run_id AND kind = 'late' \
    AND at > coalesce(runs.wait_until, runs.created_at)) ORDER BY created_at LIMIT 1000";

impl Store {
    /// Gives a run back that is not frozen and lets nobody begin it before `until`. The owner is told once of each kind of news
    /// about it.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is in other hands, or frozen.
    pub async fn set_aside(
        &self,
        run: &Run,
        until: DateTime<Utc>,
        tell: Option<Tell>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (store, run) = (self.clone(), run.clone());
        let work = work(move |tx| {
            async move {
                let sql = "UPDATE runs SET state = 'queued', wait_until = $1, lease_until = NULL, dispatched_at = NULL \
                     WHERE run_id = $2 AND fence = $3 AND state IN ('queued', 'fetching', 'snapshotted', 'rendered', 'checked')";
                let moved = tx.execute(sql, values![until, &run.run_id, run.fence]).await?;
                store.one(moved, &run.run_id)?;
                let Some(tell) = tell else { return Ok(()) };
                let told = "SELECT count(*) AS n FROM notices WHERE run_id = $1 AND kind = $2";
                if tx.number(told, values![&run.run_id, tell.kind.key()]).await? > 0 {
                    return Ok(());
                }
                notices::write_all(tx, &[tell], now).await
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// The run of the same job and period with the highest revision of which something went out after this one was made.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn newer(&self, run: &Run) -> Result<Option<Run>, StoreError> {
        let (store, run) = (self.clone(), run.clone());
        let work = work(move |tx| async move { newer(&store, tx, &run).await }.boxed());
        self.db.transaction(work).await
    }

    /// Tells the owner of scheduled runs that should have begun before `since`: whatever `judge` says of each, once.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn tell_overdue(
        &self,
        since: DateTime<Utc>,
        judge: impl Fn(&Run, DateTime<Utc>) -> Option<Tell> + Send + 'static,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        let store = self.clone();
        let work = work(move |tx| {
            async move {
                if tx.locks_rows() {
                    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('overdue', 0))";
                    tx.execute(lock, values![]).await?;
                }
                let mut tells = Vec::new();
                for row in tx.rows(OVERDUE, values![since]).await? {
                    let run = store.run_of(&row)?;
                    let should_begin = row.instant("wait_until")?.unwrap_or(run.created_at);
                    tells.extend(judge(&run, should_begin));
                }
                notices::write_all(tx, &tells, now).await?;
                Ok(tells.len())
            }
            .boxed()
        });
        self.db.transaction(work).await
    }
}

/// See [`Store::newer`].
pub(super) async fn newer(store: &Store, tx: &mut Tx<'_>, run: &Run) -> Result<Option<Run>, StoreError> {
    let values = values![&run.job, &run.period_id, run.revision];
    let Some(row) = tx.row(NEWER, values).await? else {
        return Ok(None);
    };
    store.read_run(tx, &row.text("run_id")?).await.map(Some)
}

/// Writes a run down that nobody begins before `at`.
pub(super) async fn insert_later(tx: &mut Tx<'_>, new: &NewRun, at: DateTime<Utc>) -> Result<(), StoreError> {
    let id = run_id(new.created_at);
    let begun = Begun {
        run_id: &id,
        new,
        holder: None,
        now: new.created_at,
    };
    insert_runs(tx, &[begun]).await?;
    let sql = "UPDATE runs SET wait_until = $1, dispatched_at = NULL WHERE run_id = $2";
    tx.execute(sql, values![at, id]).await.map(drop)
}

//! Whose turn it is: what is left for somebody to do, and in which order.
//!
//! Scheduled runs of one job never overlap before they are frozen: they fetch the same sources and count on the figures of the
//! one before. The one that fell due first goes first, and the others wait in the queue until it is frozen or at its end. One
//! that waits itself (for late data, or for room on the disk) lets those behind it pass, and comes back when its time is there
//! and nobody of its job is under way. What is frozen or held keeps nobody waiting, and neither does what somebody runs by hand.

use super::db::{Each, Tx, each, values, work};
use super::{Store, StoreError, owner};
use crate::run::dispatch::Dispatch;
use chrono::{DateTime, Duration, Utc};
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long a worker may take to begin what it was handed, before it is handed out again.
const HAND_OVER: Duration = Duration::seconds(60);
/// Nothing of a run waits for a time that is farther away, so such a time was set by a clock that was wrong and counts for
/// nothing: the longest waits are those of a webhook, ten hours, and of a provisional report, six.
pub(super) const FARTHEST: Duration = Duration::days(1);

/// Scheduled runs that are not frozen.
macro_rules! others {
    () => {
        "runs AS other WHERE other.trigger = 'schedule' \
         AND other.state IN ('queued', 'fetching', 'snapshotted', 'rendered', 'checked')"
    };
}
/// The first in line of the job of the run in `runs`, now, when nothing waits for a time after the farthest.
macro_rules! first_in_line {
    ($now:literal, $farthest:literal) => {
        concat!(
            "(SELECT other.run_id FROM ",
            others!(),
            " AND other.job = runs.job AND (other.wait_until IS NULL OR other.wait_until <= ",
            $now,
            " OR other.wait_until > ",
            $farthest,
            ") ORDER BY other.as_of, other.run_id LIMIT 1)"
        )
    };
}
/// Begins runs: those that are not frozen, under the named fence, in nobody's hands, and whose turn it is. Two of one job never
/// both have it, so that it is the same whether they are begun together or one by one.
pub(super) static BEGIN: Each = each!(
    "UPDATE runs SET state = 'queued', fence = fence + 1, owner = value ->> 'owner', lease_until = value ->> 'until', \
     home = value ->> 'home', dispatched_at = NULL, \
     losses = losses + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END FROM",
    concat!(
        "WHERE run_id = value ->> 'run_id' AND fence = CAST(value ->> 'fence' AS BIGINT) \
         AND (lease_until IS NULL OR lease_until <= value ->> 'clock') \
         AND state IN ('queued', 'fetching', 'snapshotted', 'rendered', 'checked') \
         AND (trigger <> 'schedule' OR run_id = ",
        first_in_line!("value ->> 'now'", "value ->> 'farthest'"),
        " AND NOT EXISTS (SELECT 1 FROM ",
        others!(),
        " AND other.job = runs.job AND other.run_id <> runs.run_id AND other.lease_until > value ->> 'clock')) RETURNING *"
    )
);
/// Runs that are not at their end, in nobody's hands, not handed out since $4, and whose turn it is. One whose parcels all wait
/// for their time is left alone. A time in the future that was set before the clock was put back counts for nothing. (What is
/// done to `next_attempt_at` keeps a database from looking for a run's parcels among all that wait.)
pub(super) const UNFINISHED: &str = concat!(
    "SELECT run_id, fence, CASE WHEN generated_at IS NULL THEN job END AS fetches FROM runs \
    WHERE state NOT IN ('delivered', 'partially_delivered', 'failed', 'held') \
    AND (lease_until IS NULL OR lease_until <= $3) \
    AND (dispatched_at IS NULL OR dispatched_at < $4 OR dispatched_at > $1) \
    AND (wait_until IS NULL OR wait_until <= $1 OR wait_until > $2) \
    AND (NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.run_id = runs.run_id \
             AND next_attempt_at || '' > $1 AND next_attempt_at || '' <= $2) \
         OR EXISTS (SELECT 1 FROM deliveries WHERE deliveries.run_id = runs.run_id AND deliveries.state IN ('pending', 'sending'))) \
    AND (generated_at IS NOT NULL OR trigger = 'schedule' AND run_id = ",
    first_in_line!("$1", "$2"),
    " AND job NOT IN (SELECT other.job FROM ",
    others!(),
    " AND other.lease_until > $3)) ORDER BY created_at LIMIT $5"
);
/// Runs with a parcel whose time has come, whatever they ended as.
pub(super) const PARCELS_DUE: &str = "SELECT runs.run_id, fence, NULL AS fetches FROM deliveries JOIN runs ON runs.run_id = deliveries.run_id \
    WHERE (next_attempt_at <= $1 OR next_attempt_at > $2) AND deliveries.state IN ('retry_wait', 'ambiguous') \
    AND runs.state IN ('delivered', 'partially_delivered', 'failed', 'delivering') \
    AND (lease_until IS NULL OR lease_until <= $3) \
    AND (dispatched_at IS NULL OR dispatched_at < $4 OR dispatched_at > $1) ORDER BY next_attempt_at LIMIT $5";
/// Who holds runs that are not at their end.
pub(super) const HOLDERS: &str = "SELECT DISTINCT owner FROM runs \
    WHERE state NOT IN ('delivered', 'partially_delivered', 'failed', 'held') AND lease_until > $1";

/// Leave for one worker to begin a run: good for one fence, so that the second of two workers finds it used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ticket {
    /// Which run.
    pub run_id: String,
    /// Its fence before it is taken.
    pub fence: i64,
    /// The job whose sources it needs; none: it only has to be sent.
    pub fetches: Option<String>,
}

impl Store {
    /// Hands to workers what could be begun now: scheduled runs that are not frozen and whose turn it is, runs with parcels that
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
        let committed = Arc::clone(&dispatch);
        let work = work(move |tx| {
            async move {
                if !is_alone(tx).await? {
                    return Ok(0);
                }
                let clock = tx.lease_clock(now).await?;
                give_back(tx, clock).await?;
                let values = || values![now, now + FARTHEST, clock, now - HAND_OVER, limit];
                let mut found = BTreeMap::new();
                for sql in [UNFINISHED, PARCELS_DUE] {
                    for row in tx.rows(sql, values()).await? {
                        found.insert(
                            row.text("run_id")?,
                            (row.get::<i64>("fence")?, row.get("fetches")?),
                        );
                    }
                }
                let mut tickets = Vec::new();
                for (run_id, (fence, fetches)) in found {
                    let sql = "UPDATE runs SET dispatched_at = $1 WHERE run_id = $2 AND fence = $3 \
                         AND (lease_until IS NULL OR lease_until <= $4)";
                    if tx.execute(sql, values![now, &run_id, fence, clock]).await? == 1 {
                        tickets.push(Ticket {
                            run_id,
                            fence,
                            fetches,
                        });
                    }
                }
                dispatch.enqueue(tx, &tickets).await?;
                Ok(tickets.len())
            }
            .boxed()
        });
        let handed = self.db.transaction(work).await?;
        if handed > 0 {
            committed.announce();
        }
        Ok(handed)
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
}

/// Two workers that look at the same moment must not both see nobody under way.
pub(super) async fn lock_turn(tx: &mut Tx<'_>, run_id: &str) -> Result<(), StoreError> {
    if tx.locks_rows() {
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended('turn ' || job, 0))::text AS locked FROM runs WHERE run_id = $1";
        tx.rows(lock, values![run_id]).await?;
    }
    Ok(())
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
pub(super) async fn give_back(tx: &mut Tx<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    for row in tx.rows(HOLDERS, values![now]).await? {
        let holder = row.text("owner")?;
        if owner::is_gone(&holder) {
            let sql = "UPDATE runs SET lease_until = NULL, losses = losses + CASE WHEN generated_at IS NULL THEN 1 ELSE 0 END \
                 WHERE owner = $1 AND lease_until IS NOT NULL \
                 AND state NOT IN ('delivered', 'partially_delivered', 'failed', 'held')";
            tx.execute(sql, values![holder]).await?;
        }
    }
    Ok(())
}

//! How a run ends: by what became of its parcels.

use super::db::{Tx, values, work};
use super::notices::{self, Tell};
use super::{Store, StoreError};
use crate::run::state::RunState;
use chrono::{DateTime, Utc};
use futures::FutureExt as _;

/// How many parcels of a run there are: those that no newer revision has replaced, the acknowledged of them, those that one has
/// replaced, and of these the ones that may have arrived.
const COUNTS: &str = "SELECT \
    (SELECT count(*) FROM deliveries WHERE run_id = $1 AND state <> 'superseded') AS own, \
    (SELECT count(*) FROM deliveries WHERE run_id = $1 AND state = 'acked') AS acked, \
    (SELECT count(*) FROM deliveries WHERE run_id = $1 AND state = 'superseded') AS replaced, \
    (SELECT count(*) FROM deliveries WHERE run_id = $1 AND state = 'superseded' AND EXISTS (SELECT 1 FROM attempts \
     WHERE delivery_id = deliveries.id AND coalesce(outcome, 'ambiguous') = 'ambiguous')) AS doubtful";

impl Store {
    /// Ends a run that is delivering, by what became of its parcels: all acknowledged, or none to send, is `delivered`; some is
    /// `partially_delivered`; none is `failed`. Those that a newer revision has replaced do not count, unless they are all there
    /// was. Parcels whose turn has not come yet, because only others were named, fall due at once.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is in other hands or not delivering.
    pub async fn conclude(
        &self,
        run_id: &str,
        fence: i64,
        now: DateTime<Utc>,
        tell: Vec<Tell>,
    ) -> Result<RunState, StoreError> {
        let id = run_id.to_owned();
        let work = work(move |tx| {
            async move {
                hold_parcels(tx, &id).await?;
                let (state, error) = end(tx, &id).await?;
                let sql = "UPDATE runs SET state = $1, error = $2, finished_at = $3, lease_until = NULL, dispatched_at = NULL \
                     WHERE run_id = $4 AND fence = $5 AND state = 'delivering'";
                let moved = tx.execute(sql, values![state.key(), error, now, &id, fence]).await?;
                if moved == 1 {
                    // Nobody looks for what is pending once a run has ended.
                    let sql = "UPDATE deliveries SET state = 'retry_wait', next_attempt_at = $1, updated_at = $1 \
                         WHERE run_id = $2 AND state = 'pending'";
                    tx.execute(sql, values![now, &id]).await?;
                    notices::write_all(tx, &tell, now).await?;
                }
                Ok((moved, state))
            }
            .boxed()
        });
        let (moved, state) = self.db.transaction(work).await?;
        self.one(moved, run_id)?;
        Ok(state)
    }
}

/// Gives a run that has ended the end that its parcels say by now: some were replaced since.
pub(super) async fn end_anew(tx: &mut Tx<'_>, run_id: &str) -> Result<(), StoreError> {
    let (state, error) = end(tx, run_id).await?;
    let sql = "UPDATE runs SET state = $1, error = $2 WHERE run_id = $3 \
         AND state IN ('delivered', 'partially_delivered', 'failed')";
    tx.execute(sql, values![state.key(), error, run_id])
        .await
        .map(drop)
}

/// The end that the parcels of a run say, and why where it is a failure.
async fn end(tx: &mut Tx<'_>, run_id: &str) -> Result<(RunState, Option<&'static str>), StoreError> {
    let row = tx.row(COUNTS, values![run_id]).await?;
    let count = |name| row.as_ref().map_or(Ok(0), |row| row.get::<i64>(name));
    let (own, acked, replaced) = (count("own")?, count("acked")?, count("replaced")?);
    Ok(if own == 0 && replaced > 0 {
        let why = if count("doubtful")? > 0 {
            "a newer revision has replaced it before anything of it was acknowledged; an earlier attempt may have arrived"
        } else {
            "a newer revision has replaced it before anything of it was acknowledged"
        };
        (RunState::Failed, Some(why))
    } else if own == acked {
        (RunState::Delivered, None)
    } else if acked == 0 {
        (RunState::Failed, Some("no delivery was acknowledged"))
    } else {
        (RunState::PartiallyDelivered, None)
    })
}

/// Keeps a run and its parcels as they are until the transaction ends: a newer revision that is being frozen would otherwise replace
/// some after they were counted, and see a run that has not ended.
async fn hold_parcels(tx: &mut Tx<'_>, run_id: &str) -> Result<(), StoreError> {
    if tx.locks_rows() {
        for sql in [
            "SELECT 1 FROM runs WHERE run_id = $1 FOR NO KEY UPDATE",
            "SELECT 1 FROM deliveries WHERE run_id = $1 ORDER BY id FOR NO KEY UPDATE",
        ] {
            tx.execute(sql, values![run_id]).await?;
        }
    }
    Ok(())
}

//! What becomes of the parcels that a run has frozen.

use super::db::{Row, Tx, Value, values, work};
use super::replace;
use super::runs::hold;
use super::{OutboxRow, Outcome, Permit, PutOff, Run, Store, StoreError};
use crate::run::state::DeliveryState;
use chrono::{DateTime, Duration, Utc};
use futures::FutureExt as _;
use std::collections::BTreeMap;

/// How long a parcel waits whose delivery is not in the configuration, or cannot be opened.
const NO_WAY: Duration = Duration::minutes(15);

/// What becomes of asking for an attempt.
enum Grant {
    /// It is the attempt of this number.
    Attempt(i64),
    /// A newer revision has replaced the parcel.
    Replaced,
    /// The run is in other hands, or the parcel is in no state for it.
    Refused,
}

impl Store {
    /// Gives leave for one attempt at a parcel and counts it. Committed before it returns, so that a crash while the bytes are
    /// on their way leaves the row in `sending`, where it is seen. What a newer revision replaces becomes `superseded` instead.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the run is in other hands, or the parcel is being sent, acknowledged or superseded.
    pub async fn permit(
        &self,
        row: &OutboxRow,
        fence: i64,
        now: DateTime<Utc>,
    ) -> Result<Permit, StoreError> {
        let (id, run_id) = (row.id, row.run_id.clone());
        let work = work(move |tx| {
            async move {
                hold(tx, &run_id).await?;
                if let Some(newer) = replace::newer(tx, id).await? {
                    let superseded = replace::supersede(tx, id, fence, &newer, now).await?;
                    return Ok(if superseded { Grant::Replaced } else { Grant::Refused });
                }
                let sql = "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, next_attempt_at = NULL, \
                     updated_at = $1, since = CASE WHEN state = 'dead' THEN $1 ELSE since END WHERE id = $2 AND state IN ('pending', 'retry_wait', 'ambiguous', 'dead') AND EXISTS \
                     (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = $3 AND runs.state = 'delivering') \
                     RETURNING attempts";
                let row = tx.row(sql, values![now, id, fence]).await?;
                let Some(attempt) = row.map(|row| row.get::<i64>("attempts")).transpose()? else {
                    return Ok(Grant::Refused);
                };
                let sql = "INSERT INTO attempts (delivery_id, n, started_at) VALUES ($1, $2, $3)";
                tx.execute(sql, values![id, attempt, now]).await?;
                Ok(Grant::Attempt(attempt))
            }
            .boxed()
        });
        let stale = || StoreError::Stale {
            run_id: row.run_id.clone(),
        };
        let attempt = match self.db.transaction(work).await? {
            Grant::Attempt(attempt) => attempt,
            // Nobody else has the run, so that no write of a process that lost it was refused.
            Grant::Replaced => return Err(stale()),
            Grant::Refused => return Err(self.one(0, &row.run_id).err().unwrap_or_else(stale)),
        };
        Ok(Permit {
            delivery_id: row.id,
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
            fence,
        })
    }

    /// Writes down what became of an attempt; the same once more, where nobody heard that it was written, changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the run was taken over meanwhile; the parcel then stays as the other process has it.
    pub async fn record(
        &self,
        run_id: &str,
        permit: Permit,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let state = outcome.state().key();
        let (receipt, error, next) = match outcome.clone() {
            Outcome::Acked(receipt) => (Some(receipt.proof), None, None),
            Outcome::RetryWait {
                reason,
                next_attempt_at,
            } => (None, Some(reason), Some(next_attempt_at)),
            Outcome::Ambiguous { reason, again_at } => (None, Some(reason), again_at),
            Outcome::Dead { reason } | Outcome::Gone { reason } => (None, Some(reason), None),
        };
        let gone = matches!(outcome, Outcome::Gone { .. });
        let id = run_id.to_owned();
        let work = work(move |tx| {
            async move {
                hold(tx, &id).await?;
                let Permit { delivery_id, attempt, fence } = permit;
                let sql = "UPDATE deliveries SET state = $1, receipt = $2, error = $3, next_attempt_at = $4, \
                     updated_at = $5 WHERE id = $6 AND state IN ('sending', $1) AND attempts = $7 \
                     AND EXISTS (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = $8)";
                let values = values![state, receipt.clone(), error.clone(), next, now, delivery_id, attempt, fence];
                let moved = tx.execute(sql, values).await?;
                if moved == 1 {
                    let sql = "UPDATE attempts SET finished_at = $1, outcome = $2, detail = $3 WHERE delivery_id = $4 AND n = $5";
                    tx.execute(sql, values![now, state, receipt.or(error.clone()), delivery_id, attempt]).await?;
                }
                if moved == 1 && gone {
                    let sql = "INSERT INTO gone (delivery, place, since, reason) \
                         SELECT delivery, coalesce(place, ''), $1, $2 FROM deliveries WHERE id = $3 ON CONFLICT DO NOTHING";
                    tx.execute(sql, values![now, error, delivery_id]).await?;
                }
                Ok(moved)
            }
            .boxed()
        });
        let moved = self.db.transaction(work).await?;
        self.one(moved, run_id)
    }

    /// Puts a parcel off that was not tried now: it is in `retry_wait`, due at once, or when it was due if that is later; where
    /// there is no way, after a while.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no. A parcel in any other state but `pending`, `retry_wait` or `dead` stays as it is.
    pub async fn put_off(
        &self,
        row: &OutboxRow,
        fence: i64,
        why: PutOff<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (state, reason, stands_in, at) = match why {
            PutOff::NoTurn(reason) => (DeliveryState::RetryWait, reason, 0, Some(now)),
            PutOff::Behind(reason, at) => (DeliveryState::RetryWait, reason, 0, Some(at)),
            PutOff::NoWay(reason) => (DeliveryState::RetryWait, reason, 1, Some(now + NO_WAY)),
            PutOff::Gone(reason) => (DeliveryState::Dead, reason, 1, None),
            PutOff::Resting { reason, until } => (DeliveryState::RetryWait, reason, 0, Some(until)),
        };
        if row.state == DeliveryState::Ambiguous {
            // It stays what it is; only its time is later, or it has none any more.
            return self.resend_at(row, fence, at).await;
        }
        let values = values![now, i64::from(stands_in), reason, row.id, fence, at, state.key()];
        let sql = "UPDATE deliveries SET state = $7, updated_at = $1, \
             since = CASE WHEN state = 'dead' AND $7 <> 'dead' THEN $1 ELSE since END, \
             next_attempt_at = CASE WHEN $7 = 'retry_wait' AND next_attempt_at > $6 THEN next_attempt_at ELSE $6 END, \
             error = CASE WHEN $2 = 1 THEN $3 ELSE coalesce( \
             (SELECT detail FROM attempts WHERE delivery_id = deliveries.id ORDER BY n DESC LIMIT 1), $3) END \
             WHERE id = $4 AND state IN ('pending', 'retry_wait', 'dead') \
             AND EXISTS (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = $5)";
        self.write_held(&row.run_id, sql, values).await.map(drop)
    }

    /// When a parcel that may have arrived goes out once more; `None`: only when somebody asks for it.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn resend_at(
        &self,
        row: &OutboxRow,
        fence: i64,
        at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let values = values![at, row.id, fence];
        let sql = "UPDATE deliveries SET next_attempt_at = $1 WHERE id = $2 AND state = 'ambiguous' \
             AND EXISTS (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = $3)";
        self.write_held(&row.run_id, sql, values).await.map(drop)
    }

    /// Gives up everything of a run that is not acknowledged, so that nothing of it falls due by itself any more; `resend` can
    /// still try it.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn give_up(&self, run: &Run, reason: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let values = values![now, reason, &run.run_id, run.fence];
        let sql = "UPDATE deliveries SET updated_at = $1, next_attempt_at = NULL, \
             error = CASE WHEN state = 'ambiguous' THEN error ELSE $2 END, \
             state = CASE WHEN state = 'ambiguous' THEN state ELSE 'dead' END \
             WHERE run_id = $3 AND state IN ('pending', 'retry_wait', 'ambiguous') \
             AND EXISTS (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = $4)";
        self.write_held(&run.run_id, sql, values).await.map(drop)
    }

    /// Runs one statement on parcels of a run while nobody can take it over.
    async fn write_held(
        &self,
        run_id: &str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let run_id = run_id.to_owned();
        let work = work(move |tx| {
            async move {
                hold(tx, &run_id).await?;
                tx.execute(sql, values).await
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// The operator's word on a parcel of which nobody knew: it arrived, or it did not and is to be sent again, unless a newer
    /// revision has replaced it. What it is now.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is not ambiguous any more.
    pub async fn resolve(
        &self,
        row: &OutboxRow,
        arrived: bool,
        now: DateTime<Utc>,
    ) -> Result<DeliveryState, StoreError> {
        let (row_id, id) = (row.id, row.run_id.clone());
        let said = if arrived { "sent" } else { "not-sent" };
        let detail =
            serde_json::json!({"delivery": row.delivery, "recipient": row.recipient, "as": said}).to_string();
        let work = work(move |tx| {
            async move {
                let newer = if arrived {
                    None
                } else {
                    replace::newer(tx, row_id).await?
                };
                let not = "an operator says that it did not arrive";
                let (state, receipt, error, next) = match newer {
                    _ if arrived => (
                        DeliveryState::Acked,
                        Some("an operator says that it arrived"),
                        None,
                        None,
                    ),
                    Some(newer) => {
                        let error = format!("{not}; {}", replace::why(&newer));
                        (DeliveryState::Superseded, None, Some(error), None)
                    }
                    None => (DeliveryState::RetryWait, None, Some(not.to_owned()), Some(now)),
                };
                let values = values![state.key(), receipt, error, next, now, row_id];
                let sql = "UPDATE deliveries SET state = $1, receipt = $2, error = $3, next_attempt_at = $4, updated_at = $5, \
                     since = CASE WHEN $1 = 'retry_wait' THEN $5 ELSE since END WHERE id = $6 AND state = 'ambiguous'";
                let moved = tx.execute(sql, values).await?;
                if moved == 1 {
                    audit(tx, now, "resolve", None, Some(&id), &detail).await?;
                }
                Ok((moved, state))
            }
            .boxed()
        });
        let (moved, state) = self.db.transaction(work).await?;
        self.one(moved, &row.run_id)?;
        Ok(state)
    }

    /// The parcels of a run, in the order of sending.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn deliveries(&self, run_id: &str) -> Result<Vec<OutboxRow>, StoreError> {
        let (store, values) = (self.clone(), values![run_id]);
        let sql = "SELECT deliveries.*, \
             (SELECT count(*) FROM attempts WHERE delivery_id = id AND coalesce(outcome, 'ambiguous') = 'ambiguous' \
              AND NOT (n = attempts AND deliveries.state = 'sending')) AS doubts, \
             (SELECT count(*) FROM attempts WHERE delivery_id = id AND started_at >= since) AS tries, \
             (SELECT min(started_at) FROM attempts WHERE delivery_id = id AND started_at >= since) AS first_attempt_at \
             FROM deliveries WHERE run_id = $1 ORDER BY position";
        let work = work(move |tx| {
            async move {
                tx.rows(sql, values)
                    .await?
                    .iter()
                    .map(|row| store.outbox_row(row))
                    .collect()
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// The places of a delivery that have said that they are gone, and what they said.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn gone(&self, delivery: &str) -> Result<BTreeMap<String, String>, StoreError> {
        let values = values![delivery];
        let sql = "SELECT place, reason FROM gone WHERE delivery = $1";
        let rows = self.db.rows(sql, values).await?;
        let told = |row: &Row| Ok((row.text("place")?, row.text("reason")?));
        rows.iter().map(told).collect()
    }

    /// Lets a place be tried again that has said that it is gone.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn try_again(&self, delivery: &str, place: &str) -> Result<(), StoreError> {
        let values = values![delivery, place];
        let sql = "DELETE FROM gone WHERE delivery = $1 AND place = $2";
        self.db.execute(sql, values).await.map(drop)
    }

    fn outbox_row(&self, row: &Row) -> Result<OutboxRow, StoreError> {
        Ok(OutboxRow {
            id: row.get("id")?,
            run_id: row.text("run_id")?,
            position: row.number("position")?,
            delivery: row.text("delivery")?,
            recipient: row.text("recipient")?,
            place: row.get("place")?,
            key: row.text("key")?,
            content_path: self.data_dir.join(row.text("content_path")?),
            sha256: row.text("sha256")?,
            state: row.word("state", DeliveryState::from_key)?,
            attempts: row.number("attempts")?,
            doubts: row.number("doubts")?,
            since: row.moment("since")?,
            tries: row.number("tries")?,
            first_attempt_at: row.instant("first_attempt_at")?,
            next_attempt_at: row.instant("next_attempt_at")?,
            receipt: row.get("receipt")?,
            error: row.get("error")?,
            updated_at: row.moment("updated_at")?,
        })
    }
}

/// Writes down what an operator or an edit has changed.
pub(super) async fn audit(
    tx: &mut Tx<'_>,
    at: DateTime<Utc>,
    what: &str,
    job: Option<&str>,
    run_id: Option<&str>,
    detail: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO audits (at, what, job, run_id, detail) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(sql, values![at, what, job, run_id, detail])
        .await
        .map(drop)
}

//! What processes leave behind when they end in the middle: runs to fail, runs to take over, permits to give up.

use super::runs::instant;
use super::sqlite::begin;
use super::{Run, Store, StoreError, owner};
use crate::run::state::{DeliveryState, RunState};
use chrono::{DateTime, Duration, Utc};
use sqlx::{Row, SqliteConnection};

/// After this nobody is at work on a run that is not frozen: the longest deadline of a job, a week, and a day.
const LONGEST_RUN: Duration = Duration::days(8);

impl Store {
    /// Fails every run that its process left before it was frozen: nothing was sent, and nobody will go on with it. A run of
    /// which nobody can know whether its process lives is left alone until it is older than any run can be.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn fail_abandoned(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut connection = self.connection().await;
        let unfinished = sqlx::query(
            "SELECT run_id, owner, fence, created_at < ? AS overdue FROM runs \
             WHERE state IN ('queued', 'fetching', 'snapshotted', 'rendered', 'checked')",
        )
        .bind(instant(now - LONGEST_RUN))
        .fetch_all(&mut *connection)
        .await
        .map_err(|e| self.fault(e))?;
        for row in unfinished {
            let holder: String = row.try_get("owner").map_err(|e| self.fault(e))?;
            let overdue: bool = row.try_get("overdue").map_err(|e| self.fault(e))?;
            if !overdue && !owner::is_gone(&holder) {
                continue;
            }
            let run_id: String = row.try_get("run_id").map_err(|e| self.fault(e))?;
            let fence: i64 = row.try_get("fence").map_err(|e| self.fault(e))?;
            sqlx::query(
                "UPDATE runs SET state = 'failed', error = ?, finished_at = ?, fence = fence + 1 WHERE run_id = ? AND fence = ?",
            )
            .bind("the process ended in the middle of the run; nothing was delivered, run the job again")
            .bind(instant(now))
            .bind(&run_id)
            .bind(fence)
            .execute(&mut *connection)
            .await
            .map_err(|e| self.fault(e))?;
            tracing::warn!(run.id = run_id, "an abandoned run was failed");
        }
        Ok(())
    }

    /// Takes a frozen run over, to send what is left of it: raises its fence and moves it to `delivering`. Parcels that a
    /// process left in `sending` when it ended become `ambiguous`: nobody knows whether their bytes arrived.
    ///
    /// # Errors
    /// [`StoreError::NothingFrozen`] if it holds no frozen bytes; [`StoreError::Busy`] if a living process is in an attempt.
    pub async fn claim(&self, run_id: &str, now: DateTime<Utc>) -> Result<Run, StoreError> {
        let mut connection = self.connection().await;
        let mut transaction = begin(&mut connection).await.map_err(|e| self.fault(e))?;
        let run = self.read_run(&mut transaction, run_id).await?;
        let reopened =
            matches!(run.state, RunState::Delivering) || run.state.may_become(RunState::Delivering);
        if run.generated_at.is_none() || !reopened {
            return Err(StoreError::NothingFrozen {
                run_id: run.run_id,
                state: run.state,
            });
        }
        self.give_up_lost_permits(&mut transaction, run_id, now).await?;
        sqlx::query("UPDATE runs SET state = 'delivering', fence = fence + 1, owner = ? WHERE run_id = ?")
            .bind(&self.owner)
            .bind(run_id)
            .execute(&mut *transaction)
            .await
            .map_err(|e| self.fault(e))?;
        let run = self.read_run(&mut transaction, run_id).await?;
        transaction.commit().await.map_err(|e| self.fault(e))?;
        Ok(run)
    }

    /// Turns `sending` into `ambiguous` where the sender is gone.
    async fn give_up_lost_permits(
        &self,
        connection: &mut SqliteConnection,
        run_id: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let now = instant(now);
        let sending = sqlx::query(
            "SELECT id, coalesce(owner, '') AS owner, coalesce(lease_until, '') AS lease_until FROM deliveries \
             WHERE run_id = ? AND state = 'sending'",
        )
        .bind(run_id)
        .fetch_all(&mut *connection)
        .await
        .map_err(|e| self.fault(e))?;
        for row in sending {
            let id: i64 = row.try_get("id").map_err(|e| self.fault(e))?;
            let holder: String = row.try_get("owner").map_err(|e| self.fault(e))?;
            let lease_until: String = row.try_get("lease_until").map_err(|e| self.fault(e))?;
            if lease_until > now && !owner::is_gone(&holder) {
                return Err(StoreError::Busy {
                    run_id: run_id.to_owned(),
                });
            }
            sqlx::query(
                "UPDATE deliveries SET state = ?, owner = NULL, lease_until = NULL, updated_at = ?, error = ? WHERE id = ?",
            )
            .bind(DeliveryState::Ambiguous.key())
            .bind(&now)
            .bind("the process that was sending ended before it could write down the answer; the bytes may have arrived")
            .bind(id)
            .execute(&mut *connection)
            .await
            .map_err(|e| self.fault(e))?;
        }
        Ok(())
    }
}

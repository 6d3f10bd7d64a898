//! What a run freezes, and what becomes of its parcels.

use super::runs::{Columns, instant};
use super::sqlite::begin;
use super::{Freeze, OutboxRow, Outcome, Permit, PutOff, Store, StoreError, StoredArtifact, files};
use crate::delivery::Parcel;
use crate::run::state::{DeliveryState, RunState};
use chrono::{DateTime, Duration, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

impl Store {
    /// Freezes a run that is `checked`: writes its files, then, in one transaction, every artifact and outbox row, and moves it
    /// to `frozen`. Freezing the same content again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::BadName`]; [`StoreError::Io`]; [`StoreError::Stale`] if it is in other hands, or frozen with other content.
    pub async fn freeze(&self, run_id: &str, fence: i64, freeze: Freeze<'_>) -> Result<(), StoreError> {
        let artifacts = self.keep_artifacts(run_id, freeze)?;
        let snapshot = files::hash_tree(&self.snapshot_dir(run_id))?;
        let mut connection = self.connection().await;
        let mut transaction = begin(&mut connection).await.map_err(|e| self.fault(e))?;
        let moved = sqlx::query(
            "UPDATE runs SET state = 'frozen', generated_at = ?, notices = ?, snapshot_manifest = ? \
             WHERE run_id = ? AND fence = ? AND state = 'checked'",
        )
        .bind(instant(freeze.generated_at))
        .bind(json(&freeze.notices))
        .bind(json(&snapshot))
        .bind(run_id)
        .bind(fence)
        .execute(&mut *transaction)
        .await
        .map_err(|e| self.fault(e))?;
        if moved.rows_affected() == 0 {
            return self.frozen_alike(&mut transaction, run_id, fence, freeze).await;
        }
        for (position, artifact) in artifacts.iter().enumerate() {
            self.insert_artifact(&mut transaction, run_id, position, artifact)
                .await?;
        }
        let paths: HashMap<&str, &Path> = artifacts
            .iter()
            .map(|artifact| (artifact.sha256.as_str(), artifact.path.as_path()))
            .collect();
        let mut position = 0;
        for (delivery, parcels) in freeze.parcels {
            for parcel in parcels {
                let path = self.parcel_path(run_id, parcel, &paths);
                self.insert_parcel(
                    &mut transaction,
                    run_id,
                    position,
                    delivery,
                    parcel,
                    &path,
                    freeze.generated_at,
                )
                .await?;
                position += 1;
            }
        }
        transaction.commit().await.map_err(|e| self.fault(e))
    }

    /// Adds parcels under new keys to a run that was claimed, behind those it has: what `resend --as-new` sends.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the run is in other hands.
    pub async fn enqueue(
        &self,
        run_id: &str,
        fence: i64,
        parcels: &[(String, Vec<Parcel>)],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.keep_parcels(run_id, parcels, &HashMap::new())?;
        let mut connection = self.connection().await;
        let mut transaction = begin(&mut connection).await.map_err(|e| self.fault(e))?;
        let held: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM runs WHERE run_id = ? AND fence = ? AND state = 'delivering'",
        )
        .bind(run_id)
        .bind(fence)
        .fetch_one(&mut *transaction)
        .await
        .map_err(|e| self.fault(e))?;
        self.one(held.unsigned_abs(), run_id)?;
        let mut position: i64 =
            sqlx::query_scalar("SELECT coalesce(max(position), -1) + 1 FROM deliveries WHERE run_id = ?")
                .bind(run_id)
                .fetch_one(&mut *transaction)
                .await
                .map_err(|e| self.fault(e))?;
        for (delivery, parcels) in parcels {
            for parcel in parcels {
                let path = self.parcel_path(run_id, parcel, &HashMap::new());
                self.insert_parcel(&mut transaction, run_id, position, delivery, parcel, &path, now)
                    .await?;
                position += 1;
            }
        }
        transaction.commit().await.map_err(|e| self.fault(e))
    }

    /// Gives leave for one attempt at a parcel and counts it. Committed before it returns, so that a crash while the bytes are
    /// on their way leaves the row in `sending`, where it is seen.
    ///
    /// `lease` is the longest time the attempt may take; after it another process may take the run over.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the run is in other hands, or the parcel is being sent, acknowledged or superseded.
    pub async fn permit(
        &self,
        row: &OutboxRow,
        fence: i64,
        now: DateTime<Utc>,
        lease: std::time::Duration,
    ) -> Result<Permit, StoreError> {
        let lease_until = now + Duration::from_std(lease).unwrap_or(Duration::hours(1));
        let mut connection = self.connection().await;
        let mut transaction = begin(&mut connection).await.map_err(|e| self.fault(e))?;
        let attempt = sqlx::query_scalar::<_, i64>(
            "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, owner = ?, lease_until = ?, \
             next_attempt_at = NULL, updated_at = ? \
             WHERE id = ? AND state IN ('pending', 'retry_wait', 'ambiguous', 'dead') \
             AND EXISTS (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = ? AND runs.state = 'delivering') \
             RETURNING attempts",
        )
        .bind(&self.owner)
        .bind(instant(lease_until))
        .bind(instant(now))
        .bind(row.id)
        .bind(fence)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(|e| self.fault(e))?;
        self.one(u64::from(attempt.is_some()), &row.run_id)?;
        let attempt = attempt.unwrap_or_default();
        sqlx::query("INSERT INTO attempts (delivery_id, n, started_at) VALUES (?, ?, ?)")
            .bind(row.id)
            .bind(attempt)
            .bind(instant(now))
            .execute(&mut *transaction)
            .await
            .map_err(|e| self.fault(e))?;
        transaction.commit().await.map_err(|e| self.fault(e))?;
        Ok(Permit {
            delivery_id: row.id,
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
            fence,
        })
    }

    /// Writes down what became of an attempt.
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
        let (receipt, error, next) = match outcome {
            Outcome::Acked(receipt) => (Some(receipt.proof.as_str()), None, None),
            Outcome::RetryWait {
                reason,
                next_attempt_at,
            } => (None, Some(reason.as_str()), Some(instant(*next_attempt_at))),
            Outcome::Ambiguous { reason } | Outcome::Dead { reason } => (None, Some(reason.as_str()), None),
        };
        let mut connection = self.connection().await;
        let mut transaction = begin(&mut connection).await.map_err(|e| self.fault(e))?;
        let moved = sqlx::query(
            "UPDATE deliveries SET state = ?, receipt = ?, error = ?, next_attempt_at = ?, owner = NULL, \
             lease_until = NULL, updated_at = ? WHERE id = ? AND state = 'sending' AND attempts = ? \
             AND EXISTS (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = ?)",
        )
        .bind(outcome.state().key())
        .bind(receipt)
        .bind(error)
        .bind(next)
        .bind(instant(now))
        .bind(permit.delivery_id)
        .bind(permit.attempt)
        .bind(permit.fence)
        .execute(&mut *transaction)
        .await
        .map_err(|e| self.fault(e))?;
        self.one(moved.rows_affected(), run_id)?;
        sqlx::query(
            "UPDATE attempts SET finished_at = ?, outcome = ?, detail = ? WHERE delivery_id = ? AND n = ?",
        )
        .bind(instant(now))
        .bind(outcome.state().key())
        .bind(receipt.or(error))
        .bind(permit.delivery_id)
        .bind(permit.attempt)
        .execute(&mut *transaction)
        .await
        .map_err(|e| self.fault(e))?;
        transaction.commit().await.map_err(|e| self.fault(e))
    }

    /// Puts a parcel off that was not tried now: it is in `retry_wait`, due at once, or when it was due if that is later.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no. A parcel in any other state but `pending` or `retry_wait` stays as it is.
    pub async fn put_off(
        &self,
        row: &OutboxRow,
        fence: i64,
        why: PutOff<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (reason, stands_in) = match why {
            PutOff::NoTurn(reason) => (reason, false),
            PutOff::NoWay(reason) => (reason, true),
        };
        let mut connection = self.connection().await;
        sqlx::query(
            "UPDATE deliveries SET state = 'retry_wait', updated_at = ?1, \
             next_attempt_at = max(coalesce(next_attempt_at, ''), ?1), \
             error = CASE WHEN ?2 THEN ?3 ELSE coalesce( \
             (SELECT detail FROM attempts WHERE delivery_id = deliveries.id ORDER BY n DESC LIMIT 1), ?3) END \
             WHERE id = ?4 AND state IN ('pending', 'retry_wait') \
             AND EXISTS (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = ?5)",
        )
        .bind(instant(now))
        .bind(stands_in)
        .bind(reason)
        .bind(row.id)
        .bind(fence)
        .execute(&mut *connection)
        .await
        .map_err(|e| self.fault(e))?;
        Ok(())
    }

    /// The parcels of a run, in the order of sending.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn deliveries(&self, run_id: &str) -> Result<Vec<OutboxRow>, StoreError> {
        let mut connection = self.connection().await;
        sqlx::query("SELECT * FROM deliveries WHERE run_id = ? ORDER BY position")
            .bind(run_id)
            .fetch_all(&mut *connection)
            .await
            .map_err(|e| self.fault(e))?
            .iter()
            .map(|row| self.outbox_row(row))
            .collect()
    }

    /// The artifacts of a run, in the order in which they were rendered.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn artifacts(&self, run_id: &str) -> Result<Vec<StoredArtifact>, StoreError> {
        let mut connection = self.connection().await;
        sqlx::query("SELECT * FROM artifacts WHERE run_id = ? ORDER BY position")
            .bind(run_id)
            .fetch_all(&mut *connection)
            .await
            .map_err(|e| self.fault(e))?
            .iter()
            .map(|row| self.artifact_of(row))
            .collect()
    }

    fn keep_artifacts(&self, run_id: &str, freeze: Freeze<'_>) -> Result<Vec<StoredArtifact>, StoreError> {
        let dir = self.run_dir(run_id).join("artifacts");
        files::create_dir(&dir)?;
        let mut stored = Vec::with_capacity(freeze.artifacts.len());
        let mut known = HashMap::new();
        for artifact in freeze.artifacts {
            if !files::is_file_name(&artifact.name) {
                return Err(StoreError::BadName(artifact.name.clone()));
            }
            let path = dir.join(&artifact.name);
            // Written again only if it differs, so that freezing twice leaves what is there.
            if files::hash_file(&path).ok().as_ref() != Some(&artifact.sha256) {
                files::write_atomically(&path, &artifact.bytes)?;
            }
            known.insert(artifact.sha256.as_str(), path.clone());
            stored.push(StoredArtifact {
                name: artifact.name.clone(),
                media_type: artifact.media_type.clone(),
                bytes: artifact.bytes.len() as u64,
                sha256: artifact.sha256.clone(),
                rows: artifact.rows,
                path,
            });
        }
        self.keep_parcels(run_id, freeze.parcels, &known)?;
        Ok(stored)
    }

    /// Stores the content of parcels by hash; what is an artifact already is not stored twice.
    fn keep_parcels(
        &self,
        run_id: &str,
        parcels: &[(String, Vec<Parcel>)],
        known: &HashMap<&str, PathBuf>,
    ) -> Result<(), StoreError> {
        let dir = self.run_dir(run_id).join("outbox");
        files::create_dir(&dir)?;
        for parcel in parcels.iter().flat_map(|(_, parcels)| parcels) {
            if !known.contains_key(parcel.sha256.as_str()) {
                files::keep_by_hash(&dir, &parcel.content)?;
            }
        }
        files::sync_dir(&self.run_dir(run_id))
    }

    fn parcel_path(&self, run_id: &str, parcel: &Parcel, artifacts: &HashMap<&str, &Path>) -> PathBuf {
        artifacts.get(parcel.sha256.as_str()).map_or_else(
            || self.run_dir(run_id).join("outbox").join(&parcel.sha256),
            |path| path.to_path_buf(),
        )
    }

    async fn insert_artifact(
        &self,
        connection: &mut SqliteConnection,
        run_id: &str,
        position: usize,
        artifact: &StoredArtifact,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO artifacts (run_id, position, name, media_type, bytes, sha256, rows, path) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(run_id)
        .bind(i64::try_from(position).unwrap_or(i64::MAX))
        .bind(&artifact.name)
        .bind(&artifact.media_type)
        .bind(i64::try_from(artifact.bytes).unwrap_or(i64::MAX))
        .bind(&artifact.sha256)
        .bind(artifact.rows.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX)))
        .bind(files::relative(&self.data_dir, &artifact.path))
        .execute(connection)
        .await
        .map(drop)
        .map_err(|e| self.fault(e))
    }

    #[expect(clippy::too_many_arguments, reason = "one for each column that is not fixed")]
    async fn insert_parcel(
        &self,
        connection: &mut SqliteConnection,
        run_id: &str,
        position: i64,
        delivery: &str,
        parcel: &Parcel,
        path: &Path,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO deliveries (run_id, position, delivery, recipient, place, key, content_path, sha256, state, \
             updated_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)",
        )
        .bind(run_id)
        .bind(position)
        .bind(delivery)
        .bind(&parcel.recipient)
        .bind(parcel.place.as_deref())
        .bind(&parcel.key)
        .bind(files::relative(&self.data_dir, path))
        .bind(&parcel.sha256)
        .bind(instant(now))
        .execute(connection)
        .await
        .map(drop)
        .map_err(|e| self.fault(e))
    }

    /// Whether the run is frozen already, by this process and with the same content.
    async fn frozen_alike(
        &self,
        connection: &mut SqliteConnection,
        run_id: &str,
        fence: i64,
        freeze: Freeze<'_>,
    ) -> Result<(), StoreError> {
        let run = self.read_run(connection, run_id).await?;
        let stored: Vec<String> =
            sqlx::query_scalar("SELECT sha256 FROM artifacts WHERE run_id = ? ORDER BY position")
                .bind(run_id)
                .fetch_all(&mut *connection)
                .await
                .map_err(|e| self.fault(e))?;
        let keys: Vec<String> =
            sqlx::query_scalar("SELECT key FROM deliveries WHERE run_id = ? ORDER BY position")
                .bind(run_id)
                .fetch_all(&mut *connection)
                .await
                .map_err(|e| self.fault(e))?;
        let alike = run.fence == fence
            && run.state == RunState::Frozen
            && stored.iter().eq(freeze.artifacts.iter().map(|it| &it.sha256))
            && keys
                .iter()
                .eq(freeze.parcels.iter().flat_map(|(_, all)| all).map(|it| &it.key));
        self.one(u64::from(alike), run_id)
    }

    fn outbox_row(&self, row: &SqliteRow) -> Result<OutboxRow, StoreError> {
        let columns = Columns { store: self, row };
        Ok(OutboxRow {
            id: columns.get("id")?,
            run_id: columns.text("run_id")?,
            position: columns.number("position")?,
            delivery: columns.text("delivery")?,
            recipient: columns.text("recipient")?,
            place: columns.get("place")?,
            key: columns.text("key")?,
            content_path: self.data_dir.join(columns.text("content_path")?),
            sha256: columns.text("sha256")?,
            state: columns.word("state", DeliveryState::from_key)?,
            attempts: columns.number("attempts")?,
            next_attempt_at: columns.instant("next_attempt_at")?,
            receipt: columns.get("receipt")?,
            error: columns.get("error")?,
            updated_at: columns.moment("updated_at")?,
        })
    }

    fn artifact_of(&self, row: &SqliteRow) -> Result<StoredArtifact, StoreError> {
        let columns = Columns { store: self, row };
        let rows: Option<i64> = row.try_get("rows").map_err(|e| self.fault(e))?;
        Ok(StoredArtifact {
            name: columns.text("name")?,
            media_type: columns.text("media_type")?,
            bytes: columns.number("bytes")?,
            sha256: columns.text("sha256")?,
            rows: rows.and_then(|rows| u64::try_from(rows).ok()),
            path: self.data_dir.join(columns.text("path")?),
        })
    }
}

fn json(value: &impl serde::Serialize) -> String {
    // Lists and maps of texts cannot fail to serialise.
    serde_json::to_string(value).unwrap_or_default()
}

//! What a run freezes, and what becomes of its parcels.

use super::db::{Row, Tx, Value, values, work};
use super::notices::{self, Tell};
use super::runs::hold;
use super::{
    Backlog, Freeze, NewRun, OutboxRow, Outcome, Permit, PutOff, Run, Store, StoreError, StoredArtifact,
    files, late,
};
use crate::delivery::Parcel;
use crate::fail_point;
use crate::run::state::{DeliveryState, RunState};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use futures::FutureExt as _;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// How long a parcel waits whose delivery is not in the configuration, or cannot be opened.
const NO_WAY: Duration = Duration::minutes(15);

/// Most runs that are looked at for the norm of a job.
const MOST_MEASURED: u32 = 1000;
/// After this time nobody is alarmed any longer by a parcel that was given up.
const DEAD_FOR_LONG: Duration = Duration::days(7);

/// What was measured in the periods of job $1 that begin before $2, the latest first, the last revision of each before the others.
pub(super) const MEASURED: &str = "SELECT period_id, period_start, period_end, measured FROM runs WHERE job = $1 \
    AND period_start < $2 AND measured IS NOT NULL AND substr(measured, 1, length($3)) = $3 AND state = 'delivered' \
    AND trigger <> 'test' ORDER BY period_start DESC, revision DESC LIMIT $4";
/// Parcels that are neither acknowledged nor superseded, by state, and how many of them fall due by themselves; of the dead
/// those that died since $1.
pub(super) const OPEN_PARCELS: &str = "SELECT state, count(*) AS n, count(next_attempt_at) AS by_itself FROM deliveries \
    WHERE state NOT IN ('acked', 'superseded') AND (state <> 'dead' OR updated_at > $1) GROUP BY state";
/// What owners have not been told: notices that wait for their bulletin, and those in bulletins that are not out yet.
pub(super) const UNTOLD: [&str; 2] = [
    "SELECT count(*) AS n FROM notices WHERE bulletin IS NULL AND owner <> '[]'",
    "SELECT count(*) AS n FROM bulletins JOIN notices ON notices.bulletin = bulletins.key WHERE state = 'pending'",
];

/// A row of the outbox that is to be written.
struct NewParcel {
    delivery: String,
    recipient: String,
    place: Option<String>,
    key: String,
    content_path: String,
    sha256: String,
}

impl Store {
    /// Freezes a run that is `checked`: writes its files, then, in one transaction, every artifact and outbox row, and moves it
    /// to `frozen`, or to `held` where a gate says why. Freezing the same content again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::BadName`]; [`StoreError::Io`]; [`StoreError::Stale`] if it is in other hands, or frozen with other content.
    pub async fn freeze(
        &self,
        run: &Run,
        freeze: Freeze<'_>,
        tell: Vec<Tell>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.freeze_with(run, freeze, None, tell, now).await
    }

    /// The same, and in the same transaction writes down a run that is to follow it, not to be begun before its time.
    ///
    /// # Errors
    /// As for [`Self::freeze`].
    pub async fn freeze_with(
        &self,
        run: &Run,
        freeze: Freeze<'_>,
        follower: Option<(NewRun, DateTime<Utc>)>,
        tell: Vec<Tell>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let artifacts = keep_artifacts(run, freeze)?;
        let snapshot = files::hash_tree(&run.snapshot_dir)?;
        fail_point::hit("freezing_rows");
        let paths: HashMap<&str, &Path> = artifacts
            .iter()
            .map(|artifact| (artifact.sha256.as_str(), artifact.path.as_path()))
            .collect();
        let parcels: Vec<NewParcel> = freeze
            .parcels
            .iter()
            .flat_map(|(delivery, parcels)| parcels.iter().map(move |parcel| (delivery, parcel)))
            .map(|(delivery, parcel)| self.new_parcel(run, delivery, parcel, &paths))
            .collect();
        let state = if freeze.held.is_empty() {
            RunState::Frozen
        } else {
            RunState::Held
        };
        let frozen = values![
            state.key(),
            freeze.generated_at,
            json(&freeze.notices),
            json(&snapshot),
            json(&freeze.held),
            freeze
                .measured
                .as_ref()
                .map(|(metric, value)| format!("{metric} {value}")),
            &run.run_id,
            run.fence
        ];
        let hashes: Vec<String> = freeze.artifacts.iter().map(|it| it.sha256.clone()).collect();
        let (store, run, artifacts) = (self.clone(), run.clone(), artifacts.clone());
        let held_since = (state == RunState::Held).then_some(now);
        let work = work(move |tx| {
            async move {
                let sql = "UPDATE runs SET state = $1, generated_at = $2, notices = $3, snapshot_manifest = $4, held = $5, \
                     measured = $6 WHERE run_id = $7 AND fence = $8 AND state = 'checked'";
                if tx.execute(sql, frozen).await? == 0 {
                    return store.frozen_alike(tx, &run, state, &hashes, &parcels).await;
                }
                for (position, artifact) in artifacts.iter().enumerate() {
                    insert_artifact(tx, &run.run_id, position, artifact, &store.data_dir).await?;
                    fail_point::hit("artifact_row");
                }
                for (position, parcel) in parcels.into_iter().enumerate() {
                    insert_parcel(tx, &run.run_id, position, parcel, now).await?;
                    fail_point::hit("parcel_row");
                }
                if held_since.is_some() {
                    let sql = "UPDATE runs SET lease_until = NULL WHERE run_id = $1";
                    tx.execute(sql, values![&run.run_id]).await?;
                }
                if let Some((follower, at)) = follower {
                    late::insert_later(tx, &follower, at).await?;
                }
                notices::write_all(tx, &tell, now).await
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Adds parcels under new keys to a run that was claimed, behind those it has: what `resend --as-new` sends.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the run is in other hands.
    pub async fn enqueue(
        &self,
        run: &Run,
        parcels: &[(String, Vec<Parcel>)],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        keep_parcels(run, parcels, &HashMap::new())?;
        let new: Vec<NewParcel> = parcels
            .iter()
            .flat_map(|(delivery, parcels)| parcels.iter().map(move |parcel| (delivery, parcel)))
            .map(|(delivery, parcel)| self.new_parcel(run, delivery, parcel, &HashMap::new()))
            .collect();
        let (store, run) = (self.clone(), run.clone());
        let work = work(move |tx| {
            async move {
                hold(tx, &run.run_id).await?;
                let sql = "SELECT count(*) AS n FROM runs WHERE run_id = $1 AND fence = $2 AND state = 'delivering'";
                let held = tx.number(sql, values![&run.run_id, run.fence]).await?;
                store.one(held.unsigned_abs(), &run.run_id)?;
                let sql = "SELECT coalesce(max(position), -1) + 1 AS n FROM deliveries WHERE run_id = $1";
                let first = usize::try_from(tx.number(sql, values![&run.run_id]).await?).unwrap_or(0);
                for (position, parcel) in (first..).zip(new) {
                    insert_parcel(tx, &run.run_id, position, parcel, now).await?;
                }
                Ok(())
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Gives leave for one attempt at a parcel and counts it. Committed before it returns, so that a crash while the bytes are
    /// on their way leaves the row in `sending`, where it is seen.
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
                let sql = "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, next_attempt_at = NULL, \
                     updated_at = $1, since = CASE WHEN state = 'dead' THEN $1 ELSE since END WHERE id = $2 AND state IN ('pending', 'retry_wait', 'ambiguous', 'dead') AND EXISTS \
                     (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = $3 AND runs.state = 'delivering') \
                     RETURNING attempts";
                let row = tx.row(sql, values![now, id, fence]).await?;
                let Some(attempt) = row.map(|row| row.get::<i64>("attempts")).transpose()? else {
                    return Ok(None);
                };
                let sql = "INSERT INTO attempts (delivery_id, n, started_at) VALUES ($1, $2, $3)";
                tx.execute(sql, values![id, attempt, now]).await?;
                Ok(Some(attempt))
            }
            .boxed()
        });
        let attempt = self.db.transaction(work).await?;
        self.one(u64::from(attempt.is_some()), &row.run_id)?;
        Ok(Permit {
            delivery_id: row.id,
            attempt: u32::try_from(attempt.unwrap_or_default()).unwrap_or(u32::MAX),
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

    /// The operator's word on a parcel of which nobody knew: it arrived, or it did not and is to be sent again.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is not ambiguous any more.
    pub async fn resolve(
        &self,
        row: &OutboxRow,
        arrived: bool,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (state, receipt, error, next) = if arrived {
            ("acked", Some("an operator says that it arrived"), None, None)
        } else {
            (
                "retry_wait",
                None,
                Some("an operator says that it did not arrive"),
                Some(now),
            )
        };
        let values = values![state, receipt, error, next, now, row.id];
        let (id, said) = (row.run_id.clone(), if arrived { "sent" } else { "not-sent" });
        let detail =
            serde_json::json!({"delivery": row.delivery, "recipient": row.recipient, "as": said}).to_string();
        let work = work(move |tx| {
            async move {
                let sql = "UPDATE deliveries SET state = $1, receipt = $2, error = $3, next_attempt_at = $4, updated_at = $5, \
                     since = CASE WHEN $1 = 'retry_wait' THEN $5 ELSE since END WHERE id = $6 AND state = 'ambiguous'";
                let moved = tx.execute(sql, values).await?;
                if moved == 1 {
                    audit(tx, now, "resolve", None, Some(&id), &detail).await?;
                }
                Ok(moved)
            }
            .boxed()
        });
        let moved = self.db.transaction(work).await?;
        self.one(moved, &row.run_id)
    }

    /// How much waits to be sent, was given up lately, or is to be told.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        let work = work(move |tx| {
            async move {
                let mut backlog = Backlog::default();
                for row in tx.rows(OPEN_PARCELS, values![now - DEAD_FOR_LONG]).await? {
                    let n: u32 = row.number("n")?;
                    match row.word("state", DeliveryState::from_key)? {
                        DeliveryState::Dead => backlog.dead = n,
                        DeliveryState::Ambiguous => {
                            let by_itself: u32 = row.number("by_itself")?;
                            backlog.waiting += by_itself;
                            backlog.ambiguous = n - by_itself;
                        }
                        _ => backlog.waiting += n,
                    }
                }
                for sql in UNTOLD {
                    backlog.notices += u32::try_from(tx.number(sql, values![]).await?).unwrap_or(u32::MAX);
                }
                Ok(backlog)
            }
            .boxed()
        });
        self.db.transaction(work).await
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

    /// The artifacts of a run, in the order in which they were rendered.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn artifacts(&self, run_id: &str) -> Result<Vec<StoredArtifact>, StoreError> {
        let (store, values) = (self.clone(), values![run_id]);
        let sql = "SELECT * FROM artifacts WHERE run_id = $1 ORDER BY position";
        let work = work(move |tx| {
            async move {
                tx.rows(sql, values)
                    .await?
                    .iter()
                    .map(|row| store.artifact_of(row))
                    .collect()
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// What a metric was in the `most` periods before the run's own that the job has delivered, the newest first. Of a period the
    /// latest revision counts, and only periods that are about as long: a month, whatever its days, and no quarter.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn norm(&self, run: &Run, metric: &str, most: usize) -> Result<Vec<Decimal>, StoreError> {
        let own = run.clone();
        let values = values![
            &run.job,
            run.period_start.to_string(),
            format!("{metric} "),
            MOST_MEASURED
        ];
        let metric = metric.to_owned();
        let work = work(move |tx| {
            async move {
                let (mut norm, mut seen) = (Vec::new(), HashSet::new());
                for row in tx.rows(MEASURED, values).await? {
                    let days = (row.date("period_start")?, row.date("period_end")?);
                    if norm.len() == most {
                        break;
                    }
                    if seen.insert(row.text("period_id")?) && alike(days, (own.period_start, own.period_end))
                    {
                        let read = |text: &str| text.strip_prefix(&metric)?.trim_start().parse().ok();
                        norm.push(row.word("measured", read)?);
                    }
                }
                Ok(norm)
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

    fn new_parcel(
        &self,
        run: &Run,
        delivery: &str,
        parcel: &Parcel,
        artifacts: &HashMap<&str, &Path>,
    ) -> NewParcel {
        let path = artifacts.get(parcel.sha256.as_str()).map_or_else(
            || run.home.join("outbox").join(&parcel.sha256),
            |path| path.to_path_buf(),
        );
        NewParcel {
            delivery: delivery.to_owned(),
            recipient: parcel.recipient.clone(),
            place: parcel.place.clone(),
            key: parcel.key.clone(),
            content_path: files::relative(&self.data_dir, &path),
            sha256: parcel.sha256.clone(),
        }
    }

    /// Whether the run is frozen already, by this process and with the same content.
    async fn frozen_alike(
        &self,
        tx: &mut Tx<'_>,
        run: &Run,
        state: RunState,
        hashes: &[String],
        parcels: &[NewParcel],
    ) -> Result<(), StoreError> {
        let found = self.read_run(tx, &run.run_id).await?;
        let texts = |rows: Vec<Row>, column| {
            rows.iter()
                .map(|row| row.text(column))
                .collect::<Result<Vec<_>, _>>()
        };
        let sql = "SELECT sha256 FROM artifacts WHERE run_id = $1 ORDER BY position";
        let stored = texts(tx.rows(sql, values![&run.run_id]).await?, "sha256")?;
        let sql = "SELECT key FROM deliveries WHERE run_id = $1 ORDER BY position";
        let keys = texts(tx.rows(sql, values![&run.run_id]).await?, "key")?;
        let alike = found.fence == run.fence
            && found.state == state
            && stored == hashes
            && keys.iter().eq(parcels.iter().map(|parcel| &parcel.key));
        self.one(u64::from(alike), &run.run_id)
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

    fn artifact_of(&self, row: &Row) -> Result<StoredArtifact, StoreError> {
        let rows: Option<i64> = row.get("rows")?;
        Ok(StoredArtifact {
            name: row.text("name")?,
            media_type: row.text("media_type")?,
            bytes: row.number("bytes")?,
            sha256: row.text("sha256")?,
            rows: rows.and_then(|rows| u64::try_from(rows).ok()),
            path: self.data_dir.join(row.text("path")?),
        })
    }
}

/// Whether two periods, from their first to their last day, are about as long: the shorter has nine tenths of the days of the
/// longer, as February has of a month.
fn alike(a: (NaiveDate, NaiveDate), b: (NaiveDate, NaiveDate)) -> bool {
    let days = |(first, last): (NaiveDate, NaiveDate)| (last - first).num_days() + 1;
    let (a, b) = (days(a), days(b));
    a.min(b) * 10 >= a.max(b) * 9
}

fn json(value: &impl serde::Serialize) -> String {
    // Lists and maps of texts cannot fail to serialise.
    serde_json::to_string(value).unwrap_or_default()
}

async fn insert_parcel(
    tx: &mut Tx<'_>,
    run_id: &str,
    position: usize,
    parcel: NewParcel,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO deliveries (run_id, position, delivery, recipient, place, key, content_path, sha256, state, \
         updated_at, since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $9)";
    let values = values![
        run_id,
        i64::try_from(position).unwrap_or(i64::MAX),
        parcel.delivery,
        parcel.recipient,
        parcel.place,
        parcel.key,
        parcel.content_path,
        parcel.sha256,
        now
    ];
    tx.execute(sql, values).await.map(drop)
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

async fn insert_artifact(
    tx: &mut Tx<'_>,
    run_id: &str,
    position: usize,
    artifact: &StoredArtifact,
    data_dir: &Path,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO artifacts (run_id, position, name, media_type, bytes, sha256, rows, path) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = values![
        run_id,
        i64::try_from(position).unwrap_or(i64::MAX),
        &artifact.name,
        &artifact.media_type,
        i64::try_from(artifact.bytes).unwrap_or(i64::MAX),
        &artifact.sha256,
        artifact.rows.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX)),
        files::relative(data_dir, &artifact.path)
    ];
    tx.execute(sql, values).await.map(drop)
}

/// Stores the content of parcels by hash; what is an artifact already is not stored twice.
fn keep_parcels(
    run: &Run,
    parcels: &[(String, Vec<Parcel>)],
    known: &HashMap<&str, PathBuf>,
) -> Result<(), StoreError> {
    let dir = run.home.join("outbox");
    files::create_dir(&dir)?;
    for parcel in parcels.iter().flat_map(|(_, parcels)| parcels) {
        if !known.contains_key(parcel.sha256.as_str()) {
            files::keep_by_hash(&dir, &parcel.content)?;
            fail_point::hit("parcel_kept");
        }
    }
    files::sync_dir(&run.home)
}

fn keep_artifacts(run: &Run, freeze: Freeze<'_>) -> Result<Vec<StoredArtifact>, StoreError> {
    let dir = run.home.join("artifacts");
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
        fail_point::hit("artifact_kept");
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
    keep_parcels(run, freeze.parcels, &known)?;
    Ok(stored)
}

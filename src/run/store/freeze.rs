//! What a run freezes: files, parcels and rows, all of them or nothing.

use super::db::{Row, Tx, values, work};
use super::replace::replace_earlier;
use super::runs::{FIGURES, hold};
use super::{Along, Freeze, Run, Store, StoreError, StoredArtifact, Tell, files, late, notices, versions};
use crate::delivery::Parcel;
use crate::fail_point;
use crate::run::state::RunState;
use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

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
    /// to `frozen`, or to `held` where a gate says why. What is frozen replaces what is still to be sent of earlier revisions.
    /// Freezing the same content again changes nothing.
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
        let along = Along {
            tell,
            ..Along::default()
        };
        self.freeze_with(run, freeze, along, now).await
    }

    /// The same, and in the same transaction what comes `along`.
    ///
    /// # Errors
    /// As for [`Self::freeze`]; [`StoreError::Outdated`] if another run has judged the rules of the job or was delivered meanwhile: the run
    /// is as it was, and may be made anew.
    pub async fn freeze_with(
        &self,
        run: &Run,
        freeze: Freeze<'_>,
        along: Along,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let artifacts = keep_artifacts(run, freeze)?;
        let figures = along.figures.as_deref().map(|bytes| keep_figures(run, bytes));
        let figures = figures.transpose()?;
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
            run.fence,
            figures,
            along.unsent,
            along
                .withdrawal
                .as_ref()
                .map(|it| format!(",{},", it.deliveries.join(","))),
            along.withdrawal.as_ref().and_then(|it| it.same_as.clone())
        ];
        let hashes: Vec<String> = freeze.artifacts.iter().map(|it| it.sha256.clone()).collect();
        let (store, run, artifacts) = (self.clone(), run.clone(), artifacts.clone());
        let held_since = (state == RunState::Held).then_some(now);
        let work = work(move |tx| {
            async move {
                let sql = "UPDATE runs SET state = $1, generated_at = $2, notices = $3, snapshot_manifest = $4, held = $5, \
                     measured = $6, figures = $9, unsent = $10, withdraws = $11, same_as = $12 WHERE run_id = $7 AND fence = $8 AND state = 'checked'";
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
                if state == RunState::Frozen {
                    let withdrawal = along.withdrawal.as_ref();
                    let replaced = replace_earlier(tx, &run, withdrawal.is_some(), now).await?;
                    let tell = withdrawal.and_then(|it| it.tell.clone());
                    let tell: Vec<Tell> = tell.into_iter().filter(|_| replaced > 0).collect();
                    notices::write_all(tx, &tell, now).await?;
                }
                if held_since.is_some() {
                    let sql = "UPDATE runs SET lease_until = NULL WHERE run_id = $1";
                    tx.execute(sql, values![&run.run_id]).await?;
                }
                if let Some((follower, at)) = along.follower {
                    late::insert_later(tx, &follower, at).await?;
                }
                if let Some(seen) = &along.before {
                    versions::still_last(tx, &run, seen).await?;
                }
                if along.forgets_rules {
                    versions::forget_rules(tx, &run.job, &along.rules).await?;
                }
                versions::move_rules(tx, &run.job, &along.rules).await?;
                versions::alert(tx, &run, &along.alerts, now).await?;
                notices::write_all(tx, &along.tell, now).await
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

/// Stores the figures of a run; their hash.
fn keep_figures(run: &Run, bytes: &[u8]) -> Result<String, StoreError> {
    let dir = run.home.join(FIGURES);
    files::create_dir(&dir)?;
    let path = files::keep_by_hash(&dir, bytes)?;
    files::sync_dir(&run.home)?;
    Ok(path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned()))
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

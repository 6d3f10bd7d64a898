//! Proves that what was stored is still what it was: every artifact, parcel and snapshot file is hashed again.

use crate::run::store::{Run, Store, StoreError, hash_file};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many ids are read at once.
const AT_ONCE: u32 = 1000;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Runs looked at.
    pub runs: usize,
    /// Files hashed.
    pub files: usize,
    /// Runs of which files were cleared away because they were old; their hashes stay.
    pub cleared: usize,
    /// Files that are not what was stored.
    pub mismatches: Vec<Mismatch>,
}

/// A file that is not what was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Whose.
    pub run_id: String,
    /// Which, absolute.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

/// Verifies one run, or all of them, the oldest first.
///
/// # Errors
/// [`StoreError`] if the store itself cannot be read; a file that is missing or changed is a [`Mismatch`].
pub async fn verify(store: &Store, run: Option<&Run>) -> Result<Verified, StoreError> {
    let mut verified = Verified::default();
    if let Some(run) = run {
        verify_run(store, run, &mut verified).await?;
        return Ok(verified);
    }
    let mut last = String::new();
    loop {
        let ids = store.run_ids(&last, AT_ONCE).await?;
        for id in &ids {
            verify_run(store, &store.run(id).await?, &mut verified).await?;
        }
        match ids.into_iter().next_back() {
            Some(id) => last = id,
            None => return Ok(verified),
        }
    }
}

async fn verify_run(store: &Store, run: &Run, verified: &mut Verified) -> Result<(), StoreError> {
    // By path, because the same bytes may be both an artifact and the content of parcels.
    let mut expected: BTreeMap<PathBuf, String> = BTreeMap::new();
    // What was cleared away because it was old is no loss.
    if !run.artifacts_cleared {
        for artifact in store.artifacts(&run.run_id).await? {
            expected.insert(artifact.path, artifact.sha256);
        }
        for row in store.deliveries(&run.run_id).await? {
            expected.insert(row.content_path, row.sha256);
        }
    }
    expected.extend(
        run.figures
            .iter()
            .map(|file| (file.path.clone(), file.sha256.clone())),
    );
    if !run.snapshot_cleared {
        for (path, sha256) in snapshot_of(run)? {
            expected.insert(run.snapshot_dir.join(path), sha256);
        }
    }
    verified.runs += 1;
    verified.cleared += usize::from(run.artifacts_cleared || run.snapshot_cleared);
    for (path, sha256) in expected {
        verified.files += 1;
        if let Some(what) = difference(&path, &sha256) {
            verified.mismatches.push(Mismatch {
                run_id: run.run_id.clone(),
                path,
                what,
            });
        }
    }
    Ok(())
}

fn snapshot_of(run: &Run) -> Result<BTreeMap<String, String>, StoreError> {
    let Some(manifest) = &run.snapshot_manifest else {
        return Ok(BTreeMap::new());
    };
    serde_json::from_str(manifest).map_err(|_| StoreError::BadValue {
        column: "snapshot_manifest",
        value: manifest.clone(),
    })
}

fn difference(path: &Path, sha256: &str) -> Option<String> {
    match hash_file(path) {
        Ok(found) if found == sha256 => None,
        Ok(found) => Some(format!("SHA-256 is {found}, stored was {sha256}")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("is missing".to_owned()),
        Err(error) => Some(format!("cannot be read: {error}")),
    }
}

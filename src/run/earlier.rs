//! What earlier runs have left that decides the bytes of this one: the version that was delivered before it, and what is known of
//! the job's rules. Both are kept with its snapshot, so that it can be rebuilt.

use super::recipe::Recipe;
use super::store::{OutboxRow, Run, Store, Trigger, hash_file, write_atomically};
use super::{DeliveryState, RunError};
use crate::delivery::Parcel;
use crate::report::restatement::Version;
use crate::report::rules::Known;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// File beside the sources' snapshots: the figures of the version before.
const PREVIOUS: &str = "previous.json.gz";
/// File beside the sources' snapshots: what is known of the rules.
const RULES: &str = "rules.json";
/// Most bytes of the figures of a version that are read, unpacked.
const LARGEST_VERSION: u64 = 256 * 1024 * 1024;

/// Keeps what earlier runs have left with the snapshot of `run`. A test shows what has changed, and its rules are not asked; `alone`:
/// they are judged by themselves; `people` read these of its deliveries. Hashing and packing leave the threads that wait for the network
/// alone.
///
/// # Errors
/// [`RunError`] if the store or the disk says no.
pub(super) async fn keep(
    store: &Store,
    run: &Run,
    recipe: &Recipe,
    alone: bool,
    people: &[&str],
) -> Result<(), RunError> {
    let delivered = store.last_delivered(run).await?;
    let known = if run.trigger != Trigger::Test && !recipe.when.is_empty() {
        let states = store.rules(&run.job, people).await?;
        Some(Known { alone, states })
    } else {
        None
    };
    let dir = run.snapshot_dir.clone();
    let written = tokio::task::spawn_blocking(move || {
        if let Some(delivered) = delivered {
            write_atomically(&dir.join(PREVIOUS), &packed(&kept(&delivered))?)?;
        }
        if let Some(known) = known {
            let text = serde_json::to_vec(&known).map_err(|error| unwritten(&error))?;
            write_atomically(&dir.join(RULES), &text)?;
        }
        Ok(())
    });
    let broke_off = |panic| RunError::Failed(format!("keeping the version before broke off: {panic}"));
    written.await.map_err(broke_off)?
}

/// The version before, as it was when the run was made.
///
/// # Errors
/// [`RunError`] if the file is not what was written.
pub(super) fn previous(snapshot_dir: &Path) -> Result<Option<Version>, RunError> {
    let file = snapshot_dir.join(PREVIOUS);
    file.exists().then(|| read(&file, LARGEST_VERSION)).transpose()
}

/// What was known of the rules when the run was made; `None`: they are not asked.
///
/// # Errors
/// [`RunError`] if the file is not what was written.
pub(super) fn rules(snapshot_dir: &Path) -> Result<Option<Known>, RunError> {
    let file = snapshot_dir.join(RULES);
    if !file.exists() {
        return Ok(None);
    }
    let text = std::fs::read(&file).map_err(|cause| RunError::disk(&file, cause))?;
    let known = serde_json::from_slice(&text);
    known
        .map(Some)
        .map_err(|error| unreadable(&file, &error.to_string()))
}

/// Whether everybody for whom `parcels` are has the version of that run already.
///
/// # Errors
/// [`RunError`] if the store says no.
pub(super) async fn reached(
    store: &Store,
    run_id: &str,
    parcels: &[(String, Vec<Parcel>)],
) -> Result<bool, RunError> {
    let rows = store.deliveries(run_id).await?;
    let mut all = parcels
        .iter()
        .flat_map(|(delivery, parcels)| parcels.iter().map(move |parcel| (delivery, parcel)));
    Ok(all.all(|(delivery, parcel)| has(&rows, delivery, parcel)))
}

/// Whether the reader of `parcel` has what is in `rows`. The reader of dropped files is a folder, since their names carry the revision:
/// all of them must lie there.
fn has(rows: &[OutboxRow], delivery: &str, parcel: &Parcel) -> bool {
    let is_folder = parcel.place.as_ref().is_some_and(|place| place.starts_with('/'));
    let theirs: Vec<&OutboxRow> = rows
        .iter()
        .filter(|row| row.delivery == delivery && row.place == parcel.place)
        .filter(|row| is_folder || row.recipient == parcel.recipient)
        .collect();
    let arrived = |name: &str| {
        let mut rows = theirs.iter().filter(|row| row.recipient == name);
        rows.any(|row| row.state == DeliveryState::Acked)
    };
    !theirs.is_empty() && theirs.iter().all(|row| arrived(&row.recipient))
}

/// The figures of a version, as they are stored.
///
/// # Errors
/// [`RunError::Failed`] if they cannot be written, which no figures are.
pub(super) fn packed(version: &Version) -> Result<Vec<u8>, RunError> {
    let text = serde_json::to_vec(version).map_err(|error| unwritten(&error))?;
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    let packed = gz.write_all(&text).and_then(|()| gz.finish());
    packed.map_err(|error| RunError::Failed(error.to_string()))
}

/// The figures that a run has kept. One of an earlier program kept none, old ones are cleared away, and what somebody has changed
/// is not believed, nor what is too large read in part: the report then says that it cannot be compared.
fn kept(delivered: &Run) -> Version {
    let found = delivered.figures.as_ref().and_then(|file| {
        let sound = hash_file(&file.path).is_ok_and(|found| found == file.sha256);
        let version = sound.then(|| read(&file.path, LARGEST_VERSION))?;
        let unread = |error: &RunError| {
            tracing::warn!(run.id = %delivered.run_id, error = %error, "no report is compared with the figures of this run");
        };
        version.inspect_err(unread).ok()
    });
    found.unwrap_or_else(|| Version {
        run_id: delivered.run_id.clone(),
        revision: delivered.revision,
        generated_at: delivered.generated_at.unwrap_or(delivered.created_at),
        provisional: false,
        lines: None,
    })
}

/// The figures in a file that are no more than `most` bytes, unpacked.
fn read(file: &Path, most: u64) -> Result<Version, RunError> {
    let packed = File::open(file).map_err(|cause| RunError::disk(file, cause))?;
    let mut text = Vec::new();
    let unpacked = GzDecoder::new(packed).take(most + 1).read_to_end(&mut text);
    let bytes = unpacked.map_err(|cause| RunError::disk(file, cause))?;
    if u64::try_from(bytes).is_ok_and(|bytes| bytes > most) {
        let reason = format!("unpacked it has more than {most} bytes");
        return Err(unreadable(file, &reason));
    }
    serde_json::from_slice(&text).map_err(|error| unreadable(file, &error.to_string()))
}

fn unwritten(error: &serde_json::Error) -> RunError {
    RunError::Failed(error.to_string())
}

fn unreadable(file: &Path, reason: &str) -> RunError {
    RunError::Failed(format!("{} cannot be read: {reason}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_are_too_large_are_refused_and_never_read_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("previous.json.gz");
        let version = Version {
            run_id: "r".repeat(1000),
            revision: 1,
            generated_at: "2026-11-01T00:00:00Z".parse().unwrap(),
            provisional: false,
            lines: None,
        };
        std::fs::write(&file, packed(&version).unwrap()).unwrap();
        let size = serde_json::to_vec(&version).unwrap().len() as u64;
        assert_eq!(read(&file, size).unwrap(), version);
        let refused = read(&file, size - 1).unwrap_err().to_string();
        let reason = format!("cannot be read: unpacked it has more than {} bytes", size - 1);
        assert!(refused.contains(&reason), "{refused}");
    }
}

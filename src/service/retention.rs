//! What is old enough to go: the files of runs that ended long ago. Their rows, hashes and receipts stay.

use crate::config::Plan;
use crate::fail_point;
use crate::run::store::{Kept, Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::Path;
use std::time::Duration;

/// Most runs that are cleared in one go.
const MOST: u32 = 500;

/// Removes snapshots and artifacts that nobody wants to keep any longer.
pub(super) async fn clear(plan: &Plan, store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let service = &plan.service;
    for (kept, keep, folders) in [
        (Kept::Snapshot, service.keep_snapshots, &["snapshot"][..]),
        (
            Kept::Artifacts,
            service.keep_artifacts,
            &["artifacts", "outbox"][..],
        ),
    ] {
        let Some(before) = keep.and_then(|keep| cut_off(now, keep)) else {
            continue;
        };
        for (run_id, home) in store.outdated(kept, before, MOST).await? {
            fail_point::hit("clearing");
            for folder in folders {
                remove(&home.join(folder))?;
                fail_point::hit("folder_removed");
            }
            store.cleared(kept, &run_id, now).await?;
            fail_point::hit("cleared");
            tracing::info!(run.id = run_id, what = kept.key(), "old files were removed");
        }
    }
    Ok(())
}

fn cut_off(now: DateTime<Utc>, keep: Duration) -> Option<DateTime<Utc>> {
    now.checked_sub_signed(TimeDelta::from_std(keep).ok()?)
}

fn remove(folder: &Path) -> Result<(), StoreError> {
    match std::fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(StoreError::Io {
            doing: "remove",
            path: folder.to_owned(),
            cause,
        }),
        _ => Ok(()),
    }
}

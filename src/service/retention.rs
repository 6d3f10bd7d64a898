//! What is old enough to go: the files of runs that ended long ago, and news that everybody has heard. The rows of runs, their
//! hashes and receipts stay.

use crate::config::Plan;
use crate::fail_point;
use crate::run::store::{Kept, Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most runs that are cleared in one go.
const MOST: u32 = 500;
/// How long it is remembered what owners were told.
const NEWS: TimeDelta = TimeDelta::days(365);

/// Removes snapshots and artifacts that nobody wants to keep any longer, and old news.
pub(super) async fn clear(plan: &Plan, store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let service = &plan.service;
    for (kept, keep, folders) in [
        (Kept::Snapshot, service.keep_snapshots, &["snapshot"][..]),
        (
            Kept::Artifacts,
            service.keep_artifacts,
            &["artifacts", "outbox", "figures"][..],
        ),
    ] {
        let Some(before) = keep.and_then(|keep| cut_off(now, keep)) else {
            continue;
        };
        for (run_id, _) in store.outdated(kept, before, MOST).await? {
            fail_point::hit("clearing");
            let run_dir = store.run_dir(&run_id);
            // A slow disk must not hold up what else runs on this thread.
            let removed = tokio::task::spawn_blocking(move || remove(&run_dir, folders)).await;
            if let Err(error) = removed.unwrap_or_else(|broken| Err(broken.to_string())) {
                tracing::warn!(
                    run.id = run_id,
                    error,
                    "old files could not be removed; the next hour tries again"
                );
                continue;
            }
            fail_point::hit("folder_removed");
            // Written down last: should the process end before that, the next hour finds nothing to remove and writes it down.
            store.cleared(kept, &run_id, now).await?;
            fail_point::hit("cleared");
            tracing::info!(run.id = run_id, what = kept.key(), "old files were removed");
        }
    }
    let forgotten = store.forget_news(now - NEWS).await?;
    if forgotten > 0 {
        tracing::info!(
            notices = forgotten,
            "what owners were told long ago was forgotten"
        );
    }
    Ok(())
}

fn cut_off(now: DateTime<Utc>, keep: Duration) -> Option<DateTime<Utc>> {
    now.checked_sub_signed(TimeDelta::from_std(keep).ok()?)
}

/// Removes these folders of a run and of every attempt at it, then what is empty.
fn remove(run_dir: &Path, folders: &[&str]) -> Result<(), String> {
    let fault = |path: &Path| {
        let path = path.display().to_string();
        move |cause: io::Error| format!("{path}: {cause}")
    };
    let mut homes = takes(run_dir).map_err(fault(run_dir))?;
    homes.push(run_dir.to_owned());
    for home in &homes {
        for folder in folders {
            let folder = home.join(folder);
            there(fs::remove_dir_all(&folder)).map_err(fault(&folder))?;
        }
        // Only what is empty goes; the rest is kept for longer.
        drop(fs::remove_dir(home));
    }
    Ok(())
}

/// The folders of later attempts.
fn takes(run_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(run_dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut takes = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("take-") {
            takes.push(entry.path());
        }
    }
    Ok(takes)
}

/// What is not there need not be removed.
fn there(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::work::shop::{DUE, Shop, at};
    use crate::run::{DeliveryState, replay, resend, verify};
    use crate::schedule::clock::Clock as _;

    /// Keeps snapshots for ten days and artifacts for thirty.
    async fn clear_at(shop: &Shop, instant: &str) {
        shop.clock.set(at(instant));
        let mut plan = shop.engine.plan.clone();
        plan.service.keep_snapshots = Some(Duration::from_hours(24 * 10));
        plan.service.keep_artifacts = Some(Duration::from_hours(24 * 30));
        clear(&plan, &shop.engine.store, shop.clock.now()).await.unwrap();
    }

    fn kept(shop: &Shop, run_id: &str) -> [bool; 2] {
        let dir = shop.engine.store.run_dir(run_id);
        ["snapshot", "artifacts"].map(|folder| dir.join(folder).is_dir())
    }

    #[tokio::test]
    async fn old_files_go_and_everything_says_so() {
        let shop = Shop::open("").await;
        shop.usage_to("2026-10-31");
        shop.fall_due().await;
        shop.work_at(DUE).await;
        let (store, id) = (&shop.engine.store, shop.runs().await[0].run_id.clone());
        let hashes = shop.hashes(&id).await;
        let leftover = store.run_dir(&id).join("take-7/snapshot/usage");
        fs::create_dir_all(&leftover).unwrap();

        clear_at(&shop, "2026-11-12T05:00:00Z").await;
        assert_eq!(kept(&shop, &id), [true, true]);
        clear_at(&shop, "2026-11-12T07:00:00Z").await;
        assert_eq!(kept(&shop, &id), [false, true]);
        assert!(!leftover.exists());
        let error = replay::replay(store, &id).await.unwrap_err().to_string();
        assert!(error.contains("`service.keep_snapshots`"), "{error}");
        let run = store.run(&id).await.unwrap();
        let found = verify::verify(store, Some(&run)).await.unwrap();
        assert_eq!((found.mismatches.len(), found.cleared), (0, 1));
        let again = resend::resend_as_new(&shop.engine, &id, &[], Duration::ZERO).await;
        assert!(
            again
                .unwrap_err()
                .to_string()
                .contains("`service.keep_snapshots`")
        );

        clear_at(&shop, "2026-12-02T07:00:00Z").await;
        assert!(!store.run_dir(&id).exists());
        let run = store.run(&id).await.unwrap();
        let found = verify::verify(store, Some(&run)).await.unwrap();
        assert_eq!((found.files, found.mismatches.len(), found.cleared), (0, 0, 1));
        assert_eq!(shop.hashes(&id).await, hashes, "the rows stay");
        assert_eq!(
            store.deliveries(&id).await.unwrap()[0].state,
            DeliveryState::Acked
        );
        for again in [
            resend::resend(&shop.engine, &id, &[], Duration::ZERO).await,
            resend::resend_as_new(&shop.engine, &id, &[], Duration::ZERO).await,
        ] {
            let error = again.unwrap_err().to_string();
            assert!(error.contains("`service.keep_artifacts`"), "{error}");
            assert!(
                error.contains("`reportwire run monthly --period 2026-10`"),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_removed_keeps_no_other() {
        let shop = Shop::open("").await;
        shop.usage_to("2026-10-31");
        let (first, second) = (shop.run("2026-09").await, shop.run("2026-10").await);
        // A file where a folder was: removing what is under it is refused, whoever asks.
        let broken = shop.engine.store.run_dir(&first.run_id).join("snapshot");
        fs::remove_dir_all(&broken).unwrap();
        fs::write(&broken, "").unwrap();
        clear_at(&shop, "2026-11-20T05:00:00Z").await;
        assert_eq!(kept(&shop, &second.run_id), [false, true]);
        // It is tried again until it can be.
        fs::remove_file(&broken).unwrap();
        fs::create_dir(&broken).unwrap();
        clear_at(&shop, "2026-11-20T06:00:00Z").await;
        assert!(!broken.exists());
    }

    #[tokio::test]
    async fn what_is_held_waits_or_is_still_to_be_sent_is_never_removed() {
        let held = Shop::with_a_leap().await;
        held.work_at(DUE).await;
        let id = held.october().await[0].run_id.clone();
        clear_at(&held, "2030-01-01T00:00:00Z").await;
        assert_eq!(kept(&held, &id), [true, true]);
        // Released and not sent yet.
        held.engine.store.approve(&id, held.clock.now()).await.unwrap();
        clear_at(&held, "2030-01-01T00:00:00Z").await;
        assert_eq!(kept(&held, &id), [true, true]);
    }

    #[tokio::test]
    async fn news_is_forgotten_after_a_year_once_it_is_told() {
        let shop = Shop::with_a_leap().await;
        shop.work_at(DUE).await;
        clear_at(&shop, "2028-01-01T00:00:00Z").await;
        let news = shop.news().await;
        assert_eq!(news.len(), 1, "what nobody was told stays: {news:?}");
        let store = &shop.engine.store;
        assert_eq!(
            store.forget_news(at("2029-01-01T00:00:00Z")).await.unwrap(),
            0,
            "it is on its way"
        );
    }
}

//! Somebody looks into the folder all the time while files are dropped and the service is killed: no half file, no early manifest.

use crate::books::{balance, tree};
use crate::scenario::{Stage, begins, bring_to, finish, jobs, live};
use crate::trials;
use crate::world::Base;
use futures::StreamExt as _;
use reportwire::source::snapshot::hex_sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Where it is killed, with how many hits.
const POINTS: [(&str, u64); 8] = [
    ("drop_begun", 5),
    ("drop_half", 5),
    ("drop_written", 5),
    ("drop_named", 5),
    ("drop_manifest", 2),
    ("permitted", 8),
    ("answered", 8),
    ("recorded", 8),
];

/// Every content that was ever seen under a name.
type Seen = BTreeMap<PathBuf, BTreeSet<String>>;

/// Looks until it is told to stop.
fn watch(folder: &Path, stop: &AtomicBool) -> Seen {
    let mut seen = Seen::new();
    loop {
        let last = stop.load(Ordering::Acquire);
        for path in tree(folder).into_iter().filter(|path| is_visible(path)) {
            // Nothing is ever taken away, so what was listed can be read.
            let bytes = fs::read(&path).unwrap();
            if path.to_str().unwrap().ends_with(".manifest.json") {
                promised(&path, &bytes);
            }
            seen.entry(path).or_default().insert(hex_sha256(&bytes));
        }
        if last {
            return seen;
        }
        std::thread::park_timeout(Duration::from_micros(200));
    }
}

fn is_visible(path: &Path) -> bool {
    !path.file_name().unwrap().to_str().unwrap().starts_with('.')
}

/// Whoever sees a manifest sees every file of it, as it says.
fn promised(manifest: &Path, bytes: &[u8]) {
    let manifest_said: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    for file in manifest_said["files"].as_array().unwrap() {
        let path = manifest.with_file_name(file["name"].as_str().unwrap());
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(
            hex_sha256(&bytes),
            file["sha256"].as_str().unwrap(),
            "{}",
            path.display()
        );
    }
}

async fn kill_and_watch(point: &str, nth: u64) {
    let mut world = bring_to(Base::Sqlite, Stage::Work).await;
    let stop = Arc::new(AtomicBool::new(false));
    let (folder, told) = (world.path("drop"), Arc::clone(&stop));
    let watcher = std::thread::spawn(move || watch(&folder, &told));
    live(&mut world, Stage::Work, Some((point, nth)), None).await;
    finish(&mut world, Stage::Work).await;
    stop.store(true, Ordering::Release);
    let seen = tokio::task::block_in_place(|| watcher.join()).unwrap();
    balance(&mut world, &jobs(Stage::Work), begins()).await;
    assert_eq!(seen.len(), 5, "{seen:?}");
    for (path, contents) in &seen {
        let last = hex_sha256(&fs::read(path).unwrap());
        assert_eq!(*contents, BTreeSet::from([last]), "{} changed", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_kill_while_files_are_dropped_shows_nobody_half_a_file() {
    let count = trials(24, 500);
    let mut watched = futures::stream::iter(0..count)
        .map(|trial| async move {
            let (point, hits) = POINTS[trial % POINTS.len()];
            let nth = 1 + u64::try_from(trial / POINTS.len()).unwrap() % hits;
            (point, nth, tokio::spawn(kill_and_watch(point, nth)).await)
        })
        .buffer_unordered(4);
    let mut failed = Vec::new();
    while let Some((point, nth, outcome)) = watched.next().await {
        if let Err(panic) = outcome {
            failed.push(format!("{point}:{nth}: {}", crate::said(panic)));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {count} failed\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

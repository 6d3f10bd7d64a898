//! The points: named in the program, listed in the documentation, passed by the scenario.

use crate::scenario::{Stage, hits};
use crate::world::Base;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Points of the first start; most are passed by every start, and matter most in the first.
const OF_START: [&str; 8] = [
    "migrating",
    "migration",
    "migrated",
    "river_migrating",
    "river_migrated",
    "registering",
    "registered",
    "serving",
];

pub fn is_of_start(point: &str) -> bool {
    OF_START.contains(&point)
}

/// The points that a stage passes, each with how often.
pub async fn passed_by(base: Base, stage: Stage) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::<String, u64>::new();
    for point in hits(base, stage).await {
        *counts.entry(point).or_default() += 1;
    }
    counts
}

/// Every point with its stage and how often that passes it.
pub async fn passed(base: Base) -> BTreeMap<String, (Stage, u64)> {
    let mut passed = BTreeMap::new();
    for stage in [Stage::Start, Stage::Work, Stage::Trouble, Stage::Old] {
        let mut counts = passed_by(base, stage).await;
        counts.retain(|point, _| stage != Stage::Start || is_of_start(point));
        for (point, count) in counts {
            passed.entry(point).or_insert((stage, count));
        }
    }
    passed
}

/// The points in the program's text.
fn named() -> BTreeSet<String> {
    fn read(folder: &Path, into: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let calls = text.split("fail_point::hit(\"").skip(1);
                into.extend(calls.map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
    }
    let mut named = BTreeSet::new();
    read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut named);
    // These are said by the state that a run moves to.
    let of_states = ["queued", "fetching", "snapshotted", "rendered"];
    let after = ["to_fetching", "to_snapshotted", "to_rendered", "to_checked"];
    named.extend(of_states.into_iter().chain(after).map(str::to_owned));
    named
}

/// The points in the table of the documentation.
fn documented() -> BTreeSet<String> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/torture.md")).unwrap();
    let section = text.split("## The points").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_point_is_in_the_documentation() {
    let (named, documented) = (named(), documented());
    assert!(named.len() >= 40, "{named:?}");
    assert_eq!(documented, named);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_scenario_passes_every_point() {
    let passed: BTreeSet<String> = passed(Base::Sqlite).await.into_keys().collect();
    let missing: Vec<String> = named().difference(&passed).cloned().collect();
    assert_eq!(missing, [] as [String; 0], "points that no life passes");
}

//! `ARCHITECTURE.md` names what is there, all of it, and the rooms import each other in one direction only.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in the order of the flow. Each may import itself and what stands before it.
const ROOMS: [&str; 18] = [
    "fail_point",
    "money",
    "duration",
    "period",
    "language",
    "metric",
    "telemetry",
    "config",
    "schedule",
    "source",
    "report",
    "render",
    "delivery",
    "run",
    "demo",
    "console",
    "service",
    "cli",
];

/// The one exception: what a plan holds is checked by the room that understands it.
const KNOWN_BACK: (&str, &str) = ("config", "schedule");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the map names in backticks outside of blocks of code: the line's number, the room whose heading was last, the word.
fn words() -> Vec<(usize, String, String)> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let quoted = Regex::new("`([^`]+)`").unwrap();
    let (mut found, mut room, mut in_block) = (Vec::new(), String::new(), false);
    for (number, line) in (1..).zip(text.lines()) {
        in_block ^= line.starts_with("```");
        if line.starts_with('#') {
            room = quoted
                .captures(line)
                .map_or_else(String::new, |heading| heading[1].to_owned());
        }
        if !in_block {
            for word in quoted.captures_iter(line) {
                found.push((number, room.clone(), word[1].to_owned()));
            }
        }
    }
    found
}

fn is_path(word: &str) -> bool {
    let plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    plain && (word.contains('/') || [".rs", ".toml", ".md"].iter().any(|end| word.ends_with(end)))
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "rs")
}

/// Where a path of the map leads: from the top, or from the room whose heading stands above it.
fn resolved(room: &str, word: &str) -> Option<PathBuf> {
    [root().join(room).join(word), root().join(word)]
        .into_iter()
        .find(|path| path.exists())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let nested = entries(folder)
        .into_iter()
        .map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    nested.flatten().collect()
}

#[test]
fn every_path_on_the_map_exists() {
    let mut paths = 0;
    for (line, room, word) in words().iter().filter(|(_, _, word)| is_path(word)) {
        assert!(
            resolved(room, word).is_some(),
            "ARCHITECTURE.md:{line}: there is no `{word}`"
        );
        paths += 1;
    }
    assert!(paths > 150, "{paths}");
}

#[test]
fn every_file_and_folder_of_every_room_is_on_the_map() {
    let named: BTreeSet<PathBuf> = words()
        .iter()
        .filter(|(_, _, word)| is_path(word))
        .filter_map(|(_, room, word)| resolved(room, word))
        .map(|path| path.components().collect())
        .collect();
    let rooms = entries(&root().join("src"));
    let inside = rooms
        .iter()
        .filter(|path| path.is_dir())
        .flat_map(|room| entries(room));
    for path in rooms.iter().cloned().chain(inside) {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        assert!(
            named.contains(&path),
            "ARCHITECTURE.md does not say what {shown} is"
        );
    }
}

#[test]
fn every_proof_is_a_test_of_the_file_it_is_said_to_be_in() {
    let name = Regex::new("^[a-z0-9]+(_[a-z0-9]+){2,}$").unwrap();
    let (mut file, mut proofs) = (PathBuf::new(), 0);
    for (line, room, word) in words() {
        if is_path(&word) && is_rust(Path::new(&word)) {
            file = resolved(&room, &word).unwrap();
        } else if name.is_match(&word) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(
                text.contains(&format!("fn {word}(")),
                "ARCHITECTURE.md:{line}: {} has no test `{word}`",
                file.display()
            );
            proofs += 1;
        }
    }
    assert!(proofs > 15, "{proofs}");
}

#[test]
fn rooms_import_only_what_comes_before_them() {
    let import = Regex::new("crate::([a-z_]+)").unwrap();
    let mut imports = 0;
    for (at, room) in ROOMS.iter().enumerate() {
        let folder = root().join("src").join(room);
        let own = if folder.is_dir() {
            files(&folder)
        } else {
            vec![folder.with_extension("rs")]
        };
        for file in own.iter().filter(|file| is_rust(file)) {
            let text = fs::read_to_string(file).unwrap();
            assert!(
                !text.contains("crate::{"),
                "{}: one room for each `use`",
                file.display()
            );
            for found in import.captures_iter(&text) {
                let other = &found[1];
                let known = ROOMS[..=at].contains(&other) || (*room, other) == KNOWN_BACK;
                assert!(known, "{} imports `{other}`", file.display());
                imports += 1;
            }
        }
    }
    assert!(imports > 200, "{imports}");
}

#[test]
fn every_room_is_in_the_order() {
    let listed = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let rooms: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(rooms, ROOMS.into_iter().collect());
}

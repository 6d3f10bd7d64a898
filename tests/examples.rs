//! Every folder of `examples/` is a story: what its README tells to type is done with the real binary in a copy of the folder,
//! and what then lies in the drop is compared with its `expected/`.
//!
//! `UPDATE_EXPECTED=1 cargo test --test examples` writes `expected/` anew; review its diff like code.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "examples are read as files")]
#[path = "support/spanish.rs"]
mod spanish;

use regex::Regex;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Examples that need far ends out in the world, with the secrets that they refer to. Their configuration is checked, not run.
const ONLINE: [(&str, &[&str]); 3] = [
    ("almyty-monthly", &["ALMYTY_API_KEY"]),
    ("dispersl-monthly", &["DISPERSL_API_KEY"]),
    ("monthly-full-report", &["GEAI_API_KEY", "SMTP_PASSWORD"]),
];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The names of all example folders.
fn stories() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(examples())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every file below `folder`, by its path from there with `/`.
fn tree(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let parts: Vec<&str> = path
                    .strip_prefix(folder)
                    .unwrap()
                    .iter()
                    .map(|part| part.to_str().unwrap())
                    .collect();
                found.insert(parts.join("/"), path);
            }
        }
    }
    found
}

/// A copy of an example as somebody finds it: without what an earlier try has left in it.
fn copy(story: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (name, path) in tree(&examples().join(story)) {
        if ["data/", "drop/", "expected/"]
            .iter()
            .any(|left| name.starts_with(left))
        {
            continue;
        }
        let to = copy.path().join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(path, to).unwrap();
    }
    copy
}

/// The real binary, in `folder`, with nothing of this machine's environment.
fn reportwire(folder: &Path, arguments: &[&str], secrets: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .current_dir(folder)
        .env_clear()
        .envs(secrets.iter().map(|name| (name, "not-a-real-secret")))
        .args(arguments)
        .output()
        .unwrap()
}

fn assert_done(output: &Output, what: &str) {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(
        output.status.success(),
        "{what}: {}",
        String::from_utf8_lossy(&said)
    );
}

/// What the README of `story` tells to type, without the program's name.
fn commands(story: &str) -> Vec<Vec<String>> {
    let readme = fs::read_to_string(examples().join(story).join("README.md")).unwrap();
    readme
        .lines()
        .filter_map(|line| line.strip_prefix("$ reportwire "))
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// Text as it is compared: the run's id and the instants of this run masked, lines ended by `\n`.
fn masked(text: &str) -> String {
    let masks = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "INSTANT"),
        (r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d UTC", "INSTANT"),
        (r"Run …[0-9a-f]{8}", "Run …RUN"),
    ];
    masks
        .iter()
        .fold(text.replace("\r\n", "\n"), |text, (pattern, mask)| {
            Regex::new(pattern)
                .unwrap()
                .replace_all(&text, *mask)
                .into_owned()
        })
}

/// The CSV and text reports below `folder` by file name, masked.
fn reports(folder: &Path) -> BTreeMap<String, String> {
    tree(folder)
        .into_values()
        .filter(|path| {
            path.extension()
                .is_some_and(|kind| kind == "csv" || kind == "txt")
        })
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, masked(&fs::read_to_string(path).unwrap()))
        })
        .collect()
}

fn assert_as_expected(story: &str, made: &BTreeMap<String, String>) {
    let folder = examples().join(story).join("expected");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir(&folder).unwrap();
        for (name, text) in made {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let expected = reports(&folder);
    assert_eq!(
        made.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>(),
        "{story}"
    );
    for (name, text) in made {
        for (number, (made, expected)) in (1..).zip(text.lines().zip(expected[name].lines())) {
            assert_eq!(made, expected, "{story}/expected/{name}:{number}");
        }
        assert_eq!(text, &expected[name], "{story}/expected/{name}");
    }
}

#[test]
fn every_offline_example_makes_what_it_promises() {
    let offline: Vec<String> = stories()
        .into_iter()
        .filter(|story| ONLINE.iter().all(|(online, _)| story != online))
        .collect();
    assert!(offline.len() >= 3, "{offline:?}");
    for story in offline {
        let copy = copy(&story);
        assert_done(&reportwire(copy.path(), &["check"], &[]), &story);
        let commands = commands(&story);
        assert!(!commands.is_empty(), "{story}/README.md has no command to try");
        for command in commands {
            let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
            assert_done(&reportwire(copy.path(), &arguments, &[]), &story);
        }
        let made = reports(&copy.path().join("drop"));
        assert!(!made.is_empty(), "{story} makes neither CSV nor text");
        assert_as_expected(&story, &made);
        assert_done(&reportwire(copy.path(), &["verify"], &[]), &story);
    }
}

/// Names in the data and the configuration of examples that are English words.
const NAMES: [&str; 7] = [
    "load test of Search",
    "Azure DB for ",
    "Model inference",
    "Credit for September",
    "acme-platform",
    " platform ",
    " agent ",
];

#[test]
fn every_offline_example_is_spanish_for_readers_of_spanish() {
    let own_words = "custom-template";
    let online = |story: &String| ONLINE.iter().any(|(online, _)| story == online);
    let titles = Regex::new("(?m)^title .*$").unwrap();
    let mut left = Vec::new();
    for story in stories()
        .into_iter()
        .filter(|story| story != own_words && !online(story))
    {
        let copy = copy(&story);
        let config = copy.path().join("reportwire.toml");
        let text = fs::read_to_string(&config).unwrap();
        let text = titles.replace_all(&text, "title = \"Informe\"");
        fs::write(
            &config,
            text.replace("[service]", "[service]\nlocale = \"es-ES\""),
        )
        .unwrap();
        for command in commands(&story) {
            let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
            assert_done(&reportwire(copy.path(), &arguments, &[]), &story);
        }
        for (name, path) in tree(&copy.path().join("drop")) {
            let extension = path.extension().and_then(|it| it.to_str());
            if matches!(extension, Some("txt" | "html")) {
                let line = fs::read_to_string(path).unwrap();
                let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
                let mut words = spanish::english_in(&line);
                words.retain(|words| NAMES.iter().all(|name| !words.contains(name)));
                left.extend(words.iter().map(|words| format!("{name}: {words}")));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn examples_with_far_ends_are_accepted_once_their_secrets_are_set() {
    for (story, secrets) in ONLINE {
        let copy = copy(story);
        assert_done(&reportwire(copy.path(), &["check"], secrets), story);
        assert_done(&reportwire(copy.path(), &["jobs"], secrets), story);
        let without = reportwire(copy.path(), &["check"], &[]);
        assert_eq!(without.status.code(), Some(2), "{story}");
        let said = String::from_utf8_lossy(&without.stderr);
        for secret in secrets {
            assert!(
                said.contains(secret),
                "{story}: {secret} is not asked for: {said}"
            );
        }
        let config = fs::read_to_string(copy.path().join("reportwire.toml")).unwrap();
        for command in commands(story) {
            let known = match command[0].as_str() {
                "run" => config.contains(&format!("[jobs.{}]", command[1])),
                other => other == "check",
            };
            assert!(known, "{story}/README.md: nobody checks `{}`", command.join(" "));
        }
    }
}

#[test]
fn every_link_of_an_example_leads_to_a_file() {
    for story in stories() {
        let folder = examples().join(&story);
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        for link in readme
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
        {
            assert!(
                link.contains("://") || folder.join(link).exists(),
                "{story}: {link}"
            );
        }
    }
}

#[test]
fn masks_leave_every_figure_alone() {
    for (text, expected) in [
        (
            "usage,2026-10,2026-10-01,2026-11-22T06:39:35Z,ok,18.20\r\n",
            "usage,2026-10,2026-10-01,INSTANT,ok,18.20\n",
        ),
        (
            "Run …e4fe5eb2, revision 1 · generated 22 Nov 2026 06:41:40 UTC",
            "Run …RUN, revision 1 · generated INSTANT",
        ),
        (
            "1 Oct   0.42   196   −2.61   up 38.9 %",
            "1 Oct   0.42   196   −2.61   up 38.9 %",
        ),
    ] {
        assert_eq!(masked(text), expected);
    }
}

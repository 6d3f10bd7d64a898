//! What we depend on stays within `deny.toml`: one TLS stack, crates.io only, known licences.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Every quoted word of a list in `deny.toml`, comments left out.
fn listed(start: &str) -> Vec<String> {
    let text = read("deny.toml");
    let list = &text[text.find(start).unwrap()..];
    let lines = list[..list.find("\n]").unwrap()]
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_banned_crate_and_no_source_but_the_registry() {
    let lock = read("Cargo.lock");
    for banned in listed("deny = [") {
        assert!(
            !lock.contains(&format!("name = \"{banned}\"")),
            "{banned} is back; see deny.toml"
        );
    }
    let mut sources: Vec<&str> = lock
        .lines()
        .filter(|line| line.starts_with("source = "))
        .collect();
    sources.dedup();
    assert_eq!(sources.len(), 1, "one registry, no git: {sources:?}");
    assert!(sources[0].starts_with("source = \"registry+"));
}

#[test]
fn every_licence_is_on_the_list() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let allowed = listed("allow = [");
    let acceptable = |licence: &str| {
        licence.replace('/', " OR ").split(" OR ").any(|choice| {
            choice.split(" AND ").all(|part| {
                let part = part.trim_matches(['(', ')', ' ']);
                allowed.iter().any(|allowed| allowed == part)
            })
        })
    };
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(
            acceptable(licence),
            "{} has licence {licence}; see deny.toml",
            package["name"]
        );
    }
}

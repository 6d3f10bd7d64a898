//! The README promises nothing that does not run.

use std::fs;
use std::path::Path;
use std::process::Command;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The lines of the blocks of this language.
fn blocks(language: &str) -> Vec<Vec<String>> {
    let text = readme();
    let start = format!("```{language}\n");
    text.split(&start)
        .skip(1)
        .map(|rest| {
            rest.split("```")
                .next()
                .unwrap()
                .lines()
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn the_first_five_minutes_are_as_the_readme_tells_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut here = folder.path().to_owned();
    let mut last_run = String::new();
    let mut ran = 0;
    let lines = blocks("sh").into_iter().flatten();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["cargo", "run", "--release", "--", arguments @ ..] | ["reportwire", arguments @ ..] => {
                // A platform and a mail server out in the world are not part of the first five minutes.
                if arguments.contains(&"monthly-full-report") || arguments.contains(&"--online") {
                    continue;
                }
                let arguments: Vec<&str> = arguments
                    .iter()
                    .map(|word| if *word == "RUN" { last_run.as_str() } else { word })
                    .collect();
                let (code, said) = run(&here, &arguments);
                assert_eq!(code, 0, "{line}: {said}");
                if arguments[0] == "runs" && arguments.len() == 1 {
                    let (_, listed) = run(&here, &["runs", "--json"]);
                    let runs: serde_json::Value = serde_json::from_str(&listed).unwrap();
                    last_run = runs[0]["run_id"].as_str().unwrap().to_owned();
                }
                ran += 1;
            }
            ["cd", name] => here.push(name),
            ["make", "test"] | ["export", ..] | [] => {}
            _ => panic!("nobody checks `{line}`"),
        }
    }
    assert!(ran >= 10, "{ran}");
}

#[test]
fn its_configuration_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let whole: Vec<Vec<String>> = blocks("toml");
    assert_eq!(whole.len(), 2);
    let text = whole.concat().join("\n");
    fs::write(folder.path().join("reportwire.toml"), text).unwrap();
    let (code, said) = run(folder.path(), &["jobs", "--as-of", "2026-11-02T07:00:00+01:00"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn every_link_leads_to_a_file() {
    let text = readme();
    let links = text
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for link in links.filter(|link| !link.contains("://")) {
        assert!(root.join(link).exists(), "{link}");
    }
}

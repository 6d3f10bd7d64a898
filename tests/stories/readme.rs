//! The README promises nothing that does not run.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The lines of the README's blocks of this language.
fn blocks(language: &str) -> Vec<Vec<String>> {
    blocks_of(&readme(), language)
}

fn blocks_of(text: &str, language: &str) -> Vec<Vec<String>> {
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

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reportwire"));
    command
        .current_dir(folder)
        .env_remove("RUST_LOG")
        // The port of the README may be taken.
        .env("REPORTWIRE__SERVICE__LISTEN", "127.0.0.1:0");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = program(folder).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// A service as the README starts it.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(folder: &Path) -> Self {
        let mut command = program(folder);
        command.arg("serve").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines.find(|line| line.as_ref().unwrap().contains("serving listen="));
        let said = said.unwrap().unwrap();
        let address = said.split('"').nth(1).unwrap().to_owned();
        // Somebody has to take what it says until it ends.
        std::thread::spawn(move || lines.count());
        Self { child, address }
    }

    /// What `curl` would be answered.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nhost: {}\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("sh")
            .args(["-c", "kill -s TERM \"$1\"", "sh", &id])
            .status();
        assert!(asked.unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn the_first_five_minutes_are_as_the_readme_tells_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut here = folder.path().to_owned();
    let mut last_run = String::new();
    let mut ran = 0;
    let mut serving = None;
    let lines = blocks("sh").into_iter().flatten();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["reportwire", "serve"] => serving = Some(Serving::start(&here)),
            ["curl", url] => {
                let path = url.strip_prefix("http://127.0.0.1:8321").unwrap();
                // Ready is who has beaten once.
                let since = Instant::now();
                loop {
                    let answer = serving.as_ref().unwrap().get(path);
                    if answer.starts_with("HTTP/1.0 200") {
                        break;
                    }
                    assert!(since.elapsed() < Duration::from_secs(30), "{line}: {answer}");
                    std::thread::park_timeout(Duration::from_millis(20));
                }
            }
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
    serving.unwrap().stop();
}

/// The runbook, the unit, and the table of commands name only what the program takes.
#[test]
fn every_command_that_the_documents_name_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let mut commands: Vec<String> = Vec::new();
    for name in ["README.md", "docs/operations.md"] {
        // In backticks, and in blocks of their own.
        let text = text(name);
        let quoted = text.split('`').filter(|quoted| quoted.starts_with("reportwire "));
        commands.extend(quoted.map(str::to_owned));
        let lines = blocks_of(&text, "sh").into_iter().flatten();
        commands.extend(lines.filter(|line| line.starts_with("reportwire ")));
    }
    let rows = readme();
    let table = rows
        .split("## Commands")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .nth(1)
        .unwrap();
    for row in table.lines().filter(|row| row.starts_with("| `")) {
        let names = row.split('`').skip(1).step_by(2);
        commands.extend(
            names
                .filter(|name| !name.starts_with("--"))
                .map(|name| format!("reportwire {name}")),
        );
    }
    let unit = text("docs/reportwire.service");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/"));
    commands.push(start.unwrap().to_owned());
    assert!(commands.len() > 25, "{commands:?}");
    for command in commands {
        let mut arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
        arguments.push("--help");
        let (code, said) = run(root, &arguments);
        assert_eq!(code, 0, "{command}: {said}");
    }
}

#[test]
fn its_configuration_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let whole: Vec<Vec<String>> = blocks("toml");
    assert_eq!(whole.len(), 6);
    let text = whole.concat().join("\n");
    fs::write(folder.path().join("reportwire.toml"), text).unwrap();
    let (code, said) = run(folder.path(), &["jobs", "--as-of", "2026-11-02T07:00:00+01:00"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn every_link_leads_to_a_file() {
    let text = readme();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = text
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap());
    for link in links.filter(|link| !link.contains("://")) {
        assert!(root.join(link).exists(), "{link}");
    }
}

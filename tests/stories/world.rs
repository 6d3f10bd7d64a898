//! A finance team's world: a folder with a configuration, a platform, a mailbox, a receiver.

use crate::http::{FakeHttp, Reply};
use crate::smtp::{Accepted, FakeSmtp, Script};
use chrono::NaiveDate;
use reportwire::demo::company::Company;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) const TOKEN: &str = "canary-token-51c7";
pub(crate) const SIGNING_SECRET: &str = "whsec_Y2FuYXJ5LXNpZ25pbmcta2V5LTAwMDAwMDAx";
/// The instant at which everything happens, unless a story says otherwise.
pub(crate) const NOVEMBER: &str = "2026-11-02T07:00:00+01:00";

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) struct World {
    folder: TempDir,
    pub(crate) smtp: FakeSmtp,
    pub(crate) hook: FakeHttp,
    env: Vec<(&'static str, String)>,
}

impl World {
    /// Everything is well, and the platform answers at `base_url`.
    pub(crate) async fn new(base_url: &str) -> Self {
        Self::with(
            base_url,
            Script::default(),
            vec![Reply::Answer("200 OK", "", "ok".into()); 3],
        )
        .await
    }

    pub(crate) async fn with(base_url: &str, script: Script, replies: Vec<Reply>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (smtp, hook) = (FakeSmtp::start(script).await, FakeHttp::start(replies).await);
        let text = format!(
            r#"
[service]
timezone = "Europe/Madrid"
data_dir = "data"

[sources.globant.geai]
base_url = "{base_url}"
api_key = "env:GEAI_API_KEY"
attempts = 1

[deliveries.finance-mail.email]
from = "Reports <reports@example.com>"
to = ["cfo@example.com", "controller@example.com"]
smtp = {{ host = "127.0.0.1", port = {port}, tls = "none" }}

[deliveries.erp.webhook]
url = "{hook}"
signing_secret = "env:HOOK_SECRET"
allow_private = true

[deliveries.bi-drop.file_drop]
path = "drop/{{{{job.name}}}}/{{{{period.id}}}}"

[jobs.monthly-full-report]
title = "AI platform: monthly full report"
schedule = "0 7 1 * *"
sources = ["globant"]
period = "previous_month"
formats = ["html", "xlsx", "csv", "json", "text"]
deliveries = ["finance-mail", "erp", "bi-drop"]
[jobs.monthly-full-report.report.full]
"#,
            port = smtp.address.port(),
            hook = hook.url("/hooks/reports"),
        );
        fs::write(folder.path().join("reportwire.toml"), text).unwrap();
        let env = vec![
            ("GEAI_API_KEY", TOKEN.to_owned()),
            ("HOOK_SECRET", SIGNING_SECRET.to_owned()),
        ];
        Self {
            folder,
            smtp,
            hook,
            env,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the configuration.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let path = self.path("reportwire.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    pub(crate) fn ask(&self, arguments: &[&str]) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reportwire"));
        command
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .args(arguments);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        // The far ends run on this runtime's other threads while the command is waited for.
        let output = tokio::task::block_in_place(|| command.output()).unwrap();
        Answer {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs the monthly job as of 2 November 2026 with these further arguments.
    pub(crate) fn run(&self, more: &[&str]) -> Answer {
        self.ask(
            &[
                &[
                    "run",
                    "monthly-full-report",
                    "--as-of",
                    NOVEMBER,
                    "--json",
                    "--wait",
                    "0",
                ],
                more,
            ]
            .concat(),
        )
    }

    /// The files of the drop, by name.
    pub(crate) fn dropped(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.path("drop/monthly-full-report/2026-10"))
    }

    pub(crate) fn mails_to(&self, address: &str) -> Vec<Accepted> {
        self.smtp
            .accepted()
            .into_iter()
            .filter(|mail| mail.to == [address])
            .collect()
    }
}

/// The files of a folder, by name; none if there is no folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

/// Every file below a folder.
pub(crate) fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The sample company as of 2 November 2026.
pub(crate) fn company() -> Company {
    Company::ending(date("2026-11-02"))
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The rows of a CSV artifact as maps from the names of the header.
pub(crate) fn rows(csv: &[u8]) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(csv)
        .into_deserialize()
        .map(|row| row.unwrap())
        .collect()
}

/// The texts of the files of an archive whose names begin with `prefix`, one after the other.
pub(crate) fn unzipped(archive: &[u8], prefix: &str) -> String {
    let number = |at: usize, bytes: usize| {
        archive[at..at + bytes]
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    // The directory at the end says of each file where its local header is, after which its name, extra field and bytes follow.
    let (mut at, mut texts) = (number(archive.len() - 6, 4), String::new());
    while archive[at..].starts_with(b"PK\x01\x02") {
        let (size, local) = (number(at + 20, 4), number(at + 42, 4));
        if archive[at + 46..].starts_with(prefix.as_bytes()) {
            let begin = local + 30 + number(local + 26, 2) + number(local + 28, 2);
            let mut inflated = flate2::read::DeflateDecoder::new(&archive[begin..begin + size]);
            std::io::Read::read_to_string(&mut inflated, &mut texts).unwrap();
        }
        at += 46 + number(at + 28, 2) + number(at + 30, 2) + number(at + 32, 2);
    }
    texts
}

//! A finance team that has a service running: a folder with usage and a configuration, a mailbox, a receiver, a clock.

use crate::http::{FakeHttp, Reply};
use crate::service::{Launch, Service, TestClock};
use crate::smtp::{Accepted, FakeSmtp, Script};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Noon of the day before the monthly report falls due.
pub(crate) const BEFORE: &str = "2026-10-31T12:00:00Z";
/// A second after 07:00 in Madrid on the first of November.
pub(crate) const DUE: &str = "2026-11-01T06:00:01Z";
pub(crate) const READERS: [&str; 2] = ["cfo@example.com", "controller@example.com"];
pub(crate) const OWNER: &str = "finops@example.com";

/// Longest wait for something that no event of the log tells.
const PATIENCE: Duration = Duration::from_mins(1);

const CONFIGURATION: &str = r#"
[service]
timezone = "Europe/Madrid"
currency = "EUR"
data_dir = "data"
owner = ["finops@example.com"]
owner_delivery = "finance-mail"
listen = "127.0.0.1:0"

[sources.usage.usage_file]
path = "usage.csv"

[deliveries.finance-mail.email]
from = "Reports <reports@example.com>"
to = ["cfo@example.com", "controller@example.com"]
smtp = { host = "127.0.0.1", port = SMTP_PORT, tls = "none" }

[deliveries.erp.webhook]
url = "HOOK_URL"
signing_secret = "env:HOOK_SECRET"
allow_private = true

[deliveries.bi-drop.file_drop]
path = "drop/{{job.name}}/{{period.id}}"

[jobs.monthly]
title = "AI usage"
schedule = "0 7 1 * *"
sources = ["usage"]
period = "previous_month"
formats = ["csv"]
deliveries = ["finance-mail", "erp", "bi-drop"]
[jobs.monthly.report.full]
"#;

const USAGE: &str = "date,project_id,project_name,user_id,user_name,model,service_type,requests,errors,input_tokens,output_tokens,cost,currency\n\
    2026-09-15,p-1,Support,u-1,Ana,gpt-4o-mini,text_generation,20,1,900,300,2.75,EUR\n\
    2026-10-15,p-1,Support,u-1,Ana,gpt-4o-mini,text_generation,30,0,1000,400,3.25,EUR\n\
    2026-11-15,p-1,Support,u-1,Ana,gpt-4o-mini,text_generation,40,2,1100,500,4.25,EUR\n";

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
    clock: TestClock,
    env: Vec<(&'static str, String)>,
}

impl World {
    /// Everything is well, and it is the day before.
    pub(crate) async fn new() -> Self {
        Self::with(Script::default(), vec![]).await
    }

    /// The mail server follows a script; the receiver answers so, then well.
    pub(crate) async fn with(script: Script, replies: Vec<Reply>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let well = std::iter::repeat_n(ok(), 100);
        let hook = FakeHttp::start(replies.into_iter().chain(well).collect()).await;
        let smtp = FakeSmtp::start(script).await;
        let text = CONFIGURATION
            .replace("SMTP_PORT", &smtp.address.port().to_string())
            .replace("HOOK_URL", &hook.url("/hooks/reports"));
        fs::write(folder.path().join("reportwire.toml"), text).unwrap();
        fs::write(folder.path().join("usage.csv"), USAGE).unwrap();
        let clock = TestClock::at(folder.path().join("clock"), instant(BEFORE));
        Self {
            env: vec![(
                "HOOK_SECRET",
                "whsec_Y2FuYXJ5LXNpZ25pbmcta2V5LTAwMDAwMDAx".to_owned(),
            )],
            folder,
            smtp,
            hook,
            clock,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn set_env(&mut self, name: &'static str, value: String) {
        self.env.push((name, value));
    }

    /// Changes the configuration.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let path = self.path("reportwire.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Adds a second job, which only drops its file, on this schedule.
    pub(crate) fn add_job(&self, name: &str, schedule: &str, period: &str) {
        let path = self.path("reportwire.toml");
        let text = fs::read_to_string(&path).unwrap();
        let job = format!(
            "\n[jobs.{name}]\ntitle = \"{name}\"\nschedule = {schedule}\nsources = [\"usage\"]\nperiod = \"{period}\"\n\
             formats = [\"csv\"]\ndeliveries = [\"bi-drop\"]\n[jobs.{name}.report.full]\n"
        );
        fs::write(path, text + &job).unwrap();
    }

    pub(crate) fn set_clock(&self, text: &str) {
        self.clock.set(instant(text));
    }

    /// The service, about to be started.
    pub(crate) fn launch(&self) -> Launch {
        self.prepared(Launch::serve(self.folder.path()))
    }

    /// The same, telling everything that it can tell.
    pub(crate) fn launch_talkative(&self) -> Launch {
        let program = env!("CARGO_BIN_EXE_reportwire");
        let words = ["--log", "trace", "--log-format", "json", "serve"];
        self.prepared(Launch::program(self.folder.path(), program, &words))
    }

    fn prepared(&self, launch: Launch) -> Launch {
        let launch = launch.clock(&self.clock);
        self.env
            .iter()
            .fold(launch, |launch, (name, value)| launch.env(name, value))
    }

    /// The service, serving.
    pub(crate) fn serve(&self) -> Service {
        let mut service = self.launch().start();
        service.wait_for("serving");
        service
    }

    pub(crate) fn ask(&self, arguments: &[&str]) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reportwire"));
        command
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .env("REPORTWIRE_CLOCK", self.path("clock"))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .args(arguments);
        // The far ends run on this runtime's other threads while the command is waited for.
        let output = tokio::task::block_in_place(|| command.output()).unwrap();
        Answer {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The objects of `runs --json`.
    pub(crate) fn runs(&self) -> Vec<Value> {
        let answer = self.ask(&["runs", "--json"]);
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.json().as_array().unwrap().clone()
    }

    /// The object of `runs show --json` of the only run there is.
    pub(crate) fn only_run(&self) -> Value {
        let runs = self.runs();
        let made: Vec<&Value> = runs.iter().filter(|run| run["run_id"].is_string()).collect();
        assert_eq!(made.len(), 1, "{runs:#?}");
        self.show(made[0]["run_id"].as_str().unwrap())
    }

    pub(crate) fn show(&self, run: &str) -> Value {
        self.ask(&["runs", "show", run, "--json"]).json()
    }

    /// The row of this recipient in what `runs show --json` has of a run.
    pub(crate) fn parcel(&self, run: &str, recipient: &str) -> Value {
        let run = self.show(run);
        let rows = run["deliveries"].as_array().unwrap();
        let row = rows.iter().find(|row| row["recipient"] == recipient);
        row.unwrap_or_else(|| panic!("{recipient}: {run:#}")).clone()
    }

    pub(crate) fn mails_to(&self, address: &str) -> Vec<Accepted> {
        let mails = self.smtp.accepted().into_iter();
        mails.filter(|mail| mail.to == [address]).collect()
    }

    /// The mails to the owner, as text with its lines unfolded.
    pub(crate) fn told(&self) -> Vec<String> {
        let mails = self.mails_to(OWNER);
        mails.iter().map(|mail| plain_text(&mail.content)).collect()
    }

    /// The names of the files that were dropped for a job and period.
    pub(crate) fn dropped(&self, job: &str, period: &str) -> BTreeSet<String> {
        names(&self.path(&format!("drop/{job}/{period}")))
    }

    /// Waits until something has come about that the log does not tell.
    pub(crate) fn eventually(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        tokio::task::block_in_place(|| {
            let since = Instant::now();
            while !is_so(self) {
                assert!(since.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
                std::thread::park_timeout(Duration::from_millis(20));
            }
        });
    }
}

pub(crate) fn ok() -> Reply {
    Reply::Answer("200 OK", "", "ok".into())
}

pub(crate) fn answer(status: &'static str) -> Reply {
    Reply::Answer(status, "", String::new())
}

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Subject and text part of a mail, each run of white space as one blank.
pub(crate) fn plain_text(mail: &[u8]) -> String {
    let mail = mail_parser::MessageParser::default().parse(mail).unwrap();
    let subject = mail.subject().unwrap_or_default().to_owned();
    let text = mail.body_text(0).unwrap_or_default().into_owned();
    let text = format!("{subject}\n{text}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names of the files in a folder; none if there is no folder.
pub(crate) fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

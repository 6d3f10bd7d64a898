//! One team's world, small enough to be destroyed a thousand times: four jobs, two readers, a receiver, a folder.

use crate::http::{FakeHttp, Reply};
use crate::postgres::Postgres;
use crate::rows::Rows;
use crate::service::{Launch, Service, TestClock};
use crate::smtp::{FakeSmtp, Script};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SIGNING_SECRET: &str = "whsec_Y2FuYXJ5LXNpZ25pbmcta2V5LTAwMDAwMDAx";
/// Longest time for a world to come to rest.
const PATIENCE: Duration = Duration::from_secs(90);
/// After so long without any change somebody waits for time to pass.
const STILL: Duration = Duration::from_secs(3);
/// How long what was handed out may lie before it is handed out again.
const HAND_OVER: TimeDelta = TimeDelta::seconds(61);

/// Where runs are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    Sqlite,
    Postgres,
}

pub struct World {
    folder: TempDir,
    pub smtp: FakeSmtp,
    pub hook: FakeHttp,
    clock: TestClock,
    pub now: DateTime<Utc>,
    url: Option<String>,
    /// How long a process that says nothing keeps a run; a minute where this says nothing.
    pub lease_millis: Option<&'static str>,
    rows: Option<Rows>,
}

/// Where a world stands.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Nothing is left to do.
    Quiet,
    /// Somebody is at work, or will be at the next beat.
    Busy(String),
    /// Nothing happens before this time.
    Until(DateTime<Utc>),
}

impl World {
    /// A world in which it is `now` and nothing has ever run. `jobs` are sections of the configuration.
    pub async fn new(base: Base, now: DateTime<Utc>, jobs: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Script {
            lasting: true,
            ..Script::default()
        };
        let (smtp, hook) = (FakeSmtp::start(script).await, FakeHttp::lasting().await);
        let url = match base {
            Base::Sqlite => None,
            Base::Postgres => Some(Postgres::shared().fresh_database().await),
        };
        let store = url.as_ref().map_or("", |_| "store = \"env:DATABASE_URL\"");
        let text = format!(
            r#"
[service]
timezone = "Europe/Madrid"
data_dir = "data"
listen = "127.0.0.1:0"
owner = ["owner@example.com"]
owner_delivery = "mail"
keep_snapshots = "2d"
{store}

[sources.usage.usage_file]
path = "usage.csv"

[sources.lost.usage_file]
path = "lost/*.csv"

[deliveries.mail.email]
from = "Reports <reports@example.com>"
to = ["cfo@example.com", "controller@example.com"]
smtp = {{ host = "127.0.0.1", port = {port}, tls = "none" }}

[deliveries.hook.webhook]
url = "{hook}"
signing_secret = "env:HOOK_SECRET"
allow_private = true

[deliveries.drop.file_drop]
path = "drop/{{{{job.name}}}}/{{{{period.id}}}}"
{jobs}"#,
            port = smtp.address.port(),
            hook = hook.url("/hooks"),
        );
        fs::write(folder.path().join("reportwire.toml"), text).unwrap();
        fs::write(folder.path().join("usage.csv"), usage()).unwrap();
        let clock = TestClock::at(folder.path().join("clock"), now);
        Self {
            folder,
            smtp,
            hook,
            clock,
            now,
            // On SQLite time stands still while somebody works, so that this only makes it say so often.
            lease_millis: url.is_none().then_some("80"),
            url,
            rows: None,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The first request is answered that the receiver is busy.
    pub fn busy_at_first(&self) {
        self.hook
            .script(vec![Reply::Answer("503 Service Unavailable", "", "busy".into())]);
    }

    pub fn launch(&self) -> Launch {
        let launch = Launch::serve(self.folder.path())
            .clock(&self.clock)
            .env("HOOK_SECRET", SIGNING_SECRET)
            .env("REPORTWIRE_TICKS", "fast");
        let launch = match &self.url {
            None => launch,
            Some(url) => launch.env("DATABASE_URL", url),
        };
        match self.lease_millis {
            None => launch,
            Some(millis) => launch.env("REPORTWIRE_LEASE_MILLIS", millis),
        }
    }

    /// The database, if it is PostgreSQL.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Begins where a world of the same kind was left.
    pub fn continue_from(&self, other: &Path) {
        copy(other, &self.path("data"));
    }

    pub fn set_clock(&mut self, now: DateTime<Utc>) {
        self.now = now;
        self.clock.set(now);
    }

    pub async fn rows(&mut self) -> &mut Rows {
        if self.rows.is_none() {
            self.rows = Some(match &self.url {
                None => Rows::of_file(&self.path("data/reportwire.db")).await,
                Some(url) => Rows::of_database(url).await,
            });
        }
        self.rows.as_mut().unwrap()
    }

    /// Lets time pass until nothing is left to do; or until the service ends, which a fail point may bring about.
    pub async fn settle(&mut self, service: &mut Service) -> Option<ExitStatus> {
        let begun = Instant::now();
        let (mut before, mut since) = (State::Quiet, begun);
        if let Some(ended) = serving(service).await {
            return Some(ended);
        }
        // What has fallen due is written down by the first beat.
        self.pass(service, self.now).await;
        loop {
            if let Some(ended) = service.ended() {
                return Some(ended);
            }
            let state = self.state().await;
            if state != before {
                since = Instant::now();
            }
            match &state {
                State::Quiet => return None,
                State::Until(at) => self.pass(service, *at).await,
                State::Busy(_) if since.elapsed() > STILL => {
                    self.pass(service, self.now + HAND_OVER).await;
                    since = Instant::now();
                }
                State::Busy(_) => tokio::time::sleep(Duration::from_millis(4)).await,
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "no rest at {}: {state:?}; the log ends with\n{}",
                self.now,
                tail(service)
            );
            before = state;
        }
    }

    /// Sets the clock and makes the service look at it.
    async fn pass(&mut self, service: &mut Service, until: DateTime<Utc>) {
        self.set_clock(until);
        // It has looked at the new time once it answers for the second time.
        for _ in 0..2 {
            if service.ended().is_some() {
                return;
            }
            let heard = "the configuration was read again";
            let before = service.events(heard).len();
            service.reload();
            let since = Instant::now();
            while service.events(heard).len() == before && service.ended().is_none() {
                assert!(
                    since.elapsed() < PATIENCE,
                    "SIGHUP is not heard\n{}",
                    tail(service)
                );
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    async fn state(&mut self) -> State {
        let now = self.now;
        let runs = "SELECT run_id, state, lease_until, dispatched_at, \
             (SELECT min(next_attempt_at) FROM deliveries WHERE deliveries.run_id = runs.run_id), \
             (SELECT CAST(count(*) AS TEXT) FROM deliveries WHERE deliveries.run_id = runs.run_id AND state IN ('pending', 'sending')) \
             FROM runs WHERE state NOT IN ('delivered', 'partially_delivered', 'failed', 'held') ORDER BY run_id";
        let mut waits: Vec<DateTime<Utc>> = Vec::new();
        let mut busy = String::new();
        for row in self.rows().await.ask::<6>(runs).await {
            let [_, _, lease, dispatched, next, open] = &row;
            let rests =
                lease.is_empty() && open == "0" && time(dispatched).is_none_or(|at| at < now - HAND_OVER);
            match time(next).filter(|at| rests && *at > now) {
                Some(at) => waits.push(at),
                None => writeln!(busy, "{row:?}").unwrap(),
            }
        }
        let notices = "SELECT max(notices.at), (SELECT max(written_at) FROM bulletins WHERE bulletins.owner = notices.owner) \
             FROM notices WHERE bulletin IS NULL GROUP BY owner";
        for row in self.rows().await.ask::<2>(notices).await {
            let ripe = time(&row[0]).unwrap() + TimeDelta::seconds(21);
            let quiet = time(&row[1]).map_or(ripe, |at| at + TimeDelta::seconds(901));
            match ripe.max(quiet) {
                at if at > now => waits.push(at),
                _ => writeln!(busy, "{row:?}").unwrap(),
            }
        }
        let bulletins = "SELECT key, next_attempt_at FROM bulletins WHERE state = 'pending'";
        for row in self.rows().await.ask::<2>(bulletins).await {
            match time(&row[1]).unwrap() {
                // A lease of the sender, and perhaps it is at work; who died comes back after it.
                at if at > now && service_may_send(at, now) => writeln!(busy, "{row:?}").unwrap(),
                at if at > now => waits.push(at),
                _ => writeln!(busy, "{row:?}").unwrap(),
            }
        }
        match waits.into_iter().min() {
            _ if !busy.is_empty() => State::Busy(busy),
            Some(at) => State::Until(at),
            None => State::Quiet,
        }
    }
}

/// Five minutes are the lease of whoever sends a bulletin.
fn service_may_send(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at - now > TimeDelta::minutes(2)
}

/// Waits until the service says that it serves, or ends.
async fn serving(service: &mut Service) -> Option<ExitStatus> {
    let since = Instant::now();
    loop {
        let ended = service.ended();
        if ended.is_some() || !service.events("serving").is_empty() {
            return ended;
        }
        assert!(since.elapsed() < PATIENCE, "it does not serve\n{}", tail(service));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub fn tail(service: &Service) -> String {
    let log = service.log();
    log[log.len().saturating_sub(30)..].join("\n")
}

pub fn time(text: &str) -> Option<DateTime<Utc>> {
    (!text.is_empty()).then(|| text.parse().unwrap())
}

/// Two projects, every day from September to November.
fn usage() -> String {
    let mut text =
        "date,project_id,service_type,requests,input_tokens,output_tokens,cost,currency\n".to_owned();
    let first: NaiveDate = "2026-09-01".parse().unwrap();
    for (at, day) in first.iter_days().take(80).enumerate() {
        for project in ["alpha", "beta"] {
            writeln!(
                text,
                "{day},{project},text_generation,{},{},{},{}.25,USD",
                at + 3,
                at * 7,
                at,
                at + 1
            )
            .unwrap();
        }
    }
    text
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

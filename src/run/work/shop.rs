//! A service without its heart, for tests: they say when something is due and when workers look, on a clock that stands still
//! until it is told otherwise.

use super::*;
use crate::config::{self, Plan};
use crate::period::{Calendar, Period};
use crate::run::dispatch::Dispatch;
use crate::run::store::{Advance, Cursor, NewOccurrence, RunFilter, StoredNotice, Tx};
use crate::schedule::clock::{Clock, ManualClock};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Six in the morning of the second of November: the job is due.
pub(crate) const DUE: &str = "2026-11-02T06:00:00Z";

const CONFIGURATION: &str = r#"
[service]
currency = "EUR"
data_dir = "data"
owner = ["finops@example.com"]

[sources.usage.usage_file]
path = "usage.csv"

[deliveries.bi-drop.file_drop]
path = "drop"

[jobs.monthly]
schedule = "0 6 2 * *"
sources = ["usage"]
period = "previous_month"
formats = ["csv"]
deliveries = ["bi-drop"]
MORE
[jobs.monthly.report.full]
"#;

pub(crate) const WAITS: &str = "wait_until = { fresh = [\"usage\"], at_most = \"2h\" }";

/// Keeps tickets for the test to hand out.
#[derive(Debug, Default)]
pub(crate) struct Desk(Mutex<Vec<Ticket>>);

#[async_trait]
impl Dispatch for Desk {
    async fn enqueue(&self, _: &mut Tx<'_>, tickets: &[Ticket]) -> Result<(), StoreError> {
        self.0.lock().unwrap().extend_from_slice(tickets);
        Ok(())
    }
}

/// A service without its heart: the test says when something is due and when workers look.
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    pub(crate) clock: ManualClock,
    pub(crate) engine: Engine,
    pub(crate) desk: Arc<Desk>,
    pub(crate) lanes: Lanes,
    pub(crate) leases: Leases,
}

impl Shop {
    pub(crate) async fn open(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plan = plan(folder.path(), more);
        let clock = ManualClock::at(at(DUE));
        let store = Store::open(&plan.service.data_dir).await.unwrap();
        Self {
            lanes: Lanes::of(&plan),
            engine: Engine::new(plan, store, Arc::new(clock.clone())),
            folder,
            clock,
            desk: Arc::default(),
            leases: Leases::default(),
        }
    }

    /// Usage of every day from the first of July to this one.
    pub(crate) fn usage_to(&self, last: &str) {
        self.usage(last, "1.50");
    }

    pub(crate) fn usage(&self, last: &str, cost: &str) {
        let mut text =
            "date,project_id,project_name,user_id,user_name,model,service_type,requests,errors,input_tokens,\
             output_tokens,cost,currency\n"
                .to_owned();
        let period = Period::parse(&format!("2026-07-01..{last}"), Calendar::default()).unwrap();
        for day in period.dates() {
            writeln!(text, "{day},p-1,Support,u-1,Ana,m,chat,10,0,100,50,{cost},EUR").unwrap();
        }
        std::fs::write(self.folder.path().join("usage.csv"), text).unwrap();
    }

    /// Writes down that the job is due for October.
    pub(crate) async fn fall_due(&self) {
        self.fall_due_for("2026-10", DUE).await;
    }

    /// Writes down that the job is due for a period.
    pub(crate) async fn fall_due_for(&self, period: &str, due: &str) {
        let store = &self.engine.store;
        let beginning = Cursor {
            job: "monthly".into(),
            schedule: "s".into(),
            evaluated_until: at("2026-11-01T00:00:00Z"),
            promised: None,
        };
        store.register(vec![beginning]).await.unwrap();
        let cursor = store.cursors().await.unwrap().remove(0);
        let advance = Advance {
            owner: vec![],
            job: cursor.job,
            from: cursor.evaluated_until,
            until: at(due),
            promised: None,
            occurrences: vec![NewOccurrence {
                nominal: at(due).naive_utc(),
                fold: 0,
                due_at: at(due),
                timezone: "UTC".into(),
                period: Some(Period::parse(period, Calendar::default()).unwrap()),
                closed: true,
                missed: None,
            }],
        };
        let desk = Arc::clone(&self.desk) as Arc<dyn Dispatch>;
        store.materialise(vec![advance], desk, at(due)).await.unwrap();
    }

    /// Moves the clock and lets workers do all that is due then; how many tickets there were.
    pub(crate) async fn work_at(&self, instant: &str) -> usize {
        self.try_at(instant).await.unwrap()
    }

    /// The same, up to the first piece of work that could not be written down.
    pub(crate) async fn try_at(&self, instant: &str) -> Result<usize, RunError> {
        self.clock.set(at(instant));
        let desk = Arc::clone(&self.desk) as Arc<dyn Dispatch>;
        self.engine.store.hand_out(desk, self.clock.now(), 100).await?;
        let tickets = std::mem::take(&mut *self.desk.0.lock().unwrap());
        for ticket in &tickets {
            let stop = CancellationToken::new();
            work(&self.engine, ticket, &self.lanes, &self.leases, &stop).await?;
        }
        Ok(tickets.len())
    }

    /// The same shop after somebody has edited its job.
    pub(crate) fn with(mut self, edit: impl FnOnce(&mut crate::config::plan::JobPlan)) -> Self {
        edit(self.engine.plan.jobs.get_mut("monthly").unwrap());
        self
    }

    /// Writes down that the job is due for October, and takes its run.
    pub(crate) async fn fall_due_and_take(&self) -> Run {
        self.fall_due().await;
        self.taken().await
    }

    /// Takes the first run that is due, as a worker does.
    pub(crate) async fn taken(&self) -> Run {
        let (store, now) = (&self.engine.store, self.clock.now());
        let desk = Arc::clone(&self.desk) as Arc<dyn Dispatch>;
        store.hand_out(desk, now, 100).await.unwrap();
        let ticket = self.desk.0.lock().unwrap().remove(0);
        store.take(&ticket, now).await.unwrap().unwrap()
    }

    /// Every run, the oldest first: revision, state, and its run.
    pub(crate) async fn runs(&self) -> Vec<Run> {
        let mut runs = self.engine.store.runs(&RunFilter::default(), 100).await.unwrap();
        runs.sort_by_key(|run| run.revision);
        runs
    }

    pub(crate) async fn states(&self) -> Vec<(u32, RunState)> {
        self.runs()
            .await
            .iter()
            .map(|run| (run.revision, run.state))
            .collect()
    }

    /// What the owner hears, and has not heard yet.
    pub(crate) async fn news(&self) -> Vec<StoredNotice> {
        let (store, now) = (&self.engine.store, self.clock.now());
        store.gather_bulletins(now, now, now).await.unwrap();
        let mut news = Vec::new();
        while let Some(bulletin) = store.take_bulletin(now, TimeDelta::days(400)).await.unwrap() {
            news.extend(bulletin.notices);
        }
        news
    }

    pub(crate) fn dropped(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join("drop").join(name)).unwrap()
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join("drop")) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub(crate) fn plan(folder: &Path, more: &str) -> Plan {
    let text = CONFIGURATION.replace("MORE", more);
    let none = BTreeMap::new();
    config::load_text("reportwire.toml", &text, folder, &[], &none)
        .unwrap_or_else(|problems| panic!("{problems}"))
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A gate against a cost that is half as much again, or more.
pub(crate) const GATED: &str = "gates = { max_change = 50, norm = 2 }";

impl Shop {
    /// Runs by hand for a period.
    pub(crate) async fn run(&self, period: &str) -> Run {
        let request = crate::run::RunRequest {
            job: "monthly".into(),
            period: Some(period.into()),
            ..crate::run::RunRequest::default()
        };
        let outcome = crate::run::perform::run(&self.engine, &request, &Silent).await;
        outcome.unwrap().run
    }

    /// Has two normal months, and one that costs ten times as much and is due.
    pub(crate) async fn with_a_leap() -> Self {
        let shop = Self::open(GATED).await;
        shop.usage("2026-10-31", "1.50");
        for month in ["2026-08", "2026-09"] {
            shop.run(month).await;
        }
        shop.usage("2026-10-31", "15.00");
        shop.fall_due().await;
        shop
    }

    pub(crate) async fn october(&self) -> Vec<Run> {
        let mut runs = self.runs().await;
        runs.retain(|run| run.period_id == "2026-10");
        runs
    }
}

impl Shop {
    pub(crate) async fn hashes(&self, run_id: &str) -> Vec<String> {
        let artifacts = self.engine.store.artifacts(run_id).await.unwrap();
        artifacts.into_iter().map(|artifact| artifact.sha256).collect()
    }

    /// The same folder and clock in the hands of another process.
    pub(crate) async fn restarted(self) -> Self {
        let (plan, folder) = (self.engine.plan.clone(), self.folder);
        let store = Store::open(&plan.service.data_dir).await.unwrap();
        Self {
            engine: Engine::new(plan, store, Arc::new(self.clock.clone())),
            folder,
            clock: self.clock,
            desk: Arc::default(),
            lanes: self.lanes,
            leases: self.leases,
        }
    }
}

//! What a worker makes of a run, on a clock that stands still until it is told otherwise.

use super::*;
use crate::config::{self, Plan};
use crate::period::Period;
use crate::run::dispatch::Dispatch;
use crate::run::store::{Advance, Cursor, NewOccurrence, RunFilter, StoredNotice, Tx};
use crate::schedule::clock::{Clock, ManualClock};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Six in the morning of the second of November: the job is due.
const DUE: &str = "2026-11-02T06:00:00Z";

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

const WAITS: &str = "wait_until = { fresh = [\"usage\"], at_most = \"2h\" }";

/// Keeps tickets for the test to hand out.
#[derive(Debug, Default)]
struct Desk(Mutex<Vec<Ticket>>);

#[async_trait]
impl Dispatch for Desk {
    async fn enqueue(&self, _: &mut Tx<'_>, tickets: &[Ticket]) -> Result<(), StoreError> {
        self.0.lock().unwrap().extend_from_slice(tickets);
        Ok(())
    }
}

/// A service without its heart: the test says when something is due and when workers look.
struct Shop {
    folder: TempDir,
    clock: ManualClock,
    engine: Engine,
    desk: Arc<Desk>,
    lanes: Lanes,
    leases: Leases,
}

impl Shop {
    async fn open(more: &str) -> Self {
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
    fn usage_to(&self, last: &str) {
        self.usage(last, "1.50");
    }

    fn usage(&self, last: &str, cost: &str) {
        let mut text =
            "date,project_id,project_name,user_id,user_name,model,service_type,requests,errors,input_tokens,\
             output_tokens,cost,currency\n"
                .to_owned();
        let period =
            Period::parse(&format!("2026-07-01..{last}"), crate::period::Calendar::default()).unwrap();
        for day in period.dates() {
            writeln!(text, "{day},p-1,Support,u-1,Ana,m,chat,10,0,100,50,{cost},EUR").unwrap();
        }
        std::fs::write(self.folder.path().join("usage.csv"), text).unwrap();
    }

    /// Writes down that the job is due for October.
    async fn fall_due(&self) {
        let store = &self.engine.store;
        let cursor = Cursor {
            job: "monthly".into(),
            schedule: "s".into(),
            evaluated_until: at("2026-11-01T00:00:00Z"),
            promised: None,
        };
        store.register(vec![cursor.clone()]).await.unwrap();
        let advance = Advance {
            job: "monthly".into(),
            owner: vec![],
            from: cursor.evaluated_until,
            until: at(DUE),
            promised: None,
            occurrences: vec![NewOccurrence {
                nominal: at(DUE).naive_utc(),
                fold: 0,
                due_at: at(DUE),
                timezone: "UTC".into(),
                period: Some(Period::parse("2026-10", crate::period::Calendar::default()).unwrap()),
                closed: true,
                missed: None,
            }],
        };
        let desk = Arc::clone(&self.desk) as Arc<dyn Dispatch>;
        store.materialise(vec![advance], desk, at(DUE)).await.unwrap();
    }

    /// Moves the clock and lets workers do all that is due then; how many tickets there were.
    async fn work_at(&self, instant: &str) -> usize {
        self.clock.set(at(instant));
        let desk = Arc::clone(&self.desk) as Arc<dyn Dispatch>;
        self.engine
            .store
            .hand_out(desk, self.clock.now(), 100)
            .await
            .unwrap();
        let tickets = std::mem::take(&mut *self.desk.0.lock().unwrap());
        for ticket in &tickets {
            let stop = CancellationToken::new();
            work(&self.engine, ticket, &self.lanes, &self.leases, &stop)
                .await
                .unwrap();
        }
        tickets.len()
    }

    /// Every run, the oldest first: revision, state, and its run.
    async fn runs(&self) -> Vec<Run> {
        let mut runs = self.engine.store.runs(&RunFilter::default(), 100).await.unwrap();
        runs.sort_by_key(|run| run.revision);
        runs
    }

    async fn states(&self) -> Vec<(u32, RunState)> {
        self.runs()
            .await
            .iter()
            .map(|run| (run.revision, run.state))
            .collect()
    }

    /// What the owner hears, and has not heard yet.
    async fn news(&self) -> Vec<StoredNotice> {
        let (store, now) = (&self.engine.store, self.clock.now());
        store.gather_bulletins(now, now, now).await.unwrap();
        let mut news = Vec::new();
        while let Some(bulletin) = store.take_bulletin(now, TimeDelta::days(400)).await.unwrap() {
            news.extend(bulletin.notices);
        }
        news
    }

    fn dropped(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join("drop").join(name)).unwrap()
    }

    fn files(&self) -> Vec<String> {
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

fn plan(folder: &Path, more: &str) -> Plan {
    let text = CONFIGURATION.replace("MORE", more);
    let none = BTreeMap::new();
    config::load_text("reportwire.toml", &text, folder, &[], &none)
        .unwrap_or_else(|problems| panic!("{problems}"))
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn late_data_are_waited_for_go_out_provisional_and_then_final() {
    let shop = Shop::open(WAITS).await;
    shop.usage_to("2026-10-29");
    shop.fall_due().await;
    assert_eq!(shop.work_at(DUE).await, 1);
    assert_eq!(shop.states().await, [(1, RunState::Queued)]);
    assert!(
        !shop.runs().await[0].home.join("snapshot").exists(),
        "a look leaves nothing behind"
    );
    assert_eq!(
        shop.work_at("2026-11-02T06:14:59Z").await,
        0,
        "it looks every quarter of an hour"
    );
    assert_eq!(shop.work_at("2026-11-02T06:15:00Z").await, 1);
    let news = shop.news().await;
    assert_eq!(news.len(), 1, "told once: {news:?}");
    assert!(
        news[0].text.contains("`usage` reaches only to 2026-10-29"),
        "{news:?}"
    );

    // The job's patience is over.
    assert_eq!(shop.work_at("2026-11-02T08:00:00Z").await, 1);
    assert_eq!(
        shop.states().await,
        [(1, RunState::Delivered), (2, RunState::Queued)]
    );
    let csv = shop.dropped("monthly_2026-10.csv");
    assert!(
        csv.contains(",43.5,provisional,") && !csv.contains(",ok,"),
        "{csv}"
    );
    let notices = shop.runs().await[0].notices.join(" ");
    assert!(
        notices.contains("The data of usage reach only to 2026-10-29, and the period goes to 2026-10-31"),
        "{notices}"
    );

    assert_eq!(
        shop.work_at("2026-11-02T13:59:59Z").await,
        0,
        "then every six hours"
    );
    assert_eq!(shop.work_at("2026-11-02T14:00:00Z").await, 1);
    assert_eq!(shop.states().await[1], (2, RunState::Queued));
    shop.usage_to("2026-10-31");
    assert_eq!(shop.work_at("2026-11-02T20:00:00Z").await, 1);
    assert_eq!(
        shop.states().await,
        [(1, RunState::Delivered), (2, RunState::Delivered)]
    );
    let csv = shop.dropped("monthly_2026-10_r2.csv");
    assert!(csv.contains(",ok,") && !csv.contains("provisional"), "{csv}");
    assert!(!shop.runs().await[1].notices.join(" ").contains("provisional"));
    assert_eq!(
        shop.work_at("2027-01-01T00:00:00Z").await,
        0,
        "and that is the end of it"
    );
    assert!(shop.news().await.is_empty());
    assert!(
        crate::run::replay::replay(&shop.engine.store, &shop.runs().await[0].run_id)
            .await
            .unwrap()
            .identical()
    );
}

#[tokio::test]
async fn data_that_never_come_end_the_looking_and_the_owner_hears_once() {
    let shop = Shop::open(WAITS).await;
    shop.usage_to("2026-09-30");
    shop.fall_due().await;
    for instant in [DUE, "2026-11-02T08:00:00Z", "2026-12-03T07:59:00Z"] {
        assert_eq!(shop.work_at(instant).await, 1, "{instant}");
    }
    shop.news().await;
    assert_eq!(
        shop.states().await,
        [(1, RunState::Delivered), (2, RunState::Queued)]
    );
    // A source that cannot be had at one look is no reason to stop looking; at the last it is.
    std::fs::remove_file(shop.folder.path().join("usage.csv")).unwrap();
    assert_eq!(shop.work_at("2026-12-03T08:00:00Z").await, 1);
    assert_eq!(shop.states().await[1], (2, RunState::Failed));
    let news = shop.news().await;
    assert_eq!(news.len(), 1, "{news:?}");
    assert_eq!(shop.work_at("2027-12-01T00:00:00Z").await, 0);
    assert_eq!(shop.files().len(), 2, "the provisional one and its manifest");
}

#[tokio::test]
async fn a_look_that_fails_is_made_again_and_the_last_one_says_what_is_missing() {
    let shop = Shop::open(WAITS).await;
    shop.usage_to("2026-10-30");
    shop.fall_due().await;
    shop.work_at(DUE).await;
    shop.work_at("2026-11-02T08:00:00Z").await;
    std::fs::remove_file(shop.folder.path().join("usage.csv")).unwrap();
    shop.work_at("2026-11-02T14:00:00Z").await;
    assert_eq!(shop.states().await[1], (2, RunState::Queued));
    shop.usage_to("2026-10-30");
    shop.news().await;
    assert_eq!(shop.work_at("2026-12-10T00:00:00Z").await, 1);
    assert_eq!(shop.states().await[1], (2, RunState::Failed));
    let (run, news) = (shop.runs().await.remove(1), shop.news().await);
    let said = run.error.unwrap();
    assert!(
        said.contains("never came: `usage` reaches only to 2026-10-30"),
        "{said}"
    );
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(
        news[0].text.contains("`reportwire run monthly --period 2026-10`"),
        "{news:?}"
    );
}

#[tokio::test]
async fn who_makes_a_newer_revision_by_hand_needs_no_second_one() {
    let shop = Shop::open(WAITS).await;
    shop.usage_to("2026-10-30");
    shop.fall_due().await;
    shop.work_at(DUE).await;
    shop.work_at("2026-11-02T08:00:00Z").await;
    shop.usage_to("2026-10-31");
    let request = crate::run::RunRequest {
        job: "monthly".into(),
        period: Some("2026-10".into()),
        ..crate::run::RunRequest::default()
    };
    crate::run::perform::run(&shop.engine, &request, &Silent)
        .await
        .unwrap();
    shop.work_at("2026-11-02T14:00:00Z").await;
    assert_eq!(
        shop.states().await,
        [
            (1, RunState::Delivered),
            (2, RunState::Failed),
            (3, RunState::Delivered)
        ]
    );
    assert!(
        shop.runs().await[1]
            .error
            .as_ref()
            .unwrap()
            .contains("revision 3 went out")
    );
    assert!(
        !shop.files().iter().any(|name| name.contains("_r2")),
        "{:?}",
        shop.files()
    );
    assert!(
        shop.news()
            .await
            .iter()
            .all(|notice| notice.text.starts_with("The report waits"))
    );
}

/// A gate against a cost that is half as much again, or more.
const GATED: &str = "gates = { max_change = 50, norm = 2 }";

impl Shop {
    /// Runs by hand for a period.
    async fn run(&self, period: &str) -> Run {
        let request = crate::run::RunRequest {
            job: "monthly".into(),
            period: Some(period.into()),
            ..crate::run::RunRequest::default()
        };
        let outcome = crate::run::perform::run(&self.engine, &request, &Silent).await;
        outcome.unwrap().run
    }

    /// Has two normal months, and one that costs ten times as much and is due.
    async fn with_a_leap() -> Self {
        let shop = Self::open(GATED).await;
        shop.usage("2026-10-31", "1.50");
        for month in ["2026-08", "2026-09"] {
            shop.run(month).await;
        }
        shop.usage("2026-10-31", "15.00");
        shop.fall_due().await;
        shop
    }

    async fn october(&self) -> Vec<Run> {
        let mut runs = self.runs().await;
        runs.retain(|run| run.period_id == "2026-10");
        runs
    }
}

#[tokio::test]
async fn a_held_run_stays_held_over_restarts_and_its_release_sends_exactly_what_was_frozen() {
    let shop = Shop::with_a_leap().await;
    let before = shop.files();
    assert_eq!(shop.work_at(DUE).await, 1);
    let held = shop.october().await.remove(0);
    assert_eq!(held.state, RunState::Held);
    assert!(
        held.held[0].contains("`max_change` allows 50 %"),
        "{:?}",
        held.held
    );
    let (news, id) = (shop.news().await, held.run_id.clone());
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(
        news[0].text.contains(&format!("`reportwire approve {id}`")),
        "{news:?}"
    );
    let frozen: Vec<String> = shop.hashes(&id).await;

    let shop = shop.restarted().await;
    for instant in [
        "2026-11-02T06:00:01Z",
        "2026-11-09T00:00:00Z",
        "2030-01-01T00:00:00Z",
    ] {
        assert_eq!(shop.work_at(instant).await, 0, "{instant}");
    }
    assert_eq!(
        (shop.files(), shop.october().await[0].state),
        (before, RunState::Held)
    );

    let store = &shop.engine.store;
    store.approve(&id, shop.clock.now()).await.unwrap();
    assert_eq!(shop.work_at("2030-01-01T00:00:01Z").await, 1);
    assert_eq!(shop.october().await[0].state, RunState::Delivered);
    assert_eq!(shop.hashes(&id).await, frozen);
    for row in store.deliveries(&id).await.unwrap() {
        let bytes = std::fs::read(shop.folder.path().join("drop").join(&row.recipient)).unwrap();
        assert_eq!(crate::source::snapshot::hex_sha256(&bytes), row.sha256);
    }
    let again = store.approve(&id, shop.clock.now()).await.unwrap_err();
    assert!(matches!(again, StoreError::NotHeld { .. }), "{again}");
}

#[tokio::test]
async fn a_newer_revision_that_went_out_keeps_the_older_from_being_released() {
    let shop = Shop::with_a_leap().await;
    shop.work_at(DUE).await;
    let first = shop.october().await.remove(0);
    let second = shop.run("2026-10").await;
    assert_eq!((second.revision, second.state), (2, RunState::Held));
    shop.usage("2026-10-31", "1.60");
    let third = shop.run("2026-10").await;
    assert_eq!((third.revision, third.state), (3, RunState::Delivered));
    let (store, files) = (&shop.engine.store, shop.files());
    for held in [&first, &second] {
        let error = store.approve(&held.run_id, shop.clock.now()).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Overtaken { revision: 3, .. }),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains("`reportwire run monthly --period 2026-10`"),
            "{error}"
        );
    }
    assert_eq!(shop.work_at("2026-11-03T00:00:00Z").await, 0);
    assert_eq!(shop.files(), files);
    assert!(store.audits(&first.run_id).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_gate_holds_on_the_path_of_a_scheduled_run() {
    for (gates, says) in [
        ("gates = { min_rows = 1000 }", "`min_rows` expects at least 1000"),
        ("gates = { complete = true }", "`complete` expects every source"),
    ] {
        let shop = Shop::open(gates).await;
        // October is not there at all: no row, no figure.
        shop.usage_to("2026-09-30");
        shop.fall_due().await;
        shop.work_at(DUE).await;
        let run = shop.october().await.remove(0);
        assert_eq!(run.state, RunState::Held, "{gates}: {:?}", run.error);
        assert!(run.held[0].contains(says), "{:?}", run.held);
        assert!(shop.files().is_empty());
    }
}

impl Shop {
    async fn hashes(&self, run_id: &str) -> Vec<String> {
        let artifacts = self.engine.store.artifacts(run_id).await.unwrap();
        artifacts.into_iter().map(|artifact| artifact.sha256).collect()
    }

    /// The same folder and clock in the hands of another process.
    async fn restarted(self) -> Self {
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

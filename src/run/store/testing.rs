//! What the tests of the store and of its users share.

use super::db::{Tx, work};
use super::{Advance, Cursor, Freeze, NewOccurrence, NewRun, Pool, Run, Store, StoreError, Ticket, Trigger};
use crate::delivery::Parcel;
use crate::period::{Calendar, PeriodRule};
use crate::render::Artifact;
use crate::run::dispatch::Dispatch;
use crate::run::state::RunState;
use crate::source::snapshot::hex_sha256;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

#[expect(unreachable_pub, dead_code, reason = "shared by several crates of tests")]
#[path = "../../../tests/support/postgres.rs"]
mod postgres;
pub(crate) use postgres::Postgres;

/// Lists proofs that hold on both databases: each becomes a test for one and a test for the other.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        mod on_sqlite {
            use $crate::run::store::testing::On;
            $($(#[$meta])* #[tokio::test] async fn $name() { super::$name(On::Sqlite).await; })*
        }
        mod on_postgres {
            use $crate::run::store::testing::On;
            $($(#[$meta])* #[tokio::test] async fn $name() { super::$name(On::Postgres).await; })*
        }
    };
}
pub(crate) use on_both_databases;

/// The database that a proof is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// A data folder and its database, new and empty.
pub(crate) struct Place {
    dir: tempfile::TempDir,
    url: Option<String>,
}

impl Place {
    pub(crate) async fn new(on: On) -> Self {
        let url = match on {
            On::Sqlite => None,
            On::Postgres => Some(Postgres::shared().fresh_database().await),
        };
        Self::at(url)
    }

    pub(crate) fn at(url: Option<String>) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            url,
        }
    }

    /// Where its database is; none: in its folder.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    pub(crate) fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// The store, as this process opens it.
    pub(crate) async fn store(&self) -> Store {
        match &self.url {
            None => Store::open(self.dir.path()).await.unwrap(),
            Some(url) => Store::connect(url, self.dir.path()).await.unwrap(),
        }
    }

    /// The store, as another process opens it.
    pub(crate) async fn store_of(&self, owner: &str) -> Store {
        let mut store = self.store().await;
        owner.clone_into(&mut store.owner);
        store
    }
}

/// A new store.
pub(crate) async fn store(on: On) -> (Place, Store) {
    let place = Place::new(on).await;
    let store = place.store().await;
    (place, store)
}

/// Runs a statement of a test.
pub(crate) async fn execute(store: &Store, sql: &'static str) -> u64 {
    let work = work(move |tx| async move { tx.execute(sql, vec![]).await }.boxed());
    store.db.transaction(work).await.unwrap()
}

/// The one number that a query of a test answers as `n`.
pub(crate) async fn number(store: &Store, sql: &'static str) -> i64 {
    let work = work(move |tx| async move { tx.number(sql, vec![]).await }.boxed());
    store.db.transaction(work).await.unwrap()
}

/// Takes PostgreSQL away: every call to it fails from now on.
pub(crate) async fn take_away(store: &Store) {
    if let Pool::Postgres(pool) = store.pool() {
        pool.close().await;
    }
}

/// Lets the lease of every run be over: time alone decides that, and PostgreSQL's clock is nobody's to set.
pub(crate) async fn outlive_leases(store: &Store) {
    execute(
        store,
        "UPDATE runs SET lease_until = '2020-01-01T00:00:00.000000Z' WHERE lease_until IS NOT NULL",
    )
    .await;
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn noon() -> DateTime<Utc> {
    at("2026-11-02T12:00:00Z")
}

pub(crate) fn new_run(trigger: Trigger) -> NewRun {
    NewRun {
        job: "monthly".into(),
        period_id: "2026-10".into(),
        period_start: "2026-10-01".parse().unwrap(),
        period_end: "2026-10-31".parse().unwrap(),
        timezone: "Europe/Madrid".into(),
        trigger,
        as_of: None,
        recipe: "{}".into(),
        created_at: noon(),
    }
}

pub(crate) fn artifact(name: &str, bytes: &str) -> Artifact {
    Artifact {
        name: name.into(),
        media_type: "text/csv; charset=utf-8".into(),
        bytes: Bytes::copy_from_slice(bytes.as_bytes()),
        sha256: hex_sha256(bytes.as_bytes()),
        rows: Some(1),
    }
}

pub(crate) fn parcel(recipient: &str, content: &str) -> Parcel {
    Parcel {
        key: hex_sha256(recipient.as_bytes()),
        recipient: recipient.into(),
        place: Some("/drop".into()),
        content: Bytes::copy_from_slice(content.as_bytes()),
        sha256: hex_sha256(content.as_bytes()),
    }
}

/// Walks a new run to `checked`.
pub(crate) async fn checked(store: &Store) -> Run {
    use RunState::{Checked, Fetching, Queued, Rendered, Snapshotted};
    let run = store.begin(&new_run(Trigger::Manual)).await.unwrap();
    for (from, to) in [
        (Queued, Fetching),
        (Fetching, Snapshotted),
        (Snapshotted, Rendered),
        (Rendered, Checked),
    ] {
        store.advance(&run.run_id, run.fence, from, to).await.unwrap();
    }
    store.run(&run.run_id).await.unwrap()
}

/// A frozen run with one artifact and these deliveries and recipients.
pub(crate) async fn frozen(store: &Store, deliveries: &[(&str, &[&str])]) -> Run {
    freeze(store, &checked(store).await, deliveries).await
}

/// Freezes a run that is `checked`. Only what is called `drop` goes into a folder.
pub(crate) async fn freeze(store: &Store, run: &Run, deliveries: &[(&str, &[&str])]) -> Run {
    let dir = run.snapshot_dir.join("globant");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("answers.jsonl"), "{}\n").unwrap();
    let parcels: Vec<(String, Vec<Parcel>)> = deliveries
        .iter()
        .map(|(name, recipients)| {
            let place = if *name == "drop" { "/drop" } else { "there" };
            let parcels = recipients.iter().map(|to| Parcel {
                place: Some(place.into()),
                ..parcel(to, &format!("for {to}"))
            });
            ((*name).to_owned(), parcels.collect())
        })
        .collect();
    let freeze = Freeze {
        artifacts: &[artifact("monthly_2026-10.csv", "a,b\r\n")],
        parcels: &parcels,
        notices: &["one day is missing".into()],
        generated_at: noon(),
        held: &[],
        measured: None,
    };
    store.freeze(run, freeze, vec![], noon()).await.unwrap();
    store.run(&run.run_id).await.unwrap()
}

/// The full number of cases where `REPORTWIRE_TORTURE` is set, else as many as a build has patience for.
pub(crate) fn cases(full: usize, reduced: usize) -> usize {
    if std::env::var_os("REPORTWIRE_TORTURE").is_some() {
        full
    } else {
        reduced
    }
}

/// Takes every ticket, and begins nothing.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) tickets: Mutex<Vec<Ticket>>,
    pub(crate) fails: AtomicBool,
}

#[async_trait::async_trait]
impl Dispatch for Recorder {
    async fn enqueue(&self, tx: &mut Tx<'_>, tickets: &[Ticket]) -> Result<(), StoreError> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(tx.trouble("the queue is away"));
        }
        self.tickets.lock().unwrap().extend_from_slice(tickets);
        Ok(())
    }
}

impl Recorder {
    pub(crate) fn taken(&self) -> Vec<Ticket> {
        std::mem::take(&mut self.tickets.lock().unwrap())
    }
}

/// An occurrence of a job, due at this instant (UTC), for the day before.
pub(crate) fn occurrence(due_at: &str) -> NewOccurrence {
    let due_at = at(due_at);
    let period = PeriodRule::PreviousDay.resolve(due_at.date_naive(), Calendar::default());
    NewOccurrence {
        nominal: due_at.naive_utc(),
        fold: 0,
        due_at,
        timezone: "UTC".into(),
        period,
        closed: true,
        missed: None,
    }
}

/// What has fallen due of a job that was never written down before `from`.
pub(crate) fn advance(job: &str, from: &str, occurrences: Vec<NewOccurrence>) -> Advance {
    Advance {
        job: job.into(),
        owner: vec!["finops@example.com".into()],
        from: at(from),
        until: occurrences.last().map_or(at(from), |last| last.due_at),
        promised: None,
        occurrences,
    }
}

pub(crate) fn cursor(job: &str, evaluated_until: &str) -> Cursor {
    Cursor {
        job: job.into(),
        schedule: "daily".into(),
        evaluated_until: at(evaluated_until),
        promised: None,
    }
}

/// A scheduled run that nobody has begun, as its ticket.
pub(crate) async fn scheduled(store: &Store) -> Ticket {
    let recorder = Arc::new(Recorder::default());
    schedule_one(store, recorder.clone()).await;
    recorder.taken().remove(0)
}

/// A scheduled run that nobody has begun, its ticket queued.
pub(crate) async fn schedule_one(store: &Store, dispatch: Arc<dyn Dispatch>) {
    store
        .register(vec![cursor("daily", "2026-11-01T00:00:00Z")])
        .await
        .unwrap();
    let due = advance(
        "daily",
        "2026-11-01T00:00:00Z",
        vec![occurrence("2026-11-02T07:00:00Z")],
    );
    store.materialise(vec![due], dispatch, noon()).await.unwrap();
}

/// Queues tickets in a transaction that is committed, or taken back.
pub(crate) async fn enqueue(
    store: &Store,
    dispatch: Arc<dyn Dispatch>,
    tickets: Vec<Ticket>,
    commits: bool,
) -> Result<(), StoreError> {
    let work = work(move |tx| {
        async move {
            dispatch.enqueue(tx, &tickets).await?;
            commits.then_some(()).ok_or_else(|| tx.trouble("taken back"))
        }
        .boxed()
    });
    store.db.transaction(work).await
}

/// Queues tickets of runs that are new.
pub(crate) async fn enqueue_new(store: &Store, dispatch: Arc<dyn Dispatch>, tickets: Vec<Ticket>) {
    let work = work(move |tx| async move { dispatch.enqueue_new(tx, &tickets).await }.boxed());
    store.db.transaction(work).await.unwrap();
}

/// The texts that a query of a test answers as `t`, those of one job.
pub(crate) async fn texts(store: &Store, sql: &'static str, job: &str) -> Vec<String> {
    let values = super::db::values![job];
    let work = work(move |tx| {
        async move {
            let rows = tx.rows(sql, values).await?;
            let texts = rows.iter().map(|row| row.get::<Option<String>>("t"));
            Ok(texts
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .collect())
        }
        .boxed()
    });
    store.db.transaction(work).await.unwrap()
}

//! Several services on one database: whoever was stopped for too long has lost its runs, and can write nothing more to them.

use crate::books::{Job, balance, day_before};
use crate::oracle::Rule;
use crate::scenario::{Stage, begins, jobs, started, works};
use crate::service::Service;
use crate::world::{Base, World, tail};
use crate::{Dice, trials};
use chrono::{NaiveTime, TimeDelta};
use futures::StreamExt as _;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// How long a process that says nothing keeps a run here.
const LEASE_MILLIS: &str = "1000";
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a worker is stopped while another takes over, with the hit: outside of every transaction.
const STANDS_AT: [&str; 12] = [
    "taken",
    "prescribed",
    "to_fetching",
    "snapshot_written",
    "to_snapshotted",
    "to_rendered",
    "to_checked",
    "freezing_rows",
    "frozen",
    "permitted",
    "answered",
    "concluding",
];

/// What a process says that finds its run in other hands, when it wants to write to it or to keep it; or its connection gone, which
/// the database ends where a transaction stands still.
const LOST: [&str; 2] = [
    "the run went into other hands; what was done here is thrown away",
    "the work could not be written down; it is taken up again",
];

async fn hears_of_it(first: &Service) {
    let since = Instant::now();
    while LOST.iter().all(|said| first.events(said).is_empty()) {
        assert!(since.elapsed() < PATIENCE, "it writes on\n{}", tail(first));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A worker stands at a point until another has finished everything, then goes on.
async fn stand(point: &str, nth: u64) {
    let stage = Stage::Work;
    let mut world = started(Base::Postgres, stage).await;
    world.lease_millis = Some(LEASE_MILLIS);
    world.set_clock(works());
    let mut first = world.launch().stop_at(point, nth).start();
    first.wait_stopped();
    let mut second = world.launch().start();
    assert_eq!(world.settle(&mut second).await, None);
    first.cont();
    // It hears at its next write, or when it says that it is still at work.
    hears_of_it(&first).await;
    assert_eq!(world.settle(&mut first).await, None);
    for service in [&mut first, &mut second] {
        service.term();
        assert_eq!(service.wait_exit(PATIENCE).code(), Some(0), "{}", tail(service));
    }
    balance(&mut world, &jobs(stage), begins()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_worker_that_was_stopped_for_too_long_commits_nothing_more() {
    let count = trials(STANDS_AT.len(), 500);
    let mut stood = futures::stream::iter(0..count)
        .map(|trial| async move {
            let point = STANDS_AT[trial % STANDS_AT.len()];
            let nth = 1 + u64::try_from(trial / STANDS_AT.len() % 3).unwrap();
            (point, nth, tokio::spawn(stand(point, nth)).await)
        })
        .buffer_unordered(3);
    let mut failed = Vec::new();
    while let Some((point, nth, outcome)) = stood.next().await {
        if let Err(panic) = outcome {
            failed.push(format!("{point}:{nth}: {}", crate::said(panic)));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {count} failed\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

/// So many jobs that fall due at one minute, each with a parcel for the hook.
fn crowd(size: usize) -> (String, Vec<Job>) {
    let (mut text, mut jobs) = (String::new(), Vec::new());
    for at in 0..size {
        let name: &'static str = format!("crowd-{at}").leak();
        write!(
            text,
            "[jobs.{name}]\nschedule = \"0 9 * * *\"\nsources = [\"usage\"]\nperiod = \"previous_day\"\nformats = [\"csv\"]\n\
             deliveries = [\"hook\"]\n[jobs.{name}.report.full]\n"
        )
        .unwrap();
        jobs.push(Job {
            name,
            rule: Rule::Daily(NaiveTime::from_hms_opt(9, 0, 0).unwrap()),
            period: Some(day_before),
            parcels: &[("hook", 1)],
            fails: false,
            may_be_unknown: true,
        });
    }
    (text, jobs)
}

/// Three replicas, a crowd of jobs, and somebody who kills and stops whomever the dice choose whenever some more is done.
async fn replicas(seed: u64, size: usize, disturbances: usize) {
    let mut dice = Dice::of(seed);
    let (text, jobs) = crowd(size);
    let begins = "2026-11-02T07:59:50Z".parse().unwrap();
    let mut world = World::new(Base::Postgres, begins, &text).await;
    world.lease_millis = Some(LEASE_MILLIS);
    let mut replicas: Vec<Service> = (0..3).map(|_| world.launch().start()).collect();
    for replica in &mut replicas {
        replica.wait_for("serving");
    }
    world.set_clock(begins + TimeDelta::seconds(11));
    for disturbance in 1..=disturbances {
        wait_for_runs(&mut world, size * disturbance / (disturbances + 1), &replicas).await;
        let victim = usize::try_from(dice.below(3)).unwrap();
        if dice.below(2) == 0 {
            replicas[victim].kill();
            replicas[victim] = world.launch().start();
        } else {
            replicas[victim].stop();
            wait_for_the_end_of_leases(&mut world, replicas[victim].id()).await;
            replicas[victim].cont();
        }
    }
    assert_eq!(world.settle(&mut replicas[0]).await, None, "seed {seed}");
    for replica in &mut replicas {
        replica.term();
        assert_eq!(
            replica.wait_exit(PATIENCE).code(),
            Some(0),
            "seed {seed}\n{}",
            tail(replica)
        );
    }
    let twice = "SELECT CAST(delivery_id AS TEXT) FROM attempts WHERE outcome = 'acked' GROUP BY delivery_id HAVING count(*) > 1";
    assert_eq!(
        world.rows().await.ask::<1>(twice).await,
        [] as [[String; 1]; 0],
        "seed {seed}: two committed results"
    );
    let tally = balance(&mut world, &jobs, begins).await;
    assert_eq!(tally.occurrences, size, "seed {seed}");
    crate::tell(&format!(
        "3 replicas, {size} occurrences, {disturbances} disturbances, seed {seed}: {tally:?}"
    ));
}

/// Waits until so many runs have ended. A second is half a minute here: what a killed process was handed is handed out again
/// after a minute.
async fn wait_for_runs(world: &mut World, count: usize, replicas: &[Service]) {
    let (since, begun) = (Instant::now(), world.now);
    loop {
        let sql = "SELECT CAST(count(*) AS TEXT) FROM runs WHERE state IN ('delivered', 'failed')";
        let [[done]] = world.rows().await.ask::<1>(sql).await.try_into().unwrap();
        if done.parse::<usize>().unwrap() >= count {
            return;
        }
        assert!(
            since.elapsed() < PATIENCE,
            "{done} of {count} runs\n{}",
            tail(&replicas[0])
        );
        world.set_clock(begun + TimeDelta::from_std(since.elapsed() * 30).unwrap());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until nothing is leased any more to a process that stands.
async fn wait_for_the_end_of_leases(world: &mut World, process: u32) {
    let sql = format!(
        "SELECT run_id FROM runs WHERE owner LIKE '%/{process}/%' \
         AND lease_until > to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    );
    let since = Instant::now();
    while !world.rows().await.ask::<1>(&sql).await.is_empty() {
        assert!(since.elapsed() < PATIENCE, "leases of a process that stands");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn three_replicas_of_which_any_dies_or_stands_do_everything_once() {
    if trials(0, 1) == 1 {
        replicas(1, 10_000, 600).await;
    } else {
        replicas(1, 150, 6).await;
    }
}

//! Told to stop at any instant: it ends well and in time, and who comes next goes on at once.

use crate::Dice;
use crate::books::balance;
use crate::points::passed_by;
use crate::scenario::{Stage, begins, bring_to, jobs};
use crate::trials;
use crate::world::{Base, tail};
use futures::StreamExt as _;
use std::time::{Duration, Instant};

/// As `service.stop_within`, and a little.
const STOPS_WITHIN: Duration = Duration::from_secs(32);
/// The next one has taken over by then.
const TAKES_OVER_WITHIN: Duration = Duration::from_secs(5);

/// SIGTERM reaches the service at the n-th hit of a point.
async fn stop(base: Base, point: &str, nth: u64) {
    let mut world = bring_to(base, Stage::Work).await;
    // One run at a time, so that others wait for their lane.
    let launch = || world.launch().env("REPORTWIRE__SERVICE__RUNS_AT_ONCE", "1");
    let mut service = launch().stop_at(point, nth).start();
    service.wait_for("serving");
    service.wait_stopped();
    service.term();
    service.cont();
    let ended = service.wait_exit(STOPS_WITHIN);
    assert_eq!(ended.code(), Some(0), "{}", tail(&service));
    let held = "SELECT run_id, state, owner FROM runs WHERE lease_until IS NOT NULL AND finished_at IS NULL";
    assert_eq!(
        world.rows().await.ask::<3>(held).await,
        [] as [[String; 3]; 0],
        "given back"
    );
    let mut next = world
        .launch()
        .env("REPORTWIRE__SERVICE__RUNS_AT_ONCE", "1")
        .start();
    next.wait_for("serving");
    // Whatever can be done without waiting for a far end's time is begun while the clock stands still.
    let since = Instant::now();
    let left = "SELECT run_id, state, dispatched_at FROM runs WHERE state IN ('queued', 'fetching', 'snapshotted', 'rendered', 'checked', 'frozen')";
    loop {
        let left = world.rows().await.ask::<3>(left).await;
        let written = "SELECT job FROM occurrences";
        if left.is_empty() && !world.rows().await.ask::<1>(written).await.is_empty() {
            break;
        }
        assert!(
            since.elapsed() < TAKES_OVER_WITHIN,
            "not taken over: {left:?}\n{}",
            tail(&next)
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(world.settle(&mut next).await, None);
    next.kill();
    balance(&mut world, &jobs(Stage::Work), begins()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn told_to_stop_at_any_instant_it_ends_well_and_the_next_one_goes_on_at_once() {
    const SEED: u64 = 23;
    // What is passed before it serves is before it listens to signals, too.
    let points = passed_by(Base::Sqlite, Stage::Work).await;
    let points: Vec<(String, u64)> = points
        .into_iter()
        .filter(|(point, _)| !crate::points::is_of_start(point))
        // Leases beat with time, which another course may not give them.
        .filter(|(point, _)| !point.starts_with("lease_"))
        .collect();
    let mut dice = Dice::of(SEED);
    let chosen: Vec<(Base, String, u64)> = (0..trials(20, 200))
        .map(|trial| {
            let (point, hits) = &points[usize::try_from(dice.below(points.len() as u64)).unwrap()];
            let base = if trial % 5 == 4 {
                Base::Postgres
            } else {
                Base::Sqlite
            };
            // The later hits may not come where another course is taken.
            (base, point.clone(), 1 + dice.below(hits.div_ceil(2)))
        })
        .collect();
    let mut stopped = futures::stream::iter(chosen)
        .map(|(base, point, nth)| async move {
            let told = format!("{base:?} {point}:{nth}");
            (
                told,
                tokio::spawn(async move { stop(base, &point, nth).await }).await,
            )
        })
        .buffer_unordered(4);
    let mut failed = Vec::new();
    while let Some((told, outcome)) = stopped.next().await {
        if let Err(panic) = outcome {
            failed.push(format!("{told}: {}", crate::said(panic)));
        }
    }
    assert!(
        failed.is_empty(),
        "seed {SEED}: {} failed\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

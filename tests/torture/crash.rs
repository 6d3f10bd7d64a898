//! The kill matrix: the service ends at the n-th hit of a point, is started again, and the books balance.

use crate::books::{Tally, balance};
use crate::points::passed;
use crate::scenario::{Stage, begins, bring_to, finish, jobs, live};
use crate::trials;
use crate::world::Base;
use futures::StreamExt as _;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;

/// How many worlds are destroyed at once.
const AT_ONCE: usize = 6;

/// One kill.
#[derive(Debug, Clone)]
struct Trial {
    base: Base,
    stage: Stage,
    point: String,
    nth: u64,
}

/// What came of it: whether the point was reached, and the books.
async fn destroy(trial: Trial) -> (bool, Tally) {
    let Trial {
        base,
        stage,
        point,
        nth,
    } = trial;
    let mut world = bring_to(base, stage).await;
    let killed = live(&mut world, stage, Some((&point, nth)), None).await;
    // A life may take another course than the one that was counted; it is killed then when all is quiet.
    let reached = killed.is_some_and(|status| status.signal() == Some(6));
    finish(&mut world, stage).await;
    (reached, balance(&mut world, &jobs(stage), begins()).await)
}

/// `kills` trials over all points, spread over each point's hits.
fn matrix(base: Base, passed: &BTreeMap<String, (Stage, u64)>, kills: usize) -> Vec<Trial> {
    let points: Vec<(&String, &(Stage, u64))> = passed.iter().collect();
    let spread = |at: usize| {
        // With fewer kills than points every third or so is taken, and the next time round its next hit.
        let step = points.len().div_ceil(kills).max(1);
        let (point, (stage, hits)) = points[at * step % points.len()];
        let round = u64::try_from(at * step / points.len()).unwrap();
        let rounds = u64::try_from(kills.div_ceil(points.len())).unwrap();
        // The first hit, the last one, and those in between.
        let nth = 1 + if rounds < 2 {
            hits / 2
        } else {
            round * (hits - 1) / (rounds - 1)
        };
        Trial {
            base,
            stage: *stage,
            point: point.clone(),
            nth: nth.min(*hits),
        }
    };
    (0..kills).map(spread).collect()
}

async fn destroy_all(base: Base, kills: usize) {
    let trials = matrix(base, &passed(base).await, kills);
    let mut outcomes = futures::stream::iter(trials)
        .map(|trial| async move { (trial.clone(), tokio::spawn(destroy(trial)).await) })
        .buffer_unordered(AT_ONCE);
    let (mut done, mut reached, mut copies, mut failed) = (0, 0, 0, Vec::new());
    while let Some((trial, outcome)) = outcomes.next().await {
        done += 1;
        match outcome {
            Ok((there, tally)) => {
                reached += usize::from(there);
                copies += tally.copies;
            }
            Err(panic) => {
                failed.push(format!("{trial:?}: {}", crate::said(panic)));
            }
        }
    }
    let told = format!(
        "{base:?}: {done} kills, {reached} at their point, {copies} copies, {} failed",
        failed.len()
    );
    crate::tell(&told);
    assert!(failed.is_empty(), "{told}\n{}", failed.join("\n\n"));
    assert!(
        reached * 10 >= done * 8,
        "{told}\ntoo few ended where they should"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_kill_at_any_point_loses_nothing_and_doubles_nothing_in_silence_on_sqlite() {
    destroy_all(Base::Sqlite, trials(140, 1000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_kill_at_any_point_loses_nothing_and_doubles_nothing_in_silence_on_postgres() {
    destroy_all(Base::Postgres, trials(25, 1000)).await;
}

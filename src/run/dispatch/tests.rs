//! River hands out what is committed, once, and what a killed process had in its hands as well.

use super::*;
use crate::run::state::RunState;
use crate::run::store::testing::{
    On, Place, enqueue, enqueue_new, noon, number, on_both_databases, outlive_leases, schedule_one, store,
};
use std::collections::BTreeSet;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

on_both_databases! {
    what_was_taken_back_is_not_worked_and_what_is_queued_twice_is_worked_once,
    five_thousand_tickets_of_one_second_are_all_worked,
    tickets_that_fall_due_together_share_jobs_and_not_a_fate,
    no_more_tickets_are_worked_at_once_than_there_are_hands_and_in_their_order,
    the_next_process_works_what_a_killed_one_had_in_its_hands,
    a_first_attempt_that_ends_late_commits_nothing_while_the_second_runs,
}

const QUEUED: &str = "SELECT count(*) AS n FROM river_job";

fn ticket(n: u32) -> Ticket {
    Ticket {
        run_id: format!("run-{n}"),
        fence: 0,
        fetches: None,
    }
}

/// A River whose workers tell which tickets they are handed.
async fn river(store: &Store) -> (Arc<River>, UnboundedReceiver<Ticket>) {
    let (seen, tickets) = unbounded_channel();
    let work: Work = Arc::new(move |ticket| {
        let seen = seen.clone();
        Box::pin(async move { seen.send(ticket).unwrap() })
    });
    (Arc::new(River::open(store, 100, work).await.unwrap()), tickets)
}

async fn next(tickets: &mut UnboundedReceiver<Ticket>) -> Ticket {
    let next = tokio::time::timeout(Duration::from_mins(1), tickets.recv());
    next.await.expect("a ticket is worked within a minute").unwrap()
}

async fn what_was_taken_back_is_not_worked_and_what_is_queued_twice_is_worked_once(on: On) {
    let (_place, store) = store(on).await;
    let (river, mut tickets) = river(&store).await;
    enqueue(&store, river.clone(), vec![ticket(1)], false)
        .await
        .unwrap_err();
    let twice = vec![ticket(2), ticket(2)];
    enqueue(&store, river.clone(), twice.clone(), true).await.unwrap();
    enqueue(&store, river.clone(), twice, true).await.unwrap();
    assert_eq!(number(&store, QUEUED).await, 1);
    let mut working = river.start(&store).unwrap();
    assert_eq!(next(&mut tickets).await, ticket(2));
    enqueue(&store, river.clone(), vec![ticket(1)], false)
        .await
        .unwrap_err();
    enqueue(&store, river.clone(), vec![ticket(3)], true)
        .await
        .unwrap();
    assert_eq!(next(&mut tickets).await, ticket(3));
    working.stop().await.unwrap();
    assert!(tickets.try_recv().is_err());
    assert_eq!(number(&store, QUEUED).await, 2);
}

async fn five_thousand_tickets_of_one_second_are_all_worked(on: On) {
    let (_place, store) = store(on).await;
    let (river, mut tickets) = river(&store).await;
    let mut working = river.start(&store).unwrap();
    for first in (1..5000).step_by(500) {
        let batch = (first..first + 500).map(ticket).collect();
        enqueue(&store, river.clone(), batch, true).await.unwrap();
    }
    let mut worked = BTreeSet::new();
    for _ in 0..5000 {
        worked.insert(next(&mut tickets).await.run_id);
    }
    working.stop().await.unwrap();
    assert_eq!(worked.len(), 5000);
    assert!(tickets.try_recv().is_err(), "each once");
}

/// The first hangs until it is let go and the second panics; neither costs the others anything.
async fn tickets_that_fall_due_together_share_jobs_and_not_a_fate(on: On) {
    let (_place, store) = store(on).await;
    let (seen, mut tickets) = unbounded_channel();
    let go = Arc::new(tokio::sync::Semaphore::new(0));
    let gate = Arc::clone(&go);
    let work: Work = Arc::new(move |it| {
        let (seen, gate) = (seen.clone(), Arc::clone(&gate));
        Box::pin(async move {
            if it == ticket(1) {
                gate.acquire().await.unwrap().forget();
            }
            assert_ne!(it, ticket(2), "a defect of one run");
            seen.send(it).unwrap();
        })
    });
    let river = Arc::new(River::open(&store, 100, work).await.unwrap());
    enqueue_new(&store, river.clone(), (1..=40).map(ticket).collect()).await;
    let jobs = if on == On::Sqlite { 2 } else { 40 };
    assert_eq!(number(&store, QUEUED).await, jobs);
    let mut working = river.start(&store).unwrap();
    let mut worked = BTreeSet::new();
    for _ in 3..=40 {
        worked.insert(next(&mut tickets).await.run_id);
    }
    assert_eq!(worked.len(), 38);
    // Handed out again while it is in these hands, it is not worked a second time.
    enqueue(&store, river.clone(), vec![ticket(1), ticket(41)], true)
        .await
        .unwrap();
    assert_eq!(next(&mut tickets).await, ticket(41));
    // Where others could have it sooner, it waits for them behind the job that it is in.
    let more = if on == On::Sqlite { 1 } else { 2 };
    assert_eq!(number(&store, QUEUED).await, jobs + more);
    go.add_permits(2);
    assert_eq!(next(&mut tickets).await, ticket(1));
    working.stop().await.unwrap();
    assert!(tickets.try_recv().is_err(), "each once");
    let unfinished = "SELECT count(*) AS n FROM river_job WHERE state <> 'completed'";
    assert_eq!(number(&store, unfinished).await, 0);
}

/// Forty tickets, of which each is worked until the test lets one go.
async fn no_more_tickets_are_worked_at_once_than_there_are_hands_and_in_their_order(on: On) {
    const HANDS: usize = 3;
    let (_place, store) = store(on).await;
    let (seen, mut tickets) = unbounded_channel();
    let (go, busy) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(HANDS)));
    let gate = Arc::clone(&go);
    let work: Work = Arc::new(move |it| {
        let (seen, gate, busy) = (seen.clone(), Arc::clone(&gate), Arc::clone(&busy));
        Box::pin(async move {
            let hand = busy.try_acquire();
            seen.send((it, hand.is_ok())).unwrap();
            gate.acquire().await.unwrap().forget();
            drop(hand);
        })
    });
    let river = Arc::new(River::open(&store, HANDS, work).await.unwrap());
    enqueue_new(&store, river.clone(), (0..40).map(ticket).collect()).await;
    let mut working = river.start(&store).unwrap();
    let mut begun = Vec::new();
    while begun.len() < 40 {
        let next = tokio::time::timeout(Duration::from_mins(1), tickets.recv());
        let (ticket, had_a_hand) = next.await.expect("the next one begins").unwrap();
        assert!(had_a_hand, "{ticket:?} is one too many after {begun:?}");
        begun.push(ticket);
        if begun.len() >= HANDS {
            go.add_permits(1);
        }
    }
    go.add_permits(HANDS);
    working.stop().await.unwrap();
    // The first job's; those of the second come between them.
    if on == On::Sqlite {
        let first: Vec<Ticket> = (0..32).map(ticket).collect();
        begun.retain(|ticket| first.contains(ticket));
        assert_eq!(begun, first);
    }
}

async fn the_next_process_works_what_a_killed_one_had_in_its_hands(on: On) {
    let place = Arc::new(Place::new(on).await);
    let (had, mut in_its_hands) = unbounded_channel();
    let doomed = {
        let place = Arc::clone(&place);
        // A runtime that is given up in the middle leaves what a killed process leaves.
        std::thread::spawn(move || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_all().build().unwrap();
            runtime.block_on(async {
                let store = place.store_of("killed").await;
                let work: Work = Arc::new(move |ticket| {
                    let had = had.clone();
                    Box::pin(async move {
                        had.send(ticket).unwrap();
                        std::future::pending::<()>().await;
                    })
                });
                let river = Arc::new(River::open(&store, 100, work).await.unwrap());
                river.start(&store).unwrap().detach();
                schedule_one(&store, river).await;
                in_its_hands.recv().await.unwrap();
            });
            runtime.shutdown_background();
        })
    };
    doomed.join().unwrap();
    let store = place.store().await;
    let running = "SELECT count(*) AS n FROM river_job WHERE state = 'running'";
    assert_eq!(
        number(&store, running).await,
        1,
        "River does not know that it is dead"
    );
    let (river, mut tickets) = river(&store).await;
    let mut working = river.start(&store).unwrap();
    for minutes in [2, 4] {
        let later = noon() + chrono::TimeDelta::minutes(minutes);
        assert_eq!(store.hand_out(river.clone(), later, 9).await.unwrap(), 1);
        let ticket = next(&mut tickets).await;
        assert_eq!(ticket.fence, 0);
        assert_eq!(store.run(&ticket.run_id).await.unwrap().state, RunState::Queued);
    }
    working.stop().await.unwrap();
    // Queued again and again while it waits, it is one job, whoever is stuck before it.
    let before = number(&store, QUEUED).await;
    for minutes in [6, 8, 10] {
        let later = noon() + chrono::TimeDelta::minutes(minutes);
        store.hand_out(river.clone(), later, 9).await.unwrap();
    }
    assert_eq!(number(&store, QUEUED).await, before + 1);
}

/// Measured with River alone: a first attempt that stalled ended late and marked the job completed while the second was still at
/// work, and both had their effect.
async fn a_first_attempt_that_ends_late_commits_nothing_while_the_second_runs(on: On) {
    let place = Place::new(on).await;
    let (one, other) = (place.store_of("one").await, place.store_of("other").await);
    let (taken, mut news) = unbounded_channel();
    let mut rivers = Vec::new();
    for store in [&one, &other] {
        let (taken, holder) = (taken.clone(), store.clone());
        let work: Work = Arc::new(move |ticket| {
            let (taken, store) = (taken.clone(), holder.clone());
            Box::pin(async move {
                if let Some(run) = store.take(&ticket, noon()).await.unwrap() {
                    let (from, to) = (RunState::Queued, RunState::Fetching);
                    store.advance(&run.run_id, run.fence, from, to).await.unwrap();
                    let (go_on, told) = tokio::sync::oneshot::channel::<()>();
                    taken.send((run.fence, go_on)).unwrap();
                    told.await.unwrap();
                    let (from, to) = (RunState::Fetching, RunState::Snapshotted);
                    let wrote = store.advance(&run.run_id, run.fence, from, to).await;
                    let fence = if wrote.is_ok() { run.fence } else { -run.fence };
                    taken.send((fence, tokio::sync::oneshot::channel().0)).unwrap();
                }
            })
        });
        rivers.push(Arc::new(River::open(store, 10, work).await.unwrap()));
    }
    schedule_one(&one, rivers[0].clone()).await;
    let mut first_works = rivers[0].start(&one).unwrap();
    let mut came = async || {
        let next = tokio::time::timeout(Duration::from_mins(1), news.recv());
        next.await.expect("somebody goes on within a minute").unwrap()
    };
    let (fence, first_goes_on) = came().await;
    assert_eq!(fence, 1);
    outlive_leases(&one).await;
    let mut second_works = rivers[1].start(&other).unwrap();
    other.hand_out(rivers[1].clone(), noon(), 9).await.unwrap();
    let (fence, second_goes_on) = came().await;
    assert_eq!(fence, 2);
    first_goes_on.send(()).unwrap();
    assert_eq!(came().await.0, -1, "refused");
    second_goes_on.send(()).unwrap();
    assert_eq!(came().await.0, 2, "committed");
    first_works.stop().await.unwrap();
    second_works.stop().await.unwrap();
    let run = other
        .runs(&crate::run::store::RunFilter::default(), 9)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((run.state, run.fence), (RunState::Snapshotted, 2));
}

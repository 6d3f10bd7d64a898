//! Whatever is unfinished is handed to a worker in the end, and nothing else is (the sweeper of G1 and G2).

use super::*;
use crate::run::store::testing::{Recorder, advance, at, cursor, execute, number, occurrence, scheduled};
use chrono::TimeDelta;

on_both_databases! {
    a_ticket_that_nobody_used_is_handed_out_again_after_a_minute,
    what_is_in_living_hands_or_at_its_end_is_left_alone,
    a_parcel_that_waits_does_not_keep_the_others_of_its_run_waiting,
    a_parcel_whose_time_has_come_is_handed_out_whatever_its_run_ended_as,
    a_clock_that_was_put_back_keeps_nothing_waiting,
    runs_that_are_under_way_do_not_crowd_out_those_that_wait,
    a_run_is_in_one_ticket_of_a_sweep,
    runs_of_a_job_begin_one_after_the_other_as_soon_as_the_one_before_is_frozen_or_at_its_end,
    a_run_that_waits_lets_the_next_one_pass_and_comes_back_when_nobody_is_under_way,
    a_wait_that_a_wrong_clock_has_set_counts_for_nothing,
    a_long_queue_of_one_job_is_handed_out_in_no_time,
    runs_that_are_begun_at_one_moment_are_begun_each_by_itself,
}

/// The runs that a sweep hands out at this instant.
async fn swept(store: &Store, now: DateTime<Utc>, limit: u32) -> Vec<String> {
    let dispatch = Arc::new(Recorder::default());
    store.hand_out(dispatch.clone(), now, limit).await.unwrap();
    dispatch.taken().into_iter().map(|ticket| ticket.run_id).collect()
}

async fn delivering(store: &Store, recipients: &[&str]) -> Run {
    let run = frozen(store, &[("mail", recipients)]).await;
    let (from, to) = (RunState::Frozen, RunState::Delivering);
    store.advance(&run.run_id, run.fence, from, to).await.unwrap();
    run
}

async fn attempt(store: &Store, run: &Run, at: usize, outcome: Outcome) {
    let row = store.deliveries(&run.run_id).await.unwrap().remove(at);
    let permit = store.permit(&row, run.fence, noon()).await.unwrap();
    store.record(&run.run_id, permit, &outcome, noon()).await.unwrap();
}

fn later(next_attempt_at: DateTime<Utc>) -> Outcome {
    Outcome::RetryWait {
        reason: "busy".into(),
        next_attempt_at,
    }
}

async fn a_ticket_that_nobody_used_is_handed_out_again_after_a_minute(on: On) {
    let (place, store) = store(on).await;
    let other = place.store_of("other").await;
    let ticket = scheduled(&store).await;
    let after = |seconds| noon() + TimeDelta::seconds(seconds);
    assert!(swept(&store, after(60), 9).await.is_empty());
    assert_eq!(
        swept(&other, after(61), 9).await,
        std::slice::from_ref(&ticket.run_id)
    );
    assert!(swept(&store, after(100), 9).await.is_empty());
    assert_eq!(swept(&store, after(122), 9).await, [ticket.run_id]);
}

async fn what_is_in_living_hands_or_at_its_end_is_left_alone(on: On) {
    let (place, store) = store(on).await;
    let other = place.store_of("elsewhere").await;
    let taken = other
        .take(&scheduled(&store).await, noon())
        .await
        .unwrap()
        .unwrap();
    let by_hand = other.begin(&new_run(Trigger::Manual)).await.unwrap();
    let failed = other.begin(&new_run(Trigger::Manual)).await.unwrap();
    store.fail(&failed.run_id, 1, "503", noon(), None).await.unwrap();
    let held = delivering(&other, &["a@example.com"]).await;
    let ended = delivering(&store, &["a@example.com", "b@example.com", "c@example.com"]).await;
    attempt(&store, &ended, 0, Outcome::Dead { reason: "550".into() }).await;
    let doubt = Outcome::Ambiguous {
        reason: "lost".into(),
        again_at: None,
    };
    attempt(&store, &ended, 1, doubt).await;
    let acked = Outcome::Acked(Receipt { proof: "250".into() });
    attempt(&store, &ended, 2, acked).await;
    store
        .conclude(&ended.run_id, ended.fence, noon(), vec![])
        .await
        .unwrap();
    for seconds in [0, 30, 59] {
        assert!(
            swept(&store, noon() + TimeDelta::seconds(seconds), 9)
                .await
                .is_empty()
        );
    }
    outlive_leases(&store).await;
    execute(
        &store,
        "UPDATE runs SET state = 'held' WHERE state = 'delivering'",
    )
    .await;
    assert_eq!(
        swept(&store, noon(), 9).await,
        [taken.run_id],
        "not {by_hand:?}, {held:?}, {ended:?}"
    );
}

async fn a_parcel_that_waits_does_not_keep_the_others_of_its_run_waiting(on: On) {
    let (_place, store) = store(on).await;
    let run = delivering(&store, &["a@example.com", "b@example.com"]).await;
    attempt(&store, &run, 0, later(noon() + TimeDelta::hours(10))).await;
    let row = store.deliveries(&run.run_id).await.unwrap().remove(1);
    outlive_leases(&store).await;
    assert_eq!(
        swept(&store, noon(), 9).await,
        std::slice::from_ref(&run.run_id),
        "one was never tried"
    );
    store.permit(&row, run.fence, noon()).await.unwrap();
    let next = noon() + TimeDelta::seconds(61);
    assert_eq!(
        swept(&store, next, 9).await,
        std::slice::from_ref(&run.run_id),
        "one was being sent"
    );
    let claimed = store.claim(&run.run_id, noon()).await.unwrap();
    attempt(&store, &claimed, 1, later(noon() + TimeDelta::hours(2))).await;
    store.release(&run.run_id, claimed.fence).await.unwrap();
    assert!(swept(&store, next, 9).await.is_empty(), "both wait");
    assert_eq!(swept(&store, noon() + TimeDelta::hours(2), 9).await, [run.run_id]);
}

async fn a_parcel_whose_time_has_come_is_handed_out_whatever_its_run_ended_as(on: On) {
    let (_place, store) = store(on).await;
    let hour = noon() + TimeDelta::hours(1);
    let mut ended = Vec::new();
    // Each to readers of its own: a later revision would replace what waits for the same ones.
    let all: [(&[&str], _); 3] = [
        (&["a@example.com"], vec![later(hour)]),
        (
            &["b@example.com", "c@example.com"],
            vec![Outcome::Acked(Receipt { proof: "250".into() }), later(hour)],
        ),
        (
            &["d@example.com"],
            vec![Outcome::Ambiguous {
                reason: "lost".into(),
                again_at: Some(hour),
            }],
        ),
    ];
    for (recipients, outcomes) in all {
        let run = delivering(&store, recipients).await;
        for (at, outcome) in outcomes.into_iter().enumerate() {
            attempt(&store, &run, at, outcome).await;
        }
        store
            .conclude(&run.run_id, run.fence, noon(), vec![])
            .await
            .unwrap();
        ended.push(run.run_id);
    }
    ended.sort();
    assert!(swept(&store, hour - TimeDelta::seconds(1), 9).await.is_empty());
    assert_eq!(swept(&store, hour, 9).await, ended);
    assert!(
        swept(&store, hour + TimeDelta::seconds(59), 9).await.is_empty(),
        "once a minute"
    );
    assert_eq!(
        swept(&store, hour + TimeDelta::seconds(61), 2).await.len(),
        2,
        "as many as asked for"
    );
}

async fn a_clock_that_was_put_back_keeps_nothing_waiting(on: On) {
    let (_place, store) = store(on).await;
    let ticket = scheduled(&store).await;
    let yesterday = noon() - TimeDelta::days(1);
    assert_eq!(swept(&store, yesterday, 9).await, [ticket.run_id]);
    assert!(swept(&store, yesterday, 9).await.is_empty());
}

async fn runs_that_are_under_way_do_not_crowd_out_those_that_wait(on: On) {
    let (place, store) = store(on).await;
    let other = place.store_of("elsewhere").await;
    for _ in 0..5 {
        delivering(&other, &["a@example.com"]).await;
    }
    execute(
        &store,
        "UPDATE runs SET created_at = '2026-01-01T00:00:00.000000Z'",
    )
    .await;
    let ticket = scheduled(&store).await;
    assert_eq!(
        swept(&store, noon() + TimeDelta::seconds(30), 3).await,
        Vec::<String>::new()
    );
    let after = at("2026-11-02T12:02:00Z");
    outlive_or_renew(&other, after).await;
    assert_eq!(swept(&store, after, 3).await, [ticket.run_id]);
}

/// Those who are at work say so.
async fn outlive_or_renew(store: &Store, now: DateTime<Utc>) {
    let runs = store.runs(&RunFilter::default(), 99).await.unwrap();
    let runs = runs.into_iter().map(|run| (run.run_id, run.fence)).collect();
    store.keep_leases(runs, now).await.unwrap();
}

async fn a_run_is_in_one_ticket_of_a_sweep(on: On) {
    let (_place, store) = store(on).await;
    // Due by both of what a sweep looks for: unfinished, and with a parcel whose time has come.
    let run = delivering(&store, &["a@example.com", "b@example.com"]).await;
    attempt(&store, &run, 0, later(noon())).await;
    attempt(&store, &run, 1, later(noon() - TimeDelta::hours(1))).await;
    store.release(&run.run_id, run.fence).await.unwrap();
    assert_eq!(swept(&store, noon(), 9).await, [run.run_id]);
}

/// What a process held that has certainly ended is handed out at once, without waiting for its lease.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_dead_process_leaves_its_runs_at_once() {
    for on in [On::Sqlite, On::Postgres] {
        let (place, store) = store(on).await;
        let (rest, _) = store.owner.rsplit_once('/').unwrap();
        let killed = place.store_of(&format!("{rest}/1")).await;
        let run = killed
            .take(&scheduled(&store).await, noon())
            .await
            .unwrap()
            .unwrap();
        let sending = delivering(&killed, &["a@example.com"]).await;
        let mut left = [run.run_id, sending.run_id];
        left.sort();
        assert_eq!(swept(&store, noon(), 9).await, left);
    }
}

/// Runs of one job that have fallen due together, in the order in which they did.
async fn fallen_due(store: &Store, days: &[&str]) -> Vec<Ticket> {
    let (dispatch, from) = (Arc::new(Recorder::default()), "2026-10-01T00:00:00Z");
    store.register(vec![cursor("daily", from)]).await.unwrap();
    let due = days.iter().map(|day| occurrence(&format!("{day}T07:00:00Z")));
    let due = advance("daily", from, due.collect());
    store
        .materialise(vec![due], dispatch.clone(), noon())
        .await
        .unwrap();
    dispatch.taken()
}

/// Walks a run that was taken to `frozen`, with nothing to send.
async fn freeze(store: &Store, run: &Run) {
    use RunState::{Checked, Fetching, Queued, Rendered, Snapshotted};
    for (from, to) in [
        (Queued, Fetching),
        (Fetching, Snapshotted),
        (Snapshotted, Rendered),
        (Rendered, Checked),
    ] {
        store.advance(&run.run_id, run.fence, from, to).await.unwrap();
    }
    std::fs::create_dir_all(&run.snapshot_dir).unwrap();
    let nothing = Freeze {
        artifacts: &[],
        parcels: &[],
        notices: &[],
        generated_at: noon(),
        held: &[],
        measured: None,
    };
    store.freeze(run, nothing, vec![], noon()).await.unwrap();
}

async fn runs_of_a_job_begin_one_after_the_other_as_soon_as_the_one_before_is_frozen_or_at_its_end(on: On) {
    let (_place, store) = store(on).await;
    let tickets = fallen_due(&store, &["2026-10-31", "2026-11-01", "2026-11-02"]).await;
    let [first, second, third] = &tickets[..] else {
        panic!("{tickets:?}")
    };
    // The tickets of all three arrive at once, in whatever order.
    assert_eq!(store.take(third, noon()).await.unwrap(), None);
    let run = store.take(first, noon()).await.unwrap().unwrap();
    assert_eq!(store.take(second, noon()).await.unwrap(), None);
    assert!(swept(&store, noon(), 9).await.is_empty());
    freeze(&store, &run).await;
    let next = std::slice::from_ref(&second.run_id);
    assert_eq!(swept(&store, noon(), 9).await, next, "in the same minute");
    let run = store.take(second, noon()).await.unwrap().unwrap();
    assert_eq!(store.take(third, noon()).await.unwrap(), None);
    store
        .fail(&run.run_id, run.fence, "503", noon(), None)
        .await
        .unwrap();
    let next = std::slice::from_ref(&third.run_id);
    assert_eq!(swept(&store, noon(), 9).await, next);
    assert!(store.take(third, noon()).await.unwrap().is_some());
}

async fn a_run_that_waits_lets_the_next_one_pass_and_comes_back_when_nobody_is_under_way(on: On) {
    let (_place, store) = store(on).await;
    let tickets = fallen_due(&store, &["2026-11-01", "2026-11-02"]).await;
    let (first, second) = (&tickets[0], &tickets[1]);
    let run = store.take(first, noon()).await.unwrap().unwrap();
    let until = noon() + TimeDelta::minutes(15);
    store.set_aside(&run, until, None, noon()).await.unwrap();
    let under_way = store.take(second, noon()).await.unwrap().unwrap();
    outlive_or_renew(&store, until).await;
    assert!(swept(&store, until, 9).await.is_empty(), "one at a time");
    let (id, fence) = (&under_way.run_id, under_way.fence);
    store.fail(id, fence, "503", until, None).await.unwrap();
    assert_eq!(swept(&store, until, 9).await, std::slice::from_ref(&run.run_id));
}

async fn a_wait_that_a_wrong_clock_has_set_counts_for_nothing(on: On) {
    let (_place, store) = store(on).await;
    let years = noon() + TimeDelta::days(3650);
    let run = store
        .take(&scheduled(&store).await, noon())
        .await
        .unwrap()
        .unwrap();
    store.set_aside(&run, years, None, noon()).await.unwrap();
    assert_eq!(swept(&store, noon(), 9).await, [run.run_id]);
    let sent = delivering(&store, &["a@example.com"]).await;
    attempt(&store, &sent, 0, later(years)).await;
    store.release(&sent.run_id, sent.fence).await.unwrap();
    assert_eq!(
        swept(&store, noon(), 9).await,
        std::slice::from_ref(&sent.run_id),
        "under way"
    );
    let sent = store.claim(&sent.run_id, noon()).await.unwrap();
    store
        .conclude(&sent.run_id, sent.fence, noon(), vec![])
        .await
        .unwrap();
    assert_eq!(swept(&store, noon(), 9).await, [sent.run_id], "at its end");
}

async fn a_long_queue_of_one_job_is_handed_out_in_no_time(on: On) {
    let (_place, store) = store(on).await;
    let ticket = scheduled(&store).await;
    execute(
        &store,
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000) \
         INSERT INTO runs (run_id, job, period_id, period_start, period_end, timezone, revision, trigger, state, fence, owner, \
         recipe, created_at, as_of) SELECT 'run-' || n, 'daily', 'p-' || n, '2026-10-01', '2026-10-01', 'UTC', 1, 'schedule', \
         'queued', 0, '', '{}', '2026-11-02T12:00:00.' || (100000 + n) || 'Z', '2026-11-02T12:00:00.' || (100000 + n) || 'Z' FROM n",
    )
    .await;
    let begun = std::time::Instant::now();
    let handed_out = swept(&store, noon() + TimeDelta::seconds(61), 1000).await;
    assert_eq!(handed_out, [ticket.run_id], "the one that fell due first");
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

/// Thirty jobs fall due at once; the rows of two are refused, and one ticket is used already.
async fn runs_that_are_begun_at_one_moment_are_begun_each_by_itself(on: On) {
    let (_place, store) = store(on).await;
    let from = "2026-11-01T00:00:00Z";
    let jobs: Vec<String> = (0..30).map(|n| format!("job-{n:02}")).collect();
    let cursors = jobs.iter().map(|job| cursor(job, from)).collect();
    store.register(cursors).await.unwrap();
    let due = jobs
        .iter()
        .map(|job| advance(job, from, vec![occurrence("2026-11-02T07:00:00Z")]));
    let recorder = Arc::new(Recorder::default());
    store
        .materialise(due.collect(), recorder.clone(), noon())
        .await
        .unwrap();
    let refused = match on {
        On::Sqlite => {
            "CREATE TRIGGER refuse BEFORE UPDATE ON runs WHEN NEW.job IN ('job-07', 'job-08') \
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        }
        On::Postgres => {
            "ALTER TABLE runs ADD CONSTRAINT refuse CHECK (job NOT IN ('job-07', 'job-08') OR fence = 0)"
        }
    };
    execute(&store, refused).await;
    let mut tickets = recorder.taken();
    tickets.sort_by(|a, b| a.fetches.cmp(&b.fetches));
    store.take(&tickets[3], noon()).await.unwrap().unwrap();
    // All wait for the writer before it takes the first.
    let taken = futures::future::join_all(tickets.iter().map(|ticket| store.take(ticket, noon()))).await;
    let mut begun = Vec::new();
    for (n, (ticket, taken)) in tickets.iter().zip(taken).enumerate() {
        match n {
            3 => assert!(taken.unwrap().is_none(), "used"),
            7 | 8 => {
                let error = taken.unwrap_err();
                assert!(error.is_of_rows(), "{error:?}");
            }
            _ => {
                let run = taken.unwrap().unwrap();
                assert_eq!((&run.run_id, run.fence), (&ticket.run_id, 1));
                begun.push(run);
            }
        }
    }
    // They end together too, and one of them is in other hands by then.
    begun[5].fence = 0;
    let ends = begun
        .iter()
        .map(|run| store.fail(&run.run_id, run.fence, "the end", noon(), None));
    for (n, ended) in futures::future::join_all(ends).await.into_iter().enumerate() {
        let stale = matches!(ended, Err(StoreError::Stale { .. }));
        assert_eq!((ended.is_ok(), stale), (n != 5, n == 5), "{n}");
    }
    let failed = "SELECT count(*) AS n FROM runs WHERE state = 'failed' AND error = 'the end'";
    assert_eq!(number(&store, failed).await, 26);
}

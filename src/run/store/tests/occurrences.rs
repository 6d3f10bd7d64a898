//! What falls due is written down once, with its run and its ticket, or not at all (G1).

use super::*;
use crate::run::store::testing::{Place, Recorder, advance, at, cursor, execute, number, occurrence};
use std::sync::atomic::Ordering;

on_both_databases! {
    what_is_written_down_already_is_not_written_again,
    a_closed_period_has_one_occurrence_whatever_its_nominal_time,
    occurrences_runs_and_tickets_are_written_together_or_not_at_all,
    who_was_overtaken_writes_nothing,
    three_processes_write_two_hundred_jobs_down_once,
    an_edit_and_the_period_that_it_would_lose_are_written_together,
    the_owner_hears_once_and_of_nothing_that_was_written_before,
}

const BEGIN: &str = "2026-11-01T00:00:00Z";
const FIRST: &str = "2026-11-01T07:00:00Z";
const SECOND: &str = "2026-11-02T07:00:00Z";

const OCCURRENCES: &str = "SELECT count(*) AS n FROM occurrences";
const RUNS: &str = "SELECT count(*) AS n FROM runs";
const NOTICES: &str = "SELECT count(*) AS n FROM notices";

async fn what_is_written_down_already_is_not_written_again(on: On) {
    let (_place, store) = store(on).await;
    let dispatch = Arc::new(Recorder::default());
    store.register(vec![cursor("daily", BEGIN)]).await.unwrap();
    let due = advance("daily", BEGIN, vec![occurrence(FIRST), occurrence(SECOND)]);
    let done = store
        .materialise(vec![due.clone()], dispatch.clone(), noon())
        .await
        .unwrap();
    assert_eq!((done.enqueued, done.missed, done.overtaken.len()), (2, 0, 0));
    // The same again from where the cursor is now: a clock that was put back, a database that was restored.
    let again = Advance {
        from: due.until,
        ..due
    };
    let done = store
        .materialise(vec![again], dispatch.clone(), noon())
        .await
        .unwrap();
    assert_eq!(done, Materialised::default());
    assert_eq!(
        (number(&store, OCCURRENCES).await, number(&store, RUNS).await),
        (2, 2)
    );
    assert_eq!(dispatch.taken().len(), 2);
}

async fn a_closed_period_has_one_occurrence_whatever_its_nominal_time(on: On) {
    let (_place, store) = store(on).await;
    let dispatch = Arc::new(Recorder::default());
    store.register(vec![cursor("daily", BEGIN)]).await.unwrap();
    let mut second_pass = occurrence(FIRST);
    second_pass.fold = 1;
    let later = occurrence("2026-11-01T09:00:00Z");
    let open = NewOccurrence {
        closed: false,
        ..occurrence("2026-11-01T10:00:00Z")
    };
    let also_open = NewOccurrence {
        closed: false,
        ..occurrence("2026-11-01T11:00:00Z")
    };
    let due = advance(
        "daily",
        BEGIN,
        vec![occurrence(FIRST), second_pass, later, open, also_open],
    );
    let done = store.materialise(vec![due], dispatch, noon()).await.unwrap();
    assert_eq!(
        done.enqueued, 3,
        "the first of the closed ones, and both of the open ones"
    );
    let revisions = "SELECT max(revision) AS n FROM runs";
    assert_eq!(number(&store, revisions).await, 3);
}

async fn occurrences_runs_and_tickets_are_written_together_or_not_at_all(on: On) {
    let (_place, store) = store(on).await;
    let dispatch = Arc::new(Recorder::default());
    store.register(vec![cursor("daily", BEGIN)]).await.unwrap();
    let missed = NewOccurrence {
        missed: Some("late".into()),
        ..occurrence(FIRST)
    };
    let due = advance("daily", BEGIN, vec![missed, occurrence(SECOND)]);
    dispatch.fails.store(true, Ordering::Relaxed);
    let error = store
        .materialise(vec![due.clone()], dispatch.clone(), noon())
        .await
        .unwrap_err();
    assert!(error.may_pass(), "{error}");
    for table in [OCCURRENCES, RUNS, NOTICES] {
        assert_eq!(number(&store, table).await, 0, "{table}");
    }
    assert_eq!(store.cursors().await.unwrap(), [cursor("daily", BEGIN)]);
    dispatch.fails.store(false, Ordering::Relaxed);
    let done = store.materialise(vec![due], dispatch, noon()).await.unwrap();
    assert_eq!((done.enqueued, done.missed), (1, 1));
}

async fn who_was_overtaken_writes_nothing(on: On) {
    let (place, one) = store(on).await;
    let other = place.store_of("other").await;
    let dispatch = Arc::new(Recorder::default());
    one.register(vec![cursor("a", BEGIN), cursor("b", BEGIN)])
        .await
        .unwrap();
    let first = advance("a", BEGIN, vec![occurrence(FIRST)]);
    one.materialise(vec![first], dispatch.clone(), noon())
        .await
        .unwrap();
    let both = ["a", "b"].map(|job| advance(job, BEGIN, vec![occurrence(FIRST), occurrence(SECOND)]));
    let done = other.materialise(both.into(), dispatch, noon()).await.unwrap();
    assert_eq!((done.enqueued, done.overtaken), (2, vec!["a".to_owned()]));
    let untils: Vec<_> = one
        .cursors()
        .await
        .unwrap()
        .iter()
        .map(|it| it.evaluated_until)
        .collect();
    assert_eq!(
        untils,
        [at(FIRST), at(SECOND)],
        "a cursor never runs ahead of its occurrences"
    );
}

async fn three_processes_write_two_hundred_jobs_down_once(on: On) {
    let place = Place::new(on).await;
    let names: Vec<String> = (0..200).map(|n| format!("job-{n:03}")).collect();
    let mut stores = Vec::new();
    for owner in ["one", "two", "three"] {
        stores.push(place.store_of(owner).await);
    }
    let cursors = names.iter().map(|name| cursor(name, BEGIN)).collect();
    stores[0].register(cursors).await.unwrap();
    let dispatch = Arc::new(Recorder::default());
    let work = stores.iter().enumerate().map(|(n, store)| {
        let (names, dispatch) = (&names, dispatch.clone());
        async move {
            let mut enqueued = 0;
            // Each sees another order, and asks for other jobs together.
            let mut names: Vec<&String> = names.iter().collect();
            names.rotate_left(n * 67);
            if n == 1 {
                names.reverse();
            }
            for batch in names.chunks(30 + n * 10) {
                let due = batch
                    .iter()
                    .map(|name| advance(name, BEGIN, vec![occurrence(FIRST), occurrence(SECOND)]));
                let done = store
                    .materialise(due.collect(), dispatch.clone(), noon())
                    .await
                    .unwrap();
                enqueued += done.enqueued;
            }
            enqueued
        }
    });
    let enqueued: usize = futures::future::join_all(work).await.iter().sum();
    assert_eq!(enqueued, 400);
    let tickets = dispatch.taken();
    let distinct: BTreeSet<&str> = tickets.iter().map(|ticket| ticket.run_id.as_str()).collect();
    assert_eq!((tickets.len(), distinct.len()), (400, 400));
    assert_eq!(
        (
            number(&stores[1], OCCURRENCES).await,
            number(&stores[2], RUNS).await
        ),
        (400, 400)
    );
    let unmatched = "SELECT count(*) AS n FROM occurrences LEFT JOIN runs ON runs.run_id = occurrences.run_id \
         AND runs.job = occurrences.job AND runs.period_id = occurrences.period_id WHERE runs.run_id IS NULL OR revision <> 1";
    assert_eq!(number(&stores[0], unmatched).await, 0);

    let taken = stores.iter().map(|store| {
        let tickets = &tickets;
        async move {
            let tries = tickets.iter().map(|ticket| store.take(ticket, noon()));
            let taken = futures::future::join_all(tries).await;
            taken.into_iter().filter_map(Result::unwrap).count()
        }
    });
    let taken: usize = futures::future::join_all(taken).await.iter().sum();
    assert_eq!(
        taken, 200,
        "of each job the first begins, once; the second waits for its turn"
    );
}

async fn an_edit_and_the_period_that_it_would_lose_are_written_together(on: On) {
    let (_place, store) = store(on).await;
    let dispatch = Arc::new(Recorder::default());
    let was = cursor("daily", BEGIN);
    store.register(vec![was.clone()]).await.unwrap();
    let is = Cursor {
        schedule: "earlier".into(),
        promised: Some("2026-11-02".into()),
        ..was.clone()
    };
    let lost = Some(occurrence(FIRST));
    let edit = |lost| store.reschedule(&was, &is, "{}".into(), lost, dispatch.clone(), noon());
    dispatch.fails.store(true, Ordering::Relaxed);
    edit(lost.clone()).await.unwrap_err();
    assert_eq!(
        store.cursors().await.unwrap(),
        std::slice::from_ref(&was),
        "it will be found edited again"
    );
    dispatch.fails.store(false, Ordering::Relaxed);
    assert!(edit(lost.clone()).await.unwrap());
    assert!(!edit(lost.clone()).await.unwrap(), "somebody was faster");
    assert_eq!((number(&store, RUNS).await, dispatch.taken().len()), (1, 1));
    assert_eq!(number(&store, "SELECT count(*) AS n FROM audits").await, 1);
    // Edited back and forth: the period is reported already.
    assert!(
        store
            .reschedule(&is, &was, "{}".into(), lost, dispatch.clone(), noon())
            .await
            .unwrap()
    );
    assert_eq!((number(&store, RUNS).await, dispatch.taken().len()), (1, 0));
}

async fn the_owner_hears_once_and_of_nothing_that_was_written_before(on: On) {
    let (_place, store) = store(on).await;
    let dispatch = Arc::new(Recorder::default());
    store.register(vec![cursor("daily", BEGIN)]).await.unwrap();
    let missed = |due_at: &str| NewOccurrence {
        missed: Some("nothing ran".into()),
        ..occurrence(due_at)
    };
    let first = advance("daily", BEGIN, vec![missed(FIRST)]);
    store
        .materialise(vec![first], dispatch.clone(), noon())
        .await
        .unwrap();
    // The last of these repeats a period, and the first is there already: neither hides what is new between them.
    let more = vec![missed(FIRST), missed(SECOND), missed("2026-11-02T09:00:00Z")];
    let done = store
        .materialise(
            vec![advance("daily", FIRST, more.clone())],
            dispatch.clone(),
            noon(),
        )
        .await
        .unwrap();
    assert_eq!((done.enqueued, done.missed), (0, 1));
    assert_eq!(number(&store, NOTICES).await, 2);
    let of_second = "SELECT count(*) AS n FROM notices WHERE period = '2026-11-01' AND text LIKE 'Due 2026-11-02 07:00 +00:00 and%'";
    assert_eq!(number(&store, of_second).await, 1);
    execute(
        &store,
        "UPDATE jobs SET evaluated_until = '2026-11-01T00:00:00.000000Z'",
    )
    .await;
    store
        .materialise(vec![advance("daily", BEGIN, more)], dispatch, noon())
        .await
        .unwrap();
    assert_eq!(number(&store, NOTICES).await, 2);
    assert_eq!(store.missed(None, 9).await.unwrap().len(), 2);
    assert_eq!(store.missed(None, 1).await.unwrap().len(), 1);
    // Whoever looks at what is left to do is told of all of them, however many.
    let [together] = &store.missed_together(Some("daily")).await.unwrap()[..] else {
        panic!("one job and one reason")
    };
    assert_eq!((together.count, together.missed.as_str()), (2, "nothing ran"));
    let periods = (Some("2026-10-31".to_owned()), Some("2026-11-01".to_owned()));
    assert_eq!(together.periods, periods);
    assert_eq!(store.missed_together(Some("other")).await.unwrap(), []);
}

//! A database that goes away, fills up or is busy loses nothing, says what is wrong, and is used again as soon as it is back (G18,
//! G19).

use super::*;
use crate::run::store::testing::{Place, Postgres, Recorder, advance, at, cases, cursor, number, occurrence};
use chrono::TimeDelta;

const BEGIN: &str = "2026-11-01T00:00:00Z";
const RUNS: &str = "SELECT count(*) AS n FROM runs";

fn due(n: usize) -> Advance {
    let day = |n: usize| at(BEGIN) + TimeDelta::days(i64::try_from(n).unwrap());
    let text = (day(n) + TimeDelta::hours(7)).to_rfc3339();
    let from = if n == 0 {
        day(0)
    } else {
        day(n - 1) + TimeDelta::hours(7)
    };
    advance("daily", &from.to_rfc3339(), vec![occurrence(&text)])
}

/// Every backend of this database but our own is killed again and again while three processes write.
#[tokio::test]
async fn connections_that_are_killed_lose_nothing() {
    let place = Place::new(On::Postgres).await;
    let store = place.store().await;
    store.register(vec![cursor("daily", BEGIN)]).await.unwrap();
    let (dispatch, killer) = (Arc::new(Recorder::default()), place.store().await);
    let kill = "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let (least, broken) = (cases(200, 30), std::cell::Cell::new(0));
    let write = async {
        let (mut refused, mut days) = (0, 0);
        // On until something was killed under its hands.
        while days < least || broken.get() == 0 {
            let n = days;
            days += 1;
            loop {
                match store.materialise(vec![due(n)], dispatch.clone(), noon()).await {
                    Ok(done) => {
                        // Overtaken by ourselves: the commit went through, and only its answer was lost.
                        assert!(done.enqueued == 1 || !done.overtaken.is_empty());
                        break;
                    }
                    Err(error) => assert!(error.may_pass(), "{error}"),
                }
                refused += 1;
            }
        }
        (refused, days)
    };
    let (refused, days) = tokio::select! {
        done = write => done,
        () = async {
            loop {
                broken.set(broken.get() + number(&killer, kill).await);
                tokio::task::yield_now().await;
            }
        } => unreachable!("it kills for ever"),
    };
    assert!(broken.get() > 0, "{refused} writes were refused");
    let days = i64::try_from(days).unwrap();
    assert_eq!(number(&store, RUNS).await, days);
    assert_eq!(
        number(&store, "SELECT count(*) AS n FROM occurrences").await,
        days
    );
}

#[tokio::test]
async fn a_cluster_that_crashes_comes_back_to_what_was_committed() {
    let cluster = Postgres::start();
    let place = Place::at(Some(cluster.fresh_database().await));
    let store = place.store().await;
    store.register(vec![cursor("daily", BEGIN)]).await.unwrap();
    let dispatch = Arc::new(Recorder::default());
    for n in 0..cases(20, 3) {
        // In the middle of a transaction: what it wrote is gone, and it says so.
        let (begun, middle) = tokio::sync::oneshot::channel::<()>();
        let (go_on, told) = tokio::sync::oneshot::channel::<()>();
        let broken = {
            let store = store.clone();
            tokio::spawn(async move {
                let work = db::work(move |tx| {
                    Box::pin(async move {
                        tx.execute("UPDATE jobs SET promised = 'half'", vec![]).await?;
                        begun.send(()).unwrap();
                        told.await.unwrap();
                        Ok(())
                    })
                });
                store.db.transaction(work).await
            })
        };
        middle.await.unwrap();
        cluster.stop_hard();
        go_on.send(()).unwrap();
        let error = broken.await.unwrap().unwrap_err();
        assert!(error.may_pass(), "{error}");
        cluster.restart();
        let done = store
            .materialise(vec![due(n)], dispatch.clone(), noon())
            .await
            .unwrap();
        assert_eq!(done.enqueued, 1, "it recovers by itself");
        assert_eq!(store.cursors().await.unwrap()[0].promised, None);
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_half_written() {
    let place = Place::new(On::Sqlite).await;
    let store = place.store().await;
    store.register(vec![cursor("daily", BEGIN)]).await.unwrap();
    let pages = number(&store, "SELECT page_count AS n FROM pragma_page_count()").await;
    let cap: &'static str = format!("PRAGMA max_page_count = {}", pages + 3).leak();
    execute(&store, cap).await;
    let dispatch = Arc::new(Recorder::default());
    let mut written = 0;
    let error = loop {
        // Several at once are committed together; those that do not fit must not take the others with them.
        match store
            .materialise(vec![due(written)], dispatch.clone(), noon())
            .await
        {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(error, StoreError::Disk { .. }) && error.may_pass(),
        "{error:?}"
    );
    let kept = i64::try_from(written).unwrap();
    assert_eq!(number(&store, RUNS).await, kept);
    let new = new_run(Trigger::Manual);
    let many = (0..20).map(|_| store.begin(&new));
    for refused in futures::future::join_all(many).await {
        if let Err(error) = refused {
            assert!(error.may_pass(), "{error:?}");
        }
    }
    execute(&store, "PRAGMA max_page_count = 1000000").await;
    store
        .materialise(vec![due(written)], dispatch, noon())
        .await
        .unwrap();
    assert_eq!(
        number(&store, "SELECT count(*) AS n FROM occurrences").await,
        kept + 1
    );
}

#[tokio::test]
async fn one_piece_of_work_that_fails_takes_no_other_of_its_group_with_it() {
    let place = Place::new(On::Sqlite).await;
    let store = place.store().await;
    let unknown = "01234567-0000-7000-8000-000000000000";
    let new = new_run(Trigger::Manual);
    let (good, bad) = futures::future::join(
        futures::future::join_all((0..50).map(|_| store.begin(&new))),
        futures::future::join_all((0..50).map(|_| store.claim(unknown, noon()))),
    )
    .await;
    assert!(good.iter().all(Result::is_ok));
    assert!(bad.iter().all(|it| matches!(it, Err(StoreError::UnknownRun(_)))));
    assert_eq!(number(&store, RUNS).await, 50);
}

//! A newer version of the program finds what an earlier one has left, and goes on with it.

use super::*;
use crate::run::store::PlannedJob;
use crate::run::store::open::{FILE, MIGRATIONS, POSTGRES_MIGRATIONS, migrate, migrate_postgres};
use crate::run::store::testing::at;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

on_both_databases! {
    what_a_version_without_plans_had_under_way_is_gone_on_with,
    what_a_version_without_rules_has_delivered_is_a_version_whose_figures_nobody_kept,
}

/// The run of [`LIVE_ROWS`].
const RUN: &str = "019ab5c3-1f2d-7abc-8def-0123456789ab";
/// As the version wrote them that kept no plans of schedules: a job, and a run with a parcel that waits.
const LIVE_ROWS: &str = "\
    INSERT INTO jobs (job, schedule, evaluated_until, promised) \
        VALUES ('monthly', '0 7 1 * *', '2026-11-01T07:00:00.000000Z', '2026-11'); \
    INSERT INTO runs (run_id, job, period_id, period_start, period_end, timezone, revision, trigger, state, fence, owner, recipe, \
        generated_at, created_at, home) VALUES ('019ab5c3-1f2d-7abc-8def-0123456789ab', 'monthly', '2026-10', '2026-10-01', \
        '2026-10-31', 'UTC', 1, 'schedule', 'delivering', 3, 'somebody', '{}', '2026-11-01T07:00:01.000000Z', \
        '2026-11-01T07:00:00.000000Z', 'runs/x'); \
    INSERT INTO occurrences (job, nominal, fold, due_at, timezone, period_id, closed, run_id, recorded_at) \
        VALUES ('monthly', '2026-11-01T07:00:00', 0, '2026-11-01T07:00:00.000000Z', 'UTC', '2026-10', '2026-10', \
        '019ab5c3-1f2d-7abc-8def-0123456789ab', '2026-11-01T07:00:00.000000Z'); \
    INSERT INTO deliveries (run_id, position, delivery, recipient, key, content_path, sha256, state, attempts, next_attempt_at, \
        updated_at, since) VALUES ('019ab5c3-1f2d-7abc-8def-0123456789ab', 0, 'mail', 'a@x', 'key', 'runs/x/a', 'hash', \
        'retry_wait', 1, '2026-11-01T07:05:00.000000Z', '2026-11-01T07:00:02.000000Z', '2026-11-01T07:00:01.000000Z'); \
    INSERT INTO attempts (delivery_id, n, started_at, finished_at, outcome, detail) SELECT id, 1, \
        '2026-11-01T07:00:02.000000Z', '2026-11-01T07:00:03.000000Z', 'retry_wait', '451' FROM deliveries;";

/// A database as a version left it that knew all migrations but the last `missing`.
async fn left_by_an_earlier_version(place: &Place, missing: usize) {
    match place.url() {
        None => {
            let path = place.dir().join(FILE);
            let options = SqliteConnectOptions::new()
                .filename(&path)
                .create_if_missing(true);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            migrate(&mut connection, &path, &MIGRATIONS[..MIGRATIONS.len() - missing])
                .await
                .unwrap();
            sqlx::raw_sql(LIVE_ROWS).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        Some(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            let known = &POSTGRES_MIGRATIONS[..POSTGRES_MIGRATIONS.len() - missing];
            migrate_postgres(&mut connection, place.dir(), known)
                .await
                .unwrap();
            sqlx::raw_sql(LIVE_ROWS).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

async fn what_a_version_without_plans_had_under_way_is_gone_on_with(on: On) {
    let place = Place::new(on).await;
    left_by_an_earlier_version(&place, 3).await;
    let store = place.store().await;
    let cursor = store.cursors().await.unwrap().remove(0);
    assert_eq!(cursor.evaluated_until, at("2026-11-01T07:00:00Z"));
    assert_eq!(store.planned("monthly").await.unwrap(), None);
    assert_eq!(store.unplanned().await.unwrap(), ["monthly"]);
    let plan = PlannedJob {
        job: "monthly".into(),
        schedule: cursor.schedule,
        planned: "{}".into(),
    };
    store.plan(vec![plan]).await.unwrap();
    assert_eq!(store.planned("monthly").await.unwrap().as_deref(), Some("{}"));
    let run = store.claim(RUN, noon()).await.unwrap();
    let row = store.deliveries(&run.run_id).await.unwrap().remove(0);
    assert_eq!((row.state, row.tries), (DeliveryState::RetryWait, 1));
    let permit = store.permit(&row, run.fence, noon()).await.unwrap();
    let acked = Outcome::Acked(Receipt { proof: "250".into() });
    store.record(&run.run_id, permit, &acked, noon()).await.unwrap();
    let end = store.conclude(&run.run_id, run.fence, noon(), vec![]).await;
    assert_eq!(end.unwrap(), RunState::Delivered);
    // And once more, by this version.
    drop(store);
    let run = place.store().await.run(&run.run_id).await.unwrap();
    assert_eq!(run.state, RunState::Delivered);
}

async fn what_a_version_without_rules_has_delivered_is_a_version_whose_figures_nobody_kept(on: On) {
    let place = Place::new(on).await;
    left_by_an_earlier_version(&place, 2).await;
    let store = place.store().await;
    execute(&store, "UPDATE runs SET state = 'delivered'").await;
    let run = store.begin(&new_run(Trigger::Manual)).await.unwrap();
    assert_eq!(run.revision, 2);
    let before = store.last_delivered(&run).await.unwrap().unwrap();
    assert_eq!(
        (before.run_id.as_str(), &before.figures, &before.unsent),
        (RUN, &None, &None)
    );
    assert!(store.rules("monthly", &[]).await.unwrap().is_empty());
}

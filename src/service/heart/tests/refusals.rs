//! What the database refuses of one job costs no other anything.

use super::*;
use crate::run::store::testing::{advance, cursor, occurrence, on_both_databases};

on_both_databases! {
    a_refusal_of_rows_is_told_from_trouble_of_the_database,
}

async fn refuse(store: &Store, on: On) {
    let refused = match on {
        On::Sqlite => {
            "CREATE TRIGGER refuse BEFORE INSERT ON occurrences WHEN NEW.job = 'job-07' \
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        }
        On::Postgres => "ALTER TABLE occurrences ADD CONSTRAINT refuse CHECK (job <> 'job-07')",
    };
    execute(store, refused).await;
}

#[tokio::test]
async fn a_job_whose_rows_are_refused_keeps_no_other_waiting() {
    let jobs: Vec<Job> = (0..20)
        .map(|n| job(&format!("job-{n:02}"), "0 7 * * *", "previous_day"))
        .collect();
    let mut world = World::begin(On::Sqlite, &jobs, "2026-11-01T12:00:00Z").await;
    refuse(&world.store, On::Sqlite).await;
    world.clock.advance(Duration::from_hours(24));
    for _ in 0..3 {
        let halt = world.beat().await.unwrap_err();
        assert!(matches!(halt, Halt::Store(error) if error.is_of_rows()));
    }
    let handed_out = world.recorder.taken().len();
    assert!(handed_out >= 19, "{handed_out} were handed out");
    for job in &jobs {
        let runs = world.written(&job.name).await.0.len();
        assert_eq!(runs, usize::from(job.name != "job-07"), "{}", job.name);
    }
    let told = "SELECT count(*) AS n FROM notices WHERE text LIKE '%`job-07` cannot be written down%'";
    assert_eq!(number(&world.store, told).await, 1, "the owner hears once");
    execute(&world.store, "DROP TRIGGER refuse").await;
    world.beat().await.unwrap();
    assert_eq!(world.written("job-07").await.0, ["2026-11-02T07:00:00"]);
    world.beat().await.unwrap();
    let again = "SELECT count(*) AS n FROM notices WHERE kind = 'recovered' AND text LIKE '%`job-07` is written down again%'";
    assert_eq!(number(&world.store, again).await, 1, "and once that it is over");
}

async fn a_refusal_of_rows_is_told_from_trouble_of_the_database(on: On) {
    let (_place, store) = store(on).await;
    refuse(&store, on).await;
    let from = "2026-11-01T00:00:00Z";
    store.register(vec![cursor("job-07", from)]).await.unwrap();
    let due = advance("job-07", from, vec![occurrence("2026-11-02T07:00:00Z")]);
    let recorder = Arc::new(Recorder::default());
    let written = store
        .materialise(vec![due], recorder, at("2026-11-02T07:00:00Z"))
        .await;
    assert!(written.is_err_and(|error| error.is_of_rows()));
}

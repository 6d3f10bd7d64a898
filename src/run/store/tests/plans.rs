//! However much lies in the store, what the service asks every second never looks at all of it.

use super::*;
use crate::run::store::figures::{MEASURED, OPEN_PARCELS, UNTOLD};
use crate::run::store::late::OVERDUE;
use crate::run::store::replace::{NEWEST, WAITING};
use crate::run::store::rescue::OF_COMMANDS;
use crate::run::store::testing::{Place, execute, texts};
use crate::run::store::turns::{HOLDERS, PARCELS_DUE, UNFINISHED};

on_both_databases! {
    what_is_asked_every_second_looks_at_no_more_than_there_is_to_do,
}

/// A hundred thousand runs at their end, with their occurrences and parcels, and ten that are not.
const FULL: [&str; 5] = [
    "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000) \
     INSERT INTO runs (run_id, job, period_id, period_start, period_end, timezone, revision, trigger, state, fence, owner, \
     recipe, created_at, generated_at, finished_at, home) SELECT 'run-' || n, 'job-' || (n % 200), 'p-' || n, '2026-10-01', \
     '2026-10-01', 'UTC', 1, 'schedule', CASE WHEN n % 10000 = 0 THEN 'queued' ELSE 'delivered' END, 1, 'somebody', '{}', \
     '2026-01-01T00:00:00.' || (100000 + n) || 'Z', '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z', 'x' FROM n",
    "INSERT INTO occurrences (job, nominal, fold, due_at, timezone, period_id, closed, run_id, recorded_at) \
     SELECT job, run_id, 0, created_at, 'UTC', period_id, period_id, run_id, created_at FROM runs",
    "INSERT INTO deliveries (run_id, position, delivery, recipient, key, content_path, sha256, state, updated_at) \
     SELECT run_id, 0, 'mail', 'a', 'k', 'x', 'x', 'acked', created_at FROM runs",
    "INSERT INTO notices (at, owner, kind, job, text, bulletin) \
     SELECT created_at, '[]', 'missed', job, 'x', run_id FROM runs",
    "ANALYZE",
];

/// What the heartbeat asks, with texts in the place of values.
fn asked() -> Vec<String> {
    let filled = |sql: &str| {
        let instant = "'2026-11-02T12:00:00.000000Z'";
        let sql = sql.replace("LIMIT $4", "LIMIT 1000").replace("$5", "1000");
        (1..5).fold(sql, |sql, n| sql.replace(&format!("${n}"), instant))
    };
    let mut asked: Vec<String> = [
        UNFINISHED,
        PARCELS_DUE,
        HOLDERS,
        OF_COMMANDS,
        OPEN_PARCELS,
        MEASURED,
        OVERDUE,
        UNTOLD[0],
        UNTOLD[1],
    ]
    .map(filled)
    .into();
    asked.extend(
        [
            "UPDATE jobs SET evaluated_until = 'x' WHERE job = 'job-1' AND evaluated_until = 'y'",
            "SELECT coalesce(max(revision), 0) + 1 FROM runs WHERE job = 'job-1' AND period_id = 'p-1' AND trigger <> 'test'",
            "SELECT 1 FROM occurrences WHERE job = 'job-1' AND nominal = 'run-1' AND fold = 0",
            "SELECT 1 FROM occurrences WHERE job = 'job-1' AND closed = 'p-1'",
            "UPDATE deliveries SET state = 'ambiguous' WHERE run_id = 'run-1' AND state = 'sending'",
            "SELECT owner, min(id) FROM notices WHERE bulletin IS NULL AND owner <> '[]' GROUP BY owner",
            "SELECT key FROM bulletins WHERE state = 'pending' AND (next_attempt_at <= 'x' OR next_attempt_at > 'y') \
             ORDER BY written_at LIMIT 1",
            "SELECT count(*) FROM notices WHERE run_id = 'run-1' AND kind = 'late' AND text = 'x'",
            "SELECT count(*) FROM notices WHERE bulletin = 'key'",
            "SELECT count(*) FROM notices WHERE job = 'job-1' AND kind = 'failed' \
             AND id > (SELECT coalesce(max(id), 0) FROM notices WHERE job = 'job-1' AND kind = 'recovered')",
        ]
        .map(str::to_owned),
    );
    // Before each attempt, and when something is frozen.
    asked.push(NEWEST.replace("$1", "1"));
    asked.push(filled(&WAITING.replace("$5", "2")));
    asked
}

async fn what_is_asked_every_second_looks_at_no_more_than_there_is_to_do(on: On) {
    let place = Place::new(on).await;
    let store = place.store().await;
    for sql in FULL {
        execute(&store, sql).await;
    }
    for sql in asked() {
        let explain = match on {
            On::Sqlite => "EXPLAIN QUERY PLAN ",
            On::Postgres => "EXPLAIN ",
        };
        // A statement of this test, leaked once.
        let explain: &'static str = format!("{explain}{sql}").leak();
        let column = if on == On::Sqlite { "detail" } else { "QUERY PLAN" };
        let plan = plan(&store, explain, column).await;
        for line in &plan {
            let scans = line.contains("Seq Scan on runs")
                || line.contains("Seq Scan on deliveries")
                || line.contains("Seq Scan on occurrences")
                || line.contains("Seq Scan on notices")
                || line.contains("runs_by_time")
                || line.contains("runs_by_job")
                // SQLite: a scan of a partial index looks at what is in it, and that is little.
                || (line.starts_with("SCAN")
                    && !line.contains("runs_unfinished")
                    && !line.contains("runs_in_line")
                    && !line.contains("deliveries_open")
                    && !line.contains("notices_waiting")
                    && !line.contains("CONSTANT ROW")
                    && !line.contains("bulletins"));
            assert!(!scans, "{sql}\n{plan:#?}");
        }
    }
    assert!(
        texts(
            &store,
            "SELECT run_id AS t FROM runs WHERE job = $1 LIMIT 1",
            "job-1"
        )
        .await
        .len()
            == 1
    );
}

async fn plan(store: &Store, explain: &'static str, column: &'static str) -> Vec<String> {
    let work = db::work(move |tx| {
        Box::pin(async move {
            let rows = tx.rows(explain, vec![]).await?;
            rows.iter()
                .map(|row| row.text(column))
                .collect::<Result<Vec<_>, _>>()
        })
    });
    store.db.transaction(work).await.unwrap()
}

//! Two services on one PostgreSQL database.

use crate::postgres::Postgres;
use crate::service::Launch;
use crate::world::World;
use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

/// Without the story's clock: services that share a database are held where its clock is another.
fn launch(world: &World, url: &str) -> Launch {
    Launch::serve(&world.path(""))
        .env("HOOK_SECRET", "whsec_Y2FuYXJ5LXNpZ25pbmcta2V5LTAwMDAwMDAx")
        .env("DATABASE_URL", url)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_replica_had_begun_and_what_it_had_not_is_done_by_the_other() {
    /// With twelve late occurrences each.
    const JOBS: usize = 3;
    let mut world = World::new().await;
    let url = tokio::task::block_in_place(Postgres::shared)
        .fresh_database()
        .await;
    world.edit("listen = ", "store = \"env:DATABASE_URL\"\nlisten = ");
    for n in 0..JOBS {
        world.add_job(&format!("often-{n}"), "\"* * * * *\"", "last_days:7");
        world.edit(
            &format!(
                "period = \"last_days:7\"\nformats = [\"csv\"]\ndeliveries = [\"bi-drop\"]\n[jobs.often-{n}."
            ),
            &format!(
                "period = \"last_days:7\"\nformats = [\"csv\"]\ndeliveries = [\"erp\"]\n[jobs.often-{n}."
            ),
        );
    }
    world.set_env("DATABASE_URL", url.clone());
    let mut first = launch(&world, &url).start();
    first.wait_for("serving");
    first.term();
    first.wait_exit(Duration::from_secs(30));
    // An hour in which nothing ran.
    let mut database = PgConnection::connect(&url).await.unwrap();
    let until: String = sqlx::query_scalar("SELECT min(evaluated_until) FROM jobs")
        .fetch_one(&mut database)
        .await
        .unwrap();
    let earlier = until.parse::<DateTime<Utc>>().unwrap() - chrono::TimeDelta::hours(1);
    sqlx::query("UPDATE jobs SET evaluated_until = $1 WHERE job LIKE 'often%'")
        .bind(earlier.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
        .execute(&mut database)
        .await
        .unwrap();
    let mut killed = launch(&world, &url).fail_at("permitted", 10).start();
    // It has fetched what there is; the other one finds nothing yet.
    killed.wait_for("a delivery was attempted");
    let mut alive = launch(&world, &url).start();
    assert_eq!(killed.wait_exit(Duration::from_secs(30)).signal(), Some(6));
    // What the killed one had been handed and not begun is handed out again a minute later; this is the minute.
    sqlx::query("UPDATE runs SET dispatched_at = $1 WHERE dispatched_at IS NOT NULL")
        .bind(earlier.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
        .execute(&mut database)
        .await
        .unwrap();
    let rows = "SELECT count(*) FROM occurrences WHERE run_id IS NOT NULL AND job LIKE 'often%'";
    let done = "SELECT count(*) FROM occurrences JOIN runs USING (run_id) WHERE state = 'delivered' AND runs.job LIKE 'often%'";
    let mut count =
        async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(&mut database).await.unwrap() };
    while count(done).await < count(rows).await {
        alive.wait_for("run ends");
    }
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for event in world.hook.requests() {
        *copies.entry(event.headers["webhook-id"].clone()).or_default() += 1;
    }
    assert_eq!(
        i64::try_from(copies.len()).unwrap(),
        count(rows).await,
        "nothing is lost"
    );
    // What the killed one had on the wire may come twice, under its key.
    let acked = killed.events("a delivery was attempted").len();
    let doubled = copies.values().filter(|copies| **copies > 1).count();
    assert!(doubled <= 10 - acked, "{acked}: {copies:?}");
    assert!(copies.values().all(|copies| *copies <= 2), "{copies:?}");
    let two = "SELECT count(*) FROM (SELECT job, nominal, fold FROM occurrences GROUP BY 1, 2, 3 HAVING count(*) > 1) AS x";
    assert_eq!(count(two).await, 0);
}

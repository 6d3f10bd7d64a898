//! Stores that must not be touched.

use crate::world::World;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use std::fs;

/// Does this to the database, with nobody else there.
async fn alter(world: &World, sql: &'static str) {
    let path = world.path("data/reportwire.db");
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_a_newer_version_is_refused_untouched() {
    let world = World::new().await;
    assert_eq!(world.ask(&["runs"]).code, 0);
    alter(&world, "PRAGMA user_version = 99").await;
    let before = fs::read(world.path("data/reportwire.db")).unwrap();
    for command in ["serve", "runs"] {
        let refused = world.ask(&[command]);
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{refused:?}");
        let said = "reportwire.db has schema 99, this program knows 6; run the newer version of reportwire";
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    assert_eq!(fs::read(world.path("data/reportwire.db")).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_refused_untouched_with_the_way_out() {
    let world = World::new().await;
    assert_eq!(world.ask(&["runs"]).code, 0);
    alter(&world, "PRAGMA journal_mode = DELETE").await;
    let path = world.path("data/reportwire.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..12288].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    let refused = world.ask(&["serve"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{refused:?}");
    for said in [
        "is damaged",
        "nothing was written",
        "Restore the file from a backup",
    ] {
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

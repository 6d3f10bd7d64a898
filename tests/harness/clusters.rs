//! The private PostgreSQL cluster starts, breaks, comes back and goes.

use crate::postgres::Postgres;
use sqlx::{Connection, PgConnection};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn number(connection: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(connection).await.unwrap()
}

async fn setting(connection: &mut PgConnection, query: &'static str) -> String {
    sqlx::query_scalar(query).fetch_one(connection).await.unwrap()
}

const TABLES: &str = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";

#[tokio::test]
async fn every_database_is_new_and_commits_are_synchronous() {
    let cluster = Postgres::shared();
    let (one, other) = tokio::join!(cluster.fresh_database(), cluster.fresh_database());
    let (mut one, mut other) = (connect(&one).await, connect(&other).await);
    sqlx::raw_sql("CREATE TABLE here (id int)")
        .execute(&mut one)
        .await
        .unwrap();
    assert_eq!(number(&mut one, TABLES).await, 1);
    assert_eq!(number(&mut other, TABLES).await, 0);
    for (query, value) in [
        ("SHOW synchronous_commit", "on"),
        ("SHOW max_connections", "200"),
        ("SHOW server_encoding", "UTF8"),
        ("SHOW timezone", "UTC"),
    ] {
        assert_eq!(setting(&mut one, query).await, value, "{query}");
    }
}

#[tokio::test]
async fn a_hard_stop_breaks_connections_and_keeps_what_was_committed() {
    let cluster = Postgres::start();
    let url = cluster.fresh_database().await;
    let mut connection = connect(&url).await;
    let prepare = "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1), (2)";
    sqlx::raw_sql(prepare).execute(&mut connection).await.unwrap();
    let mut open = connection.begin().await.unwrap();
    sqlx::raw_sql("INSERT INTO kept VALUES (3)")
        .execute(&mut *open)
        .await
        .unwrap();
    cluster.stop_hard();
    open.commit().await.unwrap_err();
    PgConnection::connect(&url).await.unwrap_err();
    // The second time it still runs.
    for _ in 0..2 {
        cluster.restart();
        let mut again = connect(&url).await;
        assert_eq!(number(&mut again, "SELECT count(*) FROM kept").await, 2);
    }
}

#[tokio::test]
async fn a_dropped_cluster_leaves_nothing() {
    let cluster = Postgres::start();
    let url: url::Url = cluster.fresh_database().await.parse().unwrap();
    let address = (url.host_str().unwrap().to_owned(), url.port().unwrap());
    let folder = cluster.folder().to_owned();
    assert!(folder.exists());
    TcpStream::connect(&address).unwrap();
    drop(cluster);
    assert!(!folder.exists());
    TcpStream::connect(&address).unwrap_err();
}

/// Runs this very test in a process of its own, which starts a cluster and waits to be killed.
#[test]
fn a_killed_test_process_leaves_nothing() {
    const PLAYS_VICTIM: &str = "REPORTWIRE_TEST_VICTIM";
    if std::env::var_os(PLAYS_VICTIM).is_some() {
        let folder = Postgres::shared().folder().display();
        writeln!(std::io::stderr(), "cluster: {folder}").unwrap();
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "clusters::a_killed_test_process_leaves_nothing",
            "--nocapture",
        ])
        .env(PLAYS_VICTIM, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(victim.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("cluster: ") {
        line.clear();
        assert!(
            said.read_line(&mut line).unwrap() > 0,
            "the victim started no cluster"
        );
    }
    let folder = PathBuf::from(line["cluster: ".len()..].trim_end());
    assert!(folder.join("data/postmaster.pid").exists());
    victim.kill().unwrap();
    victim.wait().unwrap();
    // The watcher shares the victim's standard error: its end is the end of both.
    said.read_to_end(&mut Vec::new()).unwrap();
    assert!(!folder.exists());
}

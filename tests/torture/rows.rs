//! What the store says, read past the program's own code.

use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use std::path::Path;

/// A connection that only reads.
pub enum Rows {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Rows {
    pub async fn of_file(path: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .busy_timeout(std::time::Duration::from_secs(10));
        Self::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
    }

    pub async fn of_database(url: &str) -> Self {
        Self::Postgres(PgConnection::connect(url).await.unwrap())
    }

    /// The rows of a query whose columns are all texts; what is null is empty.
    pub async fn ask<const N: usize>(&mut self, sql: &str) -> Vec<[String; N]> {
        let sql = || AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => {
                let rows = sqlx::query(sql()).fetch_all(connection).await.unwrap();
                rows.iter().map(of_sqlite).collect()
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query(sql()).fetch_all(connection).await.unwrap();
                rows.iter().map(of_postgres).collect()
            }
        }
    }
}

fn of_sqlite<const N: usize>(row: &SqliteRow) -> [String; N] {
    std::array::from_fn(|at| row.get::<Option<String>, _>(at).unwrap_or_default())
}

fn of_postgres<const N: usize>(row: &PgRow) -> [String; N] {
    std::array::from_fn(|at| row.get::<Option<String>, _>(at).unwrap_or_default())
}

//! One SQL for two databases: statements with `$1` run on `SQLite` and on PostgreSQL alike.
//!
//! All work is a transaction. On `SQLite` one task writes for the whole process and commits whatever waits together, because a
//! commit costs a disk's round trip and everything that falls due at one moment would queue for it; each piece of work begins
//! at a savepoint, so one that fails takes nothing else with it. On PostgreSQL each is a transaction on a pooled connection.

mod fault;
mod row;
mod values;
mod writer;

pub(super) use fault::{SQLITE_BUSY, fault, primary_code, refuses_rows};
pub(super) use row::{Row, instant};
pub(super) use values::{Value, values};

use super::StoreError;
use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde::Serialize;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use values::{postgres, sqlite};
use writer::{Done, OfRun, Op, Run, WAITING, Writer};

/// Keeps what a group has done so far, whatever becomes of what follows.
const KEEP: &str = "RELEASE work; SAVEPOINT work";

/// What time PostgreSQL says it is.
const CLOCK: &str = "SELECT to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS now";

/// The connections of one database.
#[derive(Debug, Clone)]
pub(in crate::run) enum Pool {
    /// For River alone, opened when it asks; our own writer has a connection of its own, with which nothing ever waits for
    /// a place in a pool.
    Sqlite(SqlitePool),
    /// For everybody.
    Postgres(PgPool),
}

/// A database.
pub(super) struct Db {
    pub(super) pool: Pool,
    place: Arc<Path>,
    /// To the one task that writes; `SQLite` only.
    writer: mpsc::Sender<Op>,
}

/// A transaction.
pub struct Tx<'c> {
    pub(in crate::run) inner: Inner<'c>,
    place: Arc<Path>,
}

/// A transaction of either database.
#[allow(
    unreachable_pub,
    reason = "a field of a public type that nobody outside can name"
)]
pub enum Inner<'c> {
    /// Of `SQLite`.
    Sqlite(Transaction<'c, Sqlite>),
    /// Of PostgreSQL.
    Postgres(Transaction<'c, Postgres>),
}

impl Db {
    /// An embedded database: `connection` for what is written here, `river` for River.
    pub(super) fn sqlite(
        connection: SqliteConnection,
        options: SqliteConnectOptions,
        river: SqlitePool,
        place: &Path,
    ) -> Self {
        let place: Arc<Path> = place.into();
        let (sender, waiting) = mpsc::channel(WAITING);
        let writer = Writer {
            connection: Some(connection),
            options,
            place: Arc::clone(&place),
        };
        // Ends when the last `Db` of this channel is dropped.
        tokio::spawn(writer.write_all(waiting));
        Self {
            pool: Pool::Sqlite(river),
            place,
            writer: sender,
        }
    }

    /// A PostgreSQL database.
    pub(super) fn postgres(pool: PgPool, place: &Path) -> Self {
        let (writer, _) = mpsc::channel(1);
        Self {
            pool: Pool::Postgres(pool),
            place: place.into(),
            writer,
        }
    }

    /// Where the database is, without secrets.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    /// Does `work` in one transaction, all of it or nothing.
    pub(super) async fn transaction<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    {
        match &self.pool {
            Pool::Sqlite(_) => self.queue(work, false).await,
            Pool::Postgres(pool) => {
                let begun = riverqueue::database::begin_postgres(pool).await;
                let transaction = begun.map_err(|cause| fault(&self.place, cause))?;
                let mut tx = Tx {
                    inner: Inner::Postgres(transaction),
                    place: Arc::clone(&self.place),
                };
                let done = work(&mut tx).await?;
                tx.commit().await?;
                Ok(done)
            }
        }
    }

    /// Runs one statement; the number of rows it touched.
    pub(super) async fn execute(&self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        match &self.pool {
            Pool::Sqlite(_) => {
                let run = work(move |tx| async move { tx.execute(sql, values).await }.boxed());
                self.queue(run, true).await
            }
            Pool::Postgres(pool) => {
                let done = sqlx::query_with(sql, postgres(values)).execute(pool).await;
                done.map(|done| done.rows_affected())
                    .map_err(|cause| fault(&self.place, cause))
            }
        }
    }

    /// The rows of one query.
    pub(super) async fn rows(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match &self.pool {
            Pool::Sqlite(_) => {
                let run = work(move |tx| async move { tx.rows(sql, values).await }.boxed());
                self.queue(run, true).await
            }
            Pool::Postgres(pool) => {
                let rows = sqlx::query_with(sql, postgres(values)).fetch_all(pool).await;
                rows.map(|rows| Row::of_postgres(rows, &self.place))
                    .map_err(|cause| fault(&self.place, cause))
            }
        }
    }

    /// The first row of one query.
    pub(super) async fn row(&self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// The row that a statement about one run answers, if it touched it. Where many ask for the same at one moment, `SQLite` is asked
    /// once: `sql` is about a list of things of which each names its run as `run_id`, and so does each row that it answers.
    pub(super) async fn of_run(
        &self,
        sql: &'static Each,
        run_id: &str,
        thing: &serde_json::Value,
    ) -> Result<Option<Row>, StoreError> {
        if self.locks_rows() {
            let things = format!("[{thing}]");
            return self.row(sql.postgres, vec![Value::from(things)]).await;
        }
        let (sender, answered) = oneshot::channel();
        let op = Op::OfRun(OfRun {
            sql,
            run_id: run_id.to_owned(),
            thing: thing.to_string(),
            answer: sender,
        });
        let gone = || StoreError::Closed;
        self.writer.send(op).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// What time it is for leases: the database's clock where several machines share it, ours where the file is this machine's.
    pub(super) async fn lease_clock(&self, ours: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        if matches!(self.pool, Pool::Sqlite(_)) {
            return Ok(ours);
        }
        let row = self.row(CLOCK, vec![]).await?;
        row.map_or(Ok(ours), |row| row.moment("now"))
    }

    /// Whether this is PostgreSQL, where rows are locked one by one; `SQLite` locks the file.
    pub(super) fn locks_rows(&self) -> bool {
        matches!(self.pool, Pool::Postgres(_))
    }

    async fn queue<T, F>(&self, work: F, single: bool) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    {
        let (sender, answered) = oneshot::channel();
        let run: Run = Box::new(move |tx| {
            async move {
                let done = match tx {
                    Ok(tx) => work(tx).await,
                    Err(closed) => Err(closed),
                };
                Done {
                    good: done.is_ok(),
                    // Whoever asked may have gone; what is committed stays.
                    answer: Box::new(move |spoilt| drop(sender.send(spoilt.map_or(done, Err)))),
                }
            }
            .boxed()
        });
        let gone = || StoreError::Closed;
        let op = Op::Work { single, run };
        self.writer.send(op).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl Tx<'_> {
    /// Runs a statement; the number of rows it touched.
    pub(super) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        let done = match &mut self.inner {
            Inner::Sqlite(tx) => sqlx::query_with(sql, sqlite(values))
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
            Inner::Postgres(tx) => sqlx::query_with(sql, postgres(values))
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
        };
        done.map_err(|cause| fault(&self.place, cause))
    }

    /// The rows of a query.
    pub(super) async fn rows(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let place = &self.place;
        let failed = |cause| fault(place, cause);
        Ok(match &mut self.inner {
            Inner::Sqlite(tx) => {
                let rows = sqlx::query_with(sql, sqlite(values)).fetch_all(&mut **tx).await;
                Row::of_sqlite(rows.map_err(failed)?, place)
            }
            Inner::Postgres(tx) => {
                let rows = sqlx::query_with(sql, postgres(values)).fetch_all(&mut **tx).await;
                Row::of_postgres(rows.map_err(failed)?, place)
            }
        })
    }

    /// The rows that a statement about many things at once answers; as JSON each thing is an object.
    pub(super) async fn each(
        &mut self,
        sql: &Each,
        things: &[impl Serialize],
    ) -> Result<Vec<Row>, StoreError> {
        let things = serde_json::to_string(things).map_err(|cause| self.trouble(&cause.to_string()))?;
        let sql = match self.inner {
            Inner::Sqlite(_) => sql.sqlite,
            Inner::Postgres(_) => sql.postgres,
        };
        self.rows(sql, vec![Value::from(things)]).await
    }

    /// The first row of a query.
    pub(super) async fn row(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// The one number that a query answers; 0 where it answers nothing.
    pub(super) async fn number(&mut self, sql: &'static str, values: Vec<Value>) -> Result<i64, StoreError> {
        let row = self.row(sql, values).await?;
        Ok(row
            .map(|row| row.get::<Option<i64>>("n"))
            .transpose()?
            .flatten()
            .unwrap_or(0))
    }

    /// See [`Db::lease_clock`].
    pub(super) async fn lease_clock(&mut self, ours: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        if matches!(self.inner, Inner::Sqlite(_)) {
            return Ok(ours);
        }
        let row = self.row(CLOCK, vec![]).await?;
        row.map_or(Ok(ours), |row| row.moment("now"))
    }

    /// Trouble of a library that works in this transaction.
    pub(in crate::run) fn trouble(&self, what: &str) -> StoreError {
        StoreError::Library {
            path: self.place.to_path_buf(),
            what: what.to_owned(),
        }
    }

    /// Whether this is PostgreSQL, where rows are locked one by one; `SQLite` locks the file.
    pub(super) fn locks_rows(&self) -> bool {
        matches!(self.inner, Inner::Postgres(_))
    }

    async fn savepoint(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let done = match &mut self.inner {
            Inner::Sqlite(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop),
            Inner::Postgres(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop),
        };
        done.map_err(|cause| fault(&self.place, cause))
    }

    /// Takes back a piece of work of a group that failed. Trouble with the disk ends a whole transaction behind our back; what
    /// follows would then be one of its own, without what came before it: this says so, because no savepoint is left.
    async fn take_back(&mut self, single: bool) -> Result<(), StoreError> {
        if single {
            self.savepoint(KEEP).await
        } else {
            self.savepoint("ROLLBACK TO work").await
        }
    }

    async fn commit(self) -> Result<(), StoreError> {
        let done = match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        };
        done.map_err(|cause| fault(&self.place, cause))
    }

    async fn rollback(self) -> Result<(), StoreError> {
        let done = match self.inner {
            Inner::Sqlite(tx) => tx.rollback().await,
            Inner::Postgres(tx) => tx.rollback().await,
        };
        done.map_err(|cause| fault(&self.place, cause))
    }
}

/// A statement about each object of a JSON list: `value ->> 'name'` is a member of one. A statement for each of them would cost
/// a round trip each, which is what recording thousands at once would mostly be.
pub(super) struct Each {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

/// Writes an [`Each`]: what comes before and after the list.
macro_rules! each {
    ($before:expr, $after:expr) => {
        $crate::run::store::db::Each {
            // Objects stay as `SQLite` has read them: as `json_each` hands them on, each member of one would read all of it again.
            sqlite: concat!($before, " jsonb_each($1) ", $after),
            postgres: concat!(
                $before,
                " jsonb_array_elements($1::jsonb) AS things (value) ",
                $after
            ),
        }
    };
}
pub(super) use each;

/// Says what kind of closure does the work of a transaction, where it is not handed over at once.
pub(super) fn work<T, F>(work: F) -> F
where
    F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    work
}

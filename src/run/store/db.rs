//! One SQL for two databases: statements with `$1` run on `SQLite` and on PostgreSQL alike.
//!
//! All work is a transaction. On `SQLite` one task writes for the whole process and commits whatever waits together, because a
//! commit costs a disk's round trip and everything that falls due at one moment would queue for it; each piece of work begins
//! at a savepoint, so one that fails takes nothing else with it. On PostgreSQL each is a transaction on a pooled connection.

use super::StoreError;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteRow};
use sqlx::{
    Arguments as _, Connection as _, Decode, PgPool, Postgres, Row as _, Sqlite, SqliteConnection,
    SqlitePool, Transaction, Type,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Most pieces of work that are committed together on `SQLite`.
const GROUP: usize = 512;
/// Most pieces of work that wait for the writer; more wait where they are asked for.
const WAITING: usize = 4096;

/// Keeps what a group has done so far, whatever becomes of what follows.
const KEEP: &str = "RELEASE work; SAVEPOINT work";

/// What time PostgreSQL says it is.
const CLOCK: &str = "SELECT to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS now";

/// Primary result codes of `SQLite`, in the low byte of the extended ones.
pub(super) const SQLITE_BUSY: u32 = 5;
const SQLITE_READONLY: u32 = 8;
const SQLITE_IOERR: u32 = 10;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_NOTADB: u32 = 26;

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

/// A piece of work that waits for the writer.
struct Op {
    /// Whether it is one statement, which is undone by itself if it fails.
    single: bool,
    run: Run,
}

/// Does its part and says how it is to be answered once that is committed, or could not be.
type Run = Box<dyn for<'t, 'c> FnOnce(Result<&'t mut Tx<'c>, StoreError>) -> BoxFuture<'t, Done> + Send>;

struct Done {
    good: bool,
    answer: Box<dyn FnOnce(Option<StoreError>) + Send>,
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

    /// What time it is for leases: the database's clock where several machines share it, ours where the file is this machine's.
    pub(super) async fn lease_clock(&self, ours: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        if matches!(self.pool, Pool::Sqlite(_)) {
            return Ok(ours);
        }
        let row = self.row(CLOCK, vec![]).await?;
        row.map_or(Ok(ours), |row| row.moment("now"))
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
        let op = Op { single, run };
        self.writer.send(op).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// The one task that writes to `SQLite` in this process.
struct Writer {
    /// None: the next piece of work opens another.
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    place: Arc<Path>,
}

impl Writer {
    /// Everything that waits goes into one commit.
    async fn write_all(mut self, mut waiting: mpsc::Receiver<Op>) {
        let mut group = Vec::new();
        while waiting.recv_many(&mut group, GROUP).await > 0 {
            let group = std::mem::take(&mut group);
            let connection = match self.connection.take() {
                Some(connection) => Ok(connection),
                None => SqliteConnection::connect_with(&self.options).await,
            };
            match connection {
                Ok(mut connection) => {
                    commit_group(&mut connection, &self.place, group).await;
                    // A full disk ends a transaction by itself, and the connection goes on believing that it is in one.
                    if !connection.is_in_transaction() {
                        self.connection = Some(connection);
                    }
                }
                Err(cause) => refuse(group, &fault(&self.place, cause)).await,
            }
        }
    }
}

/// Answers that nothing could be begun.
async fn refuse(group: Vec<Op>, why: &StoreError) {
    for op in group {
        let done = (op.run)(Err(why.again())).await;
        (done.answer)(None);
    }
}

async fn commit_group(connection: &mut SqliteConnection, place: &Arc<Path>, group: Vec<Op>) {
    // The lock is taken at once, so that what is read stays true until the commit.
    let mut tx = match connection.begin_with("BEGIN IMMEDIATE").await {
        Ok(transaction) => Tx {
            inner: Inner::Sqlite(transaction),
            place: Arc::clone(place),
        },
        Err(cause) => return refuse(group, &fault(place, cause)).await,
    };
    let alone = group.len() == 1;
    let mut answers = Vec::with_capacity(group.len());
    let mut spoilt = match alone {
        true => None,
        false => tx.savepoint("SAVEPOINT work").await.err(),
    };
    for op in group {
        if spoilt.is_none() && !alone && !op.single {
            spoilt = tx.savepoint(KEEP).await.err();
        }
        let done = (op.run)(match &spoilt {
            None => Ok(&mut tx),
            Some(why) => Err(why.again()),
        });
        let done = done.await;
        if spoilt.is_none() && !alone && !done.good {
            spoilt = tx.take_back(op.single).await.err();
        }
        answers.push((done.good, done.answer));
    }
    let committed = match spoilt {
        None if alone && !answers[0].0 => tx.rollback().await,
        None => tx.commit().await,
        Some(why) => Err(why),
    };
    let spoilt = committed.err();
    for (good, answer) in answers {
        // Work that failed by itself says so itself.
        answer(spoilt.as_ref().filter(|_| good).map(StoreError::again));
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
                let rows = rows.map_err(failed)?.into_iter();
                rows.map(|row| Row(RowOf::Sqlite(row), Arc::clone(place)))
                    .collect()
            }
            Inner::Postgres(tx) => {
                let rows = sqlx::query_with(sql, postgres(values)).fetch_all(&mut **tx).await;
                Row::of_postgres(rows.map_err(failed)?, place)
            }
        })
    }

    /// The rows that a statement about many things at once answers; the things are a JSON list of objects.
    pub(super) async fn each(
        &mut self,
        sql: &Each,
        things: &serde_json::Value,
    ) -> Result<Vec<Row>, StoreError> {
        let sql = match self.inner {
            Inner::Sqlite(_) => sql.sqlite,
            Inner::Postgres(_) => sql.postgres,
        };
        self.rows(sql, vec![Value::from(things.to_string())]).await
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
    ($before:literal, $after:literal) => {
        $crate::run::store::db::Each {
            sqlite: concat!($before, " json_each($1) ", $after),
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

/// A value that is bound to `$1`, `$2`, …
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

/// Lists the values of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::run::store::db::Value::from($value)),*] };
}
pub(super) use values;

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(Some(number.into()))
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(at: DateTime<Utc>) -> Self {
        Self::Text(Some(instant(at)))
    }
}

impl From<Option<DateTime<Utc>>> for Value {
    fn from(at: Option<DateTime<Utc>>) -> Self {
        Self::Text(at.map(instant))
    }
}

fn sqlite(values: Vec<Value>) -> SqliteArguments {
    let mut arguments = SqliteArguments::default();
    for value in values {
        // Texts and numbers can always be encoded.
        drop(match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
        });
    }
    arguments
}

fn postgres(values: Vec<Value>) -> PgArguments {
    let mut arguments = PgArguments::default();
    for value in values {
        // Texts and numbers can always be encoded.
        drop(match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
        });
    }
    arguments
}

/// A row of either database.
pub(super) struct Row(RowOf, Arc<Path>);

enum RowOf {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What columns hold: texts and whole numbers.
pub(super) trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}
impl Column for String {}
impl Column for Option<String> {}
impl Column for i64 {}
impl Column for Option<i64> {}

impl Row {
    fn of_postgres(rows: Vec<PgRow>, place: &Arc<Path>) -> Vec<Self> {
        rows.into_iter()
            .map(|row| Self(RowOf::Postgres(row), Arc::clone(place)))
            .collect()
    }

    /// The value of a column, with its name in every complaint.
    pub(super) fn get<T: Column>(&self, column: &'static str) -> Result<T, StoreError> {
        let value = match &self.0 {
            RowOf::Sqlite(row) => row.try_get(column),
            RowOf::Postgres(row) => row.try_get(column),
        };
        value.map_err(|cause| fault(&self.1, cause))
    }

    pub(super) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(super) fn number<N: TryFrom<i64>>(&self, column: &'static str) -> Result<N, StoreError> {
        let value: i64 = self.get(column)?;
        N::try_from(value).map_err(|_| bad(column, value.to_string()))
    }

    pub(super) fn word<T>(
        &self,
        column: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        read(&text).ok_or_else(|| bad(column, text))
    }

    pub(super) fn moment(&self, column: &'static str) -> Result<DateTime<Utc>, StoreError> {
        self.word(column, read_instant)
    }

    pub(super) fn instant(&self, column: &'static str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(text) = self.get::<Option<String>>(column)? else {
            return Ok(None);
        };
        read_instant(&text).map(Some).ok_or_else(|| bad(column, text))
    }

    pub(super) fn date(&self, column: &'static str) -> Result<NaiveDate, StoreError> {
        self.word(column, |text| text.parse().ok())
    }
}

/// An instant as stored: all of one length, so that texts sort as instants do.
pub(super) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

fn bad(column: &'static str, value: String) -> StoreError {
    StoreError::BadValue { column, value }
}

/// Sorts a database error by what may be done about it.
pub(super) fn fault(place: &Path, cause: sqlx::Error) -> StoreError {
    let path: PathBuf = place.to_owned();
    let code = cause.as_database_error().and_then(DatabaseError::code);
    // Codes of PostgreSQL have five characters, letters among them or not.
    let disk_full = code.as_deref() == Some("53100");
    match primary_code(&cause) {
        Some(SQLITE_BUSY) => StoreError::Locked { path },
        Some(SQLITE_CORRUPT | SQLITE_NOTADB) => StoreError::Corrupt {
            path,
            detail: cause.to_string(),
        },
        Some(SQLITE_FULL | SQLITE_IOERR | SQLITE_READONLY | SQLITE_CANTOPEN) => {
            StoreError::Disk { path, cause }
        }
        _ if disk_full => StoreError::Disk { path, cause },
        _ => StoreError::Database { path, cause },
    }
}

/// The low byte of an error code of `SQLite`.
pub(super) fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let error: &sqlx::sqlite::SqliteError = error.as_database_error()?.try_downcast_ref()?;
    Some(error.code()?.parse::<u32>().ok()? & 0xff)
}

//! Opening the store: permissions, settings, soundness, migrations.

use super::db::{Db, SQLITE_BUSY, fault, primary_code};
use super::files::{self, create_dir};
use super::{Store, StoreError, lease, owner};
use crate::fail_point;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection, PgConnection, Row, SqliteConnection, Transaction};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

/// Name of the database in the data folder.
pub(crate) const FILE: &str = "reportwire.db";
/// How long a write waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The first `SQLite` whose WAL does not corrupt on reset.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// The oldest PostgreSQL that is tried, as `server_version_num` counts.
const OLDEST_POSTGRES: i64 = 140_000;
/// Most connections of one process to PostgreSQL.
const CONNECTIONS: u32 = 16;
/// Longest wait for a connection, a database that restarts included.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Any number that no other program takes for its advisory lock.
const MIGRATION_LOCK: i64 = 0x7265_706f_7274;

/// The migrations, oldest first; `PRAGMA user_version` counts those applied. Released ones never change.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/sqlite/0001_runs.sql"),
    include_str!("migrations/sqlite/0002_service.sql"),
    include_str!("migrations/sqlite/0003_planned.sql"),
    include_str!("migrations/sqlite/0004_send.sql"),
    include_str!("migrations/sqlite/0005_fired.sql"),
    include_str!("migrations/sqlite/0006_withdraws.sql"),
];
/// The same for PostgreSQL, counted by the table `reportwire_schema`.
pub(super) const POSTGRES_MIGRATIONS: &[&str] = &[
    include_str!("migrations/postgres/0001_all.sql"),
    include_str!("migrations/postgres/0002_planned.sql"),
    include_str!("migrations/postgres/0003_send.sql"),
    include_str!("migrations/postgres/0004_fired.sql"),
    include_str!("migrations/postgres/0005_withdraws.sql"),
];

impl Store {
    /// Opens the embedded store of `data_dir`, both created where missing (readable by their owner only), and brings it up to
    /// date.
    ///
    /// # Errors
    /// [`StoreError`] if the disk says no, or the database is damaged, locked, or of a newer program.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let data_dir = std::path::absolute(data_dir).map_err(files::io("find", data_dir))?;
        create_dir(&data_dir)?;
        let path = data_dir.join(FILE);
        create_private(&path)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            // NORMAL may lose the last commits when the power fails, and with them the memory of what was sent.
            .synchronous(SqliteSynchronous::Full);
        let fault = |cause| fault(&path, cause);
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(fault)?;
        assert_version(&mut connection, &path).await?;
        check_soundness(&mut connection, &path).await?;
        switch_to_wal(&mut connection).await.map_err(fault)?;
        fail_point::hit("migrating");
        migrate(&mut connection, &path, MIGRATIONS).await?;
        fail_point::hit("migrated");
        let river = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            // What a full disk has ended by itself is not begun anew on a connection that believes it is still in it.
            .after_release(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_lazy_with(options.clone());
        Ok(Self {
            owner: owner::this_process(),
            db: Arc::new(Db::sqlite(connection, options, river, &path)),
            data_dir,
        })
    }

    /// Opens the store in a PostgreSQL database; the files lie in `data_dir`, a folder that all replicas share.
    ///
    /// # Errors
    /// [`StoreError`] if the disk says no, the database cannot be reached, does not keep what it acknowledges, or is of a
    /// newer program.
    pub async fn connect(url: &str, data_dir: &Path) -> Result<Self, StoreError> {
        let data_dir = std::path::absolute(data_dir).map_err(files::io("find", data_dir))?;
        create_dir(&data_dir)?;
        let options = PgConnectOptions::from_str(url).map_err(|cause| StoreError::Database {
            path: PathBuf::from("postgres"),
            cause,
        })?;
        // A process that stands in the middle of a transaction keeps others waiting no longer than it keeps its runs.
        let stands = format!("{}ms", lease().num_milliseconds());
        let options = options.application_name("reportwire").options([
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", stands.as_str()),
            ("statement_timeout", "60s"),
        ]);
        let place = PathBuf::from(format!(
            "postgres://{}:{}/{}",
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or_default()
        ));
        let fault = |cause| fault(&place, cause);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.disable_statement_logging())
            .await
            .map_err(fault)?;
        let mut connection = pool.acquire().await.map_err(fault)?;
        assert_postgres(&mut connection, &place).await?;
        fail_point::hit("migrating");
        migrate_postgres(&mut connection, &place, POSTGRES_MIGRATIONS).await?;
        fail_point::hit("migrated");
        drop(connection);
        Ok(Self {
            owner: owner::this_process(),
            db: Arc::new(Db::postgres(pool, &place)),
            data_dir,
        })
    }
}

/// Begins a transaction that will write: the lock is taken at once, so that what is read in it stays true until it commits.
async fn begin(connection: &mut SqliteConnection) -> sqlx::Result<Transaction<'_, sqlx::Sqlite>> {
    connection.begin_with("BEGIN IMMEDIATE").await
}

/// Old enough to know what we ask, and set to keep what it acknowledges.
async fn assert_postgres(connection: &mut PgConnection, place: &Path) -> Result<(), StoreError> {
    let fault = |cause| fault(place, cause);
    let refused = |what: String| StoreError::Library {
        path: place.to_owned(),
        what,
    };
    let version: String = sqlx::query_scalar("SHOW server_version_num")
        .fetch_one(&mut *connection)
        .await
        .map_err(fault)?;
    if version.parse::<i64>().unwrap_or(0) < OLDEST_POSTGRES {
        return Err(refused(format!(
            "PostgreSQL {version} is too old: 14 is the oldest that is supported"
        )));
    }
    let commit: String = sqlx::query_scalar("SHOW synchronous_commit")
        .fetch_one(&mut *connection)
        .await
        .map_err(fault)?;
    if commit == "off" {
        return Err(refused(
            "synchronous_commit is off: a lost commit is a doubled mail; switch it on".to_owned(),
        ));
    }
    Ok(())
}

/// Applies what is missing of `migrations`, in one transaction, one process at a time.
pub(super) async fn migrate_postgres(
    connection: &mut PgConnection,
    place: &Path,
    migrations: &[&'static str],
) -> Result<(), StoreError> {
    let fault = |cause| fault(place, cause);
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let mut transaction = connection.begin().await.map_err(fault)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS reportwire_schema (version BIGINT NOT NULL)")
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
    let found: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM reportwire_schema")
        .fetch_one(&mut *transaction)
        .await
        .map_err(fault)?;
    if found > known {
        return Err(StoreError::Newer {
            path: place.to_owned(),
            found,
            known,
        });
    }
    let applied = usize::try_from(found).unwrap_or(0);
    for migration in &migrations[applied..] {
        sqlx::raw_sql(*migration)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        fail_point::hit("migration");
    }
    if found < known {
        sqlx::query("INSERT INTO reportwire_schema (version) VALUES ($1)")
            .bind(known)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
    }
    transaction.commit().await.map_err(fault)
}

#[cfg(unix)]
fn create_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt;
    // SQLite gives its `-wal` and `-shm` files the permissions of the main file.
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(files::io("open", path))
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> Result<(), StoreError> {
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map(drop)
        .map_err(files::io("open", path))
}

async fn assert_version(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let found: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(connection)
        .await
        .map_err(|cause| fault(path, cause))?;
    let mut parts = found.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    if (part(), part(), part()) < OLDEST_SQLITE {
        return Err(StoreError::OldSqlite { found });
    }
    Ok(())
}

/// Reads every page once. The file holds no report and no mail, only what is known of them, so it stays small.
async fn check_soundness(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let detail: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(connection)
        .await
        .map_err(|cause| fault(path, cause))?;
    if detail == "ok" {
        Ok(())
    } else {
        Err(StoreError::Corrupt {
            path: path.to_owned(),
            detail,
        })
    }
}

/// Switches to write-ahead logging, which stays in the file. The switch wants the file for itself and does not heed the busy
/// time-out, so processes that create the same store at the same moment take turns here.
async fn switch_to_wal(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    for turn in 1.. {
        match sqlx::query("PRAGMA journal_mode = WAL")
            .execute(&mut *connection)
            .await
        {
            Err(error) if primary_code(&error) == Some(SQLITE_BUSY) && turn < 100 => {
                tokio::time::sleep(BUSY_TIMEOUT / 100).await;
            }
            done => return done.map(drop),
        }
    }
    Ok(())
}

/// Applies what is missing of `migrations`, in one transaction.
pub(super) async fn migrate(
    connection: &mut SqliteConnection,
    path: &Path,
    migrations: &[&'static str],
) -> Result<(), StoreError> {
    let fault = |cause| fault(path, cause);
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if version(connection).await.map_err(fault)? == known {
        return Ok(());
    }
    let mut transaction = begin(connection).await.map_err(fault)?;
    // Another process may have been faster: only what is read under the lock counts.
    let found = version(&mut transaction).await.map_err(fault)?;
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    let applied = usize::try_from(found).unwrap_or(0);
    for migration in &migrations[applied..] {
        sqlx::raw_sql(*migration)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        fail_point::hit("migration");
    }
    // A pragma takes no bound values; this one is a number of ours.
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {known}")))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
    transaction.commit().await.map_err(fault)
}

async fn version(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    sqlx::query("PRAGMA user_version")
        .fetch_one(connection)
        .await?
        .try_get(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn raw(dir: &Path) -> SqliteConnection {
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(dir.join(FILE)))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn settings_are_what_we_promise() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let crate::run::store::Pool::Sqlite(pool) = store.pool() else {
            panic!("the embedded store is SQLite");
        };
        let mut connection = pool.acquire().await.unwrap();
        for (pragma, expected) in [
            ("PRAGMA journal_mode", "wal"),
            ("PRAGMA synchronous", "2"),
            ("PRAGMA foreign_keys", "1"),
            ("PRAGMA busy_timeout", "5000"),
            ("PRAGMA user_version", "6"),
        ] {
            let row = sqlx::query(pragma).fetch_one(&mut *connection).await.unwrap();
            let value = row
                .try_get::<String, _>(0)
                .or_else(|_| row.try_get::<i64, _>(0).map(|number| number.to_string()));
            assert_eq!(value.unwrap(), expected, "{pragma}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("deep/data");
        let _store = Store::open(&data).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join(FILE)), 0o600);
        assert_eq!(mode(&data.join("reportwire.db-wal")), 0o600);
    }

    #[tokio::test]
    async fn many_may_create_it_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let opened = futures::future::join_all((0..8).map(|_| Store::open(dir.path()))).await;
        for store in opened {
            store.unwrap();
        }
    }

    #[tokio::test]
    async fn a_damaged_file_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        Store::open(dir.path()).await.unwrap();
        let mut connection = raw(dir.path()).await;
        for sql in ["PRAGMA journal_mode = DELETE", "VACUUM"] {
            // The store that was just dropped closes its connections in its own time.
            while let Err(error) = sqlx::query(sql).execute(&mut connection).await {
                assert!(error.to_string().contains("locked"), "{error}");
                tokio::task::yield_now().await;
            }
        }
        connection.close().await.unwrap();
        let path = dir.path().join(FILE);
        let sound = std::fs::read(&path).unwrap();
        let mut flipped = sound.clone();
        flipped[4096..8192].fill(0xa5);
        for bytes in [flipped, sound[..5000].to_vec(), b"this is no database".repeat(50)] {
            std::fs::write(&path, &bytes).unwrap();
            let error = Store::open(dir.path()).await.unwrap_err();
            assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
            assert!(error.to_string().contains("backup"), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        Store::open(dir.path()).await.unwrap();
        let mut connection = raw(dir.path()).await;
        sqlx::query("PRAGMA user_version = 99")
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        let error = Store::open(dir.path()).await.unwrap_err();
        assert!(
            matches!(
                error,
                StoreError::Newer {
                    found: 99,
                    known: 6,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[tokio::test]
    async fn migrations_go_forward_and_keep_the_rows() {
        let dir = tempfile::tempdir().unwrap();
        Store::open(dir.path()).await.unwrap();
        let path = dir.path().join(FILE);
        let mut connection = raw(dir.path()).await;
        let mut next = MIGRATIONS.to_vec();
        next.push("CREATE TABLE later (x TEXT) STRICT;");
        migrate(&mut connection, &path, &next).await.unwrap();
        assert_eq!(version(&mut connection).await.unwrap(), 7);
        let mut broken = next.clone();
        broken.push("CREATE TABLE half (x TEXT) STRICT; SELECT nonsense;");
        migrate(&mut connection, &path, &broken).await.unwrap_err();
        assert_eq!(
            version(&mut connection).await.unwrap(),
            7,
            "all of a migration or nothing"
        );
        sqlx::query("SELECT x FROM half")
            .fetch_optional(&mut connection)
            .await
            .unwrap_err();
    }
}

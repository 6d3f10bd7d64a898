//! The life of a run: begun, moved on by compare-and-swap, concluded, looked up.

use super::files::create_dir;
use super::sqlite::begin;
use super::{NewRun, Run, RunFilter, Store, StoreError, Trigger};
use crate::run::state::RunState;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// Shortest prefix of an id that is looked up.
const SHORTEST_PREFIX: usize = 4;

impl Store {
    /// Writes a run down and gives it the next revision of its job and period. A test run shows that revision and does not
    /// take it. Its folders are made for their owner only, so that nobody else reaches what is put into them.
    ///
    /// # Errors
    /// [`StoreError`] if the database or the disk says no.
    pub async fn begin(&self, new: &NewRun) -> Result<Run, StoreError> {
        let run_id = run_id(new.created_at);
        let mut connection = self.connection().await;
        let mut transaction = begin(&mut connection).await.map_err(|e| self.fault(e))?;
        let revision: i64 = sqlx::query_scalar(
            "SELECT coalesce(max(revision), 0) + 1 FROM runs WHERE job = ? AND period_id = ? AND trigger <> 'test'",
        )
        .bind(&new.job)
        .bind(&new.period_id)
        .fetch_one(&mut *transaction)
        .await
        .map_err(|e| self.fault(e))?;
        sqlx::query(
            "INSERT INTO runs (run_id, job, period_id, period_start, period_end, timezone, revision, trigger, state, fence, \
             owner, as_of, recipe, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', 1, ?, ?, ?, ?)",
        )
        .bind(&run_id)
        .bind(&new.job)
        .bind(&new.period_id)
        .bind(new.period_start.to_string())
        .bind(new.period_end.to_string())
        .bind(&new.timezone)
        .bind(revision)
        .bind(new.trigger.key())
        .bind(&self.owner)
        .bind(new.as_of.map(instant))
        .bind(&new.recipe)
        .bind(instant(new.created_at))
        .execute(&mut *transaction)
        .await
        .map_err(|e| self.fault(e))?;
        let run = self.read_run(&mut transaction, &run_id).await?;
        create_dir(&run.snapshot_dir)?;
        transaction.commit().await.map_err(|e| self.fault(e))?;
        Ok(run)
    }

    /// Moves a run one step: compare and swap on state and fence.
    ///
    /// # Errors
    /// [`StoreError::IllegalMove`] if the table has no such move; [`StoreError::Stale`] if the run is not in `from` or in
    /// other hands.
    pub async fn advance(
        &self,
        run_id: &str,
        fence: i64,
        from: RunState,
        to: RunState,
    ) -> Result<(), StoreError> {
        if !from.may_become(to) {
            return Err(StoreError::IllegalMove { from, to });
        }
        let mut connection = self.connection().await;
        let moved = sqlx::query("UPDATE runs SET state = ? WHERE run_id = ? AND fence = ? AND state = ?")
            .bind(to.key())
            .bind(run_id)
            .bind(fence)
            .bind(from.key())
            .execute(&mut *connection)
            .await
            .map_err(|e| self.fault(e))?;
        self.one(moved.rows_affected(), run_id)
    }

    /// Ends a run that has not sent anything yet: `error` says what failed, where, and the remedy.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is in other hands or has ended.
    pub async fn fail(
        &self,
        run_id: &str,
        fence: i64,
        error: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut connection = self.connection().await;
        let moved = sqlx::query(
            "UPDATE runs SET state = 'failed', error = ?, finished_at = ? WHERE run_id = ? AND fence = ? \
             AND state NOT IN ('delivered', 'partially_delivered', 'failed')",
        )
        .bind(error)
        .bind(instant(now))
        .bind(run_id)
        .bind(fence)
        .execute(&mut *connection)
        .await
        .map_err(|e| self.fault(e))?;
        self.one(moved.rows_affected(), run_id)
    }

    /// Ends a run that is delivering, by what became of its parcels: all acknowledged, or none to send, is `delivered`; some is
    /// `partially_delivered`; none is `failed`.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is in other hands or not delivering.
    pub async fn conclude(
        &self,
        run_id: &str,
        fence: i64,
        now: DateTime<Utc>,
    ) -> Result<RunState, StoreError> {
        let mut connection = self.connection().await;
        let mut transaction = begin(&mut connection).await.map_err(|e| self.fault(e))?;
        let row = sqlx::query(
            "SELECT count(*) AS parcels, coalesce(sum(state = 'acked'), 0) AS acked FROM deliveries \
             WHERE run_id = ? AND state <> 'superseded'",
        )
        .bind(run_id)
        .fetch_one(&mut *transaction)
        .await
        .map_err(|e| self.fault(e))?;
        let (parcels, acked): (i64, i64) = (
            row.try_get("parcels").map_err(|e| self.fault(e))?,
            row.try_get("acked").map_err(|e| self.fault(e))?,
        );
        let state = match acked {
            all if all == parcels => RunState::Delivered,
            0 => RunState::Failed,
            _ => RunState::PartiallyDelivered,
        };
        let error = (state == RunState::Failed).then_some("no delivery was acknowledged");
        let moved = sqlx::query(
            "UPDATE runs SET state = ?, error = ?, finished_at = ? WHERE run_id = ? AND fence = ? AND state = 'delivering'",
        )
        .bind(state.key())
        .bind(error)
        .bind(instant(now))
        .bind(run_id)
        .bind(fence)
        .execute(&mut *transaction)
        .await
        .map_err(|e| self.fault(e))?;
        self.one(moved.rows_affected(), run_id)?;
        transaction.commit().await.map_err(|e| self.fault(e))?;
        Ok(state)
    }

    /// The run of this id, or of the only id that begins so.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`] or [`StoreError::AmbiguousRun`].
    pub async fn run(&self, id_or_prefix: &str) -> Result<Run, StoreError> {
        let mut connection = self.connection().await;
        if id_or_prefix.len() < SHORTEST_PREFIX {
            return Err(StoreError::UnknownRun(id_or_prefix.to_owned()));
        }
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT run_id FROM runs WHERE substr(run_id, 1, length(?1)) = ?1 ORDER BY run_id LIMIT 4",
        )
        .bind(id_or_prefix.to_ascii_lowercase())
        .fetch_all(&mut *connection)
        .await
        .map_err(|e| self.fault(e))?;
        match ids.as_slice() {
            [] => Err(StoreError::UnknownRun(id_or_prefix.to_owned())),
            [id] => self.read_run(&mut connection, id).await,
            _ => Err(StoreError::AmbiguousRun {
                prefix: id_or_prefix.to_owned(),
                ids,
            }),
        }
    }

    /// The latest `limit` runs, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn runs(&self, filter: &RunFilter, limit: u32) -> Result<Vec<Run>, StoreError> {
        let mut connection = self.connection().await;
        sqlx::query(
            "SELECT * FROM runs WHERE ?1 IS NULL OR job = ?1 ORDER BY created_at DESC, run_id DESC LIMIT ?2",
        )
        .bind(filter.job.as_deref())
        .bind(limit)
        .fetch_all(&mut *connection)
        .await
        .map_err(|e| self.fault(e))?
        .iter()
        .map(|row| self.run_of(row))
        .collect()
    }

    pub(super) async fn read_run(
        &self,
        connection: &mut SqliteConnection,
        run_id: &str,
    ) -> Result<Run, StoreError> {
        let row = sqlx::query("SELECT * FROM runs WHERE run_id = ?")
            .bind(run_id)
            .fetch_optional(connection)
            .await
            .map_err(|e| self.fault(e))?;
        row.map_or_else(
            || Err(StoreError::UnknownRun(run_id.to_owned())),
            |row| self.run_of(&row),
        )
    }

    fn run_of(&self, row: &SqliteRow) -> Result<Run, StoreError> {
        let columns = Columns { store: self, row };
        let run_id = columns.text("run_id")?;
        Ok(Run {
            job: columns.text("job")?,
            period_id: columns.text("period_id")?,
            period_start: columns.date("period_start")?,
            period_end: columns.date("period_end")?,
            timezone: columns.text("timezone")?,
            revision: columns.number("revision")?,
            trigger: columns.word("trigger", Trigger::from_key)?,
            state: columns.word("state", RunState::from_key)?,
            fence: columns.get("fence")?,
            as_of: columns.instant("as_of")?,
            generated_at: columns.instant("generated_at")?,
            recipe: columns.text("recipe")?,
            snapshot_dir: self.snapshot_dir(&run_id),
            snapshot_manifest: columns.get("snapshot_manifest")?,
            notices: columns.word("notices", |text| serde_json::from_str(text).ok())?,
            error: columns.get("error")?,
            created_at: columns.moment("created_at")?,
            finished_at: columns.instant("finished_at")?,
            run_id,
        })
    }

    /// One row was to change; none means that the fence or the state is another by now.
    pub(super) fn one(&self, rows_affected: u64, run_id: &str) -> Result<(), StoreError> {
        if rows_affected == 1 {
            return Ok(());
        }
        tracing::warn!(run.id = run_id, owner = self.owner, "a stale write was refused");
        Err(StoreError::Stale {
            run_id: run_id.to_owned(),
        })
    }
}

/// A new id whose leading bits are the time.
fn run_id(created_at: DateTime<Utc>) -> String {
    let seconds = u64::try_from(created_at.timestamp()).unwrap_or(0);
    let stamp = uuid::Timestamp::from_unix(uuid::NoContext, seconds, created_at.timestamp_subsec_nanos());
    uuid::Uuid::new_v7(stamp).to_string()
}

/// An instant as stored: all of one length, so that texts sort as instants do.
pub(super) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Reads the columns of a row, with the name of the column in every complaint.
pub(super) struct Columns<'a> {
    pub(super) store: &'a Store,
    pub(super) row: &'a SqliteRow,
}

impl Columns<'_> {
    pub(super) fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        self.row.try_get(column).map_err(|e| self.store.fault(e))
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

    fn date(&self, column: &'static str) -> Result<NaiveDate, StoreError> {
        self.word(column, |text| text.parse().ok())
    }
}

fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

fn bad(column: &'static str, value: String) -> StoreError {
    StoreError::BadValue { column, value }
}

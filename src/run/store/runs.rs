//! The life of a run: begun, moved on by compare-and-swap, concluded, looked up.

use super::db::{Each, Row, Tx, each, instant, values, work};
use super::files::create_dir;
use super::notices::{self, Tell};
use super::{FiguresFile, Kept, NewRun, Run, RunFilter, Store, StoreError, Trigger};
use crate::fail_point;
use crate::run::state::RunState;
use crate::telemetry::figures;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use futures::FutureExt as _;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const RUN: &str = "SELECT * FROM runs WHERE run_id = $1";
/// Shortest prefix of an id that is looked up.
const SHORTEST_PREFIX: usize = 4;
/// Length of a whole id.
const WHOLE_ID: usize = 36;
/// How long a run stays in the hands of a process that says nothing.
const LEASE: Duration = Duration::seconds(60);
/// Folder of a data folder in which runs have theirs.
const RUNS: &str = "runs";
/// Folder of a run in which its figures are.
pub(super) const FIGURES: &str = "figures";

/// How long a run stays in the hands of a process that says nothing; tests may not want to wait so long.
pub(in crate::run) fn lease() -> Duration {
    let shorter = fail_point::setting("REPORTWIRE_LEASE_MILLIS").and_then(|text| text.parse().ok());
    shorter.map_or(LEASE, Duration::milliseconds)
}

/// Ends runs that are not frozen.
static FAIL: Each = each!(
    "UPDATE runs SET state = 'failed', error = value ->> 'error', finished_at = value ->> 'now', lease_until = NULL FROM",
    "WHERE run_id = value ->> 'run_id' AND fence = CAST(value ->> 'fence' AS BIGINT) \
     AND state IN ('queued', 'fetching', 'snapshotted', 'rendered', 'checked') RETURNING run_id"
);

/// A row of `runs` that is to be written.
pub(super) struct Begun<'a> {
    pub(super) run_id: &'a str,
    pub(super) new: &'a NewRun,
    /// The process that is at work on it from the beginning, if any is.
    pub(super) holder: Option<&'a str>,
    pub(super) now: DateTime<Utc>,
}

impl Store {
    /// Writes a run down and gives it the next revision of its job and period. A test run shows that revision and does not
    /// take it, and a backfill makes no period that is made. Its folders are made for their owner only, so that nobody else reaches
    /// what is put into them.
    ///
    /// # Errors
    /// [`StoreError::Made`] of a backfill; else [`StoreError`] if the database or the disk says no.
    pub async fn begin(&self, new: &NewRun) -> Result<Run, StoreError> {
        let (store, new, run_id) = (self.clone(), new.clone(), run_id(new.created_at));
        let work = work(move |tx| {
            async move {
                let begun = Begun {
                    run_id: &run_id,
                    new: &new,
                    holder: Some(&store.owner),
                    now: new.created_at,
                };
                if new.trigger == Trigger::Backfill {
                    refuse_made(tx, &new).await?;
                }
                insert_runs(tx, &[begun]).await?;
                let run = store.read_run(tx, &run_id).await?;
                create_dir(&run.snapshot_dir)?;
                Ok(run)
            }
            .boxed()
        });
        self.db.transaction(work).await
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
        let values = values![to.key(), run_id, fence, from.key()];
        let sql = "UPDATE runs SET state = $1 WHERE run_id = $2 AND fence = $3 AND state = $4";
        let moved = self.db.execute(sql, values).await?;
        self.one(moved, run_id)
    }

    /// Writes down what decides the bytes of a run that was recorded before it began.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is in other hands.
    pub async fn prescribe(&self, run_id: &str, fence: i64, recipe: &str) -> Result<(), StoreError> {
        let values = values![recipe, run_id, fence];
        let sql = "UPDATE runs SET recipe = $1 WHERE run_id = $2 AND fence = $3 AND state IN ('queued', 'fetching')";
        let moved = self.db.execute(sql, values).await?;
        self.one(moved, run_id)
    }

    /// Ends a run that is not frozen yet: `error` says what failed, where, and the remedy. The owner is told in the same breath.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is in other hands, frozen or at its end.
    pub async fn fail(
        &self,
        run_id: &str,
        fence: i64,
        error: &str,
        now: DateTime<Utc>,
        tell: Option<Tell>,
    ) -> Result<(), StoreError> {
        let end = serde_json::json!({
            "run_id": run_id,
            "fence": fence,
            "error": error,
            "now": instant(now),
        });
        let ended = match tell {
            None => self.db.of_run(&FAIL, run_id, &end).await?.is_some(),
            Some(tell) => {
                let work = work(move |tx| {
                    async move {
                        let ended = !tx.each(&FAIL, &[end]).await?.is_empty();
                        if ended {
                            notices::write_all(tx, &[tell], now).await?;
                        }
                        Ok(ended)
                    }
                    .boxed()
                });
                self.db.transaction(work).await?
            }
        };
        self.one(ended.into(), run_id)
    }

    /// Gives a run back that another process may go on with.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if it is in other hands already.
    pub async fn release(&self, run_id: &str, fence: i64) -> Result<(), StoreError> {
        let values = values![run_id, fence];
        let sql = "UPDATE runs SET lease_until = NULL, dispatched_at = NULL WHERE run_id = $1 AND fence = $2";
        let moved = self.db.execute(sql, values).await?;
        self.one(moved, run_id)
    }

    /// Says that this process is still at work on these runs; those that are in other hands by now.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no; the runs are then lost to others when their lease is over.
    pub async fn keep_leases(
        &self,
        runs: Vec<(String, i64)>,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let work = work(move |tx| {
            async move {
                let (until, mut lost) = (tx.lease_clock(now).await? + lease(), Vec::new());
                for (run_id, fence) in runs {
                    let sql = "UPDATE runs SET lease_until = $1 WHERE run_id = $2 AND fence = $3 AND lease_until IS NOT NULL";
                    let kept = tx.execute(sql, values![until, &run_id, fence]).await? == 1;
                    // One without a lease has just been given back by ourselves.
                    let ours = "SELECT 1 AS n FROM runs WHERE run_id = $1 AND fence = $2";
                    if !kept && tx.row(ours, values![&run_id, fence]).await?.is_none() {
                        lost.push((run_id, fence));
                    }
                }
                Ok(lost)
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// The run of this id, or of the only id that begins so.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`] or [`StoreError::AmbiguousRun`].
    pub async fn run(&self, id_or_prefix: &str) -> Result<Run, StoreError> {
        if id_or_prefix.len() < SHORTEST_PREFIX {
            return Err(StoreError::UnknownRun(id_or_prefix.to_owned()));
        }
        let (store, prefix) = (self.clone(), id_or_prefix.to_ascii_lowercase());
        // Workers ask for whole ids, again and again; only people ask for a beginning, which no index knows.
        if prefix.len() == WHOLE_ID {
            let row = self.db.row(RUN, values![&prefix]).await?;
            return row.map_or(Err(StoreError::UnknownRun(prefix)), |row| self.run_of(&row));
        }
        let work = work(move |tx| {
            async move {
                let sql = "SELECT run_id FROM runs WHERE substr(run_id, 1, length($1)) = $1 ORDER BY run_id LIMIT 4";
                let rows = tx.rows(sql, values![&prefix]).await?;
                let ids = rows.iter().map(|row| row.text("run_id")).collect::<Result<Vec<_>, _>>()?;
                match ids.as_slice() {
                    [] => Err(StoreError::UnknownRun(prefix)),
                    [id] => store.read_run(tx, id).await,
                    _ => Err(StoreError::AmbiguousRun { prefix, ids }),
                }
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// The latest `limit` runs, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn runs(&self, filter: &RunFilter, limit: u32) -> Result<Vec<Run>, StoreError> {
        let sql = "SELECT * FROM runs WHERE $1 = '' OR job = $1 ORDER BY created_at DESC, job, period_id DESC, run_id DESC LIMIT $2";
        let values = values![filter.job.as_deref().unwrap_or_default(), limit];
        let rows = self.db.rows(sql, values).await?;
        rows.iter().map(|row| self.run_of(row)).collect()
    }

    /// The first `limit` ids of runs after this one, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn run_ids(&self, after: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        let values = values![after, limit];
        let sql = "SELECT run_id FROM runs WHERE run_id > $1 ORDER BY run_id LIMIT $2";
        let work = work(move |tx| async move { tx.rows(sql, values).await }.boxed());
        let rows = self.db.transaction(work).await?;
        rows.iter().map(|row| row.text("run_id")).collect()
    }

    /// Runs that ended before `before` and still have these files, oldest first, with their folders. Bytes that are still to be
    /// sent are not old.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn outdated(
        &self,
        kept: Kept,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(String, PathBuf)>, StoreError> {
        let data_dir = &self.data_dir;
        let sql = match kept {
            Kept::Snapshot => {
                "SELECT run_id, home FROM runs WHERE finished_at < $1 AND snapshot_cleared_at IS NULL \
                 AND state IN ('delivered', 'partially_delivered', 'failed') ORDER BY finished_at LIMIT $2"
            }
            Kept::Artifacts => {
                "SELECT run_id, home FROM runs WHERE finished_at < $1 AND artifacts_cleared_at IS NULL \
                 AND state IN ('delivered', 'partially_delivered', 'failed') \
                 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.run_id = runs.run_id \
                 AND (deliveries.state IN ('pending', 'sending', 'retry_wait') \
                 OR deliveries.state = 'ambiguous' AND next_attempt_at IS NOT NULL)) ORDER BY finished_at LIMIT $2"
            }
        };
        let rows = self.db.rows(sql, values![before, limit]).await?;
        let folders = rows
            .iter()
            .map(|row| Ok((row.text("run_id")?, data_dir.join(row.text("home")?))));
        folders.collect()
    }

    /// Writes down that files of a run are gone because nobody wanted to keep them any longer.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn cleared(&self, kept: Kept, run_id: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let values = values![now, run_id];
        let sql = match kept {
            Kept::Snapshot => "UPDATE runs SET snapshot_cleared_at = $1 WHERE run_id = $2",
            Kept::Artifacts => "UPDATE runs SET artifacts_cleared_at = $1 WHERE run_id = $2",
        };
        self.db.execute(sql, values).await.map(drop)
    }

    pub(super) async fn read_run(&self, tx: &mut Tx<'_>, run_id: &str) -> Result<Run, StoreError> {
        let row = tx.row(RUN, values![run_id]).await?;
        row.map_or_else(
            || Err(StoreError::UnknownRun(run_id.to_owned())),
            |row| self.run_of(&row),
        )
    }

    pub(super) fn run_of(&self, row: &Row) -> Result<Run, StoreError> {
        let home = self.data_dir.join(row.text("home")?);
        let cleared = row.instant("artifacts_cleared_at")?.is_some();
        let kept: Option<String> = row.get("figures")?;
        let figures = kept.filter(|_| !cleared).map(|sha256| FiguresFile {
            path: home.join(FIGURES).join(&sha256),
            sha256,
        });
        Ok(Run {
            run_id: row.text("run_id")?,
            job: row.text("job")?,
            period_id: row.text("period_id")?,
            period_start: row.date("period_start")?,
            period_end: row.date("period_end")?,
            timezone: row.text("timezone")?,
            revision: row.number("revision")?,
            trigger: row.word("trigger", Trigger::from_key)?,
            state: row.word("state", RunState::from_key)?,
            fence: row.get("fence")?,
            losses: row.number("losses")?,
            as_of: row.instant("as_of")?,
            generated_at: row.instant("generated_at")?,
            recipe: row.text("recipe")?,
            snapshot_dir: home.join("snapshot"),
            home,
            snapshot_manifest: row.get("snapshot_manifest")?,
            figures,
            unsent: row.get("unsent")?,
            notices: row.word("notices", |text| serde_json::from_str(text).ok())?,
            error: row.get("error")?,
            held: row.word("held", |text| serde_json::from_str(text).ok())?,
            snapshot_cleared: row.instant("snapshot_cleared_at")?.is_some(),
            artifacts_cleared: cleared,
            created_at: row.moment("created_at")?,
            finished_at: row.instant("finished_at")?,
        })
    }

    /// One row was to change; none means that the fence or the state is another by now.
    pub(super) fn one(&self, rows_affected: u64, run_id: &str) -> Result<(), StoreError> {
        if rows_affected == 1 {
            return Ok(());
        }
        figures::stale_write_refused();
        tracing::warn!(run.id = run_id, owner = self.owner, "a stale write was refused");
        Err(StoreError::Stale {
            run_id: run_id.to_owned(),
        })
    }
}

/// Two processes must not count to the same number; all take the locks in one order.
const LOCK_REVISIONS: Each = each!(
    "SELECT count(pg_advisory_xact_lock(hashtextextended(name, 0))) AS n FROM (SELECT DISTINCT value ->> 'revision_of' AS name FROM",
    "ORDER BY name) AS names"
);
/// `ahead`: how many of the list before it count the same revisions, which the query cannot see yet.
const INSERT_RUNS: Each = each!(
    "INSERT INTO runs (run_id, job, period_id, period_start, period_end, timezone, trigger, fence, owner, lease_until, \
     as_of, recipe, created_at, home, dispatched_at, state, revision) \
     SELECT value ->> 'run_id', value ->> 'job', value ->> 'period_id', value ->> 'period_start', value ->> 'period_end', \
     value ->> 'timezone', value ->> 'trigger', CAST(value ->> 'fence' AS BIGINT), value ->> 'owner', value ->> 'lease_until', \
     value ->> 'as_of', value ->> 'recipe', value ->> 'created_at', value ->> 'home', value ->> 'dispatched_at', 'queued', \
     CAST(value ->> 'ahead' AS BIGINT) + 1 + (SELECT coalesce(max(revision), 0) FROM runs AS before \
     WHERE before.job = value ->> 'job' AND before.period_id = value ->> 'period_id' AND before.trigger <> 'test') FROM",
    ""
);

/// A row that [`INSERT_RUNS`] writes.
#[derive(Serialize)]
struct RunRow<'a> {
    run_id: &'a str,
    job: &'a str,
    period_id: &'a str,
    period_start: NaiveDate,
    period_end: NaiveDate,
    timezone: &'a str,
    trigger: &'a str,
    fence: u8,
    owner: &'a str,
    lease_until: Option<&'a str>,
    as_of: Option<String>,
    recipe: &'a str,
    created_at: String,
    home: String,
    dispatched_at: Option<String>,
    revision_of: String,
    ahead: u32,
}

/// Writes the rows of runs, each with the next revision of its job and period.
pub(super) async fn insert_runs(tx: &mut Tx<'_>, runs: &[Begun<'_>]) -> Result<(), StoreError> {
    let Some(first) = runs.first() else {
        return Ok(());
    };
    let lease = instant(tx.lease_clock(first.now).await? + lease());
    let mut counted: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let rows = runs.iter().map(|run| {
        let (new, held) = (run.new, run.holder.is_some());
        let ahead = counted.entry((&new.job, &new.period_id)).or_default();
        let row = RunRow {
            run_id: run.run_id,
            job: &new.job,
            period_id: &new.period_id,
            period_start: new.period_start,
            period_end: new.period_end,
            timezone: &new.timezone,
            trigger: new.trigger.key(),
            fence: held.into(),
            owner: run.holder.unwrap_or_default(),
            lease_until: held.then_some(&lease),
            as_of: new.as_of.map(instant),
            recipe: &new.recipe,
            created_at: instant(new.created_at),
            home: home(run.run_id, 1),
            // Whoever records a run without holding it hands it to a worker in the same breath.
            dispatched_at: (!held).then(|| instant(run.now)),
            revision_of: revision_of(new),
            ahead: *ahead,
        };
        if new.trigger != Trigger::Test {
            *ahead += 1;
        }
        row
    });
    let rows: Vec<RunRow<'_>> = rows.collect();
    lock_revisions(tx, &rows).await?;
    tx.each(&INSERT_RUNS, &rows).await.map(drop)
}

/// What two runs that count the same revisions share.
fn revision_of(new: &NewRun) -> String {
    format!("revision {} {}", new.job, new.period_id)
}

async fn lock_revisions(tx: &mut Tx<'_>, rows: &[impl Serialize]) -> Result<(), StoreError> {
    if tx.locks_rows() {
        tx.each(&LOCK_REVISIONS, rows).await?;
    }
    Ok(())
}

/// Refuses a period that is delivered, or that a living process or the schedule is making: two backfills may be at work at once.
async fn refuse_made(tx: &mut Tx<'_>, new: &NewRun) -> Result<(), StoreError> {
    lock_revisions(tx, &[serde_json::json!({ "revision_of": revision_of(new) })]).await?;
    let clock = tx.lease_clock(new.created_at).await?;
    let sql = "SELECT run_id, state FROM runs WHERE job = $1 AND period_id = $2 AND trigger <> 'test' \
         AND (state = 'delivered' AND unsent IS NULL \
         OR state NOT IN ('delivered', 'partially_delivered', 'failed', 'held') AND (trigger = 'schedule' OR lease_until > $3)) \
         ORDER BY revision DESC LIMIT 1";
    match tx.row(sql, values![&new.job, &new.period_id, clock]).await? {
        None => Ok(()),
        Some(row) => Err(StoreError::Made {
            job: new.job.clone(),
            period: new.period_id.clone(),
            run_id: row.text("run_id")?,
            state: row.word("state", RunState::from_key)?,
        }),
    }
}

/// Keeps a run under its fence until the transaction ends. Without it a statement on the run's parcels could still see the old
/// fence while another process, not yet committed, takes the run over; `SQLite` locks the file, so that nobody can.
pub(super) async fn hold(tx: &mut Tx<'_>, run_id: &str) -> Result<(), StoreError> {
    if tx.locks_rows() {
        let sql = "SELECT 1 FROM runs WHERE run_id = $1 FOR SHARE";
        tx.execute(sql, values![run_id]).await?;
    }
    Ok(())
}

/// The folder of a run's files, relative to the data folder. What a process that lost the run still writes goes where nobody
/// reads.
pub(super) fn home(run_id: &str, fence: i64) -> String {
    if fence <= 1 {
        return format!("{RUNS}/{run_id}");
    }
    Path::new(RUNS)
        .join(run_id)
        .join(format!("take-{fence}"))
        .to_string_lossy()
        .into_owned()
}

/// A new id whose leading bits are the time.
pub(super) fn run_id(created_at: DateTime<Utc>) -> String {
    let seconds = u64::try_from(created_at.timestamp()).unwrap_or(0);
    let stamp = uuid::Timestamp::from_unix(uuid::NoContext, seconds, created_at.timestamp_subsec_nanos());
    uuid::Uuid::new_v7(stamp).to_string()
}

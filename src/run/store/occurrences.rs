//! Occurrences are rows: what has fallen due is written down once, with its run and its ticket, in one transaction.

use super::db::{Each, Row, each, values, work};
use super::notices;
use super::outbox::audit;
use super::recording::{advance_all, record_all};
use super::{Store, StoreError};
use crate::period::Period;
use crate::run::dispatch::Dispatch;
use crate::run::tell;
use chrono::{DateTime, NaiveDateTime, Utc};
use futures::FutureExt as _;
use serde::Serialize;
use std::sync::Arc;

/// How far the calendar of a job has been written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which job.
    pub job: String,
    /// Canonical text of everything that decides its due times.
    pub schedule: String,
    /// Everything due up to this instant is written down.
    pub evaluated_until: DateTime<Utc>,
    /// The closed period of the next occurrence.
    pub promised: Option<String>,
}

/// What the due times of a job are computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedJob {
    /// Which job.
    pub job: String,
    /// Its canonical text, as in its [`Cursor`].
    pub schedule: String,
    /// JSON.
    pub planned: String,
}

const PLAN: Each = each!(
    "UPDATE jobs SET planned = value ->> 'planned' FROM",
    "WHERE jobs.job = value ->> 'job' AND jobs.schedule = value ->> 'schedule'"
);

/// An occurrence that is to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOccurrence {
    /// Local time that the schedule asks for.
    pub nominal: NaiveDateTime,
    /// 1 for the second pass of a local time that happens twice.
    pub fold: u8,
    /// The instant.
    pub due_at: DateTime<Utc>,
    /// IANA zone.
    pub timezone: String,
    /// Its period; `None`: no complete day yet.
    pub period: Option<Period>,
    /// Whether the period is closed: reported once by schedule.
    pub closed: bool,
    /// Why it is not to run.
    pub missed: Option<String>,
}

/// What has fallen due of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// Which job.
    pub job: String,
    /// Who hears of what will not run.
    pub owner: Vec<String>,
    /// How far it was written down when this was computed: another process may have been faster.
    pub from: DateTime<Utc>,
    /// How far it is now.
    pub until: DateTime<Utc>,
    /// The closed period of the occurrence after these.
    pub promised: Option<String>,
    /// The occurrences in between, oldest first.
    pub occurrences: Vec<NewOccurrence>,
}

/// What was written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Materialised {
    /// Runs handed to workers.
    pub enqueued: usize,
    /// When those fell due.
    pub due_at: Vec<DateTime<Utc>>,
    /// Occurrences that will not run.
    pub missed: usize,
    /// Those among them whose period had no complete day yet.
    pub no_complete_day: usize,
    /// Jobs that another process had advanced meanwhile; nothing was written for them.
    pub overtaken: Vec<String>,
}

/// An occurrence as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOccurrence {
    /// Which job.
    pub job: String,
    /// Local time that the schedule asks for.
    pub nominal: String,
    /// The instant.
    pub due_at: DateTime<Utc>,
    /// Its period.
    pub period_id: Option<String>,
    /// Its run.
    pub run_id: Option<String>,
    /// Why it did not run.
    pub missed: Option<String>,
    /// IANA zone.
    pub timezone: String,
}

/// Occurrences of one job that did not run for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedTogether {
    /// Which job.
    pub job: String,
    /// Why they did not run.
    pub missed: String,
    /// How many.
    pub count: u64,
    /// The periods of the first and the last of them.
    pub periods: (Option<String>, Option<String>),
    /// When the last of them was due.
    pub last_due_at: DateTime<Utc>,
    /// IANA zone.
    pub timezone: String,
}

/// What an operator or an edit of the configuration has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// When.
    pub at: DateTime<Utc>,
    /// `approve`, `resolve`, `reschedule`.
    pub what: String,
    /// JSON: the particulars.
    pub detail: String,
}

impl Store {
    /// How far every job has been written down.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn cursors(&self) -> Result<Vec<Cursor>, StoreError> {
        let rows = self.db.rows("SELECT * FROM jobs ORDER BY job", values![]).await?;
        let cursors = rows.iter().map(|row| {
            Ok(Cursor {
                job: row.text("job")?,
                schedule: row.text("schedule")?,
                evaluated_until: row.moment("evaluated_until")?,
                promised: row.get("promised")?,
            })
        });
        cursors.collect()
    }

    /// Writes down where the calendars of new jobs begin. A job that is there already stays as it is.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn register(&self, cursors: Vec<Cursor>) -> Result<(), StoreError> {
        let work = work(move |tx| {
            async move {
                for cursor in cursors {
                    let sql = "INSERT INTO jobs (job, schedule, evaluated_until, promised) VALUES ($1, $2, $3, $4) \
                         ON CONFLICT DO NOTHING";
                    let values = values![cursor.job, cursor.schedule, cursor.evaluated_until, cursor.promised];
                    tx.execute(sql, values).await?;
                }
                Ok(())
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// What the due times of a job were computed from until now; `None`: nobody has written it down.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn planned(&self, job: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT planned FROM jobs WHERE job = $1";
        let row = self.db.row(sql, values![job]).await?;
        row.map_or(Ok(None), |row| row.get("planned"))
    }

    /// The jobs of which that is not written down.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn unplanned(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT job FROM jobs WHERE planned IS NULL ORDER BY job";
        let rows = self.db.rows(sql, values![]).await?;
        rows.iter().map(|row| row.text("job")).collect()
    }

    /// Writes down what the due times of jobs are computed from. Of a job whose schedule is another by now nothing is written.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn plan(&self, plans: Vec<PlannedJob>) -> Result<(), StoreError> {
        let work = work(move |tx| async move { tx.each(&PLAN, &plans).await.map(drop) }.boxed());
        self.db.transaction(work).await
    }

    /// Writes down that a job's schedule is another now, with what that changes, and the occurrence of the period that the
    /// change would lose, if it has none yet. `false` if another process was faster; nothing is written then.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn reschedule(
        &self,
        was: &Cursor,
        is: &Cursor,
        detail: String,
        lost: Option<NewOccurrence>,
        dispatch: Arc<dyn Dispatch>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let (was, is) = (was.clone(), is.clone());
        let work = work(move |tx| {
            async move {
                let sql = "UPDATE jobs SET schedule = $1, promised = $2, evaluated_until = $3, planned = NULL \
                     WHERE job = $4 AND schedule = $5 AND evaluated_until = $6";
                let values = values![
                    is.schedule,
                    is.promised,
                    is.evaluated_until,
                    &was.job,
                    was.schedule,
                    was.evaluated_until
                ];
                if tx.execute(sql, values).await? == 0 {
                    return Ok(false);
                }
                audit(tx, now, "reschedule", Some(&was.job), None, &detail).await?;
                if let Some(lost) = lost {
                    let recorded = record_all(tx, &[(&was.job, &lost)], now).await?;
                    dispatch.enqueue_new(tx, &recorded.tickets).await?;
                }
                Ok(true)
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Forgets how far jobs were written down that do not fall due any more: should they come back, they begin anew.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn forget(&self, jobs: Vec<String>) -> Result<(), StoreError> {
        let work = work(move |tx| {
            async move {
                for job in jobs {
                    tx.execute("DELETE FROM jobs WHERE job = $1", values![job])
                        .await?;
                }
                Ok(())
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Writes down that a service was at work at this moment.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn note_beat(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let sql = "INSERT INTO facts (name, value) VALUES ('beat', $1) ON CONFLICT (name) DO UPDATE SET value = $1 \
             WHERE facts.value < $1";
        self.db.execute(sql, values![now]).await.map(drop)
    }

    /// Writes a row, to see whether that can be done; what the clock says then stands in it and is believed by nobody.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn note_room(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO facts (name, value) VALUES ('room', $1) ON CONFLICT (name) DO UPDATE SET value = $1";
        self.db.execute(sql, values![now]).await.map(drop)
    }

    /// What time the database says it is; ours where it has no clock of its own.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn database_clock(&self, ours: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        self.db.lease_clock(ours).await
    }

    /// When a service was last at work.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn last_beat(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT value FROM facts WHERE name = 'beat'";
        self.db
            .row(sql, values![])
            .await?
            .map(|row| row.moment("value"))
            .transpose()
    }

    /// Writes down what has fallen due, its runs and their tickets, all of it or nothing. What is there already stays.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no; nothing is lost then, the next beat tries again.
    pub async fn materialise(
        &self,
        mut advances: Vec<Advance>,
        dispatch: Arc<dyn Dispatch>,
        now: DateTime<Utc>,
    ) -> Result<Materialised, StoreError> {
        let committed = Arc::clone(&dispatch);
        // All processes take the rows of jobs in one order, so that none waits for another in a circle.
        advances.sort_by(|a, b| a.job.cmp(&b.job));
        let work = work(move |tx| {
            async move {
                let moved = advance_all(tx, &advances).await?;
                let (ours, overtaken): (Vec<Advance>, Vec<Advance>) = advances
                    .into_iter()
                    .partition(|advance| moved.contains(&advance.job));
                let fallen_due: Vec<(&str, &NewOccurrence)> = ours
                    .iter()
                    .flat_map(|advance| advance.occurrences.iter().map(|it| (advance.job.as_str(), it)))
                    .collect();
                let recorded = record_all(tx, &fallen_due, now).await?;
                for advance in &ours {
                    if let Some(missed) = recorded.missed.get(&advance.job) {
                        let tell = tell::missed(&advance.job, &advance.owner, missed);
                        notices::write_all(tx, tell.as_slice(), now).await?;
                    }
                }
                dispatch.enqueue_new(tx, &recorded.tickets).await?;
                let missed = || recorded.missed.values().flatten();
                Ok(Materialised {
                    enqueued: recorded.tickets.len(),
                    due_at: recorded.due_at,
                    missed: missed().count(),
                    no_complete_day: missed().filter(|it| it.period.is_none()).count(),
                    overtaken: overtaken.into_iter().map(|advance| advance.job).collect(),
                })
            }
            .boxed()
        });
        let done = self.db.transaction(work).await?;
        if done.enqueued > 0 {
            committed.announce();
        }
        Ok(done)
    }

    /// What did not run and nobody has made good since, of each job and reason together, what was due last first.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn missed_together(&self, job: Option<&str>) -> Result<Vec<MissedTogether>, StoreError> {
        let sql = "WITH lost AS (SELECT job, missed, due_at, period_id, timezone FROM occurrences AS o \
             WHERE missed IS NOT NULL AND ($1 = '' OR job = $1) \
             AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.job = o.job AND runs.period_id = o.period_id \
             AND runs.state = 'delivered' AND runs.trigger <> 'test')), \
             together AS (SELECT job, missed, count(*) AS n, min(due_at) AS first_due, max(due_at) AS last_due \
             FROM lost GROUP BY job, missed) \
             SELECT together.job AS job, together.missed AS missed, n, last_due, min(first.period_id) AS first_period, \
             max(last.period_id) AS last_period, max(last.timezone) AS timezone FROM together \
             JOIN lost AS first ON first.job = together.job AND first.missed = together.missed AND first.due_at = first_due \
             JOIN lost AS last ON last.job = together.job AND last.missed = together.missed AND last.due_at = last_due \
             GROUP BY together.job, together.missed, n, last_due ORDER BY last_due DESC, together.job";
        let rows = self.db.rows(sql, values![job.unwrap_or_default()]).await?;
        let together = rows.iter().map(|row| {
            Ok(MissedTogether {
                job: row.text("job")?,
                missed: row.text("missed")?,
                count: row.number("n")?,
                periods: (row.get("first_period")?, row.get("last_period")?),
                last_due_at: row.moment("last_due")?,
                timezone: row.text("timezone")?,
            })
        });
        together.collect()
    }

    /// The latest occurrences that did not run, newest first, also those of which a later run has delivered the period.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn missed(&self, job: Option<&str>, limit: u32) -> Result<Vec<StoredOccurrence>, StoreError> {
        let values = values![job.unwrap_or_default(), limit];
        let sql = "SELECT * FROM occurrences WHERE missed IS NOT NULL AND ($1 = '' OR job = $1) \
             ORDER BY due_at DESC LIMIT $2";
        let rows = self.db.rows(sql, values).await?;
        rows.iter().map(occurrence_of).collect()
    }
}

fn occurrence_of(row: &Row) -> Result<StoredOccurrence, StoreError> {
    Ok(StoredOccurrence {
        job: row.text("job")?,
        nominal: row.text("nominal")?,
        due_at: row.moment("due_at")?,
        period_id: row.get("period_id")?,
        run_id: row.get("run_id")?,
        missed: row.get("missed")?,
        timezone: row.text("timezone")?,
    })
}

impl Store {
    /// The occurrence that a run was made for; none for one that somebody asked for.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn occurrence(&self, run_id: &str) -> Result<Option<StoredOccurrence>, StoreError> {
        let values = values![run_id];
        let sql = "SELECT * FROM occurrences WHERE run_id = $1";
        let row = self.db.row(sql, values).await?;
        row.as_ref().map(occurrence_of).transpose()
    }

    /// How the schedule of a job was changed, the latest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn reschedules(&self, job: &str, limit: u32) -> Result<Vec<Audit>, StoreError> {
        let sql = "SELECT at, what, detail FROM audits WHERE job = $1 AND what = 'reschedule' ORDER BY id DESC LIMIT $2";
        self.audits_of(sql, values![job, limit]).await
    }

    /// What operators have decided about a run, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn audits(&self, run_id: &str) -> Result<Vec<Audit>, StoreError> {
        let sql = "SELECT at, what, detail FROM audits WHERE run_id = $1 ORDER BY id";
        self.audits_of(sql, values![run_id]).await
    }

    async fn audits_of(
        &self,
        sql: &'static str,
        values: Vec<super::db::Value>,
    ) -> Result<Vec<Audit>, StoreError> {
        let work = work(move |tx| {
            async move {
                let rows = tx.rows(sql, values).await?;
                let audits = rows.iter().map(|row| {
                    Ok(Audit {
                        at: row.moment("at")?,
                        what: row.text("what")?,
                        detail: row.text("detail")?,
                    })
                });
                audits.collect()
            }
            .boxed()
        });
        self.db.transaction(work).await
    }
}

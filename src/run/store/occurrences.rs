//! Occurrences are rows: what has fallen due is written down once, with its run and its ticket, in one transaction.

use super::db::{Row, Tx, values, work};
use super::notices;
use super::outbox::audit;
use super::runs::{Begun, insert_run, run_id};
use super::{NewRun, Store, StoreError, Ticket, Trigger};
use crate::fail_point;
use crate::period::Period;
use crate::run::dispatch::Dispatch;
use crate::run::tell;
use chrono::{DateTime, NaiveDateTime, Utc};
use futures::FutureExt as _;
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
        let work = work(move |tx| {
            async move {
                let rows = tx.rows("SELECT * FROM jobs ORDER BY job", values![]).await?;
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
            .boxed()
        });
        self.db.transaction(work).await
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
                let sql = "UPDATE jobs SET schedule = $1, promised = $2, evaluated_until = $3 \
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
                if let Some(lost) = lost
                    && let Recorded::Run(ticket) = record(tx, &was.job, &lost, now).await?
                {
                    dispatch.enqueue(tx, &[ticket]).await?;
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
        let work = work(move |tx| async move { tx.execute(sql, values![now]).await }.boxed());
        self.db.transaction(work).await.map(drop)
    }

    /// Writes a row, to see whether that can be done; what the clock says then stands in it and is believed by nobody.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn note_room(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO facts (name, value) VALUES ('room', $1) ON CONFLICT (name) DO UPDATE SET value = $1";
        let work = work(move |tx| async move { tx.execute(sql, values![now]).await }.boxed());
        self.db.transaction(work).await.map(drop)
    }

    /// What time the database says it is; ours where it has no clock of its own.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn database_clock(&self, ours: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        let work = work(move |tx| async move { tx.lease_clock(ours).await }.boxed());
        self.db.transaction(work).await
    }

    /// When a service was last at work.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn last_beat(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT value FROM facts WHERE name = 'beat'";
        let work = work(move |tx| async move { tx.row(sql, values![]).await }.boxed());
        self.db
            .transaction(work)
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
        // All processes take the rows of jobs in one order, so that none waits for another in a circle.
        advances.sort_by(|a, b| a.job.cmp(&b.job));
        let work = work(move |tx| {
            async move {
                let (mut done, mut tickets) = (Materialised::default(), Vec::new());
                for advance in advances {
                    let sql = "UPDATE jobs SET evaluated_until = $1, promised = $2 WHERE job = $3 AND evaluated_until = $4";
                    let values = values![advance.until, advance.promised.clone(), &advance.job, advance.from];
                    if tx.execute(sql, values).await? == 0 {
                        done.overtaken.push(advance.job);
                        continue;
                    }
                    let mut missed = Vec::new();
                    for occurrence in &advance.occurrences {
                        match record(tx, &advance.job, occurrence, now).await? {
                            Recorded::Before => {}
                            Recorded::Missed => missed.push(occurrence),
                            Recorded::Run(ticket) => {
                                done.due_at.push(occurrence.due_at);
                                tickets.push(ticket);
                            }
                        }
                    }
                    let tell = tell::missed(&advance.job, &advance.owner, &missed);
                    notices::write_all(tx, tell.as_slice(), now).await?;
                    done.missed += missed.len();
                    done.no_complete_day += missed.iter().filter(|it| it.period.is_none()).count();
                }
                done.enqueued = tickets.len();
                dispatch.enqueue(tx, &tickets).await?;
                Ok(done)
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// The latest occurrences that did not run, newest first; `made_good` too, of which a later run has delivered the period.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn missed(
        &self,
        job: Option<&str>,
        made_good: bool,
        limit: u32,
    ) -> Result<Vec<StoredOccurrence>, StoreError> {
        let values = values![job.unwrap_or_default(), limit, i64::from(made_good)];
        let sql = "SELECT * FROM occurrences AS o WHERE missed IS NOT NULL AND ($1 = '' OR job = $1) \
             AND ($3 = 1 OR NOT EXISTS (SELECT 1 FROM runs WHERE runs.job = o.job AND runs.period_id = o.period_id \
             AND runs.state = 'delivered' AND runs.trigger <> 'test')) ORDER BY due_at DESC LIMIT $2";
        let work = work(move |tx| {
            async move {
                let rows = tx.rows(sql, values).await?;
                rows.iter().map(occurrence_of).collect()
            }
            .boxed()
        });
        self.db.transaction(work).await
    }
}

enum Recorded {
    /// It was there already.
    Before,
    /// It will not run.
    Missed,
    /// Its run waits for a worker.
    Run(Ticket),
}

async fn record(
    tx: &mut Tx<'_>,
    job: &str,
    occurrence: &NewOccurrence,
    now: DateTime<Utc>,
) -> Result<Recorded, StoreError> {
    let runs = occurrence.missed.is_none() && occurrence.period.is_some();
    let id = runs.then(|| run_id(now));
    let period_id = occurrence.period.as_ref().map(Period::id);
    // The run is written after its occurrence, in the same transaction; the reference is checked when that commits.
    let sql = "INSERT INTO occurrences (job, nominal, fold, due_at, timezone, period_id, closed, run_id, missed, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    let values = values![
        job,
        occurrence.nominal.format("%Y-%m-%dT%H:%M:%S").to_string(),
        i64::from(occurrence.fold),
        occurrence.due_at,
        &occurrence.timezone,
        period_id,
        period_id.filter(|_| occurrence.closed),
        id.clone(),
        occurrence.missed.clone(),
        now
    ];
    if tx.execute(sql, values).await? == 0 {
        return Ok(Recorded::Before);
    }
    fail_point::hit("occurrence");
    let (Some(id), Some(period)) = (id, &occurrence.period) else {
        return Ok(Recorded::Missed);
    };
    let new = NewRun {
        job: job.to_owned(),
        period_id: period.id().to_owned(),
        period_start: period.start(),
        period_end: period.last_day(),
        timezone: occurrence.timezone.clone(),
        trigger: Trigger::Schedule,
        as_of: Some(occurrence.due_at),
        recipe: serde_json::json!({ "period": period }).to_string(),
        created_at: now,
    };
    let begun = Begun {
        run_id: &id,
        new: &new,
        holder: None,
        now,
    };
    insert_run(tx, &begun).await?;
    fail_point::hit("run_row");
    Ok(Recorded::Run(Ticket { run_id: id, fence: 0 }))
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
        let work = work(move |tx| async move { tx.row(sql, values).await }.boxed());
        let row = self.db.transaction(work).await?;
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

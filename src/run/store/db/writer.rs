//! The one task that writes to an `SQLite` file in this process, and commits together what waits together.

use super::{Each, Inner, KEEP, Row, StoreError, Tx, Value, fault};
use futures::future::BoxFuture;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Most pieces of work that are committed together on `SQLite`.
const GROUP: usize = 512;

/// Most pieces of work that wait for the writer; more wait where they are asked for.
pub(super) const WAITING: usize = 4096;

/// A piece of work that waits for the writer.
pub(super) enum Op {
    /// Anything.
    Work {
        /// Whether it is one statement, which is undone by itself if it fails.
        single: bool,
        run: Run,
    },
    /// See [`Db::of_run`](super::Db::of_run).
    OfRun(OfRun),
}

/// A statement about one run that can be made about many at once.
pub(super) struct OfRun {
    pub(super) sql: &'static Each,
    pub(super) run_id: String,
    /// JSON: what the statement asks of the run.
    pub(super) thing: String,
    pub(super) answer: oneshot::Sender<Result<Option<Row>, StoreError>>,
}

/// Does its part and says how it is to be answered once that is committed, or could not be.
pub(super) type Run =
    Box<dyn for<'t, 'c> FnOnce(Result<&'t mut Tx<'c>, StoreError>) -> BoxFuture<'t, Done> + Send>;

pub(super) struct Done {
    pub(super) good: bool,
    /// Answers whoever asked: with what was done, or why that could not be committed.
    pub(super) answer: Box<dyn FnOnce(Option<StoreError>) + Send>,
}

/// What is done in one step: a piece of work, or the same statement about several runs.
enum Step {
    Work { single: bool, run: Run },
    OfRuns(Vec<OfRun>),
}

/// The one task that writes to `SQLite` in this process.
pub(super) struct Writer {
    /// None: the next piece of work opens another.
    pub(super) connection: Option<SqliteConnection>,
    pub(super) options: SqliteConnectOptions,
    pub(super) place: Arc<Path>,
}

impl Writer {
    /// Everything that waits goes into one commit.
    pub(super) async fn write_all(mut self, mut waiting: mpsc::Receiver<Op>) {
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
                Err(cause) => refuse(steps(group), &fault(&self.place, cause)).await,
            }
        }
    }
}

/// Puts neighbours together that are the same statement about different runs.
fn steps(group: Vec<Op>) -> VecDeque<Step> {
    let mut steps: VecDeque<Step> = VecDeque::with_capacity(group.len());
    for op in group {
        match (op, steps.back_mut()) {
            (Op::Work { single, run }, _) => steps.push_back(Step::Work { single, run }),
            (Op::OfRun(one), Some(Step::OfRuns(others))) if one.joins(others) => others.push(one),
            (Op::OfRun(one), _) => steps.push_back(Step::OfRuns(vec![one])),
        }
    }
    steps
}

impl OfRun {
    fn joins(&self, others: &[Self]) -> bool {
        let same = others
            .first()
            .is_some_and(|first| std::ptr::eq(first.sql, self.sql));
        same && others.iter().all(|other| other.run_id != self.run_id)
    }

    /// What is to be answered once that is committed.
    fn done(self, done: Result<Option<Row>, StoreError>) -> Done {
        Done {
            good: done.is_ok(),
            answer: Box::new(move |spoilt| drop(self.answer.send(spoilt.map_or(done, Err)))),
        }
    }
}

impl Step {
    fn is_single(&self) -> bool {
        matches!(self, Self::Work { single: true, .. } | Self::OfRuns(_))
    }

    /// Does it, or answers why nothing can be done. `Err`: of several runs, of which one may have spoilt it for the others.
    async fn take(self, tx: Result<&mut Tx<'_>, &StoreError>) -> Result<Vec<Done>, Vec<OfRun>> {
        match (self, tx) {
            (Self::Work { run, .. }, tx) => Ok(vec![run(tx.map_err(StoreError::again)).await]),
            (Self::OfRuns(runs), Err(why)) => {
                let failed = runs.into_iter().map(|one| one.done(Err(why.again())));
                Ok(failed.collect())
            }
            (Self::OfRuns(mut runs), Ok(tx)) => match of_runs(tx, &runs).await {
                Ok(mut rows) => {
                    let done = runs.into_iter().map(|one| {
                        let row = rows.remove(&one.run_id);
                        one.done(Ok(row))
                    });
                    Ok(done.collect())
                }
                Err(_) if runs.len() > 1 => Err(runs),
                Err(why) => Ok(runs.pop().map(|one| one.done(Err(why))).into_iter().collect()),
            },
        }
    }
}

/// The rows that the statement answers, by run.
async fn of_runs(tx: &mut Tx<'_>, runs: &[OfRun]) -> Result<HashMap<String, Row>, StoreError> {
    let Some(first) = runs.first() else {
        return Ok(HashMap::new());
    };
    let things: Vec<&str> = runs.iter().map(|one| one.thing.as_str()).collect();
    let things = format!("[{}]", things.join(","));
    let rows = tx.rows(first.sql.sqlite, vec![Value::from(things)]).await?;
    rows.into_iter()
        .map(|row| Ok((row.text("run_id")?, row)))
        .collect()
}

/// Answers that nothing could be begun.
async fn refuse(steps: VecDeque<Step>, why: &StoreError) {
    for step in steps {
        for done in step.take(Err(why)).await.unwrap_or_default() {
            (done.answer)(None);
        }
    }
}

async fn commit_group(connection: &mut SqliteConnection, place: &Arc<Path>, group: Vec<Op>) {
    let mut steps = steps(group);
    // The lock is taken at once, so that what is read stays true until the commit.
    let mut tx = match connection.begin_with("BEGIN IMMEDIATE").await {
        Ok(transaction) => Tx {
            inner: Inner::Sqlite(transaction),
            place: Arc::clone(place),
        },
        Err(cause) => return refuse(steps, &fault(place, cause)).await,
    };
    let alone = matches!(steps.make_contiguous(), [Step::Work { .. }]);
    let mut answers = Vec::with_capacity(steps.len());
    let mut spoilt = if alone {
        None
    } else {
        tx.savepoint("SAVEPOINT work").await.err()
    };
    while let Some(step) = steps.pop_front() {
        let single = step.is_single();
        if spoilt.is_none() && !alone && !single {
            spoilt = tx.savepoint(KEEP).await.err();
        }
        let taken = step.take(spoilt.as_ref().map_or(Ok(&mut tx), Err)).await;
        let good = taken.as_ref().is_ok_and(|done| done.iter().all(|done| done.good));
        if spoilt.is_none() && !alone && !good {
            spoilt = tx.take_back(single).await.err();
        }
        match taken {
            Ok(done) => answers.extend(done),
            // One by one, so that it spoils only its own.
            Err(runs) => {
                for one in runs.into_iter().rev() {
                    steps.push_front(Step::OfRuns(vec![one]));
                }
            }
        }
    }
    let committed = match spoilt {
        None if alone && answers.iter().any(|done| !done.good) => tx.rollback().await,
        None => tx.commit().await,
        Some(why) => Err(why),
    };
    let spoilt = committed.err();
    for Done { good, answer } in answers {
        // Work that failed by itself says so itself.
        answer(spoilt.as_ref().filter(|_| good).map(StoreError::again));
    }
}

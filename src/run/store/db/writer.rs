//! The one task that writes to an `SQLite` file in this process, and commits together what waits together.

use super::{Inner, KEEP, StoreError, Tx, fault};
use futures::future::BoxFuture;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Most pieces of work that are committed together on `SQLite`.
const GROUP: usize = 512;

/// Most pieces of work that wait for the writer; more wait where they are asked for.
pub(super) const WAITING: usize = 4096;

/// A piece of work that waits for the writer.
pub(super) struct Op {
    /// Whether it is one statement, which is undone by itself if it fails.
    pub(super) single: bool,
    pub(super) run: Run,
}

/// Does its part and says how it is to be answered once that is committed, or could not be.
pub(super) type Run =
    Box<dyn for<'t, 'c> FnOnce(Result<&'t mut Tx<'c>, StoreError>) -> BoxFuture<'t, Done> + Send>;

pub(super) struct Done {
    pub(super) good: bool,
    pub(super) answer: Box<dyn FnOnce(Option<StoreError>) + Send>,
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
    let mut spoilt = if alone {
        None
    } else {
        tx.savepoint("SAVEPOINT work").await.err()
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

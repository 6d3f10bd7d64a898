//! What a newer revision of a report replaces: what is not acknowledged of earlier ones and would reach the same reader, so that
//! nobody gets an old report after the new one.
//!
//! That is looked at twice. When a revision is frozen or released, everything replaced that only waits is `superseded` at once. And
//! each attempt looks before it begins: what was being sent, in doubt or dead at that moment, and what was frozen after the newer one
//! or at the same moment, is `superseded` then. A look sees what is committed, so that it does not matter who was first.
//!
//! A revision that goes out to nobody replaces nothing, but where its figures differ the older ones are known to be wrong: it withdraws
//! what is still to be sent of them by the same deliveries, in the same two looks. The owner hears of that.
//!
//! A reader is a recipient of a delivery. Of dropped files it is the folder, because their names carry the revision; they are
//! replaced all together, manifest included, or not at all: where one may lie there already, the others follow.

use super::db::{Tx, values, work};
use super::ends;
use super::{OutboxRow, Run, Store, StoreError};
use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use std::collections::BTreeSet;

/// The revision that replaces something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::run) struct Newer {
    /// Which run.
    pub(in crate::run) run_id: String,
    /// Its revision.
    pub(in crate::run) revision: u32,
    /// Whether it goes out to nobody.
    pub(in crate::run) unsent: bool,
}

/// The newer revisions of the report of the parcel in `deliveries`. Two occurrences of a schedule each have a report of their own,
/// though they may be about one rolling period: neither is newer. Dropped files of which one may lie there already stay with it.
macro_rules! newer {
    () => {
        "runs AS older, runs AS newer WHERE older.run_id = deliveries.run_id AND older.trigger <> 'test' \
         AND newer.job = older.job AND newer.period_id = older.period_id AND newer.revision > older.revision \
         AND newer.trigger <> 'test' AND newer.state <> 'held' \
         AND NOT (EXISTS (SELECT 1 FROM occurrences WHERE occurrences.run_id = older.run_id) \
         AND EXISTS (SELECT 1 FROM occurrences WHERE occurrences.run_id = newer.run_id)) \
         AND NOT (deliveries.place LIKE '/%' AND EXISTS (SELECT 1 FROM deliveries AS beside WHERE beside.run_id = deliveries.run_id \
         AND beside.delivery = deliveries.delivery AND beside.place = deliveries.place \
         AND beside.state IN ('sending', 'acked', 'ambiguous')))"
    };
}
/// Parcels that came into the outbox before this one, of the same run and reader: this one was asked for as new.
macro_rules! is_new {
    () => {
        "EXISTS (SELECT 1 FROM deliveries AS original WHERE original.run_id = deliveries.run_id \
         AND original.delivery = deliveries.delivery AND original.recipient = deliveries.recipient \
         AND original.position < deliveries.position)"
    };
}
/// The newer revisions, and their parcels, that replace the parcel in `deliveries`. A run that a gate holds replaces nothing, neither
/// does a test, nor a parcel that is dead, or replaced itself, and surely never arrived. What somebody asked for as new after the
/// newer one was frozen is wanted as it is.
macro_rules! replacing {
    () => {
        concat!(
            "deliveries AS theirs, ",
            newer!(),
            " AND theirs.run_id = newer.run_id AND theirs.delivery = deliveries.delivery \
             AND (theirs.state NOT IN ('dead', 'superseded') OR EXISTS (SELECT 1 FROM attempts WHERE delivery_id = theirs.id \
             AND coalesce(outcome, 'ambiguous') = 'ambiguous')) \
             AND CASE WHEN deliveries.place LIKE '/%' THEN theirs.place = deliveries.place \
             ELSE theirs.recipient = deliveries.recipient END \
             AND NOT (theirs.id < deliveries.id AND ",
            is_new!(),
            ")"
        )
    };
}
/// The newer revisions that go out to nobody and withdraw the parcel in `deliveries`.
macro_rules! withdrawing {
    () => {
        concat!(
            newer!(),
            " AND newer.withdraws LIKE '%,' || deliveries.delivery || ',%' AND coalesce(newer.same_as, '') <> older.run_id \
             AND NOT (newer.created_at < deliveries.since AND ",
            is_new!(),
            ")"
        )
    };
}
/// Marks parcels, and says of those that may have arrived that they may.
macro_rules! supersede {
    () => {
        "UPDATE deliveries SET state = 'superseded', next_attempt_at = NULL, updated_at = $1, \
         error = $2 || CASE WHEN EXISTS (SELECT 1 FROM attempts WHERE delivery_id = deliveries.id \
         AND coalesce(outcome, 'ambiguous') = 'ambiguous') THEN '; an earlier attempt may have arrived' ELSE '' END "
    };
}

/// The newest revision that replaces or withdraws parcel $1.
pub(super) const NEWEST: &str = concat!(
    "SELECT run_id, revision, unsent FROM (SELECT newer.run_id, newer.revision, newer.unsent FROM deliveries, ",
    replacing!(),
    " AND deliveries.id = $1 UNION ALL SELECT newer.run_id, newer.revision, newer.unsent FROM deliveries, ",
    withdrawing!(),
    " AND deliveries.id = $1) AS found ORDER BY revision DESC LIMIT 1"
);
/// Everything that only waits and is replaced or withdrawn, of the revisions before $5 of a job and period. Those of a run that a gate holds go out
/// only if somebody asks for exactly them.
pub(super) const WAITING: &str = concat!(
    supersede!(),
    "WHERE state IN ('pending', 'retry_wait') AND run_id IN (SELECT run_id FROM runs AS earlier WHERE earlier.job = $3 \
     AND earlier.period_id = $4 AND earlier.revision < $5 AND earlier.trigger <> 'test' AND earlier.state <> 'held') \
     AND (EXISTS (SELECT 1 FROM ",
    replacing!(),
    ") OR EXISTS (SELECT 1 FROM ",
    withdrawing!(),
    ")) RETURNING run_id"
);
/// The same parcels, replaced or not, as they are until the transaction ends: of the files of a folder none may begin to be written
/// while the others are judged.
const LOCK: &str = "SELECT 1 FROM deliveries WHERE state IN ('pending', 'retry_wait') AND run_id IN (SELECT run_id \
    FROM runs AS earlier WHERE earlier.job = $1 AND earlier.period_id = $2 AND earlier.revision < $3 \
    AND earlier.trigger <> 'test' AND earlier.state <> 'held') ORDER BY id FOR NO KEY UPDATE";
/// A parcel that asked for an attempt.
const ONE: &str = concat!(
    supersede!(),
    "WHERE id = $3 AND state IN ('pending', 'retry_wait', 'ambiguous', 'dead') AND EXISTS \
     (SELECT 1 FROM runs WHERE runs.run_id = deliveries.run_id AND fence = $4 AND runs.state = 'delivering')"
);

impl Store {
    /// The newest revision that replaces all of these parcels; `None`: something of them may go out, or there are none.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub(in crate::run) async fn replacing(&self, rows: &[OutboxRow]) -> Result<Option<Newer>, StoreError> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let work = work(move |tx| {
            async move {
                let mut newest = None;
                for id in ids {
                    match newer(tx, id).await? {
                        Some(newer) => newest = Some(newer),
                        None => return Ok(None),
                    }
                }
                Ok(newest)
            }
            .boxed()
        });
        self.db.transaction(work).await
    }
}

/// The newest revision that replaces the parcel of this number.
pub(super) async fn newer(tx: &mut Tx<'_>, id: i64) -> Result<Option<Newer>, StoreError> {
    let Some(row) = tx.row(NEWEST, values![id]).await? else {
        return Ok(None);
    };
    Ok(Some(Newer {
        run_id: row.text("run_id")?,
        revision: row.number("revision")?,
        unsent: row.get::<Option<String>>("unsent")?.is_some(),
    }))
}

/// Marks a parcel that asked for an attempt and is replaced; whether it did: not if the run is in other hands, or the parcel is
/// settled.
pub(super) async fn supersede(
    tx: &mut Tx<'_>,
    id: i64,
    fence: i64,
    newer: &Newer,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let values = values![now, why(newer), id, fence];
    Ok(tx.execute(ONE, values).await? == 1)
}

/// Lets what is frozen or released of `run` replace what waits of earlier revisions, or withdraw it where it is `unsent`. Runs that had
/// ended get the end that they have without it. Returns how many parcels that are.
pub(super) async fn replace_earlier(
    tx: &mut Tx<'_>,
    run: &Run,
    unsent: bool,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let newer = Newer {
        run_id: run.run_id.clone(),
        revision: run.revision,
        unsent,
    };
    if tx.locks_rows() {
        let values = values![&run.job, &run.period_id, run.revision];
        tx.execute(LOCK, values).await?;
    }
    let values = values![now, why(&newer), &run.job, &run.period_id, run.revision];
    let replaced = tx.rows(WAITING, values).await?;
    let ids: Result<BTreeSet<String>, _> = replaced.iter().map(|row| row.text("run_id")).collect();
    for earlier in ids? {
        ends::end_anew(tx, &earlier).await?;
    }
    if !replaced.is_empty() {
        tracing::info!(
            run.id = run.run_id,
            parcels = replaced.len(),
            "parcels of earlier revisions were superseded"
        );
    }
    Ok(replaced.len())
}

/// In the words of a row.
pub(super) fn why(newer: &Newer) -> String {
    let Newer { run_id, revision, .. } = newer;
    if newer.unsent {
        return format!(
            "withdrawn, since revision {revision} of the report, run {run_id}, has newer figures and went out to nobody"
        );
    }
    format!("replaced by revision {revision} of the report, run {run_id}, before it was acknowledged")
}

//! What the owner is to hear: written in the transaction of what happened, told later in one bulletin.

use super::db::{Tx, values, work};
use super::{Store, StoreError};
use crate::delivery::BulletinKind;
use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use std::collections::BTreeMap;

/// Most notices that one bulletin tells one by one.
const MOST_NOTICES: u32 = 1000;

/// Something that the owner is to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tell {
    /// Addresses; nobody hears of it where there are none.
    pub owner: Vec<String>,
    /// What kind of trouble.
    pub kind: BulletinKind,
    /// Which job.
    pub job: Option<String>,
    /// Which period.
    pub period: Option<String>,
    /// Which run.
    pub run_id: Option<String>,
    /// What happened, and the remedy.
    pub text: String,
}

/// A notice as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotice {
    /// Its number in the store.
    pub id: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// See [`Tell`].
    pub kind: BulletinKind,
    /// See [`Tell`].
    pub job: Option<String>,
    /// See [`Tell`].
    pub period: Option<String>,
    /// See [`Tell`].
    pub run_id: Option<String>,
    /// See [`Tell`].
    pub text: String,
}

impl StoredNotice {
    /// One that the store could not take.
    #[must_use]
    pub fn unwritten(tell: Tell, at: DateTime<Utc>) -> Self {
        Self {
            id: 0,
            at,
            kind: tell.kind,
            job: tell.job,
            period: tell.period,
            run_id: tell.run_id,
            text: tell.text,
        }
    }
}

/// A bulletin that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingBulletin {
    /// Its key.
    pub key: String,
    /// To whom.
    pub owner: Vec<String>,
    /// When it was put together.
    pub written_at: DateTime<Utc>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Recipients of the first way that are not tried again, and whether they have it.
    pub settled: BTreeMap<String, bool>,
    /// What it tells, the first thousand.
    pub notices: Vec<StoredNotice>,
    /// How many more there are.
    pub more: u32,
}

/// How a bulletin went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It is out, by the first way or the second.
    Acked {
        /// What the far end said.
        proof: String,
        /// Whether it took the second way.
        second_way: bool,
    },
    /// It is to be tried again.
    Later {
        /// When.
        at: DateTime<Utc>,
        /// Why it did not go.
        reason: String,
        /// See [`PendingBulletin`].
        settled: BTreeMap<String, bool>,
    },
}

/// Writes down what the owner is to hear, but nothing that was said of a run in the same words before.
pub(super) async fn write_all(tx: &mut Tx<'_>, tells: &[Tell], now: DateTime<Utc>) -> Result<(), StoreError> {
    for tell in tells {
        let owner = serde_json::to_string(&tell.owner).unwrap_or_default();
        let sql = "INSERT INTO notices (at, owner, kind, job, period, run_id, text) SELECT $1, $2, $3, $4, $5, $6, $7 \
             WHERE NOT EXISTS (SELECT 1 FROM notices WHERE run_id = $6 AND kind = $3 AND text = $7)";
        let values = values![
            now,
            owner,
            tell.kind.key(),
            tell.job.clone(),
            tell.period.clone(),
            tell.run_id.clone(),
            &tell.text
        ];
        tx.execute(sql, values).await?;
    }
    Ok(())
}

impl Store {
    /// Writes down what the owner is to hear.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn tell(&self, tells: Vec<Tell>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let work = work(move |tx| async move { write_all(tx, &tells, now).await }.boxed());
        self.db.transaction(work).await
    }

    /// Whether the owner was told of trouble with this job, and not yet that it is over.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn in_trouble(&self, job: &str) -> Result<bool, StoreError> {
        let values = values![job];
        let sql = "SELECT count(*) AS n FROM notices WHERE job = $1 AND kind IN ('failed', 'missed', 'dead', 'ambiguous', 'disabled') \
             AND id > (SELECT coalesce(max(id), 0) FROM notices WHERE job = $1 AND kind = 'recovered')";
        let work = work(move |tx| async move { tx.number(sql, values).await }.boxed());
        Ok(self.db.transaction(work).await? > 0)
    }

    /// Puts notices that wait into one bulletin for each owner who has heard nothing since `quiet_since`, if the oldest of them
    /// has waited since before `ripe`.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn gather_bulletins(
        &self,
        now: DateTime<Utc>,
        quiet_since: DateTime<Utc>,
        ripe: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let work = work(move |tx| {
            async move {
                if tx.locks_rows() {
                    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('bulletins', 0))";
                    tx.execute(lock, values![]).await?;
                }
                // What a clock that was wrong has dated into the future keeps nobody quiet.
                let sql = "SELECT owner, min(id) AS first FROM notices WHERE bulletin IS NULL AND owner <> '[]' \
                     GROUP BY owner HAVING (min(at) <= $1 OR min(at) > $3) AND NOT EXISTS \
                     (SELECT 1 FROM bulletins WHERE bulletins.owner = notices.owner AND written_at > $2 AND written_at <= $3)";
                let owners = tx.rows(sql, values![ripe, quiet_since, now]).await?;
                for row in &owners {
                    let (owner, first) = (row.text("owner")?, row.get::<i64>("first")?);
                    let key = crate::source::snapshot::hex_sha256(format!("{owner}/{first}/{now}").as_bytes());
                    let key = key[..32].to_owned();
                    let sql = "INSERT INTO bulletins (key, owner, written_at, state, next_attempt_at) \
                         VALUES ($1, $2, $3, 'pending', $3)";
                    tx.execute(sql, values![&key, &owner, now]).await?;
                    let sql = "UPDATE notices SET bulletin = $1 WHERE bulletin IS NULL AND owner = $2";
                    tx.execute(sql, values![key, owner]).await?;
                }
                Ok(owners.len() as u64)
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Takes one bulletin that is due, so that nobody else sends it for the next `lease`, which is also the longest that one
    /// waits: a time beyond that was set by a clock that was wrong.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn take_bulletin(
        &self,
        now: DateTime<Utc>,
        lease: chrono::Duration,
    ) -> Result<Option<PendingBulletin>, StoreError> {
        let work = work(move |tx| {
            async move {
                let sql = "SELECT key FROM bulletins WHERE state = 'pending' AND (next_attempt_at <= $1 OR next_attempt_at > $2) \
                     ORDER BY written_at LIMIT 1";
                let Some(row) = tx.row(sql, values![now, now + lease]).await? else {
                    return Ok(None);
                };
                let key = row.text("key")?;
                let sql = "UPDATE bulletins SET next_attempt_at = $1, attempts = attempts + 1 WHERE key = $2 AND state = 'pending' \
                     AND (next_attempt_at <= $3 OR next_attempt_at > $1) RETURNING owner, written_at, attempts, settled";
                let Some(row) = tx.row(sql, values![now + lease, &key, now]).await? else {
                    return Ok(None);
                };
                let sql = "SELECT * FROM notices WHERE bulletin = $1 ORDER BY id LIMIT $2";
                let notices = tx.rows(sql, values![&key, MOST_NOTICES]).await?;
                let sql = "SELECT count(*) AS n FROM notices WHERE bulletin = $1";
                let all = u32::try_from(tx.number(sql, values![&key]).await?).unwrap_or(u32::MAX);
                Ok(Some(PendingBulletin {
                    owner: row.word("owner", |text| serde_json::from_str(text).ok())?,
                    written_at: row.moment("written_at")?,
                    attempt: row.number("attempts")?,
                    settled: row.word("settled", |text| serde_json::from_str(text).ok())?,
                    notices: notices.iter().map(notice_of).collect::<Result<_, _>>()?,
                    more: all.saturating_sub(MOST_NOTICES),
                    key,
                }))
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// Writes down how a bulletin went. Whoever took so long that another has taken it meanwhile changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn told(&self, pending: &PendingBulletin, told: Told) -> Result<(), StoreError> {
        let (state, next, detail, settled) = match told {
            Told::Acked { proof, second_way } => {
                let state = if second_way { "second_way" } else { "acked" };
                (state, None, proof, pending.settled.clone())
            }
            Told::Later { at, reason, settled } => ("pending", Some(at), reason, settled),
        };
        let settled = serde_json::to_string(&settled).unwrap_or_default();
        let values = values![state, next, detail, settled, &pending.key, pending.attempt];
        let sql = "UPDATE bulletins SET state = $1, next_attempt_at = $2, detail = $3, settled = $4 \
             WHERE key = $5 AND attempts = $6 AND state = 'pending'";
        self.db.execute(sql, values).await.map(drop)
    }
}

impl Store {
    /// Forgets what owners were told before `before`. What is still to be told stays.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn forget_news(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let work = work(move |tx| {
            async move {
                let sql = "DELETE FROM notices WHERE at < $1 AND (owner = '[]' OR EXISTS \
                     (SELECT 1 FROM bulletins WHERE key = notices.bulletin AND state <> 'pending'))";
                let forgotten = tx.execute(sql, values![before]).await?;
                let sql = "DELETE FROM bulletins WHERE written_at < $1 AND state <> 'pending' AND NOT EXISTS \
                     (SELECT 1 FROM notices WHERE notices.bulletin = bulletins.key)";
                tx.execute(sql, values![before]).await?;
                Ok(forgotten)
            }
            .boxed()
        });
        self.db.transaction(work).await
    }
}

fn notice_of(row: &super::db::Row) -> Result<StoredNotice, StoreError> {
    Ok(StoredNotice {
        id: row.get("id")?,
        at: row.moment("at")?,
        kind: row.word("kind", BulletinKind::from_key)?,
        job: row.get("job")?,
        period: row.get("period")?,
        run_id: row.get("run_id")?,
        text: row.text("text")?,
    })
}

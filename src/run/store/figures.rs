//! Figures about many runs: what waits, and what a job's figures used to be.

use super::db::{values, work};
use super::{Run, Store, StoreError};
use crate::run::state::DeliveryState;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use futures::FutureExt as _;
use rust_decimal::Decimal;
use std::collections::HashSet;

/// Most runs that are looked at for the norm of a job.
const MOST_MEASURED: u32 = 1000;

/// After this time nobody is alarmed any longer by a parcel that was given up.
const DEAD_FOR_LONG: Duration = Duration::days(7);

/// What was measured in the periods of job $1 that begin before $2, the latest first, the last revision of each before the others.
pub(super) const MEASURED: &str = "SELECT period_id, period_start, period_end, measured FROM runs WHERE job = $1 \
    AND period_start < $2 AND measured IS NOT NULL AND substr(measured, 1, length($3)) = $3 AND state = 'delivered' \
    AND trigger <> 'test' ORDER BY period_start DESC, revision DESC LIMIT $4";

/// Parcels that are neither acknowledged nor superseded, by state, and how many of them fall due by themselves; of the dead
/// those that died since $1.
pub(super) const OPEN_PARCELS: &str = "SELECT state, count(*) AS n, count(next_attempt_at) AS by_itself FROM deliveries \
    WHERE state NOT IN ('acked', 'superseded') AND (state <> 'dead' OR updated_at > $1) GROUP BY state";

/// What owners have not been told: notices that wait for their bulletin, and those in bulletins that are not out yet.
pub(super) const UNTOLD: [&str; 2] = [
    "SELECT count(*) AS n FROM notices WHERE bulletin IS NULL AND owner <> '[]'",
    "SELECT count(*) AS n FROM bulletins JOIN notices ON notices.bulletin = bulletins.key WHERE state = 'pending'",
];

/// How much is not done yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Parcels that wait or are being sent, those that are sent once more by themselves included.
    pub waiting: u32,
    /// Parcels of which nobody knows, until somebody says.
    pub ambiguous: u32,
    /// Parcels that were given up in the last seven days.
    pub dead: u32,
    /// What owners have not been told yet.
    pub notices: u32,
}

impl Store {
    /// How much waits to be sent, was given up lately, or is to be told.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        let work = work(move |tx| {
            async move {
                let mut backlog = Backlog::default();
                for row in tx.rows(OPEN_PARCELS, values![now - DEAD_FOR_LONG]).await? {
                    let n: u32 = row.number("n")?;
                    match row.word("state", DeliveryState::from_key)? {
                        DeliveryState::Dead => backlog.dead = n,
                        DeliveryState::Ambiguous => {
                            let by_itself: u32 = row.number("by_itself")?;
                            backlog.waiting += by_itself;
                            backlog.ambiguous = n - by_itself;
                        }
                        _ => backlog.waiting += n,
                    }
                }
                for sql in UNTOLD {
                    backlog.notices += u32::try_from(tx.number(sql, values![]).await?).unwrap_or(u32::MAX);
                }
                Ok(backlog)
            }
            .boxed()
        });
        self.db.transaction(work).await
    }

    /// What a metric was in the `most` periods before the run's own that the job has delivered, the newest first. Of a period the
    /// latest revision counts, and only periods that are about as long: a month, whatever its days, and no quarter.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub async fn norm(&self, run: &Run, metric: &str, most: usize) -> Result<Vec<Decimal>, StoreError> {
        let own = run.clone();
        let values = values![
            &run.job,
            run.period_start.to_string(),
            format!("{metric} "),
            MOST_MEASURED
        ];
        let metric = metric.to_owned();
        let work = work(move |tx| {
            async move {
                let (mut norm, mut seen) = (Vec::new(), HashSet::new());
                for row in tx.rows(MEASURED, values).await? {
                    let days = (row.date("period_start")?, row.date("period_end")?);
                    if norm.len() == most {
                        break;
                    }
                    if seen.insert(row.text("period_id")?) && alike(days, (own.period_start, own.period_end))
                    {
                        let read = |text: &str| text.strip_prefix(&metric)?.trim_start().parse().ok();
                        norm.push(row.word("measured", read)?);
                    }
                }
                Ok(norm)
            }
            .boxed()
        });
        self.db.transaction(work).await
    }
}

/// Whether two periods, from their first to their last day, are about as long: the shorter has nine tenths of the days of the
/// longer, as February has of a month.
fn alike(a: (NaiveDate, NaiveDate), b: (NaiveDate, NaiveDate)) -> bool {
    let days = |(first, last): (NaiveDate, NaiveDate)| (last - first).num_days() + 1;
    let (a, b) = (days(a), days(b));
    a.min(b) * 10 >= a.max(b) * 9
}

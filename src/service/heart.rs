//! The heartbeat: writes down what has fallen due and hands it to workers.
//!
//! A beat has no memory that matters: what it would have written is found again by the next one, of this process or another.

use super::Current;
use super::calendar::{self, Calendar};
use super::guard::ClockGuard;
use crate::delivery::BulletinKind;
use crate::fail_point;
use crate::run::dispatch::Dispatch;
use crate::run::store::{Advance, Cursor, Store, StoreError, Tell};
use crate::telemetry::figures;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Most jobs in one transaction.
const BATCH: usize = 500;
/// Most runs that are handed out at once.
const HANDED_OUT: u32 = 1000;
/// How far our clock may be from the database's, where several machines share one.
const APART: TimeDelta = TimeDelta::seconds(30);
/// How often the two are compared.
const COMPARED: Duration = Duration::from_secs(30);
/// They are compared at once when ours was moved so far.
const STEP: TimeDelta = TimeDelta::seconds(5);

/// What a beat needs.
pub(super) struct Heart {
    pub(super) store: Store,
    pub(super) dispatch: Arc<dyn Dispatch>,
    calendar: Calendar,
    guard: ClockGuard,
    /// When the two clocks agreed last, by the clock on the wall and since the boot.
    compared: Option<(DateTime<Utc>, Duration)>,
    held: Option<String>,
    /// Whether nothing is handed out, because nobody could write down what comes of it.
    pub(super) paused: bool,
}

impl Heart {
    /// A heart that has not beaten yet. A clock that is behind the last beat of any service is one that was put back.
    ///
    /// # Errors
    /// [`StoreError`] if the database says no.
    pub(super) async fn new(
        store: Store,
        dispatch: Arc<dyn Dispatch>,
        now: DateTime<Utc>,
        since_boot: Duration,
    ) -> Result<Self, StoreError> {
        let seen = store.last_beat().await?.map_or(now, |beat| beat.max(now));
        Ok(Self {
            store,
            dispatch,
            calendar: Calendar::default(),
            guard: ClockGuard::new(seen, since_boot),
            compared: None,
            held: None,
            paused: false,
        })
    }

    /// Brings the calendar in line with a plan: new jobs begin now, edited ones go on without losing or doubling a period, and
    /// those that are gone are forgotten.
    pub(super) async fn adopt(&mut self, current: &Current, now: DateTime<Utc>) -> Result<(), StoreError> {
        let plan = &current.engine.plan;
        let known: BTreeMap<String, Cursor> = self
            .store
            .cursors()
            .await?
            .into_iter()
            .map(|cursor| (cursor.job.clone(), cursor))
            .collect();
        let watched = self.store.last_beat().await?.unwrap_or(now);
        let mut new = Vec::new();
        let mut wanted = BTreeSet::new();
        for (job, schedule) in calendar::scheduled_jobs(plan) {
            wanted.insert(job.name.as_str());
            match known.get(&job.name) {
                None => new.push(calendar::beginning(job, schedule, now)),
                Some(was) => {
                    if let Some(edit) = calendar::edit(job, schedule, was, watched, now) {
                        self.reschedule(edit, now).await?;
                    }
                }
            }
        }
        let gone = known
            .keys()
            .filter(|job| !wanted.contains(job.as_str()))
            .cloned()
            .collect();
        self.store.forget(gone).await?;
        fail_point::hit("registering");
        self.store.register(new).await?;
        fail_point::hit("registered");
        self.calendar = Calendar::of(plan, self.store.cursors().await?);
        Ok(())
    }

    async fn reschedule(&self, edit: calendar::Edit, now: DateTime<Utc>) -> Result<(), StoreError> {
        let calendar::Edit {
            was,
            is,
            detail,
            lost,
        } = edit;
        tracing::info!(job.name = is.job, detail, "the schedule has changed");
        let dispatch = Arc::clone(&self.dispatch);
        self.store
            .reschedule(&was, &is, detail, lost, dispatch, now)
            .await
            .map(drop)
    }

    /// One beat: is the clock right, has something fallen due, is something left to do?
    ///
    /// # Errors
    /// A sentence that says what keeps it from working; the next beat tries again.
    pub(super) async fn beat(
        &mut self,
        current: &Current,
        now: DateTime<Utc>,
        since_boot: Duration,
    ) -> Result<(), String> {
        if let Err(why) = self.check_clock(now, since_boot).await {
            self.hold(current, &why, now).await;
            return Err(why);
        }
        if self.held.take().is_some() {
            let text = "The clock can be believed again; what fell due meanwhile is made up.";
            self.tell(current, BulletinKind::Recovered, text, now).await;
        }
        self.materialise(current, now)
            .await
            .map_err(|error| error.to_string())?;
        if self.paused {
            return Ok(());
        }
        fail_point::hit("handing_out");
        let handed = self
            .store
            .hand_out(Arc::clone(&self.dispatch), now, HANDED_OUT)
            .await;
        handed.map_err(|error| error.to_string())?;
        fail_point::hit("handed_out");
        Ok(())
    }

    /// When something falls due next.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.calendar.next()
    }

    async fn check_clock(&mut self, now: DateTime<Utc>, since_boot: Duration) -> Result<(), String> {
        self.guard.check(now, since_boot)?;
        if self.compared.is_some_and(|(wall, at)| {
            let passed = since_boot.saturating_sub(at);
            let stepped = (now - wall) - TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX);
            passed < COMPARED && stepped.abs() < STEP
        }) {
            return Ok(());
        }
        let theirs = self
            .store
            .database_clock(now)
            .await
            .map_err(|error| error.to_string())?;
        let apart = (theirs - now).abs();
        if apart > APART && fail_point::setting("REPORTWIRE_CLOCK").is_none() {
            return Err(format!(
                "this machine's clock is {} s away from the database's; nothing is begun until they agree: check its time service",
                apart.num_seconds()
            ));
        }
        self.compared = Some((now, since_boot));
        Ok(())
    }

    /// Tells the owner, once, that nothing is begun.
    async fn hold(&mut self, current: &Current, why: &str, now: DateTime<Utc>) {
        if self.held.replace(why.to_owned()).is_some() {
            return;
        }
        tracing::error!(reason = why, "the clock cannot be believed");
        self.tell(current, BulletinKind::ClockHeld, why, now).await;
    }

    async fn tell(&self, current: &Current, kind: BulletinKind, text: &str, now: DateTime<Utc>) {
        let tell = Tell {
            owner: current.engine.plan.service.owner.clone(),
            kind,
            job: None,
            period: None,
            run_id: None,
            text: text.to_owned(),
        };
        if let Err(error) = self.store.tell(vec![tell], now).await {
            tracing::error!(error = %error, "that could not be written down for the owner");
        }
    }

    async fn materialise(&mut self, current: &Current, now: DateTime<Utc>) -> Result<(), StoreError> {
        loop {
            let due = self.calendar.take_due(now, BATCH);
            if due.is_empty() {
                return Ok(());
            }
            let written = self.write_down(current, &due, now).await;
            // Put back whatever happened: a job that is out of the calendar never falls due again.
            let cursors = match &written {
                Ok(cursors) => cursors.clone(),
                Err(_) => BTreeMap::new(),
            };
            for name in due {
                let cursor = cursors
                    .get(&name)
                    .or_else(|| self.calendar.cursor(&name))
                    .cloned();
                if let (Some(job), Some(cursor)) = (current.engine.plan.jobs.get(&name), cursor) {
                    self.calendar.put(job, cursor);
                }
            }
            written?;
        }
    }

    /// Writes down what has fallen due of these jobs; how far each is written down then.
    async fn write_down(
        &self,
        current: &Current,
        due: &[String],
        now: DateTime<Utc>,
    ) -> Result<BTreeMap<String, Cursor>, StoreError> {
        let mut cursors: BTreeMap<String, Cursor> = BTreeMap::new();
        let mut batch: Vec<Advance> = Vec::new();
        let mut overtaken = BTreeSet::new();
        let mut rows = 0;
        for name in due {
            let (Some(job), Some(cursor)) = (current.engine.plan.jobs.get(name), self.calendar.cursor(name))
            else {
                continue;
            };
            for advance in calendar::advances(job, cursor, now) {
                rows += advance.occurrences.len();
                cursors.insert(
                    name.clone(),
                    Cursor {
                        evaluated_until: advance.until,
                        promised: advance.promised.clone(),
                        ..cursor.clone()
                    },
                );
                batch.push(advance);
                if rows >= 2 * BATCH {
                    overtaken.extend(self.commit(std::mem::take(&mut batch), now).await?);
                    rows = 0;
                }
            }
        }
        overtaken.extend(self.commit(batch, now).await?);
        if !overtaken.is_empty() {
            // Another replica was faster; its rows say how far it came, which may be less far than we had in mind.
            for cursor in self.store.cursors().await? {
                if overtaken.contains(&cursor.job) {
                    cursors.insert(cursor.job.clone(), cursor);
                }
            }
        }
        Ok(cursors)
    }

    /// The jobs that another process had advanced meanwhile.
    async fn commit(&self, batch: Vec<Advance>, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let dues: Vec<DateTime<Utc>> = batch
            .iter()
            .flat_map(|advance| &advance.occurrences)
            .map(|it| it.due_at)
            .collect();
        fail_point::hit("materialising");
        let done = self
            .store
            .materialise(batch, Arc::clone(&self.dispatch), now)
            .await?;
        fail_point::hit("materialised");
        figures::occurrences_enqueued(done.enqueued as u64);
        if done.missed > 0 {
            figures::occurrences_missed("late", done.missed as u64);
        }
        for due_at in dues {
            figures::due_lateness((now - due_at).to_std().unwrap_or_default());
        }
        if done.enqueued + done.missed > 0 {
            tracing::info!(
                enqueued = done.enqueued,
                missed = done.missed,
                "occurrences were written down"
            );
        }
        Ok(done.overtaken)
    }
}

#[cfg(test)]
mod tests;

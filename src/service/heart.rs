//! The heartbeat: writes down what has fallen due and hands it to workers.
//!
//! A beat has no memory that matters: what it would have written is found again by the next one, of this process or another.

use super::calendar::{self, Calendar};
use super::guard::ClockGuard;
use super::shared::{Current, tell_owner};
use crate::config::Plan;
use crate::delivery::BulletinKind;
use crate::fail_point;
use crate::run::dispatch::Dispatch;
use crate::run::store::{Advance, Cursor, Store, StoreError};
use crate::schedule::clock::Clock;
use crate::schedule::written::Planned;
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

/// What keeps the heart from beating; the next beat tries again.
#[derive(Debug, thiserror::Error)]
pub(super) enum Halt {
    /// The clock cannot be believed, in a sentence.
    #[error("{0}")]
    Clock(String),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a beat needs.
pub(super) struct Heart {
    pub(super) store: Store,
    pub(super) dispatch: Arc<dyn Dispatch>,
    calendar: Calendar,
    guard: ClockGuard,
    /// When the two clocks agreed last, by the clock on the wall and since the boot.
    compared: Option<(DateTime<Utc>, Duration)>,
    held: Option<String>,
    /// Whether the calendar is that of a plan.
    adopted: bool,
    /// Jobs whose rows the database refuses, as the owner knows.
    refused: BTreeSet<String>,
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
            refused: BTreeSet::new(),
            adopted: false,
            paused: false,
        })
    }

    /// Brings the calendar in line with a plan: new jobs begin now, edited ones go on without losing or doubling a period, and
    /// those that are gone are forgotten. Never by a clock that cannot be believed: a job that begins ten years ahead falls due
    /// in ten years.
    ///
    /// # Errors
    /// [`Halt`]; the calendar is what it was before.
    pub(super) async fn adopt(&mut self, current: &Current) -> Result<(), Halt> {
        let now = self.believe(current).await?;
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
                Some(was) if was.schedule == calendar::fingerprint(job, schedule) => {}
                Some(was) => {
                    let before = self.store.planned(&job.name).await?;
                    let before = before.as_deref().and_then(Planned::read);
                    let edit = calendar::edit((job, schedule), before.as_ref(), was, watched, now);
                    self.reschedule(edit, now).await?;
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
        self.note_plans(plan).await?;
        self.calendar = Calendar::of(plan, self.store.cursors().await?);
        self.adopted = true;
        Ok(())
    }

    /// Writes down what due times are computed from where that is not known: whoever edits a schedule next, after a restart too, is
    /// told what it changes.
    async fn note_plans(&self, plan: &Plan) -> Result<(), StoreError> {
        for jobs in self.store.unplanned().await?.chunks(BATCH) {
            let plans = jobs.iter().filter_map(|job| calendar::noted(plan.jobs.get(job)?));
            self.store.plan(plans.collect()).await?;
        }
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
    /// [`Halt`]; the next beat tries again.
    pub(super) async fn beat(&mut self, current: &Current) -> Result<(), Halt> {
        let now = self.believe(current).await?;
        if !self.adopted {
            self.adopt(current).await?;
        }
        let written = self.materialise(current, now).await;
        if self.paused {
            return Ok(written?);
        }
        fail_point::hit("handing_out");
        self.store
            .hand_out(Arc::clone(&self.dispatch), now, HANDED_OUT)
            .await?;
        fail_point::hit("handed_out");
        Ok(written?)
    }

    /// When something falls due next.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.calendar.next()
    }

    /// What time it is, by a clock that can be believed.
    ///
    /// # Errors
    /// [`Halt`]; the owner has been told if it is the clock.
    pub(super) async fn believe(&mut self, current: &Current) -> Result<DateTime<Utc>, Halt> {
        let clock = &current.engine.clock;
        let (now, since_boot) = clock.reading();
        let checked = self.check_clock(clock.as_ref(), now, since_boot).await;
        match &checked {
            Ok(()) => self.unhold(current).await,
            Err(Halt::Clock(why)) => self.hold(current, why).await,
            // Whether the clock is right is not known, so what was said of it stands.
            Err(Halt::Store(_)) => {}
        }
        checked.map(|()| now)
    }

    async fn check_clock(
        &mut self,
        clock: &dyn Clock,
        now: DateTime<Utc>,
        since_boot: Duration,
    ) -> Result<(), Halt> {
        self.guard.check(now, since_boot).map_err(Halt::Clock)?;
        if self.compared.is_some_and(|(wall, at)| {
            let passed = since_boot.saturating_sub(at);
            let stepped = (now - wall) - TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX);
            passed < COMPARED && stepped.abs() < STEP
        }) {
            return Ok(());
        }
        let theirs = self.store.database_clock(now).await?;
        // It was asked at some moment between these two: a slow answer is no clock that is wrong.
        let apart = (now - theirs).max(theirs - clock.now());
        if apart > APART && fail_point::setting("REPORTWIRE_CLOCK").is_none() {
            return Err(Halt::Clock(format!(
                "this machine's clock is {} s away from the database's; nothing is begun until they agree: check its time service",
                apart.num_seconds()
            )));
        }
        self.compared = Some((now, since_boot));
        Ok(())
    }

    /// Tells the owner, once, that nothing is begun.
    async fn hold(&mut self, current: &Current, why: &str) {
        if self.held.replace(why.to_owned()).is_some() {
            return;
        }
        tracing::error!(reason = why, "the clock cannot be believed");
        self.tell(current, BulletinKind::ClockHeld, why).await;
    }

    async fn unhold(&mut self, current: &Current) {
        if self.held.take().is_some() {
            let text = "The clock can be believed again; what fell due meanwhile is made up.";
            self.tell(current, BulletinKind::Recovered, text).await;
        }
    }

    async fn tell(&self, current: &Current, kind: BulletinKind, text: &str) {
        if let Err(error) = tell_owner(&current.engine, kind, text.to_owned()).await {
            tracing::error!(error = %error, "that could not be written down for the owner");
        }
    }

    /// Writes down what has fallen due. A job whose rows are refused keeps no other waiting; it is tried again with the next beat.
    async fn materialise(&mut self, current: &Current, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (mut refused, mut accepted, mut failed) = (Vec::new(), Vec::new(), None);
        while failed.is_none() {
            let due = self.calendar.take_due(now, BATCH);
            if due.is_empty() {
                break;
            }
            let mut cursors = BTreeMap::new();
            match self.write_down(current, &due, now).await {
                Ok(reached) => cursors = reached,
                Err(error) if error.is_of_rows() => {
                    for name in &due {
                        match self.write_down(current, std::slice::from_ref(name), now).await {
                            Ok(reached) => cursors.extend(reached),
                            Err(error) if error.is_of_rows() => refused.push((name.clone(), error)),
                            Err(error) => failed = Some(error),
                        }
                    }
                }
                Err(error) => failed = Some(error),
            }
            // Put back whatever happened: a job that is out of the calendar never falls due again.
            for name in due {
                if !refused.iter().any(|(job, _)| *job == name) {
                    self.put_back(current, &name, cursors.get(&name));
                }
                if cursors.contains_key(&name) && self.refused.remove(&name) {
                    accepted.push(name);
                }
            }
        }
        for (job, _) in &refused {
            self.put_back(current, job, None);
        }
        if failed.is_none() {
            self.refused
                .retain(|known| refused.iter().any(|(job, _)| job == known));
        }
        for job in accepted {
            let text = format!(
                "What has fallen due of the job `{job}` is written down again; what it owed runs now, or is \
                 listed as missed."
            );
            self.tell(current, BulletinKind::Recovered, &text).await;
        }
        for (job, error) in &refused {
            self.refuse(current, job, error).await;
        }
        failed
            .or(refused.into_iter().next().map(|(_, error)| error))
            .map_or(Ok(()), Err)
    }

    fn put_back(&mut self, current: &Current, job: &str, reached: Option<&Cursor>) {
        let cursor = reached.or_else(|| self.calendar.cursor(job)).cloned();
        if let (Some(job), Some(cursor)) = (current.engine.plan.jobs.get(job), cursor) {
            self.calendar.put(job, cursor);
        }
    }

    /// Tells the owner, once, that a job cannot be written down.
    async fn refuse(&mut self, current: &Current, job: &str, error: &StoreError) {
        tracing::error!(job.name = job, error = %error, "what has fallen due of this job cannot be written down");
        if self.refused.insert(job.to_owned()) {
            let text = format!(
                "What has fallen due of the job `{job}` cannot be written down, so it does not run: {error}. It is tried with every beat, and the \
                 other jobs run; look whether somebody has changed the tables of the database."
            );
            self.tell(current, BulletinKind::StoreFault, &text).await;
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
            cursors.extend(self.reached_by_others(&overtaken).await?);
        }
        Ok(cursors)
    }

    /// How far jobs are that another process has advanced. One without a row was forgotten by a replica whose file lacks it: it goes
    /// on from where it was here, or whatever it owes would be lost in silence.
    async fn reached_by_others(
        &self,
        overtaken: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Cursor>, StoreError> {
        let rows = self.store.cursors().await?.into_iter();
        let mut reached: BTreeMap<String, Cursor> = rows
            .filter(|row| overtaken.contains(&row.job))
            .map(|row| (row.job.clone(), row))
            .collect();
        let forgotten = overtaken.iter().filter(|job| !reached.contains_key(*job));
        let forgotten: Vec<Cursor> = forgotten
            .filter_map(|job| self.calendar.cursor(job).cloned())
            .collect();
        for cursor in &forgotten {
            tracing::error!(
                job.name = cursor.job,
                "another replica has forgotten this job, so its configuration is another; the job goes on from where it was"
            );
        }
        self.store.register(forgotten.clone()).await?;
        reached.extend(forgotten.into_iter().map(|cursor| (cursor.job.clone(), cursor)));
        Ok(reached)
    }

    /// The jobs that another process had advanced meanwhile.
    async fn commit(&self, batch: Vec<Advance>, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        fail_point::hit("materialising");
        let done = self
            .store
            .materialise(batch, Arc::clone(&self.dispatch), now)
            .await?;
        fail_point::hit("materialised");
        figures::occurrences_enqueued(done.enqueued as u64);
        figures::occurrences_missed("late", (done.missed - done.no_complete_day) as u64);
        figures::occurrences_missed("no_complete_day", done.no_complete_day as u64);
        for due_at in done.due_at {
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

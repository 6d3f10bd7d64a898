//! The parcels of one delivery, one after the other: permit, bytes, outcome.

use super::patience::{MOST_ATTEMPTS, is_exhausted, patience, pause};
use super::{Effort, LONGEST_ATTEMPT, MAIL_DOUBT, insist, overdue, read_parcel};
use crate::delivery::{Delivery, DeliveryError, Pace, Receipt, Recourse};
use crate::fail_point;
use crate::run::hosts::{Leave, OpenFor};
use crate::run::state::DeliveryState;
use crate::run::store::{OutboxRow, Outcome, PutOff, Store, StoreError, lease};
use crate::schedule::clock::Clock;
use crate::telemetry::figures;
use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::time::Instant;

/// How long after the end of the waiting time parcels that were never tried still get their first try from a far end that fails.
const FIRST_ROUND_GRACE: Duration = Duration::from_secs(20);
/// How the name of a manifest ends.
const MANIFEST: &str = ".manifest.json";

/// The parcels of one delivery.
pub(super) struct Queue<'a> {
    pub(super) store: &'a Store,
    pub(super) clock: &'a dyn Clock,
    pub(super) fence: i64,
    pub(super) effort: &'a Effort,
    pub(super) deadline: Instant,
    pub(super) name: String,
    pub(super) way: Result<&'a dyn Delivery, String>,
    pub(super) rows: Vec<Entry>,
}

/// A parcel, and when it is due again in this process.
pub(super) struct Entry {
    pub(super) row: OutboxRow,
    pub(super) chosen: bool,
    tried: bool,
    due: Option<Instant>,
}

impl Entry {
    pub(super) fn new(chosen: bool, row: OutboxRow) -> Self {
        Self {
            row,
            chosen,
            tried: false,
            due: None,
        }
    }

    /// Chosen, but its turn has not come.
    fn is_untried(&self) -> bool {
        self.chosen && !self.tried && !self.is_settled()
    }

    fn is_settled(&self) -> bool {
        matches!(self.row.state, DeliveryState::Acked | DeliveryState::Superseded)
    }

    /// When it is tried again by itself, if ever.
    fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.row.state {
            DeliveryState::RetryWait | DeliveryState::Ambiguous => self.row.next_attempt_at,
            DeliveryState::Pending | DeliveryState::Sending => Some(now),
            _ => None,
        }
    }

    fn is_manifest(&self) -> bool {
        self.row.recipient.ends_with(MANIFEST)
    }
}

impl Queue<'_> {
    pub(super) async fn work(mut self) -> Result<(), StoreError> {
        let delivery = match &self.way {
            Ok(delivery) => *delivery,
            Err(reason) => return self.put_no_way_off(reason).await,
        };
        self.put_gone_off().await?;
        self.first_round(delivery).await?;
        while let Some((at, due)) = self.next_due() {
            if due > self.deadline {
                break;
            }
            tokio::select! {
                biased;
                // Nothing is under way here that could be lost.
                () = self.effort.stop.cancelled() => break,
                () = tokio::time::sleep_until(due) => {}
            }
            self.attempt(at, delivery).await?;
            self.release_manifest(delivery).await?;
        }
        self.put_manifest_off().await?;
        let out_of_time =
            "not tried yet: the time to wait was over, or the program was ending; resend tries it";
        self.put_off(|_| PutOff::NoTurn(out_of_time)).await
    }

    /// There may be a way again as long as anybody would wait for one.
    async fn put_no_way_off(&self, reason: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        let why = |row: &OutboxRow| {
            if now > row.since + patience(Pace::Other) {
                PutOff::Gone(reason)
            } else {
                PutOff::NoWay(reason)
            }
        };
        self.put_off(why).await
    }

    /// A manifest whose files are not all there waits for them; if one of them will never be there, neither will it.
    async fn put_manifest_off(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for at in 0..self.rows.len() {
            let entry = &self.rows[at];
            if !entry.is_untried() || !self.must_wait(at) {
                continue;
            }
            let files = self.rows[..at].iter().filter(|file| !file.is_settled());
            let due: Option<Vec<_>> = files.map(|file| file.next(now)).collect();
            let why = match due.and_then(|due| due.into_iter().max()) {
                Some(due) => PutOff::Behind("not tried: a file before it is not there yet", due),
                None => PutOff::Gone("not tried: a file before it could not be delivered; resend tries both"),
            };
            self.store.put_off(&entry.row, self.fence, why, now).await?;
            self.rows[at].tried = true;
        }
        Ok(())
    }

    /// Nothing is sent any more to a place that has said that it is gone.
    async fn put_gone_off(&mut self) -> Result<(), StoreError> {
        let gone = self.store.gone(&self.name).await?;
        let now = self.clock.now();
        for entry in self.rows.iter_mut().filter(|entry| entry.is_untried()) {
            let place = entry.row.place.as_deref().unwrap_or_default();
            let Some(reason) = gone.get(place) else { continue };
            let reason = format!("not tried, because an earlier attempt was told: {reason}");
            let why = PutOff::Gone(&reason);
            self.store.put_off(&entry.row, self.fence, why, now).await?;
            entry.tried = true;
        }
        Ok(())
    }

    /// Every parcel once, though the time may be over; but when it is over for long and the far end hangs, the others do not
    /// wait for it too.
    async fn first_round(&mut self, delivery: &dyn Delivery) -> Result<(), StoreError> {
        for at in 0..self.rows.len() {
            if !self.rows[at].is_untried() || self.must_wait(at) {
                continue;
            }
            let state = self.attempt(at, delivery).await?;
            let struggling = matches!(state, DeliveryState::RetryWait | DeliveryState::Ambiguous);
            if struggling && Instant::now() >= self.deadline + FIRST_ROUND_GRACE {
                break;
            }
        }
        Ok(())
    }

    /// The manifest's turn, once every file before it is acknowledged.
    async fn release_manifest(&mut self, delivery: &dyn Delivery) -> Result<(), StoreError> {
        for at in 0..self.rows.len() {
            let entry = &self.rows[at];
            if entry.is_manifest() && entry.is_untried() && !self.must_wait(at) {
                self.attempt(at, delivery).await?;
            }
        }
        Ok(())
    }

    fn must_wait(&self, at: usize) -> bool {
        self.rows[at].is_manifest() && !self.rows[..at].iter().all(Entry::is_settled)
    }

    fn next_due(&self) -> Option<(usize, Instant)> {
        let due = |(at, entry): (usize, &Entry)| entry.due.map(|due| (at, due));
        self.rows
            .iter()
            .enumerate()
            .filter_map(due)
            .min_by_key(|(_, due)| *due)
    }

    /// One attempt: permit, deliver, record. None begins once the program is to stop.
    async fn attempt(&mut self, at: usize, delivery: &dyn Delivery) -> Result<DeliveryState, StoreError> {
        let admitted = tokio::select! {
            biased;
            // It keeps its turn: whoever goes on with the run tries it.
            () = self.effort.stop.cancelled() => return Ok(self.rows[at].row.state),
            admitted = self.admit(delivery) => admitted,
        };
        let leave = match admitted {
            Ok(leave) => leave,
            Err(rest) => return self.rest(at, rest, delivery.pace()).await,
        };
        let now = self.clock.now();
        self.rows[at].row.begin_anew(now);
        let row = &self.rows[at].row;
        let parcel = read_parcel(row);
        fail_point::hit("admitted");
        let permit = match self.store.permit(row, self.fence, now).await {
            Err(error @ StoreError::Stale { .. }) => {
                let state = self.settled_meanwhile(at).await?.ok_or(error)?;
                let entry = &mut self.rows[at];
                (entry.row.state, entry.tried, entry.due) = (state, true, None);
                return Ok(state);
            }
            permit => permit?,
        };
        fail_point::hit("permitted");
        let answer = match parcel {
            Ok(parcel) => {
                // Dropping an attempt whose bytes may be out is safe because the row then says that nobody knows.
                tokio::time::timeout(LONGEST_ATTEMPT, delivery.deliver(&parcel))
                    .await
                    .unwrap_or_else(|_| Err(overdue()))
            }
            Err(error) => Err(error),
        };
        if let Some(leave) = leave {
            leave.settle(&answer);
        }
        fail_point::hit("answered");
        let (outcome, pause) = self.judge(row, row.tries + 1, answer, delivery);
        // An answer that is known is not thrown away because the database is away for a moment; the lease is over by then.
        let longest = lease().to_std().unwrap_or_default();
        let record = || self.store.record(&row.run_id, permit, &outcome, self.clock.now());
        insist(longest, record).await?;
        fail_point::hit("recorded");
        let state = outcome.state();
        tracing::info!(
            run.id = row.run_id,
            delivery = self.name,
            attempt = permit.attempt,
            outcome = state.key(),
            "a delivery was attempted"
        );
        figures::delivery_attempted(&self.name, state.key());
        let entry = &mut self.rows[at];
        entry.row.doubts += u32::from(state == DeliveryState::Ambiguous);
        entry.row.tries += 1;
        entry.row.first_attempt_at.get_or_insert(now);
        (entry.row.state, entry.tried) = (state, true);
        entry.row.next_attempt_at = outcome.next_attempt_at();
        entry.due = pause.map(|pause| Instant::now() + pause);
        Ok(state)
    }

    /// What was settled since the run was taken: an operator has said that it arrived, or a newer revision replaces it.
    async fn settled_meanwhile(&self, at: usize) -> Result<Option<DeliveryState>, StoreError> {
        let row = &self.rows[at].row;
        let rows = self.store.deliveries(&row.run_id).await?;
        let now = rows.iter().find(|now| now.id == row.id);
        let settled = [DeliveryState::Acked, DeliveryState::Superseded];
        Ok(now.map(|now| now.state).filter(|state| settled.contains(state)))
    }

    /// Waits for the far end's turn; there is a leave where somebody watches over it.
    async fn admit(&self, delivery: &dyn Delivery) -> Result<Option<Leave>, OpenFor> {
        let Effort { hosts, spares, .. } = self.effort;
        let (host, spacing) = (delivery.host(), delivery.spacing());
        if *spares {
            return hosts.admit(&host, spacing).await.map(Some);
        }
        hosts.pace(&host, spacing).await;
        Ok(None)
    }

    /// Leaves a parcel for later whose far end is left alone; not for longer than it is tried.
    async fn rest(&mut self, at: usize, rest: OpenFor, pace: Pace) -> Result<DeliveryState, StoreError> {
        let now = self.clock.now();
        let until = now + chrono::Duration::from_std(rest.0).unwrap_or(chrono::Duration::hours(1));
        let (reason, entry) = (rest.to_string(), &mut self.rows[at]);
        let row = &mut entry.row;
        let given_up = match &row.error {
            Some(said) if row.tries > 0 => format!("given up after {} attempts: {said}", row.tries),
            _ => format!("given up: {reason}"),
        };
        let is_over = until > row.first_attempt_at.unwrap_or(row.since) + patience(pace);
        let why = if is_over {
            PutOff::Gone(&given_up)
        } else {
            PutOff::Resting {
                reason: &reason,
                until,
            }
        };
        self.store.put_off(row, self.fence, why, now).await?;
        row.next_attempt_at = (!is_over).then_some(until);
        if row.state != DeliveryState::Ambiguous {
            row.state = if is_over {
                DeliveryState::Dead
            } else {
                DeliveryState::RetryWait
            };
        }
        (entry.tried, entry.due) = (true, None);
        Ok(entry.row.state)
    }

    /// What an answer means for the row, and after which pause this process may try again.
    fn judge(
        &self,
        row: &OutboxRow,
        attempt: u32,
        answer: Result<Receipt, DeliveryError>,
        delivery: &dyn Delivery,
    ) -> (Outcome, Option<Duration>) {
        let DeliveryError { reason, recourse, .. } = match answer {
            Ok(receipt) => return (Outcome::Acked(receipt), None),
            Err(error) => error,
        };
        let pace = delivery.pace();
        let at = |pause: Duration| {
            self.clock.now() + chrono::Duration::from_std(pause).unwrap_or(chrono::Duration::hours(10))
        };
        match recourse {
            Recourse::Permanent => (Outcome::Dead { reason }, None),
            Recourse::Gone => (Outcome::Gone { reason }, None),
            // Where the far end can tell repeats it is sent once more under its key: a signed event soon, a mail after a time
            // that no command waits. Otherwise somebody must look.
            Recourse::Ambiguous if row.doubts >= delivery.repeats() || attempt >= MOST_ATTEMPTS => (
                Outcome::Ambiguous {
                    reason,
                    again_at: None,
                },
                None,
            ),
            Recourse::Ambiguous => {
                let pause = match pace {
                    Pace::Mail => MAIL_DOUBT,
                    Pace::Other => pause(pace, &row.key, attempt, None),
                };
                let again_at = Some(at(pause));
                let here = (pace == Pace::Other).then_some(pause);
                (Outcome::Ambiguous { reason, again_at }, here)
            }
            Recourse::Retry { after } => {
                let pause = pause(pace, &row.key, attempt, after);
                let next_attempt_at = at(pause);
                if is_exhausted(row, pace, attempt, next_attempt_at) {
                    let reason = format!("given up after {attempt} attempts: {reason}");
                    return (Outcome::Dead { reason }, None);
                }
                let outcome = Outcome::RetryWait {
                    reason,
                    next_attempt_at,
                };
                (outcome, Some(pause))
            }
        }
    }

    /// What was not tried is left for whoever comes next.
    async fn put_off<'w>(&self, why: impl Fn(&OutboxRow) -> PutOff<'w>) -> Result<(), StoreError> {
        for entry in &self.rows {
            if entry.is_untried() && entry.row.state != DeliveryState::Dead {
                self.store
                    .put_off(&entry.row, self.fence, why(&entry.row), self.clock.now())
                    .await?;
            }
        }
        Ok(())
    }
}

//! The typed client: one method for each of the documented calls.

use super::answers::{Costs, Performance, Usage};
use super::endpoint::{Call, Days, Word};
use super::fault::fault;
use super::meter::Meter;
use crate::config::plan::{BilledIn, DisperslPlan, Tier};
use crate::schedule::clock::Clock;
use crate::source::SourceError;
use crate::source::sdk::{Answered, Flaws, Http, Pace, Row, Wire};
use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::time::Duration;

/// A client of the analytics API. All calls are reads and safe to repeat; those that may pass are repeated.
///
/// What an answer lacks is `None`. The calls of all clients of one key keep to its tier, repeats
/// after a failure aside.
#[derive(Debug)]
pub struct DisperslClient<'c> {
    http: Http<'c>,
    clock: &'c dyn Clock,
    currency: BilledIn,
    meter: Option<Meter>,
    /// Longest wait for the meter.
    patience: Duration,
}

impl<'c> DisperslClient<'c> {
    /// Opens a client for the source `name`; asks nothing yet.
    ///
    /// # Errors
    /// [`SourceError`] if the key cannot be had or the certificate file cannot be used.
    pub fn new(
        name: &str,
        plan: &DisperslPlan,
        clock: &'c dyn Clock,
        pace: Pace,
    ) -> Result<Self, SourceError> {
        let http = Http::new(name, &plan.server, clock, pace)?;
        let limit = plan.tier.and_then(Tier::calls_an_hour);
        let meter = limit.map(|limit| Meter::new(plan.server.base_url.as_str(), http.key(), limit));
        Ok(Self {
            http,
            clock,
            currency: plan.currency,
            meter,
            patience: pace.ceiling,
        })
    }

    /// Tasks, tokens and calls of these days; whether they are of these days is for `from_date` and `to_date` to say.
    /// `GET /analytics/usage`.
    ///
    /// # Errors
    /// [`SourceError::Call`] if the platform does not give a good answer, after retries.
    pub async fn usage(&self, days: Days) -> Result<Usage, SourceError> {
        self.get(Call::Usage(days)).await
    }

    /// How tasks went in the platform's own window. `GET /analytics/performance`.
    ///
    /// # Errors
    /// [`SourceError::Call`] if the platform does not give a good answer, after retries.
    pub async fn performance(&self, word: Word) -> Result<Performance, SourceError> {
        self.get(Call::Performance(word)).await
    }

    /// Costs of the platform's own window, in the configured currency. `GET /analytics/costs`.
    ///
    /// # Errors
    /// [`SourceError::Call`] if the platform does not give a good answer, after retries.
    pub async fn costs(&self, word: Word) -> Result<Costs, SourceError> {
        self.get(Call::costs(word, self.currency)).await
    }

    /// A file of the platform's own making, as it came, with the time. `GET /analytics/usage/export`,
    /// `GET /analytics/performance/export`. Nothing documents what is in it.
    ///
    /// # Errors
    /// [`SourceError::Call`] if the platform does not give one, after retries.
    pub(super) async fn export(&self, call: Call) -> Result<(String, DateTime<Utc>), SourceError> {
        let target = call.target();
        self.take_turn(&target).await?;
        let text = self.http.get_text(&target, &HeaderMap::new(), fault).await?;
        // A file may be JSON of any shape; only one that says itself that it is an error is none.
        let answer: Option<Value> = serde_json::from_str(&text).ok();
        match answer
            .filter(|it| it["status"] == "error")
            .as_ref()
            .and_then(fault)
        {
            Some(fault) => {
                let reason = format!("it answered with an error: {}", fault.said);
                Err(self.http.error(&target, reason))
            }
            None => Ok((text, self.clock.now())),
        }
    }

    async fn get<T: Wire + Default>(&self, call: Call) -> Result<T, SourceError> {
        Ok(data(&self.answer(call).await?.value, &mut Flaws::default()))
    }

    pub(super) async fn answer(&self, call: Call) -> Result<Answered, SourceError> {
        let target = call.target();
        self.take_turn(&target).await?;
        let answered = self.http.get(&target, &HeaderMap::new(), fault).await?;
        if !answered.value.is_object() {
            let reason = "it answered with something else than a JSON object; check `base_url`";
            return Err(self.http.error(&target, reason.into()));
        }
        Ok(answered)
    }

    /// Waits until the tier allows one more call; not for longer than a far end may ask us to wait.
    async fn take_turn(&self, target: &str) -> Result<(), SourceError> {
        let Some(meter) = &self.meter else { return Ok(()) };
        while let Err(wait) = meter.take(self.clock.now()) {
            if wait > self.patience {
                return Err(self.used_up(target, wait));
            }
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    fn used_up(&self, target: &str, wait: Duration) -> SourceError {
        let minutes = wait.as_secs().div_ceil(60);
        let reason = format!(
            "the calls that the tier allows within an hour are used up for another {minutes} minutes; run later, let fewer jobs use \
             this source, or correct `tier`"
        );
        self.http.error_for_now(target, reason, wait)
    }
}

/// What stands in the envelope; nothing, where it is empty.
pub(super) fn data<T: Wire + Default>(answer: &Value, flaws: &mut Flaws) -> T {
    let data = Row::whole(answer).and_then(|row| row.part("data", flaws));
    data.unwrap_or_default()
}

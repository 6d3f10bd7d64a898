//! The generic webhook: the report's summary as JSON, signed as Standard Webhooks.

use super::bulletin::ITEM_CHARS;
use super::http::Endpoint;
use super::signature::{SignatureError, SigningKey};
use super::{Bulletin, Delivery, DeliveryError, Edition, Parcel, Receipt, one_line};
use crate::config::plan::WebhookPlan;
use crate::config::secret::Secret;
use crate::schedule::clock::Clock;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::SecondsFormat;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;

/// Largest body, in bytes. Source: Standard Webhooks, "payload size".
const BODY_BYTES: usize = 20_000;

/// Posts every finished report to one URL.
#[derive(Debug)]
pub(super) struct Webhook {
    name: String,
    endpoint: Endpoint,
    /// The current key first, then the one before it; empty where the webhook is unsigned.
    keys: Vec<SigningKey>,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    /// Opens the webhook called `name`.
    pub(super) fn open(name: &str, plan: &WebhookPlan, clock: Arc<dyn Clock>) -> Result<Self, DeliveryError> {
        let keys = [&plan.signing_secret, &plan.previous_signing_secret]
            .into_iter()
            .flatten()
            .map(|secret| signing_key(name, secret))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: name.to_owned(),
            endpoint: Endpoint::open(
                name,
                plan.url.clone(),
                plan.allow_private,
                plan.timeout,
                clock.clone(),
            )?,
            keys,
            clock,
        })
    }

    fn headers(&self, parcel: &Parcel) -> Result<HeaderMap, DeliveryError> {
        // The timestamp is the attempt's, so that a retry hours later is still accepted.
        let timestamp = self.clock.now().timestamp();
        let mut headers = vec![
            ("webhook-id", parcel.key.clone()),
            ("webhook-timestamp", timestamp.to_string()),
            ("idempotency-key", parcel.key.clone()),
        ];
        if !self.keys.is_empty() {
            let signatures: Result<Vec<_>, SignatureError> = self
                .keys
                .iter()
                .map(|key| key.sign(&parcel.key, timestamp, &parcel.content))
                .collect();
            let signatures = signatures.map_err(|error| self.unfit(&error))?;
            headers.push(("webhook-signature", signatures.join(" ")));
        }
        headers
            .into_iter()
            .map(|(name, value)| {
                let value = HeaderValue::from_str(&value).map_err(|error| self.unfit(&error))?;
                Ok((HeaderName::from_static(name), value))
            })
            .collect()
    }

    fn unfit(&self, reason: &dyn std::fmt::Display) -> DeliveryError {
        DeliveryError::permanent(format!("delivery `{}`: {reason}", self.name))
    }
}

#[async_trait]
impl Delivery for Webhook {
    fn compose(&self, edition: &Edition) -> Result<Vec<Parcel>, DeliveryError> {
        let content = body(edition).ok_or_else(|| {
            self.unfit(&format!(
                "the webhook's body exceeds {BODY_BYTES} bytes even without figures; shorten the job's title or list of formats"
            ))
        })?;
        Ok(vec![Parcel {
            place: Some(self.endpoint.place()),
            ..Parcel::new(edition, &self.name, self.endpoint.host(), content)
        }])
    }

    fn compose_bulletin(&self, bulletin: &Bulletin) -> Result<Vec<Parcel>, DeliveryError> {
        let content = notice(bulletin).ok_or_else(|| {
            self.unfit(&format!(
                "a message to the owner exceeds {BODY_BYTES} bytes even without items"
            ))
        })?;
        Ok(vec![Parcel {
            place: Some(self.endpoint.place()),
            ..Parcel::of_bulletin(bulletin, &self.name, self.endpoint.host(), content)
        }])
    }

    fn host(&self) -> String {
        self.endpoint.host().to_owned()
    }

    fn repeats(&self) -> u32 {
        u32::from(!self.keys.is_empty())
    }

    async fn probe(&self) -> Result<(), DeliveryError> {
        self.endpoint.reach().await
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, DeliveryError> {
        let answer = self.endpoint.post(self.headers(parcel)?, parcel).await?;
        match answer.status {
            200..=299 => {
                let said = answer
                    .body
                    .as_deref()
                    .and_then(|body| body.lines().next())
                    .unwrap_or("");
                Ok(Receipt {
                    proof: one_line(&format!("HTTP {} {said}", answer.status)),
                })
            }
            410 => {
                let refusal = self.endpoint.refusal(
                    &answer,
                    "the endpoint is gone for good; take the delivery out of the configuration or give it a new URL",
                );
                Err(DeliveryError::gone(refusal.reason))
            }
            401 | 403 => Err(self.endpoint.refusal(
                &answer,
                "it does not accept us; compare the signing secret on both sides",
            )),
            _ => Err(self
                .endpoint
                .refusal(&answer, "it refuses the report; correct the URL or the receiver")),
        }
    }
}

fn signing_key(name: &str, secret: &Secret) -> Result<SigningKey, DeliveryError> {
    let text = secret
        .reveal()
        .map_err(|error| DeliveryError::permanent(format!("delivery `{name}`: {error}")))?;
    SigningKey::parse(text.expose_secret())
        .map_err(|error| DeliveryError::permanent(format!("delivery `{name}`: {secret}: {error}")))
}

/// The body within [`BODY_BYTES`]: figures are left out from the end, then notices, whole and counted. `None` where
/// even that does not fit.
fn body(edition: &Edition) -> Option<Bytes> {
    let (figures, notices) = (edition.figures.len(), edition.notices.len());
    let fits = |body: &Bytes| body.len() <= BODY_BYTES;
    let whole = body_with(edition, figures, notices);
    if fits(&whole) {
        return Some(whole);
    }
    let kept = most(figures, |kept| fits(&body_with(edition, kept, notices)));
    if let Some(kept) = kept {
        return Some(body_with(edition, kept, notices));
    }
    let kept = most(notices, |kept| fits(&body_with(edition, 0, kept)))?;
    Some(body_with(edition, 0, kept))
}

/// The largest number up to `limit` that fits, if zero does; whatever fits, less of it fits too.
fn most(limit: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut low, mut high) = (0, limit);
    if !fits(0) {
        return None;
    }
    while low < high {
        let middle = (low + high).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Some(low)
}

fn body_with(edition: &Edition, figures: usize, notices: usize) -> Bytes {
    let mut shown: Vec<String> = edition.notices.iter().take(notices).cloned().collect();
    let mut left_out = |count: usize, what: &str| {
        if count > 0 {
            shown.push(format!(
                "{count} {what} are left out here for size; the files carry all of them."
            ));
        }
    };
    left_out(edition.figures.len() - figures, "figures");
    left_out(edition.notices.len() - notices, "notices");
    let artifacts: Vec<Value> = edition
        .artifacts
        .iter()
        .map(|artifact| {
            json!({
                "name": artifact.name,
                "media_type": artifact.media_type,
                "bytes": artifact.bytes.len(),
                "sha256": artifact.sha256,
            })
        })
        .collect();
    let body = json!({
        "type": "report.delivered",
        "timestamp": edition.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        "data": {
            "run_id": edition.run_id,
            "job": edition.job,
            "title": edition.title,
            "revision": edition.revision,
            "period": edition.period,
            "figures": edition.figures.iter().take(figures).collect::<Vec<_>>(),
            "notices": shown,
            "artifacts": artifacts,
        },
    });
    Bytes::from(body.to_string())
}

/// A message to the owner within [`BODY_BYTES`]: items are left out from the end, the least urgent first, and counted. `None`
/// where even that does not fit.
fn notice(bulletin: &Bulletin) -> Option<Bytes> {
    let items: Vec<Value> = bulletin
        .by_urgency()
        .into_iter()
        .map(|item| {
            json!({
                "kind": item.kind.key(),
                "job": item.job,
                "period": item.period,
                "run_id": item.run_id,
                "at": item.at.to_rfc3339_opts(SecondsFormat::Secs, true),
                "text": item.text.chars().take(ITEM_CHARS).collect::<String>(),
                "count": item.count.max(1),
            })
        })
        .collect();
    let with = |kept: usize| {
        let body = json!({
            "type": "owner.notice",
            "timestamp": bulletin.written_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "data": {
                "key": bulletin.key,
                "items": items[..kept],
                "left_out": items.len() - kept + bulletin.more as usize,
            },
        });
        Bytes::from(body.to_string())
    };
    // No more than this many can fit, and each try writes them all.
    let kept = most(items.len().min(BODY_BYTES / 64), |kept| {
        with(kept).len() <= BODY_BYTES
    })?;
    Some(with(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_that_fits_is_found() {
        for limit in 0..20 {
            for most_that_fits in 0..20 {
                let expected = most_that_fits.min(limit);
                assert_eq!(most(limit, |n| n <= most_that_fits), Some(expected));
            }
        }
        assert_eq!(most(5, |_| false), None);
    }
}

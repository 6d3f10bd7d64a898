//! What webhook and Slack share: one POST to one guarded endpoint, and what its answer leaves to do.

use super::guard::{Guard, LookupError, Refusal};
use super::{DeliveryError, Parcel, USER_AGENT, causes, one_line};
use crate::fail_point;
use crate::schedule::clock::Clock;
use crate::source::snapshot::hex_sha256;
use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, redirect};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use url::Url;

/// Most of an answer that is read, in bytes.
const ANSWER_BYTES: usize = 16 * 1024;

/// Shortest and longest wait that a far end may ask for, in seconds.
const WAIT_SECS: (u64, u64) = (1, 6 * 60 * 60);

/// How many digits of a URL's hash tell it from another.
const PLACE_DIGITS: usize = 16;

/// One URL that reports are posted to. `Debug` shows the host, never the URL, which may be a secret as a whole.
pub(super) struct Endpoint {
    delivery: String,
    url: Url,
    guard: Guard,
    client: Client,
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

/// What an endpoint answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// HTTP status.
    pub(super) status: u16,
    /// The wait it asked for, within bounds.
    pub(super) after: Option<Duration>,
    /// The body's beginning, without the URL's path should the far end repeat it; `None` where it broke off.
    pub(super) body: Option<String>,
}

impl Endpoint {
    /// Opens `url` for the delivery of that name, if its guard lets it pass.
    pub(super) fn open(
        delivery: &str,
        url: Url,
        allow_private: bool,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, DeliveryError> {
        let refused =
            |reason: &dyn fmt::Display| DeliveryError::permanent(format!("delivery `{delivery}`: {reason}"));
        let guard = Guard::of(&url, allow_private).map_err(|refusal| refused(&refusal))?;
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // An error here means that another thread was faster, which is as good.
            drop(rustls::crypto::ring::default_provider().install_default());
        }
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .dns_resolver(Arc::new(guard.clone()))
            // A connection of its own for each attempt: an idle one may be half dead, and then nobody knows what arrived.
            .pool_max_idle_per_host(0)
            // Half of the attempt's time, so that an endpoint that cannot be reached is never mistaken for one that does not answer.
            .connect_timeout(timeout / 2)
            .timeout(timeout)
            .build()
            .map_err(|error| refused(&error.without_url()))?;
        Ok(Self {
            delivery: delivery.to_owned(),
            url,
            guard,
            client,
            timeout,
            clock,
        })
    }

    /// The URL's host: the name under which the far end is shown.
    pub(super) fn host(&self) -> &str {
        self.guard.host()
    }

    /// Tells this URL from another without showing it: the beginning of its SHA-256.
    pub(super) fn place(&self) -> String {
        let mut place = hex_sha256(self.url.as_str().as_bytes());
        place.truncate(PLACE_DIGITS);
        place
    }

    /// Posts JSON and reads the answer, whatever its status. A parcel that was made for another URL is not posted: who reads
    /// there is somebody else.
    pub(super) async fn post(&self, headers: HeaderMap, parcel: &Parcel) -> Result<Answer, DeliveryError> {
        if parcel.place.as_ref().is_some_and(|place| *place != self.place()) {
            return Err(DeliveryError::permanent(format!(
                "delivery `{}`: the URL has changed since this run, so nothing was sent; put it back and resend, or run the job again",
                self.delivery
            )));
        }
        fail_point::hit("post_begins");
        let sent = self
            .client
            .post(self.url.clone())
            .headers(headers)
            .header("content-type", "application/json")
            .body(parcel.content.clone())
            .send()
            .await;
        let response = sent.map_err(|error| self.failure(&error.without_url()))?;
        fail_point::hit("post_answered");
        if let Some(peer) = response.remote_addr() {
            self.guard
                .admit(peer.ip())
                .map_err(|refusal| self.refused(&refusal))?;
        }
        let after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| retry_after(text, self.clock.now()));
        Ok(Answer {
            status: response.status().as_u16(),
            after,
            body: self.read(response).await,
        })
    }

    /// Resolves and connects; sends nothing.
    pub(super) async fn reach(&self) -> Result<(), DeliveryError> {
        let port = self.url.port_or_known_default().unwrap_or(443);
        let connect = async {
            let addresses = self.guard.addresses(port).await?;
            TcpStream::connect(addresses.as_slice()).await?;
            Ok::<(), LookupError>(())
        };
        match tokio::time::timeout(self.timeout, connect).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(LookupError::Refused(refusal))) => Err(self.refused(&refusal)),
            Ok(Err(LookupError::Io(error))) => Err(self.unreachable(&error.to_string())),
            Err(_) => Err(self.unreachable("no connection in time")),
        }
    }

    /// What an answer other than success leaves to do. `remedy` is for refusals that stay.
    pub(super) fn refusal(&self, answer: &Answer, remedy: &str) -> DeliveryError {
        let said = answer
            .body
            .as_deref()
            .map(one_line)
            .filter(|line| !line.is_empty());
        let said = said.map_or_else(String::new, |line| format!(" (\"{line}\")"));
        let reason = |rest: &str| {
            format!(
                "delivery `{}`: {} answered HTTP {}{said}: {rest}",
                self.delivery,
                self.host(),
                answer.status
            )
        };
        match answer.status {
            408 | 425 | 429 | 500..=599 => {
                DeliveryError::retry(reason("it cannot take the report now"), answer.after)
            }
            300..=399 => DeliveryError::permanent(reason(
                "redirects are not followed; configure the URL that it redirects to",
            ))
            .answered(),
            _ => DeliveryError::permanent(reason(remedy)).answered(),
        }
    }

    /// The bytes went out and no usable answer came.
    pub(super) fn unanswered(&self, what: &str) -> DeliveryError {
        DeliveryError::ambiguous(format!(
            "delivery `{}`: {}: {what}; the report may have arrived, look there before sending it again",
            self.delivery,
            self.host()
        ))
    }

    fn refused(&self, refusal: &Refusal) -> DeliveryError {
        DeliveryError::permanent(format!("delivery `{}`: {refusal}", self.delivery))
    }

    fn unreachable(&self, why: &str) -> DeliveryError {
        let why = one_line(why);
        DeliveryError::retry(
            format!(
                "delivery `{}`: {} cannot be reached: {why}; nothing was sent",
                self.delivery,
                self.host()
            ),
            None,
        )
    }

    fn failure(&self, error: &reqwest::Error) -> DeliveryError {
        if let Some(refusal) = causes(error).find_map(|error| error.downcast_ref::<Refusal>()) {
            return self.refused(refusal);
        }
        let root = causes(error).last().map_or_else(String::new, ToString::to_string);
        if error.is_connect() {
            self.unreachable(&root)
        } else if error.is_builder() {
            DeliveryError::permanent(format!("delivery `{}`: {}", self.delivery, one_line(&root)))
        } else if error.is_timeout() {
            self.unanswered(&format!("no answer within {:?}", self.timeout))
        } else {
            self.unanswered(&format!(
                "the connection was lost before an answer: {}",
                one_line(&root)
            ))
        }
    }

    /// The beginning of the body; `None` where it broke off before it ended or was long enough.
    async fn read(&self, mut response: Response) -> Option<String> {
        let mut body = Vec::new();
        while body.len() < ANSWER_BYTES {
            let Some(chunk) = response.chunk().await.ok()? else {
                break;
            };
            body.extend_from_slice(&chunk);
        }
        body.truncate(ANSWER_BYTES);
        let text = String::from_utf8_lossy(&body);
        let path = self.url.path();
        Some(if path.len() > 1 {
            text.replace(path, "/…")
        } else {
            text.into_owned()
        })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("delivery", &self.delivery)
            .field("host", &self.host())
            .finish_non_exhaustive()
    }
}

/// `Retry-After` in seconds or as an HTTP date, within [`WAIT_SECS`]; `None` where it is neither.
fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    let seconds = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().unwrap_or(u64::MAX)
    } else {
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        u64::try_from((until.to_utc() - now).num_seconds()).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds.clamp(WAIT_SECS.0, WAIT_SECS.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_both_forms_and_kept_within_bounds() {
        let now = "2026-11-22T04:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(1)),
            ("99999999999999999999999", Some(21_600)),
            ("86400", Some(21_600)),
            ("Sun, 22 Nov 2026 04:10:00 GMT", Some(600)),
            ("Sun, 22 Nov 2026 03:00:00 GMT", Some(1)),
            ("Mon, 22 Nov 2027 03:00:00 GMT", Some(21_600)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(text, now),
                expected.map(Duration::from_secs),
                "{text:?}"
            );
        }
    }
}

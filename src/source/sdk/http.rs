//! The HTTP client of a source: bounded in time and size, faithful to one origin, and silent about its token.

use super::json::{self, JsonError};
use super::retry::{self, Pace};
use crate::config::plan::ServerPlan;
use crate::schedule::clock::Clock;
use crate::source::{Recourse, SourceError};
use backon::Retryable;
use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::error::Error as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// Largest body of one answer, after decompression.
pub const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// How many redirects one call follows.
const MAX_REDIRECTS: usize = 5;

/// How much of a far end's own words an error repeats.
const MAX_WORDS: usize = 300;

/// When the far end's limit on the rate of calls is lifted.
const RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// How many calls it allows until then.
const RATE_LEFT: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

const BAD_KEY: &str =
    "the request cannot be built: `api_key` holds a character that no HTTP header can carry";

/// A good answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The body as it arrived, decompressed.
    pub body: String,
    /// The same, read.
    pub value: Value,
    /// When it was complete.
    pub fetched_at: DateTime<Utc>,
}

/// What a platform's own error body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The platform's words.
    pub said: String,
    /// What to do about it, if its number is known.
    pub remedy: Option<&'static str>,
    /// Whether another try may help, where the status does not already decide that.
    pub transient: bool,
}

/// Finds the error in a body, whatever the status was. The body of an error that is no JSON comes as one text.
pub type Judge = fn(&Value) -> Option<Fault>;

/// Hears what a far end says of its limit on the rate of calls.
pub trait Gauge: std::fmt::Debug + Send + Sync {
    /// An answer from the path `route` said that so many calls to it are `left`, and when they are filled up again.
    fn told(&self, route: &str, left: u64, reset: Option<Duration>);
}

/// A call that failed for good.
#[derive(Debug)]
pub struct Lost {
    /// The status, where it is the reason.
    pub status: Option<u16>,
    /// Why, without the place.
    pub reason: String,
    /// The same as an error.
    pub error: SourceError,
}

/// The client of one source.
#[derive(Debug)]
pub struct Http<'c> {
    /// The configured name of the source, for errors.
    source: String,
    pub(super) server: ServerPlan,
    token: SecretString,
    /// Waits between tries.
    pace: Pace,
    client: reqwest::Client,
    clock: &'c dyn Clock,
    key_header: Option<HeaderName>,
    gauge: Option<Arc<dyn Gauge>>,
}

/// Why one try failed.
#[derive(Debug)]
pub(super) struct Failure {
    reason: String,
    recourse: Recourse,
    /// The status, where it is the reason.
    status: Option<StatusCode>,
}

impl Failure {
    pub(super) fn permanent(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            recourse: Recourse::Permanent,
            status: None,
        }
    }

    pub(super) fn transient(reason: impl Into<String>) -> Self {
        Self {
            recourse: Recourse::Retry { after: None },
            ..Self::permanent(reason)
        }
    }
}

/// The failure of the last try.
#[derive(Debug)]
pub(super) struct Refused {
    failure: Failure,
    tries: u32,
}

impl<'c> Http<'c> {
    /// Opens a client for the source `name`; connects to nothing yet. Its key is sent as bearer token, to this origin only.
    ///
    /// # Errors
    /// [`SourceError::Secret`] if the key cannot be had, [`SourceError::File`] if the certificate file cannot be used, [`SourceError::Contradiction`] if the system's
    /// certificates cannot be loaded.
    pub fn new(
        name: &str,
        server: &ServerPlan,
        clock: &'c dyn Clock,
        pace: Pace,
    ) -> Result<Self, SourceError> {
        let (source, mut server) = (name.to_owned(), server.clone());
        let token = server.api_key.reveal().map_err(|cause| SourceError::Secret {
            source_name: source.clone(),
            cause,
        })?;
        // Credentials belong in `api_key`; left in the URL they would be sent twice and could be printed.
        let url = &mut server.base_url;
        if url.set_username("").and(url.set_password(None)).is_err() {
            return Err(SourceError::Contradiction {
                source_name: source,
                reason: "`base_url` names no host: write it like https://api.example.com".into(),
            });
        }
        use_ring();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("reportwire/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .gzip(true)
            .connect_timeout(server.connect_timeout)
            .timeout(server.timeout);
        let client = match &server.ca_file {
            Some(path) => authorities(path)
                .and_then(|trusted| {
                    builder
                        .tls_certs_only(trusted)
                        .build()
                        .map_err(|error| chain(&error))
                })
                .map_err(|reason| SourceError::File {
                    source_name: source.clone(),
                    place: path.display().to_string(),
                    reason: format!("`ca_file` cannot be used: {reason}"),
                })?,
            // Loading the system's authorities costs time, and redirects never leave this origin.
            None if server.base_url.scheme() == "http" => {
                let built = builder.tls_certs_only([]).build();
                built.map_err(|error| unbuilt(&source, &error))?
            }
            None => builder.build().map_err(|error| unbuilt(&source, &error))?,
        };
        Ok(Self {
            source,
            server,
            token,
            pace,
            client,
            clock,
            key_header: None,
            gauge: None,
        })
    }

    /// What opens the platform.
    pub(in crate::source) fn key(&self) -> &str {
        self.token.expose_secret()
    }

    /// The same client, which sends its token in this header instead of as bearer token.
    #[must_use]
    pub fn keyed_by(self, header: HeaderName) -> Self {
        Self {
            key_header: Some(header),
            ..self
        }
    }

    /// The same client, which tells `gauge` of the far end's limits.
    #[must_use]
    pub fn gauged_by(self, gauge: Arc<dyn Gauge>) -> Self {
        Self {
            gauge: Some(gauge),
            ..self
        }
    }

    /// Gets `path` (with its query, already percent-encoded) under the base URL, repeating what may pass.
    ///
    /// # Errors
    /// [`SourceError::Call`] with host and path, never with query or token.
    pub async fn get(&self, path: &str, headers: &HeaderMap, judge: Judge) -> Result<Answered, SourceError> {
        self.try_get(path, headers, judge)
            .await
            .map_err(|lost| lost.error)
    }

    /// [`Http::get`], which leaves it to the caller what a failure means.
    ///
    /// # Errors
    /// [`Lost`], after the last try.
    pub async fn try_get(&self, path: &str, headers: &HeaderMap, judge: Judge) -> Result<Answered, Lost> {
        let url = self.target(path);
        let answered = self.persist(|| self.attempt(&url, headers, judge)).await;
        answered.map_err(|refused| self.lost(&url, refused))
    }

    /// Gets a file, whatever is in it; `judge` reads what is sent instead of one.
    ///
    /// # Errors
    /// See [`Http::get`].
    pub async fn get_text(
        &self,
        path: &str,
        headers: &HeaderMap,
        judge: Judge,
    ) -> Result<String, SourceError> {
        let url = self.target(path);
        let attempt = || async {
            let response = self.send(&url, headers, self.server.timeout).await?;
            self.text(response, judge).await
        };
        let got = self.persist(attempt).await;
        got.map_err(|refused| self.lost(&url, refused).error)
    }

    /// Tries until one try succeeds, or one fails for good, or there have been enough.
    pub(super) async fn persist<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, Refused>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let count = AtomicU32::new(0);
        let counted = || {
            count.fetch_add(1, Ordering::Relaxed);
            attempt()
        };
        counted
            .retry(self.pace.backoff(self.server.attempts))
            .when(|failure| match failure.recourse {
                Recourse::Permanent => false,
                Recourse::Retry { after } => after.is_none_or(|after| after <= retry::LONGEST_WISH),
            })
            .adjust(|failure, wait| match failure.recourse {
                // No wait left means no try left, whatever the far end wishes.
                Recourse::Retry { after: Some(after) } => wait.map(|_| self.pace.clamped(after)),
                _ => wait,
            })
            .await
            .map_err(|failure| Refused {
                failure,
                tries: count.load(Ordering::Relaxed),
            })
    }

    pub(super) fn lost(&self, url: &Url, refused: Refused) -> Lost {
        let Refused { failure, tries } = refused;
        let note = if tries > 1 {
            format!(" (tried {tries} times)")
        } else {
            String::new()
        };
        let error = self.call_error(url, format!("{}{note}", failure.reason), failure.recourse);
        Lost {
            status: failure.status.map(|status| status.as_u16()),
            reason: failure.reason,
            error,
        }
    }

    /// An error about a call under the base URL, in the form of those of [`Http::get`].
    pub fn error(&self, path: &str, reason: String) -> SourceError {
        self.call_error(&self.target(path), reason, Recourse::Permanent)
    }

    /// The same, where another try after this time may help.
    pub fn error_for_now(&self, path: &str, reason: String, after: Duration) -> SourceError {
        let recourse = Recourse::Retry { after: Some(after) };
        self.call_error(&self.target(path), reason, recourse)
    }

    fn call_error(&self, url: &Url, reason: String, recourse: Recourse) -> SourceError {
        SourceError::Call {
            source_name: self.source.clone(),
            call: format!("GET {}{}", authority(url), url.path()),
            reason,
            recourse,
        }
    }

    pub(super) fn target(&self, path: &str) -> Url {
        let mut url = self.server.base_url.clone();
        let (path, query) = path
            .split_once('?')
            .map_or((path, None), |(path, query)| (path, Some(query)));
        let prefix = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{prefix}{path}"));
        url.set_query(query);
        url.set_fragment(None);
        url
    }

    async fn attempt(&self, target: &Url, headers: &HeaderMap, judge: Judge) -> Result<Answered, Failure> {
        let response = self.send(target, headers, self.server.timeout).await?;
        self.answer(response, judge).await
    }

    /// Asks, follows redirects, and hands over the answer before its body; all of it may take `patience`.
    pub(super) async fn send(
        &self,
        target: &Url,
        headers: &HeaderMap,
        patience: Duration,
    ) -> Result<Response, Failure> {
        let token = self.key();
        let mut url = target.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = self
                .client
                .get(url.clone())
                .headers(headers.clone())
                .timeout(patience);
            let request = match &self.key_header {
                Some(header) => {
                    let mut key = HeaderValue::from_str(token).map_err(|_| Failure::permanent(BAD_KEY))?;
                    key.set_sensitive(true);
                    request.header(header, key)
                }
                None => request.bearer_auth(token),
            };
            let response = request.send().await.map_err(|error| self.transport(error))?;
            self.gauge(target, &response);
            match redirect(&url, &response)? {
                Some(next) => url = next,
                None => return Ok(response),
            }
        }
        Err(Failure::permanent(format!(
            "it redirects more than {MAX_REDIRECTS} times; check `base_url`"
        )))
    }

    fn gauge(&self, target: &Url, response: &Response) {
        let left = text_header(response, &RATE_LEFT).and_then(|left| left.trim().parse().ok());
        if let (Some(gauge), Some(left)) = (&self.gauge, left) {
            let reset = text_header(response, &RATE_RESET);
            let reset = reset.and_then(|reset| retry::rate_reset(&reset, self.clock.now()));
            gauge.told(target.path(), left, reset);
        }
    }

    /// The path at which a call arrives.
    #[must_use]
    pub fn route(&self, path: &str) -> String {
        self.target(path).path().to_owned()
    }

    pub(super) async fn answer(&self, response: Response, judge: Judge) -> Result<Answered, Failure> {
        let body = self.text(response, judge).await?;
        let value = json::strict(&body).map_err(|error| match error {
            JsonError::Truncated => Failure::transient(error.to_string()),
            JsonError::Malformed(_) => Failure::permanent(self.words(&error.to_string())),
        })?;
        if let Some(fault) = judge(&value) {
            return Err(self.mistaken(&fault));
        }
        Ok(Answered {
            body,
            value,
            fetched_at: self.clock.now(),
        })
    }

    /// The body of a good answer.
    async fn text(&self, mut response: Response, judge: Judge) -> Result<String, Failure> {
        let status = response.status();
        let media_type = text_header(&response, &CONTENT_TYPE)
            .unwrap_or_default()
            .to_lowercase();
        let now = self.clock.now();
        let after = text_header(&response, &RETRY_AFTER)
            .and_then(|value| retry::retry_after(&value, now))
            // Platforms send the reset with every answer; only to who has asked too often does it say when to come back.
            .or_else(|| {
                let reset =
                    text_header(&response, &RATE_RESET).filter(|_| status == StatusCode::TOO_MANY_REQUESTS);
                retry::rate_reset(&reset?, now)
            });
        let body = self.body(&mut response).await;
        if !status.is_success() {
            // A body that did not arrive whole takes nothing from what the status says.
            let body = body
                .ok()
                .map(|body| json::strict(&body).unwrap_or(Value::String(body)));
            let fault = body.as_ref().and_then(judge);
            return Err(self.refusal(status, after, fault.as_ref()));
        }
        let body = body?;
        if body.trim_start().starts_with('<') {
            return Err(Failure::permanent(
                "it answered with a web page instead of JSON, which looks like a login page; check `base_url` \
                 and whether a proxy or single sign-on stands before it",
            ));
        }
        if media_type.contains("html") {
            return Err(Failure::permanent(
                "it declares its answer as a web page, not as JSON (its `Content-Type` is that of HTML); check `base_url` and whether \
                 a proxy or single sign-on stands before it",
            ));
        }
        Ok(body)
    }

    /// An error under a status that says there is none.
    pub(super) fn mistaken(&self, fault: &Fault) -> Failure {
        let reason = self.with_remedy(
            &format!("it answered with an error: {}", fault.said),
            fault.remedy,
        );
        if fault.transient {
            Failure::transient(reason)
        } else {
            Failure::permanent(reason)
        }
    }

    async fn body(&self, response: &mut Response) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.transport(error))? {
            if bytes.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(Failure::permanent(format!(
                    "the answer is larger than {} MiB; ask for a shorter period",
                    MAX_BODY_BYTES / (1024 * 1024)
                )));
            }
            bytes.extend_from_slice(&chunk);
        }
        String::from_utf8(bytes).map_err(|_| Failure::permanent("the answer is not text in UTF-8"))
    }

    fn refusal(&self, status: StatusCode, after: Option<Duration>, fault: Option<&Fault>) -> Failure {
        let said = fault.map_or_else(String::new, |fault| format!(": {}", fault.said));
        let remedy = fault.and_then(|fault| fault.remedy).or(match status.as_u16() {
            401 | 403 => {
                Some("the token is not accepted: check that `api_key` holds a valid one for this place")
            }
            404 => Some("there is nothing at this path: check `base_url` and its path prefix"),
            429 => Some("it is asked too often: run later, or lower `runs_at_once` or, where it has one, `concurrency`"),
            _ => None,
        });
        Failure {
            reason: self.with_remedy(&format!("HTTP {status}{said}"), remedy),
            recourse: if retry::is_transient(status) {
                Recourse::Retry { after }
            } else {
                Recourse::Permanent
            },
            status: Some(status),
        }
    }

    pub(super) fn transport(&self, error: reqwest::Error) -> Failure {
        let error = error.without_url();
        if error.is_builder() {
            return Failure::permanent(BAD_KEY);
        }
        Failure::transient(if error.is_timeout() && error.is_connect() {
            format!(
                "no connection within {:?}; check `base_url` and the network",
                self.server.connect_timeout
            )
        } else if error.is_timeout() {
            format!(
                "no whole answer within {:?}; raise `timeout_secs` if the platform is slow",
                self.server.timeout
            )
        } else if error.is_connect() {
            format!(
                "no connection: {}; check `base_url` and the network",
                self.words(&chain(&error))
            )
        } else {
            format!("the answer did not arrive whole: {}", self.words(&chain(&error)))
        })
    }

    fn with_remedy(&self, reason: &str, remedy: Option<&str>) -> String {
        let reason = self.words(reason);
        remedy.map_or_else(|| reason.clone(), |remedy| format!("{reason}; {remedy}"))
    }

    /// A far end's words on one line, bounded, without the token that it may have echoed.
    pub(super) fn words(&self, text: &str) -> String {
        let text = text.replace(self.key(), "(token)");
        let line = text.split(char::is_control).collect::<Vec<_>>().join(" ");
        if line.chars().count() <= MAX_WORDS {
            return line;
        }
        line.chars().take(MAX_WORDS).chain(['…']).collect()
    }
}

/// The certificates of a PEM file.
fn authorities(path: &Path) -> Result<Vec<Certificate>, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| chain(&error))?;
    if certificates.is_empty() {
        return Err("it holds no certificate in PEM form".into());
    }
    Ok(certificates)
}

fn unbuilt(source: &str, error: &reqwest::Error) -> SourceError {
    SourceError::Contradiction {
        source_name: source.to_owned(),
        reason: format!(
            "the HTTP client cannot be set up: {}; install the system's CA certificates or set `ca_file`",
            chain(error)
        ),
    }
}

/// Where a redirect leads; only the same origin will do, because the token goes with it.
fn redirect(from: &Url, response: &Response) -> Result<Option<Url>, Failure> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let next = text_header(response, &LOCATION).and_then(|location| from.join(&location).ok());
    let Some(next) = next else {
        return Err(Failure::permanent(
            "it redirects without saying where to; check `base_url`",
        ));
    };
    if next.origin() != from.origin() {
        return Err(Failure::permanent(format!(
            "it redirects to {}://{}, and the token is not sent there; if that is right, set `base_url` to it",
            next.scheme(),
            authority(&next)
        )));
    }
    Ok(Some(next))
}

fn text_header(response: &Response, name: &HeaderName) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// Host and port.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or("(no host)");
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An error and its causes on one line.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Makes ring the process's one provider of cryptography; without one, rustls panics.
fn use_ring() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        // Somebody else may have installed it already, which is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
}

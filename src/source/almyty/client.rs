//! The client: how the platform is asked, how often, and with which credential.

use super::fault::fault;
use super::keep::Kept;
use super::pacer::Pacer;
use super::slices::{EXPORT_ROWS, Slice};
use super::target::Export;
use crate::config::plan::AlmytyPlan;
use crate::schedule::clock::Clock;
use crate::source::SourceError;
use crate::source::sdk::{Answered, Http, Listed, Lost, Pace, Reading};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Takes an API key that the platform would not look up as a bearer token.
const KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");
/// Names the organization of a user who has several.
const ORGANIZATION_HEADER: HeaderName = HeaderName::from_static("x-organization-id");
/// How the platform's own API keys begin.
const KEY_PREFIX: &str = "almyty_";
/// Dots of a JWT.
const JWT_DOTS: usize = 2;

/// Asks one server; every call is a read and safe to repeat.
#[derive(Debug)]
pub(super) struct Client<'c> {
    http: Http<'c>,
    headers: HeaderMap,
    pacer: Arc<Pacer>,
    /// Longest wait for the server's own count.
    ceiling: Duration,
}

/// Which failures a report can live with, by their status, if a status is the reason.
pub(super) type Spared = fn(Option<u16>) -> bool;

/// What a server says that it does not have, or does not give us.
pub(super) fn kept_from_us(status: Option<u16>) -> bool {
    matches!(status, Some(402..=404))
}

/// Everything but a key that is not accepted.
pub(super) fn anything_but_the_key(status: Option<u16>) -> bool {
    status != Some(401)
}

/// One page of a list, and what the platform says about the whole of it.
#[derive(Debug)]
pub(super) struct Page {
    /// Its rows, as far as they are kept.
    pub(super) rows: Vec<Kept>,
    /// All rows of the list, as the platform counts them.
    pub(super) total: Option<u64>,
    /// All pages.
    pub(super) pages: Option<u64>,
}

impl<'c> Client<'c> {
    /// Opens a client for the source `name`; asks nothing yet.
    pub(super) fn new(
        name: &str,
        plan: &AlmytyPlan,
        clock: &'c dyn Clock,
        pace: Pace,
    ) -> Result<Self, SourceError> {
        let http = Http::new(name, &plan.server, clock, pace)?;
        let pacer = Pacer::shared(
            plan.server.base_url.as_str(),
            http.key(),
            plan.requests_per_minute,
        );
        let http = if is_bearer(http.key()) {
            http
        } else {
            http.keyed_by(KEY_HEADER)
        };
        let http = http.gauged_by(Arc::<Pacer>::clone(&pacer));
        let mut headers = HeaderMap::new();
        if let Some(organization) = &plan.organization {
            let value = HeaderValue::from_str(organization).map_err(|_| {
                http.error(
                    "",
                    "`organization` holds characters that no id can hold".to_owned(),
                )
            })?;
            headers.insert(ORGANIZATION_HEADER, value);
        }
        Ok(Self {
            http,
            headers,
            pacer,
            ceiling: pace.ceiling,
        })
    }

    async fn pass(&self, target: &str) {
        let route = self.http.route(target);
        self.pacer.pass(target, &route, self.ceiling).await;
    }

    /// The answer to one call.
    pub(super) async fn get(&self, target: &str) -> Result<Answered, SourceError> {
        self.try_get(target).await.map_err(|lost| lost.error)
    }

    /// The answer to one call, of whose failure the caller decides.
    pub(super) async fn try_get(&self, target: &str) -> Result<Answered, Lost> {
        self.pass(target).await;
        self.http.try_get(target, &self.headers, fault).await
    }

    /// The answer to one call, or the reason why there is none where the failure is spared.
    pub(super) async fn get_unless(
        &self,
        target: &str,
        spared: Spared,
    ) -> Result<Result<Answered, String>, SourceError> {
        match self.try_get(target).await {
            Ok(answered) => Ok(Ok(answered)),
            Err(lost) if spared(lost.status) => Ok(Err(lost.reason)),
            Err(lost) => Err(lost.error),
        }
    }

    /// The rows of one slice, unless there are more than an export holds.
    pub(super) async fn export(&self, export: Export, slice: Slice) -> Result<Listed<Kept>, Lost> {
        let target = export.target(slice);
        self.pass(&target).await;
        let reading = Reading {
            pick: Kept::picker(export),
            bound: EXPORT_ROWS,
            judge: fault,
        };
        self.http.list(&target, &self.headers, reading).await
    }

    /// One page of the list at `target`, which has a query already.
    pub(super) async fn page(
        &self,
        target: &str,
        page: u64,
        limit: usize,
        pick: fn(&Value) -> Kept,
    ) -> Result<Page, SourceError> {
        match self.page_unless(target, (page, limit), pick, |_| false).await? {
            Ok(page) => Ok(page),
            Err(reason) => Err(self.error(target, reason)),
        }
    }

    /// [`Client::page`], or the reason why there is none where the failure is spared.
    pub(super) async fn page_unless(
        &self,
        target: &str,
        (page, limit): (u64, usize),
        pick: fn(&Value) -> Kept,
        spared: Spared,
    ) -> Result<Result<Page, String>, SourceError> {
        let target = format!("{target}&page={page}&limit={limit}");
        let answered = match self.get_unless(&target, spared).await? {
            Ok(answered) => answered,
            Err(reason) => return Ok(Err(reason)),
        };
        let (rows, counts) = paged(&answered.value).ok_or_else(|| {
            let reason = "it answered without a list in `data`; check `base_url` and `surface`";
            self.error(&target, reason)
        })?;
        let count = |keys: [&str; 2]| keys.iter().find_map(|key| counts.get(key)?.as_u64());
        Ok(Ok(Page {
            rows: rows.iter().filter(|row| row.is_object()).map(pick).collect(),
            total: count(["total", "totalItems"]),
            pages: count(["pages", "totalPages"]),
        }))
    }

    /// An error about a call.
    pub(super) fn error(&self, target: &str, reason: impl Into<String>) -> SourceError {
        self.http.error(target, reason.into())
    }
}

/// Whether the platform looks a credential up as bearer token: its own keys and JWTs.
fn is_bearer(token: &str) -> bool {
    token.starts_with(KEY_PREFIX) || token.bytes().filter(|byte| *byte == b'.').count() == JWT_DOTS
}

/// The rows of a page and the object that counts them: one inside the other under `data`, or side by side.
fn paged(answer: &Value) -> Option<(&Vec<Value>, &Value)> {
    let data = answer.get("data")?;
    match data {
        Value::Array(rows) => Some((rows, answer.get("pagination").unwrap_or(answer))),
        _ => Some((data.get("data")?.as_array()?, data)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_where_the_platform_looks_for_it() {
        for (token, bearer) in [
            ("almyty_0123456789abcdef", true),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", true),
            ("ak_live_0123456789abcdef", false),
        ] {
            assert_eq!(is_bearer(token), bearer, "{token}");
        }
    }
}

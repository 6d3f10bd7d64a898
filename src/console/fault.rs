//! Faults as problem documents. Source: RFC 9457.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The answer to a request that cannot be served: a status and one sentence, no causes.
pub(super) fn problem(status: StatusCode, detail: &str) -> Response {
    problem_with(status, detail, &[])
}

/// [`problem`] with members of its own.
pub(super) fn problem_with(status: StatusCode, detail: &str, more: &[(&str, Value)]) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Problem"),
        "status": status.as_u16(),
        "detail": detail,
    });
    for (name, value) in more {
        body[*name] = value.clone();
    }
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(CONTENT_TYPE, kind)], body.to_string()).into_response()
}

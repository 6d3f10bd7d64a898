//! The platform's error bodies: an object under `error`, or, as documented, flat beside `success: false`.

use crate::source::sdk::Fault;
use serde_json::Value;

/// Finds the error in a body, whatever the status was.
pub(super) fn fault(answer: &Value) -> Option<Fault> {
    let answer = answer.as_object()?;
    let nested = answer.get("error").and_then(Value::as_object);
    if nested.is_none() && answer.get("success") != Some(&Value::Bool(false)) {
        return None;
    }
    let error = nested.unwrap_or(answer);
    let code = text(error.get("code")).or_else(|| text(answer.get("error")));
    let said = match (&code, text(error.get("message"))) {
        (Some(code), Some(message)) if *code != message => format!("{code} {message}"),
        (_, Some(message)) => message,
        (Some(code), None) => code.clone(),
        (None, None) => "it gives no details".to_owned(),
    };
    let status = error.get("statusCode").and_then(Value::as_u64);
    let transient = matches!(status, Some(408 | 429 | 500..));
    Some(Fault {
        remedy: remedy(code.as_deref(), status),
        transient,
        said,
    })
}

/// A text, or the texts of a list, as the server's validation answers them.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Array(list) => {
            let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            (!texts.is_empty()).then(|| texts.join("; "))
        }
        _ => None,
    }
}

/// What the person who reads the error can do.
fn remedy(code: Option<&str>, status: Option<u64>) -> Option<&'static str> {
    Some(match (code, status) {
        (Some("UNAUTHORIZED"), _) | (_, Some(401)) => {
            "the key is not accepted: it may be revoked, expired or of another organization; put a valid one where `api_key` \
             points, and check `organization`"
        }
        (Some("FORBIDDEN"), _) | (_, Some(403)) => {
            "exports and the audit trail need a key of role admin; the token of a user of several organizations also needs \
             `organization`"
        }
        (Some("RATE_LIMITED"), _) | (_, Some(429)) => {
            "it is asked too often: lower `requests_per_minute` or run later"
        }
        (_, Some(402)) => "the organization's licence does not include this",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::sdk::json::strict;

    #[test]
    fn both_shapes_of_an_error_are_read() {
        for (body, said, transient) in [
            (
                r#"{"error":{"code":"FORBIDDEN","message":"Insufficient role privileges","statusCode":403}}"#,
                "FORBIDDEN Insufficient role privileges",
                false,
            ),
            (
                r#"{"success":false,"message":["a","b"],"error":"Bad Request","statusCode":400}"#,
                "Bad Request a; b",
                false,
            ),
            (r#"{"success":false,"message":"no"}"#, "no", false),
            (
                r#"{"error":{"code":"INTERNAL_ERROR","statusCode":500}}"#,
                "INTERNAL_ERROR",
                true,
            ),
            (r#"{"error":{}}"#, "it gives no details", false),
            (r#"{"success":false}"#, "it gives no details", false),
        ] {
            let fault = fault(&strict(body).unwrap()).unwrap();
            assert_eq!((&*fault.said, fault.transient), (said, transient), "{body}");
        }
    }

    #[test]
    fn a_good_answer_is_no_error() {
        for body in [
            r#"{"success":true,"data":[]}"#,
            r#"{"error":null,"data":1}"#,
            "[]",
            "7",
        ] {
            assert_eq!(fault(&strict(body).unwrap()), None, "{body}");
        }
    }
}

//! The platform's errors: an envelope whose `status` is `error`, also under status 200, or plain text. None of it is documented.

use crate::source::sdk::Fault;
use serde_json::{Map, Value};

/// Words of `status` that mean that nothing came of it.
const FAILED: [&str; 4] = ["error", "fail", "failed", "failure"];

/// What an error is about, by words in it, and what the person who reads it can do.
const REMEDIES: [(&[&str], &str); 5] = [
    (
        &["api_key", "api key", "bearer", "unauthor", "verify", "expired"],
        "the key is not accepted: put a valid one where `api_key` points",
    ),
    (
        &["credit", "payment"],
        "the account has no credits left: have it topped up, or wait for their renewal",
    ),
    (
        &["permission", "forbidden", "not allowed", "access denied"],
        "the key may not read analytics: have the permission given to it, or use another key",
    ),
    (
        &["rate limit", "too many"],
        "the account is asked too often: set its `tier`, let fewer jobs use this source, or run later",
    ),
    (
        &["date", "period", "currency", "parameter"],
        "the platform does not accept what was asked; check the period, and report this if it is a plain one",
    ),
];

/// Words by which an error under status 200 says that it will pass.
const PASSING: [&str; 5] = ["internal", "rate limit", "too many", "try again", "temporar"];

/// Finds the error in a body. One without an envelope is none of the platform's answers either.
pub(super) fn fault(answer: &Value) -> Option<Fault> {
    let said = match answer {
        Value::String(text) => plain(text)?,
        Value::Object(object) => envelope(object)?,
        _ => return None,
    };
    let words = said.to_lowercase();
    let holds = |list: &[&str]| list.iter().any(|word| words.contains(word));
    let remedy = REMEDIES.iter().find(|(list, _)| holds(list));
    Some(Fault {
        remedy: remedy.map(|(_, remedy)| *remedy),
        transient: holds(&PASSING),
        said,
    })
}

/// The words of a body that is no JSON, unless they are a web page.
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && !text.starts_with('<')).then(|| text.to_owned())
}

fn envelope(object: &Map<String, Value>) -> Option<String> {
    let status = object.get("status").and_then(Value::as_str);
    let failed = status.is_some_and(|status| FAILED.contains(&status.to_lowercase().as_str()));
    // An envelope without `status` is good if it holds figures; what an account lacks are none.
    let data = object.get("data").and_then(Value::as_object);
    let figures = data.is_some_and(|data| !data.is_empty() && !data.contains_key("required_credits"));
    let good = status.is_some() || figures;
    if !failed && good && object.get("error").is_none_or(Value::is_null) {
        return None;
    }
    let said = ["message", "error", "errors", "detail"]
        .iter()
        .find_map(|key| words(object.get(*key)?));
    let mut said = said.unwrap_or_else(|| {
        if failed {
            "it gives no details".to_owned()
        } else {
            "it holds neither `status` nor `data`; check `base_url`".to_owned()
        }
    });
    if let Some(credits) = credits(object) {
        said = format!("{said} ({credits})");
    }
    Some(said)
}

/// A text, or the text inside an object or a list of them.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Object(object) => ["message", "code"]
            .iter()
            .find_map(|key| words(object.get(*key)?)),
        Value::Array(list) => list.iter().find_map(words),
        _ => None,
    }
}

/// `12.5 credits needed, 3 left`.
fn credits(object: &Map<String, Value>) -> Option<String> {
    let data = object.get("data")?;
    let (needed, left) = (data.get("required_credits")?, data.get("available_credits")?);
    (needed.is_number() && left.is_number()).then(|| format!("{needed} credits needed, {left} left"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_errors_in_all_their_shapes() {
        for (body, said, remedy, transient) in [
            (
                json!({"status": "error", "message": "Invalid date format", "data": null}),
                "Invalid date format",
                "period",
                false,
            ),
            (
                json!({"status": "ERROR", "message": "Failed to verify api_key or token"}),
                "Failed to verify api_key or token",
                "`api_key`",
                false,
            ),
            (
                json!("  Failed to verify api_key or token\n"),
                "Failed to verify api_key or token",
                "`api_key`",
                false,
            ),
            (
                json!({"message": "Not enough credits", "data": {"required_credits": 12.5, "available_credits": 3}}),
                "Not enough credits (12.5 credits needed, 3 left)",
                "topped up",
                false,
            ),
            (
                json!({"status": "error", "error": {"code": "RATE", "message": "Rate limit exceeded"}}),
                "Rate limit exceeded",
                "`tier`",
                true,
            ),
            (
                json!({"status": "failed", "message": "Internal error"}),
                "Internal error",
                "",
                true,
            ),
            (
                json!({"message": "No permission for analytics"}),
                "No permission for analytics",
                "permission",
                false,
            ),
            (json!({"status": "error"}), "it gives no details", "", false),
            (
                json!({"error": "nope", "data": {"summary": {}}}),
                "nope",
                "",
                false,
            ),
            (
                json!({"message": "nothing here", "data": {}}),
                "nothing here",
                "",
                false,
            ),
            (json!({"errors": [{"message": "a"}]}), "a", "", false),
            (
                json!({}),
                "it holds neither `status` nor `data`; check `base_url`",
                "",
                false,
            ),
        ] {
            let fault = fault(&body).unwrap_or_else(|| panic!("taken for good: {body}"));
            assert_eq!((fault.said.as_str(), fault.transient), (said, transient));
            assert!(fault.remedy.unwrap_or_default().contains(remedy), "{fault:?}");
            assert_eq!(fault.remedy.is_none(), remedy.is_empty(), "{fault:?}");
        }
    }

    #[test]
    fn good_answers_are_no_errors() {
        for body in [
            json!({"status": "success", "message": "Usage analytics retrieved", "data": {"summary": {}}}),
            json!({"status": "success", "data": null}),
            json!({"status": "ok"}),
            json!({"status": "success", "error": null, "data": {}}),
            json!({"data": {"summary": null}}),
            json!("<html>gateway</html>"),
            json!(""),
            json!([1]),
        ] {
            assert_eq!(fault(&body), None, "{body}");
        }
    }
}

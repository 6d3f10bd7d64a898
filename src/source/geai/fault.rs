//! The platform's error bodies, which also come under status 200, and what to do about each number.

use crate::source::sdk::Fault;
use serde_json::Value;

/// How many errors of one body are repeated.
const MAX_ERRORS: usize = 3;

/// Finds the error in a body: a list or a single object under `errors`, an object under `error`, or a list under
/// `message` whose first entry is of type `error`. The mere presence of `errors` or `error` is an error.
pub(super) fn fault(answer: &Value) -> Option<Fault> {
    let answer = answer.as_object()?;
    let errors: Vec<&Value> = if let Some(errors) = answer.get("errors").or_else(|| answer.get("error")) {
        entries(errors)
    } else {
        let messages = answer.get("message")?.as_array()?;
        if messages.first()?.get("type")? != "error" {
            return None;
        }
        messages.iter().collect()
    };
    let said: Vec<String> = errors.iter().take(MAX_ERRORS).map(|error| words(error)).collect();
    let ids: Vec<String> = errors.iter().filter_map(|error| id(error)).collect();
    Some(Fault {
        said: if said.is_empty() {
            "it gives no details".into()
        } else {
            said.join("; ")
        },
        remedy: ids.iter().find_map(|id| remedy(id)),
        transient: ids.iter().any(|id| matches!(id.as_str(), "151" | "500")),
    })
}

fn entries(errors: &Value) -> Vec<&Value> {
    match errors {
        Value::Array(list) => list.iter().collect(),
        Value::Null => vec![],
        single => vec![single],
    }
}

fn id(error: &Value) -> Option<String> {
    match error.get("id").or_else(|| error.get("code"))? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// `6 Token not found`.
fn words(error: &Value) -> String {
    let text = ["description", "message"]
        .iter()
        .find_map(|key| error.get(key)?.as_str())
        .or_else(|| error.as_str())
        .unwrap_or("no description");
    id(error).map_or_else(|| text.to_owned(), |id| format!("{id} {text}"))
}

/// What the person who reads the error can do.
fn remedy(id: &str) -> Option<&'static str> {
    Some(match id {
        "401" | "403" | "6" | "7" | "21" | "102" | "103" | "112" | "114" => {
            "the token is not accepted: it may be revoked, expired or made for another project; put a valid one where \
             `api_key` points"
        }
        "151" => "a model provider limits the rate; run again later",
        "152" | "154" => {
            "the quota of the organization or project is used up; have it raised or wait for its renewal"
        }
        "9" | "11" => {
            "the platform does not accept the dates; check the period, and report this if it is a plain one"
        }
        "404" => "there is nothing at this path: check `base_url` and its path prefix",
        "500" => "the platform failed inside; run again later",
        "2004" => "check `organization_id`, or leave both ids out so that they are asked for",
        "2005" => "check `project_id`, or leave both ids out so that they are asked for",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_errors_in_all_their_shapes() {
        for (body, said, transient) in [
            (
                json!({"errors": [{"id": 6, "description": "Token not found"}]}),
                "6 Token not found",
                false,
            ),
            (
                json!({"errors": {"id": 2005, "description": "Project not found"}}),
                "2005 Project not found",
                false,
            ),
            (
                json!({"error": {"code": "151", "message": "Slow down"}}),
                "151 Slow down",
                true,
            ),
            (json!({"error": "it broke"}), "it broke", false),
            (
                json!({"errors": [], "totalCost": 1}),
                "it gives no details",
                false,
            ),
            (json!({"errors": null}), "it gives no details", false),
            (
                json!({"message": [{"type": "error", "description": "no"}]}),
                "no",
                false,
            ),
            (
                json!({"errors": [{"id": 500}, {"id": 9, "description": "b"}]}),
                "500 no description; 9 b",
                true,
            ),
        ] {
            let fault = fault(&body).unwrap();
            assert_eq!(
                (fault.said.as_str(), fault.transient),
                (said, transient),
                "{body}"
            );
        }
    }

    #[test]
    fn good_answers_are_no_errors() {
        for body in [
            json!({"totalCost": 1}),
            json!({"message": "hello"}),
            json!({"message": [{"type": "info"}]}),
            json!({"message": []}),
            json!([1]),
        ] {
            assert_eq!(fault(&body), None, "{body}");
        }
    }

    #[test]
    fn known_numbers_have_a_remedy() {
        for (id, word) in [
            (6, "token"),
            (114, "token"),
            (152, "quota"),
            (2004, "organization_id"),
            (2005, "project_id"),
        ] {
            let fault = fault(&json!({"errors": [{"id": id}]})).unwrap();
            assert!(fault.remedy.unwrap().contains(word), "{id}");
        }
    }
}

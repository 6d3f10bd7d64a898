//! The JSON: the report document itself.

use super::RenderError;
use crate::report::Report;

/// Writes the document compactly on one line. Amounts are strings, `null` is not available.
pub(super) fn render(report: &Report) -> Result<String, RenderError> {
    let mut text = serde_json::to_string(report).map_err(|error| RenderError::Format {
        format: "json",
        reason: error.to_string(),
    })?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use serde_json::Value;

    #[test]
    fn the_sample_reads_as_the_document() {
        let text = render(&sample::report()).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(text.ends_with("}\n"));
        insta::assert_json_snapshot!(serde_json::from_str::<Value>(&text).unwrap());
    }

    #[test]
    fn amounts_are_strings_everywhere() {
        fn numbers<'a>(name: &'a str, value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Number(_) => found.push(name),
                Value::Array(items) => items.iter().for_each(|item| numbers(name, item, found)),
                Value::Object(fields) => fields
                    .iter()
                    .for_each(|(name, value)| numbers(name, value, found)),
                _ => {}
            }
        }
        let document: Value = serde_json::from_str(&render(&sample::report()).unwrap()).unwrap();
        let mut found = Vec::new();
        numbers("", &document, &mut found);
        found.sort_unstable();
        found.dedup();
        // The number of members behind the bar of the others, of days, the rank and the revision.
        assert_eq!(found, ["days", "others", "rank", "revision"]);
        assert_eq!(document["charts"][0]["form"]["daily"]["days"][0][1], "130.71");
        assert_eq!(document["period"]["end"], "2026-10-31");
    }
}

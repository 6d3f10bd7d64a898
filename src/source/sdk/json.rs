//! JSON as a finance report may take it: no key twice, no bottomless nesting, no number that is not a number.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

/// How deep lists and objects may nest.
pub const MAX_DEPTH: usize = 64;

/// How many values one text may hold, so that a small text cannot become a large tree.
pub const MAX_VALUES: usize = 1_000_000;

/// The key under which `serde_json` hands over the digits of a number as they were written.
const NUMBER: &str = "$serde_json::private::Number";

/// Why a text is not JSON that we take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text ends too early; another try may bring the rest.
    #[error("the answer breaks off in the middle")]
    Truncated,
    /// Anything else; another try will not help.
    #[error("the answer is not acceptable JSON: {0}")]
    Malformed(String),
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() {
            Self::Truncated
        } else {
            Self::Malformed(error.to_string())
        }
    }
}

/// Reads a text, with or without byte order mark. Numbers keep their digits as written.
///
/// # Errors
/// [`JsonError`] for malformed or truncated text, a key that occurs twice in one object (even with the same value),
/// more than [`MAX_DEPTH`] levels or [`MAX_VALUES`] values.
pub fn strict(text: &str) -> Result<Value, JsonError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let values = Cell::new(0);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let check = Check {
        depth: 0,
        values: &values,
    };
    check.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(serde_json::from_str(text)?)
}

/// Walks a text without keeping any of it.
#[derive(Clone, Copy)]
struct Check<'a> {
    depth: usize,
    values: &'a Cell<usize>,
}

impl Check<'_> {
    fn inside(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    fn count<E: serde::de::Error>(self) -> Result<(), E> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(E::custom(format!("it holds more than {MAX_VALUES} values")));
        }
        Ok(())
    }

    fn bound<E: serde::de::Error>(self) -> Result<(), E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format!("it nests deeper than {MAX_DEPTH} levels")));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.bound()?;
        while list.next_element_seed(self.inside())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = object.next_key::<String>()? {
            if key == NUMBER {
                return object.next_value::<String>().map(drop);
            }
            self.bound()?;
            object.next_value_seed(self.inside())?;
            if let Some(key) = keys.replace(key) {
                let key: String = key.chars().take(60).collect();
                return Err(A::Error::custom(format!(
                    "the key `{key}` occurs twice in one object"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_digits_of_numbers_and_takes_a_byte_order_mark() {
        let value = strict("\u{feff}{\"a\": 0.1234567890123456789, \"b\": [5.2e-05, -0]}").unwrap();
        assert_eq!(value["a"].to_string(), "0.1234567890123456789");
        assert_eq!(
            crate::money::exact(&value["b"][0].to_string()),
            crate::money::exact("0.000052")
        );
    }

    #[test]
    fn tells_a_truncated_text_from_a_malformed_one() {
        for text in ["", " ", "{", "{\"a\":", "{\"a\": 1", "[1,", "\"abc", "tru"] {
            assert_eq!(strict(text), Err(JsonError::Truncated), "{text}");
        }
        for text in [
            "{\"a\": NaN}",
            "{\"a\": Infinity}",
            "{a: 1}",
            "{} {}",
            "[1,]",
            "<html>",
            "01",
            "+1",
        ] {
            assert!(
                matches!(strict(text), Err(JsonError::Malformed(_))),
                "{text}: {:?}",
                strict(text)
            );
        }
    }

    #[test]
    fn refuses_a_key_that_occurs_twice_at_any_level() {
        for text in [
            "{\"a\":1,\"a\":1}",
            "[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]",
            "{\"a\":1,\"\\u0061\":2}",
        ] {
            let error = strict(text).unwrap_err().to_string();
            assert!(error.contains("occurs twice"), "{error}");
        }
        assert!(strict("[{\"a\":1},{\"a\":1}]").is_ok());
    }

    #[test]
    fn bounds_depth_and_number_of_values() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(strict(&nested(MAX_DEPTH)).is_ok());
        assert!(
            strict(&nested(MAX_DEPTH + 1))
                .unwrap_err()
                .to_string()
                .contains("deeper")
        );
        assert!(strict(&nested(100_000)).is_err());
        let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert!(strict(&objects(MAX_DEPTH)).is_ok());
        assert!(strict(&objects(MAX_DEPTH + 1)).is_err());
        let many = format!("[{}0]", "0,".repeat(MAX_VALUES));
        assert!(strict(&many).unwrap_err().to_string().contains("more than"));
    }
}

//! How a text is stored, so that it can still be said in any language when it is read again: `#[serde(with = "kept")]`.

use super::{Arg, Language, Text, Value};
use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// A stored text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    /// Words that nobody translates; of a program that kept nothing else, English ones.
    Words(String),
    Message {
        message: String,
        /// For a later program, which may not have the message any more.
        english: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        arguments: BTreeMap<String, Argument>,
    },
    List {
        list: Vec<Kept>,
        between: String,
    },
    Within {
        within: Box<Kept>,
    },
    Date {
        date: NaiveDate,
    },
    Days {
        first: NaiveDate,
        last: NaiveDate,
    },
}

/// A stored argument.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Argument {
    Count(u64),
    Key { key: String },
    Text(Kept),
}

/// Writes `text` with its message.
///
/// # Errors
/// What `serializer` says.
pub fn serialize<S: Serializer>(text: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    kept(text).serialize(serializer)
}

/// Reads what [`serialize`] has written; mere words are read, too.
///
/// # Errors
/// What `deserializer` says.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
    Kept::deserialize(deserializer).map(read)
}

fn kept(text: &Text) -> Kept {
    use super::text::Said;
    match text.said() {
        // No label that is kept has any of these values.
        None
        | Some(Said::Value(
            Value::Instant(_)
            | Value::Period { .. }
            | Value::Number(_)
            | Value::Percent(_)
            | Value::Money(..),
        )) => Kept::Words(text.as_str().to_owned()),
        Some(Said::Message(id, args)) => Kept::Message {
            message: id.clone().into_owned(),
            english: text.as_str().to_owned(),
            arguments: args
                .iter()
                .map(|(name, arg)| (name.to_string(), argument(arg)))
                .collect(),
        },
        Some(Said::List(texts, between)) => Kept::List {
            list: texts.iter().map(kept).collect(),
            between: between.clone(),
        },
        Some(Said::Within(text)) => Kept::Within {
            within: Box::new(kept(text)),
        },
        Some(Said::Value(Value::Date(date))) => Kept::Date { date: *date },
        Some(Said::Value(Value::Days(first, last))) => Kept::Days {
            first: *first,
            last: *last,
        },
    }
}

fn argument(arg: &Arg) -> Argument {
    match arg {
        Arg::Text(text) => Argument::Text(kept(text)),
        Arg::Count(count) => Argument::Count(*count),
        Arg::Key(key) => Argument::Key { key: key.clone() },
    }
}

fn read(kept: Kept) -> Text {
    match kept {
        Kept::Words(words) => Text::verbatim(words),
        Kept::Message {
            message,
            english,
            arguments,
        } => {
            if !Language::english().has(&message) {
                return Text::verbatim(english);
            }
            let args = arguments.into_iter().map(|(name, arg)| {
                let arg = match arg {
                    Argument::Count(count) => Arg::Count(count),
                    Argument::Key { key } => Arg::Key(key),
                    Argument::Text(text) => Arg::Text(read(text)),
                };
                (name.into(), arg)
            });
            Text::of(message, args.collect())
        }
        Kept::List { list, between } => {
            let texts: Vec<Text> = list.into_iter().map(read).collect();
            Text::joined(&texts, &between)
        }
        Kept::Within { within } => read(*within).within(),
        Kept::Date { date } => Value::Date(date).into(),
        Kept::Days { first, last } => Value::Days(first, last).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Plain, say};

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(transparent)]
    struct Line(#[serde(with = "super")] Text);

    fn again(text: &Text) -> Text {
        let stored = serde_json::to_string(&Line(text.clone())).unwrap();
        serde_json::from_str::<Line>(&stored).unwrap().0
    }

    #[test]
    fn a_stored_text_is_said_in_any_language() {
        let spanish = Language::of("es", &BTreeMap::new());
        let cost = say!("metric-total_cost");
        let several = say!("project-and-more", "project" = "Apoyo", "count" = 2_u32);
        for text in [
            cost.clone(),
            cost.clone().within(),
            say!("figure-of-source", "figure" = &cost, "source" = "usage"),
            Text::joined(&[cost, several], ", "),
            Text::verbatim("Total cost"),
        ] {
            let read = again(&text);
            assert_eq!(read, text);
            assert_eq!(spanish.text(&read, &Plain), spanish.text(&text, &Plain));
        }
    }

    #[test]
    fn words_of_an_earlier_program_and_messages_of_a_later_one_stay_as_they_are() {
        for (stored, english) in [
            (r#""Total cost""#, "Total cost"),
            (r#"{"message":"no-such","english":"Something"}"#, "Something"),
            (r#"{"message":"figure-of-source","english":"x"}"#, ""),
        ] {
            let read = serde_json::from_str::<Line>(stored).unwrap().0;
            assert!(english.is_empty() || read == english, "{read}");
        }
        assert!(serde_json::from_str::<Line>("7").is_err());
    }
}

//! Texts that can be said in any language.

use super::catalogue::Language;
use super::direction;
use super::value::{Hand as _, Plain, Value};
use crate::money::Currency;
use crate::period::Period;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// From here on a count is written with separators.
pub(super) const LARGE_COUNT: u64 = 1000;

/// An English text, and by which message it is said in other languages; words from outside are the same in all of them.
///
/// It reads, compares and serialises as its English, with values as machines write them.
#[derive(Debug, Clone)]
pub struct Text {
    english: String,
    said: Option<Arc<Said>>,
    /// Whether its English too depends on its reader: on how values are written, on names from right to left.
    has_values: bool,
}

/// The arguments of a message, by their names.
type Args = Vec<(Cow<'static, str>, Arg)>;

/// How a text is said in other languages.
#[derive(Debug)]
pub(super) enum Said {
    /// A message with its arguments.
    Message(Cow<'static, str>, Args),
    /// Texts one after the other, and what stands between them.
    List(Vec<Text>, String),
    /// A text that begins with a small letter.
    Within(Text),
    /// A value.
    Value(Value),
}

/// An argument of a message.
#[derive(Debug, Clone)]
pub enum Arg {
    /// Words, said in the language of the message.
    Text(Text),
    /// A number that chooses the plural.
    Count(u64),
    /// A word of ours that chooses a variant.
    Key(String),
}

impl Text {
    /// The message `id` with `args`.
    #[must_use]
    pub fn of(id: impl Into<Cow<'static, str>>, args: Args) -> Self {
        let id = id.into();
        Self {
            english: Language::english().said(&id, &args, &Plain),
            has_values: args.iter().any(|(_, arg)| arg.has_values()),
            said: Some(Arc::new(Said::Message(id, args))),
        }
    }

    /// Words from outside, which nobody translates.
    #[must_use]
    pub fn verbatim(words: impl Into<String>) -> Self {
        let english = words.into();
        Self {
            has_values: direction::turns(&english),
            said: None,
            english,
        }
    }

    /// The message of a `family` for a key of ours: `dimension-` and `service_type`. A key that has none is said in plain words.
    #[must_use]
    pub fn keyed(family: &str, key: &str) -> Self {
        let id = format!("{family}{}", key.replace(' ', "_"));
        if Language::english().has(&id) {
            Self::of(id, Vec::new())
        } else {
            Self::verbatim(key.replace('_', " "))
        }
    }

    /// So many members of a dimension, without their number: `agents`.
    #[must_use]
    pub fn members(dimension: &str, count: usize) -> Self {
        let id = format!("members-{dimension}");
        if Language::english().has(&id) {
            return Self::of(id, vec![("count".into(), count.into())]);
        }
        let noun = dimension.replace('_', " ").to_lowercase();
        Self::verbatim(match (count, noun.strip_suffix('y')) {
            (1, _) => noun,
            (_, Some(stem)) => format!("{stem}ies"),
            (_, None) => format!("{noun}s"),
        })
    }

    /// Texts one after the other, with `between` them.
    #[must_use]
    pub fn joined(texts: &[Self], between: &str) -> Self {
        let english: Vec<&str> = texts.iter().map(Self::as_str).collect();
        Self {
            english: english.join(between),
            has_values: texts.iter().any(|text| text.has_values),
            said: Some(Arc::new(Said::List(texts.to_vec(), between.to_owned()))),
        }
    }

    /// The same within a sentence: `Total cost` as `total cost`.
    #[must_use]
    pub fn within(self) -> Self {
        Self {
            english: uncapitalised(&self.english),
            has_values: self.has_values,
            said: Some(Arc::new(Said::Within(self))),
        }
    }

    /// The text in English.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.english
    }

    /// Whether it is words from outside.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        self.said.is_none()
    }

    pub(super) fn said(&self) -> Option<&Said> {
        self.said.as_deref()
    }

    pub(super) fn has_values(&self) -> bool {
        self.has_values
    }
}

impl Arg {
    fn has_values(&self) -> bool {
        match self {
            Self::Text(text) => text.has_values,
            Self::Count(count) => *count >= LARGE_COUNT,
            Self::Key(_) => false,
        }
    }
}

/// `words` with a small letter first.
pub(super) fn uncapitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.english
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.english)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.english == other.english
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.english == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.english == *other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        self.english == *other
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.english)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::verbatim)
    }
}

impl From<&Period> for Text {
    fn from(period: &Period) -> Self {
        Value::Period {
            id: period.id().to_owned(),
            start: period.start(),
            end: period.last_day(),
        }
        .into()
    }
}

impl From<Value> for Text {
    fn from(value: Value) -> Self {
        Self {
            english: Plain.write(&value),
            said: Some(Arc::new(Said::Value(value))),
            has_values: true,
        }
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self::verbatim(words)
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self::verbatim(words)
    }
}

impl From<&String> for Text {
    fn from(words: &String) -> Self {
        Self::verbatim(words.as_str())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.english
    }
}

impl From<Text> for Arg {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<&Text> for Arg {
    fn from(text: &Text) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Value> for Arg {
    fn from(value: Value) -> Self {
        Self::Text(value.into())
    }
}

impl From<NaiveDate> for Arg {
    fn from(day: NaiveDate) -> Self {
        Value::Date(day).into()
    }
}

impl From<DateTime<Utc>> for Arg {
    fn from(at: DateTime<Utc>) -> Self {
        Value::Instant(at).into()
    }
}

impl From<&Period> for Arg {
    fn from(period: &Period) -> Self {
        Self::Text(period.into())
    }
}

impl From<Decimal> for Arg {
    fn from(number: Decimal) -> Self {
        Value::Number(number).into()
    }
}

impl From<(Decimal, Currency)> for Arg {
    fn from((amount, currency): (Decimal, Currency)) -> Self {
        Value::Money(amount, currency).into()
    }
}

impl From<String> for Arg {
    fn from(words: String) -> Self {
        Self::Text(words.into())
    }
}

impl From<&String> for Arg {
    fn from(words: &String) -> Self {
        Self::Text(words.into())
    }
}

impl From<&str> for Arg {
    fn from(words: &str) -> Self {
        Self::Text(words.into())
    }
}

impl From<u32> for Arg {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<u64> for Arg {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Arg {
    fn from(count: usize) -> Self {
        Self::Count(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

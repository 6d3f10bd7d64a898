//! What is bound to `$1`, `$2`, …: texts and whole numbers, which both databases know.

use super::instant;
use chrono::{DateTime, Utc};
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

/// A value that is bound to `$1`, `$2`, …
#[derive(Debug, Clone)]
pub(in crate::run::store) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

/// Lists the values of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::run::store::db::Value::from($value)),*] };
}

pub(in crate::run::store) use values;

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(Some(number.into()))
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(at: DateTime<Utc>) -> Self {
        Self::Text(Some(instant(at)))
    }
}

impl From<Option<DateTime<Utc>>> for Value {
    fn from(at: Option<DateTime<Utc>>) -> Self {
        Self::Text(at.map(instant))
    }
}

pub(super) fn sqlite(values: Vec<Value>) -> SqliteArguments {
    let mut arguments = SqliteArguments::default();
    for value in values {
        // Texts and numbers can always be encoded.
        drop(match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
        });
    }
    arguments
}

pub(super) fn postgres(values: Vec<Value>) -> PgArguments {
    let mut arguments = PgArguments::default();
    for value in values {
        // Texts and numbers can always be encoded.
        drop(match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
        });
    }
    arguments
}

//! Values within texts: dates, numbers and periods, which every reader's locale writes in its own way.

use crate::money::Currency;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// A value that is written when its reader is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A day.
    Date(NaiveDate),
    /// The days from the first to the last one.
    Days(NaiveDate, NaiveDate),
    /// A moment.
    Instant(DateTime<Utc>),
    /// A period, by its name.
    Period {
        /// Its canonical id.
        id: String,
        /// First day.
        start: NaiveDate,
        /// Last day.
        end: NaiveDate,
    },
    /// A number with all its digits.
    Number(Decimal),
    /// A percentage with all its digits.
    Percent(Decimal),
    /// An amount, rounded as its currency is.
    Money(Decimal, Currency),
}

impl Value {
    /// The period of this canonical id.
    #[must_use]
    pub fn period(id: &str) -> Self {
        let (start, end) = days_named(id);
        Self::Period {
            id: id.to_owned(),
            start,
            end,
        }
    }
}

/// The first and the last day that a canonical id of a period says: of a month its first one twice. The name of another period says
/// none, and needs none.
pub(crate) fn days_named(id: &str) -> (NaiveDate, NaiveDate) {
    let (first, last) = id.split_once("..").unwrap_or((id, id));
    let day = |text: &str| {
        let month = || format!("{text}-01").parse();
        text.parse().or_else(|_| month()).unwrap_or_default()
    };
    (day(first), day(last))
}

/// Who writes values.
pub trait Hand {
    /// `value`, written.
    fn write(&self, value: &Value) -> String;

    /// A name or other words from outside, for within a message.
    fn name<'a>(&self, words: &'a str) -> Cow<'a, str> {
        words.into()
    }

    /// What else messages may say of `value`, each by the end of its argument's name ([`FORMS`]).
    fn forms(&self, _value: &Value) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// Of a period `$period` a message may also use `$period-kind` (`month`, `quarter`, `year`, `fiscal-quarter`, `fiscal-year`, `week`,
/// `day` or `range`), which chooses article and preposition, and of a range `$period-first` and `$period-last`.
pub const FORMS: [&str; 3] = ["-kind", "-first", "-last"];

/// Writes for machines: ISO dates, ids of periods, plain digits.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

impl Hand for Plain {
    fn write(&self, value: &Value) -> String {
        match value {
            Value::Date(day) => day.to_string(),
            Value::Days(day, last) if day == last => day.to_string(),
            Value::Days(first, last) => format!("{first} to {last}"),
            Value::Instant(at) => at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            Value::Period { id, .. } => id.clone(),
            Value::Number(number) => number.to_string(),
            Value::Percent(percent) => format!("{percent} %"),
            Value::Money(amount, currency) => {
                let amount = crate::money::rounded(*amount, currency.minor_units());
                format!("{currency} {amount}")
            }
        }
    }
}

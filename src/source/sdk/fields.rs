//! Lenient reading of the fields of an answer: what is not there or not what it should be is unknown, and noted.

use crate::language::{Text, say};
use crate::money::{self, MoneyError};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// How many flaws of one answer are kept; the rest is only counted.
const MAX_FLAWS: usize = 20;

/// A value that is unknown although the protocol promises it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where in the answer: `totalCost`, `totalCostPerDay[3].date`.
    pub field: String,
    /// What is wrong, to follow the field's name: `is missing`.
    pub what: Text,
}

/// The flaws of one answer, in the order of reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flaws {
    list: Vec<Flaw>,
    more: usize,
}

impl Flaws {
    /// Those that were kept.
    #[must_use]
    pub fn list(&self) -> &[Flaw] {
        &self.list
    }

    /// How many there are in all.
    #[must_use]
    pub fn count(&self) -> usize {
        self.list.len() + self.more
    }

    fn note(&mut self, field: String, what: impl Into<Text>) {
        if self.list.len() < MAX_FLAWS {
            self.list.push(Flaw {
                field,
                what: what.into(),
            });
        } else {
            self.more += 1;
        }
    }
}

/// Something that can be read from an object of an answer.
pub trait Wire: Sized {
    /// Reads it; every promised value that is unknown leaves one flaw, in the order of the fields.
    fn read(row: &Row<'_>, flaws: &mut Flaws) -> Self;
}

/// An object of an answer, and where it stands.
#[derive(Debug)]
pub struct Row<'a> {
    object: &'a Map<String, Value>,
    place: String,
}

impl<'a> Row<'a> {
    /// The whole answer; `None` if it is not an object.
    #[must_use]
    pub fn whole(answer: &'a Value) -> Option<Self> {
        Some(Self {
            object: answer.as_object()?,
            place: String::new(),
        })
    }

    /// An exact number, from a JSON number or a numeric text.
    pub fn number(&self, key: &str, flaws: &mut Flaws) -> Option<Decimal> {
        let value = self.present(key, flaws)?;
        let read = match value {
            Value::Number(number) => money::exact(&number.to_string()).map_err(inexact),
            Value::String(text) => money::exact(text).map_err(inexact),
            other => Err(say!("flaw-it-is", "kind" = kind(other))),
        };
        read.map_err(|why| flaws.note(self.field(key), say!("flaw-not-a-number", "reason" = why)))
            .ok()
    }

    /// A number of whole things.
    pub fn count(&self, key: &str, flaws: &mut Flaws) -> Option<Decimal> {
        let number = self.number(key, flaws)?;
        if !number.fract().is_zero() {
            flaws.note(self.field(key), say!("flaw-not-whole", "number" = number));
            return None;
        }
        Some(number.normalize())
    }

    /// A text that must be there and not be empty.
    pub fn name(&self, key: &str, flaws: &mut Flaws) -> Option<String> {
        match self.present(key, flaws)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::String(_) => {
                flaws.note(self.field(key), say!("flaw-empty"));
                None
            }
            other => {
                flaws.note(
                    self.field(key),
                    say!("flaw-instead-of-text", "kind" = kind(other)),
                );
                None
            }
        }
    }

    /// A text that may be missing, `null` or empty, which is all the same.
    pub fn text(&self, key: &str, _flaws: &mut Flaws) -> Option<String> {
        let text = self.object.get(key)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A truth value; anything else is unknown.
    #[must_use]
    pub fn truth(&self, key: &str) -> Option<bool> {
        self.object.get(key)?.as_bool()
    }

    /// A date, `YYYY-MM-DD`.
    pub fn date(&self, key: &str, flaws: &mut Flaws) -> Option<NaiveDate> {
        let text = self.name(key, flaws)?;
        let date = text
            .parse()
            .ok()
            .filter(|date: &NaiveDate| date.to_string() == text);
        if date.is_none() {
            flaws.note(self.field(key), say!("flaw-not-a-date"));
        }
        date
    }

    /// A list of objects; entries that are none are left out.
    pub fn list<T: Wire>(&self, key: &str, flaws: &mut Flaws) -> Option<Vec<T>> {
        let value = self.present(key, flaws)?;
        let Some(entries) = value.as_array() else {
            flaws.note(
                self.field(key),
                say!("flaw-instead-of-list", "kind" = kind(value)),
            );
            return None;
        };
        let mut rows = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let place = format!("{}[{index}]", self.field(key));
            match entry.as_object() {
                Some(object) => rows.push(T::read(
                    &Row {
                        object,
                        place: format!("{place}."),
                    },
                    flaws,
                )),
                None => flaws.note(place, say!("flaw-instead-of-object", "kind" = kind(entry))),
            }
        }
        Some(rows)
    }

    /// An object inside this one.
    pub fn part<T: Wire>(&self, key: &str, flaws: &mut Flaws) -> Option<T> {
        let value = self.present(key, flaws)?;
        let inside = self.inside(key, value);
        if inside.is_none() {
            flaws.note(
                self.field(key),
                say!("flaw-instead-of-object", "kind" = kind(value)),
            );
        }
        inside.map(|row| T::read(&row, flaws))
    }

    /// An object whose keys are names that people gave, each with an object; of one that has none nothing is known but the name.
    pub fn members<T: Wire + Default>(&self, key: &str, flaws: &mut Flaws) -> Option<Vec<(String, T)>> {
        let value = self.present(key, flaws)?;
        let Some(entries) = value.as_object() else {
            flaws.note(
                self.field(key),
                say!("flaw-instead-of-object", "kind" = kind(value)),
            );
            return None;
        };
        let mut members = Vec::with_capacity(entries.len());
        for (index, (name, entry)) in entries.iter().enumerate() {
            // The name is the reader's to see, not ours to repeat: it may be of any length and hold anything.
            let place = format!("{key}[{index}]");
            let member = if let Some(row) = self.inside(&place, entry) {
                T::read(&row, flaws)
            } else {
                let what = say!("flaw-instead-of-object", "kind" = kind(entry));
                flaws.note(self.field(&place), what);
                T::default()
            };
            members.push((name.clone(), member));
        }
        Some(members)
    }

    /// A number or a text, as sent; missing, `null` or anything else is unknown without a flaw.
    pub fn literal(&self, key: &str, _flaws: &mut Flaws) -> Option<String> {
        match self.object.get(key)? {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }

    fn inside(&self, key: &str, value: &'a Value) -> Option<Row<'a>> {
        Some(Row {
            object: value.as_object()?,
            place: format!("{}.", self.field(key)),
        })
    }

    fn present(&self, key: &str, flaws: &mut Flaws) -> Option<&'a Value> {
        match self.object.get(key) {
            None => {
                flaws.note(self.field(key), say!("flaw-missing"));
                None
            }
            Some(Value::Null) => {
                flaws.note(self.field(key), say!("flaw-null"));
                None
            }
            Some(value) => Some(value),
        }
    }

    fn field(&self, key: &str) -> String {
        format!("{}{key}", self.place)
    }
}

/// Why a text is no number that can be kept.
fn inexact(error: MoneyError) -> Text {
    match error {
        MoneyError::NotANumber(text) => say!("number-is-none", "text" = text),
        MoneyError::TooPrecise(text) => say!("number-too-precise", "text" = text),
        other => Text::verbatim(other.to_string()),
    }
}

fn kind(value: &Value) -> Text {
    match value {
        Value::Null => say!("json-null"),
        Value::Bool(_) => say!("json-truth"),
        Value::Number(_) => say!("json-number"),
        Value::String(_) => say!("json-text"),
        Value::Array(_) => say!("json-list"),
        Value::Object(_) => say!("json-object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::sdk::json::strict;
    use rust_decimal::dec;

    fn count(json: &str) -> (Option<Decimal>, Vec<String>) {
        let (value, mut flaws) = (strict(json).unwrap(), Flaws::default());
        let read = Row::whole(&value).unwrap().count("n", &mut flaws);
        let texts = flaws.list().iter().map(|f| format!("{} {}", f.field, f.what));
        (read, texts.collect())
    }

    #[test]
    fn what_is_not_a_whole_number_is_unknown_and_noted_never_zero() {
        for (json, expected) in [
            ("{\"n\":7}", dec!(7)),
            ("{\"n\":\"7\"}", dec!(7)),
            ("{\"n\":7.00}", dec!(7)),
            ("{\"n\":1e3}", dec!(1000)),
        ] {
            assert_eq!(count(json), (Some(expected), vec![]), "{json}");
        }
        for (json, why) in [
            ("{}", "n is missing"),
            ("{\"n\":null}", "n is null"),
            ("{\"n\":7.5}", "n is 7.5, which is not a whole number"),
            (
                "{\"n\":true}",
                "n cannot be read as a number: it is a truth value",
            ),
            (
                "{\"n\":\"NaN\"}",
                "n cannot be read as a number: `NaN` is not a decimal number",
            ),
            (
                "{\"n\":1e400}",
                "n cannot be read as a number: `1e400` has more digits than can be kept exactly",
            ),
        ] {
            let (value, flaws) = count(json);
            assert_eq!((value, flaws.len()), (None, 1), "{json}");
            assert!(flaws[0].replace("e+", "e").contains(why), "{flaws:?}");
        }
    }

    #[test]
    fn a_row_that_is_no_object_spoils_only_itself() {
        struct Day(Option<NaiveDate>);
        impl Wire for Day {
            fn read(row: &Row<'_>, flaws: &mut Flaws) -> Self {
                Self(row.date("date", flaws))
            }
        }
        let value =
            strict("{\"days\":[null,{\"date\":\"2026-10-01\"},7,{\"date\":\"2026-1-1\"},{\"date\":\"\"}]}")
                .unwrap();
        let mut flaws = Flaws::default();
        let days: Vec<Day> = Row::whole(&value).unwrap().list("days", &mut flaws).unwrap();
        assert_eq!(days.iter().filter(|day| day.0.is_some()).count(), 1);
        let fields: Vec<_> = flaws.list().iter().map(|flaw| flaw.field.as_str()).collect();
        assert_eq!(fields, ["days[0]", "days[2]", "days[3].date", "days[4].date"]);
    }

    #[test]
    fn what_stands_inside_is_read_with_its_place() {
        #[derive(Default)]
        struct Total(Option<Decimal>);
        impl Wire for Total {
            fn read(row: &Row<'_>, flaws: &mut Flaws) -> Self {
                Self(row.count("n", flaws))
            }
        }
        let text =
            r#"{"sum":{"n":7},"none":null,"by":{"=a\n":{"n":1},"b":null,"":{"n":"x"}},"list":[],"raw":2.50}"#;
        let (value, mut flaws) = (strict(text).unwrap(), Flaws::default());
        let row = Row::whole(&value).unwrap();
        assert_eq!(row.part::<Total>("sum", &mut flaws).unwrap().0, Some(dec!(7)));
        assert!(row.part::<Total>("none", &mut flaws).is_none());
        assert!(row.part::<Total>("list", &mut flaws).is_none());
        let members = row.members::<Total>("by", &mut flaws).unwrap();
        let names: Vec<_> = members
            .iter()
            .map(|(name, total)| (name.as_str(), total.0))
            .collect();
        assert_eq!(names, [("=a\n", Some(dec!(1))), ("b", None), ("", None)]);
        assert!(row.members::<Total>("list", &mut flaws).is_none());
        assert_eq!(row.literal("raw", &mut flaws).as_deref(), Some("2.50"));
        assert_eq!(row.literal("by", &mut flaws), None);
        let fields: Vec<_> = flaws.list().iter().map(|flaw| flaw.field.as_str()).collect();
        assert_eq!(fields, ["none", "list", "by[1]", "by[2].n", "list"]);
    }

    #[test]
    fn flaws_are_bounded_but_counted() {
        struct Any;
        impl Wire for Any {
            fn read(_: &Row<'_>, _: &mut Flaws) -> Self {
                Self
            }
        }
        let value = strict(&format!("{{\"n\":[{}null]}}", "null,".repeat(99))).unwrap();
        let mut flaws = Flaws::default();
        assert_eq!(
            Row::whole(&value)
                .unwrap()
                .list::<Any>("n", &mut flaws)
                .unwrap()
                .len(),
            0
        );
        assert_eq!((flaws.list().len(), flaws.count()), (MAX_FLAWS, 100));
    }
}

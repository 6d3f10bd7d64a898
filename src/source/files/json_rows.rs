//! Rows of JSON Lines: one object a line, with the names of the columns as keys; `null` is as good as no key.

use super::cell;
use super::read::{Guard, Layout, Lines, Place, Row, RowTooLong, check_spelling, unreadable};
use super::{Flaw, read::BUFFER};
use crate::source::SourceError;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::io::{BufRead, BufReader, Read};

/// Hands every object to `visit` and tells which keys have a value in any of them.
pub(super) fn each<const N: usize>(
    text: &mut dyn Read,
    at: Place<'_>,
    layout: &Layout<N>,
    visit: &mut dyn FnMut(&Row<'_, N>) -> Result<(), Flaw>,
) -> Result<[bool; N], SourceError> {
    let mut reader = BufReader::with_capacity(BUFFER, Guard::new(text));
    let (mut line, mut number, mut seen) = (Vec::new(), 0, [false; N]);
    loop {
        line.clear();
        number += 1;
        let read = reader.read_until(b'\n', &mut line).map_err(|cause| {
            let reason = if RowTooLong::is(&cause) {
                RowTooLong.to_string()
            } else {
                unreadable(&cause)
            };
            at.line(number, reason)
        })?;
        if read == 0 {
            return Ok(seen);
        }
        let object = line.trim_ascii();
        if object.is_empty() {
            continue;
        }
        // Only a row resets the guard, so that endless blank lines end too.
        reader.get_mut().next_row();
        let values = parse(object, layout).map_err(|reason| at.line(number, reason))?;
        for (seen, value) in seen.iter_mut().zip(&values) {
            *seen |= value.is_some();
        }
        let row = Row {
            cells: values
                .each_ref()
                .map(|value| value.as_ref().map_or(&[][..], cell_of)),
            present: values.each_ref().map(Option::is_some),
            lines: Lines {
                earliest: number,
                last: number,
                text: &[],
            },
        };
        visit(&row).map_err(|flaw| at.row(number, flaw, layout))?;
    }
}

/// The text of a value, which [`Keys`] has found to be text or a number.
fn cell_of(value: &Value) -> &[u8] {
    match value {
        Value::String(text) => text.as_bytes(),
        Value::Number(number) => number.as_str().as_bytes(),
        _ => &[],
    }
}

/// The values in the layout's order; `None` where the key is missing or its value is `null`.
fn parse<const N: usize>(object: &[u8], layout: &Layout<N>) -> Result<[Option<Value>; N], String> {
    let mut parser = serde_json::Deserializer::from_slice(object);
    let parsed = Keys(layout)
        .deserialize(&mut parser)
        .and_then(|values| parser.end().map(|()| values));
    let values = parsed.map_err(|error| {
        let text = error.to_string();
        let reason = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(reason, _)| reason);
        format!("is not an object of {}: {reason}", layout.title)
    })?;
    match layout
        .columns
        .iter()
        .zip(&values)
        .find(|(column, value)| column.required && value.is_none())
    {
        Some((column, _)) => Err(format!("the key `{}` is missing or null", column.name)),
        None => Ok(values),
    }
}

/// Reads an object into the layout's order; a key that is there twice is an error, not a choice.
struct Keys<'a, const N: usize>(&'a Layout<N>);

impl<'de, const N: usize> DeserializeSeed<'de> for Keys<'_, N> {
    type Value = [Option<Value>; N];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Keys<'_, N> {
    type Value = [Option<Value>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = [const { None }; N];
        while let Some(key) = map.next_key::<String>()? {
            check_spelling(&key, self.0).map_err(A::Error::custom)?;
            let value = map.next_value::<Value>()?;
            let Some(known) = self.0.columns.iter().position(|column| column.name == key) else {
                continue;
            };
            if matches!(value, Value::Bool(_) | Value::Array(_) | Value::Object(_)) {
                let reason = format!("`{}` must be text or a number", cell::shown(key.as_bytes()));
                return Err(A::Error::custom(reason));
            }
            if values[known].replace(value).is_some() {
                return Err(A::Error::custom(format!("the key `{key}` is there twice")));
            }
        }
        Ok(values.map(|value| value.filter(|value| !value.is_null())))
    }
}

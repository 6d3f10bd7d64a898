//! Values within texts in the reader's writing, and what members without a name of their own are called.

use super::{Formatter, NBSP};
use crate::language::{Hand, Text, Value};
use crate::source::organization::OTHERS;
use crate::source::{NAMELESS, SO_CALLED, UNATTRIBUTED};

impl Hand for Formatter {
    fn write(&self, value: &Value) -> String {
        match value {
            Value::Date(day) => self.full_day(*day),
            Value::Days(first, last) => self.span(*first, *last),
            Value::Instant(at) => self.instant(*at),
            Value::Period { id, start, end } => self.period_of(id, *start, *end),
            Value::Number(number) => self.decimal(*number, number.scale()),
            Value::Percent(percent) => format!("{}{NBSP}%", self.decimal(*percent, percent.scale())),
            Value::Money(amount, currency) => self.money(*amount, *currency),
        }
    }

    fn forms(&self, value: &Value) -> Vec<(&'static str, String)> {
        match value {
            Value::Period { id, start, end } => self.period_forms(id, *start, *end),
            _ => Vec::new(),
        }
    }
}

/// The message of a name that is ours: machines read it in English.
pub(super) fn own_name(text: &Text) -> Option<&'static str> {
    match text.as_str() {
        UNATTRIBUTED => Some("unattributed"),
        NAMELESS => Some("no-name"),
        SO_CALLED => Some("unattributed-as-name"),
        OTHERS => Some("others-as-one"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::say;
    use crate::money::Currency;
    use crate::period::{Calendar, Period};
    use crate::render::Look;
    use chrono::NaiveDate;
    use rust_decimal::dec;

    fn formatter(locale: &str) -> Formatter {
        Formatter::of(&Look {
            locale: locale.into(),
            ..Look::default()
        })
    }

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    #[test]
    fn values_of_texts_follow_the_locale() {
        let text = say!(
            "no-figures-in",
            "period" = &Period::parse("2026-10", Calendar::default()).unwrap(),
            "rows" = 12_345_u32,
            "first" = day(8, 1),
            "last" = day(8, 31),
        );
        assert_eq!(
            text,
            "No figures for 2026-10: none of the 12345 rows lies in it; they reach from 2026-08-01 to 2026-08-31."
        );
        assert_eq!(
            formatter("en-US").text(&text),
            "No figures for October 2026: none of the 12,345 rows lies in it; they reach from 1 August 2026 to 31 August 2026."
        );
        assert_eq!(
            formatter("es-ES").text(&text),
            "No hay cifras de octubre de 2026: no cae en el periodo ninguna fila de las 12.345, que van del 1 de agosto de 2026 al 31 de agosto de 2026."
        );
    }

    #[test]
    fn days_numbers_amounts_and_instants_are_written_with_all_that_they_tell() {
        let at = "2026-11-02T07:00:04Z".parse().unwrap();
        for (value, english, spanish, plain) in [
            (
                Value::Days(day(10, 25), day(10, 25)),
                "25 Oct 2026",
                "25 oct 2026",
                "2026-10-25",
            ),
            (
                Value::Days(day(10, 3), day(10, 5)),
                "3–5 Oct 2026",
                "3–5 oct 2026",
                "2026-10-03 to 2026-10-05",
            ),
            (
                Value::Days(day(9, 28), day(10, 4)),
                "28 Sep – 4 Oct 2026",
                "28 sep – 4 oct 2026",
                "2026-09-28 to 2026-10-04",
            ),
            (
                Value::Number(dec!(-12345.67000089)),
                "−12,345.67000089",
                "−12.345,67000089",
                "-12345.67000089",
            ),
            (
                Value::Money(dec!(1234567.891), Currency::USD),
                "USD\u{a0}1,234,567.89",
                "USD\u{a0}1.234.567,89",
                "USD 1234567.89",
            ),
            (
                Value::Instant(at),
                "2 Nov 2026 07:00:04 UTC",
                "2 nov 2026 07:00:04 UTC",
                "2026-11-02T07:00:04Z",
            ),
        ] {
            let text = Text::from(value);
            assert_eq!(formatter("en-US").text(&text), english);
            assert_eq!(formatter("es-ES").text(&text), spanish);
            assert_eq!(text, plain);
        }
    }

    #[test]
    fn members_without_a_name_are_called_so_in_the_readers_language() {
        for (name, english, spanish) in [
            (UNATTRIBUTED, "(unattributed)", "(sin atribuir)"),
            (NAMELESS, "(no name)", "(sin nombre)"),
            (OTHERS, "(others)", "(otros)"),
            (
                SO_CALLED,
                "(unattributed) as a name",
                "(sin atribuir), como nombre",
            ),
            ("(Unattributed)", "(Unattributed)", "(Unattributed)"),
        ] {
            let text = Text::from(name);
            assert_eq!(formatter("en-US").text(&text), english);
            assert_eq!(formatter("es-ES").text(&text), spanish);
        }
    }
}

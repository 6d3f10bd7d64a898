//! Values within texts in the reader's writing, and what members without a name of their own are called.

use super::{Formatter, NBSP};
use crate::language::{Hand, Text, Value, direction};
use crate::source::organization::OTHERS;
use crate::source::{NAMELESS, SO_CALLED, UNATTRIBUTED};
use std::borrow::Cow;

impl Hand for Formatter {
    fn write(&self, value: &Value) -> String {
        match value {
            Value::Date(day) => self.full_day(*day),
            Value::Days(first, last) => self.span(*first, *last),
            Value::Instant(at) => self.instant(*at),
            Value::Period { id, start, end } => self.period_named(id, *start, *end),
            Value::Number(number) => self.decimal(*number, number.scale()),
            Value::Percent(percent) => format!("{}{NBSP}%", self.decimal(*percent, percent.scale())),
            Value::Money(amount, currency) => self.money(*amount, *currency),
        }
    }

    fn name<'a>(&self, words: &'a str) -> Cow<'a, str> {
        direction::isolated(words)
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
        OTHERS => Some("others"),
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
                Value::Percent(dec!(-1234.5)),
                "−1,234.5\u{a0}%",
                "−1234,5\u{a0}%",
                "-1234.5 %",
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

    /// Every kind of period within every way to put it into a sentence.
    #[test]
    fn a_period_has_the_article_and_the_preposition_of_its_kind() {
        let fiscal = Calendar::fiscal(4).unwrap();
        let said = |id: &str| {
            let calendar = if id.starts_with("FY") {
                fiscal
            } else {
                Calendar::default()
            };
            let period = Period::parse(id, calendar).unwrap();
            let (period, value) = (&period, "USD 1");
            [
                say!("answer-was", "period" = period, "value" = value),
                say!("answer-gone", "period" = period),
                say!("beside-level", "period" = period),
                say!("budget-ended", "period" = period, "value" = value),
                say!("answer-new", "base" = period, "value" = value),
                say!("compared-with", "period" = period),
            ]
            .map(|text| formatter("es-ES").text(&text).into_owned())
        };
        for (id, of, within, beside, the) in [
            (
                "2026-10",
                "de octubre de 2026",
                "en octubre de 2026",
                "a octubre de 2026",
                "octubre de 2026",
            ),
            (
                "2026-Q2",
                "del T2 de 2026",
                "en el T2 de 2026",
                "al T2 de 2026",
                "el T2 de 2026",
            ),
            ("2026", "de 2026", "en 2026", "a 2026", "2026"),
            (
                "FY2027-Q3",
                "del T3 del ejercicio 2027",
                "en el T3 del ejercicio 2027",
                "al T3 del ejercicio 2027",
                "el T3 del ejercicio 2027",
            ),
            (
                "FY2027",
                "del ejercicio 2027",
                "en el ejercicio 2027",
                "al ejercicio 2027",
                "el ejercicio 2027",
            ),
            (
                "2026-W05",
                "de la semana 5 de 2026",
                "en la semana 5 de 2026",
                "a la semana 5 de 2026",
                "la semana 5 de 2026",
            ),
            (
                "2026-10-14",
                "del 14 de octubre de 2026",
                "el 14 de octubre de 2026",
                "al 14 de octubre de 2026",
                "el 14 de octubre de 2026",
            ),
            (
                "2026-11-01..2026-11-18",
                "del 1 al 18 de noviembre de 2026",
                "del 1 al 18 de noviembre de 2026",
                "al periodo del 1 al 18 de noviembre de 2026",
                "el periodo del 1 al 18 de noviembre de 2026",
            ),
            (
                "2026-12-28..2027-01-04",
                "del 28 de diciembre de 2026 al 4 de enero de 2027",
                "del 28 de diciembre de 2026 al 4 de enero de 2027",
                "al periodo del 28 de diciembre de 2026 al 4 de enero de 2027",
                "el periodo del 28 de diciembre de 2026 al 4 de enero de 2027",
            ),
        ] {
            assert_eq!(
                said(id),
                [
                    format!("El gasto {of} fue de USD 1."),
                    format!("No hubo gasto {within}."),
                    format!("frente {beside}, el gasto se mantuvo."),
                    format!("{the} cerró con un gasto de USD 1"),
                    format!("El gasto fue de USD 1; {within} no hubo ninguno."),
                    format!("comparado con {the}"),
                ]
            );
        }
    }

    #[test]
    fn members_without_a_name_are_called_so_in_the_readers_language() {
        for (name, english, spanish) in [
            (UNATTRIBUTED, "(unattributed)", "(sin atribuir)"),
            (NAMELESS, "(no name)", "(sin nombre)"),
            (OTHERS, "Others", "Otros"),
            ("Others", "“Others”", "Others"),
            ("Otros", "Otros", "«Otros»"),
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

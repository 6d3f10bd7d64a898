//! Names and sentences, made safe to read.

use crate::language::{Arg, Language, Piece, Text, direction};
use crate::render::format::Formatter;
use crate::report::{Given, Part, Said, Sentence, capitalised};
use serde::Serialize;

/// Longest name shown; the workbook and the CSV carry it in full.
const NAME_CHARS: usize = 120;

/// A stretch of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Run {
    /// The words.
    pub(crate) text: String,
    /// Whether they carry the point.
    pub(crate) strong: bool,
}

/// `text` on one line, without control characters and without marks that turn the direction of what follows.
pub(crate) fn clean(text: &str) -> String {
    cleaned(text, direction::is_mark)
}

/// [`clean`] of a sentence, in which names from right to left stay isolated.
pub(crate) fn clean_sentence(text: &str) -> String {
    cleaned(text, |c| direction::is_mark(c) && !direction::is_isolate(c))
}

fn cleaned(text: &str, is_dropped: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_dropped(c) || c == '\u{feff}' => {}
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// A name from the data in the reader's language, as [`name`] makes it safe; words of ours keep the names within them isolated.
pub(crate) fn named(text: &Text, formatter: &Formatter) -> String {
    let said = formatter.text(text);
    if text.is_verbatim() {
        name(&said, formatter)
    } else {
        whole(&clean_sentence(&said), formatter)
    }
}

/// [`named`] for within a sentence: a name from right to left that stands alone is isolated, too.
pub(crate) fn phrase(text: &Text, formatter: &Formatter) -> String {
    direction::within(&named(text, formatter)).into_owned()
}

/// A name in the reader's language: [`clean`], never empty, never longer than a line or two.
pub(crate) fn name(text: &str, formatter: &Formatter) -> String {
    whole(&clean(text), formatter)
}

fn whole(clean: &str, formatter: &Formatter) -> String {
    if clean.is_empty() {
        return formatter.say("no-name");
    }
    shortened(clean, NAME_CHARS)
}

/// A sentence of its own in the reader's language: one that is ours begins with a capital, as the English of it does.
pub(crate) fn sentence(text: &Text, formatter: &Formatter) -> String {
    let said = formatter.text(text);
    if said == text.as_str() || formatter.language().is_english() {
        said.into_owned()
    } else {
        capitalised(&said)
    }
}

/// `text`, or its beginning and `…` where it has more than `limit` characters.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let head: String = text.chars().take(limit.saturating_sub(1)).collect();
    let cut = format!("{}…", head.trim_end());
    if cut.contains(direction::is_isolate) {
        direction::within(&cut).into_owned()
    } else {
        cut
    }
}

/// The runs of `sentence` in the reader's language, numbers and dates in the reader's way; in English where the language has not all
/// of its messages.
pub(crate) fn runs(sentence: &Sentence, formatter: &Formatter) -> Vec<Run> {
    if sentence.said.is_empty() {
        return sentence.parts.iter().map(|part| run(part, formatter)).collect();
    }
    let is_told = |said: &Said| match said {
        Said::Message(id, _) => formatter.language().has(id),
        Said::Part(_) => true,
    };
    let language = if sentence.said.iter().all(is_told) {
        formatter.language()
    } else {
        Language::english()
    };
    let mut runs: Vec<Run> = Vec::new();
    for said in &sentence.said {
        match said {
            Said::Part(part) => runs.push(run(part, formatter)),
            Said::Message(id, args) => runs.extend(message(id, args, language, formatter)),
        }
    }
    if let Some(first) = runs.first_mut().filter(|run| !run.strong) {
        first.text = capitalised(&first.text);
    }
    runs
}

/// A message of `language` with its values.
fn message(id: &str, args: &[(&'static str, Given)], language: &Language, formatter: &Formatter) -> Vec<Run> {
    let times = |value| formatter.decimal(value, 1);
    let weekday = |date| formatter.weekday(date);
    let chosen: Vec<(&str, Option<Arg>)> = args
        .iter()
        .map(|(name, given)| match given {
            // A period is part of the words: its kind chooses its article.
            Given::Part(Part::Period(period)) => (*name, Some(period.into())),
            given => (*name, given.chosen(&times, &weekday)),
        })
        .collect();
    let pieces = language.pieces(id, &chosen, formatter);
    let words = |text: String, strong| Run { text, strong };
    pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Words(text) => Some(words(spaced(&text, clean_sentence), false)),
            Piece::Value(at) => match &args.get(at)?.1 {
                Given::Part(part) => Some(run(part, formatter)),
                Given::Strong(text) => Some(words(phrase(text, formatter), true)),
                Given::Text(_) | Given::Count(_) | Given::Times(_) | Given::Weekday(_) => None,
            },
        })
        .collect()
}

fn run(part: &Part, formatter: &Formatter) -> Run {
    match part {
        Part::Text(text) => Run {
            text: spaced(text, clean),
            strong: false,
        },
        Part::Strong(text) => Run {
            text: phrase(&text.as_str().into(), formatter),
            strong: true,
        },
        Part::Value {
            value,
            unit,
            currency,
        }
        | Part::Step {
            value,
            unit,
            currency,
            ..
        } => Run {
            text: formatter.in_unit(*value, *unit, *currency),
            strong: true,
        },
        Part::Change {
            value,
            unit,
            currency,
        } => Run {
            text: formatter.difference(*value, *unit, *currency),
            strong: false,
        },
        Part::Percent(value) => Run {
            text: formatter.percent(*value),
            strong: true,
        },
        Part::Date(date) => Run {
            text: formatter.day(*date),
            strong: false,
        },
        Part::Period(period) => Run {
            text: formatter.period(period),
            strong: false,
        },
    }
}

/// `text` as `clean` makes it, keeping the spaces at both ends that part it from its neighbours.
fn spaced(text: &str, clean: impl Fn(&str) -> String) -> String {
    let clean = clean(text);
    let lead = if text.starts_with(' ') && !clean.is_empty() {
        " "
    } else {
        ""
    };
    let tail = if text.ends_with(' ') { " " } else { "" };
    format!("{lead}{clean}{tail}")
}

/// The words of `runs`, plain.
pub(crate) fn plain(runs: &[Run]) -> String {
    runs.iter().map(|run| run.text.as_str()).collect()
}

/// A number of bytes for people: `212 KB`.
pub(crate) fn size(bytes: usize, formatter: &Formatter) -> String {
    let bytes = rust_decimal::Decimal::from(bytes);
    let (value, unit) = match bytes {
        b if b >= rust_decimal::Decimal::from(1_000_000) => {
            (b / rust_decimal::Decimal::from(1_000_000), "MB")
        }
        b if b >= rust_decimal::Decimal::from(1_000) => (b / rust_decimal::Decimal::from(1_000), "KB"),
        b => (b, ""),
    };
    let word = if unit.is_empty() {
        formatter.say("bytes")
    } else {
        unit.to_owned()
    };
    formatter.decimal(value, u32::from(unit == "MB")) + "\u{a0}" + &word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Part;

    #[test]
    fn names_are_one_plain_line() {
        let cases = [
            ("two\nlines\tand a tab", "two lines and a tab"),
            ("a\u{202e}gnp.exe\u{2066}", "agnp.exe"),
            ("\r\n \0", "(no name)"),
            ("", "(no name)"),
            ("🦀 日本語", "🦀 日本語"),
            ("<b>&\"'{{x}}", "<b>&\"'{{x}}"),
        ];
        let formatter = Formatter::new("en-US");
        for (text, expected) in cases {
            assert_eq!(name(text, &formatter), expected, "{text:?}");
        }
        assert_eq!(name(&"é".repeat(500), &formatter).chars().count(), NAME_CHARS);
    }

    #[test]
    fn sentences_keep_the_spaces_between_their_parts() {
        let text = |text: &str| Part::Text(text.into());
        let sentence = Sentence::plain(vec![
            text("Up "),
            Part::Percent(rust_decimal::dec!(2)),
            text(" since\n"),
            text(" "),
            Part::Strong(" x ".into()),
        ]);
        assert_eq!(
            plain(&runs(&sentence, &Formatter::new("en-US"))),
            "Up 2.0\u{a0}% since x"
        );
    }

    #[test]
    fn values_within_english_words_follow_the_locale() {
        use crate::language::Value;
        use crate::report::{Given, told};
        use rust_decimal::dec;
        let day: chrono::NaiveDate = "2026-10-14".parse().unwrap();
        let percent = |percent| Given::Strong(Value::Percent(percent).into());
        let sentence = told!(
            "bill-beyond",
            "share" = percent(dec!(48.51)),
            "tolerance" = percent(dec!(1.00))
        );
        let weekday = told!(
            "answer-weekday",
            "day" = Part::Date(day),
            "value" = Part::Percent(dec!(4)),
            "times" = Given::Times(dec!(2.9)),
            "weekday" = Given::Weekday(day)
        );
        for (locale, share, outlier) in [
            ("en-GB", "48.51\u{a0}% of the bill", "2.9 × a usual Wednesday."),
            ("de-DE", "48,51\u{a0}% of the bill", "2,9 × a usual Mittwoch."),
            ("fr-FR", "48,51\u{a0}% of the bill", "2,9 × a usual mercredi."),
            ("pt-BR", "48,51\u{a0}% of the bill", "2,9 × a usual quarta."),
            ("it-IT", "48,51\u{a0}% of the bill", "2,9 × a usual mercoledì."),
        ] {
            let formatter = Formatter::new(locale);
            let told = plain(&runs(&sentence, &formatter));
            assert!(told.starts_with(share), "{locale}: {told}");
            let told = plain(&runs(&weekday, &formatter));
            assert!(told.ends_with(outlier), "{locale}: {told}");
        }
    }

    #[test]
    fn sizes_are_for_people() {
        let formatter = Formatter::new("en-US");
        for (bytes, expected) in [
            (0, "0\u{a0}bytes"),
            (212_345, "212\u{a0}KB"),
            (1_540_000, "1.5\u{a0}MB"),
        ] {
            assert_eq!(size(bytes, &formatter), expected);
        }
    }
}

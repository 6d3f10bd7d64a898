//! Text that a spreadsheet would take for a formula, made inert.

use std::borrow::Cow;

/// The text as a cell of a CSV file may hold it: with a leading apostrophe where a spreadsheet would otherwise compute it.
///
/// Only ever applied to text; numbers come from typed decimals, so that −12.50 stays a number. Nothing is lost: a text
/// that was changed differs by exactly its first character, and no two texts become the same.
pub(super) fn neutral(text: &str) -> Cow<'_, str> {
    if starts_a_formula(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether the first character that counts starts a formula or breaks out of the cell.
///
/// Importers drop blanks, quotes, byte order marks and invisible marks, so what stands behind those counts.
pub(super) fn starts_a_formula(text: &str) -> bool {
    for letter in text.chars() {
        match letter {
            '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}' => return true,
            _ if letter.is_control() => return true,
            _ if is_dropped(letter) => {}
            _ => return false,
        }
    }
    false
}

fn is_dropped(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '"' | '\'' | '`' | '\u{2018}'..='\u{201f}' | '«' | '»')
        || matches!(letter, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_that_would_be_computed_gets_an_apostrophe() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\rx",
            "\nx",
            "\0x",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            "  =1",
            "\"=1",
            "'=1",
            "\u{feff}=1",
            " \u{feff} \"' +1",
            "\u{200b}@x",
            "\u{202e}=1",
            "“=1”",
            "-",
            "\u{a0}-5",
        ] {
            assert_eq!(neutral(text), format!("'{text}"), "{text:?}");
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in [
            "",
            " ",
            "a=b",
            "1-2",
            "Customer Support 24/7",
            "🦀",
            "two\nlines",
            "'quoted'",
            "x\t=1",
            "−5",
        ] {
            assert_eq!(neutral(text), text, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_two_texts_become_the_same(one in "['=+a \u{feff}]{0,5}", other in "['=+a \u{feff}]{0,5}") {
            prop_assert_eq!(neutral(&one) == neutral(&other), one == other);
        }
    }
}

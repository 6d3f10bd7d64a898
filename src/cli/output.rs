//! The only place that prints: data to standard output, everything else to standard error.

use super::Failure;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;
use std::fmt::Display;
use std::io::Write;

/// Columns that every terminal has.
pub const WIDTH: u16 = 80;

/// Prints data, with a line end.
pub(super) fn data(text: impl Display) {
    // A reader that has gone (`reportwire runs | head`) has what it wanted.
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

/// Prints data as JSON.
pub(super) fn json(value: &impl Serialize) {
    // What is printed here is made of texts, numbers and lists, which cannot fail to serialise.
    data(serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Tells the person at the terminal something that is not data.
pub(super) fn note(text: impl Display) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Prints why a command could not do what it was asked.
pub fn error(failure: &Failure) {
    note(plain(&failure.to_string()).trim_end());
}

/// A table without lines, with a blank between columns, within [`WIDTH`]. No text: no heading.
pub(super) fn table<const N: usize>(
    heading: Option<[&str; N]>,
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH);
    if let Some(heading) = heading {
        table.set_header(heading);
    }
    for row in rows {
        table.add_row(row.map(|cell| plain(&cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

/// Text from elsewhere, without what a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

/// A number with its noun.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The beginning of a text, at most `length` characters, with an ellipsis where something is left out.
pub(super) fn shorten(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let kept: String = text.chars().take(length.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A text on at most two lines of the terminal's width, broken between words, the second one indented and perhaps shortened.
pub(super) fn two_lines(text: &str, indent: &str) -> String {
    let width = usize::from(WIDTH);
    let fits = text.char_indices().nth(width).map(|(at, _)| at);
    let Some(at) = fits.and_then(|end| text[..end].rfind(' ')) else {
        return shorten(text, width);
    };
    let rest = shorten(text[at..].trim_start(), width - indent.len());
    format!("{}\n{indent}{rest}", &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_fit_eighty_columns_whatever_is_in_them() {
        let long = "x".repeat(300);
        let text = table(
            Some(["RUN", "JOB", "WHAT"]),
            [
                [long.clone(), "a b c ".repeat(60), "界".repeat(70)],
                ["1".into(), "2".into(), "3".into()],
            ],
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH.into()),
            "{text}"
        );
        assert_eq!(text.matches('x').count(), 300, "nothing is cut");
    }

    #[test]
    fn a_long_text_takes_two_lines_and_no_more() {
        assert_eq!(two_lines("short", "  "), "short");
        let text = two_lines(&"wörd ".repeat(60), "  ");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
        assert!(
            lines[0].ends_with("wörd") && lines[1].starts_with("  wörd") && lines[1].ends_with('…'),
            "{text}"
        );
        assert_eq!(two_lines(&"x".repeat(200), "  ").lines().count(), 1);
    }

    #[test]
    fn a_terminal_is_told_nothing_by_data() {
        assert_eq!(
            plain("a\u{1b}[2Jb\r\u{7}c\nd"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}c\nd"
        );
        let row = table(None, [["\u{1b}]0;owned\u{7}".to_owned(), "x".to_owned()]]);
        assert!(!row.contains('\u{1b}'), "{row:?}");
    }

    #[test]
    fn shortening_says_so() {
        for (text, length, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("äöü x", 4, "äöü…"),
            ("", 0, ""),
        ] {
            assert_eq!(shorten(text, length), expected);
        }
    }
}

//! Tables in plain text: columns as wide as what stands in them, within the width of a terminal.

use super::tables::{Row, Table};
use crate::language::direction;
use crate::render::format::Formatter;

/// Columns of a terminal or of a mail in plain text.
pub(super) const WIDTH: usize = 80;
/// Columns of a name, where there is room and where there is none.
const NAMES: (usize, usize) = (12, 38);
/// Columns before a row: its place and a space.
const PLACE: usize = 3;

/// The lines of `table`, heads first, as the templates print them.
pub(super) fn lines(table: &Table, formatter: &Formatter) -> Vec<String> {
    let (mut lines, rows) = by_row(table, formatter);
    lines.extend(rows.into_iter().flatten());
    lines
}

/// The lines of the heads, and those of each row.
pub(super) fn by_row(table: &Table, formatter: &Formatter) -> (Vec<String>, Vec<Vec<String>>) {
    let share_head = formatter.say("share");
    let mut heads: Vec<&str> = table.columns.iter().map(String::as_str).collect();
    if table.shares {
        heads.push(&share_head);
    }
    let cells = |at: usize| {
        let row = &table.rows[at];
        let share = table.shares.then_some(&row.share);
        row.cells
            .iter()
            .chain(share)
            .map(String::as_str)
            .collect::<Vec<_>>()
    };
    let rows: Vec<Vec<&str>> = (0..table.rows.len()).map(cells).collect();
    let change = |at: usize| table.rows[at].change.as_ref().map_or("", |change| &change.text);
    let changes = (0..rows.len())
        .map(|at| width(change(at)))
        .max()
        .filter(|most| *most > 0);
    let widths = |broken: bool| -> Vec<usize> {
        let columns = (0..heads.len()).map(|col| {
            let word = if broken {
                heads[col].split(' ').map(width).max().unwrap_or(0)
            } else {
                width(heads[col])
            };
            let cells = rows.iter().map(|row| row.get(col).map_or(0, |cell| width(cell)));
            cells.max().unwrap_or(0).max(word) + 2
        });
        columns.collect()
    };
    let taken = |widths: &[usize]| PLACE + widths.iter().sum::<usize>() + changes.map_or(0, |most| most + 2);
    let all: Vec<String> = table.rows.iter().map(named).collect();
    let widest = all.iter().chain([&table.member]).map(|name| width(name));
    let names = widest.max().unwrap_or(0);
    // Heads are broken between words rather than names cut off.
    let whole = widths(false);
    let widths = if table.columns.len() > 2 || taken(&whole) + names.min(NAMES.1) > WIDTH {
        widths(true)
    } else {
        whole
    };
    let taken = taken(&widths);
    let name = names
        .min(WIDTH.saturating_sub(taken).min(NAMES.1))
        .max(NAMES.0.min(names));
    let of_row = |(at, cells): (usize, &Vec<&str>)| {
        let mut lines = Vec::new();
        let mut place = table.rows[at].place.as_str();
        let mut pieces = pieces(&all, at, name);
        let last = pieces.pop().unwrap_or_default();
        for piece in pieces {
            let line = format!(
                "{} {}",
                padded(place, PLACE - 1, true),
                padded(&piece, name, false)
            );
            lines.push(line.trim_end().to_owned());
            place = "";
        }
        let mut line = format!(
            "{} {}",
            padded(place, PLACE - 1, true),
            padded(&last, name, false)
        );
        for (cell, width) in cells.iter().zip(&widths) {
            line += &padded(cell, *width, true);
        }
        if !change(at).is_empty() {
            line = line + "  " + change(at);
        }
        lines.push(line);
        lines
    };
    let of_rows = rows.iter().enumerate().map(of_row).collect();
    (head(table, &heads, &widths, name), of_rows)
}

/// The name at this place in one line, cut where it is too long for `columns`; in as many as it takes, where the cut would leave nothing
/// that tells it from another one.
fn pieces(names: &[String], at: usize, columns: usize) -> Vec<String> {
    let own = padded(&names[at], columns, false);
    let is_alike = |other: &String| *other != names[at] && padded(other, columns, false) == own;
    if !names.iter().any(is_alike) {
        return vec![names[at].clone()];
    }
    let lines = wrap(&names[at], columns).into_iter();
    lines.flat_map(|line| broken(&line, columns)).collect()
}

/// `word` in pieces of at most so many columns.
fn broken(word: &str, columns: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in word.chars() {
        let full = pieces
            .last()
            .is_none_or(|piece| width(piece) + columns_of(letter) > columns);
        if full {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
    }
    pieces
}

/// A row's name with where it belongs.
fn named(row: &Row) -> String {
    match row.belongs.as_str() {
        "" => row.name.clone(),
        // Each by itself: neither turns the other.
        belongs => format!("{}, {belongs}", direction::within(&row.name)),
    }
}

/// The heads, broken between words so that none is wider than its column.
fn head(table: &Table, heads: &[&str], widths: &[usize], name: usize) -> Vec<String> {
    let broken: Vec<Vec<String>> = heads
        .iter()
        .zip(widths)
        .map(|(head, width)| wrap(head, width - 2))
        .collect();
    let most = broken.iter().map(Vec::len).max().unwrap_or(0);
    (0..most)
        .map(|line| {
            let last = line + 1 == most;
            let member = if last { table.member.as_str() } else { "" };
            let mut out = " ".repeat(PLACE) + &padded(member, name, false);
            for (head, width) in broken.iter().zip(widths) {
                // Heads stand on the last line.
                let word = (line + head.len())
                    .checked_sub(most)
                    .map_or("", |at| head[at].as_str());
                out += &padded(word, *width, true);
            }
            out
        })
        .collect()
}

/// `text` in lines of at most `columns`, broken between words; a longer word keeps its line.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `text` cut or filled to `columns` of a terminal. A number that is too wide is kept whole.
pub(crate) fn padded(text: &str, columns: usize, right: bool) -> String {
    if right {
        return " ".repeat(columns.saturating_sub(width(text))) + text;
    }
    let mut out = text.to_owned();
    if width(&out) > columns {
        while width(&out) > columns.saturating_sub(1) {
            out.pop();
        }
        out.push('…');
    }
    let fill = columns.saturating_sub(width(&out));
    // What stands on its right keeps its place.
    format!("{}{}", direction::within(&out), " ".repeat(fill))
}

pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Columns that a terminal gives `c`: two for East Asian letters and pictures, none for marks on the letter before.
fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200d | 0x2066..=0x2069 | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_as_wide_as_a_terminal_shows_them() {
        for (text, right, expected) in [
            ("ab", false, "ab    |"),
            ("ab", true, "    ab|"),
            ("abcdefgh", false, "abcde…|"),
            ("12345678", true, "12345678|"),
            ("日本語名前", false, "日本… |"),
            ("שלום", false, "\u{2068}שלום\u{2069}  |"),
            ("שלום עולם", false, "\u{2068}שלום …\u{2069}|"),
        ] {
            assert_eq!(padded(text, 6, right) + "|", expected);
        }
    }

    #[test]
    fn a_name_that_a_cut_would_leave_like_another_one_is_broken() {
        let check = |names: &[&str], columns, expected: &[&[&str]]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            for (at, pieces) in expected.iter().enumerate() {
                assert_eq!(super::pieces(&names, at, columns), *pieces);
            }
        };
        check(
            &[
                "Costo total",
                "Costo total, 3 oct 2026",
                "Costo total, 4 oct 2026",
            ],
            14,
            &[
                &["Costo total"],
                &["Costo total, 3", "oct 2026"],
                &["Costo total, 4", "oct 2026"],
            ],
        );
        check(
            &["a long name", "another one"],
            6,
            &[&["a long name"], &["another one"]],
        );
        check(
            &["abcdefgh1", "abcdefgh2"],
            6,
            &[&["abcdef", "gh1"], &["abcdef", "gh2"]],
        );
        check(&["the same one", "the same one"], 6, &[&["the same one"]]);
    }

    #[test]
    fn a_name_and_where_it_belongs_turn_nothing() {
        let row = |name: &str, belongs: &str| Row {
            belongs: belongs.to_owned(),
            ..super::super::tables::plain_row(name.to_owned(), Vec::new(), "member")
        };
        assert_eq!(named(&row("a", "b")), "a, b");
        let whole = named(&row("مشروع عربي", "Speech to text"));
        assert_eq!(
            padded(&whole, 30, false).trim_end(),
            "\u{2068}مشروع عربي\u{2069}, Speech to text"
        );
        assert_eq!(padded(&whole, 6, false), "\u{2068}مشروع…\u{2069}");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(
            wrap("Spend rose 11.2\u{a0}% to a", 12),
            ["Spend rose", "11.2\u{a0}% to a"]
        );
        assert_eq!(wrap("  unbreakable  x", 4), ["unbreakable", "x"]);
        assert!(wrap("", 10).is_empty());
    }
}

//! The legend of a chart of several members, and their colours.

use super::axis::number;
use super::{Canvas, INK, REST, Room, Type, escaped, see_table};
use crate::language::Text;
use crate::render::format::Formatter;
use crate::render::view::{named, shortened};
use crate::report::{Line, PALETTE, Tint};
use rust_decimal::{Decimal, dec};

/// The classes with which the page's dark palette repaints them, as areas and as lines.
const AREAS: [&str; PALETTE.len()] = ["c-s1", "c-s2", "c-s3", "c-s4", "c-s5", "c-s6"];
const STROKES: [&str; PALETTE.len()] = ["l-s1", "l-s2", "l-s3", "l-s4", "l-s5", "l-s6"];
/// Letters of a label.
const LETTERS: usize = 26;
/// Pixels of a letter, on average and a little more.
const LETTER: Decimal = dec!(6.3);
/// Pixels of the mark before a label, and of the space behind it.
const MARK: Decimal = dec!(15);
const APART: Decimal = dec!(16);
/// Pixels of a row, and from the dates to the first one.
const ROW: u32 = 19;
const BEFORE: u32 = 8;

/// The colours of the palette, in order.
pub(crate) fn palette(place: usize) -> &'static str {
    PALETTE[place % PALETTE.len()]
}

/// Class and colour of an area.
pub(super) fn area(tint: &Tint) -> (&'static str, String) {
    match tint {
        Tint::Own(colour) => ("c-own", escaped(colour)),
        Tint::Palette(place) => (AREAS[place % AREAS.len()], palette(*place).to_owned()),
        Tint::Rest => ("c-s0", REST.to_owned()),
    }
}

/// Class, colour and dashes of a line: beyond the palette the colours come again, dashed.
pub(super) fn stroke(tint: &Tint) -> (&'static str, String, &'static str) {
    match tint {
        Tint::Own(colour) => ("l-own", escaped(colour), ""),
        Tint::Palette(place) => {
            let dashes = if *place < PALETTE.len() {
                ""
            } else {
                " stroke-dasharray=\"5 3\""
            };
            (STROKES[place % STROKES.len()], palette(*place).to_owned(), dashes)
        }
        Tint::Rest => ("l-s0", REST.to_owned(), " stroke-dasharray=\"2 3\""),
    }
}

/// What stands for a label that cannot be written, by its place.
pub(super) fn label(
    canvas: &Canvas<'_>,
    text: &Text,
    at: usize,
    letters: usize,
    formatter: &Formatter,
) -> String {
    if canvas.can_write(&formatter.text(text)) {
        shortened(&named(text, formatter), letters)
    } else {
        see_table(at, formatter)
    }
}

/// Pixels of the legend in `room`.
pub(super) fn height(series: &[Line], room: Room, formatter: &Formatter) -> u32 {
    let labels = series
        .iter()
        .map(|line| shortened(&named(&line.label, formatter), LETTERS));
    let rows = places(labels, Decimal::from(room.width()))
        .last()
        .map_or(0, |(row, _)| row + 1);
    BEFORE + ROW * rows
}

/// Row and beginning of each label, as many in a row as fit.
fn places(labels: impl Iterator<Item = String>, width: Decimal) -> Vec<(u32, Decimal)> {
    let (mut row, mut x) = (0, Decimal::ZERO);
    labels
        .map(|label| {
            let length = MARK + Decimal::from(label.chars().count()) * LETTER;
            if !x.is_zero() && x + length > width {
                row += 1;
                x = Decimal::ZERO;
            }
            let place = (row, x);
            x += length + APART;
            place
        })
        .collect()
}

/// Draws it from `top` downwards, with a mark like what it explains.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    series: &[Line],
    top: Decimal,
    as_lines: bool,
    formatter: &Formatter,
) {
    let labels: Vec<String> = series
        .iter()
        .enumerate()
        .map(|(at, line)| label(canvas, &line.label, at, LETTERS, formatter))
        .collect();
    let ink = Type {
        class: "c-ink",
        colour: INK,
        anchor: "start",
        strong: false,
    };
    for ((line, label), (row, x)) in series
        .iter()
        .zip(&labels)
        .zip(places(labels.iter().cloned(), canvas.width()))
    {
        let y = top + Decimal::from(BEFORE + ROW * row);
        if as_lines {
            let (class, colour, dashes) = stroke(&line.tint);
            canvas.raw(&format!(
                "<path class=\"{class}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"{dashes} d=\"M{} {}h11\"/>",
                number(x),
                number(y + dec!(6))
            ));
        } else {
            let (class, colour) = area(&line.tint);
            canvas.rect(class, &colour, (x, y + dec!(1)), (dec!(10), dec!(10)));
        }
        canvas.text(&ink, (x + MARK, y + dec!(10)), label);
    }
}

//! A bar for each period of a trend, with its value above.

use super::axis::Scale;
use super::{ATTENTION, Canvas, HAIRLINE, INK, MUTED, NOTE, Palette, REST, Type};
use crate::render::format::Formatter;
use crate::report::{Chart, Point};
use rust_decimal::{Decimal, dec};

const TOP: Decimal = dec!(26);
const BOTTOM: Decimal = dec!(194);
/// Pixels of a letter, on average and a little more.
const LETTER: Decimal = dec!(6.6);
/// Pixels between two texts.
const APART: Decimal = dec!(8);

/// Draws them: the last period, which the report is about, in the accent.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    chart: &Chart,
    points: &[Point],
    formatter: &Formatter,
    palette: &Palette,
) {
    let scale = Scale::exactly(points.iter().filter_map(|point| point.value), BOTTOM, TOP);
    let zero = scale.place(Decimal::ZERO);
    let slot = canvas.width() / Decimal::from(points.len().max(1));
    let width = (slot * dec!(0.64)).min(dec!(56));
    canvas.line(HAIRLINE, (dec!(0), zero), (canvas.width(), zero));
    let values: Vec<String> = points
        .iter()
        .map(|point| value(chart, point, formatter))
        .collect();
    let labels: Vec<String> = points
        .iter()
        .map(|point| formatter.tiny_period(&point.period))
        .collect();
    let (each_value, each_label) = (every(&values, slot), every(&labels, slot));
    let last = points.len().saturating_sub(1);
    for (at, point) in points.iter().enumerate() {
        let middle = slot * (Decimal::from(at) + dec!(0.5));
        let y = point.value.map_or(zero, |value| scale.place(value));
        if point.value.is_some() {
            let (class, colour) = if at == last {
                ("c-bar", palette.accent.as_str())
            } else {
                ("c-rest", REST)
            };
            canvas.rect(
                class,
                colour,
                (middle - width / dec!(2), y.min(zero)),
                (width, (y - zero).abs().max(dec!(1))),
            );
        }
        let strong = at == last;
        let (class, colour) = match point.value {
            None => (NOTE, ATTENTION),
            Some(_) => ("c-ink", INK),
        };
        // Counted from the last one, which is always labelled.
        if (last - at).is_multiple_of(each_value) {
            let style = Type {
                class,
                colour,
                anchor: anchor(at, last, points.len()),
                strong,
            };
            let x = edge(at, last, middle, canvas.width());
            canvas.text(&style, (x, y.min(zero) - dec!(6)), &values[at]);
        }
        if (last - at).is_multiple_of(each_label) {
            let style = Type {
                class: "c-muted",
                colour: MUTED,
                anchor: anchor(at, last, points.len()),
                strong,
            };
            let x = edge(at, last, middle, canvas.width());
            canvas.text(&style, (x, BOTTOM + dec!(18)), &labels[at]);
        }
    }
}

fn value(chart: &Chart, point: &Point, formatter: &Formatter) -> String {
    match (point.value, chart.currency) {
        (None, _) => formatter.not_available(),
        (Some(value), Some(currency)) if value.abs() < dec!(10_000) => formatter.amount(value, currency),
        (Some(value), _) => formatter.short(value),
    }
}

/// Every how many slots a text fits.
fn every(texts: &[String], slot: Decimal) -> usize {
    let longest = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let needed = Decimal::from(longest) * LETTER + APART;
    (1..=texts.len().max(1))
        .find(|slots| slot * Decimal::from(*slots) >= needed)
        .unwrap_or(texts.len().max(1))
}

/// Texts of many narrow slots would stand out at the edges.
fn anchor(at: usize, last: usize, slots: usize) -> &'static str {
    match (slots > 12, at) {
        (true, 0) => "start",
        (true, at) if at == last => "end",
        _ => "middle",
    }
}

fn edge(at: usize, last: usize, middle: Decimal, width: Decimal) -> Decimal {
    match anchor(at, last, last + 1) {
        "start" => dec!(0),
        "end" => width,
        _ => middle,
    }
}

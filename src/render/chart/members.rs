//! Several members over the days of a period: bars stacked on each other, or a line for each.

use super::axis::number;
use super::frame::{BOTTOM, Frame};
use super::{Canvas, MUTED, Type, legend};
use crate::render::format::Formatter;
use crate::report::Line;
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};

/// From the values' end to the legend.
const TO_LEGEND: Decimal = dec!(24);

/// Draws bars of parts that stand on each other, the first one below.
pub(super) fn stacked(canvas: &mut Canvas<'_>, days: &[NaiveDate], series: &[Line], formatter: &Formatter) {
    let known = |at: usize| {
        series
            .iter()
            .filter_map(move |line| line.values.get(at).copied().flatten())
    };
    let sums = (0..days.len()).flat_map(|at| {
        let (below, above): (Vec<Decimal>, Vec<Decimal>) = known(at).partition(Decimal::is_sign_negative);
        [below, above].map(|values| values.into_iter().fold(Decimal::ZERO, Decimal::saturating_add))
    });
    let sums: Vec<Decimal> = sums.collect();
    let Some(frame) = framed(canvas, days, series, sums.into_iter(), formatter) else {
        return;
    };
    let width = frame.bar_width();
    // Where the next part above and below zero begins, for each day.
    let mut from = vec![[Decimal::ZERO; 2]; days.len()];
    for line in series {
        let mut path = String::new();
        for (at, value) in line.values.iter().enumerate().take(days.len()) {
            let Some(value) = value.filter(|value| !value.is_zero()) else {
                continue;
            };
            let begin = &mut from[at][usize::from(value.is_sign_negative())];
            let end = begin.saturating_add(value);
            let (y, height) = span(frame.y(*begin), frame.y(end));
            *begin = end;
            let (x, width) = (number(frame.middle(at) - width / dec!(2)), number(width));
            let (y, height) = (number(y), number(height));
            path += &["M", &x, " ", &y, "h", &width, "v", &height, "h-", &width, "z"].concat();
        }
        let (class, colour) = legend::area(&line.tint);
        canvas.raw(&format!(
            "<path class=\"{class}\" fill=\"{colour}\" d=\"{path}\"/>"
        ));
    }
    finish(canvas, &frame, series, formatter, false);
}

/// Draws a line for each member, broken where it is unknown; a day between two unknown ones is a dot.
pub(super) fn lines(canvas: &mut Canvas<'_>, days: &[NaiveDate], series: &[Line], formatter: &Formatter) {
    let values = series
        .iter()
        .flat_map(|line| line.values.iter().flatten().copied());
    let values: Vec<Decimal> = values.collect();
    let Some(frame) = framed(canvas, days, series, values.into_iter(), formatter) else {
        return;
    };
    for line in series {
        let (class, colour, dashes) = legend::stroke(&line.tint);
        let known = |at: usize| line.values.get(at).copied().flatten();
        let mut path = String::new();
        for at in 0..days.len() {
            let Some(value) = known(at) else { continue };
            let before = at.checked_sub(1).and_then(known).is_some();
            let (x, y) = (number(frame.middle(at)), number(frame.y(value)));
            path += &[if before { "L" } else { "M" }, &x, " ", &y].concat();
            if !before && known(at + 1).is_none() {
                path += "h0.1";
            }
        }
        canvas.raw(&format!(
            "<path class=\"{class}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" stroke-linejoin=\"round\" \
             stroke-linecap=\"round\"{dashes} d=\"{path}\"/>"
        ));
    }
    finish(canvas, &frame, series, formatter, true);
}

/// The grid, or words where nothing is known.
fn framed<'a>(
    canvas: &mut Canvas<'_>,
    days: &'a [NaiveDate],
    series: &[Line],
    values: impl Iterator<Item = Decimal>,
    formatter: &Formatter,
) -> Option<Frame<'a>> {
    if series.iter().all(|line| line.values.iter().all(Option::is_none)) {
        let style = Type {
            class: "c-muted",
            colour: MUTED,
            anchor: "middle",
            strong: false,
        };
        canvas.text(
            &style,
            (canvas.width() / dec!(2), dec!(110)),
            &formatter.say("no-data"),
        );
        return None;
    }
    Some(Frame::draw(canvas, days, values, formatter))
}

fn finish(
    canvas: &mut Canvas<'_>,
    frame: &Frame<'_>,
    series: &[Line],
    formatter: &Formatter,
    as_lines: bool,
) {
    let unknown = |at: usize| {
        series
            .iter()
            .all(|line| line.values.get(at).copied().flatten().is_none())
    };
    frame.gaps(canvas, formatter, &unknown);
    frame.dates(canvas, formatter);
    legend::draw(canvas, series, BOTTOM + TO_LEGEND, as_lines, formatter);
}

/// Top and height between two places.
fn span(a: Decimal, b: Decimal) -> (Decimal, Decimal) {
    (a.min(b), (a - b).abs())
}

//! Horizontal bars, longest first, the rest in one.

use super::axis::Scale;
use super::{BAR_STEP, Canvas, INK, MAX_BARS, MUTED, Palette, REST, Type};
use crate::render::format::Formatter;
use crate::render::view::{name, shortened};
use crate::report::Chart;
use rust_decimal::{Decimal, dec};

const LABELS: Decimal = dec!(190);
/// Letters of a value that fit behind the longest bar.
const VALUE_LETTERS: usize = 14;
/// Letters of a label that fit its column.
const LABEL_LETTERS: usize = 28;

/// Draws them, and what is beyond them as one.
pub(super) fn draw(
    canvas: &mut Canvas,
    chart: &Chart,
    bars: &[(String, Decimal)],
    others: Option<(usize, Decimal)>,
    formatter: &Formatter,
    palette: &Palette,
) {
    let mut rows: Vec<(String, Decimal, bool)> = bars
        .iter()
        .take(MAX_BARS)
        .map(|(label, value)| (name(label), *value, false))
        .collect();
    let hidden = &bars[rows.len()..];
    let beyond = hidden
        .iter()
        .try_fold(Decimal::ZERO, |sum, bar| sum.checked_add(bar.1));
    match (others, beyond) {
        (Some((n, value)), Some(beyond)) => {
            rows.push((
                format!("{} others", n + hidden.len()),
                value.saturating_add(beyond),
                true,
            ));
        }
        (None, Some(beyond)) if !hidden.is_empty() => {
            rows.push((format!("{} others", hidden.len()), beyond, true));
        }
        _ => {}
    }
    let ink = |anchor, strong| Type {
        class: "c-ink",
        colour: INK,
        anchor,
        strong,
    };
    if rows.is_empty() {
        let style = Type {
            class: "c-muted",
            colour: MUTED,
            anchor: "start",
            strong: false,
        };
        canvas.text(&style, (dec!(0), dec!(18)), "No data available");
        return;
    }
    // The values stand behind the longest bar and must fit.
    let scale = Scale::exactly(rows.iter().map(|row| row.1), LABELS, dec!(496));
    let zero = scale.place(Decimal::ZERO);
    for (at, (label, value, rest)) in rows.iter().enumerate() {
        let top = Decimal::from(at) * Decimal::from(BAR_STEP) + dec!(4);
        let end = scale.place(*value);
        canvas.text(
            &ink("start", false),
            (dec!(0), top + dec!(13)),
            &shortened(label, LABEL_LETTERS),
        );
        let (class, colour) = if *rest {
            ("c-rest", REST)
        } else {
            ("c-bar", palette.accent.as_str())
        };
        canvas.rect(
            class,
            colour,
            (end.min(zero), top + dec!(3)),
            ((end - zero).abs().max(dec!(1)), dec!(13)),
        );
        let exact = match chart.currency {
            Some(currency) => formatter.amount(*value, currency),
            None => formatter.in_unit(*value, chart.unit, None),
        };
        // The exact figure stands in the table; what is longer than the room beside the bar is shown short.
        let value = if exact.chars().count() > VALUE_LETTERS {
            formatter.tick(*value)
        } else {
            exact
        };
        canvas.text(
            &ink("start", true),
            (end.max(zero) + dec!(7), top + dec!(13)),
            &value,
        );
    }
}

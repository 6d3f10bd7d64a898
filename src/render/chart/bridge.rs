//! A bridge from one total to another: the total before, what moved it, the total now, each where the one above it ends.

use super::axis::Scale;
use super::{BAR_STEP, Canvas, INK, MUTED, Palette, Room, Type};
use crate::render::format::{Formatter, bridged};
use crate::report::{Chart, Point, Step};
use rust_decimal::{Decimal, dec};

/// What adds to a cost, and what takes off it.
const ADDING: (&str, &str) = ("c-up", "#b00020");
const TAKING: (&str, &str) = ("c-down", "#0b6b3a");
/// Pixels of the value behind a bar.
const VALUES: Decimal = dec!(104);
/// Pixels of the column of labels.
const fn labels(room: Room) -> Decimal {
    match room {
        Room::Column => dec!(140),
        Room::Phone => dec!(104),
    }
}

/// A row: its label, where its bar begins and ends, its value in words, and its colour.
struct Line {
    label: String,
    from: Decimal,
    to: Decimal,
    value: String,
    colour: (&'static str, String),
    strong: bool,
}

/// Draws it.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    chart: &Chart,
    (base, steps, current): (&Point, &[Step], &Point),
    formatter: &Formatter,
    palette: &Palette,
) {
    let rows = lines(chart, (base, steps, current), formatter, palette);
    let left = labels(canvas.room);
    let scale = Scale::exactly(
        rows.iter().flat_map(|row| [row.from, row.to]),
        left,
        canvas.width() - VALUES,
    );
    for (at, row) in rows.iter().enumerate() {
        let top = Decimal::from(at) * Decimal::from(BAR_STEP) + dec!(4);
        let (from, to) = (scale.place(row.from), scale.place(row.to));
        let text = Type {
            class: "c-ink",
            colour: INK,
            anchor: "start",
            strong: row.strong,
        };
        canvas.text(&text, (dec!(0), top + dec!(13)), &row.label);
        canvas.rect(
            row.colour.0,
            &row.colour.1,
            (from.min(to), top + dec!(3)),
            ((to - from).abs().max(dec!(1)), dec!(13)),
        );
        if at + 1 < rows.len() {
            // Where this bar ends, the next one begins.
            canvas.line(
                MUTED,
                (to, top + dec!(16)),
                (to, top + Decimal::from(BAR_STEP) + dec!(3)),
            );
        }
        let value = Type { strong: true, ..text };
        canvas.text(&value, (from.max(to) + dec!(7), top + dec!(13)), &row.value);
    }
}

fn lines(
    chart: &Chart,
    (base, steps, current): (&Point, &[Step], &Point),
    formatter: &Formatter,
    palette: &Palette,
) -> Vec<Line> {
    let (before, now) = (base.value.unwrap_or_default(), current.value.unwrap_or_default());
    let values: Vec<Decimal> = steps.iter().map(|step| step.value).collect();
    let shown = bridged(before, &values, now, chart.currency);
    let total = |label: String, value: Decimal| Line {
        label,
        from: Decimal::ZERO,
        to: value,
        value: match chart.currency {
            Some(currency) => formatter.amount(value, currency),
            None => formatter.in_unit(value, chart.unit, None),
        },
        colour: ("c-bar", palette.accent.clone()),
        strong: true,
    };
    let mut rows = vec![total(formatter.period(&base.period), before)];
    let mut at = before;
    for ((step, value), shown) in steps.iter().zip(&values).zip(shown) {
        let to = at.saturating_add(*value);
        let (class, colour) = if value.is_sign_negative() { TAKING } else { ADDING };
        rows.push(Line {
            label: formatter.text(&step.label).into_owned(),
            from: at,
            to,
            value: formatter.step(shown, *value, chart.currency),
            colour: (class, colour.to_owned()),
            strong: false,
        });
        at = to;
    }
    rows.push(total(formatter.period(&current.period), now));
    rows
}

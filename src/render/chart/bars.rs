//! Horizontal bars, longest first, the rest in one.

use super::axis::Scale;
use super::{BAR_STEP, Canvas, INK, MAX_BARS, MUTED, Palette, REST, Room, Type, rest_label, see_table};
use crate::language::Text;
use crate::render::format::Formatter;
use crate::render::view::{named, shortened};
use crate::report::Chart;
use rust_decimal::{Decimal, dec};

/// Letters of a value that fit behind the longest bar.
const VALUE_LETTERS: usize = 14;
/// Pixels of that value.
const VALUES: Decimal = dec!(104);

/// Pixels of the column of labels, and the letters that fit it.
fn labels(room: Room) -> (Decimal, usize) {
    match room {
        Room::Column => (dec!(190), 28),
        Room::Phone => (dec!(112), 17),
    }
}

/// Draws them, and what is beyond them as one.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    chart: &Chart,
    bars: &[(Text, Decimal)],
    others: Option<(usize, Decimal)>,
    formatter: &Formatter,
    palette: &Palette,
) {
    let mut rows: Vec<(String, Decimal, bool)> = bars
        .iter()
        .take(MAX_BARS)
        .map(|(label, value)| (named(label, formatter), *value, false))
        .collect();
    let hidden = &bars[rows.len()..];
    let beyond = hidden
        .iter()
        .try_fold(Decimal::ZERO, |sum, bar| sum.checked_add(bar.1));
    let rest = match (others, beyond) {
        (Some((n, value)), Some(beyond)) => Some((n + hidden.len(), value.saturating_add(beyond))),
        (None, Some(beyond)) if !hidden.is_empty() => Some((hidden.len(), beyond)),
        _ => None,
    };
    rows.extend(rest.map(|(n, value)| (rest_label(chart, rows.len(), n, formatter), value, true)));
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
        canvas.text(&style, (dec!(0), dec!(18)), &formatter.say("no-data"));
        return;
    }
    // The values stand behind the longest bar and must fit.
    let (left, letters) = labels(canvas.room);
    let scale = Scale::exactly(rows.iter().map(|row| row.1), left, canvas.width() - VALUES);
    let zero = scale.place(Decimal::ZERO);
    for (at, (label, value, rest)) in rows.iter().enumerate() {
        let top = Decimal::from(at) * Decimal::from(BAR_STEP) + dec!(4);
        let end = scale.place(*value);
        let label = if canvas.can_write(label) {
            shortened(label, letters)
        } else {
            see_table(at, formatter)
        };
        canvas.text(&ink("start", false), (dec!(0), top + dec!(13)), &label);
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
            formatter.short(*value)
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

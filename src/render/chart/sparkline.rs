//! A small line without axes that shows how a figure went, beside its numbers.

use super::axis::number;
use rust_decimal::{Decimal, dec};

/// Size in pixels.
const WIDTH: Decimal = dec!(84);
const HEIGHT: Decimal = dec!(22);
/// Room for the dot at the end.
const MARGIN: Decimal = dec!(3);

/// The line through `values` from the least to the largest, broken where one is unknown, with a dot at the last one; empty where
/// fewer than two are known. It is decoration: the numbers stand beside it.
pub(crate) fn sparkline(values: &[Option<Decimal>]) -> String {
    if values.iter().flatten().count() < 2 {
        return String::new();
    }
    let (least, largest) = values
        .iter()
        .flatten()
        .fold((Decimal::MAX, Decimal::MIN), |(least, largest), value| {
            (least.min(*value), largest.max(*value))
        });
    let height = HEIGHT - MARGIN - MARGIN;
    let place = |value: Decimal| {
        let share = value
            .checked_sub(least)
            .zip(largest.checked_sub(least))
            .and_then(|(above, range)| above.checked_div(range));
        HEIGHT - MARGIN - share.unwrap_or(dec!(0.5)) * height
    };
    let step = (WIDTH - MARGIN - MARGIN) / Decimal::from(values.len().saturating_sub(1).max(1));
    let (mut path, mut pen_down, mut end) = (String::new(), false, None);
    for (at, value) in values.iter().enumerate() {
        if let Some(value) = value {
            let (x, y) = (MARGIN + step * Decimal::from(at), place(*value));
            let command = if pen_down { "L" } else { "M" };
            path += &[command, &number(x), " ", &number(y)].concat();
            end = Some((x, y));
        }
        pen_down = value.is_some();
    }
    let dot = end.map_or_else(String::new, |(x, y)| {
        format!(
            "<circle class=\"c-bar\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>",
            number(x),
            number(y)
        )
    });
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">\
         <path class=\"c-line\" fill=\"none\" stroke=\"#5b6675\" stroke-width=\"1.5\" d=\"{path}\"/>{dot}</svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_broken_where_a_value_is_unknown_and_absent_where_there_is_nothing_to_show() {
        let drawn = sparkline(&[Some(dec!(20)), Some(dec!(30)), None, Some(dec!(25))]);
        assert!(drawn.contains("d=\"M3 19L29 3M81 11\""), "{drawn}");
        assert!(drawn.contains("cx=\"81\" cy=\"11\""), "{drawn}");
        let level = sparkline(&[Some(dec!(7)), Some(dec!(7))]);
        assert!(level.contains("d=\"M3 11L81 11\""), "{level}");
        assert_eq!(sparkline(&[Some(dec!(1)), None]), "");
        assert_eq!(sparkline(&[]), "");
    }
}

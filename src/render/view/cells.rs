//! The cells of one column: parts as they add up to the total that is shown below them.

use crate::money;
use crate::render::format::{Formatter, apportion, decimals};
use crate::report::Figure;
use rust_decimal::Decimal;

/// What stands where members do not add up to anything.
const NOTHING: &str = "–";

/// The cells of one column: the members shown, then, with `totals`, the others and the total.
pub(super) fn column_cells(
    figures: &[Option<&Figure>],
    shown: usize,
    formatter: &Formatter,
    totals: bool,
) -> Vec<String> {
    let same = one_currency(figures.iter().flatten().copied());
    let plain = |figure: Option<&Figure>| match figure.map(|figure| formatter.value(figure)) {
        None => formatter.not_available(),
        Some(shown) if same => shown.number,
        Some(shown) => shown.text,
    };
    let Some(first) = figures.iter().flatten().next() else {
        return vec![formatter.not_available(); shown + 2];
    };
    let values = figures
        .iter()
        .map(|figure| figure.and_then(|f| f.value))
        .collect::<Option<Vec<_>>>();
    let places = decimals(first);
    let adding = values
        .filter(|_| totals && same && first.metric.adds_up())
        .and_then(|exact| Some((apportion(&exact, places)?, exact)));
    let Some((amounts, exact)) = adding else {
        let mut cells: Vec<String> = figures[..shown].iter().copied().map(plain).collect();
        cells.extend([NOTHING.to_owned(), NOTHING.to_owned()]);
        return cells;
    };
    let sums = [
        sum(&amounts[shown..], &exact[shown..], places, formatter),
        sum(&amounts, &exact, places, formatter),
    ];
    let parts = amounts[..shown].iter().zip(&exact);
    parts
        .map(|(amount, exact)| formatter.part(*amount, *exact, places))
        .chain(sums)
        .collect()
}

/// The sum of the parts `shown` as `exact` were made to add up: like a part, it never reads as nothing unless it is.
pub(super) fn sum(shown: &[Decimal], exact: &[Decimal], places: u32, formatter: &Formatter) -> String {
    let sums = [shown, exact].map(|parts| money::sum(parts.iter().copied()));
    match sums {
        [Ok(shown), Ok(exact)] => formatter.part(shown, exact, places),
        _ => formatter.not_available(),
    }
}

/// Gives a column in which a member is unknown its total, which the source tells nevertheless.
pub(super) fn with_total(
    mut cells: Vec<String>,
    total: Option<&Figure>,
    formatter: &Formatter,
) -> Vec<String> {
    let told = total
        .map(|total| formatter.value(total))
        .filter(|total| total.known);
    if let (Some(last), Some(total)) = (cells.last_mut().filter(|last| *last == NOTHING), told) {
        *last = total.number;
    }
    cells
}

/// Whether all of `figures` are in one currency, or in none.
pub(super) fn one_currency<'a>(mut figures: impl Iterator<Item = &'a Figure>) -> bool {
    figures
        .next()
        .is_none_or(|first| figures.all(|figure| figure.currency == first.currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Metric;
    use crate::report::sample::figure;
    use rust_decimal::dec;

    fn cells(values: &[Option<Decimal>], shown: usize) -> Vec<String> {
        let figures: Vec<Figure> = values
            .iter()
            .map(|value| figure(Metric::TotalCost, *value))
            .collect();
        let column: Vec<Option<&Figure>> = figures.iter().map(Some).collect();
        column_cells(&column, shown, &Formatter::new("en-US"), true)
    }

    #[test]
    fn sums_of_parts_that_round_to_nothing_never_read_as_nothing() {
        let tiny = Some(dec!(0.0000000001));
        assert_eq!(cells(&[tiny; 3], 1), ["<0.01", "<0.01", "<0.01"]);
        let credit = Some(dec!(-0.0000000001));
        assert_eq!(
            cells(&[credit; 3], 1),
            [">\u{2212}0.01", ">\u{2212}0.01", ">\u{2212}0.01"]
        );
        assert_eq!(cells(&[Some(dec!(0)); 3], 1), ["0.00", "0.00", "0.00"]);
        assert_eq!(cells(&[Some(dec!(5)), tiny, tiny], 1), ["5.00", "<0.01", "5.00"]);
        assert_eq!(
            cells(&[tiny, credit], 2),
            ["<0.01", ">\u{2212}0.01", "0.00", "0.00"]
        );
    }

    #[test]
    fn a_total_that_is_known_stands_below_members_of_which_one_is_not() {
        let unknown = || cells(&[Some(dec!(5)), None], 2);
        let formatter = Formatter::new("en-US");
        let total = |value| Some(figure(Metric::TotalCost, value));
        for (told, expected) in [(total(Some(dec!(7))), "7.00"), (total(None), "–"), (None, "–")] {
            let cells = with_total(unknown(), told.as_ref(), &formatter);
            assert_eq!(cells, ["5.00", "n/a", "–", expected]);
        }
        let added = with_total(
            cells(&[Some(dec!(5))], 1),
            total(Some(dec!(7))).as_ref(),
            &formatter,
        );
        assert_eq!(added.last().unwrap(), "5.00");
    }
}

//! A figure beside its counterpart: change, percentage and the word for it.

use super::{Comparison, Direction};
use crate::money;
use rust_decimal::Decimal;

impl Comparison {
    /// Puts `value` beside `base`; what is missing on either side stays missing.
    ///
    /// Source: finance definitions, change, percent and points.
    #[must_use]
    pub fn of(comparison: &str, value: Option<Decimal>, base: Option<Decimal>) -> Self {
        let both = value.zip(base);
        // A difference that 28 digits cannot hold exactly is not shown rounded.
        let change = both.and_then(|(value, base)| money::sum([value, -base]).ok());
        let change_percent = change
            .zip(base.filter(|base| *base > Decimal::ZERO))
            .and_then(|(change, base)| money::percent(change, base));
        Self {
            comparison: comparison.to_owned(),
            base_value: base,
            change,
            change_percent,
            direction: both.map(|(value, base)| direction(value, base, change_percent)),
        }
    }
}

fn direction(value: Decimal, base: Decimal, change_percent: Option<Decimal>) -> Direction {
    let reads_zero = change_percent.is_some_and(|percent| money::rounded(percent, 1).is_zero());
    if value == base {
        Direction::Flat
    } else if base.is_zero() && value > base {
        Direction::New
    } else if value.is_zero() && base > value {
        Direction::Gone
    } else if reads_zero {
        Direction::Flat
    } else if value > base {
        Direction::Up
    } else {
        Direction::Down
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    const PREVIOUS_PERIOD: &str = "previous_period";

    fn check(value: Decimal, base: Decimal, change: Decimal, percent: Option<Decimal>, direction: Direction) {
        let comparison = Comparison::of(PREVIOUS_PERIOD, Some(value), Some(base));
        assert_eq!(comparison.change, Some(change), "{value} against {base}");
        assert_eq!(comparison.change_percent, percent, "{value} against {base}");
        assert_eq!(comparison.direction, Some(direction), "{value} against {base}");
    }

    #[test]
    fn changes_follow_the_finance_definitions() {
        check(
            dec!(1370),
            dec!(1200),
            dec!(170),
            Some(dec!(14.166666666667)),
            Direction::Up,
        );
        check(
            dec!(1004.40),
            dec!(1000.40),
            dec!(4),
            Some(dec!(0.399840063974)),
            Direction::Up,
        );
        check(dec!(50), dec!(200), dec!(-150), Some(dec!(-75)), Direction::Down);
        check(
            dec!(9996),
            dec!(10000),
            dec!(-4),
            Some(dec!(-0.04)),
            Direction::Flat,
        );
        check(
            dec!(9995),
            dec!(10000),
            dec!(-5),
            Some(dec!(-0.05)),
            Direction::Down,
        );
        check(dec!(7.0), dec!(7), dec!(0), Some(dec!(0)), Direction::Flat);
        check(dec!(0), dec!(0), dec!(0), None, Direction::Flat);
        check(dec!(5), dec!(0), dec!(5), None, Direction::New);
        check(dec!(0), dec!(5), dec!(-5), Some(dec!(-100)), Direction::Gone);
        check(dec!(50), dec!(-50), dec!(100), None, Direction::Up);
        check(dec!(-5), dec!(0), dec!(-5), None, Direction::Down);
        check(dec!(0), dec!(-5), dec!(5), None, Direction::Up);
    }

    #[test]
    fn a_missing_side_leaves_the_rest_empty() {
        for (value, base) in [(None, Some(dec!(1))), (Some(dec!(1)), None), (None, None)] {
            let comparison = Comparison::of(PREVIOUS_PERIOD, value, base);
            assert_eq!(comparison.base_value, base);
            assert_eq!(
                (comparison.change, comparison.change_percent, comparison.direction),
                (None, None, None)
            );
        }
    }
}

//! Scales: from a value to a place on the canvas, in decimals, for any value.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, dec};

/// Grid lines aimed at.
const TICKS: Decimal = dec!(5);
/// Beyond it a value is no figure of a bill; it is drawn at the edge.
const LARGEST: Decimal = dec!(1_000_000_000_000_000_000);

/// A linear scale that contains zero.
#[derive(Debug)]
pub(super) struct Scale {
    low: Decimal,
    high: Decimal,
    step: Decimal,
    at_low: Decimal,
    at_high: Decimal,
}

impl Scale {
    /// A scale whose ends are round numbers beyond all of `values`.
    pub(super) fn over(values: impl Iterator<Item = Decimal>, at_low: Decimal, at_high: Decimal) -> Self {
        let exact = Self::exactly(values, at_low, at_high);
        let step = round_step((exact.high - exact.low) / TICKS);
        Self {
            low: (exact.low / step).floor() * step,
            high: (exact.high / step).ceil() * step,
            step,
            ..exact
        }
    }

    /// A scale from the least to the largest of `values` and zero.
    pub(super) fn exactly(values: impl Iterator<Item = Decimal>, at_low: Decimal, at_high: Decimal) -> Self {
        let (low, high) = values
            .map(|value| value.clamp(-LARGEST, LARGEST))
            .fold((Decimal::ZERO, Decimal::ZERO), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let high = if low == high { Decimal::ONE } else { high };
        Self {
            low,
            high,
            step: high - low,
            at_low,
            at_high,
        }
    }

    /// The place of `value`, at the edge if it lies beyond.
    pub(super) fn place(&self, value: Decimal) -> Decimal {
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        self.at_low + (self.at_high - self.at_low) * share
    }

    /// The values of the grid lines, from below.
    pub(super) fn ticks(&self) -> Vec<Decimal> {
        let count = ((self.high - self.low) / self.step).to_u32().unwrap_or(0).min(12);
        (0..=count)
            .map(|n| self.low + self.step * Decimal::from(n))
            .collect()
    }
}

/// The least of 1, 2, 2.5 and 5 times a power of ten that is not below `raw`.
fn round_step(raw: Decimal) -> Decimal {
    let mut unit = Decimal::ONE;
    while unit < raw {
        unit *= Decimal::TEN;
    }
    while unit / Decimal::TEN >= raw && unit.scale() < 12 {
        unit /= Decimal::TEN;
    }
    [dec!(0.1), dec!(0.2), dec!(0.25), dec!(0.5), dec!(1)]
        .into_iter()
        .map(|factor| (factor * unit).normalize())
        .find(|step| *step >= raw)
        .unwrap_or(unit)
}

/// A coordinate with one decimal at most.
pub(super) fn number(value: Decimal) -> String {
    value.round_dp(1).normalize().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(values: &[Decimal]) -> Vec<String> {
        let scale = Scale::over(values.iter().copied(), dec!(200), dec!(0));
        scale
            .ticks()
            .iter()
            .map(|tick| tick.normalize().to_string())
            .collect()
    }

    #[test]
    fn axes_begin_at_zero_and_end_on_round_numbers() {
        assert_eq!(
            ticks(&[dec!(402.6), dec!(20)]),
            ["0", "100", "200", "300", "400", "500"]
        );
        assert_eq!(ticks(&[dec!(-3), dec!(7)]), ["-4", "-2", "0", "2", "4", "6", "8"]);
        assert_eq!(ticks(&[dec!(0)]), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(
            ticks(&[dec!(0.0123)]),
            ["0", "0.0025", "0.005", "0.0075", "0.01", "0.0125"]
        );
        assert_eq!(ticks(&[dec!(-5)]), ["-5", "-4", "-3", "-2", "-1", "0"]);
    }

    #[test]
    fn any_value_has_a_place() {
        for extreme in [
            Decimal::MAX,
            Decimal::MIN,
            Decimal::new(1, 28),
            Decimal::new(-1, 28),
        ] {
            let scale = Scale::over([extreme].into_iter(), dec!(200), dec!(0));
            assert!(scale.ticks().len() <= 13);
            for value in [extreme, Decimal::ZERO, Decimal::MAX, Decimal::MIN] {
                let place = scale.place(value);
                assert!(
                    place >= dec!(0) && place <= dec!(200),
                    "{extreme} {value}: {place}"
                );
            }
        }
    }
}

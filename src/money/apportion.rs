//! Rounded parts that add to their rounded total.

use super::{rounded, sum};
use rust_decimal::{Decimal, RoundingStrategy};
use std::cmp::Reverse;

/// `parts` rounded so that they add to their rounded sum: the largest remainder method, ties to the larger amount, then to
/// the earlier part. `None` if a sum cannot be kept exactly.
#[must_use]
pub fn apportion(parts: &[Decimal], decimals: u32) -> Option<Vec<Decimal>> {
    apportion_to(
        parts,
        rounded(sum(parts.iter().copied()).ok()?, decimals),
        decimals,
    )
}

/// As [`apportion`], but they add to `total`, which has these decimals and is about their sum: the difference between two totals
/// that are rounded themselves, for example.
#[must_use]
pub fn apportion_to(parts: &[Decimal], total: Decimal, decimals: u32) -> Option<Vec<Decimal>> {
    let step = Decimal::new(1, decimals);
    let mut shown: Vec<Decimal> = parts
        .iter()
        .map(|part| part.round_dp_with_strategy(decimals, RoundingStrategy::ToNegativeInfinity))
        .collect();
    let mut missing = total.checked_sub(sum(shown.iter().copied()).ok()?)?;
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&at| Reverse((parts[at] - shown[at], parts[at].abs(), Reverse(at))));
    for at in order {
        if missing <= Decimal::ZERO {
            break;
        }
        shown[at] = shown[at].checked_add(step)?;
        missing -= step;
    }
    // A total below the sum of the floors, by less than a unit for each of the two roundings, is taken off the smallest remainders.
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&at| (parts[at] - shown[at], Reverse(parts[at].abs()), at));
    for at in order {
        if missing >= Decimal::ZERO {
            break;
        }
        shown[at] = shown[at].checked_sub(step)?;
        missing += step;
    }
    missing.is_zero().then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn twelfths_add_to_the_year() {
        let months = apportion_to(&[dec!(8333.333333333333); 12], dec!(100_000.00), 2).unwrap();
        let of = |amount| months.iter().filter(|month| **month == amount).count();
        assert_eq!((of(dec!(8333.33)), of(dec!(8333.34))), (8, 4));
    }

    #[test]
    fn shown_parts_add_to_the_shown_total() {
        let cases: [(&[Decimal], u32, &[Decimal]); 4] = [
            (
                &[dec!(33.335), dec!(33.335), dec!(33.330)],
                2,
                &[dec!(33.34), dec!(33.33), dec!(33.33)],
            ),
            (
                &[dec!(33.3333333), dec!(33.3333333), dec!(33.3333334)],
                1,
                &[dec!(33.3), dec!(33.3), dec!(33.4)],
            ),
            (
                &[dec!(10.006), dec!(-4.004), dec!(2.999)],
                2,
                &[dec!(10.01), dec!(-4.01), dec!(3.00)],
            ),
            (
                &[dec!(10.004), dec!(20.004), dec!(30.004)],
                2,
                &[dec!(10.00), dec!(20.00), dec!(30.01)],
            ),
        ];
        for (parts, decimals, expected) in cases {
            assert_eq!(apportion(parts, decimals).as_deref(), Some(expected));
        }
        let steps = [dec!(1.004), dec!(-0.001)];
        for (total, expected) in [
            (dec!(1.01), [dec!(1.01), dec!(0.00)]),
            (dec!(1.00), [dec!(1.00), dec!(0.00)]),
            (dec!(0.99), [dec!(1.00), dec!(-0.01)]),
            (dec!(0.98), [dec!(0.99), dec!(-0.01)]),
        ] {
            assert_eq!(
                apportion_to(&steps, total, 2).as_deref(),
                Some(&expected[..]),
                "{total}"
            );
        }
        assert_eq!(apportion(&[Decimal::MAX, Decimal::MAX], 2), None);
    }
}

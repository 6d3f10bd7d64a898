//! Exact decimals: reading, adding, dividing and rounding amounts. No binary float anywhere.

pub mod apportion;
pub mod rates;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Decimals that a quotient carries.
pub const QUOTIENT_DECIMALS: u32 = 12;

/// Why a number could not be read or computed exactly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// The text is not a decimal number.
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
    /// The number has more digits than can be kept exactly (28).
    #[error("`{0}` has more digits than can be kept exactly")]
    TooPrecise(String),
    /// The code is not an ISO 4217 currency.
    #[error("`{0}` is not an ISO 4217 currency code")]
    UnknownCurrency(String),
    /// A sum left the range that is kept exactly.
    #[error("a sum left the range that can be kept exactly")]
    Overflow,
}

/// A currency of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The US dollar.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// The three letters, such as `EUR`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimals of displayed amounts: 2 for most, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn minor_units(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency(code.to_owned()))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Reads a decimal from its digits: plain (`12.50`, `-0.004`) or in scientific notation (`5.2e-05`).
///
/// # Errors
/// [`MoneyError::NotANumber`] for anything else (grouping, a plus sign before the digits, spaces, `NaN`),
/// [`MoneyError::TooPrecise`] where a digit would be lost.
pub fn exact(text: &str) -> Result<Decimal, MoneyError> {
    let not_a_number = || MoneyError::NotANumber(text.chars().take(60).collect());
    let well_formed = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !well_formed || !starts_like_a_number(digits) || text.ends_with('.') {
        return Err(not_a_number());
    }
    if let Some(at) = text.find(['e', 'E']) {
        return scientific(&text[..at], &text[at + 1..]).ok_or_else(not_a_number)?;
    }
    Decimal::from_str_exact(text).map_err(|error| match error {
        rust_decimal::Error::Underflow | rust_decimal::Error::ExceedsMaximumPossibleValue => {
            MoneyError::TooPrecise(text.chars().take(60).collect())
        }
        _ => not_a_number(),
    })
}

/// `5…` or, as some billing exports write it, `.5…`.
fn starts_like_a_number(digits: &str) -> bool {
    digits
        .strip_prefix('.')
        .unwrap_or(digits)
        .starts_with(|c: char| c.is_ascii_digit())
}

/// `mantissa` × 10^`exponent`; `None` where either is malformed.
fn scientific(mantissa: &str, exponent: &str) -> Option<Result<Decimal, MoneyError>> {
    let base = match exact(mantissa) {
        Ok(base) if !mantissa.contains(['e', 'E']) => base,
        Ok(_) | Err(MoneyError::NotANumber(_)) => return None,
        Err(error) => return Some(Err(error)),
    };
    let exponent: i32 = exponent.parse().ok()?;
    let too_precise = || MoneyError::TooPrecise(format!("{mantissa}e{exponent}"));
    if base.is_zero() {
        return Some(Ok(Decimal::ZERO));
    }
    let base = base.normalize();
    let scale = i64::from(base.scale()) - i64::from(exponent);
    let result = if scale >= 0 {
        u32::try_from(scale)
            .ok()
            .and_then(|scale| Decimal::try_from_i128_with_scale(base.mantissa(), scale).ok())
    } else {
        u32::try_from(-scale)
            .ok()
            .and_then(|zeros| 10_i128.checked_pow(zeros))
            .and_then(|factor| base.mantissa().checked_mul(factor))
            .and_then(|mantissa| Decimal::try_from_i128_with_scale(mantissa, 0).ok())
    };
    Some(result.ok_or_else(too_precise))
}

/// `numerator` / `denominator` with 12 decimals, half to even; `None` where the denominator is zero.
#[must_use]
pub fn quotient(numerator: Decimal, denominator: Decimal) -> Option<Decimal> {
    let exact = numerator.checked_div(denominator)?;
    Some(
        exact
            .round_dp_with_strategy(QUOTIENT_DECIMALS, RoundingStrategy::MidpointNearestEven)
            .normalize(),
    )
}

/// `part` / `whole` × 100 with 12 decimals, half to even; `None` where the whole is zero.
#[must_use]
pub fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    quotient(part.checked_mul(Decimal::ONE_HUNDRED)?, whole)
}

/// Rounds for display, half away from zero: 2.345 reads 2.35, −2.345 reads −2.35.
#[must_use]
pub fn rounded(value: Decimal, decimals: u32) -> Decimal {
    let mut rounded = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(decimals);
    if rounded.is_zero() {
        rounded.set_sign_positive(true);
    }
    rounded
}

/// `value` as [`rounded`], with as many more decimals as it takes to tell it from `limit`, unless it is that.
#[must_use]
pub fn told_apart(value: Decimal, limit: Decimal, decimals: u32) -> Decimal {
    let mut shown = (decimals..=value.scale()).map(|decimals| rounded(value, decimals));
    let apart = shown.find(|shown| *shown != limit);
    apart.unwrap_or_else(|| rounded(value, decimals))
}

/// An exact running sum: 38 digits inside, so that a million addends of any mixture of scales lose nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    mantissa: i128,
    scale: u32,
}

impl Tally {
    /// Adds one amount.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if 38 digits do not hold the sum.
    pub fn add(&mut self, amount: Decimal) -> Result<(), MoneyError> {
        self.merge(&Self::from(amount))
    }

    /// Adds another sum.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if 38 digits do not hold the sum.
    #[inline]
    pub fn merge(&mut self, other: &Self) -> Result<(), MoneyError> {
        let mut addend = other.mantissa;
        if other.scale > self.scale {
            self.mantissa = shifted(self.mantissa, other.scale - self.scale)?;
            self.scale = other.scale;
        } else if other.scale < self.scale {
            addend = shifted(addend, self.scale - other.scale)?;
        }
        self.mantissa = self.mantissa.checked_add(addend).ok_or(MoneyError::Overflow)?;
        Ok(())
    }

    /// Whether nothing but zeros was added, or what was cancels out.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// The sum, without trailing zeros.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if a decimal of 28 digits does not hold it exactly.
    pub fn total(&self) -> Result<Decimal, MoneyError> {
        let (mut mantissa, mut scale) = (self.mantissa, self.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| MoneyError::Overflow)
    }
}

impl From<Decimal> for Tally {
    /// The sum of one amount.
    fn from(amount: Decimal) -> Self {
        Self {
            mantissa: amount.mantissa(),
            scale: amount.scale(),
        }
    }
}

fn shifted(mantissa: i128, digits: u32) -> Result<i128, MoneyError> {
    10_i128
        .checked_pow(digits)
        .and_then(|factor| mantissa.checked_mul(factor))
        .ok_or(MoneyError::Overflow)
}

/// The exact sum of `amounts`.
///
/// # Errors
/// [`MoneyError::Overflow`] as in [`Tally`].
pub fn sum(amounts: impl IntoIterator<Item = Decimal>) -> Result<Decimal, MoneyError> {
    let mut tally = Tally::default();
    for amount in amounts {
        tally.add(amount)?;
    }
    tally.total()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::dec;

    #[test]
    fn reads_plain_and_scientific_digits_exactly() {
        let cases = [
            ("12.50", "12.50"),
            ("-0.004", "-0.004"),
            ("5.2e-05", "0.000052"),
            ("1E3", "1000"),
            (".5", "0.5"),
            ("-.25", "-0.25"),
            ("-1.50e+1", "-15"),
            ("0e-999", "0"),
            ("12345678901234567.123456789", "12345678901234567.123456789"),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                exact(text).map(|d| d.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_not_a_number_or_would_lose_a_digit() {
        for text in [
            "", "-", "+1", "1,5", "1 000", "NaN", "inf", "1e", "e5", "1e2e3", "1.2.3", "-.", "1.", "--1",
            "0x10", "١",
        ] {
            assert!(
                matches!(exact(text), Err(MoneyError::NotANumber(_))),
                "{text}: {:?}",
                exact(text)
            );
        }
        for text in ["1e-29", "1e40", "0.12345678901234567890123456789"] {
            assert!(
                matches!(exact(text), Err(MoneyError::TooPrecise(_))),
                "{text}: {:?}",
                exact(text)
            );
        }
    }

    #[test]
    fn rounds_half_away_from_zero_and_once() {
        let cases = [
            (dec!(2.345), "2.35"),
            (dec!(2.355), "2.36"),
            (dec!(-2.345), "-2.35"),
            (dec!(0.005), "0.01"),
            (dec!(0.015), "0.02"),
            (dec!(2.3449), "2.34"),
            (dec!(-0.004), "0.00"),
            (dec!(7), "7.00"),
        ];
        for (value, expected) in cases {
            assert_eq!(rounded(value, 2).to_string(), expected);
        }
    }

    #[test]
    fn quotients_carry_twelve_decimals_half_to_even() {
        assert_eq!(quotient(dec!(2), dec!(3)), Some(dec!(0.666666666667)));
        assert_eq!(
            quotient(dec!(10), dec!(4)).map(|q| q.to_string()).as_deref(),
            Some("2.5")
        );
        assert_eq!(quotient(dec!(0.000000000001), dec!(2)), Some(dec!(0)));
        assert_eq!(quotient(dec!(1), dec!(0)), None);
        assert_eq!(percent(dec!(4), dec!(1000.40)), Some(dec!(0.399840063974)));
    }

    #[test]
    fn minor_units_follow_iso_4217() {
        for (code, units) in [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("UYW", 4)] {
            assert_eq!(
                code.parse::<Currency>().map(Currency::minor_units),
                Ok(units),
                "{code}"
            );
        }
        assert!("usd".parse::<Currency>().is_err());
        assert!("XX".parse::<Currency>().is_err());
    }

    proptest! {
        #[test]
        fn a_sum_is_exact_in_any_order(parts in prop::collection::vec((any::<i32>(), 0u32..13), 1..200)) {
            let parts: Vec<Decimal> = parts.into_iter().map(|(m, s)| Decimal::new(i64::from(m), s)).collect();
            let scaled: i128 = parts.iter().map(|d| d.mantissa() * 10_i128.pow(13 - d.scale())).sum();
            let forward = sum(parts.iter().copied()).unwrap();
            let backward = sum(parts.iter().rev().copied()).unwrap();
            prop_assert_eq!(forward, backward);
            prop_assert_eq!(forward, Decimal::from_i128_with_scale(scaled, 13).normalize());
        }

        #[test]
        fn splitting_an_amount_loses_nothing(total in -10_000_000_000_i64..10_000_000_000, cuts in prop::collection::vec(any::<u32>(), 0..50)) {
            let total = Decimal::new(total, 7);
            let mut parts: Vec<Decimal> = cuts.iter().map(|c| Decimal::new(i64::from(*c), 11)).collect();
            let spent = sum(parts.iter().copied()).unwrap();
            parts.push(total - spent);
            prop_assert_eq!(sum(parts).unwrap(), total.normalize());
        }

        #[test]
        fn what_a_decimal_prints_is_what_is_read(mantissa in any::<i64>(), scale in 0u32..20) {
            let value = Decimal::new(mantissa, scale);
            prop_assert_eq!(exact(&value.to_string()), Ok(value));
        }
    }
}

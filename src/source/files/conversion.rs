//! Amounts of rows become amounts of another currency, each at the rate of its day.

use crate::money::Currency;
use crate::money::rates::Rates;
use crate::source::Window;
use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::BTreeSet;

/// Decimals of a converted amount. Sums of millions of them are as good as exact to the twelfth.
const DECIMALS: u32 = 18;

/// Into which currency amounts are converted, and by what.
#[derive(Debug, Clone, Copy)]
pub struct Conversion<'a> {
    /// The table of rates.
    pub rates: &'a Rates,
    /// The currency that amounts are to be in.
    pub into: Currency,
}

impl Conversion<'_> {
    /// `amount` of `day`, which is exact as far as eighteen decimals hold it; `None` where the table has no rate of the day, or the
    /// product is too large.
    pub(crate) fn of(&self, amount: Decimal, from: Currency, day: NaiveDate) -> Option<Decimal> {
        if amount.is_zero() {
            return Some(amount);
        }
        let product = amount.checked_mul(self.rates.of(from, self.into, day)?.value)?;
        Some(product.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointNearestEven))
    }
}

/// Converts the amounts of one row after the other, if they are to be converted.
#[derive(Debug, Default)]
pub(crate) struct Converter<'a> {
    conversion: Option<Conversion<'a>>,
    /// The days of which an amount could not be converted.
    lacking: BTreeSet<NaiveDate>,
}

impl<'a> Converter<'a> {
    /// By `conversion`, or not at all.
    pub(crate) fn new(conversion: Option<Conversion<'a>>) -> Self {
        Self {
            conversion,
            lacking: BTreeSet::new(),
        }
    }

    /// Converts `amounts` of `day`, and takes note where one cannot be.
    pub(crate) fn convert(&mut self, amounts: &mut [&mut Decimal], from: Currency, day: NaiveDate) {
        for amount in amounts {
            match self.of(**amount, from, day) {
                Some(converted) => **amount = converted,
                None => drop(self.lacking.insert(day)),
            }
        }
    }

    /// The same of one amount; `None` where it cannot be.
    pub(crate) fn of(&self, amount: Decimal, from: Currency, day: NaiveDate) -> Option<Decimal> {
        match &self.conversion {
            Some(conversion) => conversion.of(amount, from, day),
            None => Some(amount),
        }
    }

    /// The windows of which every amount could be converted.
    pub(crate) fn complete(&self, mut windows: Vec<Window>) -> Vec<Window> {
        windows.retain(|window| !self.lacking.iter().any(|day| window.period.contains(*day)));
        windows
    }
}

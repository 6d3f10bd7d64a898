//! The daily cost of the members of each dimension, for whoever reads the rows once more.
//!
//! The second reading keeps the memory bounded: only the members that cost most have days of their own, and which these are is not
//! known before the last row.

use super::{Book, Key, Slots};
use crate::metric::Metric;
use crate::money::{MoneyError, Tally};
use crate::source::Series;
use crate::source::files::Flaw;
use crate::source::organization::{Part, Split};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Members of a dimension that have days of their own.
const MOST_MEMBERS: usize = 24;

/// The sums, while the rows are read.
pub(crate) struct ByDay<'a, const M: usize, const X: usize, const D: usize> {
    book: &'a Book<M, X, D>,
    period: usize,
    dates: Vec<NaiveDate>,
    /// Each dimension with the slots of its members and their days.
    dimensions: Vec<(usize, Slots, Vec<Vec<Tally>>)>,
}

impl<'a, const M: usize, const X: usize, const D: usize> ByDay<'a, M, X, D> {
    /// For the first `shown` dimensions of the period at `period`, as far as its rows name members of them.
    ///
    /// # Errors
    /// [`MoneyError`] if a sum leaves the exact range.
    pub(crate) fn new(book: &'a Book<M, X, D>, period: usize, shown: usize) -> Result<Self, MoneyError> {
        let dates: Vec<NaiveDate> = book.ledgers()[period].period().dates().collect();
        let mut dimensions = Vec::new();
        for dimension in (0..shown).filter(|dimension| book.ledgers()[period].uses(*dimension)) {
            let slots = Slots::new(book.ranked(period, dimension)?, MOST_MEMBERS);
            let days = vec![vec![Tally::default(); dates.len()]; slots.len()];
            dimensions.push((dimension, slots, days));
        }
        Ok(Self {
            book,
            period,
            dates,
            dimensions,
        })
    }

    /// Adds what a row cost, if the period holds its day.
    ///
    /// # Errors
    /// [`Flaw`] if a sum leaves the exact range.
    pub(crate) fn add(&mut self, day: NaiveDate, keys: &[Key<'_>; D], cost: Decimal) -> Result<(), Flaw> {
        let Ok(at) = self.dates.binary_search(&day) else {
            return Ok(());
        };
        for (dimension, slots, days) in &mut self.dimensions {
            let slot = slots.slot(self.book.place(*dimension, &keys[*dimension]));
            days[slot][at]
                .add(cost)
                .map_err(|cause| Flaw::row(cause.to_string()))?;
        }
        Ok(())
    }

    /// The splits; nothing for a day of which no row is known, zero for a member on a day on which only others have rows.
    ///
    /// # Errors
    /// [`MoneyError`] if a sum leaves the exact range.
    pub(crate) fn splits(&self) -> Result<Vec<Split>, MoneyError> {
        let ledger = &self.book.ledgers()[self.period];
        let points = |days: &[Tally]| {
            let days = self.dates.iter().zip(days);
            days.map(|(day, tally)| {
                let cost = ledger.knows(*day).then(|| tally.total()).transpose()?;
                Ok((*day, cost))
            })
            .collect::<Result<Vec<_>, MoneyError>>()
        };
        let split = |(dimension, slots, days): &(usize, Slots, Vec<Vec<Tally>>)| {
            let mut members = Vec::with_capacity(days.len());
            for (slot, days) in days.iter().enumerate() {
                members.push(Part {
                    name: slots.name(slot),
                    others: slots.summed(slot),
                    colour: None,
                    series: vec![Series {
                        metric: Metric::TotalCost,
                        whole: false,
                        points: points(days)?,
                    }],
                });
            }
            Ok(Split {
                dimension: self.book.dimensions[*dimension].title.to_owned(),
                within: None,
                members,
            })
        };
        self.dimensions.iter().map(split).collect()
    }
}

//! The daily amounts of the members of each dimension, for whoever reads the rows once more.
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
    /// The amounts of a row.
    metrics: &'static [Metric],
    dates: Vec<NaiveDate>,
    /// The amounts of everybody, day by day, one after the other.
    whole: Vec<Tally>,
    /// Each dimension with the slots of its members and their amounts, as those of everybody.
    dimensions: Vec<(usize, Slots, Vec<Vec<Tally>>)>,
}

impl<'a, const M: usize, const X: usize, const D: usize> ByDay<'a, M, X, D> {
    /// For the first `shown` dimensions of the period at `period`, as far as its rows name members of them. The first of `metrics` is
    /// the cost.
    ///
    /// # Errors
    /// [`MoneyError`] if a sum leaves the exact range.
    pub(crate) fn new(
        book: &'a Book<M, X, D>,
        period: usize,
        shown: usize,
        metrics: &'static [Metric],
    ) -> Result<Self, MoneyError> {
        let dates: Vec<NaiveDate> = book.ledgers()[period].period().dates().collect();
        let none = vec![Tally::default(); dates.len() * metrics.len()];
        let mut dimensions = Vec::new();
        for dimension in (0..shown).filter(|dimension| book.ledgers()[period].uses(*dimension)) {
            let slots = Slots::new(book.ranked(period, dimension)?, MOST_MEMBERS);
            let days = vec![none.clone(); slots.len()];
            dimensions.push((dimension, slots, days));
        }
        Ok(Self {
            book,
            period,
            metrics,
            dates,
            whole: none,
            dimensions,
        })
    }

    /// Adds the amounts of a row, one for each metric, if the period holds its day.
    ///
    /// # Errors
    /// [`Flaw`] if a sum leaves the exact range.
    pub(crate) fn add(
        &mut self,
        day: NaiveDate,
        keys: &[Key<'_>; D],
        amounts: &[Decimal],
    ) -> Result<(), Flaw> {
        let Ok(at) = self.dates.binary_search(&day) else {
            return Ok(());
        };
        let at = at * self.metrics.len();
        let add = |days: &mut [Tally]| {
            let mut pairs = days[at..].iter_mut().zip(amounts);
            pairs.try_for_each(|(tally, amount)| tally.add(*amount))
        };
        let flaw = |cause: MoneyError| Flaw::row(cause.to_string());
        add(&mut self.whole).map_err(flaw)?;
        for (dimension, slots, days) in &mut self.dimensions {
            let slot = slots.slot(self.book.place(*dimension, &keys[*dimension]));
            add(&mut days[slot]).map_err(flaw)?;
        }
        Ok(())
    }

    /// The metrics of everybody beyond the cost, day by day.
    ///
    /// # Errors
    /// [`MoneyError`] if a sum leaves the exact range.
    pub(crate) fn more(&self) -> Result<Vec<Series>, MoneyError> {
        let mut series = self.series(&self.whole, true)?;
        Ok(series.split_off(1))
    }

    /// Nothing for a day of which no row is known, zero for a member on a day on which only others have rows.
    fn series(&self, days: &[Tally], whole: bool) -> Result<Vec<Series>, MoneyError> {
        let ledger = &self.book.ledgers()[self.period];
        let of_metric = |(place, metric): (usize, &Metric)| {
            let tallies = days.iter().skip(place).step_by(self.metrics.len());
            let points = self.dates.iter().zip(tallies).map(|(day, tally)| {
                let amount = ledger.knows(*day).then(|| tally.total()).transpose()?;
                Ok((*day, amount))
            });
            Ok(Series {
                metric: *metric,
                whole,
                points: points.collect::<Result<_, MoneyError>>()?,
            })
        };
        self.metrics.iter().enumerate().map(of_metric).collect()
    }

    /// The splits.
    ///
    /// # Errors
    /// [`MoneyError`] if a sum leaves the exact range.
    pub(crate) fn splits(&self) -> Result<Vec<Split>, MoneyError> {
        let split = |(dimension, slots, days): &(usize, Slots, Vec<Vec<Tally>>)| {
            let mut members = Vec::with_capacity(days.len());
            for (slot, days) in days.iter().enumerate() {
                members.push(Part {
                    name: slots.name(slot),
                    others: slots.summed(slot),
                    colour: None,
                    series: self.series(days, false)?,
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

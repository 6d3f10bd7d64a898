//! The members of a book by their cost, and where a row's members stand, for whoever reads the rows once more.

use super::{Book, Key, Ledger, NOBODY};
use crate::money::MoneyError;
use crate::period::Period;
use crate::source::Depth;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// A member of a dimension that has rows in a period.
#[derive(Debug, Clone)]
pub(crate) struct Ranked {
    /// Its place in the book.
    pub(crate) place: usize,
    /// What tells it from others; empty: the rows without a value.
    pub(crate) id: String,
    /// What a reader sees.
    pub(crate) name: String,
}

impl<const M: usize, const X: usize, const D: usize> Ledger<M, X, D> {
    /// Which period it is about.
    pub(crate) fn period(&self) -> &Period {
        &self.need.period
    }

    /// How much of it is needed.
    pub(crate) fn depth(&self) -> Depth {
        self.need.depth
    }

    /// Whether any row is about the day.
    pub(crate) fn knows(&self, day: NaiveDate) -> bool {
        self.daily.contains_key(&day)
    }
}

impl<const M: usize, const X: usize, const D: usize> Book<M, X, D> {
    /// The members of a dimension with rows in the period at `period`, by descending cost, then by name.
    pub(crate) fn ranked(&self, period: usize, dimension: usize) -> Result<Vec<Ranked>, MoneyError> {
        let (ledger, known) = (&self.ledgers[period], &self.dimensions[dimension]);
        let mut ranked: Vec<(Decimal, Ranked)> = Vec::new();
        for (place, (sums, name)) in ledger.groups[dimension].iter().zip(known.names()).enumerate() {
            if sums.rows > 0 {
                let id = known.members[place].id.clone();
                ranked.push((sums.totals()?[0], Ranked { place, id, name }));
            }
        }
        ranked
            .sort_by(|(a, a_member), (b, b_member)| b.cmp(a).then_with(|| a_member.name.cmp(&b_member.name)));
        Ok(ranked.into_iter().map(|(_, member)| member).collect())
    }

    /// The place of the member that `key` names; that of rows without a value where the book does not know it.
    pub(crate) fn place(&self, dimension: usize, key: &Key<'_>) -> usize {
        let id = if key.id.is_empty() { key.name } else { key.id };
        self.dimensions[dimension]
            .index
            .get(id)
            .copied()
            .unwrap_or(NOBODY)
    }
}

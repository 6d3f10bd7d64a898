//! The members of a book by their cost, and where a row's members stand, for whoever reads the rows once more.

use super::{Book, Key, Ledger, NOBODY};
use crate::money::MoneyError;
use crate::period::Period;
use crate::source::Depth;
use crate::source::organization::OTHERS;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::HashMap;

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
        self.day(day).is_some()
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

/// Members with a slot each, and one for all others.
#[derive(Debug)]
pub(crate) struct Slots {
    of: HashMap<usize, usize>,
    members: Vec<Ranked>,
    /// Members beyond those with a slot.
    others: usize,
}

impl Slots {
    /// The first `most` of `ranked` have a slot.
    pub(crate) fn new(mut ranked: Vec<Ranked>, most: usize) -> Self {
        let others = ranked.len().saturating_sub(most);
        ranked.truncate(most);
        Self {
            of: ranked
                .iter()
                .enumerate()
                .map(|(slot, member)| (member.place, slot))
                .collect(),
            members: ranked,
            others,
        }
    }

    /// The slot of the member at a place of the book; past all members, where it is one of the others.
    pub(crate) fn slot(&self, place: usize) -> usize {
        self.of.get(&place).copied().unwrap_or(self.members.len())
    }

    /// How many slots there are, that of the others included.
    pub(crate) fn len(&self) -> usize {
        self.members.len() + usize::from(self.others > 0)
    }

    /// The member in a slot; `None`: the others.
    pub(crate) fn member(&self, slot: usize) -> Option<&Ranked> {
        self.members.get(slot)
    }

    /// How many members a slot sums up, if it is that of the others.
    pub(crate) fn summed(&self, slot: usize) -> Option<usize> {
        (slot == self.members.len()).then_some(self.others)
    }

    /// What a reader calls a slot.
    pub(crate) fn name(&self, slot: usize) -> String {
        self.members
            .get(slot)
            .map_or_else(|| OTHERS.to_owned(), |member| member.name.clone())
    }
}

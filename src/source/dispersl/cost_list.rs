//! Costs as the platform sends them: for windows of its own choosing, of which only the days that it lists tell where they lie.

use super::answers::{CostDay, Costs};
use super::daily::{ByDay, by_day};
use super::decode::Reader;
use super::endpoint::{Call, Word};
use crate::language::say;
use crate::money::{self, Currency};
use crate::period::Period;
use crate::source::SourceError;
use crate::source::sdk::Flaws;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// The days that a list spans: those without a row in the middle were, as far as the platform tells, without cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
}

impl Reach {
    /// Whether it holds all days of the period that were over `today`.
    pub(super) fn covers(self, period: &Period, today: NaiveDate) -> bool {
        self.first <= period.start() && last_due(period, today).is_none_or(|due| due <= self.last)
    }

    fn overlap(self, period: &Period) -> i64 {
        let first = self.first.max(period.start());
        let last = self.last.min(period.last_day());
        ((last - first).num_days() + 1).max(0)
    }
}

/// The last day of the period that was over `today`, if any was.
fn last_due(period: &Period, today: NaiveDate) -> Option<NaiveDate> {
    let last = period.last_day().min(today.pred_opt()?);
    (last >= period.start()).then_some(last)
}

/// The days that the rows of an answer span; `None` where there are none.
pub(super) fn reach(costs: &Costs) -> Option<Reach> {
    let days = || costs.daily_costs.iter().flatten().filter_map(|row| row.date);
    Some(Reach {
        first: days().min()?,
        last: days().max()?,
    })
}

/// The costs of one window of the platform's own choosing.
#[derive(Debug)]
pub(super) struct CostList {
    word: Word,
    pub(super) call: Call,
    pub(super) costs: Costs,
    pub(super) flaws: Flaws,
    pub(super) days: ByDay<CostDay>,
    pub(super) reach: Option<Reach>,
}

/// The lists of a snapshot, the smallest window first.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Vec<CostList>, SourceError> {
    let mut lists = vec![list(reader, Word::Month)?];
    if reader.holds(Call::costs(Word::Year, reader.configured.currency)) {
        lists.push(list(reader, Word::Year)?);
    }
    Ok(lists)
}

fn list(reader: &mut Reader<'_>, word: Word) -> Result<CostList, SourceError> {
    let call = Call::costs(word, reader.configured.currency);
    let (costs, flaws) = reader.read::<Costs>(call)?;
    let rows = costs.daily_costs.clone().unwrap_or_default();
    let tokens = rows.iter().map(|row| row.tokens);
    reader.refuse_negative(call.path(), "a day", tokens.chain([costs.total_tokens]))?;
    Ok(CostList {
        word,
        call,
        days: by_day(reader, call, rows.into_iter().map(|row| (row.date, row)))?,
        reach: reach(&costs),
        costs,
        flaws,
    })
}

/// The one currency of all lists; where none is stated, the one that was asked for.
pub(super) fn currency(reader: &mut Reader<'_>, lists: &[CostList]) -> Result<Currency, SourceError> {
    let asked = reader.configured.currency.code();
    let mut stated: Vec<String> = lists
        .iter()
        .filter_map(|list| list.costs.currency.as_deref())
        .map(str::to_uppercase)
        .collect();
    stated.sort_unstable();
    stated.dedup();
    if let [one, other, ..] = stated.as_slice() {
        return Err(reader.contradiction(format!(
            "it answered costs in {one} and in {other} for the same question; ask the platform's operator"
        )));
    }
    let code = stated.first().map_or(asked, String::as_str);
    let currency: Currency = code.parse().map_err(|error| {
        reader.contradiction(format!(
            "it answered costs in a unit that is no currency: {error}"
        ))
    })?;
    let text = if stated.is_empty() {
        Some(say!("costs-unstated-currency", "asked" = asked))
    } else if code != asked {
        Some(say!("costs-other-currency", "asked" = asked, "answered" = code,))
    } else if currency != Currency::USD {
        Some(say!("costs-converted", "currency" = code))
    } else {
        None
    };
    if let Some(text) = text {
        reader.notice(text, false);
    }
    Ok(currency)
}

/// The smallest list that covers the period, else the one that holds most of it.
pub(super) fn choose<'l>(lists: &'l [CostList], period: &Period, today: NaiveDate) -> &'l CostList {
    let covering = lists
        .iter()
        .find(|list| list.reach.is_some_and(|reach| reach.covers(period, today)));
    covering.unwrap_or_else(|| {
        let mut best = &lists[0];
        for list in lists {
            if list.overlap(period) > best.overlap(period) {
                best = list;
            }
        }
        best
    })
}

impl CostList {
    /// The platform's word for the window.
    pub(super) fn word(&self) -> &'static str {
        self.word.key()
    }

    fn overlap(&self, period: &Period) -> i64 {
        self.reach.map_or(0, |reach| reach.overlap(period))
    }

    /// The rows of the period.
    pub(super) fn rows(&self, period: &Period) -> impl Iterator<Item = (NaiveDate, &CostDay)> {
        let rows = self.days.rows.range(period.start()..period.end());
        rows.map(|(day, row)| (*day, row))
    }

    /// The days of the period that were over `today` and have no row.
    pub(super) fn absent(&self, period: &Period, today: NaiveDate) -> Vec<NaiveDate> {
        period
            .dates()
            .filter(|day| *day < today && !self.days.rows.contains_key(day))
            .collect()
    }

    /// Whether it lists no day but those of the period.
    pub(super) fn lies_in(&self, period: &Period) -> bool {
        let reach = self.reach;
        reach.is_some_and(|reach| period.start() <= reach.first && reach.last <= period.last_day())
    }

    /// What the days of the period cost, as far as it is told; `None` where no decimal holds it.
    pub(super) fn sum(&self, period: &Period) -> Option<Decimal> {
        money::sum(self.rows(period).filter_map(|(_, row)| row.cost)).ok()
    }
}

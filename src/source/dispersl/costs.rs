//! What a period cost. The platform takes no dates for costs, so the days that it lists are the only evidence of its window:
//! a period's cost is the sum of its days, and only where the list reaches over all of them.

use super::answers::{CostDay, Costs, MemberCost};
use super::daily::{ByDay, by_day, series};
use super::decode::{Reader, is_full};
use super::endpoint::{Call, Word};
use super::usage::UsagePart;
use crate::metric::Metric;
use crate::money::{self, Currency};
use crate::period::Period;
use crate::source::days::spans;
use crate::source::sdk::Flaws;
use crate::source::{Need, Series, SourceError};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// The rows of the list, in the place of a flaw.
const ROWS: &str = "data.daily_costs[";

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
    call: Call,
    costs: Costs,
    flaws: Flaws,
    days: ByDay<CostDay>,
    reach: Option<Reach>,
}

/// The lists of a snapshot, the smallest window first.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Vec<CostList>, SourceError> {
    let currency = reader.configured.currency;
    let month = Call::costs(Word::Month, currency);
    let year = Call::costs(Word::Year, currency);
    let mut lists = vec![list(reader, month)?];
    if reader.holds(year) {
        lists.push(list(reader, year)?);
    }
    Ok(lists)
}

fn list(reader: &mut Reader<'_>, call: Call) -> Result<CostList, SourceError> {
    let (costs, flaws) = reader.read::<Costs>(call)?;
    let rows = costs.daily_costs.clone().unwrap_or_default();
    let tokens = rows.iter().map(|row| row.tokens);
    reader.refuse_negative("a day", tokens.chain([costs.total_tokens]), call)?;
    Ok(CostList {
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
        Some(format!(
            "The platform does not state the currency of its costs; they are taken for {asked}, which was asked for."
        ))
    } else if code != asked {
        Some(format!(
            "Costs were asked for in {asked}, and the platform answered in {code}; they are shown as answered."
        ))
    } else if currency != Currency::USD {
        Some(format!(
            "Amounts are in {code} at the platform's own exchange rates, whose dates it does not state: part of a change may be \
             that of a rate."
        ))
    } else {
        None
    };
    if let Some(text) = text {
        reader.notice(text, false);
    }
    Ok(currency)
}

/// The costs of one period.
#[derive(Debug)]
pub(super) struct PeriodCosts<'l> {
    /// `None` where not all of its days are known.
    pub(super) total: Option<Decimal>,
    /// The platform's own, where it is about this period.
    pub(super) average_per_task: Option<Decimal>,
    pub(super) series: Series,
    /// The members of the window, where it is this period.
    pub(super) by_agent: Option<&'l [(String, MemberCost)]>,
    /// Likewise.
    pub(super) by_model: Option<&'l [(String, MemberCost)]>,
}

/// The costs of the period of `need`, from the smallest list that reaches over it.
pub(super) fn of_period<'l>(
    reader: &mut Reader<'_>,
    need: &Need,
    lists: &'l [CostList],
    usage: &UsagePart,
) -> Result<PeriodCosts<'l>, SourceError> {
    let period = &need.period;
    let list = choose(lists, period, reader.today());
    let total = match doubts(reader, period, list, usage) {
        doubts if doubts.is_empty() => Some(sum(reader, period, list)?),
        doubts => {
            let text = format!(
                "{}: {} is not available: {}.",
                period.id(),
                Metric::TotalCost.label(),
                doubts.join("; ")
            );
            reader.notice(text, true);
            None
        }
    };
    if total.is_some() {
        tell_idle_days(reader, need, list, usage);
        tie_tokens(reader, period, list, usage);
    }
    let own = total.is_some() && is_of(reader, need, list);
    if is_full(need) {
        let about = format!("{} (window `{}` of the platform)", period.id(), list.word());
        reader.tell_flaws(&about, list.call, &list.flaws, ROWS);
    }
    let members = |members: &'l Option<Vec<(String, MemberCost)>>| members.as_deref().filter(|_| own);
    Ok(PeriodCosts {
        total,
        average_per_task: list.costs.average_cost_per_task.filter(|_| own),
        series: series(period, Metric::TotalCost, &list.days.rows, |row| row.cost),
        by_agent: members(&list.costs.cost_by_agent),
        by_model: members(&list.costs.cost_by_model),
    })
}

/// The smallest list that covers the period, else the one that holds most of it.
fn choose<'l>(lists: &'l [CostList], period: &Period, today: NaiveDate) -> &'l CostList {
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
    fn word(&self) -> &'static str {
        match self.call {
            Call::Costs(word, _) | Call::Performance(word) => word.key(),
            Call::Usage(_) => "",
        }
    }

    fn overlap(&self, period: &Period) -> i64 {
        self.reach.map_or(0, |reach| reach.overlap(period))
    }

    /// The rows of the period.
    fn rows(&self, period: &Period) -> impl Iterator<Item = (NaiveDate, &CostDay)> {
        let rows = self.days.rows.range(period.start()..period.end());
        rows.map(|(day, row)| (*day, row))
    }

    /// The days of the period that were over `today` and have no row.
    fn absent(&self, period: &Period, today: NaiveDate) -> Vec<NaiveDate> {
        period
            .dates()
            .filter(|day| *day < today && !self.days.rows.contains_key(day))
            .collect()
    }
}

/// Why the cost of a period cannot be told: all reasons, or none.
fn doubts(reader: &Reader<'_>, period: &Period, list: &CostList, usage: &UsagePart) -> Vec<String> {
    let Some(reach) = list.reach else {
        return vec!["the platform sent no daily costs at all".to_owned()];
    };
    let absent = list.absent(period, reader.today());
    let which = |of: &dyn Fn(NaiveDate) -> bool| {
        let days: Vec<NaiveDate> = absent.iter().copied().filter(|day| of(*day)).collect();
        (!days.is_empty()).then(|| spans(days).join(", "))
    };
    let unknown: Vec<NaiveDate> = list
        .rows(period)
        .filter(|(_, row)| row.cost.is_none())
        .map(|(day, _)| day)
        .collect();
    let mut doubts = Vec::new();
    if let Some(days) = which(&|day| day < reach.first) {
        doubts.push(format!(
            "the daily costs begin only on {}, without {days}",
            reach.first
        ));
    }
    if let Some(days) = which(&|day| day > reach.last && !usage.idle_on(day)) {
        doubts.push(format!(
            "the daily costs reach only to {}, without {days}",
            reach.last
        ));
    }
    if let Some(days) = which(&|day| reach.first < day && day < reach.last && usage.used_on(day)) {
        doubts.push(format!("tokens are counted on {days}, and no cost"));
    }
    if !unknown.is_empty() {
        doubts.push(format!(
            "the cost of {} cannot be read",
            spans(unknown).join(", ")
        ));
    }
    if list.days.dateless > 0 && !absent.is_empty() {
        let rows = list.days.dateless;
        doubts.push(format!(
            "{rows} rows of daily costs name no day, and may be those of {}",
            spans(absent.clone()).join(", ")
        ));
    }
    let idle = usage.exact
        && usage
            .figure(Metric::TotalTokens)
            .is_some_and(|tokens| tokens.is_zero());
    if doubts.is_empty() && list.rows(period).next().is_none() && !idle {
        doubts.push("the daily costs hold no day of the period".to_owned());
    }
    doubts
}

fn sum(reader: &Reader<'_>, period: &Period, list: &CostList) -> Result<Decimal, SourceError> {
    money::sum(list.rows(period).filter_map(|(_, row)| row.cost))
        .map_err(|error| reader.contradiction(format!("the daily costs of {}: {error}", period.id())))
}

/// Which days have no cost, and why that is believed.
fn tell_idle_days(reader: &mut Reader<'_>, need: &Need, list: &CostList, usage: &UsagePart) {
    let absent = list.absent(&need.period, reader.today());
    if absent.is_empty() || !is_full(need) {
        return;
    }
    let why = if absent.iter().all(|day| usage.idle_on(*day)) {
        "nothing was used then"
    } else {
        "the platform leaves days without usage out"
    };
    let text = format!(
        "{}: No cost rows for {}: {why}, so they count as days without cost.",
        need.period.id(),
        spans(absent).join(", ")
    );
    reader.notice(text, false);
}

/// The tokens of the cost list against those of the usage.
fn tie_tokens(reader: &mut Reader<'_>, period: &Period, list: &CostList, usage: &UsagePart) {
    let tokens: Option<Vec<Decimal>> = list.rows(period).map(|(_, row)| row.tokens).collect();
    let (Some(counted), Some(used)) = (
        tokens.and_then(|tokens| money::sum(tokens).ok()),
        usage.figure(Metric::TotalTokens),
    ) else {
        return;
    };
    if counted != used {
        let text = format!(
            "{}: The daily costs are of {counted} tokens, the usage counts {used}; the report shows the usage.",
            period.id()
        );
        reader.notice(text, false);
    }
}

/// Whether the window of the list is this period: it lists no other day, and its days make its total. Says so where it is not.
fn is_of(reader: &mut Reader<'_>, need: &Need, list: &CostList) -> bool {
    let period = &need.period;
    let Some(reach) = list.reach else { return false };
    let told = is_full(need);
    if reach.first < period.start() || reach.last > period.last_day() {
        if told {
            let text = format!(
                "{}: Cost by agent and by model is not available: the platform tells it only for {} to {} as a whole (window `{}`).",
                period.id(),
                reach.first,
                reach.last,
                list.word()
            );
            reader.notice(text, false);
        }
        return false;
    }
    let values: BTreeSet<u32> = list
        .rows(period)
        .filter_map(|(_, row)| Some(row.cost?.scale()))
        .collect();
    let days = list.rows(period).count();
    let Some((total, ours)) = list
        .costs
        .total_cost
        .zip(money::sum(list.rows(period).filter_map(|(_, row)| row.cost)).ok())
    else {
        return true;
    };
    let Some(difference) = ours.checked_sub(total).filter(|difference| !difference.is_zero()) else {
        return ours == total;
    };
    // Half a unit of the last digit for each day, and one more for the total.
    let digits = values
        .into_iter()
        .chain([total.scale()])
        .max()
        .unwrap_or_default();
    let rounding = Decimal::new(5, (digits + 1).min(Decimal::MAX_SCALE))
        .checked_mul(Decimal::from(days + 1))
        .unwrap_or(Decimal::MAX);
    let rounded = difference.abs() <= rounding;
    if told {
        let (why, then) = if rounded {
            (
                "as much as rounding explains",
                "the report shows the sum of the days",
            )
        } else {
            (
                "more than rounding explains",
                "the report shows the sum of the days, and no cost by agent or model",
            )
        };
        let text = format!(
            "{}: The daily costs add up to {}, the platform's total is {total}: a difference of {}, {why}; {then}.",
            period.id(),
            ours.normalize(),
            difference.normalize()
        );
        reader.notice(text, !rounded);
    }
    rounded
}

//! What a period cost: the sum of its days, and only where a list of the platform reaches over all of them.

use super::answers::MemberCost;
use super::cost_list::{CostList, choose};
use super::daily::series;
use super::decode::Reader;
use super::usage::UsagePart;
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::money;
use crate::period::Period;
use crate::source::days::named;
use crate::source::{Need, Series, SourceError};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// The rows of the list, in the place of a flaw.
const ROWS: &str = "data.daily_costs[";

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
        doubts if doubts.is_empty() => Some(list.sum(period).ok_or_else(|| {
            reader.contradiction(format!(
                "the daily costs of {} leave the range of exact sums",
                period.id()
            ))
        })?),
        doubts => {
            let text = say!(
                "figure-not-available",
                "period" = period,
                "figure" = Metric::TotalCost.text(),
                "reasons" = Text::joined(&doubts, "; "),
            );
            reader.notice(text, true);
            None
        }
    };
    if total.is_some() {
        tell_idle_days(reader, need, list, usage);
        tell_other_costs(reader, need, lists, list);
        tie_tokens(reader, period, list, usage);
    }
    let own = total.and_then(|total| own(reader, need, lists, list, total));
    if need.depth.is_whole() {
        let told = own.unwrap_or(list);
        let about = say!("period-of-window", "period" = period, "window" = told.word());
        reader.tell_flaws(about, told.call, &told.flaws, ROWS);
    }
    Ok(PeriodCosts {
        total,
        average_per_task: own.and_then(|own| own.costs.average_cost_per_task),
        series: series(period, Metric::TotalCost, &list.days.rows, |row| row.cost),
        by_agent: own.and_then(|own| own.costs.cost_by_agent.as_deref()),
        by_model: own.and_then(|own| own.costs.cost_by_model.as_deref()),
    })
}

/// Why the cost of a period cannot be told: all reasons, or none.
fn doubts(reader: &Reader<'_>, period: &Period, list: &CostList, usage: &UsagePart) -> Vec<Text> {
    let Some(reach) = list.reach else {
        return vec![say!("no-daily-costs")];
    };
    let absent = list.absent(period, reader.today());
    let which = |of: &dyn Fn(NaiveDate) -> bool| {
        let days: Vec<NaiveDate> = absent.iter().copied().filter(|day| of(*day)).collect();
        (!days.is_empty()).then(|| named(days))
    };
    let unknown: Vec<NaiveDate> = list
        .rows(period)
        .filter(|(_, row)| row.cost.is_none())
        .map(|(day, _)| day)
        .collect();
    let mut doubts = Vec::new();
    if let Some(days) = which(&|day| day < reach.first) {
        let first = reach.first;
        doubts.push(say!("daily-costs-begin", "first" = first, "days" = days));
    }
    if let Some(days) = which(&|day| day > reach.last && !usage.idle_on(day)) {
        let end = reach.last;
        doubts.push(say!("daily-costs-end", "last" = end, "days" = days));
    }
    if let Some(days) = which(&|day| reach.first < day && day < reach.last && usage.used_on(day)) {
        doubts.push(say!("tokens-without-cost", "days" = days));
    }
    if !unknown.is_empty() {
        doubts.push(say!("cost-unreadable", "days" = named(unknown)));
    }
    if list.days.dateless > 0 && !absent.is_empty() {
        let days = named(absent.clone());
        doubts.push(say!("dateless-costs", "rows" = list.days.dateless, "days" = days));
    }
    let idle = usage.exact
        && usage
            .figure(Metric::TotalTokens)
            .is_some_and(|tokens| tokens.is_zero());
    if doubts.is_empty() && list.rows(period).next().is_none() && !idle {
        doubts.push(say!("daily-costs-elsewhere"));
    }
    doubts
}

/// Which days have no cost, and why that is believed.
fn tell_idle_days(reader: &mut Reader<'_>, need: &Need, list: &CostList, usage: &UsagePart) {
    let absent = list.absent(&need.period, reader.today());
    if absent.is_empty() || !need.depth.is_whole() {
        return;
    }
    let unused = absent.iter().all(|day| usage.idle_on(*day));
    let (period, days) = (&need.period, named(absent));
    let text = if unused {
        say!("no-cost-rows-unused", "period" = period, "days" = days)
    } else {
        say!("no-cost-rows", "period" = period, "days" = days)
    };
    reader.notice(text, false);
}

/// Days for which another window has another cost: of two answers to the same question one is not right.
fn tell_other_costs(reader: &mut Reader<'_>, need: &Need, lists: &[CostList], chosen: &CostList) {
    let others = lists
        .iter()
        .filter(|list| list.call != chosen.call && need.depth.is_whole());
    for other in others {
        let days = chosen.rows(&need.period).filter(|(day, row)| {
            let same_day = other.days.rows.get(day).and_then(|row| row.cost);
            same_day.is_some_and(|cost| row.cost != Some(cost))
        });
        let days: Vec<NaiveDate> = days.map(|(day, _)| day).collect();
        if !days.is_empty() {
            let text = say!(
                "windows-differ",
                "period" = &need.period,
                "other" = other.word(),
                "chosen" = chosen.word(),
                "days" = named(days),
            );
            reader.notice(text, false);
        }
    }
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
        let text = say!(
            "cost-tokens-differ",
            "period" = period,
            "counted" = counted,
            "used" = used,
        );
        reader.notice(text, false);
    }
}

/// The list of which the window is this period: it lists no other day, costs as much, and its days make its total. Says why
/// where there is none.
fn own<'l>(
    reader: &mut Reader<'_>,
    need: &Need,
    lists: &'l [CostList],
    chosen: &CostList,
    total: Decimal,
) -> Option<&'l CostList> {
    let period = &need.period;
    let mut own = lists.iter().filter(|list| list.lies_in(period));
    if let Some(list) = own.find(|list| list.sum(period) == Some(total)) {
        return ties_out(reader, need, list, total).then_some(list);
    }
    let reach = chosen.reach.filter(|_| need.depth.is_whole())?;
    let text = say!(
        "no-cost-by-agent",
        "period" = period,
        "first" = reach.first,
        "last" = reach.last,
        "window" = chosen.word(),
    );
    reader.notice(text, false);
    None
}

/// Whether the days of a window make its total, but for rounding. Tells the difference.
fn ties_out(reader: &mut Reader<'_>, need: &Need, list: &CostList, ours: Decimal) -> bool {
    let Some(total) = list.costs.total_cost.filter(|total| *total != ours) else {
        return true;
    };
    let Some(difference) = ours.checked_sub(total) else {
        return false;
    };
    let rounded = difference.abs() <= rounding(list, total);
    if need.depth.is_whole() {
        let period = &need.period;
        let (sum, difference) = (ours.normalize(), difference.normalize());
        let text = if rounded {
            say!(
                "costs-rounded",
                "period" = period,
                "sum" = sum,
                "total" = total,
                "difference" = difference,
            )
        } else {
            say!(
                "costs-differ",
                "period" = period,
                "sum" = sum,
                "total" = total,
                "difference" = difference,
            )
        };
        reader.notice(text, !rounded);
    }
    rounded
}

/// Half a unit of the last digit for each day, and one more for the total.
fn rounding(list: &CostList, total: Decimal) -> Decimal {
    let days = list.days.rows.values().filter_map(|row| row.cost);
    let digits = days
        .chain([total])
        .map(|cost| cost.scale())
        .max()
        .unwrap_or_default();
    let half_a_unit = Decimal::new(5, (digits + 1).min(Decimal::MAX_SCALE));
    half_a_unit
        .checked_mul(Decimal::from(list.days.rows.len() + 1))
        .unwrap_or(Decimal::MAX)
}

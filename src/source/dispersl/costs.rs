//! What a period cost: the sum of its days, and only where a list of the platform reaches over all of them.

use super::answers::MemberCost;
use super::cost_list::{CostList, choose};
use super::daily::series;
use super::decode::{Reader, is_full};
use super::usage::UsagePart;
use crate::metric::Metric;
use crate::money;
use crate::period::Period;
use crate::source::days::spans;
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
        tell_other_costs(reader, need, lists, list);
        tie_tokens(reader, period, list, usage);
    }
    let own = total.and_then(|total| own(reader, need, lists, list, total));
    if is_full(need) {
        let told = own.unwrap_or(list);
        let about = format!("{} (window `{}` of the platform)", period.id(), told.word());
        reader.tell_flaws(&about, told.call, &told.flaws, ROWS);
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

/// Days for which another window has another cost: of two answers to the same question one is not right.
fn tell_other_costs(reader: &mut Reader<'_>, need: &Need, lists: &[CostList], chosen: &CostList) {
    let others = lists
        .iter()
        .filter(|list| list.call != chosen.call && is_full(need));
    for other in others {
        let days = chosen.rows(&need.period).filter(|(day, row)| {
            let same_day = other.days.rows.get(day).and_then(|row| row.cost);
            same_day.is_some_and(|cost| row.cost != Some(cost))
        });
        let days: Vec<NaiveDate> = days.map(|(day, _)| day).collect();
        if !days.is_empty() {
            let text = format!(
                "{}: The platform's windows `{}` and `{}` have different costs for {}; the report shows those of `{}`.",
                need.period.id(),
                other.word(),
                chosen.word(),
                spans(days).join(", "),
                chosen.word()
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
        let text = format!(
            "{}: The daily costs are of {counted} tokens, the usage counts {used}; the report shows the usage.",
            period.id()
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
    let reach = chosen.reach.filter(|_| is_full(need))?;
    let text = format!(
        "{}: Cost by agent and by model is not available: the platform tells it only for {} to {} as a whole (window `{}`).",
        period.id(),
        reach.first,
        reach.last,
        chosen.word()
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
    if is_full(need) {
        let (why, then) = if rounded {
            ("as much as rounding explains", "")
        } else {
            ("more than rounding explains", ", and no cost by agent or model")
        };
        let text = format!(
            "{}: The daily costs add up to {}, the platform's total is {total}: a difference of {}, {why}; the report shows the sum \
             of the days{then}.",
            need.period.id(),
            ours.normalize(),
            difference.normalize()
        );
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

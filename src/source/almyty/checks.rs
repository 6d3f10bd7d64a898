//! Whether the cost of conversations is in the unit that we take it for. The platform keeps cents in some places and dollars in
//! others, and a mistake is a hundredfold one: nothing is corrected, but the reader hears of it.

use super::decode::Reader;
use super::invoices::agreeing_estimate;
use super::settings::from_cents;
use super::target::{AGENT_RUNS, LLM_USAGE, SPEND};
use crate::config::plan::CostUnit;
use crate::language::{Arg, Text, say};
use crate::metric::Metric;
use crate::money::{self, Currency};
use crate::source::files::book::UNATTRIBUTED;
use crate::source::sdk::{Flaws, Row};
use crate::source::{Need, Window};
use chrono::{Datelike, NaiveDate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

/// One amount is a hundred times the other if it is so many times as high. Estimates and invoices may well differ by a half.
const HUNDREDFOLD: std::ops::RangeInclusive<Decimal> = dec!(50)..=dec!(200);

/// Says how the cost of a period stands beside invoices and the cost of runs of agents.
pub(super) fn of_period(reader: &mut Reader<'_>, need: &Need, window: &Window, today: NaiveDate) {
    against_invoices(reader, need, window);
    month_to_date(reader, need, window, today);
}

/// Says how conversations stand beside runs of agents at all, and what would have told and was not to be had.
pub(super) fn at_all(reader: &mut Reader<'_>) {
    week(reader);
    unanswered(reader);
}

/// The invoices of a period against the conversations with those providers that have invoiced.
fn against_invoices(reader: &mut Reader<'_>, need: &Need, window: &Window) {
    let Some(breakdown) = window.breakdowns.iter().find(|all| all.dimension == "provider") else {
        return;
    };
    let (mut ours, mut invoiced, mut without) = (Vec::new(), Vec::new(), Vec::new());
    for member in &breakdown.members {
        let value = |metric| {
            let measure = member.measures.iter().find(|measure| measure.metric == metric);
            measure.and_then(|measure| measure.value)
        };
        match (value(Metric::TotalCost), value(Metric::InvoicedCost)) {
            (Some(cost), Some(invoice)) => {
                ours.push(cost);
                invoiced.push(invoice);
            }
            (Some(cost), None) if !cost.is_zero() && member.name != UNATTRIBUTED => {
                without.push(member.name.as_str());
            }
            _ => {}
        }
    }
    let (Ok(ours), Ok(invoiced), false) = (
        money::sum(ours),
        money::sum(invoiced.clone()),
        invoiced.is_empty(),
    ) else {
        return;
    };
    let period = &need.period;
    if let Some(advice) = advice(reader, ours, invoiced) {
        let text = say!(
            "invoices-of-another-unit",
            "period" = period,
            "amount" = dollars(invoiced),
            "advice" = advice,
        );
        reader.notice(text, false);
    } else if let Some(difference) = invoiced
        .checked_sub(ours)
        .filter(|difference| !difference.is_zero())
    {
        let which = if difference.is_sign_positive() {
            "more"
        } else {
            "less"
        };
        let told = say!(
            "invoices-beside-conversations",
            "period" = period,
            "invoiced" = dollars(invoiced),
            "difference" = dollars(difference.abs()),
            "which" = Arg::Key(which.to_owned()),
            "ours" = dollars(ours),
        );
        let estimate = window
            .figure(Metric::TotalCost)
            .and_then(|cost| agreeing_estimate(reader, need, cost))
            .map(|estimate| say!("estimate-of-platform", "amount" = dollars(estimate)));
        let text = match estimate {
            Some(estimate) => Text::joined(&[told, estimate], " "),
            None => told,
        };
        reader.notice(text, false);
    }
    if !without.is_empty() {
        let text = say!(
            "no-invoice-of",
            "period" = period,
            "providers" = without.join(", ")
        );
        reader.notice(text, false);
    }
}

/// The last seven days, of which conversations are told in the unit in question and runs of agents in dollars.
fn week(reader: &mut Reader<'_>) {
    let conversations = reader.known(LLM_USAGE).and_then(|answer| {
        let rows = answer.get("data")?.as_array()?.clone();
        let cost = |row: &Value| Row::whole(row)?.number("totalCostCents", &mut Flaws::default());
        let costs = rows.iter().map(cost).collect::<Option<Vec<_>>>()?;
        reader.configured.dollars(money::sum(costs).ok()?).ok()
    });
    let runs = reader.known(AGENT_RUNS).and_then(|answer| {
        let data = Row::whole(answer.get("data")?)?;
        data.number("totalCost", &mut Flaws::default())
    });
    let (Some(conversations), Some(runs)) = (conversations, runs) else {
        return;
    };
    if let Some(advice) = advice(reader, conversations, runs) {
        let text = say!(
            "week-of-another-unit",
            "amount" = dollars(runs),
            "advice" = advice
        );
        reader.notice(text, false);
    }
}

/// The running month, of which the cost of runs of agents is told in cents.
fn month_to_date(reader: &mut Reader<'_>, need: &Need, window: &Window, today: NaiveDate) {
    let begins = today.with_day(1) == Some(need.period.start());
    if !begins || need.period.end() < today {
        return;
    }
    let spent = reader.known(SPEND).and_then(|answer| {
        let data = Row::whole(answer.get("data")?)?;
        from_cents(data.number("totalCents", &mut Flaws::default())?).ok()
    });
    let (Some(spent), Some(cost)) = (spent, window.figure(Metric::TotalCost)) else {
        return;
    };
    if let Some(advice) = advice(reader, cost, spent) {
        let text = say!(
            "month-of-another-unit",
            "period" = &need.period,
            "amount" = dollars(spent),
            "advice" = advice,
        );
        reader.notice(text, false);
    }
}

/// What would have told of a wrong unit and was not to be had.
fn unanswered(reader: &mut Reader<'_>) {
    let why = |target: &str| {
        let reason = reader.told(target).ok()?.err()?;
        let path = target.split('?').next()?;
        Some(say!("answer-lacking", "path" = path, "reason" = reason))
    };
    let reasons = [LLM_USAGE, AGENT_RUNS, SPEND]
        .into_iter()
        .filter_map(why)
        .reduce(|one, next| say!("and", "one" = one, "next" = next));
    if let Some(answers) = reasons {
        reader.notice(say!("unit-not-checked", "answers" = answers), false);
    }
}

/// What to do where `other` is about a hundred times `ours` or a hundredth of it. Zeros prove nothing: the platform answers them
/// when its database fails.
fn advice(reader: &Reader<'_>, ours: Decimal, other: Decimal) -> Option<Text> {
    let times = |a: Decimal, b: Decimal| a.checked_div(b).filter(|times| HUNDREDFOLD.contains(times));
    let unit = reader.configured.conversation_cost;
    let (how_much, remedy) = if times(other, ours).is_some() {
        let remedy = match unit {
            CostUnit::Cents => say!("set-dollars"),
            CostUnit::Dollars => say!("ask-for-unit"),
        };
        ("hundredfold", remedy)
    } else if times(ours, other).is_some() {
        let remedy = match unit {
            CostUnit::Dollars => say!("set-cents"),
            CostUnit::Cents => say!("ask-for-unit"),
        };
        ("hundredth", remedy)
    } else {
        return None;
    };
    Some(say!(
        "cost-of-another-unit",
        "how-much" = Arg::Key(how_much.to_owned()),
        "ours" = dollars(ours),
        "remedy" = remedy,
    ))
}

/// `USD 12.34`.
fn dollars(amount: Decimal) -> (Decimal, Currency) {
    (amount, Currency::USD)
}

impl Reader<'_> {
    /// An answer that a report can do without.
    fn known(&self, target: &str) -> Option<Value> {
        self.told(target).ok()?.ok()
    }
}

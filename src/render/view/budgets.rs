//! The table of budgets.

use super::bars::member_in_table;
use super::tables::{Row, Table, empty, plain_row};
use super::words::{clean, named, phrase};
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::render::format::{Change, Formatter};
use crate::report::{Budget, BudgetForecast, BudgetState, ForecastMethod, Report, Section};
use rust_decimal::Decimal;

/// What a reader sees of a state.
pub(crate) fn state_word(state: BudgetState, formatter: &Formatter) -> String {
    formatter.say(match state {
        BudgetState::Ok => "budget-ok",
        BudgetState::Watch => "budget-watch",
        BudgetState::Over => "budget-over",
        BudgetState::Exceeded => "budget-exceeded",
        BudgetState::Unbudgeted => "budget-none",
    })
}

/// A row for each budget; with little room without range and day. `None` where the section has none.
pub(super) fn table(section: &Section, report: &Report, formatter: &Formatter, wide: bool) -> Option<Table> {
    let budgets: Vec<&Budget> = report
        .budgets
        .iter()
        .filter(|budget| budget.source == section.source)
        .collect();
    let first = budgets.first()?;
    let closed = first.closed;
    let further: &[&str] = match (closed, wide) {
        (true, _) => &["budget-variance"],
        (false, true) => &["metric-forecast_cost", "budget-used-up"],
        (false, false) => &["metric-forecast_cost"],
    };
    let heads = ["metric-budget", "budget-spent", "budget-used"];
    let rows = budgets.iter().map(|budget| {
        let mut cells = vec![
            amount(budget, budget.amount, formatter),
            amount(budget, spent(budget, report), formatter),
            percent(budget.utilisation, formatter),
        ];
        if closed {
            cells.push(variance(budget, formatter));
        } else {
            let forecast = budget.forecast.as_ref();
            cells.push(amount(budget, forecast.map(|forecast| forecast.cost), formatter));
            if wide {
                cells.push(
                    budget
                        .used_up
                        .map_or_else(|| "–".to_owned(), |day| formatter.short_day(day)),
                );
            }
        }
        Row {
            belongs: belongs(budget, formatter, wide),
            change: Some(stands(budget.state, formatter)),
            ..plain_row(named(&budget.name.as_str().into(), formatter), cells, "member")
        }
    });
    Some(Table {
        columns: heads
            .iter()
            .chain(further)
            .map(|head| formatter.say(head))
            .collect(),
        changes: true,
        change_head: formatter.say("budget-state"),
        rows: rows.collect(),
        note: note(first, closed, wide, formatter),
        ..empty(section, formatter)
    })
}

/// What is spent, of a member as its table shows it: there the parts add up to the total.
fn spent(budget: &Budget, report: &Report) -> Option<Decimal> {
    let in_table = || {
        let key = format!("by_{}", budget.dimension.as_deref()?);
        let mut sections = report.sections.iter();
        let section = sections.find(|section| section.key == key && section.source == budget.source)?;
        let mut figures = section.figures.iter();
        let own =
            figures.find(|figure| figure.metric == Metric::TotalCost && figure.member == budget.member)?;
        member_in_table(own, report)
    };
    in_table().or(budget.spent)
}

fn amount(budget: &Budget, value: Option<Decimal>, formatter: &Formatter) -> String {
    match (value, budget.currency) {
        (Some(value), Some(currency)) => formatter.amount(value, currency),
        _ => formatter.not_available(),
    }
}

fn percent(value: Option<Decimal>, formatter: &Formatter) -> String {
    value.map_or_else(|| formatter.not_available(), |value| formatter.percent(value))
}

fn variance(budget: &Budget, formatter: &Formatter) -> String {
    let variance = budget
        .spent
        .zip(budget.amount)
        .and_then(|(spent, amount)| spent.checked_sub(amount));
    variance.map_or_else(
        || formatter.not_available(),
        |variance| formatter.signed_amount(variance, budget.currency),
    )
}

/// Within which amounts the forecast may end, where that can be told.
fn range(budget: &Budget, formatter: &Formatter) -> Option<String> {
    let forecast = budget.forecast.as_ref()?;
    let [low, high] = [forecast.low?, forecast.high?].map(|value| amount(budget, Some(value), formatter));
    Some(formatter.put(say!("budget-forecast-range", "low" = low, "high" = high)))
}

/// Whose budget it is and, with room, how its forecast is made and how far such forecasts have been off.
fn belongs(budget: &Budget, formatter: &Formatter, wide: bool) -> String {
    let mut parts = Vec::new();
    if let (Some(dimension), Some(member)) = (&budget.dimension, &budget.member) {
        parts.push(format!(
            "{} {}",
            clean(&formatter.put(Text::keyed("dimension-", dimension))),
            phrase(&member.into(), formatter)
        ));
    }
    if let Some(decided) = &budget.decided {
        parts.push(formatter.money(decided.amount, decided.currency));
        if let Some(exchange) = decided.exchange.filter(|_| wide) {
            let exchange = formatter.signed_amount(exchange, budget.currency);
            parts.push(formatter.put(say!("budget-exchange-part", "amount" = exchange)));
        }
    }
    if let Some(forecast) = budget.forecast.as_ref().filter(|_| wide) {
        if forecast.method == ForecastMethod::RunRate {
            parts.push(formatter.say("budget-forecast-mean"));
        }
        parts.extend(range(budget, formatter));
        parts.extend(forecast.non_usage.map(|cost| {
            let amount = amount(budget, Some(cost), formatter);
            formatter.put(say!("budget-forecast-once", "amount" = amount))
        }));
        parts.push(quality(forecast, formatter));
    }
    parts.join(" · ")
}

/// How far forecasts like this one have been off, and how that is known.
fn quality(forecast: &BudgetForecast, formatter: &Formatter) -> String {
    let Some((error, bias)) = forecast.error.zip(forecast.bias) else {
        return formatter.say("budget-forecast-untried");
    };
    formatter.put(say!(
        "budget-forecast-error",
        "day" = forecast.judged_on_day,
        "percent" = formatter.percent(error),
        "bias" = formatter.signed_percent(bias),
    ))
}

fn note(first: &Budget, closed: bool, wide: bool, formatter: &Formatter) -> String {
    let mut parts = vec![formatter.period(&first.period)];
    if !closed {
        let (days, of) = (first.elapsed_days, first.period.days);
        parts.push(formatter.put(say!("budget-elapsed", "days" = days, "of" = of)));
    }
    parts.extend(first.currency.map(|currency| currency.code().to_owned()));
    if wide && !closed {
        parts.push(formatter.say("budget-band"));
    }
    parts.join(" · ")
}

/// A state by sign, word and colour.
fn stands(state: Option<BudgetState>, formatter: &Formatter) -> Change {
    match state {
        None => Change::state("", formatter.not_available(), "neutral"),
        Some(state) => {
            let (arrow, tone) = match state {
                BudgetState::Ok => ("●", "favourable"),
                BudgetState::Watch => ("◆", "attention"),
                BudgetState::Over | BudgetState::Exceeded | BudgetState::Unbudgeted => ("▲", "adverse"),
            };
            Change::state(arrow, state_word(state, formatter), tone)
        }
    }
}

//! What is said of budgets: sentences of the answer, notices, and what the owner is told.

use super::{BudgetState, Judged, Silence};
use crate::config::plan::{BudgetPlan, BudgetScope};
use crate::metric::Unit;
use crate::money::{self, Currency};
use crate::period::Period;
use crate::report::forecast::LEAST_DAYS;
use crate::report::{Alert, Notice, Part, Sentence};
use rust_decimal::Decimal;

/// Budgets that the answer speaks of, the worst first; the section has all of them.
const MOST_SENTENCES: usize = 3;

/// A sentence for each budget that will not do.
pub(super) fn sentences(judged: &[Judged<'_>]) -> Vec<Sentence> {
    let worst = [BudgetState::Exceeded, BudgetState::Unbudgeted, BudgetState::Over];
    worst
        .into_iter()
        .flat_map(|state| {
            judged
                .iter()
                .filter(move |judged| judged.budget.state == Some(state))
        })
        .filter_map(sentence)
        .take(MOST_SENTENCES)
        .collect()
}

fn text(words: &str) -> Part {
    Part::Text(words.to_owned())
}

fn sentence(judged: &Judged<'_>) -> Option<Sentence> {
    let budget = &judged.budget;
    let (amount, spent, state) = (budget.amount?, budget.spent?, budget.state?);
    let money = |value| Part::Value {
        value,
        unit: Unit::Currency,
        currency: budget.currency,
    };
    let period = || Part::Period(budget.period.clone());
    let closed = budget.through == budget.period.end;
    let whose: Vec<Part> = match &budget.member {
        Some(member) => vec![Part::Strong(member.clone()), text(" in "), period()],
        None => vec![period()],
    };
    let mut parts = Vec::new();
    match (state, &budget.forecast) {
        (BudgetState::Unbudgeted, _) => {
            parts.extend(whose);
            parts.extend([
                text(" has cost "),
                money(spent),
                text(", though its budget is 0."),
            ]);
            return Some(Sentence::plain(parts));
        }
        (BudgetState::Over, Some(forecast)) => {
            parts.push(text("At this pace "));
            parts.extend(whose);
            parts.extend([text(" ends at "), money(forecast.cost), text(", ")]);
            parts.extend(beside(forecast.cost, amount, &money)?);
            if let Some(day) = budget.used_up {
                parts.extend([text("; it is used up on "), Part::Date(day)]);
            }
        }
        _ => {
            parts.extend(whose);
            parts.extend([
                text(if closed { " ended at " } else { " stands at " }),
                money(spent),
                text(", "),
            ]);
            parts.extend(beside(spent, amount, &money)?);
            if let Some(day) = budget.used_up {
                parts.extend([text("; it was used up on "), Part::Date(day)]);
            }
            if let Some(forecast) = &budget.forecast {
                parts.extend([text("; at this pace it ends at "), money(forecast.cost)]);
            }
        }
    }
    parts.push(text("."));
    Some(Sentence::plain(parts))
}

/// `12.7 % over the budget of USD 20,000.00`, or `95.0 % of` it where the limit is lower.
fn beside(cost: Decimal, amount: Decimal, money: &impl Fn(Decimal) -> Part) -> Option<[Part; 3]> {
    let over = cost.checked_sub(amount)?;
    Some(if over > Decimal::ZERO {
        [
            Part::Percent(money::percent(over, amount)?),
            text(" over the budget of "),
            money(amount),
        ]
    } else {
        [
            Part::Percent(money::percent(cost, amount)?),
            text(" of the budget of "),
            money(amount),
        ]
    })
}

/// What the owner is told of a budget that is not well; once for each state.
pub(super) fn alert(judged: &Judged<'_>) -> Option<Alert> {
    let budget = &judged.budget;
    let state = budget.state.filter(|state| *state != BudgetState::Ok)?;
    let (amount, spent) = (budget.amount?, budget.spent?);
    let money = |value: Decimal| {
        let places = budget.currency.map_or(2, Currency::minor_units);
        let code = budget.currency.map_or("", Currency::code);
        format!("{code} {}", money::rounded(value, places))
    };
    let of_budget = |part: Option<Decimal>| {
        part.map_or_else(String::new, |part| format!("{} % of ", money::rounded(part, 1)))
    };
    let whose = match (&budget.dimension, &budget.member) {
        (Some(dimension), Some(member)) => format!(" ({} {member})", dimension.replace('_', " ")),
        _ => String::new(),
    };
    let head = format!(
        "Budget `{}`{whose}, {}, is {}: ",
        budget.name,
        budget.period.id,
        stands(state)
    );
    let so_far = format!("{} were spent through {}", money(spent), budget.through);
    let mut parts = vec![if state == BudgetState::Unbudgeted {
        format!("{so_far}, and the budget is 0")
    } else {
        format!("{so_far}, {}{}", of_budget(budget.utilisation), money(amount))
    }];
    if let Some(forecast) = budget.forecast.as_ref().filter(|_| !amount.is_zero()) {
        let percent = of_budget(forecast.utilisation);
        parts.push(format!(
            "at this pace it ends at {}, {percent}the budget",
            money(forecast.cost)
        ));
    }
    if let Some(day) = budget.used_up {
        let verb = if spent >= amount { "was" } else { "is" };
        parts.push(format!("it {verb} used up on {day}"));
    }
    let text = format!("{head}{}.", parts.join("; "));
    Some(Alert {
        key: format!("budget/{}/{}/{}", budget.name, budget.period.id, state.key()),
        text,
    })
}

fn stands(state: BudgetState) -> &'static str {
    match state {
        BudgetState::Ok => "ok",
        BudgetState::Watch => "to be watched",
        BudgetState::Over => "over at this pace",
        BudgetState::Exceeded => "exceeded",
        BudgetState::Unbudgeted => "spent though there is none",
    }
}

/// Several sources, whose costs are not one.
pub(super) fn not_added_up() -> Notice {
    Notice {
        source: None,
        text: "The budgets are not compared, since the costs of the sources are not added up.".into(),
        missing: true,
    }
}

/// A period that no budget is about.
pub(super) fn no_period(period: &Period) -> Notice {
    Notice {
        source: None,
        text: format!(
            "Budgets are compared with a whole month, quarter or year or its first days; {} is none that they are about.",
            period.id()
        ).into(),
        missing: true,
    }
}

pub(super) fn other_currency(plan: &BudgetPlan, of_costs: Currency) -> String {
    format!(
        "Budget {} is in {}, the costs are in {of_costs} and not converted: they are not compared.",
        plan.name, plan.currency
    )
}

pub(super) fn not_split(plan: &BudgetPlan, scope: &BudgetScope) -> String {
    format!(
        "Budget {}: the cost by {} is not known.",
        plan.name,
        scope.dimension.replace('_', " ")
    )
}

pub(super) fn nobody(plan: &BudgetPlan, scope: &BudgetScope) -> String {
    format!(
        "Budget {}: nothing is told of the {} {}; should it have costs, compare the name with the tables of the report.",
        plan.name,
        scope.dimension.replace('_', " "),
        scope.member
    )
}

pub(super) fn silence(silence: Silence, days: u32) -> String {
    match silence {
        Silence::TooEarly => format!("No forecast yet: it needs {LEAST_DAYS} complete days."),
        Silence::Gaps(1) => {
            format!("No forecast: of one of the {days} elapsed days no cost is known, and none is guessed.")
        }
        Silence::Gaps(gaps) => {
            format!(
                "No forecast: of {gaps} of the {days} elapsed days no cost is known, and none is guessed."
            )
        }
        Silence::Unsettled => {
            "No forecast: the last days may still change, and the source does not tell the others one by one."
                .to_owned()
        }
        Silence::Overflow => "No forecast: the costs are too large to be forecast exactly.".to_owned(),
    }
}

//! What is said of budgets: sentences of the answer, notices, and what the owner is told.

use super::{BudgetState, Judged, Silence};
use crate::config::plan::{BudgetPlan, BudgetScope};
use crate::language::{Text, say};
use crate::metric::Unit;
use crate::money::{self, Currency};
use crate::period::Period;
use crate::report::forecast::LEAST_DAYS;
use crate::report::{Alert, Given, Notice, Part, Sentence, told};
use rust_decimal::Decimal;

/// Decimals of a percentage; one that these do not tell from none is told as an amount.
const PERCENT_DECIMALS: u32 = 1;
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

fn sentence(judged: &Judged<'_>) -> Option<Sentence> {
    let budget = &judged.budget;
    let (amount, spent, state) = (budget.amount?, budget.spent?, budget.state?);
    let money = |value| Part::Value {
        value,
        unit: Unit::Currency,
        currency: budget.currency,
    };
    let whose = |whole, of_member, value| {
        let mut args = vec![
            ("period", Given::from(&budget.period)),
            ("value", money(value).into()),
        ];
        match &budget.member {
            Some(member) => {
                args.push(("name", Part::Strong(member.clone()).into()));
                Sentence::of(of_member, args)
            }
            None => Sentence::of(whole, args),
        }
    };
    if state == BudgetState::Unbudgeted {
        return Some(whose("budget-unbudgeted", "budget-unbudgeted-of", spent));
    }
    let forecast = budget.forecast.as_ref().map(|forecast| forecast.cost);
    let coming = forecast.filter(|_| state == BudgetState::Over);
    let first = match coming {
        Some(cost) => whose("budget-heads-for", "budget-heads-for-of", cost),
        None if budget.closed => whose("budget-ended", "budget-ended-of", spent),
        None => whose("budget-stands", "budget-stands-of", spent),
    };
    let used_up = budget.used_up.map(|day| {
        let day = Part::Date(day);
        if spent < amount {
            told!("budget-is-used-up", "day" = day)
        } else {
            told!("budget-was-used-up", "day" = day)
        }
    });
    let end = forecast.filter(|_| coming.is_none());
    let end = end.map(|cost| told!("budget-will-end", "value" = money(cost)));
    let added = [
        Some(beside(coming.unwrap_or(spent), amount, &money)?),
        used_up,
        end,
    ];
    let sentence = added.into_iter().flatten().fold(first, Sentence::and);
    Some(sentence.whole("."))
}

/// `, 12.7 % over the budget of USD 20,000.00`, or `95.0 % of` it where the limit is lower.
fn beside(cost: Decimal, amount: Decimal, money: &impl Fn(Decimal) -> Part) -> Option<Sentence> {
    let over = cost.checked_sub(amount)?;
    Some(if over > Decimal::ZERO {
        let percent = money::percent(over, amount)?;
        if money::rounded(percent, PERCENT_DECIMALS).is_zero() {
            told!("budget-beyond-by", "over" = money(over), "amount" = money(amount))
        } else {
            let percent = Part::Percent(percent);
            told!("budget-beyond", "percent" = percent, "amount" = money(amount))
        }
    } else {
        let percent = Part::Percent(money::percent(cost, amount)?);
        told!("budget-within", "percent" = percent, "amount" = money(amount))
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
        text: say!("budgets-not-added"),
        missing: true,
    }
}

/// A period that no budget is about.
pub(super) fn no_period(period: &Period) -> Notice {
    Notice {
        source: None,
        text: say!("budgets-no-period", "period" = period),
        missing: true,
    }
}

pub(super) fn other_currency(plan: &BudgetPlan, of_costs: Currency) -> Text {
    say!(
        "budget-other-currency",
        "name" = &plan.name,
        "currency" = plan.currency.code(),
        "other" = of_costs.code()
    )
}

pub(super) fn not_split(plan: &BudgetPlan, scope: &BudgetScope) -> Text {
    let dimension = Text::keyed("dimension-", &scope.dimension);
    say!("budget-not-split", "name" = &plan.name, "dimension" = dimension)
}

pub(super) fn nobody(plan: &BudgetPlan, scope: &BudgetScope) -> Text {
    say!(
        "budget-nobody",
        "name" = &plan.name,
        "dimension" = Text::keyed("dimension-", &scope.dimension),
        "member" = &scope.member
    )
}

pub(super) fn silence(silence: Silence) -> Text {
    match silence {
        Silence::TooEarly => say!("forecast-too-early", "days" = LEAST_DAYS),
        Silence::Gaps { gaps, of } => say!("forecast-gaps", "gaps" = gaps, "days" = of),
        Silence::Quiet => say!("forecast-quiet"),
        Silence::Unsettled => say!("forecast-unsettled"),
        Silence::Overflow => say!("forecast-too-large"),
    }
}

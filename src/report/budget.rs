//! Budgets: what may be spent beside what is spent and, while the period runs, what will be.
//!
//! A budget is about the cost of the job's only source, or of all sources together, or of one member of a split of it. Source: finance
//! definitions, 6.

mod figures;
mod outlook;
mod share;
mod words;

use super::beside::View;
use super::cutoff::Cutoff;
use super::forecast::{self, Method};
use super::members::Members;
use super::{Brief, Figure, Notice, PeriodRef, Report, derive, reference};
use crate::config::plan::{BudgetPlan, BudgetScope};
use crate::language::Text;
use crate::metric::Metric;
use crate::money::{self, Currency};
use crate::source::Window;
use chrono::NaiveDate;
use outlook::{days, days_between};
use rust_decimal::Decimal;
use serde::Serialize;

/// A budget beside what is spent. Empty fields are not available.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Budget {
    /// Its name in the configuration.
    pub name: String,
    /// The source whose cost it is about; `None`: all of them together.
    pub source: Option<String>,
    /// Whose cost it is about: of this dimension …
    pub dimension: Option<String>,
    /// … this member; `None`: all of it.
    pub member: Option<String>,
    /// The whole month, quarter or year.
    pub period: PeriodRef,
    /// The last of its days that the report covers, as far as the data reach.
    pub through: NaiveDate,
    /// How many of its days these are; all of them where it is over.
    pub elapsed_days: u32,
    /// Whether it is over, and its data are complete.
    pub closed: bool,
    /// Currency of every amount.
    pub currency: Option<Currency>,
    /// What may be spent in it.
    pub amount: Option<Decimal>,
    /// The same as it was decided, where that was in another currency.
    pub decided: Option<Decided>,
    /// What is spent.
    pub spent: Option<Decimal>,
    /// What is spent, in per cent of the budget.
    pub utilisation: Option<Decimal>,
    /// How it stands; `None`: what is spent is not known.
    pub state: Option<BudgetState>,
    /// What will be spent; `None` where the period is over, or nothing can be forecast.
    pub forecast: Option<BudgetForecast>,
    /// The day on which it was or will be used up; `None`: it lasts, or the day is not known.
    pub used_up: Option<NaiveDate>,
}

/// A budget as it was decided in another currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decided {
    /// What may be spent in the whole.
    pub amount: Decimal,
    /// In this currency.
    pub currency: Currency,
    /// What one of it was in the report's currency, fixed.
    pub rate: Decimal,
    /// The part of the variance that is due to other rates since; `None` where the costs were not in that currency.
    pub exchange: Option<Decimal>,
}

/// What will have been spent at the end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetForecast {
    /// How the days to come are estimated.
    pub method: ForecastMethod,
    /// The cost of the whole.
    pub cost: Decimal,
    /// What of it is no usage and is taken once, as it is: seats, taxes, credits; `None` where nothing is told of it.
    pub non_usage: Option<Decimal>,
    /// Between this …
    pub low: Option<Decimal>,
    /// … and this it will be in four cases of five.
    pub high: Option<Decimal>,
    /// The cost in per cent of the budget; `None` of a budget of 0.
    pub utilisation: Option<Decimal>,
    /// Utilisation / elapsed share: 1 is on plan; `None` of a budget of 0.
    pub pace: Option<Decimal>,
    /// The day of a period at whose end such forecasts are judged: the tenth of a month, of others after a third of their days.
    pub judged_on_day: u32,
    /// By how many per cent forecasts made on that day of past stretches of as many days have been off (WAPE); `None`: too few days
    /// are known to tell.
    pub error: Option<Decimal>,
    /// The same with its sign: above zero they were too high.
    pub bias: Option<Decimal>,
    /// How many forecasts these are of.
    pub trials: usize,
}

/// How days to come are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastMethod {
    /// By what their weekdays usually cost, at the level of the elapsed days.
    Weekdays,
    /// As the mean of the elapsed days.
    RunRate,
}

/// How a budget stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetState {
    /// It will do.
    Ok,
    /// It will be nearly used up.
    Watch,
    /// It will not do.
    Over,
    /// More is spent already.
    Exceeded,
    /// Something is spent although nothing may be.
    Unbudgeted,
}

impl BudgetState {
    /// The word for it, in documents and keys.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Watch => "watch",
            Self::Over => "over",
            Self::Exceeded => "exceeded",
            Self::Unbudgeted => "unbudgeted",
        }
    }
}

/// Why nothing is forecast of a period that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    TooEarly,
    /// So many of so many elapsed days are unknown.
    Gaps {
        gaps: usize,
        of: u32,
    },
    /// Too few of the elapsed days show what usage costs.
    Quiet,
    /// The days that are complete are not told one by one.
    Unsettled,
    Overflow,
}

/// A budget with the limits by which it is judged, and why it has no forecast.
struct Judged<'a> {
    plan: &'a BudgetPlan,
    budget: Budget,
    silence: Option<Silence>,
}

/// Adds the budgets of `brief` to `report`: about `view`, or about nothing where the costs are not added up.
pub(super) fn add(report: &mut Report, brief: &Brief, view: Option<&View<'_>>) {
    if brief.budgets.is_empty() {
        return;
    }
    let Some(view) = view else {
        report.notices.push(words::not_added_up());
        return;
    };
    let judged: Vec<Judged<'_>> = brief
        .budgets
        .iter()
        .filter_map(|plan| judge(plan, brief, view))
        .collect();
    if judged.len() < brief.budgets.len() {
        report.notices.push(words::no_period(&brief.period));
    }
    if judged.is_empty() {
        return;
    }
    report.notices.extend(notices(&judged, view));
    report.answer.extend(words::sentences(&judged));
    report.alerts.extend(judged.iter().filter_map(words::alert));
    let section = figures::section(&judged, view);
    let summary = report
        .sections
        .iter()
        .position(|other| other.key == "summary" && other.source == section.source);
    report.sections.insert(summary.map_or(0, |at| at + 1), section);
    let at = report.charts.len().min(1);
    report.charts.insert(at, figures::chart(&judged, view));
    report.budgets = judged.into_iter().map(|judged| judged.budget).collect();
}

/// How a budget stands; `None` where the period is none that it could be about.
fn judge<'a>(plan: &'a BudgetPlan, brief: &Brief, view: &View<'_>) -> Option<Judged<'a>> {
    let whole = share::whole(&brief.period, plan)?;
    let share = share::of(plan, &whole)?;
    let currency = view.maker.currency();
    let amount = in_currency(plan, share, brief.currency, currency);
    let spent = cost(view.current, plan.scope.as_ref());
    let cutoff = Cutoff::of(view, brief.timezone);
    let closed = cutoff.incomplete_from == whole.end();
    let through = if closed { whole.last_day() } else { cutoff.through };
    let outlook = spent
        .filter(|_| !closed)
        .map(|spent| outlook::made(plan, view, &whole, cutoff.unsettled_from, spent));
    let (forecast, silence) = match outlook {
        Some(Ok(forecast)) => (Some(forecast), None),
        Some(Err(silence)) => (None, Some(silence)),
        None => (None, None),
    };
    let total = forecast.as_ref().map(|forecast| forecast.total);
    let state = spent.zip(amount).and_then(|(spent, amount)| {
        match state(plan, amount, spent, total) {
            // What is over is not watched any more.
            BudgetState::Watch if closed => Some(BudgetState::Ok),
            // What nobody can foresee need not do.
            BudgetState::Ok if !closed && total.is_none() && !amount.is_zero() => None,
            state => Some(state),
        }
    });
    let used_up = spent.zip(amount).and_then(|(spent, amount)| {
        if amount.is_zero() {
            None
        } else if spent >= amount {
            forecast::reached(days(view, plan.scope.as_ref()), brief.period.start(), amount)
        } else {
            forecast.as_ref()?.reaches(amount)
        }
    });
    Some(Judged {
        plan,
        budget: Budget {
            name: plan.name.clone(),
            source: view.maker.source().map(str::to_owned),
            dimension: plan.scope.as_ref().map(|scope| scope.dimension.clone()),
            member: plan.scope.as_ref().map(|scope| scope.member.clone()),
            period: reference(&whole, brief.timezone.name()),
            through,
            elapsed_days: days_between(whole.start(), through) + 1,
            closed,
            currency: Some(currency),
            amount,
            decided: plan
                .rate
                .filter(|_| plan.currency != currency)
                .map(|rate| Decided {
                    amount: share,
                    currency: plan.currency,
                    rate,
                    exchange: exchange(plan, rate, view.current),
                }),
            spent,
            utilisation: percent(spent, amount),
            state,
            forecast: forecast.map(|made| described(&made, amount, whole.days())),
            used_up,
        },
        silence,
    })
}

/// The budget in the currency of the costs; `None` where it is in another one and no rate leads to it.
fn in_currency(
    plan: &BudgetPlan,
    share: Decimal,
    reporting: Currency,
    of_costs: Currency,
) -> Option<Decimal> {
    if plan.currency == of_costs {
        return Some(share);
    }
    share.checked_mul(plan.rate.filter(|_| reporting == of_costs)?)
}

/// The cost in the period; `None` where it is unknown, or the source does not split it so.
fn cost(window: &Window, scope: Option<&BudgetScope>) -> Option<Decimal> {
    match scope {
        None => derive::value(window, Metric::TotalCost),
        Some(scope) => Members::of(window, &scope.dimension).figure(&scope.member, Metric::TotalCost),
    }
}

/// What is due to other rates: the costs were in the budget's currency, and are counted at the rates of their days.
fn exchange(plan: &BudgetPlan, rate: Decimal, window: &Window) -> Option<Decimal> {
    let converted = window
        .converted
        .as_ref()
        .filter(|converted| converted.from == plan.currency)?;
    let scope = plan.scope.as_ref();
    let at_the_fixed_rate = cost(&converted.own, scope)?.checked_mul(rate)?;
    Some(cost(window, scope)?.checked_sub(at_the_fixed_rate)?.normalize())
}

/// `part` in per cent of the budget; `None` where either is unknown, or the budget is 0.
fn percent(part: Option<Decimal>, amount: Option<Decimal>) -> Option<Decimal> {
    money::percent(part?, amount?)
}

fn described(forecast: &forecast::Forecast, amount: Option<Decimal>, days: u32) -> BudgetForecast {
    let quality = forecast.quality.as_ref();
    BudgetForecast {
        method: match forecast.method {
            Method::Weekdays => ForecastMethod::Weekdays,
            Method::RunRate => ForecastMethod::RunRate,
        },
        cost: forecast.total,
        non_usage: Some(forecast.once).filter(|once| !once.is_zero()),
        low: forecast.band.map(|(low, _)| low),
        high: forecast.band.map(|(_, high)| high),
        utilisation: percent(Some(forecast.total), amount),
        // Utilisation / elapsed share is the same as forecast / budget: both weigh days alike.
        pace: amount.and_then(|amount| money::quotient(forecast.total, amount)),
        judged_on_day: forecast::horizon(days),
        error: quality.map(|quality| quality.error),
        bias: quality.map(|quality| quality.bias),
        trials: quality.map_or(0, |quality| quality.forecasts),
    }
}

/// How a budget of `amount` stands with so much spent, and so much to be spent in all.
fn state(plan: &BudgetPlan, amount: Decimal, spent: Decimal, forecast: Option<Decimal>) -> BudgetState {
    if amount.is_zero() {
        return if spent > Decimal::ZERO {
            BudgetState::Unbudgeted
        } else {
            BudgetState::Ok
        };
    }
    // Without a division nothing is rounded before it is compared; what no decimal holds is beyond any limit.
    let parts = |value: Decimal, limit: Decimal| {
        let sides = value
            .checked_mul(Decimal::ONE_HUNDRED)
            .zip(amount.checked_mul(limit));
        sides.unwrap_or((value, Decimal::ZERO))
    };
    let beyond = |value, limit| {
        let (value, limit) = parts(value, limit);
        value > limit
    };
    let from = |value, limit| {
        let (value, limit) = parts(value, limit);
        value >= limit
    };
    let coming = forecast.unwrap_or(spent);
    if beyond(spent, plan.over_at) {
        BudgetState::Exceeded
    } else if beyond(coming, plan.over_at) {
        BudgetState::Over
    } else if from(coming, plan.watch_at) || from(spent, plan.watch_at) {
        BudgetState::Watch
    } else {
        BudgetState::Ok
    }
}

/// What a reader must know of budgets: what is not known of them, and why.
fn notices(judged: &[Judged<'_>], view: &View<'_>) -> Vec<Notice> {
    let own = |text: Text, missing| Notice {
        source: view.maker.source().map(str::to_owned),
        text,
        missing,
    };
    let mut notices = Vec::new();
    for Judged { plan, budget, .. } in judged {
        if budget.amount.is_none() {
            notices.push(own(words::other_currency(plan, view.maker.currency()), true));
        }
        match &plan.scope {
            Some(scope) if budget.spent.is_none() => notices.push(own(words::not_split(plan, scope), true)),
            Some(scope) if !is_known(view, scope) => notices.push(own(words::nobody(plan, scope), false)),
            _ => {}
        }
    }
    let mut silences: Vec<Silence> = Vec::new();
    for silence in judged.iter().filter_map(|judged| judged.silence) {
        if !silences.contains(&silence) {
            silences.push(silence);
        }
    }
    notices.extend(
        silences
            .into_iter()
            .map(|silence| own(words::silence(silence), false)),
    );
    notices
}

/// Whether anything is told of a member, in the period or in the days before it.
fn is_known(view: &View<'_>, scope: &BudgetScope) -> bool {
    let windows = std::iter::once(view.current).chain(view.days);
    let mut splits = windows.filter_map(|window| window.breakdown(&scope.dimension));
    let told = splits.any(|split| split.members.iter().any(|member| member.name == scope.member));
    told || !days(view, Some(scope)).is_empty()
}

impl Judged<'_> {
    /// A figure of the section: of this budget.
    fn figure(&self, view: &View<'_>, metric: Metric, value: Option<Decimal>) -> Figure {
        view.maker.member(metric, value, "budget", &self.budget.name)
    }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

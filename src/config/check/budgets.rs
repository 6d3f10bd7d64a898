//! `[jobs.NAME.budgets.BUDGET]`.

use super::report::DIMENSIONS;
use super::values::did_you_mean;
use super::{Check, is_name, lowered, nearest};
use crate::config::document::budget::{BudgetEntry, PhasingEntry};
use crate::config::document::{JobEntry, PercentEntry};
use crate::config::plan::{BudgetPlan, BudgetScope, BudgetUnit, Phasing};
use crate::config::problem::KeyPath;
use crate::config::read::list;
use crate::money::Currency;
use crate::period::{Calendar, PeriodRule};
use rust_decimal::{Decimal, dec};

/// Most budgets of a job: more are read by nobody in one report.
const MOST_BUDGETS: usize = 24;
/// Largest budget, and largest rate or weight.
const LARGEST_AMOUNT: Decimal = dec!(1_000_000_000_000_000);
const LARGEST_NUMBER: Decimal = dec!(1_000_000);
/// Months of a year, and so weights of one.
const MONTHS: usize = 12;
/// Limits, if nothing is written, in per cent.
const USUAL_WATCH: Decimal = dec!(80);
const USUAL_OVER: Decimal = dec!(100);
/// Limits that make sense, in per cent.
const MOST_LIMIT: Decimal = dec!(1000);

/// What the budgets of a job depend on.
pub(super) struct Around<'a> {
    pub(super) entry: &'a JobEntry,
    pub(super) period: Option<&'a PeriodRule>,
    pub(super) currency: Option<Currency>,
    pub(super) calendar: Option<Calendar>,
}

/// Checks the budgets of a job.
pub(super) fn budgets(cx: &mut Check<'_>, at: &KeyPath, job: &Around<'_>) -> Option<Vec<BudgetPlan>> {
    let entries = &job.entry.budgets;
    if entries.is_empty() {
        return Some(Vec::new());
    }
    let before = cx.problem_count();
    if entries.len() > MOST_BUDGETS {
        let hint = "give some of them to a job of their own".to_owned();
        cx.report(at, &format!("more than {MOST_BUDGETS} budgets"), Some(hint));
    }
    if job
        .entry
        .sources
        .as_ref()
        .is_some_and(|sources| sources.len() > 1)
        && !job.entry.combine
    {
        let hint = "write `combine = true` in the job, or give each source a job of its own";
        cx.report(
            at,
            "the costs of several sources are not added up",
            Some(hint.into()),
        );
    }
    let mut plans = Vec::new();
    for (name, entry) in entries {
        let at = at.join(name);
        if !is_name(name) {
            let hint = format!(
                "write `{}`: lower-case letters, digits and dashes, at most 63",
                lowered(name)
            );
            cx.report_key(&at, "not a name", Some(hint));
        }
        plans.extend(budget(cx, &at, name, entry, job));
    }
    (cx.problem_count() == before && plans.len() == entries.len()).then_some(plans)
}

fn budget(
    cx: &mut Check<'_>,
    at: &KeyPath,
    name: &str,
    entry: &BudgetEntry,
    job: &Around<'_>,
) -> Option<BudgetPlan> {
    let currency = match &entry.currency {
        Some(code) => cx.currency(&at.join("currency"), code),
        None => job.currency,
    };
    let amount = cx
        .required(
            at,
            "amount",
            entry.amount.as_ref(),
            "write `amount = \"20000.00\"`, or `0` if nothing may be spent",
        )
        .and_then(|amount| self::amount(cx, &at.join("amount"), &amount.0, currency));
    let per = cx
        .required(
            at,
            "per",
            entry.per.as_ref(),
            "write `per = \"month\"`, `\"quarter\"` or `\"year\"`",
        )
        .copied();
    let rate = rate(cx, at, entry, currency.zip(job.currency));
    let scope = scope(cx, at, entry);
    let limits = limits(cx, at, entry);
    let phasing = phasing(cx, at, entry, per);
    let reported = per
        .zip(job.period)
        .and_then(|(per, period)| fits(cx, at, per, period));
    let (watch_at, over_at) = limits?;
    Some(BudgetPlan {
        name: name.to_owned(),
        amount: amount?,
        per: per?,
        reported: reported?,
        phasing: phasing?,
        currency: currency?,
        rate: rate?,
        scope: scope?,
        watch_at,
        over_at,
        calendar: job.calendar?,
    })
}

/// What the job reports, if a budget of `per` says anything about it.
fn fits(cx: &mut Check<'_>, at: &KeyPath, per: BudgetUnit, period: &PeriodRule) -> Option<BudgetUnit> {
    let of = match period {
        PeriodRule::PreviousMonth | PeriodRule::MonthToDate => Some(BudgetUnit::Month),
        PeriodRule::PreviousQuarter | PeriodRule::QuarterToDate => Some(BudgetUnit::Quarter),
        PeriodRule::PreviousYear | PeriodRule::YearToDate => Some(BudgetUnit::Year),
        PeriodRule::PreviousDay | PeriodRule::PreviousWeek | PeriodRule::LastDays(_) => None,
    };
    let path = at.join("per");
    match of {
        None => {
            let hint = "a job with budgets reports `month_to_date`, `previous_month`, or the same of a quarter or year";
            cx.report(
                &path,
                &format!("no budget is about `{period}`"),
                Some(hint.into()),
            );
            None
        }
        Some(unit) if unit > per => {
            let hint = format!(
                "write the amount of the whole `{}` and `per` with that word",
                unit_word(unit)
            );
            cx.report(
                &path,
                &format!("`{period}` is more than the budget is about"),
                Some(hint),
            );
            None
        }
        Some(BudgetUnit::Month) if per == BudgetUnit::Quarter => {
            let hint = "write the amount of a month, or let the job report `quarter_to_date`";
            cx.report(
                &path,
                "a quarter's budget is not shared out to its months",
                Some(hint.into()),
            );
            None
        }
        Some(unit) => Some(unit),
    }
}

fn unit_word(unit: BudgetUnit) -> &'static str {
    match unit {
        BudgetUnit::Month => "month",
        BudgetUnit::Quarter => "quarter",
        BudgetUnit::Year => "year",
    }
}

fn amount(cx: &mut Check<'_>, path: &KeyPath, text: &str, currency: Option<Currency>) -> Option<Decimal> {
    let amount = Decimal::from_str_exact(text.trim()).ok();
    let label = match amount {
        None => "not an amount".to_owned(),
        Some(amount) if amount.is_sign_negative() && !amount.is_zero() => "below zero".to_owned(),
        Some(amount) if amount > LARGEST_AMOUNT => "too large".to_owned(),
        Some(amount) => match currency {
            Some(currency) if amount.normalize().scale() > currency.minor_units() => {
                format!("has more decimals than {currency}")
            }
            _ => return Some(amount),
        },
    };
    let hint = "write digits without grouping, such as `20000` or `\"20000.50\"`";
    cx.report(path, &label, Some(hint.into()));
    None
}

/// The fixed rate. The outer `None` is a problem.
fn rate(
    cx: &mut Check<'_>,
    at: &KeyPath,
    entry: &BudgetEntry,
    currencies: Option<(Currency, Currency)>,
) -> Option<Option<Decimal>> {
    let path = at.join("rate");
    let rate = match &entry.rate {
        Some(written) => Some(number(
            cx,
            &path,
            written,
            |rate| rate > Decimal::ZERO,
            "above 0, such as `\"1.0850\"`",
        )?),
        None => None,
    };
    let (own, job) = currencies?;
    match (own == job, rate) {
        (false, None) => {
            let hint = format!("write `rate = \"…\"`: how many {job} one {own} was when the budget was made");
            cx.report(
                at,
                &format!("a budget in {own} needs its rate to {job}"),
                Some(hint),
            );
            None
        }
        (true, Some(_)) => {
            let hint = format!("remove it: the amount is in {job}, as the report is");
            cx.report(&path, "there is nothing to convert", Some(hint));
            None
        }
        (_, rate) => Some(rate),
    }
}

/// Whose cost it is. The outer `None` is a problem.
fn scope(cx: &mut Check<'_>, at: &KeyPath, entry: &BudgetEntry) -> Option<Option<BudgetScope>> {
    let path = at.join("dimension");
    let member = cx.maybe_text(&at.join("member"), entry.member.as_ref())?;
    match (&entry.dimension, member) {
        (None, None) => Some(None),
        (Some(dimension), Some(member)) if DIMENSIONS.contains(&dimension.as_str()) => {
            Some(Some(BudgetScope {
                dimension: dimension.clone(),
                member,
            }))
        }
        (Some(dimension), Some(_)) => {
            let near = nearest(dimension, DIMENSIONS);
            let hint = near.map_or_else(|| format!("dimensions are {}", list(&DIMENSIONS)), did_you_mean);
            cx.report(&path, "not a dimension", Some(hint));
            None
        }
        (Some(_), None) => {
            let hint = "write `member = \"…\"` too, or neither for the whole cost";
            cx.report(&path, "`member` is missing beside it", Some(hint.into()));
            None
        }
        (None, Some(_)) => {
            let hint = "write `dimension = \"project\"` too, or neither for the whole cost";
            cx.report(
                &at.join("member"),
                "`dimension` is missing beside it",
                Some(hint.into()),
            );
            None
        }
    }
}

fn limits(cx: &mut Check<'_>, at: &KeyPath, entry: &BudgetEntry) -> Option<(Decimal, Decimal)> {
    let mut limit = |key: &str, written: Option<&PercentEntry>, usual| match written {
        Some(written) => {
            let fits = |limit: Decimal| limit > Decimal::ZERO && limit <= MOST_LIMIT;
            number(
                cx,
                &at.join(key),
                written,
                fits,
                "per cent above 0 without a sign, such as `80`",
            )
        }
        None => Some(usual),
    };
    let watch_at = limit("watch_at", entry.watch_at.as_ref(), USUAL_WATCH);
    let over_at = limit("over_at", entry.over_at.as_ref(), USUAL_OVER);
    let limits = watch_at.zip(over_at)?;
    if limits.0 > limits.1 {
        let key = if entry.watch_at.is_some() {
            "watch_at"
        } else {
            "over_at"
        };
        let hint = "`watch_at` is at most `over_at`";
        cx.report(
            &at.join(key),
            "it would be over before it is watched",
            Some(hint.into()),
        );
        return None;
    }
    Some(limits)
}

fn phasing(
    cx: &mut Check<'_>,
    at: &KeyPath,
    entry: &BudgetEntry,
    per: Option<BudgetUnit>,
) -> Option<Phasing> {
    let path = at.join("phasing");
    let Some(written) = &entry.phasing else {
        return Some(Phasing::Days);
    };
    if per.is_some_and(|per| per != BudgetUnit::Year) {
        let hint = "remove it, or write the amount of a year and `per = \"year\"`";
        cx.report(&path, "only a yearly budget is shared out", Some(hint.into()));
        return None;
    }
    match written {
        PhasingEntry::Word(word) if word == "days" => Some(Phasing::Days),
        PhasingEntry::Word(word) if word == "twelfths" => Some(Phasing::Twelfths),
        PhasingEntry::Word(word) => {
            let hint = nearest(word, ["days", "twelfths"]).map_or_else(
                || "write `days`, `twelfths` or a list of twelve weights".to_owned(),
                did_you_mean,
            );
            cx.report(&path, "not one of the choices", Some(hint));
            None
        }
        PhasingEntry::Weights(weights) => self::weights(cx, &path, weights),
    }
}

fn weights(cx: &mut Check<'_>, path: &KeyPath, written: &[PercentEntry]) -> Option<Phasing> {
    let mut weights = Vec::new();
    for (index, weight) in written.iter().enumerate() {
        let fits = |weight: Decimal| weight >= Decimal::ZERO;
        weights.extend(number(
            cx,
            &path.join(index),
            weight,
            fits,
            "from 0, such as `1.5`",
        ));
    }
    if weights.len() < written.len() {
        return None;
    }
    let label = if weights.len() != MONTHS {
        format!("{} weights for twelve months", weights.len())
    } else if weights.iter().all(Decimal::is_zero) {
        "no month has a weight".to_owned()
    } else {
        return Some(Phasing::Weights(weights));
    };
    let hint = "write one for each month, from the first one of the (fiscal) year on";
    cx.report(path, &label, Some(hint.into()));
    None
}

/// A number that `fits`; `wanted` says which.
fn number(
    cx: &mut Check<'_>,
    path: &KeyPath,
    written: &PercentEntry,
    fits: impl Fn(Decimal) -> bool,
    wanted: &str,
) -> Option<Decimal> {
    let found = Decimal::from_str_exact(written.0.trim()).ok();
    let number = found.filter(|number| fits(*number) && *number <= LARGEST_NUMBER);
    if number.is_none() {
        let label = if found.is_some() {
            "out of bounds"
        } else {
            "not a number"
        };
        cx.report(path, label, Some(format!("write a number {wanted}")));
    }
    number
}

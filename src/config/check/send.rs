//! `when` of a job.

use super::Check;
use super::gates::metric;
use crate::config::document::PercentEntry;
use crate::config::document::send::WhenEntry;
use crate::config::plan::{Condition, When};
use crate::config::problem::KeyPath;
use crate::config::read::list;
use crate::metric::Metric;
use rust_decimal::Decimal;

/// Most rules of one job.
const MOST_RULES: usize = 20;
/// The metric, if nothing is written.
const USUAL_METRIC: Metric = Metric::TotalCost;
/// The keys of which each rule has one.
const CONDITIONS: [Condition; 4] = [
    Condition::Above,
    Condition::Below,
    Condition::ChangeAbove,
    Condition::ChangeBelow,
];

/// Checks the rules of a job.
pub(super) fn when(cx: &mut Check<'_>, at: &KeyPath, entries: &[WhenEntry]) -> Option<Vec<When>> {
    if entries.len() > MOST_RULES {
        let hint = format!("at most {MOST_RULES} stand in one job");
        cx.report(at, "too many rules", Some(hint));
        return None;
    }
    let before = cx.problem_count();
    let mut rules: Vec<When> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let path = at.join(index);
        let Some(rule) = rule(cx, &path, entry) else {
            continue;
        };
        if rules.iter().any(|other| other.key() == rule.key()) {
            cx.report(
                &path,
                "this rule stands here twice",
                Some("remove one of the two".into()),
            );
        }
        rules.push(rule);
    }
    (cx.problem_count() == before).then_some(rules)
}

fn rule(cx: &mut Check<'_>, at: &KeyPath, entry: &WhenEntry) -> Option<When> {
    let metric = match &entry.metric {
        Some(text) => metric(cx, &at.join("metric"), text),
        None => Some(USUAL_METRIC),
    };
    let written = [
        &entry.above,
        &entry.below,
        &entry.change_above,
        &entry.change_below,
    ];
    let mut found = CONDITIONS
        .into_iter()
        .zip(written)
        .filter_map(|(condition, entry)| Some((condition, entry.as_ref()?)));
    let keys = CONDITIONS.map(Condition::key);
    let (first, second) = (found.next(), found.next());
    let Some((condition, limit)) = first else {
        if !cx.is_excused_within(at) {
            let hint = format!("write one of {}, such as `above = 5000`", list(&keys));
            cx.report(at, "says nothing that could hold", Some(hint));
        }
        return None;
    };
    if let Some((other, _)) = second {
        let hint = format!(
            "a rule has one of {}: make two rules of it, of which either lets the report out",
            list(&keys)
        );
        cx.report(&at.join(other.key()), "says a second thing", Some(hint));
        return None;
    }
    let limit = number(cx, &at.join(condition.key()), limit);
    Some(When {
        metric: metric?.key().to_owned(),
        condition,
        limit: limit?,
        rearm: entry.rearm,
    })
}

/// A decimal number of any sign.
fn number(cx: &mut Check<'_>, path: &KeyPath, written: &PercentEntry) -> Option<Decimal> {
    let number = Decimal::from_str_exact(written.0.trim()).ok();
    if number.is_none() {
        let hint = "write digits alone, such as `5000`, `-20` or `\"4999.99\"`";
        cx.report(path, "not a number", Some(hint.into()));
    }
    number
}

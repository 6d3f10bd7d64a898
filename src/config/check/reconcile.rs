//! `reconcile` of a job.

use super::report::DIMENSIONS;
use super::values::did_you_mean;
use super::{Check, nearest};
use crate::config::document::PercentEntry;
use crate::config::document::reconcile::{KnownGapEntry, ReconcileEntry};
use crate::config::plan::{KnownGap, Reconcile, SharedSplit, UsageAgainstBill};
use crate::config::problem::KeyPath;
use crate::config::read::list;
use crate::money;
use rust_decimal::Decimal;

/// Per cent of the bill that may stay unexplained, if nothing is written.
const USUAL_TOLERANCE: Decimal = Decimal::ONE;
/// All of it: a larger tolerance tolerates everything.
const LARGEST_TOLERANCE: Decimal = Decimal::ONE_HUNDRED;
/// Most known gaps: each is a row that somebody reads.
const MOST_GAPS: usize = 50;

/// Checks what a job ties out. The outer `None` is a problem.
pub(super) fn reconcile(
    cx: &mut Check<'_>,
    at: &KeyPath,
    entry: Option<&ReconcileEntry>,
    sources: Option<&Vec<String>>,
) -> Option<Option<Reconcile>> {
    let Some(entry) = entry else { return Some(None) };
    let before = cx.problem_count();
    let tolerance = match &entry.tolerance {
        Some(written) => tolerance(cx, &at.join("tolerance"), written),
        None => Some(USUAL_TOLERANCE),
    };
    let by = split(cx, at, entry);
    let gaps = known_gaps(cx, &at.join("known_gaps"), &entry.known_gaps);
    let (Some(usage), Some(bill)) = (&entry.usage, &entry.bill) else {
        alone(cx, at, entry);
        return (cx.problem_count() == before).then(|| Some(Reconcile::default()));
    };
    for (key, name) in [("usage", usage), ("bill", bill)] {
        source(cx, &at.join(key), name, sources);
    }
    if usage == bill {
        let hint = "name the source of the bill, which is another one than that of the usage";
        cx.report(
            &at.join("bill"),
            "is the source of the usage too",
            Some(hint.into()),
        );
    }
    if cx.problem_count() > before {
        return None;
    }
    Some(Some(Reconcile {
        against: Some(UsageAgainstBill {
            usage: usage.clone(),
            bill: bill.clone(),
            tolerance: tolerance?,
            by: by?,
            known_gaps: gaps?,
        }),
    }))
}

/// Without usage and bill nothing else has a meaning.
fn alone(cx: &mut Check<'_>, at: &KeyPath, entry: &ReconcileEntry) {
    let told = [
        ("usage", entry.usage.is_some()),
        ("bill", entry.bill.is_some()),
        ("tolerance", entry.tolerance.is_some()),
        ("by", entry.by.is_some()),
        ("bill_by", entry.bill_by.is_some()),
        ("names", !entry.names.is_empty()),
        ("known_gaps", !entry.known_gaps.is_empty()),
    ];
    let missing = match (&entry.usage, &entry.bill) {
        (Some(_), _) => "`bill` is missing beside it",
        (_, Some(_)) => "`usage` is missing beside it",
        _ => "`usage` and `bill` are missing beside it",
    };
    let excused = ["usage", "bill"].iter().any(|key| cx.is_excused(&at.join(key)));
    if let Some((key, _)) = told.iter().find(|(_, there)| *there && !excused) {
        let hint = "write both names of sources, `usage = \"NAME\"` and `bill = \"NAME\"`, or nothing but `[jobs.NAME.reconcile]`";
        cx.report(&at.join(key), missing, Some(hint.into()));
    }
}

/// A source of the job.
fn source(cx: &mut Check<'_>, path: &KeyPath, name: &str, sources: Option<&Vec<String>>) {
    // Sources that are missing or wrong are told at `sources`.
    let Some(sources) = sources else { return };
    let known: Vec<&str> = sources.iter().map(String::as_str).collect();
    if !known.contains(&name) {
        let near = nearest(name, known.iter().copied());
        let hint = near.map_or_else(|| format!("its sources are {}", list(&known)), did_you_mean);
        cx.report(path, "not a source of this job", Some(hint));
    }
}

/// Per cent from 0 to 100.
fn tolerance(cx: &mut Check<'_>, path: &KeyPath, written: &PercentEntry) -> Option<Decimal> {
    let percent = money::exact(written.0.trim()).ok();
    let fits = percent.filter(|percent| (Decimal::ZERO..=LARGEST_TOLERANCE).contains(percent));
    if fits.is_none() {
        let label = if percent.is_some() {
            "out of bounds"
        } else {
            "not a number of per cent"
        };
        let hint = "write per cent from 0 to 100 without a sign, such as `1` or `\"0.5\"`";
        cx.report(path, label, Some(hint.into()));
    }
    fits
}

/// By what both are compared. The outer `None` is a problem.
fn split(cx: &mut Check<'_>, at: &KeyPath, entry: &ReconcileEntry) -> Option<Option<SharedSplit>> {
    let before = cx.problem_count();
    for (key, name) in [("by", &entry.by), ("bill_by", &entry.bill_by)] {
        if let Some(name) = name
            && !DIMENSIONS.contains(&name.as_str())
        {
            let near = nearest(name, DIMENSIONS);
            let hint = near.map_or_else(|| format!("dimensions are {}", list(&DIMENSIONS)), did_you_mean);
            cx.report(&at.join(key), "not a dimension", Some(hint));
        }
    }
    for (usage, bill) in &entry.names {
        cx.text(&at.join("names").join(usage), bill);
    }
    let Some(usage) = entry.by.clone() else {
        let lonely = [
            ("bill_by", entry.bill_by.is_some()),
            ("names", !entry.names.is_empty()),
        ];
        let excused = cx.is_excused(&at.join("by"));
        if let Some((key, _)) = lonely.iter().find(|(_, there)| *there && !excused) {
            let hint = "write `by` too, such as `by = \"model\"`, or leave it out";
            cx.report(&at.join(key), "`by` is missing beside it", Some(hint.into()));
        }
        return (cx.problem_count() == before).then_some(None);
    };
    (cx.problem_count() == before).then(|| {
        Some(SharedSplit {
            bill: entry.bill_by.clone().unwrap_or_else(|| usage.clone()),
            usage,
            names: entry.names.clone(),
        })
    })
}

fn known_gaps(cx: &mut Check<'_>, path: &KeyPath, entries: &[KnownGapEntry]) -> Option<Vec<KnownGap>> {
    if entries.len() > MOST_GAPS {
        let hint = format!("at most {MOST_GAPS}; add up those of one reason");
        cx.report(path, "too many", Some(hint));
        return None;
    }
    let gaps: Vec<Option<KnownGap>> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| known_gap(cx, &path.join(index), entry))
        .collect();
    gaps.into_iter().collect()
}

fn known_gap(cx: &mut Check<'_>, at: &KeyPath, entry: &KnownGapEntry) -> Option<KnownGap> {
    let amount = cx
        .required(at, "amount", entry.amount.as_ref(), "write `amount = \"12.00\"`")
        .and_then(|text| {
            let amount = money::exact(text.trim()).ok().filter(|amount| !amount.is_zero());
            if amount.is_none() {
                let hint = "write digits with a dot, such as `\"12.00\"` or `\"-3.50\"`, without a currency";
                cx.report(
                    &at.join("amount"),
                    "not an amount other than zero",
                    Some(hint.into()),
                );
            }
            amount
        });
    let reason = cx
        .required(
            at,
            "reason",
            entry.reason.as_ref(),
            "write `reason = \"support plan\"`",
        )
        .and_then(|text| cx.text(&at.join("reason"), text));
    Some(KnownGap {
        amount: amount?,
        reason: reason?,
    })
}

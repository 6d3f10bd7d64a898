//! `gates` and `wait_until` of a job.

use super::values::did_you_mean;
use super::{Check, nearest};
use crate::config::document::{Document, GatesEntry, PercentEntry, WaitUntilEntry};
use crate::config::plan::{Gates, MaxChange, WaitUntil};
use crate::config::problem::KeyPath;
use crate::config::read::list;
use crate::metric::Metric;
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Runs that make a norm: a median of one is no norm, and years ago nothing was normal.
const NORM: RangeInclusive<u64> = 2..=60;
/// How many, if nothing is written.
const USUAL_NORM: u64 = 6;
/// The metric, if nothing is written.
const USUAL_METRIC: Metric = Metric::TotalCost;
/// Largest change that can be asked for, in per cent.
const LARGEST_CHANGE: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
/// Why nothing can be waited for at a platform.
const NO_WAIT: &str = "platforms do not tell how far their data reach, only files do: leave it out here, and let the job fall due some \
     hours after the period ends";

/// Checks what a report must pass.
pub(super) fn gates(cx: &mut Check<'_>, at: &KeyPath, entry: &GatesEntry) -> Option<Gates> {
    let metric = match &entry.metric {
        Some(text) => metric(cx, &at.join("metric"), text),
        None => Some(USUAL_METRIC),
    };
    let norm = cx.bounded(&at.join("norm"), entry.norm.unwrap_or(USUAL_NORM), &NORM);
    let percent = entry.max_change.as_ref().map_or(Some(None), |written| {
        percent(cx, &at.join("max_change"), written).map(Some)
    });
    if entry.max_change.is_none() && !cx.is_excused(&at.join("max_change")) {
        for (key, there) in [("metric", entry.metric.is_some()), ("norm", entry.norm.is_some())] {
            if there {
                let hint = "write `max_change = 50` too, in per cent, or neither";
                cx.report(
                    &at.join(key),
                    "`max_change` is missing beside it",
                    Some(hint.into()),
                );
            }
        }
    }
    let (metric, norm) = (metric?, usize::try_from(norm?).ok()?);
    Some(Gates {
        complete: entry.complete,
        min_rows: entry.min_rows,
        max_change: percent?.map(|percent| MaxChange {
            percent,
            metric: metric.key().to_owned(),
            norm,
        }),
    })
}

pub(super) fn metric(cx: &mut Check<'_>, path: &KeyPath, text: &str) -> Option<Metric> {
    let metric = Metric::ALL.iter().find(|metric| metric.key() == text).copied();
    if metric.is_none() {
        let near = nearest(text, Metric::ALL.iter().map(|metric| metric.key()));
        let hint = near.map_or_else(
            || "write a key such as `total_cost`, `total_requests` or `total_tokens`".into(),
            did_you_mean,
        );
        cx.report(path, "not a metric", Some(hint));
    }
    metric
}

/// A number of per cent above zero.
fn percent(cx: &mut Check<'_>, path: &KeyPath, written: &PercentEntry) -> Option<Decimal> {
    let percent = Decimal::from_str_exact(written.0.trim()).ok();
    let fits = percent.filter(|percent| *percent > Decimal::ZERO && *percent <= LARGEST_CHANGE);
    if fits.is_none() {
        let label = if percent.is_some() {
            "out of bounds"
        } else {
            "not a number of per cent"
        };
        let hint = "write per cent above 0 without a sign, such as `50` or `\"12.5\"`";
        cx.report(path, label, Some(hint.into()));
    }
    fits
}

/// Checks what a run waits for. The outer `None` is a problem.
pub(super) fn wait_until(
    cx: &mut Check<'_>,
    at: &KeyPath,
    entry: Option<&WaitUntilEntry>,
    sources: Option<&Vec<String>>,
    document: &Document,
) -> Option<Option<WaitUntil>> {
    let Some(entry) = entry else { return Some(None) };
    let at_most = cx.duration(&at.join("at_most"), &entry.at_most);
    // Sources that are missing or wrong are told at `sources`.
    let sources = sources?;
    // The platform answers for any day at any time, so that waiting for it would be no wait at all.
    let never_late = |name: &String| {
        let source = document.sources.get(name);
        source.is_some_and(|source| {
            source.geai.is_some() || source.dispersl.is_some() || source.almyty.is_some()
        })
    };
    let files = || sources.iter().filter(|name| !never_late(name));
    let fresh = entry.fresh.clone().unwrap_or_else(|| files().cloned().collect());
    let path = at.join("fresh");
    let before = cx.problem_count();
    if fresh.is_empty() && entry.fresh.is_some() {
        let hint = "name a source of this job, or leave `fresh` out to wait for all that are files";
        cx.report(&path, "names no source", Some(hint.into()));
    } else if fresh.is_empty() && !sources.is_empty() {
        cx.report(at, "none of its sources is files", Some(NO_WAIT.into()));
    }
    let known: Vec<&str> = sources.iter().map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    for (index, name) in entry.fresh.iter().flatten().enumerate() {
        if !known.contains(&name.as_str()) {
            let near = nearest(name, known.iter().copied());
            let hint = near.map_or_else(|| format!("its sources are {}", list(&known)), did_you_mean);
            cx.report(&path.join(index), "not a source of this job", Some(hint));
        } else if never_late(name) {
            cx.report(&path.join(index), "not a source of files", Some(NO_WAIT.into()));
        } else if !seen.insert(name) {
            let hint = "remove one of the two";
            cx.report(
                &path.join(index),
                "this source stands here twice",
                Some(hint.into()),
            );
        }
    }
    if cx.problem_count() > before {
        return None;
    }
    Some(Some(WaitUntil {
        sources: fresh,
        at_most: at_most?,
    }))
}

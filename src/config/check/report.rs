//! `[jobs.NAME.report.KIND]`.

use super::values::did_you_mean;
use super::{Check, nearest};
use crate::config::document::report::{ComparisonReportEntry, ReportEntry};
use crate::config::plan::{Against, ReportPlan};
use crate::config::problem::KeyPath;
use crate::config::read::list;
use crate::period::{Calendar, Period};
use std::ops::RangeInclusive;

/// The kinds, as a hint says them.
const KINDS: &str = "`full`, `comparison`, `trend` or `organization`";
/// What a period may be compared with besides a certain one.
const AGAINST: [&str; 2] = ["previous_period", "same_period_last_year"];
/// Most periods beside the one of a comparison: more do not fit a table that people read.
const MOST_AGAINST: usize = 4;
/// The dimensions by which sources split their figures.
pub(super) const DIMENSIONS: [&str; 10] = [
    "project",
    "model",
    "agent",
    "user",
    "service_type",
    "service",
    "provider",
    "sub_account",
    "gateway",
    "tool",
];
/// Periods of a trend: one is none, and sixty months are five years.
const PERIODS: RangeInclusive<u64> = 2..=60;

/// Checks which report a job makes.
pub(super) fn report(
    cx: &mut Check<'_>,
    path: &KeyPath,
    entry: Option<&ReportEntry>,
    calendar: Option<Calendar>,
) -> Option<ReportPlan> {
    let given = |there: bool, kind: &'static str| there.then_some(kind);
    let kinds: Vec<&str> = entry.map_or_else(Vec::new, |entry| {
        [
            given(entry.full.is_some(), "full"),
            given(entry.comparison.is_some(), "comparison"),
            given(entry.trend.is_some(), "trend"),
            given(entry.organization.is_some(), "organization"),
        ]
        .into_iter()
        .flatten()
        .collect()
    });
    match (entry, kinds.as_slice()) {
        (Some(entry), [_]) => {
            if let Some(comparison) = &entry.comparison {
                self::comparison(cx, &path.join("comparison"), comparison, calendar)
            } else if let Some(trend) = &entry.trend {
                let periods = cx.bounded(&path.join("trend").join("periods"), trend.periods, &PERIODS)?;
                u32::try_from(periods).ok().map(|periods| ReportPlan::Trend {
                    periods,
                    days: trend.days,
                })
            } else if entry.organization.is_some() {
                Some(ReportPlan::Organization)
            } else {
                Some(ReportPlan::Full)
            }
        }
        (_, []) => {
            let excused = ["full", "comparison", "trend", "organization"]
                .iter()
                .any(|kind| cx.is_excused(&path.join(kind)));
            if !excused && !cx.is_excused(path) {
                cx.report(
                    path,
                    "the kind of report is missing",
                    Some(format!("add `[{path}.full]`; kinds are {KINDS}")),
                );
            }
            None
        }
        (_, [_, second, ..]) => {
            cx.report(
                &path.join(second),
                "a job makes one report",
                Some("give each kind a job of its own".into()),
            );
            None
        }
        (None, _) => None,
    }
}

fn comparison(
    cx: &mut Check<'_>,
    path: &KeyPath,
    entry: &ComparisonReportEntry,
    calendar: Option<Calendar>,
) -> Option<ReportPlan> {
    let by = match &entry.by {
        Some(names) => dimensions(cx, &path.join("by"), names).map(Some),
        None => Some(None),
    };
    let against = against(cx, &path.join("against"), &entry.against, calendar);
    Some(ReportPlan::Comparison {
        against: against?,
        by: by?,
    })
}

fn against(
    cx: &mut Check<'_>,
    path: &KeyPath,
    texts: &[String],
    calendar: Option<Calendar>,
) -> Option<Vec<Against>> {
    let before = cx.problem_count();
    if texts.is_empty() || texts.len() > MOST_AGAINST {
        let hint = format!("name one to {MOST_AGAINST}, such as [\"previous_period\"]");
        cx.report(path, "not a number of periods to compare with", Some(hint));
    }
    let mut found: Vec<Against> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let at = path.join(index);
        let Some(one) = one_against(cx, &at, text, calendar) else {
            continue;
        };
        if found.contains(&one) {
            cx.report(
                &at,
                "this stands here twice",
                Some("remove one of the two".into()),
            );
        }
        found.push(one);
    }
    (cx.problem_count() == before).then_some(found)
}

fn one_against(
    cx: &mut Check<'_>,
    path: &KeyPath,
    text: &str,
    calendar: Option<Calendar>,
) -> Option<Against> {
    match text {
        "previous_period" => return Some(Against::PreviousPeriod),
        "same_period_last_year" => return Some(Against::SamePeriodLastYear),
        _ => {}
    }
    if let Ok(period) = Period::parse(text, calendar?) {
        return Some(Against::Period(period));
    }
    let hint = nearest(text, AGAINST).map_or_else(
        || "write `previous_period`, `same_period_last_year` or a period such as `2025-Q4`".to_owned(),
        did_you_mean,
    );
    cx.report(path, "nothing to compare with", Some(hint));
    None
}

fn dimensions(cx: &mut Check<'_>, path: &KeyPath, names: &[String]) -> Option<Vec<String>> {
    let before = cx.problem_count();
    if names.is_empty() {
        let hint = "name one, such as [\"project\"], or leave `by` out for everything that the sources tell";
        cx.report(path, "the list is empty", Some(hint.into()));
    }
    for (index, name) in names.iter().enumerate() {
        let at = path.join(index);
        if !DIMENSIONS.contains(&name.as_str()) {
            let near = nearest(name, DIMENSIONS);
            let hint = near.map_or_else(|| format!("dimensions are {}", list(&DIMENSIONS)), did_you_mean);
            cx.report(&at, "not a dimension", Some(hint));
        } else if names[..index].contains(name) {
            cx.report(
                &at,
                "this stands here twice",
                Some("remove one of the two".into()),
            );
        }
    }
    (cx.problem_count() == before).then(|| names.to_vec())
}

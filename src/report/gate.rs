//! Gates: what holds a finished report back until a person has looked at it. Pure: a report, what is allowed, what is normal.

use super::outlier::median;
use super::{Figure, Report, derive};
use crate::config::plan::{Gates, MaxChange};
use crate::language::{Text, Value};
use crate::metric::Unit;
use crate::money;
use crate::period::Period;
use crate::source::Dataset;
use rust_decimal::{Decimal, dec};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Fewer values before say nothing about what is normal.
const LEAST_NORM: usize = 2;
/// Most names in one sentence; the rest is counted.
const NAMES: usize = 5;

/// Which gate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Something is missing.
    Complete,
    /// There are too few rows of data.
    MinRows,
    /// A figure lies too far from what is normal.
    MaxChange,
}

impl Gate {
    /// The key of the configuration.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::MinRows => "min_rows",
            Self::MaxChange => "max_change",
        }
    }
}

/// Why a report is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// By which gate.
    pub gate: Gate,
    /// What was found, what was expected, and the command that releases it.
    pub text: String,
}

/// What holds `report` back: nothing, or one entry for each gate that does.
///
/// `rows` is what [`rows`] counts. `norm` holds the [`value`]s of reports that were delivered before, the newest first; the gate
/// looks at no more of them than the configuration says.
#[must_use]
pub fn judge(report: &Report, gates: &Gates, rows: u64, norm: &[Decimal]) -> Vec<Held> {
    let complete = || gates.complete.then(|| missing(report)).flatten();
    let min_rows = || gates.min_rows.and_then(|least| too_few(rows, least));
    let max_change = || {
        let limit = gates.max_change.as_ref()?;
        too_far(report, limit, norm)
    };
    [
        (Gate::Complete, complete()),
        (Gate::MinRows, min_rows()),
        (Gate::MaxChange, max_change()),
    ]
    .into_iter()
    .filter_map(|(gate, found)| {
        let text = format!(
            "{} `reportwire approve {}` releases exactly these bytes.",
            found?, report.run_id
        );
        Some(Held { gate, text })
    })
    .collect()
}

/// The rows of data behind the figures of `period`, of all sources together.
#[must_use]
pub fn rows(datasets: &[Dataset], period: &Period) -> u64 {
    let windows = datasets.iter().filter_map(|dataset| dataset.window(period));
    windows.map(|window| window.rows).sum()
}

/// The value by which a report is compared with others: the figure of the summary with this key, of several sources the sum.
///
/// `None` where nothing can be compared: a source is absent or should have told it and did not, currencies differ, or several
/// sources tell an average or a share, which add up to nothing.
#[must_use]
pub fn value(report: &Report, metric: &str) -> Option<Decimal> {
    if !report.absent.is_empty() {
        return None;
    }
    let figures = told(report, metric);
    let (first, others) = figures.split_first()?;
    if others.is_empty() {
        return first.value;
    }
    let same = |other: &&Figure| (other.unit, other.currency) == (first.unit, first.currency);
    if !adds_up(first) || !others.iter().all(same) {
        return None;
    }
    let values: Vec<Decimal> = figures.iter().map(|figure| figure.value).collect::<Option<_>>()?;
    money::sum(values).ok()
}

/// The figures of the summary with this key, of the sources that tell it.
pub(super) fn told<'a>(report: &'a Report, metric: &str) -> Vec<&'a Figure> {
    summary(report)
        .filter(|figure| figure.metric.key() == metric && is_told(report, figure))
        .collect()
}

/// The headline figures of each source.
pub(super) fn summary(report: &Report) -> impl Iterator<Item = &Figure> {
    report
        .sections
        .iter()
        .filter(|section| section.key == "summary" && section.source.is_some())
        .flat_map(|section| &section.figures)
}

/// Whether the figure's kind of source tells it at all.
fn is_told(report: &Report, figure: &Figure) -> bool {
    let source = report
        .sources
        .iter()
        .find(|source| Some(&source.name) == figure.source.as_ref());
    source.is_none_or(|source| !source.untold.contains(&figure.metric))
}

/// Totals do; averages and shares do not.
fn adds_up(figure: &Figure) -> bool {
    derive::parts(figure.metric).is_none() && !matches!(figure.unit, Unit::Percent | Unit::Ms)
}

fn missing(report: &Report) -> Option<String> {
    let several = report.sources.len() + report.absent.len() > 1;
    let lacking: Vec<String> = summary(report)
        .filter(|figure| figure.value.is_none() && is_told(report, figure) && !is_undefined(report, figure))
        .filter(|figure| !figure.source.as_ref().is_some_and(|s| report.absent.contains(s)))
        .map(|figure| match &figure.source {
            Some(source) if several => format!("{} of {source}", figure.metric.label()),
            _ => figure.metric.label().to_owned(),
        })
        .collect();
    let mut found = Vec::new();
    if !report.absent.is_empty() {
        found.push(format!("nothing of {} is in it", named(&report.absent)));
    }
    if !lacking.is_empty() {
        let be = if lacking.len() == 1 { "is" } else { "are" };
        found.push(format!("{} {be} not available", named(&lacking)));
    }
    (!found.is_empty()).then(|| {
        format!(
            "The report is incomplete: {}; `complete` expects every source and every figure of the summary.",
            found.join(", and ")
        )
    })
}

/// A quotient whose parts are both known has a denominator of zero: nothing is missing, there is nothing to divide.
fn is_undefined(report: &Report, figure: &Figure) -> bool {
    let known = |metric| {
        let mut same_source = summary(report).filter(|other| other.source == figure.source);
        same_source.any(|other| other.metric == metric && other.value.is_some())
    };
    derive::parts(figure.metric).is_some_and(|(above, below)| known(above) && known(below))
}

fn too_few(rows: u64, least: u64) -> Option<String> {
    let found = match rows {
        0 => "There is no row of data".to_owned(),
        1 => "There is 1 row of data".to_owned(),
        rows => format!("There are {rows} rows of data"),
    };
    (rows < least).then(|| format!("{found}; `min_rows` expects at least {least}."))
}

fn too_far(report: &Report, limit: &MaxChange, norm: &[Decimal]) -> Option<String> {
    let norm = &norm[..norm.len().min(limit.norm)];
    if norm.len() < LEAST_NORM {
        return None;
    }
    let middle = median(norm)?;
    if middle <= Decimal::ZERO {
        return None;
    }
    let figure = summary(report).find(|figure| figure.metric.key() == limit.metric);
    let label = figure.map_or(limit.metric.as_str(), |figure| figure.metric.label());
    let of = |value: Decimal| Amount(value, figure);
    let expected = format!(
        "the median of the {} reports before is {}, and `max_change` allows {} % more or less",
        norm.len(),
        of(middle),
        limit.percent.normalize()
    );
    let Some(value) = value(report, &limit.metric) else {
        return Some(format!("{label} is not known; {expected}."));
    };
    let change = value.checked_sub(middle)?;
    // Without a division nothing is rounded before it is compared; what no decimal can hold is too far in any case.
    let allowed = limit.percent.checked_mul(middle);
    let within = allowed
        .zip(change.abs().checked_mul(dec!(100)))
        .is_some_and(|(allowed, found)| found <= allowed);
    if within {
        return None;
    }
    let percent = money::percent(change.abs(), middle).map_or_else(String::new, |percent| {
        format!("{} % ", money::rounded(percent, 1))
    });
    let way = if change > Decimal::ZERO { "above" } else { "below" };
    Some(format!(
        "{label} is {}, {percent}{way} what is normal; {expected}.",
        of(value)
    ))
}

/// A value with its currency, as it stands in the data.
pub(super) struct Amount<'a>(pub(super) Decimal, pub(super) Option<&'a Figure>);

impl Amount<'_> {
    /// The same for readers of any locale.
    pub(super) fn text(&self) -> Text {
        let number = Value::Number(self.0.normalize()).into();
        match self.1.and_then(|figure| figure.currency) {
            Some(currency) => Text::joined(&[currency.code().into(), number], " "),
            None => number,
        }
    }
}

impl fmt::Display for Amount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(currency) = self.1.and_then(|figure| figure.currency) {
            write!(f, "{currency} ")?;
        }
        write!(f, "{}", self.0.normalize())
    }
}

fn named(names: &[String]) -> String {
    let (shown, more) = names.split_at(names.len().min(NAMES));
    let mut text = shown.join(", ");
    if !more.is_empty() {
        text.extend([" and ", &more.len().to_string(), " more"]);
    }
    text
}

#[cfg(test)]
mod tests;

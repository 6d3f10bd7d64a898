//! Reconciliation: the splits and the days of each source tied to its totals, and usage held against a bill.
//!
//! Nothing is rounded here and nothing is corrected: what does not tie is told, by how much and to the last digit.
//! Source: finance definitions, reconciliation and restatement.

mod bill;
mod days;
mod split;
mod ties;

use super::beside::View;
use super::derive::AMOUNT_NOISE;
use super::{Figure, Report, Section};
use crate::config::plan::Reconcile;
use crate::metric::{Metric, Unit};
use crate::money::{self, Currency};
use rust_decimal::{Decimal, dec};

/// The section that ties splits and days to totals.
pub const TIES: &str = "reconciliation";
/// The section that holds usage against a bill; those by a dimension begin with it.
pub const BILL: &str = "usage_against_bill";
/// What the word of the CSV column `comparison` is beside the sum of parts.
const HEADLINE: &str = "headline";
/// What the word of the CSV column `comparison` is beside an amount of a bill.
const USAGE: &str = "usage";

/// How the sum of parts stands to the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// Equal, to the last digit.
    Exact,
    /// Not equal, by no more than the noise of a platform that adds in binary.
    Noise,
    /// Not equal.
    Apart,
}

/// How the parts of `figure` stand to its total; `None` where either is unknown, or it is no figure of that kind.
#[must_use]
pub fn tie(figure: &Figure) -> Option<Tie> {
    let beside = figure.comparisons.first()?;
    let (change, total) = (beside.change?, beside.base_value?);
    let noise = match figure.unit {
        Unit::Currency => AMOUNT_NOISE.max(total.abs() * dec!(0.000000001)),
        _ => Decimal::ZERO,
    };
    Some(match change.abs() {
        apart if apart.is_zero() => Tie::Exact,
        apart if apart <= noise => Tie::Noise,
        _ => Tie::Apart,
    })
}

/// Whether what `section` leaves unexplained of a bill is within its tolerance; `None` where it is unknown. A bill of zero or below
/// has no percentage: the tolerance is one of the usage then, and without usage only nothing is within it.
#[must_use]
pub fn within_tolerance(section: &Section) -> Option<bool> {
    let value = |metric: Metric| {
        let mut figures = section.figures.iter();
        figures.find(|figure| figure.metric == metric)?.value
    };
    let unexplained = value(Metric::UnexplainedCost)?;
    let tolerance = value(Metric::UnexplainedTolerance)?;
    if let Some(share) = value(Metric::UnexplainedShare) {
        return Some(share.abs() <= tolerance);
    }
    let usage = value(Metric::UsageCost).filter(|usage| *usage > Decimal::ZERO);
    let of_usage = usage.and_then(|usage| money::percent(unexplained.abs(), usage));
    Some(of_usage.map_or(unexplained.is_zero(), |share| share <= tolerance))
}

/// Adds what `plan` asks for; the sources added up are tied out as well where there are such figures.
pub(super) fn reconcile(
    report: &mut Report,
    plan: &Reconcile,
    (together, views): (Option<&View<'_>>, &[View<'_>]),
    reporting: Currency,
) {
    for view in together.into_iter().chain(views) {
        let (section, notices) = ties::tied(view);
        report.sections.extend(section);
        report.notices.extend(notices);
    }
    if let Some(against) = &plan.against {
        bill::hold(report, against, views, reporting);
    }
}

#[cfg(test)]
mod tests;

//! What stands beside the period: which other periods a report needs, and the windows that the sources have of them.

use super::maker::Maker;
use crate::config::plan::{Against, ReportPlan};
use crate::period::Period;
use crate::source::{Dataset, Depth, Need, Window};

/// A window beside the one that a report is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<'a> {
    /// The word of the CSV column `comparison`.
    pub(super) comparison: &'a str,
    /// Its figures.
    pub(super) window: &'a Window,
}

/// A period beside the one that a report is about, and what it is to it: `previous_period`, `same_period_last_year`, or its id.
#[derive(Debug, Clone)]
pub(super) struct Other {
    pub(super) comparison: String,
    pub(super) period: Period,
}

/// The periods that a report compares `period` with, the leading one first.
#[must_use]
pub(super) fn others(report: &ReportPlan, period: &Period) -> Vec<Other> {
    let against: &[Against] = match report {
        ReportPlan::Full | ReportPlan::Trend { .. } | ReportPlan::Organization => &[Against::PreviousPeriod],
        ReportPlan::Comparison { against, .. } => against,
    };
    let other = |against: &Against| {
        let other = against.beside(period)?;
        Some(Other {
            comparison: against.key().to_owned(),
            period: other,
        })
    };
    against.iter().filter_map(other).collect()
}

/// The periods of a trend, oldest first; fewer where the calendar begins.
#[must_use]
pub(super) fn trend(period: &Period, periods: u32) -> Vec<Period> {
    let back = std::iter::successors(Some(period.clone()), Period::previous);
    let mut periods: Vec<Period> = back
        .take(usize::try_from(periods).unwrap_or(usize::MAX))
        .collect();
    periods.reverse();
    periods
}

/// Complete weeks before a period from which is told what is usual.
const WEEKS_BACK: u32 = 8;

/// The days from the Monday eight complete weeks before `period` to its end; `None` where the calendar begins.
#[must_use]
pub(super) fn look_back(period: &Period) -> Option<Period> {
    period.with_weeks_before(WEEKS_BACK)
}

/// The periods that a report needs of every source, each once; with `looks_back` also the days before the period.
#[must_use]
pub fn needs(report: &ReportPlan, period: &Period, looks_back: bool) -> Vec<Need> {
    let mut needs = vec![Need {
        period: period.clone(),
        depth: match report {
            ReportPlan::Organization => Depth::Organization,
            ReportPlan::Full | ReportPlan::Comparison { .. } | ReportPlan::Trend { .. } => Depth::Full,
        },
    }];
    let beside = others(report, period).into_iter().map(|other| Need {
        period: other.period,
        depth: Depth::Comparison,
    });
    let trend = match report {
        ReportPlan::Trend { periods, .. } => trend(period, *periods),
        ReportPlan::Full | ReportPlan::Comparison { .. } | ReportPlan::Organization => Vec::new(),
    };
    let trend = trend.into_iter().rev().map(|period| Need {
        period,
        depth: Depth::Figures,
    });
    let back = look_back(period).filter(|_| looks_back).map(|period| Need {
        period,
        depth: Depth::Days,
    });
    for need in beside.chain(trend).chain(back) {
        if !needs.iter().any(|other| other.period.id() == need.period.id()) {
            needs.push(need);
        }
    }
    needs
}

/// One source's windows, and the maker of its figures.
pub(super) struct View<'a> {
    pub(super) dataset: &'a Dataset,
    /// The datasets that were added up; none for one source's own.
    pub(super) parts: &'a [Dataset],
    pub(super) current: &'a Window,
    pub(super) beside: Vec<Beside<'a>>,
    /// The days from eight weeks before the period to its end, where the report looks back.
    pub(super) days: Option<&'a Window>,
    pub(super) maker: Maker<'a>,
}

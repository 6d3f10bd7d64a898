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

/// The periods that a report compares `period` with, the leading one first; each once, as what it is named first: the year before is the
/// previous period of a year, and the same one of last year.
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
    let mut others: Vec<Other> = Vec::new();
    for other in against.iter().filter_map(other) {
        if others.iter().all(|known| known.period.id() != other.period.id()) {
            others.push(other);
        }
    }
    others
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::Calendar;

    #[test]
    fn a_period_is_compared_with_another_one_once() {
        let fiscal = Calendar::fiscal(4).unwrap();
        let both = [Against::PreviousPeriod, Against::SamePeriodLastYear];
        let month = Against::Period(Period::parse("2026-09", Calendar::default()).unwrap());
        let check = |calendar, id: &str, against: &[Against], expected: &[(&str, &str)]| {
            let report = ReportPlan::Comparison {
                against: against.to_vec(),
                by: None,
            };
            let others = others(&report, &Period::parse(id, calendar).unwrap());
            let told: Vec<(&str, &str)> = others
                .iter()
                .map(|other| (other.comparison.as_str(), other.period.id()))
                .collect();
            assert_eq!(told, expected, "{id}");
        };
        let (previous, last_year) = ("previous_period", "same_period_last_year");
        let calendar = Calendar::default();
        check(fiscal, "FY2026", &both, &[(previous, "FY2025")]);
        check(calendar, "2026", &both, &[(previous, "2025")]);
        check(
            calendar,
            "2026-10",
            &both,
            &[(previous, "2026-09"), (last_year, "2025-10")],
        );
        check(
            calendar,
            "2026-10",
            &[month, Against::PreviousPeriod],
            &[("2026-09", "2026-09")],
        );
    }
}

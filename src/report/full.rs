//! The full report's sections: headline figures with the period before beside them, days, breakdowns, top lists.

use super::beside::Beside;
use super::maker::{Maker, tells};
use super::{Figure, Section, by, list};
use crate::language::say;
use crate::metric::{FULL_REPORT, Metric};
use crate::money::Currency;
use crate::source::{Ranking, Window};

/// All sections of the source, in the order of the report.
#[must_use]
pub(super) fn sections(maker: &Maker<'_>, current: &Window, beside: &[Beside<'_>]) -> Vec<Section> {
    let mut sections = vec![
        maker.section(
            "summary",
            say!("section-summary"),
            summary(maker, current, beside),
        ),
        maker.section("daily", say!("section-daily"), maker.daily(current)),
    ];
    sections.extend(current.breakdowns.iter().map(|breakdown| {
        let figures = breakdown.members.iter().flat_map(|member| {
            let measures = member.measures.iter();
            measures.map(|m| maker.member(m.metric, m.value, &breakdown.dimension, &member.name))
        });
        let title = by(&breakdown.dimension);
        maker.section(&format!("by_{}", breakdown.dimension), title, figures.collect())
    }));
    sections.extend(rankings(maker, current));
    sections
}

/// The top lists.
pub(super) fn rankings(maker: &Maker<'_>, current: &Window) -> impl Iterator<Item = Section> {
    current.rankings.iter().map(|ranking| {
        let key = ranking.list.key();
        maker.section(key, list(key), ranking_of(maker, ranking))
    })
}

/// The members of a top list; for a list that the source did not send, one figure that says so.
fn ranking_of(maker: &Maker<'_>, ranking: &Ranking) -> Vec<Figure> {
    let list = ranking.list;
    if !ranking.known {
        let unknown = Figure {
            label: say!("list-not-available"),
            dimension: Some(list.dimension().to_owned()),
            ..maker.figure(list.metric(), None)
        };
        return vec![unknown];
    }
    let rows = ranking.rows.iter().zip(1..);
    rows.map(|((member, value), rank)| Figure {
        rank: Some(rank),
        ..maker.member(list.metric(), *value, list.dimension(), member)
    })
    .collect()
}

/// The 21 figures in order, then what the source tells besides.
fn summary(maker: &Maker<'_>, current: &Window, beside: &[Beside<'_>]) -> Vec<Figure> {
    let more = current
        .figures
        .iter()
        .map(|measure| measure.metric)
        .filter(|m| !FULL_REPORT.contains(m) && m.is_listed());
    // Of all sources together only what they share; the rest is told by each.
    let shown = |metric: &Metric| !maker.is_together() || tells(current, *metric);
    FULL_REPORT
        .into_iter()
        .chain(more)
        .filter(shown)
        .map(|metric| maker.compared(metric, current, beside))
        .collect()
}

/// The figures of the full report that the kind of source cannot tell at all.
#[must_use]
pub(super) fn untold(window: &Window) -> Vec<Metric> {
    FULL_REPORT
        .into_iter()
        .filter(|metric| !tells(window, *metric))
        .collect()
}

/// The summary of a source that could not be had: every figure of the report, not available.
pub(super) fn absent(source: &str, reporting: Currency) -> Section {
    let maker = Maker::of(source, reporting, false);
    let figures = FULL_REPORT.map(|metric| maker.figure(metric, None));
    maker.section("summary", say!("section-summary"), figures.into())
}

//! The full report's sections: headline figures with the period before beside them, days, breakdowns, top lists.

use super::compare::PREVIOUS_PERIOD;
use super::{Comparison, Figure, Section, Status, derive};
use crate::metric::{FULL_REPORT, Metric, Unit};
use crate::money::Currency;
use crate::source::{Dataset, Ranking, Window};
use rust_decimal::Decimal;

/// The headline figures of a summary, the most telling first; five of them are shown.
const HEADLINES: [Metric; 15] = [
    Metric::TotalCost,
    Metric::AverageCostPerRequest,
    Metric::TotalRequests,
    Metric::ErrorRate,
    Metric::TotalTasks,
    Metric::TaskSuccessRate,
    Metric::ActiveUsers,
    Metric::EffectiveCost,
    Metric::ListCost,
    Metric::ContractedCost,
    Metric::Credits,
    Metric::TotalTokens,
    Metric::ActiveProjects,
    Metric::ActiveModels,
    Metric::Conversations,
];

/// How many headline figures a summary shows.
pub(super) const HEADLINE_COUNT: usize = 5;

/// Makes figures of one source: they share its name, currency and sureness.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maker<'a> {
    source: &'a str,
    currency: Currency,
    provisional: bool,
}

impl<'a> Maker<'a> {
    /// For figures of `dataset`; amounts without a known currency are in `reporting`.
    #[must_use]
    pub(super) fn new(dataset: &'a Dataset, reporting: Currency) -> Self {
        Self {
            source: &dataset.source,
            currency: dataset.currency.unwrap_or(reporting),
            provisional: dataset.provisional_through.is_some(),
        }
    }

    #[cfg(test)]
    pub(super) fn of(source: &'a str, currency: Currency, provisional: bool) -> Self {
        Self {
            source,
            currency,
            provisional,
        }
    }

    fn figure(&self, metric: Metric, value: Option<Decimal>) -> Figure {
        let status = match value {
            None => Status::NotAvailable,
            Some(_) if self.provisional => Status::Provisional,
            Some(_) => Status::Ok,
        };
        Figure {
            source: Some(self.source.to_owned()),
            metric,
            label: metric.label().to_owned(),
            dimension: None,
            member: None,
            rank: None,
            unit: metric.unit(),
            currency: (metric.unit() == Unit::Currency).then_some(self.currency),
            value,
            status,
            comparisons: Vec::new(),
        }
    }

    pub(super) fn member(
        &self,
        metric: Metric,
        value: Option<Decimal>,
        dimension: &str,
        member: &str,
    ) -> Figure {
        Figure {
            label: member.to_owned(),
            dimension: Some(dimension.to_owned()),
            member: Some(member.to_owned()),
            ..self.figure(metric, value)
        }
    }

    fn section(&self, key: &str, title: String, figures: Vec<Figure>) -> Section {
        Section {
            key: key.to_owned(),
            title,
            source: Some(self.source.to_owned()),
            figures,
        }
    }

    /// All sections of the source, in the order of the report.
    #[must_use]
    pub(super) fn sections(&self, current: &Window, base: Option<&Window>) -> Vec<Section> {
        let mut sections = vec![
            self.section("summary", "Summary".to_owned(), self.summary(current, base)),
            self.section("daily", "Daily".to_owned(), self.daily(current)),
        ];
        sections.extend(current.breakdowns.iter().map(|breakdown| {
            let figures = breakdown.members.iter().flat_map(|member| {
                let measures = member.measures.iter();
                measures.map(|m| self.member(m.metric, m.value, &breakdown.dimension, &member.name))
            });
            let title = format!("By {}", breakdown.dimension.replace('_', " "));
            self.section(&format!("by_{}", breakdown.dimension), title, figures.collect())
        }));
        sections.extend(current.rankings.iter().map(|ranking| {
            let key = ranking.list.key();
            self.section(key, title_of(key), self.ranking(ranking))
        }));
        sections
    }

    /// The members of a top list; for a list that the source did not send, one figure that says so.
    fn ranking(&self, ranking: &Ranking) -> Vec<Figure> {
        let list = ranking.list;
        if !ranking.known {
            let unknown = Figure {
                label: "Not available".to_owned(),
                dimension: Some(list.dimension().to_owned()),
                ..self.figure(list.metric(), None)
            };
            return vec![unknown];
        }
        let rows = ranking.rows.iter().zip(1..);
        rows.map(|((member, value), rank)| Figure {
            rank: Some(rank),
            ..self.member(list.metric(), *value, list.dimension(), member)
        })
        .collect()
    }

    /// The 21 figures in order, then what the source tells besides.
    fn summary(&self, current: &Window, base: Option<&Window>) -> Vec<Figure> {
        let more = current
            .figures
            .iter()
            .map(|measure| measure.metric)
            .filter(|m| !FULL_REPORT.contains(m));
        FULL_REPORT
            .into_iter()
            .chain(more)
            .map(|metric| self.compared(metric, current, base))
            .collect()
    }

    fn compared(&self, metric: Metric, current: &Window, base: Option<&Window>) -> Figure {
        let figure = self.figure(metric, derive::value(current, metric));
        let comparisons = base
            .map(|base| Comparison::of(PREVIOUS_PERIOD, figure.value, derive::value(base, metric)))
            .into_iter()
            .collect();
        Figure {
            comparisons,
            ..figure
        }
    }

    fn daily(&self, current: &Window) -> Vec<Figure> {
        let points = current.daily.iter().flat_map(|series| {
            series
                .points
                .iter()
                .map(|(date, value)| self.member(series.metric, *value, "day", &date.to_string()))
        });
        points.collect()
    }

    /// The figures that this source contributes to the five of the summary, the most telling first.
    ///
    /// What the kind of source cannot tell at all gives way to what it can; what it should have told stays, as unknown.
    #[must_use]
    pub(super) fn headlines(&self, current: &Window, base: Option<&Window>) -> Vec<Figure> {
        HEADLINES
            .into_iter()
            .filter(|metric| tells(current, *metric))
            .map(|metric| self.compared(metric, current, base))
            .collect()
    }
}

/// Whether the kind of source tells this figure, though it may be unknown this time.
fn tells(window: &Window, metric: Metric) -> bool {
    window.figures.iter().any(|measure| measure.metric == metric) || derive::value(window, metric).is_some()
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
    let maker = Maker {
        source,
        currency: reporting,
        provisional: false,
    };
    let figures = FULL_REPORT.map(|metric| maker.figure(metric, None));
    maker.section("summary", "Summary".to_owned(), figures.into())
}

fn title_of(key: &str) -> String {
    let mut title = key.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

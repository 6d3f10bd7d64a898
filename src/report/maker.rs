//! Makes figures: those of one source share its name, currency and sureness.

use super::beside::Beside;
use super::{Comparison, Figure, Section, Status, derive};
use crate::language::Text;
use crate::metric::{FULL_REPORT, Metric, Unit};
use crate::money::Currency;
use crate::source::{Dataset, Window};
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
    /// `None`: of all sources together.
    source: Option<&'a str>,
    currency: Currency,
    provisional: bool,
}

impl<'a> Maker<'a> {
    /// For figures of `dataset`; amounts without a known currency are in `reporting`.
    #[must_use]
    pub(super) fn new(dataset: &'a Dataset, reporting: Currency) -> Self {
        Self {
            source: Some(dataset.source.as_str()).filter(|name| !name.is_empty()),
            currency: dataset.currency.unwrap_or(reporting),
            provisional: dataset.provisional_through.is_some(),
        }
    }

    /// For figures of `source`.
    #[must_use]
    pub(super) fn of(source: &'a str, currency: Currency, provisional: bool) -> Self {
        Self {
            source: Some(source),
            currency,
            provisional,
        }
    }

    /// The source of its figures; `None`: all together.
    #[must_use]
    pub(super) fn source(&self) -> Option<&'a str> {
        self.source
    }

    /// The currency of its amounts.
    #[must_use]
    pub(super) fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether its figures are those of all sources together.
    #[must_use]
    pub(super) fn is_together(&self) -> bool {
        self.source.is_none()
    }

    /// A headline figure that stands alone.
    pub(super) fn figure(&self, metric: Metric, value: Option<Decimal>) -> Figure {
        let status = match value {
            None => Status::NotAvailable,
            Some(_) if self.provisional => Status::Provisional,
            Some(_) => Status::Ok,
        };
        Figure {
            source: self.source.map(str::to_owned),
            metric,
            label: metric.label().into(),
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
            label: member.into(),
            dimension: Some(dimension.to_owned()),
            member: Some(member.to_owned()),
            ..self.figure(metric, value)
        }
    }

    pub(super) fn section(&self, key: &str, title: Text, figures: Vec<Figure>) -> Section {
        Section {
            key: key.to_owned(),
            title,
            source: self.source.map(str::to_owned),
            figures,
        }
    }

    /// A headline figure with its counterparts.
    pub(super) fn compared(&self, metric: Metric, current: &Window, beside: &[Beside<'_>]) -> Figure {
        Self::beside(
            self.figure(metric, derive::value(current, metric)),
            beside,
            |window| derive::value(window, metric),
        )
    }

    /// `figure` with its counterparts, which `base` finds.
    pub(super) fn beside(
        figure: Figure,
        beside: &[Beside<'_>],
        base: impl Fn(&Window) -> Option<Decimal>,
    ) -> Figure {
        let comparisons = beside
            .iter()
            .map(|other| Comparison::of(other.comparison, figure.value, base(other.window)))
            .collect();
        Figure {
            comparisons,
            ..figure
        }
    }

    /// The days of each series.
    pub(super) fn daily(&self, current: &Window) -> Vec<Figure> {
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
    pub(super) fn headlines(&self, current: &Window, beside: &[Beside<'_>]) -> Vec<Figure> {
        HEADLINES
            .into_iter()
            .filter(|metric| tells(current, *metric))
            .map(|metric| self.compared(metric, current, beside))
            .collect()
    }
}

/// The figures that the kind of source tells: those of the full report in order, then the others.
pub(super) fn told(window: &Window) -> Vec<Metric> {
    let more = window
        .figures
        .iter()
        .map(|measure| measure.metric)
        .filter(|metric| !FULL_REPORT.contains(metric) && metric.is_listed());
    FULL_REPORT
        .into_iter()
        .chain(more)
        .filter(|metric| tells(window, *metric))
        .collect()
}

/// Whether the kind of source tells this figure, though it may be unknown this time.
pub(super) fn tells(window: &Window, metric: Metric) -> bool {
    window.figures.iter().any(|measure| measure.metric == metric) || derive::value(window, metric).is_some()
}

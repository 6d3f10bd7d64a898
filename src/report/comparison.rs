//! The comparison's sections: the figures beside those of other periods, why the cost changed, and each split member by member.

use super::beside::View;
use super::effects::{self, Effects, Grain};
use super::maker::{Maker, tells};
use super::members::{Members, names};
use super::{Comparison, Figure, Notice, Section, by, derive};
use crate::language::{Text, say};
use crate::metric::{FULL_REPORT, Metric};
use crate::money;
use crate::source::{Member, Window};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// What is compared of each member.
const COMPARED: [Metric; 3] = [Metric::TotalCost, Metric::TotalRequests, Metric::TotalTokens];

/// What became of one source's figures.
pub(super) struct CostComparison<'a> {
    view: &'a View<'a>,
    /// Why the cost changed, for each period beside; `None`: a total is unknown.
    effects: Vec<(&'a str, Option<Effects>)>,
    /// The dimensions of the sections, in order.
    dimensions: Vec<String>,
    /// Dimensions that were asked for and that the source does not tell.
    untold: Vec<String>,
}

impl<'a> CostComparison<'a> {
    /// Compares the windows of `view` by the dimensions of `by`, or all that the source tells.
    pub(super) fn new(view: &'a View<'a>, by: Option<&[String]>) -> Self {
        let windows = || std::iter::once(view.current).chain(view.beside.iter().map(|other| other.window));
        let told: Vec<String> = windows()
            .flat_map(|window| &window.breakdowns)
            .filter(|breakdown| breakdown.members.iter().any(is_compared))
            .map(|breakdown| breakdown.dimension.clone())
            .collect();
        let mut seen = BTreeSet::new();
        let asked = by.map_or_else(|| told.clone(), <[String]>::to_vec);
        let (dimensions, untold): (Vec<_>, Vec<_>) = asked
            .into_iter()
            .filter(|dimension| seen.insert(dimension.clone()))
            .partition(|dimension| told.contains(dimension));
        let effects = view.beside.iter().map(|other| {
            let found = effects::between(view.current, other.window, &dimensions, view.parts);
            (other.comparison, found)
        });
        Self {
            effects: effects.collect(),
            view,
            dimensions,
            untold,
        }
    }

    /// Why the cost changed against the leading period.
    pub(super) fn leading(&self) -> Option<&Effects> {
        self.effects.first()?.1.as_ref()
    }

    /// The dimensions of its sections, in order.
    pub(super) fn dimensions(&self) -> &[String] {
        &self.dimensions
    }

    /// All sections of the source, in the order of the report.
    pub(super) fn sections(&self) -> Vec<Section> {
        let View { maker, current, .. } = self.view;
        let mut sections = vec![maker.section("summary", say!("section-summary"), self.summary())];
        let effects: Vec<Figure> = self
            .effects
            .iter()
            .filter_map(|(comparison, effects)| Some((comparison, effects.as_ref()?)))
            .flat_map(|(comparison, effects)| effect_figures(maker, comparison, effects))
            .collect();
        if !effects.is_empty() {
            sections.push(maker.section("effects", say!("section-effects"), effects));
        }
        sections.extend(self.dimensions.iter().map(|dimension| {
            maker.section(&format!("by_{dimension}"), by(dimension), self.members(dimension))
        }));
        sections.push(maker.section("daily", say!("section-daily"), maker.daily(current)));
        sections
    }

    /// What a reader must know of how it was compared.
    pub(super) fn notices(&self) -> Vec<Notice> {
        let about = |text: Text, missing| Notice {
            source: Some(self.view.dataset.source.clone()).filter(|name| !name.is_empty()),
            text,
            missing,
        };
        let untold = self.untold.iter().map(|dimension| {
            let words = Text::keyed("dimension-", dimension);
            about(say!("no-cost-compared-by", "dimension" = words), true)
        });
        let all = self.effects.iter().zip(&self.view.beside).enumerate();
        let told = all.filter_map(|(place, ((_, effects), other))| {
            Some((place, &effects.as_ref()?.grain, &other.window.period))
        });
        let grains = told.filter_map(|(place, grain, period)| {
            if place == 0 {
                return Some(about(grain_text(grain), false));
            }
            let other = self.leading().is_none_or(|leading| leading.grain != *grain);
            let text = || say!("grain-against", "period" = period, "grain" = grain_text(grain));
            other.then(|| about(text(), false))
        });
        untold.chain(grains).collect()
    }

    fn summary(&self) -> Vec<Figure> {
        let View {
            maker,
            current,
            beside,
            ..
        } = self.view;
        let told = |metric: &Metric| {
            tells(current, *metric) || beside.iter().any(|other| tells(other.window, *metric))
        };
        let more = current
            .figures
            .iter()
            .map(|measure| measure.metric)
            .filter(|metric| !FULL_REPORT.contains(metric) && metric.is_listed());
        let all = FULL_REPORT.into_iter().chain(more).filter(told);
        all.flat_map(|metric| {
            let figure = maker.compared(metric, current, beside);
            let per_day = (metric == Metric::TotalCost).then(|| {
                let figure = maker.figure(Metric::CostPerDay, cost_per_day(current));
                Maker::beside(figure, beside, cost_per_day)
            });
            std::iter::once(figure).chain(per_day)
        })
        .collect()
    }

    /// The figures of the members of one dimension: each one's cost, its share, and what it did for it.
    fn members(&self, dimension: &str) -> Vec<Figure> {
        let View {
            maker,
            current,
            beside,
            ..
        } = self.view;
        let now = Members::of(current, dimension);
        let before: Vec<(&str, Members<'_>)> = beside
            .iter()
            .map(|other| (other.comparison, Members::of(other.window, dimension)))
            .collect();
        let told: Vec<Metric> = COMPARED
            .into_iter()
            .filter(|metric| {
                let mut splits = std::iter::once(&now).chain(before.iter().map(|(_, split)| split));
                splits.any(|split| split.tells(*metric))
            })
            .collect();
        let figure = |name: &str, metric, value: &dyn Fn(&Members<'_>) -> Option<Decimal>| {
            let figure = maker.member(metric, value(&now), dimension, name);
            let comparisons = before
                .iter()
                .map(|(comparison, split)| Comparison::of(comparison, figure.value, value(split)))
                .collect();
            Figure {
                comparisons,
                ..figure
            }
        };
        let mut figures = Vec::new();
        for name in names(&now, &before) {
            for metric in &told {
                figures.push(figure(name, *metric, &|split| split.figure(name, *metric)));
                if *metric == Metric::TotalCost {
                    figures.push(figure(name, Metric::CostShare, &|split| split.share(name)));
                }
            }
        }
        figures
    }
}

/// Whether anything is told of a member that a comparison shows.
fn is_compared(member: &Member) -> bool {
    let mut measures = member.measures.iter();
    measures.any(|measure| COMPARED.contains(&measure.metric))
}

/// The effects as figures: each names its comparison, and has no counterpart there.
fn effect_figures(maker: &Maker<'_>, comparison: &str, effects: &Effects) -> Vec<Figure> {
    let figure = |(metric, value): &(Metric, Decimal)| Figure {
        comparisons: vec![Comparison {
            comparison: comparison.to_owned(),
            base_value: None,
            change: None,
            change_percent: None,
            direction: None,
        }],
        ..maker.figure(*metric, Some(*value))
    };
    effects.parts.iter().map(figure).collect()
}

fn cost_per_day(window: &Window) -> Option<Decimal> {
    money::quotient(
        derive::value(window, Metric::TotalCost)?,
        window.period.days().into(),
    )
}

/// How the change was taken apart.
fn grain_text(grain: &Grain) -> Text {
    let counted = |unit: &Metric| Text::keyed("counted-", unit.key());
    let kind_of = |kind: &str| Text::keyed("kind-", kind);
    match grain {
        Grain::Items { kind, unit } => {
            say!("grain-items", "kind" = kind_of(kind), "unit" = counted(unit))
        }
        Grain::Mixed { kind } => say!("grain-mixed", "kind" = kind_of(kind)),
        Grain::Apart { kind } => say!("grain-apart", "kind" = kind_of(kind)),
        Grain::Whole { unit } => say!("grain-whole", "unit" = counted(unit)),
        Grain::Costs { dimension } => {
            say!("grain-costs", "dimension" = Text::keyed("dimension-", dimension))
        }
        Grain::AllNew => say!("grain-all-new"),
        Grain::AllRetired => say!("grain-all-retired"),
        Grain::Nothing => say!("grain-nothing"),
    }
}

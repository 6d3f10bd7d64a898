//! The organization's sections: its key figures, who used what by service type, project and agent, and each day of it.
//!
//! Where a row is about two things, `member` is the row's own and `label` the other: the project of an agent, the service type of
//! what a project used, the member of a split on a day.

mod charts;
mod words;

use super::beside::View;
use super::maker::{Maker, told};
use super::members::{Members, names};
use super::{Chart, Comparison, Figure, Notice, Section, by, full, list};
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::source::Window;
use crate::source::organization::{OTHERS, Organization, Part, Split, Usage};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use words::Words;

/// The key figures, in the order of the first page.
const KEY_FIGURES: [Metric; 6] = [
    Metric::TotalCost,
    Metric::TotalRequests,
    Metric::TotalTokens,
    Metric::ActiveProjects,
    Metric::Conversations,
    Metric::ActiveModels,
];
/// What a platform counts to price it.
pub(super) const QUANTITIES: [Metric; 4] = [
    Metric::InputTokens,
    Metric::OutputTokens,
    Metric::AudioSeconds,
    Metric::Characters,
];
/// The dimensions of the organization, as a source names them.
const SERVICE_TYPE: &str = "service_type";
const PROJECT: &str = "project";

/// Each day with its value.
type Days = [(NaiveDate, Option<Decimal>)];

/// What one source tells of the organization.
pub(super) struct Organized<'a> {
    view: &'a View<'a>,
    /// Who used what; `None`: the source does not tell it.
    facts: Option<&'a Organization>,
    words: Words,
}

impl<'a> Organized<'a> {
    /// Takes the window of the report's own period.
    pub(super) fn new(view: &'a View<'a>) -> Self {
        let windows = std::iter::once(view.current).chain(view.beside.iter().map(|other| other.window));
        let service_types = windows
            .filter_map(|window| window.breakdown(SERVICE_TYPE))
            .flat_map(|breakdown| &breakdown.members)
            .map(|member| member.name.as_str());
        Self {
            facts: view.current.organization.as_deref(),
            words: Words::new(service_types),
            view,
        }
    }

    /// The key figures with their counterparts, as far as the kind of source tells them.
    pub(super) fn headlines(&self) -> Vec<Figure> {
        let told = told(self.view.current);
        let figures = KEY_FIGURES.into_iter().filter(|metric| told.contains(metric));
        figures
            .map(|metric| {
                self.maker()
                    .compared(metric, self.view.current, &self.view.beside)
            })
            .collect()
    }

    /// What is drawn; empty where the source tells nothing by day and member.
    pub(super) fn charts(&self, prefix: &str, cost: &Figure) -> Vec<Chart> {
        charts::Studio::new(self, prefix, cost).charts()
    }

    /// All sections of the source, in the order of the report.
    pub(super) fn sections(&self) -> Vec<Section> {
        let (maker, current) = (self.maker(), self.view.current);
        let mut sections = vec![
            maker.section("summary", say!("section-summary"), self.summary()),
            maker.section("daily", say!("section-daily"), maker.daily(current)),
        ];
        sections.extend(self.dimensions().into_iter().map(|dimension| {
            maker.section(
                &format!("by_{dimension}"),
                by(dimension),
                self.breakdown(dimension),
            )
        }));
        match self.facts {
            Some(facts) => sections.extend(self.told_by_day(facts)),
            None => sections.extend(full::rankings(maker, current)),
        }
        sections
    }

    /// What a reader must know.
    pub(super) fn notices(&self) -> Vec<Notice> {
        let lacking = [SERVICE_TYPE, PROJECT]
            .into_iter()
            .filter(|dimension| self.view.current.breakdown(dimension).is_none());
        let text = |dimension: &str| {
            let words = Text::keyed("dimension-", dimension);
            say!("no-cost-shown-by", "dimension" = words)
        };
        // Without a row at all the source has told already that it has none.
        lacking
            .filter(|_| self.view.current.rows > 0)
            .map(|dimension| Notice {
                source: Some(self.view.dataset.source.clone()).filter(|source| !source.is_empty()),
                text: text(dimension),
                missing: true,
            })
            .collect()
    }

    fn maker(&self) -> &Maker<'a> {
        &self.view.maker
    }

    /// Service type and project; of a source without service types whatever it has.
    fn dimensions(&self) -> Vec<&'a str> {
        let current = self.view.current;
        let own = [SERVICE_TYPE, PROJECT]
            .into_iter()
            .filter(|dimension| current.breakdown(dimension).is_some());
        if current.breakdown(SERVICE_TYPE).is_some() {
            return own.collect();
        }
        let all = current.breakdowns.iter();
        all.map(|breakdown| breakdown.dimension.as_str()).collect()
    }

    /// The key figures, then whatever else the source tells.
    fn summary(&self) -> Vec<Figure> {
        let (maker, current) = (self.maker(), self.view.current);
        let mut figures = self.headlines();
        if let Some(facts) = self.facts
            && let Some(at) = figures
                .iter()
                .position(|figure| figure.metric == Metric::ActiveProjects)
        {
            // Without a list the projects with usage are all that is known. A list tells of now, so that nothing stands beside it.
            let known = facts.known_projects.map(Decimal::from).or(figures[at].value);
            figures.insert(at + 1, maker.figure(Metric::KnownProjects, known));
        }
        let more = told(current)
            .into_iter()
            .filter(|metric| !KEY_FIGURES.contains(metric));
        figures.extend(more.map(|metric| maker.compared(metric, current, &self.view.beside)));
        figures
    }

    /// The members of a dimension: cost and share with their counterparts, and what was counted. Where the source tells no cost of them
    /// the tokens lead.
    fn breakdown(&self, dimension: &str) -> Vec<Figure> {
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
        let tells = |metric: Metric| {
            let mut splits = std::iter::once(&now).chain(before.iter().map(|(_, split)| split));
            splits.any(|split| split.tells(metric))
        };
        let leading: &[Metric] = match (tells(Metric::TotalCost), tells(Metric::TotalTokens)) {
            (false, true) => &[Metric::TotalTokens],
            _ => &[Metric::TotalCost, Metric::CostShare],
        };
        let requests = current.figure(Metric::TotalRequests).is_some() && tells(Metric::TotalRequests);
        let more: Vec<Metric> = requests
            .then_some(Metric::TotalRequests)
            .into_iter()
            .chain(counted_of(current, dimension))
            .filter(|metric| !leading.contains(metric))
            .collect();
        let figures = names(&now, &before).into_iter().flat_map(|name| {
            let value = |metric: Metric, split: &Members<'_>| match metric {
                Metric::CostShare => split.share(name),
                metric => split.figure(name, metric),
            };
            let figure = |metric: Metric| Figure {
                label: self.words.member(dimension, name),
                ..maker.member(metric, value(metric, &now), dimension, name)
            };
            let compared = |metric: &Metric| {
                let figure = figure(*metric);
                let comparisons = before.iter().map(|(comparison, split)| {
                    Comparison::of(comparison, figure.value, value(*metric, split))
                });
                Figure {
                    comparisons: comparisons.collect(),
                    ..figure
                }
            };
            let compared: Vec<Figure> = leading.iter().map(compared).collect();
            let alone: Vec<Figure> = more.iter().map(|metric| figure(*metric)).collect();
            compared.into_iter().chain(alone)
        });
        figures.collect()
    }

    /// The agents, what each project used, and the days of every split.
    fn told_by_day(&self, facts: &Organization) -> Vec<Section> {
        let maker = self.maker();
        let mut sections = Vec::new();
        if !facts.agents.is_empty() {
            let key = "top_agents_by_cost";
            sections.push(maker.section(key, list(key), self.agents(facts)));
        }
        let title = say!("section-usage");
        sections.push(maker.section("usage", title, self.usage(facts)));
        for dimension in [SERVICE_TYPE, PROJECT] {
            if let Some(split) = facts.split(dimension, None) {
                let title = say!(
                    "cost-per-day-by",
                    "dimension" = Text::keyed("dimension-", dimension)
                );
                let figures = self.days(split, &[]);
                sections.push(maker.section(&format!("daily_by_{dimension}"), title, figures));
            }
        }
        for (key, part) in service_types(facts) {
            if let Some(split) = facts.split(PROJECT, Some(&part.name)) {
                let title = say!("per-day", "name" = self.words.part(part));
                let figures = self.days(split, &counted(part));
                sections.push(maker.section(&key, title, figures));
            }
        }
        sections
    }

    /// Each agent with the project it works for.
    fn agents(&self, facts: &Organization) -> Vec<Figure> {
        let figures = facts.agents.iter().zip(1..).flat_map(|(agent, rank)| {
            let project = self.words.member(PROJECT, &agent.project);
            let label = match agent.more_projects {
                0 => project,
                more => say!("project-and-more", "project" = project, "count" = more),
            };
            agent.measures.iter().map(move |measure| Figure {
                label: label.clone(),
                rank: Some(rank),
                ..self
                    .maker()
                    .member(short(measure.metric), measure.value, "agent", &agent.name)
            })
        });
        figures.collect()
    }

    fn usage(&self, facts: &Organization) -> Vec<Figure> {
        let used = |metric: Metric| {
            let mut measures = facts.usage.iter().flat_map(|used| &used.measures);
            measures.any(|measure| {
                measure.metric == metric && measure.value.is_some_and(|value| !value.is_zero())
            })
        };
        let always = |metric: Metric| matches!(metric, Metric::TotalCost | Metric::TotalRequests);
        // What is summed up comes last, whatever it costs.
        let (rest, projects): (Vec<&Usage>, Vec<&Usage>) =
            facts.usage.iter().partition(|usage| usage.project == OTHERS);
        let figures = projects.into_iter().chain(rest).flat_map(|usage| {
            let shown = usage
                .measures
                .iter()
                .filter(|measure| always(measure.metric) || used(measure.metric));
            shown.map(|measure| Figure {
                label: self.words.member(SERVICE_TYPE, &usage.service_type),
                ..self
                    .maker()
                    .member(measure.metric, measure.value, PROJECT, &usage.project)
            })
        });
        figures.collect()
    }

    /// The days of a split, day by day: the cost of each member, then what all of them have `together`.
    fn days(&self, split: &Split, together: &[(Metric, &Days)]) -> Vec<Figure> {
        let mut columns: Vec<(Option<Text>, Metric, &Days)> = Vec::new();
        for part in &split.members {
            let mut series = part.series.iter();
            let cost = series.find(|series| series.metric == Metric::TotalCost);
            if let Some(cost) = cost.filter(|cost| is_used(&cost.points)) {
                let label = self.words.of(&split.dimension, part);
                columns.push((Some(label), cost.metric, &cost.points));
            }
        }
        columns.extend(together.iter().map(|(metric, points)| (None, *metric, *points)));
        let dates = self.view.current.period.dates().enumerate();
        let figures = dates.flat_map(|(at, date)| {
            let day = date.to_string();
            columns.iter().map(move |(label, metric, points)| {
                let value = points.get(at).and_then(|point| point.1);
                let figure = self.maker().member(*metric, value, "day", &day);
                match label {
                    Some(label) => Figure {
                        label: label.clone(),
                        ..figure
                    },
                    None => figure,
                }
            })
        });
        figures.collect()
    }
}

/// Each service type with the key of its section. Names that make one key are numbered by their letters: who costs more is another one
/// next month.
fn service_types(facts: &Organization) -> Vec<(String, &Part)> {
    let parts = facts.split(SERVICE_TYPE, None);
    let parts: Vec<&Part> = parts.into_iter().flat_map(|split| &split.members).collect();
    let mut named = parts.clone();
    named.sort_by_key(|part| (part.others.is_some(), &part.name));
    let mut keys: BTreeMap<String, &Part> = BTreeMap::new();
    for part in named {
        let plain = format!("daily_usage_{}", words::slug(&part.name));
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let mut free = std::iter::once(plain.clone()).chain(numbered);
        keys.extend(free.find(|key| !keys.contains_key(key)).map(|key| (key, part)));
    }
    let mut keyed: Vec<(String, &Part)> = keys.into_iter().collect();
    let place = |part: &Part| parts.iter().position(|other| std::ptr::eq(*other, part));
    keyed.sort_by_key(|(_, part)| place(part));
    keyed
}

/// What was counted of the members of a dimension, of any of them more than nothing.
fn counted_of<'a>(window: &'a Window, dimension: &str) -> impl Iterator<Item = Metric> + use<'a> {
    let members = window
        .breakdown(dimension)
        .map_or(&[][..], |found| &found.members);
    let is_counted = |metric: &Metric| {
        let mut values = members.iter().filter_map(|member| member.figure(*metric));
        values.any(|value| !value.is_zero())
    };
    let metrics = [Metric::RequestsWithErrors, Metric::TotalTokens].into_iter();
    metrics.chain(QUANTITIES).filter(is_counted)
}

/// What of a service type is counted each day: requests, and the quantities that it has any of.
fn counted(part: &Part) -> Vec<(Metric, &Days)> {
    std::iter::once(Metric::TotalRequests)
        .chain(QUANTITIES)
        .filter_map(|metric| {
            let series = part.series.iter().find(|series| series.metric == metric)?;
            let shown = metric == Metric::TotalRequests || is_used(&series.points);
            shown.then_some((metric, series.points.as_slice()))
        })
        .collect()
}

/// Whether there is anything on any day.
fn is_used(points: &Days) -> bool {
    points
        .iter()
        .any(|(_, value)| value.is_some_and(|value| !value.is_zero()))
}

/// The short key under which a ranked member has this figure.
fn short(metric: Metric) -> Metric {
    match metric {
        Metric::TotalCost => Metric::Cost,
        Metric::TotalRequests => Metric::Requests,
        other => other,
    }
}

//! Reads the rows once more, after all members are known, and adds up by day what an organization's report stacks.
//!
//! The second reading keeps the memory bounded: only the members that cost most have sums of their own, and which these are is
//! not known before the last row.

use super::projects::ProjectList;
use super::{
    AGENT, AGENT_NAME, AMOUNTS, BY_AGENT, BY_PROJECT, BY_SERVICE_TYPE, DATE, EXTRAS, LAYOUT, PROJECT,
    PROJECT_NAME, Role, SERVICE_TYPE, Usage, amounts, each_row, kept,
};
use crate::metric::Metric;
use crate::money::{MoneyError, Tally};
use crate::source::files::book::{Key, Slots};
use crate::source::files::read::Row;
use crate::source::files::{Flaw, cell, unsummable};
use crate::source::organization::{
    Agent, MOST_AGENTS, MOST_PROJECTS, MOST_SERVICES, Organization, Part, Split, Usage as Used,
};
use crate::source::{Measure, Series, Snapshot, SourceError};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Amounts of a row, and its conversations.
const SUMMED: usize = AMOUNTS.len() + EXTRAS.len();
type Sums = [Tally; SUMMED];

/// What the rows of the period at `period` say of the organization; `None` where there are none.
///
/// # Errors
/// [`SourceError`] where a file changed since it was read first, or a sum leaves the exact range.
pub(super) fn read(
    source: &str,
    usage: &Usage,
    period: usize,
    projects: &ProjectList,
    snapshot: &Snapshot,
) -> Result<Option<Organization>, SourceError> {
    if usage.book.ledgers()[period].is_empty() {
        return Ok(None);
    }
    let mut sheet = Sheet::new(usage, period).map_err(|cause| unsummable(source, &cause))?;
    for (path, answer) in kept(snapshot, Role::Rows) {
        each_row(source, snapshot, (path, answer), &LAYOUT, &mut |row| {
            sheet.row(row)
        })?;
    }
    sheet
        .organization(projects)
        .map(Some)
        .map_err(|cause| unsummable(source, &cause))
}

/// The sums, while the rows are read.
struct Sheet<'a> {
    usage: &'a Usage<'a>,
    period: usize,
    dates: Vec<NaiveDate>,
    services: Slots,
    projects: Slots,
    agents: Slots,
    /// Of each service type and day.
    by_service: Vec<Vec<Sums>>,
    /// The cost of each service type, project and day.
    by_pair: Vec<Vec<Vec<Tally>>>,
    /// What each service type and project used in all; `None`: there is no row.
    pairs: Vec<Vec<Option<Sums>>>,
    by_agent: Vec<Sums>,
    /// The cost of each agent in each project that it worked for, whether the project has a slot or not, by its place in the book.
    agent_projects: Vec<BTreeMap<usize, Tally>>,
}

impl<'a> Sheet<'a> {
    fn new(usage: &'a Usage<'a>, period: usize) -> Result<Self, MoneyError> {
        let book = &usage.book;
        let dates: Vec<NaiveDate> = book.ledgers()[period].period().dates().collect();
        let services = Slots::new(book.ranked(period, BY_SERVICE_TYPE)?, MOST_SERVICES);
        let projects = Slots::new(book.ranked(period, BY_PROJECT)?, MOST_PROJECTS);
        let mut agents = book.ranked(period, BY_AGENT)?;
        agents.retain(|agent| !agent.id.is_empty());
        agents.truncate(MOST_AGENTS);
        let agents = Slots::new(agents, MOST_AGENTS);
        let (days, of_projects) = (dates.len(), projects.len());
        Ok(Self {
            by_service: vec![vec![Sums::default(); days]; services.len()],
            by_pair: vec![vec![vec![Tally::default(); days]; of_projects]; services.len()],
            pairs: vec![vec![None; of_projects]; services.len()],
            by_agent: vec![Sums::default(); agents.len()],
            agent_projects: vec![BTreeMap::new(); agents.len()],
            usage,
            period,
            dates,
            services,
            projects,
            agents,
        })
    }

    fn row(&mut self, row: &Row<'_, 18>) -> Result<(), Flaw> {
        let cells = &row.cells;
        let date = cell::date(cells[DATE]).map_err(Flaw::of(DATE))?;
        let Ok(day) = self.dates.binary_search(&date) else {
            return Ok(());
        };
        let (mut amounts, extras) = amounts(cells)?;
        amounts[0] = self.usage.converted(amounts[0], date);
        let place = |dimension: usize, id: usize, name: &'_ [u8]| {
            let key = Key {
                column: id,
                id: cells[id],
                name,
            };
            self.usage.book.place(dimension, &key)
        };
        let service = self.services.slot(place(BY_SERVICE_TYPE, SERVICE_TYPE, &[]));
        let project_place = place(BY_PROJECT, PROJECT, cells[PROJECT_NAME]);
        let project = self.projects.slot(project_place);
        let agent = self.agents.slot(place(BY_AGENT, AGENT, cells[AGENT_NAME]));
        let flaw = |cause: MoneyError| Flaw::row(cause.to_string());
        let sums = |sums: &mut Sums| {
            let values = amounts.iter().chain(&extras);
            sums.iter_mut()
                .zip(values)
                .try_for_each(|(tally, value)| tally.add(*value))
                .map_err(flaw)
        };
        sums(&mut self.by_service[service][day])?;
        self.by_pair[service][project][day]
            .add(amounts[0])
            .map_err(flaw)?;
        sums(self.pairs[service][project].get_or_insert_default())?;
        if agent < self.by_agent.len() {
            sums(&mut self.by_agent[agent])?;
            let cost = self.agent_projects[agent].entry(project_place).or_default();
            cost.add(amounts[0]).map_err(flaw)?;
        }
        Ok(())
    }

    fn organization(&self, list: &ProjectList) -> Result<Organization, MoneyError> {
        let mut splits = vec![self.by_service_type()?, self.by_project(None, list)?];
        for service in 0..self.services.len() {
            splits.push(self.by_project(Some(service), list)?);
        }
        Ok(Organization {
            splits,
            usage: self.pairs()?,
            agents: self.agents()?,
            known_projects: self.known_projects(list)?,
        })
    }

    /// The days of what `sums` has of each; nothing for a day of which no row is known.
    fn series(
        &self,
        metric: Metric,
        total: impl Fn(usize) -> Result<Decimal, MoneyError>,
    ) -> Result<Series, MoneyError> {
        let ledger = &self.usage.book.ledgers()[self.period];
        let mut points = Vec::with_capacity(self.dates.len());
        for (at, day) in self.dates.iter().enumerate() {
            let value = if ledger.knows(*day) {
                Some(total(at)?)
            } else {
                None
            };
            points.push((*day, value));
        }
        Ok(Series {
            metric,
            whole: false,
            points,
        })
    }

    fn by_service_type(&self) -> Result<Split, MoneyError> {
        let told = || {
            AMOUNTS
                .iter()
                .enumerate()
                .filter(|(_, (_, column))| self.tells(*column))
        };
        let mut members = Vec::new();
        for (slot, days) in self.by_service.iter().enumerate() {
            let mut series = Vec::new();
            for (at, (metric, _)) in told() {
                series.push(self.series(*metric, |day| days[day][at].total())?);
            }
            members.push(Part {
                name: self.services.name(slot),
                others: self.services.summed(slot),
                colour: None,
                series,
            });
        }
        Ok(Split {
            dimension: "service_type".to_owned(),
            within: None,
            members,
        })
    }

    /// By project, of one service type or of all.
    fn by_project(&self, service: Option<usize>, list: &ProjectList) -> Result<Split, MoneyError> {
        let services = || match service {
            Some(service) => service..service + 1,
            None => 0..self.by_pair.len(),
        };
        let mut members = Vec::new();
        for slot in 0..self.projects.len() {
            let cost = |day: usize| {
                let costs = services().map(|service| self.by_pair[service][slot][day].total());
                crate::money::sum(costs.collect::<Result<Vec<_>, _>>()?)
            };
            let member = self.projects.member(slot);
            members.push(Part {
                name: self.projects.name(slot),
                others: self.projects.summed(slot),
                colour: member.and_then(|member| list.projects.get(&member.id)?.colour.clone()),
                series: vec![self.series(Metric::TotalCost, cost)?],
            });
        }
        Ok(Split {
            dimension: "project".to_owned(),
            within: service.map(|service| self.services.name(service)),
            members,
        })
    }

    fn pairs(&self) -> Result<Vec<Used>, MoneyError> {
        let mut pairs: Vec<(Decimal, Used)> = Vec::new();
        for (service, projects) in self.pairs.iter().enumerate() {
            for (project, sums) in projects.iter().enumerate() {
                let Some(sums) = sums else { continue };
                let used = Used {
                    project: self.projects.name(project),
                    service_type: self.services.name(service),
                    measures: self.measures(sums)?,
                };
                pairs.push((sums[0].total()?, used));
            }
        }
        let names = |used: &Used| (used.project.clone(), used.service_type.clone());
        pairs.sort_by(|(a, a_used), (b, b_used)| b.cmp(a).then_with(|| names(a_used).cmp(&names(b_used))));
        Ok(pairs.into_iter().map(|(_, used)| used).collect())
    }

    fn agents(&self) -> Result<Vec<Agent>, MoneyError> {
        let all = self.usage.book.ranked(self.period, BY_PROJECT)?;
        let mut agents = Vec::new();
        for (slot, sums) in self.by_agent.iter().enumerate() {
            let costs = &self.agent_projects[slot];
            // The dearest; of those alike the first in order of cost of everything.
            let mut dearest: Option<(Decimal, &str)> = None;
            for project in &all {
                let Some(cost) = costs.get(&project.place) else {
                    continue;
                };
                let cost = cost.total()?;
                if dearest.is_none_or(|(most, _)| cost > most) {
                    dearest = Some((cost, &project.name));
                }
            }
            let shown = [Metric::TotalCost, Metric::Conversations, Metric::TotalRequests];
            let measures = self.measures(sums)?;
            agents.push(Agent {
                name: self.agents.name(slot),
                project: dearest.map(|(_, name)| name.to_owned()).unwrap_or_default(),
                more_projects: costs.len().saturating_sub(1),
                measures: shown
                    .into_iter()
                    .filter_map(|metric| measures.iter().find(|measure| measure.metric == metric).copied())
                    .collect(),
            });
        }
        Ok(agents)
    }

    /// The sums under their metrics, without those that the files do not tell.
    fn measures(&self, sums: &Sums) -> Result<Vec<Measure>, MoneyError> {
        let mut measures = Vec::new();
        for ((metric, column), sum) in AMOUNTS.iter().chain(&EXTRAS).zip(sums) {
            if self.tells(*column) {
                measures.push(Measure {
                    metric: *metric,
                    value: Some(sum.total()?),
                });
            }
        }
        Ok(measures)
    }

    fn tells(&self, column: usize) -> bool {
        self.usage.presence.has(self.period, column)
    }

    /// The projects of the list, and those with usage that it lacks.
    fn known_projects(&self, list: &ProjectList) -> Result<Option<u64>, MoneyError> {
        if !list.given {
            return Ok(None);
        }
        let used = self.usage.book.ranked(self.period, BY_PROJECT)?;
        let unlisted = used
            .iter()
            .filter(|project| !list.projects.contains_key(&project.id));
        Ok(u64::try_from(list.projects.len() + unlisted.count()).ok())
    }
}

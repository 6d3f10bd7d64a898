//! Who used what, of several sources: members of one name added up day by day, what was used added up by project and service type.
//!
//! Agents and the list of projects stay with each source: an agent of the same name in another source is another one.

use super::total;
use crate::metric::Metric;
use crate::source::organization::{OTHERS, Organization, Part, Split, Usage};
use crate::source::{Measure, Series, Window};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What all windows tell together; `None` where one of them does not tell it.
pub(super) fn added(windows: &[(&str, &Window)]) -> Option<Organization> {
    let all: Vec<&Organization> = windows
        .iter()
        .map(|(_, window)| window.organization.as_deref())
        .collect::<Option<_>>()?;
    let mut keys: Vec<(&str, Option<&str>)> = Vec::new();
    for split in all.iter().flat_map(|facts| &facts.splits) {
        let key = (split.dimension.as_str(), split.within.as_deref());
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let splits = keys.into_iter().map(|(dimension, within)| {
        let found = all.iter().filter_map(|facts| facts.split(dimension, within));
        Split {
            dimension: dimension.to_owned(),
            within: within.map(str::to_owned),
            members: united(&found.collect::<Vec<_>>()),
        }
    });
    Some(Organization {
        splits: splits.collect(),
        usage: usage(&all),
        agents: Vec::new(),
        known_projects: None,
    })
}

/// The members of all splits by cost, those of one name as one; the others last.
fn united(splits: &[&Split]) -> Vec<Part> {
    let mut members: BTreeMap<(bool, &str), Vec<&Part>> = BTreeMap::new();
    for part in splits.iter().flat_map(|split| &split.members) {
        members
            .entry((part.others.is_some(), &part.name))
            .or_default()
            .push(part);
    }
    let part = |((_, name), parts): ((bool, &str), Vec<&Part>)| Part {
        name: name.to_owned(),
        others: parts.iter().map(|part| part.others).sum::<Option<usize>>(),
        colour: parts.iter().find_map(|part| part.colour.clone()),
        series: series(&parts),
    };
    let mut parts: Vec<Part> = members.into_iter().map(part).collect();
    let cost = |part: &Part| {
        let series = part
            .series
            .iter()
            .find(|series| series.metric == Metric::TotalCost);
        series.map(|series| {
            series
                .points
                .iter()
                .filter_map(|(_, value)| *value)
                .fold(Decimal::ZERO, Decimal::saturating_add)
        })
    };
    parts.sort_by_key(|part| (part.others.is_some(), std::cmp::Reverse(cost(part))));
    parts
}

/// The series that all parts have. A day that one source knows and another does not is unknown, as it is for the total.
fn series(parts: &[&Part]) -> Vec<Series> {
    let Some(first) = parts.first() else {
        return Vec::new();
    };
    let added = first.series.iter().filter_map(|series| {
        let of_part = |part: &&Part| {
            part.series
                .iter()
                .find(|other| other.metric == series.metric)
                .cloned()
        };
        let all: Vec<Series> = parts.iter().map(of_part).collect::<Option<_>>()?;
        let points = series.points.iter().enumerate().map(|(at, (day, _))| {
            let values: Vec<Option<Decimal>> = all
                .iter()
                .map(|series| series.points.get(at).and_then(|point| point.1))
                .collect();
            (*day, total(&values))
        });
        Some(Series {
            metric: series.metric,
            whole: false,
            points: points.collect(),
        })
    });
    added.collect()
}

fn usage(all: &[&Organization]) -> Vec<Usage> {
    let mut pairs: BTreeMap<(&str, &str), Vec<&Usage>> = BTreeMap::new();
    for usage in all.iter().flat_map(|facts| &facts.usage) {
        pairs
            .entry((&usage.project, &usage.service_type))
            .or_default()
            .push(usage);
    }
    let added = |((project, service_type), used): ((&str, &str), Vec<&Usage>)| {
        let measures = used[0].measures.iter().map(|measure| {
            let of_metric = |usage: &&Usage| {
                let mut measures = usage.measures.iter();
                measures
                    .find(|other| other.metric == measure.metric)
                    .and_then(|other| other.value)
            };
            Measure {
                metric: measure.metric,
                value: total(&used.iter().map(of_metric).collect::<Vec<_>>()),
            }
        });
        Usage {
            project: project.to_owned(),
            service_type: service_type.to_owned(),
            measures: measures.collect(),
        }
    };
    let mut usage: Vec<Usage> = pairs.into_iter().map(added).collect();
    let cost = |usage: &Usage| {
        let mut measures = usage.measures.iter();
        measures
            .find(|measure| measure.metric == Metric::TotalCost)
            .and_then(|measure| measure.value)
    };
    // What is summed up already stands last.
    usage.sort_by_key(|usage| (usage.project == OTHERS, std::cmp::Reverse(cost(usage))));
    usage
}

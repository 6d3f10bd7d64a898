//! Who used what, of several sources: members of one name added up day by day, what was used added up by project and service type.
//!
//! Agents and the list of projects stay with each source: an agent of the same name in another source is another one.

use super::{days, total};
use crate::metric::Metric;
use crate::source::organization::{OTHERS, Organization, Split, Usage};
use crate::source::{Measure, Window};
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
            members: days::united(&found.collect::<Vec<_>>()),
        }
    });
    Some(Organization {
        splits: splits.collect(),
        usage: usage(&all),
        agents: Vec::new(),
        known_projects: None,
    })
}

/// What each project used of each service type. Whoever is not told by all is one of the others, as in the splits.
fn usage(all: &[&Organization]) -> Vec<Usage> {
    let splits = |dimension| -> Vec<&Split> {
        let found = all.iter().filter_map(|facts| facts.split(dimension, None));
        found.collect()
    };
    let (projects, services) = (splits("project"), splits("service_type"));
    let known = |splits: &[&Split], name| if days::is_told(splits, name) { name } else { OTHERS };
    let mut pairs: BTreeMap<(&str, &str), Vec<&Usage>> = BTreeMap::new();
    for usage in all.iter().flat_map(|facts| &facts.usage) {
        let pair = (
            known(&projects, usage.project.as_str()),
            known(&services, usage.service_type.as_str()),
        );
        pairs.entry(pair).or_default().push(usage);
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

//! The days of several sources by member: each source's own, and those of the splits that all sources tell by day.

use crate::metric::Metric;
use crate::money;
use crate::source::organization::{OTHERS, Part, Split};
use crate::source::{Series, Window};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What is told of a day by member: its cost, and what of it is no usage.
const METRICS: [Metric; 2] = [Metric::TotalCost, Metric::NonUsageCost];

type Points = [(NaiveDate, Option<Decimal>)];

/// By source, then by each dimension that all sources have; none where one of the sources does not tell its daily cost.
pub(super) fn splits<'a>(windows: &[(&str, &'a Window)]) -> Vec<Split> {
    let Some(by_source) = by_source(windows) else {
        return Vec::new();
    };
    let (_, first) = windows[0];
    let dimensions = first.daily_by.iter().filter(|split| split.within.is_none());
    let shared = dimensions.filter_map(|split| {
        let of = |window: &'a Window| {
            let mut splits = window.daily_by.iter();
            splits.find(|other| other.dimension == split.dimension && other.within.is_none())
        };
        let all: Vec<&Split> = windows
            .iter()
            .map(|(_, window)| of(window))
            .collect::<Option<_>>()?;
        Some(Split {
            dimension: split.dimension.clone(),
            within: None,
            members: united(&all),
        })
    });
    std::iter::once(by_source).chain(shared).collect()
}

/// What is no usage of each day of all sources; `None` where none tells it.
pub(super) fn non_usage(windows: &[(&str, &Window)]) -> Option<Series> {
    let told = windows
        .iter()
        .filter_map(|(_, window)| window.by_day(Metric::NonUsageCost));
    let points = sums(&told.collect::<Vec<_>>());
    (!points.is_empty()).then_some(Series {
        metric: Metric::NonUsageCost,
        whole: true,
        points,
    })
}

fn by_source(windows: &[(&str, &Window)]) -> Option<Split> {
    let part = |(source, window): &(&str, &Window)| {
        window.by_day(Metric::TotalCost)?;
        let series = METRICS.iter().filter_map(|metric| {
            Some(Series {
                metric: *metric,
                whole: false,
                points: window.by_day(*metric)?.to_vec(),
            })
        });
        Some(Part {
            name: (*source).to_owned(),
            others: None,
            colour: None,
            series: series.collect(),
        })
    };
    Some(Split {
        dimension: "source".to_owned(),
        within: None,
        members: windows.iter().map(part).collect::<Option<_>>()?,
    })
}

/// The members of all splits by cost, those of one name added up. A member is told where every source tells it or has no others among
/// whom it might be; whoever is not told is one of the others, who stand last.
pub(super) fn united(all: &[&Split]) -> Vec<Part> {
    let mut told: BTreeMap<&str, Vec<&Part>> = BTreeMap::new();
    let mut others = Vec::new();
    for part in all.iter().flat_map(|split| &split.members) {
        if part.others.is_none() && is_told(all, &part.name) {
            told.entry(&part.name).or_default().push(part);
        } else {
            others.push(part);
        }
    }
    let mut members: Vec<Part> = told
        .into_iter()
        .map(|(name, parts)| added(name, &parts))
        .collect();
    members.sort_by_key(|part| Reverse(total(part)));
    if !others.is_empty() {
        members.push(Part {
            others: Some(others.iter().map(|part| part.others.unwrap_or(1)).sum()),
            colour: None,
            ..added(OTHERS, &others)
        });
    }
    members
}

/// Whether all splits tell what a member of this name has: where one sums up others without naming it, it may be among them.
pub(super) fn is_told(all: &[&Split], name: &str) -> bool {
    all.iter().all(|split| {
        let sums_up = split.members.iter().any(|part| part.others.is_some());
        let mut members = split.members.iter();
        !sums_up || members.any(|part| part.others.is_none() && part.name == name)
    })
}

/// Their days added up, of each metric that all of them have; where what is no usage is not told, it is nothing.
fn added(name: &str, parts: &[&Part]) -> Part {
    let mut metrics: Vec<Metric> = Vec::new();
    for series in parts.iter().flat_map(|part| &part.series) {
        if !metrics.contains(&series.metric) {
            metrics.push(series.metric);
        }
    }
    let series = metrics.into_iter().filter_map(|metric| {
        let told = parts.iter().filter_map(|part| {
            let mut series = part.series.iter();
            Some(&series.find(|series| series.metric == metric)?.points[..])
        });
        let told: Vec<_> = told.collect();
        let whole = metric == Metric::NonUsageCost || told.len() == parts.len();
        whole.then(|| Series {
            metric,
            whole: false,
            points: sums(&told),
        })
    });
    Part {
        name: name.to_owned(),
        others: None,
        colour: parts.iter().find_map(|part| part.colour.clone()),
        series: series.collect(),
    }
}

/// The sum of each day: unknown where one source knows the day and another does not, as it is for the total.
pub(super) fn sums(all: &[&Points]) -> Vec<(NaiveDate, Option<Decimal>)> {
    let days = all.first().copied().unwrap_or_default().iter().enumerate();
    let sum = |(at, (day, _)): (usize, &(NaiveDate, Option<Decimal>))| {
        let values = all.iter().map(|points| points.get(at).and_then(|point| point.1));
        (*day, super::total(&values.collect::<Vec<_>>()))
    };
    days.map(sum).collect()
}

/// What a member costs in all days that are known.
fn total(part: &Part) -> Option<Decimal> {
    let cost = part
        .series
        .iter()
        .find(|series| series.metric == Metric::TotalCost)?;
    money::sum(cost.points.iter().filter_map(|(_, amount)| *amount)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn part(name: &str, others: Option<usize>, cost: Decimal) -> Part {
        let day = "2026-10-01".parse().unwrap();
        Part {
            name: name.into(),
            others,
            colour: None,
            series: vec![Series {
                metric: Metric::TotalCost,
                whole: false,
                points: vec![(day, Some(cost))],
            }],
        }
    }

    fn split(members: Vec<Part>) -> Split {
        Split {
            dimension: "project".into(),
            within: None,
            members,
        }
    }

    #[test]
    fn a_member_who_may_be_among_the_others_of_a_source_is_one_of_the_others() {
        let all = [
            split(vec![
                part("Apollo", None, dec!(5)),
                part("Boreas", None, dec!(3)),
                part("Castor", None, dec!(2)),
                part("(others)", Some(4), dec!(1)),
            ]),
            split(vec![part("Boreas", None, dec!(7)), part("Deneb", None, dec!(6))]),
        ];
        let united = united(&all.each_ref());
        let told: Vec<_> = united
            .iter()
            .map(|part| (part.name.as_str(), part.others, total(part).unwrap()))
            .collect();
        // Nobody knows what Deneb cost in the first source; Apollo and Castor have cost nothing in the second.
        assert_eq!(
            told,
            [
                ("Boreas", None, dec!(10)),
                ("Apollo", None, dec!(5)),
                ("Castor", None, dec!(2)),
                (OTHERS, Some(5), dec!(7)),
            ]
        );
    }
}

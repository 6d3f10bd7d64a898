//! Who moved most between two windows of a source.

use super::beside::Beside;
use super::maker::Maker;
use super::{Comparison, Figure};
use crate::metric::Metric;
use crate::source::{Breakdown, TopList, Window};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How many movers a summary names.
pub(super) const MOST: usize = 3;

/// Breakdowns in which movers are looked for, the most telling first.
const DIMENSIONS: [&str; 8] = [
    "project",
    "agent",
    "model",
    "service",
    "provider",
    "sub_account",
    "service_type",
    "user",
];

/// The members that changed most, by amount of change, at most three; empty where nothing can be compared.
///
/// A complete breakdown by cost is preferred: there, a member without a row did cost nothing. In the platform's top
/// lists a missing member is unknown, so only members of both lists are compared.
#[must_use]
pub(super) fn find(
    maker: &Maker<'_>,
    current: &Window,
    beside: &Beside<'_>,
    preferred: &[String],
) -> Vec<Figure> {
    let base = beside.window;
    let preferred = preferred.iter().map(String::as_str).chain(DIMENSIONS);
    let from_breakdown = preferred.into_iter().find_map(|dimension| {
        let (now, before) = (current.breakdown(dimension)?, base.breakdown(dimension)?);
        // Members of which nobody told the cost did not cost nothing.
        if costs(now).is_empty() || costs(before).is_empty() {
            return None;
        }
        (now.members.len().max(before.members.len()) > 1).then(|| complete(dimension, now, before))
    });
    let mut moves = match from_breakdown {
        Some(moves) => moves,
        None => from_rankings(current, base),
    };
    moves.retain(|mover| mover.now != mover.before);
    moves.sort_by(|a, b| {
        b.distance()
            .cmp(&a.distance())
            .then_with(|| a.member.cmp(&b.member))
    });
    moves.truncate(MOST);
    moves
        .into_iter()
        .map(|mover| mover.figure(maker, beside.comparison))
        .collect()
}

struct Move {
    dimension: String,
    member: String,
    metric: Metric,
    now: Decimal,
    before: Decimal,
}

impl Move {
    fn distance(&self) -> Option<Decimal> {
        self.now.checked_sub(self.before).map(|change| change.abs())
    }

    fn figure(self, maker: &Maker<'_>, comparison: &str) -> Figure {
        Figure {
            comparisons: vec![Comparison::of(comparison, Some(self.now), Some(self.before))],
            ..maker.member(self.metric, Some(self.now), &self.dimension, &self.member)
        }
    }
}

fn complete(dimension: &str, now: &Breakdown, before: &Breakdown) -> Vec<Move> {
    let (now, before) = (costs(now), costs(before));
    let members: std::collections::BTreeSet<&str> = now.keys().chain(before.keys()).copied().collect();
    members
        .into_iter()
        .map(|member| Move {
            dimension: dimension.to_owned(),
            member: member.to_owned(),
            metric: Metric::TotalCost,
            now: now.get(member).copied().unwrap_or_default(),
            before: before.get(member).copied().unwrap_or_default(),
        })
        .collect()
}

fn costs(breakdown: &Breakdown) -> BTreeMap<&str, Decimal> {
    let cost = |member: &crate::source::Member| {
        member
            .measures
            .iter()
            .find(|measure| measure.metric == Metric::TotalCost)
            .and_then(|measure| measure.value)
    };
    breakdown
        .members
        .iter()
        .filter_map(|member| Some((member.name.as_str(), cost(member)?)))
        .collect()
}

fn from_rankings(current: &Window, base: &Window) -> Vec<Move> {
    [TopList::TopAgentsByRequests, TopList::TopUsersByCost]
        .into_iter()
        .map(|list| in_both(list, current, base))
        .find(|moves| moves.iter().any(|mover| mover.now != mover.before))
        .unwrap_or_default()
}

fn in_both(list: TopList, current: &Window, base: &Window) -> Vec<Move> {
    let rows = |window: &'_ Window| -> Vec<(String, Decimal)> {
        let ranking = window.rankings.iter().find(|ranking| ranking.list == list);
        let rows = ranking.into_iter().flat_map(|ranking| &ranking.rows);
        rows.filter_map(|(member, value)| Some((member.clone(), (*value)?)))
            .collect()
    };
    let (now, before) = (rows(current), rows(base));
    // Two members of the same name cannot be told apart between two lists.
    let once = |rows: &[(String, Decimal)], name: &str| {
        rows.iter().filter(|(member, _)| member == name).count() == 1
    };
    now.iter()
        .filter(|(member, _)| once(&now, member) && once(&before, member))
        .filter_map(|(member, value)| {
            let (_, earlier) = before.iter().find(|(other, _)| other == member)?;
            Some(Move {
                dimension: list.dimension().to_owned(),
                member: member.clone(),
                metric: list.metric(),
                now: *value,
                before: *earlier,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::period::{Calendar, Period};
    use crate::report::Status;
    use crate::source::{Measure, Member, Ranking};
    use rust_decimal::dec;

    fn window(id: &str) -> Window {
        Window {
            period: Period::parse(id, Calendar::default()).unwrap(),
            rows: 0,
            figures: Vec::new(),
            daily: Vec::new(),
            rankings: Vec::new(),
            breakdowns: Vec::new(),
            items: None,
            organization: None,
            daily_by: Vec::new(),
            converted: None,
            unrelated: &[],
        }
    }

    fn ranked(id: &str, rows: &[(&str, i64)]) -> Window {
        let rows = rows
            .iter()
            .map(|(member, value)| ((*member).to_owned(), Some(Decimal::from(*value))))
            .collect();
        Window {
            rankings: vec![Ranking {
                known: true,
                list: TopList::TopAgentsByRequests,
                rows,
            }],
            ..window(id)
        }
    }

    fn split(id: &str, rows: &[(&str, Decimal)]) -> Window {
        let members = rows
            .iter()
            .map(|(name, cost)| Member {
                name: (*name).to_owned(),
                measures: vec![Measure {
                    metric: Metric::TotalCost,
                    value: Some(*cost),
                }],
            })
            .collect();
        Window {
            breakdowns: vec![Breakdown {
                dimension: "model".into(),
                members,
            }],
            ..window(id)
        }
    }

    fn beside(window: &Window) -> Beside<'_> {
        Beside {
            comparison: "previous_period",
            window,
        }
    }

    fn maker() -> Maker<'static> {
        Maker::of("globant", Currency::USD, true)
    }

    fn named(figures: &[Figure]) -> Vec<(&str, Option<Decimal>)> {
        figures
            .iter()
            .map(|figure| (figure.label.as_str(), figure.comparisons[0].change))
            .collect()
    }

    #[test]
    fn a_complete_breakdown_counts_the_new_and_the_gone() {
        let now = split(
            "2026-10",
            &[
                ("a", dec!(10)),
                ("b", dec!(5)),
                ("new", dec!(3)),
                ("still", dec!(1)),
            ],
        );
        let before = split(
            "2026-09",
            &[
                ("a", dec!(9)),
                ("b", dec!(9)),
                ("gone", dec!(2)),
                ("still", dec!(1)),
            ],
        );
        let movers = find(&maker(), &now, &beside(&before), &[]);
        assert!(movers.iter().all(|mover| mover.status == Status::Provisional));
        assert_eq!(
            named(&movers),
            [
                ("b", Some(dec!(-4))),
                ("new", Some(dec!(3))),
                ("gone", Some(dec!(-2)))
            ]
        );
    }

    #[test]
    fn members_whose_cost_nobody_told_before_are_not_new() {
        let now = split("2026-10", &[("a", dec!(10)), ("b", dec!(5))]);
        let mut before = split("2026-09", &[("a", dec!(9)), ("b", dec!(9))]);
        for measure in before.breakdowns[0]
            .members
            .iter_mut()
            .flat_map(|member| &mut member.measures)
        {
            measure.metric = Metric::TotalTokens;
        }
        assert!(find(&maker(), &now, &beside(&before), &[]).is_empty());
    }

    #[test]
    fn top_lists_compare_only_who_is_in_both_and_unmistakable() {
        let now = ranked(
            "2026-10",
            &[("a", 100), ("twin", 90), ("twin", 80), ("entered", 70), ("b", 10)],
        );
        let before = ranked("2026-09", &[("twin", 500), ("left", 99), ("a", 60), ("b", 11)]);
        let movers = find(&maker(), &now, &beside(&before), &[]);
        assert_eq!(named(&movers), [("a", Some(dec!(40))), ("b", Some(dec!(-1)))]);
        assert!(find(&maker(), &window("2026-10"), &beside(&window("2026-09")), &[]).is_empty());
    }
}

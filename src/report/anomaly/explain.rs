//! Who contributed to what stands out, and which members stand out by themselves.

use super::Contribution;
use super::judge::{Dated, Finding, Judged, difference};
use crate::metric::Metric;
use crate::money;
use crate::report::outlier::median;
use crate::source::organization::{Part, Split};
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Members of each dimension that are named as contributing.
const MOST_NAMED: usize = 3;
/// Smallest share in per cent that is worth a name.
const LEAST_NAMED: Decimal = dec!(1);
/// Share in per cent from which a member says by itself why a day stands out.
const MOST_OF_IT: Decimal = dec!(50);
/// The dimensions that say most about why, the most telling first; a provider says less than its model. Others follow.
const TELLING: [&str; 10] = [
    "model",
    "project",
    "service",
    "service_type",
    "agent",
    "user",
    "tool",
    "sub_account",
    "gateway",
    "provider",
];

/// What is usual and what was there, over the days of a finding: of several days the median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amounts {
    pub(super) actual: Decimal,
    pub(super) expected: Decimal,
    /// Actual − expected, exactly.
    pub(super) excess: Decimal,
}

impl Amounts {
    /// Of a finding itself.
    pub(super) fn of(finding: &Finding) -> Option<Self> {
        Self::over(finding.days(), |day| Some((day.actual, day.expected)))
    }

    /// Of a member on the days of a finding of the total: beside the same days that are usual for the total.
    fn of_member(finding: &Finding, days: &Dated) -> Option<Self> {
        Self::over(finding.days(), |day| {
            let usual: Option<Vec<Decimal>> = day.basis.iter().map(|date| on(days, *date)).collect();
            Some((on(days, day.date)?, median(&usual?)?))
        })
    }

    fn over(days: &[Judged], each: impl Fn(&Judged) -> Option<(Decimal, Decimal)>) -> Option<Self> {
        let both: Option<Vec<(Decimal, Decimal)>> = days.iter().map(each).collect();
        let (actual, expected): (Vec<Decimal>, Vec<Decimal>) = both?.into_iter().unzip();
        let (actual, expected) = (median(&actual)?, median(&expected)?);
        let excess = difference(actual, expected)?;
        Some(Self {
            actual,
            expected,
            excess,
        })
    }
}

/// The amount of one day. The days of a series follow each other without a gap.
fn on(days: &Dated, date: NaiveDate) -> Option<Decimal> {
    let (first, _) = days.first()?;
    let at = usize::try_from((date - *first).num_days()).ok()?;
    days.get(at).filter(|day| day.0 == date)?.1
}

/// What a member cost each day.
pub(super) fn cost(part: &Part) -> &Dated {
    let mut series = part.series.iter();
    series
        .find(|series| series.metric == Metric::TotalCost)
        .map_or(&[], |series| &series.points)
}

/// Who contributed to a finding of the total: of each dimension the members that went the same way, the largest first, and first of all
/// the dimension that says most about why. A dimension with a single member says nothing.
pub(super) fn contributions(finding: &Finding, splits: &[Split]) -> Vec<Contribution> {
    let Some(total) = Amounts::of(finding) else {
        return Vec::new();
    };
    let mut named: Vec<Vec<Contribution>> = splits
        .iter()
        .filter(|split| split.within.is_none() && split.members.len() > 1)
        .map(|split| members(finding, total, split))
        .filter(|members| !members.is_empty())
        .collect();
    named.sort_by_key(|members| place(members));
    named.concat()
}

fn members(finding: &Finding, total: Amounts, split: &Split) -> Vec<Contribution> {
    let mut members: Vec<Contribution> = split
        .members
        .iter()
        .filter_map(|part| {
            let excess = Amounts::of_member(finding, cost(part))?.excess;
            // A share below zero is of a member that went the other way.
            let share = money::percent(excess, total.excess).filter(|share| *share >= LEAST_NAMED)?;
            Some(Contribution {
                dimension: split.dimension.clone(),
                member: part.name.clone(),
                excess,
                share,
            })
        })
        .collect();
    members.sort_by(|a, b| {
        let size = b.excess.abs().cmp(&a.excess.abs());
        size.then_with(|| a.member.cmp(&b.member))
    });
    members.truncate(MOST_NAMED);
    members
}

/// Where a dimension stands among others: those whose first member makes most of it before those whose does not.
fn place(members: &[Contribution]) -> (bool, usize) {
    let Some(first) = members.first() else {
        return (true, usize::MAX);
    };
    let makes_most = first.share >= MOST_OF_IT;
    let telling = TELLING.iter().position(|it| *it == first.dimension);
    (!makes_most, telling.unwrap_or(TELLING.len()))
}

/// A member with something that stands out of its own.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) dimension: String,
    pub(super) member: String,
    pub(super) finding: Finding,
}

/// What remains of `own` beside what is told of the total: nothing that a finding of the total explains, and of several dimensions
/// that tell of one day the one of which a member stands out most, since they tell of the same money.
pub(super) fn unexplained(own: Vec<Own>, total: &[Finding]) -> Vec<Own> {
    let own: Vec<Own> = own
        .into_iter()
        .filter(|it| !total.iter().any(|finding| explains(finding, &it.finding)))
        .collect();
    let leading = leading(&own);
    let keep: Vec<bool> = own
        .iter()
        .map(|it| leading.get(&Occasion::of(it)) == Some(&it.dimension))
        .collect();
    let mut keep = keep.into_iter();
    own.into_iter().filter(|_| keep.next() == Some(true)).collect()
}

/// When something stands out, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Occasion {
    begins: Option<NaiveDate>,
    is_more: bool,
}

impl Occasion {
    fn of(own: &Own) -> Self {
        Self {
            begins: own.finding.days().first().map(|day| day.date),
            is_more: own.finding.is_more(),
        }
    }
}

/// Of each occasion the dimension of which a member stands out most; of several as much the most telling one.
fn leading(own: &[Own]) -> BTreeMap<Occasion, String> {
    let mut first = BTreeMap::new();
    for it in own {
        let size = Amounts::of(&it.finding).map(|amounts| amounts.excess.abs());
        let telling = TELLING.iter().position(|name| *name == it.dimension);
        let place = (
            size,
            Reverse(telling.unwrap_or(TELLING.len())),
            Reverse(&it.dimension),
        );
        let best = first.entry(Occasion::of(it)).or_insert(place);
        *best = place.max(*best);
    }
    let dimensions = first.into_iter();
    dimensions
        .map(|(occasion, (_, _, Reverse(dimension)))| (occasion, dimension.clone()))
        .collect()
}

/// Whether what stands out of the total says why the member does: the same days the same way, or a level that both began.
fn explains(total: &Finding, own: &Finding) -> bool {
    let within = |date: NaiveDate| total.days().iter().any(|day| day.date == date);
    let both_levels = matches!((total, own), (Finding::Level { .. }, Finding::Level { .. }));
    let mut days = own.days().iter().map(|day| day.date);
    let same_days = if both_levels {
        days.any(within)
    } else {
        days.all(within)
    };
    total.is_more() == own.is_more() && same_days
}

#[cfg(test)]
mod tests {
    use super::super::judge::judge;
    use super::*;

    /// A member of `dimension` that costs so much on a day on which others cost 100.
    fn own(dimension: &str, member: usize, day: NaiveDate, cost: Decimal) -> Own {
        let before = day.iter_days().rev().skip(1).take(14);
        let history: Vec<(NaiveDate, Decimal)> = before.map(|day| (day, dec!(100))).collect();
        Own {
            dimension: dimension.to_owned(),
            member: member.to_string(),
            finding: Finding::Day(judge(&history, day, cost).unwrap()),
        }
    }

    #[test]
    fn of_each_day_and_way_one_dimension_is_told() {
        let day: NaiveDate = "2026-10-14".parse().unwrap();
        let all = vec![
            own("project", 1, day, dec!(300)),
            own("model", 2, day, dec!(300)),
            own("provider", 3, day, dec!(299)),
            own("model", 4, day, dec!(150)),
            own("provider", 5, day, dec!(10)),
        ];
        let told: Vec<String> = unexplained(all, &[]).into_iter().map(|it| it.member).collect();
        // Of two that stand out as much the model says more; what costs less is another story.
        assert_eq!(told, ["2", "4", "5"]);
    }

    #[test]
    fn years_of_unusual_days_of_many_members_are_weighed_at_once() {
        let start: NaiveDate = "2016-01-01".parse().unwrap();
        let template = own("model", 0, start, dec!(300));
        let all: Vec<Own> = start
            .iter_days()
            .take(3660)
            .flat_map(|day| (0..6).map(move |member| (day, member)))
            .map(|(day, member)| {
                let mut own = Own {
                    member: member.to_string(),
                    ..template.clone()
                };
                if let Finding::Day(judged) = &mut own.finding {
                    judged.date = day;
                }
                own
            })
            .collect();
        assert_eq!(unexplained(all, &[]).len(), 3660 * 6);
    }
}

//! Who contributed to what stands out, and which members stand out by themselves.

use super::Contribution;
use super::finding::{Dated, Finding, Judged, Told};
use super::judge::difference;
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

/// What was there and what is usual, over the days that a finding is told of: of several days their sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amounts {
    pub(super) actual: Decimal,
    /// `None`: of some of the days too few of the same weekdays before are known.
    pub(super) expected: Option<Decimal>,
    /// Actual − expected, exactly.
    pub(super) excess: Option<Decimal>,
}

impl Amounts {
    /// Of a day that was judged.
    fn of(day: &Judged) -> Self {
        Self {
            actual: day.actual,
            expected: Some(day.expected),
            excess: Some(day.excess),
        }
    }

    /// Of a series on the days that are `told`, each beside the median of the days that say what is usual on it. `None` where one of them
    /// is not known, or no decimal holds the sum.
    fn over(told: &[Told], days: &Dated) -> Option<Self> {
        let actual: Option<Vec<Decimal>> = told.iter().map(|(date, _)| on(days, *date)).collect();
        let actual = money::sum(actual?).ok()?;
        let bases: Option<Vec<&Vec<NaiveDate>>> = told.iter().map(|(_, basis)| basis.as_ref()).collect();
        let Some(bases) = bases else {
            return Some(Self {
                actual,
                expected: None,
                excess: None,
            });
        };
        let usual = |basis: &Vec<NaiveDate>| {
            let values: Option<Vec<Decimal>> = basis.iter().map(|date| on(days, *date)).collect();
            median(&values?)
        };
        let expected: Option<Vec<Decimal>> = bases.into_iter().map(usual).collect();
        let expected = money::sum(expected?).ok()?;
        Some(Self {
            actual,
            expected: Some(expected),
            excess: Some(difference(actual, expected)?),
        })
    }
}

/// What stands out, of the total or of a member.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// The dimension and the member that it is about; `None`: the total.
    pub(super) about: Option<(String, String)>,
    pub(super) finding: Finding,
    /// The days that it is told of.
    pub(super) told: Vec<Told>,
    /// `None` where no decimal holds them.
    pub(super) amounts: Option<Amounts>,
}

impl Case {
    /// Of the total, whose `days` these are.
    pub(super) fn of(finding: Finding, days: &Dated) -> Self {
        let told = finding.told(days);
        Self {
            about: None,
            amounts: match &finding {
                Finding::Day(day) => Some(Amounts::of(day)),
                Finding::Level { .. } => Amounts::over(&told, days),
            },
            told,
            finding,
        }
    }

    /// By how much it differs from what is usual, where that is known.
    fn size(&self) -> Option<Decimal> {
        Some(self.amounts?.excess?.abs())
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

/// Who contributed to what stands out of the total: of each dimension the members that went the same way, the largest first, and first of all
/// the dimension that says most about why. A dimension with a single member says nothing.
pub(super) fn contributions(total: &Case, splits: &[Split]) -> Vec<Contribution> {
    let Some(excess) = total.amounts.and_then(|amounts| amounts.excess) else {
        return Vec::new();
    };
    let mut named: Vec<Vec<Contribution>> = splits
        .iter()
        .filter(|split| split.within.is_none() && split.members.len() > 1)
        .map(|split| members(&total.told, excess, split))
        .filter(|members| !members.is_empty())
        .collect();
    named.sort_by_key(|members| place(members));
    named.concat()
}

fn members(told: &[Told], total: Decimal, split: &Split) -> Vec<Contribution> {
    let mut members: Vec<Contribution> = split
        .members
        .iter()
        .filter_map(|part| {
            // Beside the same days that are usual for the total.
            let excess = Amounts::over(told, cost(part))?.excess?;
            // A share below zero is of a member that went the other way.
            let share = money::percent(excess, total).filter(|share| *share >= LEAST_NAMED)?;
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

/// What remains of what members have of their own beside what is told of the total: nothing that a finding of the total explains, and of
/// several dimensions that tell of one day the one of which a member stands out most, since they tell of the same money.
pub(super) fn unexplained(own: Vec<Case>, total: &[Case]) -> Vec<Case> {
    let own: Vec<Case> = own
        .into_iter()
        .filter(|it| !total.iter().any(|case| explains(&case.finding, &it.finding)))
        .collect();
    let leading = leading(&own);
    let keep: Vec<bool> = own
        .iter()
        .map(|it| leading.get(&Occasion::of(it)).map(String::as_str) == dimension(it))
        .collect();
    let mut keep = keep.into_iter();
    own.into_iter().filter(|_| keep.next() == Some(true)).collect()
}

fn dimension(own: &Case) -> Option<&str> {
    own.about.as_ref().map(|(dimension, _)| dimension.as_str())
}

/// When something stands out, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Occasion {
    begins: Option<NaiveDate>,
    is_more: bool,
}

impl Occasion {
    fn of(own: &Case) -> Self {
        Self {
            begins: own.finding.first(),
            is_more: own.finding.is_more(),
        }
    }
}

/// Of each occasion the dimension of which a member stands out most; of several as much the most telling one.
fn leading(own: &[Case]) -> BTreeMap<Occasion, String> {
    let mut first = BTreeMap::new();
    for it in own {
        let Some(dimension) = dimension(it) else { continue };
        let telling = TELLING.iter().position(|name| *name == dimension);
        let place = (
            it.size(),
            Reverse(telling.unwrap_or(TELLING.len())),
            Reverse(dimension),
        );
        let best = first.entry(Occasion::of(it)).or_insert(place);
        *best = place.max(*best);
    }
    let dimensions = first.into_iter();
    dimensions
        .map(|(occasion, (_, _, Reverse(dimension)))| (occasion, dimension.to_owned()))
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
    fn own(dimension: &str, member: usize, day: NaiveDate, cost: Decimal) -> Case {
        let before = day.iter_days().rev().skip(1).take(14);
        let history: Vec<(NaiveDate, Decimal)> = before.map(|day| (day, dec!(100))).collect();
        Case {
            about: Some((dimension.to_owned(), member.to_string())),
            ..Case::of(Finding::Day(judge(&history, day, cost).unwrap()), &[])
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
        let told: Vec<String> = unexplained(all, &[])
            .into_iter()
            .filter_map(|it| Some(it.about?.1))
            .collect();
        // Of two that stand out as much the model says more; what costs less is another story.
        assert_eq!(told, ["2", "4", "5"]);
    }

    #[test]
    fn years_of_unusual_days_of_many_members_are_weighed_at_once() {
        let start: NaiveDate = "2016-01-01".parse().unwrap();
        let template = own("model", 0, start, dec!(300));
        let all: Vec<Case> = start
            .iter_days()
            .take(3660)
            .flat_map(|day| (0..6).map(move |member| (day, member)))
            .map(|(day, member)| {
                let mut own = Case {
                    about: Some(("model".to_owned(), member.to_string())),
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

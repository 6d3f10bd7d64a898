//! Who used what, in another currency: each day at its own rate, what has no day at the rate of the whole period.

use super::of_day;
use crate::metric::{Metric, Unit};
use crate::money;
use crate::source::organization::{Organization, Split};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Each day with its amount.
type Days = [(NaiveDate, Option<Decimal>)];

/// Converts every amount, so that the members of each day add up to it, and what was used to the `total`; `whole` is the cost
/// of each day, converted already.
pub(super) fn convert(
    facts: &mut Organization,
    (whole, total): (&Days, Decimal),
    rate_of: &impl Fn(NaiveDate) -> Option<Decimal>,
    implied: Decimal,
) -> Option<()> {
    let (mut all, mut within): (Vec<Split>, Vec<Split>) = std::mem::take(&mut facts.splits)
        .into_iter()
        .partition(|split| split.within.is_none());
    for split in &mut all {
        convert_split(split, whole, rate_of, implied)?;
    }
    for split in &mut within {
        let of = split.within.clone()?;
        let mut parts = all
            .iter()
            .filter(|split| split.dimension == "service_type")
            .flat_map(|split| &split.members);
        let cost = parts
            .find(|part| part.name == of)?
            .series
            .iter()
            .find(|series| series.metric == Metric::TotalCost)?;
        convert_split(split, &cost.points, rate_of, implied)?;
    }
    all.extend(within);
    facts.splits = all;
    let used = facts.usage.iter_mut().flat_map(|usage| &mut usage.measures);
    let agents = facts.agents.iter_mut().flat_map(|agent| &mut agent.measures);
    for measure in used
        .chain(agents)
        .filter(|measure| measure.metric.unit() == Unit::Currency)
    {
        measure.value = of_day(measure.value, None, implied)?;
    }
    let costs = facts.usage.iter_mut().filter_map(|usage| {
        let mut measures = usage.measures.iter_mut();
        measures
            .find(|measure| measure.metric == Metric::TotalCost)?
            .value
            .as_mut()
    });
    settle(costs.collect(), total)
}

/// Converts the days of each member, so that the members of a day add up to it; `whole` is the cost of each day, converted already.
pub(super) fn convert_split(
    split: &mut Split,
    whole: &Days,
    rate_of: &impl Fn(NaiveDate) -> Option<Decimal>,
    implied: Decimal,
) -> Option<()> {
    for (at, (day, sum)) in whole.iter().enumerate() {
        let mut costs = Vec::new();
        for part in &mut split.members {
            for series in part
                .series
                .iter_mut()
                .filter(|it| it.metric.unit() == Unit::Currency)
            {
                let (_, amount) = series.points.get_mut(at)?;
                *amount = of_day(*amount, rate_of(*day), implied)?;
                costs.extend(amount.as_mut().filter(|_| series.metric == Metric::TotalCost));
            }
        }
        if let Some(sum) = sum {
            settle(costs, *sum)?;
        }
    }
    Some(())
}

/// Gives what rounding leaves of `total` to the largest amount.
fn settle(amounts: Vec<&mut Decimal>, total: Decimal) -> Option<()> {
    let left = total.checked_sub(money::sum(amounts.iter().map(|amount| **amount)).ok()?)?;
    if let Some(largest) = amounts.into_iter().max() {
        *largest = largest.checked_add(left)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::convert::times;
    use crate::source::Series;
    use crate::source::organization::Part;
    use rust_decimal::dec;

    #[test]
    fn the_members_of_a_day_add_up_to_it_after_rounding() {
        let days: Vec<NaiveDate> = ["2026-10-01", "2026-10-02"]
            .map(|day| day.parse().unwrap())
            .into();
        let third = dec!(0.3333333333333333);
        let part = |name: &str, amounts: [Option<Decimal>; 2]| Part {
            name: name.to_owned(),
            others: None,
            colour: None,
            series: vec![Series {
                metric: Metric::TotalCost,
                whole: false,
                points: days.iter().copied().zip(amounts).collect(),
            }],
        };
        let split = |dimension: &str, within: Option<&str>| Split {
            dimension: dimension.to_owned(),
            within: within.map(str::to_owned),
            members: vec![part("a", [Some(third), None]), part("b", [Some(third), None])],
        };
        let mut facts = Organization {
            splits: vec![split("service_type", None), split("project", None)],
            usage: Vec::new(),
            agents: Vec::new(),
            known_projects: None,
        };
        let rate = dec!(1.1);
        let sum = times(third + third, rate).unwrap();
        let whole = [(days[0], Some(sum)), (days[1], None)];
        convert(&mut facts, (&whole, sum), &|_| Some(rate), rate).unwrap();
        for split in &facts.splits {
            let of_day = |at: usize| split.members.iter().map(move |part| part.series[0].points[at].1);
            assert_eq!(of_day(0).sum::<Option<Decimal>>(), Some(sum));
            assert!(of_day(1).all(|amount| amount.is_none()));
        }
    }
}

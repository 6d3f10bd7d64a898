//! Usage held against a bill member by member.

use super::bill::Sides;
use super::{BILL, USAGE};
use crate::config::plan::SharedSplit;
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::money;
use crate::report::{Comparison, Figure, Notice, Section};
use crate::source::Window;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The cost of each member; `None` where one of those with this name is not known.
type Costs = BTreeMap<String, Option<Decimal>>;

/// The members of both, or why there are none; nothing where nobody asks.
pub(super) fn by_member(sides: &Sides<'_>) -> (Option<Section>, Option<Notice>) {
    let (Some(split), Some((usage, bill))) = (&sides.against.by, sides.both()) else {
        return (None, None);
    };
    let none = BTreeMap::new();
    let used = costs(usage.current, &split.usage, &split.names);
    let billed = costs(bill.current, &split.bill, &none);
    let (Some(used), Some(billed)) = (used, billed) else {
        return (None, Some(untold(sides, split)));
    };
    let names: BTreeSet<&String> = used.keys().chain(billed.keys()).collect();
    // A complete split gives nothing to a member that it does not name.
    let of = |costs: &Costs, name: &String| costs.get(name).copied().unwrap_or(Some(Decimal::ZERO));
    let mut members: Vec<(Option<Decimal>, Option<Decimal>, &String)> = names
        .into_iter()
        .map(|name| (of(&billed, name), of(&used, name), name))
        .collect();
    members.sort_by(|(a_billed, a_used, a), (b_billed, b_used, b)| {
        (b_billed, b_used).cmp(&(a_billed, a_used)).then_with(|| a.cmp(b))
    });
    let maker = sides.maker();
    let figures = members.into_iter().map(|(billed, used, name)| Figure {
        comparisons: vec![Comparison::of(USAGE, billed, used)],
        ..maker.member(Metric::BillCost, billed, &split.usage, name)
    });
    let dimension = Text::keyed("dimension-", &split.usage);
    let section = maker.section(
        &format!("{BILL}_by_{}", split.usage),
        say!("section-bill-by", "dimension" = dimension),
        figures.collect(),
    );
    (Some(section), None)
}

/// The costs by a dimension, under the names of the bill; `None` where they are not told.
fn costs(window: &Window, dimension: &str, names: &BTreeMap<String, String>) -> Option<Costs> {
    let members = &window.breakdown(dimension)?.members;
    let told = |metric: Metric| {
        let mut measures = members.iter().flat_map(|member| &member.measures);
        measures.any(|measure| measure.metric == metric)
    };
    if !told(Metric::TotalCost) {
        return None;
    }
    let mut costs = Costs::new();
    for member in members {
        let name = names.get(&member.name).unwrap_or(&member.name).clone();
        let cost = member.figure(Metric::TotalCost);
        let sum = costs.entry(name).or_insert(Some(Decimal::ZERO));
        *sum = sum.zip(cost).and_then(|(sum, cost)| money::sum([sum, cost]).ok());
    }
    Some(costs)
}

fn untold(sides: &Sides<'_>, split: &SharedSplit) -> Notice {
    let text = say!(
        "bill-split-untold",
        "dimension" = Text::keyed("dimension-", &split.usage),
        "usage" = &sides.against.usage,
        "bill" = &sides.against.bill,
        "billed" = Text::keyed("dimension-", &split.bill),
    );
    sides.notice(text, true)
}

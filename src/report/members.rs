//! The members of a window by one dimension, each with its figures and its share.

use crate::metric::Metric;
use crate::money;
use crate::source::{Member, Window};
use rust_decimal::Decimal;
use std::collections::{BTreeSet, HashMap};

/// A window's complete split by one dimension, by the names of its members.
pub(super) struct Members<'a> {
    window: &'a Window,
    by_name: HashMap<&'a str, &'a Member>,
    /// Whether shares mean something: of a total above zero whose parts are all known, and zero or more.
    whole: bool,
}

impl<'a> Members<'a> {
    /// The members of `window` by `dimension`; none where it is not split by it.
    pub(super) fn of(window: &'a Window, dimension: &str) -> Self {
        let breakdown = window.breakdown(dimension);
        let members = breakdown.into_iter().flat_map(|breakdown| &breakdown.members);
        let by_name: HashMap<&str, &Member> = members.map(|member| (member.name.as_str(), member)).collect();
        let positive = |member: &&Member| {
            member
                .figure(Metric::TotalCost)
                .is_some_and(|cost| cost >= Decimal::ZERO)
        };
        let total = window.figure(Metric::TotalCost);
        Self {
            whole: total.is_some_and(|total| total > Decimal::ZERO) && by_name.values().all(positive),
            window,
            by_name,
        }
    }

    /// Whether it tells this figure of its members.
    pub(super) fn tells(&self, metric: Metric) -> bool {
        let mut members = self.by_name.values();
        members.any(|member| member.measures.iter().any(|measure| measure.metric == metric))
    }

    /// The figure of a member: who is not in a complete split of what is known has none, which is zero, and so has everybody where
    /// nothing was used.
    pub(super) fn figure(&self, name: &str, metric: Metric) -> Option<Decimal> {
        match self.by_name.get(name) {
            Some(member) => member.figure(metric),
            None if self.tells(metric) || self.window.is_idle() => {
                self.window.figure(metric).map(|_| Decimal::ZERO)
            }
            None => None,
        }
    }

    /// The share of a member in the total cost, in per cent.
    pub(super) fn share(&self, name: &str) -> Option<Decimal> {
        let total = self.window.figure(Metric::TotalCost).filter(|_| self.whole)?;
        money::percent(self.figure(name, Metric::TotalCost)?, total)
    }
}

/// The members of any of the splits: those that cost most now first, then those that cost most before, then by name. Where no cost is
/// told of them, those of most tokens come first.
pub(super) fn names<'a>(now: &Members<'a>, before: &[(&str, Members<'a>)]) -> Vec<&'a str> {
    let splits: Vec<&Members<'a>> = std::iter::once(now)
        .chain(before.iter().map(|(_, split)| split))
        .collect();
    let names: BTreeSet<&'a str> = splits
        .iter()
        .flat_map(|split| split.by_name.keys().copied())
        .collect();
    let known = |metric: &Metric| splits.iter().any(|split| split.tells(*metric));
    let metric = [Metric::TotalCost, Metric::TotalTokens].into_iter().find(known);
    let size = |split: &&Members<'a>, name: &str| {
        let member = split.by_name.get(name);
        member
            .and_then(|member| member.figure(metric?))
            .unwrap_or_default()
    };
    let mut members: Vec<(Vec<Decimal>, &'a str)> = names
        .into_iter()
        .map(|name| (splits.iter().map(|split| size(split, name)).collect(), name))
        .collect();
    members.sort_by(|(a_sizes, a), (b_sizes, b)| b_sizes.cmp(a_sizes).then_with(|| a.cmp(b)));
    members.into_iter().map(|(_, name)| name).collect()
}

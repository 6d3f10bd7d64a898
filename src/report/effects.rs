//! Why the total cost changed: price, volume and mix of what was used in both periods, what is new and what is retired.
//!
//! With quantities q, unit prices p and shares s of the common quantity Q, base 0 and current 1, for each item in both periods:
//! price = (p₁ − p₀)·q₁, volume = (Q₁ − Q₀)·s₀·p₀, mix = (s₁ − s₀)·Q₁·p₀. The effects always add to the change exactly: what a
//! division rounds goes from one effect to another, never out of the sum. Source: finance definitions, variance decomposition.

use super::{combine, convert};
use crate::metric::Metric;
use crate::money;
use crate::source::{Breakdown, Dataset, Member, Window};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Why the total cost changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Effects {
    /// The effects, in the order of the bridge from base to current; one that cannot be told is not among them.
    pub(super) parts: Vec<(Metric, Decimal)>,
    /// What the items are, or why price and volume cannot be told.
    pub(super) grain: Grain,
}

/// At which grain a change was taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Grain {
    /// By items of this kind, all counted in this.
    Items {
        /// `model and service type`.
        kind: String,
        /// Tokens, seconds …
        unit: Metric,
    },
    /// By items of this kind that are counted in different things, so that there is no mix.
    Mixed {
        /// `model and service type`.
        kind: String,
    },
    /// No item of this kind is counted in both periods, so that there is neither price, volume nor mix.
    Apart {
        /// `model and service type`.
        kind: String,
    },
    /// All use together, counted in this: a mix of cheaper and dearer shows as price.
    Whole {
        /// Tokens or requests.
        unit: Metric,
    },
    /// Costs only, split by this dimension: what is new and what is retired can be told.
    Costs {
        /// `project`.
        dimension: String,
    },
    /// Nothing was used before: all is new.
    AllNew,
    /// Nothing is used any more: all of before is retired.
    AllRetired,
    /// Nothing but the total.
    Nothing,
}

/// One item in both periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Pair {
    /// Quantity and cost before.
    base: (Decimal, Decimal),
    /// Quantity and cost now.
    current: (Decimal, Decimal),
}

/// Takes the change of the total cost from `base` to `current` apart; `None` where either total is unknown, or a sum leaves the
/// exact range. `dimensions` are complete splits by cost, for sources that tell no quantities; `parts` are the sources of windows that
/// were added up, each of which has exchange rates of its own.
pub(super) fn between(
    current: &Window,
    base: &Window,
    dimensions: &[String],
    parts: &[Dataset],
) -> Option<Effects> {
    let cost = current.figure(Metric::TotalCost)?;
    let change = money::sum([cost, -base.figure(Metric::TotalCost)?]).ok()?;
    // With exchange rates apart: everything else at the rates of before.
    let (current, base) = if parts.is_empty() {
        at_old_rate(current, base)?
    } else {
        at_old_rates(current, base, parts)?
    };
    let currency = money::sum([cost, -current.figure(Metric::TotalCost)?]).ok()?;
    let mut effects = of_idle(&current, &base)
        .or_else(|| by_items(&current, &base))
        .or_else(|| {
            dimensions
                .iter()
                .find_map(|dimension| by_costs(&current, &base, dimension))
        })
        .or_else(|| whole(&current, &base))
        .unwrap_or(Effects {
            parts: Vec::new(),
            grain: Grain::Nothing,
        });
    effects.parts.push((Metric::CurrencyEffect, currency));
    let told = money::sum(effects.parts.iter().map(|(_, value)| *value)).ok()?;
    let other = money::sum([change, -told]).ok()?;
    effects.parts.push((Metric::OtherEffects, other));
    Some(effects)
}

/// A window as it is, or with its amounts at other rates.
type AtRate<'a> = Cow<'a, Window>;

/// Both windows with every amount of the source's own currency at one rate, that of `base` as a whole; as they are where both were not
/// converted from one currency. `None` if an amount leaves the exact range.
fn at_old_rate<'a>(current: &'a Window, base: &'a Window) -> Option<(AtRate<'a>, AtRate<'a>)> {
    let pair = current.converted.as_ref().zip(base.converted.as_ref());
    let Some((now, before)) = pair.filter(|(now, before)| now.from == before.from) else {
        return Some((Cow::Borrowed(current), Cow::Borrowed(base)));
    };
    let (cost, rate) = (current.figure(Metric::TotalCost)?, before.rate);
    let cost = if now.rate == rate {
        cost
    } else {
        convert::times(now.own.figure(Metric::TotalCost)?, rate)?
    };
    Some((
        Cow::Owned(convert::at_one_rate(&now.own, rate, cost)?),
        Cow::Owned(convert::at_one_rate(
            &before.own,
            rate,
            base.figure(Metric::TotalCost)?,
        )?),
    ))
}

/// The sources of both added up again, each at its own rate of before.
fn at_old_rates<'a>(
    current: &'a Window,
    base: &'a Window,
    parts: &'a [Dataset],
) -> Option<(AtRate<'a>, AtRate<'a>)> {
    let part =
        |dataset: &'a Dataset| at_old_rate(dataset.window(&current.period)?, dataset.window(&base.period)?);
    let pairs: Vec<(AtRate<'a>, AtRate<'a>)> = parts.iter().map(part).collect::<Option<_>>()?;
    if pairs.iter().all(|(now, _)| matches!(now, Cow::Borrowed(_))) {
        return Some((Cow::Borrowed(current), Cow::Borrowed(base)));
    }
    let added = |window: for<'w> fn(&'w (AtRate<'a>, AtRate<'a>)) -> &'w Window| {
        let names = parts.iter().map(|dataset| dataset.source.as_str());
        let windows: Vec<(&str, &Window)> = names.zip(pairs.iter().map(window)).collect();
        Cow::Owned(combine::added(&windows, true))
    };
    Some((added(|(now, _)| now), added(|(_, before)| before)))
}

/// Where nothing was used on one side, as is known, everything on the other is new or retired.
fn of_idle(current: &Window, base: &Window) -> Option<Effects> {
    let cost = |window: &Window| window.figure(Metric::TotalCost);
    let (new, retired, grain) = match (current.is_idle(), base.is_idle()) {
        (false, true) => (cost(current)?, Decimal::ZERO, Grain::AllNew),
        (true, false) => (Decimal::ZERO, -cost(base)?, Grain::AllRetired),
        _ => return None,
    };
    Some(Effects {
        parts: vec![(Metric::NewItems, new), (Metric::RetiredItems, retired)],
        grain,
    })
}

fn by_items(current: &Window, base: &Window) -> Option<Effects> {
    let (now, before) = (items(current)?, items(base)?);
    let kind = now.dimension.clone();
    let mut pairs: BTreeMap<Metric, Vec<Pair>> = BTreeMap::new();
    let (mut new, mut retired) = (Vec::new(), Vec::new());
    for (now, before) in matched(now, before) {
        let cost =
            |member: Option<&Member>| member.map_or(Some(Decimal::ZERO), |it| it.figure(Metric::TotalCost));
        let costs = (cost(before)?, cost(now)?);
        let Some(unit) = unit(now, before) else {
            // A fee: it has no unit price, and stays in what is left.
            continue;
        };
        let quantity = |member: Option<&Member>| member.and_then(|it| it.figure(unit)).unwrap_or_default();
        let (q0, q1) = (quantity(before), quantity(now));
        match (q0.is_zero(), q1.is_zero()) {
            (true, false) if costs.0.is_zero() => new.push(costs.1),
            (false, true) if costs.1.is_zero() => retired.push(-costs.0),
            (false, false) => pairs.entry(unit).or_default().push(Pair {
                base: (q0, costs.0),
                current: (q1, costs.1),
            }),
            _ => {}
        }
    }
    let mut units = pairs.into_iter();
    let (mut parts, grain) = match (units.next(), units.next()) {
        (Some((unit, pairs)), None) => (price_volume_mix(&pairs)?, Grain::Items { kind, unit }),
        (None, _) => (Vec::new(), Grain::Apart { kind }),
        (Some(first), Some(second)) => {
            let all = [first, second].into_iter().chain(units);
            let pairs: Vec<Pair> = all.flat_map(|(_, pairs)| pairs).collect();
            (price_volume(&pairs)?, Grain::Mixed { kind })
        }
    };
    parts.push((Metric::NewItems, money::sum(new).ok()?));
    parts.push((Metric::RetiredItems, money::sum(retired).ok()?));
    Some(Effects { parts, grain })
}

/// What has a price: the source's finest grain, else its models, where it tells their cost and their use.
fn items(window: &Window) -> Option<&Breakdown> {
    let priced = |breakdown: &&Breakdown| {
        let mut members = breakdown.members.iter();
        members.any(|member| unit(Some(member), None).is_some())
    };
    let models = window.breakdown("model").filter(priced);
    window.items.as_ref().or(models)
}

/// Only what is new and what is retired; the rest of the change is left.
fn by_costs(current: &Window, base: &Window, dimension: &str) -> Option<Effects> {
    let (now, before) = (current.breakdown(dimension)?, base.breakdown(dimension)?);
    let told = |breakdown: &Breakdown| {
        let mut members = breakdown.members.iter();
        members.any(|member| member.figure(Metric::TotalCost).is_some())
    };
    if !told(now) || !told(before) {
        return None;
    }
    let (mut new, mut retired) = (Vec::new(), Vec::new());
    for (now, before) in matched(now, before) {
        match (now, before) {
            (Some(now), None) => new.push(now.figure(Metric::TotalCost)?),
            (None, Some(before)) => retired.push(-before.figure(Metric::TotalCost)?),
            _ => {}
        }
    }
    Some(Effects {
        parts: vec![
            (Metric::NewItems, money::sum(new).ok()?),
            (Metric::RetiredItems, money::sum(retired).ok()?),
        ],
        grain: Grain::Costs {
            dimension: dimension.to_owned(),
        },
    })
}

/// Price and volume of all use together.
fn whole(current: &Window, base: &Window) -> Option<Effects> {
    let told = |window: &Window, unit: Metric| {
        // Requests that the costs are not about have no price.
        let priced =
            unit != Metric::TotalRequests || !window.unrelated.contains(&Metric::AverageCostPerRequest);
        priced && window.figure(unit).is_some_and(|quantity| !quantity.is_zero())
    };
    let unit = [Metric::TotalTokens, Metric::TotalRequests]
        .into_iter()
        .find(|unit| told(current, *unit) && told(base, *unit))?;
    let pair = Pair {
        base: (base.figure(unit)?, base.figure(Metric::TotalCost)?),
        current: (current.figure(unit)?, current.figure(Metric::TotalCost)?),
    };
    Some(Effects {
        parts: price_volume(&[pair])?,
        grain: Grain::Whole { unit },
    })
}

/// The items of both, each with its counterpart.
fn matched<'a>(now: &'a Breakdown, before: &'a Breakdown) -> Vec<(Option<&'a Member>, Option<&'a Member>)> {
    let mut pairs: BTreeMap<&str, (Option<&Member>, Option<&Member>)> = BTreeMap::new();
    for member in &now.members {
        pairs.entry(&member.name).or_default().0 = Some(member);
    }
    for member in &before.members {
        pairs.entry(&member.name).or_default().1 = Some(member);
    }
    pairs.into_values().collect()
}

/// What an item is counted in: the first quantity that it has in both periods, else in either.
fn unit(now: Option<&Member>, before: Option<&Member>) -> Option<Metric> {
    let has = |member: Option<&Member>, unit| {
        member
            .and_then(|member| member.figure(unit))
            .is_some_and(|quantity| !quantity.is_zero())
    };
    let both = Metric::QUANTITIES
        .into_iter()
        .find(|unit| has(now, *unit) && has(before, *unit));
    both.or_else(|| {
        Metric::QUANTITIES
            .into_iter()
            .find(|unit| has(now, *unit) || has(before, *unit))
    })
}

fn price_volume_mix(pairs: &[Pair]) -> Option<Vec<(Metric, Decimal)>> {
    let before = money::sum(pairs.iter().map(|pair| pair.base.0)).ok()?;
    let now = money::sum(pairs.iter().map(|pair| pair.current.0)).ok()?;
    let grown = money::sum([now, -before]).ok()?;
    let (mut prices, mut volumes, mut mixes) = (Vec::new(), Vec::new(), Vec::new());
    for pair in pairs {
        let at_old_price = share(pair.base.1, pair.current.0, pair.base.0)?;
        let volume = share(pair.base.1, grown, before)?;
        prices.extend([pair.current.1, -at_old_price]);
        volumes.push(volume);
        mixes.extend([at_old_price, -pair.base.1, -volume]);
    }
    Some(vec![
        (Metric::PriceEffect, money::sum(prices).ok()?),
        (Metric::VolumeEffect, money::sum(volumes).ok()?),
        (Metric::MixEffect, money::sum(mixes).ok()?),
    ])
}

/// Without a common quantity: price, and the change of each item's own quantity.
fn price_volume(pairs: &[Pair]) -> Option<Vec<(Metric, Decimal)>> {
    let (mut prices, mut volumes) = (Vec::new(), Vec::new());
    for pair in pairs {
        let at_old_price = share(pair.base.1, pair.current.0, pair.base.0)?;
        prices.extend([pair.current.1, -at_old_price]);
        volumes.extend([at_old_price, -pair.base.1]);
    }
    Some(vec![
        (Metric::PriceEffect, money::sum(prices).ok()?),
        (Metric::VolumeEffect, money::sum(volumes).ok()?),
    ])
}

/// `amount · part / whole`, to twelve decimals. The product comes first, as long as it can be held exactly.
fn share(amount: Decimal, part: Decimal, whole: Decimal) -> Option<Decimal> {
    match amount.checked_mul(part) {
        Some(product) => money::quotient(product, whole),
        None => money::quotient(amount, whole.checked_div(part)?),
    }
}

#[cfg(test)]
mod tests;

//! What drove a change, in a sentence made of the effects.

use crate::language::{Text, say};
use crate::metric::Metric;
use crate::report::effects::{Effects, Grain};
use crate::report::{Figure, Part, Sentence, StepOf, told};
use rust_decimal::Decimal;

/// How many effects a sentence names.
const MOST_EFFECTS: usize = 3;

/// What drove the change, the largest effects first: who added, then who took off.
pub(super) fn why(cost: &Figure, effects_of: &Effects) -> Option<Sentence> {
    let mut largest: Vec<(Metric, Decimal)> = effects_of
        .parts
        .iter()
        .copied()
        .filter(|(_, value)| !value.is_zero())
        .collect();
    largest.sort_by(|(a, a_value), (b, b_value)| b_value.abs().cmp(&a_value.abs()).then_with(|| a.cmp(b)));
    largest.truncate(MOST_EFFECTS);
    let (adding, taking): (Vec<_>, Vec<_>) =
        largest.into_iter().partition(|(_, value)| *value > Decimal::ZERO);
    let (adding, taking) = (added(cost, &adding, effects_of), took(cost, &taking, effects_of));
    let sentence = match (adding, taking) {
        (Some(adding), Some(taking)) => adding.then("; ", taking),
        (adding, taking) => adding.or(taking)?,
    };
    Some(sentence.whole("."))
}

/// Names and amounts of effects.
fn named(cost: &Figure, effects: &[(Metric, Decimal)], grain: &Grain) -> Vec<(Text, Part)> {
    let effects = effects.iter().map(|(metric, value)| {
        let name = effect_name(*metric, *value > Decimal::ZERO, grain);
        (name, step(cost, *metric, value.abs()))
    });
    effects.collect()
}

/// How much one effect comes to, which is a step of the table of effects.
fn step(cost: &Figure, metric: Metric, value: Decimal) -> Part {
    Part::Step {
        value,
        unit: cost.unit,
        currency: cost.currency,
        of: StepOf {
            section: "effects",
            source: cost.source.clone(),
            metric,
        },
    }
}

/// Who added.
fn added(cost: &Figure, effects: &[(Metric, Decimal)], of: &Effects) -> Option<Sentence> {
    let mut named = named(cost, effects, &of.grain).into_iter();
    let (first, value) = named.next()?;
    Some(match (named.next(), named.next()) {
        (Some((second, second_value)), Some((third, third_value))) => told!(
            "why-added-three",
            "first" = first,
            "first-value" = value,
            "second" = second,
            "second-value" = second_value,
            "third" = third,
            "third-value" = third_value,
        ),
        (Some((second, second_value)), None) => told!(
            "why-added-two",
            "first" = first,
            "first-value" = value,
            "second" = second,
            "second-value" = second_value,
        ),
        (None, _) => told!("why-added-one", "first" = first, "first-value" = value),
    })
}

/// Who took off.
fn took(cost: &Figure, effects: &[(Metric, Decimal)], of: &Effects) -> Option<Sentence> {
    let mut named = named(cost, effects, &of.grain).into_iter();
    let (first, value) = named.next()?;
    Some(match (named.next(), named.next()) {
        (Some((second, second_value)), Some((third, third_value))) => told!(
            "why-took-three",
            "first" = first,
            "first-value" = value,
            "second" = second,
            "second-value" = second_value,
            "third" = third,
            "third-value" = third_value,
        ),
        (Some((second, second_value)), None) => told!(
            "why-took-two",
            "first" = first,
            "first-value" = value,
            "second" = second,
            "second-value" = second_value,
        ),
        (None, _) => told!("why-took-one", "first" = first, "first-value" = value),
    })
}

/// What an effect is called that adds to the cost, or takes off it.
fn effect_name(metric: Metric, adding: bool, grain: &Grain) -> Text {
    match (metric, adding) {
        // A change of models shows as price where the source tells no cost of models.
        (Metric::PriceEffect, _) if matches!(grain, Grain::Whole { .. }) => say!("effect-unit-cost"),
        (Metric::PriceEffect, true) => say!("effect-higher-prices"),
        (Metric::PriceEffect, false) => say!("effect-lower-prices"),
        (Metric::VolumeEffect, true) => say!("effect-more-use"),
        (Metric::VolumeEffect, false) => say!("effect-less-use"),
        (Metric::MixEffect, true) => say!("effect-dearer-mix"),
        (Metric::MixEffect, false) => say!("effect-cheaper-mix"),
        (Metric::NewItems, _) => say!("effect-new"),
        (Metric::RetiredItems, _) => say!("effect-retired"),
        (Metric::CurrencyEffect, _) => say!("effect-rates"),
        _ => say!("effect-other"),
    }
}

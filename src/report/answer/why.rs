//! What drove a change, in a sentence made of the effects.

use crate::language::{Text, say};
use crate::metric::Metric;
use crate::report::effects::{Effects, Grain};
use crate::report::{Figure, Given, Part, Sentence, StepOf};
use rust_decimal::Decimal;

/// How many effects a sentence names.
const MOST_EFFECTS: usize = 3;
/// What the messages call the effects and their amounts.
const PLACES: [(&str, &str); MOST_EFFECTS] = [
    ("first", "first-value"),
    ("second", "second-value"),
    ("third", "third-value"),
];

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
    let grain = &effects_of.grain;
    let adding = listed(
        cost,
        &adding,
        grain,
        ["why-added-one", "why-added-two", "why-added-three"],
    );
    let taking = listed(
        cost,
        &taking,
        grain,
        ["why-took-one", "why-took-two", "why-took-three"],
    );
    let sentence = match (adding, taking) {
        (Some(adding), Some(taking)) => adding.then("; ", taking),
        (adding, taking) => adding.or(taking)?,
    };
    Some(sentence.whole("."))
}

/// The effects of one direction, by the message for so many of them.
fn listed(
    cost: &Figure,
    effects: &[(Metric, Decimal)],
    grain: &Grain,
    ids: [&'static str; MOST_EFFECTS],
) -> Option<Sentence> {
    let id = ids.get(effects.len().checked_sub(1)?)?;
    let args = PLACES
        .iter()
        .zip(effects)
        .flat_map(|((name, amount), (metric, value))| {
            let effect = effect_name(*metric, *value > Decimal::ZERO, grain);
            [
                (*name, Given::from(effect)),
                (*amount, Given::from(step(cost, *metric, value.abs()))),
            ]
        });
    Some(Sentence::of(id, args.collect()))
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

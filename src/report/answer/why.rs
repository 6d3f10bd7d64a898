//! What drove a change, in a sentence made of the effects.

use super::text;
use crate::metric::Metric;
use crate::report::effects::{Effects, Grain};
use crate::report::{Figure, Part, Sentence, StepOf};
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
    let mut parts = Vec::new();
    for (effects, verb, after) in [(&adding, " added ", ""), (&taking, " took ", " off")] {
        if effects.is_empty() {
            continue;
        }
        if !parts.is_empty() {
            parts.push(text("; "));
        }
        for (place, (metric, value)) in effects.iter().enumerate() {
            let and = match place {
                0 => "",
                _ if place + 1 == effects.len() => " and ",
                _ => ", ",
            };
            let name = effect_name(*metric, *value > Decimal::ZERO, &effects_of.grain);
            let verb = if place == 0 { verb } else { " " };
            let words = format!("{and}{name}{verb}");
            let first = parts.is_empty();
            parts.push(text(&if first { capitalised(&words) } else { words }));
            parts.push(Part::Step {
                value: value.abs(),
                unit: cost.unit,
                currency: cost.currency,
                of: StepOf {
                    section: "effects",
                    source: cost.source.clone(),
                    metric: *metric,
                },
            });
        }
        parts.push(text(after));
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(text("."));
    Some(Sentence { parts })
}

/// What an effect is called that adds to the cost, or takes off it.
fn effect_name(metric: Metric, adding: bool, grain: &Grain) -> &'static str {
    match (metric, adding) {
        // A change of models shows as price where the source tells no cost of models.
        (Metric::PriceEffect, _) if matches!(grain, Grain::Whole { .. }) => "the cost of a unit",
        (Metric::PriceEffect, true) => "higher prices",
        (Metric::PriceEffect, false) => "lower prices",
        (Metric::VolumeEffect, true) => "more use",
        (Metric::VolumeEffect, false) => "less use",
        (Metric::MixEffect, true) => "a dearer mix",
        (Metric::MixEffect, false) => "a cheaper mix",
        (Metric::NewItems, _) => "what is new",
        (Metric::RetiredItems, _) => "what is no longer used",
        (Metric::CurrencyEffect, _) => "exchange rates",
        _ => "other changes",
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

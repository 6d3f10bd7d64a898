//! The worked example of the finance definitions, and that effects add to the change whatever was used.

use super::*;
use crate::period::{Calendar, Period};
use crate::source::Measure;
use crate::source::dataset::Converted;
use proptest::prelude::*;
use rust_decimal::dec;

/// Name, tokens, seconds and cost of an item.
type Item<'a> = (&'a str, Decimal, Decimal, Decimal);

fn members(items: &[Item<'_>]) -> Vec<Member> {
    let measure = |metric, value| Measure {
        metric,
        value: Some(value),
    };
    items
        .iter()
        .map(|(name, tokens, seconds, cost)| Member {
            name: (*name).to_owned(),
            measures: vec![
                measure(Metric::TotalCost, *cost),
                measure(Metric::TotalTokens, *tokens),
                measure(Metric::AudioSeconds, *seconds),
            ],
        })
        .collect()
}

fn window(id: &str, items: &[Item<'_>]) -> Window {
    let total = |part: fn(&Item<'_>) -> Decimal| Some(items.iter().map(part).sum());
    Window {
        period: Period::parse(id, Calendar::default()).unwrap(),
        rows: 1,
        figures: vec![
            Measure {
                metric: Metric::TotalCost,
                value: total(|item| item.3),
            },
            Measure {
                metric: Metric::TotalTokens,
                value: total(|item| item.1),
            },
        ],
        daily: Vec::new(),
        rankings: Vec::new(),
        breakdowns: Vec::new(),
        items: Some(Breakdown {
            dimension: "model and service type".into(),
            members: members(items),
        }),
        organization: None,
        daily_by: Vec::new(),
        converted: None,
        unrelated: &[],
    }
}

fn split(window: Window, dimension: &str) -> Window {
    let members = window.items.map(|items| items.members).unwrap_or_default();
    Window {
        breakdowns: vec![Breakdown {
            dimension: dimension.into(),
            members,
        }],
        items: None,
        ..window
    }
}

fn told(current: &Window, base: &Window) -> Vec<(&'static str, Decimal)> {
    let effects = between(current, base, &["project".to_owned()], &[]).unwrap();
    let parts = effects.parts.into_iter();
    parts
        .filter(|(_, value)| !value.is_zero())
        .map(|(metric, value)| (metric.key(), value.normalize()))
        .collect()
}

const ZERO: Decimal = Decimal::ZERO;

/// A window of another currency, converted at one rate.
fn converted(from: crate::money::Currency, rate: Decimal, own: &Window) -> Window {
    let cost = own.figure(Metric::TotalCost).unwrap();
    Window {
        converted: Some(Converted {
            from,
            rate,
            own: Box::new(own.clone()),
        }),
        ..convert::at_one_rate(own, rate, cost * rate).unwrap()
    }
}

#[test]
fn the_worked_example_of_price_volume_and_mix() {
    let base = window(
        "2026-Q2",
        &[
            ("A", dec!(100), ZERO, dec!(200)),
            ("B", dec!(100), ZERO, dec!(1000)),
        ],
    );
    let current = window(
        "2026-Q3",
        &[
            ("A", dec!(150), ZERO, dec!(270)),
            ("B", dec!(100), ZERO, dec!(1100)),
        ],
    );
    assert_eq!(
        told(&current, &base),
        [("price", dec!(70)), ("volume", dec!(300)), ("mix", dec!(-200))]
    );
}

#[test]
fn what_is_new_what_is_retired_and_what_has_no_unit_price_are_steps_of_their_own() {
    let base = window(
        "2026-Q2",
        &[
            ("A", dec!(100), ZERO, dec!(200)),
            ("fee", ZERO, ZERO, dec!(10)),
            ("old", dec!(5), ZERO, dec!(30)),
        ],
    );
    let current = window(
        "2026-Q3",
        &[
            ("A", dec!(100), ZERO, dec!(200)),
            ("fee", ZERO, ZERO, dec!(12)),
            ("young", dec!(7), ZERO, dec!(70)),
        ],
    );
    assert_eq!(
        told(&current, &base),
        [("new", dec!(70)), ("retired", dec!(-30)), ("other", dec!(2))]
    );
}

#[test]
fn without_a_common_unit_there_is_no_mix() {
    let base = window(
        "2026-Q2",
        &[
            ("A", dec!(100), ZERO, dec!(200)),
            ("voice", ZERO, dec!(50), dec!(5)),
        ],
    );
    let current = window(
        "2026-Q3",
        &[
            ("A", dec!(150), ZERO, dec!(270)),
            ("voice", ZERO, dec!(60), dec!(9)),
        ],
    );
    let effects = between(&current, &base, &[], &[]).unwrap();
    assert!(matches!(effects.grain, Grain::Mixed { .. }));
    assert_eq!(
        told(&current, &base),
        [("price", dec!(-27)), ("volume", dec!(101))]
    );
}

#[test]
fn a_source_without_quantities_of_its_parts_says_what_it_can() {
    let base = window(
        "2026-Q2",
        &[
            ("A", dec!(100), ZERO, dec!(200)),
            ("old", dec!(1), ZERO, dec!(30)),
        ],
    );
    let current = window("2026-Q3", &[("A", dec!(100), ZERO, dec!(260))]);
    let costs = |window: &Window| split(window.clone(), "project");
    assert_eq!(
        told(&costs(&current), &costs(&base)),
        [("retired", dec!(-30)), ("other", dec!(60))]
    );
    let whole = |window: &Window| Window {
        items: None,
        organization: None,
        daily_by: Vec::new(),
        ..window.clone()
    };
    let effects = between(&whole(&current), &whole(&base), &[], &[]).unwrap();
    assert_eq!(
        effects.grain,
        Grain::Whole {
            unit: Metric::TotalTokens
        }
    );
    let nothing = |window: &Window| Window {
        figures: window.figures[..1].to_vec(),
        ..whole(window)
    };
    let effects = between(&nothing(&current), &nothing(&base), &[], &[]).unwrap();
    assert_eq!(effects.grain, Grain::Nothing);
    assert_eq!(effects.parts.last(), Some(&(Metric::OtherEffects, dec!(30))));
}

#[test]
fn where_every_item_is_another_one_nothing_is_said_to_be_counted() {
    let before = window("2026-09", &[("ear", dec!(0), dec!(60), dec!(6))]);
    let now = window("2026-10", &[("mouth", dec!(0), dec!(90), dec!(12))]);
    let effects = between(&now, &before, &[], &[]).unwrap();
    let kind = "model and service type".to_owned();
    assert_eq!(effects.grain, Grain::Apart { kind });
    assert_eq!(told(&now, &before), [("new", dec!(12)), ("retired", dec!(-6))]);
}

#[test]
fn requests_that_costs_are_not_about_have_no_price() {
    let requests = |id: &str, requests: Decimal, cost: Decimal| Window {
        items: None,
        figures: vec![
            Measure {
                metric: Metric::TotalCost,
                value: Some(cost),
            },
            Measure {
                metric: Metric::TotalRequests,
                value: Some(requests),
            },
        ],
        ..window(id, &[])
    };
    let (before, now) = (
        requests("2026-09", dec!(100), dec!(10)),
        requests("2026-10", dec!(200), dec!(30)),
    );
    let unit = Metric::TotalRequests;
    assert_eq!(
        between(&now, &before, &[], &[]).unwrap().grain,
        Grain::Whole { unit }
    );
    let apart = Window {
        unrelated: &[Metric::AverageCostPerRequest],
        ..now
    };
    assert_eq!(between(&apart, &before, &[], &[]).unwrap().grain, Grain::Nothing);
}

#[test]
fn exchange_rates_are_a_step_of_their_own() {
    // Local cost 1,000 and 1,100 at 0.90 and 0.95: +145, of which +90 real and +55 by the rates.
    let euro: crate::money::Currency = "EUR".parse().unwrap();
    let base = converted(
        euro,
        dec!(0.90),
        &window("2026-Q2", &[("A", dec!(100), ZERO, dec!(1000))]),
    );
    let current = converted(
        euro,
        dec!(0.95),
        &window("2026-Q3", &[("A", dec!(110), ZERO, dec!(1100))]),
    );
    assert_eq!(
        told(&current, &base),
        [("volume", dec!(90)), ("currency", dec!(55))]
    );
}

#[test]
fn rates_that_move_within_a_period_are_no_prices() {
    // A unit costs EUR 1 whatever the day. Before, A was used when a euro was USD 1.00, and B when it was 1.50.
    let euro = "EUR".parse().unwrap();
    let own = |a, b| [("A", a, ZERO, a), ("B", b, ZERO, b)];
    let mut base = converted(euro, dec!(1.25), &window("2026-Q2", &own(dec!(100), dec!(100))));
    let items = base.items.as_mut().unwrap().members.iter_mut();
    for (member, cost) in items.zip([dec!(100), dec!(150)]) {
        member.measures[0].value = Some(cost);
    }
    let current = converted(euro, dec!(1.25), &window("2026-Q3", &own(dec!(150), dec!(50))));
    assert_eq!(told(&current, &base), [], "neither price nor mix");
    let dearer = converted(euro, dec!(1.50), &window("2026-Q3", &own(dec!(150), dec!(50))));
    assert_eq!(told(&dearer, &base), [("currency", dec!(50))]);
}

#[test]
fn after_nothing_all_is_new_and_before_nothing_all_is_retired() {
    let used = window(
        "2026-Q3",
        &[("A", dec!(100), ZERO, dec!(200)), ("fee", ZERO, ZERO, dec!(10))],
    );
    let idle = Window {
        items: None,
        ..window("2026-Q2", &[])
    };
    assert_eq!(told(&used, &idle), [("new", dec!(210))]);
    assert_eq!(told(&idle, &used), [("retired", dec!(-210))]);
    let grain = |current, base| between(current, base, &[], &[]).map(|effects| effects.grain);
    assert_eq!(grain(&used, &idle), Some(Grain::AllNew));
    assert_eq!(grain(&idle, &used), Some(Grain::AllRetired));
    // A cost of nothing that credits have made of something is not nothing.
    let credited = split(
        window(
            "2026-Q2",
            &[("A", ZERO, ZERO, dec!(5)), ("credit", ZERO, ZERO, dec!(-5))],
        ),
        "project",
    );
    assert_eq!(grain(&used, &credited), Some(Grain::Nothing));
}

#[test]
fn what_only_one_period_is_split_by_is_no_split_of_the_change() {
    // The other period had no users, but a provider that was paid.
    let by = |id, dimension: &str, items: &[Item<'_>]| split(window(id, items), dimension);
    let mut current = by("2026-Q3", "user", &[("u-1", dec!(3), ZERO, dec!(40))]);
    let providers = by("2026-Q3", "provider", &[("OpenAI", dec!(3), ZERO, dec!(40))]).breakdowns;
    current.breakdowns.extend(providers);
    let base = by("2026-Q2", "provider", &[("Anthropic", ZERO, ZERO, dec!(2))]);
    let dimensions = ["user".to_owned(), "provider".to_owned()];
    let effects = between(&current, &base, &dimensions, &[]).unwrap();
    assert_eq!(
        effects.grain,
        Grain::Costs {
            dimension: "provider".into()
        }
    );
    assert_eq!(
        effects.parts[..2],
        [(Metric::NewItems, dec!(40)), (Metric::RetiredItems, dec!(-2))]
    );
}

#[test]
fn sources_that_are_added_up_have_exchange_rates_of_their_own() {
    // The euros of before, and 100 pounds in both periods at 1.20 and 1.10: +135, of which +90 real, +55 by the euro, -10 by the pound.
    let (euro, pound) = ("EUR".parse().unwrap(), "GBP".parse().unwrap());
    let dataset = |source: &str, windows| Dataset {
        source: source.into(),
        platform: "Cloud".into(),
        scope: None,
        currency: Some(crate::money::Currency::USD),
        zone: None,
        fetched_at: "2026-10-01T00:00:00Z".parse().unwrap(),
        provisional_through: None,
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: crate::source::dataset::Reach::Always,
        windows,
        notices: Vec::new(),
    };
    let a = |id, tokens, cost| window(id, &[("A", tokens, ZERO, cost)]);
    let parts = [
        dataset(
            "euros",
            vec![
                converted(euro, dec!(0.95), &a("2026-Q3", dec!(110), dec!(1100))),
                converted(euro, dec!(0.90), &a("2026-Q2", dec!(100), dec!(1000))),
            ],
        ),
        dataset(
            "pounds",
            vec![
                converted(pound, dec!(1.10), &a("2026-Q3", dec!(10), dec!(100))),
                converted(pound, dec!(1.20), &a("2026-Q2", dec!(10), dec!(100))),
            ],
        ),
    ];
    let together = combine::combine(&parts, None).unwrap();
    let [current, base] = &together.windows[..] else {
        panic!("{:?}", together.windows)
    };
    let effects = between(current, base, &[], &parts).unwrap();
    let value = |metric| {
        let mut parts = effects.parts.iter();
        parts.find(|(other, _)| *other == metric).map(|(_, value)| *value)
    };
    assert_eq!(value(Metric::CurrencyEffect), Some(dec!(45)));
    assert_eq!(value(Metric::PriceEffect), Some(ZERO));
    let sum: Decimal = effects.parts.iter().map(|(_, value)| *value).sum();
    assert_eq!(sum, dec!(135));
    // One whose rate is the same in both periods adds none.
    let mut still = parts.clone();
    still[1].windows[0] = converted(pound, dec!(1.20), &a("2026-Q3", dec!(10), dec!(100)));
    let together = combine::combine(&still, None).unwrap();
    let effects = between(&together.windows[0], base, &[], &still).unwrap();
    let currency = effects
        .parts
        .iter()
        .find(|(metric, _)| *metric == Metric::CurrencyEffect);
    assert_eq!(currency, Some(&(Metric::CurrencyEffect, dec!(55))));
}

#[test]
fn an_unknown_total_is_not_explained() {
    let known = window("2026-Q2", &[("A", dec!(1), ZERO, dec!(1))]);
    let mut unknown = window("2026-Q3", &[("A", dec!(1), ZERO, dec!(1))]);
    unknown.figures[0].value = None;
    assert_eq!(between(&unknown, &known, &[], &[]), None);
    assert_eq!(between(&known, &unknown, &[], &[]), None);
}

proptest! {
    #[test]
    fn effects_add_to_the_change_exactly(
        items in prop::collection::vec(
            ((0_u64..1_000_000_000, 0_u64..1000), (0_i64..1_000_000_000_000, 0_u64..1_000_000_000), 0_i64..1_000_000_000_000, 0_u32..11),
            1..30,
        ),
    ) {
        let names: Vec<String> = (0..items.len()).map(|n| format!("item {n}")).collect();
        let side = |now: bool| -> Vec<Item<'_>> {
            names.iter().zip(&items).map(|(name, ((q0, seconds), (c0, q1), c1, scale))| {
                let (quantity, cost) = if now { (q1, c1) } else { (q0, c0) };
                let seconds = if seconds % 7 == 0 { *seconds } else { 0 };
                (name.as_str(), Decimal::from(*quantity), Decimal::from(seconds), Decimal::new(*cost, *scale))
            }).collect()
        };
        let (base, current) = (window("2026-Q2", &side(false)), window("2026-Q3", &side(true)));
        let change = current.figure(Metric::TotalCost).unwrap() - base.figure(Metric::TotalCost).unwrap();
        let effects = between(&current, &base, &[], &[]).unwrap();
        let sum: Decimal = effects.parts.iter().map(|(_, value)| *value).sum();
        prop_assert_eq!(sum, change);
    }
}

//! Which lines are drawn by themselves.

use super::*;
use rust_decimal::dec;

fn line(label: &str, tint: Tint, values: &[Option<Decimal>]) -> Line {
    Line {
        label: label.into(),
        tint,
        values: values.to_vec(),
    }
}

fn shown(lines: Vec<Line>, most: usize) -> Vec<(String, Vec<Option<Decimal>>)> {
    fold(lines, most)
        .into_iter()
        .map(|line| (line.label.into(), line.values))
        .collect()
}

#[test]
fn the_largest_are_drawn_by_themselves_and_the_rest_is_one() {
    let known = |values: [Decimal; 2]| values.map(Some);
    let lines = vec![
        line("small", Tint::Palette(0), &known([dec!(1), dec!(0)])),
        line("large", Tint::Palette(1), &known([dec!(5), dec!(5)])),
        line("nothing", Tint::Palette(2), &known([dec!(0), dec!(0)])),
        line("summed", Tint::Rest, &known([dec!(9), dec!(9)])),
        line("medium", Tint::Palette(3), &known([dec!(2), dec!(2)])),
    ];
    assert_eq!(
        shown(lines, 2),
        [
            ("large".to_owned(), known([dec!(5), dec!(5)]).to_vec()),
            ("medium".to_owned(), known([dec!(2), dec!(2)]).to_vec()),
            ("Others".to_owned(), known([dec!(10), dec!(9)]).to_vec()),
        ]
    );
}

#[test]
fn with_as_many_as_fit_there_are_no_others_and_an_unknown_day_stays_unknown() {
    let lines = vec![
        line("a", Tint::Palette(0), &[Some(dec!(2)), None]),
        line("b", Tint::Palette(1), &[Some(dec!(3)), None]),
    ];
    let labels: Vec<String> = shown(lines.clone(), 2)
        .into_iter()
        .map(|(label, _)| label)
        .collect();
    assert_eq!(labels, ["b", "a"]);
    assert_eq!(
        shown(lines, 1)[1],
        ("Others".to_owned(), vec![Some(dec!(2)), None])
    );
}

#[test]
fn what_is_counted_in_one_unit_is_stacked_and_every_unit_has_a_view() {
    let series = |metric: Metric| crate::source::Series {
        metric,
        whole: false,
        points: vec![("2026-10-01".parse().unwrap(), Some(dec!(7)))],
    };
    let views = |metrics: &[Metric]| -> Vec<(String, usize)> {
        let part = Part {
            name: "agent".to_owned(),
            others: None,
            colour: None,
            series: metrics.iter().map(|metric| series(*metric)).collect(),
        };
        usage(&part)
            .into_iter()
            .map(|(view, _, lines)| (view.into(), lines.len()))
            .collect()
    };
    let view = |name: &str, lines| (name.to_owned(), lines);
    assert_eq!(
        views(&[Metric::InputTokens, Metric::OutputTokens]),
        [view("Usage", 2)]
    );
    assert_eq!(
        views(&[Metric::OutputTokens, Metric::AudioSeconds]),
        [view("Usage in tokens", 1), view("Usage in seconds", 1)]
    );
    assert_eq!(views(&[]), []);
}

#[test]
fn a_colour_that_a_member_has_of_its_own_is_given_to_no_other() {
    let part = |colour: Option<&str>, others| Part {
        name: "p".to_owned(),
        others,
        colour: colour.map(str::to_owned),
        series: Vec::new(),
    };
    let own = |colour: &str| Tint::Own(colour.to_owned());
    let check = |colours: &[Option<&str>], expected: &[Tint]| {
        let split = Split {
            dimension: PROJECT.to_owned(),
            within: None,
            members: colours.iter().map(|colour| part(*colour, None)).collect(),
        };
        assert_eq!(tints(&split), expected);
    };
    check(&[None, None], &[Tint::Palette(0), Tint::Palette(1)]);
    check(
        &[Some("#0B5CAD"), None, Some("#0f766e"), None],
        &[own("#0B5CAD"), Tint::Palette(1), own("#0f766e"), Tint::Palette(3)],
    );
    // Beyond the palette its colours come again, dashed.
    let mut all: Vec<Option<&str>> = PALETTE.iter().map(|colour| Some(*colour)).collect();
    all.push(None);
    let mut expected: Vec<Tint> = PALETTE.iter().map(|colour| own(colour)).collect();
    expected.push(Tint::Palette(6));
    check(&all, &expected);
}

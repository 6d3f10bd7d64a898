//! What the gates let pass and what they hold.

use super::*;
use crate::metric::Metric;
use crate::money::Currency;
use crate::report::{Section, SourceRef, Status};

const RUN: &str = "0199a1b2";

/// One source's summary: its figures and their currency.
type Summary<'a> = (&'a str, Currency, &'a [(Metric, Option<Decimal>)]);

fn report(summaries: &[Summary<'_>]) -> Report {
    let mut report = crate::report::sample::report();
    RUN.clone_into(&mut report.run_id);
    let template = report.sources.remove(0);
    report.sources = summaries
        .iter()
        .map(|(name, ..)| SourceRef {
            name: (*name).to_owned(),
            ..template.clone()
        })
        .collect();
    report.sections = summaries
        .iter()
        .map(|(source, currency, figures)| section(source, *currency, figures))
        .collect();
    report
}

fn section(source: &str, currency: Currency, figures: &[(Metric, Option<Decimal>)]) -> Section {
    let figure = |(metric, value): &(Metric, Option<Decimal>)| Figure {
        source: Some(source.to_owned()),
        metric: *metric,
        label: metric.label().into(),
        dimension: None,
        member: None,
        rank: None,
        unit: metric.unit(),
        currency: (metric.unit() == Unit::Currency).then_some(currency),
        value: *value,
        status: value.map_or(Status::NotAvailable, |_| Status::Ok),
        comparisons: Vec::new(),
    };
    Section {
        key: "summary".to_owned(),
        title: "Summary".into(),
        source: Some(source.to_owned()),
        figures: figures.iter().map(figure).collect(),
    }
}

fn cost(value: Option<Decimal>) -> Report {
    report(&[("globant", Currency::USD, &[(Metric::TotalCost, value)])])
}

fn texts(held: &[Held]) -> Vec<&str> {
    held.iter().map(|held| held.text.as_str()).collect()
}

#[test]
fn no_gate_holds_nothing() {
    let mut report = cost(None);
    report.absent.push("bill".into());
    assert_eq!(judge(&report, &Gates::default(), 0, &[dec!(1), dec!(1)]), []);
}

#[test]
fn an_incomplete_report_is_held_and_says_what_is_missing() {
    let gates = Gates {
        complete: true,
        ..Gates::default()
    };
    let whole = [
        (Metric::TotalCost, Some(dec!(0))),
        (Metric::TotalRequests, Some(dec!(0))),
    ];
    assert_eq!(
        judge(&report(&[("globant", Currency::USD, &whole)]), &gates, 0, &[]),
        []
    );

    let idle = [whole[0], whole[1], (Metric::AverageCostPerRequest, None)];
    let undefined = report(&[("globant", Currency::USD, &idle)]);
    assert_eq!(
        judge(&undefined, &gates, 0, &[]),
        [],
        "nothing by nothing is not missing"
    );

    let lacking = [whole[0], (Metric::TotalRequests, None), (Metric::ErrorRate, None)];
    let mut lacking = report(&[
        ("globant", Currency::USD, &lacking),
        ("bill", Currency::USD, &whole),
    ]);
    let held = judge(&lacking, &gates, 0, &[]);
    assert_eq!(
        texts(&held),
        [
            "The report is incomplete: Requests of globant, Error rate of globant are not available; \
          `complete` expects every source and every figure of the summary. \
          `reportwire approve 0199a1b2` releases exactly these bytes."
        ]
    );
    assert_eq!(held[0].gate, Gate::Complete);

    lacking.sources[0].untold = vec![Metric::TotalRequests, Metric::ErrorRate];
    assert_eq!(
        judge(&lacking, &gates, 0, &[]),
        [],
        "what a source never tells is not missing"
    );

    lacking.absent.push("usage".into());
    lacking
        .sections
        .push(section("usage", Currency::USD, &[(Metric::TotalCost, None)]));
    let held = judge(&lacking, &gates, 0, &[]);
    assert!(
        held[0]
            .text
            .starts_with("The report is incomplete: nothing of usage is in it; `complete`"),
        "{held:?}"
    );
}

#[test]
fn too_few_rows_are_held() {
    let gates = |least| Gates {
        min_rows: Some(least),
        ..Gates::default()
    };
    for (rows, least, expected) in [
        (0, 0, None),
        (4_000, 4_000, None),
        (
            0,
            1,
            Some("There is no row of data; `min_rows` expects at least 1. `reportwire"),
        ),
        (
            1,
            2,
            Some("There is 1 row of data; `min_rows` expects at least 2. `reportwire"),
        ),
        (
            39,
            40,
            Some("There are 39 rows of data; `min_rows` expects at least 40. `reportwire"),
        ),
    ] {
        let held = judge(&cost(Some(dec!(1))), &gates(least), rows, &[]);
        match expected {
            None => assert_eq!(held, [], "{rows} of {least}"),
            Some(text) => assert!(held.len() == 1 && held[0].text.starts_with(text), "{held:?}"),
        }
    }
}

#[test]
fn a_figure_too_far_from_normal_is_held() {
    let max_change = |percent, norm| Gates {
        max_change: Some(MaxChange {
            percent,
            metric: "total_cost".into(),
            norm,
        }),
        ..Gates::default()
    };
    let normal = [dec!(110), dec!(90), dec!(100), dec!(1000)];
    for (value, percent, norm, values, held) in [
        (Some(dec!(150)), dec!(50), 3, &normal[..], false),
        (Some(dec!(150.01)), dec!(50), 3, &normal, true),
        (Some(dec!(50)), dec!(50), 3, &normal, false),
        (Some(dec!(49.99)), dec!(50), 3, &normal, true),
        (Some(dec!(-10)), dec!(100), 3, &normal, true),
        (Some(dec!(105)), dec!(0), 4, &normal, false),
        (None, dec!(50), 3, &normal, true),
        (None, dec!(50), 3, &normal[..1], false),
        (Some(dec!(9999)), dec!(50), 3, &normal[..1], false),
        (Some(dec!(9999)), dec!(50), 1, &normal, false),
        (
            Some(dec!(9999)),
            dec!(50),
            3,
            &[Decimal::ZERO, Decimal::ZERO],
            false,
        ),
        (Some(dec!(9999)), dec!(50), 3, &[dec!(-5), dec!(-5)], false),
        (Some(Decimal::MAX), dec!(50), 3, &normal, true),
        (Some(dec!(1)), Decimal::MAX, 3, &normal, true),
    ] {
        let found = judge(&cost(value), &max_change(percent, norm), 9, values);
        assert_eq!(
            found.len(),
            usize::from(held),
            "{value:?} {percent} {norm}: {found:?}"
        );
    }
    let found = judge(&cost(Some(dec!(340.50))), &max_change(dec!(50), 3), 9, &normal);
    assert_eq!(
        texts(&found),
        [
            "Total cost is USD 340.5, 240.5 % above what is normal; the median of the 3 reports before is USD 100, and \
          `max_change` allows 50 % more or less. `reportwire approve 0199a1b2` releases exactly these bytes."
        ]
    );
    let found = judge(&cost(None), &max_change(dec!(50), 3), 9, &normal);
    assert!(
        found[0].text.starts_with("Total cost is not known; the median"),
        "{found:?}"
    );
}

#[test]
fn a_value_is_a_sum_only_where_it_means_something() {
    use Metric::{ErrorRate, TotalCost, TotalRequests};
    let told = |cost, rate| [(TotalCost, Some(cost)), (ErrorRate, Some(rate))];
    let (one, two) = (told(dec!(0.1), dec!(5)), told(dec!(0.2), dec!(7)));
    let alone = report(&[("a", Currency::USD, &one)]);
    assert_eq!(value(&alone, "total_cost"), Some(dec!(0.1)));
    assert_eq!(value(&alone, "error_rate"), Some(dec!(5)));
    assert_eq!(value(&alone, "no_such_metric"), None);

    let both = report(&[("a", Currency::USD, &one), ("b", Currency::USD, &two)]);
    assert_eq!(value(&both, "total_cost"), Some(dec!(0.3)));
    assert_eq!(value(&both, "error_rate"), None, "shares add up to nothing");

    let mixed = report(&[("a", Currency::USD, &one), ("b", "EUR".parse().unwrap(), &two)]);
    assert_eq!(value(&mixed, "total_cost"), None);

    let unknown = [(TotalCost, None), (TotalRequests, Some(dec!(8)))];
    let mut unknown = report(&[("a", Currency::USD, &one), ("b", Currency::USD, &unknown)]);
    assert_eq!(value(&unknown, "total_cost"), None);
    unknown.sources[1].untold = vec![TotalCost];
    assert_eq!(value(&unknown, "total_cost"), Some(dec!(0.1)));
    assert_eq!(value(&unknown, "total_requests"), Some(dec!(8)));
    unknown.absent.push("c".into());
    assert_eq!(
        value(&unknown, "total_cost"),
        None,
        "part of a sum is not the sum"
    );
}

#[test]
fn what_was_held_can_be_stored() {
    let held = Held {
        gate: Gate::MinRows,
        text: "x".into(),
    };
    let stored = serde_json::to_string(&held).unwrap();
    assert_eq!(stored, r#"{"gate":"min_rows","text":"x"}"#);
    assert_eq!(serde_json::from_str::<Held>(&stored).unwrap(), held);
    for gate in [Gate::Complete, Gate::MinRows, Gate::MaxChange] {
        assert_eq!(serde_json::to_value(gate).unwrap(), gate.key());
    }
    let gates: Gates = serde_json::from_value(serde_json::json!({
        "complete": true, "min_rows": 3, "max_change": {"percent": "50", "metric": "total_cost", "norm": 3},
    }))
    .unwrap();
    assert_eq!(gates.max_change.unwrap().percent, dec!(50));
}

//! Usage and bills of a few rows, tied out.

use super::*;
use crate::config::plan::{KnownGap, ReportPlan, SharedSplit, UsageAgainstBill};
use crate::period::{Calendar, Period};
use crate::report::{Brief, Status, build};
use crate::source::dataset::Reach;
use crate::source::{Breakdown, Dataset, Measure, Member, Series, Window};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn measure(metric: Metric, value: Option<Decimal>) -> Measure {
    Measure { metric, value }
}

/// October of a source with these figures, all of its cost on the first day, and this split of it.
fn dataset(source: &str, figures: &[(Metric, Option<Decimal>)], split: &[(&str, Decimal)]) -> Dataset {
    let period = Period::parse("2026-10", Calendar::default()).unwrap();
    let cost = figures
        .iter()
        .find(|(metric, _)| *metric == Metric::TotalCost)
        .and_then(|(_, value)| *value);
    let points = period
        .dates()
        .zip(0..)
        .map(|(day, at)| (day, cost.filter(|_| at == 0)));
    let members = split.iter().map(|(name, cost)| Member {
        name: (*name).to_owned(),
        measures: vec![measure(Metric::TotalCost, Some(*cost))],
    });
    let window = Window {
        rows: 3,
        figures: figures
            .iter()
            .map(|(metric, value)| measure(*metric, *value))
            .collect(),
        daily: vec![Series {
            metric: Metric::TotalCost,
            whole: true,
            points: points.collect(),
        }],
        daily_by: Vec::new(),
        rankings: Vec::new(),
        breakdowns: vec![Breakdown {
            dimension: "model".to_owned(),
            members: members.collect(),
        }],
        items: None,
        organization: None,
        converted: None,
        unrelated: &[],
        period,
    };
    Dataset {
        source: source.to_owned(),
        platform: "Test".into(),
        scope: None,
        currency: Some(Currency::USD),
        zone: None,
        fetched_at: "2026-11-02T07:00:00Z".parse().unwrap(),
        provisional_through: None,
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: Reach::Always,
        windows: vec![window],
        notices: Vec::new(),
    }
}

fn usage(cost: Decimal) -> Dataset {
    dataset("usage", &[(Metric::TotalCost, Some(cost))], &[("small", cost)])
}

fn bill(cost: Decimal, credits: Decimal, taxes: Decimal) -> Dataset {
    let figures = [
        (Metric::TotalCost, Some(cost)),
        (Metric::Credits, Some(credits)),
        (Metric::Taxes, Some(taxes)),
        (Metric::Adjustments, Some(Decimal::ZERO)),
        (Metric::UsageCorrections, Some(dec!(0.25))),
    ];
    dataset("bill", &figures, &[("small", cost)])
}

fn plan(gaps: &[Decimal]) -> Reconcile {
    let gap = |amount: &Decimal| KnownGap {
        amount: *amount,
        reason: "Support plan".to_owned(),
    };
    Reconcile {
        against: Some(UsageAgainstBill {
            usage: "usage".to_owned(),
            bill: "bill".to_owned(),
            tolerance: Decimal::ONE,
            by: Some(SharedSplit {
                usage: "model".to_owned(),
                bill: "model".to_owned(),
                names: BTreeMap::from([("tiny".to_owned(), "small".to_owned())]),
            }),
            known_gaps: gaps.iter().map(gap).collect(),
        }),
    }
}

fn built(plan: Reconcile, datasets: &[Dataset], combine: bool) -> Report {
    let october = Period::parse("2026-10", Calendar::default()).unwrap();
    built_for(&october, plan, datasets, combine)
}

fn built_for(period: &Period, plan: Reconcile, datasets: &[Dataset], combine: bool) -> Report {
    let brief = Brief {
        run_id: "run".into(),
        job: "monthly".into(),
        title: "Monthly".into(),
        report: ReportPlan::Full,
        revision: 1,
        period: period.clone(),
        timezone: chrono_tz::UTC,
        currency: Currency::USD,
        combine,
        reconcile: Some(plan),
        budgets: Vec::new(),
        anomalies: None,
        generated_at: "2026-11-02T07:00:04Z".parse().unwrap(),
    };
    build(&brief, datasets, &[], None)
}

fn section<'r>(report: &'r Report, key: &str, source: Option<&str>) -> &'r Section {
    let mut sections = report.sections.iter();
    sections
        .find(|section| section.key == key && section.source.as_deref() == source)
        .unwrap()
}

fn value(section: &Section, metric: Metric) -> Option<Decimal> {
    let mut figures = section.figures.iter();
    figures.find(|figure| figure.metric == metric).unwrap().value
}

fn texts(report: &Report) -> String {
    let texts: Vec<&str> = report.notices.iter().map(|notice| notice.text.as_str()).collect();
    texts.join("\n")
}

#[test]
fn every_split_and_the_days_are_tied_to_the_last_digit() {
    let split = [
        ("small", dec!(60)),
        (crate::source::UNATTRIBUTED, dec!(40.000_000_1)),
    ];
    let figures = [
        (Metric::TotalCost, Some(dec!(100))),
        (Metric::InputTokens, Some(dec!(7))),
        (Metric::OutputTokens, Some(dec!(2))),
        (Metric::TotalTokens, Some(dec!(10))),
    ];
    let report = built(Reconcile::default(), &[dataset("usage", &figures, &split)], false);
    let section = section(&report, TIES, Some("usage"));
    let told: Vec<_> = section
        .figures
        .iter()
        .map(|figure| (figure.label.as_str(), figure.value, tie(figure)))
        .collect();
    assert_eq!(
        told,
        [
            ("Cost by model", Some(dec!(100.0000001)), Some(Tie::Noise)),
            ("Cost by model: (unattributed)", Some(dec!(40.0000001)), None),
            ("Cost by day", Some(dec!(100)), Some(Tie::Exact)),
            ("Tokens: input and output", Some(dec!(9)), Some(Tie::Apart)),
        ]
    );
    let beside = &section.figures[0].comparisons[0];
    assert_eq!(
        (beside.comparison.as_str(), beside.base_value, beside.change),
        ("headline", Some(dec!(100)), Some(dec!(0.0000001)))
    );
}

#[test]
fn a_split_that_does_not_tie_is_told_by_how_much() {
    let figures = [(Metric::TotalCost, Some(dec!(100)))];
    let report = built(
        Reconcile::default(),
        &[dataset("usage", &figures, &[("small", dec!(97.5))])],
        false,
    );
    let expected = "Cost by model: the parts add up to 97.5, the source's total is 100, a difference of -2.5; the report shows \
                    both as sent (2026-10).";
    assert!(texts(&report).contains(expected), "{}", texts(&report));
    let sum = &section(&report, TIES, Some("usage")).figures[0];
    assert_eq!(tie(sum), Some(Tie::Apart));
}

#[test]
fn days_without_data_are_counted_where_the_others_do_not_add_up() {
    let figures = [(Metric::TotalCost, Some(dec!(100)))];
    let mut gaps = dataset("usage", &figures, &[("small", dec!(100))]);
    gaps.windows[0].daily[0].points[0].1 = Some(dec!(90));
    let report = built(Reconcile::default(), &[gaps], false);
    let sums = &section(&report, TIES, Some("usage")).figures;
    let days = sums
        .iter()
        .find(|figure| figure.member.as_deref() == Some("day"))
        .unwrap();
    assert_eq!(
        (days.label.as_str(), tie(days)),
        ("Cost by day, 30 without data", Some(Tie::Apart))
    );
}

#[test]
fn what_is_unknown_ties_to_nothing() {
    let report = built(
        Reconcile::default(),
        &[dataset(
            "usage",
            &[(Metric::TotalCost, None)],
            &[("small", dec!(1))],
        )],
        false,
    );
    let sums = &section(&report, TIES, Some("usage")).figures;
    assert_eq!((tie(&sums[0]), sums[0].value), (None, Some(dec!(1))));
    let days = sums.iter().find(|figure| figure.label == "Cost by day").unwrap();
    assert_eq!((days.value, days.status), (None, Status::NotAvailable));
}

#[test]
fn sources_added_up_are_tied_by_source() {
    let report = built(
        Reconcile::default(),
        &[usage(dec!(3)), bill(dec!(4), dec!(0), dec!(0))],
        true,
    );
    let together = section(&report, TIES, None);
    let by_source = &together.figures[0];
    assert_eq!(
        (by_source.label.as_str(), by_source.value, tie(by_source)),
        ("Cost by source", Some(dec!(7)), Some(Tie::Exact))
    );
}

#[test]
fn usage_and_what_only_the_bill_knows_add_up_to_the_bill() {
    let datasets = [usage(dec!(1000)), bill(dec!(1180.25), dec!(-50), dec!(210))];
    let report = built(plan(&[dec!(12), dec!(-2)]), &datasets, false);
    let section = section(&report, BILL, Some("bill"));
    assert_eq!(value(section, Metric::UnexplainedCost), Some(dec!(10)));
    assert_eq!(
        value(section, Metric::UnexplainedShare),
        Some(dec!(0.847278119043))
    );
    assert_eq!(within_tolerance(section), Some(true));
    assert!(report.alerts.is_empty() && !texts(&report).contains("not explained"));
    let beside = &section
        .figures
        .iter()
        .find(|figure| figure.metric == Metric::BillCost)
        .unwrap()
        .comparisons[0];
    assert_eq!(
        (beside.comparison.as_str(), beside.change),
        ("usage", Some(dec!(180.25)))
    );
}

#[test]
fn beyond_the_tolerance_reader_and_owner_are_told() {
    let datasets = [usage(dec!(1000)), bill(dec!(1100.25), dec!(0), dec!(0))];
    let report = built(plan(&[]), &datasets, false);
    assert_eq!(
        within_tolerance(section(&report, BILL, Some("bill"))),
        Some(false)
    );
    let [alert] = &report.alerts[..] else {
        panic!("{:?}", report.alerts)
    };
    assert_eq!(alert.key, "reconcile/2026-10/usage/bill");
    assert!(
        alert
            .text
            .contains("usage tells USD 1000.00 and bill USD 1100.25. 9.09 % of the bill is not explained"),
        "{}",
        alert.text
    );
    let told = texts(&report);
    for word in [
        "9.09 % of the bill is not explained",
        "tiers of prices",
        "late data",
        "they part most on 2026-10-01 (bill USD 100.25 more).",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert_eq!(report.answer.len(), 3, "{:?}", report.answer);
}

#[test]
fn what_is_beyond_the_tolerance_never_reads_like_it_nor_like_nothing() {
    // The credit takes back what the bill corrects.
    for (billed, tolerance, share, beside) in [
        (dec!(1010.102), dec!(1), "1.0001", "1.00"),
        (dec!(1000.004), dec!(0), "0.0004", "0.00"),
        (dec!(1000.0004), dec!(0), "0.00004", "0.00"),
    ] {
        let mut plan = plan(&[]);
        plan.against.as_mut().unwrap().tolerance = tolerance;
        let report = built(
            plan,
            &[usage(dec!(1000)), bill(billed, dec!(-0.25), dec!(0))],
            false,
        );
        let section = section(&report, BILL, Some("bill"));
        assert_eq!(within_tolerance(section), Some(false));
        let parts = report.answer.iter().flat_map(|sentence| &sentence.parts);
        let words = parts.filter_map(|part| match part {
            crate::report::Part::Text(words) | crate::report::Part::Strong(words) => Some(words.as_str()),
            _ => None,
        });
        let answer: String = words.collect();
        let said = format!("{share} % of the bill; {beside} % would be within the tolerance.");
        assert!(answer.contains(&said), "{said}: {answer}");
        let said = format!("{share} % of the bill is not explained, more than the tolerance of {beside} %.");
        assert!(texts(&report).contains(&said), "{said}: {}", texts(&report));
        let alert = &report.alerts[0].text;
        assert!(!alert.contains("bill USD 1000.00."), "{alert}");
    }
}

#[test]
fn an_alert_of_a_bill_has_one_key_for_its_month_until_it_is_final() {
    use crate::period::PeriodRule;
    let to_date = |today: &str| {
        let period = PeriodRule::MonthToDate.resolve(today.parse().unwrap(), Calendar::default());
        period.unwrap()
    };
    let key = |period: Period, provisional: bool| {
        let mut datasets = [usage(dec!(1000)), bill(dec!(1100.25), dec!(0), dec!(0))];
        for dataset in &mut datasets {
            dataset.windows[0].period = period.clone();
        }
        if provisional {
            datasets[1].provisional_through = Some("2026-10-20T00:00:00Z".parse().unwrap());
        }
        let report = built_for(&period, plan(&[]), &datasets, false);
        let [alert] = &report.alerts[..] else {
            panic!("{:?}", report.alerts)
        };
        alert.key.clone()
    };
    let running = "reconcile/2026-10/usage/bill/provisional";
    assert_eq!(key(to_date("2026-10-16"), true), running);
    assert_eq!(key(to_date("2026-10-31"), true), running);
    let october = Period::parse("2026-10", Calendar::default()).unwrap();
    assert_eq!(key(october, false), "reconcile/2026-10/usage/bill");
    assert_ne!(key(to_date("2026-11-20"), true), running, "another month");
}

#[test]
fn a_bill_of_nothing_has_no_percentage_and_is_measured_by_its_usage() {
    for (used, billed, within) in [
        // The quarter is a correction.
        (dec!(0), dec!(0.25), true),
        (dec!(0), dec!(-0.75), false),
        (dec!(5), dec!(-44.75), true),
        (dec!(5), dec!(-44.70), true),
        (dec!(5), dec!(-44.69), false),
    ] {
        let credits = if used.is_zero() { dec!(0) } else { dec!(-50) };
        let datasets = [usage(used), bill(billed, credits, dec!(0))];
        let report = built(plan(&[]), &datasets, false);
        assert_eq!(
            within_tolerance(section(&report, BILL, Some("bill"))),
            Some(within),
            "{used} {billed}"
        );
    }
}

#[test]
fn another_currency_or_a_missing_side_is_said_and_nothing_is_compared() {
    let mut euro = usage(dec!(1000));
    euro.currency = "EUR".parse().ok();
    let mut unknown = usage(dec!(1));
    unknown.windows[0].figures[0].value = None;
    let billed = || bill(dec!(1000), dec!(0), dec!(0));
    for (datasets, word) in [
        (vec![euro, billed()], "usage is in EUR, bill in USD"),
        (
            vec![unknown, billed()],
            "the total cost that usage should tell is not known",
        ),
        (vec![billed()], "nothing of usage is in the report"),
        (vec![usage(dec!(1))], "nothing of bill is in the report"),
    ] {
        let report = built(plan(&[dec!(1)]), &datasets, false);
        let section = section(&report, BILL, Some("bill"));
        assert_eq!(value(section, Metric::UnexplainedCost), None);
        assert_eq!(within_tolerance(section), None);
        assert!(texts(&report).contains(word), "{word}: {}", texts(&report));
        assert!(report.alerts.is_empty());
        assert!(
            report
                .sections
                .iter()
                .all(|it| it.key != "usage_against_bill_by_model")
        );
    }
}

#[test]
fn what_is_not_explained_is_no_surer_than_either_side() {
    let mut late = usage(dec!(1000));
    late.provisional_through = Some(late.fetched_at);
    let report = built(plan(&[]), &[late, bill(dec!(1001), dec!(0), dec!(0))], false);
    let section = section(&report, BILL, Some("bill"));
    let status = |metric| {
        let mut figures = section.figures.iter();
        figures.find(|figure| figure.metric == metric).unwrap().status
    };
    assert_eq!(status(Metric::UsageCost), Status::Provisional);
    assert_eq!(status(Metric::UnexplainedCost), Status::Provisional);
    assert_eq!(status(Metric::BillCost), Status::Ok);
    assert_eq!(status(Metric::UnexplainedTolerance), Status::Ok);
}

#[test]
fn what_the_bill_does_not_tell_apart_is_said() {
    let mut vague = bill(dec!(1000), dec!(0), dec!(0));
    for figure in &mut vague.windows[0].figures[1..3] {
        figure.value = None;
    }
    let report = built(plan(&[]), &[usage(dec!(999)), vague], false);
    assert!(
        texts(&report).contains("The bill does not tell credits, taxes apart"),
        "{}",
        texts(&report)
    );
    let section = section(&report, BILL, Some("bill"));
    assert_eq!(value(section, Metric::UnexplainedCost), Some(dec!(0.75)));
}

#[test]
fn members_stand_beside_each_other_under_the_names_of_the_bill() {
    let used = [("small", dec!(4)), ("tiny", dec!(6)), ("own", dec!(3))];
    let billed = [("small", dec!(11)), ("tax", dec!(2))];
    let cost = |cost| [(Metric::TotalCost, Some(cost))];
    let datasets = [
        dataset("usage", &cost(dec!(13)), &used),
        dataset("bill", &cost(dec!(13)), &billed),
    ];
    let report = built(plan(&[]), &datasets, false);
    let rows: Vec<_> = section(&report, "usage_against_bill_by_model", Some("bill"))
        .figures
        .iter()
        .map(|figure| {
            let beside = &figure.comparisons[0];
            (
                figure.label.as_str(),
                beside.base_value,
                figure.value,
                beside.change,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("small", Some(dec!(10)), Some(dec!(11)), Some(dec!(1))),
            ("tax", Some(dec!(0)), Some(dec!(2)), Some(dec!(2))),
            ("own", Some(dec!(3)), Some(dec!(0)), Some(dec!(-3))),
        ]
    );
    let mut other = datasets;
    other[1].windows[0].breakdowns.clear();
    let report = built(plan(&[]), &other, false);
    assert!(texts(&report).contains("not held against the bill by model"));
}

proptest! {
    #[test]
    fn the_steps_always_add_up_to_the_bill(
        cents in proptest::collection::vec(-9_999_999_i64..=9_999_999, 4),
        gaps in proptest::collection::vec(1_i64..=99_999, 0..4),
        scale in 0u32..=10,
    ) {
        let amount = |at: usize| Decimal::new(cents[at], scale);
        let gaps: Vec<Decimal> = gaps.into_iter().map(|gap| Decimal::new(gap, 3)).collect();
        let datasets = [usage(amount(0)), bill(amount(1), amount(2), amount(3))];
        let report = built(plan(&gaps), &datasets, false);
        let section = section(&report, BILL, Some("bill"));
        let steps = section.figures.iter().filter(|figure| {
            figure.unit == Unit::Currency && figure.metric != Metric::BillCost
        });
        let sum: Decimal = steps.filter_map(|figure| figure.value).sum();
        prop_assert_eq!(sum, amount(1));
    }
}

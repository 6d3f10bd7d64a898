//! Rates of days, periods that lack one, and what is told of it.

use super::*;
use crate::period::{Calendar, Period};
use crate::source::Member;
use chrono::Days;
use rust_decimal::dec;

fn euro() -> Currency {
    "EUR".parse().unwrap()
}

fn reported() -> Period {
    Period::parse("2026-10-05..2026-10-07", Calendar::default()).unwrap()
}

fn dataset(costs: &[Decimal]) -> Dataset {
    let period = reported();
    let total = costs.iter().sum();
    let measure = |value| Measure {
        metric: Metric::TotalCost,
        value: Some(value),
    };
    let points = costs
        .iter()
        .zip(0..)
        .map(|(cost, n)| (period.start() + Days::new(n), Some(*cost)));
    Dataset {
        source: "cloud".into(),
        platform: "Cloud".into(),
        scope: None,
        currency: Some(Currency::USD),
        zone: None,
        fetched_at: "2026-11-01T00:00:00Z".parse().unwrap(),
        provisional_through: None,
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: crate::source::dataset::Reach::Always,
        windows: vec![Window {
            rows: 3,
            figures: vec![measure(total)],
            daily: vec![Series {
                metric: Metric::TotalCost,
                whole: true,
                points: points.collect(),
            }],
            rankings: Vec::new(),
            breakdowns: vec![Breakdown {
                dimension: "project".into(),
                members: [dec!(100), total - dec!(100)]
                    .map(|cost| Member {
                        name: cost.to_string(),
                        measures: vec![measure(cost)],
                    })
                    .into(),
            }],
            items: None,
            organization: None,
            daily_by: Vec::new(),
            converted: None,
            unrelated: &[],
            period,
        }],
        notices: Vec::new(),
    }
}

#[test]
fn each_day_has_its_own_rate_and_the_members_add_up() {
    let rates = Rates::read(
        b"date,from,to,rate\n2026-10-05,USD,EUR,0.9012\n2026-10-06,USD,EUR,0.9100\n2026-10-07,USD,EUR,0.8950\n",
    )
    .unwrap();
    let euros = convert(
        &dataset(&[dec!(100), dec!(200), dec!(50)]),
        &rates,
        euro(),
        (&reported(), None),
    );
    let window = &euros.windows[0];
    assert_eq!(window.figure(Metric::TotalCost), Some(dec!(316.87)));
    let converted = window.converted.as_ref();
    let implied = converted.map(|converted| money::rounded(converted.rate, 6));
    assert_eq!(implied, Some(dec!(0.905343)));
    let members = window.breakdowns[0].members.iter();
    let sum: Decimal = members
        .filter_map(|member| member.figure(Metric::TotalCost))
        .sum();
    assert_eq!(sum, dec!(316.87));
    assert_eq!(euros.currency, Some(euro()));
    assert_eq!(
        euros.notices[0].text,
        "2026-10-05..2026-10-07: USD 350 was converted to EUR 316.87, each day at its own rate from the table of rates (on \
         average 0.905343). What the source does not tell by day, as the costs of members, has that average."
    );
    // What has no members, and what is converted row by row, has no average.
    let mut alone = dataset(&[dec!(100), dec!(200), dec!(50)]);
    alone.windows[0].breakdowns.clear();
    let mut rows = dataset(&[dec!(100), dec!(200), dec!(50)]);
    rows.at_own_rates = euros.windows.clone();
    for dataset in [alone, rows] {
        let told = &convert(&dataset, &rates, euro(), (&reported(), None)).notices[0].text;
        assert!(told.ends_with("(on average 0.905343)."), "{told}");
    }
}

#[test]
fn days_that_cancel_out_have_no_rate_and_an_unknown_cost_none_either() {
    let rates = Rates::read(b"date,from,to,rate\n2026-10-05,USD,EUR,0.9\n2026-10-06,USD,EUR,0.8\n").unwrap();
    let credits = dataset(&[dec!(1000), dec!(-999), dec!(0)]);
    let after = convert(&credits, &rates, euro(), (&reported(), None));
    assert_eq!(after.windows, credits.windows);
    assert!(
        after.notices[0].text.contains("cancel each other out"),
        "{:?}",
        after.notices
    );
    let mut unknown = dataset(&[dec!(1), dec!(2), dec!(0)]);
    unknown.windows[0].figures[0].value = None;
    let after = convert(&unknown, &rates, euro(), (&reported(), None));
    assert_eq!(after.currency, Some(Currency::USD), "nothing is relabelled");
}

#[test]
fn the_noise_of_a_platform_that_adds_in_binary_stops_nothing() {
    let rates = Rates::read(b"date,from,to,rate\n2026-10-05,USD,EUR,0.5\n2026-10-06,USD,EUR,0.5\n").unwrap();
    let mut noisy = dataset(&[dec!(100), dec!(50), dec!(0)]);
    noisy.windows[0].figures[0].value = Some(dec!(150.0000001));
    noisy.windows[0].breakdowns[0].members[1].measures[0].metric = Metric::TotalTokens;
    let after = convert(&noisy, &rates, euro(), (&reported(), None));
    assert_eq!(
        after.windows[0].figure(Metric::TotalCost),
        Some(dec!(75.00000005))
    );
}

#[test]
fn a_period_beside_the_reported_one_that_lacks_a_rate_costs_nothing_but_itself() {
    let rates = Rates::read(
        b"date,from,to,rate\n2026-10-05,USD,EUR,0.5\n2026-10-06,USD,EUR,0.5\n2026-10-07,USD,EUR,0.5\n",
    )
    .unwrap();
    let mut both = dataset(&[dec!(100), dec!(200), dec!(50)]);
    let mut before = both.windows[0].clone();
    before.period = Period::parse("2025-10-05..2025-10-07", Calendar::default()).unwrap();
    for (day, _) in &mut before.daily[0].points {
        *day = *day - chrono::Months::new(12);
    }
    both.windows.push(before);
    let after = convert(&both, &rates, euro(), (&reported(), None));
    assert_eq!(after.currency, Some(euro()));
    assert_eq!(after.windows[0].figure(Metric::TotalCost), Some(dec!(175)));
    assert_eq!(
        after.windows[1].figure(Metric::TotalCost),
        None,
        "never in another currency"
    );
    assert_eq!(
        after.windows[1].breakdowns[0].members[0].figure(Metric::TotalCost),
        None
    );
    let told = after.notices.last().unwrap();
    assert_eq!(
        told.text,
        "2025-10-05..2025-10-07: the amounts are left out, since they cannot be converted from USD to EUR: there is no rate from \
         USD to EUR for 2025-10-05, nor for the seven days before."
    );
}

#[test]
fn without_a_rate_nothing_is_converted_and_that_is_said() {
    let rates = Rates::read(b"date,from,to,rate\n2026-10-06,USD,EUR,0.9\n").unwrap();
    let before = dataset(&[dec!(100), dec!(200), dec!(50)]);
    let after = convert(&before, &rates, euro(), (&reported(), None));
    assert_eq!(after.windows, before.windows);
    assert_eq!(after.currency, Some(Currency::USD));
    assert!(
        after.notices[0]
            .text
            .contains("no rate from USD to EUR for 2026-10-05")
    );
    // A day that cost nothing needs none, and one after the last rate has that one.
    let after = convert(
        &dataset(&[dec!(0), dec!(200), dec!(50)]),
        &rates,
        euro(),
        (&reported(), None),
    );
    assert_eq!(after.windows[0].figure(Metric::TotalCost), Some(dec!(225)));
    assert!(
        after.notices[0]
            .text
            .contains("one day has the rate of a day before it")
    );
}

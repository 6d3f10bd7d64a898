//! New levels: what they cost beside the same weekdays before, and the known events of some of their days.

use super::*;
use crate::money::rates::Rates;
use crate::report::{Brief, build};

/// October and the days before, three times as dear from `from` on.
fn risen(from: &str) -> Costs {
    let days = october().into_iter();
    let risen = |(day, cost)| (day, if day < date(from) { cost } else { cost * dec!(3) });
    days.map(risen).collect()
}

fn known(from: &str, to: &str, action: OnEvent) -> Anomalies {
    Anomalies {
        events: vec![Event {
            from: date(from),
            to: date(to),
            label: "load test".into(),
            action,
        }],
        ..Anomalies::default()
    }
}

fn told(days: &Costs, limits: Anomalies) -> Report {
    report(&[dataset(days, &[], Vec::new())], limits, false)
}

#[test]
fn a_known_day_does_not_hide_a_level_that_lasts() {
    for action in [OnEvent::Suppress, OnEvent::Label] {
        // The first day of the level, the days that showed it, and all but its last day.
        for last in ["2026-10-13", "2026-10-15", "2026-10-30"] {
            let report = told(&risen("2026-10-13"), known("2026-10-13", last, action));
            let [level] = &report.anomalies[..] else {
                panic!("{:#?}", report.anomalies)
            };
            assert_eq!((level.kind, level.to), (AnomalyKind::Level, None), "{last}");
            assert_eq!(level.event, None, "{last}");
            assert_eq!(keys(&report), ["level/2026-10-13/usage/total"], "{last}");
        }
    }
}

#[test]
fn an_event_that_has_all_days_of_a_level_is_its_reason() {
    let days = risen("2026-10-13");
    let labelled = told(&days, known("2026-10-12", "2026-10-31", OnEvent::Label));
    assert_eq!(labelled.anomalies[0].event.as_deref(), Some("load test"));
    assert_eq!(keys(&labelled), ["known/2026-10-13/usage/total"]);
    let silent = told(&days, known("2026-10-13", "2026-12-31", OnEvent::Suppress));
    assert_eq!((silent.anomalies.len(), silent.alerts.len()), (0, 0));
    let mut notices = silent.notices.iter().map(|notice| notice.text.as_str());
    assert!(notices.any(|text| text == "19 unusual days of known events are not listed: load test."));
    // One that began on the second day is none.
    let late = told(&days, known("2026-10-14", "2026-10-31", OnEvent::Suppress));
    assert_eq!(late.anomalies.len(), 1);
}

#[test]
fn a_level_that_ended_with_its_event_is_covered_by_it() {
    let mut days = risen("2026-10-13");
    let usual = october();
    for (at, day) in usual.iter().enumerate() {
        if day.0 > date("2026-10-16") {
            days[at] = *day;
        }
    }
    let silent = told(&days, known("2026-10-13", "2026-10-16", OnEvent::Suppress));
    assert_eq!(silent.anomalies, []);
    let short = told(&days, known("2026-10-13", "2026-10-15", OnEvent::Suppress));
    assert_eq!(short.anomalies[0].to, Some(date("2026-10-16")));
    assert_eq!(
        (short.anomalies[0].days, short.anomalies[0].event.as_deref()),
        (4, None)
    );
}

#[test]
fn a_level_that_outlasts_an_event_of_the_period_before_is_told() {
    let days = risen("2026-09-22");
    assert_eq!(
        told(&days, Anomalies::default()).anomalies,
        [],
        "September told of it"
    );
    let level = told(&days, known("2026-09-22", "2026-09-30", OnEvent::Suppress)).anomalies;
    assert_eq!((level.len(), level[0].from), (1, date("2026-09-22")));
    // One that was over in September kept it from nobody.
    let known = known("2026-09-22", "2026-09-29", OnEvent::Suppress);
    assert_eq!(told(&days, known).anomalies, []);
}

#[test]
fn what_a_level_is_beside_is_not_known_where_its_weekdays_are_not() {
    let mut young = dataset(&risen("2026-10-20"), &[], Vec::new());
    for window in &mut young.windows {
        for (day, value) in window.daily.iter_mut().flat_map(|series| &mut series.points) {
            // Three weeks: enough to see that days stand out, too little to know a usual Tuesday.
            if *day < date("2026-09-29") {
                *value = None;
            }
        }
    }
    let report = report(&[young], Anomalies::default(), false);
    let level = report
        .anomalies
        .iter()
        .find(|it| it.kind == AnomalyKind::Level)
        .unwrap();
    assert_eq!(
        (level.expected, level.excess, level.percent()),
        (None, None, None)
    );
    assert!(level.contributions.is_empty());
    assert!(level.actual > dec!(0));
    let told = answer(&report);
    assert!(
        told.contains(
            ", more than before; by how much is not known, since too few of the same weekdays are."
        ),
        "{told}"
    );
    let mut figures = report.sections.iter().flat_map(|section| &section.figures);
    let figure = figures.find(|figure| figure.metric == Metric::LevelCost).unwrap();
    assert_eq!(figure.comparisons[0].base_value, None);
    assert_eq!(figure.comparisons[0].change, None);
}

#[test]
fn unknown_days_of_a_level_are_neither_added_nor_expected() {
    let mut gaps = dataset(&risen("2026-10-13"), &[], Vec::new());
    for window in &mut gaps.windows {
        for (day, value) in window.daily.iter_mut().flat_map(|series| &mut series.points) {
            if *day == date("2026-10-21") || *day == date("2026-10-31") {
                *value = None;
            }
        }
    }
    let whole = told(&risen("2026-10-13"), Anomalies::default()).anomalies;
    let level = report(&[gaps], Anomalies::default(), false).anomalies;
    assert_eq!((level[0].days, level[0].through), (17, date("2026-10-30")));
    assert!(level[0].actual < whole[0].actual && level[0].expected < whole[0].expected);
}

#[test]
fn days_of_which_no_decimal_holds_the_difference_are_said_not_to_be_judged() {
    let mut absurd = dataset(&october(), &[], Vec::new());
    for window in &mut absurd.windows {
        for (day, value) in window.daily.iter_mut().flat_map(|series| &mut series.points) {
            // As far below zero as a decimal goes: nothing is above it by more.
            if *day == date("2026-10-14") || *day == date("2026-10-16") {
                *value = Some(Decimal::MIN);
            }
        }
    }
    let report = report(&[absurd], Anomalies::default(), false);
    let notices: Vec<&str> = report.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(
        notices[..2],
        [
            "2 days are not looked at for being unusual, since the amounts are too large to be compared exactly.",
            "None of the 29 days that were looked at stands out from what is usual.",
        ]
    );
}

#[test]
fn a_look_back_that_cannot_be_converted_says_which_rate_is_missing() {
    let brief = Brief {
        currency: "EUR".parse().unwrap(),
        ..super::super::sample::brief(Anomalies::default(), false)
    };
    let october = (1..=31).fold(String::from("date,from,to,rate\n"), |rates, day| {
        rates + &format!("2026-10-{day:02},USD,EUR,0.9\n")
    });
    let rates = Rates::read(october.as_bytes()).unwrap();
    let report = build(&brief, &[spiked()], &[], Some(&rates));
    let notices: Vec<&str> = report.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(
        notices.contains(
            &"The days from 2026-08-03 on are not converted from USD to EUR, and what was usual before the period is not known: there \
              is no rate from USD to EUR for 2026-08-03, nor for the seven days before."
        ),
        "{notices:#?}"
    );
    assert!(
        notices.contains(&"Unusual days cannot be found, since the days before the period are not known."),
        "{notices:#?}"
    );
    assert!(!notices.iter().any(|text| text.contains("tells no cost by day")));
}

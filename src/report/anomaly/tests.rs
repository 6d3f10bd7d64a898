//! What a source's days tell: totals, members, events, doubts.

mod levels;

use super::sample::{Costs, dataset, date, october, report, split};
use super::*;
use crate::config::plan::Event;
use crate::report::{Part as Words, Report};
use crate::source::Dataset;
use crate::source::dataset::Reach;
use crate::source::organization::OTHERS;
use rust_decimal::dec;

fn plain(sentence: &Sentence) -> String {
    let word = |part: &Words| match part {
        Words::Text(words) | Words::Strong(words) => words.clone(),
        Words::Value { value, .. } | Words::Step { value, .. } | Words::Change { value, .. } => {
            value.normalize().to_string()
        }
        Words::Percent(percent) => format!("{} %", money::rounded(*percent, 1)),
        Words::Date(date) => date.to_string(),
        Words::Period(period) => period.id.clone(),
    };
    sentence.parts.iter().map(word).collect()
}

fn answer(report: &Report) -> String {
    report.answer.iter().map(plain).collect::<Vec<_>>().join(" ")
}

fn keys(report: &Report) -> Vec<&str> {
    report.alerts.iter().map(|alert| alert.key.as_str()).collect()
}

const SPIKE: [(&str, Decimal); 1] = [("2026-10-14", dec!(480))];

fn spiked() -> Dataset {
    let days = october();
    let splits = vec![
        split(
            "provider",
            &days,
            &[("openai", dec!(70)), ("anthropic", dec!(30))],
            &SPIKE,
        ),
        split(
            "model",
            &days,
            &[("gpt-5", dec!(60)), ("sonnet", dec!(30)), ("mini", dec!(10))],
            &[("2026-10-14", dec!(390))],
        ),
        split("service_type", &days, &[("text_generation", dec!(100))], &SPIKE),
    ];
    dataset(&days, &SPIKE, splits)
}

#[test]
fn a_spike_is_told_with_what_is_usual_and_who_made_it() {
    let report = report(&[spiked()], Anomalies::default(), false);
    let [anomaly] = &report.anomalies[..] else {
        panic!("{:#?}", report.anomalies)
    };
    assert_eq!(
        (anomaly.from, anomaly.to),
        (date("2026-10-14"), Some(date("2026-10-14")))
    );
    let excess = anomaly.excess.unwrap();
    assert_eq!(anomaly.actual - anomaly.expected.unwrap(), excess);
    assert!((excess - dec!(480)).abs() < dec!(10), "{anomaly:?}");
    assert_eq!((anomaly.through, anomaly.days), (anomaly.from, 1));
    assert!(anomaly.same_weekday && !anomaly.doubtful);
    // The model says more than its provider, and a dimension of one member says nothing.
    let named: Vec<(&str, &str)> = anomaly
        .contributions
        .iter()
        .map(|it| (it.dimension.as_str(), it.member.as_str()))
        .collect();
    assert_eq!(named[0], ("model", "gpt-5"));
    assert!(named.contains(&("provider", "openai")));
    assert!(!named.iter().any(|(dimension, _)| *dimension == "service_type"));
    let share = anomaly.contributions[0].share;
    assert!((dec!(78)..dec!(84)).contains(&share), "{share}");
    let told = answer(&report);
    assert!(told.contains("2026-10-14 cost "), "{told}");
    assert!(
        told.contains(" more than a usual Wednesday; gpt-5 explains "),
        "{told}"
    );
    assert_eq!(keys(&report), ["anomaly/2026-10-14/usage/total"]);
    assert!(
        report.alerts[0].text.starts_with("usage: 2026-10-14 cost USD "),
        "{:?}",
        report.alerts
    );
}

#[test]
fn its_figures_stand_in_a_section_after_the_days() {
    let report = report(&[spiked()], Anomalies::default(), false);
    let keys: Vec<&str> = report
        .sections
        .iter()
        .map(|section| section.key.as_str())
        .collect();
    assert_eq!(keys[..3], ["summary", "daily", "anomalies"]);
    let figures = &report.sections[2].figures;
    let anomaly = &report.anomalies[0];
    let cost = &figures[0];
    assert_eq!(
        (cost.metric, cost.value),
        (Metric::AnomalyCost, Some(anomaly.actual))
    );
    assert_eq!(
        (cost.dimension.as_deref(), cost.member.as_deref()),
        (Some("day"), Some("2026-10-14"))
    );
    assert_eq!(cost.comparisons[0].comparison, "expected");
    assert_eq!(cost.comparisons[0].base_value, anomaly.expected);
    assert_eq!(cost.comparisons[0].change, anomaly.excess);
    assert_eq!(figures[1].metric, Metric::AnomalyScore);
    let contributions = &figures[2..];
    assert_eq!(contributions.len(), anomaly.contributions.len());
    assert_eq!(contributions[0].member.as_deref(), Some("gpt-5"));
    assert_eq!(
        (contributions[0].rank, contributions[0].label.as_str()),
        (Some(1), "2026-10-14")
    );
}

#[test]
fn the_chart_points_at_it_and_the_simple_outlier_is_silent() {
    let days = october();
    let more = [("2026-10-14", dec!(480)), ("2026-10-21", dec!(200))];
    let report = report(&[dataset(&days, &more, Vec::new())], Anomalies::default(), false);
    let daily = report.charts.iter().find_map(|chart| match &chart.form {
        crate::report::ChartForm::Daily { outlier, marked, .. } => Some((outlier.clone(), marked.clone())),
        _ => None,
    });
    let (outlier, marked) = daily.unwrap();
    let outlier = outlier.unwrap();
    assert_eq!((outlier.date, outlier.same_weekday), (date("2026-10-14"), true));
    assert_eq!(marked, [date("2026-10-14"), date("2026-10-21")]);
    let told = answer(&report);
    assert!(!told.contains("alone cost"), "{told}");
    assert_eq!(told.matches("more than a usual").count(), 1, "{told}");
}

#[test]
fn a_usual_month_says_so_and_a_source_without_days_too() {
    let quiet = report(
        &[dataset(&october(), &[], Vec::new())],
        Anomalies::default(),
        false,
    );
    assert_eq!((quiet.anomalies.len(), quiet.alerts.len()), (0, 0));
    assert!(!quiet.sections.iter().any(|section| section.key == SECTION));
    let notices: Vec<&str> = quiet.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(
        notices.contains(&"None of the 31 days that were looked at stands out from what is usual."),
        "{notices:?}"
    );
    let mut blind = dataset(&october(), &[], Vec::new());
    for window in &mut blind.windows {
        window.daily.clear();
    }
    let blind = report(&[blind], Anomalies::default(), false);
    let mut notices = blind.notices.iter();
    assert!(notices.any(|notice| notice.text.contains("tells no cost by day")));
}

#[test]
fn days_before_which_too_little_is_known_are_named() {
    let mut young = dataset(&october(), &SPIKE, Vec::new());
    for window in &mut young.windows {
        for (day, value) in window.daily.iter_mut().flat_map(|series| &mut series.points) {
            if *day < date("2026-10-01") {
                *value = None;
            }
        }
    }
    let report = report(&[young], Anomalies::default(), false);
    assert!(report.anomalies.is_empty(), "{:?}", report.anomalies);
    let mut notices = report.notices.iter();
    let found = notices.any(|notice| {
        notice.text
            == "14 days of the period are not looked at for being unusual, since fewer than 14 days before are known."
    });
    assert!(found, "{:?}", report.notices);
}

#[test]
fn what_members_have_of_their_own_is_told_once_and_what_the_total_explains_is_not() {
    let days = october();
    // One model takes over what another leaves on the 20th: the total does not move.
    let shift = [("2026-10-20", dec!(60)), ("2026-10-14", dec!(390))];
    let mut models = split(
        "model",
        &days,
        &[("gpt-5", dec!(60)), ("sonnet", dec!(40))],
        &shift,
    );
    for (day, value) in &mut models.members[1].series[0].points {
        if *day == date("2026-10-20") {
            *value = value.map(|value| value - dec!(45));
        }
    }
    let projects = split(
        "project",
        &days,
        &[("Search", dec!(50)), ("Support", dec!(50))],
        &[("2026-10-20", dec!(50)), ("2026-10-14", dec!(390))],
    );
    let total = [("2026-10-14", dec!(390))];
    let report = report(
        &[dataset(&days, &total, vec![projects, models])],
        Anomalies::default(),
        false,
    );
    let told: Vec<(String, Option<&str>)> = report
        .anomalies
        .iter()
        .map(|it| (it.from.to_string(), it.member.as_deref()))
        .collect();
    // Of the 20th the models, since one of them moved most; the project tells of the same money.
    assert_eq!(
        told,
        [
            ("2026-10-14".to_owned(), None),
            ("2026-10-20".to_owned(), Some("gpt-5")),
            ("2026-10-20".to_owned(), Some("sonnet")),
        ]
    );
    assert_eq!(keys(&report)[1], "anomaly/2026-10-20/usage/model/gpt-5");
    let figures = &report.sections[2].figures;
    let own = figures
        .iter()
        .find(|figure| figure.metric == Metric::AnomalyCost && figure.dimension.as_deref() == Some("model"));
    assert_eq!(own.unwrap().label, "2026-10-20");
}

#[test]
fn members_that_are_summed_up_contribute_but_do_not_stand_out() {
    let days = october();
    let others = split(
        "model",
        &days,
        &[(OTHERS, dec!(60)), ("sonnet", dec!(40))],
        &[("2026-10-14", dec!(480)), ("2026-10-20", dec!(300))],
    );
    let report = report(
        &[dataset(&days, &SPIKE, vec![others])],
        Anomalies::default(),
        false,
    );
    assert_eq!(report.anomalies.len(), 1);
    assert_eq!(report.anomalies[0].contributions[0].member, OTHERS);
}

#[test]
fn the_order_of_members_does_not_matter() {
    let straight = report(&[spiked()], Anomalies::default(), false);
    let mut turned = spiked();
    for split in &mut turned.windows[1].daily_by {
        split.members.reverse();
    }
    let turned = report(&[turned], Anomalies::default(), false);
    assert_eq!(straight.anomalies, turned.anomalies);
}

#[test]
fn a_known_event_has_its_name_or_keeps_the_day_out_of_the_list() {
    let limits = |action| Anomalies {
        events: vec![Event {
            from: date("2026-10-13"),
            to: date("2026-10-15"),
            label: "load test".into(),
            action,
        }],
        ..Anomalies::default()
    };
    let labelled = report(&[spiked()], limits(OnEvent::Label), false);
    assert_eq!(labelled.anomalies[0].event.as_deref(), Some("load test"));
    assert_eq!(labelled.sections[2].figures[0].label, "Total cost (load test)");
    assert!(answer(&labelled).contains("(known event: load test)."));
    let silent = report(&[spiked()], limits(OnEvent::Suppress), false);
    assert_eq!((silent.anomalies.len(), silent.alerts.len()), (0, 0));
    let said = |words: &str| silent.notices.iter().any(|notice| notice.text.contains(words));
    // One day, though the total, a provider and a model stand out on it.
    assert!(said("1 unusual day of known events is not listed: load test."));
    assert!(!said("stands out from what is usual"));
}

#[test]
fn a_new_level_is_told_once_and_says_since_when() {
    let days: Costs = october()
        .into_iter()
        .map(|(day, value)| {
            (
                day,
                if day < date("2026-10-13") {
                    value
                } else {
                    value * dec!(3)
                },
            )
        })
        .collect();
    let models = split("model", &days, &[("gpt-5", dec!(60)), ("sonnet", dec!(40))], &[]);
    let report = report(&[dataset(&days, &[], vec![models])], Anomalies::default(), false);
    let [level] = &report.anomalies[..] else {
        panic!("{:#?}", report.anomalies)
    };
    assert_eq!(
        (level.kind, level.from, level.to),
        (AnomalyKind::Level, date("2026-10-13"), None)
    );
    assert_eq!(keys(&report), ["level/2026-10-13/usage/total"]);
    let told = answer(&report);
    let sum = |days: &Costs, from: &str| -> Decimal {
        let days = days.iter().filter(|(day, _)| *day >= date(from));
        days.map(|(_, cost)| cost).sum()
    };
    let cost = sum(&days, "2026-10-13");
    assert_eq!(
        (level.actual, level.days, level.through),
        (cost, 19, date("2026-10-31"))
    );
    assert!(
        told.contains(&format!("Since 2026-10-13, 19 days cost {}, ", cost.normalize())),
        "{told}"
    );
    assert!(
        told.contains(" more than the same weekdays before; gpt-5 explains 60.0 % of it."),
        "{told}"
    );
    let figure = &report.sections[2].figures[0];
    assert_eq!((figure.metric, figure.value), (Metric::LevelCost, Some(cost)));
    assert_eq!(figure.label, "Total cost (19 days)");
    assert_eq!(figure.comparisons[0].base_value, level.expected);
    assert_eq!(figure.comparisons[0].change, level.excess);
    // What is usual is worked out here once more: for each day the median of the eight such weekdays before the 13th.
    let usual = |day: NaiveDate| -> Decimal {
        let weeks = (1..=11).filter_map(|weeks| day.checked_sub_days(chrono::Days::new(7 * weeks)));
        let within = |day: &NaiveDate| (date("2026-08-18")..date("2026-10-13")).contains(day);
        let mut before: Vec<Decimal> = weeks
            .filter(within)
            .map(|day| days.iter().find(|(other, _)| *other == day).unwrap().1)
            .collect();
        assert_eq!(before.len(), 8);
        before.sort();
        (before[3] + before[4]) / dec!(2)
    };
    let expected: Decimal = date("2026-10-13").iter_days().take(19).map(usual).sum();
    assert_eq!(level.expected, Some(expected));
    assert_eq!(level.excess, Some(cost - expected));
}

#[test]
fn less_than_usual_is_doubted_while_data_may_be_missing() {
    let days = october();
    let drop = [("2026-10-30", dec!(-200))];
    let days: Costs = days
        .into_iter()
        .map(|(day, value)| {
            (
                day,
                if day == date("2026-10-30") {
                    dec!(200)
                } else {
                    value
                },
            )
        })
        .collect();
    let at = |instant: &str| {
        let mut dataset = dataset(&days, &drop, Vec::new());
        dataset.fetched_at = instant.parse().unwrap();
        report(&[dataset], Anomalies::default(), false)
    };
    let early = at("2026-11-01T06:00:00Z");
    assert!(early.anomalies[0].doubtful);
    assert_eq!(keys(&early), ["missing/2026-10-30/usage/total"]);
    assert!(answer(&early).contains("(data may still be missing)."));
    assert_eq!(early.sections[2].figures[0].label, "Total cost (missing data?)");
    let late = at("2026-11-03T06:00:00Z");
    assert_eq!(keys(&late), ["anomaly/2026-10-30/usage/total"]);
}

#[test]
fn a_bill_that_is_judged_only_where_it_is_settled_is_not_doubted_once_more() {
    let mut bill = dataset(&october(), &[("2026-10-28", dec!(-60))], Vec::new());
    // Written on the 31st: up to the midnight of the 28th its days are as they stay.
    bill.fetched_at = "2026-10-31T06:00:00Z".parse().unwrap();
    bill.provisional_through = Some("2026-10-29T00:00:00Z".parse().unwrap());
    bill.reach = Reach::To {
        last: Some(date("2026-10-30")),
        settling_days: 2,
    };
    let report = report(&[bill], Anomalies::default(), false);
    assert_eq!(keys(&report), ["anomaly/2026-10-28/usage/total"]);
}

#[test]
fn days_that_are_not_over_are_not_judged() {
    let mut running = spiked();
    running.provisional_through = Some("2026-10-14T12:00:00Z".parse().unwrap());
    let report = report(&[running], Anomalies::default(), false);
    assert!(report.anomalies.is_empty(), "{:?}", report.anomalies);
}

#[test]
fn sources_are_judged_each_or_added_up_never_both() {
    let other = Dataset {
        source: "bill".into(),
        ..dataset(&october(), &[], Vec::new())
    };
    let sources = [spiked(), other];
    let each = report(&sources, Anomalies::default(), false);
    assert_eq!(keys(&each), ["anomaly/2026-10-14/usage/total"]);
    assert_eq!(each.anomalies[0].source.as_deref(), Some("usage"));
    let together = report(&sources, Anomalies::default(), true);
    assert_eq!(keys(&together), ["anomaly/2026-10-14/total"]);
    assert_eq!(together.anomalies[0].contributions[0].dimension, "source");
    assert_eq!(together.anomalies[0].contributions[0].member, "usage");
}

#[test]
fn what_is_told_of_days_is_told_in_spanish() {
    use crate::language::Language;
    let spanish = Language::of("es-ES", &std::collections::BTreeMap::new());
    let check = |text: Option<crate::language::Text>, said: &str| {
        assert_eq!(spanish.text(&text.unwrap(), &crate::language::Plain), said);
    };
    let days = |count| date("2026-10-01").iter_days().take(count).collect();
    check(
        Some(words::nothing(1)),
        "El único día examinado no se aparta de lo habitual.",
    );
    check(
        Some(words::nothing(31)),
        "Ninguno de los 31 días examinados se aparta de lo habitual.",
    );
    check(
        words::unjudged(2, 14),
        "No se ha comprobado si 2 días del periodo son inusuales, ya que se conocen menos de 14 días anteriores.",
    );
    check(
        words::suppressed(&days(1), &["load test".into()]),
        "No se muestra 1 día inusual de eventos conocidos: load test.",
    );
    check(
        words::cut_off(&days(3)),
        "No se muestra lo que difiere menos, de 3 días.",
    );
    check(
        words::too_large(&days(1)),
        "No se ha comprobado si 1 día es inusual, ya que los importes son demasiado grandes para compararlos con exactitud.",
    );
    assert!(words::unjudged(0, 14).is_none() && words::suppressed(&days(0), &[]).is_none());
    assert!(words::cut_off(&days(0)).is_none() && words::too_large(&days(0)).is_none());
}

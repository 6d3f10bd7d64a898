//! What a revision says of the one before: the sample month, and what somebody has corrected since.

use super::*;
use crate::language::{Language, Plain};
use crate::report::{Part, sample};
use rust_decimal::dec;

/// The sample as revision 2, and the version that was delivered before it.
fn second() -> (Report, Version) {
    let first = sample::report();
    let version = version(&first);
    (Report { revision: 2, ..first }, version)
}

fn figures_of<'a>(report: &'a mut Report, section: &str) -> &'a mut Vec<Figure> {
    let mut sections = report.sections.iter_mut();
    &mut sections.find(|it| it.key == section).unwrap().figures
}

fn words(report: &Report) -> String {
    let words = |part: &Part| match part {
        Part::Text(text) | Part::Strong(text) => text.clone(),
        Part::Value { value, .. } => value.to_string(),
        Part::Change { value, .. } => format!("{value:+}"),
        Part::Period(period) => period.id.clone(),
        Part::Percent(_) | Part::Date(_) | Part::Step { .. } => unreachable!(),
    };
    report.answer[0].parts.iter().map(words).collect()
}

/// Label, old, new and change.
type Told = (String, Option<Decimal>, Option<Decimal>, Option<Decimal>);

/// Each line of the section.
fn lines(report: &Report) -> Vec<Told> {
    let section = report.sections.last().unwrap();
    assert_eq!((section.key.as_str(), &section.source), (SECTION, &None));
    let line = |figure: &Figure| {
        let [beside] = &figure.comparisons[..] else {
            panic!("{figure:?}")
        };
        assert_eq!(beside.comparison, "revision_1");
        (
            figure.label.as_str().to_owned(),
            beside.base_value,
            figure.value,
            beside.change,
        )
    };
    section.figures.iter().map(line).collect()
}

#[test]
fn a_corrected_total_is_told_with_old_new_and_difference() {
    let (mut report, before) = second();
    for figure in figures_of(&mut report, "summary") {
        if figure.metric == Metric::TotalCost {
            figure.value = figure.value.map(|value| value + dec!(19.75));
        }
    }
    assert_eq!(restate(&mut report, &before), Restated::Changed);
    let said = words(&report);
    assert!(
        said.starts_with("Revision 2 restates 2026-10: total cost is "),
        "{said}"
    );
    assert!(said.ends_with(" (+19.75)."), "{said}");
    let lines = lines(&report);
    let cost = lines.iter().find(|line| line.0 == "Total cost").unwrap();
    assert_eq!(cost.3, Some(dec!(19.75)));
    assert_eq!(
        lines.len(),
        report.headlines.len(),
        "besides it only the headline totals: {lines:?}"
    );
    let notice = &report.notices[0].text;
    assert_eq!(
        notice,
        "Compared with revision 1 of 2026-11-02T07:00:04Z, the last version that was delivered: 1 figure differs. \
         The files list every line."
    );
    assert_eq!(report.restates.as_ref().unwrap().revision, 1);
}

#[test]
fn the_same_figures_are_told_as_the_same_however_they_are_written() {
    let (mut report, before) = second();
    for figure in figures_of(&mut report, "summary") {
        // More digits, the same number.
        figure.value = figure.value.map(|value| value * dec!(1.000));
    }
    let sections = report.sections.len();
    assert_eq!(restate(&mut report, &before), Restated::Same);
    assert_eq!(words(&report), "Revision 2 has the same figures as revision 1.");
    assert_eq!(report.sections.len(), sections);
    assert!(report.notices[0].text.ends_with(": every figure is the same."));
}

#[test]
fn a_correction_of_the_month_before_is_no_other_figure_and_yet_told() {
    let (mut report, before) = second();
    figures_of(&mut report, "summary")[6].comparisons[0].base_value = Some(dec!(1));
    assert_eq!(restate(&mut report, &before), Restated::Beside);
    assert!(words(&report).ends_with("; what they are compared with has changed."));
}

#[test]
fn lines_that_are_new_or_gone_have_no_value_on_the_other_side_and_no_difference() {
    let (mut report, before) = second();
    let daily = figures_of(&mut report, "daily");
    let gone = daily.remove(0);
    let mut new = daily[0].clone();
    new.member = Some("2026-12-24".into());
    new.label = "2026-12-24".into();
    new.value = Some(dec!(7));
    daily.push(new);
    assert_eq!(restate(&mut report, &before), Restated::Changed);
    assert_eq!(
        words(&report),
        "Revision 2 restates 2026-10: the totals are the same, figures below them are not."
    );
    let lines = lines(&report);
    let (last, new) = (&lines[lines.len() - 1], &lines[lines.len() - 2]);
    assert_eq!((last.1, last.2, last.3), (gone.value, None, None));
    assert!(last.0.contains(&gone.member.unwrap()), "{last:?}");
    assert_eq!((new.1, new.2, new.3), (None, Some(dec!(7)), None));
    assert!(
        report.notices[0].text.contains(": 1 figure is new, 1 is gone."),
        "{:?}",
        report.notices[0]
    );
}

#[test]
fn what_was_unknown_and_what_is_not_known_any_more_are_no_zeros() {
    let (mut report, mut before) = second();
    let cost = |metric: Metric| metric == Metric::TotalCost;
    for line in before.lines.as_mut().unwrap() {
        if cost(line.metric) && line.section == "summary" {
            line.value = None;
        }
    }
    restate(&mut report, &before);
    assert!(
        words(&report).contains("total cost, which was not known, is "),
        "{}",
        words(&report)
    );
    let (mut report, before) = second();
    for figure in figures_of(&mut report, "summary") {
        if cost(figure.metric) {
            figure.value = None;
        }
    }
    restate(&mut report, &before);
    let said = words(&report);
    assert!(
        said.contains("total cost is not known any more; it was "),
        "{said}"
    );
    let line = lines(&report)
        .into_iter()
        .find(|line| line.0 == "Total cost")
        .unwrap();
    assert_eq!((line.2, line.3), (None, None));
}

#[test]
fn a_renamed_member_is_the_same_line_and_another_currency_is_not() {
    let (mut report, before) = second();
    let by = report
        .sections
        .iter_mut()
        .find(|section| section.key.starts_with("by_"))
        .unwrap();
    by.figures[0].label = "Another name".into();
    assert_eq!(restate(&mut report, &before), Restated::Same);
    let (mut report, before) = second();
    for figure in figures_of(&mut report, "summary") {
        if figure.metric == Metric::TotalCost {
            figure.currency = "EUR".parse().ok();
        }
    }
    assert_eq!(restate(&mut report, &before), Restated::Changed);
    assert!(
        report.notices[0].text.contains("1 figure is new, 1 is gone"),
        "{:?}",
        report.notices[0]
    );
    let said = words(&report);
    assert!(
        said.contains(": total cost is new, ")
            && said.contains("; total cost, which was ")
            && said.ends_with(", is gone."),
        "{said}"
    );
}

/// A line of a budget, of the trend or of unusual days.
fn other(report: &mut Report, section: &str, metric: Metric, value: Decimal, label: &str) {
    let like = report.sections[0].figures[0].clone();
    let figure = Figure {
        metric,
        label: label.into(),
        value: Some(value),
        comparisons: Vec::new(),
        ..like
    };
    report.sections.push(Section {
        key: section.to_owned(),
        title: section.into(),
        source: None,
        figures: vec![figure],
    });
}

#[test]
fn what_moves_with_the_day_is_no_change_and_the_facts_beside_it_are() {
    let day = |report: &Report, forecast: Decimal, spent: Decimal| {
        let mut report = report.clone();
        other(&mut report, "budgets", Metric::ForecastCost, forecast, "x");
        other(&mut report, "budgets", Metric::BudgetRunOut, forecast, "x");
        other(&mut report, "budgets", Metric::TotalCost, spent, "x");
        other(&mut report, "daily", Metric::CostMovingAverage, forecast, "x");
        other(
            &mut report,
            "anomalies",
            Metric::AnomalyCost,
            forecast,
            "(data may still be missing)",
        );
        report
    };
    let (second, _) = second();
    let before = version(&day(&second, dec!(1), dec!(5)));
    let mut same = day(&second, dec!(2), dec!(5));
    assert_eq!(restate(&mut same, &before), Restated::Same);
    let told = &same.notices[0].text;
    assert!(
        told.contains("every figure is the same. Forecasts, moving averages,"),
        "{told}"
    );
    let mut spent = day(&second, dec!(2), dec!(6));
    assert_eq!(restate(&mut spent, &before), Restated::Changed);
    assert!(
        spent.notices[0].text.contains(": 1 figure differs."),
        "{:?}",
        spent.notices[0]
    );
    // As a program stored them that compared them, too.
    let mut older = before;
    let mut forecast = older.lines.as_ref().unwrap()[0].clone();
    forecast.metric = Metric::ForecastLow;
    older.lines.as_mut().unwrap().push(forecast);
    let mut same = day(&second, dec!(2), dec!(5));
    assert_eq!(restate(&mut same, &older), Restated::Same);
}

#[test]
fn a_label_that_says_how_much_is_known_makes_no_other_line() {
    let (mut report, _) = second();
    other(
        &mut report,
        "reconciliation",
        Metric::PartsCost,
        dec!(7),
        "Cost by day, 2 without data",
    );
    let before = version(&report);
    report.sections.pop();
    other(
        &mut report,
        "reconciliation",
        Metric::PartsCost,
        dec!(7),
        "Cost by day",
    );
    assert_eq!(restate(&mut report, &before), Restated::Same);
}

#[test]
fn of_two_members_with_one_name_none_is_held_against_the_other() {
    let (mut report, _) = second();
    for value in [dec!(9), dec!(5)] {
        other(&mut report, "top_users_by_cost", Metric::Cost, value, "Ana");
    }
    let before = Version {
        revision: 1,
        ..version(&report)
    };
    // The second overtakes the first, which stays as it is.
    report.sections.last_mut().unwrap().figures[0].value = Some(dec!(12));
    assert_eq!(restate(&mut report, &before), Restated::Changed);
    let lines = lines(&report);
    let (new, gone) = (&lines[lines.len() - 2], &lines[lines.len() - 1]);
    assert_eq!((new.1, new.2, new.3), (None, Some(dec!(12)), None));
    assert_eq!((gone.1, gone.2, gone.3), (Some(dec!(5)), None, None));
}

#[test]
fn a_first_report_whose_revision_is_not_the_first_restates_nothing_and_says_why() {
    let (mut report, _) = second();
    let answer = report.answer.clone();
    first(&mut report);
    assert_eq!((&report.answer, &report.restates), (&answer, &None));
    assert!(
        report.notices[0]
            .text
            .starts_with("No earlier revision of this report is known to have reached")
    );
    let mut one = sample::report();
    let notices = one.notices.len();
    first(&mut one);
    assert_eq!(one.notices.len(), notices);
}

#[test]
fn labels_of_lines_that_are_gone_are_said_in_the_readers_language() {
    let (mut report, _) = second();
    let daily = figures_of(&mut report, "daily");
    daily[0].label = say!("project-and-more", "project" = "Apoyo", "count" = 2_u32);
    let stored = serde_json::to_string(&version(&report)).unwrap();
    figures_of(&mut report, "daily").remove(0);
    restate(&mut report, &serde_json::from_str(&stored).unwrap());
    let gone = &report.sections.last().unwrap().figures.last().unwrap().label;
    let spanish = Language::of("es", &std::collections::BTreeMap::new());
    let spoken = |text: &Text| spanish.text(text, &Plain).into_owned();
    let expected = spoken(&say!("project-and-more", "project" = "Apoyo", "count" = 2_u32));
    assert!(spoken(gone).contains(&expected), "{}", spoken(gone));
    // An earlier program kept only the English words.
    let mut older: serde_json::Value = serde_json::from_str(&stored).unwrap();
    for line in older["lines"].as_array_mut().unwrap() {
        let label = &line["label"];
        let words = label.as_str().or(label["english"].as_str()).unwrap().to_owned();
        line["label"] = words.into();
    }
    let older: Version = serde_json::from_value(older).unwrap();
    assert_eq!(older.lines.unwrap()[0].label, report.sections[0].figures[0].label);
}

#[test]
fn a_version_whose_figures_are_gone_is_named_and_not_guessed_at() {
    let (mut report, before) = second();
    let before = Version {
        lines: None,
        ..before
    };
    let answer = report.answer.clone();
    assert_eq!(restate(&mut report, &before), Restated::Unknown);
    assert_eq!(report.answer, answer);
    assert_eq!(
        report.notices[0].text,
        "What has changed since revision 1 of 2026-11-02T07:00:04Z, the last version that was delivered, cannot be told: its figures \
         are not kept."
    );
}

#[test]
fn figures_survive_being_kept_to_the_last_digit() {
    let (report, before) = second();
    let text = serde_json::to_string(&before).unwrap();
    assert_eq!(serde_json::from_str::<Version>(&text).unwrap(), before);
    let known = report
        .sections
        .iter()
        .filter(|section| !DERIVED.contains(&section.key.as_str()));
    let all: usize = known.map(|section| section.figures.len()).sum();
    assert_eq!(before.lines.unwrap().len(), all);
}

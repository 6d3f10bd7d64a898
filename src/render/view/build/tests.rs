//! What heads and notices say.

use super::*;
use crate::report::sample::{figure, report};
use rust_decimal::dec;

fn formatter(locale: &str) -> Formatter {
    Formatter::of(&Look {
        locale: locale.into(),
        ..Look::default()
    })
}

#[test]
fn projects_in_use_and_those_that_are_known_are_both_grouped() {
    let mut report = report();
    let used = figure(Metric::ActiveProjects, Some(dec!(4_999)));
    let summary = &mut report.sections[0];
    assert_eq!(summary.key, "summary");
    summary.source.clone_from(&used.source);
    summary
        .figures
        .push(figure(Metric::KnownProjects, Some(dec!(5_000))));
    for (locale, shown) in [("en-US", "4,999/5,000"), ("de-DE", "4.999/5.000")] {
        assert_eq!(of_known(&used, &report, &formatter(locale)).text, shown);
    }
}

#[test]
fn a_notice_without_the_period_of_its_report_begins_with_a_capital() {
    let report = report();
    let notice = |period: &PeriodRef| Notice {
        source: None,
        text: say!("audit-not-available", "period" = period, "reason" = "403"),
        missing: true,
    };
    let said = |notice: &Notice, locale| notice_text(notice, &report, &formatter(locale));
    let own = notice(&report.period);
    assert_eq!(said(&own, "en-US"), "The audit trail is not available: 403.");
    assert!(said(&own, "es-ES").starts_with("El registro de auditoría"));
    let other = PeriodRef {
        id: "2026-09".into(),
        start: "2026-09-01".parse().unwrap(),
        end: "2026-09-30".parse().unwrap(),
        ..report.period.clone()
    };
    assert_eq!(
        said(&notice(&other), "en-US"),
        "September 2026: the audit trail is not available: 403."
    );
}

#[test]
fn a_chart_of_more_days_than_are_drawn_says_so() {
    let mut report = report();
    let first: chrono::NaiveDate = "2025-01-01".parse().unwrap();
    let days = |count: usize| {
        first
            .iter_days()
            .take(count)
            .map(|day| (day, Some(dec!(1))))
            .collect()
    };
    let mut told = |count, locale| {
        report.charts[0].form = ChartForm::Daily {
            days: days(count),
            base: Vec::new(),
            outlier: None,
            marked: Vec::new(),
        };
        let look = Look::default();
        let view = chart_view(&report.charts[0], &report, &formatter(locale), &look, true);
        assert_eq!(view.svg.matches(&view.alt.split(". ").last().unwrap()).count(), 2);
        (view.note, view.alt)
    };
    for (locale, note, alt) in [
        (
            "en-US",
            "USD · the first 400 of 1,001 days; the table has all",
            "The first 400 of 1,001 days; the table has all.",
        ),
        (
            "es-ES",
            "USD · los primeros 400 de 1001 días; la tabla los tiene todos",
            "Los primeros 400 de 1001 días; la tabla los tiene todos.",
        ),
    ] {
        let (own_note, own_alt) = told(1001, locale);
        assert_eq!(own_note, note);
        assert!(own_alt.ends_with(alt), "{own_alt}");
    }
    assert_eq!(told(400, "en-US").0, "USD");
}

//! What a revision changes of days and periods, as the locale writes them.

use super::look;
use crate::metric::Metric;
use crate::render::{page, text};
use crate::report::{Report, restatement, sample};
use rust_decimal::Decimal;

/// `report` as a revision in which the figures of `metric` of a section are others.
fn revised(mut report: Report, section: &str, metric: Metric) -> Report {
    let before = restatement::version(&report);
    report.revision = 2;
    let mut sections = report.sections.iter_mut();
    let section = sections.find(|it| it.key == section).unwrap();
    for figure in section.figures.iter_mut().filter(|it| it.metric == metric) {
        figure.value = figure.value.map(|value| value + Decimal::ONE);
    }
    restatement::restate(&mut report, &before);
    report
}

#[test]
fn restated_days_read_as_the_locale_writes_them_and_never_alike() {
    let report = revised(sample::report(), "daily", Metric::TotalCost);
    for (locale, first, second) in [
        (
            "es-AR",
            "Costo total, 1 de octubre de 2026",
            "Costo total, 2 de octubre de 2026",
        ),
        (
            "en-GB",
            "Total cost, 1 October 2026",
            "Total cost, 2 October 2026",
        ),
        (
            "de-DE",
            "Total cost, 1. Oktober 2026",
            "Total cost, 2. Oktober 2026",
        ),
    ] {
        let page = page::render(&report, &look(locale)).unwrap();
        let text = text::render(&report, &look(locale)).unwrap();
        for name in [first, second] {
            assert!(page.contains(name), "{locale}: {name}");
            // In text a name may be cut, but not what tells one from another.
            let day = name.trim_end_matches("2026").trim_end_matches(" de ");
            assert!(text.contains(day.trim_end()), "{locale}: {day}");
        }
        assert!(!text.contains("2026-10-0"), "{text}");
    }
}

#[test]
fn restated_periods_of_a_trend_read_as_the_locale_writes_them() {
    let report = revised(sample::trend(), "trend", Metric::TotalCost);
    for (locale, name) in [
        ("es-AR", "Costo total, octubre de 2026"),
        ("en-GB", "Total cost, October 2026"),
        ("fr-FR", "Total cost, octobre 2026"),
    ] {
        let page = page::render(&report, &look(locale)).unwrap();
        assert!(page.contains(name), "{locale}");
        assert!(!page.contains(", 2026-10<"), "{locale}");
    }
}

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

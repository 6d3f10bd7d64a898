//! What a report costs to show: page, mail and text without pictures, then the pictures.
//!
//! `cargo bench --bench look` prints milliseconds of one thread; `cargo bench --bench look -- DIR` leaves the files in DIR.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints its result and stops at a failure"
)]

use chrono::{DateTime, NaiveDate, Utc};
use reportwire::config::plan::ReportKind;
use reportwire::metric::{FULL_REPORT, Metric, Unit};
use reportwire::money::Currency;
use reportwire::render::{Look, mail, page, text};
use reportwire::report::{
    Chart, ChartForm, Compared, Comparison, Direction, Figure, Outlier, Part, PeriodRef, Report, Section,
    Sentence, SourceRef, Status,
};
use rust_decimal::{Decimal, dec};
use std::time::Instant;

const ROUNDS: u32 = 50;

fn figure(metric: Metric, member: Option<(&str, String)>, rank: Option<u32>, value: Decimal) -> Figure {
    Figure {
        source: Some("platform".into()),
        metric,
        label: member
            .as_ref()
            .map_or_else(|| metric.label().into(), |(_, name)| name.as_str().into()),
        dimension: member.as_ref().map(|(dimension, _)| (*dimension).to_owned()),
        member: member.map(|(_, name)| name),
        rank,
        unit: metric.unit(),
        currency: (metric.unit() == Unit::Currency).then_some(Currency::USD),
        value: Some(value),
        status: Status::Ok,
        comparisons: vec![Comparison {
            comparison: "previous_period".into(),
            base_value: Some(value - dec!(1)),
            change: Some(dec!(1)),
            change_percent: Some(dec!(12.345)),
            direction: Some(Direction::Up),
        }],
    }
}

fn days() -> impl Iterator<Item = (NaiveDate, Decimal)> {
    let first: NaiveDate = "2026-10-01".parse().unwrap();
    first.iter_days().take(31).enumerate().map(|(at, day)| {
        let weekend = matches!(at % 7, 2 | 3);
        (
            day,
            if at == 13 {
                dec!(402.60)
            } else {
                Decimal::from(if weekend { 26 } else { 131 + at })
            },
        )
    })
}

fn sections() -> Vec<Section> {
    let section = |key: &str, title: &str, figures| Section {
        key: key.into(),
        title: title.into(),
        source: Some("platform".into()),
        figures,
    };
    let ranking = |dimension: &'static str, metric| {
        (1..=10)
            .map(move |n| {
                figure(
                    metric,
                    Some((dimension, format!("{dimension} number {n}"))),
                    Some(n),
                    Decimal::from(900 / n),
                )
            })
            .collect()
    };
    vec![
        section(
            "summary",
            "Summary",
            FULL_REPORT
                .iter()
                .map(|metric| figure(*metric, None, None, dec!(40703.612)))
                .collect(),
        ),
        section(
            "daily",
            "Daily",
            days()
                .map(|(day, value)| figure(Metric::TotalCost, Some(("day", day.to_string())), None, value))
                .collect(),
        ),
        section(
            "top_agents_by_requests",
            "Top agents by requests",
            ranking("agent", Metric::Requests),
        ),
        section(
            "top_agents_by_tokens",
            "Top agents by tokens",
            ranking("agent", Metric::Tokens),
        ),
        section(
            "top_users_by_requests",
            "Top users by requests",
            ranking("user", Metric::Requests),
        ),
        section(
            "top_users_by_cost",
            "Top users by cost",
            ranking("user", Metric::Cost),
        ),
        section(
            "by_model",
            "By model",
            (0..40)
                .map(|n| {
                    figure(
                        Metric::TotalCost,
                        Some(("model", format!("model-{n}"))),
                        None,
                        Decimal::from(1000 - n),
                    )
                })
                .collect(),
        ),
    ]
}

fn report() -> Report {
    let period = |id: &str, start: &str, end: &str, days| PeriodRef {
        id: id.into(),
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
        timezone: "UTC".into(),
        days,
    };
    let at: DateTime<Utc> = "2026-11-02T07:00:04Z".parse().unwrap();
    let sentence = || {
        Sentence::plain(vec![
            Part::Text("Spend rose ".into()),
            Part::Percent(dec!(14.5)),
            Part::Text(".".into()),
        ])
    };
    let chart = |key: &str, title: &str, form| Chart {
        source: None,
        key: key.into(),
        title: title.into(),
        unit: Unit::Currency,
        currency: Some(Currency::USD),
        message: sentence(),
        form,
        panel: None,
    };
    let sections = sections();
    Report {
        run_id: "0199f3a1-7c00-7000-8000-000000000001".into(),
        job: "monthly-full-report".into(),
        title: "AI platform: monthly full report".into(),
        kind: ReportKind::Full,
        revision: 1,
        period: period("2026-10", "2026-10-01", "2026-10-31", 31),
        compared_with: vec![Compared {
            comparison: "previous_period".into(),
            period: period("2026-09", "2026-09-01", "2026-09-30", 30),
        }],
        generated_at: at,
        currency: Some(Currency::USD),
        sources: vec![SourceRef {
            name: "platform".into(),
            platform: "Sample platform".into(),
            scope: Some("Acme Group".into()),
            zone: "UTC".into(),
            fetched_at: at,
            untold: Vec::new(),
        }],
        absent: Vec::new(),
        provisional_through: None,
        answer: vec![sentence()],
        headlines: sections[0].figures[6..11].to_vec(),
        movers: sections[2].figures[..3].to_vec(),
        charts: vec![
            chart(
                "cost-per-day",
                "Cost per day",
                ChartForm::Daily {
                    days: days().map(|(day, value)| (day, Some(value))).collect(),
                    base: days()
                        .take(30)
                        .map(|(_, value)| Some(value.min(dec!(120))))
                        .collect(),
                    outlier: Some(Outlier {
                        date: "2026-10-14".parse().unwrap(),
                        value: dec!(402.60),
                        times_usual: dec!(2.9),
                        same_weekday: true,
                    }),
                    marked: Vec::new(),
                },
            ),
            chart(
                "top-users-by-cost",
                "Top users by cost",
                ChartForm::Bars {
                    bars: sections[5]
                        .figures
                        .iter()
                        .map(|figure| (figure.label.clone(), figure.value.unwrap()))
                        .collect(),
                    others: Some((17, dec!(832.50))),
                },
            ),
        ],
        sections,
        notices: Vec::new(),
        restates: None,
        budgets: Vec::new(),
        anomalies: Vec::new(),
        alerts: Vec::new(),
    }
}

fn milliseconds(what: &str, mut work: impl FnMut()) {
    work();
    let start = Instant::now();
    (0..ROUNDS).for_each(|_| work());
    println!(
        "{what:<32} {:>8.2} ms",
        start.elapsed().as_secs_f64() * 1e3 / f64::from(ROUNDS)
    );
}

fn main() {
    let report = report();
    let look = Look {
        locale: "en-GB".into(),
        ..Look::default()
    };
    milliseconds("page", || drop(page::render(&report, &look).unwrap()));
    milliseconds("text", || drop(text::render(&report, &look).unwrap()));
    milliseconds("mail without pictures", || {
        drop(mail::render(&report, &look, &[], false).unwrap());
    });
    milliseconds("mail with two pictures", || {
        drop(mail::render(&report, &look, &[], true).unwrap());
    });
    let Some(folder) = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
    else {
        return;
    };
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    let mut body = mail::render(&report, &look, &[], true).unwrap();
    for image in &body.images {
        write(&format!("{}.png", image.key), &image.png);
        body.html = body.html.replace(
            &format!("cid:{}@report", image.key),
            &format!("{}.png", image.key),
        );
    }
    write("page.html", page::render(&report, &look).unwrap().as_bytes());
    write("text.txt", text::render(&report, &look).unwrap().as_bytes());
    write("mail.html", body.html.as_bytes());
}

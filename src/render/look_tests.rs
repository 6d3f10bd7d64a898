//! What readers see, tested face by face on the sample report and on reports that are hard to show.

use super::format::Formatter;
use super::view::as_in_table;
use super::{Artifact, Look, digest, mail, page, text};
use crate::config::plan::Brand;
use crate::metric::Metric;
use crate::money::Currency;
use crate::report::{ChartForm, Figure, Report, Section, SourceRef, sample, unusual_sample};
use regex::Regex;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;

fn look() -> Look {
    Look {
        locale: "en-GB".into(),
        ..Look::default()
    }
}

fn attachments() -> Vec<Artifact> {
    vec![Artifact {
        name: "monthly-full-report_2026-10.xlsx".into(),
        media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".into(),
        bytes: bytes::Bytes::from(vec![0; 212_345]),
        sha256: "0".repeat(64),
        rows: None,
    }]
}

fn changed(change: impl FnOnce(&mut Report)) -> Report {
    let mut report = sample::report();
    change(&mut report);
    report
}

fn figures_of(report: &mut Report) -> impl Iterator<Item = &mut Figure> {
    let sections = report
        .sections
        .iter_mut()
        .flat_map(|section| &mut section.figures);
    sections.chain(&mut report.headlines).chain(&mut report.movers)
}

fn empty(report: &mut Report) {
    report.sections.clear();
    report.charts.clear();
    report.headlines.clear();
    report.movers.clear();
    report.notices.clear();
    report.answer.clear();
    report.sources.clear();
    report.compared_with.clear();
    report.currency = None;
}

fn yen(report: &mut Report) {
    let yen: Currency = "JPY".parse().unwrap();
    report.currency = Some(yen);
    report.revision = 2;
    report.provisional_through = Some("2026-11-01T00:00:00Z".parse().unwrap());
    figures_of(report).for_each(|figure| figure.currency = figure.currency.map(|_| yen));
}

fn two_sources(report: &mut Report) {
    let mut sections = report.sections.clone();
    for section in &mut sections {
        section.source = Some("<bill>".into());
    }
    report.sections.extend(sections);
    let other = SourceRef {
        name: "<bill>".into(),
        ..report.sources[0].clone()
    };
    report.sources.push(other);
}

fn hostile(report: &mut Report) {
    let name = sample::HOSTILE.join(" ");
    report.title.clone_from(&name);
    report.sources[0].name.clone_from(&name);
    report.sources[0].scope = Some(name.clone());
    report.notices[0].text = name.as_str().into();
    report
        .sections
        .iter_mut()
        .for_each(|section| section.title = name.as_str().into());
    report
        .charts
        .iter_mut()
        .for_each(|chart| chart.title = name.as_str().into());
}

/// The sample with each way in which a report can be poor or odd.
fn hard_reports() -> Vec<(&'static str, Report)> {
    vec![
        ("as it is", sample::report()),
        ("empty", changed(empty)),
        (
            "no comparison",
            changed(|report| {
                report.compared_with.clear();
                figures_of(report).for_each(|figure| figure.comparisons.clear());
            }),
        ),
        (
            "nothing available",
            changed(|report| figures_of(report).for_each(|figure| figure.value = None)),
        ),
        ("yen, provisional, revision 2", changed(yen)),
        ("two sources", changed(two_sources)),
        ("hostile everywhere", changed(hostile)),
        ("unusual days", unusual_sample::hostile()),
        (
            "as large as can be",
            changed(|report| {
                figures_of(report).for_each(|figure| {
                    figure.value = Some(Decimal::MAX);
                    figure.label = "x".repeat(5_000).into();
                });
            }),
        ),
        ("a comparison", sample::comparison(dec!(123.456))),
        ("a comparison of slivers", sample::comparison(dec!(0.0000001))),
        (
            "a comparison of fortunes",
            sample::comparison(dec!(987654321.123)),
        ),
        ("a comparison of credits", sample::comparison(dec!(-5))),
        ("a trend", sample::trend()),
        ("usage against a bill", sample::reconciled(dec!(33.335))),
    ]
}

/// Every tag is closed in order: what a parser would otherwise have to guess.
pub(super) fn assert_well_formed(html: &str, what: &str) {
    let void = ["meta", "img", "br", "!doctype", "rect", "path"];
    let html = Regex::new(r"(?s)<!--.*?-->|<style>.*?</style>")
        .unwrap()
        .replace_all(html, "");
    let mut open = Vec::new();
    for tag in Regex::new(r"<(/?)([a-zA-Z!][a-zA-Z0-9]*)[^<>]*?(/?)>")
        .unwrap()
        .captures_iter(&html)
    {
        let name = tag[2].to_lowercase();
        match (&tag[1], &tag[3]) {
            ("/", _) => assert_eq!(
                open.pop().as_deref(),
                Some(name.as_str()),
                "{what}: closes at {}",
                &tag[0]
            ),
            (_, "/") => {}
            _ if void.contains(&name.as_str()) => {}
            _ => open.push(name),
        }
    }
    assert!(open.is_empty(), "{what}: still open: {open:?}");
}

fn count(text: &str, needle: &str) -> usize {
    text.matches(needle).count()
}

#[test]
fn faces_of_the_sample_are_as_approved() {
    let report = sample::report();
    insta::assert_snapshot!("page", page::render(&report, &look()).unwrap());
    insta::assert_snapshot!("text", text::render(&report, &look()).unwrap());
    insta::assert_json_snapshot!("digest", digest::render(&report, &look()).unwrap());
    let body = mail::render(&report, &look(), &attachments(), true).unwrap();
    insta::assert_snapshot!("mail_subject", body.subject);
    insta::assert_snapshot!("mail_html", body.html);
    insta::assert_snapshot!("mail_text", body.text);
}

#[test]
fn every_face_shows_every_hard_report() {
    for (what, report) in hard_reports() {
        let page = page::render(&report, &look()).unwrap();
        let body = mail::render(&report, &look(), &attachments(), true).unwrap();
        let text = text::render(&report, &look()).unwrap();
        let digest = digest::render(&report, &look()).unwrap();
        for html in [&page, &body.html] {
            assert_well_formed(html, what);
            assert_eq!(count(html, "<h1"), 1, "{what}");
            assert!(!html.to_lowercase().contains("<script"), "{what}");
            assert!(!html.contains('\u{202e}'), "{what}: direction marks are gone");
            assert_eq!(count(html, "<table"), count(html, "</table>"), "{what}");
        }
        assert!(body.html.len() <= 80 * 1024, "{what}: {}", body.html.len());
        assert!(
            !body.subject.contains(['\n', '\r', '\0']) && body.subject.chars().count() <= 200,
            "{what}"
        );
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{what}");
        assert!(!digest.heading.contains('\n'), "{what}");
        assert_eq!(
            page,
            page::render(&report, &look()).unwrap(),
            "{what}: the same bytes each time"
        );
    }
}

#[test]
fn the_page_stands_alone() {
    let page = page::render(&sample::report(), &look()).unwrap();
    let references = Regex::new(r#"(?: (?:src|href|action|srcset)=|url\()["']?([^"'\s>)]+)"#).unwrap();
    let found: Vec<&str> = references.find_iter(&page).map(|found| found.as_str()).collect();
    assert!(found.is_empty(), "the page refers to {found:?}");
    assert!(page.contains("<html lang=\"en-GB\">") && page.contains("<main>") && page.contains("<title>"));
    for table in page.split("<table").skip(1) {
        assert!(
            table.contains("<caption") && table.contains("scope=\"col\"") && table.contains("scope=\"row\"")
        );
    }
    assert_eq!(count(&page, "<svg"), count(&page, "<desc"));
    let bare = Regex::new("[^>] [▲▼●]|<td[^>]*>[▲▼●]").unwrap();
    assert!(!bare.is_match(&page), "arrows are hidden from those who listen");
}

#[test]
fn every_picture_of_a_mail_is_named_and_told() {
    let brand = Brand {
        name: Some("Acme & Sons".into()),
        accent: Some("#aa0000".into()),
        logo: None,
        fonts: Vec::new(),
    };
    let look = Look {
        brand,
        logo: Some("iVBORw0KGgo=".into()),
        ..look()
    };
    let body = mail::render(&sample::report(), &look, &attachments(), true).unwrap();
    let pictures = Regex::new(r#"<img [^>]*src="cid:([a-z-]+)@report"[^>]* alt="([^"]+)""#).unwrap();
    let named: Vec<String> = pictures
        .captures_iter(&body.html)
        .map(|found| found[1].to_owned())
        .collect();
    let keys: Vec<String> = body.images.iter().map(|image| image.key.clone()).collect();
    assert_eq!(named, keys);
    assert_eq!(keys, ["logo", "cost-per-day", "top-users-by-cost"]);
    assert!(body.html.contains("#aa0000") && body.html.contains("Acme &amp; Sons"));
    assert!(!body.html.contains("data:"), "mail programs drop data URIs");
    let without = mail::render(&sample::report(), &look, &attachments(), false).unwrap();
    assert_eq!(
        without
            .images
            .iter()
            .map(|image| image.key.as_str())
            .collect::<Vec<_>>(),
        ["logo"]
    );
    assert!(!without.html.contains("cid:cost-per-day"));
}

#[test]
fn subjects_are_one_line_and_say_the_revision() {
    let subject = |template: Option<&str>, revision| {
        let look = Look {
            subject: template.map(str::to_owned),
            ..look()
        };
        let report = Report {
            revision,
            ..sample::report()
        };
        mail::render(&report, &look, &[], false).map(|body| body.subject.replace('\u{a0}', " "))
    };
    assert_eq!(
        subject(None, 1).unwrap(),
        "AI platform: monthly full report: October 2026, USD 4,070.36 (▲ 14.5 %)"
    );
    assert_eq!(
        subject(Some("{{job.title}}: {{period.label}}\r\nBcc: x@example.com"), 2).unwrap(),
        "AI platform: monthly full report: October 2026 Bcc: x@example.com (revision 2)"
    );
    assert_eq!(
        subject(Some("{{job.name}} {{period.id}}"), 1).unwrap(),
        "monthly-full-report 2026-10"
    );
    assert_eq!(
        subject(Some(&"long ".repeat(100)), 3).unwrap().chars().count(),
        200
    );
    let empty = subject(Some("  "), 1).unwrap_err().to_string();
    assert!(
        empty.starts_with("subject `  ` cannot be used: it is empty"),
        "{empty}"
    );
    assert!(
        subject(Some("{{job.tilte}}"), 1)
            .unwrap_err()
            .to_string()
            .contains("tilte")
    );
}

#[test]
fn all_faces_agree_on_the_headlines() {
    let report = sample::report();
    for locale in [
        "en-US", "en-GB", "de-DE", "es-ES", "fr-FR", "pt-BR", "ja-JP", "hi-IN",
    ] {
        let look = Look {
            locale: locale.into(),
            ..Look::default()
        };
        let body = mail::render(&report, &look, &[], false).unwrap();
        let faces = [
            page::render(&report, &look).unwrap(),
            body.html,
            body.text,
            text::render(&report, &look).unwrap(),
        ];
        for figure in digest::render(&report, &look).unwrap().headlines {
            let number = figure
                .value
                .trim_start_matches("USD\u{a0}")
                .split('\u{a0}')
                .next()
                .unwrap()
                .to_owned();
            for face in &faces {
                assert!(
                    face.contains(&number) && face.contains(&figure.label),
                    "{locale}: {} {number}",
                    figure.label
                );
            }
        }
    }
}

#[test]
fn rows_add_to_the_total_shown() {
    let text = text::render(&sample::report(), &look()).unwrap();
    let table = text.split("By model").nth(1).unwrap();
    let number = Regex::new(r" ([\d,]+\.\d\d) ").unwrap();
    let mut amounts: Vec<Decimal> = table
        .lines()
        .skip(2)
        .take_while(|line| !line.is_empty())
        .map(|line| {
            number.captures(line).unwrap()[1]
                .replace(',', "")
                .parse()
                .unwrap()
        })
        .collect();
    let total = amounts.pop().unwrap();
    assert_eq!(amounts.len(), 10);
    assert_eq!(amounts.iter().sum::<Decimal>(), total);
}

#[test]
fn a_jobs_own_templates_are_used() {
    let own = |path: &str, source: &str| Look {
        templates: BTreeMap::from([(path.to_owned(), source.to_owned())]),
        ..look()
    };
    let report = sample::report();
    let page = page::render(
        &report,
        &own("report/page.html.hbs", "<p>{{job.title}} {{period.id}}</p>"),
    )
    .unwrap();
    assert_eq!(page, "<p>AI platform: monthly full report 2026-10</p>");
    let body = mail::render(
        &report,
        &own("email/report/body.txt.hbs", "{{answer_text}}"),
        &[],
        false,
    )
    .unwrap();
    assert!(body.text.starts_with("Spend rose 14.5"));
    assert!(page::render(&report, &own("report/page.html.hbs", "{{{job.title}}}")).is_err());
}

#[test]
fn what_is_poor_or_odd_is_said() {
    let text = |change: fn(&mut Report)| {
        text::render(&changed(change), &look())
            .unwrap()
            .replace('\u{a0}', " ")
    };
    let yen = text(yen);
    for expected in [
        "[Provisional: complete up to 1 Nov 2026 00:00:00 UTC]",
        "[Revision 2]",
        "JPY 4,070  ",
        "revision 2 ·",
    ] {
        assert!(yen.contains(expected), "{expected}: {yen}");
    }
    assert!(!yen.contains("[Final]"));
    let two = text(two_sources);
    assert!(
        two.contains("=== globant ===") && two.contains("=== <bill> ==="),
        "{two}"
    );
    assert!(two.contains("! globant: 25 October is not available"));
    let nothing = text(|report| figures_of(report).for_each(|figure| figure.value = None));
    assert!(
        nothing.contains(&format!("{:<34}{:>18}", "Total cost", "n/a")),
        "{nothing}"
    );
    assert!(
        text(|report| report.sections[4].figures.clear())
            .contains("Top users by requests\n   No data available")
    );
}

#[test]
fn a_mail_that_would_be_clipped_drops_rows_and_says_so() {
    let large = changed(|report| {
        report.notices = vec![report.notices[0].clone(); 500];
        let sections = report.sections.clone();
        for n in 0..14 {
            report
                .sections
                .extend(sections.iter().cloned().map(|section| Section {
                    source: Some(format!("source {n}")),
                    ..section
                }));
        }
    });
    let body = mail::render(&large, &look(), &[], false).unwrap();
    assert!(body.html.len() <= 80 * 1024);
    assert!(body.html.contains("4,070.36"));
    assert!(body.html.contains("Rows were left out to keep this mail short"));
    assert!(
        body.text.contains("Customer Support 24/7"),
        "the text part is complete"
    );
}

#[test]
fn what_a_source_cannot_tell_is_one_line() {
    let bill = changed(|report| {
        for figure in figures_of(report) {
            let told = matches!(figure.metric, Metric::TotalCost | Metric::ErrorRate);
            if figure.dimension.is_none() && !told {
                figure.value = None;
                figure.comparisons.clear();
            }
        }
    });
    let line = "19 figures are not available from this source: Lab, Tokens, Users &amp; agents, Requests, Requests with errors";
    let page = page::render(&bill, &look()).unwrap();
    assert!(page.contains(line), "{page}");
    assert!(!page.contains("Agents created") && page.contains("Error rate"));
    assert!(
        text::render(&bill, &look())
            .unwrap()
            .contains(&line.replace("&amp;", "&")[..60])
    );
}

#[test]
fn charts_and_tables_show_the_same_amounts() {
    let report = changed(|report| {
        let Some(section) = report.sections.iter_mut().find(|s| s.key == "top_users_by_cost") else {
            unreachable!("the sample ranks users by cost")
        };
        let bars: Vec<(crate::language::Text, Decimal)> = section
            .figures
            .iter()
            .filter_map(|figure| Some((figure.label.clone(), figure.value?)))
            .collect();
        let rest = bars[6..].iter().map(|bar| bar.1).sum();
        report.charts[1].currency = section.figures[0].currency;
        report.charts[1].form = ChartForm::Bars {
            bars: bars[..6].to_vec(),
            others: Some((bars.len() - 6, rest)),
        };
    });
    let ChartForm::Bars { bars, others } = as_in_table(&report.charts[1], &report).form else {
        unreachable!("bars stay bars")
    };
    let formatter = Formatter::new("en-US");
    let page = page::render(&report, &look()).unwrap();
    let table = page.split("Top users by cost</bdi>").nth(1).unwrap();
    for (label, amount) in bars {
        let cell = format!("<td class=\"num\">{}</td>", formatter.decimal(amount, 2));
        assert!(table.contains(&cell), "{label}: {cell}");
    }
    assert!(others.is_some_and(|(members, rest)| members > 0 && rest.scale() <= 2));
}

#[test]
fn comparisons_and_trends_are_as_approved() {
    let (comparison, trend) = (sample::comparison(dec!(123.456)), sample::trend());
    insta::assert_snapshot!("comparison_text", text::render(&comparison, &look()).unwrap());
    insta::assert_snapshot!("comparison_page", page::render(&comparison, &look()).unwrap());
    insta::assert_snapshot!("trend_text", text::render(&trend, &look()).unwrap());
    insta::assert_snapshot!("trend_page", page::render(&trend, &look()).unwrap());
    let german = Look {
        locale: "de-DE".into(),
        ..look()
    };
    insta::assert_snapshot!(
        "comparison_text_german",
        text::render(&comparison, &german).unwrap()
    );
}

#[test]
fn the_steps_shown_lead_from_the_total_before_to_the_total_now() {
    let text = text::render(&sample::comparison(dec!(123.456)), &look()).unwrap();
    let steps = text.split("Why the cost changed").nth(1).unwrap();
    let rows = steps.split("\n\n").next().unwrap().lines().skip(2);
    let columns: Vec<Vec<Decimal>> = rows
        .map(|row| {
            let cells = row.split_whitespace().rev().take(2);
            cells
                .map(|cell| cell.replace(',', "").replace('\u{2212}', "-").replace('+', ""))
                .map(|cell| cell.parse().unwrap())
                .collect()
        })
        .collect();
    for column in 0..2 {
        let values: Vec<Decimal> = columns.iter().map(|row| row[column]).collect();
        let (now, steps) = values.split_last().unwrap();
        assert_eq!(steps.iter().sum::<Decimal>(), *now, "{text}");
    }
}

#[test]
fn text_fits_eighty_columns() {
    for report in [
        sample::report(),
        sample::comparison(dec!(123.456)),
        sample::comparison(dec!(5432.1098)),
        sample::reconciled(dec!(5432.1098)),
        sample::trend(),
    ] {
        let faces = [
            text::render(&report, &look()).unwrap(),
            mail::render(&report, &look(), &[], false).unwrap().text,
        ];
        for line in faces.iter().flat_map(|face| face.lines()) {
            // Chips are one line, however many; marks around names from right to left take no room.
            let shown = line
                .chars()
                .filter(|letter| !matches!(letter, '\u{2068}' | '\u{2069}'));
            assert!(shown.count() <= 80 || line.starts_with('['), "{line}");
        }
    }
}

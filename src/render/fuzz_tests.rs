//! Names that nobody has thought of are inert wherever they go: pages, mails, texts, tables, workbooks, pictures and files.

use super::hostile::fuzz;
use super::look_tests::assert_well_formed;
use super::{Artifact, Look, csv, digest, json, mail, name, page, text, xlsx};
use crate::report::{Report, sample};
use calamine::{Data, Reader as _, Xlsx};
use regex::Regex;
use std::io::Cursor;

/// A report in which everything that somebody can name has this name.
fn named(name: &str) -> Report {
    let mut report = sample::report();
    report.title = name.to_owned();
    report.sources[0].scope = Some(name.to_owned());
    report.notices[0].text = name.into();
    for section in &mut report.sections {
        for figure in section
            .figures
            .iter_mut()
            .filter(|figure| figure.dimension.is_some())
        {
            figure.member = Some(name.to_owned());
            figure.label = name.into();
        }
    }
    for chart in &mut report.charts {
        chart.title = name.into();
    }
    report
}

fn look() -> Look {
    Look {
        locale: "en-US".into(),
        ..Look::default()
    }
}

#[test]
fn in_pages_and_mails() {
    let active =
        Regex::new(r"(?i)<(?:script|iframe|object|embed|form|base)|<[a-z][^<>]*\son[a-z]+\s*=").unwrap();
    fuzz(|name| {
        let report = named(name);
        let body = mail::render(&report, &look(), &[] as &[Artifact], false).unwrap();
        for html in [page::render(&report, &look()).unwrap(), body.html] {
            assert_well_formed(&html, name);
            assert!(!active.is_match(&html), "{name:?}: {:?}", active.find(&html));
            assert_eq!(html.matches("<h1").count(), 1, "{name:?}");
            assert!(!html.contains(['\u{202e}', '\0']), "{name:?}");
        }
        assert!(
            !body.subject.contains(char::is_control),
            "{name:?}: {:?}",
            body.subject
        );
        assert!(body.subject.chars().count() <= 200, "{name:?}");
        let inert = |text: &str| text.chars().all(|c| c == '\n' || !c.is_control());
        assert!(
            inert(&body.text) && inert(&text::render(&report, &look()).unwrap()),
            "{name:?}"
        );
        let digest = digest::render(&report, &look()).unwrap();
        assert!(!digest.heading.contains(char::is_control), "{name:?}");
    });
}

#[test]
fn in_tables_for_programs() {
    fuzz(|name| {
        let report = named(name);
        let table = csv::render(&report).text;
        let mut rows = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(table.as_bytes());
        for row in rows.records() {
            let row = row.unwrap_or_else(|error| panic!("{name:?}: {error}"));
            assert_eq!(row.len(), 22, "{name:?}");
            let starts = ['=', '@', '\t', '\r', '\n', '\0'];
            assert!(
                row.iter().all(|cell| !cell.starts_with(starts)),
                "{name:?}: {row:?}"
            );
        }
        let document: serde_json::Value = serde_json::from_str(&json::render(&report).unwrap()).unwrap();
        assert_eq!(document["title"], name);
    });
}

#[test]
fn in_workbooks() {
    fuzz(|name| {
        let mut book = Xlsx::new(Cursor::new(xlsx::render(&named(name), &look()).unwrap())).unwrap();
        for sheet in book.sheet_names() {
            let formulas = book.worksheet_formula(&sheet).unwrap();
            for (_, _, formula) in formulas.used_cells() {
                assert!(formula.starts_with("SUBTOTAL(109,"), "{name:?}: {formula}");
            }
            let cells = book.worksheet_range(&sheet).unwrap();
            let failed = cells
                .used_cells()
                .any(|(_, _, cell)| matches!(cell, Data::Error(_)));
            assert!(!failed, "{name:?}: {sheet}");
        }
    });
}

#[test]
fn in_names_of_files() {
    fuzz(|name| {
        let report = named(name);
        if let Ok(made) = name::artifact("{{job.title}}.{{ext}}", &report, "csv") {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            assert!(
                made.chars().all(plain) && !made.starts_with(['.', '-']) && made.len() <= 120,
                "{name:?}: {made}"
            );
        }
    });
}

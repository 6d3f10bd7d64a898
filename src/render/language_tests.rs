//! The faces in another language: Spanish whole, others as far as a job has words for them.

mod reconciled;
mod restated;

use super::{Look, digest, mail, page, text, xlsx};
use crate::language::{Text, Value, say};
use crate::period::{Calendar, Period};
use crate::report::{Part, Report, Sentence, sample, told};
use regex::Regex;
use rust_decimal::dec;
use std::collections::BTreeMap;

pub(super) fn look(locale: &str) -> Look {
    Look {
        locale: locale.into(),
        file_name: "x.{{ext}}".into(),
        ..Look::default()
    }
}

/// The hard sample, with sentences of ours in the place of those that it makes up.
fn hard() -> Report {
    let mut report = sample::report();
    let (october, september) = (report.period.clone(), report.compared_with[0].period.clone());
    let spend = Part::Value {
        value: dec!(4070.3612345678),
        unit: crate::metric::Unit::Currency,
        currency: report.currency,
    };
    let rose = told!(
        "answer-rose",
        "change" = Part::Percent(dec!(14.4897)),
        "value" = spend.clone()
    );
    let days = say!("days-more", "count" = 1_u32);
    report.title = "Plataforma de IA: informe mensual".into();
    report.answer = vec![
        rose.clone(),
        told!(
            "answer-per-day-up",
            "change" = Part::Percent(dec!(10.8)),
            "period" = october,
            "days" = days,
            "base" = september,
        ),
        told!(
            "mover-cost-more",
            "name" = Part::Strong("{ $x } \"Ventas\"".into()),
            "value" = spend
        ),
    ];
    for section in &mut report.sections {
        section.title = match section.key.as_str() {
            "summary" => say!("section-summary"),
            "daily" => say!("section-daily"),
            "by_model" => say!("by-dimension", "dimension" = Text::keyed("dimension-", "model")),
            list => Text::keyed("list-", list),
        };
    }
    report.charts[0].title = say!("cost-per-day");
    report.charts[1].title = Text::keyed("list-", "top_users_by_cost");
    for chart in &mut report.charts {
        chart.message = rose.clone();
    }
    report.sources[0].scope = Some("Grupo Acme".into());
    let day = "2026-10-25".parse().unwrap();
    report.notices[0].text = say!(
        "days-absent",
        "period" = &Period::parse("2026-10", Calendar::default()).unwrap(),
        "days" = Value::Days(day, day),
        "count" = 1_u32,
        "lists" = say!("daily-cost"),
    );
    report.notices[1].text = say!("days-are-days-of", "zone" = "UTC", "own" = "Europe/Madrid");
    report.provisional_through = Some("2026-11-01T00:00:00Z".parse().unwrap());
    report.revision = 2;
    report
}

/// What is read of a page or text: no style, no tags, no names of files or keys.
fn read(face: &str) -> String {
    let without = [
        "(?s)<style.*?</style>",
        "(?s)<!--.*?-->",
        r#"(?:class|style|id|href|src|name|for|role|media|content|http-equiv|aria-labelledby|xmlns|scope|type|dir|viewBox|font-family|text-anchor|paint-order|stroke-linejoin)="[^"]*""#,
        "<[a-z/!][^\"<>]*(?:\"|>)",
    ];
    without.iter().fold(face.to_owned(), |text, pattern| {
        Regex::new(pattern).unwrap().replace_all(&text, " ").into_owned()
    })
}

/// Words that no Spanish report may have left over.
pub(super) fn assert_no_english(face: &str, what: &str) {
    let words = Regex::new(
        r"(?i)\b(the|of|and|was|were|is|are|with|than|from|to|by|in|days?|total cost|requests?|change|share|figures?|others?|notices|missing|spend|rose|fell|agents|users|models?|run|source|fetched|generated|available|shown|week|compared|up|down|flat)\b",
    )
    .unwrap();
    // Names of the data, and of us.
    let names = [
        "Sales Outbound",
        "Customer Support 24/7",
        "Invoice, \"Smart\" Helper",
        "two lines and a",
    ];
    let mut text = read(face).replace("&quot;", "\"");
    for name in names {
        text = text.replace(name, "");
    }
    let left: Vec<&str> = words.find_iter(&text).map(|word| word.as_str()).collect();
    assert!(left.is_empty(), "{what}: {left:?} in {text}");
}

/// The same of words that only some sections say.
pub(super) fn assert_none_of(words: &str, face: &str, what: &str) {
    let words = Regex::new(&format!(r"(?i)\b({words})\b")).unwrap();
    let text = read(face);
    let left: Vec<&str> = words.find_iter(&text).map(|word| word.as_str()).collect();
    assert!(left.is_empty(), "{what}: {left:?} in {text}");
}

/// The words of a workbook, those of its last sheet without the keys of metrics.
pub(super) fn words_of_book(bytes: Vec<u8>) -> String {
    let keys = Regex::new(r"\([a-z_]+\)$").unwrap();
    let mut book: calamine::Xlsx<_> = calamine::Reader::new(std::io::Cursor::new(bytes)).unwrap();
    let mut words = String::new();
    for (name, range) in calamine::Reader::worksheets(&mut book) {
        words.extend([name.as_str(), "\n"]);
        for (_, _, cell) in range.used_cells() {
            if let calamine::Data::String(text) = cell {
                words += &keys.replace(&text.replace(char::is_control, " "), "");
                words.push('\n');
            }
        }
    }
    words
}

#[test]
fn spanish_faces_are_as_approved() {
    let (report, look) = (hard(), look("es-ES"));
    let mail = mail::render(&report, &look, &[], true).unwrap();
    let digest = digest::render(&report, &look).unwrap();
    assert_eq!(digest.words.more, "… y # más en el informe completo");
    let digest = format!("{digest:#?}");
    let (page, text) = (
        page::render(&report, &look).unwrap(),
        text::render(&report, &look).unwrap(),
    );
    for (face, what) in [
        (&page, "page"),
        (&text, "text"),
        (&mail.text, "mail text"),
        (&mail.html, "mail page"),
        (&mail.subject, "subject"),
    ] {
        assert_no_english(face, what);
    }
    assert!(page.contains("<html lang=\"es-ES\">"));
    insta::assert_snapshot!("spanish_text", text);
    insta::assert_snapshot!("spanish_page", page);
    insta::assert_snapshot!("spanish_mail_subject", mail.subject);
    insta::assert_snapshot!("spanish_mail_text", mail.text);
    insta::assert_snapshot!("spanish_mail_html", mail.html);
    insta::assert_snapshot!("spanish_digest", digest);
}

#[test]
fn spanish_comparisons_and_trends_are_as_approved() {
    let (comparison, trend) = (sample::comparison(dec!(123.456)), sample::trend());
    for (report, name) in [(comparison, "spanish_comparison"), (trend, "spanish_trend")] {
        let named = Report {
            title: "Muestra".into(),
            ..report
        };
        let text = text::render(&named, &look("es-ES")).unwrap();
        let page = page::render(&named, &look("es-ES")).unwrap();
        assert_no_english(&text, name);
        assert_no_english(&page, name);
        insta::assert_snapshot!(format!("{name}_text"), text);
        insta::assert_snapshot!(format!("{name}_page"), page);
    }
}

#[test]
fn the_workbook_speaks_spanish_and_its_data_sheets_are_found() {
    let keys = Regex::new(r"\([a-z_]+\)$|Globant Enterprise AI|AI platform|monthly-full-report").unwrap();
    for report in [hard(), sample::comparison(dec!(123.456)), sample::trend()] {
        let bytes = xlsx::render(&report, &look("es-ES")).unwrap();
        assert_eq!(bytes, xlsx::render(&report, &look("es-ES")).unwrap());
        let mut book: calamine::Xlsx<_> = calamine::Reader::new(std::io::Cursor::new(bytes)).unwrap();
        let sheets = calamine::Reader::sheet_names(&book);
        assert_eq!(sheets[0], "Resumen");
        assert_eq!(sheets[sheets.len() - 2..], ["Datos de los gráficos", "Notas"]);
        let mut words = String::new();
        for (_, range) in calamine::Reader::worksheets(&mut book) {
            for (_, _, cell) in range.used_cells() {
                if let calamine::Data::String(text) = cell {
                    words += &text.replace(char::is_control, " ");
                    words.push('\n');
                }
            }
        }
        let words: Vec<String> = words
            .lines()
            .map(|line| keys.replace_all(line, "").into_owned())
            .collect();
        assert_no_english(&words.join("\n"), "workbook");
    }
}

#[test]
fn numbers_stay_and_machines_read_english() {
    let report = hard();
    let english = super::render(&report, &[crate::config::plan::Format::Csv], &look("en-GB")).unwrap();
    let spanish = super::render(&report, &[crate::config::plan::Format::Csv], &look("es-ES")).unwrap();
    assert_eq!(english, spanish);
    let json = super::json::render(&report).unwrap();
    assert!(json.contains("\"title\":\"Top users by cost\""), "{json}");
    assert!(json.contains("{\"text\":\"Spend rose \"}"), "{json}");
}

#[test]
fn a_job_adds_a_language_with_two_messages() {
    let french = Look {
        templates: BTreeMap::from([(
            "language/fr.ftl".to_owned(),
            "moved-most = Ce qui a le plus changé\nanswer-rose = La dépense a augmenté de { $change }, à { $value }.\n"
                .to_owned(),
        )]),
        ..look("fr-FR")
    };
    let page = page::render(&hard(), &french).unwrap();
    assert!(page.contains("<html lang=\"fr-FR\">"));
    assert!(page.contains("Ce qui a le plus changé"));
    assert!(page.contains("La dépense a augmenté de <strong><bdi>14,5"));
    assert!(page.contains("All figures"), "what it lacks is English");
    let english = page::render(&hard(), &look("fr-FR")).unwrap();
    assert!(english.contains("<html lang=\"en\">"));
    assert!(english.contains("What moved most"));
}

#[test]
fn sentences_from_outside_are_the_same_in_every_language() {
    let mut report = hard();
    report.answer = vec![Sentence::plain(vec![Part::Text("As the platform said.".into())])];
    report.notices[0].text = "error { 17 }: \"nope\"".into();
    let page = text::render(&report, &look("es-ES")).unwrap();
    assert!(page.contains("As the platform said."));
    assert!(page.contains("error { 17 }: \"nope\""));
}

#[test]
fn a_mail_without_its_files_says_so_in_the_readers_language() {
    let artifact = super::Artifact {
        name: "informe.csv".into(),
        media_type: "text/csv".into(),
        bytes: bytes::Bytes::from(vec![b'x'; 1_540_000]),
        sha256: String::new(),
        rows: None,
    };
    let said = mail::unattached(&look("es-AR"), &[artifact]);
    assert_eq!(
        said.why,
        "Los archivos de este informe no van adjuntos: juntos ocupan 1,5\u{a0}MB, más de lo que admite un correo."
    );
    assert_eq!(
        (said.heading.as_str(), said.files.join(""), said.places.as_str()),
        (
            "Archivos:",
            "informe.csv (1,5\u{a0}MB)".into(),
            "Se encuentran aquí:"
        )
    );
}

/// Names from right to left are isolated within what people read, and nowhere else; others get nothing that cannot be seen.
#[test]
fn a_name_from_right_to_left_turns_nothing_around_it() {
    use crate::config::plan::Format;
    let marks = |text: &str| text.matches(['\u{2068}', '\u{2069}']).count();
    for (name, isolates) in [("Apolo 11", false), ("פרויקט 11", true), ("مشروع", true)] {
        let mut report = hard();
        report.answer = vec![told!(
            "mover-cost-more",
            "name" = Part::Strong(name.into()),
            "value" = Part::Percent(dec!(1))
        )];
        report.notices[0].text = say!("budget-nobody", "name" = name, "dimension" = "x", "member" = name);
        for section in &mut report.sections {
            for figure in &mut section.figures {
                if figure.member.is_some() {
                    figure.label = name.into();
                }
            }
        }
        for locale in ["es-ES", "en-US"] {
            let text = text::render(&report, &look(locale)).unwrap();
            let page = page::render(&report, &look(locale)).unwrap();
            let isolated = format!("\u{2068}{name}\u{2069}");
            for face in [
                &text,
                &page,
                &mail::render(&report, &look(locale), &[], false).unwrap().text,
            ] {
                assert_eq!(
                    face.matches(&isolated).count() > 2,
                    isolates,
                    "{locale} {name}: {face}"
                );
                assert_eq!(marks(face), 2 * face.matches(&isolated).count(), "{name}: {face}");
            }
            let book = words_of_book(xlsx::render(&report, &look(locale)).unwrap());
            assert_eq!(book.contains(&isolated), isolates, "{locale} {name}");
            let files = super::render(&report, &[Format::Csv, Format::Json], &look(locale)).unwrap();
            for file in files {
                assert_eq!(marks(&String::from_utf8_lossy(&file.bytes)), 0, "{}", file.name);
            }
        }
    }
}

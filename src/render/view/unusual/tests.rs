//! The table of a month with a spike, a drop, and a new level of members with hard names.

use super::*;
use crate::render::language_tests::{self, assert_no_english, assert_none_of, words_of_book};
use crate::render::{Look, mail, page, text, xlsx};
use crate::report::unusual_sample;

fn table_of(report: &Report, rows: usize) -> Table {
    let section = report
        .sections
        .iter()
        .find(|section| section.key == "anomalies")
        .unwrap();
    table(section, report, &Formatter::new("en-GB"), rows).unwrap()
}

fn look() -> Look {
    Look {
        locale: "en-GB".into(),
        ..Look::default()
    }
}

#[test]
fn the_table_says_what_was_there_what_is_usual_and_why() {
    let lines = table_of(&unusual_sample::hostile(), 10).lines;
    assert!(
        lines.iter().all(|line| line.chars().count() <= WIDTH),
        "{lines:#?}"
    );
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn where_there_is_little_room_those_that_differ_most_are_shown() {
    let report = unusual_sample::hostile();
    let all = table_of(&report, 10);
    let one = table_of(&report, 1);
    assert_eq!(all.rows.len(), report.anomalies.len());
    assert!(all.rows.len() > 1);
    assert_eq!((one.rows.len(), one.rows[0].name.as_str()), (1, "Since 20 Oct"));
    assert_eq!(
        one.note,
        format!(
            "1 of {} shown · beside the median of the same weekdays before",
            all.rows.len()
        )
    );
}

#[test]
fn page_and_text_tell_of_the_same_days() {
    let report = unusual_sample::hostile();
    let page = page::render(&report, &look()).unwrap();
    let text = text::render(&report, &look()).unwrap();
    for row in table_of(&report, 10).rows {
        for cell in row.cells {
            assert!(page.contains(&cell) && text.contains(&cell), "{cell}");
        }
    }
    assert!(page.contains("small.belongs{"));
    assert!(!page.contains("<script>alert"));
}

/// English words of unusual days that no Spanish face may have.
const ENGLISH: &str = "cost|usual|unusual|since|before|known|data|median|more|less|explains|goes|what|why|score|difference|level|day|date|weekdays?|events?|missing";

#[test]
fn spanish_days_are_as_approved() {
    let mut report = unusual_sample::hostile();
    report.title = "Muestra".into();
    let first = report.anomalies[0].clone();
    report.anomalies[0] = Anomaly {
        event: Some("carga \"{ $x }\"".into()),
        doubtful: true,
        ..first
    };
    let look = language_tests::look("es-ES");
    let page = page::render(&report, &look).unwrap();
    let text = text::render(&report, &look).unwrap();
    let mail = mail::render(&report, &look, &[], true).unwrap();
    let book = words_of_book(xlsx::render(&report, &look).unwrap());
    for (face, what) in [
        (&page, "page"),
        (&text, "text"),
        (&mail.html, "mail page"),
        (&mail.text, "mail text"),
        (&book, "workbook"),
    ] {
        assert_no_english(face, what);
        assert_none_of(ENGLISH, face, what);
        assert!(
            what.starts_with("mail") || face.contains("evento conocido: carga"),
            "{what}"
        );
    }
    assert!(book.contains("Diferencia %"), "{book}");
    insta::assert_snapshot!(text);
    let alerts = report.alerts.iter();
    assert!(
        alerts
            .map(|alert| &alert.text)
            .all(|alert| alert.contains(" cost"))
    );
}

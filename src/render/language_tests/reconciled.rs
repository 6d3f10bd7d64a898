//! A reconciliation, a revision and a rule in Spanish.

use super::{assert_no_english, look};
use crate::config::plan::{Condition, Rearm, When};
use crate::render::{Look, mail, page, text, xlsx};
use crate::report::{Report, restatement, rules, sample};
use calamine::Reader;
use rust_decimal::dec;

/// Usage and bill that part, in a revision that changes the total and by a rule that holds.
fn report() -> Report {
    let mut report = sample::reconciled(dec!(123.456));
    report.title = "Muestra".into();
    let before = restatement::version(&report);
    report.revision = 2;
    let mut figures = report
        .sections
        .iter_mut()
        .flat_map(|section| &mut section.figures);
    let total = figures
        .find(|figure| figure.metric.key() == "total_cost")
        .unwrap();
    total.value = total.value.map(|value| value + dec!(19.75));
    restatement::restate(&mut report, &before);
    let rule = |metric: &str, condition| When {
        metric: metric.into(),
        condition,
        limit: dec!(5),
        rearm: Rearm::WhenFalse,
    };
    let when = [
        rule("total_cost", Condition::Above),
        rule("total_cost", Condition::ChangeAbove),
        rule("active_users", Condition::Below),
        rule("active_users", Condition::ChangeBelow),
    ];
    let judged = rules::judge(&report, &when, &rules::Known::default());
    report.notices.splice(0..0, rules::notices(&judged));
    report
}

/// `face` on one line, so that names are whole, without the name of the known gap, which is nobody's to translate.
fn ours(face: &str) -> String {
    let line = face.split_whitespace().collect::<Vec<_>>().join(" ");
    ["Support <plan> & more", "Support &lt;plan&gt; &amp; more"]
        .iter()
        .fold(line, |line, name| line.replace(name, ""))
}

#[test]
fn a_reconciled_revision_is_spanish_in_every_face() {
    let (report, look): (Report, Look) = (report(), look("es-ES"));
    let mail = mail::render(&report, &look, &[], true).unwrap();
    let (page, text) = (
        page::render(&report, &look).unwrap(),
        text::render(&report, &look).unwrap(),
    );
    for (face, what) in [
        (&page, "page"),
        (&text, "text"),
        (&mail.text, "mail text"),
        (&mail.html, "mail page"),
    ] {
        assert_no_english(&ours(face), what);
    }
    let bytes = xlsx::render(&report, &look).unwrap();
    let mut book: calamine::Xlsx<_> = Reader::new(std::io::Cursor::new(bytes)).unwrap();
    let mut words = String::new();
    for (_, range) in book.worksheets() {
        for (_, _, cell) in range.used_cells() {
            if let calamine::Data::String(text) = cell {
                words += &text.replace(char::is_control, " ");
                words.push('\n');
            }
        }
    }
    for own in [
        "Conciliación",
        "Uso frente a factura",
        "Sobre el uso %",
        "cuadra",
        "Diferencia conocida",
        "Revisión 1",
        "Porcentaje sin explicar",
        "Cambios desde la revisión 1",
        "Importe de la factura que se sabe que el uso no incluye",
    ] {
        assert!(words.contains(own), "{own}: {words}");
    }
    for english in [
        "Usage against",
        "Unexplained",
        "Remark",
        "ties",
        "Revision 1",
        "Unattributed",
    ] {
        assert!(!words.contains(english), "{english}: {words}");
    }
}

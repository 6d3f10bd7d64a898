//! Budgets in every face: one in each state, one of a project that nobody knows, and one of nothing.

use super::chart::{self, Letters, Palette, Room};
use super::format::Formatter;
use super::language_tests::{self, assert_no_english, assert_none_of, words_of_book};
use super::{Look, csv, digest, json, mail, page, text, xlsx};
use crate::metric::Metric;
use crate::report::{BudgetState, Report, sample_budgets as sample};
use calamine::{Data, Reader, Xlsx};
use rust_decimal::{Decimal, dec};
use std::io::Cursor;

fn look() -> Look {
    Look {
        locale: "en-GB".into(),
        ..Look::default()
    }
}

/// What stands between two marks of a face.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap();
    rest.split_once(to).unwrap().0
}

#[test]
fn budgets_are_shown_as_approved() {
    let report = sample::report();
    let page = page::render(&report, &look()).unwrap();
    let table = between(&page, "aria-label=\"Budgets\">\n<table>", "</table>");
    insta::assert_snapshot!("budgets_table", table);
    insta::assert_snapshot!("budgets_text", text::render(&report, &look()).unwrap());
    let mail = mail::render(&report, &look(), &[], true).unwrap();
    assert!(mail.images.iter().any(|image| image.key == "budgets"));
    assert!(mail.html.contains("<th scope=\"col\" class=\"line muted\" align=\"right\" style=\"border-bottom:1px solid #e3e7ec;padding:5px 0 5px 8px;font-size:12px;font-weight:400;color:#5b6675\">State</th>"));
    for line in mail
        .text
        .lines()
        .chain(text::render(&report, &look()).unwrap().lines())
    {
        assert!(line.chars().count() <= 80 || line.starts_with('['), "{line}");
    }
    let said = digest::render(&report, &look()).unwrap().answer;
    assert!(said.contains("though its budget is 0."), "{said}");
}

#[test]
fn the_chart_of_budgets_is_as_approved_and_can_be_drawn_of_anything() {
    let mut report = sample::report();
    let svg = |report: &Report, room| {
        let chart = report.charts.iter().find(|chart| chart.key == "budgets").unwrap();
        let formatter = Formatter::new("en-GB");
        let palette = Palette::new("#0b5cad");
        chart::svg(
            chart,
            "Budgets",
            &formatter,
            &palette,
            Letters::Of(&chart::Fonts::with(&[])),
            room,
        )
    };
    insta::assert_snapshot!("budgets_svg", svg(&report, Room::Column));
    for chart in &mut report.charts {
        if let crate::report::ChartForm::Budgets { bars } = &mut chart.form {
            bars[0].spent = Some(Decimal::MAX);
            bars[0].forecast = Some(Decimal::MIN);
            bars[1].high = Some(Decimal::MAX);
            bars[1].low = Some(dec!(-4));
            bars[2].label = "\u{202e}<script>".repeat(40);
            bars[2].state = None;
        }
    }
    for room in [Room::Column, Room::Phone] {
        let drawn = svg(&report, room);
        chart::rasterise(&drawn, &chart::Fonts::with(&[])).unwrap();
        assert!(!drawn.contains("<script") && !drawn.contains('\u{202e}'));
    }
}

#[test]
fn the_sheet_of_budgets_has_typed_cells() {
    let report = sample::report();
    let bytes = xlsx::render(&report, &look()).unwrap();
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range("Budgets").unwrap();
    let rows: Vec<&[Data]> = sheet.rows().collect();
    let heads = rows
        .iter()
        .position(|row| row[0] == Data::String("Budget".into()))
        .unwrap();
    let column = |head: &str| {
        let mut cells = rows[heads].iter();
        cells.position(|cell| *cell == Data::String(head.into())).unwrap()
    };
    let all = rows[heads + 1];
    assert_eq!(all[0], Data::String("all".into()));
    assert_eq!(all[column("State")], Data::String("over".into()));
    assert_eq!(all[column("Budget USD")], Data::Float(20_000.0));
    assert_eq!(all[column("Spent USD")], Data::Float(13_752.75));
    assert!(matches!(all[column("Used up on")], Data::DateTime(_)));
    let boreas = rows
        .iter()
        .find(|row| row[0] == Data::String("boreas".into()))
        .unwrap();
    assert_eq!(boreas[1], Data::String("=Boreas".into()), "a name is no formula");
    let nothing = rows
        .iter()
        .find(|row| row[0] == Data::String("none".into()))
        .unwrap();
    assert_eq!(nothing[column("Budget used %")], Data::String("n/a".into()));
}

#[test]
fn documents_carry_budgets_unrounded() {
    let report = sample::report();
    let states: Vec<Option<BudgetState>> = report.budgets.iter().map(|budget| budget.state).collect();
    assert_eq!(
        states,
        [
            Some(BudgetState::Over),
            Some(BudgetState::Exceeded),
            Some(BudgetState::Ok),
            Some(BudgetState::Ok),
            Some(BudgetState::Unbudgeted),
            Some(BudgetState::Watch),
        ]
    );
    let json = json::render(&report).unwrap();
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let all = &document["budgets"][0];
    assert_eq!(
        (&all["state"], &all["used_up"]),
        (&"over".into(), &"2026-11-26".into())
    );
    assert_eq!(all["spent"].as_str().map(str::parse), Some(Ok(dec!(13752.75))));
    let csv = csv::render(&report).text;
    let row = |metric: Metric| {
        let mark = format!(",budgets,{},", metric.key());
        csv.lines().find(|line| line.contains(&mark)).map(str::to_owned)
    };
    let run_out = row(Metric::BudgetRunOut).unwrap();
    assert!(run_out.contains(",budget,all,,count,,26,ok"), "{run_out}");
    let spent = row(Metric::TotalCost).unwrap();
    assert!(spent.contains(",budget,all,,currency,USD,13752.75"), "{spent}");
}

/// English words of budgets that no Spanish face may have.
const ENGLISH: &str = "budgets?|spent|used|forecasts?|range|state|cost|median|mean|pace|over|exceeded|watch|ok|ends|ended|bias|variance|weekdays?|standard|none is|note";

#[test]
fn spanish_budgets_are_as_approved() {
    let spanish = language_tests::look("es-ES");
    for (state, mut report) in [
        ("open", sample::report()),
        ("closed", sample::closed()),
        ("early", sample::early()),
    ] {
        report.title = "Plataforma de IA: presupuestos".into();
        let page = page::render(&report, &spanish).unwrap();
        let text = text::render(&report, &spanish).unwrap();
        let mail = mail::render(&report, &spanish, &[], true).unwrap();
        let book = words_of_book(xlsx::render(&report, &spanish).unwrap());
        for (face, what) in [
            (&page, "page"),
            (&text, "text"),
            (&mail.html, "mail page"),
            (&mail.text, "mail text"),
            (&book, "workbook"),
        ] {
            assert_no_english(face, what);
            assert_none_of(ENGLISH, face, what);
        }
        assert!(page.contains("sin presupuesto"), "{state}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80 || line.starts_with('['), "{line}");
        }
        insta::assert_snapshot!(format!("spanish_budgets_{state}"), text);
        let alerts: Vec<&str> = report.alerts.iter().map(|alert| alert.text.as_str()).collect();
        assert!(
            alerts.iter().all(|alert| alert.starts_with("Budget `")),
            "{alerts:?}"
        );
    }
    let mut report = sample::report();
    report.title = "Presupuestos".into();
    let book = words_of_book(xlsx::render(&report, &spanish).unwrap());
    for words in [
        "Por gastar",
        "Se agota el",
        "Todos los costos",
        "días de la semana de ocho semanas",
    ] {
        assert!(book.contains(words), "{words} in {book}");
    }
}

#[test]
fn what_is_not_known_of_budgets_is_said_in_spanish() {
    use crate::report::{Brief, build};
    let period = sample::november();
    let spanish = language_tests::look("es-ES");
    let shown = |brief: &Brief, dataset| {
        let mut report = build(brief, &[dataset], &[], None);
        report.title = "Presupuestos".into();
        text::render(&report, &spanish).unwrap()
    };
    let mut other = sample::budget("euros", dec!(1000));
    other.currency = "EUR".parse().unwrap();
    let mut unsplit = sample::of_project("Apollo", sample::budget("apollo", dec!(8_000)));
    unsplit.scope.as_mut().unwrap().dimension = "service_type".into();
    let mut gap = sample::dataset(&period, sample::level());
    for window in &mut gap.windows {
        for (day, cost) in &mut window.daily[0].points {
            if *day == sample::day("2026-11-04") {
                *cost = None;
            }
        }
    }
    let brief = sample::brief(
        &period,
        vec![
            other,
            unsplit,
            sample::of_project("Gone", sample::budget("gone", dec!(100))),
            sample::budget("all", dec!(20_000)),
        ],
    );
    let text = shown(&brief, gap);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "Presupuesto euros: está en EUR, y los costos están en USD y no se han convertido, por lo que no se comparan.",
        "Presupuesto apollo: no se conoce el costo por tipo de servicio.",
        "Presupuesto gone: no consta nada de proyecto Gone;",
        "Sin proyección: no se conoce el costo de uno de los 18 días transcurridos, y no se supone ninguno.",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
}

//! The same figure reads the same wherever it stands, and the parts that are shown add up to the total that is shown.

use super::{Artifact, Look, digest, mail, page, text, xlsx};
use crate::report::{Report, sample};
use calamine::{Data, Reader as _, Xlsx};
use regex::Regex;
use rust_decimal::{Decimal, dec};
use std::io::Cursor;

/// Reports whose cents do not round well: parts that tie at half a cent, slivers, fortunes, credits.
fn hard_reports() -> Vec<Report> {
    let costs = [
        dec!(123.456),
        dec!(33.335),
        dec!(1.005),
        dec!(0.0333),
        dec!(987654321.123),
        dec!(-5),
    ];
    let steps = (1..12).map(|step| dec!(0.317) * Decimal::from(step) + dec!(0.0049));
    let comparisons = costs.into_iter().chain(steps).map(sample::comparison);
    comparisons
        .chain([
            sample::reconciled(dec!(33.335)),
            sample::reconciled(dec!(123.456)),
            sample::reconciled(dec!(0.77)),
        ])
        .collect()
}

fn look() -> Look {
    Look {
        locale: "en-US".into(),
        ..Look::default()
    }
}

/// What stands in a text, on one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a reader reads of HTML: without tags, on one line.
fn words(html: &str) -> String {
    let mut text = html.to_owned();
    for (pattern, instead) in [
        (r"(?s)<style>.*?</style>|<!--.*?-->", " "),
        (r"</?(?:strong|span|bdi)\b[^>]*>", ""),
        (r"<[^>]*>", " "),
    ] {
        text = Regex::new(pattern)
            .unwrap()
            .replace_all(&text, instead)
            .into_owned();
    }
    for (entity, letter) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x3D;", "="),
        ("&#x60;", "`"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, letter);
    }
    flat(&text)
}

/// The tables of a page below this heading, row by row, the head left out.
fn tables(page: &str, title: &str) -> Vec<Vec<Vec<String>>> {
    let rows = Regex::new(r#"(?s)<tr class="(?:member|others|total)">(.*?)</tr>"#).unwrap();
    let cells = Regex::new(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>").unwrap();
    page.split(&format!("<bdi>{title}</bdi>"))
        .skip(1)
        .map(|rest| {
            let table = rest.split("</table>").next().unwrap();
            rows.captures_iter(table)
                .map(|row| cells.captures_iter(&row[1]).map(|cell| words(&cell[1])).collect())
                .collect()
        })
        .collect()
}

/// An amount as it reads; what is too small to be shown adds nothing.
fn amount(text: &str) -> Decimal {
    let digits = text.replace(',', "").replace('\u{2212}', "-").replace('+', "");
    if digits.starts_with(['<', '>']) {
        return Decimal::ZERO;
    }
    digits.parse().unwrap_or_else(|_| panic!("`{text}` is no amount"))
}

fn column(table: &[Vec<String>], at: usize) -> Vec<Decimal> {
    table.iter().map(|row| amount(&row[at])).collect()
}

fn assert_leads(values: &[Decimal], what: &str) {
    let (total, parts) = values.split_last().unwrap();
    assert_eq!(parts.iter().sum::<Decimal>(), *total, "{what}");
}

/// The faces that people read, each in its words.
fn faces(report: &Report) -> Vec<(&'static str, String)> {
    let mail = mail::render(report, &look(), &[] as &[Artifact], false).unwrap();
    let mut workbook = Xlsx::new(Cursor::new(xlsx::render(report, &look()).unwrap())).unwrap();
    let summary = workbook.worksheet_range("Summary").unwrap();
    let texts = summary.cells().filter_map(|(_, _, cell)| match cell {
        Data::String(text) => Some(text.clone()),
        _ => None,
    });
    vec![
        ("page", words(&page::render(report, &look()).unwrap())),
        ("mail", words(&mail.html)),
        ("mail as text", flat(&mail.text)),
        ("text", flat(&text::render(report, &look()).unwrap())),
        ("workbook", flat(&texts.collect::<Vec<_>>().join(" "))),
    ]
}

/// What the answer calls an effect, and what the table does.
const EFFECTS: [(&str, &str); 8] = [
    ("(?:higher|lower) prices", "Price"),
    ("(?:more|less) use", "Volume"),
    ("a (?:dearer|cheaper) mix", "Mix"),
    ("what is new", "New"),
    ("what is no longer used", "Retired"),
    ("exchange rates", "Exchange rates"),
    ("other changes", "Other"),
    ("the cost of a unit", "Price"),
];

#[test]
fn the_answer_is_the_same_words_on_every_face() {
    for report in hard_reports() {
        let answer = flat(&digest::render(&report, &look()).unwrap().answer);
        for (face, told) in faces(&report) {
            assert!(told.contains(&answer), "{face}: {answer}\n{told}");
        }
    }
}

#[test]
fn an_effect_reads_the_same_in_sentence_table_and_picture() {
    let mut seen = 0;
    for report in hard_reports() {
        let answer = flat(&digest::render(&report, &look()).unwrap().answer);
        let html = page::render(&report, &look()).unwrap();
        let told = words(&html);
        let tables = tables(&html, "Why the cost changed");
        for (table, sentences) in tables.iter().zip(sentences_of(&answer, tables.len())) {
            assert_leads(&column(table, 1), &answer);
            for (words_of_effect, label) in EFFECTS {
                let pattern = format!(r"(?i){words_of_effect}(?: added| took)? USD ([<\d.,]*\d)");
                let Some(found) = Regex::new(&pattern).unwrap().captures(&sentences) else {
                    continue;
                };
                let row = table.iter().find(|row| row[0] == label).unwrap();
                assert_eq!(
                    row[1].trim_start_matches(['+', '\u{2212}']),
                    &found[1],
                    "{answer}"
                );
                let shown = format!("{label} {}", row[1]);
                // The table, the picture, and the picture for a phone.
                assert!(told.matches(&shown).count() >= 3, "{shown}: {told}");
                seen += 1;
            }
        }
        for (face, told) in faces(&report).into_iter().filter(|(face, _)| *face != "workbook") {
            for row in tables.iter().flatten() {
                assert!(told.contains(&row.join(" ")), "{face}: {row:?}");
            }
        }
    }
    assert!(seen > 40, "only {seen} effects were compared");
}

/// The sentences about each of so many sources; of one all of them.
fn sentences_of(answer: &str, sources: usize) -> Vec<String> {
    if sources < 2 {
        return vec![answer.to_owned()];
    }
    let (usage, bill) = answer.split_once("bill: ").unwrap();
    vec![usage.to_owned(), bill.to_owned()]
}

#[test]
fn members_and_shares_add_up_and_the_picture_leads_with_the_amount_of_the_table() {
    let (mut shares, mut led) = (0, 0);
    let leader = Regex::new("leads with USD\u{a0}([\\d,.]*\\d)").unwrap();
    let percent = Regex::new(r"^(\d+\.\d) %").unwrap();
    for report in hard_reports() {
        let html = page::render(&report, &look()).unwrap();
        let leads: Vec<String> = leader
            .captures_iter(&html)
            .map(|found| found[1].to_owned())
            .collect();
        led += leads.len();
        for table in tables(&html, "By project") {
            assert_leads(&column(&table, 1), "now");
            assert_leads(&column(&table, 2), "before");
            let column: Vec<&String> = table.iter().map(|row| &row[1]).collect();
            // A bar from zero can show no credit, so that there is no picture of them.
            let drawn = leads.is_empty() || leads.iter().any(|lead| column.contains(&lead));
            assert!(drawn, "{leads:?}: {column:?}");
            let told: Vec<Decimal> = table
                .iter()
                .filter_map(|row| row[3..].iter().find_map(|cell| percent.captures(cell)))
                .map(|found| found[1].parse().unwrap())
                .collect();
            if told.len() == table.len() {
                assert_leads(&told, "shares");
                assert_eq!(told.last(), Some(&dec!(100.0)));
                shares += 1;
            }
        }
    }
    assert!(
        shares > 10 && led > 10,
        "only {shares} tables have shares, {led} pictures a leader"
    );
}

#[test]
fn what_moved_most_reads_as_in_its_table() {
    let mut seen = 0;
    for report in [
        sample::comparison(dec!(0.0000001)),
        sample::comparison(dec!(33.335)),
    ] {
        let table = tables(&page::render(&report, &look()).unwrap(), "By project").remove(0);
        for mover in digest::render(&report, &look()).unwrap().movers {
            let Some(row) = table.iter().find(|row| flat(&mover.label) == row[0]) else {
                continue;
            };
            assert_eq!(flat(&mover.value), format!("USD {}", row[1]), "{}", mover.label);
            seen += 1;
        }
    }
    assert!(seen > 3, "only {seen} movers stand in the table");
}

#[test]
fn usage_and_the_steps_to_the_bill_read_the_same_and_add_up() {
    let sentence = Regex::new(r"(?:holds|tells) USD ([\d.,]*\d) that").unwrap();
    for cost in [
        dec!(33.335),
        dec!(123.456),
        dec!(0.77),
        dec!(1.005),
        dec!(987654.321),
    ] {
        let report = sample::reconciled(cost);
        let html = page::render(&report, &look()).unwrap();
        let [table] = &tables(&html, "Usage against bill")[..] else {
            panic!("{html}")
        };
        assert_leads(&column(table, 1), "usage to bill");
        let unexplained = table.iter().find(|row| row[0] == "Unexplained").unwrap();
        let shown = unexplained[1].trim_start_matches(['+', '\u{2212}']);
        let answer = flat(&digest::render(&report, &look()).unwrap().answer);
        assert_eq!(&sentence.captures(&answer).unwrap()[1], shown, "{answer}");
        for (face, told) in faces(&report).into_iter().filter(|(face, _)| *face != "workbook") {
            // Names are cut where a terminal has no room for them.
            for row in table {
                let numbers = row[1..].join(" ");
                assert!(told.contains(&numbers), "{face}: {row:?}");
            }
        }
        let [split] = &tables(&html, "Usage against bill by project")[..] else {
            panic!("{html}")
        };
        for at in 1..4 {
            assert_leads(&column(split, at), "by project");
        }
        for (face, told) in faces(&report).into_iter().filter(|(face, _)| *face != "workbook") {
            // Where there is little room fewer members are shown, with the same total.
            let total = split.last().unwrap().join(" ");
            assert!(told.contains(&total), "{face}: {total}");
        }
    }
}

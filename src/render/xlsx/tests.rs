use super::*;
use crate::metric::Metric;
use crate::report::{Figure, sample};
use calamine::{Data, Range, Reader, Xlsx};
use rust_decimal::dec;
use std::io::Cursor;

fn look() -> Look {
    crate::render::tests::look()
}

fn read(report: &Report) -> Vec<(String, Range<Data>)> {
    Xlsx::new(Cursor::new(render(report, &look()).unwrap()))
        .unwrap()
        .worksheets()
}

fn sheet<'a>(sheets: &'a [(String, Range<Data>)], name: &str) -> &'a Range<Data> {
    &sheets.iter().find(|(found, _)| found == name).unwrap().1
}

/// The row whose cell in column `col` is `text`.
fn row<'a>(range: &'a Range<Data>, col: usize, text: &str) -> &'a [Data] {
    range
        .rows()
        .find(|row| row[col] == Data::String(text.into()))
        .unwrap()
}

fn names(report: &Report) -> Vec<String> {
    read(report).into_iter().map(|(name, _)| name).collect()
}

fn only(figures: Vec<Figure>) -> Report {
    let mut report = sample::report();
    report.sections.truncate(1);
    report.charts.clear();
    report.sections.push(Section {
        key: "by_model".into(),
        title: "By model".into(),
        source: Some("globant".into()),
        figures,
    });
    report
}

fn member(name: &str, metric: Metric, value: Option<Decimal>) -> Figure {
    Figure {
        label: name.into(),
        dimension: Some("model".into()),
        member: Some(name.into()),
        ..sample::figure(metric, value)
    }
}

#[test]
fn there_is_a_sheet_for_each_section_between_summary_and_notes() {
    assert_eq!(
        names(&sample::report()),
        [
            "Summary",
            "Daily",
            "Top agents by requests",
            "Top agents by tokens",
            "Top users by requests",
            "Top users by cost",
            "By model",
            "Chart data",
            "Notes",
        ]
    );
}

#[test]
fn the_summary_holds_every_figure_unrounded() {
    let sheets = read(&sample::report());
    let summary = sheet(&sheets, "Summary");
    let cost = row(summary, 0, "Total cost");
    assert_eq!(cost[1], Data::Float(4_070.361_234_567_8));
    assert_eq!(cost[2], Data::String("USD".into()));
    assert_eq!(cost[3], Data::Float(3555.22));
    assert_eq!(cost[6], Data::String("▲ up".into()));
    let unknown = row(summary, 0, "Processes created");
    assert_eq!(
        (&unknown[1], &unknown[3]),
        (&Data::String("n/a".into()), &Data::Float(2.0))
    );
    let first = summary.rows().next().unwrap();
    assert_eq!(first[0], Data::String("AI platform: monthly full report".into()));
}

#[test]
fn the_daily_sheet_has_dates_amounts_and_a_sum() {
    let sheets = read(&sample::report());
    let daily = sheet(&sheets, "Daily");
    let days: Vec<_> = daily
        .rows()
        .filter(|row| matches!(row[0], Data::DateTime(_)))
        .collect();
    assert_eq!(days.len(), 31);
    assert_eq!(days[24][1], Data::String("n/a".into()));
    assert_eq!(days[13][1], Data::Float(402.6));
    let known = sample::report().sections[1]
        .figures
        .iter()
        .filter_map(|figure| figure.value)
        .collect::<Vec<_>>();
    let total = row(daily, 0, "Total without n/a");
    assert_eq!(total[1].to_string(), money(known));
    // The chart draws a gap.
    let drawn = sheet(&sheets, "Chart data")
        .rows()
        .filter(|row| matches!(row[0], Data::DateTime(_)));
    let drawn: Vec<_> = drawn.collect();
    assert_eq!(
        (drawn.len(), &drawn[24][1], &drawn[30][2]),
        (31, &Data::Empty, &Data::Empty)
    );
}

fn money(values: Vec<Decimal>) -> String {
    crate::money::sum(values).unwrap().to_string()
}

#[test]
fn rankings_have_rank_name_and_amount() {
    let sheets = read(&sample::report());
    let ranking = sheet(&sheets, "Top users by cost");
    let line = row(ranking, 1, "=cmd|' /C calc'!A0");
    assert_eq!((&line[0], &line[2]), (&Data::Float(3.0), &Data::Float(590.90166)));
    assert_eq!(row(ranking, 1, "Total shown")[0], Data::Empty);
    let empty = sheet(&sheets, "Top users by requests");
    assert!(
        empty
            .rows()
            .any(|row| row[0] == Data::String("No data available".into()))
    );
}

#[test]
fn the_notes_say_where_everything_comes_from() {
    let sheets = read(&sample::report());
    let notes = sheet(&sheets, "Notes");
    assert_eq!(
        row(notes, 0, "Run")[1],
        Data::String("0199f3a1-7c00-7000-8000-000000000001".into())
    );
    assert!(
        row(notes, 0, "Source globant")[1]
            .to_string()
            .contains("fetched 2 Nov 2026 07:00:03 UTC")
    );
    assert!(
        row(notes, 0, "globant")[1]
            .to_string()
            .starts_with("25 October is not available")
    );
    assert!(row(notes, 0, "Error rate")[1].to_string().contains("error_rate"));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let report = sample::report();
    assert!(render(&report, &look()).unwrap() == render(&report, &look()).unwrap());
}

#[test]
fn hostile_names_are_text_in_every_place() {
    let names = crate::render::hostile::names();
    let figures = names
        .iter()
        .map(|name| member(name, Metric::TotalCost, Some(dec!(1))))
        .collect();
    let mut report = only(figures);
    report.title = names[1].clone();
    report.sections[1].title = names[20].as_str().into();
    report.notices[0].text = names[40].as_str().into();
    let bytes = render(&report, &look()).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[1].clone();
    let range = book.worksheet_range(&name).unwrap();
    let found: Vec<String> = range.rows().skip(4).map(|row| row[0].to_string()).collect();
    for (found, name) in found.iter().zip(&names) {
        let name = if name.len() > 32_767 {
            format!("{}…", &name[..32_766])
        } else {
            name.clone()
        };
        assert_eq!(*found, name);
    }
    let formulas = book.worksheet_formula(&name).unwrap();
    let formulas: Vec<_> = formulas
        .used_cells()
        .map(|(_, _, formula)| formula.as_str())
        .collect();
    assert_eq!(formulas.len(), 1, "{formulas:?}");
    assert!(formulas[0].starts_with("SUBTOTAL(109,"), "{formulas:?}");
}

#[test]
fn why_the_cost_changed_has_a_column_for_each_comparison() {
    let mut report = sample::comparison(dec!(123.456));
    let sheets = read(&report);
    let steps = sheet(&sheets, "Why the cost changed");
    let heads: Vec<String> = row(steps, 0, "Step").iter().map(ToString::to_string).collect();
    assert_eq!(
        heads[..3],
        ["Step", "From September 2026 USD", "From October 2025 USD"]
    );
    let column = |col: usize| -> Vec<f64> {
        let cells = steps.rows().skip(4);
        cells
            .filter_map(|row| row[col].to_string().parse().ok())
            .collect()
    };
    for col in [1, 2] {
        let values = column(col);
        let (now, steps) = values.split_last().unwrap();
        assert!((steps.iter().sum::<f64>() - now).abs() < 1e-6, "{values:?}");
    }
    // An effect of sixteen digits is a number all the same.
    let volume = report.sections[1]
        .figures
        .iter_mut()
        .find(|figure| figure.metric == Metric::VolumeEffect)
        .unwrap();
    volume.value = Some(dec!(3483.094235341319));
    let sheets = read(&report);
    let volume = row(sheet(&sheets, "Why the cost changed"), 0, "Volume");
    assert!(matches!(volume[1], Data::Float(_)), "{volume:?}");
    // What is printed ends where the table does, not before.
    let bytes = render(&report, &look()).unwrap();
    let book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let area = format!("'Why the cost changed'!$A$1:$C${}", steps.rows().count());
    let printed: Vec<&str> = book
        .defined_names()
        .iter()
        .map(|(_, place)| place.as_str())
        .collect();
    assert!(printed.contains(&area.as_str()), "{area}: {printed:?}");
    // The same period under two names has two columns, which a table wants to differ.
    let twin = report.compared_with[0].period.clone();
    report.compared_with[1].period = twin;
    assert!(render(&report, &look()).is_ok());
}

#[test]
fn a_trend_has_its_periods_across_and_a_line_for_each_figure() {
    let sheets = read(&sample::trend());
    let trend = sheet(&sheets, "Trend");
    let heads: Vec<String> = row(trend, 0, "Figure").iter().map(ToString::to_string).collect();
    assert_eq!(
        heads[..8],
        [
            "Figure",
            "Unit",
            "Line",
            "July 2026",
            "August 2026",
            "September 2026",
            "October 2026",
            "Previous (September 2026)"
        ],
        "readers have no ids"
    );
    let cost = row(trend, 0, "Total cost");
    assert_eq!(cost[4].to_string(), "n/a", "what is unknown is no zero: {cost:?}");
}

#[test]
fn long_numbers_are_text_and_the_notes_say_so() {
    let long = dec!(12345678901234567.12);
    let sheets = read(&only(vec![
        member("m", Metric::TotalCost, Some(long)),
        member("n", Metric::TotalCost, Some(dec!(0.88))),
    ]));
    let models = sheet(&sheets, "By model");
    assert_eq!(
        row(models, 0, "m")[1],
        Data::String("12,345,678,901,234,567.12".into())
    );
    assert_eq!(
        row(models, 0, "Total")[1],
        Data::String("12,345,678,901,234,568".into())
    );
    assert!(
        row(sheet(&sheets, "Notes"), 0, "Long numbers")[1]
            .to_string()
            .starts_with("1 values")
    );
}

#[test]
fn averages_have_no_total_and_currencies_no_common_column() {
    let euro = Figure {
        currency: "EUR".parse().ok(),
        ..member("m", Metric::TotalCost, Some(dec!(2)))
    };
    let figures = vec![
        member("m", Metric::TotalCost, Some(dec!(1))),
        euro,
        member("m", Metric::ErrorRate, Some(dec!(5))),
        member("n", Metric::ErrorRate, Some(dec!(7))),
    ];
    let sheets = read(&only(figures));
    let models = sheet(&sheets, "By model");
    let text = |row: &[Data]| row.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        text(row(models, 0, "Model")),
        ["Model", "Total cost USD", "Total cost EUR", "Error rate %"]
    );
    assert_eq!(text(row(models, 0, "m")), ["m", "1", "2", "5"]);
    assert_eq!(text(row(models, 0, "n")), ["n", "n/a", "n/a", "7"]);
    assert_eq!(text(row(models, 0, "Total")), ["Total", "1", "2", ""]);
}

#[test]
fn two_members_of_one_name_keep_their_rows() {
    let twice = vec![
        member("m", Metric::TotalCost, Some(dec!(1))),
        member("m", Metric::TotalCost, Some(dec!(2))),
    ];
    let sheets = read(&only(twice));
    assert_eq!(row(sheet(&sheets, "By model"), 0, "Total")[1], Data::Float(3.0));
}

#[test]
fn sections_of_two_sources_have_sheets_of_their_own() {
    let mut report = sample::report();
    let mut other = report.sections.clone();
    for section in &mut other {
        section.source = Some("a-source-with-a-long-name-indeed".into());
    }
    report.sections.extend(other);
    report.sources.push(crate::report::SourceRef {
        name: "a-source-with-a-long-name-indeed".into(),
        ..report.sources[0].clone()
    });
    let names = names(&report);
    assert_eq!(names.len(), 15);
    assert!(
        names.contains(&"Daily globant".into()) && names.contains(&"Daily a-source-with-a-long-name".into()),
        "{names:?}"
    );
    let sheets = read(&report);
    assert!(row(sheet(&sheets, "Summary"), 0, "Figure").contains(&Data::String("Source".into())));
}

#[test]
fn a_long_year_and_many_members_fit() {
    let mut report = sample::report();
    let first: chrono::NaiveDate = "2025-01-01".parse().unwrap();
    let days: Vec<_> = first
        .iter_days()
        .take(400)
        .map(|day| (day, Some(dec!(1.25))))
        .collect();
    report.sections[1].figures = days
        .iter()
        .map(|(day, value)| Figure {
            dimension: Some("day".into()),
            ..member(&day.to_string(), Metric::TotalCost, *value)
        })
        .collect();
    report.charts[0].form = ChartForm::Daily {
        days,
        base: Vec::new(),
        outlier: None,
        marked: Vec::new(),
    };
    report.sections[6].figures = (0..5_000)
        .map(|n| member(&format!("model {n}"), Metric::TotalCost, Some(n.into())))
        .collect();
    let sheets = read(&report);
    assert_eq!(row(sheet(&sheets, "Daily"), 0, "Total")[1], Data::Float(500.0));
    assert_eq!(
        row(sheet(&sheets, "By model"), 0, "Total")[1],
        Data::Float(12_497_500.0)
    );
}

#[test]
fn names_of_sheets_are_clean_short_and_unique() {
    let mut names = Names::new(&crate::render::format::Formatter::new("en-US"));
    for (wanted, expected) in [
        ("By model", "By model"),
        ("by MODEL", "by MODEL (2)"),
        ("a[b]:c*d?e/f\\g", "a b c d e f g"),
        ("'quoted'", "quoted"),
        ("History", "History of the period"),
        ("\n \t", "Sheet"),
        (
            "0123456789012345678901234567890123456789",
            "0123456789012345678901234567890",
        ),
        (
            "01234567890123456789012345678901",
            "012345678901234567890123456 (2)",
        ),
        (
            "🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀",
            "🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀",
        ),
    ] {
        assert_eq!(names.unique(wanted), expected);
    }
}

#[test]
fn a_headline_with_more_digits_than_a_number_holds_is_text() {
    let mut report = sample::report();
    report.headlines[0].value = Some(dec!(43_307_463_650_000_003.78));
    let sheets = read(&report);
    let cells: Vec<String> = sheet(&sheets, "Summary")
        .used_cells()
        .map(|cell| cell.2.to_string())
        .collect();
    assert!(
        cells.contains(&"43,307,463,650,000,003.78".to_owned()),
        "{cells:?}"
    );
}

#[test]
fn unusual_days_have_a_sheet_of_typed_cells() {
    let report = crate::report::unusual_sample::hostile();
    let sheets = read(&report);
    let days = sheet(&sheets, "Unusual days");
    let head: Vec<String> = days
        .rows()
        .nth(3)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        head,
        [
            "From",
            "To",
            "What",
            "Dimension",
            "Cost USD",
            "Usual USD",
            "Difference USD",
            "Difference %",
            "Score",
            "Why"
        ]
    );
    let rows: Vec<&[Data]> = days.rows().skip(4).collect();
    assert_eq!(rows.len(), report.anomalies.len());
    for (row, anomaly) in rows.iter().zip(&report.anomalies) {
        assert!(matches!(row[0], Data::DateTime(_)), "{row:?}");
        let cells = [anomaly.actual, anomaly.expected.unwrap(), anomaly.excess.unwrap()];
        for (cell, value) in row[4..7].iter().zip(cells) {
            assert_eq!(*cell, Data::Float(value.to_string().parse().unwrap()), "{row:?}");
        }
    }
    // A level that goes on has no last day.
    assert!(rows.iter().any(|row| row[1] == Data::String("goes on".into())));
}

#[test]
fn a_chart_never_makes_a_printed_table_too_small_to_read() {
    for (pixels, bottom, place) in [
        (600.0, 34, Place::Beside),
        (600.0, 5_000, Place::Beside),
        (1_500.0, 12, Place::Below),
        (1_500.0, 5_000, Place::OnScreen),
    ] {
        assert_eq!(Place::of(pixels, bottom), place, "{pixels} {bottom}");
    }
    for (pixels, rows) in [(100.0, 23), (900.0, 27), (1_500.0, 46)] {
        assert_eq!(rows_of_page(pixels), rows, "{pixels}");
    }
}

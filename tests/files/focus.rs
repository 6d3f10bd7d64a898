//! FOCUS bills.

use crate::bench::{Bench, assert_ties_out, costs, decode, figures, gzip};
use reportwire::metric::Metric;
use reportwire::money::Currency;
use reportwire::source::dataset::Reach;
use reportwire::source::{Dataset, Notice, SourceKind};
use rust_decimal::dec;
use std::fmt::Write as _;
use std::fs;

const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/focus-bill/focus_sample.csv"
);

fn sample() -> Dataset {
    let bench = Bench::focus().file("a.csv", fs::read(SAMPLE).unwrap());
    bench.decode(&["2024-09", "2024-08"]).unwrap()
}

#[test]
fn september_2024_of_the_sample_is_exact() {
    let dataset = sample();
    let window = &dataset.windows[0];
    assert_eq!(
        figures(window),
        [
            ("total_cost", Some("20.52022672899".to_owned())),
            ("effective_cost", Some("14.97651418586".to_owned())),
            ("list_cost", Some("20.39090575119".to_owned())),
            // Seven rows lack it, and unknown is not zero.
            ("contracted_cost", None),
            ("credits", Some("-2.6137".to_owned())),
            ("taxes", Some("0".to_owned())),
            ("adjustments", Some("0.272".to_owned())),
            ("corrections", Some("0".to_owned())),
            ("usage_corrections", Some("0".to_owned())),
        ]
    );
    assert_ties_out(window);
    assert_eq!((window.rows, dataset.windows[1].rows), (1_000, 0));
    assert_eq!(dataset.currency.map(Currency::code), Some("USD"));
    assert_eq!(dataset.zone.as_deref(), Some("UTC"));
    assert_eq!(window.daily.len(), 2);
    assert_eq!(window.daily[0].points.len(), 30);
    let dimensions: Vec<_> = window
        .breakdowns
        .iter()
        .map(|breakdown| breakdown.dimension.as_str())
        .collect();
    assert_eq!(dimensions, ["provider", "service", "sub_account"]);
}

#[test]
fn a_period_without_rows_is_unknown_and_says_where_the_rows_are() {
    let dataset = sample();
    let august = &dataset.windows[1];
    assert!(august.figures.iter().all(|figure| figure.value.is_none()));
    assert_eq!(august.figures.len(), 9);
    assert!(august.breakdowns.is_empty());
    assert_eq!(august.daily.len(), 1);
    assert!(august.daily[0].points.iter().all(|(_, value)| value.is_none()));
    let notices: Vec<_> = dataset
        .notices
        .iter()
        .map(|notice| (notice.text.as_str(), notice.missing))
        .collect();
    assert_eq!(
        notices,
        [
            (
                "No figures for 2024-08: none of the 1000 rows lies in it; they reach from 2024-09-01 to 2024-09-30.",
                false
            ),
            (
                "Not available for 2024-09: Contracted cost. A file lacks the column, or its cells are empty, and \
                 unknown is not zero.",
                true
            ),
        ]
    );
}

/// The sample as another exporter would write it: other order, names, quotes, timestamps, nulls and line ends.
fn rewritten(names: &[(&str, &str)], line_end: csv::Terminator, stamp: fn(&str) -> String) -> Vec<u8> {
    let mut reader = csv::Reader::from_path(SAMPLE).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut writer = csv::WriterBuilder::new()
        .terminator(line_end)
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    let renamed = |name: &str| {
        let new = names.iter().find(|(old, _)| *old == name);
        new.map_or(name, |(_, new)| new).to_owned()
    };
    let mut titles: Vec<String> = header.iter().map(renamed).collect();
    titles.reverse();
    titles.push("x_Extra".to_owned());
    writer.write_record(titles).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let rewrite = |(name, cell): (&str, &str)| match (name, cell) {
            (_, "NULL") => String::new(),
            ("ChargePeriodStart", cell) => stamp(cell),
            (_, cell) => cell.to_owned(),
        };
        let mut cells: Vec<String> = header.iter().zip(&record).map(rewrite).collect();
        cells.reverse();
        cells.push("a\r\n\"b\", c".to_owned());
        writer.write_record(cells).unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn the_same_bill_gives_the_same_dataset_however_it_is_written() {
    let original = fs::read(SAMPLE).unwrap();
    let zulu = |cell: &str| format!("{}Z", cell.replace(' ', "T"));
    let spaced = |cell: &str| cell.to_owned();
    let ahead = |cell: &str| {
        let utc = chrono::NaiveDateTime::parse_from_str(cell, "%Y-%m-%d %H:%M:%S").unwrap();
        format!(
            "{}+05:30",
            (utc + chrono::TimeDelta::minutes(330)).format("%Y-%m-%dT%H:%M:%S%.3f")
        )
    };
    let crlf = csv::Terminator::CRLF;
    let lf = csv::Terminator::Any(b'\n');
    let newest = [
        ("ProviderName", "ServiceProviderName"),
        ("PublisherName", "HostProviderName"),
    ];
    let (first, second) = original.split_at(original.len() / 2);
    for (label, content) in [
        ("compressed", gzip(&original)),
        ("compressed in two members", [gzip(first), gzip(second)].concat()),
        (
            "with a byte order mark",
            [b"\xef\xbb\xbf", original.as_slice()].concat(),
        ),
        ("1.0, columns reversed, CRLF", rewritten(&[], crlf, spaced)),
        ("1.2, Zulu", rewritten(&[], lf, zulu)),
        ("1.4, an offset, CRLF", rewritten(&newest, crlf, ahead)),
    ] {
        let bench = Bench::focus().file("a.csv", content);
        assert_eq!(
            bench.decode(&["2024-09", "2024-08"]).unwrap(),
            sample(),
            "{label}"
        );
    }
}

#[test]
fn a_snapshot_by_hash_gives_the_same_and_refuses_a_changed_file() {
    let bench = Bench::focus().hashed().file("a.csv", fs::read(SAMPLE).unwrap());
    let snapshot = bench.fetch().unwrap();
    assert_eq!(
        decode(&snapshot, SourceKind::FocusFile, &["2024-09", "2024-08"]).unwrap(),
        sample()
    );
    let mut changed = fs::read(SAMPLE).unwrap();
    let last = changed.len() - 2;
    changed[last] ^= 1;
    fs::write(bench.path("a.csv"), changed).unwrap();
    let error = decode(&snapshot, SourceKind::FocusFile, &["2024-09"])
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("a.csv: has changed since it was fetched; replay needs the file unchanged"),
        "{error}"
    );
    fs::write(bench.path("a.csv"), "rubbish").unwrap();
    let error = decode(&snapshot, SourceKind::FocusFile, &["2024-09"])
        .unwrap_err()
        .to_string();
    assert!(error.contains("has changed since it was fetched"), "{error}");
}

const FOCUS_HEADER: &str =
    "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,ChargeClass,ServiceName\r\n";

#[test]
fn bad_bills_are_refused_with_file_line_and_column() {
    for (content, expected) in [
        ("", "a.csv: is empty; a FOCUS bill begins with a header"),
        (
            "BilledCost,BillingCurrency\n",
            "a.csv:1: the column `ChargePeriodStart` is missing; is this a FOCUS bill?",
        ),
        (
            "BilledCost;BillingCurrency\n1;USD\n",
            "a.csv:1: the column `BilledCost` is missing; its columns seem to be separated by `;`; save it with commas",
        ),
        (
            "billedcost,BillingCurrency,ChargePeriodStart\n",
            "a.csv:1: the file writes `billedcost` where a FOCUS bill has `BilledCost`; names count exactly, so correct \
             the file's",
        ),
        (
            "BilledCost,BilledCost,BillingCurrency,ChargePeriodStart\n",
            "a.csv:1: the column `BilledCost` is there twice; keep one of them",
        ),
        ("PAR1\0\0", "a.csv: is Parquet, which is not read; export CSV"),
        (
            "PK\u{3}\u{4}",
            "a.csv: is a ZIP archive or a workbook; unpack it, or save it as CSV",
        ),
    ] {
        let expected = format!("source `bill`: {expected}");
        assert_eq!(
            Bench::focus().file("a.csv", content).error(&["2026-10"]),
            expected
        );
    }
    for (rows, expected) in [
        (
            "1,USD,2026-10-01 00:00:00,Usage,,S\r\n1,USD,2026-10-01,Usage,S\r\n",
            "a.csv:3: has 5 cells, the header has 6; look for a missing quote, or a file that was cut off",
        ),
        (
            "1,USD,2026-10-01,Usage,,\"two\r\nlines\"\r\n1,5,USD,2026-10-01,Usage,S\r\n",
            "a.csv:4:ChargePeriodStart: `USD` is not an instant such as 2026-10-05T00:00:00Z",
        ),
        (
            ",USD,2026-10-01,Usage,,S\r\n",
            "a.csv:2:BilledCost: is empty; an amount is needed, 0 if there is none",
        ),
        (
            "NULL,USD,2026-10-01,Usage,,S\r\n",
            "a.csv:2:BilledCost: is empty; an amount is needed, 0 if there is none",
        ),
        (
            "\"1,000.00\",USD,2026-10-01,Usage,,S\r\n",
            "a.csv:2:BilledCost: `1,000.00` is not a decimal number; write digits with a dot and without grouping",
        ),
        (
            "1,usd,2026-10-01,Usage,,S\r\n",
            "a.csv:2:BillingCurrency: `usd` is not an ISO 4217 currency code such as USD",
        ),
        (
            "1,USD,1999-01-01,Usage,,S\r\nx,USD,1999-01-01,Usage,,S\r\n",
            "a.csv:3:BilledCost: `x` is not a decimal number; write digits with a dot and without grouping",
        ),
        (
            "1,EUR,1999-01-01,Usage,,S\r\n1,USD,2026-10-01,Usage,,S\r\n\r\n1,EUR,2026-10-02,Usage,,S\r\n",
            "a.csv:5:BillingCurrency: is EUR, but a.csv:3 is USD; amounts of two currencies are never added, so give \
             each currency a source of its own",
        ),
    ] {
        let expected = format!("source `bill`: {expected}");
        let lines = |text: &str| Bench::focus().file("a.csv", text).error(&["2026-10"]);
        let crlf = format!("{FOCUS_HEADER}{rows}");
        assert_eq!(lines(&crlf), expected, "CRLF");
        assert_eq!(lines(&crlf.replace("\r\n", "\n")), expected, "LF");
        assert_eq!(lines(crlf.trim_end()), expected, "without the last line end");
        assert_eq!(
            lines(&format!("{FOCUS_HEADER}{}", rows.replace("\r\n", "\n"))),
            expected,
            "a header with CRLF, rows with LF"
        );
        assert_eq!(
            lines(&format!("{}{rows}", FOCUS_HEADER.replace("\r\n", "\n"))),
            expected,
            "a header with LF, rows with CRLF"
        );
    }
}

#[test]
fn rows_are_counted_whatever_each_line_of_a_large_file_ends_with() {
    let ends = ["\n", "\r\n", "\r\n\r\n", "\n\n"];
    let (mut text, mut line) = (FOCUS_HEADER.to_owned(), 2);
    for index in 0..4000 {
        let end = ends[index * 7 / 3 % ends.len()];
        let service = if index % 5 == 0 { "\"two\r\nlines\"" } else { "S" };
        text.extend(["1,USD,2026-10-01,Usage,,", service, end]);
        line += 1 + usize::from(index % 5 == 0) + end.matches('\n').count() - 1;
    }
    text += "x,USD,2026-10-01,Usage,,S\n";
    let told = Bench::focus().file("a.csv", text).error(&["2026-10"]);
    assert!(
        told.contains(&format!("a.csv:{line}:BilledCost: `x`")),
        "line {line}: {told}"
    );
}

#[test]
fn a_bill_with_both_names_of_its_provider_goes_by_the_newer_one() {
    let bill = "BilledCost,BillingCurrency,ChargePeriodStart,ProviderName,ServiceProviderName\n\
                1,USD,2026-10-01,P,SP\n2,USD,2026-10-02,P,\n4,USD,2026-10-03,,SP\n";
    let dataset = Bench::focus().file("a.csv", bill).decode(&["2026-10"]).unwrap();
    let breakdowns = &dataset.windows[0].breakdowns;
    let split = breakdowns
        .iter()
        .find(|split| split.dimension == "provider")
        .unwrap();
    let members: Vec<_> = split
        .members
        .iter()
        .map(|member| (member.name.as_str(), member.measures[0].value))
        .collect();
    assert_eq!(members, [("SP", Some(dec!(5))), ("P", Some(dec!(2)))]);
}

#[test]
fn credits_taxes_corrections_and_unknown_words_are_told_apart() {
    let rows = "10,USD,2026-10-01,Usage,,S\n-2,USD,2026-10-02,Credit,,S\n1.5e0,USD,2026-10-31T23:59:59Z,Tax,,\n\
                -0.25,USD,2026-10-03,Adjustment,Correction,S\n4,USD,2026-10-03,Refund,,S\n9,USD,2026-11-01,Usage,,S\n";
    let dataset = Bench::focus()
        .file("a.csv", format!("{FOCUS_HEADER}{rows}"))
        .decode(&["2026-10"])
        .unwrap();
    let window = &dataset.windows[0];
    for (metric, expected) in [
        (Metric::TotalCost, Some(dec!(13.25))),
        (Metric::EffectiveCost, None),
        (Metric::ListCost, None),
        (Metric::Credits, None),
        (Metric::Taxes, None),
        (Metric::Adjustments, None),
        (Metric::Corrections, Some(dec!(-0.25))),
    ] {
        assert_eq!(window.figure(metric), expected, "{metric:?}");
    }
    let known = Bench::focus()
        .file(
            "a.csv",
            format!("{FOCUS_HEADER}{}", rows.replace("Refund", "Usage")),
        )
        .decode(&["2026-10"])
        .unwrap();
    for (metric, expected) in [
        (Metric::Credits, dec!(-2)),
        (Metric::Taxes, dec!(1.5)),
        (Metric::Adjustments, dec!(-0.25)),
        // The one correction is an adjustment already.
        (Metric::Corrections, dec!(-0.25)),
        (Metric::UsageCorrections, dec!(0)),
    ] {
        assert_eq!(known.windows[0].figure(metric), Some(expected), "{metric:?}");
    }
    assert_eq!(
        costs(window, "service"),
        [
            ("S".to_owned(), "11.75".to_owned()),
            ("(unattributed)".to_owned(), "1.5".to_owned())
        ]
    );
    assert!(
        dataset
            .notices
            .iter()
            .any(|notice| notice.text.starts_with("1 rows have the ChargeCategory `Refund`"))
    );
}

#[test]
fn a_bill_of_whole_months_is_complete_though_its_rows_begin_on_the_first() {
    let incomplete = |until: &str| {
        let bill = format!(
            "BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd\n10,USD,2026-10-01T00:00:00Z,{until}\n"
        );
        let dataset = Bench::focus().file("a.csv", bill).decode(&["2026-10"]).unwrap();
        let short = |notice: &Notice| notice.text.starts_with("Rows reach only to") && notice.missing;
        dataset.notices.iter().any(short)
    };
    for until in ["2026-11-01T00:00:00Z", "2026-10-31T23:59:59Z"] {
        assert!(!incomplete(until), "{until}");
    }
    // A day, a commitment of a year, nothing, and rubbish that no figure is read from.
    for until in ["2026-10-02T00:00:00Z", "2027-10-01T00:00:00Z", "NULL", "soon"] {
        assert!(incomplete(until), "{until}");
    }
}

/// A bill of usage of each day to this one, and these rows besides.
fn daily_bill(last: &str, besides: &str) -> String {
    let mut bill = "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd\n".to_owned();
    let first: chrono::NaiveDate = "2026-09-01".parse().unwrap();
    for day in first
        .iter_days()
        .take_while(|day| day.to_string().as_str() <= last)
    {
        let next = day.succ_opt().unwrap();
        writeln!(bill, "10,USD,Usage,{day}T00:00:00Z,{next}T00:00:00Z").unwrap();
    }
    bill + besides
}

#[test]
fn only_usage_tells_how_far_a_bill_reaches() {
    let reached = |bill: &str| {
        let dataset = Bench::focus().file("a.csv", bill).decode(&["2026-10"]).unwrap();
        let short = dataset.notices.iter().any(|notice| {
            notice
                .text
                .starts_with("Rows reach only to 2026-10-28; 2026-10 may be incomplete.")
                && notice.missing
        });
        match dataset.reach {
            Reach::To { last, .. } => (last.unwrap().to_string(), short),
            Reach::Always => unreachable!("a file ends"),
        }
    };
    let to_28 = ("2026-10-28".to_owned(), true);
    assert_eq!(reached(&daily_bill("2026-10-28", "")), to_28);
    for besides in [
        // Fees and usage of the whole month, where the usage of its days is still coming.
        "30,USD,Purchase,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z\n",
        "30,USD,Usage,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z\n",
        // What is due on a day.
        "2,USD,Tax,2026-10-31T00:00:00Z,2026-11-01T00:00:00Z\n",
        "-5,USD,Credit,2026-10-31,NULL\n",
        "30,USD,Purchase,2026-11-01,2026-12-01\n",
    ] {
        assert_eq!(reached(&daily_bill("2026-10-28", besides)), to_28, "{besides}");
    }
    assert_eq!(reached(&daily_bill("2026-10-31", "")).0, "2026-10-31");
    // Without usage of days, that of whole months tells, and without any usage whatever is due.
    let header = daily_bill("", "");
    let month = "9,USD,Usage,2026-10-01,2026-11-01\n";
    let seats = "30,USD,Purchase,2026-11-01,2026-12-01\n";
    assert_eq!(reached(&format!("{header}{month}{seats}")).0, "2026-10-31");
    assert_eq!(reached(&format!("{header}{seats}")).0, "2026-11-30");
}

#[test]
fn days_to_come_are_not_said_to_lack_rows() {
    // It is the first of November.
    let bill = daily_bill("2026-10-31", "1,USD,Usage,2026-11-04,2026-11-05\n");
    let dataset = Bench::focus().file("a.csv", bill).decode(&["2026-11"]).unwrap();
    let lacking = dataset
        .notices
        .iter()
        .find(|notice| notice.text.starts_with("No rows for"));
    assert_eq!(lacking, None);
}

#[test]
fn days_that_a_provider_may_still_bill_are_provisional() {
    // The bill is read on 1 November: of the 30th and 31st not everything is billed yet.
    let through = |period: &str| {
        let bill = "BilledCost,BillingCurrency,ChargePeriodStart\n1,USD,2026-10-01T00:00:00Z\n1,USD,2026-10-31T00:00:00Z\n";
        let dataset = Bench::focus().file("a.csv", bill).decode(&[period]).unwrap();
        dataset.provisional_through.map(|instant| instant.to_rfc3339())
    };
    let settled = Some("2026-10-30T00:00:00+00:00".to_owned());
    assert_eq!(through("2026-10"), settled);
    assert_eq!(through("2026-10-30"), settled);
    assert_eq!(through("2026-10-29"), None);
    assert_eq!(through("2026-09"), None);
}

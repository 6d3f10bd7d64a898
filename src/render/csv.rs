//! The CSV: one figure per row, the same 22 columns whatever the report.

use super::neutral::neutral;
use crate::report::{Comparison, Figure, Report, Section};
use chrono::SecondsFormat;
use rust_decimal::Decimal;
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;

/// The columns, in the order of the contract.
const COLUMNS: [&str; 22] = [
    "job",
    "period_id",
    "period_start",
    "period_end",
    "timezone",
    "generated_at",
    "source",
    "section",
    "metric",
    "label",
    "dimension",
    "member",
    "rank",
    "unit",
    "currency",
    "value",
    "status",
    "comparison",
    "base_value",
    "change",
    "change_percent",
    "direction",
];

/// A rendered table.
pub(super) struct Table {
    /// The file's text.
    pub(super) text: String,
    /// Rows without the header.
    pub(super) rows: u64,
}

/// Writes every figure of the report: UTF-8 without byte order mark, RFC 4180, CRLF.
pub(super) fn render(report: &Report) -> Table {
    let mut text = COLUMNS.join(",");
    text.push_str("\r\n");
    let mut rows = 0;
    let frame = Frame::new(report);
    for section in &report.sections {
        for row in frame.rows(section) {
            write_row(&mut text, &row);
            rows += 1;
        }
    }
    Table { text, rows }
}

/// The rows of the section `summary` as JSON objects with the CSV's names: every value a string as the CSV writes it, `null`
/// where the CSV is empty. Names are as the data has them, since no spreadsheet reads these.
#[must_use]
pub fn summary_rows(report: &Report) -> Vec<Value> {
    let frame = Frame::new(report);
    let summaries = || report.sections.iter().filter(|section| section.key == "summary");
    // Whoever has room for some of them only gets each figure once before any of them is compared again.
    let leading = summaries().flat_map(|section| frame.rows_of(section, 0..1));
    let further = summaries().flat_map(|section| frame.rows_of(section, 1..usize::MAX));
    leading
        .chain(further)
        .map(|row| {
            let fields = COLUMNS.into_iter().zip(row);
            fields
                .map(|(name, cell)| (name.to_owned(), cell.into_json()))
                .collect()
        })
        .map(Value::Object)
        .collect()
}

/// One field of a row.
#[derive(Clone)]
enum Cell<'a> {
    /// Not available, or not applicable.
    Empty,
    /// Words, perhaps from outside.
    Text(&'a str),
    /// A number, date or instant that we wrote ourselves.
    Typed(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    fn text(text: Option<&'a str>) -> Self {
        text.filter(|text| !text.is_empty())
            .map_or(Self::Empty, Self::Text)
    }

    fn number(value: Option<Decimal>) -> Self {
        value.map_or(Self::Empty, |value| Self::Typed(digits(value).into()))
    }

    fn into_json(self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Text(text) => Value::String(text.to_owned()),
            Self::Typed(text) => Value::String(text.into_owned()),
        }
    }
}

/// Plain digits, unrounded, without grouping, exponent or trailing zeros; zero has no sign.
fn digits(value: Decimal) -> String {
    if value.is_zero() {
        return "0".to_owned();
    }
    value.normalize().to_string()
}

/// What all rows of a report share.
struct Frame<'a> {
    report: &'a Report,
    start: String,
    end: String,
    generated_at: String,
}

impl<'a> Frame<'a> {
    fn new(report: &'a Report) -> Self {
        Self {
            report,
            start: report.period.start.to_string(),
            end: report.period.end.to_string(),
            generated_at: report.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        }
    }

    /// One row per comparison; a figure that stands alone has one row.
    fn rows(&self, section: &'a Section) -> impl Iterator<Item = [Cell<'_>; 22]> {
        self.rows_of(section, 0..usize::MAX)
    }

    /// Of each figure the rows at these places.
    fn rows_of(&self, section: &'a Section, places: Range<usize>) -> impl Iterator<Item = [Cell<'_>; 22]> {
        section.figures.iter().flat_map(move |figure| {
            let alone = figure.comparisons.is_empty().then_some(None);
            let compared = figure.comparisons.iter().map(Some);
            alone
                .into_iter()
                .chain(compared)
                .skip(places.start)
                .take(places.len())
                .map(move |comparison| self.row(section, figure, comparison))
        })
    }

    fn row<'s>(
        &'s self,
        section: &'s Section,
        figure: &'s Figure,
        beside: Option<&'s Comparison>,
    ) -> [Cell<'s>; 22] {
        let typed = |text: &'s str| Cell::Typed(Cow::Borrowed(text));
        [
            Cell::Text(&self.report.job),
            Cell::Text(&self.report.period.id),
            typed(&self.start),
            typed(&self.end),
            Cell::Text(self.zone(figure)),
            typed(&self.generated_at),
            Cell::text(figure.source.as_deref()),
            Cell::Text(&section.key),
            Cell::Text(figure.metric.key()),
            Cell::text(Some(&figure.label)),
            Cell::text(figure.dimension.as_deref()),
            Cell::text(figure.member.as_deref()),
            figure
                .rank
                .map_or(Cell::Empty, |rank| Cell::Typed(rank.to_string().into())),
            Cell::Text(figure.unit.key()),
            Cell::text(figure.currency.map(crate::money::Currency::code)),
            Cell::number(figure.value),
            Cell::Text(figure.status.key()),
            Cell::text(beside.map(|beside| beside.comparison.as_str())),
            Cell::number(beside.and_then(|beside| beside.base_value)),
            Cell::number(beside.and_then(|beside| beside.change)),
            Cell::number(beside.and_then(|beside| beside.change_percent)),
            Cell::text(
                beside
                    .and_then(|beside| beside.direction)
                    .map(crate::report::Direction::key),
            ),
        ]
    }

    /// The zone in which the figure's data was cut.
    fn zone(&self, figure: &Figure) -> &str {
        let sources = &self.report.sources;
        let source = figure
            .source
            .as_ref()
            .and_then(|name| sources.iter().find(|source| source.name == *name));
        match (source, sources.as_slice()) {
            (Some(source), _) => &source.zone,
            // Of all sources together: theirs, if it is one.
            (None, [first, others @ ..]) if others.iter().all(|other| other.zone == first.zone) => {
                &first.zone
            }
            (None, _) => &self.report.period.timezone,
        }
    }
}

fn write_row(out: &mut String, row: &[Cell<'_>]) {
    for (index, cell) in row.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => write_text(out, text),
            Cell::Typed(text) => out.push_str(text),
        }
    }
    out.push_str("\r\n");
}

/// Quotes where RFC 4180 needs it, where an importer may split at another separator or trim, and always where a spreadsheet
/// would compute the text.
fn write_text(out: &mut String, text: &str) {
    let inert = neutral(text);
    let delicate = |letter: char| letter.is_control() || matches!(letter, ',' | '"' | ';' | '|');
    let quoted = matches!(inert, Cow::Owned(_)) || inert.contains(delicate) || inert.trim() != inert;
    if quoted {
        out.push('"');
        out.push_str(&inert.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(&inert);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Metric;
    use crate::report::sample;
    use proptest::prelude::*;
    use rust_decimal::dec;

    pub(super) fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        let rows = reader
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect());
        rows.collect()
    }

    fn report_of(figures: Vec<Figure>) -> Report {
        let mut report = sample::report();
        report.sections.truncate(1);
        report.sections[0].figures = figures;
        report
    }

    #[test]
    fn the_sample_reads_as_the_contract_says() {
        insta::assert_snapshot!(render(&sample::report()).text.replace('\r', ""));
    }

    #[test]
    fn every_row_has_every_column_and_ends_with_crlf() {
        let table = render(&sample::report());
        let rows = read(&table.text);
        assert_eq!(rows[0], COLUMNS);
        assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
        assert_eq!(rows.len() as u64, table.rows + 1);
        assert!(table.text.ends_with("\r\n") && table.text.starts_with("job,"));
    }

    #[test]
    fn a_figure_has_a_row_per_comparison_and_no_bare_one() {
        let mut figure = sample::figure(Metric::TotalCost, Some(dec!(5)));
        let comparison = sample::report().headlines[0].comparisons[0].clone();
        let last_year = Comparison {
            comparison: "same_period_last_year".into(),
            ..comparison.clone()
        };
        assert_eq!(render(&report_of(vec![figure.clone()])).rows, 1);
        figure.comparisons = vec![comparison, last_year];
        let rows = read(&render(&report_of(vec![figure])).text);
        let comparisons: Vec<_> = rows[1..].iter().map(|row| row[17].as_str()).collect();
        assert_eq!(comparisons, ["previous_period", "same_period_last_year"]);
    }

    #[test]
    fn the_zone_is_the_sources_and_the_periods_where_sources_disagree() {
        let own = sample::figure(Metric::TotalCost, Some(dec!(5)));
        let combined = Figure {
            source: None,
            ..own.clone()
        };
        let mut report = report_of(vec![own, combined]);
        let rows = read(&render(&report).text);
        assert_eq!((rows[1][4].as_str(), rows[1][6].as_str()), ("UTC", "globant"));
        assert_eq!(
            (rows[2][4].as_str(), rows[2][6].as_str()),
            ("UTC", ""),
            "all of them agree"
        );
        let mut other = report.sources[0].clone();
        other.zone = "America/Bogota".into();
        report.sources.push(other);
        let rows = read(&render(&report).text);
        assert_eq!((rows[2][4].as_str(), rows[2][6].as_str()), ("Europe/Madrid", ""));
    }

    #[test]
    fn numbers_stay_numbers() {
        for (value, expected) in [
            (dec!(-12.50), "-12.5"),
            (dec!(-0.00), "0"),
            (dec!(100), "100"),
            (
                dec!(0.0000000000000000000000000001),
                "0.0000000000000000000000000001",
            ),
            (
                dec!(-79228162514264337593543950335),
                "-79228162514264337593543950335",
            ),
        ] {
            let report = report_of(vec![sample::figure(Metric::TotalCost, Some(value))]);
            let text = render(&report).text;
            assert_eq!(read(&text)[1][15], expected);
            assert!(text.contains(&format!(",USD,{expected},ok,")), "{text}");
        }
    }

    #[test]
    fn hostile_names_come_back_as_text() {
        for name in super::super::hostile::names() {
            let figure = Figure {
                label: name.as_str().into(),
                member: Some(name.clone()),
                ..sample::figure(Metric::TotalCost, None)
            };
            let text = render(&report_of(vec![figure])).text;
            let rows = read(&text);
            assert_eq!(rows.len(), 2, "{name:?}");
            assert_eq!(rows[1].len(), COLUMNS.len(), "{name:?}");
            for cell in [&rows[1][9], &rows[1][11]] {
                assert!(
                    !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']),
                    "{name:?}"
                );
                let bare = cell.strip_prefix('\'').filter(|bare| neutral(bare) == *cell);
                assert_eq!(bare.unwrap_or(cell), name);
            }
        }
    }

    #[test]
    fn the_webhook_gets_the_summary_with_the_names_of_the_columns() {
        let rows = summary_rows(&sample::report());
        assert_eq!(rows.len(), 21);
        let cost = &rows[10];
        assert_eq!(cost["metric"], "total_cost");
        assert_eq!(cost["value"], "4070.3612345678");
        assert_eq!(cost["rank"], Value::Null);
        assert_eq!(rows[4]["value"], Value::Null);
        assert!(cost.as_object().unwrap().keys().eq(COLUMNS));
    }

    proptest! {
        #[test]
        fn a_decimal_survives(mantissa in -79_228_162_514_264_337_593_543_950_335_i128..=79_228_162_514_264_337_593_543_950_335, scale in 0u32..=28) {
            let value = Decimal::from_i128_with_scale(mantissa, scale);
            let text = render(&report_of(vec![sample::figure(Metric::TotalCost, Some(value))])).text;
            prop_assert_eq!(crate::money::exact(&read(&text)[1][15]), Ok(value));
        }
    }
}

//! Rankings, breakdowns and daily series as tables whose shown parts add to the shown total.

use super::cells::{column_cells, one_currency};
use super::columns::{WIDTH, lines, width};
use super::single::Single;
use super::words::named;
use super::{Extent, budgets, compared, organized, reconciled, unusual};
use crate::config::plan::ReportKind;
use crate::language::{Text, say};
use crate::metric::{Metric, Unit};
use crate::render::format::{Change, Formatter};
use crate::report::{Figure, Report, Section, capitalised};
use serde::Serialize;

/// A table of members.
#[derive(Debug, Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether a template shows one column"
)]
pub(crate) struct Table {
    /// The section's key, unique in its source.
    pub(crate) key: String,
    /// Heading.
    pub(crate) title: String,
    /// How many of how many are shown.
    pub(crate) note: String,
    /// What a row is: `Agent`, `Model`, `Day`.
    pub(crate) member: String,
    /// The columns after the name.
    pub(crate) columns: Vec<String>,
    /// Whether the rows are places of a ranking.
    pub(crate) ranked: bool,
    /// Whether there is a column of bars (one column only).
    pub(crate) bars: bool,
    /// Whether there is a column of shares.
    pub(crate) shares: bool,
    /// Whether there is a column of changes.
    pub(crate) changes: bool,
    /// What that column says.
    pub(crate) change_head: String,
    /// Whether there is a column of small lines that show all periods.
    pub(crate) sparks: bool,
    /// The rows; none where nothing is available.
    pub(crate) rows: Vec<Row>,
    /// Heads and rows in plain text.
    pub(crate) lines: Vec<String>,
}

/// A row of a table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// Place in a ranking, or empty.
    pub(crate) place: String,
    /// The member.
    pub(crate) name: String,
    /// Where it belongs, or empty.
    pub(crate) belongs: String,
    /// The values, one for each column.
    pub(crate) cells: Vec<String>,
    /// Length of the bar in per cent of the longest.
    pub(crate) bar: u32,
    /// Length of the bar in a mail, in pixels.
    pub(crate) bar_pixels: u32,
    /// Share of the total, or empty.
    pub(crate) share: String,
    /// Change of the first value.
    pub(crate) change: Option<Change>,
    /// `member`, `others` or `total`.
    pub(crate) kind: &'static str,
    /// A small line that shows all periods, as SVG, or empty.
    pub(crate) svg: String,
}

/// Members of a breakdown or ranking shown where there is room.
const SHOWN: usize = 10;

/// Periods of a trend that have room beside each other and their change; on a phone the style leaves the last one.
const PERIODS: usize = 3;

/// Columns of what was used where there is little room: the cost and the requests.
const FEW: usize = 2;
/// Members of a split by day that a page shows beside each other, and a terminal.
const MEMBERS: usize = 6;
const MEMBERS_IN_TEXT: usize = 3;

/// The days of a split.
pub(super) fn split(section: &Section, formatter: &Formatter, extent: Extent) -> Table {
    let most = if extent.drawn { MEMBERS } else { MEMBERS_IN_TEXT };
    let mut table = organized::days(section, formatter, most);
    table.lines = lines(&table, formatter);
    table
}

/// The table of `section` as far as `extent` goes: a trend, why the cost changed, members beside themselves, or members alone.
pub(super) fn table(
    section: &Section,
    summary: &[Figure],
    report: &Report,
    formatter: &Formatter,
    extent: Extent,
) -> Table {
    let rows = extent.rows.min(SHOWN);
    let special = match section.key.as_str() {
        "trend" => Some(compared::trend(section, formatter, PERIODS, extent.drawn)),
        "budgets" => budgets::table(section, report, formatter, extent.drawn),
        "effects" => compared::effects(section, summary, report, formatter),
        "anomalies" => unusual::table(section, report, formatter, extent.rows),
        "usage" => {
            let columns = if extent.drawn { usize::MAX } else { FEW };
            Some(organized::pairs(section, formatter, Some(rows), columns))
        }
        "top_agents_by_cost" => Some(organized::pairs(section, formatter, None, usize::MAX)),
        key if key.starts_with("by_") && report.kind == ReportKind::Organization => {
            organized::members(section, summary, formatter, rows)
        }
        key if key.starts_with("by_") => members(section, summary, report, formatter, rows),
        _ => reconciled::table(section, formatter, rows, extent.drawn),
    };
    match special {
        Some(mut table) => {
            if table.lines.is_empty() {
                table.lines = lines(&table, formatter);
            }
            table
        }
        None => plain(section, summary, formatter, extent.rows),
    }
}

/// The members beside themselves; in plain text with as many columns as a terminal has room for.
fn members(
    section: &Section,
    summary: &[Figure],
    report: &Report,
    formatter: &Formatter,
    rows: usize,
) -> Option<Table> {
    let made = |further, points| {
        let room = compared::Room {
            rows,
            further,
            points,
        };
        compared::members(section, summary, report, formatter, room)
    };
    let mut table = made(usize::MAX, true)?;
    let narrower = [(usize::MAX, true), (usize::MAX, false), (1, false), (0, false)];
    let mut printed = narrower
        .into_iter()
        .filter_map(|(further, points)| Some(lines(&made(further, points)?, formatter)));
    table.lines = printed
        .find(|lines| lines.iter().all(|line| width(line) <= WIDTH))
        .or_else(|| made(0, false).map(|table| lines(&table, formatter)))?;
    Some(table)
}

/// The members of `section`, at most `rows` of them; the others are summed up where their sum is known.
fn plain(section: &Section, summary: &[Figure], formatter: &Formatter, rows: usize) -> Table {
    let metrics = metrics_of(section);
    let rows = if parts_of_a_whole(section) {
        rows.min(SHOWN)
    } else {
        section.figures.len()
    };
    let mut table = match metrics[..] {
        [] => empty(section, formatter),
        [metric] if one_currency(section.figures.iter()) => {
            Single::new(section, metric, summary).table(formatter, rows)
        }
        _ => pivot(
            section,
            &metrics,
            formatter,
            parts_of_a_whole(section).then_some(rows),
        ),
    };
    table.lines = lines(&table, formatter);
    table
}

/// Whether the members of `section` share one total; the periods of a trend do not.
pub(super) fn parts_of_a_whole(section: &Section) -> bool {
    section.key.starts_with("by_") || section.key.starts_with("top_") || section.key == "effects"
}

/// The days of `section`, all of them.
pub(super) fn daily(section: &Section, formatter: &Formatter) -> Table {
    let mut table = pivot(section, &metrics_of(section), formatter, None);
    for row in &mut table.rows {
        if let Ok(date) = row.name.parse() {
            row.name = formatter.short_day(date);
        }
    }
    table.lines = lines(&table, formatter);
    table
}

/// The metrics of `section`, each once, in the order of its columns.
pub(super) fn metrics_of(section: &Section) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for figure in &section.figures {
        if !metrics.contains(&figure.metric) {
            metrics.push(figure.metric);
        }
    }
    metrics
}

/// A table of several metrics, member by member; `limit` members and the sum of the others.
fn pivot(section: &Section, metrics: &[Metric], formatter: &Formatter, limit: Option<usize>) -> Table {
    let mut members: Vec<(&Text, Vec<Option<&Figure>>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for figure in &section.figures {
        let member = figure.member.as_deref().unwrap_or(figure.label.as_str());
        let at = *places.entry(member).or_insert_with(|| {
            members.push((&figure.label, vec![None; metrics.len()]));
            members.len() - 1
        });
        if let Some(column) = metrics.iter().position(|metric| *metric == figure.metric) {
            members[at].1[column] = Some(figure);
        }
    }
    let shown = limit.unwrap_or(members.len()).min(members.len());
    let columns: Vec<String> = metrics
        .iter()
        .filter_map(|metric| section.figures.iter().find(|figure| figure.metric == *metric))
        .map(|figure| column(figure, formatter))
        .collect();
    let cells: Vec<Vec<String>> = (0..metrics.len())
        .map(|column| {
            let figures: Vec<Option<&Figure>> = members.iter().map(|(_, row)| row[column]).collect();
            let mut cells = column_cells(&figures, shown, formatter, limit.is_some());
            // Of a day of another period not everything is told: that is nothing unknown.
            let untold = figures.iter().map(|figure| limit.is_none() && figure.is_none());
            for (cell, _) in cells.iter_mut().zip(untold).filter(|(_, untold)| *untold) {
                cell.clear();
            }
            cells
        })
        .collect();
    let row = |at: usize, name: String, kind| Row {
        place: String::new(),
        name,
        belongs: String::new(),
        cells: cells.iter().map(|column| column[at].clone()).collect(),
        bar: 0,
        bar_pixels: 0,
        share: String::new(),
        change: members
            .get(at)
            .filter(|_| kind == "member")
            .and_then(|(_, row)| row[0])
            .and_then(|figure| formatter.change(figure)),
        kind,
        svg: String::new(),
    };
    let mut rows: Vec<Row> = (0..shown)
        .map(|at| row(at, named(members[at].0, formatter), "member"))
        .collect();
    if limit.is_some() && !members.is_empty() {
        if shown < members.len() {
            rows.push(row(shown, others(members.len() - shown, formatter), "others"));
        }
        rows.push(row(shown + 1, formatter.say("total"), "total"));
    }
    Table {
        note: if shown < members.len() {
            shown_of(shown, members.len(), formatter)
        } else {
            String::new()
        },
        columns,
        changes: section
            .figures
            .iter()
            .any(|figure| figure.metric == metrics[0] && !figure.comparisons.is_empty()),
        rows,
        ..empty(section, formatter)
    }
}

/// The heading of a column of figures like `figure`: what they are, and in which unit.
pub(super) fn column(figure: &Figure, formatter: &Formatter) -> String {
    let unit = match (figure.unit, figure.currency) {
        (Unit::Currency, Some(currency)) => currency.code(),
        (Unit::Percent, _) => "%",
        (Unit::Ms, _) => "ms",
        _ => return formatter.metric(figure.metric),
    };
    format!("{}\u{a0}{unit}", formatter.metric(figure.metric))
}

/// What a row of `section` is.
pub(super) fn member_word(section: &Section) -> Text {
    let dimension = section
        .figures
        .first()
        .and_then(|figure| figure.dimension.as_deref())
        .unwrap_or("figure");
    Text::keyed("dimension-", dimension)
}

/// `3 others`.
pub(super) fn others(count: usize, formatter: &Formatter) -> String {
    formatter.put(say!("count-others", "count" = count))
}

/// `5 of 12 shown`.
pub(super) fn shown_of(shown: usize, all: usize, formatter: &Formatter) -> String {
    formatter.put(say!("shown-of", "shown" = shown, "all" = all))
}

/// A row of a name and its cells alone.
pub(super) fn plain_row(name: String, cells: Vec<String>, kind: &'static str) -> Row {
    Row {
        place: String::new(),
        name,
        belongs: String::new(),
        cells,
        bar: 0,
        bar_pixels: 0,
        share: String::new(),
        change: None,
        kind,
        svg: String::new(),
    }
}

pub(super) fn empty(section: &Section, formatter: &Formatter) -> Table {
    Table {
        key: section.key.clone(),
        title: named(&section.title, formatter),
        note: String::new(),
        member: capitalised(&formatter.text(&member_word(section))),
        columns: Vec::new(),
        ranked: false,
        bars: false,
        shares: false,
        changes: false,
        change_head: formatter.say("change"),
        sparks: false,
        rows: Vec::new(),
        lines: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::figure;
    use rust_decimal::dec;

    #[test]
    fn what_is_not_told_of_a_day_is_empty_and_what_is_unknown_says_so() {
        let of_day = |day: &str, metric: Metric, value| Figure {
            label: day.into(),
            dimension: Some("day".into()),
            member: Some(day.into()),
            ..figure(metric, value)
        };
        let section = Section {
            key: "daily".into(),
            title: "Daily".into(),
            source: None,
            figures: vec![
                of_day("2026-09-30", Metric::TotalCost, Some(dec!(1))),
                of_day("2026-10-01", Metric::TotalCost, Some(dec!(2))),
                of_day("2026-10-02", Metric::TotalCost, Some(dec!(3))),
                of_day("2026-10-01", Metric::TotalRequests, Some(dec!(7))),
                of_day("2026-10-02", Metric::TotalRequests, None),
            ],
        };
        let table = daily(&section, &Formatter::new("en-US"));
        let cells: Vec<&[String]> = table.rows.iter().map(|row| &row.cells[..]).collect();
        assert_eq!(cells, [["1.00", ""], ["2.00", "7"], ["3.00", "n/a"]]);
    }
}

//! What a revision changes, as a table: the version before beside this one.

use super::Extent;
use super::bars::member_in_table;
use super::columns::lines;
use super::tables::{Row, Table, empty, plain_row};
use super::words::{named, phrase};
use crate::language::say;
use crate::render::format::Formatter;
use crate::report::restatement::SECTION;
use crate::report::{Figure, Report, Section};

/// Rows where there is room: the totals, and the first of what differs below them.
const ROWS: usize = 12;
/// Rows more than others that it has where there is little room, since the totals come first.
const TOTALS: usize = 5;

/// Whether `section` has a place of its own, apart from those of the sources.
pub(super) fn stands_apart(section: &Section) -> bool {
    section.key == SECTION
}

/// The table of what has changed, as far as `extent` goes; `None` where nothing has.
pub(super) fn table(report: &Report, formatter: &Formatter, extent: Extent) -> Option<Table> {
    let section = report.sections.iter().find(|section| stands_apart(section))?;
    let earlier = report.restates.as_ref()?;
    let most = match extent {
        Extent { drawn: true, .. } | Extent { days: true, .. } => ROWS,
        Extent { rows: 0, .. } => return None,
        Extent { rows, .. } => rows + TOTALS,
    };
    let several = report.sources.len() > 1;
    let all = section.figures.len();
    let shown = section.figures.iter().take(most);
    let mut table = Table {
        title: named(&section.title, formatter),
        note: if all > most {
            formatter.put(say!("restated-shown", "shown" = most, "all" = all))
        } else {
            String::new()
        },
        member: formatter.say("figure"),
        columns: [earlier.revision, report.revision]
            .map(|revision| formatter.put(say!("revision", "revision" = revision)))
            .to_vec(),
        changes: true,
        rows: shown
            .map(|figure| Row {
                belongs: figure
                    .source
                    .as_deref()
                    .filter(|_| several)
                    .map(|source| phrase(&source.into(), formatter))
                    .unwrap_or_default(),
                ..row(figure, report, formatter)
            })
            .collect(),
        ..empty(section, formatter)
    };
    table.lines = lines(&table, formatter);
    Some(table)
}

fn row(figure: &Figure, report: &Report, formatter: &Formatter) -> Row {
    let beside = figure.comparisons.first();
    let base = beside.and_then(|beside| beside.base_value);
    let shown = |value| formatter.shown(figure, value).text;
    // Per so many requests, as everywhere in what people read.
    let metric = formatter.metric(figure.metric);
    let whole = phrase(&figure.label, formatter);
    let label = match whole.strip_prefix(formatter.metric_word(figure.metric).as_str()) {
        Some(rest) => metric + rest,
        None => whole,
    };
    // Where the parts of a total are shown to add up to it, it is the same part here.
    let now = member_in_table(figure, report);
    Row {
        change: formatter
            .change(figure)
            .filter(|change| change.text != formatter.not_available()),
        ..plain_row(label, vec![shown(base), shown(now)], "member")
    }
}

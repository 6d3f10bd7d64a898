//! What a revision changes, as a table: the version before beside this one.

use super::Extent;
use super::columns::lines;
use super::tables::{Row, Table, empty};
use super::words::name;
use crate::render::format::{Formatter, NOT_AVAILABLE};
use crate::report::restatement::SECTION;
use crate::report::{Figure, Report, Section};

/// Rows where there is room: the totals, and the first of what differs below them.
const ROWS: usize = 20;
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
    let rows = section.figures.iter().take(most);
    let mut table = Table {
        title: name(&section.title),
        note: if all > most {
            format!("{most} of {all} shown; the files have all")
        } else {
            String::new()
        },
        member: "Figure".to_owned(),
        columns: vec![
            format!("Revision {}", earlier.revision),
            format!("Revision {}", report.revision),
        ],
        changes: true,
        rows: rows.map(|figure| row(figure, formatter, several)).collect(),
        ..empty(section)
    };
    table.lines = lines(&table);
    Some(table)
}

fn row(figure: &Figure, formatter: &Formatter, several: bool) -> Row {
    let beside = figure.comparisons.first();
    let base = beside.and_then(|beside| beside.base_value);
    let shown = |value| formatter.shown(figure, value).text;
    let source = figure.source.as_deref().filter(|_| several);
    Row {
        place: String::new(),
        name: name(&figure.label),
        belongs: source.map(name).unwrap_or_default(),
        cells: vec![shown(base), shown(figure.value)],
        bar: 0,
        bar_pixels: 0,
        share: String::new(),
        change: formatter
            .change(figure)
            .filter(|change| change.text != NOT_AVAILABLE),
        kind: "member",
        svg: String::new(),
    }
}

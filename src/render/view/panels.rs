//! Charts that share a place on the page, as views between which a reader chooses without a script.

use super::tables::{self, Table};
use super::words::{clean_sentence, name, named};
use super::{Block, ChartView, Extent};
use crate::render::format::Formatter;
use crate::report::{Chart, ChartForm, Report};
use serde::Serialize;

/// Views of the same thing.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PanelView {
    /// Unique in the page, letters and dashes only.
    pub(crate) id: String,
    /// Whether it stands before the tables.
    pub(crate) leads: bool,
    /// Heading.
    pub(crate) title: String,
    /// What it comes to: cost and share of a service type.
    pub(crate) note: String,
    /// The views, the one shown first before the others.
    pub(crate) views: Vec<Pane>,
    /// The figures behind them.
    pub(crate) table: Option<Table>,
}

/// One view of a panel.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Pane {
    /// What it is called.
    pub(crate) label: String,
    /// Its unit.
    pub(crate) note: String,
    /// The picture.
    pub(crate) svg: String,
}

/// Takes the charts with a panel out of `charts`, which are those of `report` in their order, and puts their views together.
pub(super) fn panels(
    report: &Report,
    charts: &mut Vec<ChartView>,
    blocks: &[Block],
    formatter: &Formatter,
) -> Vec<PanelView> {
    let mut panels: Vec<(&Chart, PanelView)> = Vec::new();
    let mut alone = Vec::new();
    for (chart, view) in report.charts.iter().zip(charts.drain(..)) {
        let Some(panel) = &chart.panel else {
            alone.push(view);
            continue;
        };
        let pane = Pane {
            label: named(&panel.view, formatter),
            note: view.note,
            svg: view.svg,
        };
        match panels.last_mut() {
            Some((first, last)) if is_same(first, chart) => last.views.push(pane),
            _ => {
                let title = clean_sentence(&formatter.text(&panel.title));
                let id = view
                    .key
                    .chars()
                    .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
                    .collect();
                let note = worth(chart, &title, blocks, formatter);
                let title = name(&title, formatter);
                let view = PanelView {
                    id,
                    leads: matches!(chart.form, ChartForm::Lines { .. }),
                    title,
                    note,
                    views: vec![pane],
                    table: None,
                };
                panels.push((chart, view));
            }
        }
    }
    *charts = alone;
    panels.into_iter().map(|(_, view)| view).collect()
}

/// Adds the figures behind the charts of each panel.
pub(super) fn fill(panels: &mut [PanelView], report: &Report, formatter: &Formatter, extent: Extent) {
    let firsts = report
        .charts
        .iter()
        .filter(|chart| chart.panel.as_ref().is_some_and(|panel| panel.place == 0));
    for (view, chart) in panels.iter_mut().zip(firsts) {
        let section = report.sections.iter().find(|section| chart.draws(section));
        view.table = section.map(|section| tables::split(section, formatter, extent));
    }
}

fn is_same(first: &Chart, next: &Chart) -> bool {
    let group = |chart: &Chart| chart.panel.as_ref().map(|panel| panel.group.clone());
    first.source == next.source && group(first) == group(next)
}

/// Cost and share of the service type of this name, as its table says them.
fn worth(chart: &Chart, title: &str, blocks: &[Block], formatter: &Formatter) -> String {
    let of_source = |block: &&Block| {
        chart
            .source
            .as_deref()
            .is_none_or(|source| blocks.len() < 2 || block.source == name(source, formatter))
    };
    let tables = blocks.iter().filter(of_source).flat_map(|block| &block.tables);
    let mut rows = tables
        .filter(|table| table.key == "by_service_type")
        .flat_map(|table| &table.rows);
    let Some(row) = rows.find(|row| row.kind == "member" && row.name == name(title, formatter)) else {
        return String::new();
    };
    let currency = chart
        .currency
        .map_or_else(String::new, |currency| format!("{}\u{a0}", currency.code()));
    // Without the points of change, which stand in the table.
    let share = row.share.split(" (").next().unwrap_or_default();
    let cost = row.cells.first().cloned().unwrap_or_default();
    match share {
        "" => format!("{currency}{cost}"),
        share => format!("{currency}{cost} · {share}"),
    }
}

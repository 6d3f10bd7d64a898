//! The sheet of why the cost changed: from the total before to the total now, step by step, a column for each comparison.

use super::figures::{self, Head};
use super::grid::Grid;
use super::sections::{TOP, distinct};
use super::style;
use crate::language::say;
use crate::metric::Metric;
use crate::render::format::Formatter;
use crate::report::{Figure, Report, Section};
use rust_decimal::Decimal;
use rust_xlsxwriter::XlsxError;

/// Writes the table; returns the number of its columns. `None` where the total that the steps lead to is not in the report.
pub(super) fn write(
    grid: &mut Grid<'_>,
    section: &Section,
    table: &str,
    report: &Report,
    formatter: &Formatter,
) -> Result<Option<u16>, XlsxError> {
    let Some(cost) = total(section, report) else {
        return Ok(None);
    };
    let code = style::code(cost);
    let mut metrics: Vec<Metric> = Vec::new();
    for figure in &section.figures {
        if !metrics.contains(&figure.metric) {
            metrics.push(figure.metric);
        }
    }
    let last = TOP + 2 + u32::try_from(metrics.len()).unwrap_or(u32::MAX - TOP - 2);
    let labels = metrics.iter().map(|metric| formatter.metric_word(*metric));
    let rows = std::iter::once(formatter.say("before"))
        .chain(labels)
        .chain([formatter.period(&report.period)]);
    for (row, label) in (TOP + 1..).zip(rows) {
        grid.text(row, 0, &label, &style::plain())?;
    }
    let mut heads = vec![Head::words(formatter.say("step"))];
    for (col, beside) in (1..).zip(&cost.comparisons) {
        let period = report.period_of(&beside.comparison);
        let from = formatter.put(say!("from-period", "period" = period));
        let unit = style::unit_word(cost.unit, cost.currency, formatter);
        heads.push(Head::numbers(format!("{from} {unit}")));
        grid.quantity(TOP + 1, col, beside.base_value, &code, false)?;
        for (row, metric) in (TOP + 2..).zip(&metrics) {
            let effect = effect(section, *metric, &beside.comparison);
            // A division: its twelfth decimal is rounded already, and 15 digits of it are a number.
            grid.quantity(row, col, effect, &style::signed(&code), true)?;
        }
        grid.quantity(last, col, cost.value, &code, false)?;
    }
    distinct(&mut heads);
    figures::add_table(grid, table, &heads, TOP, last)?;
    Ok(u16::try_from(heads.len()).ok())
}

/// The total cost of the section's source.
fn total<'a>(section: &Section, report: &'a Report) -> Option<&'a Figure> {
    let mut sections = report.sections.iter();
    let summary = sections.find(|other| other.key == "summary" && other.source == section.source)?;
    let mut figures = summary.figures.iter();
    figures.find(|figure| figure.metric == Metric::TotalCost)
}

fn effect(section: &Section, metric: Metric, comparison: &str) -> Option<Decimal> {
    let mut figures = section.figures.iter();
    let found = figures.find(|figure| {
        let beside = figure.comparisons.first();
        figure.metric == metric && beside.is_some_and(|beside| beside.comparison == comparison)
    });
    found?.value
}

//! The sheet of a trend: figures down, periods across, a small line for each, and how the last period stands to the one before.

use super::figures::{self, Head};
use super::grid::Grid;
use super::sections::{TOP, distinct};
use super::style;
use crate::metric::{Metric, Unit};
use crate::money::Currency;
use crate::report::{Compared, Figure, Section};
use rust_xlsxwriter::{Sparkline, XlsxError};

/// Columns before the first period: the figure, its unit, its line.
const BEFORE: u16 = 3;

/// The figures of one metric, oldest first.
struct Line<'a> {
    metric: Metric,
    unit: Unit,
    currency: Option<Currency>,
    figures: Vec<&'a Figure>,
}

/// Writes the table; returns the number of its columns.
pub(super) fn write(
    grid: &mut Grid<'_>,
    section: &Section,
    table: &str,
    others: &[Compared],
) -> Result<u16, XlsxError> {
    let lines = lines(section);
    let periods: Vec<&str> = lines.first().map_or_else(Vec::new, |line| {
        let members = line.figures.iter();
        members.filter_map(|figure| figure.member.as_deref()).collect()
    });
    let after = BEFORE + u16::try_from(periods.len()).unwrap_or(u16::MAX - BEFORE);
    let formatter = grid.formatter;
    let mut heads: Vec<Head> = ["figure", "unit", "line"]
        .map(|id| Head::words(formatter.say(id)))
        .into();
    let names = periods.iter().map(|period| formatter.period_of(period));
    heads.extend(names.map(Head::numbers));
    heads.extend(figures::change_heads(others, formatter));
    for (row, line) in (TOP + 1..).zip(&lines) {
        write_line(grid, row, line, after)?;
        figures::colour(grid, (row, row), after + 1, line.metric.sense())?;
    }
    distinct(&mut heads);
    let last = TOP + u32::try_from(lines.len()).unwrap_or(u32::MAX);
    grid.widen(2, 16.0);
    figures::add_table(grid, table, &heads, TOP, last)?;
    Ok(u16::try_from(heads.len()).unwrap_or(u16::MAX))
}

fn write_line(grid: &mut Grid<'_>, row: u32, line: &Line<'_>, after: u16) -> Result<(), XlsxError> {
    let code = style::measure_code(line.metric, line.unit, line.currency);
    let quotient = line.metric.is_quotient();
    let formatter = grid.formatter;
    grid.text(row, 0, &formatter.metric_word(line.metric), &style::plain())?;
    grid.text(
        row,
        1,
        &style::unit_word(line.unit, line.currency, formatter),
        &style::beside().set_font_color(style::MUTED),
    )?;
    for (col, figure) in (BEFORE..).zip(&line.figures) {
        grid.quantity(row, col, figure.value, &code, quotient)?;
    }
    let sheet = grid.sheet.name();
    let drawn = Sparkline::new()
        .set_range((sheet.as_str(), row, BEFORE, row, after - 1))
        .set_sparkline_color(style::MUTED)
        .set_last_point_color(style::ATTENTION)
        .show_last_point(true);
    grid.sheet.add_sparkline(row, 2, &drawn)?;
    match line.figures.last().and_then(|figure| figure.comparisons.first()) {
        Some(beside) => figures::write_comparison(grid, row, after, beside, &code, quotient),
        None => grid.missing(row, after),
    }
}

fn lines(section: &Section) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for figure in &section.figures {
        let known = lines
            .iter_mut()
            .find(|line| line.metric == figure.metric && line.currency == figure.currency);
        match known {
            Some(line) => line.figures.push(figure),
            None => lines.push(Line {
                metric: figure.metric,
                unit: figure.unit,
                currency: figure.currency,
                figures: vec![figure],
            }),
        }
    }
    lines
}

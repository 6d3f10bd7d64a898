//! A table of figures of different kinds: one row each, with what it is compared to.

use super::grid::Grid;
use super::style::{self, ADVERSE, FAVOURABLE};
use crate::language::say;
use crate::metric::Sense;
use crate::render::format::Formatter;
use crate::report::{Compared, Comparison, Direction, Figure};
use rust_decimal::Decimal;
use rust_xlsxwriter::{
    ConditionalFormatFormula, Format, FormatBorder, Formula, Table, TableColumn, TableFunction, TableStyle,
    XlsxError, column_number_to_name,
};

/// What stands beside the last period of a trend.
const PREVIOUS_PERIOD: &str = "previous_period";

/// The head of a column.
pub(super) struct Head {
    pub(super) caption: String,
    pub(super) numeric: bool,
    /// What its last row says, if the table has a row of totals.
    pub(super) total: Total,
}

/// The last row of a column.
pub(super) enum Total {
    Nothing,
    Label(String),
    /// `SUBTOTAL`, which follows the filter, in this number format; and what it is without a filter.
    Sum(String, Decimal),
}

impl Head {
    pub(super) fn words(caption: impl Into<String>) -> Self {
        Self {
            caption: caption.into(),
            numeric: false,
            total: Total::Nothing,
        }
    }

    pub(super) fn numbers(caption: impl Into<String>) -> Self {
        Self {
            caption: caption.into(),
            numeric: true,
            total: Total::Nothing,
        }
    }
}

/// Makes a table of the cells from `top` (the head) to `bottom` (the last row of data), with a row of totals below if a
/// column asks for one.
pub(super) fn add_table(
    grid: &mut Grid<'_>,
    name: &str,
    heads: &[Head],
    top: u32,
    bottom: u32,
) -> Result<(), XlsxError> {
    let totals = heads.iter().any(|head| !matches!(head.total, Total::Nothing));
    let columns: Vec<TableColumn> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| column(head, at, (top + 2, bottom + 1)))
        .collect();
    for (col, head) in (0_u16..).zip(heads) {
        // The button of the filter takes the room of three letters.
        grid.widen(col, longest_word(&head.caption) + 3.0);
    }
    let table = Table::new()
        .set_name(name)
        .set_columns(&columns)
        .set_style(TableStyle::Light1)
        .set_banded_rows(false)
        .set_total_row(totals);
    let last = u16::try_from(heads.len()).unwrap_or(u16::MAX).saturating_sub(1);
    let end = bottom + u32::from(totals);
    grid.sheet.add_table(top, 0, end, last, &table)?;
    grid.bottom = end;
    grid.sheet.set_row_height(top, 32)?;
    for (col, head) in (0_u16..).zip(heads) {
        let format = match &head.total {
            Total::Label(_) if head.numeric => style::missing().set_font_color(style::INK),
            Total::Label(_) | Total::Nothing => style::plain(),
            Total::Sum(code, sum) => {
                // Readers that do not compute show this.
                grid.sheet.set_formula_result(end, col, sum.to_string());
                style::number(code)
            }
        };
        if totals {
            let format = format.set_bold().set_border_top(FormatBorder::Thin);
            grid.sheet.set_cell_format(end, col, &format)?;
        }
    }
    Ok(())
}

fn column(head: &Head, at: usize, lines: (u32, u32)) -> TableColumn {
    let format = style::column_head(head.numeric);
    let format = if at > 0 && !head.numeric {
        format.set_indent(1)
    } else {
        format
    };
    let column = TableColumn::new()
        .set_header(&head.caption)
        .set_header_format(format);
    match &head.total {
        Total::Nothing => column,
        Total::Label(label) => column.set_total_label(label),
        Total::Sum(..) => {
            // By cells, since not every reader understands a formula over a column of several words.
            let name = column_number_to_name(u16::try_from(at).unwrap_or(u16::MAX));
            let sum = format!("SUBTOTAL(109,{name}{}:{name}{})", lines.0, lines.1);
            column.set_total_function(TableFunction::Custom(Formula::new(sum)))
        }
    }
}

/// The caption wraps between words, so its longest word counts, and half of all of it.
fn longest_word(caption: &str) -> f64 {
    let word = caption.split(' ').map(super::grid::width).fold(0.0, f64::max);
    word.max(super::grid::width(caption) / 2.0)
}

/// Writes `figures` below `top` and returns the last row of the table. Never called without figures.
pub(super) fn write(
    grid: &mut Grid<'_>,
    top: u32,
    name: &str,
    figures: &[&Figure],
    others: &[Compared],
    by_source: bool,
) -> Result<u32, XlsxError> {
    let mut keys: Vec<&str> = figures
        .iter()
        .flat_map(|f| &f.comparisons)
        .map(|c| c.comparison.as_str())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let heads = heads(&keys, others, by_source, grid.formatter);
    let mut row = top;
    for figure in figures {
        let alone = figure.comparisons.is_empty().then_some(None);
        for beside in alone.into_iter().chain(figure.comparisons.iter().map(Some)) {
            row += 1;
            write_row(grid, row, figure, beside, &keys, by_source)?;
        }
    }
    if !keys.is_empty() {
        colour_changes(grid, top + 1, figures)?;
    }
    add_table(grid, name, &heads, top, row)?;
    Ok(row)
}

fn heads(keys: &[&str], others: &[Compared], by_source: bool, formatter: &Formatter) -> Vec<Head> {
    let say = |id| formatter.say(id);
    let mut heads = vec![
        Head::words(say("figure")),
        Head::numbers(say("value")),
        Head::words(say("unit")),
    ];
    if let Some(first) = keys.first() {
        let caption = if keys.len() == 1 {
            comparison_word(first, others, formatter)
        } else {
            say("base")
        };
        heads.extend(comparison_heads(caption, formatter));
    }
    if keys.len() > 1 {
        heads.push(Head::words(say("compared-column")));
    }
    if by_source {
        heads.push(Head::words(say("source")));
    }
    heads
}

fn comparison_heads(base: String, formatter: &Formatter) -> [Head; 4] {
    [
        Head::numbers(base),
        Head::numbers(formatter.say("change")),
        Head::numbers(formatter.say("change-percent")),
        Head::words(formatter.say("direction")),
    ]
}

/// The heads of the four columns of a change from the period before.
pub(super) fn change_heads(others: &[Compared], formatter: &Formatter) -> [Head; 4] {
    comparison_heads(comparison_word(PREVIOUS_PERIOD, others, formatter), formatter)
}

fn write_row(
    grid: &mut Grid<'_>,
    row: u32,
    figure: &Figure,
    beside: Option<&Comparison>,
    keys: &[&str],
    by_source: bool,
) -> Result<(), XlsxError> {
    let (code, quotient) = (style::code(figure), figure.metric.is_quotient());
    let formatter = grid.formatter;
    grid.text(row, 0, &formatter.own_label(figure), &style::plain())?;
    grid.quantity(row, 1, figure.value, &code, quotient)?;
    grid.text(
        row,
        2,
        &style::unit_word(figure.unit, figure.currency, formatter),
        &style::beside().set_font_color(style::MUTED),
    )?;
    let mut col = 3;
    if !keys.is_empty() {
        match beside {
            Some(beside) => write_comparison(grid, row, col, beside, &code, quotient)?,
            None => grid.missing(row, col)?,
        }
        col += 4;
    }
    if keys.len() > 1 {
        grid.text(
            row,
            col,
            &comparison_word(beside.map_or("", |beside| &beside.comparison), &[], formatter),
            &style::beside(),
        )?;
        col += 1;
    }
    if by_source {
        grid.text(
            row,
            col,
            &source_word(figure.source.as_deref(), formatter),
            &style::beside(),
        )?;
    }
    Ok(())
}

/// Base, change, change in per cent and the word for it, in four cells.
pub(super) fn write_comparison(
    grid: &mut Grid<'_>,
    row: u32,
    col: u16,
    beside: &Comparison,
    code: &str,
    quotient: bool,
) -> Result<(), XlsxError> {
    grid.quantity(row, col, beside.base_value, code, quotient)?;
    grid.quantity(row, col + 1, beside.change, &style::signed(code), quotient)?;
    grid.quantity(
        row,
        col + 2,
        beside.change_percent,
        &style::signed("#,##0.0"),
        true,
    )?;
    grid.text(
        row,
        col + 3,
        &beside.direction.map_or_else(String::new, |direction| {
            direction_word(direction, beside.change, grid.formatter)
        }),
        &style::beside(),
    )
}

/// Arrow and word: colour is never all that says it.
pub(super) fn direction_word(direction: Direction, change: Option<Decimal>, formatter: &Formatter) -> String {
    let (arrow, word) = formatter.direction(direction, change.unwrap_or(Decimal::ONE));
    format!("{arrow} {word}")
}

/// The name of a source, or of all of them.
pub(super) fn source_word(source: Option<&str>, formatter: &Formatter) -> String {
    source.map_or_else(|| formatter.say("of-all-sources"), str::to_owned)
}

/// `previous_period` reads as the name of that period where it is known.
pub(super) fn comparison_word(key: &str, others: &[Compared], formatter: &Formatter) -> String {
    let mut found = others.iter().filter(|other| other.comparison == key);
    let period = found.next().map(|other| &other.period);
    match (key, period) {
        (PREVIOUS_PERIOD, None) => formatter.say("previous-period"),
        (PREVIOUS_PERIOD, Some(period)) => formatter.put(say!("previous", "period" = period)),
        ("same_period_last_year", None) => formatter.say("last-year-period"),
        ("same_period_last_year", Some(period)) => formatter.put(say!("last-year", "period" = period)),
        // Of the version before: `revision_1`; of a daily trend the day a week before.
        (id, _) => match id.strip_prefix("revision_") {
            Some(revision) => formatter.put(say!("revision", "revision" = revision)),
            None => id
                .parse()
                .map_or_else(|_| id.to_owned(), |day| formatter.full_day(day)),
        },
    }
}

/// Red and green by rule in the three columns of the change, for each run of rows whose metrics have the same sense.
fn colour_changes(grid: &mut Grid<'_>, first: u32, figures: &[&Figure]) -> Result<(), XlsxError> {
    let mut row = first;
    for run in figures.chunk_by(|one, next| one.metric.sense() == next.metric.sense()) {
        let rows: usize = run.iter().map(|figure| figure.comparisons.len().max(1)).sum();
        let last = row + u32::try_from(rows).unwrap_or(1) - 1;
        if let Some(figure) = run.first() {
            colour(grid, (row, last), 4, figure.metric.sense())?;
        }
        row = last + 1;
    }
    Ok(())
}

/// Colours change, change % and direction, which begin at `col`, by the word of the direction.
pub(super) fn colour(grid: &mut Grid<'_>, rows: (u32, u32), col: u16, sense: Sense) -> Result<(), XlsxError> {
    let (up, down) = match sense {
        Sense::Adverse => (ADVERSE, FAVOURABLE),
        Sense::Favourable => (FAVOURABLE, ADVERSE),
        Sense::Neutral => return Ok(()),
    };
    let word = format!("${}{}", column_number_to_name(col + 2), rows.0 + 1);
    for (arrow, color) in [("▲", up), ("▼", down)] {
        let rule = ConditionalFormatFormula::new()
            .set_rule(format!("=LEFT({word},1)=\"{arrow}\"").as_str())
            .set_format(Format::new().set_font_color(color));
        grid.sheet
            .add_conditional_format(rows.0, col, rows.1, col + 2, &rule)?;
    }
    Ok(())
}

//! The sheets of a reconciliation: parts beside their total, and the way from usage to the bill.

use super::figures::{self, Head, Total};
use super::grid::Grid;
use super::sections::TOP;
use super::style;
use crate::language::Text;
use crate::metric::Metric;
use crate::money;
use crate::render::format::Formatter;
use crate::render::view::reconciled::{rows_of, tie_word, tolerance_words, unattributed};
use crate::report::reconcile::{BILL, TIES};
use crate::report::{Figure, Section, capitalised};
use rust_decimal::Decimal;
use rust_xlsxwriter::XlsxError;

/// All digits of a difference, however many.
const ALL_DIGITS: &str = "General";
/// Letters of a difference with all its digits.
const DIFFERENCE: f64 = 18.0;

/// Writes the table of `section` where it is one of a reconciliation; returns the number of its columns.
pub(super) fn write(
    grid: &mut Grid<'_>,
    section: &Section,
    table: &str,
    formatter: &Formatter,
) -> Result<Option<u16>, XlsxError> {
    match section.key.as_str() {
        _ if section.figures.is_empty() => Ok(None),
        TIES => ties(grid, section, table, formatter).map(Some),
        BILL => bill(grid, section, table, formatter).map(Some),
        key if key.starts_with(BILL) => split(grid, section, table, formatter).map(Some),
        _ => Ok(None),
    }
}

fn ties(
    grid: &mut Grid<'_>,
    section: &Section,
    table: &str,
    formatter: &Formatter,
) -> Result<u16, XlsxError> {
    let sums = section
        .figures
        .iter()
        .filter(|figure| !figure.comparisons.is_empty());
    let mut row = TOP;
    grid.widen(4, DIFFERENCE);
    for sum in sums {
        row += 1;
        let code = style::code(sum);
        let beside = sum.comparisons.first();
        grid.text(row, 0, &formatter.text(&sum.label), &style::plain())?;
        unit(grid, row, 1, sum, formatter)?;
        grid.quantity(row, 2, sum.value, &code, false)?;
        grid.quantity(row, 3, beside.and_then(|beside| beside.base_value), &code, false)?;
        grid.quantity(row, 4, beside.and_then(|beside| beside.change), ALL_DIGITS, false)?;
        if let Some(nobody) = unattributed(section, sum) {
            grid.quantity(row, 5, nobody.value, &code, false)?;
        }
        grid.text(row, 6, &tie_word(sum, formatter), &style::beside())?;
    }
    let heads = [
        Head::words(formatter.say("tie-total-of")),
        Head::words(formatter.say("unit")),
        Head::numbers(formatter.say("tie-parts")),
        Head::numbers(formatter.say("total")),
        Head::numbers(formatter.say("tie-difference")),
        Head::numbers(formatter.say("tie-unattributed")),
        Head::words(formatter.say("tie-state")),
    ];
    figures::add_table(grid, table, &heads, TOP, row)?;
    Ok(7)
}

fn bill(
    grid: &mut Grid<'_>,
    section: &Section,
    table: &str,
    formatter: &Formatter,
) -> Result<u16, XlsxError> {
    let mut row = TOP;
    let share = section
        .figures
        .iter()
        .filter(|figure| figure.metric.unit() == crate::metric::Unit::Percent);
    for figure in rows_of(section).chain(share) {
        row += 1;
        grid.text(row, 0, &formatter.own_label(figure), &style::plain())?;
        grid.quantity(
            row,
            1,
            figure.value,
            &style::code(figure),
            figure.metric.is_quotient(),
        )?;
        unit(grid, row, 2, figure, formatter)?;
        let remark = match figure.metric {
            Metric::UnexplainedCost => tolerance_words(section, formatter),
            Metric::KnownGap => formatter.metric_word(Metric::KnownGap),
            _ => String::new(),
        };
        grid.text(row, 3, &remark, &style::beside())?;
    }
    let heads = [
        Head::words(formatter.say("step")),
        Head::numbers(formatter.say("bill-amount")),
        Head::words(formatter.say("unit")),
        Head::words(formatter.say("bill-remark")),
    ];
    figures::add_table(grid, table, &heads, TOP, row)?;
    Ok(4)
}

fn split(
    grid: &mut Grid<'_>,
    section: &Section,
    table: &str,
    formatter: &Formatter,
) -> Result<u16, XlsxError> {
    let first = &section.figures[0];
    let code = style::code(first);
    let mut columns: [Vec<Option<Decimal>>; 3] = [const { Vec::new() }; 3];
    let mut row = TOP;
    for figure in &section.figures {
        row += 1;
        let beside = figure.comparisons.first();
        let values = [
            beside.and_then(|beside| beside.base_value),
            figure.value,
            beside.and_then(|beside| beside.change),
        ];
        grid.text(row, 0, &formatter.text(&figure.label), &style::plain())?;
        for ((col, value), column) in (1..).zip(values).zip(&mut columns) {
            grid.quantity(row, col, value, &code, false)?;
            column.push(value);
        }
        let percent = beside.and_then(|beside| beside.change_percent);
        grid.quantity(row, 4, percent, &style::signed("#,##0.0"), true)?;
    }
    let unit = style::unit_mark(first.unit, first.currency);
    let captions = ["metric-usage_cost", "metric-bill_cost", "bill-less-usage"];
    let captions = captions.map(|id| formatter.say(id));
    let member = Text::keyed("dimension-", first.dimension.as_deref().unwrap_or("member"));
    let mut heads = vec![Head {
        total: Total::Label(formatter.say("total")),
        ..Head::words(capitalised(&formatter.text(&member)))
    }];
    heads.extend(captions.into_iter().zip(&columns).map(|(caption, column)| Head {
        total: total(column, &code, formatter),
        ..Head::numbers(format!("{caption} {unit}"))
    }));
    heads.push(Head::numbers(format!("{} %", formatter.say("bill-of-usage"))));
    figures::add_table(grid, table, &heads, TOP, row)?;
    Ok(5)
}

/// The sum of a column whose cells are all numbers.
fn total(column: &[Option<Decimal>], code: &str, formatter: &Formatter) -> Total {
    let values: Option<Vec<Decimal>> = column.iter().copied().collect();
    let Some(sum) = values.and_then(|values| money::sum(values).ok()) else {
        return Total::Nothing;
    };
    let numbers = column
        .iter()
        .flatten()
        .all(|value| super::grid::exact(*value).is_some());
    if numbers {
        Total::Sum(code.to_owned(), sum)
    } else {
        Total::Label(formatter.decimal(sum, sum.scale()))
    }
}

fn unit(
    grid: &mut Grid<'_>,
    row: u32,
    col: u16,
    figure: &Figure,
    formatter: &Formatter,
) -> Result<(), XlsxError> {
    let word = style::unit_word(figure.unit, figure.currency, formatter);
    grid.text(row, col, &word, &style::beside().set_font_color(style::MUTED))
}

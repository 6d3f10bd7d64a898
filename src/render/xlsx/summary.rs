//! The first sheet: what a reader must see, in the order of the page.

use super::charts::Studio;
use super::figures::{self, direction_word};
use super::grid::{Grid, width};
use super::style;
use crate::language::say;
use crate::metric::{Metric, Unit};
use crate::money::rounded;
use crate::render::format::{NBSP, RATE_DECIMALS, decimals};
use crate::render::view::{self, words::runs};
use crate::report::{Direction, Figure, Report, Sentence};
use rust_decimal::Decimal;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, XlsxError};

/// Columns of the sheet, and of the answer's box.
const COLUMNS: u16 = 7;

/// Widths: the figure's name, then everything else.
const WIDTHS: (f64, f64) = (34.0, 19.0);

/// Characters of a chip beside its longest word.
const CHIP_MARGIN: f64 = 1.0;

/// Rows that a chart covers, at 20 pixels each.
const CHART_ROWS: u32 = 18;

/// Width of a chart, in pixels.
const CHART_WIDTH: u32 = 1_080;

/// Writes the sheet; `charts` are the numbers of the report's charts that stand here.
pub(super) fn write(
    grid: &mut Grid<'_>,
    studio: &Studio<'_>,
    brand: Option<&str>,
    charts: &[usize],
) -> Result<(), XlsxError> {
    let report = studio.report;
    grid.widen(0, WIDTHS.0);
    for col in 1..COLUMNS {
        grid.widen(col, WIDTHS.1);
    }
    let mut row = 0;
    if let Some(brand) = brand {
        grid.heading(
            row,
            0,
            brand,
            &style::plain().set_bold().set_font_color(studio.accent),
        )?;
        row += 1;
    }
    grid.heading(row, 0, &report.title, &style::title())?;
    grid.sheet.set_row_height(row, 27)?;
    grid.heading(
        row + 1,
        0,
        &view::subtitle(report, studio.formatter),
        &style::muted(),
    )?;
    row = write_chips(grid, row + 2, studio)? + 2;
    for sentence in &report.answer {
        write_sentence(grid, row, sentence, studio)?;
        row += 1;
    }
    row += 1;
    for (col, figure) in (0..).zip(&report.headlines) {
        write_card(grid, row, col, figure, studio)?;
    }
    grid.sheet.set_row_height(row, 32)?;
    grid.sheet.set_row_height(row + 1, 30)?;
    row += 5;
    for index in charts {
        if let Some(chart) = studio.draw(*index, CHART_WIDTH) {
            grid.sheet.insert_chart_with_offset(row, 0, &chart, 4, 4)?;
            row += CHART_ROWS;
        }
    }
    write_figures(grid, row, report)
}

/// Writes the chips beside each other, each as wide as its longest word needs; returns the last row that they take.
fn write_chips(grid: &mut Grid<'_>, row: u32, studio: &Studio<'_>) -> Result<u32, XlsxError> {
    let (mut row, mut col) = (row, 0);
    for chip in view::chips(studio.report, studio.formatter) {
        let color = match chip.kind {
            "good" => style::FAVOURABLE,
            "attention" => style::ATTENTION,
            _ => style::MUTED,
        };
        let format = style::plain()
            .set_font_color(color)
            .set_background_color(style::GROUND)
            .set_border(FormatBorder::Thin)
            .set_border_color(style::HAIRLINE)
            .set_align(FormatAlign::Left)
            .set_align(FormatAlign::VerticalCenter)
            .set_text_wrap();
        let mut span = chip_columns(col, &chip.text);
        if col > 0 && col + span > COLUMNS {
            (row, col) = (row + 1, 0);
            span = chip_columns(col, &chip.text);
        }
        if span > 1 {
            grid.sheet
                .merge_range(row, col, row, col + span - 1, "", &format)?;
        }
        grid.heading(row, col, &chip.text, &format)?;
        if width(&chip.text) > columns_width(col, span) {
            grid.sheet.set_row_height(row, 32)?;
        }
        col += span;
    }
    Ok(row)
}

/// How many columns from `col` on a chip needs: its words may wrap, none may break.
fn chip_columns(col: u16, text: &str) -> u16 {
    let word = text.split(' ').map(width).fold(0.0, f64::max) + CHIP_MARGIN;
    let mut spans = 1..=COLUMNS;
    spans
        .find(|span| columns_width(col, *span) >= word)
        .unwrap_or(COLUMNS)
}

/// The width of so many columns from `col` on.
fn columns_width(col: u16, span: u16) -> f64 {
    let first = if col == 0 { WIDTHS.0 } else { WIDTHS.1 };
    first + WIDTHS.1 * f64::from(span - 1)
}

/// A sentence over the whole width, its point in bold.
fn write_sentence(
    grid: &mut Grid<'_>,
    row: u32,
    sentence: &Sentence,
    studio: &Studio<'_>,
) -> Result<(), XlsxError> {
    let (plain, strong) = (
        Format::new().set_font_size(12).set_font_color(style::INK),
        style::plain().set_bold().set_font_size(12),
    );
    let runs = runs(&view::as_in_tables(sentence, studio.report), studio.formatter);
    let parts: Vec<(&Format, &str)> = runs
        .iter()
        .filter(|run| !run.text.is_empty())
        .map(|run| (if run.strong { &strong } else { &plain }, run.text.as_str()))
        .collect();
    let whole: String = parts.iter().map(|(_, text)| *text).collect();
    let wrapped = style::plain().set_font_size(12).set_text_wrap();
    grid.sheet.merge_range(row, 0, row, COLUMNS - 1, "", &wrapped)?;
    if parts.len() > 1 {
        grid.sheet
            .write_rich_string_with_format(row, 0, &parts, &wrapped)?;
    } else {
        grid.heading(row, 0, &whole, &wrapped)?;
    }
    let letters = WIDTHS.0 + WIDTHS.1 * f64::from(COLUMNS - 1);
    let lines = (width(&whole) * 1.15 / letters).ceil().max(1.0);
    grid.sheet.set_row_height(row, 17.0 * lines)?;
    Ok(())
}

/// Label, value, change in words and change as an amount, one below the other.
fn write_card(
    grid: &mut Grid<'_>,
    row: u32,
    col: u16,
    figure: &Figure,
    studio: &Studio<'_>,
) -> Result<(), XlsxError> {
    let edge = |format: Format| {
        format
            .set_background_color(style::GROUND)
            .set_border_left(FormatBorder::Thin)
            .set_border_left_color(style::HAIRLINE)
            .set_align(FormatAlign::Left)
    };
    let per_thousand = figure.metric == Metric::AverageCostPerRequest;
    let scaled = |value: Option<Decimal>| match value {
        Some(value) if per_thousand => value.checked_mul(Decimal::ONE_THOUSAND),
        value => value,
    };
    let code = if per_thousand {
        style::measure_code(Metric::TotalCost, figure.unit, figure.currency)
    } else {
        style::code(figure)
    };
    let unit = match style::unit_mark(figure.unit, figure.currency) {
        "" => String::new(),
        unit => format!(" ({unit})"),
    };
    let mut label = format!("{}{unit}", studio.formatter.label(figure));
    if let Some(source) = figure.source.as_ref().filter(|_| studio.report.sources.len() > 1) {
        label = format!("{label} · {}", view::name(source, studio.formatter));
    }
    grid.heading(row, col, &label, &edge(style::muted().set_text_wrap()))?;
    // A number that its column cannot hold would read `###`.
    let size = match studio.formatter.value(figure).number.chars().count() {
        0..=11 => 20,
        12..=16 => 14,
        _ => 11,
    };
    let large = edge(style::plain().set_bold().set_font_size(size)).set_num_format(&code);
    let places = decimals(figure);
    let plain_value = studio.formatter.value(figure).number;
    let of_known = view::of_known(figure, studio.report, studio.formatter).number;
    match scaled(figure.value).filter(|value| !holds(*value, places)) {
        // `4/5` is no number.
        _ if of_known != plain_value => grid.heading(row + 1, col, &of_known, &large)?,
        Some(value) => grid.heading(row + 1, col, &studio.formatter.decimal(value, places), &large)?,
        None => write_plain(grid, row + 1, col, scaled(figure.value), &large)?,
    }
    let beside = figure.comparisons.first();
    let direction = beside.and_then(|beside| beside.direction);
    let tone = edge(style::plain().set_font_color(tone(figure, direction)));
    let Some((beside, direction)) = beside.zip(direction) else {
        grid.heading(
            row + 2,
            col,
            &beside.map_or_else(String::new, |_| studio.formatter.say("no-comparison")),
            &tone,
        )?;
        return grid.heading(row + 3, col, "", &tone);
    };
    let word = direction_word(direction, beside.change, studio.formatter);
    let in_points = studio.formatter.say("points");
    let points = figure.unit == Unit::Percent;
    let (size, unit) = if points {
        (beside.change, in_points.as_str())
    } else {
        (beside.change_percent, "%")
    };
    match size {
        Some(size) if direction != Direction::Flat => {
            write_plain(
                grid,
                row + 2,
                col,
                Some(size),
                &tone.clone().set_num_format(worded(&word, size, unit)),
            )?;
        }
        _ => grid.heading(row + 2, col, &word, &tone)?,
    }
    let silent = points || beside.change.is_some_and(|change| change.is_zero());
    let amount = if silent { None } else { scaled(beside.change) };
    match amount {
        Some(change) if !holds(change, places) => {
            grid.heading(row + 3, col, &studio.formatter.signed(change, places), &tone)
        }
        Some(_) => write_plain(
            grid,
            row + 3,
            col,
            amount,
            &tone.set_num_format(style::signed(&code)),
        ),
        None => grid.heading(row + 3, col, "", &tone),
    }
}

/// A number format that says `▲ up 14.5 %` and leaves the decimal sign to the reader's Excel.
fn worded(word: &str, size: Decimal, unit: &str) -> String {
    if unit == "%" && size.abs() > Decimal::new(9999, 1) {
        let text = format!("\"{word} >999{NBSP}%\"");
        return format!("{text};{text}");
    }
    let code = style::grouped(if unit == "%" { 1 } else { RATE_DECIMALS });
    let text = format!("\"{word} \"{code}\"{NBSP}{unit}\"");
    format!("{text};{text}")
}

/// Whether a number of Excel has all the digits that are shown of `value`; if not it is written as text.
fn holds(value: Decimal, places: u32) -> bool {
    super::grid::exact(rounded(value, places).normalize()).is_some()
}

fn write_plain(
    grid: &mut Grid<'_>,
    row: u32,
    col: u16,
    value: Option<Decimal>,
    format: &Format,
) -> Result<(), XlsxError> {
    match value.and_then(super::grid::nearest) {
        Some(number) => {
            grid.sheet.write_number_with_format(row, col, number, format)?;
            Ok(())
        }
        None => grid.heading(
            row,
            col,
            &grid.formatter.not_available(),
            &format.clone().set_font_color(style::MUTED),
        ),
    }
}

fn tone(figure: &Figure, direction: Option<Direction>) -> rust_xlsxwriter::Color {
    use crate::metric::Sense::{Adverse, Favourable, Neutral};
    match (figure.metric.sense(), direction) {
        (Adverse, Some(Direction::Up | Direction::New))
        | (Favourable, Some(Direction::Down | Direction::Gone)) => style::ADVERSE,
        (Adverse, Some(Direction::Down | Direction::Gone))
        | (Favourable, Some(Direction::Up | Direction::New)) => style::FAVOURABLE,
        (Neutral, _) | (_, Some(Direction::Flat) | None) => style::MUTED,
    }
}

/// Every figure of the sections `summary`, and below them where they come from.
fn write_figures(grid: &mut Grid<'_>, row: u32, report: &Report) -> Result<(), XlsxError> {
    let sections = report.sections.iter().filter(|section| section.key == "summary");
    let figures: Vec<&Figure> = sections.flat_map(|section| &section.figures).collect();
    let formatter = grid.formatter;
    grid.heading(row, 0, &formatter.say("figures"), &style::heading())?;
    // On paper the table begins a page, so that none of its rows stands alone on the next.
    grid.sheet.set_page_breaks(&[row])?;
    let mut last = row + 1;
    if figures.is_empty() {
        grid.heading(last, 0, &formatter.say("no-data"), &style::muted())?;
    } else {
        last = figures::write(
            grid,
            row + 1,
            "tbl_summary",
            &figures,
            &report.compared_with,
            report.sources.len() > 1,
        )?;
    }
    let foot = say!(
        "summary-foot",
        "run" = &report.run_id,
        "revision" = report.revision
    );
    let foot = formatter.put(foot);
    grid.heading(last + 2, 0, &foot, &style::muted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_a_chip_is_broken() {
        for (col, text, columns) in [
            (0, "Final", 1),
            (1, "Provisional until 2 Nov 2026", 1),
            (2, "Days of America/Argentina/Buenos_Aires", 2),
            (0, "Days of America/Argentina/Buenos_Aires", 1),
            (1, "日本語名前日本語名前日本語", 2),
            (3, &"x".repeat(90), 5),
        ] {
            assert_eq!(chip_columns(col, text), columns, "{text}");
        }
    }
}

//! The workbook: a summary that looks like the page, a sheet for each section, the charts' data and notes.
//!
//! Every cell is written by its type: no text from outside can become a formula or a link, and no decimal passes through a
//! binary float but in `grid.rs`, where 15 digits hold it.

mod anomalies;
mod budgets;
mod charts;
mod effects;
mod figures;
mod grid;
mod notes;
mod reconciled;
mod sections;
mod style;
mod summary;
mod trend;

use super::format::Formatter;
use super::{Look, RenderError};
use crate::language::say;
use crate::report::{Chart, ChartForm, Report, Section};
use charts::Studio;
use grid::Grid;
use rust_decimal::Decimal;
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};
use std::collections::HashSet;

/// Width of a chart beside a table, in pixels.
const CHART_WIDTH: u32 = 760;

/// Width of a table with a chart beside it that is still easy to read on a page of paper, in pixels.
const READABLE_WIDTH: f64 = 1_600.0;

/// Rows that a chart covers, and pixels of a row.
const CHART_ROWS: u32 = 19;
const ROW_PIXELS: f64 = 20.0;

/// Rows of a page, however wide the sheet.
const MOST_ROWS: u32 = 500;

/// Height of what is printed of landscape A4 for each of its width, with something to spare.
const PAGE_HEIGHT: f64 = 0.62;

/// Rows that are still easy to read on one page of paper.
const ROWS_OF_A_PAGE: u32 = 45;

/// Longest name of a sheet, in units of UTF-16.
const LONGEST_NAME: usize = 31;

/// Writes the workbook. The same report and look give the same bytes.
pub(super) fn render(report: &Report, look: &Look) -> Result<Vec<u8>, RenderError> {
    workbook(report, look).map_err(|error| RenderError::Format {
        format: "xlsx",
        reason: error.to_string(),
    })
}

fn workbook(report: &Report, look: &Look) -> Result<Vec<u8>, XlsxError> {
    let formatter = Formatter::of(look);
    let mut names = Names::new(&formatter);
    let summary = names.unique(&formatter.say("sheet-summary"));
    let (data, notes) = (
        names.unique(&formatter.say("sheet-charts")),
        names.unique(&formatter.say("sheet-notes")),
    );
    let studio = Studio {
        sheet: data,
        report,
        charts: charts::native(report),
        formatter: &formatter,
        accent: style::accent(look.brand.accent.as_deref()),
    };
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(report, look, &formatter));
    let sections: Vec<&Section> = report
        .sections
        .iter()
        .filter(|section| section.key != "summary")
        .collect();
    let homes: Vec<Option<usize>> = studio.charts.iter().map(|chart| home(chart, &sections)).collect();
    let on_summary: Vec<usize> = (0..homes.len())
        .filter(|at| *at == 0 || homes[*at].is_none())
        .collect();

    let mut grid = Grid::new(workbook.add_worksheet(), &summary, false, &formatter)?;
    summary::write(&mut grid, &studio, look.brand.name.as_deref(), &on_summary)?;
    grid.fit()?;
    let mut as_text = grid.as_text;
    for (index, section) in sections.iter().enumerate() {
        let name = names.unique(&sheet_name(section, report, &formatter));
        let mut grid = Grid::new(workbook.add_worksheet(), &name, false, &formatter)?;
        let context = sections::Context {
            subtitle: subtitle(section, report, &formatter),
            others: &report.compared_with,
            several_sources: report.sources.len() > 1,
            report,
            formatter: &formatter,
        };
        let columns = sections::write(&mut grid, section, &table_name(&section.key, index), &context)?;
        let drawn: Vec<usize> = (0..homes.len()).filter(|at| homes[*at] == Some(index)).collect();
        // The sheet of budgets is as wide as a page without its chart.
        let place = if section.key == "budgets" {
            Place::Below
        } else {
            Place::of(grid.pixels(), grid.bottom)
        };
        insert_charts(&mut grid, &studio, &drawn, place, columns, &on_summary)?;
        grid.fit()?;
        as_text += grid.as_text;
    }
    if !report.charts.is_empty() {
        let mut grid = Grid::new(workbook.add_worksheet(), &studio.sheet, true, &formatter)?;
        grid.sheet.set_print_fit_to_pages(1, 1);
        studio.write_data(&mut grid)?;
        grid.fit()?;
    }
    let mut grid = Grid::new(workbook.add_worksheet(), &notes, true, &formatter)?;
    grid.widen(0, 32.0);
    grid.fit()?;
    notes::write(&mut grid, report, &formatter, as_text)?;
    workbook.save_to_buffer()
}

/// Where the charts of a section stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Beside the table.
    Beside,
    /// Below the table.
    Below,
    /// Beside the table, but not on paper.
    OnScreen,
}

impl Place {
    /// The place beside a table of so many pixels whose last row is `bottom`: on paper neither makes the letters too small to read.
    fn of(pixels: f64, bottom: u32) -> Self {
        if pixels + f64::from(CHART_WIDTH) <= READABLE_WIDTH {
            Self::Beside
        } else if is_short(bottom) {
            Self::Below
        } else {
            Self::OnScreen
        }
    }
}

fn is_short(bottom: u32) -> bool {
    bottom <= sections::TOP + ROWS_OF_A_PAGE
}

/// The charts of a section whose table has so many columns.
fn insert_charts(
    grid: &mut Grid<'_>,
    studio: &Studio<'_>,
    drawn: &[usize],
    place: Place,
    columns: u16,
    on_summary: &[usize],
) -> Result<(), XlsxError> {
    let (mut row, col) = match place {
        Place::Below => (grid.bottom + 2, 0),
        Place::Beside | Place::OnScreen => (sections::TOP, columns + 1),
    };
    let page = rows_of_page(grid.pixels());
    let (mut top, mut breaks) = (grid.bottom / page * page, Vec::new());
    for at in drawn {
        let Some(chart) = studio.draw(*at, CHART_WIDTH) else {
            continue;
        };
        if place == Place::Below && row + CHART_ROWS > top + page {
            breaks.push(row);
            top = row;
        }
        grid.sheet.insert_chart(row, col, &chart)?;
        row += CHART_ROWS;
        // What stands on the first sheet is printed there.
        let elsewhere = on_summary.contains(at);
        if elsewhere && is_short(grid.bottom) {
            grid.sheet.set_print_fit_to_pages(1, 1);
        }
        if elsewhere || place == Place::OnScreen {
            grid.sheet
                .set_print_area(0, 0, grid.bottom, columns.saturating_sub(1))?;
        }
    }
    // No chart that stands below its table is cut in two.
    grid.sheet.set_page_breaks(&breaks)?;
    Ok(())
}

/// Rows of a page of landscape paper on which so many pixels stand beside each other.
fn rows_of_page(pixels: f64) -> u32 {
    let rows = pixels.max(f64::from(CHART_WIDTH)) * PAGE_HEIGHT / ROW_PIXELS;
    (CHART_ROWS..=MOST_ROWS)
        .take_while(|count| f64::from(*count) <= rows)
        .last()
        .unwrap_or(CHART_ROWS)
}

fn properties(report: &Report, look: &Look, formatter: &Formatter) -> DocProperties {
    let run = say!(
        "workbook-run",
        "run" = &report.run_id,
        "revision" = report.revision
    );
    let properties = DocProperties::new()
        .set_title(&report.title)
        .set_subject(&report.period.id)
        .set_comment(formatter.put(run))
        // The time of the run, not of writing, so that a rebuilt file has the same bytes.
        .set_creation_datetime(&report.generated_at);
    match &look.brand.name {
        Some(name) => properties.set_company(name),
        None => properties,
    }
}

/// The section whose figures `chart` draws: the one with its key, or the daily one with its numbers.
fn home(chart: &Chart, sections: &[&Section]) -> Option<usize> {
    match &chart.form {
        ChartForm::Daily { days, .. } => {
            let known: Vec<(String, Decimal)> = days
                .iter()
                .filter_map(|(day, value)| Some((day.to_string(), (*value)?)))
                .collect();
            sections.iter().position(|section| {
                let figures = section
                    .figures
                    .iter()
                    .filter(|figure| figure.unit == chart.unit && figure.currency == chart.currency);
                let held: HashSet<(&str, Decimal)> = figures
                    .filter_map(|figure| Some((figure.member.as_deref()?, figure.value?)))
                    .collect();
                section.key == "daily"
                    && known
                        .iter()
                        .all(|(day, value)| held.contains(&(day.as_str(), *value)))
            })
        }
        ChartForm::Bridge { .. } => own(sections, "effects", chart),
        ChartForm::Periods { .. } => own(sections, "trend", chart),
        ChartForm::Budgets { .. } => own(sections, "budgets", chart),
        ChartForm::Stacked { .. } | ChartForm::Lines { .. } | ChartForm::Ring { .. } => {
            sections.iter().position(|section| chart.draws(section))
        }
        ChartForm::Bars { .. } => sections
            .iter()
            .position(|section| section.key.replace('_', "-") == chart.key),
    }
}

/// The section of this key that is about the same source.
fn own(sections: &[&Section], key: &str, chart: &Chart) -> Option<usize> {
    sections
        .iter()
        .position(|section| section.key == key && section.source == chart.source)
}

/// `October 2026 · 1–31 Oct · Globant Enterprise AI (globant), UTC days`.
fn subtitle(section: &Section, report: &Report, formatter: &Formatter) -> String {
    let period = formatter.period(&report.period);
    let source = report
        .sources
        .iter()
        .find(|source| Some(&source.name) == section.source.as_ref());
    match source {
        Some(source) => format!(
            "{period} · {} ({}) · {}",
            formatter.text(&source.platform),
            source.name,
            formatter.put(say!("days-of-zone", "zone" = &source.zone))
        ),
        None => format!("{period} · {}", formatter.say("of-all-sources")),
    }
}

fn sheet_name(section: &Section, report: &Report, formatter: &Formatter) -> String {
    let title = formatter.text(&section.title);
    match &section.source {
        Some(source) if report.sources.len() > 1 => format!("{title} {source}"),
        _ => title.into_owned(),
    }
}

/// A name that is no cell's and unique by its number: `tbl_by_model_7`.
fn table_name(key: &str, index: usize) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        }
    };
    let key: String = key.chars().take(60).map(plain).collect();
    format!("tbl_{key}_{}", index + 1)
}

/// Names of sheets that are taken, in lower case.
struct Names {
    taken: HashSet<String>,
    unnamed: String,
    history: String,
}

impl Names {
    fn new(formatter: &Formatter) -> Self {
        Self {
            taken: HashSet::new(),
            unnamed: formatter.say("sheet-unnamed"),
            history: formatter.say("sheet-history"),
        }
    }

    /// `wanted` without what Excel forbids, cut to 31, and numbered where the name is taken.
    fn unique(&mut self, wanted: &str) -> String {
        let allowed = |letter: char| {
            if letter.is_control() || "[]:*?/\\".contains(letter) {
                ' '
            } else {
                letter
            }
        };
        let clean: String = wanted.chars().map(allowed).collect();
        let words: Vec<&str> = clean.split_whitespace().collect();
        let words = words.join(" ");
        let clean = match words.trim_matches('\'').trim() {
            "" => self.unnamed.as_str(),
            // Excel keeps this name for itself.
            name if name.eq_ignore_ascii_case("history") => self.history.as_str(),
            name => name,
        };
        let clean = clean.to_owned();
        let mut name = cut(&clean, "");
        let mut number = 1;
        while !self.taken.insert(name.to_lowercase()) {
            number += 1;
            name = cut(&clean, &format!(" ({number})"));
        }
        name
    }
}

/// The beginning of `name` with `suffix`, as long as a sheet's name may be.
fn cut(name: &str, suffix: &str) -> String {
    let room = LONGEST_NAME - suffix.len();
    let mut used = 0;
    let fits = |letter: &char| {
        used += letter.len_utf16();
        used <= room
    };
    let head: String = name.chars().take_while(fits).collect();
    format!("{}{suffix}", head.trim_end().trim_end_matches('\''))
}

#[cfg(test)]
mod tests;

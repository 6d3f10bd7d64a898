//! The sheet of unusual days: what they cost beside what is usual, how far that is, and why.

use super::figures::{self, Head};
use super::grid::Grid;
use super::sections::{TOP, distinct};
use super::style;
use crate::language::Text;
use crate::metric::{Metric, Unit};
use crate::render::format::Formatter;
use crate::render::view;
use crate::report::{Anomaly, Report, Section};
use rust_xlsxwriter::XlsxError;

/// Decimals of a score.
const SCORE_DECIMALS: u32 = 2;

/// Writes the table; returns the number of its columns. `None` where the report has no anomaly of the section's source.
pub(super) fn write(
    grid: &mut Grid<'_>,
    section: &Section,
    table: &str,
    report: &Report,
    formatter: &Formatter,
) -> Result<Option<u16>, XlsxError> {
    let own = report
        .anomalies
        .iter()
        .filter(|anomaly| anomaly.source == section.source);
    let own: Vec<&Anomaly> = own.collect();
    let Some(first) = own.first() else {
        return Ok(None);
    };
    for (row, anomaly) in (TOP + 1..).zip(&own) {
        write_row(grid, row, anomaly, formatter)?;
    }
    let last = TOP + u32::try_from(own.len()).unwrap_or(u32::MAX - TOP);
    let unit = style::unit_mark(Unit::Currency, first.currency);
    let words = |head: &str| Head::words(formatter.say(head));
    let in_unit = |head: &str| Head::numbers(format!("{} {unit}", formatter.say(head)).trim_end());
    let mut heads = vec![
        words("unusual-from"),
        words("unusual-to"),
        words("unusual-what"),
        words("unusual-dimension"),
        in_unit("metric-cost"),
        in_unit("unusual-usual"),
        in_unit("unusual-difference"),
        Head::numbers(formatter.say("unusual-difference-percent")),
        Head::numbers(formatter.say("unusual-score")),
        words("unusual-why"),
    ];
    distinct(&mut heads);
    figures::add_table(grid, table, &heads, TOP, last)?;
    Ok(u16::try_from(heads.len()).ok())
}

fn write_row(
    grid: &mut Grid<'_>,
    row: u32,
    anomaly: &Anomaly,
    formatter: &Formatter,
) -> Result<(), XlsxError> {
    grid.date(row, 0, anomaly.from)?;
    match anomaly.to {
        Some(to) => grid.date(row, 1, to)?,
        None => grid.text(row, 1, &formatter.say("unusual-goes-on"), &style::beside())?,
    }
    let total = formatter.metric_word(Metric::TotalCost);
    let what = Text::from(anomaly.member.as_deref().unwrap_or(&total));
    grid.text(row, 2, &formatter.text(&what), &style::beside())?;
    let dimension = anomaly.dimension.as_deref().unwrap_or_default();
    // In English the key is the word, as in the CSV.
    let word = if formatter.language().is_english() {
        dimension.into()
    } else {
        formatter.put(Text::keyed("dimension-", dimension))
    };
    grid.text(row, 3, &word, &style::beside())?;
    let code = style::measure_code(Metric::AnomalyCost, Unit::Currency, anomaly.currency);
    let signed = style::signed(&code);
    grid.quantity(row, 4, Some(anomaly.actual), &code, false)?;
    // A median may be the mean of two days.
    grid.quantity(row, 5, anomaly.expected, &code, true)?;
    grid.quantity(row, 6, anomaly.excess, &signed, true)?;
    let percent = style::measure_code(Metric::CostShare, Unit::Percent, None);
    grid.quantity(row, 7, anomaly.percent(), &style::signed(&percent), true)?;
    grid.quantity(row, 8, anomaly.score, &style::grouped(SCORE_DECIMALS), true)?;
    grid.text(
        row,
        9,
        &view::why(anomaly, formatter).join("; "),
        &style::beside(),
    )
}

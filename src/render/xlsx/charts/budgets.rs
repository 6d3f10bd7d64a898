//! The native chart of budgets: what is spent and what is still to come, stacked, in per cent of each.

use super::{Studio, TOP, count, filled, font, legend_below, write_point};
use crate::render::format::Formatter;
use crate::render::view;
use crate::render::xlsx::grid::Grid;
use crate::render::xlsx::style;
use crate::report::{BudgetBar, Chart};
use rust_decimal::Decimal;
use rust_xlsxwriter::{Chart as Native, ChartLine, ChartType, XlsxError};

/// The messages of the heads of its columns.
pub(super) const HEADS: [&str; 3] = ["metric-budget", "budget-spent", "budget-to-come"];

/// Writes what it draws.
pub(super) fn write(
    grid: &mut Grid<'_>,
    col: u16,
    bars: &[BudgetBar],
    (code, formatter): (&str, &Formatter),
) -> Result<(), XlsxError> {
    for (row, bar) in (TOP + 1..).zip(bars) {
        grid.text(
            row,
            col,
            &view::named(&bar.label.as_str().into(), formatter),
            &style::plain(),
        )?;
        write_point(grid, row, col + 1, bar.spent, code)?;
        let to_come = bar.forecast.zip(bar.spent);
        let to_come = to_come.and_then(|(forecast, spent)| forecast.checked_sub(spent));
        write_point(
            grid,
            row,
            col + 2,
            to_come.map(|more| more.max(Decimal::ZERO)),
            code,
        )?;
    }
    Ok(())
}

impl Studio<'_> {
    pub(super) fn budgets(&self, chart: &Chart, col: u16, bars: usize) -> Native {
        let last = TOP + count(bars);
        let mut native = Native::new(ChartType::BarStacked);
        let colours = [self.accent, style::REST];
        for ((at, colour), name) in (1_u16..).zip(colours).zip(self.series(chart).iter().skip(1)) {
            let series = native.add_series();
            series
                .set_categories((self.sheet.as_str(), TOP + 1, col, last, col))
                .set_values((self.sheet.as_str(), TOP + 1, col + at, last, col + at));
            series.set_name(name.as_str()).set_gap(45);
            series.set_format(&mut filled(colour));
        }
        // Of horizontal bars the budgets stand on the y axis; reversed, the first is the topmost.
        native.y_axis().set_reverse().set_font(&font(9, style::INK));
        native.y_axis().set_major_gridlines(false);
        let axis = native.x_axis();
        axis.set_min(0)
            .set_num_format("0")
            .set_font(&font(9, style::MUTED));
        axis.set_major_gridlines_line(ChartLine::new().set_color(style::HAIRLINE));
        legend_below(&mut native);
        native
    }
}

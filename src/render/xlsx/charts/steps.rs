//! Native charts of totals in a row: a bridge from one to another, and the periods of a trend.

use super::{Studio, TOP, count, filled, font, write_point};
use crate::render::xlsx::grid::Grid;
use crate::render::xlsx::style;
use crate::report::{Chart, Point, Step};
use rust_decimal::Decimal;
use rust_xlsxwriter::{Chart as Native, ChartEmptyCells, ChartFormat, ChartLine, ChartType, XlsxError};

/// Whether a spreadsheet can draw the bridge: it stacks what is below zero apart from what is above.
pub(super) fn stays_above_zero(base: &Point, steps: &[Step], current: &Point) -> bool {
    let mut at = base.value.unwrap_or_default();
    let levels = steps.iter().map(|step| {
        at = at.saturating_add(step.value);
        at
    });
    let ends = [base.value, current.value].into_iter().flatten();
    levels.chain(ends).all(|level| level >= Decimal::ZERO)
}

impl Studio<'_> {
    /// A bridge: columns that stand on an invisible one, so that each begins where the one before it ends.
    pub(super) fn write_bridge(
        &self,
        grid: &mut Grid<'_>,
        col: u16,
        (base, steps, current): (&Point, &[Step], &Point),
        code: &str,
    ) -> Result<(), XlsxError> {
        let mut at = base.value.unwrap_or_default();
        let period = |point: &Point| self.formatter.period(&point.period);
        grid.text(TOP + 1, col, &period(base), &style::plain())?;
        write_point(grid, TOP + 1, col + 2, base.value, code)?;
        let mut row = TOP + 1;
        for step in steps {
            row += 1;
            let to = at.saturating_add(step.value);
            grid.text(row, col, &self.formatter.text(&step.label), &style::plain())?;
            write_point(grid, row, col + 1, Some(at.min(to)), code)?;
            let column = if step.value.is_sign_negative() { 4 } else { 3 };
            write_point(grid, row, col + column, Some(step.value.abs()), code)?;
            at = to;
        }
        grid.text(row + 1, col, &period(current), &style::plain())?;
        write_point(grid, row + 1, col + 2, current.value, code)
    }

    pub(super) fn bridge(&self, chart: &Chart, col: u16, rows: usize) -> Native {
        let (sheet, last) = (self.sheet.as_str(), TOP + count(rows));
        let mut native = Native::new(ChartType::ColumnStacked);
        let colours = [
            None,
            Some(self.accent),
            Some(style::ADVERSE),
            Some(style::FAVOURABLE),
        ];
        for ((at, colour), name) in (1_u16..).zip(colours).zip(self.series(chart).iter().skip(1)) {
            let series = native.add_series();
            series
                .set_categories((sheet, TOP + 1, col, last, col))
                .set_values((sheet, TOP + 1, col + at, last, col + at));
            series.set_name(name.as_str()).set_gap(35);
            match colour {
                Some(colour) => series.set_format(&mut filled(colour)),
                None => series.set_format(ChartFormat::new().set_no_fill().set_no_line()),
            };
        }
        plain_axes(&mut native, true);
        native.legend().set_hidden();
        native
    }

    pub(super) fn periods(&self, chart: &Chart, col: u16, points: &[Point]) -> Native {
        let (sheet, last) = (self.sheet.as_str(), TOP + count(points.len()));
        let mut native = Native::new_column();
        let series = native.add_series();
        series
            .set_categories((sheet, TOP + 1, col, last, col))
            .set_values((sheet, TOP + 1, col + 1, last, col + 1));
        series.set_name(self.titled(chart).as_str()).set_gap(40);
        series.set_format(&mut filled(self.accent));
        native.show_empty_cells_as(ChartEmptyCells::Gaps);
        let below = |point: &Point| point.value.is_some_and(|value| value.is_sign_negative());
        plain_axes(&mut native, !points.iter().any(below));
        native.legend().set_hidden();
        native
    }
}

/// Axes without lines. Columns that are all `above_zero` begin there: spreadsheets would choose a beginning that exaggerates.
fn plain_axes(native: &mut Native, above_zero: bool) {
    native.x_axis().set_font(&font(9, style::MUTED));
    let axis = native.y_axis();
    axis.set_num_format("#,##0").set_font(&font(9, style::MUTED));
    axis.set_major_gridlines_line(ChartLine::new().set_color(style::HAIRLINE));
    axis.set_format(ChartFormat::new().set_no_line());
    if above_zero {
        axis.set_min(0);
    }
}

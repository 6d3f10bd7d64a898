//! Native charts of several members: stacked columns and lines by day, and a ring of the parts of a total.

use super::{Studio, TOP, count, date_axis, filled, font, legend_below, value_axis, write_point};
use crate::render::chart::palette;
use crate::render::xlsx::grid::Grid;
use crate::render::xlsx::style;
use crate::report::{Chart, Line, Tint};
use chrono::NaiveDate;
use rust_xlsxwriter::{
    Chart as Native, ChartDataLabel, ChartEmptyCells, ChartFormat, ChartLegendPosition, ChartLine,
    ChartMarker, ChartPoint, ChartType, Color, XlsxError,
};

impl Studio<'_> {
    /// Columns of parts on each other, or a line for each member.
    pub(super) fn members(&self, col: u16, days: &[NaiveDate], series: &[Line], lines: bool) -> Native {
        let (sheet, last) = (self.sheet.as_str(), TOP + count(days.len()));
        let mut native = if lines {
            Native::new_line()
        } else {
            Native::new(ChartType::ColumnStacked)
        };
        for (at, line) in (col + 1..).zip(series) {
            let drawn = native.add_series();
            drawn
                .set_categories((sheet, TOP + 1, col, last, col))
                .set_values((sheet, TOP + 1, at, last, at));
            // By its cell: a name that begins with `=` would be taken for a range.
            drawn.set_name((sheet, TOP, at));
            if lines {
                let stroke = ChartLine::new()
                    .set_color(color(&line.tint))
                    .set_width(1.75)
                    .clone();
                drawn.set_format(ChartFormat::new().set_line(&stroke));
                drawn.set_marker(ChartMarker::new().set_none());
            } else {
                drawn.set_gap(40).set_overlap(100);
                drawn.set_format(&mut filled(color(&line.tint)));
            }
        }
        native.show_empty_cells_as(ChartEmptyCells::Gaps);
        date_axis(&mut native, days.len());
        value_axis(&mut native);
        let unknown = |at: &usize| {
            series
                .iter()
                .all(|line| line.values.get(*at).copied().flatten().is_none())
        };
        let gaps: Vec<NaiveDate> = (0..days.len()).filter(unknown).map(|at| days[at]).collect();
        if let Some(text) = self.gaps(&gaps) {
            let axis = native.x_axis();
            axis.set_name(text.as_str())
                .set_name_font(&font(9, style::ATTENTION));
        }
        if series.len() > 1 {
            legend_below(&mut native);
        } else {
            native.legend().set_hidden();
        }
        native
    }
}

/// Days down, members across.
pub(super) fn write(
    grid: &mut Grid<'_>,
    col: u16,
    (days, series): (&[NaiveDate], &[Line]),
    code: &str,
) -> Result<(), XlsxError> {
    for (row, (at, day)) in (TOP + 1..).zip(days.iter().enumerate()) {
        grid.date(row, col, *day)?;
        for (col, line) in (col + 1..).zip(series) {
            write_point(grid, row, col, line.values.get(at).copied().flatten(), code)?;
        }
    }
    Ok(())
}

impl Studio<'_> {
    /// A ring with the share of each part.
    pub(super) fn ring(&self, chart: &Chart, col: u16, tints: &[Tint], others: bool) -> Native {
        let sheet = self.sheet.as_str();
        let last = TOP + count(tints.len()) + u32::from(others);
        let mut native = Native::new_doughnut();
        let series = native.add_series();
        series
            .set_categories((sheet, TOP + 1, col, last, col))
            .set_values((sheet, TOP + 1, col + 1, last, col + 1));
        series.set_name(self.titled(chart).as_str());
        let rest = others.then_some(&Tint::Rest);
        let points: Vec<ChartPoint> = tints
            .iter()
            .chain(rest)
            .map(|tint| ChartPoint::new().set_format(&mut filled(color(tint))))
            .collect();
        series.set_points(&points);
        series.set_data_label(
            ChartDataLabel::new()
                .show_percentage()
                .set_num_format("0.0%")
                .set_font(&font(9, style::INK)),
        );
        native.set_hole_size(58);
        native
            .legend()
            .set_position(ChartLegendPosition::Right)
            .set_font(&font(9, style::INK));
        native
    }
}

/// The colour of a member, the same as on the page.
fn color(tint: &Tint) -> Color {
    let hex = match tint {
        Tint::Own(colour) => colour.as_str(),
        Tint::Palette(place) => palette(*place),
        Tint::Rest => return style::REST,
    };
    let digits = hex.strip_prefix('#').unwrap_or(hex);
    u32::from_str_radix(digits, 16).map_or(style::REST, Color::RGB)
}

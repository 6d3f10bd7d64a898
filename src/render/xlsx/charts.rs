//! Native charts. What they draw stands on a sheet of its own, where a day without data is an empty cell: a gap, not a zero.

mod budgets;
mod members;
mod steps;

use super::grid::{Grid, nearest};
use super::style;
use crate::language::{Text, say};
use crate::money::Currency;
use crate::render::chart::rest_label;
use crate::render::format::Formatter;
use crate::render::view::{
    self, as_in_table,
    words::{plain, runs, shortened},
};
use crate::report::{Chart, ChartForm, Outlier, Report};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_xlsxwriter::{
    Chart as Native, ChartAxis, ChartAxisDateUnitType, ChartDataLabel, ChartEmptyCells, ChartFont,
    ChartFormat, ChartLegendPosition, ChartLine, ChartLineDashType, ChartMarker, ChartPoint, ChartSolidFill,
    Color, XlsxError,
};

/// Row of the heads; the data stands below.
const TOP: u32 = 3;

/// Days without data that are named below the chart.
const NAMED_GAPS: usize = 5;

/// Letters that a spreadsheet keeps of what a chart shows, for those who cannot see it.
const MOST_ALT: usize = 255;

/// Height in pixels.
const HEIGHT: u32 = 340;

/// A day with its value; `None` is unknown.
type Point = (NaiveDate, Option<Decimal>);

/// What all charts of a report share.
pub(super) struct Studio<'a> {
    /// Name of the sheet with the charts' data.
    pub(super) sheet: String,
    pub(super) report: &'a Report,
    /// Those of its charts that the workbook draws.
    pub(super) charts: Vec<&'a Chart>,
    pub(super) formatter: &'a Formatter,
    pub(super) accent: Color,
}

/// The charts of `report` that a workbook draws: of the lines of projects those of all service types, since the others' figures
/// stand stacked on the sheets of the service types.
pub(super) fn native(report: &Report) -> Vec<&Chart> {
    let is_repeated = |chart: &&Chart| {
        matches!(chart.form, ChartForm::Lines { .. })
            && chart.panel.as_ref().is_some_and(|panel| panel.place > 0)
    };
    report.charts.iter().filter(|chart| !is_repeated(chart)).collect()
}

impl Studio<'_> {
    /// Writes what the charts draw, one block of columns beside the other.
    pub(super) fn write_data(&self, grid: &mut Grid<'_>) -> Result<(), XlsxError> {
        grid.heading(0, 0, &self.formatter.say("sheet-charts"), &style::heading())?;
        grid.heading(1, 0, &self.formatter.say("chart-data-note"), &style::muted())?;
        for (chart, col) in self.charts.iter().zip(columns(&self.charts)) {
            grid.heading(TOP - 1, col, &self.titled(chart), &style::plain().set_bold())?;
            let names = self.series(chart);
            for (at, name) in (col..).zip(&names) {
                grid.text(TOP, at, name, &style::column_head(at > col))?;
            }
            match &chart.form {
                ChartForm::Daily { days, base, .. } => write_days(grid, col, days, base, &axis_code(chart))?,
                ChartForm::Bars { bars, others } => {
                    let rest = others.map(|(hidden, value)| {
                        let label = rest_label(chart, bars.len(), hidden, self.formatter);
                        (label, value)
                    });
                    self.write_bars(grid, col, bars, rest.as_ref(), &axis_code(chart))?;
                }
                ChartForm::Bridge { base, steps, current } => {
                    self.write_bridge(grid, col, (base, steps, current), &axis_code(chart))?;
                }
                ChartForm::Stacked { days, series } | ChartForm::Lines { days, series } => {
                    members::write(grid, col, (days, series), &axis_code(chart))?;
                }
                ChartForm::Ring { parts, others, .. } => {
                    let rest = others.map(|(_, value)| (self.formatter.say("others"), value));
                    self.write_bars(grid, col, parts, rest.as_ref(), &axis_code(chart))?;
                }
                ChartForm::Budgets { bars } => {
                    budgets::write(grid, col, bars, (&axis_code(chart), self.formatter))?;
                }
                ChartForm::Periods { points } => {
                    for (row, point) in (TOP + 1..).zip(points) {
                        grid.text(row, col, &self.formatter.period(&point.period), &style::plain())?;
                        write_point(grid, row, col + 1, point.value, &axis_code(chart))?;
                    }
                }
            }
        }
        grid.sheet.set_freeze_panes(TOP + 1, 0)?;
        Ok(())
    }

    /// Heads of the columns that `chart` draws: the categories first.
    fn series(&self, chart: &Chart) -> Vec<String> {
        let period = self.formatter.period(&self.report.period);
        let say = |id| self.formatter.say(id);
        match &chart.form {
            ChartForm::Daily { base, .. } if !base.is_empty() => {
                let other = self.report.base().map(|other| self.formatter.period(other));
                vec![
                    say("chart-day"),
                    period,
                    other.unwrap_or_else(|| say("chart-compared")),
                ]
            }
            ChartForm::Daily { .. } => vec![say("chart-day"), period],
            ChartForm::Bars { .. } | ChartForm::Ring { .. } => vec![say("chart-name"), period],
            ChartForm::Bridge { .. } => ["step", "chart-below", "total", "chart-more", "chart-less"]
                .map(say)
                .into(),
            ChartForm::Periods { .. } => vec![say("chart-period"), self.titled(chart)],
            ChartForm::Budgets { .. } => budgets::HEADS.map(say).into(),
            ChartForm::Stacked { series, .. } | ChartForm::Lines { series, .. } => {
                let labels = series.iter().map(|line| view::named(&line.label, self.formatter));
                std::iter::once(say("chart-day")).chain(labels).collect()
            }
        }
    }

    /// The native chart of the report's chart number `index`, `width` pixels wide.
    pub(super) fn draw(&self, index: usize, width: u32) -> Option<Native> {
        let chart = *self.charts.get(index)?;
        let col = *columns(&self.charts).get(index)?;
        let mut native = match &chart.form {
            ChartForm::Daily {
                days,
                base,
                outlier,
                marked,
            } if !days.is_empty() => self.daily(chart, col, (days, base), (outlier.as_ref(), marked)),
            ChartForm::Bars { bars, others } if !bars.is_empty() => {
                self.bars(chart, col, bars.len(), others.is_some())
            }
            ChartForm::Bridge { base, steps, current } if steps::stays_above_zero(base, steps, current) => {
                self.bridge(chart, col, steps.len() + 2)
            }
            ChartForm::Budgets { bars } => self.budgets(chart, col, bars.len()),
            ChartForm::Periods { points } => self.periods(chart, col, points),
            ChartForm::Stacked { days, series } => self.members(col, days, series, false),
            ChartForm::Lines { days, series } => self.members(col, days, series, true),
            ChartForm::Ring { tints, others, .. } => self.ring(chart, col, tints, others.is_some()),
            ChartForm::Bridge { .. } | ChartForm::Daily { .. } | ChartForm::Bars { .. } => return None,
        };
        native
            .title()
            .set_name(self.titled(chart).as_str())
            .set_font(&font(12, style::INK));
        native.set_name(chart.key.as_str());
        let told = as_in_table(chart, self.report).message;
        native.set_alt_text(shortened(&plain(&runs(&told, self.formatter)), MOST_ALT));
        native.chart_area().set_format(ChartFormat::new().set_no_border());
        native.set_width(width).set_height(HEIGHT);
        Some(native)
    }

    fn daily(
        &self,
        chart: &Chart,
        col: u16,
        (days, base): (&[Point], &[Option<Decimal>]),
        (outlier, marked): (Option<&Outlier>, &[NaiveDate]),
    ) -> Native {
        let (names, sheet) = (self.series(chart), self.sheet.as_str());
        let last = TOP + count(days.len());
        let mut native = Native::new_column();
        let bars = native.add_series();
        bars.set_categories((sheet, TOP + 1, col, last, col)).set_values((
            sheet,
            TOP + 1,
            col + 1,
            last,
            col + 1,
        ));
        bars.set_name(names[1].as_str()).set_gap(40);
        bars.set_format(&mut filled(self.accent));
        let pointed = outlier
            .and_then(|outlier| Some((days.iter().position(|(day, _)| *day == outlier.date)?, outlier)));
        let stands_out =
            |day: &NaiveDate| marked.contains(day) || outlier.is_some_and(|outlier| outlier.date == *day);
        if let Some(last) = days.iter().rposition(|(day, _)| stands_out(day)) {
            let points = days[..=last].iter().map(|(day, _)| {
                if stands_out(day) {
                    ChartPoint::new().set_format(&mut filled(style::ATTENTION))
                } else {
                    ChartPoint::default()
                }
            });
            bars.set_points(&points.collect::<Vec<_>>());
        }
        if let Some((at, outlier)) = pointed {
            let mut labels = vec![ChartDataLabel::new().set_hidden().to_custom(); days.len()];
            let text = self.outlier_text(chart, outlier);
            labels[at] = ChartDataLabel::new()
                .set_value(text.as_str())
                .set_font(&font(9, style::ATTENTION))
                .to_custom();
            bars.set_custom_data_labels(&labels);
        }
        native.show_empty_cells_as(ChartEmptyCells::Gaps);
        date_axis(&mut native, days.len());
        let unknown = days.iter().filter(|(_, value)| value.is_none());
        let unknown: Vec<NaiveDate> = unknown.map(|(day, _)| *day).collect();
        if let Some(text) = self.gaps(&unknown) {
            let axis = native.x_axis();
            axis.set_name(text.as_str())
                .set_name_font(&font(9, style::ATTENTION));
        }
        let axis = value_axis(&mut native);
        if !days
            .iter()
            .any(|(_, value)| value.is_some_and(|value| value.is_sign_negative()))
        {
            axis.set_min(0);
        }
        // Room for the label above a bar, but never less than the highest one needs, nor the dashes beside them.
        let values = days.iter().map(|(_, value)| value).chain(base).flatten().copied();
        if let Some(top) = pointed.and_then(|_| headroom(values.max()?)) {
            axis.set_max(top);
        }
        if !base.is_empty() {
            native.combine(&dashes(sheet, &names[2], col, last));
        }
        legend_below(&mut native);
        native
    }

    fn outlier_text(&self, chart: &Chart, outlier: &Outlier) -> String {
        let places = chart.currency.map_or(0, Currency::minor_units);
        self.formatter.put(say!(
            "chart-outlier",
            "day" = self.formatter.short_day(outlier.date),
            "value" = self.formatter.decimal(outlier.value, places),
            "times" = self.formatter.decimal(outlier.times_usual, 1),
        ))
    }

    /// Names the days without data, since a gap says nothing by itself.
    fn gaps(&self, gaps: &[NaiveDate]) -> Option<String> {
        let mut named: Vec<String> = gaps
            .iter()
            .take(NAMED_GAPS)
            .map(|day| self.formatter.short_day(*day))
            .collect();
        if gaps.len() > NAMED_GAPS {
            let more = gaps.len() - NAMED_GAPS;
            named.push(self.formatter.put(say!("more-days", "count" = more)));
        }
        (!named.is_empty()).then(|| self.formatter.put(say!("chart-gaps", "days" = named.join(", "))))
    }

    fn bars(&self, chart: &Chart, col: u16, count_of_bars: usize, others: bool) -> Native {
        let (sheet, last) = (
            self.sheet.as_str(),
            TOP + count(count_of_bars) + u32::from(others),
        );
        let mut native = Native::new_bar();
        let series = native.add_series();
        series
            .set_categories((sheet, TOP + 1, col, last, col))
            .set_values((sheet, TOP + 1, col + 1, last, col + 1));
        series.set_name(self.titled(chart).as_str()).set_gap(35);
        series.set_format(&mut filled(self.accent));
        series.set_data_label(
            ChartDataLabel::new()
                .show_value()
                .set_font(&font(9, style::INK))
                .set_num_format(axis_code(chart)),
        );
        if others {
            let mut points = vec![ChartPoint::default(); count_of_bars];
            points.push(ChartPoint::new().set_format(&mut filled(style::REST)));
            series.set_points(&points);
        }
        // Of horizontal bars the members stand on the y axis; reversed, the longest is the topmost.
        native.y_axis().set_reverse().set_font(&font(9, style::INK));
        native.y_axis().set_major_gridlines(false);
        native.x_axis().set_hidden(true).set_major_gridlines(false);
        native.legend().set_hidden();
        native
    }
}

impl Studio<'_> {
    fn write_bars(
        &self,
        grid: &mut Grid<'_>,
        col: u16,
        bars: &[(Text, Decimal)],
        rest: Option<&(String, Decimal)>,
        code: &str,
    ) -> Result<(), XlsxError> {
        let bars = bars
            .iter()
            .map(|(label, value)| (view::named(label, self.formatter), *value));
        for (row, (name, value)) in (TOP + 1..).zip(bars.chain(rest.cloned())) {
            grid.text(row, col, &name, &style::plain())?;
            write_point(grid, row, col + 1, Some(value), code)?;
        }
        Ok(())
    }

    /// `Cost per day (USD)`.
    fn titled(&self, chart: &Chart) -> String {
        let title = self.formatter.text(&chart.title);
        match style::unit_mark(chart.unit, chart.currency) {
            "" => title.into_owned(),
            unit => format!("{title} ({unit})"),
        }
    }
}

/// Dates below, a week apart.
fn date_axis(native: &mut Native, days: usize) {
    let days_apart = (days / 60 + 1) * 7;
    let axis = native.x_axis();
    axis.set_date_axis(true)
        .set_num_format("d mmm")
        .set_font(&font(9, style::MUTED));
    axis.set_major_unit(f64::from(count(days_apart)))
        .set_major_unit_date_type(ChartAxisDateUnitType::Days);
}

fn value_axis(native: &mut Native) -> &mut ChartAxis {
    let axis = native.y_axis();
    axis.set_num_format("#,##0").set_font(&font(9, style::MUTED));
    axis.set_major_gridlines_line(ChartLine::new().set_color(style::HAIRLINE));
    axis.set_format(ChartFormat::new().set_no_line());
    axis
}

fn legend_below(native: &mut Native) {
    native
        .legend()
        .set_position(ChartLegendPosition::Bottom)
        .set_font(&font(9, style::MUTED));
}

/// The comparison as a dashed line behind the bars.
fn dashes(sheet: &str, name: &str, col: u16, last: u32) -> Native {
    let mut line = Native::new_line();
    let series = line.add_series();
    series
        .set_categories((sheet, TOP + 1, col, last, col))
        .set_values((sheet, TOP + 1, col + 2, last, col + 2));
    series.set_name(name).set_marker(ChartMarker::new().set_none());
    let dash = ChartLine::new()
        .set_color(style::MUTED)
        .set_width(1.25)
        .set_dash_type(ChartLineDashType::Dash)
        .clone();
    series.set_format(ChartFormat::new().set_line(&dash));
    line
}

fn write_days(
    grid: &mut Grid<'_>,
    col: u16,
    days: &[(NaiveDate, Option<Decimal>)],
    base: &[Option<Decimal>],
    code: &str,
) -> Result<(), XlsxError> {
    for (at, (day, value)) in days.iter().enumerate() {
        let row = TOP + 1 + count(at);
        grid.date(row, col, *day)?;
        write_point(grid, row, col + 1, *value, code)?;
        write_point(grid, row, col + 2, base.get(at).copied().flatten(), code)?;
    }
    Ok(())
}

fn write_point(
    grid: &mut Grid<'_>,
    row: u32,
    col: u16,
    value: Option<Decimal>,
    code: &str,
) -> Result<(), XlsxError> {
    if let Some(number) = value.and_then(nearest) {
        grid.widen(col, 12.0);
        grid.sheet
            .write_number_with_format(row, col, number, &style::number(code))?;
    }
    Ok(())
}

/// First column of each chart's block; an empty column parts it from the next.
fn columns(charts: &[&Chart]) -> Vec<u16> {
    let widths = charts.iter().map(|chart| match &chart.form {
        ChartForm::Daily { .. } | ChartForm::Budgets { .. } => 4,
        ChartForm::Bars { .. } | ChartForm::Periods { .. } | ChartForm::Ring { .. } => 3,
        ChartForm::Stacked { series, .. } | ChartForm::Lines { series, .. } => {
            u16::try_from(series.len()).map_or(u16::MAX, |members| members + 2)
        }
        ChartForm::Bridge { .. } => 6,
    });
    widths
        .scan(0, |next, width| Some(std::mem::replace(next, *next + width)))
        .collect()
}

fn axis_code(chart: &Chart) -> String {
    style::measure_code(crate::metric::Metric::TotalCost, chart.unit, chart.currency)
}

/// The top of an axis that leaves room for the label above `peak`: a quarter more, up to the next round number.
fn headroom(peak: Decimal) -> Option<f64> {
    let digits = peak.trunc().mantissa().unsigned_abs().checked_ilog10()?;
    let step = Decimal::from(10_u64.checked_pow(digits)?);
    let steps = (peak.checked_mul(Decimal::new(125, 2))? / step).ceil();
    nearest(steps * step)
}

fn filled(color: Color) -> ChartFormat {
    ChartFormat::new()
        .set_solid_fill(ChartSolidFill::new().set_color(color))
        .clone()
}

fn font(size: u32, color: Color) -> ChartFont {
    let mut font = ChartFont::new();
    font.set_size(size).set_color(color);
    font
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

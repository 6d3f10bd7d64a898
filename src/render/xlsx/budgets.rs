//! The sheet of budgets: a row for each, typed cells, its state in words and colour.

use super::figures::{self, Head};
use super::grid::Grid;
use super::sections::{TOP, distinct};
use super::style;
use crate::metric::{Metric, Unit};
use crate::money::Currency;
use crate::render::format::Formatter;
use crate::render::view::state_word;
use crate::report::{Budget, BudgetForecast, BudgetState, Figure, Report, Section};
use rust_decimal::Decimal;
use rust_xlsxwriter::{Color, XlsxError};

/// Columns of figures, in order, as far as the section tells them.
const METRICS: [Metric; 13] = [
    Metric::Budget,
    Metric::TotalCost,
    Metric::BudgetUtilisation,
    Metric::BudgetRemaining,
    Metric::BudgetVariance,
    Metric::BudgetExchange,
    Metric::ForecastCost,
    Metric::NonUsageCost,
    Metric::ForecastLow,
    Metric::ForecastHigh,
    Metric::BudgetPace,
    Metric::ForecastError,
    Metric::ForecastBias,
];

/// Writes the table; returns the number of its columns. `None` where the report does not have the budgets of the section.
pub(super) fn write(
    grid: &mut Grid<'_>,
    section: &Section,
    table: &str,
    report: &Report,
) -> Result<Option<u16>, XlsxError> {
    let budgets: Vec<&Budget> = report
        .budgets
        .iter()
        .filter(|budget| budget.source == section.source)
        .collect();
    if budgets.is_empty() {
        return Ok(None);
    }
    let formatter = grid.formatter;
    let all_costs = formatter.say("budget-all-costs");
    let mut heads: Vec<Head> = ["metric-budget", "budget-of", "budget-state"]
        .map(|head| Head::words(formatter.say(head)))
        .into();
    for (row, budget) in (TOP + 1..).zip(&budgets) {
        grid.text(row, 0, &budget.name, &style::plain())?;
        grid.text(
            row,
            1,
            budget.member.as_deref().unwrap_or(&all_costs),
            &style::beside(),
        )?;
        let (word, colour) = state(budget.state, formatter);
        grid.text(row, 2, &word, &style::beside().set_bold().set_font_color(colour))?;
    }
    for metric in METRICS {
        let mut all = section.figures.iter();
        let Some(known) = all.find(|figure| figure.metric == metric) else {
            continue;
        };
        let col = column(&heads);
        heads.push(Head::numbers(caption(
            metric,
            known.unit,
            known.currency,
            formatter,
        )));
        write_column(grid, col, section, &budgets, known)?;
    }
    if budgets.iter().any(|budget| budget.used_up.is_some()) {
        let col = column(&heads);
        heads.push(Head::words(formatter.say("budget-used-up-on")));
        for (row, budget) in (TOP + 1..).zip(&budgets) {
            if let Some(day) = budget.used_up {
                grid.date(row, col, day)?;
            }
        }
    }
    if budgets.iter().any(|budget| budget.forecast.is_some()) {
        let col = column(&heads);
        heads.push(Head::words(formatter.say("budget-forecast-by")));
        for (row, budget) in (TOP + 1..).zip(&budgets) {
            if let Some(forecast) = &budget.forecast {
                grid.text(row, col, &formatter.say(method(forecast)), &style::beside())?;
            }
        }
    }
    distinct(&mut heads);
    let last = TOP + u32::try_from(budgets.len()).unwrap_or(u32::MAX - TOP);
    figures::add_table(grid, table, &heads, TOP, last)?;
    Ok(Some(column(&heads)))
}

fn write_column(
    grid: &mut Grid<'_>,
    col: u16,
    section: &Section,
    budgets: &[&Budget],
    like: &Figure,
) -> Result<(), XlsxError> {
    let code = match like.metric {
        Metric::BudgetPace => style::grouped(2),
        metric => style::measure_code(metric, like.unit, like.currency),
    };
    for (row, budget) in (TOP + 1..).zip(budgets) {
        let mut figures = section.figures.iter();
        let own = figures.find(|figure| {
            figure.metric == like.metric && figure.member.as_deref() == Some(budget.name.as_str())
        });
        let value: Option<Decimal> = own.and_then(|figure| figure.value);
        grid.quantity(row, col, value, &code, like.metric.is_quotient())?;
    }
    Ok(())
}

/// The number of the next column.
fn column(heads: &[Head]) -> u16 {
    u16::try_from(heads.len()).unwrap_or(u16::MAX)
}

fn caption(metric: Metric, unit: Unit, currency: Option<Currency>, formatter: &Formatter) -> String {
    let about = if metric == Metric::TotalCost {
        formatter.say("budget-spent")
    } else {
        formatter.metric_word(metric)
    };
    format!("{about} {}", style::unit_mark(unit, currency))
        .trim_end()
        .to_owned()
}

fn state(state: Option<BudgetState>, formatter: &Formatter) -> (String, Color) {
    match state {
        None => (formatter.not_available(), style::MUTED),
        Some(state) => {
            let colour = match state {
                BudgetState::Ok => style::FAVOURABLE,
                BudgetState::Watch => style::ATTENTION,
                BudgetState::Over | BudgetState::Exceeded | BudgetState::Unbudgeted => style::ADVERSE,
            };
            (state_word(state, formatter), colour)
        }
    }
}

/// The message that says how a forecast is made.
fn method(forecast: &BudgetForecast) -> &'static str {
    match forecast.method {
        crate::report::ForecastMethod::Weekdays => "budget-by-weekdays",
        crate::report::ForecastMethod::RunRate => "budget-by-mean",
    }
}

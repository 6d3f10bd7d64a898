//! The last sheet: where the figures come from, what a reader must know, and what the words mean.

use super::grid::Grid;
use super::style;
use crate::metric::Metric;
use crate::render::format::Formatter;
use crate::report::Report;
use chrono::SecondsFormat;
use rust_xlsxwriter::{Format, XlsxError};

/// Width of the column of texts, in characters.
const TEXT_WIDTH: f64 = 100.0;

const CONVENTIONS: [(&str, &str); 7] = [
    (
        "n/a",
        "Not available: the source did not say. It is never zero, and sums leave it out.",
    ),
    (
        "Exactness",
        "Cells hold values unrounded, averages and rates to the 15 digits of a spreadsheet; only their display is rounded. On the \
         page the parts of a total are rounded so that they add up, which may differ in the last digit.",
    ),
    (
        "Per cent",
        "5 means 5 %. The difference of two percentages is in percentage points (pp).",
    ),
    ("Change", "Value minus base."),
    (
        "Change %",
        "Change / base × 100; n/a unless the base is above zero.",
    ),
    (
        "Direction",
        "flat: equal, or the percentage rounds to 0.0; new: from zero; gone: to zero.",
    ),
    (
        "Colour",
        "Red is adverse and green is favourable: more cost, errors or waiting is adverse. Other changes have no colour.",
    ),
];

/// Writes the sheet. `as_text` values of the workbook are text, since they have more digits than a cell's number.
pub(super) fn write(
    grid: &mut Grid<'_>,
    report: &Report,
    formatter: &Formatter,
    as_text: usize,
) -> Result<(), XlsxError> {
    grid.heading(0, 0, "Notes", &style::heading())?;
    grid.widen(0, 32.0);
    grid.sheet.set_column_width(1, TEXT_WIDTH)?;
    let mut row = write_pairs(grid, 2, "Provenance", &provenance(report, formatter))?;
    let notices: Vec<(String, String)> = report
        .notices
        .iter()
        .map(|notice| {
            (
                notice.source.clone().unwrap_or_else(|| "Report".into()),
                notice.text.clone(),
            )
        })
        .collect();
    if !notices.is_empty() {
        row = write_pairs(grid, row + 1, "Notices", &notices)?;
    }
    let mut conventions: Vec<(String, String)> = CONVENTIONS
        .map(|(word, text)| (word.into(), text.into()))
        .to_vec();
    if as_text > 0 {
        conventions.push((
            "Long numbers".into(),
            format!("{as_text} values have more than 15 significant digits, which no spreadsheet number holds; they are written as text, so that no digit is lost."),
        ));
    }
    row = write_pairs(grid, row + 1, "Conventions", &conventions)?;
    write_pairs(grid, row + 1, "Definitions", &definitions(report))?;
    Ok(())
}

/// A heading and two columns; returns the row after them.
fn write_pairs(
    grid: &mut Grid<'_>,
    top: u32,
    heading: &str,
    pairs: &[(String, String)],
) -> Result<u32, XlsxError> {
    grid.heading(top, 0, heading, &style::plain().set_bold())?;
    let (key, value): (Format, Format) = (style::muted(), style::plain().set_text_wrap());
    let mut row = top + 1;
    for (name, text) in pairs {
        grid.text(row, 0, name, &key)?;
        grid.heading(row, 1, text, &value)?;
        grid.heighten(row, text, TEXT_WIDTH)?;
        row += 1;
    }
    Ok(row)
}

fn provenance(report: &Report, formatter: &Formatter) -> Vec<(String, String)> {
    let period = |period: &crate::report::PeriodRef| {
        format!(
            "{}: {} to {}, {} days, chosen in {}",
            formatter.period(period),
            period.start,
            period.end,
            period.days,
            period.timezone
        )
    };
    let instant = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut pairs = vec![
        ("Report".to_owned(), report.title.clone()),
        ("Job".to_owned(), report.job.clone()),
        ("Run".to_owned(), report.run_id.clone()),
        ("Revision".to_owned(), report.revision.to_string()),
        ("Generated at".to_owned(), instant(report.generated_at)),
        ("Period".to_owned(), period(&report.period)),
    ];
    let others = report.compared_with.iter();
    pairs.extend(others.map(|other| ("Compared with".to_owned(), period(&other.period))));
    pairs.extend(report.provisional_through.map(|at| {
        (
            "Complete up to".to_owned(),
            format!("{}; later figures may still change", instant(at)),
        )
    }));
    pairs.extend(report.sources.iter().map(|source| {
        let scope = source
            .scope
            .as_ref()
            .map_or_else(String::new, |scope| format!("; {scope}"));
        let text = format!(
            "{}{scope}; days are cut in {}; fetched {}",
            source.platform,
            source.zone,
            instant(source.fetched_at)
        );
        (format!("Source {}", source.name), text)
    }));
    pairs
}

/// What each metric of the report means.
fn definitions(report: &Report) -> Vec<(String, String)> {
    let used = |metric: &&Metric| {
        report
            .sections
            .iter()
            .flat_map(|section| &section.figures)
            .any(|figure| figure.metric == **metric)
    };
    let shown = Metric::ALL.iter().filter(used);
    shown
        .map(|metric| {
            (
                metric.label().to_owned(),
                format!("{} ({})", meaning(*metric), metric.key()),
            )
        })
        .collect()
}

fn meaning(metric: Metric) -> &'static str {
    match metric {
        Metric::AgentsCreated => "Agents created in the period",
        Metric::AgentsModified => "Agents modified in the period",
        Metric::FlowsCreated => "Flows created in the period",
        Metric::FlowsModified => "Flows modified in the period",
        Metric::ProcessesCreated => "Processes created in the period",
        Metric::ProcessesModified => "Processes modified in the period",
        Metric::TotalRequests => "Requests made in the period",
        Metric::RequestsWithErrors => "Requests that ended in an error",
        Metric::ErrorRate => "Requests with errors / requests × 100",
        Metric::AverageRequestTime => "Mean time of a request in milliseconds, as the source says it",
        Metric::TotalCost => {
            "Cost of the period; of a bill, the sum of billed cost, credits and corrections included"
        }
        Metric::AverageCostPerRequest => "Total cost / requests",
        Metric::InputTokens => "Tokens sent to models",
        Metric::OutputTokens => "Tokens written by models",
        Metric::TotalTokens => "Input tokens plus output tokens",
        Metric::AverageInputTokensPerRequest => "Input tokens / requests",
        Metric::AverageOutputTokensPerRequest => "Output tokens / requests",
        Metric::AverageTokensPerRequest => "Total tokens / requests",
        Metric::ActiveUsers => "Different users with at least one request; days and members do not add up",
        Metric::ActiveAgents => "Different agents with at least one request; days and members do not add up",
        Metric::ActiveProjects => {
            "Different projects with at least one request; days and members do not add up"
        }
        Metric::KnownProjects => {
            "Projects of the list of projects and those with usage that it lacks; without a list those with usage"
        }
        Metric::ActiveModels => "Different models with usage; days and members do not add up",
        Metric::Conversations => "Conversations begun",
        Metric::AudioSeconds => "Seconds of audio heard or spoken",
        Metric::Characters => "Characters spoken",
        Metric::EffectiveCost => "Amortised cost: what was paid in advance is spread over its use",
        Metric::ListCost => "Cost at list prices",
        Metric::ContractedCost => "Cost at contracted prices",
        Metric::Credits => "Billed cost of credits",
        Metric::Taxes => "Billed cost of taxes",
        Metric::Adjustments => "Billed cost of adjustments",
        Metric::Corrections => "Billed cost of corrections to earlier periods",
        Metric::CostPerDay => "Total cost / days of the period",
        Metric::CostShare => "Cost of a member / total cost × 100; its change is in percentage points",
        Metric::CostMovingAverage => {
            "Mean cost of a day and the six before it; empty where one of the seven is unknown"
        }
        Metric::PriceEffect => "What other unit prices changed of the total cost, at the quantities of now",
        Metric::VolumeEffect => {
            "What more or less use changed of the total cost, at the prices and in the mix of before"
        }
        Metric::MixEffect => {
            "What a shift to cheaper or dearer items changed of the total cost, at the prices of before"
        }
        Metric::NewItems => "Cost of what was not used before",
        Metric::RetiredItems => "Cost of what is not used any more, negative",
        Metric::CurrencyEffect => "What other exchange rates changed of the total cost",
        Metric::OtherEffects => {
            "The rest of the change of the total cost: fees, credits, what has no unit price"
        }
        Metric::Budget => "What may be spent in the whole month, quarter or year",
        Metric::BudgetUtilisation => "Spent / budget × 100",
        Metric::BudgetRemaining => "Budget − spent",
        Metric::BudgetVariance => "Spent − budget",
        Metric::BudgetExchange => {
            "The part of the variance that is due to other exchange rates than the fixed one of the budget"
        }
        Metric::BudgetPace => {
            "Share of the budget that is spent / share of the time that has elapsed; 1 is on plan"
        }
        Metric::BudgetRunOut => "The day of the period, from 1, on which the budget was or will be used up",
        Metric::ForecastCost => {
            "Spent so far and, for each day to come, what its weekday usually costs (median of eight weeks) at the level of the elapsed days"
        }
        Metric::ForecastLow => {
            "Forecast − 1.28 × standard deviation of a day × √(days to come), not below what is spent"
        }
        Metric::ForecastHigh => "Forecast + 1.28 × standard deviation of a day × √(days to come)",
        Metric::ForecastError => {
            "Of forecasts of seven days made on each past day: sum of the errors without sign / sum of what came × 100"
        }
        Metric::ForecastBias => "The same with their signs: above zero, forecasts were too high",
        Metric::AnomalyCost => {
            "Cost of a day that costs much more or much less than is usual; beside it the median of the same weekdays before, or of all days"
        }
        Metric::LevelCost => {
            "Cost of a day since a new level began: the median of the three days that showed it; beside it what was usual before"
        }
        Metric::AnomalyScore => {
            "How many times the usual spread a day lies from what is usual: 0.6745 × difference / median absolute deviation"
        }
        Metric::AnomalyContribution => {
            "By how much a member differs from what is usual for it on an unusual day"
        }
        Metric::TotalTasks => "Tasks given to agents",
        Metric::CompletedTasks => "Tasks that were completed",
        Metric::FailedTasks => "Tasks that failed",
        Metric::TaskSuccessRate => "Completed tasks / tasks × 100",
        Metric::TotalSteps => "Steps that tasks took",
        Metric::AverageTaskDuration => "Mean time of a task in milliseconds, as the source says it",
        Metric::AverageCostPerTask => "Total cost / tasks",
        Metric::Requests => "Requests of one agent or user",
        Metric::Tokens => "Tokens of one agent or user",
        Metric::Cost => "Cost of one agent or user",
        Metric::SuccessRate => "Requests that were answered with success / requests × 100",
        Metric::ToolExecutions => "Executions of tools",
        Metric::ToolErrors => "Executions of tools that failed",
        Metric::AuditEvents => "Entries of the audit trail",
        Metric::PartsCost => "Cost of all parts of a split, or of all days with data, added up",
        Metric::PartsRequests => "Requests of all parts of a split, or of all days with data, added up",
        Metric::PartsTokens => "Tokens of all parts, or of all days with data, added up",
        Metric::UnattributedCost => "Cost that a split gives to none of its members",
        Metric::UnattributedRequests => "Requests that a split gives to none of its members",
        Metric::UnattributedTokens => "Tokens that a split gives to none of its members",
        Metric::UsageCost => "Total cost as the source of the usage tells it",
        Metric::UsageCorrections => "Billed cost of corrections that are neither credit, tax nor adjustment",
        Metric::KnownGap => "Amount in the bill that usage is known not to tell, as the configuration says",
        Metric::UnexplainedCost => {
            "Bill − usage − credits − taxes − adjustments − corrections of usage − known gaps"
        }
        Metric::UnexplainedShare => "Unexplained / bill × 100; n/a unless the bill is above zero",
        Metric::UnexplainedTolerance => "Largest unexplained share that is not told as trouble",
        Metric::BillCost => "Total cost of the bill, and of its members",
        Metric::InvoicedCost => {
            "What the providers have invoiced, as far as the platform knows their invoices"
        }
    }
}

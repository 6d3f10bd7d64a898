//! The sums as windows: figures in their units, breakdowns with the figures that belong to them, days without rows as zeros.

use super::sheet::{
    AGENT, AUDIT, Amounts, CONVERSATIONS, COST, ERRORS, INPUT, INVOICED, INVOICES, MODEL, OUTPUT, REQUESTS,
    Rows, SHOWN, SUCCESS, SUMS, Sheet, TIME, TIMED, TOOL_ERRORS, TOOLS,
};
use crate::metric::Metric;
use crate::money::{self, MoneyError};
use crate::source::files::book::Ledger;
use crate::source::{Breakdown, Measure, Series, Window};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// What conversations are made of.
const OF_CONVERSATIONS: [Metric; 5] = [
    Metric::TotalCost,
    Metric::InputTokens,
    Metric::OutputTokens,
    Metric::TotalTokens,
    Metric::Conversations,
];
/// What both conversations and requests are made of, in columns that a page has room for.
const OF_BOTH: [Metric; 5] = [
    Metric::TotalCost,
    Metric::TotalRequests,
    Metric::RequestsWithErrors,
    Metric::TotalTokens,
    Metric::Conversations,
];
/// What is told day by day.
const DAILY: [Metric; 7] = [
    Metric::TotalCost,
    Metric::TotalRequests,
    Metric::RequestsWithErrors,
    Metric::InputTokens,
    Metric::OutputTokens,
    Metric::TotalTokens,
    Metric::Conversations,
];
const OF_PROVIDERS: [Metric; 6] = [
    Metric::TotalCost,
    Metric::InvoicedCost,
    Metric::InputTokens,
    Metric::OutputTokens,
    Metric::TotalTokens,
    Metric::Conversations,
];
const OF_TOOLS: [Metric; 2] = [Metric::ToolExecutions, Metric::ToolErrors];
/// Ratios of conversations to requests, which have nothing to do with each other: a conversation is no request, and most requests
/// call no model.
pub(super) const PER_REQUEST: [Metric; 4] = [
    Metric::AverageCostPerRequest,
    Metric::AverageInputTokensPerRequest,
    Metric::AverageOutputTokensPerRequest,
    Metric::AverageTokensPerRequest,
];
const OF_AUDIT: [Metric; 1] = [Metric::AuditEvents];

/// The figures that a breakdown has.
fn belonging(dimension: &str) -> &'static [Metric] {
    match dimension {
        "provider" => &OF_PROVIDERS,
        "user" | "gateway" => &OF_BOTH,
        "tool" => &OF_TOOLS,
        "model" | "agent" => &OF_CONVERSATIONS,
        _ => &OF_AUDIT,
    }
}

/// The window of each period, in the order asked. Days up to `today` are told, later ones are not known.
pub(super) fn windows(sheet: &Sheet<'_>, today: NaiveDate) -> Result<Vec<Window>, MoneyError> {
    let measures = |place: usize, amounts: &Amounts| measures(sheet, place, amounts);
    let mut windows = sheet.book.windows(SHOWN, &measures)?;
    for (place, window) in windows.iter_mut().enumerate() {
        let (amounts, extras) = sheet.totals(place)?;
        // Of a platform, unlike of files, no rows mean zero.
        window.figures = measures(place, &amounts);
        window.figures.extend(derived(sheet, place, &amounts, &extras));
        let kinds = [Rows::Conversations, Rows::Requests, Rows::Tools];
        let rows = &sheet.known[place].rows;
        window.rows = kinds.iter().filter_map(|kind| rows.get(kind)).sum();
        window.unrelated = &PER_REQUEST;
        fill(window, today);
        let breakdowns = std::mem::take(&mut window.breakdowns);
        window.breakdowns = breakdowns
            .into_iter()
            .filter_map(|breakdown| fitting(breakdown, &window.figures))
            .collect();
    }
    Ok(windows)
}

/// The figures that everything, every day and every member has.
fn measures(sheet: &Sheet<'_>, place: usize, amounts: &Amounts) -> Vec<Measure> {
    let known = &sheet.known[place];
    let conversations = |fields: &[&'static str]| known.has(Rows::Conversations, fields);
    let requests = |fields: &[&'static str]| known.has(Rows::Requests, fields);
    let tokens = conversations(&["totalInputTokens", "totalOutputTokens"]);
    let total_tokens = amounts[INPUT].checked_add(amounts[OUTPUT]);
    let mut told = vec![
        (Metric::TotalCost, COST, conversations(&["totalCost"])),
        (Metric::TotalRequests, REQUESTS, requests(&[])),
        (Metric::RequestsWithErrors, ERRORS, requests(&["statusCode"])),
        (Metric::InputTokens, INPUT, conversations(&["totalInputTokens"])),
        (
            Metric::OutputTokens,
            OUTPUT,
            conversations(&["totalOutputTokens"]),
        ),
        (Metric::Conversations, CONVERSATIONS, conversations(&[])),
        (Metric::ToolExecutions, TOOLS, known.has(Rows::Tools, &[])),
        (
            Metric::ToolErrors,
            TOOL_ERRORS,
            known.has(Rows::Tools, &["success"]),
        ),
        (Metric::InvoicedCost, INVOICED, amounts[INVOICES] > Decimal::ZERO),
    ];
    if known.has(Rows::Audit, &[]) {
        told.push((Metric::AuditEvents, AUDIT, true));
    }
    let mut measures: Vec<Measure> = told
        .into_iter()
        .map(|(metric, sum, known)| Measure {
            metric,
            value: known.then_some(amounts[sum]),
        })
        .collect();
    measures.push(Measure {
        metric: Metric::TotalTokens,
        value: total_tokens.filter(|_| tokens),
    });
    measures
}

/// The figures that only everything has: means, shares, and how many took part.
fn derived(sheet: &Sheet<'_>, place: usize, amounts: &Amounts, extras: &[Decimal]) -> Vec<Measure> {
    let (known, ledger) = (&sheet.known[place], &sheet.book.ledgers()[place]);
    let requests = amounts[REQUESTS];
    let status = known.has(Rows::Requests, &["statusCode"]);
    let share = |part: Decimal, known: bool| known.then(|| money::percent(part, requests)).flatten();
    let time = known.has(Rows::Requests, &["responseTime"]);
    let time = time
        .then(|| money::quotient(extras[TIME], extras[TIMED]))
        .flatten();
    let took_part = |dimension, rows, of: usize| {
        known
            .has(rows, &[])
            .then(|| distinct(ledger, dimension, amounts[of]))
            .flatten()
    };
    let nobody = requests.is_zero().then_some(Decimal::ZERO);
    let users = known
        .has(Rows::Requests, &[])
        .then(|| known.callers.count().or(nobody));
    let users = users.flatten();
    let told = [
        (Metric::ErrorRate, share(amounts[ERRORS], status)),
        (Metric::AverageRequestTime, time),
        (Metric::ActiveUsers, users),
        (
            Metric::ActiveAgents,
            took_part(AGENT, Rows::Conversations, CONVERSATIONS),
        ),
        (
            Metric::ActiveModels,
            took_part(MODEL, Rows::Conversations, CONVERSATIONS),
        ),
        (
            Metric::SuccessRate,
            share(extras[SUCCESS], status && known.further == 0),
        ),
    ];
    told.map(|(metric, value)| Measure { metric, value }).into()
}

/// How many members took part; none where there was nothing, unknown where rows name nobody.
fn distinct(
    ledger: &Ledger<SUMS, { super::sheet::EXTRAS }, SHOWN>,
    dimension: usize,
    rows: Decimal,
) -> Option<Decimal> {
    ledger
        .distinct(dimension)
        .or_else(|| rows.is_zero().then_some(Decimal::ZERO))
}

/// Keeps the days of what a reader follows day by day. A day without rows is one without usage, as far as it has been.
fn fill(window: &mut Window, today: NaiveDate) {
    let figures = &window.figures;
    let known = |metric| {
        figures
            .iter()
            .any(|figure| figure.metric == metric && figure.value.is_some())
    };
    let zeros = |mut series: Series| {
        if known(series.metric) {
            let empty = series
                .points
                .iter_mut()
                .filter(|(day, value)| value.is_none() && *day <= today);
            empty.for_each(|(_, value)| *value = Some(Decimal::ZERO));
        }
        series
    };
    window.daily = std::mem::take(&mut window.daily)
        .into_iter()
        .filter(|series| DAILY.contains(&series.metric))
        .map(zeros)
        .collect();
}

/// The breakdown with the figures that belong to it and are known, and the members that have any; nothing where none is left.
fn fitting(breakdown: Breakdown, figures: &[Measure]) -> Option<Breakdown> {
    let told = |metric: &&Metric| {
        figures
            .iter()
            .any(|figure| figure.metric == **metric && figure.value.is_some())
    };
    let metrics: Vec<Metric> = belonging(&breakdown.dimension)
        .iter()
        .filter(told)
        .copied()
        .collect();
    let mut members = breakdown.members;
    for member in &mut members {
        let measures = std::mem::take(&mut member.measures);
        member.measures = metrics
            .iter()
            .filter_map(|metric| measures.iter().find(|measure| measure.metric == *metric).copied())
            .collect();
    }
    members.retain(|member| {
        member
            .measures
            .iter()
            .any(|measure| measure.value.is_some_and(|value| !value.is_zero()))
    });
    if !metrics.contains(&Metric::TotalCost) {
        // Without a cost, the first figure ranks; members of the same value keep the order of their names.
        members.sort_by_key(|member| {
            std::cmp::Reverse(member.measures.first().and_then(|measure| measure.value))
        });
    }
    let named = |name: &str| name != crate::source::files::book::UNATTRIBUTED;
    members
        .iter()
        .any(|member| named(&member.name))
        .then_some(Breakdown { members, ..breakdown })
}

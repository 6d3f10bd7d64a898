//! The surface of the older documentation: one call for seven figures, whose shape was never published.

use super::client::Client;
use super::decode::Reader;
use super::shape::PER_REQUEST;
use super::sheet::{AUDIT, Amounts, Rows, SHOWN, Sheet};
use super::target;
use crate::language::say;
use crate::metric::Metric;
use crate::money::MoneyError;
use crate::period::Period;
use crate::source::sdk::{Flaws, Row};
use crate::source::{Breakdown, Measure, Need, SourceError, Window};
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};
use serde_json::Value;

/// The names of the documentation. Latency in milliseconds, cost in US dollars, rates in per cent or as fractions.
const NAMES: [(&str, Metric); 7] = [
    ("totalRequests", Metric::TotalRequests),
    ("successRate", Metric::SuccessRate),
    ("avgLatency", Metric::AverageRequestTime),
    ("totalTokens", Metric::TotalTokens),
    ("estimatedCost", Metric::TotalCost),
    ("uniqueCallers", Metric::ActiveUsers),
    ("errorRate", Metric::ErrorRate),
];
/// By how much the two rates may miss the whole, since redirects are in neither.
const REST: Decimal = dec!(0.2);

/// Asks for the figures of one day.
///
/// # Errors
/// [`SourceError`] if the platform does not answer, does not let us in, or answers none of the figures.
pub(super) async fn probe(client: &Client<'_>, day: NaiveDate) -> Result<(), SourceError> {
    let target = target::usage_metrics(day, day);
    let answered = client.get(&target).await?;
    match figures(&answered.value) {
        Some(_) => Ok(()),
        None => Err(client.error(&target, NONE)),
    }
}

const NONE: &str = "it answered with none of the figures of the documentation (totalRequests, successRate, avgLatency, totalTokens, \
                    estimatedCost, uniqueCallers, errorRate); check `base_url`, or set `surface = \"real\"`";

/// The object that holds the names: `data` or the whole answer.
fn figures(answer: &Value) -> Option<Row<'_>> {
    let holds = |value: &&Value| NAMES.iter().any(|(name, _)| value.get(name).is_some());
    [answer.get("data"), Some(answer)]
        .into_iter()
        .flatten()
        .find(holds)
        .and_then(Row::whole)
}

/// The windows of the periods, from one answer each.
pub(super) fn windows(
    reader: &mut Reader<'_>,
    sheet: &mut Sheet<'_>,
    needs: &[Need],
) -> Result<Vec<Window>, SourceError> {
    reader.notice(say!("documented-only"), false);
    for (place, need) in needs.iter().enumerate() {
        reader.about(need, |reader| reader.audit(sheet, place, need))?;
    }
    sheet.call_users();
    let trails = trails(sheet).map_err(|cause| reader.unsummable(&cause))?;
    let mut windows = Vec::with_capacity(needs.len());
    for (place, (need, breakdowns)) in needs.iter().zip(trails).enumerate() {
        let mut figures = reader.about(need, |reader| read(reader, &need.period))?;
        let rows = figures.iter().filter(|measure| measure.value.is_some()).count();
        if sheet.known[place].has(Rows::Audit, &[]) {
            let (amounts, _) = sheet.totals(place).map_err(|cause| reader.unsummable(&cause))?;
            figures.push(events(&amounts));
        }
        windows.push(Window {
            period: need.period.clone(),
            rows: rows as u64,
            figures,
            daily: Vec::new(),
            rankings: Vec::new(),
            breakdowns,
            items: None,
            converted: None,
            organization: None,
            daily_by: Vec::new(),
            unrelated: &PER_REQUEST,
        });
    }
    Ok(windows)
}

/// The breakdowns of the audit trail of each period.
fn trails(sheet: &Sheet<'_>) -> Result<Vec<Vec<Breakdown>>, MoneyError> {
    let windows = sheet.book.windows(SHOWN, &|_, amounts| vec![events(amounts)])?;
    Ok(windows.into_iter().map(|window| window.breakdowns).collect())
}

fn events(amounts: &Amounts) -> Measure {
    Measure {
        metric: Metric::AuditEvents,
        value: Some(amounts[AUDIT]),
    }
}

/// The seven figures of one period.
fn read(reader: &mut Reader<'_>, period: &Period) -> Result<Vec<Measure>, SourceError> {
    let target = target::usage_metrics(period.start(), period.last_day());
    let answer = reader
        .told(&target)?
        .map_err(|reason| reader.contradiction(reason))?;
    let Some(row) = figures(&answer) else {
        return Err(reader.contradiction(format!("GET /usage-metrics: {NONE}")));
    };
    let mut flaws = Flaws::default();
    let mut figures: Vec<Measure> = NAMES
        .iter()
        .map(|(name, metric)| Measure {
            metric: *metric,
            value: row.number(name, &mut flaws),
        })
        .collect();
    if let Some(negative) = figures
        .iter()
        .find(|figure| figure.value.is_some_and(|value| value < Decimal::ZERO))
    {
        return Err(reader.contradiction(format!(
            "GET /usage-metrics: {} is negative; ask the platform's operator",
            negative.metric.key()
        )));
    }
    for flaw in flaws.list() {
        let text = say!(
            "documented-flaw",
            "period" = period,
            "field" = &flaw.field,
            "flaw" = &flaw.what,
        );
        reader.notice(text, true);
    }
    settle_rates(reader, period, &mut figures);
    Ok(figures)
}

/// Makes both rates per cent. The documentation does not say what they are: together they are about 1 or about 100, and one alone
/// is per cent only if it is above 1.
fn settle_rates(reader: &mut Reader<'_>, period: &Period, figures: &mut [Measure]) {
    let rate = |figures: &[Measure], metric| {
        let found = figures.iter().find(|measure| measure.metric == metric);
        found.and_then(|measure| measure.value)
    };
    let (success, error) = (
        rate(figures, Metric::SuccessRate),
        rate(figures, Metric::ErrorRate),
    );
    let factor = match (success, error) {
        (None, None) => return,
        (Some(success), Some(error)) => match success.checked_add(error) {
            Some(sum) if (sum - Decimal::ONE).abs() <= REST => Some(Decimal::ONE_HUNDRED),
            Some(sum) if (sum - Decimal::ONE_HUNDRED).abs() <= REST * Decimal::ONE_HUNDRED => {
                Some(Decimal::ONE)
            }
            _ => None,
        },
        (Some(alone), None) | (None, Some(alone)) => {
            // Nothing is nothing in either unit.
            (alone > Decimal::ONE || alone.is_zero()).then_some(Decimal::ONE)
        }
    };
    for figure in figures
        .iter_mut()
        .filter(|figure| matches!(figure.metric, Metric::SuccessRate | Metric::ErrorRate))
    {
        figure.value = factor.and_then(|factor| figure.value?.checked_mul(factor));
    }
    if factor.is_none() {
        let text = say!("rates-of-unknown-unit", "period" = period);
        reader.notice(text, true);
    }
}

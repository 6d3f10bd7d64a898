//! How tasks went, in a window of which the platform does not tell the days: sentences beside the figures, never figures.

use super::answers::{AgentPerformance, Performance, PerformanceMetrics, Trend};
use super::decode::{Reader, is_full, shown};
use super::endpoint::{Call, Word};
use crate::duration;
use crate::metric::Metric;
use crate::money;
use crate::source::dataset::OwnTrend;
use crate::source::{Need, SourceError};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// To which the platform rounds durations, in seconds.
const MINUTE: Decimal = Decimal::from_parts(60, 0, 0, false, 0);

/// Milliseconds of a second.
const MILLIS: Decimal = Decimal::ONE_THOUSAND;

/// Most agents that a sentence names.
const MAX_AGENTS: usize = 10;

/// What a measure is in.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Per cent; changes are in points.
    Percent,
    /// Words such as `2h 30m`.
    Duration,
    /// Whatever the platform says; the unit that it names contradicts its own numbers, so nothing is computed with it.
    AsGiven,
}

/// Tells what the platform says of its own window, and where it contradicts itself; its trend, where it tells one.
pub(super) fn tell(reader: &mut Reader<'_>, needs: &[Need]) -> Result<Option<OwnTrend>, SourceError> {
    if !needs.iter().any(is_full) {
        return Ok(None);
    }
    let call = Call::Performance(Word::Month);
    let (performance, _) = reader.read::<Performance>(call)?;
    let metrics = performance.metrics.unwrap_or_default();
    let measures = measures(&metrics);
    let (mut told, mut silent) = (Vec::new(), Vec::new());
    for (label, kind, trend) in measures {
        match trend.and_then(|trend| sentence(label, kind, trend)) {
            Some(sentence) => told.push(sentence),
            None => silent.push(label),
        }
    }
    let window = performance.period.as_deref().map_or("month".to_owned(), shown);
    if told.is_empty() {
        let text = format!(
            "{} tells nothing that can be read; how tasks went is not available.",
            call.path()
        );
        reader.notice(text, true);
    } else {
        let text = format!(
            "In the platform's own window `{window}`, of which it does not say the days: {}.",
            told.join("; ")
        );
        reader.notice(text, false);
        if !silent.is_empty() {
            let text = format!("Of the same window it does not tell: {}.", silent.join(", "));
            reader.notice(text, false);
        }
    }
    for (label, kind, trend) in measures {
        if let Some(doubt) = trend.and_then(|trend| doubt(kind, trend)) {
            reader.notice(format!("{label}: {doubt}."), false);
        }
    }
    if let Some(text) = agents(&performance.performance_by_agent.unwrap_or_default()) {
        reader.notice(format!("In the same window, by agent: {text}."), false);
    }
    Ok(own_trend(window, &metrics))
}

/// The measures of which the unit is sure, as numbers; `None` where none of them is one.
fn own_trend(window: String, metrics: &PerformanceMetrics) -> Option<OwnTrend> {
    let of = |metric, kind, trend: &Option<Trend>| {
        let trend = trend.as_ref()?;
        let value = |text: Option<&str>| {
            let value = number(kind, text?)?;
            match kind {
                Kind::Duration => value.checked_mul(MILLIS),
                Kind::Percent | Kind::AsGiven => Some(value),
            }
        };
        let values = (value(trend.current.as_deref()), value(trend.previous.as_deref()));
        (values != (None, None)).then_some((metric, values.0, values.1))
    };
    let measures = [
        of(
            Metric::TaskCompletionRate,
            Kind::Percent,
            &metrics.task_completion_rate,
        ),
        of(
            Metric::AverageTaskDuration,
            Kind::Duration,
            &metrics.average_task_duration,
        ),
        of(Metric::TaskErrorRate, Kind::Percent, &metrics.error_rate),
    ];
    let measures: Vec<_> = measures.into_iter().flatten().collect();
    (!measures.is_empty()).then_some(OwnTrend { window, measures })
}

fn measures(metrics: &PerformanceMetrics) -> [(&'static str, Kind, Option<&Trend>); 4] {
    [
        (
            "Task completion rate",
            Kind::Percent,
            metrics.task_completion_rate.as_ref(),
        ),
        (
            "Average task duration",
            Kind::Duration,
            metrics.average_task_duration.as_ref(),
        ),
        (
            "Token efficiency",
            Kind::AsGiven,
            metrics.token_efficiency.as_ref(),
        ),
        ("Error rate", Kind::Percent, metrics.error_rate.as_ref()),
    ]
}

/// `Error rate 6.7 %, before 8.8 %, which is a change of -2.1 points`.
fn sentence(label: &str, kind: Kind, trend: &Trend) -> Option<String> {
    let unit = match kind {
        Kind::Percent => " %".to_owned(),
        Kind::Duration => String::new(),
        Kind::AsGiven => trend.unit.as_deref().map_or_else(String::new, |unit| {
            format!(" {} (value and unit as the platform gives them)", shown(unit))
        }),
    };
    let current = shown(trend.current.as_deref()?);
    let Some(previous) = trend.previous.as_deref().map(shown) else {
        return Some(format!("{label} {current}{unit}"));
    };
    let change =
        change(kind, trend).map_or_else(String::new, |change| format!(", which is a change of {change}"));
    Some(match kind {
        Kind::AsGiven => format!("{label} {current}, before {previous}{unit}"),
        _ => format!("{label} {current}{unit}, before {previous}{unit}{change}"),
    })
}

/// Our own change, current - previous, in words.
fn change(kind: Kind, trend: &Trend) -> Option<String> {
    let (current, previous) = values(kind, trend)?;
    let change = current.checked_sub(previous)?;
    Some(match kind {
        Kind::Percent => format!("{} points", change.normalize()),
        Kind::Duration => duration::format(i64::try_from(change).ok()?),
        Kind::AsGiven => return None,
    })
}

/// Both values as numbers: durations in seconds.
fn values(kind: Kind, trend: &Trend) -> Option<(Decimal, Decimal)> {
    Some((
        number(kind, trend.current.as_deref()?)?,
        number(kind, trend.previous.as_deref()?)?,
    ))
}

fn number(kind: Kind, text: &str) -> Option<Decimal> {
    match kind {
        Kind::Duration => duration::parse(text).map(Decimal::from),
        Kind::Percent | Kind::AsGiven => money::exact(text.strip_prefix('+').unwrap_or(text)).ok(),
    }
}

/// Where the platform's trend or change contradicts its own values.
fn doubt(kind: Kind, trend: &Trend) -> Option<String> {
    let (current, previous) = values(kind, trend)?;
    let really = current.cmp(&previous);
    let said = match trend.trend.as_deref()?.to_lowercase().as_str() {
        "up" => Ordering::Greater,
        "down" => Ordering::Less,
        // A third word is not documented, so nothing is read into it.
        _ => really,
    };
    let stated = trend.change.as_deref();
    let differs = stated
        .and_then(|change| number(kind, change))
        .is_some_and(|change| !agrees(kind, change, current, previous));
    if said == really && !differs {
        return None;
    }
    let direction = match really {
        Ordering::Greater => "up",
        Ordering::Less => "down",
        Ordering::Equal => "no change",
    };
    let stated = stated.map_or_else(String::new, |change| format!(" ({})", shown(change)));
    Some(format!(
        "the platform's trend says {}{stated}, its figures say {direction} ({} after {})",
        trend.trend.as_deref().map(shown).unwrap_or_default(),
        trend.current.as_deref().map(shown).unwrap_or_default(),
        trend.previous.as_deref().map(shown).unwrap_or_default()
    ))
}

/// Whether a stated change is the one of its values, each of which may have been rounded on its own.
fn agrees(kind: Kind, change: Decimal, current: Decimal, previous: Decimal) -> bool {
    let rounding = match kind {
        Kind::Duration => MINUTE,
        Kind::Percent | Kind::AsGiven => {
            Decimal::new(1, change.scale().max(current.scale()).max(previous.scale()))
        }
    };
    let ours = current.checked_sub(previous);
    let difference = ours.and_then(|ours| ours.checked_sub(change));
    difference.is_some_and(|difference| difference.abs() <= rounding)
}

/// `build 45m, 95 % of tasks, efficiency 2.5`, agent by agent in the order of their names.
fn agents(agents: &[(String, AgentPerformance)]) -> Option<String> {
    let mut told: Vec<(String, String)> = agents
        .iter()
        .filter_map(|(name, agent)| {
            let parts = [
                agent.avg_duration.as_deref().map(shown),
                agent
                    .success_rate
                    .as_deref()
                    .map(|rate| format!("{} % of tasks", shown(rate))),
                agent
                    .token_efficiency
                    .as_deref()
                    .map(|value| format!("efficiency {}", shown(value))),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| (shown(name), parts.join(", ")))
        })
        .collect();
    told.sort_unstable();
    let more = told.len().saturating_sub(MAX_AGENTS);
    told.truncate(MAX_AGENTS);
    let mut parts: Vec<String> = told
        .into_iter()
        .map(|(name, said)| format!("`{name}` {said}"))
        .collect();
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

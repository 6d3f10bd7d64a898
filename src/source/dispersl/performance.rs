//! How tasks went, in a window of which the platform does not tell the days: sentences beside the figures, never figures.

use super::answers::{AgentPerformance, Performance, PerformanceMetrics, Trend};
use super::decode::{Reader, shown};
use super::endpoint::{Call, Word};
use crate::duration;
use crate::language::{Text, Value, say};
use crate::metric::Metric;
use crate::money;
use crate::source::dataset::OwnTrend;
use crate::source::{Depth, Need, SourceError};
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

/// Whether the report has a place for what the platform says of its own window.
pub(super) fn is_asked(need: &Need) -> bool {
    need.depth == Depth::Full
}

/// Tells what the platform says of its own window, and where it contradicts itself; its trend, where it tells one.
pub(super) fn tell(reader: &mut Reader<'_>, needs: &[Need]) -> Result<Option<OwnTrend>, SourceError> {
    if !needs.iter().any(is_asked) {
        return Ok(None);
    }
    let call = Call::Performance(Word::Month);
    let (performance, _) = reader.read::<Performance>(call)?;
    let metrics = performance.metrics.unwrap_or_default();
    let measures = measures(&metrics);
    let (mut told, mut silent) = (Vec::new(), Vec::new());
    for (label, kind, trend) in &measures {
        match trend.and_then(|trend| sentence(label, *kind, trend)) {
            Some(sentence) => told.push(sentence),
            None => silent.push(label.clone()),
        }
    }
    let window = performance.period.as_deref().map_or("month".to_owned(), shown);
    if told.is_empty() {
        reader.notice(say!("window-unreadable", "path" = call.path()), true);
    } else {
        let measures = Text::joined(&told, "; ");
        let text = say!("window-told", "window" = &window, "measures" = measures);
        reader.notice(text, false);
        if !silent.is_empty() {
            let measures = Text::joined(&silent, ", ");
            reader.notice(say!("window-untold", "measures" = measures), false);
        }
    }
    for (label, kind, trend) in measures {
        if let Some(doubt) = trend.and_then(|trend| doubt(kind, trend)) {
            reader.notice(say!("measure-doubted", "measure" = label, "doubt" = doubt), false);
        }
    }
    if let Some(agents) = agents(&performance.performance_by_agent.unwrap_or_default()) {
        reader.notice(say!("window-by-agent", "agents" = agents), false);
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

fn measures(metrics: &PerformanceMetrics) -> [(Text, Kind, Option<&Trend>); 4] {
    [
        (
            say!("measure-completion_rate"),
            Kind::Percent,
            metrics.task_completion_rate.as_ref(),
        ),
        (
            Metric::AverageTaskDuration.text(),
            Kind::Duration,
            metrics.average_task_duration.as_ref(),
        ),
        (
            say!("measure-token_efficiency"),
            Kind::AsGiven,
            metrics.token_efficiency.as_ref(),
        ),
        (
            Metric::ErrorRate.text(),
            Kind::Percent,
            metrics.error_rate.as_ref(),
        ),
    ]
}

/// `Error rate 6.7 %, before 8.8 %, which is a change of -2.1 points`.
fn sentence(measure: &Text, kind: Kind, trend: &Trend) -> Option<Text> {
    let value = valued(kind, trend.current.as_deref()?);
    let in_unit = |value: Text| match &trend.unit {
        Some(unit) if matches!(kind, Kind::AsGiven) => {
            say!("measure-as-given", "value" = value, "unit" = shown(unit))
        }
        _ => value,
    };
    let Some(base) = trend.previous.as_deref().map(|base| in_unit(valued(kind, base))) else {
        return Some(say!("measure-is", "measure" = measure, "value" = in_unit(value)));
    };
    Some(match change(kind, trend) {
        Some(change) => say!(
            "measure-changed",
            "measure" = measure,
            "value" = value,
            "base" = base,
            "change" = change,
        ),
        None => say!("measure-was", "measure" = measure, "value" = value, "base" = base),
    })
}

/// A value of the platform: a number is the reader's to write, anything else stays as it was sent.
fn given(text: &str) -> Text {
    plain(text).map_or_else(|| shown(text).into(), |number| Value::Number(number).into())
}

/// The number that `text` is, to the letter.
fn plain(text: &str) -> Option<Decimal> {
    let number = money::exact(text).ok();
    number.filter(|number| number.to_string() == text)
}

/// [`given`] with its unit, if it has one that is certain.
fn valued(kind: Kind, text: &str) -> Text {
    match kind {
        Kind::Percent => match plain(text) {
            Some(percent) => Value::Percent(percent).into(),
            None => say!("measure-percent", "value" = shown(text)),
        },
        Kind::Duration | Kind::AsGiven => given(text),
    }
}

/// Our own change, current - previous, in words.
fn change(kind: Kind, trend: &Trend) -> Option<Text> {
    let (current, previous) = values(kind, trend)?;
    let change = current.checked_sub(previous)?;
    Some(match kind {
        Kind::Percent => say!("measure-points", "value" = change.normalize()),
        Kind::Duration => duration::format(i64::try_from(change).ok()?).into(),
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
fn doubt(kind: Kind, trend: &Trend) -> Option<Text> {
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
        Ordering::Greater => say!("up"),
        Ordering::Less => say!("down"),
        Ordering::Equal => say!("no-change"),
    };
    let word = match trend.trend.as_deref()? {
        "up" => say!("up"),
        "down" => say!("down"),
        other => shown(other).into(),
    };
    let said = match stated {
        Some(change) => say!("trend-by", "trend" = word, "change" = given(change)),
        None => word,
    };
    Some(say!(
        "trend-contradicted",
        "trend" = said,
        "direction" = direction,
        "value" = given(trend.current.as_deref()?),
        "base" = given(trend.previous.as_deref()?),
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
fn agents(agents: &[(String, AgentPerformance)]) -> Option<Text> {
    let mut told: Vec<(String, Text)> = agents
        .iter()
        .filter_map(|(name, agent)| {
            let parts = [
                agent.avg_duration.as_deref().map(given),
                agent
                    .success_rate
                    .as_deref()
                    .map(|rate| say!("agent-success", "rate" = valued(Kind::Percent, rate))),
                agent
                    .token_efficiency
                    .as_deref()
                    .map(|value| say!("agent-efficiency", "value" = given(value))),
            ];
            let parts: Vec<Text> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| (shown(name), Text::joined(&parts, ", ")))
        })
        .collect();
    told.sort_unstable_by(|(a, a_told), (b, b_told)| (a, a_told.as_str()).cmp(&(b, b_told.as_str())));
    let more = told.len().saturating_sub(MAX_AGENTS);
    told.truncate(MAX_AGENTS);
    let mut parts: Vec<Text> = told
        .into_iter()
        .map(|(name, told)| say!("agent-told", "name" = name, "told" = told))
        .collect();
    if more > 0 {
        parts.push(say!("and-more", "count" = more));
    }
    (!parts.is_empty()).then(|| Text::joined(&parts, "; "))
}

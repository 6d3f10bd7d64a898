//! What is said about unusual days: sentences for readers, the owner's alerts, notices.

use super::{Anomaly, AnomalyKind};
use crate::metric::Unit;
use crate::money::{self, Currency};
use crate::report::{Alert, Part, Sentence};
use rust_decimal::{Decimal, dec};

/// Smallest share in per cent that is worth a word.
const LEAST_SHARE: Decimal = dec!(10);

fn text(words: impl Into<String>) -> Part {
    Part::Text(words.into())
}

fn amount(value: Decimal, currency: Option<Currency>) -> Part {
    Part::Value {
        value,
        unit: Unit::Currency,
        currency,
    }
}

/// `14 October cost USD 612.40, USD 480.00 more than a usual Wednesday; gpt-5 explains 81.2 % of it.`
pub(super) fn sentence(anomaly: &Anomaly) -> Sentence {
    let mut parts = match anomaly.kind {
        AnomalyKind::Day => day(anomaly),
        AnomalyKind::Level => level(anomaly),
    };
    parts.extend(explained(anomaly));
    parts.extend(reasons(anomaly));
    parts.push(text("."));
    Sentence::plain(parts)
}

fn day(anomaly: &Anomaly) -> Vec<Part> {
    let actual = amount(anomaly.actual, anomaly.currency);
    let usual = usual_day(anomaly);
    let more = more(anomaly);
    let excess = amount(anomaly.excess.abs(), anomaly.currency);
    match &anomaly.member {
        None => vec![
            Part::Date(anomaly.from),
            text(" cost "),
            actual,
            text(", "),
            excess,
            text(format!(" {more} than a usual {usual}")),
        ],
        Some(member) => vec![
            Part::Strong(member.clone()),
            text(" cost "),
            actual,
            text(" on "),
            Part::Date(anomaly.from),
            text(", "),
            excess,
            text(format!(" {more} than on a usual {usual}")),
        ],
    }
}

fn level(anomaly: &Anomaly) -> Vec<Part> {
    let mut parts = match anomaly.to {
        None => vec![text("Since "), Part::Date(anomaly.from)],
        Some(to) => vec![
            text("From "),
            Part::Date(anomaly.from),
            text(" to "),
            Part::Date(to),
        ],
    };
    match &anomaly.member {
        None => parts.push(text(" a day costs about ")),
        Some(member) => parts.extend([text(" "), Part::Strong(member.clone()), text(" costs about ")]),
    }
    parts.push(amount(anomaly.actual, anomaly.currency));
    if anomaly.member.is_some() {
        parts.push(text(" a day"));
    }
    parts.extend([
        text(", "),
        amount(anomaly.excess.abs(), anomaly.currency),
        text(format!(" {} than before", more(anomaly))),
    ]);
    parts
}

fn more(anomaly: &Anomaly) -> &'static str {
    if anomaly.excess.is_sign_negative() {
        "less"
    } else {
        "more"
    }
}

/// What usual is: `Wednesday`, or `day` where too few Wednesdays are known.
fn usual_day(anomaly: &Anomaly) -> String {
    if anomaly.same_weekday {
        anomaly.from.format("%A").to_string()
    } else {
        "day".to_owned()
    }
}

/// `; gpt-5 explains 81.2 % of it`.
fn explained(anomaly: &Anomaly) -> Vec<Part> {
    let Some(leading) = anomaly.contributions.first() else {
        return Vec::new();
    };
    let name = Part::Strong(leading.member.clone());
    match leading.share {
        share if share >= Decimal::ONE_HUNDRED => {
            vec![text("; "), name, text(" explains all of it")]
        }
        share if share >= LEAST_SHARE => {
            vec![
                text("; "),
                name,
                text(" explains "),
                Part::Percent(share),
                text(" of it"),
            ]
        }
        _ => Vec::new(),
    }
}

/// ` (known event: load test; data may still be missing)`.
fn reasons(anomaly: &Anomaly) -> Option<Part> {
    let event = anomaly
        .event
        .as_ref()
        .map(|label| format!("known event: {label}"));
    let doubt = anomaly.doubtful.then(|| "data may still be missing".to_owned());
    let reasons: Vec<String> = event.into_iter().chain(doubt).collect();
    (!reasons.is_empty()).then(|| text(format!(" ({})", reasons.join("; "))))
}

/// What the owner is told, once: the same sentence, plain, with whole dates.
pub(super) fn alert(anomaly: &Anomaly) -> Alert {
    let about = match (&anomaly.dimension, &anomaly.member) {
        (Some(dimension), Some(member)) => format!("{dimension}/{member}"),
        _ => "total".to_owned(),
    };
    let of_source = anomaly
        .source
        .as_ref()
        .map_or_else(String::new, |source| format!("{source}/"));
    // What was doubtful and turns out to be so is told again, as what it is.
    let what = match (anomaly.kind, anomaly.doubtful) {
        (AnomalyKind::Level, _) => "level",
        (AnomalyKind::Day, true) => "missing",
        (AnomalyKind::Day, false) => "anomaly",
    };
    let lead = anomaly
        .source
        .as_ref()
        .map_or_else(String::new, |source| format!("{source}: "));
    Alert {
        key: format!("{what}/{}/{of_source}{about}", anomaly.from),
        text: lead + &plain(&sentence(anomaly)),
    }
}

fn plain(sentence: &Sentence) -> String {
    let word = |part: &Part| match part {
        Part::Text(words) | Part::Strong(words) => words.clone(),
        Part::Value { value, currency, .. }
        | Part::Step { value, currency, .. }
        | Part::Change { value, currency, .. } => match currency {
            Some(currency) => format!("{currency} {}", money::rounded(*value, currency.minor_units())),
            None => value.normalize().to_string(),
        },
        Part::Percent(percent) => format!("{} %", money::rounded(*percent, 1)),
        Part::Date(date) => date.to_string(),
        Part::Period(period) => period.id.clone(),
    };
    sentence.parts.iter().map(word).collect()
}

/// What keeps days of the period from being judged, where that is so.
pub(super) fn unjudged(days: usize, least: usize) -> Option<String> {
    let (subject, verb) = match days {
        0 => return None,
        1 => ("1 day".to_owned(), "is"),
        days => (format!("{days} days"), "are"),
    };
    Some(format!(
        "{subject} of the period {verb} not looked at for being unusual, since fewer than {least} days before are known."
    ))
}

/// That nothing stands out, of so many days that were looked at.
pub(super) fn nothing(days: usize) -> String {
    match days {
        1 => "The day of the period does not stand out from what is usual.".to_owned(),
        days => format!("None of the {days} days that were looked at stands out from what is usual."),
    }
}

/// What is not listed because it is known.
pub(super) fn suppressed(labels: &[&str]) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for label in labels {
        if !names.contains(label) {
            names.push(label);
        }
    }
    let (subject, verb) = match labels.len() {
        0 => return None,
        1 => ("1 unusual day".to_owned(), "is"),
        count => (format!("{count} unusual days"), "are"),
    };
    Some(format!(
        "{subject} of known events {verb} not listed: {}.",
        names.join(", ")
    ))
}

/// What is not listed because there is too much of it.
pub(super) fn cut_off(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{count} more of the unusual days, which differ less, are not listed."))
}

/// What the label of a figure says besides what it is about: ` (load test)`.
pub(super) fn note(anomaly: &Anomaly) -> String {
    match (&anomaly.event, anomaly.doubtful) {
        (Some(label), true) => format!(" ({label}; missing data?)"),
        (Some(label), false) => format!(" ({label})"),
        (None, true) => " (missing data?)".to_owned(),
        (None, false) => String::new(),
    }
}

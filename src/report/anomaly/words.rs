//! What is said about unusual days: sentences for readers, the owner's alerts, notices.

use super::{Anomaly, AnomalyKind};
use crate::language::{Text, say};
use crate::metric::Unit;
use crate::money::{self, Currency};
use crate::report::{Alert, Given, Part, Sentence, told};
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeSet;

/// Smallest share in per cent that is worth a word.
const LEAST_SHARE: Decimal = dec!(10);

fn amount(value: Decimal, currency: Option<Currency>) -> Part {
    Part::Value {
        value,
        unit: Unit::Currency,
        currency,
    }
}

/// `14 October cost USD 612.40, USD 480.00 more than a usual Wednesday; gpt-5 explains 81.2 % of it.`
pub(super) fn sentence(anomaly: &Anomaly) -> Sentence {
    let first = match anomaly.kind {
        AnomalyKind::Day => day(anomaly),
        AnomalyKind::Level => level(anomaly),
    };
    let added = [explained(anomaly), reasons(anomaly)];
    added.into_iter().flatten().fold(first, Sentence::and).whole(".")
}

fn day(anomaly: &Anomaly) -> Sentence {
    let mut args = vec![
        ("day", Part::Date(anomaly.from).into()),
        ("value", amount(anomaly.actual, anomaly.currency).into()),
        ("excess", amount(anomaly.size(), anomaly.currency).into()),
        ("usual", usual_day(anomaly)),
    ];
    let id = match (anomaly.is_more, &anomaly.member) {
        (true, None) => "unusual-day-more",
        (true, Some(_)) => "unusual-day-more-of",
        (false, None) => "unusual-day-less",
        (false, Some(_)) => "unusual-day-less-of",
    };
    let member = anomaly.member.clone();
    args.extend(member.map(|member| ("name", Part::Strong(member).into())));
    Sentence::of(id, args)
}

fn level(anomaly: &Anomaly) -> Sentence {
    let mut args = vec![
        ("from", Part::Date(anomaly.from).into()),
        ("days", say!("unusual-days", "count" = anomaly.days).into()),
        ("value", amount(anomaly.actual, anomaly.currency).into()),
    ];
    args.extend(anomaly.to.map(|to| ("to", Part::Date(to).into())));
    let member = anomaly.member.clone();
    args.extend(member.map(|member| ("name", Part::Strong(member).into())));
    let id = match (anomaly.to, &anomaly.member) {
        (None, None) => "unusual-level-since",
        (None, Some(_)) => "unusual-level-since-of",
        (Some(_), None) => "unusual-level-until",
        (Some(_), Some(_)) => "unusual-level-until-of",
    };
    let excess = anomaly
        .excess
        .map(|excess| amount(excess.abs(), anomaly.currency));
    Sentence::of(id, args).and(match (anomaly.is_more, excess) {
        (true, Some(excess)) => told!("unusual-level-more", "excess" = excess),
        (false, Some(excess)) => told!("unusual-level-less", "excess" = excess),
        (true, None) => told!("unusual-level-more-unknown"),
        (false, None) => told!("unusual-level-less-unknown"),
    })
}

/// What usual is: `Wednesday`, or `day` where too few Wednesdays are known.
fn usual_day(anomaly: &Anomaly) -> Given {
    if anomaly.same_weekday {
        Given::Weekday(anomaly.from)
    } else {
        say!("dimension-day").into()
    }
}

/// `; gpt-5 explains 81.2 % of it`.
fn explained(anomaly: &Anomaly) -> Option<Sentence> {
    let leading = anomaly.contributions.first()?;
    let name = Part::Strong(leading.member.clone());
    match leading.share {
        share if share >= Decimal::ONE_HUNDRED => Some(told!("unusual-explains-all", "name" = name)),
        share if share >= LEAST_SHARE => Some(told!(
            "unusual-explains",
            "name" = name,
            "share" = Part::Percent(share)
        )),
        _ => None,
    }
}

/// ` (known event: load test; data may still be missing)`.
fn reasons(anomaly: &Anomaly) -> Option<Sentence> {
    let event = anomaly
        .event
        .as_ref()
        .map(|label| say!("unusual-event", "label" = label));
    let doubt = anomaly.doubtful.then(|| say!("unusual-doubtful"));
    let reasons: Vec<Text> = event.into_iter().chain(doubt).collect();
    (!reasons.is_empty()).then(|| told!("unusual-reasons", "reasons" = Text::joined(&reasons, "; ")))
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
    // What was doubtful and turns out to be so, and what outlasts the event that was its reason, is told again, as what it is.
    let what = match (anomaly.kind, anomaly.doubtful) {
        (AnomalyKind::Level, _) if anomaly.event.is_some() => "known",
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
pub(super) fn unjudged(days: usize, least: usize) -> Option<Text> {
    (days > 0).then(|| say!("unusual-unjudged", "count" = days, "least" = least))
}

/// That nothing stands out, of so many days that were looked at.
pub(super) fn nothing(days: usize) -> Text {
    say!("unusual-nothing", "count" = days)
}

/// The days of which no decimal holds how they differ, where there are any.
pub(super) fn too_large(days: &BTreeSet<NaiveDate>) -> Option<Text> {
    (!days.is_empty()).then(|| say!("unusual-too-large", "count" = days.len()))
}

/// The days that are not listed because their reasons are known, by the labels of these.
pub(super) fn suppressed(days: &BTreeSet<NaiveDate>, labels: &[String]) -> Option<Text> {
    let mut names: Vec<&str> = Vec::new();
    for label in labels {
        if !names.contains(&label.as_str()) {
            names.push(label);
        }
    }
    let events = names.join(", ");
    (!labels.is_empty()).then(|| say!("unusual-suppressed", "count" = days.len(), "events" = events))
}

/// On which days something is not listed because there is too much of it.
pub(super) fn cut_off(days: &BTreeSet<NaiveDate>) -> Option<Text> {
    (!days.is_empty()).then(|| say!("unusual-cut-off", "count" = days.len()))
}

/// The label of a figure: what it is `about` and, behind it, how many days of a level are added up and why that may be: `Total cost
/// (12 days; load test)`.
pub(super) fn label(about: Text, anomaly: &Anomaly) -> Text {
    let is_level = anomaly.kind == AnomalyKind::Level;
    let days = is_level.then(|| say!("unusual-days", "count" = anomaly.days));
    let event = anomaly.event.as_deref().map(Text::from);
    let doubt = anomaly.doubtful.then(|| say!("unusual-missing"));
    let notes: Vec<Text> = days.into_iter().chain(event).chain(doubt).collect();
    if notes.is_empty() {
        return about;
    }
    let notes = say!("unusual-reasons", "reasons" = Text::joined(&notes, "; "));
    Text::joined(&[about, notes], "")
}

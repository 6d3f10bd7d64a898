//! The table of unusual days: what they cost beside what is usual, and why.

use super::columns::{by_row, wrap};
use super::tables::{Row, Table, empty, plain_row, shown_of};
use super::words::{clean, phrase};
use crate::language::{Text, direction, say};
use crate::money::Currency;
use crate::render::format::Formatter;
use crate::report::{Anomaly, AnomalyKind, Figure, Report, Section};

/// Dimensions whose members are named as contributing to a day.
const DIMENSIONS: usize = 3;
/// Columns of a line in plain text, and those before it.
const WIDTH: usize = 80;
const INDENT: usize = 6;

/// The anomalies of the source of `section`, of more than `rows` those that differ most; `None` where there is none.
pub(super) fn table(section: &Section, report: &Report, formatter: &Formatter, rows: usize) -> Option<Table> {
    let mut listed: Vec<(&Anomaly, &Figure)> = of_section(section, report).collect();
    let (first, _) = listed.first()?;
    let currency = first
        .currency
        .map_or_else(String::new, |code| format!("\u{a0}{code}"));
    let note = formatter.say(if listed.iter().all(|(anomaly, _)| anomaly.same_weekday) {
        "unusual-by-weekday"
    } else {
        "unusual-by-day"
    });
    let all = listed.len();
    listed.sort_by_key(|(anomaly, _)| std::cmp::Reverse(anomaly.size()));
    listed.truncate(rows);
    listed.sort_by_key(|(anomaly, _)| (anomaly.from, anomaly.member.is_some()));
    let note = if listed.len() < all {
        format!("{} · {note}", shown_of(listed.len(), all, formatter))
    } else {
        note
    };
    let made = |reasons: bool| Table {
        member: formatter.say("chart-day"),
        note: note.clone(),
        columns: ["metric-cost", "unusual-usual"]
            .map(|head| formatter.say(head) + &currency)
            .into(),
        changes: true,
        rows: listed
            .iter()
            .map(|(anomaly, figure)| row(anomaly, figure, formatter, reasons))
            .collect(),
        ..empty(section, formatter)
    };
    let mut table = made(true);
    table.lines = with_reasons(by_row(&made(false), formatter), &table.rows);
    Some(table)
}

/// The anomalies of the source of `section`, each with the figure that says what it cost.
fn of_section<'a>(
    section: &'a Section,
    report: &'a Report,
) -> impl Iterator<Item = (&'a Anomaly, &'a Figure)> {
    let own = report
        .anomalies
        .iter()
        .filter(|anomaly| anomaly.source == section.source);
    let figures = section.figures.iter();
    own.zip(figures.filter(|figure| !figure.comparisons.is_empty()))
}

fn row(anomaly: &Anomaly, figure: &Figure, formatter: &Formatter, reasons: bool) -> Row {
    let cells = [Some(anomaly.actual), anomaly.expected].map(|value| formatter.shown(figure, value).number);
    Row {
        belongs: if reasons {
            let dimension = anomaly.dimension.as_deref().map(|it| words(it, formatter));
            let reasons: Vec<String> = dimension.into_iter().chain(why(anomaly, formatter)).collect();
            reasons.join("; ")
        } else {
            String::new()
        },
        change: formatter.change(figure),
        ..plain_row(when(anomaly, formatter), cells.into(), "member")
    }
}

/// `14 Oct`, `Since 12 Oct`, `12 Oct – 14 Oct`; of a member with its name.
fn when(anomaly: &Anomaly, formatter: &Formatter) -> String {
    let from = formatter.short_day(anomaly.from);
    let days = match (anomaly.kind, anomaly.to) {
        (AnomalyKind::Day, _) => from,
        (AnomalyKind::Level, None) => formatter.put(say!("unusual-since", "day" = from)),
        (AnomalyKind::Level, Some(to)) => format!("{from} – {}", formatter.short_day(to)),
    };
    match &anomaly.member {
        Some(member) => format!("{days}: {}", phrase(&member.into(), formatter)),
        None => days,
    }
}

/// Why a day is unusual, as far as it is known: that it is a level, known events, doubts, and who contributed by each dimension.
pub(crate) fn why(anomaly: &Anomaly, formatter: &Formatter) -> Vec<String> {
    let mut reasons = Vec::new();
    if anomaly.kind == AnomalyKind::Level {
        let days = say!("unusual-days", "count" = anomaly.days);
        reasons.push(formatter.put(say!("unusual-level", "days" = days)));
    }
    reasons.extend(
        anomaly
            .event
            .as_ref()
            .map(|label| formatter.put(say!("unusual-event", "label" = clean(label)))),
    );
    if anomaly.doubtful {
        reasons.push(formatter.say("unusual-doubtful"));
    }
    let mut dimensions: Vec<&str> = Vec::new();
    for contribution in &anomaly.contributions {
        if !dimensions.contains(&contribution.dimension.as_str()) {
            dimensions.push(&contribution.dimension);
        }
    }
    let of = |dimension: &str| {
        let members = anomaly.contributions.iter();
        let members = members.filter(|it| it.dimension == dimension).map(|it| {
            let excess = formatter.signed(it.excess, anomaly.currency.map_or(2, Currency::minor_units));
            format!(
                "{} {excess} ({})",
                phrase(&it.member.as_str().into(), formatter),
                formatter.percent(it.share)
            )
        });
        let members: Vec<String> = members.collect();
        format!("{}: {}", words(dimension, formatter), members.join(", "))
    };
    reasons.extend(dimensions.into_iter().take(DIMENSIONS).map(of));
    reasons
}

/// `service_type` reads `service type`.
fn words(dimension: &str, formatter: &Formatter) -> String {
    clean(&formatter.put(Text::keyed("dimension-", dimension)))
}

/// The lines of a table without reasons, with the reasons of each row below it.
fn with_reasons((heads, lines): (Vec<String>, Vec<Vec<String>>), rows: &[Row]) -> Vec<String> {
    let mut all = heads;
    for (lines, row) in lines.into_iter().zip(rows) {
        all.extend(lines);
        let reasons = wrap(&row.belongs, WIDTH - INDENT).into_iter();
        all.extend(reasons.map(|reason| " ".repeat(INDENT) + &direction::within(&reason)));
    }
    all
}

#[cfg(test)]
mod tests;

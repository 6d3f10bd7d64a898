//! What a revision changes of the version that was delivered before it: old, new and difference, line by line. Pure: a report and
//! the figures of that version.

mod lines;
mod words;

use super::{Comparison, Figure, Report, Section, Status};
use crate::language::{Text, Value, kept, say};
use crate::metric::{Metric, Unit};
use crate::money::Currency;
use chrono::{DateTime, Utc};
use lines::{Identities, Identity, Key, shared};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use words::{notice, unknown};

/// Key of the section.
pub const SECTION: &str = "restatement";
/// Key of the section that holds the totals.
const SUMMARY: &str = "summary";
/// Sections whose figures only follow from others and from the days before the period, of which others come to be known with time: what
/// is restated there is told where it stands.
const DERIVED: [&str; 2] = ["effects", super::anomaly::SECTION];

/// The figures of a report as they are kept, so that a later revision can say what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Which run made it.
    pub run_id: String,
    /// Its revision.
    pub revision: u32,
    /// The true time of the run.
    pub generated_at: DateTime<Utc>,
    /// Whether a source could still change its figures.
    #[serde(default)]
    pub provisional: bool,
    /// Its figures; `None`: they are not kept any more, or never were.
    pub lines: Option<Vec<Line>>,
}

/// One figure of a [`Version`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Key of its section.
    section: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    metric: Metric,
    #[serde(with = "kept")]
    label: Text,
    /// What its section is about, where that is a part of what another one is about: a later revision may not have the section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    within: Option<Title>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dimension: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    unit: Unit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    value: Option<Decimal>,
    /// What it was compared with, by comparison.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    bases: Vec<(String, Option<Decimal>)>,
}

/// The title of a section, so that it can still be said in any language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Title(#[serde(with = "kept")] Text);

/// How a report compares with the version before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restated {
    /// The figures of that version are not kept.
    Unknown,
    /// Every figure is the same, and so is what it is compared with.
    Same,
    /// Every figure is the same; what they are compared with is not.
    Beside,
    /// Some figure differs, is new or is gone.
    Changed,
}

/// The version before, as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Earlier {
    /// Which run made it.
    pub run_id: String,
    /// Its revision.
    pub revision: u32,
    /// The true time of the run.
    pub generated_at: DateTime<Utc>,
}

/// The figures of `report`, to be kept.
#[must_use]
pub fn version(report: &Report) -> Version {
    let line = |(section, figure): (&Section, &Figure)| Line {
        section: section.key.clone(),
        source: figure.source.clone(),
        metric: figure.metric,
        label: figure.label.clone(),
        within: part_of_whole(section).cloned().map(Title),
        dimension: figure.dimension.clone(),
        member: figure.member.clone(),
        unit: figure.unit,
        currency: figure.currency,
        value: figure.value,
        bases: bases(figure),
    };
    Version {
        run_id: report.run_id.clone(),
        revision: report.revision,
        generated_at: report.generated_at,
        provisional: report.provisional_through.is_some(),
        lines: Some(figures(report).map(line).collect()),
    }
}

/// Says in `report` what it changes of `earlier`: a sentence, a notice and, where a figure differs, a section with every line that
/// does, those that are new and those that are gone; the headline totals stand in it either way.
pub fn restate(report: &mut Report, earlier: &Version) -> Restated {
    report.restates = Some(Earlier {
        run_id: earlier.run_id.clone(),
        revision: earlier.revision,
        generated_at: earlier.generated_at,
    });
    let Some(lines) = &earlier.lines else {
        report.notices.insert(0, notice(unknown(earlier)));
        return Restated::Unknown;
    };
    let found = Differences::between(report, lines, earlier.revision);
    let restated = found.restated();
    report.answer.insert(0, found.sentence(report, earlier, restated));
    report
        .notices
        .insert(0, notice(found.told(report, earlier, restated)));
    if restated == Restated::Changed {
        report.sections.push(Section {
            key: SECTION.to_owned(),
            title: say!("section-restatement", "revision" = earlier.revision),
            source: None,
            figures: found.figures,
        });
    }
    restated
}

/// Says in a revision after which nobody has anything to compare that there is no version before it, since its number says that there
/// should be. What may have arrived, nobody knows of.
pub fn first(report: &mut Report) {
    if report.revision > 1 {
        report.notices.insert(0, notice(say!("restates-nobody")));
    }
}

/// What differs between a report and the version before it.
struct Differences {
    /// The lines of the section: totals first, then the others in the order of the report, then what is gone.
    figures: Vec<Figure>,
    /// The totals that differ.
    totals: Vec<(Fate, Figure)>,
    /// Lines with another value.
    changed: usize,
    /// Lines that the version before did not have.
    new: usize,
    /// Lines that only the version before had.
    gone: usize,
    /// Whether what a line is compared with differs.
    beside: bool,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It has another value.
    Changed,
    /// The version before did not have it.
    New,
    /// Only the version before had it.
    Gone,
}

impl Differences {
    fn between(report: &Report, lines: &[Line], revision: u32) -> Self {
        let comparison = format!("revision_{revision}");
        // A program that compared more has kept more.
        let lines: Vec<&Line> = lines
            .iter()
            .filter(|line| is_compared(&line.section, line.metric))
            .collect();
        let before: Vec<Key<'_>> = lines.iter().map(|line| Key::of_line(line)).collect();
        let now: Vec<Key<'_>> = figures(report)
            .map(|(section, it)| Key::of(section, it))
            .collect();
        let shared = shared([&before, &now]);
        let mut identities = Identities::new(&shared);
        let old: Vec<Identity<'_>> = before
            .into_iter()
            .zip(&lines)
            .map(|(key, line)| identities.of(key, line.value))
            .collect();
        let by_identity: HashMap<Identity<'_>, &Line> =
            old.iter().copied().zip(lines.iter().copied()).collect();
        let mut found = Self {
            figures: Vec::new(),
            totals: Vec::new(),
            changed: 0,
            new: 0,
            gone: 0,
            beside: false,
        };
        let mut others = Vec::new();
        let (mut identities, mut met) = (Identities::new(&shared), HashSet::new());
        for ((section, figure), key) in figures(report).zip(now) {
            let identity = identities.of(key, figure.value);
            met.insert(identity);
            let before = by_identity.get(&identity).copied();
            found.beside |= before.is_some_and(|line| line.bases != bases(figure));
            let fate = match before {
                None => Some(Fate::New),
                Some(line) => (line.value != figure.value).then_some(Fate::Changed),
            };
            let is_total = section.key == SUMMARY;
            if fate.is_some() || (is_total && is_headline(report, figure)) {
                let old = before.and_then(|line| line.value);
                let line = restated_line((section, figure), &comparison, old);
                found.count(fate, is_total, &line);
                if is_total { &mut found.figures } else { &mut others }.push(line);
            }
        }
        found.figures.extend(others);
        for line in old
            .iter()
            .filter(|it| !met.contains(it))
            .map(|it| by_identity[it])
        {
            let gone = gone_line(line, &comparison);
            found.count(Some(Fate::Gone), line.section == SUMMARY, &gone);
            found.figures.push(gone);
        }
        found
    }

    /// Counts a line, and keeps it where it is a total that differs.
    fn count(&mut self, fate: Option<Fate>, is_total: bool, line: &Figure) {
        let Some(fate) = fate else { return };
        match fate {
            Fate::Changed => self.changed += 1,
            Fate::New => self.new += 1,
            Fate::Gone => self.gone += 1,
        }
        if is_total {
            self.totals.push((fate, line.clone()));
        }
    }

    fn restated(&self) -> Restated {
        if self.changed + self.new + self.gone > 0 {
            Restated::Changed
        } else if self.beside {
            Restated::Beside
        } else {
            Restated::Same
        }
    }
}

/// What is compared.
fn figures(report: &Report) -> impl Iterator<Item = (&Section, &Figure)> {
    all(report).filter(|(section, figure)| is_compared(&section.key, figure.metric))
}

/// Every figure but those that say what has changed.
fn all(report: &Report) -> impl Iterator<Item = (&Section, &Figure)> {
    let sections = report.sections.iter().filter(|section| section.key != SECTION);
    sections.flat_map(|section| section.figures.iter().map(move |figure| (section, figure)))
}

/// Whether a figure is a fact of the period. What is made of facts and of where the calendar stands moves from day to day though no
/// fact does: it is neither restated nor a reason to send a report again.
fn is_compared(section: &str, metric: Metric) -> bool {
    let follows = metric.key().starts_with("forecast_")
        || matches!(
            metric,
            Metric::BudgetPace | Metric::BudgetRunOut | Metric::CostMovingAverage
        );
    !follows && !DERIVED.contains(&section)
}

/// Whether a figure of the summary is one of those that lead the report.
fn is_headline(report: &Report, figure: &Figure) -> bool {
    let mut headlines = report.headlines.iter();
    headlines.any(|other| (&other.source, other.metric) == (&figure.source, figure.metric))
}

fn bases(figure: &Figure) -> Vec<(String, Option<Decimal>)> {
    let comparisons = figure.comparisons.iter();
    comparisons
        .map(|beside| (beside.comparison.clone(), beside.base_value))
        .collect()
}

fn restated_line((section, figure): (&Section, &Figure), comparison: &str, old: Option<Decimal>) -> Figure {
    Figure {
        label: described(
            figure.metric,
            &figure.label,
            (figure.dimension.as_deref(), figure.member.as_deref()),
            (&section.key, part_of_whole(section)),
        ),
        rank: None,
        comparisons: vec![Comparison::of(comparison, figure.value, old)],
        ..figure.clone()
    }
}

fn gone_line(line: &Line, comparison: &str) -> Figure {
    Figure {
        source: line.source.clone(),
        metric: line.metric,
        label: described(
            line.metric,
            &line.label,
            (line.dimension.as_deref(), line.member.as_deref()),
            (&line.section, line.within.as_ref().map(|Title(title)| title)),
        ),
        dimension: line.dimension.clone(),
        member: line.member.clone(),
        rank: None,
        unit: line.unit,
        currency: line.currency,
        value: None,
        status: Status::NotAvailable,
        comparisons: vec![Comparison::of(comparison, None, line.value)],
    }
}

/// What a section is about, where its lines are about a part of what lines of another one are about.
fn part_of_whole(section: &Section) -> Option<&Text> {
    section.key.starts_with("daily_usage_").then_some(&section.title)
}

/// Whether the lines of a section are about a member and what belongs to it, which is their label: an agent and its project, a project
/// and a service type.
fn is_of_pairs(section: &str) -> bool {
    matches!(section, "usage" | "top_agents_by_cost")
}

/// What a line is about, alone in a list of all kinds: `Total cost`, `Total cost, Support`, `Total cost, Support, 2026-10-14`,
/// `Cost, Hotline, Support`; last what it is `within`.
fn described(
    metric: Metric,
    label: &Text,
    (dimension, member): (Option<&str>, Option<&str>),
    (section, within): (&str, Option<&Text>),
) -> Text {
    let mut parts = vec![metric.text()];
    if let Some(member) = member {
        if is_of_pairs(section) {
            parts.push(member.into());
        }
        if *label != member && *label != metric.label() {
            parts.push(label.clone());
        }
        // A member is known by its name, a day or another thing beside the name by itself.
        if parts.len() == 1 || dimension == Some("day") {
            parts.push(called(dimension, member));
        }
    }
    parts.extend(within.cloned());
    Text::joined(&parts, ", ")
}

/// A member as a list of all kinds calls it: days and periods by what they are, which every reader writes in another way.
fn called(dimension: Option<&str>, member: &str) -> Text {
    match (dimension, member.parse()) {
        (Some("day"), Ok(day)) => Value::Date(day).into(),
        (Some("period"), _) => Value::period(member).into(),
        _ => member.into(),
    }
}

#[cfg(test)]
mod tests;

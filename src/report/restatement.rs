//! What a revision changes of the version that was delivered before it: old, new and difference, line by line. Pure: a report and
//! the figures of that version.

mod lines;
mod words;

use super::{Comparison, Figure, Report, Section, Status};
use crate::language::{Text, say};
use crate::metric::{Metric, Unit};
use crate::money::Currency;
use chrono::{DateTime, Utc};
use lines::{Key, Numbers};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use words::{notice, unknown};

/// Key of the section.
pub const SECTION: &str = "restatement";
/// Why a cost changed follows from other figures, and from the periods beside it: what is restated there is told as such.
const DERIVED: &str = "effects";

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
    label: String,
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
        label: figure.label.as_str().to_owned(),
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
    report.notices.insert(0, notice(found.told(earlier, restated)));
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

/// What differs between a report and the version before it.
struct Differences {
    /// The lines of the section: totals first, then the others in the order of the report, then what is gone.
    figures: Vec<Figure>,
    /// Lines with another value.
    changed: usize,
    /// Lines that the version before did not have.
    new: usize,
    /// Lines that only the version before had.
    gone: usize,
    /// Whether what a line is compared with differs.
    beside: bool,
}

impl Differences {
    fn between(report: &Report, lines: &[Line], revision: u32) -> Self {
        let comparison = format!("revision_{revision}");
        let mut numbers = Numbers::default();
        let old: HashMap<(Key<'_>, usize), &Line> = lines
            .iter()
            .map(|line| (numbers.numbered(Key::of_line(line)), line))
            .collect();
        let named = |figure: &Figure| {
            let mut headlines = report.headlines.iter();
            headlines.any(|other| (&other.source, other.metric) == (&figure.source, figure.metric))
        };
        let mut found = Self {
            figures: Vec::new(),
            changed: 0,
            new: 0,
            gone: 0,
            beside: false,
        };
        let (mut totals, mut others) = (Vec::new(), Vec::new());
        let (mut numbers, mut met) = (Numbers::default(), HashSet::new());
        for (section, figure) in figures(report) {
            let key = numbers.numbered(Key::of(section, figure));
            let before = old.get(&key);
            met.insert(key);
            let changed = before.is_some_and(|line| line.value != figure.value);
            found.beside |= before.is_some_and(|line| line.bases != bases(figure));
            found.changed += usize::from(changed);
            found.new += usize::from(before.is_none());
            let is_total = section.key == "summary";
            if changed || before.is_none() || (is_total && named(figure)) {
                let line = restated_line(figure, &comparison, before.and_then(|line| line.value));
                if is_total { &mut totals } else { &mut others }.push(line);
            }
        }
        let mut numbers = Numbers::default();
        let gone = lines
            .iter()
            .filter(|line| !met.contains(&numbers.numbered(Key::of_line(line))));
        let gone: Vec<Figure> = gone.map(|line| gone_line(line, &comparison)).collect();
        found.gone = gone.len();
        found.figures = totals.into_iter().chain(others).chain(gone).collect();
        found
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

/// What is compared: every figure but those that only follow from others.
fn figures(report: &Report) -> impl Iterator<Item = (&Section, &Figure)> {
    let compared = |section: &&Section| ![SECTION, DERIVED].contains(&section.key.as_str());
    let sections = report.sections.iter().filter(compared);
    sections.flat_map(|section| section.figures.iter().map(move |figure| (section, figure)))
}

fn bases(figure: &Figure) -> Vec<(String, Option<Decimal>)> {
    let comparisons = figure.comparisons.iter();
    comparisons
        .map(|beside| (beside.comparison.clone(), beside.base_value))
        .collect()
}

fn restated_line(figure: &Figure, comparison: &str, old: Option<Decimal>) -> Figure {
    Figure {
        label: described(
            figure.metric,
            &figure.label,
            figure.dimension.as_deref(),
            figure.member.as_deref(),
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
            &line.label.as_str().into(),
            line.dimension.as_deref(),
            line.member.as_deref(),
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

/// What a line is about, alone in a list of all kinds: `Total cost`, `Total cost, Support`, `Total cost, Support, 2026-10-14`.
fn described(metric: Metric, label: &Text, dimension: Option<&str>, member: Option<&str>) -> Text {
    let mut parts = vec![metric.text()];
    if let Some(member) = member {
        if *label != member && *label != metric.label() {
            parts.push(label.clone());
        }
        // A member is known by its name, a day or another thing beside the name by itself.
        if parts.len() == 1 || dimension == Some("day") {
            parts.push(member.into());
        }
    }
    Text::joined(&parts, ", ")
}

#[cfg(test)]
mod tests;

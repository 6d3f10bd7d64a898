//! Which figures of two versions are the same line.

use super::Line;
use crate::metric::Metric;
use crate::money::Currency;
use crate::report::{Figure, Section};
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};

/// What makes two figures the same line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key<'a> {
    section: &'a str,
    source: Option<&'a str>,
    metric: Metric,
    dimension: Option<&'a str>,
    member: Option<&'a str>,
    /// Where the member alone does not say it; the name of a member may change.
    label: Option<&'a str>,
    currency: Option<Currency>,
}

impl<'a> Key<'a> {
    pub(super) fn of(section: &'a Section, figure: &'a Figure) -> Self {
        Self {
            section: &section.key,
            source: figure.source.as_deref(),
            metric: figure.metric,
            dimension: figure.dimension.as_deref(),
            member: figure.member.as_deref(),
            label: Some(figure.label.as_str()).filter(|_| is_of_two(&section.key)),
            currency: figure.currency,
        }
    }

    pub(super) fn of_line(line: &'a Line) -> Self {
        Self {
            section: &line.section,
            source: line.source.as_deref(),
            metric: line.metric,
            dimension: line.dimension.as_deref(),
            member: line.member.as_deref(),
            label: Some(line.label.as_str()).filter(|_| is_of_two(&line.section)),
            currency: line.currency,
        }
    }
}

/// Whether the lines of a section are about two things, of which the label is one. Elsewhere a label may say how much is known of a
/// line, which changes with time.
fn is_of_two(section: &str) -> bool {
    section == "usage" || section.starts_with("daily_by_") || section.starts_with("daily_usage_")
}

/// What makes a line the same in both versions: its key, its value where others have that key, and its number among those.
pub(super) type Identity<'a> = (Key<'a>, Option<Option<Decimal>>, usize);

/// The keys that several lines of a version have.
pub(super) fn shared<'a>(versions: [&[Key<'a>]; 2]) -> HashSet<Key<'a>> {
    let mut shared = HashSet::new();
    for keys in versions {
        let mut met = HashSet::new();
        shared.extend(keys.iter().copied().filter(|key| !met.insert(*key)));
    }
    shared
}

/// Gives the lines of a version their identities. Which of several lines with one key was which cannot be told, so that only lines
/// with one value are the same: no line is held against somebody else's.
#[expect(
    clippy::option_option,
    reason = "a value that nobody shares and one that is not known are different things"
)]
pub(super) struct Identities<'a, 's> {
    shared: &'s HashSet<Key<'a>>,
    met: HashMap<(Key<'a>, Option<Option<Decimal>>), usize>,
}

impl<'a, 's> Identities<'a, 's> {
    pub(super) fn new(shared: &'s HashSet<Key<'a>>) -> Self {
        let met = HashMap::new();
        Self { shared, met }
    }

    pub(super) fn of(&mut self, key: Key<'a>, value: Option<Decimal>) -> Identity<'a> {
        let value = self.shared.contains(&key).then_some(value);
        let number = self.met.entry((key, value)).or_default();
        *number += 1;
        (key, value, *number)
    }
}

//! Which figures of two versions are the same line.

use super::Line;
use crate::metric::Metric;
use crate::money::Currency;
use crate::report::{Figure, Section};
use std::collections::HashMap;

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

/// Whether the lines of a section are about two things, of which the label is one.
fn is_of_two(section: &str) -> bool {
    section != "summary" && !section.starts_with("by_")
}

/// Tells lines apart that have the same key, by their order.
#[derive(Default)]
pub(super) struct Numbers<'a>(HashMap<Key<'a>, usize>);

impl<'a> Numbers<'a> {
    pub(super) fn numbered(&mut self, key: Key<'a>) -> (Key<'a>, usize) {
        let number = self.0.entry(key).or_default();
        *number += 1;
        (key, *number)
    }
}

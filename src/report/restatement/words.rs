//! What a revision says of the version before it: a sentence for the first page, and a notice.

use super::{Differences, Restated, Version};
use crate::metric::Metric;
use crate::report::{Figure, Notice, Part, Report, Sentence};
use rust_decimal::Decimal;

/// Most totals that the sentence names: those of several sources stand beside each other.
const MOST_TOLD: usize = 2;

impl Differences {
    /// `Revision 2 restates October 2026: total cost is USD 4,090.11 instead of USD 4,070.36 (+19.75).`
    pub(super) fn sentence(&self, report: &Report, earlier: &Version, restated: Restated) -> Sentence {
        let (revision, before) = (report.revision, earlier.revision);
        let text = |text: String| Part::Text(text);
        let mut parts = match restated {
            Restated::Changed => vec![
                text(format!("Revision {revision} restates ")),
                Part::Period(report.period.clone()),
                text(": ".to_owned()),
            ],
            Restated::Beside => {
                let same = format!(
                    "Revision {revision} has the same figures as revision {before}; what they are compared with has changed."
                );
                vec![text(same)]
            }
            Restated::Same | Restated::Unknown => {
                vec![text(format!(
                    "Revision {revision} has the same figures as revision {before}."
                ))]
            }
        };
        if restated == Restated::Changed {
            parts.extend(self.totals(report));
        }
        Sentence::plain(parts)
    }

    /// The total that has changed, of several sources each one's; the cost before any other.
    fn totals(&self, report: &Report) -> Vec<Part> {
        let moved = |figure: &&Figure| {
            let beside = figure.comparisons.first();
            figure.member.is_none() && beside.is_some_and(|beside| beside.base_value != figure.value)
        };
        let all: Vec<&Figure> = self.figures.iter().filter(moved).collect();
        let cost = |figure: &&&Figure| figure.metric == Metric::TotalCost;
        let mut told: Vec<&Figure> = all.iter().filter(cost).copied().take(MOST_TOLD).collect();
        if told.is_empty() {
            told.extend(all.first());
        }
        if told.is_empty() {
            return vec![Part::Text(
                "the totals are the same, figures below them are not.".to_owned(),
            )];
        }
        let several = report.sources.len() > 1;
        let mut parts = Vec::new();
        for (at, figure) in told.into_iter().enumerate() {
            if at > 0 {
                parts.push(Part::Text("; ".to_owned()));
            }
            parts.extend(instead(figure, several));
        }
        parts.push(Part::Text(".".to_owned()));
        parts
    }

    pub(super) fn told(&self, earlier: &Version, restated: Restated) -> String {
        let against = named(earlier);
        let provisional = if earlier.provisional {
            ", which was not final"
        } else {
            ""
        };
        match restated {
            Restated::Changed => {
                let parts = [
                    (self.changed, "differs", "differ"),
                    (self.new, "is new", "are new"),
                    (self.gone, "is gone", "are gone"),
                ];
                let parts: Vec<String> = parts
                    .into_iter()
                    .filter(|(count, ..)| *count > 0)
                    .enumerate()
                    .map(|(at, (count, one, many))| {
                        let figures = match (at, count) {
                            (0, 1) => " figure",
                            (0, _) => " figures",
                            _ => "",
                        };
                        format!("{count}{figures} {}", if count == 1 { one } else { many })
                    })
                    .collect();
                format!(
                    "Compared with {against}, the last version that was delivered{provisional}: {}. The files list every line.",
                    parts.join(", ")
                )
            }
            Restated::Beside => format!(
                "Compared with {against}, the last version that was delivered{provisional}: every figure is the same, \
                 but not what the figures are compared with."
            ),
            Restated::Same | Restated::Unknown => format!(
                "Compared with {against}, the last version that was delivered{provisional}: every figure is the same."
            ),
        }
    }
}

/// `total cost of usage is USD 4,090.11 instead of USD 4,070.36 (+19.75)`.
fn instead(figure: &Figure, several: bool) -> Vec<Part> {
    let value = |value: Decimal| Part::Value {
        value,
        unit: figure.unit,
        currency: figure.currency,
    };
    let source = figure.source.as_ref().filter(|_| several);
    let of = source.map_or_else(String::new, |source| format!(" of {source}"));
    let name = lower(figure.metric.label());
    let beside = figure.comparisons.first();
    match (figure.value, beside.and_then(|beside| beside.base_value)) {
        (Some(new), Some(old)) => {
            let mut parts = vec![
                Part::Text(format!("{name}{of} is ")),
                value(new),
                Part::Text(" instead of ".to_owned()),
                value(old),
            ];
            if let Some(change) = beside.and_then(|beside| beside.change) {
                parts.push(Part::Text(" (".to_owned()));
                parts.push(Part::Change {
                    value: change,
                    unit: figure.unit,
                    currency: figure.currency,
                });
                parts.push(Part::Text(")".to_owned()));
            }
            parts
        }
        (Some(new), None) => vec![
            Part::Text(format!("{name}{of}, which was not known, is ")),
            value(new),
        ],
        (None, Some(old)) => vec![
            Part::Text(format!("{name}{of} is not known any more; it was ")),
            value(old),
        ],
        (None, None) => vec![Part::Text(format!("{name}{of} is not known"))],
    }
}

/// `Total cost` inside a sentence.
pub(in crate::report) fn lower(label: &str) -> String {
    let mut letters = label.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// `revision 1 of 2026-11-02 07:00 UTC`.
fn named(earlier: &Version) -> String {
    format!(
        "revision {} of {}",
        earlier.revision,
        earlier.generated_at.format("%Y-%m-%d %H:%M UTC")
    )
}

pub(super) fn unknown(earlier: &Version) -> String {
    format!(
        "What has changed since {}, the last version that was delivered, cannot be told: its figures are not kept.",
        named(earlier)
    )
}

pub(super) fn notice(text: String) -> Notice {
    Notice {
        source: None,
        text: text.into(),
        missing: false,
    }
}

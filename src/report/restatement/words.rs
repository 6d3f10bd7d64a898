//! What a revision says of the version before it: a sentence for the first page, and a notice.

use super::{Differences, Fate, Restated, Version, all, is_compared};
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::report::{Figure, Given, Notice, Part, Report, Sentence, told};
use rust_decimal::Decimal;

/// Most totals that the sentence names: those of several sources stand beside each other.
const MOST_TOLD: usize = 2;

impl Differences {
    /// `Revision 2 restates October 2026: total cost is USD 4,090.11 instead of USD 4,070.36 (+19.75).`
    pub(super) fn sentence(&self, report: &Report, earlier: &Version, restated: Restated) -> Sentence {
        let revision = Given::Count(report.revision.into());
        let before = Given::Count(earlier.revision.into());
        match restated {
            Restated::Changed => {
                let what = told!("restates", "revision" = revision, "period" = &report.period);
                what.then(": ", self.totals(report))
            }
            Restated::Beside => told!("restates-beside", "revision" = revision, "before" = before),
            Restated::Same | Restated::Unknown => {
                told!("restates-nothing", "revision" = revision, "before" = before)
            }
        }
    }

    /// The total that has changed, of several sources each one's; the cost before any other.
    fn totals(&self, report: &Report) -> Sentence {
        let cost = |(_, figure): &&(Fate, Figure)| figure.metric == Metric::TotalCost;
        let mut told: Vec<&(Fate, Figure)> = self.totals.iter().filter(cost).take(MOST_TOLD).collect();
        if told.is_empty() {
            told.extend(self.totals.first());
        }
        let several = report.sources.len() > 1;
        let totals = told
            .into_iter()
            .map(|(fate, figure)| stands(*fate, figure, several));
        let totals = totals.reduce(|one, next| one.then("; ", next));
        totals.map_or_else(|| told!("restates-below"), |totals| totals.end("."))
    }

    pub(super) fn told(&self, report: &Report, earlier: &Version, restated: Restated) -> Text {
        let version = named(earlier, earlier.provisional);
        let told = match restated {
            Restated::Changed => say!("restated-lines", "version" = version, "lines" = self.counted()),
            Restated::Beside => say!("restated-beside", "version" = version),
            Restated::Same | Restated::Unknown => say!("restated-nothing", "version" = version),
        };
        if all(report).all(|(section, figure)| is_compared(&section.key, figure.metric)) {
            return told;
        }
        Text::joined(&[told, say!("restated-facts")], " ")
    }

    /// `2 figures differ, 1 is new`.
    fn counted(&self) -> Text {
        let mut counted = Vec::new();
        if self.changed > 0 {
            counted.push(say!("restated-differ", "count" = self.changed));
        }
        // Only the first names what is counted.
        if self.new > 0 {
            counted.push(if counted.is_empty() {
                say!("restated-new", "count" = self.new)
            } else {
                say!("restated-more-new", "count" = self.new)
            });
        }
        if self.gone > 0 {
            counted.push(if counted.is_empty() {
                say!("restated-gone", "count" = self.gone)
            } else {
                say!("restated-more-gone", "count" = self.gone)
            });
        }
        Text::joined(&counted, ", ")
    }
}

/// `total cost of usage is USD 4,090.11 instead of USD 4,070.36 (+19.75)`.
fn stands(fate: Fate, figure: &Figure, several: bool) -> Sentence {
    let value = |value: Decimal| Part::Value {
        value,
        unit: figure.unit,
        currency: figure.currency,
    };
    let name = figure.metric.text().within();
    let source = figure.source.as_ref().filter(|_| several);
    let name = match source {
        Some(source) => say!("figure-of-source", "figure" = name, "source" = source),
        None => name,
    };
    let beside = figure.comparisons.first();
    let old = beside.and_then(|beside| beside.base_value);
    let change = beside.and_then(|beside| beside.change).map(|value| Part::Change {
        value,
        unit: figure.unit,
        currency: figure.currency,
    });
    match (figure.value, old, change) {
        (Some(new), _, _) if fate == Fate::New => {
            told!("restated-total-new", "figure" = name, "new" = value(new))
        }
        (_, Some(old), _) if fate == Fate::Gone => {
            told!("restated-total-gone", "figure" = name, "old" = value(old))
        }
        (_, _, _) if fate == Fate::Gone => told!("restated-total-gone-unknown", "figure" = name),
        (Some(new), Some(old), Some(change)) => told!(
            "restated-instead",
            "figure" = name,
            "new" = value(new),
            "old" = value(old),
            "change" = change
        ),
        (Some(new), Some(old), None) => told!(
            "restated-instead-only",
            "figure" = name,
            "new" = value(new),
            "old" = value(old)
        ),
        (Some(new), None, _) => told!("restated-known-now", "figure" = name, "new" = value(new)),
        (None, Some(old), _) => told!("restated-unknown-now", "figure" = name, "old" = value(old)),
        (None, None, _) => told!("restated-unknown", "figure" = name),
    }
}

/// `revision 1 of 2 Nov 2026 07:00:04 UTC, the last version that was delivered`.
fn named(earlier: &Version, provisional: bool) -> Text {
    if provisional {
        say!(
            "version-not-final",
            "revision" = earlier.revision,
            "instant" = earlier.generated_at
        )
    } else {
        say!(
            "version-before",
            "revision" = earlier.revision,
            "instant" = earlier.generated_at
        )
    }
}

pub(super) fn unknown(earlier: &Version) -> Text {
    say!("restated-untold", "version" = named(earlier, false))
}

pub(super) fn notice(text: Text) -> Notice {
    Notice {
        source: None,
        text,
        missing: false,
    }
}

//! Amounts of sentences that are steps of a table too: they read as they do there, where steps are rounded so that they add up.

use super::{compared, reconciled};
use crate::metric::Metric;
use crate::render::format::visible_step;
use crate::report::{Part, Report, Sentence, StepOf, reconcile};
use rust_decimal::Decimal;

/// A step of a table: which, how much, and how much of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TableStep {
    /// Which.
    pub(super) metric: Metric,
    /// As it is.
    pub(super) exact: Decimal,
    /// Rounded, so that all steps lead from the one total shown to the other.
    pub(super) shown: Decimal,
}

/// `sentence` as a reader of `report` sees it: each step as its table shows it.
pub(crate) fn as_in_tables(sentence: &Sentence, report: &Report) -> Sentence {
    sentence.mapped(&|part| match part {
        Part::Step {
            value,
            unit,
            currency,
            of,
        } => Part::Value {
            value: step(of, report).map_or(*value, |step| {
                visible_step(step.shown, step.exact, *currency).abs()
            }),
            unit: *unit,
            currency: *currency,
        },
        other => other.clone(),
    })
}

fn step(of: &StepOf, report: &Report) -> Option<TableStep> {
    let mut sections = report.sections.iter();
    let section = sections.find(|section| section.key == of.section && section.source == of.source)?;
    let steps = if of.section == reconcile::BILL {
        reconciled::steps(section)?
    } else {
        compared::leading_steps(section, report)?
    };
    steps.into_iter().find(|step| step.metric == of.metric)
}

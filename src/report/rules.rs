//! Rules (`when`): a report goes out only when one of them newly holds. Pure: a report, the rules, what is known of them from the
//! runs before.

use super::restatement::Restated;
use super::{Comparison, Figure, Notice, Report, gate};
use crate::config::plan::{Condition, Rearm, Send, When};
use crate::language::{Arg, Text, Value, say};
use crate::money;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is known of a rule from the runs before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleState {
    /// The rule, as [`When::key`] writes it.
    pub rule: String,
    /// The run that last judged it; `None`: none did.
    pub run_id: Option<String>,
    /// The last day of the period that it was judged for.
    pub period_end: Option<NaiveDate>,
    /// Whether it held then, and its report went out.
    pub holds: bool,
    /// The last period for which a report went out because of it.
    pub fired_for: Option<String>,
    /// The run whose report that was.
    pub fired_by: Option<String>,
    /// Whether its figure was not known then, of which the owner has heard.
    pub unknown: bool,
}

/// What is known of the rules of a job when a run judges them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Whether the report is judged by itself, and nothing is remembered: its period is none that the schedule would report, or it is
    /// for some of its readers only.
    pub alone: bool,
    /// What the runs before have left.
    pub states: Vec<RuleState>,
}

/// A rule, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The rule.
    pub rule: When,
    /// What was known before.
    pub before: RuleState,
    /// Whether it holds; `None`: its figure is not known.
    pub holds: Option<bool>,
    /// Whether it newly holds, so that the report goes out.
    pub fires: bool,
    /// Whether the report is judged by itself, and nothing is remembered: as [`Known::alone`], or because it is about an earlier period
    /// than the last one that the rule was judged for.
    pub alone: bool,
    /// What was found, in words: `total cost is USD 5200.11, above 5000`.
    pub text: Text,
}

impl Judged {
    /// What is known of the rule after this run, which went out or did not.
    #[must_use]
    pub fn after(&self, report_of: (&str, &str, NaiveDate), went_out: bool) -> RuleState {
        let (run_id, period_id, period_end) = report_of;
        let fired = self.fires && went_out;
        RuleState {
            rule: self.rule.key(),
            run_id: Some(run_id.to_owned()),
            period_end: Some(period_end),
            holds: match self.holds {
                // What nobody has heard of is still to be told.
                Some(true) => fired || self.before.holds,
                Some(false) => false,
                None => self.before.holds,
            },
            fired_for: if fired {
                Some(period_id.to_owned())
            } else {
                self.before.fired_for.clone()
            },
            fired_by: if fired {
                Some(run_id.to_owned())
            } else {
                self.before.fired_by.clone()
            },
            unknown: self.holds.is_none(),
        }
    }
}

/// Judges the rules of a job by its report. One that is judged by itself goes out where a rule holds and its readers have no version yet.
#[must_use]
pub fn judge(report: &Report, rules: &[When], known: &Known) -> Vec<Judged> {
    rules
        .iter()
        .map(|rule| {
            let key = rule.key();
            let before = known.states.iter().find(|state| state.rule == key).cloned();
            let before = before.unwrap_or_else(|| RuleState {
                rule: key,
                ..RuleState::default()
            });
            let (holds, text) = found(report, rule);
            let earlier = before.period_end.is_some_and(|last| report.period.end < last);
            let alone = known.alone || earlier;
            let newly = match rule.rearm {
                _ if alone => report.restates.is_none(),
                Rearm::WhenFalse => !before.holds,
                Rearm::EachPeriod => before.fired_for.as_deref() != Some(report.period.id.as_str()),
            };
            Judged {
                rule: rule.clone(),
                fires: holds == Some(true) && newly,
                before,
                holds,
                alone,
                text,
            }
        })
        .collect()
}

/// What a reader is told of them: which newly hold, and which could not be judged.
#[must_use]
pub fn notices(judged: &[Judged]) -> Vec<Notice> {
    let notice = |text: Text| Notice {
        source: None,
        text,
        missing: false,
    };
    let fired = judged.iter().filter(|it| it.fires);
    let fired = fired.map(|it| say!("rule-holds", "found" = &it.text));
    let unknown = judged.iter().filter(|it| it.holds.is_none());
    let unknown = unknown.map(|it| say!("rule-unjudged", "found" = &it.text));
    fired.chain(unknown).map(notice).collect()
}

/// Why `report` goes out to nobody; `None`: it goes out. What `send` wants and what the rules say must both be so.
///
/// `rows` is what [`gate::rows`] counts; `restated` says how it compares with the version before that was delivered, if there is
/// one. No rules: none need hold. They do not withhold the final report from those who have the provisional one, that of the run
/// `follows`.
#[must_use]
pub fn unsent(
    report: &Report,
    send: Send,
    restated: Option<Restated>,
    rows: u64,
    judged: &[Judged],
    follows: Option<&str>,
) -> Option<String> {
    let earlier = report.restates.as_ref().map(|earlier| earlier.run_id.as_str());
    let is_final = earlier.is_some() && earlier == follows;
    match (send, &report.restates) {
        (Send::IfChanged, Some(earlier)) if restated == Some(Restated::Same) => Some(format!(
            "Nothing was sent (`send = \"if_changed\"`): no figure differs from revision {}, the last version that was delivered.",
            earlier.revision
        )),
        (Send::IfData, _) if rows == 0 => Some(format!(
            "Nothing was sent (`send = \"if_data\"`): there is no row of data in {}.",
            report.period.id
        )),
        _ if is_final || judged.is_empty() || judged.iter().any(|it| it.fires) => None,
        _ => {
            let found = judged.iter().map(|it| match it.holds {
                Some(true) => format!("{}, as it was before", it.text),
                _ => it.text.as_str().to_owned(),
            });
            Some(format!(
                "Nothing was sent, since no rule (`when`) newly holds: {}.",
                found.collect::<Vec<_>>().join("; ")
            ))
        }
    }
}

/// Whether a rule holds, and what was found.
fn found(report: &Report, rule: &When) -> (Option<bool>, Text) {
    let figure = gate::summary(report).find(|figure| figure.metric.key() == rule.metric);
    let name = figure.map_or_else(
        || Text::verbatim(rule.metric.clone()),
        |figure| figure.metric.text().within(),
    );
    let limit = rule.limit.normalize();
    match rule.condition {
        Condition::Above | Condition::Below => {
            let Some(value) = gate::value(report, &rule.metric) else {
                let side = side(rule.condition, true);
                return (
                    None,
                    say!(
                        "rule-value-unknown",
                        "figure" = name,
                        "side" = side,
                        "limit" = limit
                    ),
                );
            };
            let holds = rule.holds(value);
            let text = say!(
                "rule-value",
                "figure" = name,
                "value" = gate::Amount(value, figure).text(),
                "side" = side(rule.condition, holds),
                "limit" = limit,
            );
            (Some(holds), text)
        }
        Condition::ChangeAbove | Condition::ChangeBelow => {
            let base = report.base();
            let against = base.map_or_else(|| say!("another-period").into(), Arg::from);
            let Some(change) = change(report, &rule.metric) else {
                let text = say!(
                    "rule-change-unknown",
                    "figure" = name,
                    "period" = against,
                    "side" = side(rule.condition, true),
                    "limit" = Value::Percent(limit),
                );
                return (None, text);
            };
            let holds = rule.holds(change);
            let shown = money::told_apart(change, rule.limit, 1).normalize();
            let sign = if shown > Decimal::ZERO { "+" } else { "" };
            let text = say!(
                "rule-change",
                "figure" = name,
                "change" = Text::joined(&[sign.into(), Value::Percent(shown).into()], ""),
                "period" = against,
                "side" = side(rule.condition, holds),
                "limit" = Value::Percent(limit),
            );
            (Some(holds), text)
        }
    }
}

/// On which side of its limit a figure is.
fn side(condition: Condition, holds: bool) -> Arg {
    let side = match (condition, holds) {
        (Condition::Above | Condition::ChangeAbove, true) => "above",
        (Condition::Above | Condition::ChangeAbove, false) => "not_above",
        (Condition::Below | Condition::ChangeBelow, true) => "below",
        (Condition::Below | Condition::ChangeBelow, false) => "not_below",
    };
    Arg::Key(side.to_owned())
}

/// The change of a figure of the summary against the leading comparison, in per cent; of several sources that of their sums.
/// `None` where either side is not known, or where a change from nothing or from less than nothing has no per cent.
fn change(report: &Report, metric: &str) -> Option<Decimal> {
    let value = gate::value(report, metric)?;
    let figures = gate::told(report, metric);
    let base = |figure: &&Figure| figure.comparisons.first()?.base_value;
    let bases: Vec<Decimal> = figures.iter().map(base).collect::<Option<_>>()?;
    let base = money::sum(bases).ok()?;
    if value == base {
        return Some(Decimal::ZERO);
    }
    Comparison::of("", Some(value), Some(base)).change_percent
}

#[cfg(test)]
mod tests;

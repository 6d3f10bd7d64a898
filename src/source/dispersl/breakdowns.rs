//! Agents and models, so that their parts add up to the headline figures: what is left over has a member of its own, and parts
//! that make more than the whole are left out.

use super::answers::MemberCost;
use super::costs::PeriodCosts;
use super::decode::Reader;
use super::usage::UsagePart;
use crate::language::{Arg, Text, say};
use crate::metric::{Metric, Unit};
use crate::money;
use crate::source::{Breakdown, Measure, Member, NAMELESS, Need, SO_CALLED, UNATTRIBUTED};
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// One metric of the members of a breakdown.
struct Column<'a> {
    metric: Metric,
    values: BTreeMap<&'a str, Option<Decimal>>,
}

impl<'a> Column<'a> {
    fn of<T>(
        metric: Metric,
        members: Option<&'a [(String, T)]>,
        value: impl Fn(&T) -> Option<Decimal>,
    ) -> Self {
        let members = members.unwrap_or_default().iter();
        Self {
            metric,
            values: members.map(|(name, row)| (name.as_str(), value(row))).collect(),
        }
    }

    fn costs(members: Option<&'a [(String, MemberCost)]>) -> Self {
        Self::of(Metric::TotalCost, members, |row| row.cost)
    }
}

/// The breakdowns by agent and by model, those that hold.
pub(super) fn of_period(
    reader: &mut Reader<'_>,
    need: &Need,
    figures: &[Measure],
    usage: &UsagePart,
    costs: &PeriodCosts<'_>,
) -> Vec<Breakdown> {
    let agents = usage.by_agent.as_deref();
    let models = usage.by_model.as_deref();
    let by_agent = vec![
        Column::costs(costs.by_agent),
        Column::of(Metric::TotalTasks, agents, |row| row.tasks),
        Column::of(Metric::TotalSteps, agents, |row| row.steps),
        Column::of(Metric::TotalTokens, agents, |row| row.tokens),
    ];
    let by_model = vec![
        Column::costs(costs.by_model),
        Column::of(Metric::TotalTasks, models, |row| row.tasks),
        Column::of(Metric::TotalTokens, models, |row| row.tokens),
    ];
    let rate = Metric::TaskSuccessRate;
    let dimensions = [
        (
            "agent",
            by_agent,
            Column::of(rate, agents, |row| row.success_rate),
        ),
        (
            "model",
            by_model,
            Column::of(rate, models, |row| row.success_rate),
        ),
    ];
    let mut breakdowns = Vec::new();
    for (dimension, columns, rate) in dimensions {
        let mut kept = Vec::new();
        for column in columns {
            let rest = rest(reader, need, dimension, &column, figures);
            kept.extend(rest.map(|rest| (column, rest)));
        }
        let members = members(&kept, &rate);
        if !members.is_empty() {
            breakdowns.push(Breakdown {
                dimension: dimension.to_owned(),
                members,
            });
        }
    }
    breakdowns
}

/// The members of these columns, and one more for what they leave of any headline figure. A rate adds up to nothing, it only
/// stands beside.
fn members(kept: &[(Column<'_>, Decimal)], rate: &Column<'_>) -> Vec<Member> {
    let names: BTreeSet<&str> = kept
        .iter()
        .flat_map(|(column, _)| column.values.keys().copied())
        .collect();
    let measure = |metric, value| Measure { metric, value };
    let mut members: Vec<Member> = names
        .iter()
        .map(|name| {
            let parts = kept
                .iter()
                .map(|(column, _)| (column.metric, column.values.get(*name)));
            let rate = (rate.metric, rate.values.get(*name));
            Member {
                name: shown(name, &names),
                measures: parts
                    .chain([rate])
                    .map(|(metric, value)| measure(metric, value.copied().flatten()))
                    .collect(),
            }
        })
        .collect();
    if kept.iter().any(|(_, rest)| !rest.is_zero()) {
        let rests = kept
            .iter()
            .map(|(column, rest)| measure(column.metric, Some(*rest)));
        members.push(Member {
            name: UNATTRIBUTED.to_owned(),
            measures: rests.chain([measure(rate.metric, None)]).collect(),
        });
    }
    let first = |member: &Member| member.measures.first().and_then(|measure| measure.value);
    members.sort_by(|a, b| (Reverse(first(a)), &a.name).cmp(&(Reverse(first(b)), &b.name)));
    members
}

/// What the members of a column leave of the headline figure; `None` where the column cannot be shown.
fn rest(
    reader: &mut Reader<'_>,
    need: &Need,
    dimension: &str,
    column: &Column<'_>,
    figures: &[Measure],
) -> Option<Decimal> {
    let mut known = column.values.values().copied().flatten().peekable();
    known.peek()?;
    let parts = money::sum(known).ok()?;
    let whole = figures
        .iter()
        .find(|measure| measure.metric == column.metric)?
        .value?;
    let rest = whole.checked_sub(parts)?;
    let beyond = rest.is_sign_negative() && !rest.is_zero();
    let told = beyond || (column.metric.unit() == Unit::Currency && !rest.is_zero());
    if told && need.depth.is_whole() {
        let text = apart(need, dimension, column.metric, (parts, rest));
        reader.notice(text, beyond);
    }
    (!beyond).then_some(rest)
}

/// How far the sum of the parts is from the total, and what is made of it.
fn apart(need: &Need, dimension: &str, metric: Metric, (parts, rest): (Decimal, Decimal)) -> Text {
    let which = if rest.is_sign_negative() { "more" } else { "less" };
    let outcome = if rest.is_sign_negative() {
        say!("parts-left-out")
    } else {
        say!("parts-unattributed", "name" = say!("unattributed"))
    };
    say!(
        "parts-and-total",
        "period" = &need.period,
        "figure" = metric.text(),
        "dimension" = Text::keyed("dimension-", dimension),
        "sum" = parts.normalize(),
        "difference" = rest.abs().normalize(),
        "which" = Arg::Key(which.to_owned()),
        "outcome" = outcome,
    )
}

/// A member's name: never the one of the member that stands for no member, never nothing, never that of another one.
fn shown(name: &str, names: &BTreeSet<&str>) -> String {
    let mut shown = match name {
        UNATTRIBUTED => SO_CALLED.to_owned(),
        "" => NAMELESS.to_owned(),
        _ => return name.to_owned(),
    };
    while names.contains(shown.as_str()) {
        shown.push('\'');
    }
    shown
}

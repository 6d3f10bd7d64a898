//! The figures of a summary in the groups in which a reader looks for them.

use super::words::name;
use super::{Group, Line};
use crate::language::say;
use crate::metric::Metric;
use crate::render::format::Formatter;
use crate::report::Figure;

/// Figures that a source may leave unknown before they are named in one line instead of a row each.
const UNKNOWN_ROWS: usize = 2;

/// The groups of the summary by their messages, in the order in which a reader looks for them.
const GROUPS: [&str; 8] = [
    "group-lab",
    "group-requests",
    "group-tasks",
    "group-cost",
    "group-tokens",
    "group-users",
    "group-cost-detail",
    "group-more",
];

/// The summary in its groups, without the figures that [`untold`] names.
pub(super) fn groups(figures: &[Figure], formatter: &Formatter) -> Vec<Group> {
    let rows = unknown(figures) <= UNKNOWN_ROWS;
    GROUPS
        .into_iter()
        .map(|title| Group {
            title: formatter.say(title),
            figures: figures
                .iter()
                .filter(|figure| group_of(figure.metric) == title && (rows || is_known(figure)))
                .map(|figure| Line {
                    label: name(&formatter.label(figure), formatter),
                    value: formatter.value(figure),
                    base: figure
                        .comparisons
                        .first()
                        .map(|c| formatter.shown(figure, c.base_value)),
                    change: formatter.change(figure),
                })
                .collect(),
        })
        .filter(|group: &Group| !group.figures.is_empty())
        .collect()
}

/// The figures of the summary that are known neither now nor before, in one line: whole groups by their title. Empty where
/// they are few enough for a row each.
pub(super) fn untold(figures: &[Figure], formatter: &Formatter) -> String {
    let hidden = unknown(figures);
    if hidden <= UNKNOWN_ROWS {
        return String::new();
    }
    if hidden == figures.len() {
        return formatter.put(say!("none-available", "count" = hidden));
    }
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    for title in GROUPS {
        let group = || figures.iter().filter(|figure| group_of(figure.metric) == title);
        // What belongs to no group has no title that would say what it is.
        if group().any(is_known) || title == "group-more" {
            single.extend(
                group()
                    .filter(|figure| !is_known(figure))
                    .map(|figure| name(&formatter.label(figure), formatter)),
            );
        } else if group().next().is_some() {
            whole.push(formatter.say(title));
        }
    }
    let named = [whole, single].concat().join(", ");
    formatter.put(say!("figures-untold", "count" = hidden, "figures" = named))
}

/// Whether anything is known of `figure`, now or before.
fn is_known(figure: &Figure) -> bool {
    figure.value.is_some() || figure.comparisons.iter().any(|other| other.base_value.is_some())
}

fn unknown(figures: &[Figure]) -> usize {
    figures.iter().filter(|figure| !is_known(figure)).count()
}

fn group_of(metric: Metric) -> &'static str {
    use Metric as M;
    match metric {
        M::AgentsCreated
        | M::AgentsModified
        | M::FlowsCreated
        | M::FlowsModified
        | M::ProcessesCreated
        | M::ProcessesModified => "group-lab",
        M::TotalRequests | M::RequestsWithErrors | M::ErrorRate | M::AverageRequestTime | M::Requests => {
            "group-requests"
        }
        M::TotalTasks
        | M::CompletedTasks
        | M::FailedTasks
        | M::TaskSuccessRate
        | M::TaskCompletionRate
        | M::TaskErrorRate
        | M::TotalSteps
        | M::AverageTaskDuration => "group-tasks",
        M::TotalCost | M::AverageCostPerTask | M::AverageCostPerRequest | M::CostPerDay | M::Cost => {
            "group-cost"
        }
        M::InputTokens
        | M::OutputTokens
        | M::TotalTokens
        | M::AverageInputTokensPerRequest
        | M::AverageOutputTokensPerRequest
        | M::AverageTokensPerRequest
        | M::Tokens => "group-tokens",
        M::ActiveUsers | M::ActiveAgents | M::ActiveProjects | M::KnownProjects => "group-users",
        M::EffectiveCost
        | M::InvoicedCost
        | M::ListCost
        | M::ContractedCost
        | M::Credits
        | M::Taxes
        | M::Adjustments
        | M::Corrections => "group-cost-detail",
        _ => "group-more",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::figure;
    use rust_decimal::dec;

    #[test]
    fn a_group_of_which_nothing_is_known_is_named_by_its_title_and_what_is_in_no_group_by_itself() {
        let figures = [
            figure(Metric::TotalCost, Some(dec!(7))),
            figure(Metric::FlowsCreated, None),
            figure(Metric::FlowsModified, None),
            figure(Metric::Conversations, None),
            figure(Metric::ActiveModels, None),
        ];
        assert_eq!(
            untold(&figures, &Formatter::new("en")),
            "4 figures are not available from this source: Lab, Conversations, Active models."
        );
    }
}

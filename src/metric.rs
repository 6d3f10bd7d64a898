//! The metrics: one catalogue of keys, labels, units and meaning, shared by every room.
//!
//! The same meaning has the same key everywhere: in a dataset, a report, the CSV, the JSON and a webhook body.

use crate::language::Text;
use serde::{Deserialize, Serialize};

/// What a metric counts. In the CSV this is the column `unit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Whole things: requests, agents, users.
    Count,
    /// Per cent: 5 means five per cent.
    Percent,
    /// Milliseconds.
    Ms,
    /// An amount of money; the figure names its currency.
    Currency,
    /// Tokens of a language model.
    Tokens,
}

impl Unit {
    /// The word of the CSV column `unit`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Percent => "percent",
            Self::Ms => "ms",
            Self::Currency => "currency",
            Self::Tokens => "tokens",
        }
    }
}

/// Whether more of a metric is good, bad or neither for who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// More is adverse: cost, errors, waiting time.
    Adverse,
    /// More is favourable.
    Favourable,
    /// More is neither.
    Neutral,
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident $key:literal $label:literal $unit:ident $sense:ident;)*) => {
        /// A metric that a figure can be about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Metric {
            $($(#[$doc])* #[serde(rename = $key)] $name,)*
        }

        impl Metric {
            /// Every metric, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The key of the contract, such as `total_cost`.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// What a reader sees, in English.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// What a reader sees, in any language.
            #[must_use]
            pub fn text(self) -> Text {
                match self { $(Self::$name => Text::of(concat!("metric-", $key), Vec::new()),)* }
            }

            /// The unit of its values.
            #[must_use]
            pub fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)* }
            }

            /// Whether more of it is good or bad.
            #[must_use]
            pub fn sense(self) -> Sense {
                match self { $(Self::$name => Sense::$sense,)* }
            }
        }
    };
}

metrics! {
    /// Agents created in the period.
    AgentsCreated "agents_created" "Agents created" Count Neutral;
    /// Agents modified in the period.
    AgentsModified "agents_modified" "Agents modified" Count Neutral;
    /// Flows created in the period.
    FlowsCreated "flows_created" "Flows created" Count Neutral;
    /// Flows modified in the period.
    FlowsModified "flows_modified" "Flows modified" Count Neutral;
    /// Processes created in the period.
    ProcessesCreated "processes_created" "Processes created" Count Neutral;
    /// Processes modified in the period.
    ProcessesModified "processes_modified" "Processes modified" Count Neutral;
    /// Requests made.
    TotalRequests "total_requests" "Requests" Count Neutral;
    /// Requests that ended in an error.
    RequestsWithErrors "requests_with_errors" "Requests with errors" Count Adverse;
    /// Requests with errors / requests, in per cent (0 to 100).
    ErrorRate "error_rate" "Error rate" Percent Adverse;
    /// Mean time of a request.
    AverageRequestTime "average_request_time" "Average request time" Ms Adverse;
    /// Cost of the period.
    TotalCost "total_cost" "Total cost" Currency Adverse;
    /// Total cost / requests.
    AverageCostPerRequest "average_cost_per_request" "Average cost per request" Currency Adverse;
    /// Tokens sent to models.
    InputTokens "input_tokens" "Input tokens" Tokens Neutral;
    /// Tokens written by models.
    OutputTokens "output_tokens" "Output tokens" Tokens Neutral;
    /// Input plus output tokens.
    TotalTokens "total_tokens" "Total tokens" Tokens Neutral;
    /// Input tokens / requests.
    AverageInputTokensPerRequest "average_input_tokens_per_request" "Average input tokens per request" Tokens Neutral;
    /// Output tokens / requests.
    AverageOutputTokensPerRequest "average_output_tokens_per_request" "Average output tokens per request" Tokens Neutral;
    /// Total tokens / requests.
    AverageTokensPerRequest "average_tokens_per_request" "Average tokens per request" Tokens Neutral;
    /// Users with at least one request.
    ActiveUsers "active_users" "Active users" Count Neutral;
    /// Agents with at least one request.
    ActiveAgents "active_agents" "Active agents" Count Neutral;
    /// Projects with at least one request.
    ActiveProjects "active_projects" "Active projects" Count Neutral;
    /// Projects of the organization, used or not.
    KnownProjects "known_projects" "Known projects" Count Neutral;
    /// Models with usage.
    ActiveModels "active_models" "Active models" Count Neutral;
    /// Conversations begun.
    Conversations "conversations" "Conversations" Count Neutral;
    /// Seconds of audio heard or spoken.
    AudioSeconds "audio_seconds" "Audio seconds" Count Neutral;
    /// Characters spoken.
    Characters "characters" "Characters" Count Neutral;
    /// Amortised cost (FOCUS `EffectiveCost`).
    EffectiveCost "effective_cost" "Effective cost" Currency Adverse;
    /// Cost at list prices (FOCUS `ListCost`).
    ListCost "list_cost" "List cost" Currency Neutral;
    /// Cost at contracted prices (FOCUS `ContractedCost`).
    ContractedCost "contracted_cost" "Contracted cost" Currency Neutral;
    /// Billed cost of rows of category Credit.
    Credits "credits" "Credits" Currency Neutral;
    /// Billed cost of rows of category Tax.
    Taxes "taxes" "Taxes" Currency Adverse;
    /// Billed cost of rows of category Adjustment.
    Adjustments "adjustments" "Adjustments" Currency Neutral;
    /// Billed cost of rows of class Correction.
    Corrections "corrections" "Corrections" Currency Neutral;
    /// Cost of what is no usage: purchases, credits, taxes, adjustments and corrections.
    NonUsageCost "non_usage_cost" "Charges other than usage" Currency Adverse;
    /// Total cost / days of the period.
    CostPerDay "cost_per_day" "Cost per day" Currency Adverse;
    /// Share of a member in the total cost.
    CostShare "cost_share" "Share of cost" Percent Neutral;
    /// Mean cost of a day and the six before it.
    CostMovingAverage "cost_moving_average" "Cost, mean of 7 days" Currency Adverse;
    /// What other unit prices changed of the total cost.
    PriceEffect "price" "Price" Currency Adverse;
    /// What more or less use changed of the total cost.
    VolumeEffect "volume" "Volume" Currency Adverse;
    /// What a use of cheaper or dearer items changed of the total cost.
    MixEffect "mix" "Mix" Currency Adverse;
    /// Cost of items that the period before did not have.
    NewItems "new" "New" Currency Adverse;
    /// Cost of items that are not used any more, negative.
    RetiredItems "retired" "Retired" Currency Adverse;
    /// What other exchange rates changed of the total cost.
    CurrencyEffect "currency" "Exchange rates" Currency Adverse;
    /// What is left of the change of the total cost: fees, credits and whatever has no unit price.
    OtherEffects "other" "Other" Currency Adverse;
    /// What may be spent.
    Budget "budget" "Budget" Currency Neutral;
    /// What is spent / budget, in per cent.
    BudgetUtilisation "budget_utilisation" "Budget used" Percent Adverse;
    /// Budget − what is spent.
    BudgetRemaining "budget_remaining" "Budget remaining" Currency Favourable;
    /// What is spent − budget.
    BudgetVariance "budget_variance" "Variance from budget" Currency Adverse;
    /// What other exchange rates than the fixed one of the budget make of the variance.
    BudgetExchange "budget_exchange" "Variance from exchange rates" Currency Adverse;
    /// Budget used / share of the period that has elapsed: 1 is on plan.
    BudgetPace "budget_pace" "Pace" Count Adverse;
    /// The day of the period, from 1, on which the budget is used up.
    BudgetRunOut "budget_run_out" "Used up on day" Count Neutral;
    /// What will have been spent at the end of the period.
    ForecastCost "forecast_cost" "Forecast" Currency Adverse;
    /// In nine cases of ten it will be at least this.
    ForecastLow "forecast_low" "Forecast, low" Currency Adverse;
    /// In nine cases of ten it will be at most this.
    ForecastHigh "forecast_high" "Forecast, high" Currency Adverse;
    /// Errors of forecasts made on the same day of past stretches of as many days / what came, in per cent.
    ForecastError "forecast_error" "Error of forecasts" Percent Adverse;
    /// The same with their signs: above zero they were too high.
    ForecastBias "forecast_bias" "Bias of forecasts" Percent Neutral;
    /// Cost of a day that costs much more or much less than is usual.
    AnomalyCost "anomaly_cost" "Cost of an unusual day" Currency Adverse;
    /// Cost of the days of a new level.
    LevelCost "level_cost" "Cost of the days of a new level" Currency Adverse;
    /// How many times the usual spread an unusual day lies from what is usual (modified z-score).
    AnomalyScore "anomaly_score" "Score (modified z)" Count Neutral;
    /// By how much a member differs from what is usual for it on an unusual day.
    AnomalyContribution "anomaly_contribution" "Contribution to an unusual day" Currency Adverse;
    /// Tasks given to agents.
    TotalTasks "total_tasks" "Tasks" Count Neutral;
    /// Tasks that were completed.
    CompletedTasks "completed_tasks" "Completed tasks" Count Neutral;
    /// Tasks that failed.
    FailedTasks "failed_tasks" "Failed tasks" Count Adverse;
    /// Completed tasks / tasks, in per cent (0 to 100).
    TaskSuccessRate "task_success_rate" "Task success rate" Percent Favourable;
    /// Tasks that were completed, in a window of the platform's own.
    TaskCompletionRate "task_completion_rate" "Task completion rate" Percent Favourable;
    /// Tasks that ended in an error, in a window of the platform's own.
    TaskErrorRate "task_error_rate" "Task error rate" Percent Adverse;
    /// Steps that tasks took.
    TotalSteps "total_steps" "Steps" Count Neutral;
    /// Mean time of a task.
    AverageTaskDuration "average_task_duration" "Average task duration" Ms Adverse;
    /// Total cost / tasks.
    AverageCostPerTask "average_cost_per_task" "Average cost per task" Currency Adverse;
    /// Requests that were answered with success / requests, in per cent (0 to 100).
    SuccessRate "success_rate" "Success rate" Percent Favourable;
    /// Executions of tools.
    ToolExecutions "tool_executions" "Tool executions" Count Neutral;
    /// Executions of tools that failed.
    ToolErrors "tool_errors" "Tool errors" Count Adverse;
    /// Entries of the audit trail.
    AuditEvents "audit_events" "Audit events" Count Neutral;
    /// What the providers have invoiced, as far as the platform knows their invoices.
    InvoicedCost "invoiced_cost" "Invoiced by providers" Currency Adverse;
    /// Cost of all parts of a split, or of all days.
    PartsCost "parts_cost" "Cost of the parts" Currency Neutral;
    /// Requests of all parts of a split, or of all days.
    PartsRequests "parts_requests" "Requests of the parts" Count Neutral;
    /// Tokens of all parts of a split, or of all days.
    PartsTokens "parts_tokens" "Tokens of the parts" Tokens Neutral;
    /// Cost that a split gives to nobody.
    UnattributedCost "unattributed_cost" "Unattributed cost" Currency Neutral;
    /// Requests that a split gives to nobody.
    UnattributedRequests "unattributed_requests" "Unattributed requests" Count Neutral;
    /// Tokens that a split gives to nobody.
    UnattributedTokens "unattributed_tokens" "Unattributed tokens" Tokens Neutral;
    /// Cost as the source of the usage tells it, where a bill is held against it.
    UsageCost "usage_cost" "Usage" Currency Neutral;
    /// Billed cost of rows of class Correction that are neither credit, tax nor adjustment.
    UsageCorrections "usage_corrections" "Corrections of usage" Currency Neutral;
    /// Amount in a bill that usage is known not to tell.
    KnownGap "known_gap" "Known gap" Currency Neutral;
    /// What is left of a bill.
    UnexplainedCost "unexplained_cost" "Unexplained" Currency Neutral;
    /// What is left of a bill, in per cent of it.
    UnexplainedShare "unexplained_share" "Unexplained share" Percent Neutral;
    /// Largest part of a bill that may stay unexplained, in per cent.
    UnexplainedTolerance "unexplained_tolerance" "Tolerance" Percent Neutral;
    /// Cost of the bill that usage is held against.
    BillCost "bill_cost" "Bill" Currency Neutral;
    /// Requests of one ranked agent or user.
    Requests "requests" "Requests" Count Neutral;
    /// Tokens of one ranked agent or user.
    Tokens "tokens" "Tokens" Tokens Neutral;
    /// Cost of one ranked agent or user.
    Cost "cost" "Cost" Currency Adverse;
}

impl Metric {
    /// What use is counted in, the most telling first.
    pub const QUANTITIES: [Self; 4] = [
        Self::TotalTokens,
        Self::AudioSeconds,
        Self::Characters,
        Self::TotalRequests,
    ];

    /// Whether its values are quotients: rounded by definition, to be shown and never added.
    #[must_use]
    pub fn is_quotient(self) -> bool {
        matches!(
            self,
            Self::CostPerDay | Self::CostMovingAverage | Self::BudgetPace | Self::AnomalyScore
        ) || self.key().starts_with("forecast_")
            || self.unit() == Unit::Percent
            || self.key().starts_with("average_")
    }

    /// Whether a summary lists it. Some figures are there for others that are made of them.
    #[must_use]
    pub fn is_listed(self) -> bool {
        self != Self::UsageCorrections
    }

    /// Whether values add up over days or members. Quotients do not, and whoever is active on two days is one user.
    #[must_use]
    pub fn adds_up(self) -> bool {
        !self.is_quotient()
            && !self.key().starts_with("active_")
            && !matches!(self, Self::KnownProjects | Self::BudgetRunOut)
    }
}

/// The 21 figures of the full report, in the order of the contract.
pub const FULL_REPORT: [Metric; 21] = [
    Metric::AgentsCreated,
    Metric::AgentsModified,
    Metric::FlowsCreated,
    Metric::FlowsModified,
    Metric::ProcessesCreated,
    Metric::ProcessesModified,
    Metric::TotalRequests,
    Metric::RequestsWithErrors,
    Metric::ErrorRate,
    Metric::AverageRequestTime,
    Metric::TotalCost,
    Metric::AverageCostPerRequest,
    Metric::InputTokens,
    Metric::OutputTokens,
    Metric::TotalTokens,
    Metric::AverageInputTokensPerRequest,
    Metric::AverageOutputTokensPerRequest,
    Metric::AverageTokensPerRequest,
    Metric::ActiveUsers,
    Metric::ActiveAgents,
    Metric::ActiveProjects,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_a_message_and_every_metric_has_a_meaning() {
        let messages = include_str!("../templates/language/en.ftl");
        for metric in Metric::ALL {
            assert_eq!(metric.text(), metric.label());
            assert!(
                messages.contains(&format!("\nmeaning-{} = ", metric.key())),
                "{metric:?}"
            );
        }
        let metrics = messages.lines().filter(|line| line.starts_with("metric-"));
        assert_eq!(metrics.count(), Metric::ALL.len());
    }

    #[test]
    fn averages_rates_and_distinct_counts_do_not_add_up() {
        let no: Vec<_> = Metric::ALL
            .iter()
            .filter(|metric| !metric.adds_up())
            .map(|metric| metric.key())
            .collect();
        assert_eq!(
            no,
            [
                "error_rate",
                "average_request_time",
                "average_cost_per_request",
                "average_input_tokens_per_request",
                "average_output_tokens_per_request",
                "average_tokens_per_request",
                "active_users",
                "active_agents",
                "active_projects",
                "known_projects",
                "active_models",
                "cost_per_day",
                "cost_share",
                "cost_moving_average",
                "budget_utilisation",
                "budget_pace",
                "budget_run_out",
                "forecast_cost",
                "forecast_low",
                "forecast_high",
                "forecast_error",
                "forecast_bias",
                "anomaly_score",
                "task_success_rate",
                "task_completion_rate",
                "task_error_rate",
                "average_task_duration",
                "average_cost_per_task",
                "success_rate",
                "unexplained_share",
                "unexplained_tolerance",
            ]
        );
    }

    #[test]
    fn keys_are_unique_and_the_full_report_has_the_contracts_order() {
        let mut keys: Vec<_> = Metric::ALL.iter().map(|metric| metric.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Metric::ALL.len());
        assert_eq!(&Metric::ALL[..21], &FULL_REPORT);
    }
}

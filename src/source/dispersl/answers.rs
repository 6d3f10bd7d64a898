//! The answers of the platform, typed: what stands in `data`. Every field can be missing, which is `None` and never zero.
//!
//! What is left out of these types (shares, prices of a token) follows from what is in them and stays in the snapshot.

use crate::source::sdk::{Flaws, Row, Wire};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// The type of a field: `count` and `number` are exact decimals, `name` must be there, `text` and `literal` may be absent.
macro_rules! field_type {
    (count) => { Option<Decimal> };
    (number) => { Option<Decimal> };
    (name) => { Option<String> };
    (text) => { Option<String> };
    (literal) => { Option<String> };
    (date) => { Option<NaiveDate> };
    (part $row:ident) => { Option<$row> };
    (list $row:ident) => { Option<Vec<$row>> };
    (members $row:ident) => { Option<Vec<(String, $row)>> };
}

macro_rules! answers {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ident $(of $row:ident)?,)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: field_type!($kind $($row)?),)*
        }

        impl Wire for $name {
            fn read(row: &Row<'_>, flaws: &mut Flaws) -> Self {
                Self { $($field: row.$kind$(::<$row>)?(stringify!($field), flaws),)* }
            }
        }
    )*};
}

answers! {
    /// Tasks, steps, tokens and calls of a window.
    Usage {
        /// First instant of the window that was really used, ISO 8601.
        from_date: text,
        /// Its last instant.
        to_date: text,
        /// The sums of the window.
        summary: part of UsageSummary,
        /// By agent, whose names are the users'.
        by_agent: members of AgentUsage,
        /// By model, `provider/model`.
        by_model: members of ModelUsage,
        /// By day.
        daily_breakdown: list of UsageDay,
    }

    /// The sums of a window.
    UsageSummary {
        /// Tasks.
        total_tasks: count,
        /// Those that were completed.
        completed_tasks: count,
        /// Those that failed.
        failed_tasks: count,
        /// Per cent, rounded to one decimal.
        success_rate: number,
        /// Steps.
        total_steps: count,
        /// Tokens.
        total_tokens: count,
        /// Calls of the API.
        total_api_calls: count,
        /// Words such as `2h 30m`; see [`crate::duration`].
        average_task_duration: name,
    }

    /// What one agent did.
    AgentUsage {
        /// Tasks.
        tasks: count,
        /// Steps.
        steps: count,
        /// Tokens.
        tokens: count,
        /// Per cent.
        success_rate: number,
    }

    /// What was done with one model.
    ModelUsage {
        /// Tasks.
        tasks: count,
        /// Tokens.
        tokens: count,
        /// Per cent.
        success_rate: number,
    }

    /// One day of usage.
    UsageDay {
        /// The day.
        date: date,
        /// Tasks.
        tasks: count,
        /// Tokens.
        tokens: count,
        /// Calls of the API.
        api_calls: count,
    }

    /// Costs of a window that only the days tell.
    Costs {
        /// ISO 4217 code of all amounts.
        currency: text,
        /// Cost of the window.
        total_cost: number,
        /// Its tokens.
        total_tokens: count,
        /// Its cost / tasks.
        average_cost_per_task: number,
        /// By model.
        cost_by_model: members of MemberCost,
        /// By agent.
        cost_by_agent: members of MemberCost,
        /// By day.
        daily_costs: list of CostDay,
    }

    /// What one model or agent cost.
    MemberCost {
        /// In the currency of the answer.
        cost: number,
    }

    /// One day of costs.
    CostDay {
        /// The day.
        date: date,
        /// In the currency of the answer.
        cost: number,
        /// Tokens.
        tokens: count,
    }

    /// How tasks went in a window of which nothing tells the days.
    Performance {
        /// The platform's word for the window.
        period: text,
        /// Of all agents.
        metrics: part of PerformanceMetrics,
        /// By agent.
        performance_by_agent: members of AgentPerformance,
    }

    /// The four measures of [`Performance`].
    PerformanceMetrics {
        /// Per cent.
        task_completion_rate: part of Trend,
        /// Words such as `2h 30m`.
        average_task_duration: part of Trend,
        /// In the unit that it names itself, which need not be right.
        token_efficiency: part of Trend,
        /// Per cent.
        error_rate: part of Trend,
    }

    /// A measure, and the one before it, as sent.
    Trend {
        /// In this window.
        current: literal,
        /// In the one before.
        previous: literal,
        /// `up` or `down`, according to the platform.
        trend: text,
        /// The change according to the platform.
        change: literal,
        /// The unit, where it is not obvious.
        unit: text,
    }

    /// How tasks of one agent went, as sent.
    AgentPerformance {
        /// Words such as `2h 30m`.
        avg_duration: text,
        /// Per cent.
        success_rate: literal,
        /// See [`PerformanceMetrics::token_efficiency`].
        token_efficiency: literal,
    }
}

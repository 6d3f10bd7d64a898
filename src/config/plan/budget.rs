//! The budgets of a job: what may be spent, by whom, in which time.

use crate::money::Currency;
use crate::period::{Calendar, CalendarUnit};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[jobs.NAME.budgets.BUDGET]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetPlan {
    /// Its name in the configuration.
    pub name: String,
    /// What may be spent in the whole of `per`; zero: nothing may.
    pub amount: Decimal,
    /// Of what it is the budget.
    pub per: BudgetUnit,
    /// Of what the job reports the whole or the first days, also where a period is named by its days.
    pub reported: BudgetUnit,
    /// How a year's amount is shared out to its months.
    pub phasing: Phasing,
    /// The amount's currency.
    pub currency: Currency,
    /// What one unit of that is in the job's currency, as it was when the budget was made; `None`: it is the job's currency.
    pub rate: Option<Decimal>,
    /// Whose cost it is about; `None`: all of it.
    pub scope: Option<BudgetScope>,
    /// From how many per cent of the budget on it is to be watched.
    pub watch_at: Decimal,
    /// Beyond how many per cent of the budget it is over.
    pub over_at: Decimal,
    /// The calendar in which quarters and years are counted.
    pub calendar: Calendar,
}

/// `per`: of what a budget is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BudgetUnit {
    /// A month.
    Month,
    /// A quarter of the (fiscal) year.
    Quarter,
    /// A (fiscal) year.
    Year,
}

impl BudgetUnit {
    /// The unit of the calendar.
    #[must_use]
    pub fn unit(self) -> CalendarUnit {
        match self {
            Self::Month => CalendarUnit::Month,
            Self::Quarter => CalendarUnit::Quarter,
            Self::Year => CalendarUnit::Year,
        }
    }
}

/// `phasing`: how a year's amount is shared out to its months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phasing {
    /// By their days.
    Days,
    /// To each the same.
    Twelfths,
    /// By these weights, twelve of them from the first month of the (fiscal) year on; none below zero, not all zero.
    Weights(Vec<Decimal>),
}

/// Whose cost a budget is about: a member of a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetScope {
    /// `project`, `model` …
    pub dimension: String,
    /// The member as the report names it.
    pub member: String,
}

//! What a report ties out.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[jobs.NAME.reconcile]`: every split and the days of each source are tied to its totals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconcile {
    /// Usage that is held against a bill besides.
    pub against: Option<UsageAgainstBill>,
}

/// Usage that is held against a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageAgainstBill {
    /// The source that tells the usage.
    pub usage: String,
    /// The source that tells the bill; another one.
    pub bill: String,
    /// Largest part of the bill that may stay unexplained, in per cent.
    pub tolerance: Decimal,
    /// By what both are compared member by member; `None`: as a whole only.
    pub by: Option<SharedSplit>,
    /// What the bill holds each period that usage does not know of.
    pub known_gaps: Vec<KnownGap>,
}

/// A split that usage and bill both tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedSplit {
    /// The dimension of the usage.
    pub usage: String,
    /// The dimension of the bill.
    pub bill: String,
    /// Members whose name in the usage is another one in the bill.
    pub names: BTreeMap<String, String>,
}

/// An amount in a bill that usage does not know of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownGap {
    /// In each period of the report, in the currency in which the report has the bill; never zero.
    pub amount: Decimal,
    /// What it is for.
    pub reason: String,
}

//! `[sources.NAME.dispersl]`, proven.

use super::ServerPlan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[sources.NAME.dispersl]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DisperslPlan {
    /// Where the platform answers, and what opens it.
    pub server: ServerPlan,
    /// Currency in which costs are asked for.
    pub currency: BilledIn,
    /// Exports of the platform that are handed on, each once.
    pub exports: Vec<Exported>,
    /// What the account is entitled to; `None`: unknown.
    pub tier: Option<Tier>,
}

/// `exports`: what the platform exports as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exported {
    /// Usage, as CSV.
    Usage,
    /// How tasks went, as JSON.
    Performance,
}

impl Exported {
    /// All that is documented.
    pub const ALL: [Self; 2] = [Self::Usage, Self::Performance];
}

/// `currency`: those in which the platform states costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum BilledIn {
    /// US dollars.
    #[default]
    Usd,
    /// Euros.
    Eur,
    /// Pounds sterling.
    Gbp,
}

impl BilledIn {
    /// The three letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
        }
    }
}

/// `tier`: how often an account may ask, and how far back its data reach, as the vendor's pages state it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// 100 calls an hour, 30 days.
    Free,
    /// 1,000 calls an hour, 90 days.
    Pro,
    /// No limit that we know, 365 days.
    Enterprise,
}

impl Tier {
    /// The word of the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }

    /// Most calls within any hour; `None`: as many as it takes.
    #[must_use]
    pub fn calls_an_hour(self) -> Option<usize> {
        match self {
            Self::Free => Some(100),
            Self::Pro => Some(1000),
            Self::Enterprise => None,
        }
    }

    /// For how many days data are kept.
    #[must_use]
    pub fn kept_days(self) -> u32 {
        match self {
            Self::Free => 30,
            Self::Pro => 90,
            Self::Enterprise => 365,
        }
    }
}

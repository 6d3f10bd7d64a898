//! `[jobs.NAME.budgets.BUDGET]`.

use super::PercentEntry;
use crate::config::plan::BudgetUnit;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// `[jobs.NAME.budgets.BUDGET]`: what may be spent, beside what is spent and what will be. The period of the job must be a month, quarter or
/// year, closed or to date, and the budget of that or of more.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct BudgetEntry {
    /// What may be spent: a whole number, or a text with decimals such as `"20000.50"`. `0` means that nothing may be spent.
    #[schemars(required)]
    pub(in crate::config) amount: Option<AmountEntry>,
    /// Of what it is the budget: `month`, `quarter` or `year`.
    #[serde(default, deserialize_with = "super::maybe_word")]
    #[schemars(required)]
    pub(in crate::config) per: Option<BudgetUnit>,
    /// How a yearly budget is shared out to the months, so that they add to the year: `days`, `twelfths`, or twelve weights from the
    /// first month of the (fiscal) year on. Default: `days`.
    #[schemars(extend("default" = "days"))]
    pub(in crate::config) phasing: Option<PhasingEntry>,
    /// Currency of the amount, ISO 4217. Default: the job's.
    pub(in crate::config) currency: Option<String>,
    /// What one unit of that currency is in the job's: the rate at which the budget was made, fixed. Needed for another currency.
    pub(in crate::config) rate: Option<PercentEntry>,
    /// By what the cost is split whose member it is about: `project`, `model`, `user` … Default: it is about the whole cost.
    pub(in crate::config) dimension: Option<String>,
    /// The member of that split it is about, by the name that the report shows.
    pub(in crate::config) member: Option<String>,
    /// From how many per cent of the budget on a forecast is to be watched. Default: 80.
    #[schemars(extend("default" = 80))]
    pub(in crate::config) watch_at: Option<PercentEntry>,
    /// Beyond how many per cent of the budget a forecast is over it, and what is spent has exceeded it. Default: 100.
    #[schemars(extend("default" = 100))]
    pub(in crate::config) over_at: Option<PercentEntry>,
}

/// An amount of money, as its digits. A number with decimals is not taken: it might not be what was written any more.
#[derive(Debug, Clone)]
pub(in crate::config) struct AmountEntry(pub(in crate::config) String);

impl JsonSchema for AmountEntry {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"] })
    }
}

impl<'de> Deserialize<'de> for AmountEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = AmountEntry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string of digits")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<AmountEntry, E> {
                Ok(AmountEntry(text.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<AmountEntry, E> {
                Ok(AmountEntry(number.to_string()))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<AmountEntry, E> {
                Ok(AmountEntry(number.to_string()))
            }
        }
        deserializer.deserialize_any(Digits)
    }
}

/// A word, or weights.
#[derive(Debug, Clone)]
pub(in crate::config) enum PhasingEntry {
    /// `days` or `twelfths`, if it is one.
    Word(String),
    /// One for each month.
    Weights(Vec<PercentEntry>),
}

impl JsonSchema for PhasingEntry {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Phasing".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string", "enum": ["days", "twelfths"] },
                { "type": "array", "items": { "type": ["number", "string"] }, "minItems": 12, "maxItems": 12 },
            ]
        })
    }
}

impl<'de> Deserialize<'de> for PhasingEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = PhasingEntry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`days`, `twelfths` or a list of twelve weights")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<PhasingEntry, E> {
                Ok(PhasingEntry::Word(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PhasingEntry, A::Error> {
                let mut weights = Vec::new();
                while let Some(weight) = list.next_element()? {
                    weights.push(weight);
                }
                Ok(PhasingEntry::Weights(weights))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

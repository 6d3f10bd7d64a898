//! What was configured, kept in the snapshot: a snapshot is decoded as it was fetched, whatever the configuration says later.

use crate::config::plan::{AlmytyPlan, AlmytySurface, CostUnit};
use crate::money::MoneyError;
use crate::source::{Snapshot, SnapshotWriter, SourceError};
use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy, dec};
use serde::{Deserialize, Serialize};

/// Name of the snapshot's entry.
const CONFIGURED: &str = "configured:almyty";
/// US dollars of a cent.
pub(super) const CENT: Decimal = dec!(0.01);

/// How the answers of a snapshot are to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    /// Which endpoints were asked: never `auto`.
    pub(super) surface: AlmytySurface,
    /// The unit of a conversation's cost.
    pub(super) conversation_cost: CostUnit,
    /// How long requests and tool executions are kept, in days.
    pub(super) retention_days: Option<u32>,
    /// Whether the audit trail was asked for.
    pub(super) audit: bool,
    /// The organization that was named.
    pub(super) organization: Option<String>,
    /// To how many decimals of a dollar costs are rounded; `None`: they are exact.
    #[serde(skip)]
    pub(super) decimals: Option<u32>,
}

impl Settings {
    /// Those of a plan, once it is known which surface the server has.
    pub(super) fn of(plan: &AlmytyPlan, surface: AlmytySurface) -> Self {
        Self {
            surface,
            conversation_cost: plan.conversation_cost,
            retention_days: plan.retention_days,
            audit: plan.audit,
            organization: plan.organization.clone(),
            decimals: None,
        }
    }

    /// Writes them into a snapshot.
    pub(super) fn keep(&self, into: &SnapshotWriter, at: DateTime<Utc>) {
        if let Ok(text) = serde_json::to_string(self) {
            into.keep_text(CONFIGURED, text, at);
        }
    }

    /// Reads them from a snapshot.
    pub(super) fn read(source: &str, snapshot: &Snapshot) -> Result<Self, SourceError> {
        let text = snapshot.text(CONFIGURED);
        let read = text.and_then(|text| serde_json::from_str(text).ok());
        read.ok_or_else(|| SourceError::Contradiction {
            source_name: source.to_owned(),
            reason: "the snapshot does not say how it was fetched; fetch it again".to_owned(),
        })
    }

    /// The cost of a conversation in US dollars, exactly unless `decimals` says otherwise.
    ///
    /// # Errors
    /// [`MoneyError`] where more digits would be needed than can be kept.
    pub(super) fn dollars(&self, cost: Decimal) -> Result<Decimal, MoneyError> {
        let dollars = match self.conversation_cost {
            CostUnit::Cents => from_cents(cost)?,
            CostUnit::Dollars => cost.normalize(),
        };
        Ok(match self.decimals {
            None => dollars,
            Some(decimals) => dollars.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven),
        })
    }
}

/// Cents as dollars: the point moves by two places and no digit is lost.
pub(super) fn from_cents(cents: Decimal) -> Result<Decimal, MoneyError> {
    let cents = cents.normalize();
    let scale = cents.scale() + CENT.scale();
    Decimal::try_from_i128_with_scale(cents.mantissa(), scale)
        .map(|dollars| dollars.normalize())
        .map_err(|_| MoneyError::TooPrecise(cents.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_become_dollars_to_the_last_digit() {
        for (cents, dollars) in [
            (dec!(1234.5678), dec!(12.345678)),
            (dec!(0.000000000052), dec!(0.00000000000052)),
            (dec!(100), dec!(1)),
            (dec!(0), dec!(0)),
        ] {
            assert_eq!(from_cents(cents), Ok(dollars));
            assert_eq!(from_cents(cents).unwrap().to_string(), dollars.to_string());
        }
        assert!(from_cents(dec!(0.0000000000000000000000000001)).is_err());
    }
}

//! What was configured, kept in the snapshot: a snapshot is decoded as it was fetched, whatever the configuration says later.

use crate::config::plan::{AlmytyPlan, AlmytySurface, CostUnit};
use crate::money::{self, MoneyError};
use crate::source::{Snapshot, SnapshotWriter, SourceError};
use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::{Decimal, RoundingStrategy, dec};
use serde::{Deserialize, Serialize};

/// Name of the snapshot's entry.
const CONFIGURED: &str = "configured:almyty";
/// Decimals of a dollar to which costs are rounded that cannot be kept or added exactly: the platform computes in binary, and 17
/// digits of a tiny cost and those of a large total may not fit into one number.
pub(super) const DECIMALS: u32 = 18;
/// US dollars of a cent.
pub(super) const CENT: Decimal = dec!(0.01);

/// How the answers of a snapshot are to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    /// Which endpoints were asked: never `auto`.
    pub(super) surface: AlmytySurface,
    /// The unit of a conversation's cost.
    pub(super) conversation_cost: CostUnit,
    /// How long requests are kept, in days.
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

    /// The first day of which the platform still has all requests; `None`: it keeps them for ever.
    pub(super) fn kept_from(&self, today: NaiveDate) -> Option<NaiveDate> {
        // The day on which the time of keeping ends is kept in part.
        let days = Days::new(u64::from(self.retention_days?.saturating_sub(1)));
        Some(today.checked_sub_days(days).unwrap_or(NaiveDate::MIN))
    }

    /// The cost of a conversation in US dollars, and whether it had to be rounded to [`DECIMALS`] to be kept at all; `None` where
    /// it is no amount.
    pub(super) fn cost(&self, written: &str) -> Option<(Decimal, bool)> {
        let exact = money::exact(written).and_then(|cost| self.dollars(cost));
        if let Ok(dollars) = exact {
            return Some((dollars, false));
        }
        let mut cost = tiny(written)?;
        if self.conversation_cost == CostUnit::Cents {
            cost = cost.checked_mul(CENT)?;
        }
        Some((round(cost, DECIMALS), true))
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
            Some(decimals) => round(dollars, decimals),
        })
    }
}

fn round(amount: Decimal, decimals: u32) -> Decimal {
    amount
        .round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven)
        .normalize()
}

/// An amount below one that has more digits than a decimal holds, to as many as it does: `1.2345678901234567e-13`.
fn tiny(written: &str) -> Option<Decimal> {
    let (digits, exponent) = written.split_once(['e', 'E']).unwrap_or((written, "-0"));
    let mut places: u32 = exponent.strip_prefix('-')?.parse().ok()?;
    let mut amount: Decimal = digits.parse().ok()?;
    while places > 0 && !amount.is_zero() {
        let step = places.min(Decimal::MAX_SCALE);
        amount = amount.checked_mul(Decimal::new(1, step))?;
        places -= step;
    }
    Some(amount)
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

    #[test]
    fn the_noise_of_a_tiny_cost_is_rounded_and_no_amount_is_none() {
        let settings = Settings {
            surface: AlmytySurface::Real,
            conversation_cost: CostUnit::Cents,
            retention_days: None,
            audit: false,
            organization: None,
            decimals: None,
        };
        for (written, cost) in [
            ("12.50", Some((dec!(0.125), false))),
            ("1.2345678901234567e-11", Some((dec!(0.000000000000123457), true))),
            ("9.8765432109876543e-15", Some((dec!(0.000000000000000099), true))),
            ("5e-324", Some((dec!(0), true))),
            ("0.00000000000000000000000000000000012", Some((dec!(0), true))),
            (
                "-1.2345678901234567e-11",
                Some((dec!(-0.000000000000123457), true)),
            ),
            ("1e400", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(settings.cost(written), cost, "{written}");
        }
    }
}

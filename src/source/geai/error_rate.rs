//! Which unit the platform's error rate is in: its texts say per cent, its own client reads a fraction.

use crate::language::{Text, Value, say};
use crate::money;
use rust_decimal::Decimal;

/// The error rate in per cent, and what a reader must know about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settled {
    /// Per cent; `None` where the unit cannot be told.
    pub(super) percent: Option<Decimal>,
    /// What is unclear, if anything.
    pub(super) doubt: Option<Text>,
}

/// Settles the unit of `sent` by the counts that it is the quotient of.
pub(super) fn settle(sent: Decimal, requests: Option<Decimal>, errors: Option<Decimal>) -> Settled {
    let known = |percent| Settled {
        percent: Some(percent),
        doubt: None,
    };
    // Zero is the same in both units, and above one it cannot be a fraction.
    if sent.is_zero() && errors.is_none_or(|errors| errors.is_zero()) {
        return known(sent);
    }
    let (Some(requests), Some(errors)) = (requests, errors) else {
        if sent > Decimal::ONE {
            return known(sent);
        }
        return Settled {
            percent: None,
            doubt: Some(say!("rate-unit-unknown", "sent" = sent)),
        };
    };
    let percent = money::percent(errors, requests);
    let as_percent = sent.checked_mul(Decimal::ONE_HUNDRED);
    // Numbers too far apart to be subtracted do not agree.
    let agrees = |expected: Decimal| {
        let difference = expected.checked_sub(sent);
        difference.is_some_and(|difference| difference.abs() <= tolerance(sent))
    };
    if percent.is_some_and(agrees) {
        known(sent)
    } else if money::quotient(errors, requests).is_some_and(agrees) && as_percent.is_some() {
        Settled {
            percent: as_percent,
            doubt: None,
        }
    } else {
        Settled {
            percent: Some(sent),
            doubt: Some(match percent {
                Some(percent) => say!(
                    "rate-differs",
                    "sent" = Value::Percent(sent),
                    "errors" = errors,
                    "requests" = requests,
                    "counted" = Value::Percent(percent),
                ),
                None => say!(
                    "rate-without-requests",
                    "sent" = Value::Percent(sent),
                    "errors" = errors,
                    "requests" = requests,
                ),
            }),
        }
    }
}

/// Half a unit of the last digit sent, at least one hundredth of the value.
fn tolerance(sent: Decimal) -> Decimal {
    let half_a_unit = Decimal::new(5, (sent.scale() + 1).min(Decimal::MAX_SCALE));
    let hundredth = sent.abs().checked_div(Decimal::ONE_HUNDRED);
    hundredth.map_or(half_a_unit, |hundredth| half_a_unit.max(hundredth))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn counts_settle_the_unit() {
        for (sent, requests, errors, percent) in [
            (dec!(5.03), dec!(659997), dec!(33198), dec!(5.03)),
            (dec!(0.0503), dec!(659997), dec!(33198), dec!(5.0300)),
            (dec!(0.05), dec!(659997), dec!(33198), dec!(5.00)),
            (dec!(0.5), dec!(1000), dec!(5), dec!(0.5)),
            (dec!(100), dec!(7), dec!(7), dec!(100)),
            (dec!(1), dec!(7), dec!(7), dec!(100)),
            (dec!(0), dec!(7), dec!(0), dec!(0)),
            (dec!(0), dec!(0), dec!(0), dec!(0)),
        ] {
            let settled = settle(sent, Some(requests), Some(errors));
            assert_eq!(
                settled,
                Settled {
                    percent: Some(percent),
                    doubt: None
                },
                "{sent}"
            );
        }
    }

    #[test]
    fn a_rate_that_agrees_with_neither_is_kept_with_both_numbers() {
        for (requests, errors, counted) in [(dec!(1000), dec!(50), "5 %"), (dec!(0), dec!(0), "no rate")] {
            let settled = settle(dec!(12.5), Some(requests), Some(errors));
            let doubt = settled.doubt.unwrap();
            assert_eq!(settled.percent, Some(dec!(12.5)));
            assert!(doubt.contains("12.5 %") && doubt.contains(counted), "{doubt}");
        }
    }

    #[test]
    fn numbers_at_the_end_of_the_exact_range_agree_with_nothing() {
        for sent in [Decimal::MIN, Decimal::MAX, dec!(0.0000000000000000000000000001)] {
            for (requests, errors) in [(Decimal::MAX, Decimal::MAX), (dec!(1000), dec!(50))] {
                let settled = settle(sent, Some(requests), Some(errors));
                assert_eq!(settled.percent, Some(sent));
                assert!(settled.doubt.is_some(), "{sent} {requests} {errors}");
            }
        }
    }

    #[test]
    fn without_counts_small_values_are_ambiguous() {
        assert_eq!(settle(dec!(5.03), None, Some(dec!(1))).percent, Some(dec!(5.03)));
        assert_eq!(settle(dec!(0), None, None).percent, Some(dec!(0)));
        for sent in [dec!(0.05), dec!(1)] {
            let settled = settle(sent, Some(dec!(10)), None);
            assert_eq!(settled.percent, None);
            assert!(settled.doubt.is_some());
        }
    }
}

//! How far back the platform keeps data. What it answers for days before that is not documented; zeros of them prove nothing.

use crate::config::plan::Tier;
use chrono::{DateTime, Days, NaiveDate, Utc};

/// The first day of which everything is still kept at this instant, as far as the tier tells.
pub(super) fn kept_since(tier: Tier, now: DateTime<Utc>) -> Option<NaiveDate> {
    let since = now.checked_sub_days(Days::new(u64::from(tier.kept_days())))?;
    // The day on which the time of keeping ends is kept in part.
    let whole = since.time() == chrono::NaiveTime::MIN;
    if whole {
        Some(since.date_naive())
    } else {
        since.date_naive().succ_opt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_kept_as_long_as_all_of_it_is() {
        for (tier, now, since) in [
            (Tier::Free, "2026-11-02T07:00:00Z", "2026-10-04"),
            (Tier::Free, "2026-11-02T00:00:00Z", "2026-10-03"),
            (Tier::Pro, "2026-11-02T07:00:00Z", "2026-08-05"),
            (Tier::Enterprise, "2026-11-02T07:00:00Z", "2025-11-03"),
        ] {
            let found = kept_since(tier, now.parse().unwrap());
            assert_eq!(found, since.parse().ok(), "{tier:?} {now}");
        }
    }
}

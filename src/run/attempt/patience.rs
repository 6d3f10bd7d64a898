//! When a parcel is tried again, and when it is given up.

use crate::delivery::Pace;
use crate::run::store::OutboxRow;
use crate::source::snapshot::hex_sha256;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// Since the first attempt: when a mail is given up, and anything else.
const PATIENCE: (Duration, Duration) = (Duration::from_hours(24), Duration::from_hours(75));
/// Most attempts at anything but a mail.
pub(super) const MOST_ATTEMPTS: u32 = 10;
/// Least time between two attempts at a mail, once more than that may lie between them.
const MAIL_FLOOR: Duration = Duration::from_mins(30);
/// Bounds of what a far end may ask us to wait.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(6));

/// Longest wait after the attempt number `attempt` (from 1): for mail a minute, doubled each time, up to four hours; else 5 s,
/// 5 min, 30 min, 2 h, 5 h, then 10 h.
pub(super) fn ceiling(pace: Pace, attempt: u32) -> Duration {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let step = attempt.saturating_sub(1);
    Duration::from_secs(match pace {
        Pace::Mail => (MINUTE << step.min(8)).min(4 * HOUR),
        Pace::Other => match step {
            0 => 5,
            1 => 5 * MINUTE,
            2 => 30 * MINUTE,
            3 => 2 * HOUR,
            4 => 5 * HOUR,
            _ => 10 * HOUR,
        },
    })
}

/// How long to wait after `attempt`: what the far end asked for, within reason; else a time between nothing and the ceiling
/// (full jitter), which is the same for the same key and attempt. Mail that waits long waits for half an hour at the least.
///
/// Source: RFC 5321, 4.5.4.1.
pub(super) fn pause(pace: Pace, key: &str, attempt: u32, retry_after: Option<Duration>) -> Duration {
    if let Some(asked) = retry_after {
        return asked.clamp(RETRY_AFTER.0, RETRY_AFTER.1);
    }
    let ceiling = ceiling(pace, attempt);
    let floor = match pace {
        Pace::Mail if ceiling > MAIL_FLOOR => MAIL_FLOOR,
        Pace::Mail | Pace::Other => Duration::ZERO,
    };
    let digest = hex_sha256(format!("{key}/{attempt}").as_bytes());
    let share = u128::from(u32::from_str_radix(&digest[..8], 16).unwrap_or(u32::MAX));
    let millis = ceiling.saturating_sub(floor).as_millis() * share / u128::from(u32::MAX);
    floor + Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// How long a parcel is tried.
pub(super) fn patience(pace: Pace) -> chrono::Duration {
    let patience = match pace {
        Pace::Mail => PATIENCE.0,
        Pace::Other => PATIENCE.1,
    };
    chrono::Duration::from_std(patience).unwrap_or(chrono::Duration::hours(24))
}

/// Whether the next attempt would come later, or be one more, than anybody waits for.
pub(super) fn is_exhausted(row: &OutboxRow, pace: Pace, attempt: u32, next: DateTime<Utc>) -> bool {
    let most = match pace {
        Pace::Mail => u32::MAX,
        Pace::Other => MOST_ATTEMPTS,
    };
    attempt >= most
        || row
            .first_attempt_at
            .is_some_and(|first| next > first + patience(pace))
}

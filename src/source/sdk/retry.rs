//! When to try a call again: backoff with jitter, and the far end's own wish.

use backon::ExponentialBuilder;
use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use std::time::Duration;

/// Longest wait that a far end may ask for within a call; whoever asks for more gets no further try now.
pub(super) const LONGEST_WISH: Duration = Duration::from_mins(5);

/// How long to wait between the tries of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Shortest wait before the second try; it doubles from try to try, with jitter of up to itself.
    pub base: Duration,
    /// Longest wait, also where the far end asks for more.
    pub ceiling: Duration,
}

impl Default for Pace {
    /// One second to five minutes.
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            ceiling: LONGEST_WISH,
        }
    }
}

impl Pace {
    /// The waits between `attempts` tries.
    pub(super) fn backoff(self, attempts: u32) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(self.base)
            .with_max_delay(self.ceiling)
            .with_max_times(usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX))
    }

    /// The wait that the far end asked for, within our bounds.
    pub(super) fn clamped(self, after: Duration) -> Duration {
        after.max(self.base).min(self.ceiling)
    }
}

/// Whether a call that got this status may succeed when repeated.
pub(super) fn is_transient(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
    ) || status.is_server_error()
}

/// The value of `Retry-After`: seconds or an HTTP date; `None` where it is neither.
pub(super) fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = DateTime::parse_from_rfc2822(value).ok()?;
    Some((then.to_utc() - now).to_std().unwrap_or_default())
}

/// Larger numbers of `X-RateLimit-Reset` are instants (seconds of Unix time), smaller ones waits in seconds: platforms send both.
const EARLIEST_INSTANT: u64 = 1_000_000_000;

/// The wait that `X-RateLimit-Reset` asks for; `None` where it is not a number.
pub(super) fn rate_reset(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let seconds: u64 = value.trim().parse().ok()?;
    if seconds < EARLIEST_INSTANT {
        return Some(Duration::from_secs(seconds));
    }
    let then = DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)?;
    Some((then - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_and_dates_and_nothing_else() {
        let now = "1994-11-06T08:49:00Z".parse().unwrap();
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:40:00 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(value, now),
                seconds.map(Duration::from_secs),
                "{value}"
            );
        }
    }

    #[test]
    fn a_reset_is_a_wait_or_an_instant() {
        let now: DateTime<Utc> = "2026-11-02T07:00:00Z".parse().unwrap();
        let soon = now.timestamp() + 12;
        for (value, seconds) in [("7", Some(7)), (&*soon.to_string(), Some(12)), ("soon", None)] {
            assert_eq!(
                rate_reset(value, now),
                seconds.map(Duration::from_secs),
                "{value}"
            );
        }
    }

    #[test]
    fn waits_stay_within_the_bounds() {
        let pace = Pace::default();
        assert_eq!(pace.clamped(Duration::ZERO), pace.base);
        assert_eq!(pace.clamped(Duration::from_secs(7)), Duration::from_secs(7));
        assert_eq!(pace.clamped(Duration::from_hours(24)), pace.ceiling);
    }

    #[test]
    fn only_passing_troubles_are_worth_another_try() {
        for (status, transient) in [
            (408, true),
            (429, true),
            (500, true),
            (503, true),
            (400, false),
            (401, false),
            (403, false),
            (404, false),
            (501, true),
            (302, false),
        ] {
            assert_eq!(
                is_transient(StatusCode::from_u16(status).unwrap()),
                transient,
                "{status}"
            );
        }
    }
}

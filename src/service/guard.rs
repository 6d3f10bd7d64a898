//! Whether the clock can be believed.
//!
//! A machine's clock may be set back, which is harmless: nothing that is written down is written again. It may jump forward, and
//! then everything up to there would fall due. A jump within a day is caught up like downtime; a longer one, while this process
//! ran all the time, is held until the clock heals or somebody restarts the service and so says that it is right.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// Longest jump forward that is believed.
const TOLERANCE: TimeDelta = TimeDelta::hours(24);

/// Compares the clock on the wall with the one that counts since the machine was started, suspension included.
#[derive(Debug, Clone)]
pub(super) struct ClockGuard {
    wall: DateTime<Utc>,
    since_boot: Duration,
}

impl ClockGuard {
    pub(super) fn new(wall: DateTime<Utc>, since_boot: Duration) -> Self {
        Self { wall, since_boot }
    }

    /// Whether `wall` can be believed, or why not.
    pub(super) fn check(&mut self, wall: DateTime<Utc>, since_boot: Duration) -> Result<(), String> {
        let passed = since_boot.saturating_sub(self.since_boot);
        let expected = TimeDelta::from_std(passed)
            .ok()
            .and_then(|passed| self.wall.checked_add_signed(passed))
            .unwrap_or(self.wall);
        if wall - expected > TOLERANCE {
            return Err(format!(
                "the clock says {}, and {} ago it said {}; nothing is begun until it is right again, or the service is restarted",
                wall.format("%Y-%m-%d %H:%M:%S"),
                told(passed),
                self.wall.format("%Y-%m-%d %H:%M:%S"),
            ));
        }
        // A clock that was set back keeps its measure: when it is set right again, that is no jump.
        if wall >= expected {
            (self.wall, self.since_boot) = (wall, since_boot);
        }
        Ok(())
    }
}

fn told(passed: Duration) -> String {
    match passed.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        "2026-11-02T12:00:00Z".parse().unwrap()
    }

    /// Steps of (seconds that passed, seconds by which the wall clock moved), each with whether it is believed.
    fn walk(steps: &[(u64, i64, bool)]) {
        let mut guard = ClockGuard::new(start(), Duration::from_secs(1000));
        let (mut wall, mut boot) = (start(), Duration::from_secs(1000));
        for (at, (passed, moved, believed)) in steps.iter().enumerate() {
            boot += Duration::from_secs(*passed);
            wall += TimeDelta::seconds(*moved);
            assert_eq!(guard.check(wall, boot).is_ok(), *believed, "step {at}");
        }
    }

    #[test]
    fn a_clock_is_held_only_when_it_leaps_while_somebody_watched() {
        let day = 86_400;
        walk(&[(1, 1, true), (3600, 3600, true)]);
        walk(&[(1, day, true), (1, day, true)]);
        walk(&[(1, 2 * day, false), (1, 1, false), (1, -2 * day, true)]);
        walk(&[
            (1, -30 * day, true),
            (60, 60, true),
            (1, 30 * day, true),
            (1, 2 * day, false),
        ]);
        walk(&[(7 * 86_400, 7 * day, true)]);
        walk(&[(1, 3650 * day, false), (86_400 * 3, 86_400 * 3, false)]);
    }
}

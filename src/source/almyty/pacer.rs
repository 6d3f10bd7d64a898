//! How often we ask: never more calls to one group of endpoints within any minute than the plan allows.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The stretch of time that the bound is about.
const MINUTE: Duration = Duration::from_mins(1);

/// Lets so many calls pass at once and then one for each that is a minute old: a short report does not wait at all.
#[derive(Debug)]
pub(super) struct Pacer {
    most: usize,
    passed: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl Pacer {
    /// At most `most` calls a minute, at least one.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            passed: Mutex::default(),
        }
    }

    /// Waits until the call to `path` may be made. The server counts each kind of endpoint on its own, so do we: by the first
    /// part of the path.
    pub(super) async fn pass(&self, path: &str) {
        let group = path.split(['/', '?']).find(|part| !part.is_empty());
        while let Some(until) = self.turn(group.unwrap_or_default()) {
            tokio::time::sleep_until(until).await;
        }
    }

    /// Takes a place, or tells when the next one is free.
    fn turn(&self, group: &str) -> Option<Instant> {
        let now = Instant::now();
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = passed.entry(group.to_owned()).or_default();
        while calls.front().is_some_and(|call| *call + MINUTE <= now) {
            calls.pop_front();
        }
        match calls.front() {
            Some(first) if calls.len() >= self.most => Some(*first + MINUTE),
            _ => {
                calls.push_back(now);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_the_next_waits_for_its_minute() {
        let (pacer, begun) = (Pacer::new(3), Instant::now());
        let mut waited = Vec::new();
        for _ in 0..7 {
            pacer.pass("/analytics/export?type=requests").await;
            waited.push(begun.elapsed().as_secs());
        }
        assert_eq!(waited, [0, 0, 0, 60, 60, 60, 120]);
        pacer.pass("/audit-logs").await;
        assert_eq!(begun.elapsed().as_secs(), 120, "each group counts on its own");
    }
}

//! How often we ask: as often as the server says that we may, and where it does not say, never more calls to one group of endpoints
//! within any minute than the plan allows. Counted for the whole process, since runs come and go and the server's count goes on.

use crate::source::sdk::Gauge;
use crate::source::snapshot::hex_sha256;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The stretch of time that the bound is about, and the longest that the server's count runs.
const MINUTE: Duration = Duration::from_mins(1);

/// The count of each server and key.
static PACERS: Mutex<BTreeMap<(String, usize), Arc<Pacer>>> = Mutex::new(BTreeMap::new());

/// Lets so many calls pass at once and then one for each that is a minute old: a short report does not wait at all.
#[derive(Debug)]
pub(super) struct Pacer {
    most: usize,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// When each group was asked within the last minute.
    passed: HashMap<String, VecDeque<Instant>>,
    /// What the server has told of each route.
    told: HashMap<String, Told>,
    /// Whether the server has ever told: then its word counts and not our bound.
    speaks: bool,
}

#[derive(Debug)]
struct Told {
    left: u64,
    /// When the server begins to count again.
    anew: Instant,
}

/// Whether a call may be made.
enum Turn {
    Now,
    /// The server says: not before this instant.
    ServerFull(Instant),
    /// Our own bound says so.
    OwnFull(Instant),
}

impl Pacer {
    /// At most `most` calls a minute, at least one.
    fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            counts: Mutex::default(),
        }
    }

    /// The count of what `key` asks at `place`.
    pub(super) fn shared(place: &str, key: &str, most: usize) -> Arc<Self> {
        let asker = hex_sha256(format!("{place} {key}").as_bytes());
        let mut pacers = PACERS.lock().unwrap_or_else(PoisonError::into_inner);
        let pacer = pacers.entry((asker, most));
        Arc::clone(pacer.or_insert_with(|| Arc::new(Self::new(most))))
    }

    /// Waits until the call to `path`, which arrives at `route`, may be made. The documentation counts all that is analytics
    /// together, so we do: by the first part of the path. For the server's own word nobody waits longer than `ceiling`.
    pub(super) async fn pass(&self, path: &str, route: &str, ceiling: Duration) {
        let group = path.split(['/', '?']).find(|part| !part.is_empty());
        loop {
            match self.turn(group.unwrap_or_default(), route) {
                Turn::Now => return,
                Turn::OwnFull(until) => tokio::time::sleep_until(until).await,
                Turn::ServerFull(until) => {
                    tokio::time::sleep_until(until.min(Instant::now() + ceiling)).await;
                    self.counts().told.remove(route);
                }
            }
        }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, or tells when the next one is free.
    fn turn(&self, group: &str, route: &str) -> Turn {
        let (now, mut counts) = (Instant::now(), self.counts());
        counts.told.retain(|_, told| now < told.anew);
        if let Some(told) = counts.told.get_mut(route) {
            let Some(left) = told.left.checked_sub(1) else {
                return Turn::ServerFull(told.anew);
            };
            told.left = left;
            return Turn::Now;
        }
        if counts.speaks {
            return Turn::Now;
        }
        let calls = counts.passed.entry(group.to_owned()).or_default();
        while calls.front().is_some_and(|call| *call + MINUTE <= now) {
            calls.pop_front();
        }
        match calls.front() {
            Some(first) if calls.len() >= self.most => Turn::OwnFull(*first + MINUTE),
            _ => {
                calls.push_back(now);
                Turn::Now
            }
        }
    }
}

impl Gauge for Pacer {
    fn told(&self, route: &str, left: u64, reset: Option<Duration>) {
        let anew = Instant::now() + reset.unwrap_or(MINUTE).min(MINUTE);
        let mut counts = self.counts();
        counts.speaks = true;
        counts.told.insert(route.to_owned(), Told { left, anew });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: &str = "/analytics/export?type=requests";

    async fn pass(pacer: &Pacer, path: &str) {
        let route = path.split('?').next().unwrap();
        pacer.pass(path, route, Duration::from_mins(5)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_the_next_waits_for_its_minute() {
        let (pacer, begun) = (Pacer::new(3), Instant::now());
        let mut waited = Vec::new();
        for _ in 0..7 {
            pass(&pacer, EXPORT).await;
            waited.push(begun.elapsed().as_secs());
        }
        assert_eq!(waited, [0, 0, 0, 60, 60, 60, 120]);
        pass(&pacer, "/audit-logs").await;
        assert_eq!(begun.elapsed().as_secs(), 120, "each group counts on its own");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_tells_how_many_are_left_is_asked_as_often_and_waited_for_at_none() {
        let (pacer, begun) = (Pacer::new(1), Instant::now());
        pass(&pacer, EXPORT).await;
        for left in (0..50).rev() {
            pacer.told("/analytics/export", left, Some(Duration::from_secs(7)));
            if left > 0 {
                pass(&pacer, EXPORT).await;
            }
        }
        assert_eq!(begun.elapsed().as_secs(), 0);
        pass(&pacer, EXPORT).await;
        assert!(begun.elapsed().as_secs() >= 7);
    }

    #[test]
    fn a_server_and_a_key_have_one_count_however_many_runs_ask() {
        let pacer = |place, key| Pacer::shared(place, key, 30);
        let one = pacer("https://pacer.example", "one");
        assert!(Arc::ptr_eq(&one, &pacer("https://pacer.example", "one")));
        assert!(!Arc::ptr_eq(&one, &pacer("https://pacer.example", "two")));
        assert!(!Arc::ptr_eq(&one, &pacer("https://other.example", "one")));
    }
}

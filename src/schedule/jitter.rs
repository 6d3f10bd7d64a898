//! Jitter: how much later than its time an occurrence falls due, and in which order that leaves them.

use crate::schedule::cadence::Due;
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::time::Duration;

/// The share of `jitter` by which a job's nominal time is moved: none of it to all of it, in whole seconds.
///
/// It depends on the job's name and the nominal time alone. Every replica computes the same one, and so does the next
/// start; another jitter moves everything in proportion.
pub(super) fn share(jitter: Duration, job: &str, nominal: NaiveDateTime) -> TimeDelta {
    if jitter.is_zero() {
        return TimeDelta::zero();
    }
    let digest = Sha256::digest(format!("{job}\n{}", nominal.format("%Y-%m-%dT%H:%M:%S")));
    let fraction = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    // A fraction of 2^64; what is shifted out is what is rounded down.
    let secs = (u128::from(fraction) * (u128::from(jitter.as_secs()) + 1)) >> 64;
    i64::try_from(secs).map_or(TimeDelta::zero(), TimeDelta::seconds)
}

/// Occurrences in the order in which they fall due, out of those in the order of their nominal times.
///
/// Only those are held back that a later one may still overtake: as many as fit into one jitter. To look for one more is dear, so
/// where nothing was moved nobody looks.
#[derive(Debug)]
pub(super) struct Spread<I> {
    /// By nominal time; each falls due no earlier than that.
    punctual: I,
    /// By due time.
    waiting: VecDeque<Due>,
    /// The nominal time of the last one taken from `punctual`.
    reached: Option<DateTime<Tz>>,
}

impl<I: Iterator<Item = Due>> Spread<I> {
    pub(super) fn new(punctual: I) -> Self {
        Self {
            punctual,
            waiting: VecDeque::new(),
            reached: None,
        }
    }
}

impl<I: Iterator<Item = Due>> Iterator for Spread<I> {
    type Item = Due;

    fn next(&mut self) -> Option<Due> {
        // Whatever comes later falls due after its own time, so it cannot overtake what is due by then.
        while self
            .waiting
            .front()
            .is_none_or(|first| Some(first.due_at) > self.reached)
            && let Some(later) = self.punctual.next()
        {
            self.reached = Some(later.at);
            let place = self.waiting.partition_point(|other| other.due_at <= later.due_at);
            self.waiting.insert(place, later);
        }
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nominal(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn the_share_is_fixed_for_job_and_time() {
        // Computed elsewhere: other numbers would move what a running service has already planned.
        let six_hours = Duration::from_hours(6);
        for (job, time, secs) in [
            ("monthly-full-report", "2026-12-01T07:00:00", 20_740),
            ("monthly-full-report", "2027-01-01T07:00:00", 3756),
            ("weekly-trend", "2026-12-01T07:00:00", 10_014),
        ] {
            let share = share(six_hours, job, nominal(time)).num_seconds();
            assert_eq!(share, secs, "{job} at {time}");
        }
        assert_eq!(
            share(Duration::ZERO, "a", nominal("2026-12-01T07:00:00")),
            TimeDelta::zero()
        );
    }

    #[test]
    fn shares_fill_the_jitter_evenly_and_stay_within_it() {
        let time = nominal("2026-12-01T07:00:00");
        let mut found = [0; 10];
        for job in 0..10_000 {
            let secs = share(Duration::from_secs(9), &format!("job-{job}"), time).num_seconds();
            found[usize::try_from(secs).unwrap()] += 1;
        }
        assert!(found.iter().all(|count| (900..1100).contains(count)), "{found:?}");
    }
}

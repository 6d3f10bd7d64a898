//! How often an account may ask: no more calls within any hour than its tier is entitled to, counted for the whole process.

use crate::source::snapshot::hex_sha256;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The platform counts by the hour.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// When each account was asked within the last hour. Runs come and go; the platform's count goes on.
static ASKED: Mutex<BTreeMap<String, VecDeque<DateTime<Utc>>>> = Mutex::new(BTreeMap::new());

/// The count of one account.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    account: String,
    limit: usize,
}

impl Meter {
    /// The count of the account that `key` opens at `place`, of which `limit` calls within any hour are allowed.
    pub(super) fn new(place: &str, key: &str, limit: usize) -> Self {
        Self {
            account: hex_sha256(format!("{place} {key}").as_bytes()),
            limit,
        }
    }

    /// Takes a place for one call, or says how long it is until one is free.
    ///
    /// # Errors
    /// The wait.
    pub(super) fn take(&self, now: DateTime<Utc>) -> Result<(), Duration> {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = asked.entry(self.account.clone()).or_default();
        // What a clock that was set back calls the future cannot be told from the past; it no longer counts.
        calls.retain(|call| *call <= now && now - *call < HOUR);
        match calls.front() {
            Some(oldest) if calls.len() >= self.limit => {
                Err((HOUR - (now - *oldest)).to_std().unwrap_or_default())
            }
            _ => {
                calls.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hour_holds_more_calls_than_allowed() {
        let at = |minutes: i64| {
            let start: DateTime<Utc> = "2026-11-02T07:00:00Z".parse().unwrap();
            start + TimeDelta::minutes(minutes)
        };
        let meter = Meter::new("https://one.example", "key", 3);
        let wait = |minutes| Err(Duration::from_mins(minutes));
        assert_eq!(meter.take(at(0)), Ok(()));
        assert_eq!(meter.take(at(10)), Ok(()));
        assert_eq!(meter.clone().take(at(20)), Ok(()));
        assert_eq!(meter.take(at(20)), wait(40));
        assert_eq!(meter.take(at(59)), wait(1));
        let others = [
            Meter::new("https://one.example", "other", 3),
            Meter::new("https://two.example", "key", 3),
        ];
        assert!(others.iter().all(|other| other.take(at(59)).is_ok()));
        assert_eq!(meter.take(at(60)), Ok(()));
        assert_eq!(meter.take(at(60)), wait(10));
        assert_eq!(
            meter.take(at(0)),
            Ok(()),
            "a clock that was set back keeps nobody waiting"
        );
    }
}

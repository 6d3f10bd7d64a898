//! What becomes of occurrences that fell due while nothing ran: which of them run late, and why the others do not.

use crate::config::plan::CatchUp;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;

/// So late is nobody's fault: a beat, a restart, a busy disk. It runs whatever the policy says.
const PUNCTUAL: TimeDelta = TimeDelta::minutes(5);
/// Most occurrences of one job that run late.
const MOST: usize = 12;
/// How old an occurrence may be that still runs, in days.
const WINDOW_DAYS: i64 = 62;

/// The judgement on everything of one job that has fallen due and is not written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdicts {
    policy: CatchUp,
    now: DateTime<Utc>,
    /// The oldest that runs although it is late; `None`: none does.
    oldest: Option<DateTime<Utc>>,
}

impl Verdicts {
    /// Judges occurrences by when they are due, oldest first. Those of one closed period count once, as the first of them: they
    /// share a `key`.
    pub fn of<K: PartialEq>(
        policy: CatchUp,
        now: DateTime<Utc>,
        occurrences: impl Iterator<Item = (DateTime<Utc>, Option<K>)>,
    ) -> Self {
        let most = match policy {
            CatchUp::All => MOST,
            CatchUp::Latest => 1,
            CatchUp::Skip => 0,
        };
        let mut latest: VecDeque<DateTime<Utc>> = VecDeque::with_capacity(most + 1);
        let mut before: Option<K> = None;
        for (due_at, key) in occurrences {
            if key.is_some() && key == before {
                continue;
            }
            latest.push_back(due_at);
            if latest.len() > most {
                latest.pop_front();
            }
            before = key;
        }
        let window = now - TimeDelta::days(WINDOW_DAYS);
        Self {
            policy,
            now,
            oldest: latest.into_iter().find(|due_at| *due_at >= window),
        }
    }

    /// Why an occurrence does not run; `None`: it does.
    #[must_use]
    pub fn missed(&self, due_at: DateTime<Utc>) -> Option<String> {
        if self.now - due_at <= PUNCTUAL || self.oldest.is_some_and(|oldest| due_at >= oldest) {
            return None;
        }
        let reason = if self.policy == CatchUp::Skip {
            "nothing ran when it was due, and `catch_up = \"skip\"` runs nothing late".to_owned()
        } else if self.now - due_at > TimeDelta::days(WINDOW_DAYS) {
            format!("nothing ran when it was due, and it is more than {WINDOW_DAYS} days old")
        } else if self.policy == CatchUp::Latest {
            "nothing ran when it was due, and `catch_up = \"latest\"` runs a later one".to_owned()
        } else {
            format!("nothing ran when it was due, and only the latest {MOST} run late")
        };
        Some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CatchUp::{All, Latest, Skip};

    fn at(minutes_before_noon: i64) -> DateTime<Utc> {
        let noon: DateTime<Utc> = "2026-11-02T12:00:00Z".parse().unwrap();
        noon - TimeDelta::minutes(minutes_before_noon)
    }

    /// How many of `ages` (in minutes, oldest first) run, without a key in common.
    fn run(policy: CatchUp, ages: &[i64]) -> Vec<i64> {
        let occurrences = ages.iter().map(|age| (at(*age), None::<()>));
        let verdicts = Verdicts::of(policy, at(0), occurrences);
        let runs = ages.iter().filter(|age| verdicts.missed(at(**age)).is_none());
        runs.copied().collect()
    }

    #[test]
    fn each_policy_runs_what_it_says_and_names_why_the_rest_is_missed() {
        let day = 24 * 60;
        assert_eq!(run(All, &[90, 60, 30]), [90, 60, 30]);
        assert_eq!(run(Latest, &[90, 60, 30]), [30]);
        assert_eq!(run(Skip, &[90, 60, 30]), [] as [i64; 0]);
        assert_eq!(run(Skip, &[90, 5, 0]), [5, 0], "a beat late is on time");
        assert_eq!(run(Latest, &[5, 0]), [5, 0]);
        let ages: Vec<i64> = (1..=20).rev().map(|hour| hour * 60).collect();
        assert_eq!(run(All, &ages), ages[8..]);
        assert_eq!(run(All, &[63 * day, 62 * day, day]), [62 * day, day]);
        let verdicts = Verdicts::of(All, at(0), [(at(63 * day), None::<()>)].into_iter());
        assert!(verdicts.missed(at(63 * day)).unwrap().contains("62 days"));
    }

    #[test]
    fn occurrences_of_one_closed_period_count_once() {
        // Daily for a monthly period: forty days are two periods, and both run, each by its first day.
        let day = 24 * 60;
        let slots: Vec<(i64, &str)> = (1..=40)
            .rev()
            .map(|age| (age * day, if age > 10 { "09" } else { "10" }))
            .collect();
        let occurrences = slots.iter().map(|(age, period)| (at(*age), Some(*period)));
        let verdicts = Verdicts::of(All, at(0), occurrences);
        assert_eq!(verdicts.missed(at(40 * day)), None);
        assert_eq!(verdicts.missed(at(10 * day)), None);
    }
}

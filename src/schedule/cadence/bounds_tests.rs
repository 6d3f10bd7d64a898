//! Start, end and jitter.

use super::tests::{JOB, any_instant, any_schedule, any_zone, cron, dues, instant};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

fn bounded(text: &str, start: &str, end: &str) -> Schedule {
    Schedule {
        start: start.parse().ok(),
        end: end.parse().ok(),
        ..cron(text)
    }
}

fn late(schedule: Schedule, secs: u64) -> Schedule {
    Schedule {
        jitter: Duration::from_secs(secs),
        ..schedule
    }
}

/// Zone, pattern, start, end, after, and all due times that follow, three at most.
const BOUNDS: &str = "
UTC; 0 7 1 * *; 2027-01-01; -; 2026-11-22T12:00:00Z; 2027-01-01T07:00+00:00, 2027-02-01T07:00+00:00, 2027-03-01T07:00+00:00
UTC; 0 7 1 * *; 2027-01-02; -; 2026-11-22T12:00:00Z; 2027-02-01T07:00+00:00, 2027-03-01T07:00+00:00, 2027-04-01T07:00+00:00
UTC; 0 7 1 * *; -; 2027-01-01; 2026-11-22T12:00:00Z; 2026-12-01T07:00+00:00, 2027-01-01T07:00+00:00
UTC; 0 7 1 * *; -; 2026-12-31; 2026-11-22T12:00:00Z; 2026-12-01T07:00+00:00
UTC; 0 7 1 * *; 2026-01-01; 2026-11-01; 2026-11-22T12:00:00Z;
UTC; 0 7 1 * *; 2026-12-02; 2026-12-31; 2026-11-22T12:00:00Z;
UTC; 0 0 * * *; 2026-12-01; 2026-12-01; 2026-11-22T12:00:00Z; 2026-12-01T00:00+00:00
UTC; 59 23 * * *; 2026-12-01; 2026-12-01; 2026-11-22T12:00:00Z; 2026-12-01T23:59+00:00
Europe/Madrid; 0 0 * * *; 2026-12-01; 2026-12-01; 2026-11-22T12:00:00Z; 2026-12-01T00:00+01:00
America/Nuuk; 59 23 * * *; -; 2026-03-28; 2026-03-28T12:00:00Z; 2026-03-29T00:00-01:00 for 2026-03-28T23:59
America/Nuuk; 59 23 * * *; 2026-03-29; 2026-03-29; 2026-03-28T12:00:00Z; 2026-03-29T23:59-01:00
America/Nuuk; 30 * * * *; 2026-10-25; 2026-10-25; 2026-10-24T23:00:00Z; 2026-10-25T00:30-02:00, 2026-10-25T01:30-02:00, 2026-10-25T02:30-02:00
Europe/Berlin; 0 */12 * * *; 2026-12-01; 2026-12-01; 2026-12-01T00:00:00Z; 2026-12-01T12:00+01:00
";

#[test]
fn start_and_end_are_the_first_and_last_local_date() {
    for row in BOUNDS.lines().filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split(';').map(str::trim).collect();
        let [zone, pattern, start, end, after, expected] = cells[..] else {
            unreachable!("{row}")
        };
        let schedule = bounded(pattern, start, end);
        let found = dues(&schedule, zone.parse().unwrap(), Calendar::years(), after, 3);
        assert_eq!(found.join(", "), expected, "{row}");
    }
}

#[test]
fn jitter_moves_what_is_due_and_not_what_it_is_about() {
    let (years, after) = (Calendar::years(), instant("2026-11-22T12:00:00Z"));
    let on_time = upcoming(&cron("0 7 1 * *"), JOB, Tz::Europe__Madrid, years, after, 12);
    let moved = upcoming(
        &late(cron("0 7 1 * *"), 6 * 3600),
        JOB,
        Tz::Europe__Madrid,
        years,
        after,
        12,
    );
    let mut shares = BTreeSet::new();
    for (on_time, moved) in on_time.iter().zip(&moved) {
        assert_eq!(
            (moved.at, moved.nominal, moved.fold),
            (on_time.at, on_time.nominal, on_time.fold)
        );
        assert_eq!(on_time.due_at, on_time.at);
        let share = moved.due_at - moved.at;
        assert!(
            share >= TimeDelta::zero() && share <= TimeDelta::hours(6),
            "{share}"
        );
        shares.insert(share);
    }
    assert!(shares.len() > 10, "{shares:?}");
    let of_another = upcoming(
        &late(cron("0 7 1 * *"), 6 * 3600),
        "another",
        Tz::Europe__Madrid,
        years,
        after,
        12,
    );
    assert_ne!(of_another, moved);
}

#[test]
fn what_was_due_before_and_is_moved_beyond_the_moment_is_still_to_come() {
    let schedule = late(cron("0 7 1 * *"), 6 * 3600);
    let years = Calendar::years();
    let due = next_due(&schedule, JOB, Tz::UTC, years, instant("2026-11-22T12:00:00Z")).unwrap();
    assert!(due.due_at > due.at, "{due:?}");
    let between = due.at.to_utc() + (due.due_at - due.at) / 2;
    assert_eq!(
        next_due(&schedule, JOB, Tz::UTC, years, between),
        Some(due.clone())
    );
    let then = due.due_at.to_utc();
    let in_range =
        |after, until| due_between(&schedule, JOB, Tz::UTC, years, after, until).collect::<Vec<_>>();
    assert_eq!(in_range(between, then), [due]);
    assert_eq!(in_range(then, then + TimeDelta::days(20)), []);
    assert_eq!(in_range(then, between), []);
}

#[test]
fn a_long_absence_is_caught_up_with_piece_by_piece() {
    let schedule = late(cron("* * * * *"), 600);
    let (mut after, until) = (instant("2016-11-22T12:00:00Z"), instant("2026-11-22T12:00:00Z"));
    let mut found = 0;
    for _ in 0..3 {
        let piece: Vec<Due> = due_between(&schedule, JOB, Tz::UTC, Calendar::years(), after, until)
            .take(100)
            .collect();
        found += piece.len();
        after = piece.last().unwrap().due_at.to_utc();
    }
    assert_eq!(found, 300);
}

proptest! {
    /// Whatever the jitter, ranges that adjoin find each occurrence once, in order, and none that is not there.
    #[test]
    fn adjoining_ranges_share_nothing_and_lose_nothing(
        schedule in any_schedule(), zone in any_zone(), after in any_instant(), jitter in 0..=6 * 3600_u64,
        hours in prop::collection::vec(0..100_i64, 1..6), days in -3..10_i64, length in 0..10_i64,
    ) {
        let calendar = Calendar::years();
        let start = after.date_naive() + TimeDelta::days(days);
        let schedule = Schedule {
            start: Some(start),
            end: Some(start + TimeDelta::days(length)),
            ..late(schedule, jitter)
        };
        let until = after + TimeDelta::hours(hours.iter().sum());
        let mut edge = after;
        let mut pieces = Vec::new();
        for hours in hours {
            let next = edge + TimeDelta::hours(hours);
            pieces.extend(due_between(&schedule, JOB, zone, calendar, edge, next));
            edge = next;
        }
        let on_time = Schedule { jitter: Duration::ZERO, ..schedule.clone() };
        let mut expected: Vec<Due> = due_between(
            &on_time, JOB, zone, calendar, after - TimeDelta::days(1), until + TimeDelta::days(1),
        )
        .map(|due| Due { due_at: due.at + share(schedule.jitter, JOB, due.nominal), ..due })
        .filter(|due| due.due_at > after && due.due_at <= until)
        .collect();
        expected.sort_by_key(|due| due.due_at);
        prop_assert_eq!(pieces, expected);
    }
}

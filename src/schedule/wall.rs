//! From local wall time to instants: the one place that knows what happens when clocks change.
//!
//! A local time that is skipped stands for the first instant after the gap; one that happens twice stands for the first
//! of the two, unless the schedule follows elapsed time.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// What a local time is in its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WallTime {
    /// It happens once.
    Once(DateTime<Tz>),
    /// Clocks go back over it: it happens twice.
    Twice(DateTime<Tz>, DateTime<Tz>),
    /// Clocks go forward over it: the first instant after the gap.
    Skipped(DateTime<Tz>),
}

impl WallTime {
    /// Looks a local time up; `None` only beyond the range of instants.
    pub(super) fn of(local: NaiveDateTime, zone: Tz) -> Option<Self> {
        match zone.from_local_datetime(&local) {
            LocalResult::Single(at) => Some(Self::Once(at)),
            LocalResult::Ambiguous(first, second) => Some(Self::Twice(first, second)),
            LocalResult::None => {
                let (gap_starts, offset_before) = GapInfo::new(&local, &zone)?.begin?;
                let change = gap_starts.checked_sub_offset(offset_before.fix())?;
                Some(Self::Skipped(zone.from_utc_datetime(&change)))
            }
        }
    }

    /// The one instant at which something falls due that is asked for by its local time.
    pub(super) fn first(self) -> DateTime<Tz> {
        match self {
            Self::Once(at) | Self::Twice(at, _) | Self::Skipped(at) => at,
        }
    }
}

/// A change of a zone's clocks, with the local times that it skips or repeats: from `start`, before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClockChange {
    pub(super) start: NaiveDateTime,
    pub(super) end: NaiveDateTime,
    pub(super) skips: bool,
}

/// Every change of the zone's clocks after `from` and up to `to`.
pub(super) fn clock_changes(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<ClockChange> {
    /// No zone changes its clocks twice within this time.
    const STEP: TimeDelta = TimeDelta::hours(12);
    let mut changes = Vec::new();
    let mut before = from;
    while before < to {
        let after = before.checked_add_signed(STEP).map_or(to, |after| after.min(to));
        changes.extend(clock_change(zone, before, after));
        before = after;
    }
    changes
}

/// The change between two instants, found by halving.
fn clock_change(zone: Tz, mut before: DateTime<Utc>, mut after: DateTime<Utc>) -> Option<ClockChange> {
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let (old, new) = (offset(before), offset(after));
    if old == new {
        return None;
    }
    while after - before > TimeDelta::seconds(1) {
        let middle = before + (after - before) / 2;
        if offset(middle) == old {
            before = middle;
        } else {
            after = middle;
        }
    }
    // Instants have whole seconds here up to the fraction of `from`; clocks change on whole seconds.
    let change = DateTime::from_timestamp(after.timestamp(), 0)?.naive_utc();
    let (left, entered) = (change.checked_add_offset(old)?, change.checked_add_offset(new)?);
    Some(ClockChange {
        start: left.min(entered),
        end: left.max(entered),
        skips: left < entered,
    })
}

/// An instant as people read it, in the zone of this name: `2026-11-02 07:00 +01:00`. A zone that is not known is UTC.
#[must_use]
pub fn local(timezone: &str, at: DateTime<Utc>) -> String {
    let zone: Tz = timezone.parse().unwrap_or(Tz::UTC);
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M %:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn local(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn local_times_are_once_twice_or_skipped() {
        for (zone, text, kind, first) in [
            (
                Tz::Europe__Berlin,
                "2026-06-01T07:00:00",
                "once",
                "2026-06-01T07:00:00+02:00",
            ),
            (
                Tz::Europe__Berlin,
                "2026-03-29T02:00:00",
                "skipped",
                "2026-03-29T03:00:00+02:00",
            ),
            (
                Tz::Europe__Berlin,
                "2026-03-29T02:59:59",
                "skipped",
                "2026-03-29T03:00:00+02:00",
            ),
            (
                Tz::Europe__Berlin,
                "2026-03-29T03:00:00",
                "once",
                "2026-03-29T03:00:00+02:00",
            ),
            (
                Tz::Europe__Berlin,
                "2026-10-25T02:30:00",
                "twice",
                "2026-10-25T02:30:00+02:00",
            ),
            (
                Tz::Europe__Berlin,
                "2026-10-25T03:00:00",
                "once",
                "2026-10-25T03:00:00+01:00",
            ),
            (
                Tz::Pacific__Apia,
                "2011-12-30T12:00:00",
                "skipped",
                "2011-12-31T00:00:00+14:00",
            ),
            (
                Tz::UTC,
                "9999-12-31T23:59:59",
                "once",
                "9999-12-31T23:59:59+00:00",
            ),
        ] {
            let wall = WallTime::of(local(text), zone).unwrap();
            let found = match wall {
                WallTime::Once(_) => "once",
                WallTime::Twice(..) => "twice",
                WallTime::Skipped(_) => "skipped",
            };
            assert_eq!(
                (found, wall.first().to_rfc3339().as_str()),
                (kind, first),
                "{text} in {zone}"
            );
        }
    }

    #[test]
    fn madrid_has_days_of_23_and_25_hours() {
        for (date, hours) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)] {
            let date: NaiveDate = date.parse().unwrap();
            let midnight = |date: NaiveDate| {
                WallTime::of(date.and_time(chrono::NaiveTime::MIN), Tz::Europe__Madrid).unwrap()
            };
            let length = midnight(date.succ_opt().unwrap()).first() - midnight(date).first();
            assert_eq!(length, TimeDelta::hours(hours), "{date}");
        }
    }

    #[test]
    fn the_changes_of_a_year_are_found_to_the_second() {
        let from = local("2026-01-01T00:00:00").and_utc() + TimeDelta::nanoseconds(1);
        let changes = |zone| -> Vec<(String, String, bool)> {
            clock_changes(zone, from, from + TimeDelta::days(365))
                .iter()
                .map(|change| (change.start.to_string(), change.end.to_string(), change.skips))
                .collect()
        };
        let told = |start: &str, end: &str, skips| (start.to_owned(), end.to_owned(), skips);
        assert_eq!(
            changes(Tz::Australia__Lord_Howe),
            [
                told("2026-04-05 01:30:00", "2026-04-05 02:00:00", false),
                told("2026-10-04 02:00:00", "2026-10-04 02:30:00", true),
            ]
        );
        assert_eq!(
            changes(Tz::America__Nuuk),
            [
                told("2026-03-28 23:00:00", "2026-03-29 00:00:00", true),
                told("2026-10-24 23:00:00", "2026-10-25 00:00:00", false),
            ]
        );
        assert_eq!(changes(Tz::Asia__Tokyo), []);
    }
}

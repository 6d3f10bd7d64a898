//! Stretches of time small enough for an export, which gives at most so many rows and does not say that it left some out.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::fmt;

/// Rows of one export; as many mean that there may be more.
pub(super) const EXPORT_ROWS: usize = 10_000;
/// No slice of this length or less is divided further.
const SHORTEST: TimeDelta = TimeDelta::minutes(1);
/// The resolution of the platform's instants.
const TICK: TimeDelta = TimeDelta::milliseconds(1);

/// From one instant to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Slice {
    /// All of these UTC days, the last one included to its last millisecond.
    pub(super) fn days(first: NaiveDate, last: NaiveDate) -> Self {
        let next = last.succ_opt().unwrap_or(last);
        Self {
            from: midnight(first),
            to: midnight(next) - TICK,
        }
    }

    /// Whether it is of several days.
    pub(super) fn has_days(self) -> bool {
        self.from.date_naive() < self.to.date_naive()
    }

    /// Smaller slices that cover this one, in order: its days, or the halves of a day; none where it is too short for that.
    ///
    /// Halves share the instant between them, because the platform keeps finer instants than it tells: nothing may fall
    /// between them. What comes twice has the same id.
    pub(super) fn parts(self) -> Vec<Self> {
        if self.has_days() {
            let (first, last) = (self.from.date_naive(), self.to.date_naive());
            let days = first.iter_days().take_while(|day| *day <= last);
            return days.map(|day| Self::days(day, day)).collect();
        }
        let length = self.to - self.from;
        if length <= SHORTEST {
            return Vec::new();
        }
        let middle = self.from + TimeDelta::milliseconds(length.num_milliseconds() / 2);
        vec![Self { to: middle, ..self }, Self { from: middle, ..self }]
    }

    /// `from=…&to=…`, with the zone: a bare date would be its first instant, and lose all of the last day.
    pub(super) fn query(self) -> String {
        format!("from={}&to={}", stamp(self.from), stamp(self.to))
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", stamp(self.from), stamp(self.to))
    }
}

/// The first instant of a UTC day.
pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// `2026-10-01T00:00:00.000Z`.
pub(super) fn stamp(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_divided_into_days_and_a_day_into_halves_that_touch() {
        let month = Slice::days(day("2026-10-01"), day("2026-10-31"));
        assert_eq!(
            month.query(),
            "from=2026-10-01T00:00:00.000Z&to=2026-10-31T23:59:59.999Z"
        );
        let days = month.parts();
        assert_eq!(days.len(), 31);
        assert_eq!(days[30], Slice::days(day("2026-10-31"), day("2026-10-31")));
        let halves: Vec<String> = days[0].parts().into_iter().map(|half| half.to_string()).collect();
        assert_eq!(
            halves,
            [
                "2026-10-01T00:00:00.000Z to 2026-10-01T11:59:59.999Z",
                "2026-10-01T11:59:59.999Z to 2026-10-01T23:59:59.999Z",
            ]
        );
    }

    #[test]
    fn dividing_ends_at_a_minute() {
        let (mut slice, mut times) = (Slice::days(day("2026-10-01"), day("2026-10-01")), 0);
        while let Some(half) = slice.parts().pop() {
            (slice, times) = (half, times + 1);
        }
        assert_eq!(times, 11);
        assert!(slice.to - slice.from <= SHORTEST);
        assert_eq!(slice.to, midnight(day("2026-10-02")) - TICK);
    }
}

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
            to: last_instant_before(next),
        }
    }

    /// The last day of which it holds more than the first instant.
    fn last_day(self) -> NaiveDate {
        (self.to - TICK).date_naive()
    }

    /// Whether it is of several days.
    pub(super) fn has_days(self) -> bool {
        self.from.date_naive() < self.last_day()
    }

    /// The day of which it holds the first instant only, because the next slice begins with it.
    pub(super) fn next_day(self) -> Option<NaiveDate> {
        Some(self.to.date_naive()).filter(|day| *day > self.last_day())
    }

    /// Smaller slices that cover this one, in order: half of its days each, or the halves of a day; none where it is too short
    /// for that.
    ///
    /// Halves share the instant between them, because the platform keeps finer instants than it tells: nothing may fall
    /// between them. What comes twice has the same id or is of the [`Slice::next_day`].
    pub(super) fn parts(self) -> Vec<Self> {
        let length = self.to - self.from;
        let middle = if self.has_days() {
            let days = (self.last_day() - self.from.date_naive()).num_days() + 1;
            midnight(self.from.date_naive() + TimeDelta::days(days / 2))
        } else if length > SHORTEST {
            self.from + TimeDelta::milliseconds(length.num_milliseconds() / 2)
        } else {
            return Vec::new();
        };
        vec![Self { to: middle, ..self }, Self { from: middle, ..self }]
    }

    /// Each of its days; all but the last end where the next one begins.
    pub(super) fn each_day(self) -> Vec<Self> {
        let last = self.last_day();
        let days = self.from.date_naive().iter_days().take_while(|day| *day <= last);
        let slice = |day: NaiveDate| {
            let next = day.succ_opt().map_or(self.to, midnight);
            Self {
                from: midnight(day).max(self.from),
                to: next.min(self.to),
            }
        };
        days.map(slice).collect()
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

/// The last instant before a UTC day that can be asked for.
pub(super) fn last_instant_before(day: NaiveDate) -> DateTime<Utc> {
    midnight(day) - TICK
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

    fn shown(slices: &[Slice]) -> Vec<String> {
        slices.iter().map(Slice::to_string).collect()
    }

    #[test]
    fn a_month_is_divided_into_halves_down_to_those_of_a_day_and_they_touch() {
        let month = Slice::days(day("2026-10-01"), day("2026-10-31"));
        assert_eq!(
            month.query(),
            "from=2026-10-01T00:00:00.000Z&to=2026-10-31T23:59:59.999Z"
        );
        let halves = month.parts();
        assert_eq!(
            shown(&halves),
            [
                "2026-10-01T00:00:00.000Z to 2026-10-16T00:00:00.000Z",
                "2026-10-16T00:00:00.000Z to 2026-10-31T23:59:59.999Z",
            ]
        );
        assert_eq!(halves[0].next_day(), Some(day("2026-10-16")));
        assert_eq!(halves[1].next_day(), None);
        let days = month.each_day();
        assert_eq!(days.len(), 31);
        assert!(days.iter().all(|day| !day.has_days()));
        assert!(days.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert_eq!(days[30], Slice::days(day("2026-10-31"), day("2026-10-31")));
        assert_eq!(
            shown(&days[0].parts()),
            [
                "2026-10-01T00:00:00.000Z to 2026-10-01T12:00:00.000Z",
                "2026-10-01T12:00:00.000Z to 2026-10-02T00:00:00.000Z",
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

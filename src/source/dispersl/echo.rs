//! The window that an answer says it is about, against the one that was asked for.

use super::answers::Usage;
use crate::language::{Text, Value, say};
use crate::period::Period;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// What an answer says of its window.
#[derive(Debug, Clone)]
pub(super) struct Echo {
    first: Option<Edge>,
    last: Option<Edge>,
}

/// An end of a window.
#[derive(Debug, Clone, Copy)]
enum Edge {
    /// This instant.
    Instant(DateTime<Utc>),
    /// This day, all of it.
    Day(NaiveDate),
}

impl Edge {
    /// An instant with a zone, one without (which is UTC, as everything here), or a date.
    fn read(text: &str) -> Option<Self> {
        let zoned = || {
            DateTime::parse_from_rfc3339(text)
                .ok()
                .map(|instant| instant.to_utc())
        };
        let bare = || {
            text.parse::<NaiveDateTime>()
                .ok()
                .map(|instant| instant.and_utc())
        };
        let day = || text.parse().ok().map(Self::Day);
        zoned().or_else(bare).map(Self::Instant).or_else(day)
    }
}

impl Echo {
    /// What this answer says.
    pub(super) fn of(usage: &Usage) -> Self {
        let read = |text: &Option<String>| text.as_deref().and_then(Edge::read);
        Self {
            first: read(&usage.from_date),
            last: read(&usage.to_date),
        }
    }

    /// Whether the window is exactly the period: its end may be the last day, its last second or the midnight after.
    pub(super) fn is(&self, period: &Period) -> bool {
        let first = match self.first {
            Some(Edge::Day(day)) => day == period.start(),
            Some(Edge::Instant(instant)) => instant == midnight(period.start()),
            None => false,
        };
        let last = match self.last {
            Some(Edge::Day(day)) => day == period.last_day(),
            Some(Edge::Instant(instant)) => {
                last_second(period) <= instant && instant <= midnight(period.end())
            }
            None => false,
        };
        first && last
    }

    /// Whether the window holds the whole period.
    pub(super) fn covers(&self, period: &Period) -> bool {
        let first = match self.first {
            Some(Edge::Day(day)) => day <= period.start(),
            Some(Edge::Instant(instant)) => instant <= midnight(period.start()),
            None => false,
        };
        let last = match self.last {
            Some(Edge::Day(day)) => day >= period.last_day(),
            Some(Edge::Instant(instant)) => instant >= last_second(period),
            None => false,
        };
        first && last
    }

    /// Whether nothing is said of either end.
    pub(super) fn is_unsaid(&self) -> bool {
        self.first.is_none() && self.last.is_none()
    }

    /// The window in words, as far as it can be told.
    pub(super) fn text(&self) -> Text {
        let shown = |edge: Option<Edge>| match edge {
            Some(Edge::Instant(instant)) => Value::Instant(instant).into(),
            Some(Edge::Day(day)) => Value::Date(day).into(),
            None => say!("window-end-unsaid"),
        };
        if self.is_unsaid() {
            return say!("window-unsaid");
        }
        say!(
            "window-from-to",
            "first" = shown(self.first),
            "last" = shown(self.last)
        )
    }
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn last_second(period: &Period) -> DateTime<Utc> {
    midnight(period.end()) - TimeDelta::seconds(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::Calendar;

    fn echo(first: &str, last: &str) -> Echo {
        Echo::of(&Usage {
            from_date: Some(first.to_owned()),
            to_date: Some(last.to_owned()),
            ..Usage::default()
        })
    }

    #[test]
    fn the_same_window_may_be_written_in_several_ways() {
        let october = Period::parse("2026-10", Calendar::default()).unwrap();
        for (first, last) in [
            ("2026-10-01T00:00:00Z", "2026-10-31T23:59:59Z"),
            ("2026-10-01T00:00:00.000Z", "2026-10-31T23:59:59.999Z"),
            ("2026-10-01T02:00:00+02:00", "2026-11-01T00:00:00+00:00"),
            ("2026-10-01T00:00:00", "2026-10-31T23:59:59.999999"),
            ("2026-10-01", "2026-10-31"),
        ] {
            assert!(echo(first, last).is(&october), "{first} {last}");
            assert!(echo(first, last).covers(&october), "{first} {last}");
        }
        for (first, last, covers) in [
            ("2026-10-01T00:00:00Z", "2026-10-31T00:00:00Z", false),
            ("2026-10-01T00:00:00Z", "2026-11-01T00:00:01Z", true),
            ("2026-09-30T22:00:00Z", "2026-10-31T23:59:59Z", true),
            ("2026-10-01T00:00:01Z", "2026-10-31T23:59:59Z", false),
            ("2026-10-03", "2026-11-02", false),
            ("2026-01-01", "2026-12-31", true),
            ("2026-10-01", "", false),
            ("last month", "2026-10-31", false),
        ] {
            assert!(!echo(first, last).is(&october), "{first} {last}");
            assert_eq!(echo(first, last).covers(&october), covers, "{first} {last}");
        }
    }

    #[test]
    fn a_window_is_named_as_far_as_it_can_be_told() {
        let of = |first, last| String::from(echo(first, last).text());
        assert_eq!(
            of("2026-10-03T07:00:00+02:00", "2026-11-02"),
            "2026-10-03T05:00:00Z to 2026-11-02"
        );
        assert_eq!(
            of("2026-10-03", "?"),
            "2026-10-03 to an end that it does not name"
        );
        assert_eq!(of("", ""), "a window that it does not name");
    }
}

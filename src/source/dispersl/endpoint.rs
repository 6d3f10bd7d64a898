//! The calls of the analytics API and how they are written.

use crate::config::plan::{BilledIn, Exported};
use crate::period::Period;
use chrono::NaiveDate;

/// The platform's own words for a window. Which days it means by them is not documented: the current month, the one before, or
/// the last thirty days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Word {
    /// `day`
    Day,
    /// `week`
    Week,
    /// `month`, which the platform takes where no word is given.
    Month,
    /// `year`
    Year,
}

impl Word {
    /// The value of the parameter `period`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// The days of a call, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Days {
    /// First day.
    pub first: NaiveDate,
    /// Last day, included.
    pub last: NaiveDate,
}

impl From<&Period> for Days {
    fn from(period: &Period) -> Self {
        Self {
            first: period.start(),
            last: period.last_day(),
        }
    }
}

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    /// Tasks, tokens and calls of these days.
    Usage(Days),
    /// How tasks went. Takes no days.
    Performance(Word),
    /// Costs in this currency. Takes no days either.
    Costs(Word, &'static str),
    /// A file of the platform's own making. Only that of usage takes a word.
    Export(Exported, Word),
}

impl Call {
    pub(super) fn costs(word: Word, currency: BilledIn) -> Self {
        Self::Costs(word, currency.code())
    }

    /// The path under the base URL, for sentences.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Usage(_) => "/analytics/usage",
            Self::Performance(_) => "/analytics/performance",
            Self::Costs(..) => "/analytics/costs",
            Self::Export(Exported::Usage, _) => "/analytics/usage/export",
            Self::Export(Exported::Performance, _) => "/analytics/performance/export",
        }
    }

    /// Path and query under the base URL. The end of a day is its last second, as in the platform's own answers.
    pub(super) fn target(self) -> String {
        let path = self.path();
        match self {
            Self::Usage(Days { first, last }) => {
                format!("{path}?from_date={first}T00:00:00Z&to_date={last}T23:59:59Z")
            }
            Self::Performance(word) => format!("{path}?period={}", word.key()),
            Self::Costs(word, currency) => format!("{path}?period={}&currency={currency}", word.key()),
            Self::Export(Exported::Usage, word) => format!("{path}?format=csv&period={}", word.key()),
            Self::Export(Exported::Performance, _) => format!("{path}?format=json"),
        }
    }

    /// The name of its answer in a snapshot.
    pub(super) fn request(self) -> String {
        format!("GET {}", self.target())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_written_as_documented() {
        let days = Days {
            first: "2026-10-01".parse().unwrap(),
            last: "2026-10-31".parse().unwrap(),
        };
        for (call, request) in [
            (
                Call::Usage(days),
                "GET /analytics/usage?from_date=2026-10-01T00:00:00Z&to_date=2026-10-31T23:59:59Z",
            ),
            (
                Call::Performance(Word::Month),
                "GET /analytics/performance?period=month",
            ),
            (
                Call::costs(Word::Year, BilledIn::Eur),
                "GET /analytics/costs?period=year&currency=EUR",
            ),
            (
                Call::Export(Exported::Usage, Word::Month),
                "GET /analytics/usage/export?format=csv&period=month",
            ),
            (
                Call::Export(Exported::Performance, Word::Month),
                "GET /analytics/performance/export?format=json",
            ),
        ] {
            assert_eq!(call.request(), request);
        }
        let words = [Word::Day, Word::Week, Word::Month, Word::Year].map(Word::key);
        assert_eq!(words, ["day", "week", "month", "year"]);
    }
}

//! How far the rows of the files reach into a period, and which of its days have none: a sum of half a month must not
//! pass for that of the month.

use super::notice;
use crate::language::{Text, say};
use crate::source::days::spans;
use crate::source::{Need, Notice};
use chrono::NaiveDate;

/// Most runs of days that a notice names.
const MAX_SPANS: usize = 12;

/// The dates that all rows together span, needed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// The earliest one.
    pub(crate) first: NaiveDate,
    /// The latest one.
    pub(crate) last: NaiveDate,
}

/// A gap of no more days at the end of a period may be a weekend.
const WEEKEND_DAYS: i64 = 2;

impl Reach {
    /// The reach with one more run of days.
    pub(crate) fn over(reach: Option<Self>, first: NaiveDate, last: NaiveDate) -> Self {
        reach.map_or(Self { first, last }, |reach| Self {
            first: reach.first.min(first),
            last: reach.last.max(last),
        })
    }

    /// What a reader must know about one period, as far as its days were over `today`.
    pub(super) fn shortfalls(self, source: &str, need: &Need, today: NaiveDate) -> Vec<Notice> {
        let period = &need.period;
        let mut notices = Vec::new();
        // A period that is still running has no rows of the days to come.
        let due = period.end().min(today).pred_opt().unwrap_or(self.last);
        if self.last < due {
            let text = say!("rows-reach-only", "last" = self.last, "period" = period);
            // A weekend without usage is told, but it is no reason to doubt the figures.
            let doubtful = (due - self.last).num_days() > WEEKEND_DAYS;
            notices.push(notice(source, text, doubtful && need.depth.is_whole()));
        }
        if period.start() < self.first {
            let text = say!("rows-begin-only", "first" = self.first, "period" = period);
            notices.push(notice(source, text, false));
        }
        notices
    }

    /// The days of a period that lie within the reach.
    pub(super) fn days(self, need: &Need) -> impl Iterator<Item = NaiveDate> {
        need.period
            .dates()
            .filter(move |day| self.first <= *day && *day <= self.last)
    }
}

/// One notice for all days without rows, if there are any.
pub(super) fn without_rows(source: &str, days: Vec<NaiveDate>) -> Option<Notice> {
    let mut runs = spans(days);
    let more = runs.len().saturating_sub(MAX_SPANS);
    runs.truncate(MAX_SPANS);
    let days = Text::joined(&runs, ", ");
    let text = match more {
        0 => say!("no-rows-for", "days" = days),
        more => say!("no-rows-for-many", "days" = days, "count" = more),
    };
    (!runs.is_empty()).then(|| notice(source, text, false))
}

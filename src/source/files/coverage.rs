//! How far the rows of the files reach into a period, and which of its days have none: a sum of half a month must not
//! pass for that of the month.

use super::notice;
use crate::language::{Text, say};
use crate::source::days::spans;
use crate::source::{Need, Notice};
use chrono::NaiveDate;

/// Most runs of days that a notice names.
const MAX_SPANS: usize = 12;

/// What a row tells of how far the files reach, the best witness first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Witness {
    /// Usage of one day: everything of the days before it can be there.
    Daily,
    /// Usage of several days, as bills of whole months have it, which have no other.
    Spanning,
    /// What is due however far usage is told: fees, credits, taxes.
    Aside,
}

/// The dates that all rows together span, needed or not.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    first: Option<NaiveDate>,
    /// The latest date of each [`Witness`].
    last: [Option<NaiveDate>; 3],
}

impl Coverage {
    /// Takes note of a row that is about these days.
    pub(crate) fn meet(&mut self, witness: Witness, first: NaiveDate, last: NaiveDate) {
        self.first = Some(self.first.map_or(first, |known| known.min(first)));
        let latest = &mut self.last[witness as usize];
        *latest = (*latest).max(Some(last));
    }

    /// How far the files can be relied on: to where the best witness has last been met.
    pub(crate) fn reach(&self) -> Option<Reach> {
        self.to(self.last.into_iter().flatten().next())
    }

    /// From the first to the last day of any row.
    pub(crate) fn rows(&self) -> Option<Reach> {
        self.to(self.last.into_iter().flatten().max())
    }

    fn to(&self, last: Option<NaiveDate>) -> Option<Reach> {
        let (first, last) = self.first.zip(last)?;
        Some(Reach { first, last })
    }
}

/// From one date to another.
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

    /// The days of a period that lie within the reach and were over `today`.
    pub(super) fn days(self, need: &Need, today: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        need.period
            .dates()
            .filter(move |day| self.first <= *day && *day <= self.last && *day < today)
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

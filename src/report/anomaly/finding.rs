//! What stands out of a series, and the days that it is told of.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

/// Fewer same weekdays than this, and a day is compared with all days.
pub(super) const LEAST_WEEKDAYS: usize = 4;

/// Each day with its amount; `None` is a day without data.
pub(super) type Dated = [(NaiveDate, Option<Decimal>)];

/// A day beside what is usual for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    pub(super) date: NaiveDate,
    pub(super) actual: Decimal,
    /// What is usual: a median.
    pub(super) expected: Decimal,
    /// Actual − expected, exactly.
    pub(super) excess: Decimal,
    /// The modified z-score; `None` where all days before it are the same.
    pub(super) score: Option<Decimal>,
    /// Whether usual is what the same weekdays have (else all days).
    pub(super) same_weekday: bool,
    /// What the few same weekdays have where they are too few to be what is usual: who is like them does not stand out.
    pub(super) alike: Option<Decimal>,
    /// The days that `expected` is the median of.
    pub(super) basis: Vec<NaiveDate>,
}

impl Judged {
    /// Whether it lies above what is usual.
    pub(super) fn is_more(&self) -> bool {
        self.excess.is_sign_positive()
    }
}

/// What stands out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Finding {
    /// One day.
    Day(Judged),
    /// Days in a row that are a new level.
    Level {
        /// The days that showed it, oldest first.
        days: Vec<Judged>,
        /// Its last day, where the days after it were as before.
        until: Option<NaiveDate>,
        /// The usual days of the eight weeks before it, oldest first.
        before: Vec<NaiveDate>,
    },
}

/// A day that a finding is told of, and the days before it that say what is usual on it; `None`: too few of them are known.
pub(super) type Told = (NaiveDate, Option<Vec<NaiveDate>>);

impl Finding {
    /// The days that showed it, oldest first; at least one.
    pub(super) fn days(&self) -> &[Judged] {
        match self {
            Self::Day(day) => std::slice::from_ref(day),
            Self::Level { days, .. } => days,
        }
    }

    /// Its first day.
    pub(super) fn first(&self) -> Option<NaiveDate> {
        self.days().first().map(|day| day.date)
    }

    /// The day that showed it.
    pub(super) fn shown(&self) -> Option<NaiveDate> {
        self.days().last().map(|day| day.date)
    }

    /// The last day that it is about; `None`: it is a level that goes on.
    pub(super) fn last(&self) -> Option<NaiveDate> {
        match self {
            Self::Day(day) => Some(day.date),
            Self::Level { until, .. } => *until,
        }
    }

    /// Whether it lies above what is usual.
    pub(super) fn is_more(&self) -> bool {
        self.days().first().is_some_and(Judged::is_more)
    }

    /// The days of `days` that it is told of: of a level all known ones, each beside the same weekdays before the level.
    pub(super) fn told(&self, days: &Dated) -> Vec<Told> {
        match self {
            Self::Day(day) => vec![(day.date, Some(day.basis.clone()))],
            Self::Level { before, .. } => {
                let (first, last) = (self.first(), self.last());
                let is_within = |date| Some(date) >= first && last.is_none_or(|last| date <= last);
                let known = days
                    .iter()
                    .filter(|(date, amount)| amount.is_some() && is_within(*date));
                known
                    .map(|(date, _)| (*date, same_weekdays(before, *date)))
                    .collect()
            }
        }
    }
}

/// Those of `dates` that are the same day of the week as `date`; `None` for too few of them.
fn same_weekdays(dates: &[NaiveDate], date: NaiveDate) -> Option<Vec<NaiveDate>> {
    let alike = dates.iter().filter(|other| other.weekday() == date.weekday());
    let alike: Vec<NaiveDate> = alike.copied().collect();
    (alike.len() >= LEAST_WEEKDAYS).then_some(alike)
}

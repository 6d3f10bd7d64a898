//! How far the data of a source can be relied on: which days are over in them, and which ones nothing will change any more.
//!
//! Of several sources that are added up it is the one that lags most, each by the dates of its own zone.

use super::beside::View;
use crate::period::Period;
use crate::source::Dataset;
use crate::source::dataset::Reach;
use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;

/// How far the data of a period can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cutoff {
    /// The last day of which there may be data.
    pub(super) through: NaiveDate,
    /// The first day that is not over in the data, the one after the period if all are.
    pub(super) incomplete_from: NaiveDate,
    /// The first day that the source may still change.
    pub(super) unsettled_from: NaiveDate,
    /// The day up to which the data reach or were fetched.
    pub(super) today: NaiveDate,
}

impl Cutoff {
    /// Of the source of `view` in its period; `timezone` is that of the days of a source that does not say.
    pub(super) fn of(view: &View<'_>, timezone: Tz) -> Self {
        let period = &view.current.period;
        let sources = match view.parts {
            [] => std::slice::from_ref(view.dataset),
            parts => parts,
        };
        let all = sources
            .iter()
            .map(|dataset| Self::of_one(dataset, period, timezone));
        let earlier = |a: Self, b: Self| Self {
            through: a.through.min(b.through),
            incomplete_from: a.incomplete_from.min(b.incomplete_from),
            unsettled_from: a.unsettled_from.min(b.unsettled_from),
            today: a.today.min(b.today),
        };
        all.reduce(earlier)
            .unwrap_or_else(|| Self::of_one(view.dataset, period, timezone))
    }

    fn of_one(dataset: &Dataset, period: &Period, timezone: Tz) -> Self {
        let (first, last, end) = (period.start(), period.last_day(), period.end());
        let zone = dataset.zone.as_deref().and_then(|zone| zone.parse().ok());
        let zone = zone.unwrap_or(timezone);
        let until = dataset.provisional_through;
        let fetched = dataset.fetched_at.with_timezone(&zone).date_naive();
        let local = until.map(|instant| instant.with_timezone(&zone));
        let day = local.map(|local| local.date_naive());
        // Of a day that is complete to its midnight nothing is known of the day after.
        let last_with_data = local.map(|local| match local.time() {
            NaiveTime::MIN => local.date_naive().pred_opt().unwrap_or_default(),
            _ => local.date_naive(),
        });
        let incomplete_from = day.unwrap_or(end).clamp(first, end);
        let (through, unsettled_from, today) = match dataset.reach {
            Reach::Always => {
                let today = day.map_or(fetched, |day| day.min(fetched));
                (last_with_data.unwrap_or(last), incomplete_from, today)
            }
            Reach::To { last, settling_days } => {
                // A file may have been written long before it was fetched: its last days are as young as they were then.
                let written = last
                    .and_then(|last| last.succ_opt())
                    .unwrap_or(first)
                    .min(fetched);
                let settled = written.checked_sub_days(Days::new(settling_days));
                (
                    last.unwrap_or(first),
                    incomplete_from.min(settled.unwrap_or(first)),
                    written,
                )
            }
        };
        Self {
            through: through.clamp(first, last),
            incomplete_from,
            unsettled_from: unsettled_from.clamp(first, end),
            today,
        }
    }
}

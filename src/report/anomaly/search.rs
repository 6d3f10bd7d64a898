//! The search through the days of a source: its total, its members, and what is known of them beforehand.

use super::explain::{Case, cost};
use super::finding::{Dated, Finding, Judged};
use super::judge::{self, Walk};
use crate::config::plan::{Anomalies, Event};
use crate::report::cutoff::Cutoff;
use crate::source::organization::Split;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

/// Days after the end of a day for which its data may still be missing.
const SETTLING_DAYS: u64 = 2;

/// What of a source is known for good.
pub(super) struct Known(pub(super) Cutoff);

impl Known {
    /// The days, without the amounts of those that are not over.
    pub(super) fn complete(&self, days: &Dated) -> Vec<(NaiveDate, Option<Decimal>)> {
        let is_complete = |date: NaiveDate| date < self.0.incomplete_from;
        days.iter()
            .map(|(date, amount)| (*date, amount.filter(|_| is_complete(*date))))
            .collect()
    }

    /// Whether data of a day may still come that make it dearer.
    fn is_unsettled(&self, date: NaiveDate) -> bool {
        date.checked_add_days(Days::new(1 + SETTLING_DAYS))
            .is_none_or(|settled| settled > self.0.today)
    }

    /// Whether a day is less than usual while data may still be missing.
    pub(super) fn is_doubtful(&self, day: &Judged) -> bool {
        !day.is_more() && self.is_unsettled(day.date)
    }
}

/// What all walks of a source share.
pub(super) struct Search<'a> {
    pub(super) limits: &'a Anomalies,
    pub(super) known: &'a Known,
    /// The first day of the period.
    pub(super) first: NaiveDate,
    /// The last day of which the total cost is known.
    pub(super) last: Option<NaiveDate>,
}

impl<'a> Search<'a> {
    /// Walks along days that are over.
    pub(super) fn walk(&self, days: &Dated) -> Walk {
        judge::walk(days, self.first, self.limits, &|day| self.known.is_doubtful(day))
    }

    /// What members have of their own. Those that are summed up as one are none.
    pub(super) fn members(&self, splits: &[Split]) -> Vec<Case> {
        let whole = splits.iter().filter(|split| split.within.is_none());
        let parts = whole.flat_map(|split| split.members.iter().map(move |part| (split, part)));
        let single = parts.filter(|(_, part)| part.others.is_none());
        single
            .flat_map(|(split, part)| {
                let days = self.known.complete(cost(part));
                let findings = self.walk(&days).findings;
                findings.into_iter().map(move |finding| Case {
                    about: Some((split.dimension.clone(), part.name.clone())),
                    ..Case::of(finding, &days)
                })
            })
            .collect()
    }

    /// The first known event of a finding: of a day one that has it, of a level one that has all days of it that are known. One
    /// that is over is no reason for a level that goes on.
    pub(super) fn event(&self, finding: &Finding) -> Option<&'a Event> {
        let (first, last) = (finding.first()?, finding.last().or(self.last)?);
        let mut events = self.limits.events.iter();
        events.find(|event| event.from <= first && last <= event.to)
    }
}

//! Anomalies: days that cost much more or much less than is usual, new levels, and who made them so.
//!
//! Looked for in the total and in each member of the dimensions that the source tells by day. Opt-in; without it the full report points
//! at the one day that stands out most among those of the period and the one before (`outlier.rs`).
//!
//! Source: finance definitions, anomalies.

mod explain;
mod finding;
mod judge;
#[cfg(test)]
pub(crate) mod sample;
mod search;
mod words;

use super::beside::View;
use super::cutoff::Cutoff;
use super::maker::Maker;
use super::{Alert, Comparison, Figure, Notice, Outlier, Section, Sentence};
use crate::config::plan::{Anomalies, OnEvent};
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::money::{self, Currency};
use crate::source::organization::Split;
use chrono::NaiveDate;
use chrono_tz::Tz;
use explain::Case;
use finding::Finding;
use rust_decimal::Decimal;
use search::{Known, Search};
use serde::Serialize;
use std::collections::BTreeSet;

/// The key of the section.
pub(super) const SECTION: &str = "anomalies";
/// The word of the CSV column `comparison`: what is usual.
pub(crate) const EXPECTED: &str = "expected";
/// Anomalies of one source that are listed, those that differ most.
const MOST_LISTED: usize = 40;

/// A day that costs much more or much less than is usual, or the first days of a new level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Anomaly {
    /// The configured name of its source; `None` for all sources together.
    pub source: Option<String>,
    /// A day, or a new level.
    pub kind: AnomalyKind,
    /// The day; the first day of a level, which may lie before the period.
    pub from: NaiveDate,
    /// The day; the last day of a level, `None` where it goes on.
    pub to: Option<NaiveDate>,
    /// The last day that the amounts add up.
    pub through: NaiveDate,
    /// How many days the amounts add up: the day, or all known days of a level.
    pub days: usize,
    /// The dimension of the member that it is about; `None`: it is about the total cost.
    pub dimension: Option<String>,
    /// The member that it is about.
    pub member: Option<String>,
    /// Currency of the amounts.
    pub currency: Option<Currency>,
    /// What the days cost.
    pub actual: Decimal,
    /// What is usual: the median of the same weekdays before, or of all days before; of a level the sum of the medians of the same
    /// weekdays before it, `None` where too few of them are known.
    pub expected: Option<Decimal>,
    /// Actual − expected.
    pub excess: Option<Decimal>,
    /// Whether it is more than usual.
    pub is_more: bool,
    /// The modified z-score, of a level that of its weakest day; `None` where all days before are the same.
    pub score: Option<Decimal>,
    /// Whether usual is what the same weekdays have, as always of a level (else all days).
    pub same_weekday: bool,
    /// Whether it is less than usual while data may still be missing.
    pub doubtful: bool,
    /// The known event of these days.
    pub event: Option<String>,
    /// Of the total: who contributed, at most three members of each dimension, the dimension first that says most about why.
    pub contributions: Vec<Contribution>,
}

impl Anomaly {
    /// The excess in per cent of what is usual, twelve decimals; `None` where that is not above zero.
    #[must_use]
    pub fn percent(&self) -> Option<Decimal> {
        let expected = self.expected.filter(|expected| *expected > Decimal::ZERO)?;
        money::percent(self.excess?, expected)
    }

    /// How much it is about: what it differs by, or all of it where that is not known.
    #[must_use]
    pub fn size(&self) -> Decimal {
        self.excess.unwrap_or(self.actual).abs()
    }

    /// The days that it is about.
    fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(|date| *date <= self.through)
    }
}

/// What an [`Anomaly`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyKind {
    /// One day.
    Day,
    /// Three days in a row the same way, from which on days cost something else.
    Level,
}

/// A member that went the way of the total.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// `model`, `project` …
    pub dimension: String,
    /// The member.
    pub member: String,
    /// By how much it differs from what is usual for it.
    pub excess: Decimal,
    /// Its share in the excess of the total in per cent, twelve decimals; more than 100 where others went the other way.
    pub share: Decimal,
}

/// What stands out of one source in the period of a report.
pub(super) struct Unusual {
    /// By date, the total before members.
    pub(super) anomalies: Vec<Anomaly>,
    notices: Vec<Notice>,
    /// The days of the period that stand out of the total.
    marked: Vec<NaiveDate>,
}

impl Unusual {
    /// Looks for what stands out of the source of `view`; `timezone` is that of its days where the source does not say.
    pub(super) fn find(view: &View<'_>, limits: &Anomalies, timezone: Tz) -> Self {
        let mut found = Self {
            anomalies: Vec::new(),
            notices: Vec::new(),
            marked: Vec::new(),
        };
        let Some(window) = view.days else {
            found.notice(view, Some(say!("unusual-no-look-back")));
            return found;
        };
        let Some(total) = window.by_day(Metric::TotalCost) else {
            found.notice(view, Some(say!("unusual-no-days")));
            return found;
        };
        let known = Known(Cutoff::of(view, timezone));
        let total = known.complete(total);
        let first = view.current.period.start();
        let of_known = total.iter().filter(|(_, amount)| amount.is_some());
        let dates: Vec<NaiveDate> = of_known.map(|(date, _)| *date).collect();
        let search = Search {
            limits,
            known: &known,
            first,
            last: dates.last().copied(),
        };
        let walk = search.walk(&total);
        let findings = walk.findings.into_iter();
        let cases: Vec<Case> = findings.map(|finding| Case::of(finding, &total)).collect();
        let own = explain::unexplained(search.members(&window.daily_by), &cases);
        let left_out = found.look(view, &search, cases.into_iter().chain(own), &window.daily_by);
        let in_period = dates.iter().filter(|date| **date >= first).count();
        let judged = in_period.saturating_sub(walk.without_history + walk.too_large.len());
        found.notice(view, words::unjudged(walk.without_history, judge::LEAST_HISTORY));
        let too_large = left_out.too_large.into_iter().chain(walk.too_large);
        found.notice(view, words::too_large(&too_large.collect()));
        if found.anomalies.is_empty() && left_out.events.is_empty() && judged > 0 {
            found.notice(view, Some(words::nothing(judged)));
        }
        found
    }

    /// Lists what stands out of the total and of members. Returns what of it is not listed, and why.
    fn look(
        &mut self,
        view: &View<'_>,
        search: &Search<'_>,
        cases: impl Iterator<Item = Case>,
        splits: &[Split],
    ) -> LeftOut {
        let mut left_out = LeftOut::default();
        for case in cases {
            let told = case.told.iter().map(|(date, _)| *date);
            let event = search.event(&case.finding);
            if let Some(event) = event.filter(|event| event.action == OnEvent::Suppress) {
                left_out.events.push(event.label.clone());
                left_out.suppressed.extend(told);
                continue;
            }
            let Some(anomaly) = anomaly(&view.maker, &case, search.known) else {
                left_out.too_large.extend(told);
                continue;
            };
            let is_total = case.about.is_none();
            self.anomalies.push(Anomaly {
                event: event.map(|event| event.label.clone()),
                contributions: if is_total {
                    explain::contributions(&case, splits)
                } else {
                    Vec::new()
                },
                ..anomaly
            });
            if is_total {
                let days = case.finding.days().iter().map(|day| day.date);
                self.marked.extend(days.filter(|date| *date >= search.first));
            }
        }
        self.notice(view, words::suppressed(&left_out.suppressed, &left_out.events));
        self.anomalies.sort_by_key(|it| std::cmp::Reverse(it.size()));
        let hidden = self.anomalies.split_off(self.anomalies.len().min(MOST_LISTED));
        let hidden: BTreeSet<NaiveDate> = hidden.iter().flat_map(Anomaly::dates).collect();
        self.notice(view, words::cut_off(&hidden));
        self.anomalies.sort_by(|a, b| {
            let place = |it: &Anomaly| (it.from, it.member.is_some());
            place(a).cmp(&place(b))
        });
        left_out
    }

    fn notice(&mut self, view: &View<'_>, text: Option<Text>) {
        self.notices.extend(text.map(|text| Notice {
            source: Some(view.dataset.source.clone()).filter(|source| !source.is_empty()),
            text,
            missing: false,
        }));
    }

    /// What the answer says: the day and the level that differ most, of the total if it has any.
    pub(super) fn sentences(&self) -> Vec<Sentence> {
        let about_total = self.anomalies.iter().any(|it| it.member.is_none());
        let largest = |kind: AnomalyKind| {
            self.anomalies
                .iter()
                .filter(|it| it.kind == kind && it.member.is_none() == about_total)
                .max_by_key(|it| it.size())
        };
        let told = [largest(AnomalyKind::Day), largest(AnomalyKind::Level)];
        told.into_iter().flatten().map(words::sentence).collect()
    }

    /// The day that charts point at: the one of the total that differs most.
    pub(super) fn outlier(&self) -> Option<Outlier> {
        let days = self
            .anomalies
            .iter()
            .filter(|it| it.kind == AnomalyKind::Day && it.member.is_none());
        let most = days.max_by_key(|it| it.size())?;
        Some(Outlier {
            date: most.from,
            value: most.actual,
            // Of a day that usually costs nothing there is no multiple.
            times_usual: most
                .expected
                .filter(|expected| *expected > Decimal::ZERO)
                .and_then(|expected| money::quotient(most.actual, expected))
                .map(|times| money::rounded(times, 1))?,
            same_weekday: most.same_weekday,
        })
    }

    /// The days of the period that charts mark.
    pub(super) fn marked(&self) -> &[NaiveDate] {
        &self.marked
    }

    /// What a reader must know.
    pub(super) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// What the owner is told, once each.
    pub(super) fn alerts(&self) -> impl Iterator<Item = Alert> {
        self.anomalies.iter().map(words::alert)
    }

    /// The section with the figures of all anomalies; `None` where there is none.
    pub(super) fn section(&self, maker: &Maker<'_>) -> Option<Section> {
        let figures: Vec<Figure> = self.anomalies.iter().flat_map(|it| figures(maker, it)).collect();
        (!figures.is_empty()).then(|| maker.section(SECTION, say!("section-anomalies"), figures))
    }
}

/// What stands out and is not listed.
#[derive(Debug, Default)]
struct LeftOut {
    /// The labels of the known events that keep something out.
    events: Vec<String>,
    /// The days that these keep out.
    suppressed: BTreeSet<NaiveDate>,
    /// The days of which no decimal holds the amounts.
    too_large: BTreeSet<NaiveDate>,
}

/// What stands out as the report tells it, without its reasons. `None` where no decimal holds it.
fn anomaly(maker: &Maker<'_>, case: &Case, known: &Known) -> Option<Anomaly> {
    let amounts = case.amounts?;
    let (first, through) = (case.finding.first()?, case.told.last()?.0);
    let days = case.finding.days();
    let scores: Option<Vec<Decimal>> = days.iter().map(|day| day.score).collect();
    let weakest = scores.and_then(|scores| scores.into_iter().min_by_key(Decimal::abs));
    let (kind, same_weekday, doubtful) = match &case.finding {
        Finding::Day(day) => (AnomalyKind::Day, day.same_weekday, known.is_doubtful(day)),
        Finding::Level { .. } => (AnomalyKind::Level, true, false),
    };
    let template = maker.figure(Metric::AnomalyCost, Some(amounts.actual));
    let (dimension, member) = case.about.clone().unzip();
    Some(Anomaly {
        source: template.source,
        kind,
        from: first,
        to: case.finding.last(),
        through,
        days: case.told.len(),
        dimension,
        member,
        currency: template.currency,
        actual: amounts.actual,
        expected: amounts.expected,
        excess: amounts.excess,
        is_more: amounts
            .excess
            .map_or_else(|| case.finding.is_more(), |excess| excess.is_sign_positive()),
        score: weakest,
        same_weekday,
        doubtful,
        event: None,
        contributions: Vec::new(),
    })
}

/// The figures of an anomaly: what was there beside what is usual, the score where there is one, who contributed.
fn figures(maker: &Maker<'_>, anomaly: &Anomaly) -> Vec<Figure> {
    let metric = match anomaly.kind {
        AnomalyKind::Day => Metric::AnomalyCost,
        AnomalyKind::Level => Metric::LevelCost,
    };
    let date = anomaly.from.to_string();
    // The row is about a day and a member: the one is its member, the other its label.
    let about = |metric, value| match (&anomaly.dimension, &anomaly.member) {
        (Some(dimension), Some(member)) => Figure {
            label: words::label(date.as_str().into(), anomaly),
            ..maker.member(metric, value, dimension, member)
        },
        _ => Figure {
            label: words::label(Metric::TotalCost.text(), anomaly),
            ..maker.member(metric, value, "day", &date)
        },
    };
    let mut figures = vec![Figure {
        comparisons: vec![Comparison::of(EXPECTED, Some(anomaly.actual), anomaly.expected)],
        ..about(metric, Some(anomaly.actual))
    }];
    figures.extend(anomaly.score.map(|score| {
        let score = score.round_dp(money::QUOTIENT_DECIMALS);
        about(Metric::AnomalyScore, Some(score))
    }));
    let mut rank = 0;
    let mut dimension = "";
    for contribution in &anomaly.contributions {
        rank = if contribution.dimension == dimension {
            rank + 1
        } else {
            1
        };
        dimension = &contribution.dimension;
        figures.push(Figure {
            label: date.clone().into(),
            rank: Some(rank),
            ..maker.member(
                Metric::AnomalyContribution,
                Some(contribution.excess),
                &contribution.dimension,
                &contribution.member,
            )
        });
    }
    figures
}

#[cfg(test)]
mod tests;

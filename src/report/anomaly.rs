//! Anomalies: days that cost much more or much less than is usual, new levels, and who made them so.
//!
//! Looked for in the total and in each member of the dimensions that the source tells by day. Opt-in; without it the full report points
//! at the one day that stands out most among those of the period and the one before (`outlier.rs`).
//!
//! Source: finance definitions, anomalies.

mod explain;
mod judge;
#[cfg(test)]
pub(crate) mod sample;
mod words;

use super::beside::View;
use super::cutoff::Cutoff;
use super::maker::Maker;
use super::{Alert, Comparison, Figure, Notice, Outlier, Section, Sentence};
use crate::config::plan::{Anomalies, Event, OnEvent};
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::money::{self, Currency};
use crate::source::organization::Split;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use explain::{Amounts, Own};
use judge::{Finding, Judged, Walk};
use rust_decimal::Decimal;
use serde::Serialize;

/// The key of the section.
pub(super) const SECTION: &str = "anomalies";
/// The word of the CSV column `comparison`: what is usual.
pub(crate) const EXPECTED: &str = "expected";
/// Anomalies of one source that are listed, those that differ most.
const MOST_LISTED: usize = 40;
/// Days after the end of a day for which its data may still be missing.
const SETTLING_DAYS: u64 = 2;

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
    /// The dimension of the member that it is about; `None`: it is about the total cost.
    pub dimension: Option<String>,
    /// The member that it is about.
    pub member: Option<String>,
    /// Currency of the amounts.
    pub currency: Option<Currency>,
    /// What the day cost; of a level the median of the days that showed it.
    pub actual: Decimal,
    /// What is usual: the median of the same weekdays before, or of all days before; of a level the median of these.
    pub expected: Decimal,
    /// Actual − expected.
    pub excess: Decimal,
    /// The modified z-score, of a level that of its weakest day; `None` where all days before are the same.
    pub score: Option<Decimal>,
    /// Whether usual is what the same weekdays have (else all days).
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
        let expected = Some(self.expected).filter(|expected| *expected > Decimal::ZERO)?;
        money::percent(self.excess, expected)
    }
}

/// What an [`Anomaly`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyKind {
    /// One day.
    Day,
    /// Three days in a row the same way, from which on the cost of a day is another.
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
        let told = view
            .days
            .and_then(|window| Some((window, window.by_day(Metric::TotalCost)?)));
        let Some((window, total)) = told else {
            found.notice(view, Some(say!("unusual-no-days")));
            return found;
        };
        let known = Known(Cutoff::of(view, timezone));
        let first = view.current.period.start();
        let search = Search {
            limits,
            known: &known,
            first,
        };
        let walk = search.walk(total);
        let suppressed = found.look(view, &search, &walk, &window.daily_by);
        let judged = total
            .iter()
            .filter(|(date, amount)| *date >= first && amount.is_some() && known.is_complete(*date));
        let judged = judged.count().saturating_sub(walk.without_history);
        let told = walk.without_history;
        found.notice(view, words::unjudged(told, judge::LEAST_HISTORY));
        if found.anomalies.is_empty() && !suppressed && judged > 0 {
            found.notice(view, Some(words::nothing(judged)));
        }
        found
    }

    /// Lists what `walk` has found of the total, and what members have of their own. Returns whether known events keep some of it out.
    fn look(&mut self, view: &View<'_>, search: &Search<'_>, walk: &Walk, splits: &[Split]) -> bool {
        let own = explain::unexplained(search.members(splits), &walk.findings);
        let maker = &view.maker;
        let of_total = walk.findings.iter().map(|finding| {
            let contributions = explain::contributions(finding, splits);
            (None, finding, contributions)
        });
        let of_members = own.iter().map(|it| (Some(it), &it.finding, Vec::new()));
        let mut suppressed: Vec<&str> = Vec::new();
        for (own, finding, contributions) in of_total.chain(of_members) {
            let event = search.event(finding);
            if let Some(event) = event.filter(|event| event.action == OnEvent::Suppress) {
                suppressed.push(&event.label);
                continue;
            }
            let Some(anomaly) = anomaly(maker, own, finding, search.known) else {
                continue;
            };
            self.anomalies.push(Anomaly {
                event: event.map(|event| event.label.clone()),
                contributions,
                ..anomaly
            });
            if own.is_none() {
                let days = finding.days().iter().map(|day| day.date);
                self.marked.extend(days.filter(|date| *date >= search.first));
            }
        }
        self.notice(view, words::suppressed(&suppressed));
        self.anomalies
            .sort_by_key(|it| std::cmp::Reverse(it.excess.abs()));
        let hidden = self.anomalies.len().saturating_sub(MOST_LISTED);
        self.anomalies.truncate(MOST_LISTED);
        self.notice(view, words::cut_off(hidden));
        self.anomalies.sort_by(|a, b| {
            let place = |it: &Anomaly| (it.from, it.member.is_some());
            place(a).cmp(&place(b))
        });
        !suppressed.is_empty()
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
                .max_by_key(|it| it.excess.abs())
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
        let most = days.max_by_key(|it| it.excess.abs())?;
        Some(Outlier {
            date: most.from,
            value: most.actual,
            // Of a day that usually costs nothing there is no multiple.
            times_usual: Some(most.expected)
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

/// What of a source is known for good.
struct Known(Cutoff);

impl Known {
    fn is_complete(&self, date: NaiveDate) -> bool {
        date < self.0.incomplete_from
    }

    /// Whether data of a day may still come that make it dearer.
    fn is_unsettled(&self, date: NaiveDate) -> bool {
        date.checked_add_days(Days::new(1 + SETTLING_DAYS))
            .is_none_or(|settled| settled > self.0.today)
    }

    fn is_doubtful(&self, day: &Judged) -> bool {
        !day.is_more() && self.is_unsettled(day.date)
    }
}

/// What all walks of a source share.
struct Search<'a> {
    limits: &'a Anomalies,
    known: &'a Known,
    /// The first day of the period.
    first: NaiveDate,
}

impl<'a> Search<'a> {
    fn walk(&self, days: &judge::Dated) -> Walk {
        let complete: Vec<(NaiveDate, Option<Decimal>)> = days
            .iter()
            .map(|(date, amount)| (*date, amount.filter(|_| self.known.is_complete(*date))))
            .collect();
        judge::walk(&complete, self.first, self.limits, &|day| {
            self.known.is_doubtful(day)
        })
    }

    /// What members have of their own. Those that are summed up as one are none.
    fn members(&self, splits: &[Split]) -> Vec<Own> {
        let whole = splits.iter().filter(|split| split.within.is_none());
        let parts = whole.flat_map(|split| split.members.iter().map(move |part| (split, part)));
        let single = parts.filter(|(_, part)| part.others.is_none());
        single
            .flat_map(|(split, part)| {
                let findings = self.walk(explain::cost(part)).findings;
                findings.into_iter().map(move |finding| Own {
                    dimension: split.dimension.clone(),
                    member: part.name.clone(),
                    finding,
                })
            })
            .collect()
    }

    /// The first known event that has a day of the finding.
    fn event(&self, finding: &Finding) -> Option<&'a Event> {
        let mut events = self.limits.events.iter();
        events.find(|event| {
            let mut days = finding.days().iter();
            days.any(|day| event.from <= day.date && day.date <= event.to)
        })
    }
}

/// A finding as the report tells it, without its reasons. `None` where no decimal holds it.
fn anomaly(maker: &Maker<'_>, own: Option<&Own>, finding: &Finding, known: &Known) -> Option<Anomaly> {
    let amounts = Amounts::of(finding)?;
    let (first, last) = (finding.days().first()?, finding.days().last()?);
    let scores: Option<Vec<Decimal>> = finding.days().iter().map(|day| day.score).collect();
    let weakest = scores.and_then(|scores| scores.into_iter().min_by_key(Decimal::abs));
    let (kind, to, doubtful) = match finding {
        Finding::Day(day) => (AnomalyKind::Day, Some(last.date), known.is_doubtful(day)),
        Finding::Level { until, .. } => (AnomalyKind::Level, *until, false),
    };
    let template = maker.figure(Metric::AnomalyCost, Some(amounts.actual));
    Some(Anomaly {
        source: template.source,
        kind,
        from: first.date,
        to,
        dimension: own.map(|it| it.dimension.clone()),
        member: own.map(|it| it.member.clone()),
        currency: template.currency,
        actual: amounts.actual,
        expected: amounts.expected,
        excess: amounts.excess,
        score: weakest,
        same_weekday: finding.days().iter().all(|day| day.same_weekday),
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
        comparisons: vec![Comparison::of(
            EXPECTED,
            Some(anomaly.actual),
            Some(anomaly.expected),
        )],
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

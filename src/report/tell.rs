//! What a report tells of one source at a glance: the answer, who moved most, and what is drawn.

use super::anomaly::Unusual;
use super::answer::{self, Facts};
use super::beside::View;
use super::effects::Effects;
use super::organization::Organized;
use super::{Chart, Figure, Report, charts, movers, outlier, reference};
use crate::config::plan::ReportKind;
use crate::metric::Metric;
use crate::period::Period;
use crate::source::Window;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Each day with its cost.
type Days = Vec<(NaiveDate, Option<Decimal>)>;

/// What the first page of a report says of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glance {
    /// It is the only one that the first page is about.
    Alone,
    /// Its name stands before what is said of it.
    AmongOthers,
    /// Nothing: the first page is about all sources together.
    Not,
}

/// What is told of one source.
pub(super) struct Told<'a> {
    view: &'a View<'a>,
    glance: Glance,
    /// Why the cost changed.
    pub(super) effects: Option<&'a Effects>,
    /// The periods of a trend, oldest first.
    pub(super) periods: &'a [Period],
    /// What is told of the organization.
    pub(super) organized: Option<&'a Organized<'a>>,
    /// What stands out, where the job asks for it.
    pub(super) unusual: Option<&'a Unusual>,
}

impl<'a> Told<'a> {
    /// About one source.
    pub(super) fn new(view: &'a View<'a>, glance: Glance) -> Self {
        Self {
            view,
            glance,
            effects: None,
            periods: &[],
            organized: None,
            unusual: None,
        }
    }

    /// Adds the source's answer, movers and charts; movers are looked for in the `preferred` dimensions first.
    pub(super) fn tell(&self, report: &mut Report, preferred: &[String]) {
        if self.glance == Glance::Not {
            return;
        }
        let View {
            maker,
            current,
            beside,
            ..
        } = self.view;
        let base = beside.first();
        let movers = base.map_or_else(Vec::new, |base| movers::find(maker, current, base, preferred));
        let headlines = maker.headlines(current, beside);
        let Some(cost) = headlines.iter().find(|figure| figure.metric == Metric::TotalCost) else {
            return;
        };
        let days = daily(current);
        let base_days = base.map(|base| daily(base.window)).unwrap_or_default();
        let outlier = match report.kind {
            // What stands out is told by the one or the other, never by both.
            ReportKind::Full if self.unusual.is_none() => outlier::find(&days, &base_days),
            _ => None,
        };
        let unusual = self.unusual.map(Unusual::sentences).unwrap_or_default();
        let trend = self.trend(&report.period.timezone);
        let (mut sentences, mut message) = {
            let facts = Facts {
                cost,
                period: &report.period,
                beside: &report.compared_with,
                mover: movers.first(),
                outlier: outlier.as_ref(),
                effects: self.effects,
                trend: &trend,
            };
            (answer::sentences(&facts), answer::message(&facts))
        };
        for sentence in &unusual {
            message = message.then(" ", sentence.clone());
        }
        sentences.extend(unusual);
        if self.glance == Glance::AmongOthers
            && let Some(first) = sentences.first_mut()
        {
            *first = std::mem::take(first).about(&self.view.dataset.source);
        }
        let pointed = outlier.or_else(|| self.unusual.and_then(Unusual::outlier));
        let marked = self.unusual.map(|it| it.marked().to_vec()).unwrap_or_default();
        let daily = charts::daily(
            &self.prefix(),
            cost,
            message,
            (days, &base_days),
            (pointed, marked),
        );
        let explained = self.explained(report, cost);
        let bars = charts::bars(&self.prefix(), cost, current, preferred);
        let periods = charts::periods(&self.prefix(), cost, trend);
        report.answer.extend(sentences);
        report.movers.extend(movers);
        let organized = self.organized.map(|it| it.charts(&self.prefix(), cost));
        let drawn = match report.kind {
            // Without its own charts an organization is shown as far as its source tells.
            ReportKind::Full | ReportKind::Organization => [daily, bars, None],
            ReportKind::Comparison => [explained, bars, daily],
            ReportKind::Trend => [periods, daily, None],
        };
        match organized.filter(|charts| !charts.is_empty()) {
            Some(charts) => report.charts.extend(charts),
            None => report.charts.extend(drawn.into_iter().flatten()),
        }
    }

    /// What keys of charts begin with.
    fn prefix(&self) -> String {
        if self.glance == Glance::AmongOthers {
            format!("{}-", self.view.dataset.source)
        } else {
            String::new()
        }
    }

    fn explained(&self, report: &Report, cost: &Figure) -> Option<Chart> {
        let base = report.base()?;
        charts::bridge(&self.prefix(), cost, (base, &report.period), self.effects?)
    }

    /// The cost of each period.
    fn trend(&self, timezone: &str) -> Vec<super::Point> {
        let cost = |period| {
            let window = self.view.dataset.window(period)?;
            window.figure(Metric::TotalCost)
        };
        let point = |period| super::Point {
            period: reference(period, timezone),
            value: cost(period),
        };
        self.periods.iter().map(point).collect()
    }
}

fn daily(window: &Window) -> Days {
    let series = window
        .daily
        .iter()
        .find(|series| series.metric == Metric::TotalCost);
    series.map(|series| series.points.clone()).unwrap_or_default()
}

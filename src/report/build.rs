//! Building the report document from datasets.

use super::answer::{self, Facts};
use super::full::{self, HEADLINE_COUNT, Maker};
use super::{Figure, Notice, Part, PeriodRef, Report, Sentence, SourceRef, charts, derive, movers, outlier};
use crate::config::plan::ReportKind;
use crate::metric::Metric;
use crate::money::Currency;
use crate::period::{Period, Shape};
use crate::source::{Dataset, Depth, Need, Window};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// What a report is about, besides its data.
#[derive(Debug, Clone)]
pub struct Brief {
    /// Which run.
    pub run_id: String,
    /// The job's name.
    pub job: String,
    /// The job's title.
    pub title: String,
    /// Which report.
    pub kind: ReportKind,
    /// 1, 2, 3 …
    pub revision: u32,
    /// The period.
    pub period: Period,
    /// The zone in which its dates were chosen.
    pub timezone: Tz,
    /// The reporting currency.
    pub currency: Currency,
    /// The true time of the run.
    pub generated_at: DateTime<Utc>,
}

/// The periods that a report needs of every source.
#[must_use]
pub fn needs(kind: ReportKind, period: &Period) -> Vec<Need> {
    match kind {
        ReportKind::Full => {
            let base = period.previous().map(|period| Need {
                period,
                depth: Depth::Comparison,
            });
            std::iter::once(Need {
                period: period.clone(),
                depth: Depth::Full,
            })
            .chain(base)
            .collect()
        }
    }
}

/// Computes the report. `failures` are sources that could not be had, where the job allows a partial report.
#[must_use]
pub fn build(brief: &Brief, datasets: &[Dataset], failures: &[Notice]) -> Report {
    let base = brief.period.previous();
    let zone = brief.timezone.name();
    let period = reference(&brief.period, zone);
    let compared_with = base.as_ref().map(|base| reference(base, zone));
    let views: Vec<View<'_>> = datasets
        .iter()
        .filter_map(|dataset| View::of(dataset, brief, base.as_ref()))
        .collect();
    let mut report = Report {
        run_id: brief.run_id.clone(),
        job: brief.job.clone(),
        title: brief.title.clone(),
        kind: brief.kind,
        revision: brief.revision,
        period,
        compared_with,
        generated_at: brief.generated_at,
        currency: common_currency(datasets, brief.currency),
        sources: datasets.iter().map(|dataset| source(dataset, brief)).collect(),
        absent: failures
            .iter()
            .filter_map(|failure| failure.source.clone())
            .collect(),
        provisional_through: datasets
            .iter()
            .filter_map(|dataset| dataset.provisional_through)
            .min(),
        answer: Vec::new(),
        headlines: headlines(&views),
        movers: Vec::new(),
        sections: views
            .iter()
            .flat_map(|view| view.maker.sections(view.current, view.base))
            .collect(),
        charts: Vec::new(),
        notices: failures.to_vec(),
    };
    if !report.absent.is_empty() {
        let text = format!(
            "This report is incomplete: nothing of {} is in it.",
            report.absent.join(", ")
        );
        report.answer.push(Sentence {
            parts: vec![Part::Text(text)],
        });
        let absent = report
            .absent
            .iter()
            .map(|source| full::absent(source, brief.currency));
        report.sections.extend(absent);
    }
    for view in &views {
        view.tell(&mut report, views.len() > 1);
    }
    report.movers.truncate(movers::MOST);
    report.notices.extend(
        datasets
            .iter()
            .flat_map(|dataset| notices(dataset, brief, base.as_ref())),
    );
    report
}

/// One source's part of the report.
struct View<'a> {
    dataset: &'a Dataset,
    current: &'a Window,
    base: Option<&'a Window>,
    maker: Maker<'a>,
}

impl<'a> View<'a> {
    fn of(dataset: &'a Dataset, brief: &Brief, base: Option<&Period>) -> Option<Self> {
        let current = dataset.window(&brief.period)?;
        let base = base.and_then(|base| dataset.window(base));
        Some(Self {
            dataset,
            current,
            base,
            maker: Maker::new(dataset, brief.currency),
        })
    }

    /// Adds the source's answer, movers and charts.
    fn tell(&self, report: &mut Report, among_others: bool) {
        let daily = |window: &Window| {
            let series = window
                .daily
                .iter()
                .find(|series| series.metric == Metric::TotalCost);
            series.map(|series| series.points.clone()).unwrap_or_default()
        };
        let (days, base_days) = (daily(self.current), self.base.map(daily).unwrap_or_default());
        let outlier = outlier::find(&days, &base_days);
        let found = self
            .base
            .map(|base| movers::find(&self.maker, self.current, base));
        let found = found.unwrap_or_default();
        let headlines = self.maker.headlines(self.current, self.base);
        let Some(cost) = headlines.iter().find(|figure| figure.metric == Metric::TotalCost) else {
            return;
        };
        let facts = Facts {
            cost,
            period: &report.period,
            base: report.compared_with.as_ref(),
            mover: found.first(),
            outlier: outlier.as_ref(),
        };
        let (mut sentences, message) = (answer::sentences(&facts), answer::message(&facts));
        if among_others && let Some(first) = sentences.first_mut() {
            first.parts.insert(0, Part::Strong(self.dataset.source.clone()));
            first.parts.insert(1, Part::Text(": ".to_owned()));
        }
        let prefix = if among_others {
            format!("{}-", self.dataset.source)
        } else {
            String::new()
        };
        let daily = charts::daily(&prefix, cost, message, days, &base_days, outlier);
        let bars = charts::bars(&prefix, cost, self.current);
        report.answer.extend(sentences);
        report.movers.extend(found);
        report.charts.extend(daily.into_iter().chain(bars));
    }
}

/// The first source's five; of several sources each one's total cost first.
fn headlines(views: &[View<'_>]) -> Vec<Figure> {
    let mut all: Vec<Vec<Figure>> = views
        .iter()
        .map(|view| view.maker.headlines(view.current, view.base))
        .collect();
    let mut five: Vec<Figure> = Vec::new();
    if all.len() > 1 {
        five.extend(
            all.iter_mut()
                .filter(|figures| !figures.is_empty())
                .map(|figures| figures.remove(0)),
        );
    }
    five.extend(all.into_iter().flatten());
    five.truncate(HEADLINE_COUNT);
    five
}

/// A period as it leaves the program.
#[must_use]
pub fn reference(period: &Period, timezone: &str) -> PeriodRef {
    PeriodRef {
        id: period.id().to_owned(),
        start: period.start(),
        end: period.last_day(),
        timezone: timezone.to_owned(),
        days: period.days(),
    }
}

fn source(dataset: &Dataset, brief: &Brief) -> SourceRef {
    SourceRef {
        name: dataset.source.clone(),
        platform: dataset.platform.clone(),
        scope: dataset.scope.clone(),
        zone: dataset
            .zone
            .clone()
            .unwrap_or_else(|| brief.timezone.name().to_owned()),
        fetched_at: dataset.fetched_at,
        untold: dataset.window(&brief.period).map_or_else(Vec::new, full::untold),
    }
}

/// The one currency of all sources; `None` where they disagree, since nothing may be added up then.
fn common_currency(datasets: &[Dataset], reporting: Currency) -> Option<Currency> {
    let mut currencies: Vec<Currency> = datasets.iter().filter_map(|dataset| dataset.currency).collect();
    currencies.dedup();
    match currencies.as_slice() {
        [] => Some(reporting),
        [one] => Some(*one),
        _ => None,
    }
}

fn notices(dataset: &Dataset, brief: &Brief, base: Option<&Period>) -> Vec<Notice> {
    let about = |text: String| Notice {
        source: Some(dataset.source.clone()),
        text,
        missing: false,
    };
    let mut notices = dataset.notices.clone();
    let windows = [Some(&brief.period), base]
        .into_iter()
        .flatten()
        .filter_map(|period| dataset.window(period));
    notices.extend(windows.flat_map(|window| derive::tie_out(&dataset.source, window)));
    if let (Shape::ToDate { .. }, Some(base)) = (brief.period.shape(), base)
        && base.days() < brief.period.days()
    {
        notices.push(about(format!(
            "The period before is compared as far as it goes: {} of {} days.",
            base.days(),
            brief.period.days()
        )));
    }
    if let Some(through) = dataset.provisional_through {
        notices.push(about(format!(
            "The figures are provisional: the source may still add to them; data through {}.",
            through.format("%Y-%m-%d %H:%M UTC")
        )));
    }
    if let Some(zone) = dataset
        .zone
        .as_deref()
        .filter(|zone| *zone != brief.timezone.name())
    {
        notices.push(about(format!(
            "Days are days of {zone}, as the source counts them, not of {}.",
            brief.timezone.name()
        )));
    }
    if let Some(currency) = dataset.currency.filter(|currency| *currency != brief.currency) {
        notices.push(about(format!(
            "Amounts are in {currency} as the source states them; they are not converted to {}.",
            brief.currency
        )));
    }
    notices
}

#[cfg(test)]
mod tests;

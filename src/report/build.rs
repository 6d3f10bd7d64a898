//! Building the report document from datasets.

use super::anomaly::Unusual;
use super::beside::{self, Beside, Other, View};
use super::comparison::CostComparison;
use super::maker::{HEADLINE_COUNT, Maker, tells};
use super::organization::Organized;
use super::tell::{Glance, Told};
use super::{Compared, Figure, Notice, PeriodRef, Report, Section, SourceRef, told};
use super::{budget, combine, convert, derive, full, movers, reconcile, trend};
use crate::config::plan::{Anomalies, BudgetPlan, Reconcile, ReportPlan};
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::money::Currency;
use crate::money::rates::Rates;
use crate::period::{Period, Shape};
use crate::source::Dataset;
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
    pub report: ReportPlan,
    /// 1, 2, 3 …
    pub revision: u32,
    /// The period.
    pub period: Period,
    /// The zone in which its dates were chosen.
    pub timezone: Tz,
    /// The reporting currency.
    pub currency: Currency,
    /// Whether sources are added up where meaning and currency agree.
    pub combine: bool,
    /// What is tied out.
    pub reconcile: Option<Reconcile>,
    /// What may be spent.
    pub budgets: Vec<BudgetPlan>,
    /// The true time of the run.
    pub generated_at: DateTime<Utc>,
    /// When a day is unusual; `None`: nobody looks for such days.
    pub anomalies: Option<Anomalies>,
}

/// Computes the report. `failures` are sources that could not be had, where the job allows a partial report; with `rates`, amounts
/// of other currencies are converted.
#[must_use]
pub fn build(brief: &Brief, datasets: &[Dataset], failures: &[Notice], rates: Option<&Rates>) -> Report {
    let look_back = beside::look_back(&brief.period);
    let converted: Vec<Dataset>;
    let datasets = match rates {
        Some(rates) => {
            let all = datasets.iter();
            converted = all
                .map(|dataset| {
                    convert::convert(
                        dataset,
                        rates,
                        brief.currency,
                        (&brief.period, look_back.as_ref()),
                    )
                })
                .collect();
            &converted
        }
        None => datasets,
    };
    let others = beside::others(&brief.report, &brief.period);
    // Without one of its sources a sum would be no total.
    let together = Some(datasets)
        .filter(|_| brief.combine && failures.is_empty())
        .and_then(|datasets| combine::combine(datasets, look_back.as_ref()));
    let together_view = together
        .as_ref()
        .and_then(|dataset| view(dataset, datasets, brief, &others));
    let adds_cost = together_view
        .as_ref()
        .is_some_and(|view| tells(view.current, Metric::TotalCost));
    let views: Vec<View<'_>> = datasets
        .iter()
        .filter_map(|dataset| view(dataset, &[], brief, &others))
        .collect();
    let mut report = head(brief, datasets, failures, &others);
    // The first page is about all together only where their cost can be added up.
    let (together_glance, glance) = match views.len() {
        _ if adds_cost => (Glance::Alone, Glance::Not),
        2.. => (Glance::Not, Glance::AmongOthers),
        _ => (Glance::Not, Glance::Alone),
    };
    if let Some(view) = &together_view {
        parts(&mut report, brief, view, together_glance);
    }
    report.headlines = match &together_view {
        Some(view) if adds_cost => headlines(&brief.report, std::slice::from_ref(view)),
        _ => headlines(&brief.report, &views),
    };
    for view in &views {
        parts(&mut report, brief, view, glance);
    }
    let spending = match &together_view {
        Some(view) if adds_cost => Some(view),
        None if failures.is_empty() && views.len() == 1 => views.first(),
        _ => None,
    };
    budget::add(&mut report, brief, spending);
    if !report.absent.is_empty() {
        let sources = Text::verbatim(report.absent.join(", "));
        report
            .answer
            .insert(0, told!("answer-incomplete", "sources" = sources));
        let absent: Vec<Section> = report
            .absent
            .iter()
            .map(|source| full::absent(source, brief.currency))
            .collect();
        report.sections.extend(absent);
    }
    if let Some(plan) = &brief.reconcile {
        let views = (together_view.as_ref(), views.as_slice());
        reconcile::reconcile(&mut report, plan, views, brief.currency);
    }
    report.movers.truncate(movers::MOST);
    report
        .notices
        .extend(together.into_iter().flat_map(|dataset| dataset.notices));
    if brief.combine && !failures.is_empty() {
        report.notices.push(Notice {
            source: None,
            text: say!("not-added-up"),
            missing: false,
        });
    }
    report.notices.extend(
        datasets
            .iter()
            .flat_map(|dataset| notices(dataset, brief, &others)),
    );
    report
}

/// The report without what its sources tell.
fn head(brief: &Brief, datasets: &[Dataset], failures: &[Notice], others: &[Other]) -> Report {
    let zone = brief.timezone.name();
    let compared = |other: &Other| Compared {
        comparison: other.comparison.clone(),
        period: reference(&other.period, zone),
    };
    Report {
        run_id: brief.run_id.clone(),
        job: brief.job.clone(),
        title: brief.title.clone(),
        kind: brief.report.kind(),
        revision: brief.revision,
        period: reference(&brief.period, zone),
        compared_with: others.iter().map(compared).collect(),
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
        headlines: Vec::new(),
        movers: Vec::new(),
        sections: Vec::new(),
        charts: Vec::new(),
        notices: failures.to_vec(),
        restates: None,
        budgets: Vec::new(),
        anomalies: Vec::new(),
        alerts: Vec::new(),
    }
}

fn view<'a>(
    dataset: &'a Dataset,
    parts: &'a [Dataset],
    brief: &Brief,
    others: &'a [Other],
) -> Option<View<'a>> {
    let beside = others.iter().filter_map(|other| {
        Some(Beside {
            comparison: &other.comparison,
            window: dataset.window(&other.period)?,
        })
    });
    Some(View {
        dataset,
        parts,
        current: dataset.window(&brief.period)?,
        beside: beside.collect(),
        days: beside::look_back(&brief.period).and_then(|period| dataset.window(&period)),
        maker: Maker::new(dataset, brief.currency),
    })
}

/// Adds one source's sections, answer, movers and charts, each kind of report in its way.
fn parts(report: &mut Report, brief: &Brief, view: &View<'_>, glance: Glance) {
    let unusual = unusual(brief, view, glance);
    let mut told = Told::new(view, glance);
    told.unusual = unusual.as_ref();
    match &brief.report {
        ReportPlan::Full => {
            told.tell(report, &[]);
            report
                .sections
                .extend(full::sections(&view.maker, view.current, &view.beside));
        }
        ReportPlan::Comparison { by, .. } => {
            let compared = CostComparison::new(view, by.as_deref());
            told.effects = compared.leading();
            told.tell(report, compared.dimensions());
            report.sections.extend(compared.sections());
            report.notices.extend(compared.notices());
        }
        ReportPlan::Trend { periods, days } => {
            let periods = beside::trend(&brief.period, *periods);
            told.periods = &periods;
            told.tell(report, &[]);
            report.sections.extend(trend::sections(view, &periods, *days));
        }
        ReportPlan::Organization => {
            let organized = Organized::new(view);
            told.organized = Some(&organized);
            told.tell(report, &["project".to_owned(), "service_type".to_owned()]);
            report.sections.extend(organized.sections());
            report.notices.extend(organized.notices());
        }
    }
    if let Some(unusual) = unusual {
        add_unusual(report, view, unusual);
    }
}

/// What stands out of what the first page is about; of sources that are added up there nothing is told twice.
fn unusual(brief: &Brief, view: &View<'_>, glance: Glance) -> Option<Unusual> {
    let limits = brief.anomalies.as_ref()?;
    (glance != Glance::Not).then(|| Unusual::find(view, limits, brief.timezone))
}

/// Adds what stands out of one source, after the days of it.
fn add_unusual(report: &mut Report, view: &View<'_>, unusual: Unusual) {
    if let Some(section) = unusual.section(&view.maker) {
        let mut sections = report.sections.iter();
        let daily = sections.position(|other| other.key == "daily" && other.source == section.source);
        let at = daily.map_or(report.sections.len(), |at| at + 1);
        report.sections.insert(at, section);
    }
    report.notices.extend_from_slice(unusual.notices());
    report.alerts.extend(unusual.alerts());
    report.anomalies.extend(unusual.anomalies);
}

/// The first source's five, or six key figures of an organization; of several sources each one's total cost first.
fn headlines(plan: &ReportPlan, views: &[View<'_>]) -> Vec<Figure> {
    let organization = matches!(plan, ReportPlan::Organization);
    let most = HEADLINE_COUNT + usize::from(organization);
    let own = |view: &View<'_>| {
        if organization {
            Organized::new(view).headlines()
        } else {
            view.maker.headlines(view.current, &view.beside)
        }
    };
    let mut all: Vec<Vec<Figure>> = views.iter().map(own).collect();
    let mut five: Vec<Figure> = Vec::new();
    if all.len() > 1 {
        five.extend(
            all.iter_mut()
                .filter(|figures| !figures.is_empty())
                .map(|figures| figures.remove(0)),
        );
    }
    five.extend(all.into_iter().flatten());
    five.truncate(most);
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

fn notices(dataset: &Dataset, brief: &Brief, others: &[Other]) -> Vec<Notice> {
    let about = |text: Text| Notice {
        source: Some(dataset.source.clone()),
        text,
        missing: false,
    };
    let mut notices = dataset.notices.clone();
    let windows = std::iter::once(&brief.period)
        .chain(others.iter().map(|other| &other.period))
        .filter_map(|period| dataset.window(period));
    notices.extend(windows.flat_map(|window| derive::tie_out(&dataset.source, window)));
    if let Shape::ToDate { .. } = brief.period.shape() {
        let shorter = others.iter().filter(|other| {
            matches!(other.period.shape(), Shape::ToDate { .. }) && other.period.days() < brief.period.days()
        });
        notices.extend(shorter.map(|other| {
            let (days, of) = (other.period.days(), brief.period.days());
            about(match other.comparison.as_str() {
                "previous_period" => say!("compared-before", "days" = days, "of" = of),
                _ => say!("compared-last-year", "days" = days, "of" = of),
            })
        }));
    }
    if let (ReportPlan::Trend { periods, .. }, Shape::ToDate { .. }) = (&brief.report, brief.period.shape()) {
        let told = |period: &Period| others.iter().any(|other| other.period.id() == period.id());
        let shorter = beside::trend(&brief.period, *periods).into_iter();
        let shorter = shorter.filter(|period| period.days() < brief.period.days() && !told(period));
        notices.extend(shorter.map(|period| {
            let (days, of) = (period.days(), brief.period.days());
            about(say!(
                "trend-shorter",
                "period" = &period,
                "days" = days,
                "of" = of
            ))
        }));
    }
    if let Some(through) = dataset.provisional_through {
        notices.push(about(say!("provisional-figures", "instant" = through)));
    }
    if let Some(zone) = dataset
        .zone
        .as_deref()
        .filter(|zone| *zone != brief.timezone.name())
    {
        let own = brief.timezone.name();
        notices.push(about(say!("days-are-days-of", "zone" = zone, "own" = own)));
    }
    if let Some(currency) = dataset.currency.filter(|currency| *currency != brief.currency) {
        let (currency, own) = (currency.code(), brief.currency.code());
        notices.push(about(say!(
            "amounts-not-converted",
            "currency" = currency,
            "own" = own
        )));
    }
    notices
}

#[cfg(test)]
mod tests;

//! Building the report document from datasets.

use super::answer::{self, Facts};
use super::full::{self, HEADLINE_COUNT, Maker};
use super::{
    Chart, ChartForm, Figure, Notice, Part, PeriodRef, Report, Sentence, SourceRef, derive, movers, outlier,
};
use crate::config::plan::ReportKind;
use crate::metric::{Metric, Unit};
use crate::money::{self, Currency};
use crate::period::{Period, Shape};
use crate::source::{Dataset, Depth, Need, Window};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// Bars of a chart before the rest becomes `n others`.
const MOST_BARS: usize = 6;

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
        sources: datasets.iter().map(source).collect(),
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

/// Title, key and members of a bar chart.
type Split = (String, String, Vec<(String, Decimal)>);

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
            .map(|base| movers::find(&self.dataset.source, self.dataset.currency, self.current, base));
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
        let daily = (days.iter().any(|(_, value)| value.is_some())).then(|| Chart {
            key: format!("{prefix}cost-per-day"),
            title: "Cost per day".to_owned(),
            unit: Unit::Currency,
            currency: cost.currency,
            message,
            form: daily_form(days, &base_days, outlier),
        });
        let bars = self.bars(&prefix, cost);
        report.answer.extend(sentences);
        report.movers.extend(found);
        report.charts.extend(daily.into_iter().chain(bars));
    }

    /// The cost split by the most telling dimension, or the platform's own top list of users by cost.
    fn bars(&self, prefix: &str, cost: &Figure) -> Option<Chart> {
        let (title, key, members) = self.split().or_else(|| self.top_users())?;
        let chart = |bars: Vec<(String, Decimal)>, others| Chart {
            key: format!("{prefix}{key}"),
            title,
            unit: Unit::Currency,
            currency: cost.currency,
            message: leader(&bars, cost),
            form: ChartForm::Bars { bars, others },
        };
        // A bar from zero can show neither a credit nor nothing.
        if members.len() < 2 || members.iter().any(|(_, value)| value.is_sign_negative()) {
            return None;
        }
        let mut bars = members;
        let rest = bars.split_off(bars.len().min(MOST_BARS));
        let others = match (rest.len(), money::sum(rest.iter().map(|(_, value)| *value))) {
            (0, _) | (_, Err(_)) => None,
            (count, Ok(sum)) => Some((count, sum)),
        };
        Some(chart(bars, others))
    }

    fn split(&self) -> Option<Split> {
        let breakdown = self
            .current
            .breakdowns
            .iter()
            .find(|breakdown| breakdown.members.len() > 1)?;
        let members = breakdown.members.iter().filter_map(|member| {
            let cost = member
                .measures
                .iter()
                .find(|measure| measure.metric == Metric::TotalCost)?;
            Some((member.name.clone(), cost.value?))
        });
        let words = breakdown.dimension.replace('_', " ");
        let key = format!("cost-by-{}", breakdown.dimension.replace('_', "-"));
        Some((format!("Cost by {words}"), key, members.collect()))
    }

    fn top_users(&self) -> Option<Split> {
        let ranking = self
            .current
            .rankings
            .iter()
            .find(|ranking| ranking.list == crate::source::TopList::TopUsersByCost)?;
        let rows = ranking
            .rows
            .iter()
            .filter_map(|(member, value)| Some((member.clone(), (*value)?)));
        Some((
            "Top users by cost".to_owned(),
            "top-users-by-cost".to_owned(),
            rows.collect(),
        ))
    }
}

fn leader(bars: &[(String, Decimal)], cost: &Figure) -> Sentence {
    let parts = bars.first().map(|(name, value)| {
        let value = Part::Value {
            value: *value,
            unit: Unit::Currency,
            currency: cost.currency,
        };
        vec![
            Part::Strong(name.clone()),
            Part::Text(" leads with ".to_owned()),
            value,
            Part::Text(".".to_owned()),
        ]
    });
    Sentence {
        parts: parts.unwrap_or_default(),
    }
}

fn daily_form(
    days: Vec<(NaiveDate, Option<Decimal>)>,
    base: &[(NaiveDate, Option<Decimal>)],
    outlier: Option<super::Outlier>,
) -> ChartForm {
    let base = base.iter().take(days.len()).map(|(_, value)| *value).collect();
    ChartForm::Daily { days, base, outlier }
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

fn source(dataset: &Dataset) -> SourceRef {
    SourceRef {
        name: dataset.source.clone(),
        platform: dataset.platform.clone(),
        scope: dataset.scope.clone(),
        zone: dataset.zone.clone(),
        fetched_at: dataset.fetched_at,
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
            "The figures are provisional: the period is not over for this source; data through {}.",
            through.format("%Y-%m-%d %H:%M UTC")
        )));
    }
    if dataset.zone != brief.timezone.name() {
        notices.push(about(format!(
            "Days are days of {}, as the source counts them, not of {}.",
            dataset.zone,
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
mod tests {
    use super::*;
    use crate::metric::FULL_REPORT;
    use crate::period::Calendar;
    use crate::report::{Direction, Status};
    use crate::source::{Breakdown, Measure, Member, Ranking, Series, TopList};
    use rust_decimal::dec;

    fn brief() -> Brief {
        Brief {
            run_id: "run".into(),
            job: "monthly".into(),
            title: "Monthly".into(),
            kind: ReportKind::Full,
            revision: 1,
            period: Period::parse("2026-10", Calendar::default()).unwrap(),
            timezone: chrono_tz::Europe::Madrid,
            currency: Currency::USD,
            generated_at: "2026-11-02T07:00:04Z".parse().unwrap(),
        }
    }

    fn window(id: &str, figures: &[(Metric, Option<Decimal>)]) -> Window {
        let period = Period::parse(id, Calendar::default()).unwrap();
        let points = period.dates().map(|date| (date, Some(dec!(1.5)))).collect();
        let rows = vec![("Ada".to_owned(), Some(dec!(9))), ("Bob".to_owned(), None)];
        Window {
            period,
            figures: figures
                .iter()
                .map(|(metric, value)| Measure {
                    metric: *metric,
                    value: *value,
                })
                .collect(),
            daily: vec![Series {
                whole: true,
                metric: Metric::TotalCost,
                points,
            }],
            rankings: vec![Ranking {
                known: true,
                list: TopList::TopUsersByCost,
                rows,
            }],
            breakdowns: vec![Breakdown {
                dimension: "service_type".into(),
                members: vec![Member {
                    name: "embedding".into(),
                    measures: vec![Measure {
                        metric: Metric::TotalCost,
                        value: Some(dec!(46.5)),
                    }],
                }],
            }],
        }
    }

    fn dataset(source: &str) -> Dataset {
        let october = [
            (Metric::TotalCost, Some(dec!(46.5))),
            (Metric::TotalRequests, Some(dec!(0))),
            (Metric::AverageCostPerRequest, Some(dec!(0))),
            (Metric::AgentsCreated, None),
            (Metric::Conversations, Some(dec!(3))),
        ];
        Dataset {
            source: source.into(),
            platform: "Globant Enterprise AI".into(),
            scope: None,
            currency: Some(Currency::USD),
            zone: "UTC".into(),
            fetched_at: "2026-11-02T07:00:03Z".parse().unwrap(),
            provisional_through: None,
            windows: vec![
                window("2026-10", &october),
                window("2026-09", &[(Metric::TotalCost, Some(dec!(45)))]),
            ],
            notices: vec![Notice {
                source: Some(source.into()),
                text: "from the source".into(),
                missing: true,
            }],
        }
    }

    #[test]
    fn a_full_report_needs_the_period_and_the_one_before() {
        let needs = needs(ReportKind::Full, &brief().period);
        let asked: Vec<_> = needs.iter().map(|need| (need.period.id(), need.depth)).collect();
        assert_eq!(asked, [("2026-10", Depth::Full), ("2026-09", Depth::Comparison)]);
    }

    #[test]
    fn the_summary_has_the_21_figures_in_order_and_what_the_source_adds() {
        let report = build(&brief(), &[dataset("globant")], &[]);
        let summary = &report.sections[0];
        let metrics: Vec<Metric> = summary.figures.iter().map(|figure| figure.metric).collect();
        assert_eq!(metrics[..21], FULL_REPORT);
        assert_eq!(metrics[21..], [Metric::Conversations]);
        assert!(summary.figures.iter().all(|figure| figure.comparisons.len() == 1));
        let figure = |metric| {
            summary
                .figures
                .iter()
                .find(|figure| figure.metric == metric)
                .unwrap()
        };
        let cost = figure(Metric::TotalCost);
        assert_eq!(
            (cost.value, cost.comparisons[0].base_value),
            (Some(dec!(46.5)), Some(dec!(45)))
        );
        assert_eq!(cost.comparisons[0].direction, Some(Direction::Up));
        assert_eq!(figure(Metric::AverageCostPerRequest).status, Status::NotAvailable);
        assert_eq!(figure(Metric::AgentsCreated).status, Status::NotAvailable);
        assert_eq!(figure(Metric::ActiveUsers).status, Status::NotAvailable);
        let keys: Vec<_> = report
            .sections
            .iter()
            .map(|section| section.key.as_str())
            .collect();
        assert_eq!(keys, ["summary", "daily", "by_service_type", "top_users_by_cost"]);
        let ranks: Vec<_> = report.sections[3]
            .figures
            .iter()
            .map(|f| (f.rank, f.label.as_str(), f.status))
            .collect();
        assert_eq!(
            ranks,
            [
                (Some(1), "Ada", Status::Ok),
                (Some(2), "Bob", Status::NotAvailable)
            ]
        );
    }

    #[test]
    fn it_tells_whose_days_and_whose_currency() {
        let mut yen = dataset("globant");
        yen.currency = "JPY".parse().ok();
        let report = build(&brief(), &[yen], &[]);
        let texts: Vec<_> = report.notices.iter().map(|notice| notice.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "from the source",
                "Days are days of UTC, as the source counts them, not of Europe/Madrid.",
                "Amounts are in JPY as the source states them; they are not converted to USD.",
            ]
        );
        assert_eq!(report.currency.map(Currency::code), Some("JPY"));
        assert_eq!(
            report.compared_with.map(|base| (base.id, base.days)),
            Some(("2026-09".to_owned(), 30))
        );
    }

    #[test]
    fn several_sources_stay_side_by_side() {
        let mut euro = dataset("bill");
        euro.currency = "EUR".parse().ok();
        let failure = Notice {
            source: Some("gone".into()),
            text: "could not be had".into(),
            missing: true,
        };
        let report = build(&brief(), &[dataset("globant"), euro], &[failure]);
        assert_eq!(report.currency, None);
        assert_eq!(report.headlines.len(), 5);
        let first: Vec<_> = report.headlines[..2]
            .iter()
            .map(|figure| (figure.source.as_deref(), figure.metric))
            .collect();
        assert_eq!(
            first,
            [
                (Some("globant"), Metric::TotalCost),
                (Some("bill"), Metric::TotalCost)
            ]
        );
        assert_eq!(report.notices[0].text, "could not be had");
        assert_eq!(report.absent, ["gone"]);
        let absent = report
            .sections
            .iter()
            .find(|section| section.source.as_deref() == Some("gone"))
            .unwrap();
        assert!(
            absent.figures.len() == 21 && absent.figures.iter().all(|it| it.status == Status::NotAvailable)
        );
        let keys: Vec<_> = report.charts.iter().map(|chart| chart.key.as_str()).collect();
        assert_eq!(keys, ["globant-cost-per-day", "bill-cost-per-day"]);
    }

    #[test]
    fn provisional_data_are_marked_on_every_figure() {
        let mut dataset = dataset("globant");
        dataset.provisional_through = Some(dataset.fetched_at);
        let report = build(&brief(), &[dataset], &[]);
        assert_eq!(
            report.provisional_through,
            Some("2026-11-02T07:00:03Z".parse().unwrap())
        );
        let figures = report.sections.iter().flat_map(|section| &section.figures);
        assert!(figures.clone().count() > 50);
        for figure in figures {
            let expected = if figure.value.is_some() {
                Status::Provisional
            } else {
                Status::NotAvailable
            };
            assert_eq!(figure.status, expected);
        }
    }
}

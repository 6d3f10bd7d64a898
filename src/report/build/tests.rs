//! Reports of small datasets.

use super::*;
use crate::config::plan::{Against, TrendDays};
use crate::metric::{FULL_REPORT, Metric};
use crate::period::{Calendar, PeriodRule};
use crate::report::{Direction, Status, needs};
use crate::source::{Breakdown, Depth, Measure, Member, Ranking, Series, TopList, Window};
use rust_decimal::{Decimal, dec};

fn brief() -> Brief {
    Brief {
        run_id: "run".into(),
        job: "monthly".into(),
        title: "Monthly".into(),
        report: ReportPlan::Full,
        revision: 1,
        period: Period::parse("2026-10", Calendar::default()).unwrap(),
        timezone: chrono_tz::Europe::Madrid,
        currency: Currency::USD,
        combine: false,
        reconcile: None,
        budgets: Vec::new(),
        generated_at: "2026-11-02T07:00:04Z".parse().unwrap(),
        anomalies: None,
    }
}

fn window(id: &str, figures: &[(Metric, Option<Decimal>)]) -> Window {
    let period = Period::parse(id, Calendar::default()).unwrap();
    let points = period.dates().map(|date| (date, Some(dec!(1.5)))).collect();
    let rows = vec![("Ada".to_owned(), Some(dec!(9))), ("Bob".to_owned(), None)];
    Window {
        period,
        rows: 33,
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
        items: None,
        organization: None,
        daily_by: Vec::new(),
        converted: None,
        unrelated: &[],
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
        zone: Some("UTC".into()),
        fetched_at: "2026-11-02T07:00:03Z".parse().unwrap(),
        provisional_through: None,
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: crate::source::dataset::Reach::Always,
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
    let needs = needs(&ReportPlan::Full, &brief().period, false);
    let asked: Vec<_> = needs.iter().map(|need| (need.period.id(), need.depth)).collect();
    assert_eq!(asked, [("2026-10", Depth::Full), ("2026-09", Depth::Comparison)]);
}

#[test]
fn the_summary_has_the_21_figures_in_order_and_what_the_source_adds() {
    let report = build(&brief(), &[dataset("globant")], &[], None);
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
    let report = build(&brief(), &[yen], &[], None);
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
        report.base().map(|base| (base.id.clone(), base.days)),
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
    let report = build(&brief(), &[dataset("globant"), euro], &[failure], None);
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
    assert!(absent.figures.len() == 21 && absent.figures.iter().all(|it| it.status == Status::NotAvailable));
    let keys: Vec<_> = report.charts.iter().map(|chart| chart.key.as_str()).collect();
    assert_eq!(keys, ["globant-cost-per-day", "bill-cost-per-day"]);
}

#[test]
fn provisional_data_are_marked_on_every_figure() {
    let mut dataset = dataset("globant");
    dataset.provisional_through = Some(dataset.fetched_at);
    let report = build(&brief(), &[dataset], &[], None);
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

#[test]
fn members_of_whom_no_cost_is_told_stand_by_their_tokens() {
    let brief = Brief {
        report: ReportPlan::Organization,
        ..brief()
    };
    let member = |name: &str, tokens: Decimal| Member {
        name: name.into(),
        measures: vec![Measure {
            metric: Metric::TotalTokens,
            value: Some(tokens),
        }],
    };
    let mut dataset = dataset("dispersl");
    for (window, more) in dataset.windows.iter_mut().zip([dec!(5), dec!(0)]) {
        window.breakdowns = vec![Breakdown {
            dimension: "agent".into(),
            members: vec![member("a", dec!(10)), member("b", dec!(90) + more)],
        }];
    }
    let report = build(&brief, &[dataset], &[], None);
    let mut sections = report.sections.iter();
    let section = sections.find(|section| section.key == "by_agent").unwrap();
    let told: Vec<_> = section
        .figures
        .iter()
        .map(|figure| {
            let base = figure.comparisons[0].base_value;
            (
                figure.metric,
                figure.member.as_deref().unwrap(),
                figure.value,
                base,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Metric::TotalTokens, "b", Some(dec!(95)), Some(dec!(90))),
            (Metric::TotalTokens, "a", Some(dec!(10)), Some(dec!(10))),
        ]
    );
}

#[test]
fn all_days_of_a_trend_have_what_the_source_tells_of_them() {
    let brief = Brief {
        report: ReportPlan::Trend {
            periods: 2,
            days: crate::config::plan::TrendDays::All,
        },
        ..brief()
    };
    let told = |of_september: bool| {
        let mut dataset = dataset("usage");
        for window in &mut dataset.windows {
            if of_september || window.period.id() == "2026-10" {
                let points = window.period.dates().map(|day| (day, Some(dec!(7))));
                window.daily.push(Series {
                    whole: true,
                    metric: Metric::TotalRequests,
                    points: points.collect(),
                });
            }
        }
        let report = build(&brief, &[dataset], &[], None);
        let mut sections = report.sections.iter();
        let daily = sections.find(|section| section.key == "daily").unwrap();
        assert_eq!(daily.figures[0].metric, Metric::TotalCost);
        let of_day = daily.figures.iter().filter(|figure| {
            figure.metric == Metric::TotalRequests && figure.member.as_deref() == Some("2026-09-14")
        });
        of_day.map(|figure| figure.value).collect::<Vec<_>>()
    };
    assert_eq!(told(true), [Some(dec!(7))]);
    assert!(told(false).is_empty());
}

/// What a report of `windows`, the first of which is its period, tells its reader to know.
fn noted(report: ReportPlan, period: Period, windows: Vec<Window>) -> Vec<String> {
    let brief = Brief {
        report,
        period,
        timezone: chrono_tz::UTC,
        ..brief()
    };
    let dataset = Dataset {
        windows,
        notices: Vec::new(),
        ..dataset("globant")
    };
    let report = build(&brief, &[dataset], &[], None);
    report
        .notices
        .iter()
        .map(|notice| notice.text.as_str().to_owned())
        .collect()
}

#[test]
fn a_trend_to_date_says_once_of_each_shorter_period_how_many_days_it_has() {
    let told = |today: &str| {
        let period = PeriodRule::MonthToDate
            .resolve(today.parse().unwrap(), Calendar::default())
            .unwrap();
        let plan = ReportPlan::Trend {
            periods: 4,
            days: TrendDays::Period,
        };
        let cost = dec!(1.5) * Decimal::from(period.days());
        let windows = vec![window(period.id(), &[(Metric::TotalCost, Some(cost))])];
        noted(plan, period, windows)
    };
    assert_eq!(
        told("2026-04-30"),
        ["2026-02 is told with 28 days, and the period itself with 29."],
        "March has 29 days, too"
    );
    assert_eq!(
        told("2026-03-31"),
        ["The period before is compared as far as it goes: 28 of 30 days."],
        "that is February again, of which it is told already"
    );
    assert_eq!(told("2026-03-20"), [""; 0], "every month has 19 days");
}

#[test]
fn a_day_of_a_trend_costs_what_its_own_week_tells_whatever_the_days_to_look_back_on_do() {
    let brief = Brief {
        report: ReportPlan::Trend {
            periods: 2,
            days: TrendDays::All,
        },
        period: Period::parse("2026-W40", Calendar::default()).unwrap(),
        ..brief()
    };
    let needs = needs(&brief.report, &brief.period, true);
    let windows = needs.iter().map(|need| {
        let mut window = window(need.period.id(), &[(Metric::TotalCost, Some(dec!(10.5)))]);
        if need.depth == Depth::Days {
            // They were asked for last, and rows have come in since.
            for (_, cost) in &mut window.daily[0].points {
                *cost = Some(dec!(8.5));
            }
        }
        window
    });
    let dataset = Dataset {
        windows: windows.collect(),
        ..dataset("globant")
    };
    assert_eq!(dataset.windows.len(), 3, "two weeks and the days before");
    let report = build(&brief, &[dataset], &[], None);
    let days = report.sections.iter().find(|section| section.key == "daily");
    let of_day = |metric: Metric| days.unwrap().figures.iter().filter(move |it| it.metric == metric);
    let costs: Vec<_> = of_day(Metric::TotalCost).map(|day| day.value).collect();
    assert_eq!(costs, [Some(dec!(1.5)); 14]);
    let bases: Vec<_> = of_day(Metric::TotalCost)
        .flat_map(|day| &day.comparisons)
        .map(|beside| beside.base_value)
        .collect();
    assert_eq!(
        bases,
        [[Some(dec!(8.5)); 7], [Some(dec!(1.5)); 7]].concat(),
        "a week before the first one only the look back tells"
    );
    let means: Vec<_> = of_day(Metric::CostMovingAverage)
        .map(|day| day.value.map(|mean| mean.normalize()))
        .collect();
    assert_eq!(means[0], Some(dec!(7.5)), "six days of 8.5 and one of 1.5");
    assert_eq!(means[6..], [Some(dec!(1.5)); 8]);
}

#[test]
fn a_comparison_says_of_another_period_how_its_change_is_taken_apart_where_that_is_another_way() {
    let plan = || ReportPlan::Comparison {
        against: vec![Against::PreviousPeriod, Against::SamePeriodLastYear],
        by: None,
    };
    let of = |(id, cost): (&str, Decimal)| {
        let figures = [
            (Metric::TotalCost, Some(cost)),
            (Metric::TotalRequests, Some(dec!(31))),
        ];
        window(id, &figures)
    };
    let months = || {
        let costs = [
            ("2026-10", dec!(46.5)),
            ("2026-09", dec!(45)),
            ("2025-10", dec!(46.5)),
        ];
        costs.map(of).to_vec()
    };
    let costs = "The source tells no quantities with its costs, so that the change is not taken apart into price and \
                 volume; new and retired are by service type.";
    assert_eq!(noted(plan(), brief().period, months()), [costs]);
    // A year ago nobody split the costs.
    let mut unsplit = months();
    unsplit[2].breakdowns.clear();
    let whole = "Against 2025-10: Price and volume are those of all use together, counted in total requests, since the \
                 source tells no cost of parts: a change to dearer or cheaper models shows as price.";
    assert_eq!(noted(plan(), brief().period, unsplit), [costs, whole]);
    // Of the month before nothing is told, so that nothing is said as if it were about that.
    let mut unknown = months();
    unknown[1].figures[0].value = None;
    let told = noted(plan(), brief().period, unknown);
    let against = format!("Against 2025-10: {costs}");
    assert!(
        told.contains(&against) && !told.iter().any(|text| text == costs),
        "{told:?}"
    );
}

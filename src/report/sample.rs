//! A report to test renderers with: the figures of a month, with everything that is hard to render.

mod reconciled;

use super::build::{Brief, build};
use super::{
    Chart, ChartForm, Compared, Comparison, Direction, Figure, Notice, Outlier, Part, PeriodRef, Report,
    Section, Sentence, SourceRef, Status,
};
use crate::config::plan::{Against, ReportKind, ReportPlan, TrendDays};
use crate::metric::{FULL_REPORT, Metric, Unit};
use crate::money::{Currency, percent};
use crate::period::{Calendar, Period};
use crate::source::dataset::Reach;
use crate::source::{Breakdown, Dataset, Measure, Member, Series, Window};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::{Decimal, dec};

pub(crate) use reconciled::reconciled;

/// Names that a hostile or careless user may give an agent.
pub(crate) const HOSTILE: [&str; 8] = [
    "=cmd|' /C calc'!A0",
    "Invoice, \"Smart\" Helper",
    "<script>alert(1)</script>",
    "two\nlines\tand a tab",
    "{{job.title}}",
    "ﺔﻴﺑﺮﻋ \u{202e}gnp.exe",
    "<!channel> *bold* & `code`",
    "🦀 日本語",
];

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn period(id: &str, start: &str, end: &str, days: u32) -> PeriodRef {
    PeriodRef {
        id: id.into(),
        start: date(start),
        end: date(end),
        timezone: "Europe/Madrid".into(),
        days,
    }
}

fn compared(value: Option<Decimal>, base: Option<Decimal>) -> Comparison {
    let change = value.zip(base).map(|(value, base)| value - base);
    Comparison {
        comparison: "previous_period".into(),
        base_value: base,
        change,
        change_percent: change
            .zip(base.filter(|base| *base > Decimal::ZERO))
            .and_then(|(c, b)| percent(c, b)),
        direction: change.map(|change| match change {
            c if c.is_zero() => Direction::Flat,
            c if c.is_sign_negative() => Direction::Down,
            _ => Direction::Up,
        }),
    }
}

pub(crate) fn figure(metric: Metric, value: Option<Decimal>) -> Figure {
    Figure {
        source: Some("globant".into()),
        metric,
        label: metric.label().into(),
        dimension: None,
        member: None,
        rank: None,
        unit: metric.unit(),
        currency: (metric.unit() == Unit::Currency).then_some(Currency::USD),
        value,
        status: if value.is_some() {
            Status::Ok
        } else {
            Status::NotAvailable
        },
        comparisons: Vec::new(),
    }
}

fn summary() -> Vec<Figure> {
    let values = [
        (Some(dec!(12)), Some(dec!(9))),
        (Some(dec!(31)), Some(dec!(40))),
        (Some(dec!(3)), Some(dec!(0))),
        (Some(dec!(0)), Some(dec!(4))),
        (None, Some(dec!(2))),
        (Some(dec!(5)), None),
        (Some(dec!(659997)), Some(dec!(588234))),
        (Some(dec!(33198)), Some(dec!(31765))),
        (Some(dec!(5.030022499011)), Some(dec!(5.400061880136))),
        (Some(dec!(1843.2175)), Some(dec!(1843.2175))),
        (Some(dec!(4070.3612345678)), Some(dec!(3555.22))),
        (Some(dec!(0.006167242873)), Some(dec!(0.006043887296))),
        (Some(dec!(812345678)), Some(dec!(700000000))),
        (Some(dec!(98765432)), Some(dec!(80000000))),
        (Some(dec!(911111110)), Some(dec!(780000000))),
        (Some(dec!(1230.8323)), Some(dec!(1190.0025))),
        (Some(dec!(149.6452)), Some(dec!(136.0003))),
        (Some(dec!(1380.4775)), Some(dec!(1326.0028))),
        (Some(dec!(24)), Some(dec!(24))),
        (Some(dec!(27)), Some(dec!(25))),
        (Some(dec!(5)), Some(dec!(5))),
    ];
    FULL_REPORT
        .iter()
        .zip(values)
        .map(|(metric, (value, base))| Figure {
            comparisons: vec![compared(value, base)],
            ..figure(*metric, value)
        })
        .collect()
}

fn days() -> Vec<(NaiveDate, Option<Decimal>)> {
    date("2026-10-01")
        .iter_days()
        .take(31)
        .zip(1_i64..)
        .map(|(day, n)| {
            let value = match (n, n % 7) {
                (25, _) => None,
                (14, _) => Some(dec!(402.60)),
                (n, 3 | 4) => Some(Decimal::new(2500 + n * 7, 2)),
                (n, _) => Some(Decimal::new(13000 + n * 71, 2)),
            };
            (day, value)
        })
        .collect()
}

fn members(dimension: &str, metric: Metric, ranked: bool) -> Vec<Figure> {
    let names = ["Customer Support 24/7", "Sales Outbound"]
        .into_iter()
        .chain(HOSTILE);
    names
        .zip(1_u32..)
        .map(|(name, rank)| Figure {
            label: name.into(),
            dimension: Some(dimension.into()),
            member: Some(name.into()),
            rank: ranked.then_some(rank),
            ..figure(metric, Some(Decimal::new(177_270_500 / i64::from(rank), 5)))
        })
        .collect()
}

fn section(key: &str, title: &str, figures: Vec<Figure>) -> Section {
    Section {
        key: key.into(),
        title: title.into(),
        source: Some("globant".into()),
        figures,
    }
}

fn text(words: &str) -> Part {
    Part::Text(words.into())
}

fn spend() -> Part {
    Part::Value {
        value: dec!(4070.3612345678),
        unit: Unit::Currency,
        currency: Some(Currency::USD),
    }
}

fn answer(october: &PeriodRef, september: &PeriodRef) -> Vec<Sentence> {
    let rose = vec![
        text("Spend rose "),
        Part::Percent(dec!(14.489714125680)),
        text(" to "),
        spend(),
        text("."),
    ];
    let per_day = vec![
        text("Per day it is up "),
        Part::Percent(dec!(10.8)),
        text(", as "),
        Part::Period(october.clone()),
        text(" has a day more than "),
        Part::Period(september.clone()),
        text(". "),
        Part::Strong("Customer Support 24/7".into()),
        text(" moved most."),
    ];
    [rose, per_day].map(Sentence::plain).into()
}

fn sections(summary: Vec<Figure>) -> Vec<Section> {
    let daily = days()
        .into_iter()
        .map(|(day, value)| Figure {
            label: day.to_string().into(),
            dimension: Some("day".into()),
            member: Some(day.to_string()),
            ..figure(Metric::TotalCost, value)
        })
        .collect();
    let top = |dimension, metric| members(dimension, metric, true);
    vec![
        section("summary", "Summary", summary),
        section("daily", "Daily", daily),
        section(
            "top_agents_by_requests",
            "Top agents by requests",
            top("agent", Metric::Requests),
        ),
        section(
            "top_agents_by_tokens",
            "Top agents by tokens",
            top("agent", Metric::Tokens),
        ),
        section("top_users_by_requests", "Top users by requests", Vec::new()),
        section(
            "top_users_by_cost",
            "Top users by cost",
            top("user", Metric::Cost),
        ),
        section("by_model", "By model", members("model", Metric::TotalCost, false)),
    ]
}

fn charts() -> Vec<Chart> {
    let base = |n: i64| Some(Decimal::new(if n % 7 > 4 { 2400 } else { 12000 + n * 50 }, 2));
    let daily = Chart {
        key: "cost-per-day".into(),
        source: Some("globant".into()),
        title: "Cost per day".into(),
        unit: Unit::Currency,
        currency: Some(Currency::USD),
        message: Sentence::plain(vec![text("Cost rose to "), spend(), text(".")]),
        panel: None,
        form: ChartForm::Daily {
            days: days(),
            base: (0..30).map(base).collect(),
            outlier: Some(Outlier {
                date: date("2026-10-14"),
                value: dec!(402.60),
                times_usual: dec!(2.9),
                same_weekday: true,
            }),
            marked: Vec::new(),
        },
    };
    let bars = members("user", Metric::Cost, true).into_iter();
    let users = Chart {
        key: "top-users-by-cost".into(),
        title: "Top users by cost".into(),
        message: Sentence::plain(vec![
            Part::Strong("Customer Support 24/7".into()),
            text(" leads."),
        ]),
        panel: None,
        form: ChartForm::Bars {
            bars: bars.map(|figure| (figure.label, figure.value.unwrap())).collect(),
            others: Some((17, dec!(832.50))),
        },
        ..daily.clone()
    };
    vec![daily, users]
}

/// October 2026 of a company, compared with September.
pub(crate) fn report() -> Report {
    let october = period("2026-10", "2026-10-01", "2026-10-31", 31);
    let september = period("2026-09", "2026-09-01", "2026-09-30", 30);
    let summary = summary();
    let pick = |metric: Metric| {
        summary
            .iter()
            .find(|figure| figure.metric == metric)
            .unwrap()
            .clone()
    };
    let movers = members("agent", Metric::Requests, false)
        .into_iter()
        .take(3)
        .map(|mover| Figure {
            comparisons: vec![compared(mover.value, Some(dec!(500)))],
            ..mover
        })
        .collect();
    Report {
        run_id: "0199f3a1-7c00-7000-8000-000000000001".into(),
        job: "monthly-full-report".into(),
        title: "AI platform: monthly full report".into(),
        kind: ReportKind::Full,
        revision: 1,
        answer: answer(&october, &september),
        period: october,
        compared_with: vec![Compared {
            comparison: "previous_period".into(),
            period: september,
        }],
        generated_at: "2026-11-02T07:00:04Z".parse::<DateTime<Utc>>().unwrap(),
        currency: Some(Currency::USD),
        sources: vec![SourceRef {
            name: "globant".into(),
            platform: "Globant Enterprise AI".into(),
            scope: Some("Acme Group, project All & <sundry>".into()),
            zone: "UTC".into(),
            fetched_at: "2026-11-02T07:00:03.5Z".parse().unwrap(), untold: Vec::new(), }],
        absent: Vec::new(),
        provisional_through: None,
        headlines: [
            Metric::TotalCost,
            Metric::AverageCostPerRequest,
            Metric::TotalRequests,
            Metric::ErrorRate,
            Metric::ActiveUsers,
        ]
        .map(pick)
        .to_vec(),
        movers,
        sections: sections(summary),
        charts: charts(),
        budgets: Vec::new(),
        anomalies: Vec::new(),
        alerts: Vec::new(),
        notices: vec![
            Notice {
                source: Some("globant".into()),
                text: "25 October is not available: the platform returned no row for that day. Totals are the platform's own.".into(),
                missing: true,
            },
            Notice {
                source: None,
                text: "Days are UTC days.".into(),
                missing: false,
            },
        ],
        restates: None,
    }
}

/// A window of a month whose members have hard names; each costs `cost` times its place, but those that `leaves` out.
fn window(id: &str, cost: Decimal, leaves: usize) -> Window {
    let measure = |metric, value| Measure {
        metric,
        value: Some(value),
    };
    let members: Vec<Member> = HOSTILE
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != leaves)
        .map(|(place, name)| Member {
            name: (*name).to_owned(),
            measures: vec![
                measure(Metric::TotalCost, cost * Decimal::from(place + 1)),
                measure(Metric::TotalRequests, Decimal::from(10 * place + 3)),
                measure(Metric::TotalTokens, Decimal::from(1_000 * place + 7)),
            ],
        })
        .collect();
    let sum = |metric| {
        let values = members.iter().filter_map(|member| member.figure(metric));
        measure(metric, values.sum())
    };
    let period = Period::parse(id, Calendar::default()).unwrap();
    let figures = vec![
        sum(Metric::TotalCost),
        sum(Metric::TotalRequests),
        sum(Metric::TotalTokens),
    ];
    let per_day = figures[0].value.map(|total| total / Decimal::from(period.days()));
    let split = |dimension: &str| Breakdown {
        dimension: dimension.to_owned(),
        members: members.clone(),
    };
    Window {
        rows: 9,
        daily: vec![Series {
            metric: Metric::TotalCost,
            whole: true,
            points: period.dates().map(|date| (date, per_day)).collect(),
        }],
        rankings: Vec::new(),
        breakdowns: vec![split("project"), split("model")],
        items: Some(split("model and service type")),
        converted: None,
        organization: None,
        daily_by: Vec::new(),
        unrelated: &[],
        figures,
        period,
    }
}

fn brief(report: ReportPlan, period: &Period) -> Brief {
    Brief {
        run_id: "01K8YB2Q".into(),
        job: "sample".into(),
        title: "Sample".into(),
        report,
        revision: 1,
        period: period.clone(),
        timezone: chrono_tz::UTC,
        currency: Currency::USD,
        combine: false,
        reconcile: None,
        budgets: Vec::new(),
        generated_at: "2026-11-02T07:00:04Z".parse().unwrap(),
        anomalies: None,
    }
}

fn dataset(source: &str, windows: Vec<Window>) -> Dataset {
    Dataset {
        source: source.into(),
        platform: "Usage files".into(),
        scope: None,
        currency: Some(Currency::USD),
        zone: None,
        fetched_at: "2026-11-02T07:00:00Z".parse().unwrap(),
        provisional_through: None,
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: Reach::Always,
        windows,
        notices: Vec::new(),
    }
}

fn built(report: ReportPlan, windows: Vec<Window>) -> Report {
    let brief = brief(report, &windows[0].period);
    build(&brief, &[dataset("usage", windows)], &[], None)
}

/// A comparison with two other periods, of members with hard names, each `cost` times its place.
pub(crate) fn comparison(cost: Decimal) -> Report {
    let plan = ReportPlan::Comparison {
        against: vec![Against::PreviousPeriod, Against::SamePeriodLastYear],
        by: None,
    };
    let windows = vec![
        window("2026-10", cost, 2),
        window("2026-09", cost * dec!(0.9), 3),
        window("2025-10", cost / dec!(3), 9),
    ];
    built(plan, windows)
}

/// A trend of four months, one of which is not known.
pub(crate) fn trend() -> Report {
    let mut windows: Vec<Window> = ["2026-10", "2026-09", "2026-08", "2026-07"]
        .iter()
        .zip(1..)
        .map(|(id, place)| window(id, Decimal::new(12_345 * place, 2), 9))
        .collect();
    for figure in &mut windows[2].figures {
        figure.value = None;
    }
    built(
        ReportPlan::Trend {
            periods: 4,
            days: TrendDays::Period,
        },
        windows,
    )
}

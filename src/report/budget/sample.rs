//! The November of the finance definitions: two projects of a source whose days are told from eight weeks before it on.

use crate::config::plan::{BudgetPlan, BudgetScope, BudgetUnit, Phasing, ReportPlan};
use crate::metric::Metric;
use crate::money::Currency;
use crate::period::{Calendar, Period, PeriodRule};
use crate::report::{Brief, Report, build};
use crate::source::dataset::Reach;
use crate::source::organization::{Part, Split};
use crate::source::{Breakdown, Dataset, Measure, Member, Series, Window};
use chrono::{Datelike as _, NaiveDate};
use rust_decimal::{Decimal, dec};

/// What each weekday costs, Monday first.
const WEEK: [Decimal; 7] = [
    dec!(100),
    dec!(110),
    dec!(105),
    dec!(108),
    dec!(120),
    dec!(30),
    dec!(25),
];
/// The projects, with their shares of each day.
const PROJECTS: [(&str, Decimal); 2] = [("Apollo", dec!(0.6)), ("=Boreas", dec!(0.4))];

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// November 2026 up to the 18th.
pub(crate) fn november() -> Period {
    PeriodRule::MonthToDate
        .resolve(day("2026-11-19"), Calendar::default())
        .unwrap()
}

/// A budget of a month, of everything.
pub(crate) fn budget(name: &str, amount: Decimal) -> BudgetPlan {
    BudgetPlan {
        name: name.into(),
        amount,
        per: BudgetUnit::Month,
        reported: BudgetUnit::Month,
        phasing: Phasing::Days,
        currency: Currency::USD,
        rate: None,
        scope: None,
        watch_at: dec!(80),
        over_at: dec!(100),
        calendar: Calendar::default(),
    }
}

/// The same of one project.
pub(crate) fn of_project(project: &str, plan: BudgetPlan) -> BudgetPlan {
    BudgetPlan {
        scope: Some(BudgetScope {
            dimension: "project".into(),
            member: project.into(),
        }),
        ..plan
    }
}

pub(crate) fn brief(period: &Period, budgets: Vec<BudgetPlan>) -> Brief {
    Brief {
        run_id: "01K8YB2Q".into(),
        job: "cloud".into(),
        title: "AI platform: budgets".into(),
        report: ReportPlan::Full,
        revision: 1,
        period: period.clone(),
        timezone: chrono_tz::UTC,
        currency: Currency::USD,
        combine: false,
        reconcile: None,
        anomalies: None,
        budgets,
        generated_at: "2026-11-19T07:00:04Z".parse().unwrap(),
    }
}

/// `period`, with its look back, the days of November at `level` times what its weekday costs.
pub(crate) fn dataset(period: &Period, level: Decimal) -> Dataset {
    let back = period.with_weeks_before(8).unwrap();
    Dataset {
        source: "usage".into(),
        platform: "Usage files".into(),
        scope: None,
        currency: Some(Currency::USD),
        zone: None,
        fetched_at: "2026-11-19T07:00:00Z".parse().unwrap(),
        provisional_through: None,
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: Reach::Always,
        windows: vec![window(period, level), window(&back, level)],
        notices: Vec::new(),
    }
}

fn series(period: &Period, level: Decimal, whole: bool) -> Series {
    let cost = |date: NaiveDate| {
        // Of the complete weeks before November one is a little dear and the next a little cheap: the medians are those of the year.
        let weeks = (date - day("2026-08-31")).num_days().div_euclid(7);
        let level = match date {
            date if date >= day("2026-11-01") => level,
            _ if weeks >= 8 => Decimal::ONE,
            _ if weeks % 2 == 0 => dec!(1.1),
            _ => dec!(0.9),
        };
        WEEK[date.weekday().num_days_from_monday() as usize] * level
    };
    Series {
        metric: Metric::TotalCost,
        whole,
        points: period.dates().map(|date| (date, Some(cost(date)))).collect(),
    }
}

fn window(period: &Period, level: Decimal) -> Window {
    let daily = series(period, level, true);
    let total: Decimal = daily.points.iter().filter_map(|(_, cost)| *cost).sum();
    let measure = |value| Measure {
        metric: Metric::TotalCost,
        value: Some(value),
    };
    let scaled = |share: Decimal| {
        let points = daily.points.iter();
        let points = points.map(|(date, cost)| (*date, cost.map(|cost| cost * share)));
        vec![Series {
            metric: Metric::TotalCost,
            whole: false,
            points: points.collect(),
        }]
    };
    Window {
        period: period.clone(),
        rows: 100,
        figures: vec![measure(total)],
        rankings: Vec::new(),
        breakdowns: vec![Breakdown {
            dimension: "project".into(),
            members: PROJECTS
                .map(|(name, share)| Member {
                    name: name.into(),
                    measures: vec![measure(total * share)],
                })
                .into(),
        }],
        items: None,
        organization: None,
        daily_by: vec![Split {
            dimension: "project".into(),
            within: None,
            members: PROJECTS
                .map(|(name, share)| Part {
                    name: name.into(),
                    others: None,
                    colour: None,
                    series: scaled(share),
                })
                .into(),
        }],
        converted: None,
        unrelated: &[],
        daily: vec![daily],
    }
}

/// The level at which the first 18 days of November cost 13,752.75.
pub(crate) fn level() -> Decimal {
    dec!(13752.75) / dec!(1536)
}

/// The report of `budgets` on November up to the 18th.
pub(crate) fn built(budgets: Vec<BudgetPlan>) -> Report {
    let period = november();
    build(&brief(&period, budgets), &[dataset(&period, level())], &[], None)
}

/// One budget in each state, one of a project that nobody knows, and one of nothing.
pub(crate) fn report() -> Report {
    of_period(&november())
}

fn of_period(period: &Period) -> Report {
    let budgets = vec![
        budget("all", dec!(20_000)),
        of_project("Apollo", budget("apollo", dec!(8_000))),
        of_project("=Boreas", budget("boreas", dec!(12_000))),
        of_project("Gone", budget("gone", dec!(100))),
        of_project("Apollo", budget("none", dec!(0))),
        budget("watched", dec!(25_000)),
    ];
    build(&brief(period, budgets), &[dataset(period, level())], &[], None)
}

/// The same budgets of October, which is over.
pub(crate) fn closed() -> Report {
    of_period(&Period::parse("2026-10", Calendar::default()).unwrap())
}

/// The same budgets on the second day of November, when nothing is forecast yet.
pub(crate) fn early() -> Report {
    let period = PeriodRule::MonthToDate
        .resolve(day("2026-11-03"), Calendar::default())
        .unwrap();
    of_period(&period)
}

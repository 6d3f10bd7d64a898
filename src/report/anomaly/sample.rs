//! A source to test with: eight weeks before October 2026 and October.

use crate::config::plan::{Anomalies, ReportPlan};
use crate::metric::Metric;
use crate::money::Currency;
use crate::period::{Calendar, Period};
use crate::report::sample::HOSTILE;
use crate::report::{Brief, Report, build, needs};
use crate::source::dataset::Reach;
use crate::source::organization::{OTHERS, Part, Split};
use crate::source::{Dataset, Depth, Measure, Series, Window};
use chrono::{Datelike, NaiveDate, Weekday};
use rust_decimal::{Decimal, dec};

/// Each day with its cost.
pub(super) type Costs = Vec<(NaiveDate, Decimal)>;

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn period() -> Period {
    Period::parse("2026-10", Calendar::default()).unwrap()
}

/// The days that a report of October asks for.
pub(super) fn look_back() -> Period {
    let needs = needs(&ReportPlan::Full, &period(), true);
    let mut days = needs.into_iter().filter(|need| need.depth == Depth::Days);
    days.next().unwrap().period
}

/// Weekdays around 130 and weekends around 25, as a company uses its agents.
pub(super) fn october() -> Costs {
    let costs = look_back().dates().zip(0_i64..).map(|(date, at)| {
        let units = if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            24 + at * 5 % 3
        } else {
            126 + at * 7 % 11
        };
        (date, Decimal::from(units))
    });
    costs.collect()
}

fn series(days: &Costs) -> Series {
    Series {
        metric: Metric::TotalCost,
        whole: true,
        points: days.iter().map(|(date, cost)| (*date, Some(*cost))).collect(),
    }
}

/// `days` with what `more` adds to some of them.
fn with(days: &Costs, more: &[(&str, Decimal)]) -> Costs {
    let added = |date: &NaiveDate| {
        let mut more = more.iter();
        more.find(|(day, _)| *day == date.to_string())
            .map_or(Decimal::ZERO, |(_, cost)| *cost)
    };
    days.iter()
        .map(|(date, cost)| (*date, cost + added(date)))
        .collect()
}

/// Members by name with their share of every day in per cent; the first one also has what `more` says.
pub(super) fn split(
    dimension: &str,
    days: &Costs,
    shares: &[(&str, Decimal)],
    more: &[(&str, Decimal)],
) -> Split {
    let members = shares.iter().enumerate().map(|(at, (name, share))| {
        let own: Costs = days
            .iter()
            .map(|(date, cost)| (*date, cost * share / dec!(100)))
            .collect();
        Part {
            name: (*name).to_owned(),
            others: (*name == OTHERS).then_some(3),
            colour: None,
            series: vec![series(&with(&own, if at == 0 { more } else { &[] }))],
        }
    });
    Split {
        dimension: dimension.to_owned(),
        within: None,
        members: members.collect(),
    }
}

/// A source of October with its look back; the total is `days` and what `more` adds.
pub(super) fn dataset(days: &Costs, more: &[(&str, Decimal)], daily_by: Vec<Split>) -> Dataset {
    let total = with(days, more);
    let window = |period: Period, daily_by: Vec<Split>| {
        let own: Costs = total
            .iter()
            .filter(|(date, _)| period.contains(*date))
            .copied()
            .collect();
        Window {
            rows: 10,
            figures: vec![Measure {
                metric: Metric::TotalCost,
                value: Some(own.iter().map(|(_, cost)| cost).sum()),
            }],
            daily: vec![series(&own)],
            rankings: Vec::new(),
            breakdowns: Vec::new(),
            items: None,
            organization: None,
            daily_by,
            converted: None,
            unrelated: &[],
            period,
        }
    };
    Dataset {
        source: "usage".into(),
        platform: "Usage files".into(),
        scope: None,
        currency: Some(Currency::USD),
        zone: None,
        fetched_at: "2026-11-04T07:00:00Z".parse().unwrap(),
        provisional_through: None,
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: Reach::Always,
        windows: vec![window(period(), Vec::new()), window(look_back(), daily_by)],
        notices: Vec::new(),
    }
}

/// What a full report of October is about.
pub(super) fn brief(limits: Anomalies, combine: bool) -> Brief {
    Brief {
        run_id: "01K8YB2Q".into(),
        job: "sample".into(),
        title: "Sample".into(),
        report: ReportPlan::Full,
        revision: 1,
        period: period(),
        timezone: chrono_tz::UTC,
        currency: Currency::USD,
        combine,
        generated_at: "2026-11-04T07:00:04Z".parse().unwrap(),
        reconcile: None,
        budgets: Vec::new(),
        anomalies: Some(limits),
    }
}

/// The full report of October.
pub(super) fn report(datasets: &[Dataset], limits: Anomalies, combine: bool) -> Report {
    build(&brief(limits, combine), datasets, &[], None)
}

/// A report with spikes, a member's own one, a level, and names that break careless programs.
pub(crate) fn hostile() -> Report {
    let days: Costs = october()
        .into_iter()
        .map(|(day, cost)| {
            (
                day,
                if day < date("2026-10-20") {
                    cost
                } else {
                    cost * dec!(2)
                },
            )
        })
        .collect();
    let shares: Vec<(&str, Decimal)> = HOSTILE.iter().map(|name| (*name, dec!(12.5))).collect();
    let more = [("2026-10-07", dec!(480)), ("2026-10-14", dec!(-90))];
    let members = split("model", &days, &shares, &more);
    let total = [
        ("2026-10-07", dec!(480)),
        ("2026-10-14", dec!(-90)),
        ("2026-10-15", dec!(0.005)),
    ];
    report(
        &[dataset(&days, &total, vec![members])],
        Anomalies::default(),
        false,
    )
}

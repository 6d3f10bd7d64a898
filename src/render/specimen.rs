//! A small report with a bit of everything, so that a job's own templates are tried before the first of the month.

use crate::config::plan::ReportKind;
use crate::metric::{Metric, Unit};
use crate::money::Currency;
use crate::report::{
    Chart, ChartForm, Compared, Comparison, Direction, Figure, Notice, Part, PeriodRef, Report, Section,
    Sentence, SourceRef, Status,
};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

fn period(month: u32, days: u32) -> PeriodRef {
    PeriodRef {
        id: format!("2026-{month:02}"),
        start: NaiveDate::from_ymd_opt(2026, month, 1).unwrap_or_default(),
        end: NaiveDate::from_ymd_opt(2026, month, days).unwrap_or_default(),
        timezone: "UTC".into(),
        days,
    }
}

fn figure(metric: Metric, member: Option<(&str, &str)>) -> Figure {
    Figure {
        source: Some("platform".into()),
        metric,
        label: member.map_or(metric.label(), |(_, name)| name).into(),
        dimension: member.map(|(dimension, _)| dimension.into()),
        member: member.map(|(_, name)| name.into()),
        rank: member.filter(|(dimension, _)| *dimension == "agent").map(|_| 1),
        unit: metric.unit(),
        currency: (metric.unit() == Unit::Currency).then_some(Currency::USD),
        value: Some(Decimal::TEN),
        status: Status::Ok,
        comparisons: vec![Comparison {
            comparison: "previous_period".into(),
            base_value: Some(Decimal::TWO),
            change: Some(Decimal::from(8)),
            change_percent: Some(Decimal::from(400)),
            direction: Some(Direction::Up),
        }],
    }
}

fn sentence() -> Sentence {
    Sentence::plain(vec![Part::Text("Spend is ".into()), Part::Percent(Decimal::TEN)])
}

/// The report.
pub(super) fn report() -> Report {
    let cost = figure(Metric::TotalCost, None);
    let agent = figure(Metric::Cost, Some(("agent", "Agent")));
    let section = |key: &str, figures: Vec<Figure>| Section {
        key: key.into(),
        title: key.into(),
        source: Some("platform".into()),
        figures,
    };
    let instant = DateTime::<Utc>::UNIX_EPOCH;
    Report {
        absent: Vec::new(),
        run_id: "00000000-0000-7000-8000-000000000000".into(),
        job: "specimen".into(),
        title: "Specimen".into(),
        kind: ReportKind::Full,
        revision: 2,
        period: period(10, 31),
        compared_with: vec![Compared {
            comparison: "previous_period".into(),
            period: period(9, 30),
        }],
        generated_at: instant,
        currency: Some(Currency::USD),
        sources: vec![SourceRef {
            name: "platform".into(),
            platform: "Platform".into(),
            scope: Some("All".into()),
            zone: "UTC".into(),
            fetched_at: instant,
            untold: Vec::new(),
        }],
        provisional_through: Some(instant),
        answer: vec![sentence()],
        headlines: vec![cost.clone()],
        movers: vec![agent.clone()],
        sections: vec![
            section("summary", vec![cost.clone()]),
            section(
                "daily",
                vec![figure(Metric::TotalCost, Some(("day", "2026-10-01")))],
            ),
            section("top_agents_by_cost", vec![agent]),
            section(
                "by_model",
                vec![figure(Metric::TotalCost, Some(("model", "Model")))],
            ),
        ],
        charts: vec![Chart {
            source: None,
            key: "cost".into(),
            title: "Cost".into(),
            unit: Unit::Currency,
            currency: Some(Currency::USD),
            message: sentence(),
            panel: None,
            form: ChartForm::Bars {
                bars: vec![("Agent".into(), Decimal::TEN)],
                others: None,
            },
        }],
        budgets: Vec::new(),
        anomalies: Vec::new(),
        alerts: Vec::new(),
        notices: vec![Notice {
            source: None,
            text: "Specimen.".into(),
            missing: true,
        }],
        restates: None,
    }
}

//! Closed periods, right to the last digit, whatever the platform means by `month`.

use crate::far::{Account, CANARY, Dispersl, Month, Work};
use crate::spoil::account;
use crate::*;
use reportwire::source::{Progress, TopList};
use rust_decimal::dec;
use std::sync::Mutex;

/// October by the account's own books.
fn october(account: &Account, of: impl Fn(&Work) -> u32) -> Decimal {
    account.sum("2026-10-01", "2026-10-31", |work| of(work).into())
}

#[tokio::test]
async fn a_closed_month_is_right_to_the_last_digit() {
    let account = account();
    let (far, dataset) = of(&account, &full("2026-10")).await;
    let window = &dataset.windows[0];

    assert_eq!(
        (dataset.platform.as_str(), dataset.scope.as_deref()),
        ("Dispersl", None)
    );
    assert_eq!(
        (dataset.zone.as_deref(), dataset.provisional_through),
        (Some("UTC"), None)
    );
    assert_eq!(dataset.currency.unwrap().code(), "USD");
    let cost = account.sum("2026-10-01", "2026-10-31", |work| work.cost);
    assert!(cost.scale() >= 8, "{cost} has digits to lose");
    let tasks = october(&account, |work| work.tasks);
    let completed = october(&account, |work| work.tasks - work.failed);
    let expected = [
        (Metric::TotalRequests, Some(october(&account, |work| work.calls))),
        (Metric::TotalTokens, Some(october(&account, |work| work.tokens))),
        (Metric::ActiveAgents, Some(dec!(3))),
        (Metric::ActiveModels, Some(dec!(2))),
        (Metric::TotalTasks, Some(tasks)),
        (Metric::CompletedTasks, Some(completed)),
        (Metric::FailedTasks, Some(october(&account, |work| work.failed))),
        (
            Metric::TaskSuccessRate,
            Some((completed / tasks * dec!(100)).round_dp(1)),
        ),
        (Metric::TotalSteps, Some(october(&account, |work| work.steps))),
        (Metric::AverageTaskDuration, Some(dec!(9_000_000))),
        (Metric::TotalCost, Some(cost)),
        (Metric::AverageCostPerTask, None),
    ];
    let figures: Vec<_> = window
        .figures
        .iter()
        .map(|figure| (figure.metric, figure.value))
        .collect();
    assert_eq!(figures, expected);

    assert_eq!(
        far.calls("period=year").len(),
        1,
        "the current month is not October"
    );
    assert_eq!(
        far.calls("/usage"),
        ["/v1/analytics/usage?from_date=2026-10-01T00:00:00Z&to_date=2026-10-31T23:59:59Z"]
    );
    assert_eq!(far.calls("").len(), 4);
    for seen in far.platform.seen() {
        assert_eq!(seen.headers["authorization"], format!("Bearer {CANARY}"));
    }
}

#[tokio::test]
async fn days_without_usage_are_unknown_each_and_nothing_in_the_sum() {
    let account = account();
    let (_far, dataset) = of(&account, &full("2026-10")).await;
    let window = &dataset.windows[0];
    for metric in [
        Metric::TotalCost,
        Metric::TotalRequests,
        Metric::TotalTokens,
        Metric::TotalTasks,
    ] {
        let days = days(window, metric);
        let known: Vec<Decimal> = days.iter().copied().flatten().collect();
        assert_eq!((days.len(), known.len()), (31, 27), "four Sundays");
        assert_eq!(
            Some(known.into_iter().sum()),
            window.figure(metric),
            "{}",
            metric.key()
        );
    }
    assert_eq!(window.rows, 27);
    let sundays = "2026-10-04, 2026-10-11, 2026-10-18, 2026-10-25";
    let (cost, missing) = told(&dataset, "No cost rows for");
    assert!(
        cost.contains(&format!("{sundays}: nothing was used then")) && !missing,
        "{cost}"
    );
    let (usage, missing) = told(&dataset, "No usage rows for");
    assert!(
        usage.contains(&format!("{sundays}: nothing was used then")) && !missing,
        "{usage}"
    );
}

#[tokio::test]
async fn where_month_is_that_month_its_costs_are_told_by_agent_and_model() {
    let mut account = account();
    account.month = Month::Previous;
    let (far, dataset) = of(&account, &full("2026-10")).await;
    assert_eq!(far.calls("period=year"), Vec::<String>::new());
    for (dimension, key) in [
        ("agent", (|work| work.agent.clone()) as fn(&Work) -> String),
        ("model", |work| work.model.clone()),
    ] {
        let breakdown = breakdown(&dataset, dimension);
        let members = column(breakdown, Metric::TotalCost);
        assert!(members.is_sorted_by(|a, b| a.1 >= b.1), "{members:?}");
        for (name, cost) in members {
            let books = account.sum("2026-10-01", "2026-10-31", |work| {
                if key(work) == name {
                    work.cost
                } else {
                    Decimal::ZERO
                }
            });
            assert_eq!(cost, Some(books), "{name}");
        }
    }
    assert_eq!(
        metrics(breakdown(&dataset, "agent")),
        [
            Metric::TotalCost,
            Metric::TotalTasks,
            Metric::TotalSteps,
            Metric::TotalTokens,
            Metric::TaskSuccessRate
        ]
    );
    let average = dataset.windows[0].figure(Metric::AverageCostPerTask).unwrap();
    assert_eq!(average.scale(), 2, "as the platform rounds it: {average}");
    assert!(!is_told(&dataset, "not available"), "{:#?}", texts(&dataset));
}

#[tokio::test]
async fn a_month_that_begins_on_a_day_without_usage_is_proven_by_the_year_and_split_by_its_own_window() {
    let mut account = Account::new("2026-01-02", "2026-12-01");
    account.month = Month::Previous;
    // The first of November is a Sunday, so the window of the month shows nothing of where it begins.
    let (far, dataset) = of(&account, &full("2026-11")).await;
    let cost = account.sum("2026-11-01", "2026-11-30", |work| work.cost);
    assert_eq!(dataset.windows[0].figure(Metric::TotalCost), Some(cost));
    assert_eq!(far.calls("period=year").len(), 1);
    for dimension in ["agent", "model"] {
        assert!(metrics(breakdown(&dataset, dimension)).contains(&Metric::TotalCost));
    }
}

#[tokio::test]
async fn costs_of_a_larger_window_are_never_told_by_agent() {
    let account = account();
    let (_far, dataset) = of(&account, &full("2026-10")).await;
    for dimension in ["agent", "model"] {
        let breakdown = breakdown(&dataset, dimension);
        assert!(!metrics(breakdown).contains(&Metric::TotalCost), "{dimension}");
        assert!(metrics(breakdown).contains(&Metric::TotalTokens), "{dimension}");
    }
    let (text, missing) = told(&dataset, "Cost by agent and by model is not available");
    assert!(
        text.contains("for 2026-01-02 to 2026-10-31 as a whole (window `year`)"),
        "{text}"
    );
    assert!(!missing);
    let ranking = &dataset.windows[0].rankings[0];
    assert_eq!(
        (ranking.list, ranking.rows.len()),
        (TopList::TopAgentsByTokens, 3)
    );
}

/// Counts what it is told.
#[derive(Default)]
struct Counted(Mutex<(u64, u64)>);

impl Progress for Counted {
    fn expect(&self, steps: u64) {
        self.0.lock().unwrap().0 += steps;
    }
    fn step(&self) {
        self.0.lock().unwrap().1 += 1;
    }
}

#[tokio::test]
async fn a_comparison_costs_one_more_call() {
    let account = account();
    let far = Dispersl::start(account.clone()).await;
    let (folder, progress) = (tempfile::tempdir().unwrap(), Counted::default());
    let writer = SnapshotWriter::create(folder.path()).unwrap();
    let (needs, clock) = (with_month_before(), clock(&account));
    let plan = plan(&far.base_url);
    dispersl::fetch("agents", &plan, &needs, &writer, &clock, &progress, AT_ONCE)
        .await
        .unwrap();
    assert_eq!(*progress.0.lock().unwrap(), (5, 5));
    assert_eq!(far.calls("").len(), 5);
    let dataset = dispersl::decode("agents", &needs, &writer.finish().unwrap()).unwrap();
    for (window, (first, last)) in dataset
        .windows
        .iter()
        .zip([("2026-10-01", "2026-10-31"), ("2026-09-01", "2026-09-30")])
    {
        assert_eq!(
            window.figure(Metric::TotalCost),
            Some(account.sum(first, last, |work| work.cost))
        );
    }
    let daily: Vec<_> = dataset.windows[1]
        .daily
        .iter()
        .map(|series| series.metric)
        .collect();
    assert_eq!(
        daily,
        [Metric::TotalCost],
        "beside a report stands the daily cost alone"
    );
}

#[tokio::test]
async fn any_closed_range_has_its_own_sum() {
    for month in [Month::Current, Month::Previous, Month::ThirtyDays] {
        for (id, first, last, year) in [
            ("2026-10", "2026-10-01", "2026-10-31", month != Month::Previous),
            ("2026-09", "2026-09-01", "2026-09-30", true),
            ("2026-Q3", "2026-07-01", "2026-09-30", true),
            ("2026-W43", "2026-10-19", "2026-10-25", month == Month::Current),
            ("2026-10-30", "2026-10-30", "2026-10-30", month == Month::Current),
            (
                "2026-10-14..2026-10-16",
                "2026-10-14",
                "2026-10-16",
                month == Month::Current,
            ),
        ] {
            let mut account = account();
            account.month = month;
            let (far, dataset) = of(&account, &full(id)).await;
            assert_eq!(
                dataset.windows[0].figure(Metric::TotalCost),
                Some(account.sum(first, last, |work| work.cost)),
                "{id} where `month` is {month:?}"
            );
            assert_eq!(
                far.calls("period=year").len(),
                usize::from(year),
                "{id} {month:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_running_period_is_provisional_and_lacks_only_what_is_to_come() {
    let account = Account::new("2026-01-02", "2026-10-20");
    let (far, dataset) = of(&account, &full("2026-10")).await;
    let window = &dataset.windows[0];
    assert_eq!(far.calls("period=year").len(), 0, "the current month is October");
    assert_eq!(
        window.figure(Metric::TotalCost),
        Some(account.sum("2026-10-01", "2026-10-19", |work| work.cost))
    );
    assert_eq!(
        dataset.provisional_through.unwrap().to_string(),
        "2026-10-20 07:00:04 UTC"
    );
    assert!(!is_told(&dataset, "2026-10-20"), "{:#?}", texts(&dataset));
    assert!(metrics(breakdown(&dataset, "agent")).contains(&Metric::TotalCost));
}

#[tokio::test]
async fn amounts_in_scientific_notation_lose_nothing() {
    let mut account = account();
    for (work, cost) in account
        .work
        .iter_mut()
        .zip([dec!(0.000000052), dec!(0.0000001), dec!(0.00005)].iter().cycle())
    {
        work.cost = *cost;
    }
    let (_far, dataset) = of(&account, &full("2026-10")).await;
    assert_eq!(
        dataset.windows[0].figure(Metric::TotalCost),
        Some(dec!(0.000050152) * dec!(27)),
        "27 days of three amounts"
    );
}

//! What the platform's documentation leaves open, and what it gets wrong: nothing of it becomes a wrong figure.

use crate::far::{Account, Dispersl, Month, error, number, performance, success};
use crate::platform::Reply;
use crate::*;
use reportwire::source::sdk::json::strict;
use rust_decimal::dec;
use serde_json::{Value, json};

fn account() -> Account {
    Account::new("2026-01-02", "2026-11-02")
}

/// October's cost by the account's own books.
fn october(account: &Account) -> Option<Decimal> {
    Some(account.sum("2026-10-01", "2026-10-31", |work| work.cost))
}

/// What comes of it when these calls are answered so.
async fn with(
    account: &Account,
    scripts: Vec<(&'static str, Value)>,
    needs: &[Need],
) -> Result<Dataset, SourceError> {
    let far = Dispersl::start(account.clone()).await;
    for (part, data) in scripts {
        far.on(part, vec![success(data)]);
    }
    dataset(&plan(&far.base_url), &clock(account), needs).await
}

/// The account's own answer, spoiled.
async fn spoiled(
    account: &Account,
    part: &'static str,
    spoil: impl Fn(&mut Value),
) -> Result<Dataset, SourceError> {
    let data = answer(account, part).await;
    let mut data = data["data"].clone();
    spoil(&mut data);
    with(account, vec![(part, data)], &full("2026-10")).await
}

/// What the account answers to the call of which the target holds `part`.
async fn answer(account: &Account, part: &str) -> Value {
    let far = Dispersl::start(account.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let writer = SnapshotWriter::create(folder.path()).unwrap();
    let plan = plan(&far.base_url);
    dispersl::fetch(
        "agents",
        &plan,
        &full("2026-10"),
        &writer,
        &clock(account),
        &Silent,
        AT_ONCE,
    )
    .await
    .unwrap();
    let snapshot = writer.finish().unwrap();
    let mut answers = snapshot.answers().iter();
    let request = answers.find(|answer| answer.request.contains(part)).unwrap();
    strict(snapshot.text(&request.request).unwrap()).unwrap()
}

#[tokio::test]
async fn where_the_dates_are_ignored_the_days_are_summed_and_the_rest_is_unknown() {
    let mut account = account();
    (account.ignores_dates, account.month) = (true, Month::Current);
    // November's window holds no day of October.
    let (_far, dataset) = of(&account, &full("2026-10")).await;
    let window = &dataset.windows[0];
    let known = |window: &Window| {
        let figures = window.figures.iter().filter(|figure| figure.value.is_some());
        figures.map(|figure| figure.metric).collect::<Vec<_>>()
    };
    assert_eq!(known(window), [Metric::TotalCost], "costs do not depend on usage");
    let (text, missing) = told(
        &dataset,
        "2026-11-01T00:00:00Z to 2026-11-02T23:59:59Z instead of 2026-10-01 to 2026-10-31",
    );
    assert!(
        text.contains("its days do not cover the period either") && missing,
        "{text}"
    );
    assert_eq!(window.breakdowns, []);

    // A window of thirty days holds the last week of October whole.
    account.month = Month::ThirtyDays;
    let (_far, dataset) = of(&account, &full("2026-W43")).await;
    let window = &dataset.windows[0];
    assert_eq!(
        known(window),
        [
            Metric::TotalRequests,
            Metric::TotalTokens,
            Metric::TotalTasks,
            Metric::TotalCost
        ]
    );
    assert_eq!(
        window.figure(Metric::TotalTokens),
        Some(account.sum("2026-10-19", "2026-10-25", |work| work.tokens.into()))
    );
    assert!(told(&dataset, "are the sums of its days").1);
    assert_eq!((window.breakdowns.len(), window.rankings.len()), (0, 0));
    assert!(
        !is_told(&dataset, "outside the period"),
        "other days are expected in another window"
    );
}

#[tokio::test]
async fn an_answer_that_names_no_window_is_not_taken_for_the_right_one() {
    let account = account();
    for (first, last) in [
        (json!(null), json!(null)),
        (json!("2026-10-01T00:00:00Z"), json!(null)),
        (json!("soon"), json!(7)),
    ] {
        let dataset = spoiled(&account, "/usage", |data| {
            (data["from_date"], data["to_date"]) = (first.clone(), last.clone());
        })
        .await
        .unwrap();
        let window = &dataset.windows[0];
        assert_eq!(window.figure(Metric::TotalSteps), None, "{first} {last}");
        assert_eq!(window.breakdowns, []);
        // Rows from the first to the last day show that it holds the period; half a window shows nothing.
        let shown = first.is_null() || first == "soon";
        assert_eq!(
            window.figure(Metric::TotalTasks).is_some(),
            shown,
            "{first} {last}"
        );
    }
}

#[tokio::test]
async fn a_list_of_costs_that_begins_late_makes_no_total() {
    let mut account = Account::new("2026-10-05", "2026-11-02");
    account.month = Month::Previous;
    let (far, dataset) = of(&account, &full("2026-10")).await;
    let window = &dataset.windows[0];
    assert_eq!(window.figure(Metric::TotalCost), None);
    assert!(
        window.figure(Metric::TotalTokens).is_some(),
        "usage is asked for by dates"
    );
    assert_eq!(far.calls("period=year").len(), 1, "the larger window was tried");
    let (text, missing) = told(&dataset, "Total cost is not available");
    assert!(
        text.contains("begin only on 2026-10-05, without 2026-10-01 to 2026-10-04") && missing,
        "{text}"
    );
    assert_eq!(
        days(window, Metric::TotalCost).iter().flatten().count(),
        24,
        "the days that are known stay"
    );
    assert!(!metrics(breakdown(&dataset, "agent")).contains(&Metric::TotalCost));
}

#[tokio::test]
async fn a_list_of_costs_that_ends_early_is_believed_only_where_nothing_was_used() {
    for month in [Month::Previous, Month::ThirtyDays] {
        let mut account = account();
        account.month = month;
        account.costs_until = "2026-10-29".parse().unwrap();
        let (_far, dataset) = of(&account, &full("2026-10")).await;
        assert_eq!(dataset.windows[0].figure(Metric::TotalCost), None, "{month:?}");
        let (text, missing) = told(&dataset, "Total cost is not available");
        assert!(
            text.contains("reach only to 2026-10-29, without 2026-10-30 to 2026-10-31") && missing,
            "{text}"
        );

        // The same list, and a platform that counts nothing on those days.
        let cut = account.costs_until;
        account.work.retain(|work| work.day <= cut);
        let (_far, dataset) = of(&account, &full("2026-10")).await;
        assert_eq!(
            dataset.windows[0].figure(Metric::TotalCost),
            october(&account),
            "{month:?}"
        );
        let (text, missing) = told(&dataset, "no cost rows for");
        assert!(
            text.contains("2026-10-30 to 2026-10-31: nothing was used then") && !missing,
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_day_with_tokens_and_without_a_cost_makes_no_total() {
    let mut account = account();
    account.month = Month::Previous;
    let without = |day: &'static str| {
        move |data: &mut Value| {
            let rows = data["daily_costs"].as_array_mut().unwrap();
            rows.retain(|row| row["date"] != day);
        }
    };
    let dataset = spoiled(&account, "costs?period=month", without("2026-10-14"))
        .await
        .unwrap();
    assert_eq!(dataset.windows[0].figure(Metric::TotalCost), None);
    assert!(told(&dataset, "tokens are counted on 2026-10-14, and no cost").1);
    let dataset = spoiled(&account, "costs?period=month", |data| {
        data["daily_costs"][3]["cost"] = Value::Null
    })
    .await
    .unwrap();
    assert_eq!(dataset.windows[0].figure(Metric::TotalCost), None);
    assert!(told(&dataset, "the cost of 2026-10-05 cannot be read").1);
}

#[tokio::test]
async fn zeros_of_days_that_are_no_longer_kept_are_not_believed() {
    let mut account = account();
    (account.keeps, account.leaves_idle_days_out) = (Some(30), false);
    let far = Dispersl::start(account.clone()).await;
    let mut plan = plan(&far.base_url);
    plan.tier = Some(Tier::Free);
    let kept = dataset(&plan, &clock(&account), &with_month_before())
        .await
        .unwrap();
    for window in &kept.windows {
        for figure in &window.figures {
            assert_eq!(
                figure.value,
                None,
                "{} of {}",
                figure.metric.key(),
                window.period.id()
            );
        }
        assert_eq!((window.breakdowns.len(), window.rankings.len()), (0, 0));
    }
    let cost = days(&kept.windows[0], Metric::TotalCost);
    assert!(
        cost[..3].iter().all(Option::is_none) && cost[3..].iter().all(Option::is_some),
        "{cost:?}"
    );
    assert_eq!(kept.windows[1].rows, 0);
    for period in ["2026-10", "2026-09"] {
        let (text, missing) = told(&kept, &format!("{period}: not retained"));
        assert!(
            text.contains("The tier `free` keeps whole days since 2026-10-04 only") && missing,
            "{text}"
        );
    }
    // A week that is kept whole is as good as ever.
    let week = dataset(&plan, &clock(&account), &full("2026-W43")).await.unwrap();
    let books = account.sum("2026-10-19", "2026-10-25", |work| work.cost);
    assert_eq!(week.windows[0].figure(Metric::TotalCost), Some(books));
    assert!(!is_told(&week, "not retained"));

    // Nobody knows the tier: the figures stand, and the reader is told what they may be.
    plan.tier = None;
    let unknown = dataset(&plan, &clock(&account), &with_month_before())
        .await
        .unwrap();
    let (text, missing) = told(&unknown, "30, 90 or 365 days");
    assert!(
        text.contains("For 2026-09 it answered no usage at all") && !missing,
        "{text}"
    );
    let week = dataset(&plan, &clock(&account), &full("2026-W43")).await.unwrap();
    assert!(!is_told(&week, "30, 90 or 365 days"), "young enough for any tier");
}

#[tokio::test]
async fn rounded_parts_are_tied_out_to_the_cent() {
    let mut account = account();
    (account.month, account.cost_decimals) = (Month::Previous, Some(2));
    let (_far, dataset) = of(&account, &full("2026-10")).await;
    let window = &dataset.windows[0];
    let sum: Decimal = days(window, Metric::TotalCost).into_iter().flatten().sum();
    assert_eq!(
        window.figure(Metric::TotalCost),
        Some(sum),
        "the sum of the rounded days"
    );
    assert_ne!(Some(sum), october(&account), "which is not what it exactly cost");
    let (text, missing) = told(&dataset, "the daily costs add up to");
    assert!(
        text.contains(", as much as rounding explains; the report shows the sum of the days") && !missing,
        "{text}"
    );

    for (total, by_agent) in [
        ("1000.00", "more than rounding explains"),
        ("0.00", "and no cost by agent or model"),
    ] {
        let dataset = spoiled(&account, "costs?period=month", |data| {
            data["total_cost"] = number(total.parse().unwrap());
        })
        .await
        .unwrap();
        assert!(told(&dataset, by_agent).1);
        assert_eq!(dataset.windows[0].figure(Metric::TotalCost), Some(sum));
        assert!(!metrics(breakdown(&dataset, "agent")).contains(&Metric::TotalCost));
    }
}

#[tokio::test]
async fn what_members_leave_is_nobodys_and_what_exceeds_the_total_is_left_out() {
    let mut account = account();
    account.month = Month::Previous;
    let cost = october(&account).unwrap();
    let less = spoiled(&account, "costs?period=month", |data| {
        data["cost_by_agent"] =
            json!({"code_agent": {"cost": 1.25}, "(unattributed)": {"cost": 0.5}, "": {"cost": 0.25}});
    })
    .await
    .unwrap();
    let members = column(breakdown(&less, "agent"), Metric::TotalCost);
    assert_eq!(members[0], ("(unattributed)", Some(cost - dec!(2))));
    for member in [
        ("(unattributed) as a name", Some(dec!(0.5))),
        ("(no name)", Some(dec!(0.25))),
    ] {
        assert!(members.contains(&member), "{members:?}");
    }
    let unknown = members.iter().filter(|(_, cost)| cost.is_none()).count();
    assert_eq!(
        unknown, 2,
        "agents that the costs do not name have no cost of zero"
    );
    assert!(!told(&less, "the difference is shown as (unattributed)").1);

    let more = spoiled(&account, "costs?period=month", |data| {
        data["cost_by_model"]["x/y"] = json!({"cost": 0.01})
    })
    .await
    .unwrap();
    assert!(!metrics(breakdown(&more, "model")).contains(&Metric::TotalCost));
    assert!(
        told(&more, "Total cost by model adds up to")
            .0
            .contains("0.01 more than the total; it is left out")
    );
    let tasks = spoiled(&account, "/usage", |data| {
        data["by_model"]["openai/gpt"]["tasks"] = json!(100_000)
    })
    .await
    .unwrap();
    assert!(!metrics(breakdown(&tasks, "model")).contains(&Metric::TotalTasks));
    assert!(
        metrics(breakdown(&tasks, "model")).contains(&Metric::TotalTokens),
        "tokens still add up"
    );
}

#[tokio::test]
async fn names_are_shown_as_they_are() {
    let account = account();
    let (_far, dataset) = of(&account, &full("2026-10")).await;
    let names: Vec<&str> = column(breakdown(&dataset, "agent"), Metric::TotalTokens)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for agent in account.work[..3].iter().map(|work| work.agent.as_str()) {
        assert!(names.contains(&agent), "{agent:?}: {names:?}");
    }
    for text in texts(&dataset) {
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

#[tokio::test]
async fn currencies_are_as_answered_and_never_mixed() {
    let account = account();
    let far = Dispersl::start(account.clone()).await;
    let mut plan = plan(&far.base_url);
    plan.currency = BilledIn::Eur;
    let euros = dataset(&plan, &clock(&account), &full("2026-10")).await.unwrap();
    assert_eq!(euros.currency.unwrap().code(), "EUR");
    assert!(
        far.calls("/costs")
            .iter()
            .all(|call| call.ends_with("&currency=EUR"))
    );
    assert!(
        told(&euros, "exchange rates, whose dates it does not state")
            .0
            .contains("EUR")
    );

    let answered = async |currency: Value| {
        let data = answer(&account, "costs?period=year").await["data"].clone();
        let mut data = data;
        data["currency"] = currency.clone();
        let month = json!({"currency": currency, "daily_costs": []});
        let scripts = vec![("period=year", data), ("costs?period=month", month)];
        with(&account, scripts, &full("2026-10")).await
    };
    for (currency, code, words) in [
        (
            json!("GBP"),
            "GBP",
            "asked for in USD, and the platform answered in GBP",
        ),
        (json!("usd"), "USD", ""),
        (json!(null), "USD", "does not state the currency"),
    ] {
        let dataset = answered(currency).await.unwrap();
        assert_eq!(dataset.currency.unwrap().code(), code);
        assert_eq!(dataset.windows[0].figure(Metric::TotalCost), october(&account));
        assert!(
            words.is_empty() || is_told(&dataset, words),
            "{:#?}",
            texts(&dataset)
        );
    }
    let error = answered(json!("credits")).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`CREDITS` is not an ISO 4217 currency"),
        "{error}"
    );
    let mixed = json!({"currency": "EUR", "daily_costs": []});
    let error = with(&account, vec![("costs?period=month", mixed)], &full("2026-10"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, SourceError::Contradiction { .. })
            && error.to_string().contains("costs in EUR and in USD"),
        "{error}"
    );
}

#[tokio::test]
async fn performance_is_told_as_the_platforms_own_and_its_trends_are_checked() {
    let (_far, dataset) = of(&account(), &full("2026-10")).await;
    let (text, missing) = told(
        &dataset,
        "In the platform's own window `month`, of which it does not say the days",
    );
    assert!(!missing);
    for words in [
        "Task completion rate 93.3 %, before 91.2 %, which is a change of 2.1 points",
        "Average task duration 2h 30m, before 2h 45m, which is a change of -15m",
        "Token efficiency 2.78, before 3.12 tokens_per_minute (value and unit as the platform gives them)",
        "Error rate 6.7 %, before 8.8 %, which is a change of -2.1 points",
    ] {
        assert!(text.contains(words), "{text}");
    }
    told(
        &dataset,
        "Token efficiency: the platform's trend says up (0.34), its figures say down (2.78 after 3.12).",
    );
    told(
        &dataset,
        "by agent: `=HYPERLINK(\"http://evil.example\")` 80.5 % of tasks; `code_agent` 45m, 95.0 % of tasks, efficiency 2.5.",
    );

    let said = async |spoil: &dyn Fn(&mut Value)| {
        let mut data = performance();
        spoil(&mut data["metrics"]);
        with(&account(), vec![("/performance", data)], &full("2026-10"))
            .await
            .unwrap()
    };
    let duration = said(&|metrics| metrics["average_task_duration"]["trend"] = json!("up")).await;
    told(
        &duration,
        "Average task duration: the platform's trend says up (-15m), its figures say down (2h 30m after 2h 45m).",
    );
    let change = said(&|metrics| metrics["error_rate"]["change"] = json!(-3)).await;
    told(
        &change,
        "Error rate: the platform's trend says down (-3), its figures say down",
    );
    let third = said(&|metrics| {
        metrics["error_rate"] = json!({"current": 5, "previous": 5, "trend": "stable", "change": 0});
        metrics["average_task_duration"] =
            json!({"current": "about two hours", "previous": null, "trend": "up"});
    })
    .await;
    assert!(
        !is_told(&third, "Error rate: ") && !is_told(&third, "duration: "),
        "{:#?}",
        texts(&third)
    );
    assert!(
        is_told(&third, "Average task duration about two hours;"),
        "{:#?}",
        texts(&third)
    );
    let nothing = said(&|metrics| *metrics = Value::Null).await;
    assert!(told(&nothing, "tells nothing that can be read").1);
}

#[tokio::test]
async fn durations_that_nobody_can_read_stay_words() {
    for (sent, ms) in [
        (json!("45m"), Some(dec!(2_700_000))),
        (json!("1d 30s"), Some(dec!(86_430_000))),
        (json!("about two hours\n"), None),
        (json!(null), None),
        (json!(9000), None),
    ] {
        let dataset = spoiled(&account(), "/usage", |data| {
            data["summary"]["average_task_duration"] = sent.clone();
        })
        .await
        .unwrap();
        assert_eq!(
            dataset.windows[0].figure(Metric::AverageTaskDuration),
            ms,
            "{sent}"
        );
        assert_eq!(
            is_told(&dataset, "average_task_duration") || is_told(&dataset, "words it `about two hours `"),
            ms.is_none()
        );
    }
}

#[tokio::test]
async fn contradictions_stop_the_report() {
    let mut account = account();
    account.month = Month::Previous;
    let cases: [(&'static str, fn(&mut Value), &str); 5] = [
        (
            "/usage",
            |data| data["summary"]["total_tasks"] = json!(-1),
            "cannot be negative",
        ),
        (
            "/usage",
            |data| data["by_agent"]["code_agent"]["tokens"] = json!(-1),
            "cannot be negative",
        ),
        (
            "/usage",
            |data| data["daily_breakdown"][0]["api_calls"] = json!(-1),
            "cannot be negative",
        ),
        (
            "/usage",
            |data| {
                let again = json!({"date": "2026-10-01", "tasks": 1, "tokens": 1, "api_calls": 1});
                data["daily_breakdown"].as_array_mut().unwrap().push(again);
            },
            "/analytics/usage answered two different rows for 2026-10-01",
        ),
        (
            "costs?period=month",
            |data| {
                let again = json!({"date": "2026-10-01", "cost": 1, "tokens": 1});
                data["daily_costs"].as_array_mut().unwrap().push(again);
            },
            "/analytics/costs answered two different rows for 2026-10-01",
        ),
    ];
    for (part, spoil, words) in cases {
        let error = spoiled(&account, part, spoil).await.unwrap_err();
        assert!(
            matches!(error, SourceError::Contradiction { .. }) && error.to_string().contains(words),
            "{error}"
        );
    }
    let twice = spoiled(&account, "costs?period=month", |data| {
        let rows = data["daily_costs"].as_array_mut().unwrap();
        rows.push(rows[0].clone());
    })
    .await
    .unwrap();
    assert_eq!(
        twice.windows[0].figure(Metric::TotalCost),
        october(&account),
        "the same row counts once"
    );
    assert!(is_told(
        &twice,
        "the same row twice, which counts once: 2026-10-01"
    ));
    let credit = spoiled(&account, "costs?period=month", |data| {
        data["daily_costs"][0]["cost"] = json!(-100)
    })
    .await;
    let cost = credit.unwrap().windows[0].figure(Metric::TotalCost).unwrap();
    assert!(cost.is_sign_negative(), "a credit is no contradiction: {cost}");
}

#[tokio::test]
async fn sums_that_disagree_are_told_with_both_numbers() {
    let account = account();
    let more = spoiled(&account, "/usage", |data| {
        data["summary"]["failed_tasks"] = json!(90_000)
    })
    .await
    .unwrap();
    assert!(
        is_told(&more, "90000 failed tasks are more than the"),
        "{:#?}",
        texts(&more)
    );
    let other = spoiled(&account, "/usage", |data| {
        data["summary"]["total_tokens"] = json!(5_000_000)
    })
    .await
    .unwrap();
    assert!(
        is_told(&other, "tokens, the usage counts 5000000"),
        "{:#?}",
        texts(&other)
    );
    assert!(
        told(&other, "no usage rows for").1,
        "days without rows are then not proven idle"
    );
    let outside = spoiled(&account, "/usage", |data| {
        let row = json!({"date": "2026-11-01", "tasks": 1, "tokens": 1, "api_calls": 1});
        data["daily_breakdown"].as_array_mut().unwrap().push(row);
    })
    .await
    .unwrap();
    assert!(is_told(
        &outside,
        "rows outside the period, which are ignored: 2026-11-01"
    ));
}

#[tokio::test]
async fn nothing_at_all_is_unknown_and_never_zero() {
    let account = account();
    for data in [
        Value::Null,
        json!({}),
        json!({"summary": null, "daily_costs": null, "by_agent": null, "metrics": null}),
    ] {
        let scripts = vec![
            ("/usage", data.clone()),
            ("/performance", data.clone()),
            ("/costs", data.clone()),
        ];
        let dataset = with(&account, scripts, &with_month_before()).await.unwrap();
        for window in &dataset.windows {
            assert!(
                window.figures.iter().all(|figure| figure.value.is_none()),
                "{data}"
            );
            assert_eq!(
                (window.rows, window.breakdowns.len(), window.rankings.len()),
                (0, 0, 0)
            );
        }
        assert!(
            told(
                &dataset,
                "2026-10: Total cost is not available: the platform sent no daily costs at all"
            )
            .1
        );
    }
}

/// Replaces the `at`th value below `value`, counted from the top, and says whether there was one.
fn replace(value: &mut Value, at: &mut usize, with: &Value) -> bool {
    let children: Vec<&mut Value> = match value {
        Value::Object(object) => object.values_mut().collect(),
        Value::Array(list) => list.iter_mut().take(2).collect(),
        _ => return false,
    };
    for child in children {
        if *at == 0 {
            *child = with.clone();
            return true;
        }
        *at -= 1;
        if replace(child, at, with) {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn rubbish_in_any_field_makes_no_figure_wrong() {
    let mut account = account();
    account.month = Month::Previous;
    let far = Dispersl::start(account.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let needs = full("2026-10");
    let writer = SnapshotWriter::create(folder.path()).unwrap();
    let plan = plan(&far.base_url);
    dispersl::fetch(
        "agents",
        &plan,
        &needs,
        &writer,
        &clock(&account),
        &Silent,
        AT_ONCE,
    )
    .await
    .unwrap();
    let good = writer.finish().unwrap();
    let right = dispersl::decode("agents", &needs, &good).unwrap();
    let rubbish = [
        "null",
        "[]",
        "{}",
        "\"\"",
        "true",
        "[null]",
        "[{}]",
        "\"x\"",
        "1e999",
        "\"1e-99\"",
        "{\"x\":7}",
    ];
    let mut spoiled = 0;
    for spoil in good
        .answers()
        .iter()
        .filter(|answer| answer.request.starts_with("GET"))
    {
        for value in rubbish {
            for position in 0.. {
                let mut body = strict(good.text(&spoil.request).unwrap()).unwrap();
                let with = serde_json::from_str(value).unwrap();
                let mut at = position;
                if !replace(body.pointer_mut("/data").unwrap(), &mut at, &with) {
                    break;
                }
                spoiled += 1;
                let writer = SnapshotWriter::create(folder.path()).unwrap();
                for answer in good.answers() {
                    let text = good.text(&answer.request).unwrap().to_owned();
                    let text = if answer.request == spoil.request {
                        body.to_string()
                    } else {
                        text
                    };
                    writer.keep_text(&answer.request, text, answer.fetched_at);
                }
                let Ok(dataset) = dispersl::decode("agents", &needs, &writer.finish().unwrap()) else {
                    continue;
                };
                let window = &dataset.windows[0];
                adds_up(window);
                for (figure, right) in window.figures.iter().zip(&right.windows[0].figures) {
                    assert!(
                        figure.value.is_none_or(|value| Some(value) == right.value),
                        "{value} at {position} of {}: {} is {:?}",
                        spoil.request,
                        figure.metric.key(),
                        figure.value
                    );
                }
            }
        }
    }
    assert!(spoiled > 500, "{spoiled}");
}

#[tokio::test]
async fn a_stored_answer_that_is_none_is_refused() {
    let account = account();
    let folder = tempfile::tempdir().unwrap();
    let far = Dispersl::start(account.clone()).await;
    let (plan, needs) = (plan(&far.base_url), full("2026-10"));
    let writer = SnapshotWriter::create(folder.path()).unwrap();
    dispersl::fetch(
        "agents",
        &plan,
        &needs,
        &writer,
        &clock(&account),
        &Silent,
        AT_ONCE,
    )
    .await
    .unwrap();
    let good = writer.finish().unwrap();
    for spoil in good.answers() {
        let Reply::Send { body: refused, .. } = error(200, "Internal error") else {
            panic!("an answer")
        };
        for body in [
            Some("{"),
            Some("{\"a\":1,\"a\":1}"),
            Some(std::str::from_utf8(&refused).unwrap()),
            None,
        ] {
            let writer = SnapshotWriter::create(folder.path()).unwrap();
            for answer in good.answers() {
                let text = good.text(&answer.request).unwrap();
                let spoiled = answer.request == spoil.request;
                let text = if spoiled { body } else { Some(text) };
                if let Some(text) = text {
                    writer.keep_text(&answer.request, text.to_owned(), answer.fetched_at);
                }
            }
            let decoded = dispersl::decode("agents", &needs, &writer.finish().unwrap());
            // Without the larger window the smaller one is all there is.
            if body.is_none() && spoil.request.contains("period=year") {
                assert_eq!(decoded.unwrap().windows[0].figure(Metric::TotalCost), None);
            } else {
                let error = decoded.unwrap_err();
                assert!(matches!(error, SourceError::Contradiction { .. }), "{error}");
            }
        }
    }
}

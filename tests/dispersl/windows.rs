//! Windows that are not the one that was asked for, begin late, end early, or are no longer kept.

use crate::far::{Account, Dispersl, Month};
use crate::spoil::{account, october, spoiled};
use crate::*;
use serde_json::{Value, json};

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
async fn days_without_rows_leave_a_sum_of_days_unknown_unless_all_days_make_the_platforms_own_total() {
    let account = account();
    let wider = |data: &mut Value| {
        data["from_date"] = json!("2026-09-27T00:00:00Z");
        data["to_date"] = json!("2026-11-01T23:59:59Z");
    };
    let sums = [Metric::TotalRequests, Metric::TotalTokens, Metric::TotalTasks];
    let proven = spoiled(&account, "/usage", wider).await.unwrap();
    assert!(told(&proven, "are the sums of its days").1);
    assert!(is_told(&proven, "nothing was used then, since the other days"));
    assert!(
        sums.iter()
            .all(|metric| proven.windows[0].figure(*metric).is_some())
    );
    let partial = spoiled(&account, "/usage", |data| {
        wider(data);
        data["summary"]["total_tokens"] = json!(5_000_000);
    })
    .await
    .unwrap();
    for metric in sums {
        assert_eq!(partial.windows[0].figure(metric), None, "{}", metric.key());
        assert_eq!(days(&partial.windows[0], metric).iter().flatten().count(), 27);
    }
    let (text, missing) = told(&partial, "No usage rows for");
    assert!(
        text.contains("neither are the totals of the period") && missing,
        "{text}"
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
            Some(october(&account)),
            "{month:?}"
        );
        let (text, missing) = told(&dataset, "No cost rows for");
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
        data["daily_costs"][3]["cost"] = Value::Null;
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
        let (text, missing) = told(&kept, &format!("{period}: Not retained"));
        assert!(
            text.contains("The tier `free` keeps whole days since 2026-10-04 only") && missing,
            "{text}"
        );
    }
    // A week that is kept whole is as good as ever.
    let week = dataset(&plan, &clock(&account), &full("2026-W43")).await.unwrap();
    let books = account.sum("2026-10-19", "2026-10-25", |work| work.cost);
    assert_eq!(week.windows[0].figure(Metric::TotalCost), Some(books));
    assert!(!is_told(&week, "Not retained"));

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
async fn days_that_are_only_looked_back_on_are_not_spoken_of() {
    let mut account = Account::new("2026-01-02", "2026-11-23");
    (account.keeps, account.leaves_idle_days_out) = (Some(30), false);
    let far = Dispersl::start(account.clone()).await;
    let alone = vec![need("2026-11-01..2026-11-22", Depth::Full)];
    let looking_back = [alone.clone(), vec![need("2026-08-31..2026-11-22", Depth::Days)]].concat();
    for tier in [Some(Tier::Free), None] {
        let mut plan = plan(&far.base_url);
        plan.tier = tier;
        let whole = dataset(&plan, &clock(&account), &alone).await.unwrap();
        let both = dataset(&plan, &clock(&account), &looking_back).await.unwrap();
        assert_eq!(both.notices, whole.notices, "{tier:?}");
        assert_eq!(both.windows[0], whole.windows[0], "{tier:?}");
        assert!(whole.notices.iter().all(|notice| !notice.missing), "{tier:?}");
        let cost = days(&both.windows[1], Metric::TotalCost);
        assert_eq!(cost[0].is_some(), tier.is_none(), "what is not kept is no zero");
        assert_eq!(cost.last(), days(&whole.windows[0], Metric::TotalCost).last());
    }
    // An answer about other days spoils the look back alone.
    let usage = crate::spoil::answer(&account, "/usage").await;
    far.on("from_date=2026-08-31", vec![crate::far::success(&usage)]);
    let plan = plan(&far.base_url);
    let whole = dataset(&plan, &clock(&account), &alone).await.unwrap();
    let both = dataset(&plan, &clock(&account), &looking_back).await.unwrap();
    assert_eq!(both.notices, whole.notices);
}

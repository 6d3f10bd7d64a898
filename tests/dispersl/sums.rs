//! Parts, totals and currencies that do not agree.

use crate::far::{Dispersl, Month, number};
use crate::spoil::{Spoil, account, answer, october, scripted, spoiled};
use crate::*;
use rust_decimal::dec;
use serde_json::{Value, json};

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
    assert_ne!(sum, october(&account), "which is not what it exactly cost");
    let (text, missing) = told(&dataset, "The daily costs add up to");
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
    let cost = october(&account);
    let less = spoiled(&account, "costs?period=month", |data| {
        data["cost_by_agent"] =
            json!({"code_agent": {"cost": 1.25}, "(unattributed)": {"cost": 0.5}, "": {"cost": 0.125}, "(no name)": {"cost": 0.125}});
    })
    .await
    .unwrap();
    let members = column(breakdown(&less, "agent"), Metric::TotalCost);
    assert_eq!(members[0], ("(unattributed)", Some(cost - dec!(2))));
    for member in [
        ("(unattributed) as a name", Some(dec!(0.5))),
        ("(no name)'", Some(dec!(0.125))),
        ("(no name)", Some(dec!(0.125))),
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
        data["cost_by_model"]["x/y"] = json!({"cost": 0.01});
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
        data["by_model"]["openai/gpt"]["tasks"] = json!(100_000);
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
        let mut data = answer(&account, "costs?period=year").await;
        data["currency"] = currency.clone();
        let month = json!({"currency": currency, "daily_costs": []});
        let scripts = vec![("period=year", data), ("costs?period=month", month)];
        scripted(&account, &scripts, &full("2026-10")).await
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
        assert_eq!(
            dataset.windows[0].figure(Metric::TotalCost),
            Some(october(&account))
        );
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
    let error = scripted(&account, &[("costs?period=month", mixed)], &full("2026-10"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, SourceError::Contradiction { .. })
            && error.to_string().contains("costs in EUR and in USD"),
        "{error}"
    );
}

#[tokio::test]
async fn contradictions_stop_the_report() {
    let mut account = account();
    account.month = Month::Previous;
    let cases: [(&'static str, Spoil, &str); 5] = [
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
        Some(october(&account)),
        "the same row counts once"
    );
    assert!(is_told(
        &twice,
        "the same row twice, which counts once: 2026-10-01"
    ));
    let credit = spoiled(&account, "costs?period=month", |data| {
        data["daily_costs"][0]["cost"] = json!(-100);
    })
    .await;
    let cost = credit.unwrap().windows[0].figure(Metric::TotalCost).unwrap();
    assert!(cost.is_sign_negative(), "a credit is no contradiction: {cost}");
}

#[tokio::test]
async fn sums_that_disagree_are_told_with_both_numbers() {
    let account = account();
    let more = spoiled(&account, "/usage", |data| {
        data["summary"]["failed_tasks"] = json!(90_000);
    })
    .await
    .unwrap();
    assert!(
        is_told(&more, "90000 failed tasks are more than the"),
        "{:#?}",
        texts(&more)
    );
    let other = spoiled(&account, "/usage", |data| {
        data["summary"]["total_tokens"] = json!(5_000_000);
    })
    .await
    .unwrap();
    assert!(
        is_told(&other, "tokens, the usage counts 5000000"),
        "{:#?}",
        texts(&other)
    );
    let (text, missing) = told(&other, "No usage rows for");
    assert!(missing, "days without rows are then not proven idle");
    assert!(
        text.contains("The totals of the period are the platform's own"),
        "{text}"
    );
    assert_eq!(
        other.windows[0].figure(Metric::TotalTokens),
        Some(Decimal::from(5_000_000))
    );
    let mut thirty_days = account.clone();
    thirty_days.month = Month::ThirtyDays;
    let other = spoiled(&thirty_days, "costs?period=month", |data| {
        data["daily_costs"][1]["cost"] = json!(0.5);
    })
    .await
    .unwrap();
    assert_eq!(
        other.windows[0].figure(Metric::TotalCost),
        Some(october(&account))
    );
    let (text, _) = told(&other, "have different costs for 2026-10-06;");
    assert!(
        text.contains("windows `month` and `year`") && text.contains("shows those of `year`"),
        "{text}"
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
async fn a_report_of_an_organization_is_told_what_any_report_of_the_period_is() {
    let mut account = account();
    (account.month, account.cost_decimals) = (Month::Previous, Some(2));
    let mut costs = answer(&account, "costs?period=month").await;
    (costs["total_cost"], costs["cost_by_agent"]) = (json!(1000), json!({"code_agent": {"cost": 5000}}));
    let mut usage = answer(&account, "/usage").await;
    usage["daily_breakdown"].as_array_mut().unwrap().remove(3);
    usage["by_agent"]["code_agent"]["tokens"] = json!(99_000_000);
    for scripts in [vec![("costs?period=month", costs)], vec![("/usage", usage)]] {
        let full = scripted(&account, &scripts, &full("2026-10")).await.unwrap();
        let organization = vec![need("2026-10", Depth::Organization)];
        let organization = scripted(&account, &scripts, &organization).await.unwrap();
        assert_eq!(organization.windows, full.windows);
        let mut told = organization.notices.iter();
        assert!(told.any(|notice| notice.missing), "{:#?}", texts(&organization));
        // Only what the platform says of its own window has no place in it.
        let own = |text: &&str| {
            !organization
                .notices
                .iter()
                .any(|notice| notice.text.as_str() == *text)
        };
        let lacking: Vec<&str> = texts(&full).into_iter().filter(own).collect();
        assert!(!lacking.is_empty());
        let of_window = |text: &&str| text.contains("window") || text.contains("Token efficiency");
        assert!(lacking.iter().all(of_window), "{lacking:#?}");
    }
}

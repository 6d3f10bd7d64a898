//! What the platform says in words: names, durations, and how tasks went in a window of its own.

use crate::far::performance;
use crate::spoil::{account, scripted, spoiled};
use crate::*;
use rust_decimal::dec;
use serde_json::{Value, json};

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
        scripted(&account(), &[("/performance", data)], &full("2026-10"))
            .await
            .unwrap()
    };
    let duration = said(&|metrics| metrics["average_task_duration"]["trend"] = json!("up")).await;
    told(
        &duration,
        "Average task duration: the platform's trend says up (-15m), its figures say down (2h 30m after 2h 45m).",
    );
    let silent = said(&|metrics| {
        metrics["error_rate"]["current"] = json!(null);
        metrics.as_object_mut().unwrap().remove("token_efficiency");
    })
    .await;
    let (text, missing) = told(&silent, "Of the same window it does not tell");
    assert!(
        text.ends_with(": Token efficiency, Error rate.") && !missing,
        "{text}"
    );
    let change = said(&|metrics| metrics["error_rate"]["change"] = json!(-3)).await;
    told(
        &change,
        "Error rate: the platform's trend says down (-3), its figures say down",
    );
    let rounded = said(&|metrics| metrics["error_rate"]["change"] = json!(-2.2)).await;
    assert!(
        !is_told(&rounded, "Error rate: "),
        "each value is rounded on its own"
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

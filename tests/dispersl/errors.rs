//! Errors and limits: what may pass is tried again, what will not fails at once, and the tier is kept to.

use crate::far::{Account, Dispersl, error, success};
use crate::platform::Reply;
use crate::*;
use reportwire::source::Recourse;
use reportwire::source::dispersl::{Days, DisperslClient, Word};
use rust_decimal::dec;
use serde_json::json;

fn account() -> Account {
    Account::new("2026-09-01", "2026-11-02")
}

/// The longest wait for the tier that a test has the patience for.
const BRIEFLY: Pace = Pace {
    base: Duration::from_micros(10),
    ceiling: Duration::from_millis(2),
};

/// What becomes of a report when usage is answered so, and how often it was asked.
async fn with(replies: Vec<Reply>) -> (usize, Result<Dataset, SourceError>) {
    let far = Dispersl::start(account()).await;
    far.on("/usage", replies);
    let dataset = dataset(&plan(&far.base_url), &clock(&account()), &full("2026-10")).await;
    (far.calls("/usage").len(), dataset)
}

fn good() -> Reply {
    success(&json!({"from_date": "2026-10-01", "to_date": "2026-10-31", "summary": {"total_tasks": 7}}))
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let busy = |after: &str| Reply::status(429, "Too many requests").with("Retry-After", after);
    let body = br#"{"status":"success","data":{"summary":{"total_tasks":8}}}"#.to_vec();
    let cut = Reply::Cut { body, after: 30 };
    for script in [
        vec![Reply::status(429, ""), good()],
        vec![busy("1"), good()],
        vec![busy("Mon, 02 Nov 2026 07:04:00 GMT"), good()],
        vec![busy("when it suits"), good()],
        vec![
            error(500, "Internal error"),
            Reply::status(502, "<html>"),
            Reply::status(503, "busy"),
            good(),
        ],
        vec![Reply::status(408, ""), good()],
        vec![cut.clone(), cut, good()],
        vec![Reply::HangUp, good()],
        vec![Reply::json(r#"{"status":"success","da"#), good()],
        vec![error(200, "Rate limit exceeded"), good()],
        vec![error(200, "Internal error"), good()],
    ] {
        let (tries, label) = (script.len(), format!("{script:?}"));
        let (calls, dataset) = with(script).await;
        let dataset = dataset.unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!(
            dataset.windows[0].figure(Metric::TotalTasks),
            Some(dec!(7)),
            "{label}"
        );
        assert_eq!(calls, tries, "{label}");
    }
}

#[tokio::test]
async fn what_will_not_pass_fails_at_once_with_its_remedy() {
    let html = "<html><form>password</form></html>";
    let credits = json!({"message": "Not enough credits", "data": {"required_credits": 12.5, "available_credits": 3, "model": "m"}});
    for (reply, words) in [
        (
            error(400, "Invalid date format"),
            "HTTP 400 Bad Request: Invalid date format; the platform does not accept",
        ),
        (
            error(400, "Failed to verify api_key or token"),
            "Failed to verify api_key or token; the key is not accepted: put a valid one where `api_key` points",
        ),
        (
            Reply::status(400, "Failed to verify api_key or token"),
            "the key is not accepted",
        ),
        (
            error(401, "No bearer token"),
            "No bearer token; the key is not accepted",
        ),
        (Reply::status(401, ""), "`api_key`"),
        (
            error(403, "No permission for analytics"),
            "have the permission given to it",
        ),
        (
            Reply::status(402, &credits.to_string()),
            "(12.5 credits needed, 3 left); the account has no credits left",
        ),
        (Reply::status(404, html), "`base_url`"),
        (error(409, "Conflict"), "HTTP 409 Conflict: Conflict"),
        (
            error(200, "Invalid period parameter"),
            "it answered with an error: Invalid period parameter",
        ),
        (
            Reply::json(r#"{"status":"error","data":{}}"#),
            "it gives no details",
        ),
        (
            Reply::json("{}"),
            "it holds neither `status` nor `data`; check `base_url`",
        ),
        (Reply::json("[1]"), "JSON object"),
        (Reply::json(r#"{"data":{"a":1,"a":2}}"#), "`a` occurs twice"),
        (Reply::json("Service is fine"), "acceptable JSON"),
        (Reply::json(html).with("Content-Type", "text/html"), "login page"),
        (
            Reply::json("{}").with("Content-Type", "text/html"),
            "it declares its answer as a web page, not as JSON",
        ),
        (
            Reply::status(302, "").with("Location", "https://elsewhere.example/login"),
            "the token is not sent there",
        ),
        (
            error(400, &format!("unknown key {CANARY}\u{7}")),
            "unknown key (token)",
        ),
    ] {
        let (calls, dataset) = with(vec![reply]).await;
        let error = dataset.err().unwrap_or_else(|| panic!("accepted: {words}"));
        let text = error.to_string();
        assert!(text.contains(words), "{words}: {text}");
        assert!(
            text.contains("`agents`") && text.contains("/v1/analytics/usage: "),
            "{text}"
        );
        assert!(
            !text.contains("from_date=") && !text.contains(char::is_control),
            "{text}"
        );
        let SourceError::Call { recourse, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!((recourse, calls), (Recourse::Permanent, 1), "{words}");
    }
}

#[tokio::test]
async fn what_never_passes_ends_after_the_configured_tries() {
    for (reply, words, after) in [
        (
            error(500, "Internal error"),
            "HTTP 500 Internal Server Error: Internal error",
            None,
        ),
        (
            Reply::status(429, "").with("Retry-After", "1800"),
            "asked too often",
            Some(1800),
        ),
        (Reply::status(429, "rate limit"), "set its `tier`", None),
        (Reply::HangUp, "did not arrive whole", None),
    ] {
        let (calls, dataset) = with(vec![reply]).await;
        let error = dataset.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        // Whoever is to come back in half an hour is not there for a second try.
        let tries = if after.is_some() { 1 } else { 4 };
        assert_eq!(calls, tries);
        assert_eq!(
            error.to_string().contains("(tried 4 times)"),
            tries == 4,
            "{error}"
        );
        let SourceError::Call { recourse, .. } = error else {
            panic!("{error:?}")
        };
        let after = after.map(Duration::from_secs);
        assert_eq!(recourse, Recourse::Retry { after }, "{words}");
    }
}

#[tokio::test]
async fn one_call_that_fails_for_good_fails_them_all() {
    for part in [
        "/usage",
        "/performance",
        "costs?period=month",
        "costs?period=year",
    ] {
        let far = Dispersl::start(account()).await;
        far.on(part, vec![error(403, "No permission for analytics")]);
        let error = dataset(&plan(&far.base_url), &clock(&account()), &full("2026-10"))
            .await
            .unwrap_err();
        let path = part.trim_start_matches('/').split('?').next().unwrap();
        assert!(
            error
                .to_string()
                .contains(&format!("/v1/analytics/{path}: HTTP 403")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn no_hour_holds_more_calls_than_the_tier_allows() {
    for (tier, allowed) in [
        (Some(Tier::Free), 100),
        (Some(Tier::Pro), 1000),
        (Some(Tier::Enterprise), 1001),
        (None, 1001),
    ] {
        let far = Dispersl::start(account()).await;
        let (mut plan, clock) = (plan(&far.base_url), clock(&account()));
        plan.tier = tier;
        // Runs come and go; what counts is how often the account is asked.
        for _ in 0..allowed {
            dispersl::probe("agents", &plan, &clock, AT_ONCE).await.unwrap();
            clock.advance(Duration::from_millis(100));
        }
        if tier.is_none_or(|tier| tier.calls_an_hour().is_none()) {
            continue;
        }
        let error = dispersl::probe("agents", &plan, &clock, AT_ONCE)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("allows within an hour are used up"),
            "{error}"
        );
        let SourceError::Call {
            recourse: Recourse::Retry { after: Some(after) },
            ..
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(far.calls("").len(), allowed, "nothing more is sent");
        // A wait that is short enough is waited for, while the clock goes on.
        clock.advance(after.checked_sub(BRIEFLY.ceiling).unwrap());
        let probe = dispersl::probe("agents", &plan, &clock, BRIEFLY);
        let (probed, ()) = tokio::join!(probe, async { clock.advance(BRIEFLY.ceiling) });
        probed.unwrap();
        assert_eq!(far.calls("").len(), allowed + 1);
    }
}

#[tokio::test]
async fn probing_asks_for_yesterday_once() {
    let far = Dispersl::start(account()).await;
    let (mut plan, clock) = (plan(&far.base_url), clock(&account()));
    dispersl::probe("agents", &plan, &clock, AT_ONCE).await.unwrap();
    assert_eq!(
        far.calls(""),
        ["/v1/analytics/usage?from_date=2026-11-01T00:00:00Z&to_date=2026-11-01T23:59:59Z"]
    );
    plan.server.api_key = Secret::Literal("another".to_owned().into());
    let error = dispersl::probe("agents", &plan, &clock, AT_ONCE)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("HTTP 401 Unauthorized: No bearer token"),
        "{error}"
    );
}

#[tokio::test]
async fn the_client_reads_the_documented_answers_for_every_word() {
    let far = Dispersl::start(account()).await;
    let (plan, clock) = (plan(&far.base_url), clock(&account()));
    let client = DisperslClient::new("agents", &plan, &clock, AT_ONCE).unwrap();
    assert!(!format!("{client:?}").contains(CANARY));
    let day = |text: &str| text.parse().unwrap();
    let days = Days {
        first: day("2026-10-01"),
        last: day("2026-10-31"),
    };
    let usage = client.usage(days).await.unwrap();
    assert_eq!(usage.to_date.as_deref(), Some("2026-10-31T23:59:59Z"));
    assert_eq!(
        (usage.by_agent.unwrap().len(), usage.by_model.unwrap().len()),
        (3, 2)
    );
    assert_eq!(usage.daily_breakdown.unwrap().len(), 27);
    for (word, days) in [
        (Word::Day, 0),
        (Word::Week, 5),
        (Word::Month, 0),
        (Word::Year, 53),
    ] {
        let costs = client.costs(word).await.unwrap();
        assert_eq!(costs.currency.as_deref(), Some("USD"));
        assert_eq!(costs.daily_costs.unwrap().len(), days, "{word:?}");
        let performance = client.performance(word).await.unwrap();
        let metrics = performance.metrics.unwrap();
        assert_eq!(
            metrics.average_task_duration.unwrap().change.as_deref(),
            Some("-15m")
        );
        assert_eq!(far.calls(&format!("period={}", word.key())).len(), 2);
    }
}

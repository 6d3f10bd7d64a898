//! What the platform says when it does not answer, and answers that are not as promised.

use crate::bench::{AT_ONCE, clock, dataset, figure, members, need, october, plan, says, texts};
use crate::server::{Reply, Server, at, conversation, request, tool_execution};
use reportwire::config::secret::Secret;
use reportwire::metric::Metric;
use reportwire::source::{Depth, Recourse, SourceError, almyty};
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use std::time::Duration;

const EXPORT: &str = "/analytics/export";

/// One conversation of ten cents.
async fn small() -> Server {
    let server = Server::start().await;
    server.hold(|holdings| {
        holdings.conversations = vec![conversation(
            "c1",
            at("2026-10-05T00:00:00Z"),
            "10",
            [1, 1],
            json!({}),
        )];
    });
    server
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let busy = |headers: Vec<(&'static str, String)>| {
        let body =
            json!({"error": {"code": "RATE_LIMITED", "message": "ThrottlerException: Too Many Requests"}});
        Reply::Send(429, headers, body.to_string())
    };
    for script in [
        vec![busy(vec![("Retry-After", "1".into())])],
        vec![busy(vec![(
            "Retry-After",
            "Mon, 02 Nov 2026 07:04:00 GMT".into(),
        )])],
        vec![busy(vec![("X-RateLimit-Reset", "7".into())])],
        vec![busy(vec![])],
        // Every answer says when the count begins anew; of a failure that has nothing to do with it, it says nothing.
        vec![Reply::Send(
            500,
            vec![("X-RateLimit-Reset", "3600".into())],
            String::new(),
        )],
        vec![Reply::status(
            200,
            "{\"success\":false,\"message\":\"busy\",\"statusCode\":503}",
        )],
        vec![
            Reply::error(500, "INTERNAL_ERROR", "x"),
            Reply::status(502, "<html>"),
            Reply::status(408, ""),
        ],
        vec![
            Reply::Cut("[{\"id\":\"c9\",\"totalCost\":5}]".into()),
            Reply::Cut("[{\"id\":1},{\"id\":2}]".into()),
        ],
        vec![Reply::status(200, "[{\"id\":\"c9\",\"totalCost\":5},")],
        vec![Reply::status(200, "")],
    ] {
        let server = small().await;
        let tries = script.len();
        server.on(EXPORT, script.clone());
        let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)]).await;
        let dataset = dataset.unwrap_or_else(|error| panic!("{script:?}: {error}"));
        assert_eq!(
            figure(&dataset.windows[0], Metric::TotalCost),
            Some(dec!(0.1)),
            "{script:?}"
        );
        assert_eq!(server.hits("type=llm-sessions"), tries + 1);
    }
}

#[tokio::test]
async fn what_will_not_pass_is_told_with_its_remedy_and_not_tried_again() {
    let flat = json!({"success": false, "message": "Insufficient role privileges", "error": "Forbidden", "statusCode": 403});
    for (reply, words) in [
        (
            Reply::error(400, "DATABASE_ERROR", "invalid input syntax"),
            "DATABASE_ERROR invalid input syntax",
        ),
        (
            Reply::error(401, "UNAUTHORIZED", "Invalid API key"),
            "put a valid one where `api_key` points",
        ),
        (
            Reply::error(402, "CLIENT_ERROR", "entitlement missing"),
            "licence does not include this",
        ),
        (
            Reply::error(403, "FORBIDDEN", "Insufficient role privileges"),
            "need a key of role admin",
        ),
        (
            Reply::status(403, &flat.to_string()),
            "Forbidden Insufficient role privileges",
        ),
        (
            Reply::error(404, "NOT_FOUND", "Cannot GET /x"),
            "check `base_url`",
        ),
        (
            Reply::status(200, &flat.to_string()),
            "Insufficient role privileges",
        ),
        (
            Reply::status(200, "{\"success\":true,\"data\":[]}"),
            "instead of a list",
        ),
        (Reply::status(200, "<html>log in</html>"), "login page"),
        (Reply::status(200, "[1,2]"), "not a list of objects"),
        (
            Reply::status(200, "[{\"id\":\"a\",\"id\":\"b\"}]"),
            "occurs twice",
        ),
        (
            Reply::status(200, "[{\"id\":\"a\",\"totalCost\":NaN}]"),
            "not acceptable JSON",
        ),
    ] {
        let server = small().await;
        server.on(EXPORT, [reply.clone()]);
        let error = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
            .await
            .unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(error.to_string().contains("/analytics/export"), "{error}");
        assert!(
            matches!(
                error,
                SourceError::Call {
                    recourse: Recourse::Permanent,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(server.hits("type=llm-sessions"), 1, "{reply:?}");
    }
}

#[tokio::test]
async fn tries_end() {
    let server = small().await;
    let down = || Reply::error(503, "INTERNAL_ERROR", "down");
    server.on(EXPORT, std::iter::repeat_n(down(), 99));
    let error = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("(tried 4 times)"), "{error}");
    assert!(matches!(
        error,
        SourceError::Call {
            recourse: Recourse::Retry { .. },
            ..
        }
    ));
    assert_eq!(
        server.hits(EXPORT),
        8,
        "the month and its first day, four times each"
    );
}

#[tokio::test]
async fn a_server_that_is_asked_too_often_is_not_asked_for_the_days_as_well() {
    let server = small().await;
    let busy = |headers| Reply::Send(429, headers, String::new());
    server.on(EXPORT, std::iter::repeat_n(busy(vec![]), 99));
    let needs = [need("2026-10", Depth::Full)];
    dataset(&plan(&server), &needs).await.unwrap_err();
    assert_eq!(server.hits(EXPORT), 4);
    // Whoever is to come back in an hour comes back in an hour.
    let server = small().await;
    server.on(
        EXPORT,
        std::iter::repeat_n(busy(vec![("Retry-After", "3600".into())]), 99),
    );
    let error = dataset(&plan(&server), &needs).await.unwrap_err();
    let hour = Recourse::Retry {
        after: Some(Duration::from_hours(1)),
    };
    assert!(
        matches!(error, SourceError::Call { recourse, .. } if recourse == hour),
        "{error:?}"
    );
    assert_eq!(server.hits(EXPORT), 1);
}

#[tokio::test]
async fn a_server_that_takes_a_call_and_never_answers_is_waited_for_once_a_try() {
    let server = small().await;
    server.on(EXPORT, std::iter::repeat_n(Reply::Silence, 99));
    let mut plan = plan(&server);
    (plan.server.timeout, plan.server.attempts) = (Duration::from_millis(500), 1);
    let needs = [need("2026-10", Depth::Full)];
    // The month and its first day; long lists may take twenty times as long, but not to begin.
    let answered = tokio::time::timeout(Duration::from_secs(9), dataset(&plan, &needs)).await;
    let error = answered.unwrap().unwrap_err().to_string();
    assert!(error.contains("no answer within 500ms"), "{error}");
    assert_eq!(server.hits(EXPORT), 2);
}

#[tokio::test]
async fn what_makes_no_figure_fails_no_run_but_a_key_that_is_not_accepted_does() {
    let checked = ["/analytics/llm-usage", "/analytics/agent-runs", "/budgets/spend"];
    let named = ["/agents", "/llm-providers", "/gateways", "/tools"];
    for reply in [
        Reply::error(400, "BAD_REQUEST", "Organization context required"),
        Reply::error(500, "INTERNAL_ERROR", "down"),
        Reply::status(200, "<html>log in</html>"),
    ] {
        let server = small().await;
        for path in checked.into_iter().chain(named) {
            server.on(path, std::iter::repeat_n(reply.clone(), 9));
        }
        let told = dataset(&plan(&server), &october()).await.unwrap();
        assert_eq!(figure(&told.windows[0], Metric::TotalCost), Some(dec!(0.1)));
        for path in checked {
            assert!(says(&told, path), "{:?}", texts(&told));
        }
        assert!(says(&told, "does not tell us the names of its tools"));
    }
    for path in checked.into_iter().chain(named) {
        let server = small().await;
        server.on(path, [Reply::error(401, "UNAUTHORIZED", "Invalid API key")]);
        let error = dataset(&plan(&server), &october()).await.unwrap_err().to_string();
        assert!(error.contains(path), "{error}");
    }
}

#[tokio::test]
async fn a_month_that_is_too_much_for_the_server_is_asked_for_by_day() {
    let server = small().await;
    server.on(
        EXPORT,
        std::iter::repeat_n(Reply::status(504, "<html>too slow</html>"), 4),
    );
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    assert_eq!(figure(&dataset.windows[0], Metric::TotalCost), Some(dec!(0.1)));
    assert_eq!(server.hits("type=llm-sessions"), 4 + 31);
}

#[tokio::test]
async fn what_a_report_can_do_without_is_told_and_fails_nothing() {
    let forbidden = || Reply::error(403, "FORBIDDEN", "Insufficient role privileges");
    let server = small().await;
    for path in [
        "/provider-usage/reconciliation",
        "/analytics/llm-usage",
        "/analytics/agent-runs",
        "/budgets/spend",
        "/agents",
        "/audit-logs",
    ] {
        server.on(path, [forbidden(), forbidden()]);
    }
    let dataset = dataset(&plan(&server), &october()).await.unwrap();
    assert_eq!(figure(&dataset.windows[0], Metric::TotalCost), Some(dec!(0.1)));
    assert!(says(
        &dataset,
        "2026-10: what the providers have invoiced is not available: HTTP 403"
    ));
    assert!(says(&dataset, "does not tell us the names of its agents"));
    assert!(
        says(&dataset, "2026-10: the audit trail is not available: HTTP 403"),
        "{:?}",
        texts(&dataset)
    );
    let told = dataset.windows[0]
        .figures
        .iter()
        .any(|measure| measure.metric == Metric::AuditEvents);
    assert!(!told);
}

#[tokio::test]
async fn every_field_can_be_null_and_null_is_never_zero() {
    let server = Server::start().await;
    let null = |row: (i64, Value)| {
        let (instant, mut row) = row;
        for (key, value) in row.as_object_mut().unwrap() {
            if !["id", "createdAt", "timestamp"].contains(&key.as_str()) {
                *value = Value::Null;
            }
        }
        (instant, row)
    };
    let noon = at("2026-10-05T12:00:00Z");
    server.hold(|holdings| {
        holdings.conversations = vec![
            null(conversation("c1", noon, "1", [1, 1], json!({}))),
            conversation("c2", noon, "1", [1, 1], json!({"providerId": "p1"})),
        ];
        holdings.requests = vec![
            null(request("r1", noon, 200, 1, json!({}))),
            request("r2", noon, 200, 1, json!({})),
        ];
        holdings.tools = vec![null(tool_execution("t1", noon, json!(null), json!(null)))];
    });
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    let window = &dataset.windows[0];
    for metric in [
        Metric::TotalCost,
        Metric::InputTokens,
        Metric::OutputTokens,
        Metric::TotalTokens,
        Metric::RequestsWithErrors,
        Metric::ErrorRate,
        Metric::SuccessRate,
        Metric::AverageRequestTime,
        Metric::ToolErrors,
        Metric::ActiveModels,
    ] {
        assert_eq!(figure(window, metric), None, "{}", metric.key());
    }
    for (metric, count) in [
        (Metric::Conversations, dec!(2)),
        (Metric::TotalRequests, dec!(2)),
        (Metric::ToolExecutions, dec!(1)),
        (Metric::ActiveUsers, dec!(1)),
    ] {
        assert_eq!(figure(window, metric), Some(count), "{}", metric.key());
    }
    assert!(
        says(
            &dataset,
            "2026-10: 1 conversations came without a readable `totalCost`"
        ),
        "{:?}",
        texts(&dataset)
    );
    assert!(dataset.notices.iter().any(|notice| notice.missing));
}

#[tokio::test]
async fn rows_without_a_date_make_their_sums_unknown() {
    let server = Server::start().await;
    let (_, mut row) = conversation("c1", 0, "1", [1, 1], json!({}));
    row["createdAt"] = json!("Sat Oct 31 2026 23:59:59 GMT+0000 (Coordinated Universal Time)");
    server.on(EXPORT, [Reply::status(200, &json!([row]).to_string())]);
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    assert_eq!(figure(&dataset.windows[0], Metric::TotalCost), None);
    assert_eq!(figure(&dataset.windows[0], Metric::Conversations), None);
    assert_eq!(
        figure(&dataset.windows[0], Metric::TotalRequests),
        Some(Decimal::ZERO)
    );
    assert!(
        says(&dataset, "without a readable `createdAt`"),
        "{:?}",
        texts(&dataset)
    );
}

#[tokio::test]
async fn rows_of_other_days_are_not_added() {
    let server = Server::start().await;
    let (_, stray) = conversation("c1", at("2026-11-01T00:00:00Z"), "500", [1, 1], json!({}));
    server.on(EXPORT, [Reply::status(200, &json!([stray]).to_string())]);
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    assert_eq!(
        figure(&dataset.windows[0], Metric::TotalCost),
        Some(Decimal::ZERO)
    );
    assert!(
        says(&dataset, "1 conversations that lie outside the period"),
        "{:?}",
        texts(&dataset)
    );
}

#[tokio::test]
async fn what_cannot_be_fails_the_source() {
    for (field, value) in [("totalCost", json!(-5)), ("totalInputTokens", json!(-1))] {
        let server = Server::start().await;
        server.hold(|holdings| {
            let more = json!({field: value});
            holdings.conversations = vec![conversation("c1", at("2026-10-05T00:00:00Z"), "10", [1, 1], more)];
        });
        let error = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(field) && error.contains("cannot be negative"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn hostile_names_are_names() {
    let hostile = [
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "a\"b,c\n\td",
        "\u{202e}evil",
        "@channel *x*",
    ];
    let server = Server::start().await;
    server.hold(|holdings| {
        let agents = hostile
            .iter()
            .enumerate()
            .map(|(number, name)| (format!("a{number}"), json!(name)));
        holdings.names.insert("/agents", agents.collect());
        for (number, name) in hostile.iter().enumerate() {
            let more = json!({"agentId": format!("a{number}"), "model": name});
            let cents = (100 - number).to_string();
            let row = conversation(
                &format!("c{number}"),
                at("2026-10-05T00:00:00Z"),
                &cents,
                [1, 1],
                more,
            );
            holdings.conversations.push(row);
        }
    });
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    for dimension in ["agent", "model"] {
        let names: Vec<String> = members(&dataset.windows[0], dimension, Metric::TotalCost)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, hostile, "{dimension}");
    }
}

#[tokio::test]
async fn the_key_is_sent_where_the_platform_looks_for_it() {
    let server = small().await;
    let mut plan = plan(&server);
    plan.organization = Some("org-1".into());
    dataset(&plan, &[need("2026-10", Depth::Full)]).await.unwrap();
    for seen in server.seen() {
        assert!(seen.headers["authorization"].starts_with("Bearer almyty_"));
        assert_eq!(seen.headers["x-organization-id"], "org-1");
        assert!(!seen.target.contains("almyty_"));
    }
    let other = small().await;
    plan.server.base_url = other.origin.parse().unwrap();
    plan.server.api_key = Secret::Literal("ak_live_77".to_owned().into());
    dataset(&plan, &[need("2026-10", Depth::Full)]).await.unwrap();
    for seen in other.seen() {
        assert_eq!(seen.headers["x-api-key"], "ak_live_77");
        assert!(!seen.headers.contains_key("authorization"));
    }
    plan.organization = Some("org-2".into());
    let error = dataset(&plan, &[need("2026-10", Depth::Full)])
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("check `organization`"), "{error}");
}

#[tokio::test]
async fn a_probe_asks_whether_exports_may_be_had() {
    let server = small().await;
    let (plan, clock) = (plan(&server), clock());
    almyty::probe("gateway", &plan, &clock, AT_ONCE).await.unwrap();
    assert_eq!(server.seen().len(), 2);
    server.on(
        EXPORT,
        [Reply::error(403, "FORBIDDEN", "Insufficient role privileges")],
    );
    let error = almyty::probe("gateway", &plan, &clock, AT_ONCE)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("role admin"), "{error}");
}

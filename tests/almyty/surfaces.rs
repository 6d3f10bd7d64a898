//! Which endpoints a server has, and what the older documentation promises of them.

use crate::bench::{AT_ONCE, clock, dataset, figure, members, need, october, plan, says, texts};
use crate::server::{Reply, Server, at, audit_event, conversation};
use reportwire::config::plan::AlmytySurface;
use reportwire::metric::Metric;
use reportwire::source::{Depth, almyty};
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};

/// A server as the older documentation has it.
async fn documented(body: Value) -> Server {
    let server = Server::start().await;
    server.hold(|holdings| {
        holdings.no_analytics = true;
        holdings.usage_metrics = Some(body);
    });
    server
}

fn seven() -> Value {
    json!({"totalRequests": 15420, "successRate": 98.5, "avgLatency": 245.5, "totalTokens": 2_500_000,
        "estimatedCost": serde_json::from_str::<Value>("45.6700000000001").unwrap(), "uniqueCallers": 42, "errorRate": 1.5})
}

#[tokio::test]
async fn a_server_without_analytics_is_asked_for_the_documented_figures() {
    for body in [seven(), json!({"success": true, "data": seven()})] {
        let server = documented(body).await;
        let dataset = dataset(&plan(&server), &october()).await.unwrap();
        let window = &dataset.windows[0];
        for (metric, value) in [
            (Metric::TotalRequests, dec!(15420)),
            (Metric::SuccessRate, dec!(98.5)),
            (Metric::AverageRequestTime, dec!(245.5)),
            (Metric::TotalTokens, dec!(2500000)),
            (Metric::TotalCost, dec!(45.6700000000001)),
            (Metric::ActiveUsers, dec!(42)),
            (Metric::ErrorRate, dec!(1.5)),
            (Metric::AuditEvents, Decimal::ZERO),
        ] {
            assert_eq!(figure(window, metric), Some(value), "{}", metric.key());
        }
        assert_eq!(
            (window.figure(Metric::InputTokens), window.daily.len()),
            (None, 0)
        );
        assert!(
            says(&dataset, "only the documented surface"),
            "{:?}",
            texts(&dataset)
        );
        assert_eq!(
            server.hits("/usage-metrics?startDate=2026-10-01&endDate=2026-10-31"),
            1
        );
        assert_eq!(
            server.hits("/usage-metrics?startDate=2026-09-01&endDate=2026-09-30"),
            1
        );
    }
}

#[tokio::test]
async fn the_documented_surface_has_an_audit_trail_too() {
    let server = documented(seven()).await;
    server.hold(|holdings| {
        let event = |id, user| {
            audit_event(
                id,
                at("2026-10-05T00:00:00Z"),
                "create",
                "tool",
                json!(user),
                json!(null),
            )
        };
        holdings.audit = vec![event("e1", "u1"), event("e2", "u2")];
    });
    let whole = dataset(&plan(&server), &october()).await.unwrap();
    assert_eq!(figure(&whole.windows[0], Metric::AuditEvents), Some(dec!(2)));
    assert_eq!(
        members(&whole.windows[0], "audit_action", Metric::AuditEvents),
        [("create".into(), "2".into())]
    );
    assert!(whole.windows[1].breakdowns.is_empty());
    server.on(
        "/audit-logs",
        [Reply::error(404, "NOT_FOUND", "Cannot GET /audit-logs")],
    );
    let without = dataset(&plan(&server), &october()).await.unwrap();
    assert!(
        says(&without, "the audit trail is not available: HTTP 404"),
        "{:?}",
        texts(&without)
    );
    assert!(without.windows[0].breakdowns.is_empty());
}

#[tokio::test]
async fn figures_that_are_not_there_are_not_zero() {
    let server =
        documented(json!({"data": {"totalRequests": null, "estimatedCost": 1, "avgLatency": "soon"}})).await;
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    let window = &dataset.windows[0];
    assert_eq!(figure(window, Metric::TotalCost), Some(Decimal::ONE));
    for metric in [
        Metric::TotalRequests,
        Metric::AverageRequestTime,
        Metric::TotalTokens,
        Metric::ErrorRate,
    ] {
        assert_eq!(figure(window, metric), None, "{}", metric.key());
    }
    assert!(
        says(&dataset, "`totalRequests` is null; it is not available"),
        "{:?}",
        texts(&dataset)
    );
    assert!(says(&dataset, "`totalTokens` is missing"));
}

#[tokio::test]
async fn rates_are_per_cent_or_fractions_and_never_guessed() {
    for (rates, expected) in [
        (
            json!({"successRate": 0.985, "errorRate": 0.015}),
            [Some(dec!(98.5)), Some(dec!(1.5))],
        ),
        (
            json!({"successRate": 99.0, "errorRate": 0.5}),
            [Some(dec!(99)), Some(dec!(0.5))],
        ),
        (json!({"errorRate": 1.5}), [None, Some(dec!(1.5))]),
        (json!({"errorRate": 0.5}), [None, None]),
        (json!({"errorRate": 0}), [None, Some(Decimal::ZERO)]),
        (json!({"successRate": 0, "errorRate": 0}), [None, None]),
    ] {
        let server = documented(rates.clone()).await;
        let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
            .await
            .unwrap();
        let window = &dataset.windows[0];
        let found = [Metric::SuccessRate, Metric::ErrorRate].map(|metric| figure(window, metric));
        assert_eq!(
            found.map(|rate| rate.map(|rate| rate.normalize())),
            expected,
            "{rates}"
        );
        let unknown = expected == [None, None];
        assert_eq!(
            says(&dataset, "per cent or fractions cannot be told"),
            unknown,
            "{rates}"
        );
    }
}

#[tokio::test]
async fn a_body_with_none_of_the_figures_fails_with_a_clear_message() {
    for body in [
        json!({}),
        json!({"data": []}),
        json!({"data": {"requests": 5}}),
        json!([]),
    ] {
        let server = documented(body.clone()).await;
        let error = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("none of the figures of the documentation"),
            "{body}: {error}"
        );
        assert!(error.contains("surface = \"real\""), "{error}");
        let probed = almyty::probe("gateway", &plan(&server), &clock(), AT_ONCE)
            .await
            .unwrap_err();
        assert!(probed.to_string().contains("none of the figures"), "{probed}");
    }
}

#[tokio::test]
async fn a_server_with_neither_surface_is_told_to_be_the_wrong_one() {
    let server = Server::start().await;
    server.hold(|holdings| holdings.no_analytics = true);
    let error = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("/analytics/export") && error.contains("check `base_url`"),
        "{error}"
    );
    assert_eq!(server.hits("/usage-metrics"), 1, "it was looked for");
}

#[tokio::test]
async fn what_the_overview_answers_fails_no_run() {
    for reply in [
        Reply::error(400, "BAD_REQUEST", "x"),
        Reply::error(403, "FORBIDDEN", "Organization context required"),
        Reply::error(404, "NOT_FOUND", "Cannot GET /analytics/overview"),
        Reply::error(500, "INTERNAL_ERROR", "x"),
    ] {
        let server = Server::start().await;
        server.hold(|holdings| {
            let row = conversation("c1", at("2026-10-05T00:00:00Z"), "10", [1, 1], json!({}));
            holdings.conversations = vec![row];
        });
        server.on("/analytics/overview", std::iter::repeat_n(reply.clone(), 9));
        let dataset = dataset(&plan(&server), &october()).await.unwrap();
        assert_eq!(
            figure(&dataset.windows[0], Metric::TotalCost),
            Some(dec!(0.1)),
            "{reply:?}"
        );
        assert!(!says(&dataset, "documented surface"), "{reply:?}");
    }
    let server = documented(seven()).await;
    server.on(
        "/analytics/overview",
        [Reply::error(403, "FORBIDDEN", "Organization context required")],
    );
    dataset(&plan(&server), &october()).await.unwrap_err();
    assert_eq!(
        server.hits("/usage-metrics"),
        0,
        "only a 404 says that there are no analytics"
    );
    server.on(
        "/analytics/overview",
        [Reply::error(401, "UNAUTHORIZED", "Invalid API key")],
    );
    let error = dataset(&plan(&server), &october()).await.unwrap_err().to_string();
    assert!(error.contains("/analytics/overview"), "{error}");
}

#[tokio::test]
async fn a_surface_that_is_set_is_not_looked_for() {
    let server = documented(seven()).await;
    let mut plan = plan(&server);
    plan.surface = AlmytySurface::Documented;
    dataset(&plan, &[need("2026-10", Depth::Full)]).await.unwrap();
    assert_eq!(server.hits("/analytics/"), 0);
    plan.surface = AlmytySurface::Real;
    let error = dataset(&plan, &[need("2026-10", Depth::Full)])
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("/analytics/export"), "{error}");
    assert_eq!(server.hits("/analytics/overview"), 0);
}

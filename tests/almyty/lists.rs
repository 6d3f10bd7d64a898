//! Lists longer than one answer.

use crate::bench::{
    AT_ONCE, assert_adds_up, clock, dataset, figure, members, need, october, on, plan, says, texts,
};
use crate::server::{Reply, Server, at, audit_event, conversation, request, slim};
use reportwire::metric::Metric;
use reportwire::source::{Depth, Progress, SnapshotWriter, almyty};
use rust_decimal::{Decimal, dec};
use serde_json::json;
use std::sync::Mutex;
use std::time::Duration;

#[tokio::test]
async fn a_day_of_25_001_conversations_loses_none_of_them() {
    let server = Server::start().await;
    server.hold(|holdings| {
        let (begin, end) = (at("2026-10-05T00:00:00Z"), at("2026-10-06T00:00:00Z"));
        for number in 0..25_001_i64 {
            // Two of three within an hour, some in the last microseconds of a millisecond, which only the database sees.
            let spread = if number % 3 == 0 {
                end - begin
            } else {
                3_600_000_000
            };
            let instant = begin + (number * 7_919_333) % spread;
            holdings
                .conversations
                .push(slim(number, instant, "0.0003", [2, 1]));
        }
        holdings.conversations.push(conversation(
            "other",
            at("2026-10-20T00:00:00Z"),
            "1",
            [1, 1],
            json!({"providerId": "p2"}),
        ));
    });
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    let window = &dataset.windows[0];
    assert_eq!(figure(window, Metric::Conversations), Some(dec!(25002)));
    assert_eq!(figure(window, Metric::TotalCost), Some(dec!(0.085003)));
    assert_eq!(on(window, Metric::InputTokens, "2026-10-05"), Some(dec!(50002)));
    assert_adds_up(window);
    // The month and its halves, down to those of the day that is too long.
    let asked = server.hits("type=llm-sessions");
    assert!((12..=35).contains(&asked), "{asked}");
    let of_the_month = "from=2026-10-01T00:00:00.000Z&to=2026-10-31T23:59:59.999Z";
    assert_eq!(
        server.hits(&format!("type=llm-sessions&format=json&{of_the_month}")),
        1
    );
}

#[tokio::test]
async fn what_lies_between_two_slices_is_counted_once() {
    let server = Server::start().await;
    server.hold(|holdings| {
        for number in 0..10_000_i64 {
            let instant = at("2026-10-05T00:00:00Z") + number * 8_000_000;
            holdings.conversations.push(slim(number, instant, "1", [1, 1]));
        }
        // Every day ends with a row that only the database sees so late, and begins with one that nothing tells from another.
        for day in 2..=31 {
            let midnight = at(&format!("2026-10-{day:02}T00:00:00Z"));
            holdings
                .conversations
                .push(slim(20_000 + day, midnight - 500, "1", [1, 1]));
            let (instant, mut row) = slim(0, midnight, "1", [1, 1]);
            row.as_object_mut().unwrap().remove("id");
            holdings.conversations.push((instant, row));
        }
    });
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    let window = &dataset.windows[0];
    assert_eq!(figure(window, Metric::Conversations), Some(dec!(10060)));
    assert_eq!(on(window, Metric::Conversations, "2026-10-09"), Some(dec!(2)));
    assert!(!says(&dataset, "outside the period"), "{:?}", texts(&dataset));
}

#[tokio::test]
async fn ids_that_are_numbers_are_ids() {
    let server = Server::start().await;
    server.hold(|holdings| {
        let noon = at("2026-10-05T12:00:00Z");
        let more = json!({"id": 1, "providerId": 7});
        holdings.conversations = vec![conversation("", noon, "1", [1, 1], more)];
        for number in 0..250 {
            let row = request("", noon - number, 200, 1, json!({"id": number}));
            holdings.requests.push(row);
        }
    });
    // The same page twice, and then the right ones.
    let names = json!({"success": true, "data": {"providers": [{"id": 7, "name": "OpenAI"}]}});
    server.on("/llm-providers", [Reply::status(200, &names.to_string())]);
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    assert_eq!(
        members(&dataset.windows[0], "provider", Metric::TotalCost),
        [("OpenAI".into(), "0.01".into())]
    );
    assert_eq!(
        figure(&dataset.windows[0], Metric::TotalRequests),
        Some(dec!(250))
    );
}

#[tokio::test]
async fn requests_that_were_all_exported_are_not_listed_as_well() {
    let server = Server::start().await;
    server.hold(|holdings| {
        for number in 0..12_000_i64 {
            let instant = at("2026-10-01T00:00:00Z") + number * 200_000_000;
            let more = json!({"gatewayId": "g1"});
            holdings
                .requests
                .push(request(&format!("r{number}"), instant, 200, 40, more));
        }
    });
    let whole = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    assert_eq!(
        figure(&whole.windows[0], Metric::TotalRequests),
        Some(dec!(12000))
    );
    assert_eq!(figure(&whole.windows[0], Metric::SuccessRate), Some(dec!(100)));
    assert_eq!(server.hits("/analytics/requests"), 1);
    assert_eq!(server.hits("type=requests"), 3, "the month and its halves");
    // One without a gateway: its day alone is asked how many failed.
    server.hold(|holdings| {
        let instant = at("2026-10-20T00:00:00Z");
        holdings.requests.push(request("x", instant, 500, 40, json!({})));
    });
    let more = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    assert_eq!(figure(&more.windows[0], Metric::TotalRequests), Some(dec!(12001)));
    assert_eq!(
        figure(&more.windows[0], Metric::RequestsWithErrors),
        Some(Decimal::ONE)
    );
    assert_eq!(server.hits("status=error"), 1);
}

#[tokio::test]
async fn a_server_that_tells_its_limit_is_asked_as_often_as_it_allows() {
    let server = Server::start().await;
    server.hold(|holdings| {
        holdings.limit = Some(1000);
        for number in 0..1900_i64 {
            let instant = at("2026-10-05T00:00:00Z") + number * 1_000_000;
            holdings
                .requests
                .push(request(&number.to_string(), instant, 200, 10, json!({})));
        }
    });
    let mut plan = plan(&server);
    plan.requests_per_minute = 1;
    let needs = october();
    let asked = tokio::time::timeout(Duration::from_secs(50), dataset(&plan, &needs)).await;
    let dataset = asked.unwrap().unwrap();
    assert_eq!(
        figure(&dataset.windows[0], Metric::TotalRequests),
        Some(dec!(1900))
    );
}

#[tokio::test]
async fn ten_thousand_rows_are_never_taken_for_all_of_them() {
    let server = Server::start().await;
    server.hold(|holdings| {
        for number in 0..10_000_i64 {
            let instant = at("2026-10-05T10:00:00Z") + number * 1000;
            holdings.conversations.push(slim(number, instant, "1", [1, 1]));
        }
    });
    // All within ten seconds, so that no division helps.
    let error = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("10000 conversations or more from 2026-10-05T"),
        "{error}"
    );
    assert!(error.contains("ask the platform's operator"), "{error}");
}

#[tokio::test]
async fn requests_that_arrive_while_pages_are_read_are_counted_once() {
    let server = Server::start().await;
    server.hold(|holdings| {
        for number in 0..250_i64 {
            let instant = at("2026-11-01T10:00:00Z") + number * 1_000_000;
            holdings
                .requests
                .push(request(&format!("r{number}"), instant, 200, 10, json!({})));
        }
        // Newer than all others, so that each pushes one row onto the next page.
        for number in 0..4_i64 {
            let instant = at("2026-11-02T06:00:00Z") + number;
            holdings
                .arriving
                .push_back(request(&format!("late{number}"), instant, 500, 10, json!({})));
        }
    });
    let dataset = dataset(&plan(&server), &[need("2026-11", Depth::Full)])
        .await
        .unwrap();
    assert_eq!(
        figure(&dataset.windows[0], Metric::TotalRequests),
        Some(dec!(250))
    );
    assert_eq!(
        figure(&dataset.windows[0], Metric::RequestsWithErrors),
        Some(Decimal::ZERO)
    );
    assert!(!says(&dataset, "its pages gave only"), "{:?}", texts(&dataset));
    assert!(dataset.provisional_through.is_some());
}

#[tokio::test]
async fn a_list_that_lacks_rows_is_read_again_and_then_told() {
    let short = |total: u64| {
        let (_, row) = request("r1", at("2026-10-05T00:00:00Z"), 200, 10, json!({}));
        let page = json!({"success": true, "data": {"data": [row], "total": total, "page": 1, "pages": 1}});
        Reply::status(200, &page.to_string())
    };
    // The first reading lacks a row that the second has.
    let server = Server::start().await;
    server.hold(|holdings| {
        for id in ["r1", "r2"] {
            holdings
                .requests
                .push(request(id, at("2026-10-05T00:00:00Z"), 200, 10, json!({})));
        }
    });
    server.on("/analytics/requests", [short(2)]);
    let mended = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    assert_eq!(figure(&mended.windows[0], Metric::TotalRequests), Some(dec!(2)));
    assert!(!says(&mended, "its pages gave only"));
    // None ever has it.
    server.on("/analytics/requests", std::iter::repeat_n(short(3), 3));
    let lacking = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    assert!(
        says(
            &lacking,
            "the platform counts 3 requests, but its pages gave only 1"
        ),
        "{:?}",
        texts(&lacking)
    );
    assert!(lacking.notices.iter().any(|notice| notice.missing));
    // The report of an organization lacks them as well; a period beside it does not count.
    for (depth, missing) in [(Depth::Organization, true), (Depth::Comparison, false)] {
        server.on("/analytics/requests", std::iter::repeat_n(short(3), 3));
        let needs = [need("2026-10", depth)];
        let told = dataset(&plan(&server), &needs).await.unwrap();
        let mut said = told
            .notices
            .iter()
            .filter(|notice| notice.text.contains("its pages gave only"));
        assert!(said.all(|notice| notice.missing == missing), "{depth:?}");
    }
    for metric in [
        Metric::TotalRequests,
        Metric::RequestsWithErrors,
        Metric::ActiveUsers,
    ] {
        assert_eq!(figure(&lacking.windows[0], metric), None, "{}", metric.key());
    }
}

#[tokio::test]
async fn many_requests_come_from_the_export_and_those_without_a_gateway_are_counted_all_the_same() {
    let server = Server::start().await;
    server.hold(|holdings| {
        for number in 0..12_000_i64 {
            let instant = at("2026-10-01T00:00:00Z") + number * 200_000_000;
            let gateway = if number % 4 == 0 {
                json!(null)
            } else {
                json!(format!("g{}", number % 4))
            };
            let status = if number % 100 == 0 { 502 } else { 200 };
            let row = request(
                &format!("r{number}"),
                instant,
                status,
                40,
                json!({"gatewayId": gateway, "userId": "u1"}),
            );
            holdings.requests.push(row);
        }
    });
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    let window = &dataset.windows[0];
    assert_eq!(figure(window, Metric::TotalRequests), Some(dec!(12000)));
    // Every failed one has no gateway: the export alone would have shown a spotless month.
    assert_eq!(figure(window, Metric::RequestsWithErrors), Some(dec!(120)));
    assert_eq!(figure(window, Metric::ErrorRate), Some(dec!(1)));
    assert_eq!(figure(window, Metric::AverageRequestTime), Some(dec!(40)));
    assert_eq!(figure(window, Metric::SuccessRate), None);
    let by_gateway = members(window, "gateway", Metric::TotalRequests);
    assert!(
        by_gateway.contains(&("(unattributed)".into(), "3000".into())),
        "{by_gateway:?}"
    );
    assert_eq!(by_gateway.len(), 4);
    assert_adds_up(window);
    assert!(
        says(&dataset, "3000 requests did not come through a gateway"),
        "{:?}",
        texts(&dataset)
    );
    assert!(server.hits("/analytics/requests") <= 1 + 2 * 31);
}

#[tokio::test]
async fn a_server_that_limits_each_route_is_asked_again_and_nothing_is_lost() {
    let server = Server::start().await;
    server.hold(|holdings| {
        holdings.limit = Some(2);
        for number in 0..950_i64 {
            let instant = at("2026-10-05T00:00:00Z") + number * 1_000_000;
            let (id, none) = (number.to_string(), json!(null));
            holdings.requests.push(request(&id, instant, 200, 10, json!({})));
            let event = audit_event(&id, instant, "update", "agent", none.clone(), none);
            holdings.audit.push(event);
        }
    });
    let dataset = dataset(&plan(&server), &october()).await.unwrap();
    for metric in [Metric::TotalRequests, Metric::AuditEvents] {
        assert_eq!(figure(&dataset.windows[0], metric), Some(dec!(950)));
    }
    assert!(server.hits("/analytics/requests") > 10 + 1, "some were refused");
}

#[tokio::test]
async fn a_server_that_does_not_list_its_requests_still_exports_them() {
    let server = Server::start().await;
    server.hold(|holdings| {
        for (id, gateway) in [("r1", json!("g1")), ("r2", json!(null))] {
            let more = json!({"gatewayId": gateway});
            holdings
                .requests
                .push(request(id, at("2026-10-05T00:00:00Z"), 200, 40, more));
        }
    });
    server.on(
        "/analytics/requests",
        [Reply::error(404, "NOT_FOUND", "Cannot GET /analytics/requests")],
    );
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    assert_eq!(figure(&dataset.windows[0], Metric::TotalRequests), Some(dec!(1)));
    assert!(
        says(&dataset, "the report counts those that came through a gateway"),
        "{:?}",
        texts(&dataset)
    );
}

#[tokio::test]
async fn a_long_audit_trail_is_read_to_its_end() {
    let server = Server::start().await;
    server.hold(|holdings| {
        for number in 0..450_i64 {
            let instant = at("2026-10-01T00:00:00Z") + number * 1_000_000;
            let event = audit_event(
                &format!("e{number}"),
                instant,
                "update",
                "agent",
                json!("u1"),
                json!(null),
            );
            holdings.audit.push(event);
        }
        holdings.audit.push(audit_event(
            "x",
            at("2026-11-01T00:00:00Z"),
            "update",
            "agent",
            json!(null),
            json!(null),
        ));
    });
    let dataset = dataset(&plan(&server), &october()).await.unwrap();
    assert_eq!(figure(&dataset.windows[0], Metric::AuditEvents), Some(dec!(450)));
    assert_eq!(
        members(&dataset.windows[0], "audit_user", Metric::AuditEvents),
        [("u1".into(), "450".into())]
    );
    assert_eq!(server.hits("/audit-logs"), 3, "three pages and no call besides");
    assert!(says(
        &dataset,
        "2026-09: the audit trail is told of the reported period only"
    ));
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
async fn progress_ends_at_its_end() {
    let server = Server::start().await;
    for documented in [false, true] {
        server.hold(|holdings| {
            holdings.no_analytics = documented;
            holdings.usage_metrics = documented.then(|| json!({"totalRequests": 1}));
        });
        let folder = tempfile::tempdir().unwrap();
        let (writer, progress) = (SnapshotWriter::create(folder.path()).unwrap(), Counted::default());
        almyty::fetch(
            "gateway",
            &plan(&server),
            &october(),
            &writer,
            &clock(),
            &progress,
            AT_ONCE,
        )
        .await
        .unwrap();
        let (expected, done) = *progress.0.lock().unwrap();
        assert!(expected > 0 && expected == done, "{expected} {done}");
    }
}

#[tokio::test]
async fn names_are_found_on_whichever_page_they_are() {
    let server = Server::start().await;
    server.hold(|holdings| {
        let agents = (0..250).map(|number| (format!("a{number}"), json!(format!("Agent {number}"))));
        holdings.names.insert("/agents", agents.collect());
        for agent in ["a3", "a249", "a-gone"] {
            let more = json!({"agentId": agent});
            holdings
                .conversations
                .push(conversation(agent, at("2026-10-05T00:00:00Z"), "1", [1, 1], more));
        }
    });
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    let names: Vec<String> = members(&dataset.windows[0], "agent", Metric::TotalCost)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["Agent 249", "Agent 3", "a-gone"]);
    assert_eq!(server.hits("/agents"), 3);
}

#[tokio::test]
async fn a_list_that_repeats_its_page_for_ever_is_not_followed() {
    let server = Server::start().await;
    let (_, row) = audit_event(
        "e-1",
        at("2026-10-05T00:00:00Z"),
        "update",
        "agent",
        json!(null),
        json!(null),
    );
    let page = json!({
        "success": true,
        "data": [row],
        "pagination": {"total": 500, "page": 1, "limit": 200, "totalPages": 9_999_999},
    });
    let page = Reply::status(200, &page.to_string());
    server.on("/audit-logs", vec![page.clone(), page]);
    let error = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its page 2 is the same as the one before"),
        "{error}"
    );
    assert_eq!(server.hits("/audit-logs"), 2);
}

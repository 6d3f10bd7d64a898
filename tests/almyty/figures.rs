//! What a month comes to.

use crate::bench::{
    assert_adds_up, breakdown, dataset, figure, members, need, october, on, owned, plan, says, texts,
};
use crate::server::{Server, at, audit_event, conversation, request, tool_execution};
use reportwire::metric::Metric;
use reportwire::source::Depth;
use rust_decimal::{Decimal, dec};
use serde_json::json;

/// October of a small organization, with a row at each edge of the month.
pub(crate) async fn company() -> Server {
    let server = Server::start().await;
    server.hold(|holdings| {
        let known = json!({"providerId": "p1", "agentId": "a1", "userId": "u1", "gatewayId": "g1", "model": "large-1"});
        holdings.conversations = vec![
            conversation("c0", at("2026-09-30T23:59:59.999Z"), "70", [7, 7], json!({"providerId": "p1"})),
            conversation("c1", at("2026-10-01T00:00:00.000Z"), "1234.5678", [1000, 200], known.clone()),
            conversation("c2", at("2026-10-01T12:00:00.000Z"), "5.2e-06", [10, 1], known),
            conversation(
                "c3",
                at("2026-10-31T23:59:59.999Z"),
                "65.43219",
                [90, 9],
                json!({"providerId": "gone", "externalAgentId": "ext-7", "model": "small-1", "userId": "u2"}),
            ),
            conversation("c4", at("2026-10-15T08:00:00.000Z"), "0", [0, 0], json!({})),
            conversation("c5", at("2026-11-01T00:00:00.000Z"), "5000", [1, 1], json!({"providerId": "p1"})),
        ];
        holdings.requests = vec![
            request("r1", at("2026-10-01T00:00:00.000Z"), 200, 100, json!({"gatewayId": "g1", "userId": "u1"})),
            request("r2", at("2026-10-31T23:59:59.999Z"), 500, 301, json!({"gatewayId": "g2", "userId": "u1"})),
            request("r3", at("2026-10-02T10:00:00.000Z"), 404, 50, json!({"ipAddress": "10.0.0.9"})),
            request("r4", at("2026-10-02T11:00:00.000Z"), 302, 50, json!({"ipAddress": "10.0.0.9"})),
            request("r5", at("2026-11-01T00:00:00.000Z"), 200, 9999, json!({"gatewayId": "g1"})),
        ];
        holdings.tools = vec![
            tool_execution("t1", at("2026-10-05T00:00:00Z"), json!("tool-1"), json!(true)),
            tool_execution("t2", at("2026-10-05T00:00:01Z"), json!("tool-2"), json!(false)),
            tool_execution("t3", at("2026-10-06T00:00:00Z"), json!("tool-2"), json!(true)),
        ];
        holdings.audit = vec![
            audit_event("e1", at("2026-10-03T00:00:00Z"), "update", "agent", json!("u1"), json!("ana@example.com")),
            audit_event("e2", at("2026-10-04T00:00:00Z"), "delete", "agent", json!("u1"), json!("ana@example.com")),
            audit_event("e3", at("2026-10-05T00:00:00Z"), "update", "gateway", json!(null), json!(null)),
        ];
        holdings.names.insert("/agents", vec![("a1".into(), json!("Support"))]);
        holdings.names.insert("/llm-providers", vec![("p1".into(), json!("OpenAI"))]);
        holdings.names.insert("/gateways", vec![("g1".into(), json!("Main")), ("g2".into(), json!("Main"))]);
        holdings.names.insert("/tools", vec![("tool-2".into(), json!("search"))]);
    });
    server
}

#[tokio::test]
async fn a_closed_month_is_right_to_the_last_digit_of_a_cent() {
    let server = company().await;
    let dataset = dataset(&plan(&server), &october()).await.unwrap();
    assert_eq!(
        (dataset.platform.as_str(), dataset.zone.as_deref()),
        ("almyty", Some("UTC"))
    );
    assert_eq!(
        (dataset.scope.as_deref(), dataset.provisional_through),
        (Some("org-1"), None)
    );
    let window = &dataset.windows[0];
    let expected = [
        (Metric::TotalRequests, dec!(4)),
        (Metric::RequestsWithErrors, dec!(2)),
        (Metric::ErrorRate, dec!(50)),
        (Metric::SuccessRate, dec!(25)),
        (Metric::AverageRequestTime, dec!(125.25)),
        (Metric::TotalCost, dec!(12.999999952)),
        (Metric::InputTokens, dec!(1100)),
        (Metric::OutputTokens, dec!(210)),
        (Metric::TotalTokens, dec!(1310)),
        (Metric::ActiveUsers, dec!(2)),
        (Metric::ActiveAgents, dec!(2)),
        (Metric::ActiveModels, dec!(2)),
        (Metric::Conversations, dec!(4)),
        (Metric::ToolExecutions, dec!(3)),
        (Metric::ToolErrors, dec!(1)),
        (Metric::AuditEvents, dec!(3)),
    ];
    for (metric, value) in expected {
        assert_eq!(figure(window, metric), Some(value), "{}", metric.key());
    }
    assert_eq!(figure(window, Metric::InvoicedCost), None);
    assert_eq!(window.rows, 4 + 4 + 3);
    assert_eq!(
        on(window, Metric::TotalCost, "2026-10-01"),
        Some(dec!(12.345678052))
    );
    assert_eq!(on(window, Metric::TotalCost, "2026-10-31"), Some(dec!(0.6543219)));
    assert_eq!(on(window, Metric::TotalCost, "2026-10-20"), Some(Decimal::ZERO));
    assert_eq!(on(window, Metric::TotalRequests, "2026-10-02"), Some(dec!(2)));
    assert_adds_up(window);

    let september = &dataset.windows[1];
    assert_eq!(figure(september, Metric::TotalCost), Some(dec!(0.7)));
    assert_eq!(figure(september, Metric::TotalRequests), Some(Decimal::ZERO));
    let compared: Vec<Metric> = september.daily.iter().map(|series| series.metric).collect();
    assert_eq!(compared, [Metric::TotalCost]);
    let told: Vec<Metric> = september.figures.iter().map(|measure| measure.metric).collect();
    assert!(
        !told.contains(&Metric::AuditEvents),
        "the trail is told of the reported period only"
    );
    assert_eq!(
        dataset.notices.iter().filter(|notice| notice.missing).count(),
        0,
        "{:?}",
        texts(&dataset)
    );
}

#[tokio::test]
async fn figures_are_told_by_provider_model_agent_user_gateway_and_tool() {
    let server = company().await;
    let dataset = dataset(&plan(&server), &october()).await.unwrap();
    let window = &dataset.windows[0];
    let cost = |dimension| members(window, dimension, Metric::TotalCost);
    // What was deleted is shown by its id; who is not known has a name of his own.
    assert_eq!(
        cost("provider"),
        owned(&[
            ("OpenAI", "12.345678052"),
            ("gone", "0.6543219"),
            ("(unattributed)", "0")
        ])
    );
    assert_eq!(
        cost("model"),
        owned(&[
            ("large-1", "12.345678052"),
            ("small-1", "0.6543219"),
            ("(unattributed)", "0")
        ])
    );
    assert_eq!(
        cost("agent"),
        owned(&[
            ("Support", "12.345678052"),
            ("ext-7", "0.6543219"),
            ("(unattributed)", "0")
        ])
    );
    assert_eq!(
        cost("user"),
        owned(&[
            ("ana@example.com", "12.345678052"),
            ("u2", "0.6543219"),
            ("(unattributed)", "0")
        ])
    );
    // Two gateways of one name are told apart.
    assert_eq!(
        members(window, "gateway", Metric::TotalRequests),
        owned(&[("Main (g1)", "1"), ("(unattributed)", "2"), ("Main (g2)", "1")])
    );
    assert_eq!(
        members(window, "tool", Metric::ToolExecutions),
        owned(&[("search", "2"), ("tool-1", "1")])
    );
    assert_eq!(
        members(window, "tool", Metric::ToolErrors),
        owned(&[("search", "1"), ("tool-1", "0")])
    );
    let of = |dimension: &str| -> Vec<Metric> {
        let member = &breakdown(window, dimension).members[0];
        member.measures.iter().map(|measure| measure.metric).collect()
    };
    assert!(
        !of("provider").contains(&Metric::TotalRequests),
        "nobody knows the provider of a request"
    );
    assert_eq!(of("tool"), [Metric::ToolExecutions, Metric::ToolErrors]);
}

#[tokio::test]
async fn the_audit_trail_is_a_section_of_its_own() {
    let server = company().await;
    let whole = dataset(&plan(&server), &october()).await.unwrap();
    let window = &whole.windows[0];
    let events = |dimension| members(window, dimension, Metric::AuditEvents);
    assert_eq!(events("audit_action"), owned(&[("update", "2"), ("delete", "1")]));
    assert_eq!(
        events("audit_resource_type"),
        owned(&[("agent", "2"), ("gateway", "1")])
    );
    assert_eq!(
        events("audit_user"),
        owned(&[("ana@example.com", "2"), ("(unattributed)", "1")])
    );

    let mut quiet = plan(&server);
    quiet.audit = false;
    let before = server.hits("/audit-logs");
    let without = dataset(&quiet, &october()).await.unwrap();
    assert_eq!(server.hits("/audit-logs"), before);
    assert!(
        !without.windows[0]
            .breakdowns
            .iter()
            .any(|all| all.dimension.starts_with("audit"))
    );
    assert_eq!(members(&without.windows[0], "user", Metric::TotalCost)[0].0, "u1");
}

#[tokio::test]
async fn invoices_stand_beside_what_conversations_are_put_at() {
    let server = company().await;
    server.hold(|holdings| {
        holdings.providers = vec![("p1".into(), "OpenAI".into()), ("gone".into(), "Old one".into())];
        holdings
            .invoices
            .insert(("p1".into(), "2026-10-01".parse().unwrap()), 1300);
    });
    let dataset = dataset(&plan(&server), &october()).await.unwrap();
    let window = &dataset.windows[0];
    assert_eq!(figure(window, Metric::InvoicedCost), Some(dec!(13)));
    assert_eq!(
        members(window, "provider", Metric::InvoicedCost),
        owned(&[("OpenAI", "13"), ("gone", "n/a"), ("(unattributed)", "n/a")])
    );
    assert!(
        says(
            &dataset,
            "the providers have invoiced USD 13.00, USD 0.65 more than the USD 12.35"
        ),
        "{:?}",
        texts(&dataset)
    );
    assert!(says(&dataset, "no invoice is known of gone"));
    // The end is not included here, unlike everywhere else.
    let asked = "/provider-usage/reconciliation?from=2026-10-01T00:00:00.000Z&to=2026-11-01T00:00:00.000Z";
    assert_eq!(server.hits(asked), 1);
    // The platform's estimate is a hundred times too high, and not worth a word.
    assert!(!says(&dataset, "estimate is"), "{:?}", texts(&dataset));
    assert_eq!(window.rows, 4 + 4 + 3, "an invoice is no row of data");
    assert_adds_up(window);
}

#[tokio::test]
async fn an_estimate_that_agrees_is_worth_a_word() {
    let server = company().await;
    let providers = json!([{"llmProviderId": "p1", "providerName": "OpenAI", "estimateCents": 1300, "actualCents": 1400}]);
    let answer = json!({"success": true, "data": {"providers": providers}});
    server.on(
        "/provider-usage/reconciliation",
        [crate::server::Reply::status(200, &answer.to_string())],
    );
    let dataset = dataset(&plan(&server), &october()).await.unwrap();
    assert!(
        says(&dataset, "The platform's own estimate is USD 13.00."),
        "{:?}",
        texts(&dataset)
    );
}

#[tokio::test]
async fn a_cost_in_the_wrong_unit_is_told_and_never_corrected() {
    use reportwire::config::plan::CostUnit::{Cents, Dollars};
    for (unit, invoice, hint) in [
        (Cents, 124_000, Some("set `conversation_cost = \"dollars\"`")),
        (Dollars, 1240, Some("set `conversation_cost = \"cents\"`")),
        (Cents, 1240, None),
        (Cents, 2400, None),
    ] {
        let server = company().await;
        server.hold(|holdings| {
            holdings.providers = vec![("p1".into(), "OpenAI".into())];
            holdings
                .invoices
                .insert(("p1".into(), "2026-10-01".parse().unwrap()), invoice);
        });
        let mut plan = plan(&server);
        plan.conversation_cost = unit;
        let dataset = dataset(&plan, &october()).await.unwrap();
        let cost = if unit == Cents {
            dec!(12.999999952)
        } else {
            dec!(1299.9999952)
        };
        assert_eq!(figure(&dataset.windows[0], Metric::TotalCost), Some(cost));
        let suspected = texts(&dataset)
            .into_iter()
            .find(|text| text.contains("another unit"));
        match hint {
            Some(hint) => assert!(suspected.is_some_and(|text| text.contains(hint)), "{suspected:?}"),
            None => assert_eq!(suspected, None),
        }
    }
}

#[tokio::test]
async fn the_week_and_the_running_month_tell_of_a_wrong_unit_too() {
    // Conversations of the last week: 65.43219 + 5000 cents; runs of agents are told in dollars.
    for (runs, suspected) in [
        (json!(50.65), false),
        (json!(5065.4), true),
        (json!(0), false),
        (json!(null), false),
    ] {
        let server = company().await;
        server.hold(|holdings| holdings.agent_runs = runs.clone());
        let dataset = dataset(&plan(&server), &october()).await.unwrap();
        assert_eq!(
            says(&dataset, "In the seven days before"),
            suspected,
            "{runs} {:?}",
            texts(&dataset)
        );
    }
    let server = company().await;
    server.hold(|holdings| holdings.spent_cents = 50);
    let november = [need("2026-11", Depth::Full)];
    let dataset = dataset(&plan(&server), &november).await.unwrap();
    assert!(dataset.provisional_through.is_some());
    assert_eq!(figure(&dataset.windows[0], Metric::TotalCost), Some(dec!(50)));
    assert_eq!(
        on(&dataset.windows[0], Metric::TotalCost, "2026-11-02"),
        Some(Decimal::ZERO)
    );
    assert_eq!(
        on(&dataset.windows[0], Metric::TotalCost, "2026-11-03"),
        None,
        "a day to come is not zero"
    );
    assert!(
        says(&dataset, "a hundredth of the USD 50.00"),
        "{:?}",
        texts(&dataset)
    );
}

#[tokio::test]
async fn a_large_month_does_not_fail_for_the_noise_of_a_tiny_cost() {
    let server = Server::start().await;
    server.hold(|holdings| {
        let noon = at("2026-10-05T12:00:00Z");
        holdings.conversations = vec![
            conversation("c1", noon, "123456789", [1, 1], json!({})),
            conversation("c2", noon, "1.9999999999999998e-06", [1, 1], json!({})),
        ];
    });
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    let window = &dataset.windows[0];
    assert_eq!(figure(window, Metric::TotalCost), Some(dec!(1234567.89000002)));
    assert!(
        says(&dataset, "rounded to 18 decimals before it is added"),
        "{:?}",
        texts(&dataset)
    );
    assert_adds_up(window);
}

#[tokio::test]
async fn nothing_at_all_is_zero_as_long_as_it_would_be_kept() {
    let server = Server::start().await;
    let dataset = dataset(&plan(&server), &october()).await.unwrap();
    let window = &dataset.windows[0];
    for metric in [
        Metric::TotalCost,
        Metric::TotalRequests,
        Metric::ActiveUsers,
        Metric::ToolExecutions,
    ] {
        assert_eq!(figure(window, metric), Some(Decimal::ZERO), "{}", metric.key());
    }
    assert_eq!((figure(window, Metric::ErrorRate), window.rows), (None, 0));
    assert_eq!(window.breakdowns, []);
}

#[tokio::test]
async fn what_is_no_longer_kept_is_not_zero_and_cost_stays() {
    let server = Server::start().await;
    server.hold(|holdings| {
        holdings.conversations = vec![conversation(
            "c1",
            at("2026-07-10T00:00:00Z"),
            "150",
            [5, 5],
            json!({}),
        )];
        // Pruned daily: of July nothing is left, of August the days from the fourth on.
        for day in 4..=31 {
            let instant = at(&format!("2026-08-{day:02}T09:00:00Z"));
            holdings
                .requests
                .push(request(&format!("r{day}"), instant, 200, 10, json!({})));
        }
    });
    let needs = [need("2026-07", Depth::Full), need("2026-08", Depth::Comparison)];
    let pruned = dataset(&plan(&server), &needs).await.unwrap();
    for window in &pruned.windows {
        for metric in [
            Metric::TotalRequests,
            Metric::RequestsWithErrors,
            Metric::ErrorRate,
            Metric::AverageRequestTime,
            Metric::ActiveUsers,
        ] {
            assert_eq!(
                figure(window, metric),
                None,
                "{} {}",
                window.period.id(),
                metric.key()
            );
        }
        assert_eq!(
            figure(window, Metric::ToolExecutions),
            Some(Decimal::ZERO),
            "only requests are removed after a time"
        );
    }
    assert_eq!(figure(&pruned.windows[0], Metric::TotalCost), Some(dec!(1.5)));
    assert!(
        says(
            &pruned,
            "2026-07: requests are not retained: the platform keeps them for 90 days and has none for 2026-07-01 to 2026-07-31"
        ),
        "{:?}",
        texts(&pruned)
    );
    assert!(says(
        &pruned,
        "2026-08: requests are not retained: the platform keeps them for 90 days and has none for 2026-08-01 to 2026-08-03 and \
         perhaps not all for 2026-08-04"
    ));

    let mut lasting = plan(&server);
    lasting.retention_days = None;
    let kept = dataset(&lasting, &needs).await.unwrap();
    assert_eq!(
        figure(&kept.windows[0], Metric::TotalRequests),
        Some(Decimal::ZERO)
    );
    assert_eq!(figure(&kept.windows[1], Metric::TotalRequests), Some(dec!(28)));
    assert!(!says(&kept, "not retained"));
}

#[tokio::test]
async fn rows_of_before_the_retention_that_are_all_there_are_believed() {
    let server = Server::start().await;
    server.hold(|holdings| {
        for day in 1..=31 {
            let instant = at(&format!("2026-07-{day:02}T09:00:00Z"));
            holdings
                .requests
                .push(request(&format!("r{day}"), instant, 200, 10, json!({})));
        }
    });
    let july = [need("2026-07", Depth::Full)];
    // Nobody knows what was before the first of them on its day.
    let doubted = dataset(&plan(&server), &july).await.unwrap();
    assert_eq!(figure(&doubted.windows[0], Metric::TotalRequests), None);
    assert!(
        says(
            &doubted,
            "keeps them for 90 days and perhaps not all for 2026-07-01."
        ),
        "{:?}",
        texts(&doubted)
    );
    // What is older is removed first, so that nothing is missing after it.
    server.hold(|holdings| {
        let instant = at("2026-06-30T23:00:00Z");
        holdings
            .requests
            .push(request("older", instant, 200, 10, json!({})));
    });
    let dataset = dataset(&plan(&server), &july).await.unwrap();
    assert_eq!(figure(&dataset.windows[0], Metric::TotalRequests), Some(dec!(31)));
    assert!(!says(&dataset, "not retained"), "{:?}", texts(&dataset));
}

#[tokio::test]
async fn an_idle_day_is_no_doubt_where_requests_are_kept_or_older_ones_are_there() {
    let server = Server::start().await;
    server.hold(|holdings| {
        for (id, instant) in [
            ("r1", "2026-07-03T09:00:00Z"),
            ("r2", "2026-08-20T09:00:00Z"),
            ("r3", "2026-09-20T09:00:00Z"),
        ] {
            holdings
                .requests
                .push(request(id, at(instant), 200, 10, json!({})));
        }
    });
    let needs = ["2026-09", "2026-08", "2026-07"].map(|id| need(id, Depth::Figures));
    let dataset = dataset(&plan(&server), &needs).await.unwrap();
    let requests = dataset
        .windows
        .iter()
        .map(|window| figure(window, Metric::TotalRequests));
    // Of July the first two days prove nothing; the rest of it, and all of August, is younger than what there is.
    assert_eq!(requests.collect::<Vec<_>>(), [Some(dec!(1)), Some(dec!(1)), None]);
    assert!(server.hits("/analytics/requests?to=2026-06-30T23:59:59.999Z") > 0);
}

#[tokio::test]
async fn ratios_of_conversations_to_requests_are_not_told() {
    let server = company().await;
    let dataset = dataset(&plan(&server), &october()).await.unwrap();
    for window in &dataset.windows {
        assert_eq!(
            window.unrelated,
            [
                Metric::AverageCostPerRequest,
                Metric::AverageInputTokensPerRequest,
                Metric::AverageOutputTokensPerRequest,
                Metric::AverageTokensPerRequest,
            ]
        );
    }
}

#[tokio::test]
async fn a_cost_of_more_digits_than_can_be_kept_is_rounded_and_told() {
    let server = Server::start().await;
    server.hold(|holdings| {
        let noon = at("2026-10-05T12:00:00Z");
        for (number, cents) in ["12.5", "1.2345678901234567e-11", "9.8765432109876543e-16"]
            .into_iter()
            .enumerate()
        {
            let row = conversation(&format!("c{number}"), noon, cents, [1, 1], json!({}));
            holdings.conversations.push(row);
        }
    });
    let dataset = dataset(&plan(&server), &[need("2026-10", Depth::Full)])
        .await
        .unwrap();
    let window = &dataset.windows[0];
    assert_eq!(
        figure(window, Metric::TotalCost),
        Some(dec!(0.125000000000123467))
    );
    assert!(
        says(
            &dataset,
            "the cost of 2 conversations has more digits than can be kept; each is rounded to 18 decimals"
        ),
        "{:?}",
        texts(&dataset)
    );
    assert_adds_up(window);
}

#[tokio::test]
async fn providers_have_the_names_of_their_invoices_where_the_list_is_kept_from_us() {
    let server = company().await;
    server.hold(|holdings| holdings.providers = vec![("p1".into(), "OpenAI by invoice".into())]);
    let named = dataset(&plan(&server), &october()).await.unwrap();
    assert_eq!(
        members(&named.windows[0], "provider", Metric::TotalCost)[0].0,
        "OpenAI"
    );
    let forbidden = crate::server::Reply::error(403, "FORBIDDEN", "Insufficient role privileges");
    server.on("/llm-providers", [forbidden]);
    let unnamed = dataset(&plan(&server), &october()).await.unwrap();
    assert_eq!(
        members(&unnamed.windows[0], "provider", Metric::TotalCost)[0].0,
        "OpenAI by invoice"
    );
}

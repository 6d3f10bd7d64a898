//! Periods that overlap: days that are looked back on, which change nothing of a report, and periods that share days.

use crate::bench::{dataset, figure, need, october, plan, says, texts};
use crate::figures::company;
use crate::server::{Reply, Server, at, conversation, request};
use reportwire::metric::Metric;
use reportwire::source::{Dataset, Depth, Need};
use rust_decimal::dec;
use serde_json::json;

/// October beside September, and the days from eight weeks before October.
fn looking_back() -> Vec<Need> {
    let mut needs = october();
    needs.push(need("2026-08-03..2026-10-31", Depth::Days));
    needs
}

/// What a report is told when it looks back, which is what it is told when it does not.
async fn undisturbed(server: &Server) -> Dataset {
    let alone = dataset(&plan(server), &october()).await.unwrap();
    let both = dataset(&plan(server), &looking_back()).await.unwrap();
    assert_eq!(texts(&both), texts(&alone));
    assert_eq!(both.notices, alone.notices);
    assert_eq!(both.windows[..2], alone.windows);
    both
}

#[tokio::test]
async fn invoices_are_those_of_the_periods_that_are_reported() {
    let server = company().await;
    server.hold(|holdings| {
        holdings.providers = vec![("p1".into(), "OpenAI".into())];
        for (month, cents) in [("2026-09-01", 100), ("2026-10-01", 1300)] {
            let month = (String::from("p1"), month.parse().unwrap());
            holdings.invoices.insert(month, cents);
        }
    });
    let dataset = undisturbed(&server).await;
    let invoiced = |at: usize| figure(&dataset.windows[at], Metric::InvoicedCost);
    assert_eq!((invoiced(0), invoiced(1)), (Some(dec!(13)), Some(dec!(1))));
}

#[tokio::test]
async fn rows_of_days_that_are_looked_back_on_are_not_spoken_of() {
    let server = company().await;
    server.hold(|holdings| {
        // Removed until the fifth of August, so that nobody knows what was before; and a cost that is none.
        for (id, instant) in [("a1", "2026-08-05T09:00:00Z"), ("a2", "2026-08-20T09:00:00Z")] {
            let mut row = request(id, at(instant), 200, 10, json!({}));
            row.1["responseTime"] = json!("soon");
            holdings.requests.push(row);
        }
        let cost = "\"a lot\"";
        let row = conversation("c9", at("2026-08-20T00:00:00Z"), cost, [1, 1], json!({}));
        holdings.conversations.push(row);
    });
    let dataset = undisturbed(&server).await;
    assert_eq!(
        figure(&dataset.windows[2], Metric::TotalCost),
        None,
        "unknown is not zero"
    );
    assert_eq!(figure(&dataset.windows[2], Metric::TotalRequests), None);
}

#[tokio::test]
async fn a_list_of_days_that_are_looked_back_on_casts_no_doubt_on_the_report() {
    let page = |rows: &[serde_json::Value], total: u64| {
        let page = json!({"success": true, "data": {"data": rows, "total": total, "page": 1, "pages": 1}});
        Reply::status(200, &page.to_string())
    };
    let row = |id, instant| request(id, at(instant), 200, 10, json!({})).1;
    let october = page(&[row("r1", "2026-10-05T00:00:00Z")], 1);
    let short = page(&[row("r0", "2026-08-20T00:00:00Z")], 3);
    let server = Server::start().await;
    let replies = [october, page(&[], 0), short.clone(), short.clone(), short];
    server.on("/analytics/requests", replies);
    let dataset = dataset(&plan(&server), &looking_back()).await.unwrap();
    let requests = |at: usize| figure(&dataset.windows[at], Metric::TotalRequests);
    assert_eq!(
        (requests(0), requests(1), requests(2)),
        (Some(dec!(1)), Some(dec!(0)), None)
    );
    assert!(!says(&dataset, "its pages gave only"), "{:?}", texts(&dataset));
}

#[tokio::test]
async fn requests_of_an_earlier_period_are_not_said_to_have_come_without_a_gateway() {
    let server = Server::start().await;
    server.hold(|holdings| {
        let mut add = |id: String, first: &str, number: i64, gateway: serde_json::Value| {
            let more = json!({"gatewayId": gateway});
            let row = request(&id, at(first) + number * 60_000_000, 200, 10, more);
            holdings.requests.push(row);
        };
        for number in 0..60 {
            add(format!("o{number}"), "2026-10-05T00:00:00Z", number, json!("g1"));
        }
        for number in 0..2000 {
            add(format!("s{number}"), "2026-09-20T00:00:00Z", number, json!("g1"));
        }
        // Seven that the export lacks.
        for number in 0..7 {
            add(format!("x{number}"), "2026-09-25T00:00:00Z", number, json!(null));
        }
    });
    let needs = [
        need("2026-10", Depth::Full),
        need("2026-09-15..2026-10-31", Depth::Comparison),
    ];
    let dataset = dataset(&plan(&server), &needs).await.unwrap();
    assert_eq!(
        figure(&dataset.windows[1], Metric::TotalRequests),
        Some(dec!(2067))
    );
    assert!(
        says(
            &dataset,
            "2026-09-15..2026-10-31: 7 requests did not come through a gateway"
        ),
        "{:?}",
        texts(&dataset)
    );
}

#[tokio::test]
async fn invoices_of_periods_that_share_days_are_said_to_be_left_out() {
    let server = company().await;
    server.hold(|holdings| {
        holdings.providers = vec![("p1".into(), "OpenAI".into())];
        let month = (String::from("p1"), "2026-10-01".parse().unwrap());
        holdings.invoices.insert(month, 1300);
    });
    let needs = [need("2026-10", Depth::Full), need("2026-Q4", Depth::Comparison)];
    let dataset = dataset(&plan(&server), &needs).await.unwrap();
    for (window, period) in dataset.windows.iter().zip(["2026-10", "2026-Q4"]) {
        assert_eq!(figure(window, Metric::InvoicedCost), None, "{period}");
        let words = format!(
            "{period}: what the providers have invoiced is not told: the period begins within another"
        );
        assert!(says(&dataset, &words), "{:?}", texts(&dataset));
    }
}

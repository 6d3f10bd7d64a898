//! What a monitoring system collects, and who notices that a service is gone.

use crate::world::{DUE, World, instant};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missed_is_counted_by_reason_from_zero_and_is_late_for_nobody() {
    let world = World::new().await;
    world.add_job("flash", "\"0 7 1 * *\"", "month_to_date");
    let mut service = world.serve();
    let lines = |service: &crate::service::Service, expected: &[&str]| {
        let metrics = service.http_get("/metrics").body;
        for line in expected {
            assert!(metrics.lines().any(|found| found == *line), "{line}\n{metrics}");
        }
    };
    lines(
        &service,
        &[
            "reportwire_occurrences_missed_total{reason=\"late\"} 0",
            "reportwire_occurrences_missed_total{reason=\"no_complete_day\"} 0",
            "reportwire_config_reloads_total{outcome=\"taken\"} 0",
            "reportwire_config_reloads_total{outcome=\"refused\"} 0",
        ],
    );
    service.set_clock(instant(DUE));
    let written = service.wait_for("occurrences were written down");
    assert_eq!(
        (&written.fields["enqueued"], &written.fields["missed"]),
        (&1.into(), &1.into())
    );
    lines(
        &service,
        &[
            "reportwire_occurrences_missed_total{reason=\"late\"} 0",
            "reportwire_occurrences_missed_total{reason=\"no_complete_day\"} 1",
            "reportwire_due_lateness_seconds_count 1",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_from_outside_is_asked_past_any_proxy_of_the_environment() {
    let world = World::new().await;
    let ping = format!("ping_url = \"{}\"\nlisten = ", world.hook.url("/alive"));
    world.edit("listen = ", &ping);
    let launch = world.launch().env("REPORTWIRE_TICKS", "fast");
    let mut service = launch.env("HTTP_PROXY", "http://127.0.0.1:9").start();
    service.wait_for("serving");
    world.eventually("a ping", |world| {
        let asked = world.hook.requests();
        asked
            .iter()
            .any(|request| request.line.starts_with("GET /alive "))
    });
}

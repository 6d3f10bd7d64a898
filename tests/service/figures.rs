//! What a monitoring system collects.

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

//! Figures about the program itself, for a monitoring system to collect: every name and meaning in one place.
//!
//! Labels are names out of the configuration and words of our own, never data, addresses or secrets. Until [`exporter`] is asked
//! for the first time, recording does nothing.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::sync::OnceLock;
use std::time::Duration;

/// Occurrences that fell due and were enqueued.
pub const OCCURRENCES_ENQUEUED: &str = "reportwire_occurrences_enqueued_total";
/// Occurrences that were not run and will not be, by `reason`.
pub const OCCURRENCES_MISSED: &str = "reportwire_occurrences_missed_total";
/// Runs that ended, by `job` and `state`.
pub const RUNS: &str = "reportwire_runs_total";
/// Attempts to deliver, by `delivery` and `outcome`.
pub const DELIVERIES: &str = "reportwire_deliveries_total";
/// Writes of a process that had lost its run.
pub const STALE_WRITES_REFUSED: &str = "reportwire_stale_writes_refused_total";
/// Age of the scheduler's last heartbeat.
pub const HEARTBEAT_AGE: &str = "reportwire_heartbeat_age_seconds";
/// From due time to enqueueing.
pub const DUE_LATENESS: &str = "reportwire_due_lateness_seconds";
/// Runs under way in this process.
pub const RUNS_UNDER_WAY: &str = "reportwire_runs_under_way";
/// Parcels that wait for their next attempt.
pub const OUTBOX_WAITING: &str = "reportwire_outbox_waiting";
/// See [`catalogue`].
pub const OUTBOX_AMBIGUOUS: &str = "reportwire_outbox_ambiguous";
/// Parcels that were given up.
pub const OUTBOX_DEAD: &str = "reportwire_outbox_dead";
/// Messages to the owner that are not sent yet.
pub const NOTICES_WAITING: &str = "reportwire_notices_waiting";
/// Times that the store could not be read or written.
pub const STORE_FAULTS: &str = "reportwire_store_faults_total";
/// Configurations read anew, by `outcome`.
pub const CONFIG_RELOADS: &str = "reportwire_config_reloads_total";

/// Always 1, with the `version` of the program and of its `time_zone_data`.
pub const BUILD_INFO: &str = "reportwire_build_info";

/// Upper bounds of the classes of [`DUE_LATENESS`], in seconds: a heartbeat is about a second, a day is far too late.
const LATENESS_SECS: [f64; 10] = [
    1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0,
];

/// Renders what was recorded.
#[derive(Debug, Clone)]
pub struct Exporter(PrometheusHandle);

impl Exporter {
    /// All figures in Prometheus' text format.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.render()
    }

    /// Frees what is kept of recorded values until somebody collects them. To be called every few seconds.
    pub fn tidy(&self) {
        self.0.run_upkeep();
    }
}

/// The exporter of this process. The first call begins the recording.
#[must_use]
pub fn exporter() -> Exporter {
    static EXPORTER: OnceLock<PrometheusHandle> = OnceLock::new();
    let handle = EXPORTER.get_or_init(|| {
        let recorder = recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of figures is in place, so the metrics stay empty");
        }
        describe();
        handle
    });
    Exporter(handle.clone())
}

fn recorder() -> PrometheusRecorder {
    let lateness = Matcher::Full(DUE_LATENESS.to_owned());
    // Only an empty list of classes is refused.
    let builder = PrometheusBuilder::new().set_buckets_for_metric(lateness, &LATENESS_SECS);
    builder.unwrap_or_default().build_recorder()
}

fn describe() {
    let counters = [
        (
            OCCURRENCES_ENQUEUED,
            "Occurrences that fell due and were enqueued",
        ),
        (
            OCCURRENCES_MISSED,
            "Occurrences that were not run and will not be, by reason",
        ),
        (RUNS, "Runs that ended, by job and state"),
        (DELIVERIES, "Attempts to deliver, by delivery and outcome"),
        (
            STALE_WRITES_REFUSED,
            "Refused writes of a process that had lost its run",
        ),
        (STORE_FAULTS, "Times that the store could not be read or written"),
        (CONFIG_RELOADS, "Configurations read anew, by outcome"),
    ];
    for (name, meaning) in counters {
        describe_counter!(name, Unit::Count, meaning);
    }
    let gauges = [
        (RUNS_UNDER_WAY, "Runs under way in this process"),
        (OUTBOX_WAITING, "Parcels that wait for their next attempt"),
        (
            OUTBOX_AMBIGUOUS,
            "Parcels that may have arrived and wait for an operator's word",
        ),
        (OUTBOX_DEAD, "Parcels that were given up in the last seven days"),
        (NOTICES_WAITING, "Messages to the owner that are not sent yet"),
        (
            BUILD_INFO,
            "Always 1, with the versions of program and time zone data",
        ),
    ];
    for (name, meaning) in gauges {
        describe_gauge!(name, Unit::Count, meaning);
    }
    describe_gauge!(
        HEARTBEAT_AGE,
        Unit::Seconds,
        "Age of the scheduler's last heartbeat"
    );
    describe_histogram!(DUE_LATENESS, Unit::Seconds, "From due time to enqueueing");
    // An alert on an increase needs the zero before it.
    for name in [OCCURRENCES_ENQUEUED, STALE_WRITES_REFUSED, STORE_FAULTS] {
        counter!(name).increment(0);
    }
    for reason in ["late", "no_complete_day"] {
        occurrences_missed(reason, 0);
    }
    for outcome in ["taken", "refused"] {
        counter!(CONFIG_RELOADS, "outcome" => outcome).increment(0);
    }
    gauge!(RUNS_UNDER_WAY).set(0);
    let zones = chrono_tz::IANA_TZDB_VERSION;
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION"), "time_zone_data" => zones).set(1);
}

/// So many occurrences were enqueued.
pub fn occurrences_enqueued(count: u64) {
    counter!(OCCURRENCES_ENQUEUED).increment(count);
}

/// So many occurrences were written down as missed: `late`, or with `no_complete_day` in their period.
pub fn occurrences_missed(reason: &'static str, count: u64) {
    counter!(OCCURRENCES_MISSED, "reason" => reason).increment(count);
}

/// A run of `job` ended in `state`.
pub fn run_ended(job: &str, state: &'static str) {
    counter!(RUNS, "job" => job.to_owned(), "state" => state).increment(1);
}

/// An attempt by the delivery of this name came to `outcome`.
pub fn delivery_attempted(delivery: &str, outcome: &'static str) {
    counter!(DELIVERIES, "delivery" => delivery.to_owned(), "outcome" => outcome).increment(1);
}

/// A write was refused because its process had lost the run.
pub fn stale_write_refused() {
    counter!(STALE_WRITES_REFUSED).increment(1);
}

/// The last heartbeat was so long ago.
pub fn heartbeat_age(age: Duration) {
    gauge!(HEARTBEAT_AGE).set(age);
}

/// An occurrence was enqueued so long after it fell due.
pub fn due_lateness(lateness: Duration) {
    histogram!(DUE_LATENESS).record(lateness);
}

/// So many runs are under way.
pub fn runs_under_way(count: u32) {
    gauge!(RUNS_UNDER_WAY).set(count);
}

/// So many parcels wait, so many wait for somebody's word, and so many were given up.
pub fn outbox(waiting: u32, ambiguous: u32, dead: u32) {
    gauge!(OUTBOX_WAITING).set(waiting);
    gauge!(OUTBOX_AMBIGUOUS).set(ambiguous);
    gauge!(OUTBOX_DEAD).set(dead);
}

/// So many messages to the owner are not sent yet.
pub fn notices_waiting(count: u32) {
    gauge!(NOTICES_WAITING).set(count);
}

/// The store could not be read or written.
pub fn store_fault() {
    counter!(STORE_FAULTS).increment(1);
}

/// The configuration was read anew, and taken or refused.
pub fn config_reloaded(outcome: &'static str) {
    counter!(CONFIG_RELOADS, "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() {
        occurrences_enqueued(3);
        occurrences_missed("late", 2);
        run_ended("monthly", "delivered");
        delivery_attempted("finance-mail", "acked");
        stale_write_refused();
        heartbeat_age(Duration::from_millis(1_500));
        due_lateness(Duration::from_secs(4));
        runs_under_way(2);
        outbox(7, 2, 1);
        notices_waiting(5);
        store_fault();
        config_reloaded("refused");
    }

    #[test]
    fn every_figure_is_collected_under_its_name_with_its_meaning() {
        // A recorder of its own: what other tests record at the same time is not counted here.
        let recorder = recorder();
        let exporter = Exporter(recorder.handle());
        metrics::with_local_recorder(&recorder, || {
            describe();
            record();
        });
        exporter.tidy();
        let text = exporter.text();
        let build = format!(
            "reportwire_build_info{{version=\"{}\",time_zone_data=\"{}\"}} 1",
            env!("CARGO_PKG_VERSION"),
            chrono_tz::IANA_TZDB_VERSION
        );
        assert!(text.contains(&build), "{build}\n{text}");
        for line in [
            "reportwire_occurrences_enqueued_total 3",
            "reportwire_occurrences_missed_total{reason=\"late\"} 2",
            "reportwire_occurrences_missed_total{reason=\"no_complete_day\"} 0",
            "reportwire_config_reloads_total{outcome=\"taken\"} 0",
            "reportwire_runs_total{job=\"monthly\",state=\"delivered\"} 1",
            "reportwire_deliveries_total{delivery=\"finance-mail\",outcome=\"acked\"} 1",
            "reportwire_stale_writes_refused_total 1",
            "reportwire_due_lateness_seconds_bucket{le=\"2\"} 0",
            "reportwire_due_lateness_seconds_bucket{le=\"5\"} 1",
            "reportwire_due_lateness_seconds_count 1",
            "reportwire_runs_under_way 2",
            "reportwire_outbox_waiting 7",
            "reportwire_outbox_ambiguous 2",
            "reportwire_outbox_dead 1",
            "reportwire_notices_waiting 5",
            "reportwire_store_faults_total 1",
            "reportwire_config_reloads_total{outcome=\"refused\"} 1",
            "# HELP reportwire_heartbeat_age_seconds Age of the scheduler's last heartbeat",
            "# TYPE reportwire_due_lateness_seconds histogram",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}

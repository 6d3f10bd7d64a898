//! Disks of ours that are full: the service pauses where everybody sees it, and goes on when there is room. Nothing is lost,
//! nothing comes twice, and no run is called failed.

use crate::service::Service;
use crate::world::{World, eventually, files, instant};
use chrono::TimeDelta;
use std::fs;
use std::io::Write as _;
use std::path::Path;

const TABLES: &str = r#"
[deliveries.mail.email]
from = "reports@example.com"
to = ["cfo@example.com"]
SMTP
[deliveries.bi-drop.file_drop]
path = "drop"
[jobs.daily]
schedule = "0 7 * * *"
sources = ["usage"]
period = "previous_day"
formats = ["html", "xlsx", "csv", "json"]
deliveries = ["bi-drop"]
[jobs.daily.report.full]
"#;

/// Fills a file system until so many KiB are left.
fn fill(folder: &Path, leave_kib: usize) {
    let mut filler = fs::File::create(folder.join("filler")).unwrap();
    let page = vec![1; 4096];
    while filler.write_all(&page).is_ok() {}
    let len = filler.metadata().unwrap().len();
    filler
        .set_len(len.saturating_sub(leave_kib as u64 * 1024))
        .unwrap();
}

fn make_room(folder: &Path) {
    fs::remove_file(folder.join("filler")).unwrap();
}

fn is_ready(service: &Service) -> bool {
    service.http_get("/readyz").status == 200
}

/// Why the service is paused, if it is. Right after the clock was moved its last beat looks old, which is no pause.
fn pause(service: &Service) -> Option<String> {
    let answer = service.http_get("/readyz");
    (answer.status == 503 && answer.body.contains("cannot")).then_some(answer.body)
}

/// The data folder is filled to every degree at which another step fails: writing down what is due, the snapshot, the
/// artifacts, the outbox, the answer of a delivery.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_data_folder_pauses_the_service_and_costs_no_report() {
    let world = World::new(TABLES, "2026-11-01T12:00:00Z").await;
    world.usage("2026-10-01", "2026-12-31", 400);
    let Some(service) = world.serve_on_small_disks(&[("data", 64 * 1024)]) else {
        return;
    };
    let data = world.seen_by(&service, "data");
    eventually("its first beat", &service, || is_ready(&service));
    let mut day = instant("2026-11-02T07:00:01Z");
    let mut paused = 0;
    for leave_kib in [0, 4, 16, 64, 128, 256, 400, 500, 550, 600, 650, 700, 800, 1000] {
        fill(&data, leave_kib);
        world.clock.set(day);
        let file = format!(
            "daily_{}.manifest.json",
            (day - TimeDelta::days(1)).format("%Y-%m-%d")
        );
        let arrived = || files(&world.path("drop")).contains_key(&file);
        eventually("the report or a pause", &service, || {
            arrived() || pause(&service).is_some()
        });
        if let Some(why) = pause(&service) {
            paused += 1;
            assert!(!why.contains("data"), "no path: {leave_kib}: {why}");
        }
        make_room(&data);
        // Leases run out, and what was put by is due; a ticket that nobody used is handed out again a minute later.
        world.clock.set(day + TimeDelta::minutes(7));
        eventually("it to be ready again", &service, || is_ready(&service));
        world.clock.set(day + TimeDelta::minutes(9));
        eventually(&format!("the report, after {leave_kib} KiB"), &service, arrived);
        day += TimeDelta::days(1);
    }
    assert!(paused >= 4, "it paused only {paused} times");
    let events = service.events("run ends");
    assert!(
        events.iter().all(|event| event.fields["state"] == "delivered"),
        "{events:?}"
    );
    assert!(
        service.events("run failed").is_empty(),
        "{:?}",
        service.events("run failed")
    );
    assert_eq!(files(&world.path("drop")).len(), 14 * 5);
    assert!(!files(&world.path("drop")).keys().any(|name| name.contains("_r2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_drop_folder_is_tried_again_and_pauses_nothing() {
    let world = World::new(TABLES, "2026-11-01T12:00:00Z").await;
    world.usage("2026-10-01", "2026-12-31", 10);
    let Some(mut service) = world.serve_on_small_disks(&[("drop", 512)]) else {
        return;
    };
    let drop = world.seen_by(&service, "drop");
    eventually("its first beat", &service, || is_ready(&service));
    fill(&drop, 8);
    world.set_clock("2026-11-02T07:00:01Z");
    let tried = service.wait_where("a delivery was attempted", |event| {
        event.fields["outcome"] == "retry_wait"
    });
    assert_eq!(tried.fields["delivery"], "bi-drop");
    assert!(is_ready(&service));
    assert!(service.events("run ends").is_empty());
    make_room(&drop);
    world.set_clock("2026-11-02T07:30:00Z");
    let end = service.wait_for("run ends");
    assert_eq!(end.fields["state"], "delivered");
    assert_eq!(files(&drop).len(), 5);
}

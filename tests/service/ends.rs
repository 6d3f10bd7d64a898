//! How a service ends, and what the next one makes of it.

use crate::postgres::Postgres;
use crate::service::Launch;
use crate::smtp::{At, Fault, Script};
use crate::world::{BEFORE, DUE, OWNER, READERS, World, instant};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

const STOP: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_falls_due_arrives_by_mail_hook_and_folder() {
    let world = World::new().await;
    let mut service = world.serve();
    assert!(world.runs().is_empty(), "nothing is due yet");
    service.set_clock(crate::world::instant(DUE));
    let ended = service.wait_for("run ends");
    assert_eq!(ended.fields["state"], "delivered");
    let run = world.only_run();
    assert_eq!(run["trigger"], "schedule");
    assert_eq!(run["due_at"], "2026-11-01T07:00:00+01:00");
    assert_eq!(run["period"]["id"], "2026-10");
    for reader in READERS {
        assert_eq!(world.mails_to(reader).len(), 1, "{reader}");
    }
    assert!(world.mails_to(OWNER).is_empty(), "all is well");
    assert_eq!(world.hook.requests().len(), 1);
    let dropped = world.dropped("monthly", "2026-10");
    assert_eq!(
        dropped,
        BTreeSet::from(["monthly_2026-10.csv", "monthly_2026-10.manifest.json"].map(str::to_owned))
    );
    let shown = world.ask(&["runs", "show", run["run_id"].as_str().unwrap()]);
    let line = "made by  its schedule, due 2026-11-01 07:00 +01:00";
    assert!(shown.out.contains(line), "{}", shown.out);
    service.term();
    assert_eq!(service.wait_exit(STOP).code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_hangs_does_not_keep_the_service_from_stopping_and_is_sent_once_more_later() {
    let slow = Script {
        faults: [Fault::Hang(At::AfterDot)].into(),
        ..Script::default()
    };
    let world = World::with(slow, vec![]).await;
    world.edit("listen = ", "stop_within = \"4s\"\nlisten = ");
    world.edit(", \"erp\", \"bi-drop\"", "");
    let mut service = world.serve();
    service.set_clock(crate::world::instant(DUE));
    world.eventually("the first mail", |world| world.smtp.accepted().len() == 1);
    service.term();
    service.wait_for("stopping");
    assert_eq!(service.wait_exit(STOP).code(), Some(0));
    let run = world.only_run();
    let state = |at: usize| world.parcel(run["run_id"].as_str().unwrap(), READERS[at])["state"].clone();
    assert_eq!((state(0), state(1)), ("sending".into(), "pending".into()));
    assert_eq!(world.smtp.accepted().len(), 1, "no second mail was begun");
    let mut next = world.serve();
    next.wait_where("a delivery was attempted", |event| {
        event.fields["outcome"] == "acked"
    });
    // The first may have arrived, so it is sent once more when there was time to look, to the byte and under the same key.
    next.set_clock(crate::world::instant("2026-11-01T06:10:30Z"));
    next.wait_for("run ends");
    let (first, second) = (world.mails_to(READERS[0]), world.mails_to(READERS[1]));
    assert_eq!((first.len(), second.len()), (2, 1));
    assert_eq!(first[0], first[1]);
    assert_eq!(world.only_run()["state"], "delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_loses_nothing_and_doubles_nothing_whatever_is_under_way() {
    for point in [
        "taken",
        "snapshotted",
        "frozen",
        "permitted",
        "answered",
        "recorded",
    ] {
        let world = World::new().await;
        let mut service = world.launch().stop_at(point, 1).start();
        service.wait_for("serving");
        service.set_clock(crate::world::instant(DUE));
        service.wait_stopped();
        service.term();
        service.cont();
        assert_eq!(service.wait_exit(STOP).code(), Some(0), "{point}");
        // The first one may have come to the end of the run while it stopped. What could not end in time on a busy machine is
        // ambiguous, and goes out once more, to the byte, when its time has come.
        let next = world.serve();
        world.set_clock("2026-11-01T06:12:00Z");
        let since = std::time::Instant::now();
        while world.only_run()["state"] != "delivered" {
            assert!(since.elapsed() < STOP, "{point}: {}", world.only_run());
        }
        drop(next);
        for reader in READERS {
            let copies: BTreeSet<Vec<u8>> = world
                .mails_to(reader)
                .into_iter()
                .map(|mail| mail.content)
                .collect();
            assert_eq!(copies.len(), 1, "{point}: {reader}");
            assert!(world.mails_to(reader).len() <= 2, "{point}: {reader}");
        }
        assert!(!world.hook.requests().is_empty(), "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_killed_is_gone_on_with_and_each_reader_gets_the_report_once() {
    let points = [
        "ticket",
        "taken",
        "fetching",
        "snapshotted",
        "freezing",
        "frozen",
        "permitted",
        "answered",
        "recorded",
        "concluding",
    ];
    for point in points {
        let world = World::new().await;
        world.edit(", \"erp\", \"bi-drop\"", "");
        let mut service = world.launch().fail_at(point, 1).start();
        service.wait_for("serving");
        service.set_clock(crate::world::instant(DUE));
        let aborted = service.wait_exit(STOP);
        assert_eq!(aborted.signal(), Some(6), "{point}");
        // What a worker was handed is handed out again after a minute; what may have arrived goes out again after ten.
        world.set_clock("2026-11-01T06:01:30Z");
        let mut next = world.serve();
        let doubtful = matches!(point, "permitted" | "answered");
        if doubtful {
            next.wait_for("a delivery was attempted");
            world.set_clock("2026-11-01T06:12:00Z");
        }
        next.wait_for("run ends");
        assert_eq!(world.only_run()["state"], "delivered", "{point}");
        let mut copies: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
        for mail in world.smtp.accepted() {
            copies.entry(mail.to.concat()).or_default().insert(mail.content);
        }
        assert_eq!(copies.len(), 2, "{point}: everybody got it");
        let same = copies.values().all(|copies| copies.len() == 1);
        assert!(same, "{point}: a second copy is the first to the byte");
        let most = if point == "answered" { 3 } else { 2 };
        assert!(world.smtp.accepted().len() <= most, "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_is_no_harm() {
    let world = World::new().await;
    world.edit(", \"erp\", \"bi-drop\"", "");
    let mut service = world.serve();
    service.set_clock(crate::world::instant(DUE));
    service.wait_for("a delivery was attempted");
    // Wherever it is by now.
    assert_eq!(service.kill().signal(), Some(9));
    let mut next = world.serve();
    world.eventually("the second reader", |world| {
        !world.mails_to(READERS[1]).is_empty()
    });
    world.set_clock("2026-11-01T06:11:00Z");
    world.eventually("the end", |world| world.only_run()["state"] == "delivered");
    next.term();
    next.wait_exit(STOP);
    assert_eq!(world.mails_to(READERS[0]).len(), 1);
    let second = world.mails_to(READERS[1]);
    assert!(second.iter().all(|mail| *mail == second[0]) && second.len() <= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_service_on_the_same_folder_is_refused_and_told_who_is_there() {
    let world = World::new().await;
    let service = world.serve();
    let second = world.ask(&["serve"]);
    assert_eq!((second.code, second.out.as_str()), (1, ""), "{second:?}");
    let said = format!(
        "error: another `reportwire serve` is at work in {} (process {}), and there can be only one: stop it first, or give this \
         one a `service.data_dir` of its own, or let both share a PostgreSQL database (`service.store`)",
        world.path("data").display(),
        service.id()
    );
    assert!(second.err.contains(&said), "{}", second.err);
    // It has not touched the store of the first.
    let points = world.path("points");
    let mut second = world.launch().fail_log(&points).start();
    assert_eq!(second.wait_exit(STOP).code(), Some(1));
    let passed = std::fs::read_to_string(&points).unwrap_or_default();
    assert!(!passed.contains("migrating"), "{passed}");
    drop(service);
    world.set_clock(BEFORE);
    world.serve();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stays_in_the_hands_of_a_service_that_stops_as_long_as_it_sends() {
    let slow = Script {
        faults: [Fault::Hang(At::AfterDot)].into(),
        ..Script::default()
    };
    let world = World::with(slow, vec![]).await;
    world.edit("listen = ", "stop_within = \"10m\"\nlisten = ");
    let points = world.path("points");
    let launch = world.launch().env("REPORTWIRE_LEASE_MILLIS", "400");
    let mut service = launch.fail_log(&points).start();
    service.wait_for("serving");
    service.set_clock(instant(DUE));
    world.eventually("the first mail", |world| world.smtp.accepted().len() == 1);
    service.term();
    service.wait_for("stopping");
    world.eventually("two leases' time", |_| {
        let passed = std::fs::read_to_string(&points).unwrap();
        let (_, after) = passed.split_once("\nstopping\n").unwrap_or_default();
        after.matches("lease_kept\n").count() >= 8
    });
    // Told again, it waits no longer.
    service.term();
    assert_eq!(service.wait_exit(STOP).code(), Some(0));
    assert_eq!(world.smtp.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_has_gone_keeps_no_service_from_stopping_in_time() {
    let cluster = tokio::task::block_in_place(Postgres::start);
    let mut world = World::new().await;
    world.set_env("DATABASE_URL", cluster.fresh_database().await);
    world.edit(
        "listen = ",
        "stop_within = \"4s\"\nstore = \"env:DATABASE_URL\"\nlisten = ",
    );
    let mut service = world.serve();
    tokio::task::block_in_place(|| cluster.stop_hard());
    service.wait_where(
        "River notification listener failed (will reconnect after backoff); producers keep polling",
        |_| true,
    );
    // From here on every call to the database hangs for half a minute.
    service.term();
    assert_eq!(service.wait_exit(Duration::from_secs(15)).code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_goes_on_as_a_service_until_it_is_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_reportwire");
    let words = ["--log", "info", "--log-format", "json", "demo", "--serve"];
    let launch = Launch::program(folder.path(), program, &words);
    let mut service = launch.patience(Duration::from_mins(2)).start();
    service.wait_for("serving");
    assert!(folder.path().join("demo-out/index.html").is_file());
    assert_eq!(service.http_get("/healthz").status, 200);
    service.term();
    assert_eq!(service.wait_exit(STOP).code(), Some(0));
}

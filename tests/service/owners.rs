//! What the owner of the reports hears, and by which way.

use crate::smtp::{At, FakeSmtp, Fault, Script};
use crate::world::{DUE, READERS, World, instant, names};
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

/// A second mail server, through which only the owner is told.
fn tell_owner_through(world: &World, port: u16) {
    world.edit(
        "[deliveries.erp.webhook]",
        &format!(
            "[deliveries.ops-mail.email]\nfrom = \"reports@example.com\"\nto = [\"ops@example.com\"]\n\
             smtp = {{ host = \"127.0.0.1\", port = {port}, tls = \"none\" }}\n\n[deliveries.erp.webhook]"
        ),
    );
    world.edit(
        "owner_delivery = \"finance-mail\"",
        "owner_delivery = \"ops-mail\"",
    );
}

/// A port on which nobody listens any more.
async fn nobody() -> u16 {
    FakeSmtp::start(Script::default()).await.address.port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_source_is_told_to_the_owner_alone_and_its_recovery_too() {
    let world = World::new().await;
    let usage = fs::read(world.path("usage.csv")).unwrap();
    fs::remove_file(world.path("usage.csv")).unwrap();
    let mut service = world.serve();
    service.set_clock(instant(DUE));
    service.wait_for("run failed");
    service.set_clock(instant("2026-11-01T06:00:30Z"));
    world.eventually("the owner's mail", |world| world.told().len() == 1);
    let told = &world.told()[0];
    assert!(told.contains("reportwire: 1 failed (monthly)"), "{told}");
    assert!(told.contains("source `usage`"), "{told}");
    assert!(told.contains("Nothing was delivered."), "{told}");
    assert!(
        told.contains("$ reportwire run monthly --period 2026-10"),
        "{told}"
    );
    assert_eq!(world.smtp.accepted().len(), 1, "the readers get nothing");
    assert!(world.hook.requests().is_empty() && !world.path("drop").exists());
    fs::write(world.path("usage.csv"), usage).unwrap();
    service.set_clock(instant("2026-12-01T06:00:01Z"));
    assert_eq!(service.wait_for("run ends").fields["state"], "delivered");
    service.set_clock(instant("2026-12-01T06:00:31Z"));
    world.eventually("the second mail", |world| world.told().len() == 2);
    let told = &world.told()[1];
    assert!(told.contains("reportwire: 1 recovered (monthly)"), "{told}");
    assert_eq!(world.mails_to(READERS[0]).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_while_nothing_ran_is_listed_and_told_once() {
    let world = World::new().await;
    world.add_job("daily", "\"0 7 * * *\"", "previous_day");
    world.edit("[jobs.daily]", "[jobs.daily]\ncatch_up = \"skip\"");
    let mut service = world.serve();
    service.term();
    service.wait_exit(Duration::from_secs(30));
    world.set_clock("2026-11-03T12:00:00Z");
    let mut service = world.serve();
    service.wait_for("run ends");
    let missed: Vec<_> = world
        .runs()
        .into_iter()
        .filter(|run| run["state"] == "missed")
        .collect();
    assert_eq!(missed.len(), 3, "{missed:#?}");
    let latest = &missed[0];
    assert_eq!(latest["run_id"], serde_json::Value::Null);
    assert_eq!(latest["job"], "daily");
    assert_eq!(
        latest["period"],
        serde_json::json!({"id": "2026-11-02", "start": "2026-11-02", "end": "2026-11-02", "timezone": "Europe/Madrid"})
    );
    assert_eq!(latest["due_at"], "2026-11-03T07:00:00+01:00");
    let reason = "nothing ran when it was due, and `catch_up = \"skip\"` runs nothing late";
    assert_eq!(latest["reason"], reason);
    let listed = world.ask(&["runs"]).out;
    assert!(
        listed.contains("delivered"),
        "the monthly report ran late: {listed}"
    );
    for word in ["missed (3)", "2026-10-31", "to", "2026-11-02", "2026-11-03 07:00"] {
        assert!(listed.contains(word), "{word}: {listed}");
    }
    assert!(listed.lines().all(|line| line.chars().count() <= 80), "{listed}");
    service.set_clock(instant("2026-11-03T12:00:30Z"));
    world.eventually("the owner's mail", |world| world.told().len() == 1);
    let told = world.told().remove(0);
    let when = "3 times due from 2026-11-01 07:00 +01:00 to 2026-11-03 07:00 +01:00 and not run";
    assert!(told.contains(when), "{told}");
    let command = "$ reportwire backfill daily --from 2026-10-31 --to 2026-11-02";
    assert!(told.contains(command), "{told}");
    // Whoever runs one of them has it off the list; all stay on record.
    let run = world.ask(&["run", "daily", "--period", "2026-11-02"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(world.ask(&["runs"]).out.contains("missed (2)"));
    let objects = world.runs();
    let keys = |of: &serde_json::Value| -> BTreeSet<String> {
        let object = of.as_object().unwrap();
        object
            .keys()
            .filter(|key| *key != "due_at" && *key != "reason")
            .cloned()
            .collect()
    };
    let (ran, missed): (Vec<_>, Vec<_>) = objects.iter().partition(|it| it["run_id"].is_string());
    assert_eq!((ran.len(), missed.len()), (2, 3));
    assert!(missed.iter().all(|it| keys(it) == keys(ran[0])), "{missed:#?}");
    // However many runs there are since: fifty are listed.
    for _ in 0..51 {
        assert_eq!(world.ask(&["run", "monthly", "--only", "bi-drop"]).code, 0);
    }
    let listed = world.ask(&["runs"]).out;
    assert!(listed.contains("missed (2)"), "{listed}");
    service.set_clock(instant("2026-11-04T05:00:00Z"));
    service.term();
    service.wait_exit(Duration::from_secs(30));
    assert_eq!(world.told().len(), 1, "once is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_whose_mail_server_is_down_hears_by_the_second_way() {
    let world = World::new().await;
    tell_owner_through(&world, nobody().await);
    world.edit("owner_delivery", "owner_fallback = \"erp\"\nowner_delivery");
    fs::remove_file(world.path("usage.csv")).unwrap();
    let mut service = world.serve();
    service.set_clock(instant(DUE));
    service.wait_for("run failed");
    for minute in 1..=2 {
        service.set_clock(instant(&format!("2026-11-01T06:0{minute}:30Z")));
        service.wait_for("the owner could not be told; it is tried again");
    }
    service.set_clock(instant("2026-11-01T06:03:40Z"));
    world.eventually("the event", |world| world.hook.requests().len() == 1);
    let body = String::from_utf8(world.hook.requests()[0].body.clone()).unwrap();
    assert!(body.contains("reportwire run monthly --period 2026-10"), "{body}");
    service.wait_for("the owner's delivery failed; the bulletin took another way");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_whom_no_way_reaches_finds_a_file_in_the_data_folder() {
    let world = World::new().await;
    tell_owner_through(&world, nobody().await);
    fs::remove_file(world.path("usage.csv")).unwrap();
    let mut service = world.serve();
    service.set_clock(instant(DUE));
    service.wait_for("run failed");
    for minute in 1..=2 {
        service.set_clock(instant(&format!("2026-11-01T06:0{minute}:30Z")));
        service.wait_for("the owner could not be told; it is tried again");
    }
    service.set_clock(instant("2026-11-01T06:03:40Z"));
    service.wait_for("the owner's delivery failed; the bulletin took another way");
    let files = names(&world.path("data/bulletins"));
    assert_eq!(files.len(), 1, "{files:?}");
    let path = world.path("data/bulletins").join(files.first().unwrap());
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text.contains("    $ reportwire run monthly --period 2026-10\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_hangs_while_the_owner_is_told_delays_no_job() {
    let world = World::new().await;
    let hanging = FakeSmtp::start(Script {
        faults: [Fault::Hang(At::Mail)].into(),
        ..Script::default()
    })
    .await;
    tell_owner_through(&world, hanging.address.port());
    fs::remove_file(world.path("usage.csv")).unwrap();
    let mut service = world.serve();
    service.set_clock(instant(DUE));
    service.wait_for("run failed");
    service.set_clock(instant("2026-11-01T06:00:30Z"));
    world.eventually("the conversation", |_| {
        hanging.commands().iter().any(|line| line.starts_with("MAIL"))
    });
    service.set_clock(instant("2026-12-01T06:00:01Z"));
    service.wait_for("run failed");
    assert!(hanging.accepted().is_empty());
}

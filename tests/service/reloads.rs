//! The configuration is read again while the service runs.

use crate::world::{DUE, World, instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_changes_nothing_and_says_what_is_wrong() {
    let world = World::new().await;
    let mut service = world.serve();
    world.edit("\"0 7 1 * *\"", "\"0 7 31 2 *\"");
    world.edit("period = \"previous_month\"", "period = \"previous_mouth\"");
    service.reload();
    let refused = service.wait_for("the configuration is wrong, so the one before stays in force");
    assert_eq!(refused.level, "ERROR");
    let problems = refused.fields["problems"].as_str().unwrap();
    for line in ["jobs.monthly.schedule", "jobs.monthly.period", "did you mean"] {
        assert!(problems.contains(line), "{problems}");
    }
    service.set_clock(instant(DUE));
    assert_eq!(service.wait_for("run ends").fields["state"], "delivered");
    service.set_clock(instant("2026-11-01T06:01:00Z"));
    world.eventually("the owner's mail", |world| world.told().len() == 1);
    let told = &world.told()[0];
    assert!(told.contains("configuration refused"), "{told}");
    assert!(
        told.contains("has 2 problems, so the one before stays in force"),
        "{told}"
    );
    assert!(told.contains("$ reportwire check"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_configuration_is_told_by_its_jobs_and_they_run() {
    let world = World::new().await;
    world.add_job("old", "\"0 7 1 * *\"", "previous_month");
    let mut service = world.serve();
    world.edit("[jobs.old]", "[jobs.new]");
    world.edit("[jobs.old.report.full]", "[jobs.new.report.full]");
    world.edit("title = \"AI usage\"", "title = \"AI usage, monthly\"");
    service.reload();
    let read = service.wait_for("the configuration was read again");
    assert_eq!(
        read.fields["change"],
        "new jobs: new; gone: old; changed: monthly"
    );
    service.set_clock(instant(DUE));
    for _ in 0..2 {
        assert_eq!(service.wait_for("run ends").fields["state"], "delivered");
    }
    assert!(!world.dropped("new", "2026-10").is_empty());
    assert!(world.dropped("old", "2026-10").is_empty());
    for (from, to, key) in [
        (
            "data_dir = \"data\"",
            "data_dir = \"elsewhere\"",
            "service.data_dir",
        ),
        ("127.0.0.1:0", "127.0.0.1:1", "service.listen"),
    ] {
        world.edit(from, to);
        service.reload();
        let refused = service.wait_for(
            "this cannot change while the service runs, so the configuration before stays in force; restart it for that",
        );
        assert_eq!(refused.fields["key"], key);
        world.edit(to, from);
    }
}

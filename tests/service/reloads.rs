//! The configuration is read again while the service runs.

use crate::world::{DUE, World, instant};

const REFUSED: &str = "the configuration is refused, so the one before stays in force";

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_changes_nothing_and_says_what_is_wrong() {
    let world = World::new().await;
    let mut service = world.serve();
    world.edit("\"0 7 1 * *\"", "\"0 7 31 2 *\"");
    world.edit("period = \"previous_month\"", "period = \"previous_mouth\"");
    service.reload();
    let refused = service.wait_for(REFUSED);
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
    world.edit("\"0 7 31 2 *\"", "\"0 7 1 * *\"");
    world.edit("period = \"previous_mouth\"", "period = \"previous_month\"");
    service.reload();
    service.wait_for("the configuration was read again");
    service.set_clock(instant("2026-11-01T06:17:00Z"));
    world.eventually("that all is well again", |world| world.told().len() == 2);
    let told = &world.told()[1];
    assert!(told.contains("this time it is in force"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_configuration_is_told_by_its_jobs_and_they_run() {
    let world = World::new().await;
    world.add_job("old", "\"0 7 1 * *\"", "previous_month");
    let mut service = world.serve();
    world.edit("[jobs.old]", "[jobs.new]");
    world.edit("[jobs.old.report.full]", "[jobs.new.report.full]");
    world.edit("title = \"AI usage\"", "title = \"AI usage, monthly\"");
    world.edit("path = \"usage.csv\"", "path = \"usage*.csv\"");
    world.edit("allow_private = true", "allow_private = true\ntimeout_secs = 20");
    service.reload();
    let read = service.wait_for("the configuration was read again");
    assert_eq!(
        read.fields["change"],
        "new: jobs.new; gone: jobs.old; changed: sources.usage, deliveries.erp, jobs.monthly"
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
        (
            "[service]",
            "[service]\nstore = \"env:HOOK_SECRET\"",
            "service.store",
        ),
        (
            "[service]",
            "[service]\nsends_at_once = 2",
            "service.sends_at_once",
        ),
    ] {
        world.edit(from, to);
        service.reload();
        let refused = service.wait_for(REFUSED);
        let why = format!("`{key}` cannot change while the service runs");
        assert_eq!(refused.fields["problems"], why);
        world.edit(to, from);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_whose_secret_this_process_does_not_have_is_refused_and_the_owner_hears_why() {
    let world = World::new().await;
    let mut service = world.serve();
    world.edit("env:HOOK_SECRET", "env:NEW_HOOK_SECRET");
    service.reload();
    let refused = service.wait_for(REFUSED);
    let problems = refused.fields["problems"].as_str().unwrap();
    assert!(
        problems.contains("deliveries.erp.webhook.signing_secret")
            && problems.contains("the environment variable `NEW_HOOK_SECRET` is not set"),
        "{problems}"
    );
    service.set_clock(instant(DUE));
    assert_eq!(service.wait_for("run ends").fields["state"], "delivered");
    service.set_clock(instant("2026-11-01T06:01:00Z"));
    world.eventually("the owner's mail", |world| world.told().len() == 1);
    let told = &world.told()[0];
    assert!(
        told.contains("refers to a secret that this process does not have")
            && told.contains("restart the service with it"),
        "{told}"
    );
    // Nor does a service begin with it.
    drop(service);
    let begun = world.ask(&["serve"]);
    assert_eq!((begun.code, begun.out.as_str()), (2, ""), "{begun:?}");
    assert!(
        begun.err.contains("`NEW_HOOK_SECRET` is not set"),
        "{}",
        begun.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_would_fail_a_run_is_refused() {
    let world = World::new().await;
    let mut service = world.serve();
    world.edit(
        "to = [\"cfo",
        "subject = \"{{#with period}}{{labell}}{{/with}}\"\nto = [\"cfo",
    );
    service.reload();
    let refused = service.wait_for(REFUSED);
    let problems = refused.fields["problems"].as_str().unwrap();
    assert!(
        problems.contains("error: job `monthly`") && problems.contains("labell"),
        "{problems}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_schedule_is_on_record_with_what_it_meant_before_and_means_now() {
    let world = World::new().await;
    let mut service = world.serve();
    world.edit("\"0 7 1 * *\"", "\"30 8 2 * *\"");
    service.reload();
    service.wait_for("the configuration was read again");
    let listed = world.ask(&["runs", "--job", "monthly"]).out;
    for word in [
        "CHANGED",
        "2026-10-31T12:00:00Z",
        "2026-11-01T07:00:00+01:00",
        "2027-03-01T07:00:00+01:00",
        "2026-11-02T08:30:00+01:00",
        "2027-03-02T08:30:00+01:00",
    ] {
        assert!(listed.contains(word), "{word}: {listed}");
    }
    assert!(listed.lines().all(|line| line.chars().count() <= 80), "{listed}");
    assert!(!world.ask(&["runs"]).out.contains("CHANGED"));
}

//! Reports that a gate holds back until somebody has looked at them.

use crate::world::{TOKEN, World, company};
use reportwire::demo::platform::Platform;

/// The sample company, and a gate that its October does not pass.
async fn gated() -> (Platform, World) {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    world.edit(
        "[jobs.monthly-full-report.report.full]",
        "gates = { min_rows = 100000 }\n[jobs.monthly-full-report.report.full]",
    );
    (platform, world)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_report_says_why_and_goes_out_only_when_somebody_approves_it() {
    let (_platform, world) = gated().await;
    let answer = world.run(&[]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let run = answer.json();
    assert_eq!(run["state"], "held");
    let id = run["run_id"].as_str().unwrap();
    let approve = format!("`reportwire approve {id}`");
    assert!(
        answer.err.contains("`min_rows` expects at least 100000"),
        "{}",
        answer.err
    );
    assert!(answer.err.contains(&approve), "{}", answer.err);
    assert!(!answer.err.contains("resend"), "{}", answer.err);
    assert!(run["held"][0].as_str().unwrap().contains("min_rows"), "{run}");
    let nothing_sent =
        || world.smtp.accepted().is_empty() && world.hook.requests().is_empty() && world.dropped().is_empty();
    let resent = world.ask(&["resend", id]);
    assert_eq!(resent.code, 2, "{resent:?}");
    assert!(resent.err.contains(&approve), "{}", resent.err);
    assert!(nothing_sent());

    let approved = world.ask(&["approve", id]);
    assert_eq!(approved.code, 0, "{approved:?}");
    let dropped = world.dropped();
    for artifact in run["artifacts"].as_array().unwrap() {
        let bytes = &dropped[artifact["name"].as_str().unwrap()];
        let sha256 = reportwire::source::snapshot::hex_sha256(bytes);
        assert_eq!(sha256, artifact["sha256"], "{artifact}");
    }
    assert_eq!((world.smtp.accepted().len(), world.hook.requests().len()), (2, 1));
    let again = world.ask(&["approve", id]);
    assert_eq!(again.code, 2, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_report_is_not_released_after_a_newer_one() {
    let (_platform, world) = gated().await;
    let held = world.run(&[]).json();
    world.edit("min_rows = 100000", "min_rows = 1");
    assert_eq!(world.run(&[]).json()["state"], "delivered");
    let answer = world.ask(&["approve", held["run_id"].as_str().unwrap()]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(
        answer.err.contains("revision 2 of the same report has gone out"),
        "{}",
        answer.err
    );
    assert_eq!(world.smtp.accepted().len(), 2);
}

//! What goes out when a run is sent again, though the configuration is no longer what it was.

use crate::http::Reply;
use crate::smtp::Script;
use crate::world::{Answer, TOKEN, World, company};
use reportwire::demo::platform::Platform;
use serde_json::Value;
use std::collections::HashMap;
use std::fs;

async fn world(script: Script, replies: Vec<Reply>) -> (Platform, World) {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::with(&platform.base_url, script, replies).await;
    (platform, world)
}

fn ok() -> Reply {
    Reply::Answer("200 OK", "", "ok".into())
}

/// Refuses the CFO for now.
fn busy() -> Script {
    Script {
        recipients: HashMap::from([("cfo@example.com".to_owned(), "450 4.2.0 try later")]),
        ..Script::default()
    }
}

fn id(answer: &Answer) -> String {
    answer.json()["run_id"].as_str().unwrap().to_owned()
}

fn shown(world: &World, id: &str) -> Value {
    world.ask(&["runs", "show", id, "--json"]).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_left_the_configuration_cannot_be_sent_again_as_new_and_that_is_said() {
    let (_platform, world) = world(Script::default(), vec![ok(); 3]).await;
    let run = id(&world.run(&[]));
    let before = shown(&world, &run);
    let configuration = fs::read_to_string(world.path("reportwire.toml")).unwrap();
    for (edits, says) in [
        (
            &[(r#", "controller@example.com""#, "")][..],
            "no longer goes to controller@example.com",
        ),
        (
            &[
                ("[deliveries.erp.webhook]", "[deliveries.erp-2.webhook]"),
                (r#""erp", "#, ""),
            ],
            "no delivery `erp` any more",
        ),
    ] {
        for (from, to) in edits {
            world.edit(from, to);
        }
        let answer = world.ask(&["resend", &run, "--as-new"]);
        assert_eq!(answer.code, 2, "{says}: {answer:?}");
        assert!(answer.err.contains(says), "{}", answer.err);
        fs::write(world.path("reportwire.toml"), &configuration).unwrap();
    }
    assert_eq!(shown(&world, &run), before);
    assert_eq!((world.smtp.accepted().len(), world.hook.requests().len()), (2, 1));
    let again = world.ask(&["resend", &run, "--as-new", "--only", "finance-mail"]);
    assert_eq!((again.code, world.smtp.accepted().len()), (0, 4), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_never_posted_to_a_url_that_it_was_not_made_for() {
    let down = Reply::Answer("503 Service Unavailable", "", String::new());
    let (_platform, world) = world(Script::default(), vec![down, ok()]).await;
    let run = id(&world.run(&["--only", "erp"]));
    world.edit("/hooks/reports", "/hooks/somebody-else");
    let moved = world.ask(&["resend", &run]);
    assert_eq!((moved.code, world.hook.requests().len()), (1, 1), "{moved:?}");
    assert!(moved.err.contains("the URL has changed"), "{}", moved.err);
    world.edit("/hooks/somebody-else", "/hooks/reports");
    let back = world.ask(&["resend", &run]);
    assert_eq!((back.code, world.hook.requests().len()), (0, 2), "{back:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn resending_what_arrived_changes_nothing() {
    let (_platform, world) = world(Script::default(), vec![ok(); 3]).await;
    let run = id(&world.run(&[]));
    let before = shown(&world, &run);
    world.edit("env:HOOK_SECRET", "env:NOT_SET_ANYWHERE");
    for more in [&[][..], &["--only", "erp"]] {
        let answer = world.ask(&[&["resend", &run], more].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        assert_eq!(shown(&world, &run), before);
    }
    assert_eq!((world.smtp.accepted().len(), world.hook.requests().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_of_what_arrived_keeps_nothing_else_from_being_sent() {
    let (_platform, world) = world(busy(), vec![ok(); 3]).await;
    let run = world.run(&[]);
    assert_eq!(run.json()["state"], "partially_delivered");
    world.smtp.script.lock().unwrap().recipients.clear();
    world.edit("env:HOOK_SECRET", "env:NOT_SET_ANYWHERE");
    let again = world.ask(&["resend", &id(&run)]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!((world.smtp.accepted().len(), world.hook.requests().len()), (2, 1));
}

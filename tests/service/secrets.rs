//! What a service says, keeps and shows while it uses its secrets, through success and failure.

use crate::smtp::{At, Fault, Script};
use crate::world::{DUE, World, answer, instant};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const API_KEY: &str = "canary-key-51c7";
const PASSWORD: &str = "canary-smtp-83aa";
/// The password as it goes over the wire.
const CREDENTIALS: &str = "AHJlcG9ydHMAY2FuYXJ5LXNtdHAtODNhYQ==";
const SLACK_PATH: &str = "/services/T000/B000/canary-slack-2f9c";
const SIGNING_KEY: &str = "Y2FuYXJ5LXNpZ25pbmcta2V5LTAwMDAwMDAx";

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// A world in which a mail server dies once, a receiver fails once, and a platform answers rubbish.
async fn world() -> World {
    let script = Script {
        faults: [Fault::Die(At::Auth)].into(),
        extensions: vec!["AUTH PLAIN".into()],
        ..Script::default()
    };
    let mut world = World::with(script, vec![answer("500 Internal Server Error")]).await;
    for (name, value) in [
        ("SMTP_PASSWORD", PASSWORD.to_owned()),
        ("PLATFORM_KEY", API_KEY.to_owned()),
        ("SLACK_URL", world.hook.url(SLACK_PATH)),
    ] {
        world.set_env(name, value);
    }
    world.edit(
        "tls = \"none\" }",
        "tls = \"none\", username = \"reports\", password = \"env:SMTP_PASSWORD\" }",
    );
    let platform = world.hook.url("/platform");
    world.edit(
        "[deliveries.erp.webhook]",
        &format!(
            "[deliveries.chat.slack]\nwebhook_url = \"env:SLACK_URL\"\nallow_private = true\n\n\
             [sources.platform.geai]\nbase_url = \"{platform}\"\napi_key = \"env:PLATFORM_KEY\"\nattempts = 1\n\n\
             [deliveries.erp.webhook]"
        ),
    );
    world.edit("\"erp\", \"bi-drop\"]", "\"erp\", \"chat\", \"bi-drop\"]");
    world.add_job("broken", "\"0 7 1 * *\"", "previous_month");
    world.edit(
        "title = \"broken\"\nschedule = \"0 7 1 * *\"\nsources = [\"usage\"]",
        "title = \"broken\"\nschedule = \"0 7 1 * *\"\nsources = [\"platform\"]",
    );
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_anything_that_a_service_says_keeps_or_shows() {
    let world = world().await;
    let mut service = world.launch_talkative().start();
    service.wait_for("serving");
    service.set_clock(instant(DUE));
    service.wait_for("run failed");
    // What failed first falls due again, and then everything has been used.
    world.eventually("all that is tried at once", |world| {
        world.dropped("monthly", "2026-10").len() == 2
    });
    service.set_clock(instant("2026-11-01T06:10:00Z"));
    service.wait_where("run ends", |event| event.fields["state"] == "delivered");
    let mut said = vec![
        ("the log".to_owned(), service.log().join("\n").into_bytes()),
        (
            "the figures".to_owned(),
            service.http_get("/metrics").body.into_bytes(),
        ),
    ];
    service.term();
    service.wait_exit(Duration::from_mins(1));
    let used = world.hook.requests();
    assert!(used.iter().any(|request| request.line.contains(SLACK_PATH)));
    assert!(
        used.iter()
            .any(|request| request.headers.values().any(|value| value.contains(API_KEY)))
    );
    let kept = ["data", "drop"].map(|folder| files(&world.path(folder)));
    said.extend(
        kept.into_iter()
            .flatten()
            .map(|path| (path.display().to_string(), fs::read(&path).unwrap())),
    );
    assert!(said[0].1.len() > 10_000, "it was to tell everything");
    assert!(said.len() > 5, "{}", said.len());
    for (place, bytes) in said {
        for secret in [API_KEY, PASSWORD, CREDENTIALS, SLACK_PATH, SIGNING_KEY] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {place}");
        }
    }
}

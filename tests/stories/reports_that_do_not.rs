use crate::http::Reply as HookReply;
use crate::platform::{Platform as Fake, Reply};
use crate::smtp::{At, Fault, Script};
use crate::world::{TOKEN, World, company, rows};
use reportwire::demo::platform::Platform;
use std::collections::HashMap;
use std::fs;

fn ok() -> Vec<HookReply> {
    vec![HookReply::Answer("200 OK", "", "ok".into())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_refuses_fails_the_run_and_nobody_gets_anything() {
    for (status, body, says) in [
        (
            401,
            r#"{"errors":[{"id":401,"description":"Unauthorized"}]}"#,
            "401",
        ),
        (403, r#"{"error":{"code":403,"message":"Forbidden"}}"#, "403"),
        (500, "{}", "500"),
        (200, "<!doctype html><title>Sign in</title>", "login"),
        (200, r#"{"totalCost": 12"#, "breaks off"),
    ] {
        let platform = Fake::start().await;
        platform.on("/v1/analytics/requests/total-cost", [Reply::status(status, body)]);
        let world = World::new(&platform.origin).await;
        let answer = world.run(&[]);
        assert_eq!(answer.code, 1, "{answer:?}");
        assert!(
            answer.err.contains(says) && answer.err.contains("total-cost"),
            "{status}: {}",
            answer.err
        );
        assert_eq!(answer.json()["state"], "failed");
        assert!(
            world.smtp.accepted().is_empty()
                && world.hook.requests().is_empty()
                && world.dropped().is_empty()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_figure_is_unknown_in_every_format_and_said_aloud() {
    let platform = Fake::start().await;
    platform.on(
        "/v1/analytics/requests/total-cost",
        [Reply::json("{}"), Reply::json("{}")],
    );
    let world = World::new(&platform.origin).await;
    let answer = world.run(&["--only", "bi-drop"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let notices = answer.json()["notices"].to_string();
    assert!(
        notices.contains("otal cost") || notices.contains("otalCost"),
        "{notices}"
    );
    let dropped = world.dropped();
    let file = |ext: &str| &dropped[&format!("monthly-full-report_2026-10.{ext}")];
    let table = rows(file("csv"));
    let cost = table
        .iter()
        .find(|row| row["section"] == "summary" && row["metric"] == "total_cost")
        .unwrap();
    assert_eq!(
        (cost["value"].as_str(), cost["status"].as_str()),
        ("", "not_available")
    );
    let per_request = table
        .iter()
        .find(|row| row["metric"] == "average_cost_per_request")
        .unwrap();
    assert!(per_request["value"] != "0", "{per_request:?}");
    for ext in ["html", "txt"] {
        let text = String::from_utf8_lossy(file(ext)).into_owned();
        assert!(text.contains("n/a"), "{ext}");
    }
    let document: serde_json::Value = serde_json::from_slice(file("json")).unwrap();
    assert!(document["headlines"][0]["value"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_report_goes_out_only_where_the_job_allows_it() {
    let broken = Fake::start().await;
    broken.on("/v1/analytics/requests/total-cost", [Reply::status(404, "{}")]);
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    world.edit(
        "[deliveries.finance-mail",
        &format!("[sources.other.geai]\nbase_url = \"{}\"\napi_key = \"env:GEAI_API_KEY\"\n[deliveries.finance-mail", broken.origin),
    );
    world.edit(r#"sources = ["globant"]"#, r#"sources = ["globant", "other"]"#);
    let refused = world.run(&["--only", "bi-drop"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(world.dropped().is_empty());
    world.edit(
        r#"period = "previous_month""#,
        "period = \"previous_month\"\nallow_partial = true",
    );
    let allowed = world.run(&["--only", "bi-drop"]);
    assert_eq!(allowed.code, 0, "{allowed:?}");
    let notices = allowed.json()["notices"].to_string();
    assert!(
        notices.contains("Nothing of this source") && notices.contains("other"),
        "{notices}"
    );
    let dropped = world.dropped();
    // The run that failed was the first.
    let file = |ext: &str| &dropped[&format!("monthly-full-report_2026-10_r2.{ext}")];
    let absent: Vec<_> = rows(file("csv"))
        .into_iter()
        .filter(|row| row["source"] == "other")
        .collect();
    assert_eq!(absent.len(), 21);
    assert!(absent.iter().all(|row| row["status"] == "not_available"));
    assert!(String::from_utf8_lossy(file("html")).contains("Incomplete: without other"));
    assert_eq!(world.run(&["--only", "finance-mail"]).code, 0);
    let [mail] = world.mails_to("cfo@example.com").try_into().unwrap();
    let message = mail_parser::MessageParser::default()
        .parse(&mail.content)
        .unwrap();
    assert!(
        message.subject().unwrap().contains("(incomplete)"),
        "{:?}",
        message.subject()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_reader_keeps_no_other_waiting_and_resend_reaches_only_those_left() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let busy = HashMap::from([("cfo@example.com".to_owned(), "450 4.2.0 try later")]);
    let script = Script {
        recipients: busy,
        ..Script::default()
    };
    let world = World::with(&platform.base_url, script, ok()).await;
    let answer = world.run(&[]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let run = answer.json();
    assert_eq!(run["state"], "partially_delivered");
    let state = |run: &serde_json::Value, recipient: &str| {
        let rows = run["deliveries"].as_array().unwrap();
        rows.iter().find(|row| row["recipient"] == recipient).unwrap()["state"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(state(&run, "cfo@example.com"), "retry_wait");
    assert_eq!(state(&run, "controller@example.com"), "acked");
    assert!(
        answer.err.contains("cfo@example.com") && answer.err.contains("450"),
        "{}",
        answer.err
    );

    world.smtp.script.lock().unwrap().recipients.clear();
    let again = world.ask(&["resend", run["run_id"].as_str().unwrap()]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(
        (
            world.mails_to("cfo@example.com").len(),
            world.mails_to("controller@example.com").len()
        ),
        (1, 1)
    );
    assert_eq!(world.hook.requests().len(), 1);
    let shown = world
        .ask(&["runs", "show", run["run_id"].as_str().unwrap(), "--json"])
        .json();
    assert_eq!(shown["state"], "delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_down_gets_the_same_event_later_and_the_mail_still_goes_out() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let down = vec![HookReply::Answer("503 Service Unavailable", "", String::new())];
    let world = World::with(&platform.base_url, Script::default(), [down, ok()].concat()).await;
    let answer = world.run(&[]);
    assert_eq!((answer.code, world.smtp.accepted().len()), (1, 2), "{answer:?}");
    let again = world.ask(&["resend", answer.json()["run_id"].as_str().unwrap()]);
    assert_eq!(again.code, 0, "{again:?}");
    let [first, second] = world.hook.requests().try_into().unwrap();
    assert_eq!(first.headers["webhook-id"], second.headers["webhook-id"]);
    assert_eq!(first.body, second.body);
    assert_eq!(world.smtp.accepted().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_after_the_final_dot_is_called_ambiguous() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let script = Script {
        faults: [Fault::Die(At::AfterDot)].into(),
        ..Script::default()
    };
    let world = World::with(&platform.base_url, script, ok()).await;
    let answer = world.run(&["--only", "finance-mail"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let states: Vec<String> = answer.json()["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["state"].to_string())
        .collect();
    assert_eq!(states, ["\"ambiguous\"", "\"acked\""]);
    assert!(answer.err.contains("cfo@example.com"), "{}", answer.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_different_file_in_the_drop_is_never_overwritten() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    let folder = world.path("drop/monthly-full-report/2026-10");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("monthly-full-report_2026-10.csv"), "somebody's own").unwrap();
    let answer = world.run(&["--only", "bi-drop"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(
        answer.err.contains("monthly-full-report_2026-10.csv"),
        "{}",
        answer.err
    );
    let dropped = world.dropped();
    assert_eq!(dropped["monthly-full-report_2026-10.csv"], b"somebody's own");
    assert!(
        !dropped.contains_key("monthly-full-report_2026-10.manifest.json"),
        "{:?}",
        dropped.keys()
    );
    // Once it is out of the way, the rest follows.
    fs::remove_file(folder.join("monthly-full-report_2026-10.csv")).unwrap();
    let again = world.ask(&["resend", answer.json()["run_id"].as_str().unwrap()]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(world.dropped().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_request_is_refused_before_anything_is_recorded() {
    let world = World::new("http://127.0.0.1:1").await;
    for (arguments, says) in [
        (
            &["run", "monthly-ful-report"][..],
            "did you mean `monthly-full-report`",
        ),
        (&["run", "monthly-full-report", "--period", "2026-13"], "2026-13"),
        (
            &["run", "monthly-full-report", "--period", "0001-01-01..9999-12-31"],
            "3660",
        ),
        (
            &["run", "monthly-full-report", "--only", "slack"],
            "no delivery `slack`",
        ),
        (
            &["run", "monthly-full-report", "--as-of", "yesterday"],
            "RFC 3339",
        ),
        (&["preview", "nothing"], "no job `nothing`"),
        (&["replay", "0000"], "no run"),
        (&["frobnicate"], "frobnicate"),
    ] {
        let answer = world.ask(arguments);
        assert_eq!(
            (answer.code, answer.out.as_str()),
            (2, ""),
            "{arguments:?}: {answer:?}"
        );
        assert!(answer.err.contains(says), "{arguments:?}: {}", answer.err);
    }
    world.edit("env:GEAI_API_KEY", "env:NOT_SET_ANYWHERE");
    let missing = world.run(&[]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""), "{missing:?}");
    assert!(missing.err.contains("NOT_SET_ANYWHERE"), "{}", missing.err);
    assert_eq!(
        world.ask(&["runs", "--json"]).json().as_array().map(Vec::len),
        Some(0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_passes_while_delivering_hides_nothing_that_went_out() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::with(&platform.base_url, Script::default(), vec![HookReply::Hang]).await;
    world.edit("allow_private = true", "allow_private = true\ntimeout_secs = 6");
    world.edit(
        r#"period = "previous_month""#,
        "period = \"previous_month\"\ndeadline = \"5s\"",
    );
    let answer = world.run(&[]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let run = answer.json();
    assert_eq!(run["state"], "partially_delivered", "{run}");
    assert_eq!(run["artifacts"].as_array().map(Vec::len), Some(6));
    let erp = run["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["delivery"] == "erp")
        .unwrap();
    assert_eq!(erp["state"], "ambiguous");
    assert_eq!(world.smtp.accepted().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_message_that_may_have_arrived_waits_for_a_decision() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::with(
        &platform.base_url,
        Script::default(),
        [vec![HookReply::Drop], ok()].concat(),
    )
    .await;
    let slack = format!(
        "[deliveries.chat.slack]\nwebhook_url = \"{}\"\n\n[deliveries.bi-drop",
        world.hook.url("/T/B/x")
    );
    world.edit("[deliveries.bi-drop", &slack);
    world.edit(r#""erp", "bi-drop""#, r#""chat", "bi-drop""#);
    let run = world.run(&[]).json();
    let id = run["run_id"].as_str().unwrap();
    assert_eq!(world.hook.requests().len(), 1, "{run}");
    let again = world.ask(&["resend", id]);
    assert_eq!((again.code, world.hook.requests().len()), (1, 1), "{again:?}");
    let decided = world.ask(&["resend", id, "--only", "chat"]);
    assert_eq!((decided.code, world.hook.requests().len()), (0, 2), "{decided:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_finds_what_would_fail_a_run() {
    let world = World::new("http://127.0.0.1:1").await;
    assert_eq!(world.ask(&["check"]).code, 0);
    for (from, to, says) in [
        (
            r#"schedule = "0 7 1 * *""#,
            r#"schedule = "0 7 * * *""#,
            "closed period",
        ),
        (
            "formats = [",
            "file_name = \"{{job.title}}_{{period.id}}.{{ext}}\"\nformats = [",
            "file_name",
        ),
        (
            "from = \"Reports",
            "subject = \"{{job.titel}}\"\nfrom = \"Reports",
            "titel",
        ),
        ("env:HOOK_SECRET", "env:GEAI_API_KEY", "whsec_"),
    ] {
        world.edit(from, to);
        let answer = world.ask(&["check"]);
        let warned = from.starts_with("schedule");
        assert_eq!(answer.code, if warned { 0 } else { 2 }, "{to}: {answer:?}");
        assert!(answer.err.contains(says), "{to}: {}", answer.err);
        assert_eq!(answer.out.is_empty(), !warned);
        world.edit(to, from);
    }
}

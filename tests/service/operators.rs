//! What operators decide: `resolve`, `approve`, `backfill`.

use crate::http::Reply;
use crate::smtp::{At, Fault, Script};
use crate::world::{Answer, DUE, READERS, World, answer, instant, ok};
use serde_json::Value;

/// A run whose first mail may or may not have arrived; nothing else is open.
async fn doubtful() -> (World, String) {
    let script = Script {
        faults: [Fault::Die(At::AfterDot)].into(),
        ..Script::default()
    };
    let world = World::with(script, vec![]).await;
    world.set_clock(DUE);
    let run = world.ask(&["run", "monthly", "--json", "--wait", "0"]);
    assert_eq!(run.code, 1, "{run:?}");
    let id = run.json()["run_id"].as_str().unwrap().to_owned();
    let hint = format!("if it has arrived: `reportwire resolve {id} --only finance-mail --as sent`");
    assert!(run.err.contains(&hint), "{}", run.err);
    (world, id)
}

fn refused(answer: &Answer, says: &str) {
    assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{answer:?}");
    assert!(answer.err.contains(says), "{says}: {}", answer.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_arrived_is_resolved_as_sent_and_never_goes_out_again() {
    let (world, id) = doubtful().await;
    let resolved = world.ask(&["resolve", &id, "--only", "finance-mail", "--as", "sent"]);
    assert_eq!(resolved.code, 0, "{resolved:?}");
    assert_eq!(resolved.out, format!("run {id}  delivered\n"));
    assert_eq!(
        resolved.err,
        "delivery `finance-mail` to cfo@example.com counts as delivered\n"
    );
    let again = world.ask(&["resend", &id]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(world.mails_to(READERS[0]).len(), 1);
    let shown = world.show(&id);
    assert_eq!(shown["audits"][0]["what"], "resolve");
    assert_eq!(shown["audits"][0]["at"], "2026-11-01T06:00:01Z");
    assert_eq!(
        world.parcel(&id, READERS[0])["receipt"],
        "an operator says that it arrived"
    );
    let told = "decided  2026-11-01T06:00:01Z: finance-mail to cfo@example.com resolved as sent";
    let text = world.ask(&["runs", "show", &id]).out;
    assert!(
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains(&told.replace("  ", " ")),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_did_not_arrive_is_resolved_as_not_sent_and_the_service_sends_it() {
    let (world, id) = doubtful().await;
    let resolved = world.ask(&["resolve", &id, "--only", "finance-mail", "--as", "not-sent"]);
    assert_eq!(resolved.code, 0, "{resolved:?}");
    assert_eq!(resolved.out, format!("run {id}  partially_delivered\n"));
    assert_eq!(
        resolved.err,
        format!(
            "delivery `finance-mail` to cfo@example.com goes out again, under the same key: by the running service, or now with\n\
             `reportwire resend {id} --only finance-mail`\n"
        )
    );
    let mut service = world.serve();
    assert_eq!(service.wait_for("run ends").fields["state"], "delivered");
    let mails = world.mails_to(READERS[0]);
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0], mails[1]);
    assert_eq!(world.parcel(&id, READERS[0])["possible_duplicate"], true);
    assert_eq!(world.parcel(&id, READERS[1])["possible_duplicate"], false);
    let text = world.ask(&["runs", "show", &id]).out;
    assert_eq!(text.matches("; may have arrived").count(), 1, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_may_have_arrived_is_not_repeated_after_a_newer_report_whoever_asks() {
    for asks in ["operator", "service"] {
        let (world, id) = doubtful().await;
        let newer = world.ask(&["run", "monthly", "--json"]);
        assert_eq!(newer.code, 0, "{newer:?}");
        assert_eq!(world.mails_to(READERS[0]).len(), 2, "the old one and the new one");
        if asks == "operator" {
            let resolved = world.ask(&["resolve", &id, "--only", "finance-mail", "--as", "not-sent"]);
            assert_eq!(resolved.out, format!("run {id}  delivered\n"));
            let said = "delivery `finance-mail` to cfo@example.com does not go out again: a newer revision of the report has \
                 replaced it\n";
            assert_eq!(resolved.err, said);
            let resent = world.ask(&["resend", &id]);
            assert_eq!(resent.code, 0, "nothing is left to do: {resent:?}");
        } else {
            let mut service = world.serve();
            service.set_clock(instant("2026-11-01T06:10:30Z"));
            assert_eq!(service.wait_for("run ends").fields["state"], "delivered");
        }
        let parcel = world.parcel(&id, READERS[0]);
        assert_eq!(parcel["state"], "superseded", "{asks}: {parcel}");
        assert_eq!(world.mails_to(READERS[0]).len(), 2, "{asks}");
        assert_eq!(world.mails_to(READERS[1]).len(), 2, "{asks}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_decisions_are_refused_and_change_nothing() {
    let (world, id) = doubtful().await;
    let before = world.show(&id);
    let resolve =
        |run: &str, delivery: &str| world.ask(&["resolve", run, "--only", delivery, "--as", "sent"]);
    refused(
        &resolve("0123456789", "finance-mail"),
        "there is no run `0123456789`",
    );
    refused(&resolve(&id, "erp"), "has nothing ambiguous by delivery `erp`");
    refused(
        &resolve(&id, "nobody"),
        "has nothing ambiguous by delivery `nobody`",
    );
    refused(
        &world.ask(&["resolve", &id, "--only", "finance-mail", "--as", "maybe"]),
        "possible values: sent, not-sent",
    );
    refused(&world.ask(&["resolve", &id, "--as", "sent"]), "--only <DELIVERY>");
    refused(
        &world.ask(&["approve", &id]),
        &format!("error: run {id} is partially_delivered; only a held run can be approved\n"),
    );
    refused(&world.ask(&["approve", "0123456789"]), "there is no run");
    assert_eq!(world.show(&id), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_report_goes_out_once_it_is_approved_and_the_decision_is_on_record() {
    let world = World::new().await;
    world.edit(
        "[jobs.monthly.report.full]",
        "[jobs.monthly.gates]\nmin_rows = 100\n[jobs.monthly.report.full]",
    );
    let service = world.serve();
    service.set_clock(instant(DUE));
    world.eventually("the gate", |world| {
        world.runs().iter().any(|run| run["state"] == "held")
    });
    let held = world.only_run();
    let id = held["run_id"].as_str().unwrap().to_owned();
    let why = held["held"][0].as_str().unwrap().to_owned();
    assert!(why.contains("`min_rows` expects at least 100"), "{why}");
    service.set_clock(instant("2026-11-01T06:00:30Z"));
    world.eventually("the owner's mail", |world| world.told().len() == 1);
    let told = world.told().remove(0);
    assert!(told.contains("1 held for approval"), "{told}");
    assert!(told.contains(&format!("$ reportwire approve {id}")), "{told}");
    assert_eq!(world.smtp.accepted().len(), 1, "the readers get nothing");
    drop(service);
    let approved = world.ask(&["approve", &id]);
    assert_eq!(approved.code, 0, "{approved:?}");
    let said = format!("run {id} is approved; exactly the files that were held go out\n");
    assert_eq!(approved.err, said);
    assert!(
        approved.out.contains(&format!("run {id}  delivered")),
        "{}",
        approved.out
    );
    let after = world.only_run();
    assert_eq!(after["artifacts"], held["artifacts"]);
    assert_eq!(after["audits"][0]["what"], "approve");
    assert_eq!(world.mails_to(READERS[0]).len(), 1);
    let shown = world.ask(&["runs", "show", &id]).out;
    assert!(shown.contains("2026-11-01T06:00:30Z: approved"), "{shown}");
    refused(
        &world.ask(&["approve", &id]),
        "is delivered; only a held run can be approved",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_goes_from_month_to_month_past_one_that_fails_and_skips_what_succeeded() {
    let replies: Vec<Reply> = vec![ok(), answer("400 Bad Request")];
    let world = World::with(Script::default(), replies).await;
    world.set_clock("2026-12-02T06:00:00Z");
    let backfill = || {
        world.ask(&[
            "backfill", "monthly", "--from", "2026-09", "--to", "2026-11", "--wait", "0",
        ])
    };
    let first = backfill();
    assert_eq!(first.code, 1, "{first:?}");
    let runs = world.runs();
    let id = |period: &str, revision: u32| {
        let runs = world.runs();
        let it = |run: &&Value| run["period"]["id"] == period && run["revision"] == revision;
        runs.iter().find(it).unwrap()["run_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (september, october, november) = (id("2026-09", 1), id("2026-10", 1), id("2026-11", 1));
    assert_eq!(
        first.out,
        format!(
            "2026-09: delivered, run {september}\n2026-10: partially_delivered, run {october}\n\
             2026-11: delivered, run {november}\n"
        )
    );
    let hint = format!("`reportwire resend {october} --only erp`");
    assert!(first.err.contains(&hint), "{}", first.err);
    assert!(runs.iter().all(|run| run["trigger"] == "backfill"));
    let second = backfill();
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(
        second.out,
        format!(
            "2026-09: delivered already, skipped\n2026-10: delivered, run {}\n2026-11: delivered already, skipped\n",
            id("2026-10", 2)
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_backfills_at_once_make_no_month_twice() {
    let replies: Vec<Reply> = (0..12).map(|_| ok()).collect();
    let world = World::with(Script::default(), replies).await;
    world.set_clock("2026-12-02T06:00:00Z");
    let backfill = || world.ask(&["backfill", "monthly", "--from", "2026-08", "--to", "2026-11"]);
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(backfill), scope.spawn(backfill));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!((one.code, other.code), (0, 0), "{one:?}\n{other:?}");
    let runs = world.runs();
    assert_eq!(runs.len(), 4, "{runs:?}");
    assert!(
        runs.iter()
            .all(|run| run["revision"] == 1 && run["state"] == "delivered")
    );
    let told = one.out + &other.out;
    assert_eq!(told.matches(": delivered, run").count(), 4, "{told}");
    assert_eq!(told.matches(", skipped").count(), 4, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_that_makes_no_sense_is_refused_before_anything_runs() {
    let world = World::new().await;
    let backfill =
        |job: &str, from: &str, to: &str| world.ask(&["backfill", job, "--from", from, "--to", to]);
    refused(
        &backfill("monthli", "2026-01", "2026-03"),
        "did you mean `monthly`?",
    );
    refused(&backfill("monthly", "2026-03", "2026-01"), "2026-01");
    refused(&backfill("monthly", "2026-01", "2026-Q2"), "2026-Q2");
    refused(&backfill("monthly", "soon", "2026-03"), "soon");
    refused(
        &world.ask(&["backfill", "monthly", "--from", "2026-01"]),
        "--to <P>",
    );
    // It is noon of the last day of October in UTC.
    let ended =
        "the period 2026-10 is not over: its last day is 2026-10-31, and in Europe/Madrid it is 2026-10-31";
    refused(&backfill("monthly", "2026-09", "2026-10"), ended);
    refused(&backfill("monthly", "2026-09", "2027-01"), ended);
    let elsewhere = "sources = [\"usage\"]\ntimezone = \"Pacific/Kiritimati\"";
    world.edit("sources = [\"usage\"]", elsewhere);
    world.edit("env:HOOK_SECRET", "env:NO_HOOK_SECRET");
    // There it is November already, and now the secret is missing.
    refused(
        &backfill("monthly", "2026-09", "2026-10"),
        "the environment variable `NO_HOOK_SECRET` is not set",
    );
    assert!(world.runs().is_empty() && world.smtp.accepted().is_empty());
}

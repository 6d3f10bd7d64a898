//! Reports of one month made twice: what the second says of the first, and whether it goes out at all.

use crate::world::{Answer, NOVEMBER, World, rows, tree};
use mail_parser::MessageParser;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

type Row = BTreeMap<String, String>;

/// A team whose usage is a file that somebody corrects, with these further lines of configuration.
async fn team(more: &str) -> World {
    let world = World::new("http://127.0.0.1:1").await;
    let job = format!(
        r#"
[sources.usage.usage_file]
path = "usage.csv"

[jobs.usage]
title = "Usage"
sources = ["usage"]
period = "previous_month"
formats = ["html", "xlsx", "csv", "json", "text"]
deliveries = ["finance-mail", "erp", "bi-drop"]
{more}
[jobs.usage.report.full]
"#
    );
    world.edit(
        "[jobs.monthly-full-report]",
        &format!("{job}\n[jobs.monthly-full-report]"),
    );
    world
}

/// The usage of September and October, with this cost on the last day.
fn usage(world: &World, last: &str) {
    let mut text =
        "date,project_id,project_name,user_id,user_name,model,service_type,requests,errors,input_tokens,\
        output_tokens,cost,currency\n"
            .to_owned();
    for (day, cost) in [
        ("2026-09-30", "3000"),
        ("2026-10-30", "4000.36"),
        ("2026-10-31", last),
    ] {
        writeln!(text, "{day},p-1,Support,u-1,Ana,m,chat,10,0,100,50,{cost},USD").unwrap();
    }
    fs::write(world.path("usage.csv"), text).unwrap();
}

fn run(world: &World, more: &[&str]) -> Answer {
    let usual = ["run", "usage", "--as-of", NOVEMBER, "--json", "--wait", "0"];
    world.ask(&[&usual, more].concat())
}

fn dropped(world: &World, name: &str) -> Vec<u8> {
    fs::read(world.path("drop/usage/2026-10").join(name)).unwrap()
}

fn restated(world: &World, name: &str) -> Vec<Row> {
    let mut all = rows(&dropped(world, name));
    all.retain(|row| row["section"] == "restatement");
    all
}

fn sent(world: &World) -> (usize, usize) {
    (world.smtp.accepted().len(), world.hook.requests().len())
}

/// Subject and text of a mail to the first reader.
fn mail(world: &World, at: usize) -> (String, String) {
    let accepted = &world.mails_to("cfo@example.com")[at];
    let message = MessageParser::default().parse(&accepted.content).unwrap();
    let text = message.body_text(0).unwrap().into_owned();
    (message.subject().unwrap().to_owned(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_was_corrected_is_restated_line_by_line_in_every_face_and_rebuilt_to_the_byte() {
    let world = team("").await;
    usage(&world, "70");
    let first = run(&world, &[]);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(
        restated(&world, "usage_2026-10.csv").is_empty(),
        "nothing was before it"
    );
    let original = dropped(&world, "usage_2026-10.csv");

    usage(&world, "89.75");
    let second = run(&world, &[]);
    assert_eq!(second.code, 0, "{second:?}");
    let lines = restated(&world, "usage_2026-10_r2.csv");
    let total: Vec<&Row> = lines
        .iter()
        .filter(|row| row["metric"] == "total_cost" && row["dimension"].is_empty())
        .collect();
    let [total] = total[..] else { panic!("{lines:?}") };
    for (column, cell) in [
        ("comparison", "revision_1"),
        ("base_value", "4070.36"),
        ("value", "4090.11"),
        ("change", "19.75"),
        ("direction", "up"),
        ("source", "usage"),
    ] {
        assert_eq!(total[column], cell, "{column} of {total:?}");
    }
    let day = lines.iter().find(|row| row["member"] == "2026-10-31").unwrap();
    assert_eq!(
        (&*day["base_value"], &*day["value"], &*day["change"]),
        ("70", "89.75", "19.75")
    );
    assert!(
        lines.iter().all(|row| row["member"] != "2026-10-30"),
        "that day is the same: {lines:?}"
    );

    let sentence = "Revision 2 restates October 2026: total cost is USD\u{a0}4,090.11 instead of USD\u{a0}4,070.36 (+19.75).";
    let text = String::from_utf8(dropped(&world, "usage_2026-10_r2.txt")).unwrap();
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plain(&text).contains(&plain(sentence)), "{text}");
    assert!(text.contains("Changes since revision 1"), "{text}");
    let page = String::from_utf8(dropped(&world, "usage_2026-10_r2.html")).unwrap();
    assert!(page.contains("Revision 2 restates October 2026") && page.contains("Changes since revision 1"));
    let json: serde_json::Value = serde_json::from_slice(&dropped(&world, "usage_2026-10_r2.json")).unwrap();
    assert_eq!(json["restates"]["revision"], 1);
    assert_eq!(
        json["sections"].as_array().unwrap().last().unwrap()["key"],
        "restatement"
    );
    let notice = json["notices"][0]["text"].as_str().unwrap();
    assert!(
        notice.starts_with("Compared with revision 1 of ") && notice.contains("figures differ"),
        "{notice}"
    );
    let (subject, mail) = mail(&world, 1);
    assert!(subject.ends_with("(revision 2)"), "{subject}");
    assert!(mail.contains("Changes since revision 1"), "{mail}");

    for (answer, files) in [(&first, 6), (&second, 6)] {
        let id = answer.json()["run_id"].as_str().unwrap().to_owned();
        let replay = world.ask(&["replay", &id]);
        assert_eq!(replay.code, 0, "{replay:?}");
        assert_eq!(replay.out.matches("identical").count(), files, "{}", replay.out);
    }
    assert_eq!(
        dropped(&world, "usage_2026-10.csv"),
        original,
        "the first one stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_that_a_later_revision_relies_on_is_verified() {
    let world = team("").await;
    usage(&world, "70");
    run(&world, &["--only", "bi-drop"]);
    let second = run(&world, &["--only", "bi-drop"]).json();
    assert_eq!(world.ask(&["verify"]).code, 0);
    let stored = tree(&world.path("data/runs"));
    let kept = |name: &str| {
        stored
            .iter()
            .filter(|path| path.to_string_lossy().contains(name))
            .count()
    };
    assert_eq!((kept("/figures/"), kept("previous.json.gz")), (2, 1));
    for path in stored {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
        assert_eq!(world.ask(&["verify"]).code, 1, "{}", path.display());
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(
        second["notices"][0]
            .as_str()
            .unwrap()
            .matches("every figure is the same")
            .count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_report_that_reached_nobody_is_nothing_to_compare_with() {
    let world = team("").await;
    usage(&world, "70");
    fs::write(world.path("drop"), "no folder").unwrap();
    let first = run(&world, &["--only", "bi-drop"]).json();
    assert_ne!(first["state"], "delivered");
    fs::remove_file(world.path("drop")).unwrap();
    usage(&world, "80");
    let second = run(&world, &["--only", "bi-drop"]).json();
    assert_eq!(
        (&second["revision"], &second["state"]),
        (&2.into(), &"delivered".into())
    );
    assert!(restated(&world, "usage_2026-10_r2.csv").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_has_changed_goes_out_and_what_does_not_says_why() {
    let world = team("send = \"if_changed\"").await;
    usage(&world, "70");
    assert_eq!(run(&world, &[]).code, 0);
    assert_eq!(sent(&world), (2, 1));

    let same = run(&world, &[]);
    assert_eq!(same.code, 0, "{same:?}");
    let object = same.json();
    let why = "Nothing was sent (`send = \"if_changed\"`): no figure differs from revision 1, the last version that was delivered.";
    assert_eq!(
        (&object["state"], &object["unsent"]),
        (&"delivered".into(), &why.into())
    );
    assert_eq!(object["notices"][0], why);
    assert!(object["deliveries"].as_array().unwrap().is_empty(), "{object}");
    assert_eq!(
        object["artifacts"].as_array().unwrap().len(),
        6,
        "its files are kept"
    );
    assert_eq!(sent(&world), (2, 1));
    let id = object["run_id"].as_str().unwrap();
    let listed = world.ask(&["runs"]);
    assert!(listed.out.contains("delivered (unsent)"), "{}", listed.out);
    let shown = world.ask(&["runs", "show", id, "--json"]);
    assert_eq!(shown.json()["unsent"], why);
    assert!(world.ask(&["runs", "show", id]).out.contains("no figure differs"));
    for again in [&["resend", id][..], &["resend", id, "--as-new"]] {
        let answer = world.ask(again);
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(answer.err.contains("went out to nobody"), "{}", answer.err);
    }
    assert_eq!(world.ask(&["replay", id]).code, 0);

    // A test is shown whatever is in it.
    let test = run(&world, &["--test-to", "me@example.com"]);
    assert_eq!(test.code, 0, "{test:?}");
    assert_eq!(world.mails_to("me@example.com").len(), 1);

    // The third compares with the first, which readers have, not with the second, which nobody has.
    usage(&world, "80");
    let third = run(&world, &[]).json();
    assert_eq!(
        (&third["revision"], &third["unsent"]),
        (&3.into(), &serde_json::Value::Null)
    );
    assert_eq!(sent(&world), (5, 2));
    assert!(
        restated(&world, "usage_2026-10_r3.csv")
            .iter()
            .all(|row| row["comparison"] == "revision_1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_without_data_goes_out_to_nobody_where_data_are_wanted() {
    let world = team("send = \"if_data\"").await;
    usage(&world, "70");
    let empty = run(&world, &["--period", "2026-08"]);
    assert_eq!(empty.code, 0, "{empty:?}");
    assert_eq!(
        empty.json()["unsent"],
        "Nothing was sent (`send = \"if_data\"`): there is no row of data in 2026-08."
    );
    assert_eq!(sent(&world), (0, 0));
    assert_eq!(run(&world, &[]).json()["unsent"], serde_json::Value::Null);
    assert_eq!(sent(&world), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_lets_one_report_out_and_the_next_only_when_it_was_false_in_between() {
    let world = team("when = [{ above = 4080 }, { metric = \"total_requests\", below = 1 }]").await;
    let made = |last: &str| {
        usage(&world, last);
        let answer = run(&world, &[]);
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.json()
    };
    let quiet = made("70");
    let why = quiet["unsent"].as_str().unwrap();
    assert!(why.contains("total cost is USD 4070.36, not above 4080"), "{why}");
    assert!(why.contains("requests is 20, not below 1"), "{why}");
    assert_eq!(sent(&world), (0, 0));

    let fired = made("90");
    assert_eq!(fired["unsent"], serde_json::Value::Null);
    assert_eq!(sent(&world), (2, 1));
    let told = "A rule of this report newly holds: total cost is USD 4090.36, above 4080.";
    assert_eq!(fired["notices"][0], told);
    let (_, mail) = mail(&world, 0);
    assert!(mail.contains("A rule of this report newly holds"), "{mail}");
    assert_eq!(world.ask(&["replay", fired["run_id"].as_str().unwrap()]).code, 0);

    let still = made("95");
    assert!(
        still["unsent"]
            .as_str()
            .unwrap()
            .contains("above 4080, as it was before"),
        "{still}"
    );
    made("70");
    assert_eq!(sent(&world), (2, 1));
    let again = made("91");
    assert_eq!(
        (&again["revision"], &again["unsent"]),
        (&5.into(), &serde_json::Value::Null)
    );
    assert_eq!(sent(&world), (4, 2));
}

/// Both readers are answered so; nothing: they are let in.
fn answer_readers(world: &World, answer: Option<&'static str>) {
    let readers = ["cfo@example.com", "controller@example.com"];
    let answers = readers
        .into_iter()
        .filter_map(|reader| Some((reader.to_owned(), answer?)));
    world.smtp.script.lock().unwrap().recipients = answers.collect();
}

/// The states of what a run has for a delivery.
fn states(world: &World, run: &serde_json::Value, delivery: &str) -> Vec<String> {
    let id = run["run_id"].as_str().unwrap();
    let shown = world.ask(&["runs", "show", id, "--json"]).json();
    let rows = shown["deliveries"].as_array().unwrap().iter();
    rows.filter(|row| row["delivery"] == delivery)
        .map(|row| row["state"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_whose_report_reached_only_programs_fires_again_for_people() {
    let world = team("when = [{ above = 4080 }]").await;
    answer_readers(&world, Some("550 5.1.1 no such user"));
    usage(&world, "90");
    let first = run(&world, &[]).json();
    assert_eq!(first["unsent"], serde_json::Value::Null);
    assert_eq!(states(&world, &first, "finance-mail"), ["dead", "dead"]);
    assert_eq!(states(&world, &first, "erp"), ["acked"]);
    answer_readers(&world, None);
    let second = run(&world, &[]).json();
    assert_eq!(
        (&second["revision"], &second["unsent"]),
        (&2.into(), &serde_json::Value::Null)
    );
    assert_eq!(sent(&world).0, 2);
    let third = run(&world, &[]).json();
    assert!(third["unsent"].is_string(), "people have it: {third}");
    assert_eq!(sent(&world).0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_that_are_known_to_be_wrong_by_now_reach_nobody_although_the_right_ones_stay_at_home() {
    let world = team("when = [{ above = 4080 }]").await;
    answer_readers(&world, Some("450 4.2.0 try later"));
    usage(&world, "90");
    let wrong = run(&world, &[]).json();
    assert_eq!(
        states(&world, &wrong, "finance-mail"),
        ["retry_wait", "retry_wait"]
    );
    usage(&world, "70");
    let right = run(&world, &[]).json();
    assert!(
        right["unsent"].as_str().unwrap().contains("not above 4080"),
        "{right}"
    );
    assert_eq!(
        states(&world, &wrong, "finance-mail"),
        ["superseded", "superseded"]
    );
    answer_readers(&world, None);
    world.ask(&["resend", wrong["run_id"].as_str().unwrap()]);
    assert_eq!(sent(&world).0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_left_alone_where_the_figures_are_the_same() {
    let world = team("when = [{ above = 4080 }]").await;
    usage(&world, "90");
    let busy = ("controller@example.com".to_owned(), "450 4.2.0 try later");
    world.smtp.script.lock().unwrap().recipients = [busy].into();
    let first = run(&world, &[]).json();
    let again = run(&world, &[]).json();
    assert!(
        again["unsent"].as_str().unwrap().contains("as it was before"),
        "{again}"
    );
    assert_eq!(states(&world, &first, "finance-mail"), ["acked", "retry_wait"]);
    usage(&world, "95");
    let other = run(&world, &[]).json();
    assert!(
        other["unsent"].as_str().unwrap().contains("as it was before"),
        "{other}"
    );
    assert_eq!(states(&world, &first, "finance-mail"), ["acked", "superseded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_makes_months_again_that_went_out_to_nobody_and_no_others() {
    let world = team("send = \"if_data\"").await;
    usage(&world, "70");
    let filled = || {
        let answer = world.ask(&[
            "backfill", "usage", "--from", "2026-08", "--to", "2026-10", "--wait", "0",
        ]);
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.out
    };
    let first = filled();
    assert!(first.contains("2026-08: delivered (unsent), run "), "{first}");
    assert!(
        first.contains("2026-09: delivered, run ") && first.contains("2026-10: delivered, run "),
        "{first}"
    );
    assert_eq!(sent(&world), (4, 2));
    let second = filled();
    assert!(second.contains("2026-08: delivered (unsent), run "), "{second}");
    for month in ["2026-09", "2026-10"] {
        assert!(
            second.contains(&format!("{month}: delivered already, skipped")),
            "{second}"
        );
    }
    assert_eq!(sent(&world), (4, 2));

    // What is the same for everybody stays at home, whoever asks.
    world.edit("send = \"if_data\"", "send = \"if_changed\"");
    let same = world
        .ask(&["run", "usage", "--period", "2026-09", "--json", "--wait", "0"])
        .json();
    assert!(same["unsent"].is_string(), "{same}");
    let third = filled();
    assert!(third.contains("2026-09: delivered already, skipped"), "{third}");
    assert!(
        third.contains("2026-08: delivered, run "),
        "nobody has August: {third}"
    );
    assert_eq!(sent(&world), (6, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_judged_alone_for_some_readers_and_stays_armed_for_all() {
    let world = team("when = [{ above = 4080 }]").await;
    usage(&world, "90");
    let some = run(&world, &["--only", "bi-drop"]).json();
    assert_eq!(some["unsent"], serde_json::Value::Null);
    assert_eq!(sent(&world), (0, 0));
    let all = run(&world, &[]).json();
    assert_eq!(
        all["unsent"],
        serde_json::Value::Null,
        "nobody else has heard: {all}"
    );
    assert_eq!(sent(&world), (2, 1));
    usage(&world, "70");
    let some = run(&world, &["--only", "bi-drop"]).json();
    assert!(some["unsent"].is_string(), "{some}");
    usage(&world, "95");
    let still = run(&world, &[]).json();
    assert!(
        still["unsent"].as_str().unwrap().contains("as it was before"),
        "{still}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_over_the_change_compares_with_the_month_before() {
    let world = team("when = [{ change_above = 30 }]").await;
    usage(&world, "70");
    let fired = run(&world, &[]).json();
    assert_eq!(
        fired["notices"][0],
        "A rule of this report newly holds: total cost has changed by +35.7 % against 2026-09, above 30 %."
    );
    assert_eq!(sent(&world), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_some_readers_have_goes_to_all_of_them_though_nothing_has_changed() {
    let world = team("send = \"if_changed\"").await;
    usage(&world, "70");
    assert_eq!(run(&world, &["--only", "bi-drop"]).code, 0);
    assert_eq!(sent(&world), (0, 0));
    let all = run(&world, &[]).json();
    assert_eq!(
        (&all["state"], &all["unsent"]),
        (&"delivered".into(), &serde_json::Value::Null)
    );
    assert_eq!(sent(&world), (2, 1));
    let same = run(&world, &[]).json();
    assert!(same["unsent"].is_string(), "now everybody has it: {same}");
    assert_eq!(sent(&world), (2, 1));
}

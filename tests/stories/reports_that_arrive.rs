use crate::smtp::Accepted;
use crate::world::{NOVEMBER, SIGNING_SECRET, TOKEN, World, company, date, rows};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use calamine::{Data, Reader as _, Xlsx};
use hmac::{Hmac, KeyInit as _, Mac as _};
use mail_parser::{MessageParser, MimeHeaders as _};
use reportwire::demo::platform::Platform;
use reportwire::source::snapshot::hex;
use rust_decimal::Decimal;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Cursor;

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn attachments(mail: &Accepted) -> BTreeMap<String, Vec<u8>> {
    let message = MessageParser::default().parse(&mail.content).unwrap();
    message
        .attachments()
        .filter_map(|part| Some((part.attachment_name()?.to_owned(), part.contents().to_vec())))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn finance_gets_the_month_by_mail_the_erp_by_hook_and_bi_as_files() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    let answer = world.run(&[]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let run = answer.json();
    assert_eq!(run["state"], "delivered");
    assert_eq!(run["revision"], 1);
    assert_eq!(run["period"]["id"], "2026-10");
    assert_eq!(
        (&run["period"]["start"], &run["period"]["end"]),
        (&"2026-10-01".into(), &"2026-10-31".into())
    );

    // The folder holds every format and the manifest, which tells the truth about them.
    let dropped = world.dropped();
    let stem = "monthly-full-report_2026-10";
    let names: Vec<&str> = dropped.keys().map(String::as_str).collect();
    let expected = ["csv", "html", "json", "manifest.json", "txt", "xlsx"].map(|ext| format!("{stem}.{ext}"));
    assert_eq!(names, expected);
    let manifest: Value = serde_json::from_slice(&dropped[&format!("{stem}.manifest.json")]).unwrap();
    assert_eq!(manifest["run_id"], run["run_id"]);
    for file in manifest["files"].as_array().unwrap() {
        let bytes = &dropped[file["name"].as_str().unwrap()];
        assert_eq!(file["sha256"], sha256(bytes));
        assert_eq!(file["bytes"], bytes.len());
    }

    // Each reader has a mail of their own with the same files in it.
    for reader in ["cfo@example.com", "controller@example.com"] {
        let [mail] = world.mails_to(reader).try_into().unwrap();
        assert_eq!(mail.from, "reports@example.com");
        let attached = attachments(&mail);
        for ext in ["csv", "html", "json", "txt", "xlsx"] {
            let name = format!("{stem}.{ext}");
            assert_eq!(attached.get(&name), Some(&dropped[&name]), "{name}");
        }
        let message = MessageParser::default().parse(&mail.content).unwrap();
        assert!(
            message.subject().unwrap().contains("October 2026"),
            "{:?}",
            message.subject()
        );
    }

    // The receiver can check who posted, and what.
    let [request] = world.hook.requests().try_into().unwrap();
    let (id, at) = (
        &request.headers["webhook-id"],
        &request.headers["webhook-timestamp"],
    );
    let key = STANDARD
        .decode(SIGNING_SECRET.trim_start_matches("whsec_"))
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(&request.body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(request.headers["webhook-signature"], signature);
    let event: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(event["type"], "report.delivered");
    assert_eq!(event["data"]["run_id"], run["run_id"]);
    assert!(event["data"]["figures"].as_array().unwrap().len() >= 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_csv_says_what_the_company_used_and_nothing_else() {
    let company = company();
    let facts = |first: &str, last: &str| company.facts(date(first), date(last)).to_vec();
    let (october, september) = (
        facts("2026-10-01", "2026-10-31"),
        facts("2026-09-01", "2026-09-30"),
    );
    let sum = |facts: &[reportwire::demo::company::Fact]| {
        let micros: u64 = facts.iter().map(|fact| fact.micros).sum();
        let requests: u64 = facts.iter().map(|fact| fact.requests).sum();
        let errors: u64 = facts.iter().map(|fact| fact.errors).sum();
        (
            Decimal::new(i64::try_from(micros).unwrap(), 6).normalize(),
            Decimal::from(requests),
            Decimal::from(errors),
        )
    };
    let ((cost, requests, errors), (cost_before, requests_before, _)) = (sum(&october), sum(&september));

    let platform = Platform::start(company.clone(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    assert_eq!(world.run(&[]).code, 0);
    let dropped = world.dropped();
    let file = |ext: &str| &dropped[&format!("monthly-full-report_2026-10.{ext}")];

    let table = rows(file("csv"));
    let summary = |metric: &str| {
        let mut found = table
            .iter()
            .filter(|row| row["section"] == "summary" && row["metric"] == metric);
        let row = found.next().unwrap();
        assert!(found.next().is_none(), "{metric}");
        row
    };
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    let total = summary("total_cost");
    assert_eq!(decimal(&total["value"]), cost);
    assert_eq!(decimal(&total["base_value"]), cost_before);
    assert_eq!(decimal(&total["change"]), cost - cost_before);
    assert_eq!(total["comparison"], "previous_period");
    assert_eq!(
        (total["unit"].as_str(), total["currency"].as_str()),
        ("currency", "USD")
    );
    assert_eq!(
        (total["period_end"].as_str(), total["timezone"].as_str()),
        ("2026-10-31", "UTC")
    );
    assert_eq!(decimal(&summary("total_requests")["value"]), requests);
    assert_eq!(decimal(&summary("total_requests")["base_value"]), requests_before);
    let rate = (errors * Decimal::ONE_HUNDRED / requests)
        .round_dp(12)
        .normalize();
    assert_eq!(decimal(&summary("error_rate")["value"]), rate);
    let days: Decimal = table
        .iter()
        .filter(|row| row["section"] == "daily" && row["metric"] == "total_cost" && !row["value"].is_empty())
        .map(|row| decimal(&row["value"]))
        .sum();
    assert_eq!(days, cost);
    for list in [
        "top_agents_by_requests",
        "top_agents_by_tokens",
        "top_users_by_requests",
        "top_users_by_cost",
    ] {
        let ranks: Vec<u32> = table
            .iter()
            .filter(|row| row["section"] == list)
            .map(|row| row["rank"].parse().unwrap())
            .collect();
        assert_eq!(ranks, (1..=10).collect::<Vec<_>>(), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_format_says_the_same() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    assert_eq!(world.run(&[]).code, 0);
    let dropped = world.dropped();
    let file = |ext: &str| &dropped[&format!("monthly-full-report_2026-10.{ext}")];
    let table = rows(file("csv"));
    let total = table
        .iter()
        .find(|row| row["section"] == "summary" && row["metric"] == "total_cost");
    let cost: Decimal = total.unwrap()["value"].parse().unwrap();

    let document: Value = serde_json::from_slice(file("json")).unwrap();
    let headline = document["headlines"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["metric"] == "total_cost")
        .unwrap();
    assert_eq!(headline["value"].as_str().unwrap().parse(), Ok(cost));

    let mut workbook = Xlsx::new(Cursor::new(file("xlsx").clone())).unwrap();
    let cells: Vec<Data> = workbook
        .worksheets()
        .into_iter()
        .flat_map(|(_, sheet)| {
            sheet
                .used_cells()
                .map(|(_, _, cell)| cell.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    let exact: f64 = cost.to_string().parse().unwrap();
    assert!(
        cells.contains(&Data::Float(exact)),
        "{cost} is a number in the workbook"
    );

    let shown = reportwire::money::rounded(cost, 2).to_string();
    let (whole, cents) = shown.split_once('.').unwrap();
    let (thousands, hundreds) = whole.split_at(whole.len() - 3);
    let shown = format!("{thousands},{hundreds}.{cents}");
    for ext in ["html", "txt"] {
        assert!(
            String::from_utf8_lossy(file(ext)).contains(&shown),
            "{shown} in {ext}"
        );
    }
    let [mail] = world.mails_to("cfo@example.com").try_into().unwrap();
    let message = MessageParser::default().parse(&mail.content).unwrap();
    for body in [message.body_text(0).unwrap(), message.body_html(0).unwrap()] {
        assert!(body.contains(&shown), "{shown} in {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_month_again_is_the_next_revision_and_nothing_is_overwritten() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    assert_eq!(world.run(&[]).json()["revision"], 1);
    let first = world.dropped();
    let again = world.run(&[]);
    assert_eq!(
        (again.code, &again.json()["revision"]),
        (0, &2.into()),
        "{again:?}"
    );
    let both = world.dropped();
    assert_eq!(both.len(), 2 * first.len());
    assert!(first.iter().all(|(name, bytes)| both[name] == *bytes));
    assert!(
        both.contains_key("monthly-full-report_2026-10_r2.manifest.json"),
        "{:?}",
        both.keys()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_goes_to_one_address_and_takes_no_revision() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    let test = world.run(&["--test-to", "me@example.com"]);
    assert_eq!(test.code, 0, "{test:?}");
    let [mail] = world.smtp.accepted().try_into().unwrap();
    assert_eq!(mail.to, ["me@example.com"]);
    let message = MessageParser::default().parse(&mail.content).unwrap();
    let subject = message.subject().unwrap();
    assert!(
        subject.starts_with("[test]") && !subject.contains("by hand"),
        "{subject}"
    );
    assert!(world.hook.requests().is_empty() && world.dropped().is_empty());
    assert_eq!(world.run(&["--only", "bi-drop"]).json()["revision"], 1);
    assert_eq!(world.smtp.accepted().len(), 1);

    // The report that follows a test to one of its readers is another mail, which no server takes for a repeat.
    assert_eq!(world.run(&["--test-to", "cfo@example.com"]).code, 0);
    assert_eq!(world.run(&["--only", "finance-mail"]).code, 0);
    let [test, report] = world.mails_to("cfo@example.com").try_into().unwrap();
    let id = |mail: &Accepted| {
        MessageParser::default()
            .parse(&mail.content)
            .unwrap()
            .message_id()
            .unwrap()
            .to_owned()
    };
    assert_ne!(id(&test), id(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_records_nothing_and_sends_nothing() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    let answer = world.ask(&[
        "preview",
        "monthly-full-report",
        "--as-of",
        NOVEMBER,
        "--out",
        "look",
    ]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(crate::world::files(&world.path("look")).len(), 6);
    assert!(!world.path("data").exists() && !world.path("drop").exists());
    assert!(world.smtp.commands().is_empty() && world.hook.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_arrived_is_sent_again_only_as_new_and_under_a_new_key() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    let run = world.run(&[]).json()["run_id"].as_str().unwrap().to_owned();
    drop(platform);
    assert_eq!(world.ask(&["resend", &run]).code, 0);
    assert_eq!((world.smtp.accepted().len(), world.hook.requests().len()), (2, 1));

    let again = world.ask(&[
        "resend",
        &run,
        "--as-new",
        "--only",
        "finance-mail",
        "--only",
        "erp",
    ]);
    assert_eq!(again.code, 0, "{again:?}");
    let ids: Vec<String> = world
        .mails_to("cfo@example.com")
        .iter()
        .map(|mail| {
            MessageParser::default()
                .parse(&mail.content)
                .unwrap()
                .message_id()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
    let [first, second] = world.hook.requests().try_into().unwrap();
    assert_ne!(first.headers["webhook-id"], second.headers["webhook-id"]);
    assert_eq!(first.body, second.body);
    let shown = world.ask(&["runs", "show", &run, "--json"]).json();
    assert_eq!(
        (&shown["state"], shown["deliveries"].as_array().unwrap().len()),
        (&"delivered".into(), 12)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mail_has_the_subject_of_its_own_delivery() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    let port = world.smtp.address.port();
    let delivery = |name: &str, subject: &str| {
        format!(
            "[deliveries.{name}.email]\nfrom = \"reports@example.com\"\nto = [\"{name}@example.com\"]\n{subject}\n\
             smtp = {{ host = \"127.0.0.1\", port = {port}, tls = \"none\" }}\n\n"
        )
    };
    let more = delivery("a-board", "subject = \"Confidential: {{period.label}}\"") + &delivery("b-team", "");
    world.edit("[deliveries.bi-drop", &format!("{more}[deliveries.bi-drop"));
    world.edit(
        r#"["finance-mail", "erp", "bi-drop"]"#,
        r#"["a-board", "b-team"]"#,
    );
    assert_eq!(world.run(&[]).code, 0);
    let subject = |reader: &str| {
        let [mail] = world.mails_to(reader).try_into().unwrap();
        MessageParser::default()
            .parse(&mail.content)
            .unwrap()
            .subject()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        subject("a-board@example.com"),
        "Confidential: October 2026 (run by hand)"
    );
    assert!(subject("b-team@example.com").starts_with("AI platform: monthly full report: October 2026"));
}

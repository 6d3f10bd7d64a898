//! Messages to the owner, by every way there is.

use crate::http::{FakeHttp, Reply};
use crate::smtp::{FakeSmtp, Script};
use crate::{clock, email, instant, secret};
use mail_parser::MessageParser;
use reportwire::config::plan::{DeliveryPlan, FileDropPlan, SlackPlan, WebhookPlan};
use reportwire::delivery::{
    Bulletin, BulletinItem, BulletinKind, Delivery, FILES, Recourse, bulletin_text, open,
};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

const RUN: &str = "0199a1b2-0000-7000-8000-00000000abcd";

fn item(kind: BulletinKind, job: Option<&str>, text: &str) -> BulletinItem {
    BulletinItem {
        kind,
        job: job.map(str::to_owned),
        period: job.map(|_| "2026-10".to_owned()),
        run_id: job.map(|_| RUN.to_owned()),
        at: instant("2026-11-01T06:00:05Z"),
        text: text.to_owned(),
        count: 1,
    }
}

fn bulletin() -> Bulletin {
    Bulletin {
        key: "0199b000-1".into(),
        owner: vec![
            "Fin Ops <finops@example.com>".into(),
            "cto@example.com".into(),
            "FINOPS@example.com".into(),
        ],
        written_at: instant("2026-11-01T06:05:00Z"),
        timezone: chrono_tz::Europe::Madrid,
        more: 0,
        items: vec![
            item(
                BulletinKind::Missed,
                Some("weekly-trend"),
                "It was due on 26 October at 08:30, when nothing ran, and is older than `catch_up` allows.",
            ),
            item(
                BulletinKind::Failed,
                Some("monthly"),
                "The platform refused the key: HTTP 401. Store a valid key in GEAI_API_KEY, then run the job again.",
            ),
            item(
                BulletinKind::Ambiguous,
                Some("weekly-trend"),
                "The connection to mail.example.com was lost after the mail was sent. Look there, then `reportwire resolve 0199a1b2-0000-7000-8000-00000000abcd --only finance-mail --as sent`.",
            ),
            BulletinItem {
                count: 2,
                ..item(
                    BulletinKind::Failed,
                    Some("cloud-bill"),
                    "Two files <b>overlap</b> & count twice.",
                )
            },
            item(BulletinKind::Recovered, None, "The store can be written again."),
        ],
    }
}

fn many() -> Bulletin {
    let text = "x".repeat(300);
    let job = |n: usize| format!("job-{}", n % 20);
    let items = (0..400).map(|n| item(BulletinKind::Failed, Some(&job(n)), &format!("{n} {text}")));
    Bulletin {
        items: items.collect(),
        ..bulletin()
    }
}

fn webhook(url: &str) -> Box<dyn Delivery> {
    let plan = WebhookPlan {
        url: url.parse().unwrap(),
        signing_secret: Some(secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")),
        previous_signing_secret: None,
        allow_private: true,
        timeout: Duration::from_secs(5),
    };
    open("erp", &DeliveryPlan::Webhook(plan), clock()).unwrap()
}

fn slack(url: &str) -> Box<dyn Delivery> {
    let plan = SlackPlan {
        webhook_url: secret(url),
        allow_private: true,
        timeout: Duration::from_secs(5),
    };
    open("chat", &DeliveryPlan::Slack(plan), clock()).unwrap()
}

fn file_drop(path: &str) -> Box<dyn Delivery> {
    let plan = FileDropPlan { path: path.into() };
    open("drop", &DeliveryPlan::FileDrop(plan), clock()).unwrap()
}

#[tokio::test]
async fn each_owner_gets_a_mail_and_no_reader_of_reports_does() {
    let server = FakeSmtp::start(Script::default()).await;
    let mail = email::delivery(email::plan(server.address));
    assert_eq!(mail.host(), server.address.to_string());
    let parcels = mail.compose_bulletin(&bulletin()).unwrap();
    assert_eq!(parcels, mail.compose_bulletin(&bulletin()).unwrap());
    for parcel in &parcels {
        mail.deliver(parcel).await.unwrap();
    }
    let accepted = server.accepted();
    let recipients: Vec<&str> = accepted
        .iter()
        .flat_map(|mail| &mail.to)
        .map(String::as_str)
        .collect();
    assert_eq!(recipients, ["finops@example.com", "cto@example.com"]);
    assert_ne!(parcels[0].key, parcels[1].key);
    for (parcel, sent) in parcels.iter().zip(&accepted) {
        let text = String::from_utf8_lossy(&sent.content);
        for reader in ["ana@", "bob@", "cfo@", "audit@", "Reply-To"] {
            assert!(!text.contains(reader), "{reader}");
        }
        assert!(text.contains(&format!("Message-ID: <{}@example.com>", parcel.key)));
        assert!(text.contains("Auto-Submitted: auto-generated"));
    }
    let message = MessageParser::default().parse(&accepted[0].content).unwrap();
    assert_eq!(
        message.subject(),
        Some("reportwire: 3 failed, 1 missed, 1 ambiguous, 1 recovered")
    );
    assert_eq!(
        message.body_text(0).unwrap().replace("\r\n", "\n"),
        bulletin_text(&bulletin())
    );
    let html = message.body_html(0).unwrap();
    assert!(html.contains("Two files &lt;b&gt;overlap&lt;/b&gt; &amp; count twice."));
    assert!(html.contains(&format!(
        ">reportwire resolve {RUN} --only finance-mail --as sent<"
    )));
    insta::assert_snapshot!(html.replace('\r', ""));
}

#[test]
fn one_job_is_named_in_the_subject() {
    let mail = email::delivery(email::plan("127.0.0.1:1".parse().unwrap()));
    let mut bulletin = bulletin();
    bulletin.items.truncate(1);
    let parcel = mail.compose_bulletin(&bulletin).unwrap().remove(0);
    let message = MessageParser::default().parse(&parcel.content).unwrap();
    assert_eq!(message.subject(), Some("reportwire: 1 missed (weekly-trend)"));
}

#[test]
fn a_mail_of_four_hundred_items_is_not_clipped_and_its_text_has_them_all() {
    let mail = email::delivery(email::plan("127.0.0.1:1".parse().unwrap()));
    let parcel = mail.compose_bulletin(&many()).unwrap().remove(0);
    let message = MessageParser::default().parse(&parcel.content).unwrap();
    let html = message.body_html(0).unwrap();
    assert!(
        html.len() < 90 * 1024 && html.contains("360 more are left out here"),
        "{}",
        html.len()
    );
    assert_eq!(
        message
            .body_text(0)
            .unwrap()
            .matches("\n  Failed: 2026-10, run")
            .count(),
        400
    );
}

#[test]
fn a_bulletin_without_an_owner_or_with_a_broken_key_is_refused() {
    let mail = email::delivery(email::plan("127.0.0.1:1".parse().unwrap()));
    for (change, expected) in [
        (
            Bulletin {
                owner: vec![],
                ..bulletin()
            },
            "`owner`",
        ),
        (
            Bulletin {
                owner: vec!["a@b.example\r\nBcc: x@y.example".into()],
                ..bulletin()
            },
            "`owner`",
        ),
        (
            Bulletin {
                key: "a\r\nBcc: x@y.example".into(),
                ..bulletin()
            },
            "control character",
        ),
    ] {
        let error = mail.compose_bulletin(&change).unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent);
        assert!(error.reason.contains(expected), "{error}");
        assert!(!error.reason.contains("y.example"), "{error}");
    }
}

#[tokio::test]
async fn a_webhook_is_signed_and_says_what_it_leaves_out() {
    let answer = || Reply::Answer("200 OK", "", "ok".into());
    let server = FakeHttp::start(vec![answer(), answer()]).await;
    let hook = webhook(&server.url("/hooks"));
    assert_eq!(hook.host(), "127.0.0.1");
    for (bulletin, left_out) in [(bulletin(), 0), (many(), 356)] {
        let parcel = hook.compose_bulletin(&bulletin).unwrap().remove(0);
        hook.deliver(&parcel).await.unwrap();
        let request = server.requests().pop().unwrap();
        assert_eq!(request.headers["webhook-id"], parcel.key);
        assert!(request.headers["webhook-signature"].starts_with("v1,"));
        assert!(request.body.len() <= 20_000, "{}", request.body.len());
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(
            (&body["type"], &body["timestamp"]),
            (&json!("owner.notice"), &json!("2026-11-01T06:05:00Z"))
        );
        let items = body["data"]["items"].as_array().unwrap();
        assert_eq!(items.len() + left_out, bulletin.items.len());
        assert_eq!(body["data"]["left_out"], left_out);
        assert_eq!(items[0]["kind"], "failed");
    }
    let body: Value = serde_json::from_slice(&server.requests()[0].body).unwrap();
    assert_eq!(
        body["data"]["items"][2],
        json!({
            "kind": "missed", "job": "weekly-trend", "period": "2026-10", "run_id": RUN, "at": "2026-11-01T06:00:05Z",
            "text": bulletin().items[0].text, "count": 1,
        })
    );
}

#[tokio::test]
async fn slack_gets_blocks_within_its_limits() {
    let answer = || Reply::Answer("200 OK", "", "ok".into());
    let server = FakeHttp::start(vec![answer(), answer()]).await;
    let chat = slack(&server.url("/services/T/B/x"));
    assert_eq!(chat.spacing(), Duration::from_secs(1));
    for bulletin in [many(), bulletin()] {
        let parcel = chat.compose_bulletin(&bulletin).unwrap().remove(0);
        chat.deliver(&parcel).await.unwrap();
        let message: Value = serde_json::from_slice(&parcel.content).unwrap();
        let blocks = message["blocks"].as_array().unwrap();
        let texts = blocks.iter().filter_map(|block| block["text"]["text"].as_str());
        let lengths: Vec<usize> = texts.map(|text| text.chars().count()).collect();
        assert!(
            blocks.len() <= 10 && lengths.iter().all(|length| *length <= 3_000),
            "{lengths:?}"
        );
        assert!(lengths.iter().sum::<usize>() <= 13_000, "{lengths:?}");
    }
    let body: Value = serde_json::from_slice(&server.requests()[1].body).unwrap();
    insta::assert_json_snapshot!(body);
}

#[tokio::test]
async fn a_folder_without_variables_takes_a_text_file() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("notices");
    let drop = file_drop(path.to_str().unwrap());
    assert_eq!(drop.host(), FILES);
    let parcel = drop.compose_bulletin(&bulletin()).unwrap().remove(0);
    assert!(!path.exists(), "composing touches nothing");
    drop.deliver(&parcel).await.unwrap();
    drop.deliver(&parcel).await.unwrap();
    let written = fs::read_to_string(path.join("bulletin-0199b000-1.txt")).unwrap();
    assert_eq!(written, bulletin_text(&bulletin()));

    for (path, key, expected) in [
        ("/srv/{{job.name}}", "1", "fixed path"),
        ("/srv/drop", "../../etc/x", "no safe place"),
        ("/srv/drop", &"x".repeat(200), "no safe place"),
    ] {
        let bulletin = Bulletin {
            key: key.into(),
            ..bulletin()
        };
        let error = file_drop(path).compose_bulletin(&bulletin).unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent);
        assert!(error.reason.contains(expected), "{error}");
    }
}

//! The generic webhook against endpoints of every temper.

use crate::http::{FakeHttp, Reply};
use crate::{CANARY, clock, edition, secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reportwire::config::plan::{DeliveryPlan, WebhookPlan};
use reportwire::delivery::{Delivery, DeliveryError, FarEnd, Recourse, open, repeats};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

const KEY: &[u8] = b"0123456789abcdef01234567";
const OLD_KEY: &[u8] = b"an older key of the same kind";

fn encoded(key: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

fn plan(url: &str) -> WebhookPlan {
    WebhookPlan {
        url: url.parse().unwrap(),
        signing_secret: Some(secret(&encoded(KEY))),
        previous_signing_secret: None,
        allow_private: true,
        timeout: Duration::from_secs(5),
    }
}

fn try_open(plan: WebhookPlan) -> Result<Box<dyn Delivery>, DeliveryError> {
    open("erp", &DeliveryPlan::Webhook(plan), clock())
}

async fn outcome(reply: Reply, timeout: Duration) -> Result<String, DeliveryError> {
    let server = FakeHttp::start(vec![reply]).await;
    let plan = WebhookPlan {
        timeout,
        ..plan(&server.url(&format!("/hooks/{CANARY}?token={CANARY}")))
    };
    let hook = try_open(plan).unwrap();
    let parcel = hook.compose(&edition()).unwrap().remove(0);
    let outcome = hook.deliver(&parcel).await.map(|receipt| receipt.proof);
    assert!(!format!("{outcome:?}{hook:?}").contains(CANARY), "{outcome:?}");
    outcome
}

fn answer(status: &'static str, headers: &'static str, body: &str) -> Reply {
    Reply::Answer(status, headers, body.to_owned())
}

#[tokio::test]
async fn the_body_is_what_was_promised_and_signed_with_both_keys() {
    let server = FakeHttp::start(vec![answer("200 OK", "", "thanks")]).await;
    let hook = try_open(WebhookPlan {
        previous_signing_secret: Some(secret(&encoded(OLD_KEY))),
        ..plan(&server.url("/hooks"))
    })
    .unwrap();
    let parcels = hook.compose(&edition()).unwrap();
    assert_eq!(parcels, hook.compose(&edition()).unwrap());
    assert_eq!((parcels.len(), parcels[0].recipient.as_str()), (1, "127.0.0.1"));
    assert_eq!(hook.deliver(&parcels[0]).await.unwrap().proof, "HTTP 200 thanks");

    let request = server.requests().remove(0);
    assert_eq!(request.body, parcels[0].content);
    let header = |name: &str| request.headers[name].clone();
    assert_eq!(request.line, "POST /hooks HTTP/1.1\r\n");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("webhook-id"), parcels[0].key);
    assert_eq!(header("idempotency-key"), parcels[0].key);
    assert_eq!(header("webhook-timestamp"), "1793512805");
    assert!(header("user-agent").starts_with("reportwire/"));
    let sign = |key: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(format!("{}.1793512805.", parcels[0].key).as_bytes());
        mac.update(&request.body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    };
    assert_eq!(
        header("webhook-signature"),
        format!("{} {}", sign(KEY), sign(OLD_KEY))
    );

    let edition = edition();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({
            "type": "report.delivered",
            "timestamp": "2026-11-01T06:00:00Z",
            "data": {
                "run_id": edition.run_id,
                "job": "monthly",
                "title": "AI platform: monthly report",
                "revision": 1,
                "period": {"id": "2026-10", "start": "2026-10-01", "end": "2026-10-31", "timezone": "Europe/Madrid"},
                "figures": [{"metric": "total_cost", "value": "4070.36", "unit": "currency"}],
                "notices": ["Figures of 31 October may still change."],
                "artifacts": edition.artifacts.iter().map(|file| json!({
                    "name": file.name, "media_type": file.media_type, "bytes": file.bytes.len(), "sha256": file.sha256,
                })).collect::<Vec<_>>(),
            },
        })
    );
}

#[tokio::test]
async fn an_unsigned_webhook_carries_its_id_and_no_signature() {
    let server = FakeHttp::start(vec![answer("204 No Content", "", "")]).await;
    let hook = try_open(WebhookPlan {
        signing_secret: None,
        ..plan(&server.url("/"))
    })
    .unwrap();
    let parcel = hook.compose(&edition()).unwrap().remove(0);
    assert_eq!(hook.deliver(&parcel).await.unwrap().proof, "HTTP 204");
    let headers = &server.requests()[0].headers;
    assert_eq!(headers["webhook-id"], parcel.key);
    assert!(!headers.contains_key("webhook-signature"));
}

#[tokio::test]
async fn what_does_not_fit_is_left_out_whole_and_counted() {
    let hook = try_open(plan("https://erp.example.com")).unwrap();
    for (figures, notices) in [(40, 0), (2_000, 3), (0, 2_000), (500, 500)] {
        let mut edition = edition();
        edition.figures = (0..figures)
            .map(|n| json!({"metric": "total_cost", "value": format!("{n}.000000000001")}))
            .collect();
        edition.notices = (0..notices)
            .map(|n| format!("Notice {n}: {}", "\u{1}".repeat(20)))
            .collect();
        let content = hook.compose(&edition).unwrap().remove(0).content;
        assert!(content.len() <= 20_480, "{}", content.len());
        let body: Value = serde_json::from_slice(&content).unwrap();
        let shown = body["data"]["figures"].as_array().unwrap();
        assert_eq!(shown[..], edition.figures[..shown.len()]);
        let said = body["data"]["notices"].as_array().unwrap();
        let counts = |count: usize, what: &str| {
            said.iter().any(|said| {
                said.as_str()
                    .unwrap()
                    .starts_with(&format!("{count} {what} are left out"))
            })
        };
        assert_eq!(
            shown.len() < figures,
            counts(figures - shown.len(), "figures"),
            "{said:?}"
        );
        let kept = said
            .iter()
            .filter(|said| said.as_str().unwrap().starts_with("Notice "))
            .count();
        assert_eq!(kept < notices, counts(notices - kept, "notices"));
    }
    let mut edition = edition();
    edition.title = "x".repeat(30_000);
    assert_eq!(hook.compose(&edition).unwrap_err().recourse, Recourse::Permanent);
}

#[tokio::test]
async fn every_answer_leaves_the_right_thing_to_do() {
    let later = |seconds: u64| Recourse::Retry {
        after: Some(Duration::from_secs(seconds)),
    };
    let soon = Recourse::Retry { after: None };
    for (status, headers, expected) in [
        (
            "301 Moved",
            "location: http://127.0.0.1:1/\r\n",
            Recourse::Permanent,
        ),
        ("302 Found", "location: /\r\n", Recourse::Permanent),
        ("304 Not Modified", "", Recourse::Permanent),
        ("400 Bad Request", "", Recourse::Permanent),
        ("401 Unauthorized", "", Recourse::Permanent),
        ("403 Forbidden", "retry-after: 5\r\n", Recourse::Permanent),
        ("404 Not Found", "", Recourse::Permanent),
        ("408 Request Timeout", "", soon),
        ("409 Conflict", "", Recourse::Permanent),
        ("410 Gone", "", Recourse::Gone),
        ("413 Too Large", "", Recourse::Permanent),
        ("425 Too Early", "", soon),
        ("429 Too Many", "retry-after: 30\r\n", later(30)),
        (
            "429 Too Many",
            "retry-after: 99999999999999999999\r\n",
            later(21_600),
        ),
        ("429 Too Many", "retry-after: never\r\n", soon),
        ("500 Oops", "", soon),
        (
            "503 Busy",
            "retry-after: Sun, 01 Nov 2026 06:01:05 GMT\r\n",
            later(60),
        ),
        (
            "503 Busy",
            "retry-after: Sun, 01 Nov 2020 06:01:05 GMT\r\n",
            later(1),
        ),
        ("599 What", "", soon),
    ] {
        let echo = format!("no route for /hooks/{CANARY}\r\n\u{1b}[31m");
        let error = outcome(answer(status, headers, &echo), Duration::from_secs(5))
            .await
            .unwrap_err();
        assert_eq!(error.recourse, expected, "{status}: {error}");
        let well = matches!(expected, Recourse::Permanent | Recourse::Gone);
        assert_eq!(error.far_end == FarEnd::Well, well, "{status}: {error}");
        assert!(
            error.reason.contains(&format!("HTTP {}", &status[..3])),
            "{error}"
        );
        assert!(!error.reason.contains(char::is_control), "{error:?}");
    }
    let gone = outcome(answer("410 Gone", "", ""), Duration::from_secs(5))
        .await
        .unwrap_err();
    assert!(gone.reason.contains("gone for good"), "{gone}");
    for status in ["200 OK", "201 Created", "202 Accepted"] {
        let long = "x".repeat(100_000);
        let proof = outcome(answer(status, "", &long), Duration::from_secs(5))
            .await
            .unwrap();
        assert!(proof.starts_with(&format!("HTTP {}", &status[..3])) && proof.chars().count() <= 200);
    }
}

#[tokio::test]
async fn silence_after_sending_is_ambiguous_and_before_it_is_not() {
    let short = Duration::from_millis(300);
    for reply in [Reply::Drop, Reply::Hang] {
        let error = outcome(reply, short).await.unwrap_err();
        assert_eq!(error.recourse, Recourse::Ambiguous, "{error}");
    }
    assert_eq!(outcome(Reply::Broken("200 OK"), short).await.unwrap(), "HTTP 200");

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{CANARY}", closed.local_addr().unwrap());
    drop(closed);
    let hook = try_open(plan(&url)).unwrap();
    let parcel = hook.compose(&edition()).unwrap().remove(0);
    for error in [
        hook.deliver(&parcel).await.unwrap_err(),
        hook.probe().await.unwrap_err(),
    ] {
        assert_eq!(error.recourse, Recourse::Retry { after: None }, "{error}");
        assert!(
            error.reason.contains("nothing was sent") && !error.reason.contains(CANARY),
            "{error}"
        );
    }
}

#[tokio::test]
async fn private_addresses_are_refused_by_url_and_by_name() {
    let server = FakeHttp::start(vec![]).await;
    for url in [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://10.0.0.8/",
    ] {
        let error = try_open(WebhookPlan {
            allow_private: false,
            ..plan(url)
        })
        .unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent);
        assert!(error.reason.contains("allow_private"), "{error}");
    }
    let url = format!("https://localhost:{}/{CANARY}", server.address.port());
    let hook = try_open(WebhookPlan {
        allow_private: false,
        ..plan(&url)
    })
    .unwrap();
    let parcel = hook.compose(&edition()).unwrap().remove(0);
    for error in [
        hook.deliver(&parcel).await.unwrap_err(),
        hook.probe().await.unwrap_err(),
    ] {
        let said = (error.recourse, error.far_end);
        assert_eq!(said, (Recourse::Permanent, FarEnd::Unasked), "{error}");
        assert!(
            error.reason.contains("private address") && !error.reason.contains(CANARY),
            "{error}"
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_probe_connects_and_sends_nothing() {
    let server = FakeHttp::start(vec![]).await;
    try_open(plan(&server.url("/hooks")))
        .unwrap()
        .probe()
        .await
        .unwrap();
    assert!(server.requests().is_empty());
}

#[test]
fn a_bad_secret_is_named_and_not_shown() {
    for text in [
        CANARY.to_owned(),
        format!("whsec_{CANARY}"),
        encoded(b"canary-7f3a short"),
    ] {
        let error = try_open(WebhookPlan {
            signing_secret: Some(secret(&text)),
            ..plan("https://erp.example.com")
        })
        .unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent);
        assert!(
            !error.reason.contains(CANARY) && !error.reason.contains(&text[6..]),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_report_made_for_another_url_is_not_posted_here() {
    let server = FakeHttp::start(vec![answer("200 OK", "", "")]).await;
    let here = try_open(plan(&server.url("/hooks/now"))).unwrap();
    for then in [
        server.url(&format!("/hooks/{CANARY}")),
        server.url("/hooks/now?team=2"),
        "https://erp.example.com/hooks/now".to_owned(),
    ] {
        let parcel = try_open(plan(&then))
            .unwrap()
            .compose(&edition())
            .unwrap()
            .remove(0);
        assert!(!format!("{parcel:?}").contains(CANARY), "{parcel:?}");
        let error = here.deliver(&parcel).await.unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent, "{then}");
        assert!(error.reason.contains("the URL has changed"), "{error}");
    }
    assert!(server.requests().is_empty());
    let mut parcel = here.compose(&edition()).unwrap().remove(0);
    assert_eq!(parcel.place.as_ref().map(String::len), Some(16));
    parcel.place = None;
    here.deliver(&parcel).await.unwrap();
}

#[test]
fn a_plan_says_as_its_delivery_whether_repeats_are_known() {
    let signed = plan("https://erp.example.com");
    let unsigned = WebhookPlan {
        signing_secret: None,
        ..signed.clone()
    };
    for (plan, known) in [(signed, 1), (unsigned, 0)] {
        let plan = DeliveryPlan::Webhook(plan);
        let opened = open("erp", &plan, clock()).unwrap();
        assert_eq!((repeats(&plan), opened.repeats()), (known, known));
    }
}

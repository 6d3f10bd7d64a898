//! Slack's limits and answers.

use crate::http::{FakeHttp, Reply};
use crate::{CANARY, clock, edition, secret};
use reportwire::config::plan::{DeliveryPlan, SlackPlan};
use reportwire::delivery::{Delivery, Recourse, open};
use reportwire::render::DigestFigure;
use serde_json::Value;
use std::time::Duration;

fn slack(url: &str, allow_private: bool) -> Box<dyn Delivery> {
    let plan = SlackPlan {
        webhook_url: secret(url),
        allow_private,
        timeout: Duration::from_secs(5),
    };
    open("finops-slack", &DeliveryPlan::Slack(plan), clock()).unwrap()
}

fn hooks() -> Box<dyn Delivery> {
    slack(&format!("https://hooks.slack.com/services/T0/B0/{CANARY}"), false)
}

#[test]
fn the_message_is_stable() {
    let slack = hooks();
    let parcels = slack.compose(&edition()).unwrap();
    assert_eq!(parcels.len(), 1);
    assert_eq!(parcels[0].recipient, "hooks.slack.com");
    assert_eq!(parcels, slack.compose(&edition()).unwrap());
    assert!(!format!("{slack:?}{parcels:?}").contains(CANARY));
    let message: Value = serde_json::from_slice(&parcels[0].content).unwrap();
    insta::assert_json_snapshot!(message);
}

/// Checks every limit of Block Kit and that nothing in the message can be markup of somebody else.
fn check(message: &Value) {
    let length = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    assert!((1..=4_000).contains(&length(&message["text"])));
    let mut total = 0;
    for block in blocks {
        let texts: Vec<&Value> = match block["type"].as_str().unwrap() {
            "header" => {
                assert!((1..=150).contains(&length(&block["text"]["text"])));
                vec![&block["text"]["text"]]
            }
            "section" if block["fields"].is_array() => {
                let fields = block["fields"].as_array().unwrap();
                assert!((1..=10).contains(&fields.len()));
                fields
                    .iter()
                    .map(|field| &field["text"])
                    .inspect(|text| assert!((1..=2_000).contains(&length(text))))
                    .collect()
            }
            "section" => {
                assert!((1..=3_000).contains(&length(&block["text"]["text"])));
                vec![&block["text"]["text"]]
            }
            "context" => block["elements"]
                .as_array()
                .unwrap()
                .iter()
                .map(|element| &element["text"])
                .collect(),
            other => panic!("{other}"),
        };
        total += texts.iter().map(|text| length(text)).sum::<usize>();
        for text in texts.iter().filter_map(|text| text.as_str()) {
            if block["type"] == "header" {
                continue;
            }
            for markup in ["<", ">", "`", "~", "\u{202e}", "\0"] {
                assert!(!text.contains(markup), "{markup:?} in {text}");
            }
            // Only our own asterisks format: one pair around what stands alone in a line.
            for line in text.lines() {
                let own = line
                    .strip_prefix('*')
                    .and_then(|line| line.strip_suffix('*'))
                    .unwrap_or(line);
                let formats = own
                    .split(|c: char| !c.is_alphanumeric() && c != '*')
                    .any(|word| word.starts_with('*') || word.ends_with('*'));
                assert!(!formats, "{line}");
            }
        }
    }
    assert!(total <= 13_200, "{total}");
}

#[test]
fn three_hundred_hostile_names_stay_within_every_limit() {
    let seeds = [
        "<!channel>",
        "<https://evil.example|x>",
        "*bold*",
        "_it_ ~no~",
        "`code`",
        "&lt;!here&gt;",
        "\u{202e}cod.exe",
        "a\r\nb\0c",
        "日本語のとても長い名前",
        "&&&&&&&&&&&&&&&&&&&&",
    ];
    let slack = hooks();
    for index in 0..300 {
        let name = seeds[index % seeds.len()].repeat(index % 40 + 1);
        let figure = || DigestFigure {
            label: name.clone(),
            value: "USD 4,070.36".into(),
            change: "▲ up 14.5 % (+515.14)".into(),
        };
        let mut edition = edition();
        edition.digest.heading = name.clone();
        edition.digest.answer = format!("{name} cost USD 4,070.36.");
        edition.digest.headlines = (0..=index % 13).map(|_| figure()).collect();
        edition.digest.movers = (0..index % 7).map(|_| figure()).collect();
        edition.digest.notices = vec![name.clone(); index % 60];
        edition.digest.foot = name.clone();
        edition.places = vec![name.clone(); index % 5];
        let content = slack.compose(&edition).unwrap().remove(0).content;
        let message: Value = serde_json::from_slice(&content).unwrap();
        check(&message);
        // Figures are whole wherever they appear, and what is missing is said.
        let text = message.to_string();
        assert_eq!(
            text.matches("4,070").count(),
            text.matches("USD 4,070.36").count()
        );
        let said = text.contains("in the full report") || text.contains("the full report.");
        let all_notices = text.matches("• ").count() >= index % 7 + index % 60 + index % 5;
        assert!(said || all_notices, "{text}");
    }
}

#[tokio::test]
async fn only_the_word_ok_is_success() {
    let answer = |status: &'static str, headers: &'static str, body: &str| {
        Reply::Answer(status, headers, body.to_owned())
    };
    let retry = |after: Option<u64>| {
        Err(Recourse::Retry {
            after: after.map(Duration::from_secs),
        })
    };
    for (reply, expected) in [
        (answer("200 OK", "", "ok"), Ok(())),
        (
            answer("200 OK", "", "<html>proxy</html>"),
            Err(Recourse::Ambiguous),
        ),
        (Reply::Broken("200 OK"), Err(Recourse::Ambiguous)),
        (Reply::Drop, Err(Recourse::Ambiguous)),
        (
            answer("400 Bad Request", "", "invalid_blocks"),
            Err(Recourse::Permanent),
        ),
        (answer("403 Forbidden", "", "invalid_token"), Err(Recourse::Gone)),
        (answer("404 Not Found", "", "no_service"), Err(Recourse::Gone)),
        (answer("410 Gone", "", "channel_is_archived"), Err(Recourse::Gone)),
        (
            answer("302 Found", "location: https://evil.example\r\n", ""),
            Err(Recourse::Permanent),
        ),
        (
            answer("429 Too Many", "retry-after: 3\r\n", "rate_limited"),
            retry(Some(3)),
        ),
        (answer("500 Error", "", "rollup_error"), retry(None)),
    ] {
        let server = FakeHttp::start(vec![reply]).await;
        let slack = slack(&server.url(&format!("/services/{CANARY}")), true);
        let parcel = slack.compose(&edition()).unwrap().remove(0);
        let outcome = slack.deliver(&parcel).await;
        assert!(!format!("{outcome:?}").contains(CANARY));
        assert_eq!(outcome.map(drop).map_err(|error| error.recourse), expected);
        assert_eq!(server.requests()[0].body, parcel.content);
    }
}

#[test]
fn a_url_that_is_none_is_refused_without_showing_it() {
    for url in [
        CANARY.to_owned(),
        format!("http://hooks.slack.com/{CANARY}"),
        format!("http://10.0.0.1/{CANARY}"),
    ] {
        let plan = SlackPlan {
            webhook_url: secret(&url),
            allow_private: false,
            timeout: Duration::from_secs(1),
        };
        let error = open("finops-slack", &DeliveryPlan::Slack(plan), clock()).unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent);
        assert!(
            !error.reason.contains(CANARY) && error.reason.contains("finops-slack"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_message_made_for_another_channel_is_not_posted_here() {
    let server = FakeHttp::start(vec![]).await;
    let here = slack(&server.url("/services/T0/B1/new"), true);
    let there = slack(&server.url(&format!("/services/T0/B0/{CANARY}")), true);
    let parcel = there.compose(&edition()).unwrap().remove(0);
    let error = here.deliver(&parcel).await.unwrap_err();
    assert_eq!(error.recourse, Recourse::Permanent);
    assert!(
        error.reason.contains("the URL has changed") && !error.reason.contains(CANARY),
        "{error}"
    );
    assert!(server.requests().is_empty());
}

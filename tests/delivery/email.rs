//! What a mail looks like.

use crate::{CANARY, artifact, clock, edition, secret};
use mail_parser::{MessageParser, MimeHeaders};
use reportwire::config::plan::{DeliveryPlan, EmailPlan, Envelope, OnAmbiguous, SmtpPlan, SmtpTls};
use reportwire::delivery::{Delivery, Edition, Parcel, Recourse, open};
use std::net::SocketAddr;
use std::time::Duration;

pub fn plan(address: SocketAddr) -> EmailPlan {
    EmailPlan {
        from: "Reports <reports@example.com>".into(),
        to: vec!["Ana Núñez <ana@example.com>".into(), "bob@example.com".into()],
        cc: vec!["cfo@example.com".into()],
        bcc: vec!["audit@example.com".into()],
        reply_to: Some("finops@example.com".into()),
        envelope: Envelope::Individual,
        subject: None,
        smtp: SmtpPlan {
            host: address.ip().to_string(),
            port: address.port(),
            tls: SmtpTls::None,
            login: None,
            timeout: Duration::from_secs(5),
            ca_file: None,
        },
        max_attachment_bytes: 64 << 20,
        ambiguous: OnAmbiguous::Resend,
    }
}

pub fn delivery(plan: EmailPlan) -> Box<dyn Delivery> {
    open("finance-mail", &DeliveryPlan::Email(plan), clock()).unwrap()
}

fn nowhere() -> EmailPlan {
    plan("127.0.0.1:1".parse().unwrap())
}

fn parcels(plan: EmailPlan, edition: &Edition) -> Vec<Parcel> {
    delivery(plan).compose(edition).unwrap()
}

#[test]
fn everyone_gets_a_message_of_their_own_and_sees_nobody_else() {
    let edition = edition();
    let parcels = parcels(nowhere(), &edition);
    let recipients: Vec<_> = parcels.iter().map(|parcel| parcel.recipient.as_str()).collect();
    assert_eq!(
        recipients,
        [
            "ana@example.com",
            "bob@example.com",
            "cfo@example.com",
            "audit@example.com"
        ]
    );
    for parcel in &parcels {
        let text = String::from_utf8(parcel.content.to_vec()).unwrap();
        for other in recipients.iter().filter(|other| **other != parcel.recipient) {
            assert!(!text.contains(other), "{} sees {other}", parcel.recipient);
        }
        let expected = edition.key("finance-mail", &parcel.recipient);
        assert_eq!(parcel.key, expected);
        assert!(text.contains(&format!("Message-ID: <{expected}@example.com>\r\n")));
        assert!(text.is_ascii());
    }
}

#[test]
fn a_message_is_the_same_to_the_last_byte_each_time() {
    let parcels = parcels(nowhere(), &edition());
    assert_eq!(parcels, self::parcels(nowhere(), &edition()));
    insta::assert_snapshot!(
        String::from_utf8(parcels[0].content.to_vec())
            .unwrap()
            .replace('\r', "")
    );
}

#[test]
fn together_is_one_message_with_a_parcel_for_each() {
    let plan = EmailPlan {
        envelope: Envelope::Together,
        ..nowhere()
    };
    let parcels = parcels(plan, &edition());
    assert_eq!(parcels.len(), 4);
    assert!(parcels.iter().all(|parcel| parcel.content == parcels[0].content));
    let mut keys: Vec<_> = parcels.iter().map(|parcel| &parcel.key).collect();
    keys.dedup();
    assert_eq!(keys.len(), 4);
    let message = MessageParser::default().parse(&parcels[0].content).unwrap();
    assert_eq!(message.to().unwrap().as_list().unwrap().len(), 2);
    assert_eq!(
        message.cc().unwrap().first().unwrap().address(),
        Some("cfo@example.com")
    );
    let text = String::from_utf8_lossy(&parcels[0].content).to_lowercase();
    assert!(!text.contains("bcc:") && !text.contains("audit@"));
}

#[test]
fn an_address_written_twice_gets_one_mail() {
    let plan = EmailPlan {
        cc: vec!["BOB@example.com".into()],
        bcc: vec!["bob@Example.com".into()],
        ..nowhere()
    };
    assert_eq!(parcels(plan, &edition()).len(), 2);
}

#[test]
fn the_parts_nest_as_clients_expect_and_pictures_resolve_both_ways() {
    let edition = edition();
    let parcels = parcels(nowhere(), &edition);
    let message = MessageParser::default().parse(&parcels[0].content).unwrap();
    let kinds: Vec<String> = message
        .parts
        .iter()
        .map(|part| {
            let kind = part.content_type().unwrap();
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
            "text/csv",
            "text/html"
        ]
    );
    assert_eq!(
        message.body_text(0).unwrap().replace("\r\n", "\n"),
        edition.mail.text
    );
    assert_eq!(
        message.body_html(0).unwrap().replace("\r\n", "\n"),
        edition.mail.html
    );
    let ids: Vec<_> = message
        .parts
        .iter()
        .filter_map(|part| part.content_id())
        .collect();
    assert_eq!(ids, ["cost-per-day@report"]);
    assert!(edition.mail.html.contains("cid:cost-per-day@report"));
    for (part, file) in message.parts[6..].iter().zip(&edition.artifacts) {
        assert_eq!(part.attachment_name(), Some(file.name.as_str()));
        assert_eq!(part.contents(), &file.bytes[..]);
    }
    let picture = &message.parts[5];
    assert!(picture.content_disposition().unwrap().is_inline());
    assert_eq!(picture.contents(), &edition.mail.images[0].png[..]);
    assert_eq!(message.subject(), Some(edition.mail.subject.as_str()));
}

#[test]
fn files_too_large_to_attach_are_named_in_both_parts() {
    let mut edition = edition();
    edition.places = vec!["/srv/<drop>".into()];
    let plan = EmailPlan {
        max_attachment_bytes: 10,
        ..nowhere()
    };
    let parcels = parcels(plan, &edition);
    let message = MessageParser::default().parse(&parcels[0].content).unwrap();
    assert!(!message.parts.iter().any(|part| {
        part.content_disposition()
            .is_some_and(mail_parser::ContentType::is_attachment)
    }));
    let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
    for part in [&text, &html] {
        for said in [
            "not attached",
            "together they have 58\u{a0}bytes",
            "monthly_2026-10.csv (32\u{a0}bytes)",
            "monthly_2026-10.html",
        ] {
            assert!(part.contains(said), "{said} is missing in {part}");
        }
    }
    assert!(text.contains("/srv/<drop>") && html.contains("/srv/&lt;drop&gt;"));
    assert!(html.trim_end().ends_with("</body></html>"));
}

#[test]
fn hostile_names_become_text_or_an_error_but_never_a_header() {
    for subject in [
        "a\r\nBcc: evil@example.com",
        "a\nb",
        "a\0b",
        "a\u{85}b",
        &"x".repeat(2_000),
    ] {
        let mut edition = edition();
        edition.mail.subject = subject.to_owned();
        let error = delivery(nowhere()).compose(&edition).unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent);
        assert!(!error.reason.contains('\n'));
    }
    for name in ["a\r\nX-Evil: 1.csv", "a\0.csv"] {
        let mut edition = edition();
        edition.artifacts.push(artifact(name, "text/csv", b"x"));
        delivery(nowhere()).compose(&edition).unwrap_err();
    }
    let words = [
        "Núñez; filename=\"evil.exe\"",
        "\"quoted\"",
        "=?utf-8?q?evil?=",
        "日本語レポート",
        "a\\b",
        "\u{202e}gpj.exe",
    ];
    let long = "長".repeat(300);
    for name in words.into_iter().chain([long.as_str()]) {
        let mut edition = edition();
        edition.mail.subject = name.to_owned();
        edition.artifacts = vec![artifact(name, "text/csv", b"x")];
        let parcels = parcels(nowhere(), &edition);
        let message = MessageParser::default().parse(&parcels[0].content).unwrap();
        // Readers decode encoded words wherever they find them; that changes a name and opens nothing.
        if !name.starts_with("=?") {
            assert_eq!(message.parts.last().unwrap().attachment_name(), Some(name));
            assert_eq!(message.subject(), Some(name));
        }
        assert_eq!(message.parts.len(), 7);
        let names: Vec<_> = message
            .headers()
            .iter()
            .map(|header| header.name().to_lowercase())
            .collect();
        assert!(!names.iter().any(|name| name == "bcc" || name == "x-evil"));
    }
}

#[test]
fn bad_addresses_and_secrets_are_refused_without_repeating_them() {
    let spoiled: [fn(&mut EmailPlan); 4] = [
        |plan| plan.to.push(format!("{CANARY}\r\nBcc: x@example.com")),
        |plan| plan.from = CANARY.into(),
        |plan| plan.cc = vec![format!("a@example.com, {CANARY}@example.com")],
        |plan| plan.smtp.ca_file = Some("/nowhere/ca.pem".into()),
    ];
    for spoil in spoiled {
        let mut plan = nowhere();
        plan.smtp.tls = SmtpTls::StartTls;
        spoil(&mut plan);
        let error = open("finance-mail", &DeliveryPlan::Email(plan), clock()).unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent);
        assert!(
            !error.reason.contains(CANARY) && error.reason.contains("finance-mail"),
            "{error}"
        );
    }
    let mut plan = nowhere();
    plan.smtp.login = Some(("reports".into(), secret(CANARY)));
    assert!(!format!("{:?}", delivery(plan)).contains(CANARY));
}

//! What a mail server does wrong, and what it leaves to do.

use crate::email::{delivery, plan};
use crate::smtp::{At, FakeSmtp, Fault, Script};
use crate::{CANARY, artifact, edition, secret};
use reportwire::config::plan::{EmailPlan, SmtpTls};
use reportwire::delivery::{FarEnd, Parcel, Recourse};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const RETRY: Recourse = Recourse::Retry { after: None };

fn script(faults: impl IntoIterator<Item = Fault>) -> Script {
    Script {
        faults: faults.into_iter().collect(),
        extensions: vec!["8BITMIME".into(), "AUTH PLAIN LOGIN".into(), "STARTTLS".into()],
        ..Script::default()
    }
}

/// A server's TLS with a certificate for `name`, and that certificate in a file for the client.
fn tls_for(name: &str) -> (TlsAcceptor, tempfile::NamedTempFile) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), made.cert.pem()).unwrap();
    (TlsAcceptor::from(Arc::new(config)), file)
}

fn single(mut plan: EmailPlan) -> EmailPlan {
    plan.to = vec!["ana@example.com".into()];
    plan.cc.clear();
    plan.bcc.clear();
    plan
}

fn parcel_of(plan: &EmailPlan) -> Parcel {
    delivery(plan.clone()).compose(&edition()).unwrap().remove(0)
}

#[tokio::test]
async fn a_mail_arrives_as_composed() {
    let server = FakeSmtp::start(script([])).await;
    let mail = delivery(plan(server.address));
    let parcels = mail.compose(&edition()).unwrap();
    for parcel in &parcels {
        let receipt = mail.deliver(parcel).await.unwrap();
        assert_eq!(receipt.proof, "250 2.0.0 queued as 4711");
    }
    let accepted = server.accepted();
    assert_eq!(accepted.len(), 4);
    for (mail, parcel) in accepted.iter().zip(&parcels) {
        assert_eq!(mail.to, [parcel.recipient.as_str()]);
        assert_eq!(mail.from, "reports@example.com");
        assert_eq!(mail.content, parcel.content);
    }
    let greetings = server
        .commands()
        .iter()
        .filter(|line| line.starts_with("EHLO"))
        .count();
    assert_eq!(greetings, 2, "the connection is reused");
}

#[tokio::test]
async fn a_server_that_dies_at_any_stage_costs_no_mail_and_doubles_none_in_silence() {
    let (tls, ca) = tls_for("localhost");
    for (at, expected, copies) in [
        (At::Banner, Some(RETRY), 1),
        (At::Ehlo, Some(RETRY), 1),
        (At::StartTls, Some(RETRY), 1),
        (At::Auth, Some(RETRY), 1),
        (At::Mail, Some(RETRY), 1),
        (At::Rcpt, Some(RETRY), 1),
        (At::Data, Some(RETRY), 1),
        (At::MidBody, Some(RETRY), 1),
        (At::AfterDot, Some(Recourse::Ambiguous), 2),
        (At::AfterReply, None, 1),
        (At::Quit, None, 1),
    ] {
        let mut script = script([Fault::Die(at)]);
        script.tls = Some(tls.clone());
        let server = FakeSmtp::start(script).await;
        let mut plan = single(plan(server.address));
        plan.smtp.host = "localhost".into();
        plan.smtp.tls = SmtpTls::StartTls;
        plan.smtp.ca_file = Some(ca.path().into());
        plan.smtp.login = Some(("reports".into(), secret(CANARY)));
        let mut edition = edition();
        if at == At::MidBody {
            // Larger than what the system buffers, so that the client cannot have written the final dot.
            edition.artifacts = vec![artifact("large.csv", "text/csv", &vec![b'1'; 12 << 20])];
        }
        let mail = delivery(plan);
        let parcel = mail.compose(&edition).unwrap().remove(0);
        let first = mail.deliver(&parcel).await;
        assert_eq!(
            first.as_ref().err().map(|error| error.recourse),
            expected,
            "{at:?}: {first:?}"
        );
        if let Err(error) = first {
            assert!(!format!("{error}{error:?}").contains(CANARY));
            mail.deliver(&parcel).await.unwrap();
        }
        let accepted = server.accepted();
        assert_eq!(accepted.len(), copies, "{at:?}");
        assert!(
            accepted
                .iter()
                .all(|mail| mail.encrypted && mail.content == parcel.content),
            "{at:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plan = single(plan(closed.local_addr().unwrap()));
    drop(closed);
    let error = delivery(plan.clone())
        .deliver(&parcel_of(&plan))
        .await
        .unwrap_err();
    assert_eq!(error.recourse, RETRY);
    assert!(error.reason.contains("connecting"), "{error}");
    assert_eq!(delivery(plan).probe().await.unwrap_err().recourse, RETRY);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_at_each_stage() {
    for at in [At::Banner, At::Ehlo, At::Auth, At::Mail, At::Rcpt, At::Data] {
        let server = FakeSmtp::start(script([Fault::Hang(at)])).await;
        let mut plan = single(plan(server.address));
        plan.smtp.timeout = Duration::from_millis(40);
        plan.smtp.login = Some(("reports".into(), secret(CANARY)));
        let mail = delivery(plan.clone());
        let error = mail.deliver(&parcel_of(&plan)).await.unwrap_err();
        assert_eq!(error.recourse, RETRY, "{at:?}: {error}");
        assert!(error.reason.contains("no reply within"), "{at:?}: {error}");
        assert!(server.accepted().is_empty());
    }
}

#[tokio::test]
async fn replies_are_understood_at_each_stage() {
    for (at, reply, expected, far_end) in [
        (At::Banner, "421 busy", RETRY, FarEnd::Troubled),
        (At::Banner, "554 go away", Recourse::Permanent, FarEnd::Well),
        (At::Auth, "535 5.7.8 wrong", Recourse::Permanent, FarEnd::Well),
        (At::Auth, "454 later", RETRY, FarEnd::Troubled),
        (At::Mail, "451 later", RETRY, FarEnd::Troubled),
        (At::Mail, "550 not you", Recourse::Permanent, FarEnd::Well),
        (At::Rcpt, "450 greylisted", RETRY, FarEnd::Well),
        (At::Rcpt, "421 closing", RETRY, FarEnd::Troubled),
        (At::Rcpt, "550 5.1.1 unknown", Recourse::Permanent, FarEnd::Well),
        (At::Data, "451 later", RETRY, FarEnd::Troubled),
        (At::Data, "554 no", Recourse::Permanent, FarEnd::Well),
        (At::AfterDot, "452 disk full", RETRY, FarEnd::Troubled),
        (At::AfterDot, "552 too large", Recourse::Permanent, FarEnd::Well),
        (At::AfterDot, "nonsense", Recourse::Ambiguous, FarEnd::Troubled),
    ] {
        let server = FakeSmtp::start(script([Fault::Reply(at, reply)])).await;
        let mut plan = single(plan(server.address));
        plan.smtp.login = Some(("reports".into(), secret(CANARY)));
        let mail = delivery(plan.clone());
        let error = mail.deliver(&parcel_of(&plan)).await.unwrap_err();
        let said = (error.recourse, error.far_end);
        assert_eq!(said, (expected, far_end), "{at:?} {reply}: {error}");
        assert!(!error.reason.contains("ana@example.com"), "{error}");
        assert!(server.accepted().is_empty());
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_password_does_not_get_it_into_our_error() {
    let echoed = "535 AUTH PLAIN AHJlcG9ydHMAY2FuYXJ5LTdmM2E= refused";
    for reply in ["535 canary-7f3a refused", echoed] {
        let server = FakeSmtp::start(script([Fault::Reply(At::Auth, reply)])).await;
        let mut plan = single(plan(server.address));
        plan.smtp.login = Some(("reports".into(), secret(CANARY)));
        let error = delivery(plan).probe().await.unwrap_err();
        assert!(
            error.reason.contains("535") && error.reason.contains("password"),
            "{error}"
        );
        assert!(
            !error.reason.contains(CANARY) && !error.reason.contains("AHJl"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn one_bad_recipient_never_blocks_or_doubles_the_others() {
    let cases: Vec<usize> = (0..3_usize.pow(5)).collect();
    for some in cases.chunks(27) {
        futures::future::join_all(some.iter().map(|case| five_recipients(*case))).await;
    }
}

/// Five recipients, each accepted, put off or refused, as the digits of `case` to the base of three say.
async fn five_recipients(case: usize) {
    let replies = ["250 ok", "450 later", "550 unknown"];
    let server = FakeSmtp::start(script([])).await;
    let mut plan = plan(server.address);
    plan.to = (0..5).map(|n| format!("r{n}@example.com")).collect();
    plan.cc.clear();
    plan.bcc.clear();
    let digit = |n: u32| case / 3_usize.pow(n) % 3;
    for n in 0..5 {
        let reply = replies[digit(n)];
        server
            .script
            .lock()
            .unwrap()
            .recipients
            .insert(format!("r{n}@example.com"), reply);
    }
    let mail = delivery(plan);
    let mut edition = edition();
    edition.artifacts.clear();
    let parcels = mail.compose(&edition).unwrap();
    let mut waiting = vec![];
    for (n, parcel) in (0..).zip(&parcels) {
        let outcome = mail.deliver(parcel).await.map_err(|error| error.recourse);
        match digit(n) {
            0 => drop(outcome.unwrap()),
            1 => {
                assert_eq!(outcome.unwrap_err(), RETRY);
                waiting.push(parcel);
            }
            _ => assert_eq!(outcome.unwrap_err(), Recourse::Permanent),
        }
    }
    server
        .script
        .lock()
        .unwrap()
        .recipients
        .retain(|_, reply| !reply.starts_with('4'));
    for parcel in waiting {
        mail.deliver(parcel).await.unwrap();
    }
    let mut got: Vec<String> = server.accepted().into_iter().flat_map(|mail| mail.to).collect();
    got.sort();
    let expected: Vec<String> = (0..5)
        .filter(|n| digit(*n) != 2)
        .map(|n| format!("r{n}@example.com"))
        .collect();
    assert_eq!(got, expected, "case {case}");
}

#[tokio::test]
async fn tls_is_required_where_it_is_asked_for() {
    let (tls, ca) = tls_for("localhost");
    let (other, other_ca) = tls_for("other.example");
    let cases = [
        ("implicit", SmtpTls::Implicit, Some(&tls), ca.path(), Ok(())),
        ("starttls", SmtpTls::StartTls, Some(&tls), ca.path(), Ok(())),
        (
            "stripped",
            SmtpTls::StartTls,
            None,
            ca.path(),
            Err("does not offer STARTTLS"),
        ),
        (
            "wrong host",
            SmtpTls::StartTls,
            Some(&other),
            other_ca.path(),
            Err("certificate"),
        ),
        (
            "wrong host",
            SmtpTls::Implicit,
            Some(&other),
            other_ca.path(),
            Err("certificate"),
        ),
        (
            "unknown authority",
            SmtpTls::Implicit,
            Some(&tls),
            other_ca.path(),
            Err("certificate"),
        ),
    ];
    for (what, mode, server_tls, ca, expected) in cases {
        let mut script = script([]);
        script.tls = server_tls.cloned();
        script.implicit = mode == SmtpTls::Implicit;
        let server = FakeSmtp::start(script).await;
        let mut plan = single(plan(server.address));
        plan.smtp.host = "localhost".into();
        plan.smtp.tls = mode;
        plan.smtp.ca_file = Some(ca.into());
        plan.smtp.login = Some(("reports".into(), secret(CANARY)));
        let mail = delivery(plan.clone());
        let outcome = mail.deliver(&parcel_of(&plan)).await;
        match expected {
            Ok(()) => {
                outcome.unwrap();
                assert!(server.accepted().iter().all(|mail| mail.encrypted), "{what}");
                mail.probe().await.unwrap();
            }
            Err(part) => {
                let error = outcome.unwrap_err();
                assert!(error.reason.contains(part), "{what}: {error}");
                assert_eq!(error.recourse, Recourse::Permanent, "{what}");
                assert!(server.accepted().is_empty());
                let commands = server.commands();
                assert!(
                    !commands
                        .iter()
                        .any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")),
                    "{what}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_a_server_cannot_take_is_said_before_it_is_sent() {
    let mut small = script([]);
    small.extensions.push("SIZE 1000".into());
    let server = FakeSmtp::start(small).await;
    let narrow = single(plan(server.address));
    let mail = delivery(narrow.clone());
    let error = mail.deliver(&parcel_of(&narrow)).await.unwrap_err();
    assert_eq!(error.recourse, Recourse::Permanent);
    assert!(
        error.reason.contains("takes 1000") && error.reason.contains("max_attachment_bytes"),
        "{error}"
    );

    for (offered, good) in [(false, false), (true, true)] {
        let mut script = script(VecDeque::new());
        if offered {
            script.extensions.push("SMTPUTF8".into());
        }
        let server = FakeSmtp::start(script).await;
        let mut plan = single(plan(server.address));
        plan.to = vec!["ünï@example.com".into()];
        let outcome = delivery(plan.clone()).deliver(&parcel_of(&plan)).await;
        assert_eq!(outcome.is_ok(), good, "{outcome:?}");
        let mails: Vec<_> = server
            .commands()
            .into_iter()
            .filter(|line| line.starts_with("MAIL"))
            .collect();
        assert_eq!(mails.iter().any(|line| line.contains("SMTPUTF8")), offered);
    }
}

#[tokio::test]
async fn a_probe_sends_nothing() {
    let server = FakeSmtp::start(script([])).await;
    delivery(plan(server.address)).probe().await.unwrap();
    let commands = server.commands();
    assert!(
        commands
            .iter()
            .all(|line| line.starts_with("EHLO") || line == "QUIT"),
        "{commands:?}"
    );
}

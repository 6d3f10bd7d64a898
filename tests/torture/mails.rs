//! The mail server dies at every stage of a conversation while the service goes on: no mail is lost, and none doubled in silence.

use crate::books::{Job, Tally, balance, day_before};
use crate::oracle::Rule;
use crate::smtp::{At, FakeSmtp, Fault, Script};
use crate::trials;
use crate::world::{Base, World};
use chrono::NaiveTime;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Where the server dies; nowhere: it is not there at first.
const STAGES: [Option<At>; 12] = [
    None,
    Some(At::Banner),
    Some(At::Ehlo),
    Some(At::StartTls),
    Some(At::Auth),
    Some(At::Mail),
    Some(At::Rcpt),
    Some(At::Data),
    Some(At::MidBody),
    Some(At::AfterDot),
    Some(At::AfterReply),
    Some(At::Quit),
];

const JOB: &str = r#"
[deliveries.post.email]
from = "Reports <reports@example.com>"
to = ["cfo@example.com", "controller@example.com"]
smtp = { host = "localhost", port = PORT, tls = "starttls", username = "reports", password = "env:HOOK_SECRET", ca_file = "ca.pem" }

[jobs.mailed]
schedule = "0 9 * * *"
sources = ["usage"]
period = "previous_day"
formats = ["csv"]
deliveries = ["post"]
[jobs.mailed.report.full]
"#;

/// TLS with a certificate for `localhost`, which is written to `ca`.
fn tls(ca: &Path) -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    std::fs::write(ca, made.cert.pem()).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn die_at(stage: Option<At>) -> Tally {
    let begins = "2026-11-02T07:59:00Z".parse().unwrap();
    let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = JOB.replace("PORT", &place.port().to_string());
    let mut world = World::new(Base::Sqlite, begins, &text).await;
    let script = Script {
        faults: stage.into_iter().map(Fault::Die).collect(),
        extensions: vec!["8BITMIME".into(), "AUTH PLAIN LOGIN".into(), "STARTTLS".into()],
        tls: Some(tls(&world.path("ca.pem"))),
        lasting: true,
        ..Script::default()
    };
    let mut service = world.launch().start();
    service.wait_for("serving");
    let server = if stage.is_some() {
        Some(FakeSmtp::start_at(place, script.clone()).await)
    } else {
        None
    };
    world.set_clock("2026-11-02T08:01:00Z".parse().unwrap());
    if stage.is_none() {
        service.wait_where("a delivery was attempted", |event| {
            event.fields["outcome"] == "retry_wait"
        });
    }
    let server = match server {
        Some(server) => server,
        None => FakeSmtp::start_at(place, script).await,
    };
    assert_eq!(world.settle(&mut service).await, None);
    service.term();
    assert_eq!(
        service.wait_exit(std::time::Duration::from_secs(30)).code(),
        Some(0)
    );
    world.smtp = server;
    let job = Job {
        name: "mailed",
        rule: Rule::Daily(NaiveTime::from_hms_opt(9, 0, 0).unwrap()),
        period: Some(day_before),
        parcels: &[("post", 2)],
        fails: false,
        may_be_unknown: false,
    };
    balance(&mut world, &[job], begins).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_mail_server_that_dies_at_any_stage_costs_no_mail_and_doubles_none_in_silence() {
    for round in 0..trials(1, 20) {
        for stage in STAGES {
            let tally = die_at(stage).await;
            let (doubts, copies) = match stage {
                Some(At::AfterDot) => (1, 1),
                // A small mail is in the system's buffers, dot and all, before the server is seen to be gone.
                Some(At::MidBody) => (tally.doubts.min(1), 0),
                _ => (0, 0),
            };
            assert_eq!(
                (tally.parcels, tally.doubts, tally.copies),
                (2, doubts, copies),
                "round {round}, dies at {stage:?}"
            );
        }
    }
}

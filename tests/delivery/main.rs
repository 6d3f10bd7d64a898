//! Deliveries against far ends that fail in every way we can think of. Everything stays on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "helpers of tests may fail a test, and are shared inside this one crate"
)]

mod bulletin;
mod demo;
mod email;
mod email_faults;
mod file_drop;
mod slack;
mod webhook;

#[expect(dead_code, reason = "the fakes can do more than these tests need")]
#[path = "../support/http.rs"]
mod http;
#[expect(dead_code, reason = "the fakes can do more than these tests need")]
#[path = "../support/ledger.rs"]
mod ledger;
#[expect(dead_code, reason = "the fakes can do more than these tests need")]
#[path = "../support/smtp.rs"]
mod smtp;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reportwire::config::secret::Secret;
use reportwire::delivery::Edition;
use reportwire::render::{Artifact, Digest, DigestFigure, Image, Look, MailBody};
use reportwire::schedule::clock::{Clock, ManualClock};
use reportwire::source::snapshot::hex_sha256;
use serde_json::json;
use std::sync::Arc;

/// A text that must never be seen anywhere.
const CANARY: &str = "canary-7f3a";

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::at(instant("2026-11-01T06:00:05Z")))
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::Literal(text.to_owned().into())
}

fn artifact(name: &str, media_type: &str, bytes: &[u8]) -> Artifact {
    Artifact {
        name: name.into(),
        media_type: media_type.into(),
        bytes: Bytes::copy_from_slice(bytes),
        sha256: hex_sha256(bytes),
        rows: None,
    }
}

fn manifest(artifacts: &[Artifact]) -> Artifact {
    let files: Vec<_> = artifacts
        .iter()
        .map(|file| {
            json!({"name": file.name, "media_type": file.media_type, "bytes": file.bytes.len(), "sha256": file.sha256})
        })
        .collect();
    let text = json!({"run_id": "run-1", "files": files}).to_string();
    artifact(
        "monthly_2026-10.manifest.json",
        "application/json",
        text.as_bytes(),
    )
}

fn figure(label: &str, value: &str, change: &str) -> DigestFigure {
    DigestFigure {
        label: label.into(),
        value: value.into(),
        change: change.into(),
    }
}

/// The edition that all tests start from.
fn edition() -> Edition {
    let artifacts = vec![
        artifact(
            "monthly_2026-10.csv",
            "text/csv; charset=utf-8",
            b"job,metric\r\nmonthly,total_cost\r\n",
        ),
        artifact(
            "monthly_2026-10.html",
            "text/html; charset=utf-8",
            b"<!doctype html><p>page</p>",
        ),
    ];
    Edition {
        run_id: "0199a1b2-0000-7000-8000-00000000abcd".into(),
        job: "monthly".into(),
        title: "AI platform: monthly report".into(),
        revision: 1,
        issue: String::new(),
        subjects: std::collections::BTreeMap::new(),
        period_id: "2026-10".into(),
        period: json!({"id": "2026-10", "start": "2026-10-01", "end": "2026-10-31", "timezone": "Europe/Madrid"}),
        generated_at: instant("2026-11-01T06:00:00Z"),
        manifest: manifest(&artifacts),
        unattached: reportwire::render::mail::unattached(&Look::default(), &artifacts),
        artifacts,
        mail: MailBody {
            subject: "AI platform: October 2026 – 4.070,36 €".into(),
            text: "Cost was USD 4,070.36.\n\n.a line that begins with a dot\n".into(),
            html: "<html><body><p>Cost was <b>USD 4,070.36</b> – más</p><img src=\"cid:cost-per-day@report\"></body></html>\n"
                .into(),
            images: vec![Image {
                key: "cost-per-day".into(),
                png: Bytes::from_static(b"\x89PNG\r\n\x1a\nnot really"),
            }],
        },
        digest: Digest {
            heading: "AI platform: monthly report · October 2026".into(),
            answer: "Cost rose by 14.5 % to USD 4,070.36.".into(),
            headlines: vec![
                figure("Total cost", "USD 4,070.36", "▲ up 14.5 % (+515.14)"),
                figure("Requests", "659,997", "▼ down 2.0 % (−13,469)"),
            ],
            movers: vec![figure("Agent A_1", "USD 900.00", "▲ up 300.00")],
            notices: vec!["Figures of 31 October may still change.".into()],
            foot: "globant, fetched 2026-11-01 06:00 UTC · Run …0000abcd, revision 1".into(),
            words: reportwire::render::DigestWords::default(),
            run: "Run …0000abcd, revision 1".into(),
        },
        figures: vec![json!({"metric": "total_cost", "value": "4070.36", "unit": "currency"})],
        notices: vec!["Figures of 31 October may still change.".into()],
        places: vec!["/srv/drop/monthly/2026-10".into()],
    }
}

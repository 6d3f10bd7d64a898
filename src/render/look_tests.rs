//! What readers see, tested face by face on the sample report and on reports that are hard to show.

use super::{Artifact, Look, digest, mail, page, text};
use crate::report::sample;

fn look() -> Look {
    Look {
        locale: "en-GB".into(),
        ..Look::default()
    }
}

fn attachments() -> Vec<Artifact> {
    vec![Artifact {
        name: "monthly-full-report_2026-10.xlsx".into(),
        media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".into(),
        bytes: bytes::Bytes::from(vec![0; 212_345]),
        sha256: "0".repeat(64),
        rows: None,
    }]
}

#[test]
fn faces_of_the_sample_are_as_approved() {
    let report = sample::report();
    insta::assert_snapshot!("page", page::render(&report, &look()).unwrap());
    insta::assert_snapshot!("text", text::render(&report, &look()).unwrap());
    insta::assert_json_snapshot!("digest", digest::render(&report, &look()).unwrap());
    let body = mail::render(&report, &look(), &attachments(), true).unwrap();
    insta::assert_snapshot!("mail_subject", body.subject);
    insta::assert_snapshot!("mail_html", body.html);
    insta::assert_snapshot!("mail_text", body.text);
}

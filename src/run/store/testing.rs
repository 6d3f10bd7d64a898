//! What the tests of the store and of its users share.

use super::{Freeze, NewRun, Run, Store, Trigger};
use crate::delivery::Parcel;
use crate::render::Artifact;
use crate::run::state::RunState;
use crate::source::snapshot::hex_sha256;
use bytes::Bytes;
use chrono::{DateTime, Utc};

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn noon() -> DateTime<Utc> {
    at("2026-11-02T12:00:00Z")
}

pub(crate) fn new_run(trigger: Trigger) -> NewRun {
    NewRun {
        job: "monthly".into(),
        period_id: "2026-10".into(),
        period_start: "2026-10-01".parse().unwrap(),
        period_end: "2026-10-31".parse().unwrap(),
        timezone: "Europe/Madrid".into(),
        trigger,
        as_of: None,
        recipe: "{}".into(),
        created_at: noon(),
    }
}

pub(crate) fn artifact(name: &str, bytes: &str) -> Artifact {
    Artifact {
        name: name.into(),
        media_type: "text/csv; charset=utf-8".into(),
        bytes: Bytes::copy_from_slice(bytes.as_bytes()),
        sha256: hex_sha256(bytes.as_bytes()),
        rows: Some(1),
    }
}

pub(crate) fn parcel(recipient: &str, content: &str) -> Parcel {
    Parcel {
        key: hex_sha256(recipient.as_bytes()),
        recipient: recipient.into(),
        place: Some("/drop".into()),
        content: Bytes::copy_from_slice(content.as_bytes()),
        sha256: hex_sha256(content.as_bytes()),
    }
}

/// Walks a new run to `checked`.
pub(crate) async fn checked(store: &Store) -> Run {
    use RunState::{Checked, Fetching, Queued, Rendered, Snapshotted};
    let run = store.begin(&new_run(Trigger::Manual)).await.unwrap();
    for (from, to) in [
        (Queued, Fetching),
        (Fetching, Snapshotted),
        (Snapshotted, Rendered),
        (Rendered, Checked),
    ] {
        store.advance(&run.run_id, run.fence, from, to).await.unwrap();
    }
    store.run(&run.run_id).await.unwrap()
}

/// A frozen run with one artifact and these deliveries and recipients.
pub(crate) async fn frozen(store: &Store, deliveries: &[(&str, &[&str])]) -> Run {
    let run = checked(store).await;
    let dir = run.snapshot_dir.join("globant");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("answers.jsonl"), "{}\n").unwrap();
    let parcels: Vec<(String, Vec<Parcel>)> = deliveries
        .iter()
        .map(|(name, recipients)| {
            let parcels = recipients.iter().map(|to| parcel(to, &format!("for {to}")));
            ((*name).to_owned(), parcels.collect())
        })
        .collect();
    let freeze = Freeze {
        artifacts: &[artifact("monthly_2026-10.csv", "a,b\r\n")],
        parcels: &parcels,
        notices: &["one day is missing".into()],
        generated_at: noon(),
        held: &[],
        measured: None,
    };
    store.freeze(&run, freeze, vec![], noon()).await.unwrap();
    store.run(&run.run_id).await.unwrap()
}

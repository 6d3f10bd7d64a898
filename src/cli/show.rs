//! `reportwire runs show`: everything that is known of one run.

use super::runs::due_at;
use super::summary::{Summary, period_and_revision, rfc3339};
use super::{Failure, output};
use crate::run::Store;
use crate::run::store::{Audit, OutboxRow, Run, StoredArtifact, StoredOccurrence, Trigger};
use crate::schedule::wall::local;
use serde_json::{Value, json};

/// A run with what made it run and what was decided about it.
pub(super) struct Told {
    summary: Summary,
    occurrence: Option<StoredOccurrence>,
    audits: Vec<Audit>,
}

impl Told {
    /// What the store knows of a run: an id, or the beginning of one.
    pub(super) async fn read(store: &Store, run: &str) -> Result<Self, Failure> {
        let run = store.run(run).await?;
        Ok(Self {
            occurrence: store.occurrence(&run.run_id).await?,
            audits: store.audits(&run.run_id).await?,
            summary: Summary::read(store, run).await?,
        })
    }

    /// For programs: the object of `run --json`, and more.
    pub(super) fn json(&self) -> Value {
        let mut object = self.summary.json();
        let due = self.occurrence.as_ref();
        object["due_at"] = due.map(|it| due_at(&it.timezone, it.due_at)).into();
        let audits = self.audits.iter().map(|audit| {
            let detail: Value = serde_json::from_str(&audit.detail).unwrap_or_default();
            json!({"at": rfc3339(audit.at), "what": audit.what, "detail": detail})
        });
        object["audits"] = audits.collect();
        object
    }

    /// For people.
    pub(super) fn print(&self) {
        let Summary {
            artifacts,
            deliveries,
            ..
        } = &self.summary;
        output::data(output::table(None, self.facts()));
        if !artifacts.is_empty() {
            output::data(format!("\n{}", files(artifacts)));
            if self.summary.run.artifacts_cleared {
                output::data("these files are not kept any more; their hashes stay on record");
            }
        }
        if !deliveries.is_empty() {
            output::data(format!("\n{}", outbox(deliveries)));
        }
    }

    fn facts(&self) -> Vec<[String; 2]> {
        let run = &self.summary.run;
        let fact = |name: &str, what: String| [name.to_owned(), what];
        let mut facts = vec![
            fact("run", run.run_id.clone()),
            fact("job", run.job.clone()),
            fact(
                "period",
                format!("{}, {}", period_and_revision(run), run.timezone),
            ),
            fact("made by", self.trigger(run)),
            fact("state", run.state.to_string()),
            fact("begun", rfc3339(run.created_at)),
        ];
        facts.extend(run.finished_at.map(|at| fact("ended", rfc3339(at))));
        facts.extend(run.error.iter().map(|error| fact("error", error.clone())));
        facts.extend(run.unsent.iter().map(|why| fact("unsent", why.clone())));
        facts.extend(run.held.iter().map(|why| fact("held", why.clone())));
        facts.extend(self.audits.iter().map(|audit| fact("decided", decision(audit))));
        let told = |notice: &&String| run.unsent.as_ref() != Some(*notice);
        facts.extend(
            run.notices
                .iter()
                .filter(told)
                .map(|notice| fact("note", notice.clone())),
        );
        facts
    }

    fn trigger(&self, run: &Run) -> String {
        match (run.trigger, &self.occurrence) {
            (Trigger::Schedule, Some(due)) => {
                format!("its schedule, due {}", local(&due.timezone, due.due_at))
            }
            (Trigger::Schedule, None) => "its schedule".to_owned(),
            (Trigger::Manual, _) => "`reportwire run`".to_owned(),
            (Trigger::Test, _) => "`reportwire run --test-to`, a test".to_owned(),
            (Trigger::Backfill, _) => "`reportwire backfill`".to_owned(),
        }
    }
}

/// `2026-11-02T06:12:00Z: erp to erp.example.com resolved as sent`.
fn decision(audit: &Audit) -> String {
    let detail: Value = serde_json::from_str(&audit.detail).unwrap_or_default();
    let text = |key: &str| detail[key].as_str().unwrap_or("?").to_owned();
    let what = match audit.what.as_str() {
        "resolve" => format!(
            "{} to {} resolved as {}",
            text("delivery"),
            text("recipient"),
            text("as")
        ),
        "approve" => "approved".to_owned(),
        other => format!("{other} {}", audit.detail),
    };
    format!("{}: {what}", rfc3339(audit.at))
}

fn files(artifacts: &[StoredArtifact]) -> String {
    let rows = artifacts.iter().map(|it| {
        [
            it.name.clone(),
            it.bytes.to_string(),
            it.sha256.chars().take(12).collect(),
        ]
    });
    output::table(Some(["FILE", "BYTES", "SHA-256"]), rows)
}

fn outbox(deliveries: &[OutboxRow]) -> String {
    let rows = deliveries.iter().map(|row| {
        let said = row.receipt.as_deref().or(row.trouble()).unwrap_or_default();
        let next = row
            .next_attempt_at
            .map(|at| format!("; next try {}", rfc3339(at)));
        let twice = if row.may_be_double() {
            "; may have arrived twice"
        } else {
            ""
        };
        [
            row.delivery.clone(),
            row.recipient.clone(),
            format!("{} ({})", row.state, row.attempts),
            format!("{said}{}{twice}", next.unwrap_or_default()),
        ]
    });
    output::table(Some(["DELIVERY", "TO", "STATE (TRIES)", "WHAT WAS SAID"]), rows)
}

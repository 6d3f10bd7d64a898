//! A run as people and programs are told of it: at most twenty lines of eighty columns, or one JSON object.

use super::output;
use super::runs::state_of;
use crate::render::Digest;
use crate::run::store::{OutboxRow, Run, StoredArtifact, Trigger};
use crate::run::{DeliveryState, RunState};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Deliveries that are listed one by one; of more only the counts are told.
const MOST_DELIVERIES: usize = 5;
/// Lines of notices in a summary; all are in the report.
const MOST_NOTICES: usize = 2;

/// Everything that is known of a run.
#[derive(Debug, Clone)]
pub(super) struct Summary {
    pub(super) run: Run,
    pub(super) artifacts: Vec<StoredArtifact>,
    pub(super) deliveries: Vec<OutboxRow>,
    /// The executive summary, where the run was made just now.
    pub(super) digest: Option<Digest>,
}

impl Summary {
    /// Of a run that failed before anything was frozen.
    pub(super) fn failed(run: Run) -> Self {
        Self {
            run,
            artifacts: Vec::new(),
            deliveries: Vec::new(),
            digest: None,
        }
    }

    /// What is wrong, in full, one paragraph each; empty if nothing is.
    pub(super) fn problems(&self) -> Vec<String> {
        if self.run.state == RunState::Held {
            let job = &self.run.job;
            // Each reason names the command that releases the run.
            let reasons = self.run.held.iter();
            return reasons
                .map(|why| format!("held: job `{job}`: nothing was sent. {}", output::plain(why)))
                .collect();
        }
        let failed = self.run.error.iter().filter(|_| self.deliveries.is_empty());
        let undelivered = self
            .deliveries
            .iter()
            .filter(|row| row.state != DeliveryState::Acked);
        failed
            .map(|error| format!("error: job `{}`: {}", self.run.job, output::plain(error)))
            .chain(undelivered.map(problem))
            .collect()
    }

    /// Prints problems to standard error, first, and the summary to standard output.
    pub(super) fn print(&self) {
        for problem in self.problems() {
            output::note(problem);
        }
        output::data(self.text());
    }

    /// The summary: what ran, for which period, its headline figures, where its files lie, what became of its deliveries.
    pub(super) fn text(&self) -> String {
        let run = &self.run;
        let mut lines = vec![
            format!("{}  {}", run.job, period_and_revision(run)),
            format!("run {}  {}", run.run_id, state_of(run)),
        ];
        if let Some(digest) = &self.digest {
            lines.push(digest_lines(digest));
        }
        for notice in run.notices.iter().take(MOST_NOTICES) {
            lines.push(output::two_lines(
                &format!("note: {}", output::plain(notice)),
                "      ",
            ));
        }
        if run.notices.len() > MOST_NOTICES {
            lines.push(format!(
                "      and {} more in the report",
                run.notices.len() - MOST_NOTICES
            ));
        }
        if let Some(dir) = self.artifacts.first().and_then(|artifact| artifact.path.parent()) {
            lines.push(format!(
                "{} files in {}",
                self.artifacts.len(),
                output::plain(&dir.display().to_string())
            ));
        }
        if !self.deliveries.is_empty() {
            lines.push(self.delivery_table());
        }
        lines.join("\n")
    }

    /// One line for each delivery: how many of its parcels are acknowledged, and what the last far end said.
    fn delivery_table(&self) -> String {
        let mut groups: BTreeMap<&str, Vec<&OutboxRow>> = BTreeMap::new();
        for row in &self.deliveries {
            groups.entry(&row.delivery).or_default().push(row);
        }
        let more = groups.len().saturating_sub(MOST_DELIVERIES);
        let lines = groups.iter().take(MOST_DELIVERIES).map(|(name, rows)| {
            let acked = rows
                .iter()
                .filter(|row| row.state == DeliveryState::Acked)
                .count();
            let said = rows
                .iter()
                .rev()
                .find_map(|row| row.receipt.as_deref())
                .unwrap_or_default();
            [
                (*name).to_owned(),
                format!("{acked} of {} acknowledged", rows.len()),
                output::shorten(&output::plain(said), 30),
            ]
        });
        let mut text = output::table(None, lines);
        if more > 0 {
            text = format!("{text}\nand {more} more deliveries, see `reportwire runs show`");
        }
        text
    }

    /// The object of `run --json`.
    pub(super) fn json(&self) -> Value {
        let mut object = run_object(&self.run);
        let artifacts = self.artifacts.iter().map(|artifact| {
            json!({
                "name": artifact.name, "media_type": artifact.media_type, "bytes": artifact.bytes,
                "sha256": artifact.sha256, "path": artifact.path,
            })
        });
        let deliveries = self.deliveries.iter().map(|row| {
            json!({
                "delivery": row.delivery, "recipient": row.recipient, "state": row.state, "attempts": row.attempts,
                "receipt": row.receipt, "error": row.error, "next_attempt_at": row.next_attempt_at.map(rfc3339),
                "possible_duplicate": row.may_be_double(),
            })
        });
        object["artifacts"] = artifacts.collect();
        object["deliveries"] = deliveries.collect();
        object
    }
}

/// What a run is, without its files and deliveries.
pub(super) fn run_object(run: &Run) -> Value {
    json!({
        "run_id": run.run_id,
        "job": run.job,
        "revision": run.revision,
        "period": {
            "id": run.period_id, "start": run.period_start, "end": run.period_end, "timezone": run.timezone,
        },
        "state": run.state,
        "trigger": run.trigger,
        "as_of": run.as_of.map(rfc3339),
        "created_at": rfc3339(run.created_at),
        "generated_at": run.generated_at.map(rfc3339),
        "finished_at": run.finished_at.map(rfc3339),
        "error": run.error,
        "held": run.held,
        "unsent": run.unsent,
        "notices": run.notices,
    })
}

/// An instant in whole seconds.
pub(super) fn rfc3339(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `2026-10 (2026-10-01 to 2026-10-31), revision 2`.
pub(super) fn period_and_revision(run: &Run) -> String {
    format!(
        "{} ({} to {}), revision {}{}",
        run.period_id,
        run.period_start,
        run.period_end,
        run.revision,
        if run.trigger == Trigger::Test {
            ", test"
        } else {
            ""
        }
    )
}

/// The executive summary: what is reported and the headline figures with their changes.
pub(super) fn digest_lines(digest: &Digest) -> String {
    let heading = output::shorten(&output::plain(&digest.heading), output::WIDTH.into());
    let rows = digest.headlines.iter().map(|figure| {
        [
            format!("  {}", figure.label),
            figure.value.clone(),
            figure.change.clone(),
        ]
    });
    format!("{heading}\n{}", output::table(None, rows))
}

/// Why a parcel is not acknowledged, and what happens next.
fn problem(row: &OutboxRow) -> String {
    let OutboxRow { run_id, delivery, .. } = row;
    let next = match row.state {
        DeliveryState::RetryWait | DeliveryState::Pending => {
            format!("a running service tries it again, or now: `reportwire resend {run_id}`")
        }
        DeliveryState::Dead => {
            format!("once that is mended: `reportwire resend {run_id} --only {delivery}`")
        }
        DeliveryState::Ambiguous if row.next_attempt_at.is_some() => format!(
            "a running service sends it once more, under the same key; if it has arrived: \
             `reportwire resolve {run_id} --only {delivery} --as sent`"
        ),
        DeliveryState::Ambiguous => format!(
            "look there, then `reportwire resolve {run_id} --only {delivery} --as sent` (or `--as not-sent`)"
        ),
        DeliveryState::Sending => "another process is sending it, or was".to_owned(),
        DeliveryState::Acked | DeliveryState::Superseded => "nothing is left to do".to_owned(),
    };
    let error = row.trouble().unwrap_or("not tried yet");
    output::plain(&format!(
        "error: {delivery} to {}: {}: {error}; {next}",
        row.recipient, row.state
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::DigestFigure;

    fn summary(deliveries: Vec<OutboxRow>) -> Summary {
        let at: DateTime<Utc> = "2026-11-02T07:00:00.5Z".parse().unwrap();
        let figure = |label: &str| DigestFigure {
            label: label.into(),
            value: "USD 4,070.36".into(),
            change: "▲ up 14.5 % (+515.14)".into(),
        };
        Summary {
            run: Run {
                run_id: "019ab5c3-1f2d-7abc-8def-0123456789ab".into(),
                job: "j".repeat(63),
                period_id: "2026-10".into(),
                period_start: "2026-10-01".parse().unwrap(),
                period_end: "2026-10-31".parse().unwrap(),
                timezone: "Europe/Madrid".into(),
                revision: 2,
                trigger: Trigger::Manual,
                state: RunState::PartiallyDelivered,
                fence: 1,
                losses: 0,
                as_of: None,
                generated_at: Some(at),
                recipe: "{}".into(),
                home: "/d/runs/x".into(),
                held: vec![],
                snapshot_cleared: false,
                artifacts_cleared: false,
                snapshot_dir: "/d/runs/x/snapshot".into(),
                snapshot_manifest: None,
                figures: None,
                unsent: None,
                notices: vec!["a sentence that goes on ".repeat(10); 9],
                error: None,
                created_at: at,
                finished_at: Some(at),
            },
            artifacts: vec![StoredArtifact {
                name: "m.csv".into(),
                media_type: "text/csv".into(),
                bytes: 3,
                sha256: "ab".into(),
                rows: Some(1),
                path: "/d/runs/x/artifacts/m.csv".into(),
            }],
            deliveries,
            digest: Some(Digest {
                heading: "AI platform: monthly full report · October 2026".into(),
                answer: String::new(),
                headlines: ["Total cost", "Requests", "Error rate", "Tokens", "Users"]
                    .map(figure)
                    .into(),
                movers: Vec::new(),
                notices: Vec::new(),
                foot: String::new(),
                words: crate::render::DigestWords::default(),
                run: String::new(),
            }),
        }
    }

    fn row(delivery: &str, recipient: &str, state: DeliveryState) -> OutboxRow {
        OutboxRow {
            id: 1,
            run_id: "r".into(),
            position: 0,
            delivery: delivery.into(),
            recipient: recipient.into(),
            place: None,
            key: "k".into(),
            content_path: "/d/x".into(),
            sha256: "ab".into(),
            state,
            doubts: 0,
            since: "2026-11-02T07:00:00Z".parse().unwrap(),
            tries: 0,
            first_attempt_at: None,
            attempts: 1,
            next_attempt_at: None,
            receipt: (state == DeliveryState::Acked).then(|| "250 2.0.0 queued as 1234567890".repeat(6)),
            error: (state == DeliveryState::Dead).then(|| "550 no such\u{1b}[2J user".into()),
            updated_at: "2026-11-02T07:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn twenty_lines_of_eighty_columns_whatever_happened() {
        for deliveries in [1, 9, 90] {
            let rows = (0..deliveries).map(|n| {
                row(
                    &format!("{n}-{}", "d".repeat(20)),
                    "a@example.com",
                    DeliveryState::Acked,
                )
            });
            let text = summary(rows.collect()).text();
            assert!(text.lines().count() <= 20, "{text}");
            // The path and the job's own name may be as long as they are.
            for line in text.lines().skip(1) {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn problems_are_told_in_full_and_harmless() {
        let rows = vec![
            row("mail", "a@x", DeliveryState::Acked),
            row("mail", "b@x", DeliveryState::Dead),
        ];
        let problems = summary(rows).problems();
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with("error: mail to b@x: dead: 550 no such\u{fffd}[2J user; "),
            "{problems:?}"
        );
        assert!(
            summary(vec![row("mail", "a@x", DeliveryState::Acked)])
                .problems()
                .is_empty()
        );
    }

    #[test]
    fn a_held_run_says_why_and_not_that_it_was_not_sent() {
        let mut held = summary(vec![row("mail", "b@x", DeliveryState::Pending)]);
        held.run.state = RunState::Held;
        held.run.held =
            vec!["There is no row. `reportwire approve 019ab5c3` releases exactly these bytes.".into()];
        let problems = held.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].contains("nothing was sent. There is no row."),
            "{problems:?}"
        );
        assert!(
            problems[0].contains("`reportwire approve 019ab5c3`"),
            "{problems:?}"
        );
    }

    #[test]
    fn the_object_has_the_names_of_the_contract() {
        let object = summary(vec![row("mail", "b@x", DeliveryState::Dead)]).json();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        for key in [
            "run_id",
            "job",
            "revision",
            "period",
            "state",
            "artifacts",
            "deliveries",
            "notices",
        ] {
            assert!(keys(&object).contains(&key.to_owned()), "{key}");
        }
        assert_eq!(keys(&object["period"]), ["id", "start", "end", "timezone"]);
        assert_eq!(object["period"]["end"], "2026-10-31");
        assert_eq!(
            keys(&object["artifacts"][0]),
            ["name", "media_type", "bytes", "sha256", "path"]
        );
        assert_eq!(
            keys(&object["deliveries"][0])[..6],
            ["delivery", "recipient", "state", "attempts", "receipt", "error"]
        );
        assert_eq!(object["deliveries"][0]["state"], "dead");
        assert_eq!(object["generated_at"], "2026-11-02T07:00:00Z");
    }
}

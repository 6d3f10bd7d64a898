//! What the owner is told, in words that name the remedy.

use super::RunError;
use super::late::{self, Late};
use super::store::{NewOccurrence, OutboxRow, Run, Tell, Trigger};
use crate::config::plan::JobPlan;
use crate::delivery::BulletinKind;
use crate::period::Period;
use crate::report::Alert;
use crate::report::rules::Judged;
use crate::run::state::DeliveryState;
use crate::schedule::wall::local;

/// Something about a run that its owner did not ask for by hand; whoever types a command sees it there.
fn of_run(job: &JobPlan, run: &Run, kind: BulletinKind, text: String) -> Option<Tell> {
    matches!(run.trigger, Trigger::Schedule | Trigger::Backfill)
        .then(|| of_any(job, run, kind, text))
        .flatten()
}

/// Something that the service did about a run on its own, which nobody sees who has typed a command; tests concern nobody else.
fn of_any(job: &JobPlan, run: &Run, kind: BulletinKind, text: String) -> Option<Tell> {
    (run.trigger != Trigger::Test).then(|| Tell {
        owner: job.owner.clone(),
        kind,
        job: Some(job.name.clone()),
        period: Some(run.period_id.clone()),
        run_id: Some(run.run_id.clone()),
        text,
    })
}

/// A run failed before anything went out.
pub(super) fn failed(job: &JobPlan, run: &Run, error: &RunError) -> Option<Tell> {
    let text = format!(
        "{error}. Nothing was delivered. When the cause is mended: `reportwire run {} --period {}`",
        job.name, run.period_id
    );
    of_run(job, run, BulletinKind::Failed, text)
}

/// A job could not even be begun: its configuration has changed since.
pub(super) fn orphaned(run: &Run, owner: &[String], error: &str) -> Tell {
    Tell {
        owner: owner.to_vec(),
        kind: BulletinKind::Failed,
        job: Some(run.job.clone()),
        period: Some(run.period_id.clone()),
        run_id: Some(run.run_id.clone()),
        text: error.to_owned(),
    }
}

/// A command left a run in the middle. Whoever runs one period by hand sees it; a backfill runs for hours, and nobody may look.
pub(super) fn abandoned(run: &Run, owner: &[String]) -> Option<Tell> {
    let Run { job, period_id, .. } = run;
    let text = format!(
        "The backfill ended in the middle of this run; nothing was delivered. To go on with it: \
         `reportwire backfill {job} --from {period_id} --to {period_id}`, up to its last period"
    );
    (run.trigger == Trigger::Backfill).then(|| orphaned(run, owner, &text))
}

/// A gate holds a run.
pub(super) fn held(job: &JobPlan, run: &Run, reasons: &[String]) -> Option<Tell> {
    let text = format!(
        "{} To make it anew instead: `reportwire run {} --period {}`",
        reasons.join(" "),
        job.name,
        run.period_id
    );
    of_run(job, run, BulletinKind::Held, text)
}

/// Rules could be judged in the run before and cannot be any more.
pub(super) fn unjudged(job: &JobPlan, run: &Run, judged: &[Judged]) -> Option<Tell> {
    let newly = judged
        .iter()
        .filter(|it| it.holds.is_none() && !it.before.unknown && !it.alone);
    let found: Vec<&str> = newly.map(|it| it.text.as_str()).collect();
    let text = format!(
        "Rules of this job (`when`) cannot be judged and let no report out: {}. `reportwire runs show {}` has the notices of the run",
        found.join("; "),
        run.run_id
    );
    of_any(job, run, BulletinKind::Alert, text).filter(|_| !found.is_empty())
}

/// What was still to be sent of earlier revisions does not go out any more, and neither does this one.
pub(super) fn withdrawn(job: &JobPlan, run: &Run, why: &str) -> Option<Tell> {
    let text = format!(
        "What was still to be sent of earlier revisions of this report is withdrawn, since revision {} has newer figures and goes out to \
         nobody. {why} `reportwire runs show {}` has its files",
        run.revision, run.run_id
    );
    of_any(job, run, BulletinKind::Alert, text)
}

/// What the figures of a report ask attention for, each under the key by which it is told once.
pub(super) fn alerts(job: &JobPlan, run: &Run, alerts: &[Alert]) -> Vec<(String, Tell)> {
    let told = alerts.iter().filter_map(|alert| {
        let tell = of_any(job, run, BulletinKind::Alert, alert.text.clone())?;
        Some((alert.key.clone(), tell))
    });
    told.collect()
}

/// A run waits for late data.
pub(super) fn late(job: &JobPlan, run: &Run, late: &[Late]) -> Option<Tell> {
    let patience = job
        .wait_until
        .as_ref()
        .map_or(0, |wait| wait.at_most.as_secs() / 3600);
    let text = format!(
        "The report waits, up to {patience} h after it was due, for data of the whole period: {}. Then it goes out with what \
         there is, marked as provisional, and the final one follows by itself.",
        late::list(late)
    );
    of_run(job, run, BulletinKind::Waits, text)
}

/// A run meets the same trouble of our own again and again: it is tried on, and not late in the eyes of the watch.
pub(super) fn put_by(job: &JobPlan, run: &Run, error: &RunError) -> Option<Tell> {
    let text = format!(
        "The report is not made yet: {error}. It is tried again every five minutes; `reportwire runs show {}` says where it stands",
        run.run_id
    );
    of_run(job, run, BulletinKind::Late, text)
}

/// The final report after a provisional one will not be made by itself.
pub(super) fn never_final(job: &JobPlan, run: &Run, error: &RunError) -> Option<Tell> {
    let text = format!(
        "A provisional report went out, and its final one will not be made by itself any more: {error}. Once it can be made: \
         `reportwire run {} --period {}`",
        job.name, run.period_id
    );
    of_run(job, run, BulletinKind::Late, text)
}

/// One sentence about everything of a job that fell due and will not run. A period that has no day yet is how such jobs begin
/// their month, and no trouble.
pub(super) fn missed(job: &str, owner: &[String], occurrences: &[&NewOccurrence]) -> Option<Tell> {
    let missed: Vec<_> = occurrences.iter().filter(|it| it.period.is_some()).collect();
    let (first, last) = (missed.first()?, missed.last()?);
    let told = |it: &NewOccurrence| local(&it.timezone, it.due_at);
    let id = last.period.as_ref().map_or("P", Period::id);
    let from = first.period.as_ref().map_or("P", Period::id);
    let remedy = if last.closed && from != id {
        format!("To run them now: `reportwire backfill {job} --from {from} --to {id}`")
    } else {
        format!("To run it now: `reportwire run {job} --period {id}`")
    };
    let reason = last.missed.as_deref().unwrap_or_default();
    let when = match missed.len() {
        1 => format!("Due {} and not run", told(last)),
        count => format!(
            "{count} times due from {} to {} and not run",
            told(first),
            told(last)
        ),
    };
    Some(Tell {
        owner: owner.to_vec(),
        kind: BulletinKind::Missed,
        job: Some(job.to_owned()),
        period: Some(id.to_owned()),
        run_id: None,
        text: format!("{when}: {reason}. {remedy}"),
    })
}

/// What became of the parcels of a run when the service has done what it could, and whether a job that was in trouble works
/// again.
///
/// `gone` are the ids of those rows whose far end has said that it is gone.
pub(super) fn concluded(
    job: &JobPlan,
    run: &Run,
    rows: &[OutboxRow],
    gone: &[i64],
    was_in_trouble: bool,
) -> Vec<Tell> {
    let mut tells: Vec<Tell> = rows
        .iter()
        .filter_map(|row| parcel(job, run, row, gone.contains(&row.id)))
        .collect();
    let acked = |row: &OutboxRow| row.state == DeliveryState::Acked;
    if was_in_trouble && run.unsent.is_none() && tells.is_empty() && rows.iter().all(acked) {
        let text = "The job has delivered again, everything acknowledged.".to_owned();
        tells.extend(of_any(job, run, BulletinKind::Recovered, text));
    }
    tells
}

fn parcel(job: &JobPlan, run: &Run, row: &OutboxRow, gone: bool) -> Option<Tell> {
    let OutboxRow {
        delivery, recipient, ..
    } = row;
    let said = row.trouble().unwrap_or("no reason was given");
    let id = &run.run_id;
    match row.state {
        DeliveryState::Dead if gone => {
            let text = format!(
                "Delivery `{delivery}` is switched off, and nothing more is sent there: {said}. When it is back: \
                 `reportwire resend {id} --only {delivery}`"
            );
            of_any(job, run, BulletinKind::Disabled, text)
        }
        DeliveryState::Dead => {
            let text = format!(
                "Delivery `{delivery}` to {recipient} failed for good: {said}. When that is mended: `reportwire resend {id} --only {delivery}`"
            );
            of_any(job, run, BulletinKind::Dead, text)
        }
        DeliveryState::Ambiguous => {
            let text = format!(
                "Nobody knows whether delivery `{delivery}` reached {recipient}: {said}. Look there, then: \
                 `reportwire resolve {id} --only {delivery} --as sent` (or `--as not-sent`)"
            );
            of_any(job, run, BulletinKind::Ambiguous, text)
        }
        _ => None,
    }
}

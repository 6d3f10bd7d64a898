//! The store as its users see it: moves, revisions, crash windows, take-over.

use super::testing::{
    On, Place, artifact, checked, execute, frozen, new_run, noon, on_both_databases, outlive_leases, parcel,
    store, texts,
};
use super::*;
use crate::delivery::Receipt;
use crate::run::state::{DeliveryState, RunState};
use crate::run::verify::verify;
use crate::source::snapshot::SnapshotWriter;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

mod fencing;
mod occurrences;
mod outage;
mod plans;
mod sweep;
mod upgrade;
mod versions;

on_both_databases! {
    a_run_is_moved_only_from_where_it_is_and_by_who_holds_it,
    twenty_at_once_get_twenty_revisions,
    test_runs_take_no_revision,
    a_run_is_found_by_the_beginning_of_its_id,
    freezing_again_changes_nothing_and_freezing_otherwise_is_refused,
    an_artifact_cannot_leave_its_folder,
    what_is_frozen_or_held_fails_no_more,
    a_permit_is_given_wherever_the_table_allows_it_and_nowhere_else,
    an_attempt_is_counted_before_it_begins_and_recorded_once,
    what_a_dead_process_was_sending_becomes_ambiguous_and_its_late_answer_is_refused,
    #[cfg(target_os = "linux")] a_process_that_is_seen_dead_needs_no_lease,
    a_run_ends_by_what_became_of_its_parcels,
    verification_finds_every_changed_and_missing_file,
    #[cfg(target_os = "linux")] a_run_whose_process_ended_in_the_middle_is_failed_and_a_living_one_is_not,
    a_run_of_a_command_in_another_container_is_failed_when_its_lease_is_long_over,
    a_run_without_a_lease_is_failed_when_no_run_can_take_so_long,
    what_was_said_of_a_run_is_not_said_again,
    the_norm_is_of_the_periods_before_each_by_its_last_revision_and_about_as_long,
    the_backlog_counts_what_waits_what_is_in_doubt_and_what_died_lately,
    #[cfg(unix)] the_files_of_a_run_are_nobody_elses_though_the_data_folder_is_open,
}

async fn a_run_is_moved_only_from_where_it_is_and_by_who_holds_it(on: On) {
    let (_place, store) = store(on).await;
    let run = store.begin(&new_run(Trigger::Manual)).await.unwrap();
    assert_eq!((run.state, run.revision, run.fence), (RunState::Queued, 1, 1));
    let id = run.run_id.as_str();
    store
        .advance(id, 1, RunState::Queued, RunState::Fetching)
        .await
        .unwrap();
    let error = store
        .advance(id, 1, RunState::Queued, RunState::Fetching)
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Stale { .. }),
        "a second time: {error}"
    );
    let error = store
        .advance(id, 2, RunState::Fetching, RunState::Snapshotted)
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Stale { .. }),
        "another fence: {error}"
    );
    let error = store
        .advance(id, 1, RunState::Fetching, RunState::Frozen)
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::IllegalMove { .. }),
        "not in the table: {error}"
    );
    store
        .fail(id, 1, "source `globant`: 503", noon(), None)
        .await
        .unwrap();
    let run = store.run(id).await.unwrap();
    assert_eq!(run.state, RunState::Failed);
    assert_eq!(run.error.as_deref(), Some("source `globant`: 503"));
    assert_eq!(run.finished_at, Some(noon()));
    store.fail(id, 1, "again", noon(), None).await.unwrap_err();
    let error = store.claim(id, noon()).await.unwrap_err();
    assert!(matches!(error, StoreError::NothingFrozen { .. }), "{error}");
}

async fn twenty_at_once_get_twenty_revisions(on: On) {
    let (place, store) = store(on).await;
    let other = place.store_of("pid 2").await;
    let new = new_run(Trigger::Manual);
    let begins = (0..20).map(|n| {
        if n % 2 == 0 {
            store.begin(&new)
        } else {
            other.begin(&new)
        }
    });
    let runs = futures::future::join_all(begins).await;
    let revisions: BTreeSet<u32> = runs.iter().map(|run| run.as_ref().unwrap().revision).collect();
    assert_eq!(revisions, (1..=20).collect());
    let ids: BTreeSet<&str> = runs
        .iter()
        .map(|run| run.as_ref().unwrap().run_id.as_str())
        .collect();
    assert_eq!(ids.len(), 20);
}

async fn test_runs_take_no_revision(on: On) {
    let (_place, store) = store(on).await;
    for (trigger, revision) in [
        (Trigger::Test, 1),
        (Trigger::Manual, 1),
        (Trigger::Test, 2),
        (Trigger::Test, 2),
        (Trigger::Manual, 2),
    ] {
        assert_eq!(store.begin(&new_run(trigger)).await.unwrap().revision, revision);
    }
    let mut november = new_run(Trigger::Manual);
    november.period_id = "2026-11".into();
    assert_eq!(store.begin(&november).await.unwrap().revision, 1);
}

async fn a_run_is_found_by_the_beginning_of_its_id(on: On) {
    let (_place, store) = store(on).await;
    let first = store.begin(&new_run(Trigger::Manual)).await.unwrap();
    let mut later = new_run(Trigger::Manual);
    later.created_at += chrono::Duration::days(1);
    later.job = "weekly".into();
    let second = store.begin(&later).await.unwrap();
    assert_eq!(store.run(&first.run_id).await.unwrap(), first);
    assert_eq!(store.run(&second.run_id[..10]).await.unwrap(), second);
    let error = store.run(&first.run_id[..4]).await.unwrap_err();
    assert!(matches!(error, StoreError::AmbiguousRun { .. }), "{error}");
    for unknown in ["", "0", "zzzz", "%", "____", "019%"] {
        let error = store.run(unknown).await.unwrap_err();
        assert!(matches!(error, StoreError::UnknownRun(_)), "{unknown}: {error}");
    }
    let ids = |runs: Vec<Run>| runs.into_iter().map(|run| run.run_id).collect::<Vec<_>>();
    let all = store.runs(&RunFilter::default(), 10).await.unwrap();
    assert_eq!(ids(all), [second.run_id.clone(), first.run_id.clone()]);
    let weekly = RunFilter {
        job: Some("weekly".into()),
    };
    assert_eq!(
        ids(store.runs(&weekly, 10).await.unwrap()),
        std::slice::from_ref(&second.run_id)
    );
    assert_eq!(
        ids(store.runs(&RunFilter::default(), 1).await.unwrap()),
        [second.run_id]
    );
}

async fn freezing_again_changes_nothing_and_freezing_otherwise_is_refused(on: On) {
    let (_place, store) = store(on).await;
    let run = checked(&store).await;
    let artifacts = [artifact("m.csv", "a"), artifact("m.html", "<p>")];
    let parcels = [
        (
            "mail".to_owned(),
            vec![
                parcel("cfo@example.com", "to cfo"),
                parcel("fp@example.com", "to fp"),
            ],
        ),
        ("drop".to_owned(), vec![parcel("m.csv", "a")]),
    ];
    let freeze = Freeze {
        artifacts: &artifacts,
        parcels: &parcels,
        notices: &["late".into()],
        generated_at: noon(),
        held: &[],
        measured: None,
    };
    for _ in 0..2 {
        store.freeze(&run, freeze, vec![], noon()).await.unwrap();
        assert_eq!(store.artifacts(&run.run_id).await.unwrap().len(), 2);
        assert_eq!(store.deliveries(&run.run_id).await.unwrap().len(), 3);
    }
    let other = Freeze {
        artifacts: &artifacts[..1],
        ..freeze
    };
    store.freeze(&run, other, vec![], noon()).await.unwrap_err();
    let lost = Run {
        fence: run.fence + 1,
        ..run.clone()
    };
    store.freeze(&lost, freeze, vec![], noon()).await.unwrap_err();

    let run = store.run(&run.run_id).await.unwrap();
    assert_eq!((run.state, run.generated_at), (RunState::Frozen, Some(noon())));
    assert_eq!(run.notices, ["late"]);
    let stored = store.artifacts(&run.run_id).await.unwrap();
    assert_eq!(std::fs::read(&stored[1].path).unwrap(), b"<p>");
    let rows = store.deliveries(&run.run_id).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.position).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(
        rows[2].content_path, stored[0].path,
        "the same bytes are stored once"
    );
    assert_eq!(std::fs::read(&rows[1].content_path).unwrap(), b"to fp");
    assert!(
        rows.iter()
            .all(|row| row.state == DeliveryState::Pending && row.attempts == 0)
    );
}

async fn an_artifact_cannot_leave_its_folder(on: On) {
    let (_place, store) = store(on).await;
    let run = checked(&store).await;
    let freeze = Freeze {
        artifacts: &[artifact("../../reportwire.db", "x")],
        parcels: &[],
        notices: &[],
        generated_at: noon(),
        held: &[],
        measured: None,
    };
    let error = store.freeze(&run, freeze, vec![], noon()).await.unwrap_err();
    assert!(matches!(error, StoreError::BadName(_)), "{error}");
    assert_eq!(store.run(&run.run_id).await.unwrap().state, RunState::Checked);
}

async fn what_is_frozen_or_held_fails_no_more(on: On) {
    let (_place, store) = store(on).await;
    let run = frozen(&store, &[("mail", &["a@example.com"])]).await;
    for sql in [
        "UPDATE runs SET state = 'held'",
        "UPDATE runs SET state = 'delivering'",
        "UPDATE runs SET state = 'frozen'",
    ] {
        execute(&store, sql).await;
        let failed = store.fail(&run.run_id, run.fence, "late", noon(), None).await;
        assert!(matches!(failed, Err(StoreError::Stale { .. })), "{sql}");
    }
    assert_eq!(store.run(&run.run_id).await.unwrap(), run);
}

async fn a_permit_is_given_wherever_the_table_allows_it_and_nowhere_else(on: On) {
    let (_place, store) = store(on).await;
    let run = frozen(&store, &[("mail", &["a@example.com"])]).await;
    execute(&store, "UPDATE runs SET state = 'delivering'").await;
    for state in DeliveryState::ALL {
        let sql: &'static str = format!("UPDATE deliveries SET state = '{state}'").leak();
        execute(&store, sql).await;
        let row = store.deliveries(&run.run_id).await.unwrap().remove(0);
        let permit = store.permit(&row, run.fence, noon()).await;
        assert_eq!(
            permit.is_ok(),
            state.may_become(DeliveryState::Sending),
            "{state}"
        );
    }
}

async fn an_attempt_is_counted_before_it_begins_and_recorded_once(on: On) {
    let (_place, store) = store(on).await;
    let run = frozen(&store, &[("mail", &["a@example.com"])]).await;
    let row = store.deliveries(&run.run_id).await.unwrap().remove(0);
    store.permit(&row, run.fence, noon()).await.unwrap_err();
    let (frozen, delivering) = (RunState::Frozen, RunState::Delivering);
    store
        .advance(&run.run_id, run.fence, frozen, delivering)
        .await
        .unwrap();
    let permit = store.permit(&row, run.fence, noon()).await.unwrap();
    let now = store.deliveries(&run.run_id).await.unwrap().remove(0);
    assert_eq!((now.state, now.attempts), (DeliveryState::Sending, 1));
    store.permit(&row, run.fence, noon()).await.unwrap_err();
    let acked = Outcome::Acked(Receipt {
        proof: "250 ok".into(),
    });
    // The second time as if the connection had broken before the answer to the first.
    for _ in 0..2 {
        store.record(&run.run_id, permit, &acked, noon()).await.unwrap();
    }
    let dead = Outcome::Dead { reason: "550".into() };
    store
        .record(&run.run_id, permit, &dead, noon())
        .await
        .unwrap_err();
    store.permit(&row, run.fence, noon()).await.unwrap_err();
    let now = store.deliveries(&run.run_id).await.unwrap().remove(0);
    assert_eq!(
        (now.state, now.receipt.as_deref(), now.error),
        (DeliveryState::Acked, Some("250 ok"), None)
    );
    assert_eq!(
        store
            .conclude(&run.run_id, run.fence, noon(), vec![])
            .await
            .unwrap(),
        RunState::Delivered
    );
}

async fn what_a_dead_process_was_sending_becomes_ambiguous_and_its_late_answer_is_refused(on: On) {
    let (place, store) = store(on).await;
    let run = frozen(&store, &[("mail", &["a@example.com"])]).await;
    let elsewhere = place.store_of("another machine").await;
    let (frozen, delivering) = (RunState::Frozen, RunState::Delivering);
    elsewhere
        .advance(&run.run_id, run.fence, frozen, delivering)
        .await
        .unwrap();
    let row = store.deliveries(&run.run_id).await.unwrap().remove(0);
    let permit = elsewhere.permit(&row, run.fence, noon()).await.unwrap();

    let error = store.claim(&run.run_id, noon()).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Busy { .. }),
        "within its lease: {error}"
    );
    outlive_leases(&store).await;
    let claimed = store.claim(&run.run_id, noon()).await.unwrap();
    assert_eq!(claimed.fence, run.fence + 1);
    let row = store.deliveries(&run.run_id).await.unwrap().remove(0);
    assert_eq!((row.state, row.attempts), (DeliveryState::Ambiguous, 1));
    assert!(row.error.unwrap().contains("may have arrived"));

    let late = Outcome::Acked(Receipt { proof: "250".into() });
    elsewhere
        .record(&run.run_id, permit, &late, noon())
        .await
        .unwrap_err();
    elsewhere
        .conclude(&run.run_id, run.fence, noon(), vec![])
        .await
        .unwrap_err();
    assert_eq!(
        store.deliveries(&run.run_id).await.unwrap()[0].state,
        DeliveryState::Ambiguous
    );
}

#[cfg(target_os = "linux")]
async fn a_process_that_is_seen_dead_needs_no_lease(on: On) {
    let (place, store) = store(on).await;
    let (rest, _) = store.owner.rsplit_once('/').unwrap();
    let killed = place.store_of(&format!("{rest}/1")).await;
    let run = frozen(&killed, &[("mail", &["a@example.com"])]).await;
    let (frozen, delivering) = (RunState::Frozen, RunState::Delivering);
    killed
        .advance(&run.run_id, run.fence, frozen, delivering)
        .await
        .unwrap();
    let row = store.deliveries(&run.run_id).await.unwrap().remove(0);
    killed.permit(&row, run.fence, noon()).await.unwrap();
    store.claim(&run.run_id, noon()).await.unwrap();
    assert_eq!(
        store.deliveries(&run.run_id).await.unwrap()[0].state,
        DeliveryState::Ambiguous
    );
}

async fn a_run_ends_by_what_became_of_its_parcels(on: On) {
    let acked = || Outcome::Acked(Receipt { proof: "ok".into() });
    let dead = || Outcome::Dead { reason: "no".into() };
    let later = || Outcome::RetryWait {
        reason: "busy".into(),
        next_attempt_at: noon(),
    };
    for (outcomes, expected) in [
        (vec![], RunState::Delivered),
        (vec![acked(), acked()], RunState::Delivered),
        (vec![acked(), dead()], RunState::PartiallyDelivered),
        (vec![acked(), later()], RunState::PartiallyDelivered),
        (vec![later(), dead()], RunState::Failed),
    ] {
        let (_place, store) = store(on).await;
        let recipients: Vec<String> = (0..outcomes.len()).map(|n| format!("{n}@example.com")).collect();
        let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
        let run = frozen(&store, &[("mail", &recipients)]).await;
        let (frozen, delivering) = (RunState::Frozen, RunState::Delivering);
        store
            .advance(&run.run_id, run.fence, frozen, delivering)
            .await
            .unwrap();
        for (row, outcome) in store.deliveries(&run.run_id).await.unwrap().iter().zip(&outcomes) {
            let permit = store.permit(row, run.fence, noon()).await.unwrap();
            store.record(&run.run_id, permit, outcome, noon()).await.unwrap();
        }
        let state = store
            .conclude(&run.run_id, run.fence, noon(), vec![])
            .await
            .unwrap();
        assert_eq!(state, expected, "{outcomes:?}");
    }
}

async fn verification_finds_every_changed_and_missing_file(on: On) {
    let (_place, store) = store(on).await;
    let run = frozen(&store, &[("mail", &["a@example.com", "b@example.com"])]).await;
    let clean = verify(&store, None).await.unwrap();
    assert_eq!((clean.runs, clean.files, clean.mismatches.len()), (1, 4, 0));
    let artifact = store.artifacts(&run.run_id).await.unwrap().remove(0).path;
    let rows = store.deliveries(&run.run_id).await.unwrap();
    std::fs::write(&artifact, "a,c\r\n").unwrap();
    std::fs::remove_file(&rows[1].content_path).unwrap();
    std::fs::write(run.snapshot_dir.join("globant/answers.jsonl"), "").unwrap();
    let found = verify(&store, Some(&run)).await.unwrap().mismatches;
    let whats: Vec<&str> = found.iter().map(|it| &it.what[..10]).collect();
    assert_eq!(whats, ["SHA-256 is", "is missing", "SHA-256 is"]);
    assert_eq!(found[0].path, artifact);
}

#[cfg(target_os = "linux")]
async fn a_run_whose_process_ended_in_the_middle_is_failed_and_a_living_one_is_not(on: On) {
    let (place, store) = store(on).await;
    let (rest, _) = store.owner.rsplit_once('/').unwrap();
    let killed = place.store_of(&format!("{rest}/1")).await;
    let elsewhere = place.store_of("another machine").await;
    let lost = killed.begin(&new_run(Trigger::Manual)).await.unwrap();
    let unknown = elsewhere.begin(&new_run(Trigger::Manual)).await.unwrap();
    let living = store.begin(&new_run(Trigger::Manual)).await.unwrap();
    let frozen = frozen(&killed, &[("mail", &["a@example.com"])]).await;
    store.fail_abandoned(|_| None, noon()).await.unwrap();
    for (run, state) in [
        (&lost, RunState::Failed),
        (&unknown, RunState::Queued),
        (&living, RunState::Queued),
        (&frozen, RunState::Frozen),
    ] {
        assert_eq!(store.run(&run.run_id).await.unwrap().state, state);
    }
    let (queued, fetching) = (RunState::Queued, RunState::Fetching);
    killed
        .advance(&lost.run_id, lost.fence, queued, fetching)
        .await
        .unwrap_err();
}

async fn a_run_of_a_command_in_another_container_is_failed_when_its_lease_is_long_over(on: On) {
    let (place, store) = store(on).await;
    let elsewhere = place.store_of("another machine").await;
    let begin = async |trigger| elsewhere.begin(&new_run(trigger)).await.unwrap();
    let backfill = begin(Trigger::Backfill).await;
    let by_hand = begin(Trigger::Manual).await;
    // What a living process is at is not made by a second backfill.
    let again = elsewhere.begin(&new_run(Trigger::Backfill)).await;
    assert!(matches!(again, Err(StoreError::Made { .. })), "{again:?}");
    let frozen = frozen(&elsewhere, &[("mail", &["a@example.com"])]).await;
    let tell = |run: &Run| crate::run::tell::abandoned(run, &["finops@example.com".to_owned()]);
    store.fail_abandoned(tell, noon()).await.unwrap();
    assert_eq!(store.run(&by_hand.run_id).await.unwrap(), by_hand);
    outlive_leases(&store).await;
    store.fail_abandoned(tell, noon()).await.unwrap();
    for lost in [&by_hand, &backfill] {
        let failed = store.run(&lost.run_id).await.unwrap();
        assert_eq!((failed.state, failed.fence), (RunState::Failed, lost.fence + 1));
        assert!(failed.error.unwrap().contains("run the job again"));
    }
    let told = "SELECT run_id AS t FROM notices WHERE job = $1 AND text LIKE '%`reportwire backfill monthly --from 2026-10 --to 2026-10`%'";
    assert_eq!(texts(&store, told, "monthly").await, [backfill.run_id]);
    assert_eq!(
        store.run(&frozen.run_id).await.unwrap().state,
        RunState::Frozen,
        "what is frozen can still be sent"
    );
}

async fn a_run_without_a_lease_is_failed_when_no_run_can_take_so_long(on: On) {
    let (place, store) = store(on).await;
    let elsewhere = place.store_of("another machine").await;
    let lost = elsewhere.begin(&new_run(Trigger::Manual)).await.unwrap();
    execute(&store, "UPDATE runs SET lease_until = NULL").await;
    let after = |days, seconds| noon() + chrono::Duration::days(days) + chrono::Duration::seconds(seconds);
    store.fail_abandoned(|_| None, after(8, 0)).await.unwrap();
    assert_eq!(store.run(&lost.run_id).await.unwrap(), lost);
    store.fail_abandoned(|_| None, after(8, 1)).await.unwrap();
    assert_eq!(store.run(&lost.run_id).await.unwrap().state, RunState::Failed);
}

async fn what_was_said_of_a_run_is_not_said_again(on: On) {
    let (_place, store) = store(on).await;
    let tell = |text: &str| Tell {
        owner: vec!["finops@example.com".into()],
        kind: crate::delivery::BulletinKind::Dead,
        job: Some("monthly".into()),
        period: None,
        run_id: Some("run-1".into()),
        text: text.into(),
    };
    for text in ["550", "550", "551", "550"] {
        store.tell(vec![tell(text)], noon()).await.unwrap();
    }
    let told = texts(
        &store,
        "SELECT text AS t FROM notices WHERE job = $1 ORDER BY id",
        "monthly",
    )
    .await;
    assert_eq!(told, ["550", "551"]);
}

async fn the_norm_is_of_the_periods_before_each_by_its_last_revision_and_about_as_long(on: On) {
    let (_place, store) = store(on).await;
    let run = store.begin(&new_run(Trigger::Manual)).await.unwrap();
    execute(
        &store,
        "INSERT INTO runs (run_id, job, period_id, period_start, period_end, timezone, revision, trigger, state, fence, owner, \
         recipe, created_at, measured) SELECT column1, 'monthly', column2, column3, column4, 'UTC', column5, column6, column7, 1, 'x', '{}', \
         column3, column8 FROM (VALUES \
         ('1', '2026-09', '2026-09-01', '2026-09-30', 1, 'schedule', 'delivered', 'cost 1'), \
         ('2', '2026-09', '2026-09-01', '2026-09-30', 2, 'schedule', 'delivered', 'cost 90'), \
         ('3', '2026-08', '2026-08-01', '2026-08-31', 1, 'schedule', 'delivered', 'cost 80'), \
         ('4', '2026-Q3', '2026-07-01', '2026-09-30', 1, 'manual', 'delivered', 'cost 250'), \
         ('5', '2026-11', '2026-11-01', '2026-11-30', 1, 'manual', 'delivered', 'cost 5'), \
         ('6', '2026-07', '2026-07-01', '2026-07-31', 1, 'schedule', 'held', 'cost 900'), \
         ('7', '2026-06', '2026-06-01', '2026-06-30', 1, 'schedule', 'delivered', 'tokens 7'), \
         ('8', '2026-05', '2026-05-01', '2026-05-31', 1, 'test', 'delivered', 'cost 6'), \
         ('9', '2026-02', '2026-02-01', '2026-02-28', 1, 'schedule', 'delivered', 'cost 70'), \
         ('0', '2026-01', '2026-01-01', '2026-01-31', 1, 'schedule', 'delivered', 'cost 60')) AS earlier",
    )
    .await;
    let norm = store.norm(&run, "cost", 3).await.unwrap();
    assert_eq!(norm, [90, 80, 70].map(Decimal::from));
}

async fn the_backlog_counts_what_waits_what_is_in_doubt_and_what_died_lately(on: On) {
    let (_place, store) = store(on).await;
    let run = frozen(&store, &[("mail", &["a", "b", "c", "d", "e"])]).await;
    let (frozen, delivering) = (RunState::Frozen, RunState::Delivering);
    store
        .advance(&run.run_id, run.fence, frozen, delivering)
        .await
        .unwrap();
    let doubt = |again_at| Outcome::Ambiguous {
        reason: "lost".into(),
        again_at,
    };
    let dead = Outcome::Dead { reason: "550".into() };
    let acked = Outcome::Acked(Receipt { proof: "250".into() });
    for (row, outcome) in store.deliveries(&run.run_id).await.unwrap().iter().zip([
        doubt(None),
        doubt(Some(noon())),
        dead,
        acked,
    ]) {
        let permit = store.permit(row, run.fence, noon()).await.unwrap();
        store.record(&run.run_id, permit, &outcome, noon()).await.unwrap();
    }
    let tell = Tell {
        owner: vec!["finops@example.com".into()],
        kind: crate::delivery::BulletinKind::Dead,
        job: None,
        period: None,
        run_id: None,
        text: "550".into(),
    };
    store.tell(vec![tell], noon()).await.unwrap();
    let backlog = |dead| Backlog {
        waiting: 2,
        ambiguous: 1,
        dead,
        notices: 1,
    };
    assert_eq!(store.backlog(noon()).await.unwrap(), backlog(1));
    // In a bulletin that is not out yet it is still to be told.
    store.gather_bulletins(noon(), noon(), noon()).await.unwrap();
    let week = noon() + chrono::Duration::days(7);
    assert_eq!(store.backlog(week).await.unwrap(), backlog(0));
}

#[cfg(unix)]
async fn the_files_of_a_run_are_nobody_elses_though_the_data_folder_is_open(on: On) {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(on).await;
    let dir = place.dir();
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    let store = place.store().await;
    let run = store.begin(&new_run(Trigger::Manual)).await.unwrap();
    let source = run.snapshot_dir.join("globant");
    SnapshotWriter::create(&source).unwrap();
    for folder in [
        dir.join("runs"),
        store.run_dir(&run.run_id),
        run.snapshot_dir,
        source,
    ] {
        let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
    }
}

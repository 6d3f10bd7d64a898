//! What runs leave for those after them: versions, rules, alerts.

use super::*;
use crate::report::rules::RuleState;
use crate::run::store::db::values;
use crate::run::store::testing::{execute, freeze, number};
use crate::run::store::{Before, Withdrawal};

on_both_databases! {
    the_version_before_is_the_last_that_really_reached_somebody,
    a_rule_is_moved_only_by_who_has_seen_where_it_was,
    what_a_job_no_longer_asks_is_forgotten,
    a_rule_whose_report_reached_nobody_has_not_fired,
    a_rule_has_fired_once_people_have_its_report,
    what_goes_out_to_nobody_withdraws_what_is_known_to_be_wrong_by_now,
    what_is_being_sent_while_it_is_withdrawn_is_not_tried_again,
    a_report_is_not_frozen_beside_a_version_that_is_not_the_last_any_more,
    an_alert_is_told_once_whatever_run_and_replica_finds_it,
    an_alert_of_a_run_that_a_gate_holds_silences_none,
    a_run_that_lost_its_lease_moves_no_rule_and_alerts_nobody,
}

fn alert(key: &str) -> (String, Tell) {
    let tell = Tell {
        owner: vec!["finops@example.com".into()],
        kind: crate::delivery::BulletinKind::Alert,
        job: Some("monthly".into()),
        period: Some("2026-10".into()),
        run_id: None,
        text: format!("{key} needs attention"),
    };
    (key.into(), tell)
}

/// What `run` makes of a rule that another one, or none, had judged before.
fn moved(rule: &str, run: &Run, seen: Option<&Run>) -> RuleMove {
    RuleMove {
        rule: rule.into(),
        seen: seen.map(|run| run.run_id.clone()),
        after: Some(RuleState {
            rule: rule.into(),
            run_id: Some(run.run_id.clone()),
            period_end: Some(run.period_end),
            holds: true,
            fired_for: Some(run.period_id.clone()),
            fired_by: Some(run.run_id.clone()),
            unknown: false,
        }),
    }
}

async fn freeze_along(store: &Store, run: &Run, along: Along) -> Result<(), StoreError> {
    let freeze = Freeze {
        artifacts: &[artifact("monthly_2026-10.csv", "a,b\r\n")],
        parcels: &[],
        notices: &[],
        generated_at: noon(),
        held: &[],
        measured: None,
    };
    store.freeze_with(run, freeze, along, noon()).await
}

/// Freezes a run without parcels and ends it.
async fn ended(store: &Store, along: Along) -> Run {
    let run = checked(store).await;
    freeze_along(store, &run, along).await.unwrap();
    conclude(store, &run).await
}

async fn conclude(store: &Store, run: &Run) -> Run {
    let (frozen, delivering) = (RunState::Frozen, RunState::Delivering);
    let (id, fence) = (&run.run_id, run.fence);
    store.advance(id, fence, frozen, delivering).await.unwrap();
    store.conclude(id, fence, noon(), vec![]).await.unwrap();
    store.run(id).await.unwrap()
}

async fn the_version_before_is_the_last_that_really_reached_somebody(on: On) {
    let (_place, store) = store(on).await;
    let failed = freeze(&store, &checked(&store).await, &[("mail", &["a"])]).await;
    assert_eq!(conclude(&store, &failed).await.state, RunState::Failed);
    let unsent = ended(
        &store,
        Along {
            unsent: Some("no rule holds".into()),
            ..Along::default()
        },
    )
    .await;
    assert_eq!(unsent.state, RunState::Delivered);
    assert_eq!(unsent.unsent.as_deref(), Some("no rule holds"));
    let next = checked(&store).await;
    assert_eq!(store.last_delivered(&next).await.unwrap(), None);
    assert_eq!(
        store.newer(&failed).await.unwrap().map(|run| run.run_id),
        None,
        "nothing newer went out"
    );

    let partly = freeze(&store, &checked(&store).await, &[("mail", &["a", "b"])]).await;
    let (frozen, delivering) = (RunState::Frozen, RunState::Delivering);
    store
        .advance(&partly.run_id, partly.fence, frozen, delivering)
        .await
        .unwrap();
    let row = store.deliveries(&partly.run_id).await.unwrap().remove(0);
    let permit = store.permit(&row, partly.fence, noon()).await.unwrap();
    let acked = Outcome::Acked(Receipt { proof: "250".into() });
    store
        .record(&partly.run_id, permit, &acked, noon())
        .await
        .unwrap();
    let last = checked(&store).await;
    let found = store.last_delivered(&last).await.unwrap().unwrap();
    assert_eq!(found.run_id, partly.run_id);
    assert_eq!(found.figures, None, "of a version that kept none");
    assert_eq!(
        store.last_delivered(&partly).await.unwrap(),
        None,
        "it is not before itself"
    );

    let kept = Along {
        figures: Some(b"figures".to_vec()),
        ..Along::default()
    };
    let kept = ended(&store, kept).await;
    let file = kept.figures.clone().unwrap();
    assert_eq!(std::fs::read(&file.path).unwrap(), b"figures");
    let newest = checked(&store).await;
    assert_eq!(
        store.last_delivered(&newest).await.unwrap().unwrap().run_id,
        kept.run_id
    );
    store
        .cleared(Kept::Artifacts, &kept.run_id, noon())
        .await
        .unwrap();
    assert_eq!(store.run(&kept.run_id).await.unwrap().figures, None);
}

async fn a_rule_is_moved_only_by_who_has_seen_where_it_was(on: On) {
    let (_place, store) = store(on).await;
    let along = |rules: Vec<RuleMove>| Along {
        rules,
        ..Along::default()
    };
    let (first, second) = (checked(&store).await, checked(&store).await);
    freeze_along(&store, &first, along(vec![moved("a", &first, None)]))
        .await
        .unwrap();
    // Read before the first was frozen, written after it.
    let stale = freeze_along(&store, &second, along(vec![moved("a", &second, None)])).await;
    assert!(matches!(stale, Err(StoreError::Outdated { .. })), "{stale:?}");
    let untouched = store.run(&second.run_id).await.unwrap();
    assert_eq!(
        (untouched.state, untouched.generated_at),
        (RunState::Checked, None)
    );
    assert!(store.artifacts(&second.run_id).await.unwrap().is_empty());
    let known = store.rules("monthly", &[]).await.unwrap();
    assert_eq!(known, [moved("a", &first, None).after.unwrap()]);
    // Judged anew it may.
    let anew = along(vec![moved("a", &second, Some(&first))]);
    freeze_along(&store, &second, anew).await.unwrap();
    assert_eq!(
        store.rules("monthly", &[]).await.unwrap()[0].run_id.as_ref(),
        Some(&second.run_id)
    );
    assert!(store.rules("other", &[]).await.unwrap().is_empty());
}

async fn what_a_job_no_longer_asks_is_forgotten(on: On) {
    let (_place, store) = store(on).await;
    let run = checked(&store).await;
    let along = |rules: Vec<RuleMove>| Along {
        rules,
        forgets_rules: true,
        ..Along::default()
    };
    let both = along(vec![moved("a", &run, None), moved("b", &run, None)]);
    freeze_along(&store, &run, both).await.unwrap();
    let left = RuleMove {
        after: None,
        ..moved("b", &run, Some(&run))
    };
    let next = checked(&store).await;
    freeze_along(&store, &next, along(vec![left])).await.unwrap();
    let known = store.rules("monthly", &[]).await.unwrap();
    assert_eq!(known, [moved("b", &run, None).after.unwrap()], "left as it was");
    // A run that does not ask leaves them alone.
    let test = checked(&store).await;
    freeze_along(&store, &test, Along::default()).await.unwrap();
    assert_eq!(store.rules("monthly", &[]).await.unwrap().len(), 1);
}

async fn a_rule_whose_report_reached_nobody_has_not_fired(on: On) {
    let (_place, store) = store(on).await;
    let run = checked(&store).await;
    let along = Along {
        rules: vec![moved("a", &run, None)],
        ..Along::default()
    };
    freeze_along(&store, &run, along).await.unwrap();
    let state = async || store.rules("monthly", &[]).await.unwrap().remove(0);
    let fired = moved("a", &run, None).after.unwrap();
    assert_eq!(state().await, fired, "it is on its way");
    let unheard = RuleState {
        holds: false,
        fired_for: None,
        fired_by: None,
        ..fired.clone()
    };
    for (run_state, expected) in [("held", &unheard), ("failed", &unheard), ("delivered", &fired)] {
        set_state(&store, run_state).await;
        assert_eq!(&state().await, expected, "{run_state}");
    }
    execute(&store, "INSERT INTO deliveries (run_id, position, delivery, recipient, key, content_path, sha256, state, updated_at) \
        SELECT run_id, 0, 'mail', 'a', 'k', 'x', 'x', 'acked', created_at FROM runs").await;
    set_state(&store, "failed").await;
    assert_eq!(state().await, fired, "somebody has it");
}

async fn a_rule_has_fired_once_people_have_its_report(on: On) {
    let (_place, store) = store(on).await;
    let run = checked(&store).await;
    let along = Along {
        rules: vec![moved("a", &run, None)],
        ..Along::default()
    };
    freeze_along(&store, &run, along).await.unwrap();
    let people = ["finance-mail", "chat"];
    let fired = async |people: &[&str]| {
        let state = store.rules("monthly", people).await.unwrap().remove(0);
        state.holds && state.fired_by.is_some()
    };
    for (at, (delivery, state)) in [
        ("bi-drop", "acked"),
        ("finance-mail", "dead"),
        ("chat", "retry_wait"),
    ]
    .into_iter()
    .enumerate()
    {
        let insert = "INSERT INTO deliveries (run_id, position, delivery, recipient, key, content_path, sha256, state, updated_at) \
            SELECT run_id, $1, $2, 'a', $2, 'x', 'x', $3, created_at FROM runs";
        let at = i64::try_from(at).unwrap();
        store
            .db
            .execute(insert, values![at, delivery, state])
            .await
            .unwrap();
    }
    assert!(fired(&people).await, "it is on its way");
    execute(&store, "UPDATE runs SET state = 'partially_delivered'").await;
    assert!(!fired(&people).await, "a folder is nobody");
    assert!(fired(&[]).await, "unless that is all there is");
    assert!(
        fired(&["mail"]).await,
        "nor of deliveries that are called the same in part"
    );
    execute(
        &store,
        "UPDATE deliveries SET state = 'superseded' WHERE delivery <> 'bi-drop'",
    )
    .await;
    assert!(fired(&people).await, "a newer revision goes to them");
    execute(
        &store,
        "UPDATE deliveries SET state = 'acked' WHERE delivery = 'chat'",
    )
    .await;
    assert!(fired(&people).await, "some of them have it");
}

/// Freezes a run that goes out to nobody and withdraws what waits for these deliveries of versions that differ.
async fn withdraw(store: &Store, deliveries: &[&str], same_as: Option<&Run>) -> Run {
    let (_, tell) = alert("what was withdrawn");
    let along = Along {
        unsent: Some("no rule holds".into()),
        withdrawal: Some(Withdrawal {
            deliveries: deliveries.iter().map(ToString::to_string).collect(),
            same_as: same_as.map(|run| run.run_id.clone()),
            tell: Some(tell),
        }),
        ..Along::default()
    };
    ended(store, along).await
}

async fn states(store: &Store, run: &Run) -> Vec<(String, DeliveryState)> {
    let rows = store.deliveries(&run.run_id).await.unwrap();
    rows.into_iter().map(|row| (row.delivery, row.state)).collect()
}

async fn what_goes_out_to_nobody_withdraws_what_is_known_to_be_wrong_by_now(on: On) {
    let (_place, store) = store(on).await;
    let told = async || number(&store, "SELECT count(*) AS n FROM notices").await;
    let first = freeze(
        &store,
        &checked(&store).await,
        &[("mail", &["a", "b"]), ("mail-2", &["c"])],
    )
    .await;
    conclude(&store, &first).await;
    let waits = |delivery: &str| (delivery.to_owned(), DeliveryState::RetryWait);
    let gone = |delivery: &str| (delivery.to_owned(), DeliveryState::Superseded);
    withdraw(&store, &["chat"], None).await;
    withdraw(&store, &["mail", "mail-2"], Some(&first)).await;
    let all = [waits("mail"), waits("mail"), waits("mail-2")];
    assert_eq!(states(&store, &first).await, all);
    assert_eq!(told().await, 0, "there was nothing to withdraw");

    let newer = withdraw(&store, &["mail"], None).await;
    assert_eq!(
        states(&store, &first).await,
        [gone("mail"), gone("mail"), waits("mail-2")]
    );
    assert_eq!(told().await, 1);
    let row = store.deliveries(&first.run_id).await.unwrap().remove(0);
    let why = format!(
        "withdrawn, since revision 4 of the report, run {}, has newer figures and went out to nobody",
        newer.run_id
    );
    assert_eq!(row.error.as_deref(), Some(why.as_str()));
    let last = withdraw(&store, &["mail", "mail-2"], None).await;
    assert_eq!(states(&store, &first).await[2], gone("mail-2"));
    let first = store.run(&first.run_id).await.unwrap();
    assert_eq!(first.state, RunState::Failed);
    assert_eq!(store.run(&last.run_id).await.unwrap().state, RunState::Delivered);
}

async fn what_is_being_sent_while_it_is_withdrawn_is_not_tried_again(on: On) {
    let (_place, store) = store(on).await;
    let first = freeze(&store, &checked(&store).await, &[("mail", &["a", "b"])]).await;
    let (frozen, delivering) = (RunState::Frozen, RunState::Delivering);
    let (id, fence) = (&first.run_id, first.fence);
    store.advance(id, fence, frozen, delivering).await.unwrap();
    let rows = store.deliveries(id).await.unwrap();
    let permit = store.permit(&rows[0], fence, noon()).await.unwrap();
    let newer = withdraw(&store, &["mail"], None).await;
    let state = |at: usize| {
        let (store, id) = (store.clone(), id.clone());
        async move { store.deliveries(&id).await.unwrap().remove(at).state }
    };
    assert_eq!(state(0).await, DeliveryState::Sending, "it is not called back");
    assert_eq!(state(1).await, DeliveryState::Superseded);
    let later = Outcome::RetryWait {
        reason: "busy".into(),
        next_attempt_at: noon(),
    };
    store.record(id, permit, &later, noon()).await.unwrap();
    let row = store.deliveries(id).await.unwrap().remove(0);
    let replacing = store
        .replacing(std::slice::from_ref(&row))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((replacing.run_id, replacing.unsent), (newer.run_id, true));
    store.permit(&row, fence, noon()).await.unwrap_err();
    assert_eq!(state(0).await, DeliveryState::Superseded);
}

async fn set_state(store: &Store, state: &str) -> u64 {
    match state {
        "held" => execute(store, "UPDATE runs SET state = 'held'").await,
        "failed" => execute(store, "UPDATE runs SET state = 'failed'").await,
        _ => execute(store, "UPDATE runs SET state = 'delivered'").await,
    }
}

async fn a_report_is_not_frozen_beside_a_version_that_is_not_the_last_any_more(on: On) {
    let (_place, store) = store(on).await;
    let along = |before: Option<&Run>| Along {
        before: Some(Before(before.map(|run| run.run_id.clone()))),
        ..Along::default()
    };
    let first = ended(&store, along(None)).await;
    let second = checked(&store).await;
    let blind = freeze_along(&store, &second, along(None)).await;
    assert!(matches!(blind, Err(StoreError::Outdated { .. })), "{blind:?}");
    assert_eq!(store.run(&second.run_id).await.unwrap().state, RunState::Checked);
    freeze_along(&store, &second, along(Some(&first))).await.unwrap();
}

async fn an_alert_is_told_once_whatever_run_and_replica_finds_it(on: On) {
    let place = Place::new(on).await;
    let store = place.store().await;
    let mut runs = Vec::new();
    for _ in 0..6 {
        runs.push(checked(&store).await);
    }
    let other = place.store().await;
    let finding = |at: usize, run: Run| {
        let store = if at.is_multiple_of(2) {
            store.clone()
        } else {
            other.clone()
        };
        async move {
            let along = Along {
                alerts: vec![alert("budget/x/2026-10/over"), alert(&format!("own/{at}"))],
                ..Along::default()
            };
            freeze_along(&store, &run, along).await.unwrap();
        }
    };
    let all = runs.into_iter().enumerate().map(|(at, run)| finding(at, run));
    futures::future::join_all(all).await;
    let told = texts(
        &store,
        "SELECT text AS t FROM notices WHERE job = $1 ORDER BY text",
        "monthly",
    )
    .await;
    let mut expected: Vec<String> = (0..6).map(|at| format!("own/{at} needs attention")).collect();
    expected.insert(0, "budget/x/2026-10/over needs attention".into());
    assert_eq!(told, expected);
    assert_eq!(number(&store, "SELECT count(*) AS n FROM alerts").await, 7);
}

async fn an_alert_of_a_run_that_a_gate_holds_silences_none(on: On) {
    let (_place, store) = store(on).await;
    let told = async || number(&store, "SELECT count(*) AS n FROM notices").await;
    let find = async |held: &[String]| {
        let run = checked(&store).await;
        let freeze = Freeze {
            artifacts: &[artifact("monthly_2026-10.csv", "a,b\r\n")],
            parcels: &[],
            notices: &[],
            generated_at: noon(),
            held,
            measured: None,
        };
        let along = Along {
            alerts: vec![alert("budget/x/2026-10/over")],
            ..Along::default()
        };
        store.freeze_with(&run, freeze, along, noon()).await.unwrap();
        run
    };
    let held = find(&["too few rows".into()]).await;
    assert_eq!(told().await, 1, "whoever decides about it hears at once");
    // Somebody lets it go: it is told.
    store.approve(&held.run_id, noon()).await.unwrap();
    find(&[]).await;
    assert_eq!(told().await, 1);
    execute(&store, "UPDATE runs SET state = 'held'").await;
    find(&[]).await;
    assert_eq!(told().await, 2, "nobody has let it go");
    find(&[]).await;
    assert_eq!(told().await, 2);
}

async fn a_run_that_lost_its_lease_moves_no_rule_and_alerts_nobody(on: On) {
    let (_place, store) = store(on).await;
    let run = checked(&store).await;
    let lost = Run {
        fence: run.fence - 1,
        ..run.clone()
    };
    let along = Along {
        rules: vec![moved("a", &run, None)],
        alerts: vec![alert("x")],
        ..Along::default()
    };
    let stale = freeze_along(&store, &lost, along).await;
    assert!(matches!(stale, Err(StoreError::Stale { .. })), "{stale:?}");
    assert!(store.rules("monthly", &[]).await.unwrap().is_empty());
    assert_eq!(number(&store, "SELECT count(*) AS n FROM alerts").await, 0);
    assert_eq!(number(&store, "SELECT count(*) AS n FROM notices").await, 0);
}

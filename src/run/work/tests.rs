//! What a worker makes of a run, on a clock that stands still until it is told otherwise.

use super::shop::{DUE, Shop, WAITS};
use super::*;
use crate::schedule::clock::Clock as _;

mod again;
mod ends;
mod sending;

#[tokio::test]
async fn late_data_are_waited_for_go_out_provisional_and_then_final() {
    let shop = Shop::open(WAITS).await;
    shop.usage_to("2026-10-29");
    shop.fall_due().await;
    assert_eq!(shop.work_at(DUE).await, 1);
    assert_eq!(shop.states().await, [(1, RunState::Queued)]);
    assert!(
        !shop.runs().await[0].home.join("snapshot").exists(),
        "a look leaves nothing behind"
    );
    assert_eq!(
        shop.work_at("2026-11-02T06:14:59Z").await,
        0,
        "it looks every quarter of an hour"
    );
    assert_eq!(shop.work_at("2026-11-02T06:15:00Z").await, 1);
    let news = shop.news().await;
    assert_eq!(news.len(), 1, "told once: {news:?}");
    assert!(
        news[0].text.contains("`usage` reaches only to 2026-10-29"),
        "{news:?}"
    );

    // The job's patience is over.
    assert_eq!(shop.work_at("2026-11-02T08:00:00Z").await, 1);
    assert_eq!(
        shop.states().await,
        [(1, RunState::Delivered), (2, RunState::Queued)]
    );
    let csv = shop.dropped("monthly_2026-10.csv");
    assert!(
        csv.contains(",43.5,provisional,") && !csv.contains(",ok,"),
        "{csv}"
    );
    let notices = shop.runs().await[0].notices.join(" ");
    assert!(
        notices.contains("The data of usage reach only to 2026-10-29, and the period goes to 2026-10-31"),
        "{notices}"
    );

    assert_eq!(
        shop.work_at("2026-11-02T13:59:59Z").await,
        0,
        "then every six hours"
    );
    assert_eq!(shop.work_at("2026-11-02T14:00:00Z").await, 1);
    assert_eq!(shop.states().await[1], (2, RunState::Queued));
    shop.usage_to("2026-10-31");
    assert_eq!(shop.work_at("2026-11-02T20:00:00Z").await, 1);
    assert_eq!(
        shop.states().await,
        [(1, RunState::Delivered), (2, RunState::Delivered)]
    );
    let csv = shop.dropped("monthly_2026-10_r2.csv");
    assert!(csv.contains(",ok,") && !csv.contains("provisional"), "{csv}");
    assert!(!shop.runs().await[1].notices.join(" ").contains("provisional"));
    assert_eq!(
        shop.work_at("2027-01-01T00:00:00Z").await,
        0,
        "and that is the end of it"
    );
    assert!(shop.news().await.is_empty());
    assert!(
        crate::run::replay::replay(&shop.engine.store, &shop.runs().await[0].run_id)
            .await
            .unwrap()
            .identical()
    );
}

#[tokio::test]
async fn data_that_never_come_end_the_looking_and_the_owner_hears_once() {
    let shop = Shop::open(WAITS).await;
    shop.usage_to("2026-09-30");
    shop.fall_due().await;
    for instant in [DUE, "2026-11-02T08:00:00Z", "2026-12-03T07:59:00Z"] {
        assert_eq!(shop.work_at(instant).await, 1, "{instant}");
    }
    shop.news().await;
    assert_eq!(
        shop.states().await,
        [(1, RunState::Delivered), (2, RunState::Queued)]
    );
    // A source that cannot be had at one look is no reason to stop looking; at the last it is.
    std::fs::remove_file(shop.folder.path().join("usage.csv")).unwrap();
    assert_eq!(shop.work_at("2026-12-03T08:00:00Z").await, 1);
    assert_eq!(shop.states().await[1], (2, RunState::Failed));
    let news = shop.news().await;
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(
        news[0].text.starts_with("A provisional report went out"),
        "{news:?}"
    );
    assert_eq!(shop.work_at("2027-12-01T00:00:00Z").await, 0);
    assert_eq!(shop.files().len(), 2, "the provisional one and its manifest");
}

#[tokio::test]
async fn a_look_that_fails_is_made_again_and_the_last_one_says_what_is_missing() {
    let shop = Shop::open(WAITS).await;
    shop.usage_to("2026-10-30");
    shop.fall_due().await;
    shop.work_at(DUE).await;
    shop.work_at("2026-11-02T08:00:00Z").await;
    std::fs::remove_file(shop.folder.path().join("usage.csv")).unwrap();
    shop.work_at("2026-11-02T14:00:00Z").await;
    assert_eq!(shop.states().await[1], (2, RunState::Queued));
    shop.usage_to("2026-10-30");
    shop.news().await;
    assert_eq!(shop.work_at("2026-12-10T00:00:00Z").await, 1);
    assert_eq!(shop.states().await[1], (2, RunState::Failed));
    let (run, news) = (shop.runs().await.remove(1), shop.news().await);
    let said = run.error.unwrap();
    assert!(
        said.contains("never came: `usage` reaches only to 2026-10-30"),
        "{said}"
    );
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(
        news[0].text.contains("`reportwire run monthly --period 2026-10`"),
        "{news:?}"
    );
}

#[tokio::test]
async fn who_makes_a_newer_revision_by_hand_needs_no_second_one() {
    let shop = Shop::open(WAITS).await;
    shop.usage_to("2026-10-30");
    shop.fall_due().await;
    shop.work_at(DUE).await;
    shop.work_at("2026-11-02T08:00:00Z").await;
    shop.usage_to("2026-10-31");
    let request = crate::run::RunRequest {
        job: "monthly".into(),
        period: Some("2026-10".into()),
        ..crate::run::RunRequest::default()
    };
    crate::run::perform::run(&shop.engine, &request, &Silent)
        .await
        .unwrap();
    shop.work_at("2026-11-02T14:00:00Z").await;
    assert_eq!(
        shop.states().await,
        [
            (1, RunState::Delivered),
            (2, RunState::Failed),
            (3, RunState::Delivered)
        ]
    );
    assert!(
        shop.runs().await[1]
            .error
            .as_ref()
            .unwrap()
            .contains("revision 3 went out")
    );
    assert!(
        !shop.files().iter().any(|name| name.contains("_r2")),
        "{:?}",
        shop.files()
    );
    assert!(
        shop.news()
            .await
            .iter()
            .all(|notice| notice.text.starts_with("The report waits"))
    );
}

#[tokio::test]
async fn a_held_run_stays_held_over_restarts_and_its_release_sends_exactly_what_was_frozen() {
    let shop = Shop::with_a_leap().await;
    let before = shop.files();
    assert_eq!(shop.work_at(DUE).await, 1);
    let held = shop.october().await.remove(0);
    assert_eq!(held.state, RunState::Held);
    assert!(
        held.held[0].contains("`max_change` allows 50 %"),
        "{:?}",
        held.held
    );
    let (news, id) = (shop.news().await, held.run_id.clone());
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(
        news[0].text.contains(&format!("`reportwire approve {id}`")),
        "{news:?}"
    );
    let frozen: Vec<String> = shop.hashes(&id).await;

    let shop = shop.restarted().await;
    for instant in [
        "2026-11-02T06:00:01Z",
        "2026-11-09T00:00:00Z",
        "2030-01-01T00:00:00Z",
    ] {
        assert_eq!(shop.work_at(instant).await, 0, "{instant}");
    }
    assert_eq!(
        (shop.files(), shop.october().await[0].state),
        (before, RunState::Held)
    );

    let store = &shop.engine.store;
    store.approve(&id, shop.clock.now()).await.unwrap();
    assert_eq!(shop.work_at("2030-01-01T00:00:01Z").await, 1);
    assert_eq!(shop.october().await[0].state, RunState::Delivered);
    assert_eq!(shop.hashes(&id).await, frozen);
    for row in store.deliveries(&id).await.unwrap() {
        let bytes = std::fs::read(shop.folder.path().join("drop").join(&row.recipient)).unwrap();
        assert_eq!(crate::source::snapshot::hex_sha256(&bytes), row.sha256);
    }
    let again = store.approve(&id, shop.clock.now()).await.unwrap_err();
    assert!(matches!(again, StoreError::NotHeld { .. }), "{again}");
}

#[tokio::test]
async fn a_newer_revision_that_went_out_keeps_the_older_from_being_released() {
    let shop = Shop::with_a_leap().await;
    shop.work_at(DUE).await;
    let first = shop.october().await.remove(0);
    let second = shop.run("2026-10").await;
    assert_eq!((second.revision, second.state), (2, RunState::Held));
    shop.usage("2026-10-31", "1.60");
    let third = shop.run("2026-10").await;
    assert_eq!((third.revision, third.state), (3, RunState::Delivered));
    let (store, files) = (&shop.engine.store, shop.files());
    for held in [&first, &second] {
        let error = store.approve(&held.run_id, shop.clock.now()).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Overtaken { revision: 3, .. }),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains("`reportwire run monthly --period 2026-10`"),
            "{error}"
        );
    }
    assert_eq!(shop.work_at("2026-11-03T00:00:00Z").await, 0);
    assert_eq!(shop.files(), files);
    assert!(store.audits(&first.run_id).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_gate_holds_on_the_path_of_a_scheduled_run() {
    for (gates, says) in [
        ("gates = { min_rows = 1000 }", "`min_rows` expects at least 1000"),
        ("gates = { complete = true }", "`complete` expects every source"),
    ] {
        let shop = Shop::open(gates).await;
        // October is not there at all: no row, no figure.
        shop.usage_to("2026-09-30");
        shop.fall_due().await;
        shop.work_at(DUE).await;
        let run = shop.october().await.remove(0);
        assert_eq!(run.state, RunState::Held, "{gates}: {:?}", run.error);
        assert!(run.held[0].contains(says), "{:?}", run.held);
        assert!(shop.files().is_empty());
    }
}

#[tokio::test]
async fn that_a_job_works_again_is_told_once() {
    let shop = Shop::open("").await;
    shop.fall_due().await;
    shop.work_at(DUE).await;
    let mut kinds = Vec::new();
    for (period, due) in [
        ("2026-11", "2026-12-02T06:00:00Z"),
        ("2026-12", "2027-01-02T06:00:00Z"),
        ("2027-01", "2027-02-02T06:00:00Z"),
    ] {
        kinds.extend(shop.news().await.into_iter().map(|notice| notice.kind.key()));
        shop.usage_to("2027-01-31");
        shop.fall_due_for(period, due).await;
        assert_eq!(shop.work_at(due).await, 1);
    }
    kinds.extend(shop.news().await.into_iter().map(|notice| notice.kind.key()));
    assert_eq!(kinds, ["failed", "recovered"]);
}

#[tokio::test]
async fn what_the_service_gives_up_of_a_run_by_hand_is_told_once() {
    let shop = Shop::open("").await;
    shop.usage_to("2026-10-31");
    std::fs::write(shop.folder.path().join("drop"), "no folder").unwrap();
    shop.run("2026-10").await;
    // As if the folder had not answered while the command looked.
    let waits = "UPDATE deliveries SET state = 'retry_wait', next_attempt_at = '2026-11-02T06:00:00.000000Z'";
    crate::run::store::testing::execute(&shop.engine.store, waits).await;
    assert_eq!(shop.work_at(DUE).await, 1);
    assert_eq!(shop.states().await, [(1, RunState::Failed)]);
    let news = shop.news().await;
    let dead = news.iter().filter(|notice| notice.kind.key() == "dead").count();
    assert_eq!((dead, news.len()), (2, 2), "the file and its manifest: {news:#?}");
}

#[tokio::test]
async fn a_disk_of_our_own_that_is_full_fails_no_run() {
    let shop = Shop::open("").await;
    shop.usage_to("2026-10-31");
    shop.fall_due().await;
    // A full device in the place of the list of answers.
    let list = shop.runs().await[0].home.join("snapshot/usage");
    std::fs::create_dir_all(&list).unwrap();
    std::os::unix::fs::symlink("/dev/full", list.join("answers.jsonl")).unwrap();
    let error = shop.try_at(DUE).await.unwrap_err();
    assert!(error.may_pass(), "{error}");
    let run = shop.runs().await.remove(0);
    assert_eq!((run.state, run.error), (RunState::Queued, None));
    assert!(
        !run.home.join("snapshot").exists(),
        "what it had written makes room"
    );
    assert!(shop.news().await.is_empty());
    assert_eq!(shop.work_at("2026-11-02T06:04:59Z").await, 0);
    assert_eq!(shop.work_at("2026-11-02T06:05:00Z").await, 1);
    assert_eq!(shop.states().await, [(1, RunState::Delivered)]);
}

#[tokio::test]
async fn a_disk_that_stays_full_for_one_run_is_told_once() {
    let shop = Shop::open("").await;
    shop.usage_to("2026-10-31");
    shop.fall_due().await;
    for minute in (0..60).step_by(5) {
        let run = shop.runs().await.remove(0);
        let home = shop.engine.store.data_dir().join("runs").join(&run.run_id);
        let take = run.fence + 1;
        let home = if take == 1 {
            home
        } else {
            home.join(format!("take-{take}"))
        };
        let list = home.join("snapshot/usage");
        std::fs::create_dir_all(&list).unwrap();
        std::os::unix::fs::symlink("/dev/full", list.join("answers.jsonl")).unwrap();
        let error = shop
            .try_at(&format!("2026-11-02T06:{minute:02}:00Z"))
            .await
            .unwrap_err();
        assert!(error.may_pass(), "{error}");
    }
    let news = shop.news().await;
    assert!(
        news.len() == 1 && news[0].text.starts_with("The report is not made yet"),
        "{news:?}"
    );
}

#[tokio::test]
async fn a_full_disk_is_no_reason_to_leave_a_source_out() {
    let shop = Shop::open("allow_partial = true").await;
    shop.usage_to("2026-10-31");
    shop.fall_due().await;
    let list = shop.runs().await[0].home.join("snapshot/usage");
    std::fs::create_dir_all(&list).unwrap();
    std::os::unix::fs::symlink("/dev/full", list.join("answers.jsonl")).unwrap();
    let error = shop.try_at(DUE).await.unwrap_err();
    assert!(error.may_pass(), "{error}");
    assert!(shop.files().is_empty());
}

#[tokio::test]
async fn readers_of_a_chat_see_first_that_a_report_is_provisional() {
    let shop = Shop::open(WAITS).await;
    shop.usage_to("2026-10-29");
    let request = crate::run::RunRequest {
        job: "monthly".into(),
        period: Some("2026-10".into()),
        ..crate::run::RunRequest::default()
    };
    let out = shop.folder.path().join("out");
    let plan = &shop.engine.plan;
    let shown = crate::run::perform::preview(plan, &shop.clock, &request, &out, &Silent).await;
    let said = shown.unwrap().digest.notices;
    assert!(said[0].starts_with("Provisional: complete up to"), "{said:?}");
    let named = |it: &String| it.contains("The data of usage reach only to 29 October 2026");
    assert!(said.iter().any(named), "{said:?}");
}

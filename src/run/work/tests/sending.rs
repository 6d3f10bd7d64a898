//! Which reports go out: rules and `send` on the path of a scheduled run.

use super::*;
use crate::delivery::BulletinKind;
use crate::run::replay;

const ABOVE: &str = "when = [{ above = 50 }]";

#[tokio::test]
async fn a_rule_lets_a_scheduled_report_out_and_the_next_stays_at_home_after_a_restart_too() {
    let shop = Shop::open(ABOVE).await;
    // 46.50 in October.
    shop.usage("2026-10-31", "1.50");
    shop.fall_due().await;
    assert_eq!(shop.work_at(DUE).await, 1);
    let run = shop.runs().await.remove(0);
    assert_eq!(run.state, RunState::Delivered);
    let why = "Nothing was sent, since no rule (`when`) newly holds: total cost is EUR 46.5, not above 50.";
    assert_eq!(run.unsent.as_deref(), Some(why));
    assert!(shop.files().is_empty());
    assert!(
        shop.news().await.is_empty(),
        "that is no trouble, and no recovery"
    );

    shop.usage("2026-12-31", "2.00");
    shop.fall_due_for("2026-11", "2026-12-02T06:00:00Z").await;
    assert_eq!(shop.work_at("2026-12-02T06:00:00Z").await, 1);
    assert_eq!(shop.files().len(), 2);
    assert!(shop.dropped("monthly_2026-11.csv").contains(",60,"));

    let shop = shop.restarted().await;
    shop.fall_due_for("2026-12", "2027-01-02T06:00:00Z").await;
    assert_eq!(shop.work_at("2027-01-02T06:00:00Z").await, 1);
    assert_eq!(shop.files().len(), 2, "it held before");
    let december = shop
        .engine
        .store
        .runs(&crate::run::store::RunFilter::default(), 1)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(december.period_id, "2026-12");
    assert!(december.unsent.unwrap().contains("above 50, as it was before"));
    // A month of long ago is judged by itself, and arms nothing.
    let august = shop.run("2026-08").await;
    assert_eq!((august.unsent, shop.files().len()), (None, 4), "62 are above 50");
    let again = shop.run("2026-12").await;
    assert!(again.unsent.is_some());
    let same = replay::replay(&shop.engine.store, &again.run_id).await.unwrap();
    assert!(same.identical(), "{same:?}");
}

#[tokio::test]
async fn a_rule_that_cannot_be_judged_is_told_once_and_sends_nothing() {
    let shop = Shop::open("when = [{ metric = \"average_request_time\", above = 5 }]").await;
    shop.usage("2026-12-31", "1.50");
    shop.fall_due().await;
    shop.work_at(DUE).await;
    let run = shop.runs().await.remove(0);
    let notice = "A rule of this report cannot be judged: average request time is not known";
    assert!(run.notices.iter().any(|it| it.starts_with(notice)), "{run:?}");
    assert!(run.unsent.is_some() && shop.files().is_empty());
    let news = shop.news().await;
    assert_eq!(news.len(), 1, "{news:?}");
    assert_eq!(news[0].kind, BulletinKind::Alert);
    assert!(
        news[0].text.contains("average request time is not known"),
        "{news:?}"
    );
    shop.fall_due_for("2026-11", "2026-12-02T06:00:00Z").await;
    shop.work_at("2026-12-02T06:00:00Z").await;
    assert!(shop.news().await.is_empty(), "told once");
}

#[tokio::test]
async fn what_goes_out_to_nobody_is_not_held_and_what_is_held_is_compared_with_nothing() {
    let shop = Shop::open("send = \"if_data\"\ngates = { min_rows = 40 }").await;
    shop.usage("2026-10-31", "1.50");
    let empty = shop.run("2026-05").await;
    assert_eq!((empty.state, empty.held.len()), (RunState::Delivered, 0));
    assert!(empty.unsent.is_some());
    let held = shop.run("2026-10").await;
    assert_eq!((held.state, &held.unsent), (RunState::Held, &None));
    let store = &shop.engine.store;
    // A newer one that went out to nobody keeps no older one from being released.
    shop.usage("2026-07-31", "1.50");
    let newer = shop.run("2026-10").await;
    assert_eq!((newer.revision, newer.unsent.is_some()), (2, true));
    store.approve(&held.run_id, shop.clock.now()).await.unwrap();
    crate::run::resend::resend(&shop.engine, &held.run_id, &[], std::time::Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(
        shop.files(),
        ["monthly_2026-10.csv", "monthly_2026-10.manifest.json"]
    );
}

#[tokio::test]
async fn a_final_report_that_is_unchanged_goes_out_unless_only_changes_are_wanted() {
    for (send, revisions) in [("", 2), ("send = \"if_changed\"", 1)] {
        let shop = Shop::open(&format!("{WAITS}\n{send}")).await;
        shop.usage_to("2026-10-30");
        shop.fall_due().await;
        shop.work_at(DUE).await;
        shop.work_at("2026-11-02T08:00:00Z").await;
        assert_eq!(shop.files().len(), 2, "provisional");
        // The last day is over, and there was nothing on it.
        let path = shop.folder.path().join("usage.csv");
        let text = std::fs::read_to_string(&path).unwrap();
        let last = "2026-11-01,p-1,Support,u-1,Ana,m,chat,10,0,100,50,1.50,EUR\n";
        std::fs::write(&path, text + last).unwrap();
        assert_eq!(shop.work_at("2026-11-02T14:00:00Z").await, 1);
        assert_eq!(shop.states().await[1], (2, RunState::Delivered));
        let last = shop.runs().await.remove(1);
        let restates = last
            .notices
            .iter()
            .find(|it| it.contains("Compared with revision 1"));
        assert!(restates.unwrap().contains("which was not final"), "{restates:?}");
        assert_eq!(shop.files().len(), 2 * revisions, "{:?}", last.notices);
    }
}

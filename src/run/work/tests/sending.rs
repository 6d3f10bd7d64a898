//! Which reports go out: rules and `send` on the path of a scheduled run.

use super::*;
use crate::config::plan::Gates;
use crate::delivery::{Bulletin, BulletinKind, Edition, Parcel, Receipt};
use crate::report::rules::RuleState;
use crate::run::replay;
use crate::run::store::testing::{artifact, checked};
use crate::run::store::{Along, Freeze, RuleMove};
use async_trait::async_trait;
use std::sync::atomic::{AtomicU32, Ordering};

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

#[tokio::test]
async fn the_final_report_follows_a_provisional_one_though_its_rule_held_before() {
    let shop = Shop::open(&format!("{WAITS}\nwhen = [{{ above = 40 }}]")).await;
    shop.usage_to("2026-10-30");
    shop.fall_due().await;
    shop.work_at(DUE).await;
    shop.work_at("2026-11-02T08:00:00Z").await;
    assert_eq!(shop.files().len(), 2, "provisional");
    shop.usage_to("2026-11-01");
    assert_eq!(shop.work_at("2026-11-02T14:00:00Z").await, 1);
    // Each is as old as its data, however long it waited for them.
    let runs = shop.runs().await;
    let generated: Vec<_> = runs.iter().filter_map(|run| run.generated_at).collect();
    let waited = ["2026-11-02T08:00:00Z", "2026-11-02T14:00:00Z"];
    assert_eq!(
        generated,
        waited.map(|at| at.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
    );
    assert_eq!((runs[1].state, &runs[1].unsent), (RunState::Delivered, &None));
    assert_eq!(shop.files().len(), 4);
}

#[tokio::test]
async fn what_somebody_runs_besides_uses_up_no_rule_of_the_schedule() {
    let shop = Shop::open(ABOVE).await;
    shop.usage("2026-10-31", "2.00");
    for period in ["2026-Q3", "2026", "2026-10-01..2026-10-30"] {
        assert_eq!(shop.run(period).await.unsent, None, "{period}");
        assert!(shop.engine.store.rules("monthly", &[]).await.unwrap().is_empty());
    }
    shop.fall_due().await;
    shop.work_at(DUE).await;
    let october = shop.october().await.remove(0);
    assert_eq!((october.state, &october.unsent), (RunState::Delivered, &None));
    let states = shop.engine.store.rules("monthly", &[]).await.unwrap();
    assert_eq!(states[0].fired_by.as_ref(), Some(&october.run_id));
    // Nor does a run without the rule forget it.
    let shop = shop.with(|job| job.when.clear());
    shop.run("2026-10").await;
    assert_eq!(shop.engine.store.rules("monthly", &[]).await.unwrap(), states);
}

#[tokio::test]
async fn a_rule_whose_report_a_gate_has_held_fires_again() {
    let shop = Shop::open(&format!("{ABOVE}\ngates = {{ min_rows = 40 }}")).await;
    shop.usage("2026-10-31", "2.00");
    shop.fall_due().await;
    shop.work_at(DUE).await;
    assert_eq!(shop.states().await, [(1, RunState::Held)]);
    let shop = shop.with(|job| job.gates = Gates::default());
    let again = shop.run("2026-10").await;
    assert_eq!((again.state, again.unsent), (RunState::Delivered, None));
    assert_eq!(shop.files().len(), 2);
    let notice = "No earlier revision of this report is known to have reached its readers";
    assert!(
        again.notices.iter().any(|it| it.starts_with(notice)),
        "{:?}",
        again.notices
    );
}

#[tokio::test]
async fn a_rule_has_fired_once_the_report_that_a_gate_held_is_let_go() {
    let shop = Shop::open(&format!("{ABOVE}\ngates = {{ min_rows = 40 }}")).await;
    shop.usage("2026-12-31", "2.00");
    shop.fall_due().await;
    shop.work_at(DUE).await;
    let held = shop.october().await.remove(0);
    assert_eq!(held.state, RunState::Held);
    let fired_by = async |shop: &Shop| {
        shop.engine.store.rules("monthly", &[]).await.unwrap()[0]
            .fired_by
            .clone()
    };
    assert_eq!(fired_by(&shop).await, None, "nobody has it");
    let store = &shop.engine.store;
    store.approve(&held.run_id, shop.clock.now()).await.unwrap();
    crate::run::resend::resend(&shop.engine, &held.run_id, &[], std::time::Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(fired_by(&shop).await.as_ref(), Some(&held.run_id));
    let shop = shop.with(|job| job.gates = Gates::default());
    shop.fall_due_for("2026-11", "2026-12-02T06:00:00Z").await;
    shop.work_at("2026-12-02T06:00:00Z").await;
    let runs = shop.runs().await;
    let november = runs.iter().find(|run| run.period_id == "2026-11").unwrap();
    assert!(
        november.unsent.as_ref().unwrap().contains("as it was before"),
        "{november:?}"
    );
}

#[tokio::test]
async fn what_no_gate_has_let_through_is_no_norm() {
    let shop = Shop::open("send = \"if_data\"\ngates = { max_change = 50, norm = 2, min_rows = 1 }").await;
    shop.usage("2026-10-31", "1.50");
    let empty = shop.run("2026-05").await;
    assert!(empty.unsent.is_some());
    let october = shop.fall_due_and_take().await;
    assert!(
        shop.engine
            .store
            .norm(&october, "total_cost", 2)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn what_a_gate_holds_is_part_of_the_norm_once_it_is_let_go() {
    let shop = Shop::with_a_leap().await;
    shop.work_at(DUE).await;
    let held = shop.october().await.remove(0);
    assert_eq!(held.state, RunState::Held);
    shop.usage("2026-11-30", "15.00");
    shop.fall_due_for("2026-11", "2026-12-02T06:00:00Z").await;
    shop.clock.set("2026-12-02T06:00:00Z".parse().unwrap());
    let november = shop.taken().await;
    let norm = async || {
        let store = &shop.engine.store;
        store.norm(&november, "total_cost", 2).await.unwrap()
    };
    let money = |text: &str| text.parse::<rust_decimal::Decimal>().unwrap();
    assert_eq!(norm().await, [money("45"), money("46.5")]);
    let store = &shop.engine.store;
    store.approve(&held.run_id, shop.clock.now()).await.unwrap();
    crate::run::resend::resend(&shop.engine, &held.run_id, &[], std::time::Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(norm().await, [money("465"), money("45")]);
}

/// A way out that lets another run judge the job's rules while the parcels of this one are composed, the first so many times; the last
/// of them finds that the rule holds.
#[derive(Debug)]
struct Meddler {
    store: Store,
    times: AtomicU32,
    way: Box<dyn Delivery>,
}

impl Meddler {
    async fn meddle(&self, holds: bool) {
        let before: Option<RuleState> = self.store.rules("monthly", &[]).await.unwrap().pop();
        let run = checked(&self.store).await;
        let after = RuleState {
            rule: "total_cost above 50".into(),
            run_id: Some(run.run_id.clone()),
            period_end: Some(run.period_end),
            holds,
            ..RuleState::default()
        };
        let along = Along {
            rules: vec![RuleMove {
                rule: after.rule.clone(),
                seen: before.and_then(|before| before.run_id),
                after: Some(after),
            }],
            ..Along::default()
        };
        let freeze = Freeze {
            artifacts: &[artifact("x.csv", "a")],
            parcels: &[],
            notices: &[],
            generated_at: run.created_at,
            held: &[],
            measured: None,
        };
        self.store
            .freeze_with(&run, freeze, along, run.created_at)
            .await
            .unwrap();
    }
}

#[async_trait]
impl Delivery for Meddler {
    fn compose(&self, edition: &Edition) -> Result<Vec<Parcel>, DeliveryError> {
        let left = self.times.load(Ordering::Relaxed);
        if left > 0 {
            self.times.store(left - 1, Ordering::Relaxed);
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(self.meddle(left == 1));
            });
        }
        self.way.compose(edition)
    }

    fn compose_bulletin(&self, bulletin: &Bulletin) -> Result<Vec<Parcel>, DeliveryError> {
        self.way.compose_bulletin(bulletin)
    }

    fn host(&self) -> String {
        self.way.host()
    }

    async fn probe(&self) -> Result<(), DeliveryError> {
        self.way.probe().await
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, DeliveryError> {
        self.way.deliver(parcel).await
    }
}

/// Prepares a report of which a rule newly holds while other runs judge it so many times.
async fn prepared(times: u32) -> (Shop, Run, Result<super::Prepared, RunError>) {
    let shop = Shop::open(ABOVE).await;
    shop.usage("2026-10-31", "2.00");
    let run = shop.fall_due_and_take().await;
    let job = &shop.engine.plan.jobs["monthly"];
    let mut story = story(&shop.engine, job, &run).await.unwrap();
    let way = story.deliveries.remove("bi-drop").unwrap();
    let meddler = Meddler {
        store: shop.engine.store.clone(),
        times: AtomicU32::new(times),
        way,
    };
    story.deliveries.insert("bi-drop".into(), Box::new(meddler));
    let prepared = story.prepare(&Silent).await;
    (shop, run, prepared)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_made_anew_when_another_run_has_judged_its_rules_meanwhile() {
    let (shop, run, prepared) = prepared(1).await;
    assert!(matches!(prepared, Ok(Prepared::Frozen(_))));
    let run = shop.engine.store.run(&run.run_id).await.unwrap();
    let why = run.unsent.as_deref().unwrap();
    assert!(why.contains("above 50, as it was before"), "{why}");
    assert!(
        run.notices
            .iter()
            .all(|it| !it.starts_with("A rule of this report")),
        "{:?}",
        run.notices
    );
    assert!(
        shop.engine
            .store
            .deliveries(&run.run_id)
            .await
            .unwrap()
            .is_empty()
    );
    let states = shop.engine.store.rules("monthly", &[]).await.unwrap();
    assert_eq!(states[0].run_id.as_ref(), Some(&run.run_id), "it has judged last");
    assert!(
        replay::replay(&shop.engine.store, &run.run_id)
            .await
            .unwrap()
            .identical()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_overtaken_again_and_again_says_so() {
    let (shop, run, prepared) = prepared(100).await;
    let Err(error) = prepared else {
        panic!("it is frozen")
    };
    assert!(
        matches!(error, RunError::Store(StoreError::Outdated { .. })),
        "{error}"
    );
    assert_eq!(
        shop.engine.store.run(&run.run_id).await.unwrap().state,
        RunState::Checked
    );
}

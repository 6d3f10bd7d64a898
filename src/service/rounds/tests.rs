//! The service on a clock that stands still until it is told otherwise, without River and signals.

use super::*;
use crate::console::Phase;
use crate::delivery::BulletinKind;
use crate::run::work::shop::{self, DUE, Shop, at};
use std::sync::Mutex;

/// A service whose configuration is that of its shop, with what a test has added.
struct Stage {
    shop: Shop,
    service: Service,
    more: Arc<Mutex<String>>,
}

impl Stage {
    async fn begin(shop: Shop) -> Self {
        let was = &shop.engine;
        let engine = Engine::new(was.plan.clone(), was.store.clone(), Arc::clone(&was.clock));
        let (folder, more) = (shop.folder.path().to_owned(), Arc::<Mutex<String>>::default());
        let text = Arc::clone(&more);
        let load: Load = Box::new(move || Ok(shop::plan(&folder, &text.lock().unwrap())));
        let desk = Arc::clone(&shop.desk) as Arc<dyn Dispatch>;
        let service = Service::begin(Arc::new(Shared::new(engine)), desk, load)
            .await
            .unwrap();
        service.pulse.set_phase(Phase::Serving);
        Self { shop, service, more }
    }

    /// What comes by and by, in the order in which a leap hurts most: the ticks come before a beat has seen it.
    async fn live(&mut self) -> bool {
        self.service.look_after(Tick::Minute).await;
        self.service.look_after(Tick::Hour).await;
        self.service.beat().await
    }

    /// The configuration gets a second job, which is due every morning.
    async fn add_a_job(&mut self) {
        *self.more.lock().unwrap() =
            "[jobs.daily]\nschedule = \"0 6 * * *\"\nsources = [\"usage\"]\nperiod = \"previous_day\"\n\
             formats = [\"csv\"]\ndeliveries = [\"bi-drop\"]\n[jobs.daily.report.full]\n"
                .to_owned();
        self.service.reload().await;
    }

    async fn jobs(&self) -> Vec<String> {
        let cursors = self.shop.engine.store.cursors().await.unwrap();
        cursors.into_iter().map(|cursor| cursor.job).collect()
    }
}

#[tokio::test]
async fn a_clock_that_leaps_ten_years_and_comes_back_costs_no_file_no_job_and_no_report() {
    let mut shop = Shop::open("").await;
    shop.usage_to("2026-11-30");
    let run = shop.run("2026-10").await;
    shop.engine.plan.service.keep_snapshots = Some(Duration::from_hours(24 * 30));
    shop.engine.plan.service.keep_artifacts = Some(Duration::from_hours(24 * 365));
    let store = shop.engine.store.clone();
    let mut stage = Stage::begin(shop).await;
    assert!(stage.live().await && stage.live().await);
    let files = ["snapshot", "artifacts"].map(|folder| store.run_dir(&run.run_id).join(folder));

    stage.shop.clock.set(at("2036-11-02T06:00:00Z"));
    for _ in 0..2 {
        assert!(!stage.live().await);
        stage.add_a_job().await;
    }
    assert!(files.iter().all(|folder| folder.is_dir()), "nothing is removed");
    assert_eq!(store.last_beat().await.unwrap(), Some(at(DUE)));
    assert_eq!(stage.jobs().await, ["monthly"], "no job begins ten years ahead");
    let told: Vec<BulletinKind> = stage
        .shop
        .news()
        .await
        .into_iter()
        .map(|news| news.kind)
        .collect();
    let refused = BulletinKind::ConfigRefused;
    assert_eq!(told, [BulletinKind::ClockHeld, refused, refused]);

    stage.shop.clock.set(at("2026-11-02T06:10:00Z"));
    assert!(stage.live().await);
    stage.add_a_job().await;
    assert_eq!(stage.jobs().await, ["daily", "monthly"]);
    stage.shop.clock.advance(Duration::from_hours(24));
    assert!(stage.live().await && stage.live().await);
    let due = stage.shop.runs().await.into_iter().find(|run| run.job == "daily");
    assert_eq!(due.unwrap().period_id, "2026-11-02");
    assert_eq!(store.last_beat().await.unwrap(), Some(at("2026-11-03T06:10:00Z")));
}

//! A report that is asked for again after a newer one.

use super::*;
use crate::run::resend;
use std::time::Duration;

#[tokio::test]
async fn an_old_report_is_not_resent_after_the_new_one_and_whoever_asks_hears_why() {
    let shop = Shop::open("").await;
    shop.usage_to("2026-10-31");
    let drop = shop.folder.path().join("drop");
    std::fs::write(&drop, "no folder").unwrap();
    let first = shop.run("2026-10").await;
    assert_eq!(first.state, RunState::Failed);
    std::fs::remove_file(&drop).unwrap();
    let second = shop.run("2026-10").await;
    assert_eq!((second.revision, second.state), (2, RunState::Delivered));
    let files = shop.files();
    let named = ["bi-drop".to_owned()];
    for only in [&[][..], &named] {
        let asked = resend::resend(&shop.engine, &first.run_id, only, Duration::ZERO).await;
        let error = asked.unwrap_err();
        assert!(matches!(error, RunError::Request(_)), "{error:?}");
        let said = error.to_string();
        for words in [
            "revision 2 of the same report goes to the same readers",
            &format!("`reportwire resend {}`", second.run_id),
            "`reportwire run monthly --period 2026-10`",
        ] {
            assert!(said.contains(words), "{said}");
        }
    }
    assert_eq!(shop.files(), files);
    let newest = resend::resend(&shop.engine, &second.run_id, &[], Duration::ZERO).await;
    assert_eq!(newest.unwrap().state, RunState::Delivered);
}

/// The first is written down before the second and frozen after it.
#[test]
fn a_report_that_is_replaced_whole_reaches_nobody_and_does_not_count_as_failed() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let counted = recorder.handle();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().unwrap();
    let story = async {
        let shop = Shop::open("").await;
        shop.usage_to("2026-10-31");
        shop.fall_due().await;
        let second = shop.run("2026-10").await;
        assert_eq!((second.revision, second.state), (2, RunState::Delivered));
        let files = shop.files();
        assert_eq!(shop.work_at(DUE).await, 1);
        let states = [(1, RunState::Failed), (2, RunState::Delivered)];
        assert_eq!(shop.states().await, states);
        let first = shop.runs().await.remove(0);
        let why = "a newer revision has replaced it before anything of it was acknowledged";
        assert_eq!(first.error.as_deref(), Some(why));
        assert_eq!(shop.files(), files);
        assert!(shop.news().await.is_empty(), "nobody need do anything");
        assert!(!counted.render().contains("failed"), "{}", counted.render());

        std::fs::remove_file(shop.folder.path().join("usage.csv")).unwrap();
        let due = "2026-12-02T06:00:00Z";
        shop.fall_due_for("2026-11", due).await;
        assert_eq!(shop.work_at(due).await, 1);
        let once = "reportwire_runs_total{job=\"monthly\",state=\"failed\"} 1";
        assert!(counted.render().contains(once), "{}", counted.render());
    };
    metrics::with_local_recorder(&recorder, || runtime.block_on(story));
}

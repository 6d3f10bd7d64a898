//! Runs that are later than they should be. From the rows, so that it does not matter who should have worked on them: the owner
//! hears of each once.

use crate::config::Plan;
use crate::delivery::BulletinKind;
use crate::run::store::{Run, Store, StoreError, Tell};
use crate::run::{RunState, lease};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::collections::BTreeMap;

/// How much later than it should a run may begin or end before anybody is told.
const GRACE: TimeDelta = TimeDelta::minutes(15);

/// What counts for the runs of a job.
struct Expected {
    deadline: TimeDelta,
    owner: Vec<String>,
}

/// Tells the owners of scheduled runs that have not begun a quarter of an hour after they should have, or are under way for so
/// much longer than their job's deadline. One that waits for late data is where it should be.
pub(super) async fn look(plan: &Plan, store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    lease::fail_abandoned(store, plan, now).await?;
    let jobs: BTreeMap<String, Expected> = plan
        .jobs
        .values()
        .map(|job| {
            let expected = Expected {
                deadline: TimeDelta::from_std(job.deadline).unwrap_or(TimeDelta::days(7)),
                owner: job.owner.clone(),
            };
            (job.name.clone(), expected)
        })
        .collect();
    let judge = move |run: &Run, since| jobs.get(&run.job).and_then(|job| overdue(job, run, since, now));
    let told = store.tell_overdue(now - GRACE, judge, now).await?;
    if told > 0 {
        tracing::warn!(
            runs = told,
            "runs are later than they should be; their owners are told"
        );
    }
    Ok(())
}

/// What is to be said of a run that could begin `since`.
fn overdue(job: &Expected, run: &Run, since: DateTime<Utc>, now: DateTime<Utc>) -> Option<Tell> {
    // What somebody has released or sends again takes its time, and he sees it.
    if run.finished_at.is_some() || !run.held.is_empty() {
        return None;
    }
    let queued = run.state == RunState::Queued;
    let by = if queued { since } else { since + job.deadline };
    if now <= by + GRACE {
        return None;
    }
    let from = since.to_rfc3339_opts(SecondsFormat::Secs, true);
    let id = &run.run_id;
    let text = match run.state {
        RunState::Queued => format!(
            "The run could begin at {from} and has not begun yet: is a service at work, and are its sources free for it? \
             `reportwire runs show {id}`"
        ),
        RunState::Frozen | RunState::Delivering => format!(
            "The report is made and not delivered everywhere yet, though its time began at {from}; it is tried on. \
             `reportwire runs show {id}` says where it hangs"
        ),
        state => format!(
            "The run could begin at {from} and is not at its end after its deadline: it is {state}. `reportwire runs show {id}`"
        ),
    };
    Some(Tell {
        owner: job.owner.clone(),
        kind: BulletinKind::Late,
        job: Some(run.job.clone()),
        period: Some(run.period_id.clone()),
        run_id: Some(run.run_id.clone()),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::work::shop::{DUE, Shop, WAITS, at};
    use crate::schedule::clock::Clock as _;

    /// Looks every minute from one time to another, as the service does, and returns what the owner hears.
    async fn watch(shop: &Shop, from: &str, to: &str) -> Vec<String> {
        let mut now = at(from);
        while now <= at(to) {
            shop.clock.set(now);
            look(&shop.engine.plan, &shop.engine.store, now).await.unwrap();
            now += TimeDelta::minutes(1);
        }
        shop.news().await.into_iter().map(|notice| notice.text).collect()
    }

    #[tokio::test]
    async fn a_run_that_nobody_begins_is_told_once() {
        let shop = Shop::open("").await;
        shop.usage_to("2026-10-31");
        shop.fall_due().await;
        assert!(watch(&shop, DUE, "2026-11-02T06:15:00Z").await.is_empty());
        let news = watch(&shop, "2026-11-02T06:16:00Z", "2026-11-02T12:00:00Z").await;
        assert_eq!(news.len(), 1, "{news:#?}");
        assert!(news[0].contains("has not begun yet"), "{news:?}");
        // Whoever comes late still does it, and no word more is said.
        assert!(shop.work_at("2026-11-02T12:00:00Z").await > 0);
        assert!(
            watch(&shop, "2026-11-02T12:00:00Z", "2026-11-02T13:00:00Z")
                .await
                .is_empty()
        );
    }

    #[tokio::test]
    async fn one_that_hangs_is_told_a_quarter_of_an_hour_after_its_deadline() {
        let shop = Shop::open("deadline = \"1h\"").await;
        shop.usage_to("2026-10-31");
        shop.fall_due().await;
        let store = &shop.engine.store;
        let run = shop.runs().await.remove(0);
        let ticket = crate::run::store::Ticket {
            run_id: run.run_id.clone(),
            fence: run.fence,
            fetches: None,
        };
        let run = store.take(&ticket, shop.clock.now()).await.unwrap().unwrap();
        let (from, to) = (RunState::Queued, RunState::Fetching);
        store.advance(&run.run_id, run.fence, from, to).await.unwrap();
        assert!(watch(&shop, DUE, "2026-11-02T07:15:00Z").await.is_empty());
        let news = watch(&shop, "2026-11-02T07:16:00Z", "2026-11-02T12:00:00Z").await;
        assert_eq!(news.len(), 1, "{news:?}");
        assert!(news[0].contains("it is fetching"), "{news:?}");
    }

    #[tokio::test]
    async fn one_that_waits_for_data_is_where_it_should_be() {
        let shop = Shop::open(WAITS).await;
        shop.usage_to("2026-10-30");
        shop.fall_due().await;
        for (from, to) in [
            (DUE, "2026-11-02T06:14:00Z"),
            ("2026-11-02T06:15:00Z", "2026-11-02T06:29:00Z"),
            ("2026-11-02T08:00:00Z", "2026-11-02T13:59:00Z"),
            ("2026-11-02T14:00:00Z", "2026-11-02T19:59:00Z"),
        ] {
            assert_eq!(shop.work_at(from).await, 1, "{from}");
            let news = watch(&shop, from, to).await;
            assert!(
                news.iter().all(|text| text.starts_with("The report waits")),
                "{news:?}"
            );
        }
        // Nobody makes the final one although it is time.
        let news = watch(&shop, "2026-11-02T20:00:00Z", "2026-11-02T21:00:00Z").await;
        assert_eq!(news.len(), 1, "{news:?}");
    }

    #[tokio::test]
    async fn that_a_run_waits_is_told_although_it_began_late() {
        let shop = Shop::open(WAITS).await;
        shop.usage_to("2026-10-30");
        shop.fall_due().await;
        let news = watch(&shop, DUE, "2026-11-02T06:16:00Z").await;
        assert!(
            news.len() == 1 && news[0].contains("has not begun yet"),
            "{news:?}"
        );
        shop.work_at("2026-11-02T06:17:00Z").await;
        let news = watch(&shop, "2026-11-02T06:17:00Z", "2026-11-02T06:18:00Z").await;
        assert!(
            news.len() == 1 && news[0].starts_with("The report waits"),
            "{news:?}"
        );
    }

    #[tokio::test]
    async fn what_somebody_releases_late_is_no_alarm() {
        let shop = Shop::with_a_leap().await;
        shop.work_at(DUE).await;
        shop.news().await;
        let held = shop.october().await.remove(0);
        let later = "2026-11-09T12:00:00Z";
        shop.engine.store.approve(&held.run_id, at(later)).await.unwrap();
        assert!(watch(&shop, later, "2026-11-09T12:02:00Z").await.is_empty());
    }
}

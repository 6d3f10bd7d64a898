//! Edits of a schedule neither double nor lose a period, and make nothing up for the time before them (G8).

use super::*;

const SCHEDULES: [&str; 9] = [
    "0 7 1 * *",
    "30 6 1 * *",
    "0 11 1 * *",
    "0 0 1 * *",
    "0 23 1 * *",
    "0 7 2 * *",
    "0 7 5 * *",
    "0 7 20 * *",
    "0 23 L * *",
];
const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
];

fn monthly(schedule: &'static str, zone: &'static str) -> Job {
    Job {
        zone,
        ..job("monthly", schedule, "previous_month")
    }
}

/// How often each month was run by schedule.
async fn months(world: &World) -> BTreeMap<String, usize> {
    let periods = "SELECT period_id AS t FROM runs WHERE job = $1 AND trigger = 'schedule'";
    let mut months = BTreeMap::new();
    for period in texts(&world.store, periods, "monthly").await {
        *months.entry(period).or_default() += 1;
    }
    months
}

#[tokio::test]
async fn whenever_and_however_a_schedule_is_edited_each_month_is_run_once() {
    let mut world = World::begin(On::Sqlite, &[], "2026-09-30T12:00:00Z").await;
    let mut dice = Dice(11);
    for case in 0..cases(500, 60) {
        world.wipe().await;
        world.clock = ManualClock::at(at("2026-09-30T12:00:00Z"));
        let mut pick = |sides: usize| usize::try_from(dice.roll(sides as u64)).unwrap();
        let jobs = [(); 3].map(|()| monthly(SCHEDULES[pick(9)], ZONES[pick(6)]));
        // Each step around the end of the month, half an hour each; the second edit comes within a day of the first.
        let first = at("2026-10-30T12:00:00Z") + TimeDelta::minutes(30 * i64::try_from(pick(200)).unwrap());
        let second = first + TimeDelta::minutes(30 * i64::try_from(pick(48)).unwrap());
        let told = format!("case {case}: {first} {second} {jobs:?}");
        world.restart(&jobs[..1]).await;
        for (edited, next) in [(first, &jobs[1..2]), (second, &jobs[2..])] {
            if pick(4) == 0 {
                // Edited while the service was down, for up to three days.
                let down = TimeDelta::minutes(i64::try_from(pick(3 * 24 * 60)).unwrap());
                let from = world.clock.now().max(edited - down);
                world.live_until(from).await;
                world.clock.advance((edited - from).to_std().unwrap_or_default());
                world.restart(next).await;
            } else {
                world.live_until(edited).await;
                world.adopt(next).await;
            }
        }
        world.live_until(at("2027-01-02T12:00:00Z")).await;
        let months = months(&world).await;
        assert!(
            months.keys().all(|month| month.as_str() >= "2026-08"),
            "no flood: {months:?} {told}"
        );
        assert!(months.values().all(|times| *times == 1), "{months:?} {told}");
        for month in ["2026-10", "2026-11"] {
            assert!(months.contains_key(month), "lost {month}: {months:?} {told}");
        }
    }
}

#[tokio::test]
async fn months_that_were_lost_while_nothing_ran_are_made_good() {
    let on_the_20th = [monthly("0 7 20 * *", "UTC")];
    let mut world = World::begin(On::Sqlite, &on_the_20th, "2026-09-25T12:00:00Z").await;
    world.live_until(at("2026-10-10T12:00:00Z")).await;
    world.clock.advance(Duration::from_hours(24 * 56));
    world.restart(&[monthly("0 7 1 * *", "UTC")]).await;
    world.beat().await.unwrap();
    let months = months(&world).await;
    let expected = ["2026-09", "2026-10", "2026-11"].map(|month| (month.to_owned(), 1));
    assert_eq!(
        months,
        BTreeMap::from(expected),
        "September was promised for 20 October"
    );
}

#[tokio::test]
async fn who_edits_or_enables_a_job_again_gets_no_flood_of_what_it_would_have_run_before() {
    let rolling = |schedule| [job("rolling", schedule, "last_days:7")];
    let mut world = World::begin(On::Sqlite, &rolling("0 7 * * MON"), "2026-06-02T12:00:00Z").await;
    world.live_until(at("2026-06-05T12:00:00Z")).await;
    world.adopt(&rolling("*/5 * * * *")).await;
    world.beat().await.unwrap();
    assert_eq!(world.written("rolling").await, (vec![], vec![]));
    world.live_until(at("2026-06-05T12:10:00Z")).await;
    assert_eq!(world.written("rolling").await.0.len(), 2);
    world.adopt(&[]).await;
    world.live_until(at("2026-07-05T12:10:00Z")).await;
    world.adopt(&rolling("*/5 * * * *")).await;
    world.live_until(at("2026-07-05T12:15:00Z")).await;
    let (ran, missed) = world.written("rolling").await;
    assert_eq!((ran.len(), missed.len()), (3, 0));
    assert_eq!(number(&world.store, "SELECT count(*) AS n FROM audits").await, 1);
}

#[tokio::test]
async fn a_replica_with_an_older_file_costs_the_newer_one_no_occurrence() {
    let jobs = [
        job("old", "0 7 * * *", "previous_day"),
        job("new", "0 7 * * *", "previous_day"),
    ];
    let mut world = World::begin(On::Sqlite, &jobs, "2026-06-02T12:00:00Z").await;
    world.live_until(at("2026-06-02T18:00:00Z")).await;
    let (now, since_boot) = (world.clock.now(), world.clock.since_boot());
    let other = Heart::new(world.store.clone(), world.recorder.clone(), now, since_boot);
    let older = plan(&world.place, &world.store, &world.clock, &jobs[..1]);
    other.await.unwrap().adopt(&older).await.unwrap();
    world.live_until(at("2026-06-04T12:00:00Z")).await;
    for job in ["old", "new"] {
        let both = ["2026-06-03T07:00:00", "2026-06-04T07:00:00"].map(str::to_owned);
        assert_eq!(world.written(job).await, (both.to_vec(), vec![]), "{job}");
    }
}

/// Whoever edits a file and starts the service again has no process that knows what was there before.
#[tokio::test]
async fn an_edit_that_is_found_at_the_start_tells_what_the_schedule_meant_before() {
    let monthly = |cron: &'static str| [job("monthly", cron, "previous_month")];
    let mut world = World::begin(On::Sqlite, &monthly("0 7 1 * *"), "2026-11-01T12:00:00Z").await;
    for (cron, before, now) in [
        ("30 8 2 * *", "2026-12-01T07:00:00", "2026-11-02T08:30:00"),
        ("0 9 3 * *", "2026-11-02T08:30:00", "2026-11-03T09:00:00"),
    ] {
        world.restart(&monthly(cron)).await;
        let edit = world.store.reschedules("monthly", 1).await.unwrap().remove(0);
        let detail: serde_json::Value = serde_json::from_str(&edit.detail).unwrap();
        for (which, expected) in [("next_was", before), ("next", now)] {
            let next = detail[which].as_array().unwrap();
            assert_eq!(next.len(), 5, "{detail}");
            let first = next[0].as_str().unwrap();
            assert!(first.starts_with(expected), "{which}: {first}");
        }
    }
}

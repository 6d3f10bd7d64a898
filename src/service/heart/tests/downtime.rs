//! After downtime every slot is run or written down as missed, and the owner hears of it (G4); each with the period that it had
//! when it was due (G5).

use super::*;

/// What a job's slots are, said another way than its schedule says it.
fn asked(schedule: &str) -> fn(NaiveDateTime) -> bool {
    match schedule {
        "* * * * *" => |_| true,
        "*/30 * * * *" => |local| local.minute() % 30 == 0,
        "0 7 * * *" => |local| (local.hour(), local.minute()) == (7, 0),
        "30 8 * * MON" => {
            |local| (local.weekday(), local.hour(), local.minute()) == (chrono::Weekday::Mon, 8, 30)
        }
        "0 7 1 * *" => |local| (local.day(), local.hour(), local.minute()) == (1, 7, 0),
        other => panic!("{other}"),
    }
}

/// How many of these late slots a policy runs: those that are hardly late, and the latest within the window.
fn runs(policy: &str, slots: &[(NaiveDateTime, DateTime<Utc>)], now: DateTime<Utc>) -> usize {
    let most = match policy {
        "all" => 12,
        "latest" => 1,
        _ => 0,
    };
    let age = |slot: &(NaiveDateTime, DateTime<Utc>)| now - slot.1;
    let late: usize = slots
        .iter()
        .rev()
        .take(most)
        .filter(|it| age(it) <= TimeDelta::days(62))
        .count();
    let punctual = slots.iter().filter(|it| age(it) <= TimeDelta::minutes(5)).count();
    late.max(punctual)
}

#[tokio::test]
async fn after_an_hour_three_days_and_forty_days_everything_is_run_or_missed_and_told() {
    let down = [TimeDelta::hours(1), TimeDelta::days(3), TimeDelta::days(40)];
    let world = World::begin(On::Sqlite, &[], "2026-10-30T06:30:20Z").await;
    let mut world = world;
    for (down, policy) in down
        .iter()
        .flat_map(|down| ["all", "latest", "skip"].map(|policy| (*down, policy)))
    {
        if down.num_days() > 3 && policy != "all" && cases(1, 0) == 0 {
            continue;
        }
        world.wipe().await;
        let begun = at("2026-10-30T06:30:20Z");
        world.clock = ManualClock::at(begun);
        let mut jobs = [
            job("minute", "* * * * *", "last_days:7"),
            job("daily", "0 7 * * *", "previous_day"),
            job("monthly", "0 7 1 * *", "previous_month"),
        ];
        for job in &mut jobs {
            job.catch_up = policy;
        }
        world.restart(&jobs).await;
        world.live_until(begun + TimeDelta::minutes(2)).await;
        let stopped = world.clock.now();
        world.clock.advance(down.to_std().unwrap());
        world.restart(&jobs).await;
        world.beat().await.unwrap();
        let now = world.clock.now();
        for job in &jobs {
            let slots = walk(job.zone, stopped, now, asked(job.schedule));
            let before = walk(job.zone, begun, stopped, asked(job.schedule)).len();
            let (ran, missed) = world.written(&job.name).await;
            let told = format!("{policy} {} down {down}", job.name);
            let expected = runs(policy, &slots, now);
            assert_eq!(
                (ran.len() - before, missed.len()),
                (expected, slots.len() - expected),
                "{told}"
            );
            let mut all: Vec<String> = ran[before..].iter().chain(&missed).cloned().collect();
            all.sort();
            let mut walked: Vec<String> = slots.iter().map(|slot| written_as(slot.0)).collect();
            walked.sort();
            assert_eq!(all, walked, "{told}");
            let notices = "SELECT text AS t FROM notices WHERE kind = 'missed' AND job = $1";
            let notices = texts(&world.store, notices, &job.name).await.len();
            let pieces = slots[..slots.len() - expected].len().div_ceil(1000);
            assert_eq!(notices, pieces, "{told}: once for each piece");
        }
        let tickets = world.recorder.taken().len();
        let runs = number(&world.store, "SELECT count(*) AS n FROM runs").await;
        assert_eq!(i64::try_from(tickets).unwrap(), runs);
    }
}

#[tokio::test]
async fn a_daily_job_of_a_monthly_period_tells_of_the_month_that_it_missed() {
    let mut daily = job("daily", "0 7 * * *", "previous_month");
    daily.catch_up = "skip";
    let jobs = [daily];
    let mut world = World::begin(On::Sqlite, &jobs, "2026-10-20T12:00:00Z").await;
    world.live_until(at("2026-10-22T12:00:00Z")).await;
    world.clock.advance(Duration::from_hours(24 * 20));
    world.restart(&jobs).await;
    world.beat().await.unwrap();
    let (ran, missed) = world.written("daily").await;
    assert_eq!(
        (ran, missed),
        (
            vec!["2026-10-21T07:00:00".to_owned()],
            vec!["2026-11-01T07:00:00".to_owned()]
        )
    );
    let told = texts(
        &world.store,
        "SELECT text AS t FROM notices WHERE job = $1",
        "daily",
    )
    .await;
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("Due 2026-11-01 07:00 +01:00 and not run"),
        "{told:?}"
    );
}

#[tokio::test]
async fn random_outages_leave_nothing_unexplained() {
    let jobs = [
        job("often", "*/30 * * * *", "last_days:7"),
        job("daily", "0 7 * * *", "previous_day"),
        job("weekly", "30 8 * * MON", "previous_week"),
        job("monthly", "0 7 1 * *", "previous_month"),
    ];
    let begun = at("2026-02-03T04:05:06Z");
    let mut world = World::begin(On::Sqlite, &jobs, "2026-02-03T04:05:06Z").await;
    let mut dice = Dice(7);
    for _ in 0..cases(200, 30) {
        let up = TimeDelta::minutes(i64::try_from(dice.roll(2 * 24 * 60)).unwrap());
        world.live_until(world.clock.now() + up).await;
        let longest = [60, 3 * 24 * 60, 20 * 24 * 60][usize::try_from(dice.roll(3)).unwrap()];
        world.clock.advance(Duration::from_mins(dice.roll(longest)));
        world.restart(&jobs).await;
        // Every third time the queue is away at first.
        if dice.roll(3) == 0 {
            world
                .recorder
                .fails
                .store(true, std::sync::atomic::Ordering::Relaxed);
            drop(world.beat().await);
            world
                .recorder
                .fails
                .store(false, std::sync::atomic::Ordering::Relaxed);
        }
        world.beat().await.unwrap();
    }
    for job in &jobs {
        let slots = walk(job.zone, begun, world.clock.now(), asked(job.schedule));
        let (ran, missed) = world.written(&job.name).await;
        assert_eq!(ran.len() + missed.len(), slots.len(), "{}", job.name);
        let mut all: Vec<String> = ran.into_iter().chain(missed).collect();
        all.sort();
        let mut walked: Vec<String> = slots.iter().map(|slot| written_as(slot.0)).collect();
        walked.sort();
        assert_eq!(all, walked, "{}", job.name);
    }
    let unexplained = "SELECT count(*) AS n FROM occurrences WHERE (run_id IS NULL) = (missed IS NULL)";
    assert_eq!(number(&world.store, unexplained).await, 0);
}

/// The first and the last day of the closed period before a date, reckoned without our calendar.
fn period_before(rule: &str, date: chrono::NaiveDate) -> (chrono::NaiveDate, chrono::NaiveDate) {
    let months_back =
        |first: chrono::NaiveDate, months| first.checked_sub_months(chrono::Months::new(months)).unwrap();
    let (start, end) = match rule {
        "previous_day" => (date - TimeDelta::days(1), date),
        "previous_week" => {
            let monday = date - TimeDelta::days(date.weekday().num_days_from_monday().into());
            (monday - TimeDelta::days(7), monday)
        }
        "previous_month" => {
            let first = date.with_day(1).unwrap();
            (months_back(first, 1), first)
        }
        _ => {
            let first = date
                .with_day(1)
                .unwrap()
                .with_month0(date.month0() / 3 * 3)
                .unwrap();
            (months_back(first, 3), first)
        }
    };
    (start, end - TimeDelta::days(1))
}

#[tokio::test]
async fn however_late_a_run_reports_the_period_of_its_nominal_time() {
    let rules = [
        "previous_day",
        "previous_week",
        "previous_month",
        "previous_quarter",
    ];
    let schedules = ["0 7 * * *", "59 23 * * *", "0 0 * * *", "30 2 * * *"];
    let zones = [
        "UTC",
        "Europe/Madrid",
        "America/Nuuk",
        "Pacific/Kiritimati",
        "America/New_York",
    ];
    let world = World::begin(On::Sqlite, &[], "2026-01-01T00:00:00Z").await;
    let mut dice = Dice(5);
    let mut seen = 0;
    while seen < cases(10_000, 1_000) {
        let pick =
            |dice: &mut Dice, of: &[&'static str]| of[usize::try_from(dice.roll(of.len() as u64)).unwrap()];
        let mut job = job("late", pick(&mut dice, &schedules), pick(&mut dice, &rules));
        job.zone = pick(&mut dice, &zones);
        let plan = plan(&world.place, &world.store, &world.clock, &[job.clone()]);
        let plan = &plan.engine.plan.jobs["late"];
        let from =
            at("2026-01-01T00:00:00Z") + TimeDelta::seconds(i64::try_from(dice.roll(365 * 86_400)).unwrap());
        let delay = TimeDelta::seconds(i64::try_from(dice.roll(60 * 86_400)).unwrap());
        let cursor = Cursor {
            job: "late".to_owned(),
            schedule: String::new(),
            evaluated_until: from,
            promised: None,
        };
        for advance in calendar::advances(plan, &cursor, from + delay) {
            for occurrence in advance.occurrences {
                let period = occurrence.period.unwrap();
                let expected = period_before(job.period, occurrence.nominal.date());
                assert_eq!(
                    (period.start(), period.last_day()),
                    expected,
                    "{job:?} {from} {delay}"
                );
                seen += 1;
            }
        }
    }
}

//! A clock that is set never makes a run twice, loses one, or begins what lies in a future that cannot be (G7).

use super::*;

const DAY: i64 = 24 * 60;

#[tokio::test]
async fn whatever_the_clock_does_nothing_is_doubled_lost_or_begun_in_an_impossible_future() {
    let jobs = [
        job("open", "0 */6 * * *", "last_days:7"),
        job("daily", "0 7 * * *", "previous_day"),
    ];
    let mut world = World::begin(On::Sqlite, &[], "2026-03-01T00:00:30Z").await;
    let mut dice = Dice(3);
    for walk_number in 0..cases(2_000, 60) {
        world.wipe().await;
        let begun = at("2026-03-01T00:00:30Z");
        world.clock = ManualClock::at(begun);
        world.restart(&jobs).await;
        // What time it truly is, and how far the clock on the wall is from it, in minutes.
        let (mut truth, mut off) = (begun, 0);
        // The furthest that the wall was believed, from the truth: a leap of more than a day beyond is not.
        let (mut measure, mut last_beat) = (0, None);
        for _ in 0..15 {
            let mut roll = |sides: i64| i64::try_from(dice.roll(sides.unsigned_abs())).unwrap();
            let passes = match roll(4) {
                // Suspended, or a process that was stopped.
                0 => roll(3 * DAY),
                _ => roll(180),
            };
            off = match roll(8) {
                0 => -roll(30 * DAY),
                1 => roll(DAY),
                2 => [3 * DAY, 365 * DAY, 3650 * DAY][usize::try_from(roll(3)).unwrap()],
                3 | 4 => 0,
                _ => off,
            };
            truth += TimeDelta::minutes(passes);
            world.clock.advance(Duration::from_mins(passes.unsigned_abs()));
            world.clock.set(truth + TimeDelta::minutes(off));
            let wall = world.clock.now();
            // Whoever restarts the service while the clock is far ahead says that it is right.
            if off < DAY && roll(4) == 0 {
                world.restart(&jobs).await;
                measure = last_beat.map_or(off, |beat: DateTime<Utc>| off.max((beat - truth).num_minutes()));
            }
            let believed = off - measure <= DAY;
            assert!(off <= DAY || !believed);
            assert_eq!(
                world.beat().await.is_ok(),
                believed,
                "walk {walk_number}: {off} min off at {truth}"
            );
            if believed {
                (measure, last_beat) = (off.max(measure), last_beat.max(Some(wall)));
            }
            let latest = "SELECT max(due_at) AS t FROM occurrences WHERE job = $1";
            let horizon =
                (truth + TimeDelta::minutes(DAY)).to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
            for job in &jobs {
                assert!(
                    texts(&world.store, latest, &job.name)
                        .await
                        .iter()
                        .all(|due_at| *due_at <= horizon)
                );
            }
        }
        // The clock heals, and everything that it had promised is past.
        truth += TimeDelta::days(2);
        world.clock.advance(Duration::from_hours(48));
        world.clock.set(truth);
        if world.beat().await.is_err() {
            // Started while the clock was days behind, and healed by more than that: somebody must say that it is right.
            world.restart(&jobs).await;
            world.beat().await.unwrap();
        }
        for job in &jobs {
            let hours = if job.name == "open" { 6 } else { 24 };
            let slots = walk(job.zone, begun, truth, |local| {
                local.minute() == 0 && (local.hour() + 24 - if hours == 24 { 7 } else { 0 }) % hours == 0
            });
            let mut slots: Vec<String> = slots.iter().map(|slot| written_as(slot.0)).collect();
            slots.sort();
            slots.dedup();
            let (ran, missed) = world.written(&job.name).await;
            let mut all: Vec<String> = ran.into_iter().chain(missed).collect();
            all.sort();
            assert_eq!(all, slots, "walk {walk_number}, {}", job.name);
        }
        let doubled = "SELECT count(*) AS n FROM (SELECT job, as_of FROM runs GROUP BY job, as_of HAVING count(*) > 1) AS d";
        assert_eq!(number(&world.store, doubled).await, 0);
    }
}

#[tokio::test]
async fn the_owner_hears_once_that_the_clock_is_held_and_the_calendar_goes_on_from_where_it_was() {
    let jobs = [job("daily", "0 7 * * *", "previous_day")];
    let mut world = World::begin(On::Sqlite, &jobs, "2026-03-01T12:00:00Z").await;
    world.beat().await.unwrap();
    world.clock.set(at("2036-03-01T12:00:00Z"));
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(1));
        world.beat().await.unwrap_err();
    }
    let held = "SELECT count(*) AS n FROM notices WHERE kind = 'clock_held'";
    assert_eq!(number(&world.store, held).await, 1);
    assert_eq!(world.written("daily").await, (vec![], vec![]));
    world.clock.set(at("2026-03-02T06:30:00Z"));
    for _ in 0..2 {
        world.beat().await.unwrap();
    }
    let over = "SELECT count(*) AS n FROM notices WHERE kind = 'recovered'";
    assert_eq!(
        number(&world.store, over).await,
        1,
        "and once that it is right again"
    );
    assert_eq!(
        world.written("daily").await,
        (vec!["2026-03-02T07:00:00".to_owned()], vec![])
    );
}

#[tokio::test]
async fn two_machines_must_agree_on_the_time() {
    let jobs = [job("minute", "* * * * *", "last_days:7")];
    let mut world = World::begin(On::Postgres, &jobs, "2026-03-01T12:00:00Z").await;
    let why = world.beat().await.unwrap_err().to_string();
    assert!(why.contains("the database's"), "{why}");
    assert!(world.store.cursors().await.unwrap().is_empty(), "no job begins");
    let theirs = world.store.database_clock(world.clock.now()).await.unwrap();
    world.clock = ManualClock::at(theirs);
    world.restart(&[]).await;
    world.restart(&jobs).await;
    world.beat().await.unwrap();
    // Between two comparisons: a step is looked at when it is taken.
    world.clock.set(theirs + TimeDelta::minutes(10));
    world.beat().await.unwrap_err();
    assert_eq!(world.written("minute").await, (vec![], vec![]));
}

#[tokio::test]
async fn a_database_that_does_not_answer_says_nothing_of_the_clock() {
    let mut world = World::begin(On::Postgres, &[], "2026-03-01T12:00:00Z").await;
    let theirs = world.store.database_clock(world.clock.now()).await.unwrap();
    world.clock = ManualClock::at(theirs);
    world.restart(&[]).await;
    world.beat().await.unwrap();
    take_away(&world.store).await;
    // The two clocks are compared again.
    world.clock.advance(COMPARED);
    let why = world.beat().await.unwrap_err();
    assert!(matches!(why, Halt::Store(_)), "{why}");
    assert_eq!(world.heart.held, None, "nobody is told to look at the clock");
}

//! Due times against an independent oracle: a walk over every minute around every change of clocks.
//!
//! The oracle knows no gaps, overlaps or patterns' next times. It looks at a wall clock minute by minute: a named time
//! is due when the clock first reaches or passes it, a schedule of elapsed time whenever the clock shows it.

use crate::config::plan::{CalendarUnit, DayRule, Rule, Schedule};
use crate::period::Calendar;
use crate::schedule::cadence::{next_due, parse_cron};
use crate::schedule::wall::{ClockChange, WallTime, clock_changes};
use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc, Weekday,
};
use chrono_tz::{TZ_VARIANTS, Tz};
use std::collections::{BTreeSet, HashSet};

/// A schedule, whether it follows elapsed time, and whether it asks for a local minute.
type Case = (Schedule, bool, Box<dyn Fn(NaiveDateTime) -> bool>);

fn cron(text: &str, elapsed: bool) -> Case {
    let pattern = std::sync::Arc::new(parse_cron(text).unwrap());
    let asks = pattern.clone();
    let rule = Rule::Cron {
        text: text.to_owned(),
        pattern,
    };
    (
        rule.into(),
        elapsed,
        Box::new(move |local| asks.is_time_matching(&local).unwrap()),
    )
}

fn time(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
}

fn cases() -> Vec<Case> {
    let named = [
        "0 0 * * *",
        "15 0 * * *",
        "30 1 * * *",
        "0 2 * * *",
        "30 2 * * *",
        "59 2 * * *",
        "0 3 * * *",
        "59 23 * * *",
        "0 7 * * *",
        "45 1,2,3 * * *",
        "*/20 2 * * *",
        "10,50 0-3 * * *",
        "59 23 * * SAT",
        "0 0 * * SUN",
        "59 23 L * *",
        "30 2 LW * *",
        "15 2 * * SUN#L",
    ];
    let elapsed = ["0 * * * *", "*/30 * * * *", "7 */2 * * *", "*/7 * * * SUN"];
    let mut cases: Vec<Case> = named.map(|text| cron(text, false)).into();
    cases.extend(elapsed.map(|text| cron(text, true)));
    cases.push((
        Rule::Every {
            unit: CalendarUnit::Week,
            day: DayRule::Weekday(Weekday::Sun),
            at: time(2, 15),
        }
        .into(),
        false,
        Box::new(|local| local.weekday() == Weekday::Sun && local.time() == time(2, 15)),
    ));
    cases.push((
        Rule::Every {
            unit: CalendarUnit::Day,
            day: DayRule::Nth(1),
            at: time(23, 30),
        }
        .into(),
        false,
        Box::new(|local| local.time() == time(23, 30)),
    ));
    cases.push((
        Rule::BusinessDay {
            nth: 1,
            of: CalendarUnit::Month,
            at: time(0, 30),
            holidays: BTreeSet::new(),
        }
        .into(),
        false,
        // The first business day is the 1st, or the Monday that follows a weekend.
        Box::new(|local| {
            let first = local.day() == 1 && local.weekday().num_days_from_monday() < 5;
            let monday = local.weekday() == Weekday::Mon && (2..=3).contains(&local.day());
            (first || monday) && local.time() == time(0, 30)
        }),
    ));
    cases
}

/// Cases that begin or end on the days of a change.
fn bounded(change: ClockChange) -> Vec<Case> {
    let (left, entered) = (change.start.date(), change.end.date());
    let day_after = left.succ_opt();
    [
        ("30 1 * * *", false, Some(entered), None),
        ("59 23 * * *", false, None, Some(left)),
        ("59 23 * * *", false, day_after, day_after),
        ("*/30 * * * *", true, Some(left), Some(entered)),
        ("45 1,2,3 * * *", false, Some(left), Some(left)),
    ]
    .map(|(text, elapsed, start, end)| {
        let (schedule, elapsed, asks) = cron(text, elapsed);
        let schedule = Schedule {
            start,
            end,
            ..schedule
        };
        let within = move |date: NaiveDate| {
            start.is_none_or(|start| start <= date) && end.is_none_or(|end| date <= end)
        };
        let case: Case = (
            schedule,
            elapsed,
            Box::new(move |local| within(local.date()) && asks(local)),
        );
        case
    })
    .into()
}

/// Every due time of the walk with the nominal time it stands for.
fn walk(
    zone: Tz,
    from: DateTime<Utc>,
    minutes: i64,
    (_, elapsed, asks): &Case,
) -> Vec<(DateTime<Utc>, NaiveDateTime)> {
    let local = |at: DateTime<Utc>| zone.from_utc_datetime(&at.naive_utc()).naive_local();
    let mut furthest = local(from);
    let mut due = Vec::new();
    for minute in 1..=minutes {
        let at = from + TimeDelta::minutes(minute);
        let shown = local(at);
        if *elapsed {
            due.extend(asks(shown).then_some((at, shown)));
            continue;
        }
        let mut reached = None;
        while furthest < shown {
            furthest += TimeDelta::minutes(1);
            reached = reached.or_else(|| asks(furthest).then_some(furthest));
        }
        due.extend(reached.map(|nominal| (at, nominal)));
    }
    due
}

/// Compares all cases around one change; `every` is the distance of the starting points in minutes.
fn compare(zone: Tz, change: ClockChange, every: usize, cases: &[Case]) -> usize {
    let at = WallTime::of(change.start, zone).unwrap().first().to_utc();
    assert_eq!(at.second(), 0, "the walk goes by minutes: {zone} {change:?}");
    let from = at - TimeDelta::hours(60);
    let mut compared = 0;
    for case in cases.iter().chain(&bounded(change)) {
        let oracle = walk(zone, from, 120 * 60, case);
        for start in (34 * 60..86 * 60).step_by(every) {
            let after = from + TimeDelta::minutes(start);
            let found = next_due(&case.0, "walk", zone, Calendar::years(), after);
            let found = found.map(|found| (found.at.to_utc(), found.nominal));
            match oracle.iter().find(|(at, _)| *at > after) {
                Some(expected) => assert_eq!(found, Some(*expected), "{zone} {:?} after {after}", case.0),
                // What has no end falls due after the walk.
                None => assert!(
                    found.map_or(case.0.end.is_some(), |found| found.0
                        > from + TimeDelta::hours(120)),
                    "{zone} {:?} after {after}",
                    case.0
                ),
            }
            compared += 1;
        }
    }
    compared
}

fn year(year: i32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .unwrap()
        .and_time(NaiveTime::MIN)
        .and_utc()
}

/// Around clock changes of zones with odd rules; with `REPORTWIRE_TORTURE` set (`make torture`) around every distinct change
/// of every zone from 2024 to 2036, from every minute, which takes about ten minutes on one core.
#[test]
fn due_times_around_clock_changes_are_those_of_a_walk_by_minutes() {
    if std::env::var_os("REPORTWIRE_TORTURE").is_some() {
        assert!(walk_everywhere() > 10_000_000);
        return;
    }
    let cases = cases();
    let zones = [
        (Tz::Europe__Berlin, 2026),
        (Tz::America__New_York, 2026),
        (Tz::America__Santiago, 2026),
        (Tz::Australia__Lord_Howe, 2026),
        (Tz::Pacific__Chatham, 2026),
        (Tz::America__Nuuk, 2026),
        (Tz::Africa__Casablanca, 2026),
        (Tz::Atlantic__Azores, 2026),
        (Tz::Antarctica__Troll, 2026),
        (Tz::Pacific__Apia, 2011),
    ];
    for (zone, first) in zones {
        let changes = clock_changes(zone, year(first), year(first + 1));
        assert!(changes.len() >= 2, "{zone} changes its clocks");
        for change in changes {
            assert!(compare(zone, change, 97, &cases) > 500);
        }
    }
}

/// How many due times were compared.
fn walk_everywhere() -> usize {
    let cases = cases();
    let mut seen = HashSet::new();
    let mut compared = 0;
    for zone in TZ_VARIANTS {
        for change in clock_changes(zone, year(2024), year(2037)) {
            let at = WallTime::of(change.start, zone).unwrap().first().to_utc();
            // Many zones share their changes.
            if seen.insert((at, change.start, change.end)) {
                compared += compare(zone, change, 1, &cases);
            }
        }
    }
    compared
}

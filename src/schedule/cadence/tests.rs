use super::*;
use crate::period::PeriodRule;
use chrono::Weekday::{Mon, Sun};
use chrono::{NaiveTime, TimeZone};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The job whose schedules these are.
pub(super) const JOB: &str = "monthly";

pub(super) fn cron(text: &str) -> Schedule {
    Schedule::from(Rule::Cron {
        text: text.to_owned(),
        pattern: std::sync::Arc::new(parse_cron(text).unwrap()),
    })
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn every(unit: CalendarUnit, day: DayRule, at: &str) -> Schedule {
    Schedule::from(Rule::Every {
        unit,
        day,
        at: time(at),
    })
}

fn business_day(nth: i32, of: CalendarUnit, listed: &str) -> Schedule {
    Schedule::from(Rule::BusinessDay {
        nth,
        of,
        at: time("07:00"),
        holidays: holidays(listed).unwrap(),
    })
}

pub(super) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The next due times after `after`, as `instant` or, where it is another time, `instant for nominal` (`'` for fold 1).
pub(super) fn dues(
    schedule: &Schedule,
    zone: Tz,
    calendar: Calendar,
    after: &str,
    count: usize,
) -> Vec<String> {
    upcoming(schedule, JOB, zone, calendar, instant(after), count)
        .iter()
        .map(|due| {
            let fold = if due.fold == 1 { "'" } else { "" };
            let at = due.at.format("%Y-%m-%dT%H:%M%:z");
            if due.at.naive_local() == due.nominal {
                format!("{at}{fold}")
            } else {
                format!("{at} for {}{fold}", due.nominal.format("%Y-%m-%dT%H:%M"))
            }
        })
        .collect()
}

/// Zone, pattern, start, and the two due times that follow.
const CLOCK_CHANGES: &str = "
Europe/Berlin; 30 2 * * *; 2026-03-28T12:00:00Z; 2026-03-29T03:00+02:00 for 2026-03-29T02:30, 2026-03-30T02:30+02:00
Europe/Berlin; 30 2 * * *; 2026-10-24T12:00:00Z; 2026-10-25T02:30+02:00, 2026-10-26T02:30+01:00
America/New_York; 30 2 * * *; 2027-03-13T12:00:00Z; 2027-03-14T03:00-04:00 for 2027-03-14T02:30, 2027-03-15T02:30-04:00
America/New_York; 30 1 1 * *; 2026-10-31T12:00:00Z; 2026-11-01T01:30-04:00, 2026-12-01T01:30-05:00
America/Santiago; 0 0 * * *; 2026-09-05T12:00:00Z; 2026-09-06T01:00-03:00 for 2026-09-06T00:00, 2026-09-07T00:00-03:00
America/Santiago; 30 23 * * *; 2026-04-04T12:00:00Z; 2026-04-04T23:30-03:00, 2026-04-05T23:30-04:00
Australia/Lord_Howe; 15 2 * * *; 2026-10-03T12:00:00Z; 2026-10-04T02:30+11:00 for 2026-10-04T02:15, 2026-10-05T02:15+11:00
Australia/Lord_Howe; 45 1 * * *; 2026-04-04T10:00:00Z; 2026-04-05T01:45+11:00, 2026-04-06T01:45+10:30
Pacific/Chatham; 0 3 * * *; 2026-09-26T12:00:00Z; 2026-09-27T03:45+13:45 for 2026-09-27T03:00, 2026-09-28T03:00+13:45
Pacific/Chatham; 0 3 * * *; 2026-04-04T12:00:00Z; 2026-04-05T03:00+13:45, 2026-04-06T03:00+12:45
America/Nuuk; 59 23 * * SAT; 2026-03-28T12:00:00Z; 2026-03-29T00:00-01:00 for 2026-03-28T23:59, 2026-04-04T23:59-01:00
Pacific/Apia; 0 7 * * *; 2011-12-30T00:00:00Z; 2011-12-31T00:00+14:00 for 2011-12-30T07:00, 2011-12-31T07:00+14:00
Africa/Casablanca; 30 2 * * *; 2026-02-14T12:00:00Z; 2026-02-15T02:30+01:00, 2026-02-16T02:30+00:00
Africa/Casablanca; 30 2 * * *; 2026-03-21T12:00:00Z; 2026-03-22T03:00+01:00 for 2026-03-22T02:30, 2026-03-23T02:30+01:00
";

#[test]
fn clocks_that_change_skip_no_report_and_repeat_none() {
    for row in CLOCK_CHANGES.trim().lines() {
        let [zone, pattern, after, expected] = row.split("; ").collect::<Vec<_>>().try_into().unwrap();
        let found = dues(&cron(pattern), zone.parse().unwrap(), Calendar::years(), after, 2);
        assert_eq!(found.join(", "), expected, "{row}");
    }
}

#[test]
fn patterns_of_every_hour_follow_elapsed_time() {
    let years = Calendar::years();
    let berlin = |pattern, after, count| dues(&cron(pattern), Tz::Europe__Berlin, years, after, count);
    assert_eq!(
        berlin("*/30 * * * *", "2026-10-24T23:59:00Z", 5),
        [
            "2026-10-25T02:00+02:00",
            "2026-10-25T02:30+02:00",
            "2026-10-25T02:00+01:00'",
            "2026-10-25T02:30+01:00'",
            "2026-10-25T03:00+01:00"
        ]
    );
    assert_eq!(
        berlin("0 * * * *", "2026-03-29T00:00:00Z", 2),
        ["2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"]
    );
    // Several named hours are named times all the same: none is lost, none comes twice.
    assert_eq!(
        berlin("30 1,2,3 * * *", "2026-10-24T22:00:00Z", 3),
        [
            "2026-10-25T01:30+02:00",
            "2026-10-25T02:30+02:00",
            "2026-10-25T03:30+01:00"
        ]
    );
    assert_eq!(
        berlin("*/30 2 * * *", "2026-03-29T00:00:00Z", 2),
        [
            "2026-03-29T03:00+02:00 for 2026-03-29T02:00",
            "2026-03-30T02:00+02:00"
        ]
    );
}

#[test]
fn the_nominal_date_decides_the_period() {
    let schedule = cron("59 23 * * *");
    let due = next_due(
        &schedule,
        JOB,
        Tz::America__Nuuk,
        Calendar::years(),
        instant("2026-03-28T12:00:00Z"),
    )
    .unwrap();
    let period = |date| {
        PeriodRule::PreviousDay
            .resolve(date, Calendar::years())
            .unwrap()
            .id()
            .to_owned()
    };
    assert_eq!(period(due.nominal.date()), "2026-03-27");
    assert_eq!(
        period(due.at.date_naive()),
        "2026-03-28",
        "which the date of the instant would get wrong"
    );
}

#[test]
fn cron_reads_last_days_weekdays_and_nth_weekdays() {
    for (pattern, expected) in [
        ("0 7 1 * *", ["2026-12-01T07:00+00:00", "2027-01-01T07:00+00:00"]),
        ("0 7 L * *", ["2026-11-30T07:00+00:00", "2026-12-31T07:00+00:00"]),
        ("0 7 LW * *", ["2026-11-30T07:00+00:00", "2026-12-31T07:00+00:00"]),
        (
            "0 7 15W * *",
            ["2026-12-15T07:00+00:00", "2027-01-15T07:00+00:00"],
        ),
        (
            "30 8 * * MON",
            ["2026-11-23T08:30+00:00", "2026-11-30T08:30+00:00"],
        ),
        (
            "0 7 * * FRI#2",
            ["2026-12-11T07:00+00:00", "2027-01-08T07:00+00:00"],
        ),
        (
            "0 7 * * FRI#L",
            ["2026-11-27T07:00+00:00", "2026-12-25T07:00+00:00"],
        ),
        ("0 7 31 * *", ["2026-12-31T07:00+00:00", "2027-01-31T07:00+00:00"]),
        (
            "0 7 13 * FRI",
            ["2026-11-27T07:00+00:00", "2026-12-04T07:00+00:00"],
        ),
        (
            "0 7 13 * +FRI",
            ["2027-08-13T07:00+00:00", "2028-10-13T07:00+00:00"],
        ),
        ("0 7 29 2 *", ["2028-02-29T07:00+00:00", "2032-02-29T07:00+00:00"]),
    ] {
        let found = dues(
            &cron(pattern),
            Tz::UTC,
            Calendar::years(),
            "2026-11-22T12:00:00Z",
            2,
        );
        assert_eq!(found, expected, "`{pattern}`");
    }
}

#[test]
fn other_dialects_and_patterns_that_never_fire_are_refused() {
    for (text, told) in [
        ("", "this one has 0"),
        (
            "0 0 7 1 * *",
            "five fields (minute, hour, day of month, month, day of week), this one has 6",
        ),
        ("0 0 7 1 * * 2027", "this one has 7"),
        ("@monthly", "this one has 1"),
        ("0 7 1 *", "this one has 4"),
        ("0 25 1 * *", "`0 25 1 * *` is not a cron pattern"),
        ("61 7 1 * *", "is not a cron pattern"),
        ("0 7 0 * *", "is not a cron pattern"),
        ("0 7 L-3 * *", "is not a cron pattern"),
        ("0 7 1 13 *", "is not a cron pattern"),
        ("0 7 * * MOON", "is not a cron pattern"),
        ("5/10 7 * * *", "is not a cron pattern"),
        (
            "0 9 31 2 *",
            "`0 9 31 2 *` never falls due, because no such date exists",
        ),
        ("0 9 30 2 *", "never falls due"),
        ("0 9 31 4,6,9,11 *", "never falls due"),
        ("0 9 31W 2 *", "never falls due"),
        ("0 9 1 * +MON#5", "never falls due"),
    ] {
        let error = parse_cron(text).unwrap_err().to_string();
        assert!(
            error.contains(told) && error.contains("for example"),
            "`{text}`: {error}"
        );
    }
}

/// The dates of the next three due times after noon of 22 November 2026 in Madrid.
fn dates(schedule: &Schedule, calendar: Calendar) -> String {
    let dues = upcoming(
        schedule,
        JOB,
        Tz::Europe__Madrid,
        calendar,
        instant("2026-11-22T12:00:00Z"),
        3,
    );
    assert!(
        dues.iter()
            .all(|due| due.at.naive_local() == due.nominal && due.nominal.time() == time("07:00"))
    );
    dues.iter()
        .map(|due| due.nominal.date().to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn tables_name_a_day_of_a_unit_and_stay_within_it() {
    use CalendarUnit::{Day, Month, Quarter, Week, Year};
    use DayRule::{Last, Nth, Weekday};
    for (unit, day, first_month, expected) in [
        (Day, Nth(1), 1, "2026-11-23 2026-11-24 2026-11-25"),
        (Week, Weekday(Mon), 1, "2026-11-23 2026-11-30 2026-12-07"),
        (Week, Weekday(Sun), 1, "2026-11-29 2026-12-06 2026-12-13"),
        (Week, Nth(5), 1, "2026-11-27 2026-12-04 2026-12-11"),
        (Month, Nth(1), 1, "2026-12-01 2027-01-01 2027-02-01"),
        // Beyond the end of a month: its last day.
        (Month, Nth(31), 1, "2026-11-30 2026-12-31 2027-01-31"),
        (Month, Last, 1, "2026-11-30 2026-12-31 2027-01-31"),
        (Quarter, Nth(1), 1, "2027-01-01 2027-04-01 2027-07-01"),
        (Quarter, Nth(1), 2, "2027-02-01 2027-05-01 2027-08-01"),
        (Year, Nth(5), 4, "2027-04-05 2028-04-05 2029-04-05"),
        (Year, Last, 4, "2027-03-31 2028-03-31 2029-03-31"),
    ] {
        let found = dates(&every(unit, day, "07:00"), Calendar::fiscal(first_month).unwrap());
        assert_eq!(found, expected, "{day:?} of {unit:?}, year from {first_month}");
    }
    for (day, expected) in [
        (29, "2027-02-28"),
        (30, "2027-02-28"),
        (28, "2027-02-28"),
        (27, "2027-02-27"),
    ] {
        let schedule = every(Month, Nth(day), "07:00");
        let found = dues(&schedule, Tz::UTC, Calendar::years(), "2027-02-01T00:00:00Z", 1);
        assert_eq!(found, [format!("{expected}T07:00+00:00")]);
    }
}

#[test]
fn tables_of_business_days_leave_weekends_and_holidays_out() {
    use CalendarUnit::{Month, Quarter, Year};
    for (nth, of, listed, first_month, expected) in [
        (
            3,
            Quarter,
            "2027-01-01\n2027-01-06",
            1,
            "2027-01-07 2027-04-05 2027-07-05",
        ),
        (1, Quarter, "", 2, "2027-02-01 2027-05-03 2027-08-02"),
        (-1, Month, "2026-12-31", 1, "2026-11-30 2026-12-30 2027-01-29"),
        (2, Year, "", 4, "2027-04-02 2028-04-04 2029-04-03"),
    ] {
        let found = dates(
            &business_day(nth, of, listed),
            Calendar::fiscal(first_month).unwrap(),
        );
        assert_eq!(
            found, expected,
            "business day {nth} of {of:?}, year from {first_month}"
        );
    }
}

#[test]
fn tables_cross_clock_changes_by_the_same_rule() {
    let years = Calendar::years();
    let sunday = every(CalendarUnit::Week, DayRule::Weekday(Sun), "02:30");
    assert_eq!(
        dues(&sunday, Tz::Europe__Berlin, years, "2026-03-28T00:00:00Z", 1),
        ["2026-03-29T03:00+02:00 for 2026-03-29T02:30"]
    );
    assert_eq!(
        dues(&sunday, Tz::Europe__Berlin, years, "2026-10-24T00:00:00Z", 2),
        ["2026-10-25T02:30+02:00", "2026-11-01T02:30+01:00"]
    );
}

#[test]
fn after_is_excluded_to_the_nanosecond() {
    let years = Calendar::years();
    for schedule in [
        cron("0 7 1 * *"),
        every(CalendarUnit::Month, DayRule::Nth(1), "07:00"),
    ] {
        for (after, expected) in [
            ("2026-12-01T06:59:59.999999999Z", "2026-12-01T07:00+00:00"),
            ("2026-12-01T07:00:00Z", "2027-01-01T07:00+00:00"),
            ("2026-12-01T07:00:00.000000001Z", "2027-01-01T07:00+00:00"),
        ] {
            assert_eq!(
                dues(&schedule, Tz::UTC, years, after, 1),
                [expected],
                "after {after}"
            );
        }
    }
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    let never = Schedule::from(Rule::BusinessDay {
        nth: 1,
        of: CalendarUnit::Week,
        at: time("07:00"),
        holidays: Period::parse("9999-12-01..9999-12-31", Calendar::years())
            .unwrap()
            .dates()
            .collect(),
    });
    for schedule in [
        cron("0 7 1 * *"),
        cron("* * * * *"),
        every(CalendarUnit::Year, DayRule::Last, "23:59"),
        never,
    ] {
        for after in [
            DateTime::<Utc>::MIN_UTC,
            DateTime::<Utc>::MAX_UTC,
            instant("9999-12-31T23:59:59Z"),
        ] {
            for zone in [Tz::Pacific__Kiritimati, Tz::UTC] {
                assert_eq!(
                    next_due(&schedule, JOB, zone, Calendar::years(), after),
                    None,
                    "{schedule:?} after {after}"
                );
            }
        }
    }
}

pub(super) fn any_schedule() -> impl Strategy<Value = Schedule> {
    let patterns = [
        "0 7 1 * *",
        "30 2 * * *",
        "59 23 L * *",
        "*/20 * * * *",
        "0 */3 * * SUN",
        "15 1,2 * * 1-5",
        "0 0 13 * FRI",
    ];
    let units = [
        CalendarUnit::Day,
        CalendarUnit::Week,
        CalendarUnit::Month,
        CalendarUnit::Quarter,
        CalendarUnit::Year,
    ];
    let time =
        (0..24_u32, 0..60_u32).prop_map(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0).unwrap());
    let day = prop_oneof![
        (0..400_u32).prop_map(DayRule::Nth),
        Just(DayRule::Last),
        Just(DayRule::Weekday(Sun))
    ];
    prop_oneof![
        prop::sample::select(patterns.to_vec()).prop_map(cron),
        (prop::sample::select(units.to_vec()), day, time.clone()).prop_map(|(unit, day, at)| Rule::Every {
            unit,
            day,
            at
        }
        .into()),
        (prop::sample::select(units.to_vec()), -70..70_i32, time).prop_map(|(of, nth, at)| {
            Schedule::from(Rule::BusinessDay {
                nth,
                of,
                at,
                holidays: BTreeSet::new(),
            })
        }),
    ]
}

/// Instants of 2000 to 2050, many of them near changes of clocks.
pub(super) fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    let anywhere = 946_684_800..2_524_608_000_i64;
    let near = |at: &str| instant(at).timestamp();
    let (spring, autumn) = (near("2026-03-29T01:00:00Z"), near("2026-10-25T01:00:00Z"));
    prop_oneof![
        anywhere,
        spring - 90_000..spring + 90_000,
        autumn - 90_000..autumn + 90_000
    ]
    .prop_map(|seconds| Utc.timestamp_opt(seconds, 0).unwrap())
}

pub(super) fn any_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
}

proptest! {
    #[test]
    fn due_times_only_go_forward(
        schedule in any_schedule(), zone in any_zone(), after in any_instant(), first_month in 1..=12_u32,
    ) {
        let dues = upcoming(&schedule, JOB, zone, Calendar::fiscal(first_month).unwrap(), after, 6);
        prop_assert_eq!(dues.len(), 6);
        prop_assert!(dues[0].at > after);
        for pair in dues.windows(2) {
            prop_assert!(pair[0].at < pair[1].at);
            prop_assert!((pair[0].nominal, pair[0].fold) != (pair[1].nominal, pair[1].fold));
        }
    }

    /// However late and in whatever steps the service enumerates, it finds the same occurrences, and their nominal
    /// times, which alone decide the periods. `PROPTEST_CASES=10000` is the full proof.
    #[test]
    fn a_delay_changes_no_occurrence(
        schedule in any_schedule(), zone in any_zone(), stopped in any_instant(),
        delays_minutes in prop::collection::vec(0..=60 * 24 * 60_i64, 1..4),
    ) {
        let calendar = Calendar::fiscal(4).unwrap();
        let expected = upcoming(&schedule, JOB, zone, calendar, stopped, 40);
        let mut found = Vec::new();
        let mut evaluated_until = stopped;
        for delay in delays_minutes {
            let woken = evaluated_until + TimeDelta::minutes(delay);
            let dues = upcoming(&schedule, JOB, zone, calendar, evaluated_until, 40);
            found.extend(dues.into_iter().take_while(|due| due.at <= woken));
            if found.len() >= expected.len() {
                break;
            }
            evaluated_until = woken;
        }
        if found.len() < expected.len() {
            found.extend(upcoming(&schedule, JOB, zone, calendar, evaluated_until, expected.len() - found.len()));
        }
        prop_assert_eq!(&found[..expected.len()], &expected[..]);
    }

    #[test]
    fn no_pattern_panics(text in "([0-9*/,LW#?+A-Z-]{1,6} ){4}[0-9*/,LW#?+A-Z-]{1,6}|[ -~]{0,40}") {
        if let Ok(pattern) = parse_cron(&text) {
            let schedule = Schedule::from(Rule::Cron { text, pattern: std::sync::Arc::new(pattern) });
            prop_assert!(next_due(&schedule, JOB, Tz::Europe__Berlin, Calendar::years(), instant("2026-11-22T12:00:00Z")).is_some());
        }
    }
}

//! The oracle of due times, checked by hand, and against what `jobs` shows.

use crate::oracle::{Due, Rule, due};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use serde_json::Value;

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn daily(text: &str) -> Rule {
    Rule::Daily(time(text))
}

/// What falls due on these local dates: instant with the zone's offset, nominal time, fold.
fn told(rule: Rule, zone: Tz, from: &str, to: &str) -> Vec<(String, String, u8)> {
    let tell = |due: Due| {
        let at = due.at.with_timezone(&zone).format("%m-%d %H:%M %z");
        (
            at.to_string(),
            due.nominal.format("%m-%d %H:%M").to_string(),
            due.fold,
        )
    };
    let found = due(rule, zone, instant(from), instant(to));
    found.into_iter().map(tell).collect()
}

fn check(rule: Rule, zone: Tz, (from, to): (&str, &str), expected: &[(&str, &str)]) {
    let found = told(
        rule,
        zone,
        &format!("{from}T12:00:00Z"),
        &format!("{to}T12:00:00Z"),
    );
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(at, nominal, fold)| {
            assert_eq!(*fold, 0, "a time of the day is due the first time: {rule:?}");
            (at.as_str(), nominal.as_str())
        })
        .collect();
    assert_eq!(found, expected, "{rule:?} in {zone}");
}

#[test]
fn a_time_in_a_gap_is_due_once_when_the_gap_is_over() {
    let spring = ("2026-03-28", "2026-03-29");
    check(
        daily("02:30"),
        Tz::Europe__Berlin,
        spring,
        &[("03-29 03:00 +0200", "03-29 02:30")],
    );
    check(
        daily("03:00"),
        Tz::Europe__Berlin,
        spring,
        &[("03-29 03:00 +0200", "03-29 03:00")],
    );
    check(
        daily("01:59"),
        Tz::Europe__Berlin,
        spring,
        &[("03-29 01:59 +0100", "03-29 01:59")],
    );
    check(
        daily("02:15"),
        Tz::Australia__Lord_Howe,
        ("2026-10-03", "2026-10-04"),
        &[("10-04 02:30 +1100", "10-04 02:15")],
    );
    // Midnight itself is missing.
    check(
        daily("00:00"),
        Tz::America__Santiago,
        ("2026-09-05", "2026-09-06"),
        &[("09-06 01:00 -0300", "09-06 00:00")],
    );
    // Due on the next date; the nominal date stays.
    check(
        daily("23:59"),
        Tz::America__Nuuk,
        ("2026-03-28", "2026-03-29"),
        &[("03-29 00:00 -0100", "03-28 23:59")],
    );
    // A whole day is missing.
    check(
        daily("07:00"),
        Tz::Pacific__Apia,
        ("2011-12-29", "2011-12-31"),
        &[
            ("12-29 07:00 -1000", "12-29 07:00"),
            ("12-31 00:00 +1400", "12-30 07:00"),
            ("12-31 07:00 +1400", "12-31 07:00"),
        ],
    );
}

#[test]
fn a_time_that_is_shown_twice_is_due_once_the_first_time() {
    let autumn = ("2026-10-24", "2026-10-25");
    check(
        daily("02:30"),
        Tz::Europe__Berlin,
        autumn,
        &[("10-25 02:30 +0200", "10-25 02:30")],
    );
    check(
        daily("03:00"),
        Tz::Europe__Berlin,
        autumn,
        &[("10-25 03:00 +0100", "10-25 03:00")],
    );
    check(
        daily("01:30"),
        Tz::America__New_York,
        ("2026-10-31", "2026-11-01"),
        &[("11-01 01:30 -0400", "11-01 01:30")],
    );
    check(
        daily("01:45"),
        Tz::Australia__Lord_Howe,
        ("2026-04-04", "2026-04-05"),
        &[("04-05 01:45 +1100", "04-05 01:45")],
    );
    check(
        daily("03:00"),
        Tz::Pacific__Chatham,
        ("2026-04-04", "2026-04-05"),
        &[("04-05 03:00 +1345", "04-05 03:00")],
    );
}

#[test]
fn every_minute_follows_the_time_that_passes() {
    for (zone, from, minutes, again) in [
        (Tz::Europe__Berlin, "2026-03-29", 23 * 60, 0),
        (Tz::Europe__Berlin, "2026-10-25", 25 * 60, 60),
        (Tz::Australia__Lord_Howe, "2026-04-05", 24 * 60 + 30, 30),
        (Tz::UTC, "2026-10-25", 24 * 60, 0),
    ] {
        let date: NaiveDate = from.parse().unwrap();
        let around = date.and_time(NaiveTime::MIN).and_utc();
        let found = due(
            Rule::EveryMinute,
            zone,
            around - TimeDelta::days(1),
            around + TimeDelta::days(2),
        );
        assert_eq!(found.len(), 3 * 24 * 60, "{zone} {from}");
        let of_date: Vec<&Due> = found.iter().filter(|due| due.nominal.date() == date).collect();
        let second = of_date.iter().filter(|due| due.fold == 1).count();
        assert_eq!((of_date.len(), second), (minutes, again), "{zone} {from}");
    }
}

#[test]
fn no_two_occurrences_share_nominal_time_and_fold() {
    let (from, to) = (instant("2026-01-01T00:00:00Z"), instant("2027-01-01T00:00:00Z"));
    for zone in [Tz::Europe__Madrid, Tz::Africa__Casablanca, Tz::Antarctica__Troll] {
        for (rule, times) in [
            (Rule::EveryMinute, 365 * 24 * 60),
            (daily("02:30"), 365),
            (Rule::Monthly(1, time("02:30")), 12),
        ] {
            let mut keys: Vec<_> = due(rule, zone, from, to)
                .iter()
                .map(|due| (due.nominal, due.fold))
                .collect();
            assert_eq!(keys.len(), times, "{rule:?} in {zone}");
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), times, "{rule:?} in {zone}");
        }
    }
}

#[test]
fn weeks_and_months_have_their_day() {
    let year = ("2026-01-31T00:00:00Z", "2026-05-01T00:00:00Z");
    let nominal = |rule| -> Vec<String> {
        told(rule, Tz::Europe__Madrid, year.0, year.1)
            .into_iter()
            .map(|(_, nominal, _)| nominal)
            .collect()
    };
    let last_days = ["01-31 07:00", "03-31 07:00"];
    assert_eq!(nominal(Rule::Monthly(31, time("07:00"))), last_days);
    let mondays = nominal(Rule::Weekly(Weekday::Mon, time("08:30")));
    assert_eq!((mondays.len(), mondays[0].as_str()), (13, "02-02 08:30"));
}

#[test]
fn the_end_belongs_to_the_range_and_the_start_does_not() {
    let range = |from, to| due(daily("07:00"), Tz::UTC, instant(from), instant(to)).len();
    for (from, to, times) in [
        ("2026-11-01T07:00:00Z", "2026-11-02T07:00:00Z", 1),
        ("2026-11-01T06:59:59Z", "2026-11-02T07:00:00Z", 2),
        ("2026-11-01T07:00:30Z", "2026-11-02T06:59:59Z", 0),
        ("2026-11-01T07:00:00Z", "2026-11-01T07:00:00Z", 0),
    ] {
        assert_eq!(range(from, to), times, "({from}, {to}]");
    }
}

#[test]
fn it_writes_its_rules_as_the_configuration_does() {
    for (rule, cron) in [
        (Rule::EveryMinute, "* * * * *"),
        (daily("07:05"), "5 7 * * *"),
        (Rule::Weekly(Weekday::Mon, time("08:30")), "30 8 * * MON"),
        (Rule::Monthly(1, time("07:00")), "0 7 1 * *"),
    ] {
        assert_eq!(rule.cron(), cron);
    }
}

/// What `reportwire jobs` shows of a job for each of these rules: due time and period.
fn shown(rules: &[Rule], zone: Tz, as_of: &str, next: usize) -> Vec<Vec<(DateTime<Utc>, String)>> {
    let folder = tempfile::tempdir().unwrap();
    let head = format!("[service]\ntimezone = \"{zone}\"\nowner = [\"me@example.com\"]\n");
    let ends = "[sources.usage.usage_file]\npath = \"*.csv\"\n[deliveries.drop.file_drop]\npath = \"drop\"\n";
    let job = |(at, rule): (usize, &Rule)| {
        let cron = rule.cron();
        format!(
            "[jobs.job-{at}]\ntitle = \"job\"\nschedule = \"{cron}\"\nsources = [\"usage\"]\nperiod = \"previous_day\"\n\
             formats = [\"csv\"]\ndeliveries = [\"drop\"]\n[jobs.job-{at}.report.full]\n"
        )
    };
    let jobs: String = rules.iter().enumerate().map(job).collect();
    std::fs::write(folder.path().join("reportwire.toml"), head + ends + &jobs).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .args(["jobs", "--json", "--as-of", as_of, "--next", &next.to_string()])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let jobs: Value = serde_json::from_slice(&output.stdout).unwrap();
    let occurrence = |next: &Value| {
        let at = instant(next["due_at"].as_str().unwrap());
        (at, next["period"]["id"].as_str().unwrap().to_owned())
    };
    let of_job = |job: &Value| job["next"].as_array().unwrap().iter().map(occurrence).collect();
    jobs.as_array().unwrap().iter().map(of_job).collect()
}

#[test]
fn the_program_and_the_oracle_agree_on_due_times_and_periods() {
    let rules = [
        Rule::EveryMinute,
        daily("02:30"),
        daily("00:00"),
        daily("23:59"),
        Rule::Weekly(Weekday::Sun, time("02:15")),
        Rule::Monthly(31, time("23:30")),
    ];
    for (zone, as_of) in [
        (Tz::Europe__Berlin, "2026-03-28T23:30:00Z"),
        (Tz::Europe__Berlin, "2026-10-24T23:30:00Z"),
        (Tz::America__Nuuk, "2026-03-28T23:30:00Z"),
        (Tz::America__Santiago, "2026-09-06T02:00:00Z"),
        (Tz::Australia__Lord_Howe, "2026-04-04T13:00:00Z"),
        (Tz::Pacific__Apia, "2011-12-29T20:00:00Z"),
    ] {
        for (rule, mut shown) in rules.into_iter().zip(shown(&rules, zone, as_of, 150)) {
            let last = shown.last().unwrap().0.min(instant(as_of) + TimeDelta::days(100));
            shown.retain(|(at, _)| *at <= last);
            assert!(!shown.is_empty());
            let expected: Vec<(DateTime<Utc>, String)> = due(rule, zone, instant(as_of), last)
                .iter()
                .map(|due| (due.at, due.nominal.date().pred_opt().unwrap().to_string()))
                .collect();
            assert_eq!(shown, expected, "{rule:?} in {zone} after {as_of}");
        }
    }
}

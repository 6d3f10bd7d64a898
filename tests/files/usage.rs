//! Usage files.

use crate::bench::{Bench, assert_ties_out, breakdown, costs, decode_in, figures};
use chrono_tz::Tz;
use proptest::prelude::*;
use reportwire::metric::Metric;
use reportwire::money::Currency;
use reportwire::period::{Calendar, Period};
use reportwire::source::{self, Dataset, Depth, Need, Notice, SourceKind, TopList, Window};
use rust_decimal::{Decimal, dec};

const HEADER: &str = "date,project_id,project_name,agent_id,agent_name,user_id,user_name,model,service_type,\
                      requests,errors,conversations,input_tokens,output_tokens,audio_seconds,characters,cost,currency";

fn usage(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

#[test]
fn bad_usage_rows_are_refused_with_file_line_and_column() {
    for (row, expected) in [
        (
            "2026-13-01,p,,,,,,,embedding,,,,,,,,1,USD",
            "date: `2026-13-01` is not a date such as 2026-10-31",
        ),
        (
            ",p,,,,,,,embedding,,,,,,,,1,USD",
            "date: is empty; a date such as 2026-10-31 is needed",
        ),
        (
            "2026-10-01,,,,,,,,embedding,,,,,,,,1,USD",
            "project_id: is empty, but every row needs it",
        ),
        (
            "2026-10-01,p,,,,,,,,,,,,,,,1,USD",
            "service_type: is empty, but every row needs it",
        ),
        (
            "2026-10-01,p,,,,,,,agent,-1,,,,,,,1,USD",
            "requests: `-1` is not a whole number of zero or more",
        ),
        (
            "2026-10-01,p,,,,,,,agent,1.5,,,,,,,1,USD",
            "requests: `1.5` is not a whole number of zero or more",
        ),
        (
            "2026-10-01,p,,,,,,,agent,,,,,,,,-1,USD",
            "cost: `-1` is negative; usage costs zero or more, and credits belong into a bill",
        ),
        (
            "2026-10-01,p,,,,,,,agent,,,,,,,,,USD",
            "cost: is empty; an amount is needed, 0 if there is none",
        ),
        (
            "2026-10-01,p,,,,,,,agent,,,,,,,,NaN,USD",
            "cost: `NaN` is not a decimal number; write digits with a dot and without grouping",
        ),
        (
            "2026-10-01,p,,,,,,,agent,,,,,,,,1,",
            "currency: is empty; write an ISO 4217 code such as USD",
        ),
    ] {
        let fine = "2026-10-01,p,,,,,,,agent,,,,,,,,0,USD";
        let bench = Bench::usage().file("u.csv", usage(&[fine, row]));
        assert_eq!(
            bench.error(&["2026-10"]),
            format!("source `bill`: u.csv:3:{expected}")
        );
    }
}

#[test]
fn bad_json_lines_are_refused_with_file_and_line() {
    let fine = r#"{"date":"2026-10-01","project_id":"p","service_type":"agent","cost":0,"currency":"USD"}"#;
    for (line, expected) in [
        (
            "{",
            "u.jsonl:3: is not an object of a usage file: EOF while parsing an object",
        ),
        (
            "[]",
            "u.jsonl:3: is not an object of a usage file: invalid type: sequence, expected a JSON object",
        ),
        (
            r#"{"date":"2026-10-01"}"#,
            "u.jsonl:3: the key `project_id` is missing or null",
        ),
        (
            r#"{"cost":1,"cost":2}"#,
            "u.jsonl:3: is not an object of a usage file: the key `cost` is there twice",
        ),
        (
            r#"{"cost":[1]}"#,
            "u.jsonl:3: is not an object of a usage file: `cost` must be text or a number",
        ),
        (
            r#"{"date":"2026-10-01","project_id":"p","service_type":"agent","cost":-1e-3,"currency":"USD"}"#,
            "u.jsonl:3:cost: `-1e-3` is negative; usage costs zero or more, and credits belong into a bill",
        ),
    ] {
        let bench = Bench::usage().file("u.jsonl", format!("{fine}\n\n{line}\n"));
        assert_eq!(bench.error(&["2026-10"]), format!("source `bill`: {expected}"));
    }
}

/// Rows that touch every column: two days, a fee, a renamed project, hostile names, rows of no one.
const ROWS: [&str; 6] = [
    "2026-10-01,p1,Old name,a1,Bot,u1,Ann,gpt,text_generation,10,1,2,1000,200,,,1.25,EUR",
    "2026-10-02,p1,New name,a1,Bot,u2,Ann,,agent,0,,,,,30,,0.05,EUR",
    "2026-10-02,p2,,a2,Bot,,,tts-1,text_to_speech,5,0,0,,,,900,0.0000000001,EUR",
    "2026-10-02,\"=1+1,\"\"x\"\"\n<b>\",,,,u3,\"\u{202e}Eve\",gpt,text_generation,7,,,50,,,,3.5,EUR",
    "2026-10-31,p2,,,,u1,Ann,emb,embedding,1,,,8,,,,0,EUR",
    "2026-11-01,p9,,a9,,u9,,gpt,text_generation,99,,,,,,,99,EUR",
];

#[test]
fn every_column_of_a_usage_file_counts() {
    let dataset = Bench::usage()
        .file("u.csv", usage(&ROWS))
        .decode(&["2026-10"])
        .unwrap();
    let window = &dataset.windows[0];
    let expected = [
        ("total_cost", "4.8000000001"),
        ("total_requests", "23"),
        ("requests_with_errors", "1"),
        ("input_tokens", "1058"),
        ("output_tokens", "200"),
        ("total_tokens", "1258"),
        ("active_users", "3"),
        ("active_agents", "2"),
        ("active_projects", "3"),
        ("active_models", "3"),
        ("conversations", "2"),
        ("audio_seconds", "30"),
        ("characters", "900"),
    ];
    assert_eq!(
        figures(window),
        expected.map(|(key, value)| (key, Some(value.to_owned())))
    );
    assert_ties_out(window);
    let [gap] = dataset.notices.as_slice() else {
        panic!("one notice, not {:?}", dataset.notices);
    };
    assert!(
        gap.text.starts_with("No rows for 2026-10-03 to 2026-10-30:") && !gap.missing,
        "{}",
        gap.text
    );
    assert_eq!(dataset.currency.map(Currency::code), Some("EUR"));
    let named = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter()
            .map(|(name, cost)| ((*name).to_owned(), (*cost).to_owned()))
            .collect()
    };
    assert_eq!(
        costs(window, "project"),
        named(&[
            ("=1+1,\"x\"\n<b>", "3.5"),
            ("New name", "1.3"),
            ("p2", "0.0000000001")
        ])
    );
    assert_eq!(
        costs(window, "agent"),
        named(&[
            ("(unattributed)", "3.5"),
            ("Bot (a1)", "1.3"),
            ("Bot (a2)", "0.0000000001")
        ])
    );
    assert_eq!(
        costs(window, "user"),
        named(&[
            ("\u{202e}Eve", "3.5"),
            ("Ann (u1)", "1.25"),
            ("Ann (u2)", "0.05"),
            ("(unattributed)", "0.0000000001"),
        ])
    );
    assert_eq!(costs(window, "service_type").len(), 4);
    let day = |metric, day: usize| {
        let series = window
            .daily
            .iter()
            .find(|series| series.metric == metric)
            .unwrap();
        series.points[day].1
    };
    assert_eq!(day(Metric::TotalCost, 1), Some(dec!(3.5500000001)));
    assert_eq!(day(Metric::TotalCost, 2), None);
    assert_eq!(day(Metric::TotalCost, 30), Some(dec!(0)));
}

#[test]
fn rankings_hold_the_ten_largest_and_break_ties_by_name() {
    let rows: Vec<String> = (0..12)
        .map(|n| {
            format!(
                "2026-10-01,p,,a{n:02},,u{n:02},,m,agent,{},,,{n},,,,{n},USD",
                n / 2
            )
        })
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let dataset = Bench::usage()
        .file("u.csv", usage(&rows))
        .decode(&["2026-10"])
        .unwrap();
    let rankings = &dataset.windows[0].rankings;
    assert_eq!(
        rankings.iter().map(|ranking| ranking.list).collect::<Vec<_>>(),
        TopList::ALL
    );
    let names = |place: usize| -> Vec<&str> {
        rankings[place]
            .rows
            .iter()
            .map(|(name, _)| name.as_str())
            .collect()
    };
    assert_eq!(
        names(0),
        [
            "a10", "a11", "a08", "a09", "a06", "a07", "a04", "a05", "a02", "a03"
        ]
    );
    assert_eq!(
        names(3),
        [
            "u11", "u10", "u09", "u08", "u07", "u06", "u05", "u04", "u03", "u02"
        ]
    );
    assert_eq!(rankings[0].rows[0].1, Some(dec!(5)));
}

#[test]
fn a_column_that_a_file_lacks_is_unknown_and_not_zero() {
    let bare = "date,project_id,service_type,cost,currency\n2026-10-01,p,agent,1,USD\n";
    let dataset = Bench::usage().file("u.csv", bare).decode(&["2026-10"]).unwrap();
    let window = &dataset.windows[0];
    let known: Vec<_> = figures(window)
        .into_iter()
        .filter(|(_, value)| value.is_some())
        .collect();
    assert_eq!(
        known,
        [
            ("total_cost", Some("1".to_owned())),
            ("active_projects", Some("1".to_owned()))
        ]
    );
    assert!(window.rankings.is_empty());
    let dimensions: Vec<_> = window
        .breakdowns
        .iter()
        .map(|breakdown| breakdown.dimension.as_str())
        .collect();
    assert_eq!(dimensions, ["project", "service_type"]);
    assert_eq!(breakdown(window, "project").members[0].measures[1].value, None);
    let texts: Vec<&str> = dataset
        .notices
        .iter()
        .map(|notice| notice.text.as_str())
        .collect();
    assert_eq!(texts.len(), 2);
    assert_eq!(
        texts[0],
        "Rows reach only to 2026-10-01; 2026-10 may be incomplete."
    );
    assert!(texts[1].starts_with("Not available for 2026-10: Requests, Requests with errors,"));

    let both = Bench::usage()
        .file("a.csv", usage(&ROWS))
        .file("b.csv", bare.replace("USD", "EUR"));
    let dataset = both.decode(&["2026-10"]).unwrap();
    assert_eq!(
        dataset.windows[0].figure(Metric::TotalCost),
        Some(dec!(5.8000000001))
    );
    assert_eq!(dataset.windows[0].figure(Metric::TotalRequests), None);
}

#[test]
fn members_of_another_period_do_not_make_those_of_this_one_zero() {
    let september = usage(&["2026-09-01,p,,a1,Bot,u1,Ann,gpt,text_generation,1,,,,,,,1,USD"]);
    let bare = "date,project_id,service_type,cost,currency\n2026-10-01,p,agent,1,USD\n".to_owned();
    let empty = usage(&["2026-10-01,p,,,,,,,agent,1,,,,,,,1,USD"]);
    let dimensions = |window: &Window| -> Vec<String> {
        let breakdowns = window.breakdowns.iter();
        breakdowns.map(|breakdown| breakdown.dimension.clone()).collect()
    };
    for october in [bare, empty] {
        let dataset = Bench::usage()
            .file("09.csv", &september)
            .file("10.csv", october)
            .decode(&["2026-10", "2026-09"])
            .unwrap();
        let [october, september] = dataset.windows.as_slice() else {
            panic!("two periods");
        };
        for metric in [Metric::ActiveUsers, Metric::ActiveAgents, Metric::ActiveModels] {
            assert_eq!(october.figure(metric), None, "{metric:?}");
            assert_eq!(september.figure(metric), Some(dec!(1)), "{metric:?}");
        }
        assert_eq!(october.figure(Metric::ActiveProjects), Some(dec!(1)));
        assert_eq!(dimensions(october), ["project", "service_type"]);
        assert_eq!(dimensions(september).len(), 5);
        assert_ties_out(october);
        let said = |notice: &Notice| notice.missing && notice.text.contains("Active users");
        assert!(dataset.notices.iter().any(said), "{:?}", dataset.notices);
    }
    // One file that tells the users is not enough where another one cannot.
    let dataset = Bench::usage()
        .file("a.csv", usage(&ROWS))
        .file(
            "b.csv",
            "date,project_id,service_type,cost,currency\n2026-10-01,p1,agent,1,EUR\n",
        )
        .decode(&["2026-10"])
        .unwrap();
    assert_eq!(dataset.windows[0].figure(Metric::ActiveUsers), None);
    assert_eq!(dataset.windows[0].figure(Metric::ActiveProjects), Some(dec!(3)));
}

#[test]
fn a_look_back_tells_what_each_member_cost_on_each_day() {
    let mut rows = vec![
        "2026-09-29,p1,Old,,,,,gpt,text_generation,,,,,,,,2,USD".to_owned(),
        "2026-09-29,p2,,,,,,gpt,text_generation,,,,,,,,1.5,USD".to_owned(),
        "2026-10-02,p1,New,,,,,mini,text_generation,,,,,,,,3,USD".to_owned(),
    ];
    // Thirty small ones, of which no more than 24 of all have days of their own.
    rows.extend((10..40).map(|n| format!("2026-10-01,q{n},,,,,,gpt,agent,,,,,,,,0.{n},USD")));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let bench = Bench::usage().file("u.csv", usage(&rows));
    let needs =
        ["2026-10", "2026-09-29..2026-10-02"].map(|period| Period::parse(period, Calendar::years()).unwrap());
    let [october, days] = needs;
    let needs = [(october, Depth::Full), (days, Depth::Days)].map(|(period, depth)| Need { period, depth });
    let snapshot = bench.fetch().unwrap();
    let dataset = source::decode("usage", SourceKind::UsageFile, &needs, &snapshot, Tz::UTC).unwrap();
    assert!(dataset.windows[0].daily_by.is_empty());
    let said = |notice: &Notice| notice.text.contains("2026-09-29");
    assert!(!dataset.notices.iter().any(said), "{:?}", dataset.notices);
    let window = &dataset.windows[1];
    let dimensions: Vec<&str> = window
        .daily_by
        .iter()
        .map(|split| split.dimension.as_str())
        .collect();
    assert_eq!(dimensions, ["project", "model", "service_type"]);
    let projects = &window.daily_by[0].members;
    let days = |member: usize| -> Vec<Option<Decimal>> {
        let points = projects[member].series[0].points.iter();
        points.map(|(_, value)| *value).collect()
    };
    let zero = Some(Decimal::ZERO);
    assert_eq!(projects[0].name, "New");
    assert_eq!(days(0), [Some(dec!(2)), None, zero, Some(dec!(3))]);
    assert_eq!((projects.len(), projects[24].others), (25, Some(8)));
    for split in &window.daily_by {
        for (at, (_, total)) in window.daily[0].points.iter().enumerate() {
            let parts = split.members.iter().map(|member| member.series[0].points[at].1);
            assert_eq!(parts.sum::<Option<Decimal>>(), *total, "{}", split.dimension);
        }
    }
}

#[test]
fn an_agent_works_for_its_dearest_project_however_many_others_cost_more() {
    // Thirty projects, each cheaper than the one before; one agent works for the last six alone, another one also for the first.
    let mut rows = Vec::new();
    for n in 1..=30 {
        rows.push(format!(
            "2026-10-01,q{n:02},,,,,,gpt,agent,,,,,,,,{},USD",
            100 - n
        ));
        if n > 24 {
            rows.push(format!(
                "2026-10-01,q{n:02},,a1,Small,,,gpt,agent,,,,,,,,0.{n},USD"
            ));
            rows.push(format!("2026-10-01,q{n:02},,a2,Wide,,,gpt,agent,,,,,,,,0.4,USD"));
        }
    }
    rows.push("2026-10-01,q01,,a2,Wide,,,gpt,agent,,,,,,,,1,USD".to_owned());
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let bench = Bench::usage().file("u.csv", usage(&rows));
    let snapshot = bench.fetch().unwrap();
    let need = Need {
        period: Period::parse("2026-10", Calendar::years()).unwrap(),
        depth: Depth::Organization,
    };
    let dataset = source::decode("usage", SourceKind::UsageFile, &[need], &snapshot, Tz::UTC).unwrap();
    let organization = dataset.windows[0].organization.as_deref().unwrap();
    let agents = organization.agents.iter();
    let agents: Vec<_> = agents
        .map(|agent| (agent.name.as_str(), agent.project.as_str(), agent.more_projects))
        .collect();
    assert_eq!(agents, [("Wide", "q01", 6), ("Small", "q30", 5)]);
}

#[test]
fn the_project_list_gives_names_and_is_never_read_as_usage() {
    let list = "color,project_id,project_name\n#ff0000,p1,\"Listed, one\"\n,p2,\n,p7,Idle\n";
    let bench = Bench::usage()
        .file("u.csv", usage(&ROWS))
        .file("projects.csv", list)
        .projects("projects.csv");
    let dataset = bench.decode(&["2026-10"]).unwrap();
    let names: Vec<_> = costs(&dataset.windows[0], "project")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["=1+1,\"x\"\n<b>", "Listed, one", "p2"]);
    let bench = bench.file("projects.csv", "project_id,project_name\np1,A\np1,B\n");
    assert_eq!(
        bench.error(&["2026-10"]),
        "source `bill`: projects.csv:3:project_id: `p1` is listed twice with different names; keep one"
    );
}

/// The same rows as JSON Lines: amounts as numbers, everything else as text.
fn json_lines(csv: &str) -> String {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let numbers = ["cost", "requests", "errors", "input_tokens"];
    let line = |record: csv::StringRecord| {
        let fields: Vec<String> = header
            .iter()
            .zip(&record)
            .map(|(name, cell)| match (numbers.contains(&name), cell) {
                (true, "") => format!("\"{name}\":0"),
                (true, number) => format!("\"{name}\":{number}"),
                (false, text) => format!("\"{name}\":{}", serde_json::to_string(text).unwrap()),
            })
            .collect();
        format!("{{{},\"extra\":[1,{{}}]}}\n", fields.join(","))
    };
    reader.records().map(|record| line(record.unwrap())).collect()
}

#[test]
fn json_lines_give_the_same_dataset_as_csv() {
    let csv = usage(&ROWS);
    let expected = Bench::usage().file("u.csv", &csv).decode(&["2026-10"]).unwrap();
    let lines = json_lines(&csv);
    for (name, content) in [
        ("u.jsonl", lines.clone().into_bytes()),
        ("u.ndjson.gz", crate::bench::gzip(lines.as_bytes())),
        (
            "u.txt",
            format!("\u{feff}\r\n  {}", lines.replace('\n', "\r\n\r\n")).into_bytes(),
        ),
    ] {
        assert_eq!(
            Bench::usage().file(name, content).decode(&["2026-10"]).unwrap(),
            expected,
            "{name}"
        );
    }
}

#[test]
fn a_count_that_is_null_or_missing_in_a_row_is_unknown_and_not_zero() {
    let line = |day: &str, counts: &str| {
        format!(
            r#"{{"date":"{day}","project_id":"p","service_type":"agent","cost":1,"currency":"USD","user_id":null{counts}}}"#
        )
    };
    let full = r#","requests":5,"errors":1,"input_tokens":7,"output_tokens":"","characters":2"#;
    for (counts, unknown) in [
        (full.to_owned(), &[][..]),
        (full.replace('5', "null"), &[Metric::TotalRequests][..]),
        (full.replace(r#","errors":1"#, ""), &[Metric::RequestsWithErrors]),
        (
            full.replace('7', "null"),
            &[Metric::InputTokens, Metric::TotalTokens],
        ),
        (full.replace(r#","characters":2"#, ""), &[Metric::Characters]),
    ] {
        let lines = [
            line("2026-09-30", full),
            line("2026-10-01", full),
            line("2026-10-02", &counts),
        ];
        let dataset = Bench::usage()
            .file("u.jsonl", lines.join("\n"))
            .decode(&["2026-10", "2026-09"])
            .unwrap();
        let (october, september) = (&dataset.windows[0], &dataset.windows[1]);
        for metric in [
            Metric::TotalRequests,
            Metric::RequestsWithErrors,
            Metric::InputTokens,
            Metric::TotalTokens,
            Metric::Characters,
        ] {
            assert_eq!(
                october.figure(metric).is_none(),
                unknown.contains(&metric),
                "{counts}: {metric:?}"
            );
            assert!(september.figure(metric).is_some(), "{metric:?}");
        }
        assert_eq!(october.figure(Metric::TotalCost), Some(dec!(2)));
        assert_eq!(october.figure(Metric::ActiveUsers), None);
        let said = |notice: &Notice| {
            notice.text.starts_with("Not available for 2026-10")
                && notice.text.contains("a line of JSON has no value there")
                && notice.text.ends_with("only a number left empty counts as 0.")
        };
        assert!(dataset.notices.iter().any(said));
    }
}

#[test]
fn rows_that_end_before_the_period_leave_it_incomplete() {
    let on = |days: &[&str]| {
        let rows: Vec<String> = days
            .iter()
            .map(|day| format!("{day},p,,,,u,,m,agent,1,0,0,1,1,0,0,1,USD"))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let bench = Bench::usage().file("u.csv", usage(&rows));
        let notices = bench.decode(&["2026-10", "2026-09"]).unwrap().notices;
        let about_rows = notices.into_iter().filter(|notice| notice.text.contains("ows "));
        about_rows
            .map(|notice| (notice.text.to_string(), notice.missing))
            .collect::<Vec<_>>()
    };
    let why = ": either nothing was used then, or files are missing.";
    assert_eq!(
        on(&["2026-09-29", "2026-10-02", "2026-10-04"]),
        [
            (
                "Rows reach only to 2026-10-04; 2026-10 may be incomplete.".to_owned(),
                true
            ),
            (
                "Rows begin only on 2026-09-29; 2026-09 may be incomplete.".to_owned(),
                false
            ),
            (
                format!("No rows for 2026-09-30 to 2026-10-01, 2026-10-03{why}"),
                false
            ),
        ]
    );
    let whole = on(&["2026-09-01", "2026-10-31"]);
    assert_eq!(
        whole,
        [(format!("No rows for 2026-09-02 to 2026-10-30{why}"), false)]
    );
    let every_other: Vec<String> = (1..=31)
        .step_by(2)
        .map(|day| format!("2026-10-{day:02}"))
        .collect();
    let every_other: Vec<&str> = every_other.iter().map(String::as_str).collect();
    let (text, _) = on(&every_other).pop().unwrap();
    assert!(text.contains("2026-10-24 and 3 more gaps: either"), "{text}");
}

#[test]
fn whether_a_period_is_over_is_asked_in_the_zone_of_the_job() {
    // The files are read on 1 November at 07:00 UTC, when it is still 31 October in Honolulu.
    let bench = Bench::usage().file(
        "u.csv",
        usage(&[
            "2026-10-01,p,,,,,,,agent,,,,,,,,1,USD",
            "2026-10-30,p,,,,,,,agent,,,,,,,,1,USD",
        ]),
    );
    let snapshot = bench.fetch().unwrap();
    for (zone, running) in [
        (Tz::UTC, false),
        (Tz::Pacific__Honolulu, true),
        (Tz::Europe__Berlin, false),
    ] {
        let dataset = decode_in(zone, &snapshot, SourceKind::UsageFile, &["2026-10"]).unwrap();
        assert_eq!(dataset.provisional_through.is_some(), running, "{zone}");
        let short = |notice: &Notice| notice.text.starts_with("Rows reach only to 2026-10-30");
        assert_eq!(!dataset.notices.iter().any(short), running, "{zone}");
    }
}

fn random_row() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["", "a", "b", "(unattributed)", "a (a)", "é"]);
    let parts = (
        1_u32..=31,
        [name.clone(), name.clone(), name.clone(), name],
        0_u64..50,
        0_i64..100_000_000_000_000,
        0_u32..12,
    );
    parts.prop_map(|(day, [project, agent, user, model], count, cost, scale)| {
        let cost = Decimal::new(cost, scale);
        format!(
            "2026-10-{day:02},p{project},{project},{agent},{user},{user},{agent},{model},agent,{count},,{count},{count},1,,,{cost},USD"
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_and_split_of_rows_gives_the_same_dataset(
        rows in prop::collection::vec((random_row(), 0_usize..4, any::<u32>()), 1..60)
    ) {
        let together: Vec<&str> = rows.iter().map(|(row, ..)| row.as_str()).collect();
        let expected = Bench::usage().file("u.csv", usage(&together)).decode(&["2026-10", "2026-W41"]).unwrap();
        for window in &expected.windows {
            if window.figure(Metric::TotalCost).is_some() {
                assert_ties_out(window);
            }
        }
        let mut shuffled = rows.clone();
        shuffled.sort_by_key(|(_, _, order)| *order);
        let mut bench = Bench::usage();
        for file in 0..4 {
            let part: Vec<&str> = shuffled.iter().filter(|(_, at, _)| *at == file).map(|(row, ..)| row.as_str()).collect();
            bench = bench.file(&format!("{file}.csv"), usage(&part));
        }
        let split: Dataset = bench.decode(&["2026-10", "2026-W41"]).unwrap();
        prop_assert_eq!(split.windows, expected.windows);
    }
}

#[test]
fn the_example_is_readable_and_its_project_list_is_no_usage() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/usage-files/usage");
    let mut bench = Bench::usage().projects("projects.csv");
    for name in ["2026-09.csv", "2026-10.csv", "2026-11.jsonl", "projects.csv"] {
        bench = bench.file(name, std::fs::read(folder.join(name)).unwrap());
    }
    let dataset = bench
        .decode(&["2026-10", "2026-09", "2026-11-01..2026-11-05"])
        .unwrap();
    assert_eq!(dataset.notices, []);
    for window in &dataset.windows {
        assert_ties_out(window);
        assert_eq!(window.figure(Metric::ActiveProjects), Some(dec!(3)));
    }
}

#[test]
fn a_period_that_is_not_over_is_provisional() {
    // The files are read on 1 November.
    let provisional = |period: &str| {
        let rows = usage(&[
            "2026-10-01,p,,,,,,,agent,,,,,,,,1,USD",
            "2026-11-01,p,,,,,,,agent,,,,,,,,1,USD",
        ]);
        Bench::usage()
            .file("a.csv", rows)
            .decode(&[period])
            .unwrap()
            .provisional_through
            .is_some()
    };
    assert!(provisional("2026-11") && provisional("2026") && provisional("2026-11-01"));
    assert!(!provisional("2026-10") && !provisional("2026-10-31"));
}

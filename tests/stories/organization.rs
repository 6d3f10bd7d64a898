//! A head of platforms asks who uses what: every figure is computed here once more, from the rows.

use crate::smtp::{FakeSmtp, Script};
use crate::world::rows;
use chrono::NaiveDate;
use mail_parser::{MessageParser, MimeHeaders as _};
use rust_decimal::{Decimal, dec};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

type Table = Vec<BTreeMap<String, String>>;
/// What a row adds to a sum, and to whose.
type Counted = fn(&Used) -> i64;
type Keyed = fn(&Used) -> String;
type Summed<'a> = &'a dyn Fn(&Used) -> Decimal;
/// Names with their amounts, and how many others with theirs.
type Parts = (Vec<(String, Decimal)>, Option<(u64, Decimal)>);

/// One row of a usage file.
#[derive(Clone)]
struct Used {
    date: NaiveDate,
    project: String,
    agent: &'static str,
    model: &'static str,
    service: &'static str,
    requests: i64,
    conversations: i64,
    tokens: [i64; 2],
    seconds: i64,
    characters: i64,
    cost: Decimal,
}

/// The day without any row.
const SILENT: &str = "2026-10-18";

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Two months of so many projects, each cheaper than the one before; some speak and listen, some have agents with a fee.
fn usage(projects: usize) -> Vec<Used> {
    let days = date("2026-09-01")
        .iter_days()
        .take_while(|day| *day < date("2026-11-01"));
    let mut rows = Vec::new();
    for (day, at) in days.filter(|day| *day != date(SILENT)).zip(3_i64..) {
        for number in 0..projects {
            let weight = i64::try_from(projects - number).unwrap() * (7 + at % 5);
            let agent = ["", "Hotline", "Outbound"][number % 3];
            let row = Used {
                date: day,
                project: format!("Project {number:02}"),
                agent,
                model: if number % 2 == 0 { "small" } else { "large" },
                service: "text_generation",
                requests: weight,
                conversations: if agent.is_empty() { 0 } else { weight / 3 },
                tokens: [weight * 911, weight * 97],
                seconds: 0,
                characters: 0,
                cost: Decimal::from(weight) * dec!(0.0173),
            };
            if number % 3 == 1 {
                let fee = Used {
                    service: "agent",
                    model: "fee",
                    requests: 0,
                    conversations: 0,
                    tokens: [0, weight * 11],
                    cost: Decimal::from(weight) * dec!(0.0011),
                    ..row.clone()
                };
                let speech = Used {
                    service: "speech_to_text",
                    model: "ear",
                    tokens: [0, 0],
                    conversations: 0,
                    seconds: weight * 13,
                    cost: Decimal::from(weight) * dec!(0.00719),
                    ..row.clone()
                };
                rows.extend([fee, speech]);
            }
            if number % 4 == 2 && at % 2 == 0 {
                rows.push(Used {
                    service: "sign_language",
                    model: "hand",
                    agent: "",
                    tokens: [0, 0],
                    conversations: 0,
                    characters: weight * 5,
                    cost: Decimal::from(weight) * dec!(0.0009),
                    ..row.clone()
                });
            }
            rows.push(row);
        }
    }
    rows
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn written(rows: &[Used]) -> String {
    let mut text = String::from(
        "date,project_id,project_name,agent_id,agent_name,model,service_type,requests,conversations,input_tokens,\
         output_tokens,audio_seconds,characters,cost,currency\n",
    );
    for row in rows {
        let project = quoted(&row.project);
        writeln!(
            text,
            "{},{project},{project},{agent},{agent},{},{},{},{},{},{},{},{},{},EUR",
            row.date,
            row.model,
            row.service,
            row.requests,
            row.conversations,
            row.tokens[0],
            row.tokens[1],
            row.seconds,
            row.characters,
            row.cost,
            agent = row.agent,
        )
        .unwrap();
    }
    text
}

/// A list of the projects, and of one that nobody uses.
fn list(rows: &[Used]) -> String {
    let names: BTreeSet<&str> = rows.iter().map(|row| row.project.as_str()).collect();
    let mut text = String::from("project_id,project_name,color\n");
    for name in names {
        let color = if name == "Project 01" { "#C2569B" } else { "" };
        writeln!(text, "{},{},{color}", quoted(name), quoted(name)).unwrap();
    }
    text + "idle,Nobody's,\n"
}

const JOB: &str = r#"
[jobs.who]
sources = ["usage"]
period = "previous_month"
formats = ["csv", "html", "xlsx", "json", "text"]
[jobs.who.report.organization]
"#;

/// A folder with the rows, with or without a list of projects, and the job.
fn office(rows: &[Used], listed: bool) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("usage.csv"), written(rows)).unwrap();
    fs::write(folder.path().join("projects.csv"), list(rows)).unwrap();
    let projects = if listed {
        "projects = \"projects.csv\"\n"
    } else {
        ""
    };
    let text = format!(
        "[service]\ncurrency = \"EUR\"\n[sources.usage.usage_file]\npath = \"usage.csv\"\n{projects}{JOB}"
    );
    fs::write(folder.path().join("reportwire.toml"), text).unwrap();
    folder
}

fn reportwire(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .args(arguments)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The rows of the CSV of October.
fn previewed(folder: &Path) -> Table {
    let (code, _, said) = reportwire(folder, &["preview", "who", "--period", "2026-10", "--out", "out"]);
    assert_eq!(code, 0, "{said}");
    rows(&fs::read(folder.join("out/who_2026-10.csv")).unwrap())
}

fn face(folder: &Path, extension: &str) -> String {
    fs::read_to_string(folder.join(format!("out/who_2026-10.{extension}"))).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// The only row of a section with this metric, member and label.
fn the<'a>(
    table: &'a Table,
    section: &str,
    metric: &str,
    member: &str,
    label: &str,
) -> &'a BTreeMap<String, String> {
    let found: Vec<_> = table
        .iter()
        .filter(|row| row["section"] == section && row["metric"] == metric && row["member"] == member)
        .filter(|row| label.is_empty() || row["label"] == label)
        .collect();
    assert_eq!(found.len(), 1, "{section} {metric} {member} {label}");
    found[0]
}

/// The sum of something over the rows of October, or of September, by a key.
fn sums<K: Ord>(
    rows: &[Used],
    month: &str,
    key: impl Fn(&Used) -> K,
    value: impl Fn(&Used) -> Decimal,
) -> BTreeMap<K, Decimal> {
    let mut sums = BTreeMap::new();
    for row in rows.iter().filter(|row| row.date.to_string().starts_with(month)) {
        *sums.entry(key(row)).or_insert(Decimal::ZERO) += value(row);
    }
    sums
}

fn cost(row: &Used) -> Decimal {
    row.cost
}

#[test]
fn key_figures_are_those_of_the_rows_beside_the_month_before() {
    let rows = usage(8);
    let folder = office(&rows, true);
    let table = previewed(folder.path());
    let total = |month: &str, value: &dyn Fn(&Used) -> Decimal| sums(&rows, month, |_| (), value)[&()];
    let tokens = |row: &Used| Decimal::from(row.tokens[0] + row.tokens[1]);
    let conversations = |row: &Used| Decimal::from(row.conversations);
    let requests = |row: &Used| Decimal::from(row.requests);
    let expected: [(&str, Summed<'_>); 4] = [
        ("total_cost", &cost),
        ("total_requests", &requests),
        ("total_tokens", &tokens),
        ("conversations", &conversations),
    ];
    for (metric, value) in expected {
        let row = the(&table, "summary", metric, "", "");
        assert_eq!(decimal(&row["value"]), total("2026-10", value), "{metric}");
        assert_eq!(decimal(&row["base_value"]), total("2026-09", value), "{metric}");
        assert_eq!(row["comparison"], "previous_period");
    }
    let distinct = |metric: &str| decimal(&the(&table, "summary", metric, "", "")["value"]);
    assert_eq!(distinct("active_projects"), dec!(8));
    assert_eq!(distinct("known_projects"), dec!(9), "one of the list is not used");
    assert_eq!(
        distinct("active_models"),
        dec!(4),
        "the platform's fee uses no model"
    );
    assert_eq!(distinct("active_agents"), dec!(2));
}

#[test]
fn service_types_and_projects_have_cost_share_requests_and_quantities() {
    let rows = usage(8);
    let folder = office(&rows, true);
    let table = previewed(folder.path());
    let whole = sums(&rows, "2026-10", |_| (), cost)[&()];
    let keys: [(&str, Keyed); 2] = [
        ("service_type", |row| row.service.to_owned()),
        ("project", |row| row.project.clone()),
    ];
    for (dimension, key) in keys {
        let section = format!("by_{dimension}");
        let (now, before) = (
            sums(&rows, "2026-10", key, cost),
            sums(&rows, "2026-09", key, cost),
        );
        let mut told = Decimal::ZERO;
        for (member, expected) in &now {
            let row = the(&table, &section, "total_cost", member, "");
            assert_eq!(row["dimension"], dimension);
            assert_eq!(decimal(&row["value"]), *expected);
            assert_eq!(decimal(&row["base_value"]), before[member]);
            told += decimal(&row["value"]);
            let share = decimal(&the(&table, &section, "cost_share", member, "")["value"]);
            assert_eq!(share, (expected * dec!(100) / whole).round_dp(12).normalize());
        }
        assert_eq!(told, whole, "the members are all");
        let values: [(&str, Counted); 5] = [
            ("total_requests", |row| row.requests),
            ("input_tokens", |row| row.tokens[0]),
            ("output_tokens", |row| row.tokens[1]),
            ("audio_seconds", |row| row.seconds),
            ("characters", |row| row.characters),
        ];
        for (metric, value) in values {
            for (member, expected) in sums(&rows, "2026-10", key, |row| value(row).into()) {
                let row = the(&table, &section, metric, &member, "");
                assert_eq!(decimal(&row["value"]), expected, "{metric} of {member}");
            }
        }
    }
    let label = |member: &str| the(&table, "by_service_type", "total_cost", member, "")["label"].clone();
    assert_eq!(label("text_generation"), "Text generation");
    assert_eq!(
        label("sign_language"),
        "sign_language",
        "nobody knows it, so it keeps its name"
    );
}

#[test]
fn the_days_of_every_split_add_up_to_the_day() {
    let rows = usage(8);
    let folder = office(&rows, true);
    let table = previewed(folder.path());
    let october: Vec<NaiveDate> = date("2026-10-01")
        .iter_days()
        .take_while(|day| *day < date("2026-11-01"))
        .collect();
    let words = |service: &str| match service {
        "text_generation" => "Text generation".to_owned(),
        "speech_to_text" => "Speech to text".to_owned(),
        "agent" => "Agent platform fee".to_owned(),
        other => other.to_owned(),
    };
    let by_service = sums(&rows, "2026-10", |row| (row.date, words(row.service)), cost);
    let by_project = sums(&rows, "2026-10", |row| (row.date, row.project.clone()), cost);
    for (section, expected) in [
        ("daily_by_service_type", by_service),
        ("daily_by_project", by_project),
    ] {
        let told: Vec<_> = table.iter().filter(|row| row["section"] == section).collect();
        let members: BTreeSet<&str> = told.iter().map(|row| row["label"].as_str()).collect();
        assert_eq!(
            told.len(),
            members.len() * october.len(),
            "{section}: every day of every member"
        );
        for row in told {
            let day = date(&row["member"]);
            assert_eq!(
                (row["dimension"].as_str(), row["metric"].as_str()),
                ("day", "total_cost")
            );
            if day == date(SILENT) {
                assert_eq!(
                    (row["value"].as_str(), row["status"].as_str()),
                    ("", "not_available")
                );
            } else {
                let value = expected
                    .get(&(day, row["label"].clone()))
                    .copied()
                    .unwrap_or_default();
                assert_eq!(decimal(&row["value"]), value, "{section} {day} {}", row["label"]);
            }
        }
        for day in october.iter().filter(|day| **day != date(SILENT)) {
            let parts: Decimal = table
                .iter()
                .filter(|row| row["section"] == section && row["member"] == day.to_string())
                .map(|row| decimal(&row["value"]))
                .sum();
            let whole = the(&table, "daily", "total_cost", &day.to_string(), "");
            assert_eq!(parts, decimal(&whole["value"]), "{section} {day}");
        }
    }
}

#[test]
fn a_service_type_has_its_costs_by_project_its_requests_and_what_was_used() {
    let rows = usage(8);
    let folder = office(&rows, true);
    let table = previewed(folder.path());
    let speech: Vec<Used> = rows
        .iter()
        .filter(|row| row.service == "speech_to_text")
        .cloned()
        .collect();
    let costs = sums(
        &speech,
        "2026-10",
        |row| (row.date.to_string(), row.project.clone()),
        cost,
    );
    assert!(!costs.is_empty());
    for ((day, project), expected) in costs {
        let row = the(&table, "daily_usage_speech_to_text", "total_cost", &day, &project);
        assert_eq!(decimal(&row["value"]), expected);
    }
    let values: [(&str, Counted); 2] = [
        ("total_requests", |row| row.requests),
        ("audio_seconds", |row| row.seconds),
    ];
    for (metric, value) in values {
        for (day, expected) in sums(
            &speech,
            "2026-10",
            |row| row.date.to_string(),
            |row| value(row).into(),
        ) {
            let row = the(&table, "daily_usage_speech_to_text", metric, &day, &day);
            assert_eq!(decimal(&row["value"]), expected, "{metric} {day}");
        }
    }
    let quantities: BTreeSet<&str> = table
        .iter()
        .filter(|row| row["section"] == "daily_usage_speech_to_text")
        .map(|row| row["metric"].as_str())
        .collect();
    assert_eq!(
        quantities,
        BTreeSet::from(["total_cost", "total_requests", "audio_seconds"])
    );
    let page = face(folder.path(), "html");
    for view in ["Costs", "Requests", "Usage"] {
        assert!(page.contains(&format!("Speech to text: {view}")), "{view}");
    }
}

#[test]
fn usage_is_listed_by_project_and_service_type_and_agents_with_all_that_was_used_for_them() {
    let rows = usage(8);
    let folder = office(&rows, true);
    let table = previewed(folder.path());
    let words = |service: &str| {
        if service == "agent" {
            "Agent platform fee"
        } else {
            "Speech to text"
        }
    };
    for ((project, service), expected) in
        sums(&rows, "2026-10", |row| (row.project.clone(), row.service), cost)
    {
        if matches!(service, "agent" | "speech_to_text") {
            let row = the(&table, "usage", "total_cost", &project, words(service));
            assert_eq!(decimal(&row["value"]), expected);
        }
    }
    let whole: Decimal = table
        .iter()
        .filter(|row| row["section"] == "usage" && row["metric"] == "total_cost")
        .map(|row| decimal(&row["value"]))
        .sum();
    assert_eq!(whole, sums(&rows, "2026-10", |_| (), cost)[&()]);
    // Fee, text and speech of an agent together.
    let agents = sums(&rows, "2026-10", |row| row.agent, cost);
    for (rank, agent) in ["Hotline", "Outbound"].into_iter().enumerate() {
        let row = the(&table, "top_agents_by_cost", "cost", agent, "");
        assert_eq!(decimal(&row["value"]), agents[agent]);
        assert_eq!(row["rank"], (rank + 1).to_string());
        assert_eq!(row["dimension"], "agent");
    }
    let of = |metric: &str| decimal(&the(&table, "top_agents_by_cost", metric, "Hotline", "")["value"]);
    let value =
        |value: fn(&Used) -> i64| sums(&rows, "2026-10", |row| row.agent, |row| value(row).into())["Hotline"];
    assert_eq!(of("conversations"), value(|row| row.conversations));
    assert_eq!(of("requests"), value(|row| row.requests));
    let label = the(&table, "top_agents_by_cost", "cost", "Hotline", "")["label"].clone();
    assert_eq!(label, "Project 01 and 2 more");
}

/// The ring of a report by its key: its parts, and what is summed as others.
fn ring(folder: &Path, key: &str) -> Parts {
    let document: serde_json::Value = serde_json::from_str(&face(folder, "json")).unwrap();
    let charts = document["charts"].as_array().unwrap();
    let ring = charts.iter().find(|chart| chart["key"] == key).unwrap()["form"]["ring"].clone();
    let number = |value: &serde_json::Value| decimal(value.as_str().unwrap());
    let parts = ring["parts"].as_array().unwrap().iter();
    let others = ring["others"].as_array();
    (
        parts
            .map(|part| (part[0].as_str().unwrap().to_owned(), number(&part[1])))
            .collect(),
        others.map(|others| (others[0].as_u64().unwrap(), number(&others[1]))),
    )
}

#[test]
fn six_projects_stand_alone_and_from_seven_the_rest_is_others() {
    for (projects, others) in [(6, None), (7, Some(1)), (30, Some(24))] {
        let rows = usage(projects);
        let folder = office(&rows, true);
        previewed(folder.path());
        let (parts, rest) = ring(folder.path(), "by-project");
        assert_eq!(parts.len(), 6);
        assert_eq!(rest.map(|(members, _)| members), others);
        let costs = sums(&rows, "2026-10", |row| row.project.clone(), cost);
        let mut largest: Vec<(String, Decimal)> = costs.into_iter().collect();
        largest.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
        let rest_of: Decimal = largest.split_off(6).iter().map(|(_, cost)| *cost).sum();
        assert_eq!(parts, largest);
        assert_eq!(rest.map_or(Decimal::ZERO, |(_, cost)| cost), rest_of);
    }
}

#[test]
fn what_is_beyond_the_bound_of_projects_is_summed_exactly() {
    let rows = usage(30);
    let folder = office(&rows, false);
    let table = previewed(folder.path());
    let labels: BTreeSet<&str> = table
        .iter()
        .filter(|row| row["section"] == "daily_by_project")
        .map(|row| row["label"].as_str())
        .collect();
    assert_eq!(labels.len(), 25);
    let alone: BTreeSet<&str> = labels
        .iter()
        .copied()
        .filter(|label| *label != "Others")
        .collect();
    let small = |row: &Used| {
        if alone.contains(row.project.as_str()) {
            Decimal::ZERO
        } else {
            row.cost
        }
    };
    for (day, expected) in sums(&rows, "2026-10", |row| row.date.to_string(), small) {
        let row = the(&table, "daily_by_project", "total_cost", &day, "Others");
        assert_eq!(decimal(&row["value"]), expected, "{day}");
    }
    let by_project = table
        .iter()
        .filter(|row| row["section"] == "by_project" && row["metric"] == "total_cost");
    assert_eq!(by_project.count(), 30, "the table has them all");
}

#[test]
fn without_agents_there_is_no_list_of_them_and_without_a_list_only_used_projects_are_known() {
    let rows: Vec<Used> = usage(4)
        .into_iter()
        .map(|row| Used { agent: "", ..row })
        .collect();
    let folder = office(&rows, false);
    let table = previewed(folder.path());
    assert!(table.iter().all(|row| row["section"] != "top_agents_by_cost"));
    assert!(!face(folder.path(), "html").contains("Top agents"));
    assert_eq!(the(&table, "summary", "known_projects", "", "")["value"], "4");
    let page = face(folder.path(), "html");
    assert!(page.contains("4/4"));
    assert!(page.contains("only projects with usage are known"));
}

#[test]
fn every_face_shows_the_organization_and_none_needs_a_script() {
    let folder = office(&usage(8), true);
    previewed(folder.path());
    let page = face(folder.path(), "html");
    assert!(!page.contains("<script"));
    assert!(
        page.contains(">8/9</dd>"),
        "projects in use of those that are known"
    );
    // A group of radio buttons for the trends and for each of four service types, one of each chosen.
    assert_eq!(page.matches("<fieldset>").count(), 5);
    assert_eq!(page.matches(" checked>").count(), 5);
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "ids are unique"
    );
    assert!(page.contains("#c2569b"), "a project has the colour of the list");
    let text = face(folder.path(), "txt");
    for words in [
        "By service type",
        "Text generation",
        "By project",
        "Top agents by cost",
        "8/9",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let workbook = fs::read(folder.path().join("out/who_2026-10.xlsx")).unwrap();
    let charts = crate::world::unzipped(&workbook, "xl/charts/chart");
    for kind in [
        "<c:grouping val=\"stacked\"/>",
        "<c:doughnutChart>",
        "<c:lineChart>",
    ] {
        assert!(charts.contains(kind), "{kind}");
    }
}

#[tokio::test]
async fn the_mail_has_the_headline_the_stacked_picture_and_the_tables() {
    let smtp = FakeSmtp::start(Script::default()).await;
    let folder = office(&usage(30), true);
    let path = folder.path().join("reportwire.toml");
    let text = fs::read_to_string(&path).unwrap();
    let delivery = format!(
        "[deliveries.mail.email]\nfrom = \"r@example.com\"\nto = [\"cfo@example.com\"]\nsmtp = {{ host = \"127.0.0.1\", port = {}, tls = \"none\" }}\n",
        smtp.address.port()
    );
    let text = text.replace(
        "[jobs.who]\n",
        &format!("{delivery}[jobs.who]\ndeliveries = [\"mail\"]\n"),
    );
    fs::write(&path, text).unwrap();
    let (code, _, said) = tokio::task::spawn_blocking(move || {
        let answer = reportwire(folder.path(), &["run", "who", "--period", "2026-10"]);
        drop(folder);
        answer
    })
    .await
    .unwrap();
    assert_eq!(code, 0, "{said}");
    let [mail] = smtp.accepted().try_into().unwrap();
    let message = MessageParser::default().parse(&mail.content).unwrap();
    let html = message.body_html(0).unwrap();
    assert!(html.len() < 80 * 1024, "{} bytes would be clipped", html.len());
    for words in [
        "30/31",
        "Cost per day by service type",
        "By service type",
        "By project",
        "Top agents by cost",
    ] {
        assert!(html.contains(words), "{words}");
    }
    let pictures: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| part.content_id())
        .collect();
    assert_eq!(pictures, ["daily-by-service-type@report"]);
}

#[test]
fn hostile_names_are_inert_in_every_face() {
    let hostile = [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "Others",
        "a[b]#'c\"",
        "{{job.title}}",
    ];
    let mut rows = usage(hostile.len());
    for row in &mut rows {
        let number: usize = row.project[8..].parse().unwrap();
        row.project = hostile[number].to_owned();
        if row.service == "sign_language" {
            row.service = if row.date < date("2026-10-16") {
                "Text generation"
            } else {
                "=1+1[x]"
            };
        }
    }
    let folder = office(&rows, true);
    let table = previewed(folder.path());
    let page = face(folder.path(), "html");
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(page.contains("{{job.title}}"), "a name is no template");
    let csv = face(folder.path(), "csv");
    assert!(!csv.contains(",=cmd"), "a name is no formula");
    let labels = |section: &str| -> BTreeSet<String> {
        let rows = table.iter().filter(|row| row["section"] == section);
        rows.map(|row| row["label"].clone()).collect()
    };
    assert_eq!(labels("daily_by_project").len(), hostile.len());
    let types = labels("by_service_type");
    assert!(
        types.contains("text_generation") && types.contains("Text generation"),
        "{types:?}"
    );
}

#[test]
fn a_bill_shows_what_it_has_and_says_what_it_lacks() {
    let folder = office(&usage(2), false);
    let bill = "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,ProviderName,ServiceName\n\
                1.25,EUR,2026-10-02T00:00:00Z,Usage,Cloud,Models\n2.5,EUR,2026-10-03T00:00:00Z,Usage,Cloud,Storage\n";
    fs::write(folder.path().join("bill.csv"), bill).unwrap();
    let path = folder.path().join("reportwire.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace(
            "[sources.usage.usage_file]\npath = \"usage.csv\"",
            "[sources.usage.focus_file]\npath = \"bill.csv\"",
        ),
    )
    .unwrap();
    let table = previewed(folder.path());
    assert_eq!(the(&table, "summary", "total_cost", "", "")["value"], "3.75");
    assert_eq!(
        the(&table, "by_service", "total_cost", "Models", "")["value"],
        "1.25"
    );
    assert!(table.iter().all(|row| row["metric"] != "known_projects"));
    let words = face(folder.path(), "txt")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(words.contains("tells no cost by service type"), "{words}");
    assert!(words.contains("tells no cost by project"), "{words}");
}

/// What a report tells of the rows of two sources together.
fn added_up(rows: &[Used], more: &[Used]) -> (TempDir, Table) {
    let folder = office(rows, false);
    fs::write(folder.path().join("more.csv"), written(more)).unwrap();
    let path = folder.path().join("reportwire.toml");
    let text = fs::read_to_string(&path).unwrap();
    let text = text
        .replace(
            "[jobs.who]\n",
            "[sources.more.usage_file]\npath = \"more.csv\"\n[jobs.who]\ncombine = true\n",
        )
        .replace("[\"usage\"]", "[\"usage\", \"more\"]");
    fs::write(&path, text).unwrap();
    let rows = previewed(folder.path()).into_iter();
    let together = rows.filter(|row| row["source"].is_empty()).collect();
    (folder, together)
}

#[test]
fn two_sources_are_added_up_member_by_member() {
    let rows = usage(3);
    let (folder, together) = added_up(&rows, &rows);
    for ((day, project), expected) in sums(
        &rows,
        "2026-10",
        |row| (row.date.to_string(), row.project.clone()),
        cost,
    ) {
        let row = the(&together, "daily_by_project", "total_cost", &day, &project);
        assert_eq!(decimal(&row["value"]), expected * dec!(2));
    }
    assert!(face(folder.path(), "html").contains("Project trends"));
}

#[test]
fn a_project_that_one_of_two_sources_sums_up_with_others_is_not_told_by_half() {
    let rows = usage(30);
    // The cheapest of thirty is the only one in the other source, where it is told by itself.
    let cheapest: Vec<Used> = rows
        .iter()
        .filter(|row| row.project == "Project 29")
        .cloned()
        .collect();
    let (_folder, together) = added_up(&rows, &cheapest);
    let all: Vec<Used> = rows.iter().chain(&cheapest).cloned().collect();
    for section in ["daily_by_project", "usage"] {
        let named =
            |row: &BTreeMap<String, String>| row["label"] == "Project 29" || row["member"] == "Project 29";
        let mut own = together.iter().filter(|row| row["section"] == section);
        assert!(!own.any(named), "{section}");
    }
    for (day, expected) in sums(&all, "2026-10", |row| row.date.to_string(), cost) {
        let rows = together
            .iter()
            .filter(|row| row["section"] == "daily_by_project" && row["metric"] == "total_cost");
        let of_day = rows.filter(|row| row["member"] == day && row["label"] != day);
        let sum: Decimal = of_day.map(|row| decimal(&row["value"])).sum();
        assert_eq!(sum, expected, "{day}");
    }
    let used = together
        .iter()
        .filter(|row| row["section"] == "usage" && row["metric"] == "total_cost");
    let used: Decimal = used.map(|row| decimal(&row["value"])).sum();
    assert_eq!(
        used,
        decimal(&the(&together, "summary", "total_cost", "", "")["value"])
    );
}

#[test]
fn amounts_of_another_currency_still_add_up_by_day_and_member() {
    let folder = office(&usage(7), true);
    let path = folder.path().join("reportwire.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace("currency = \"EUR\"", "currency = \"USD\"\nrates = \"rates.csv\""),
    )
    .unwrap();
    let mut rates = String::from("date,from,to,rate\n");
    for (day, at) in date("2026-08-28").iter_days().take(70).zip(0_i64..) {
        writeln!(
            rates,
            "{day},EUR,USD,{}",
            dec!(1.0837123456789) + Decimal::new(at, 3)
        )
        .unwrap();
    }
    fs::write(folder.path().join("rates.csv"), rates).unwrap();
    let table = previewed(folder.path());
    let total = the(&table, "summary", "total_cost", "", "");
    assert_eq!(total["currency"], "USD");
    let sum = |section: &str| -> Decimal {
        let rows = table
            .iter()
            .filter(|row| row["section"] == section && row["metric"] == "total_cost");
        rows.filter(|row| !row["value"].is_empty())
            .map(|row| decimal(&row["value"]))
            .sum()
    };
    for section in [
        "daily",
        "daily_by_service_type",
        "daily_by_project",
        "by_project",
        "usage",
    ] {
        assert_eq!(sum(section), decimal(&total["value"]), "{section}");
    }
}

#[test]
fn other_reports_know_nothing_of_it_and_a_run_is_rebuilt_byte_for_byte() {
    let folder = office(&usage(8), true);
    let (code, out, said) = reportwire(folder.path(), &["run", "who", "--period", "2026-10", "--json"]);
    assert_eq!(code, 0, "{said}");
    let run: serde_json::Value = serde_json::from_str(&out).unwrap();
    let (code, _, said) = reportwire(folder.path(), &["replay", run["run_id"].as_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    let path = folder.path().join("reportwire.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("report.organization", "report.full")).unwrap();
    let table = previewed(folder.path());
    let sections: BTreeSet<&str> = table.iter().map(|row| row["section"].as_str()).collect();
    assert!(
        sections
            .iter()
            .all(|section| !section.starts_with("daily_") && *section != "usage"),
        "{sections:?}"
    );
    assert!(table.iter().all(|row| row["metric"] != "known_projects"));
}

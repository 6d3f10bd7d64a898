//! A cost controller asks which days stand out. What is usual is computed here once more, from the rows.

use crate::world::{rows, unzipped};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use rust_decimal::{Decimal, dec};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The limits of the job.
const ANOMALIES: &str = r#"
[jobs.costs.anomalies]
events = [{ date = "2026-10-21", label = "=load <b>test</b>" }]
"#;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn is_weekend(day: NaiveDate) -> bool {
    day.weekday().num_days_from_monday() > 4
}

/// The cost of each model on each day from August to October: `large` has a spike on the 14th and the 21st of October.
fn costs() -> BTreeMap<(NaiveDate, &'static str), Decimal> {
    let days = date("2026-08-03")
        .iter_days()
        .take_while(|day| *day < date("2026-11-01"));
    let mut costs = BTreeMap::new();
    for (day, at) in days.zip(0_i64..) {
        let (large, small) = if is_weekend(day) { (20, 5) } else { (90, 40) };
        let spike = match day.to_string().as_str() {
            "2026-10-14" => dec!(480),
            "2026-10-21" => dec!(200.25),
            _ => dec!(0),
        };
        let jitter = Decimal::from(at * 7 % 5);
        costs.insert((day, "large"), Decimal::from(large) + jitter + spike);
        costs.insert((day, "small"), Decimal::from(small) - jitter / dec!(2));
    }
    costs
}

fn usage(costs: &BTreeMap<(NaiveDate, &'static str), Decimal>) -> String {
    let mut text = String::from(
        "date,project_id,model,service_type,requests,input_tokens,output_tokens,cost,currency\n",
    );
    for ((day, model), cost) in costs {
        writeln!(
            text,
            "{day},Search,{model},text_generation,10,1000,100,{cost},USD"
        )
        .unwrap();
    }
    text
}

/// A folder with the usage and a job that reports it.
fn office(costs: &BTreeMap<(NaiveDate, &'static str), Decimal>, kind: &str, more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("usage.csv"), usage(costs)).unwrap();
    let text = format!(
        "[sources.usage.usage_file]\npath = \"usage.csv\"\n\
         [deliveries.folder.file_drop]\npath = \"drop\"\n\
         [jobs.costs]\nsources = [\"usage\"]\nperiod = \"previous_month\"\n\
         formats = [\"csv\", \"html\", \"xlsx\", \"json\", \"text\"]\ndeliveries = [\"folder\"]\n\
         [jobs.costs.report.{kind}]\n{more}"
    );
    fs::write(folder.path().join("reportwire.toml"), text).unwrap();
    folder
}

fn reportwire(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), said)
}

fn previewed(folder: &Path, period: &str) {
    let (code, said) = reportwire(folder, &["preview", "costs", "--period", period, "--out", "drop"]);
    assert_eq!(code, 0, "{said}");
}

/// The rows of the section in the CSV of October.
fn found(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let mut all = rows(&fs::read(folder.join("drop/costs_2026-10.csv")).unwrap());
    all.retain(|row| row["section"] == "anomalies");
    all
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join("drop").join(name)).unwrap()
}

/// The middle of the same weekdays of the eight weeks before, without the days that stood out.
fn usual(costs: &BTreeMap<(NaiveDate, &'static str), Decimal>, day: NaiveDate, models: &[&str]) -> Decimal {
    let weeks = (1..=8).map(|week| day - Days::new(7 * week));
    let mut before: Vec<Decimal> = weeks
        .filter(|before| !["2026-10-14", "2026-10-21"].contains(&before.to_string().as_str()))
        .map(|before| {
            let of_day = costs
                .iter()
                .filter(|((day, model), _)| *day == before && models.contains(model));
            of_day.map(|(_, cost)| cost).sum()
        })
        .collect();
    before.sort_unstable();
    let middle = before.len() / 2;
    if before.len() % 2 == 1 {
        before[middle]
    } else {
        (before[middle - 1] + before[middle]) / dec!(2)
    }
}

#[test]
fn a_day_that_stands_out_is_told_on_every_face_and_rebuilt_byte_for_byte() {
    let costs = costs();
    let folder = office(&costs, "full", ANOMALIES);
    let (code, said) = reportwire(folder.path(), &["run", "costs", "--period", "2026-10", "--json"]);
    assert_eq!(code, 0, "{said}");
    let run: Value = serde_json::from_str(said.split("\n{").next().unwrap().trim()).unwrap();
    let table = found(folder.path());
    for (day, note) in [("2026-10-14", ""), ("2026-10-21", " (=load <b>test</b>)")] {
        let expected = usual(&costs, date(day), &["large", "small"]);
        let actual: Decimal = costs
            .iter()
            .filter(|((of, _), _)| *of == date(day))
            .map(|(_, cost)| cost)
            .sum();
        let row = table
            .iter()
            .find(|row| row["metric"] == "anomaly_cost" && row["member"] == day)
            .unwrap();
        let number = |key: &str| row[key].parse::<Decimal>().unwrap();
        assert_eq!(
            (number("value"), number("base_value"), number("change")),
            (actual, expected, actual - expected),
            "{row:?}"
        );
        assert_eq!(
            (row["comparison"].as_str(), row["dimension"].as_str()),
            ("expected", "day")
        );
        assert_eq!(row["label"], format!("Total cost{note}"));
        let model = table.iter().find(|row| {
            row["metric"] == "anomaly_contribution" && row["label"] == day && row["dimension"] == "model"
        });
        let own = costs[&(date(day), "large")] - usual(&costs, date(day), &["large"]);
        let model = model.unwrap();
        assert_eq!((model["member"].as_str(), model["rank"].as_str()), ("large", "1"));
        assert_eq!(model["value"].parse::<Decimal>().unwrap(), own);
    }
    let days = table.iter().filter(|row| row["metric"] == "anomaly_cost");
    assert_eq!(
        days.count(),
        2,
        "what the total explains is not told of members again"
    );
    let (page, text) = (
        read(folder.path(), "costs_2026-10.html"),
        read(folder.path(), "costs_2026-10.txt"),
    );
    for face in [&page, &text] {
        for words in [
            "Unusual days",
            "14 Oct",
            "more than a usual Wednesday; ",
            "known event: ",
        ] {
            assert!(face.contains(words), "{words}");
        }
    }
    assert!(!page.contains("<b>test"));
    let document: Value = serde_json::from_str(&read(folder.path(), "costs_2026-10.json")).unwrap();
    let anomalies = document["anomalies"].as_array().unwrap();
    assert_eq!(anomalies.len(), 2);
    assert_eq!(
        (anomalies[0]["from"].as_str(), anomalies[0]["kind"].as_str()),
        (Some("2026-10-14"), Some("day"))
    );
    assert!(anomalies[0]["excess"].is_string());
    // The limits are part of what makes the run repeatable.
    let configuration = fs::read_to_string(folder.path().join("reportwire.toml")).unwrap();
    let without = configuration.replace(ANOMALIES, "");
    assert_ne!(without, configuration);
    fs::write(folder.path().join("reportwire.toml"), without).unwrap();
    let (code, said) = reportwire(folder.path(), &["replay", run["run_id"].as_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn every_kind_of_report_finds_the_same_days_and_none_without_being_asked() {
    let costs = costs();
    let mut tables = Vec::new();
    for kind in ["full", "comparison", "trend", "organization"] {
        let folder = office(&costs, kind, ANOMALIES);
        previewed(folder.path(), "2026-10");
        let table: Vec<[String; 4]> = found(folder.path())
            .iter()
            .map(|row| ["metric", "dimension", "member", "value"].map(|key| row[key].clone()))
            .collect();
        assert!(!table.is_empty(), "{kind}");
        tables.push(table);
        let folder = office(&costs, kind, "");
        previewed(folder.path(), "2026-10");
        assert_eq!(found(folder.path()).len(), 0, "{kind}");
        assert!(!read(folder.path(), "costs_2026-10.json").contains("\"anomalies\""));
    }
    assert!(tables.windows(2).all(|two| two[0] == two[1]), "{tables:#?}");
}

#[test]
fn known_days_that_are_suppressed_are_counted_and_not_listed() {
    let limits = "[jobs.costs.anomalies]\n\
        events = [{ from = \"2026-10-10\", to = \"2026-10-25\", label = \"launch\", action = \"suppress\" }]\n";
    let folder = office(&costs(), "full", limits);
    previewed(folder.path(), "2026-10");
    assert_eq!(found(folder.path()).len(), 0);
    let text = read(folder.path(), "costs_2026-10.txt");
    assert!(
        text.contains("2 unusual days of known events are not listed: launch."),
        "{text}"
    );
    assert!(!text.contains("more than a usual"), "{text}");
}

#[test]
fn the_first_fortnight_of_a_source_is_not_judged_and_said_so() {
    let mut costs = costs();
    costs.retain(|(day, _), _| *day >= date("2026-10-05"));
    let folder = office(&costs, "full", ANOMALIES);
    previewed(folder.path(), "2026-10");
    let days: Vec<String> = found(folder.path())
        .into_iter()
        .filter(|row| row["metric"] == "anomaly_cost")
        .map(|row| row["member"].clone())
        .collect();
    assert_eq!(days, ["2026-10-21"], "the 14th has nine days before it");
    let text = read(folder.path(), "costs_2026-10.txt");
    assert!(text.contains("14 days of the period are not looked at"), "{text}");
}

#[test]
fn a_workbooks_chart_has_room_for_the_label_of_a_day_and_cuts_no_dearer_one_off() {
    let mut costs = costs();
    costs.insert((date("2026-10-14"), "large"), dec!(660));
    for ((day, model), cost) in &mut costs {
        // A bill of every week, which stands out less though it is dearer.
        if day.weekday() == Weekday::Mon && *model == "large" {
            *cost = Decimal::from(if day.month() == 10 { 1000 } else { 520 });
        }
    }
    let mut top_beside = |dash: Decimal| {
        costs.insert((date("2026-09-10"), "large"), dash);
        let folder = office(&costs, "full", "");
        previewed(folder.path(), "2026-10");
        let workbook = fs::read(folder.path().join("drop/costs_2026-10.xlsx")).unwrap();
        let charts = unzipped(&workbook, "xl/charts/chart");
        let daily = charts
            .split("<c:chartSpace")
            .find(|chart| chart.contains("<c:barDir val=\"col\"/>"))
            .unwrap();
        assert!(daily.contains("14 Oct"), "the day that stands out has its label");
        let top = daily.split("<c:max val=\"").nth(1).unwrap();
        top.split('"').next().unwrap().parse::<Decimal>().unwrap()
    };
    assert!(top_beside(dec!(90)) > dec!(1040), "a Monday costs as much");
    assert!(top_beside(dec!(7000)) > dec!(7040), "a day of September does");
}

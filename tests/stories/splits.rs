//! A controller reads who used what where a project is called like a day, service types like each other, where not all know the same
//! days, and where rows were corrected.

use crate::world::{NOVEMBER, rows};
use calamine::{Data, Reader as _, Xlsx};
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Day, project, service type and cost of five requests of an agent.
type Used = (NaiveDate, String, &'static str, Decimal);

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Each day from the first of a month to the last of October, with what a project costs by a service type.
fn daily(since: &str, project: &str, service: &'static str, cost: Decimal) -> Vec<Used> {
    let days = date(since)
        .iter_days()
        .take_while(|day| *day < date("2026-11-01"));
    days.map(|day| (day, project.to_owned(), service, cost)).collect()
}

fn write(folder: &Path, source: &str, rows: &[Used]) {
    let mut text = String::from(
        "date,project_id,agent_id,agent_name,model,service_type,requests,input_tokens,output_tokens,cost,currency\n",
    );
    for (day, project, service, cost) in rows {
        writeln!(text, "{day},{project},a-1,Hotline,m,{service},5,0,0,{cost},USD").unwrap();
    }
    fs::write(folder.join(format!("{source}.csv")), text).unwrap();
}

/// A folder with these sources and a job that reports them, added up where they are several.
fn office(sources: &[(&str, &[Used])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("[deliveries.folder.file_drop]\npath = \"out\"\n");
    for (name, rows) in sources {
        write(folder.path(), name, rows);
        writeln!(text, "[sources.{name}.usage_file]\npath = \"{name}.csv\"").unwrap();
    }
    let names: Vec<&str> = sources.iter().map(|(name, _)| *name).collect();
    write!(
        text,
        "[jobs.who]\nsources = {names:?}\ncombine = {}\nperiod = \"previous_month\"\n\
         formats = [\"csv\", \"html\", \"xlsx\", \"json\"]\ndeliveries = [\"folder\"]\n[jobs.who.report.organization]\n",
        names.len() > 1
    )
    .unwrap();
    fs::write(folder.path().join("reportwire.toml"), text).unwrap();
    folder
}

/// The file of this ending that a command leaves.
fn left(folder: &Path, command: &[&str], ending: &str) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .args(command)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    fs::read(folder.join(format!("out/who_{ending}"))).unwrap()
}

fn previewed(folder: &Path, ending: &str) -> Vec<u8> {
    let month = &ending[..7];
    left(
        folder,
        &["preview", "who", "--period", month, "--out", "out"],
        ending,
    )
}

fn ran(folder: &Path, ending: &str) -> Vec<BTreeMap<String, String>> {
    let command = ["run", "who", "--as-of", NOVEMBER];
    rows(&left(folder, &command, ending))
}

/// The cells of the page's table of this title, without the first of each row, which says what it is about.
fn cells(page: &str, title: &str) -> Vec<Vec<String>> {
    let caption = format!("<caption class=\"hidden\">{title}</caption>");
    let table = page.split(&caption).nth(1).unwrap();
    let rows = table
        .split("</table>")
        .next()
        .unwrap()
        .split("<tr class=")
        .skip(1);
    let cell = |cell: &str| cell.split('<').next().unwrap().to_owned();
    rows.map(|row| row.split("<td class=\"num\">").skip(1).map(cell).collect())
        .collect()
}

#[test]
fn a_project_that_is_called_like_a_day_has_its_column_and_takes_nobody_elses() {
    let rows = [
        daily("2026-10-01", "2026-10-01", "text_generation", dec!(7)),
        daily("2026-10-01", "Search", "text_generation", dec!(3)),
    ]
    .concat();
    let folder = office(&[("usage", &rows)]);
    let workbook = previewed(folder.path(), "2026-10.xlsx");
    let page = fs::read_to_string(folder.path().join("out/who_2026-10.html")).unwrap();
    assert_eq!(
        cells(&page, "Cost per day by project"),
        [["7.00", "3.00", "10.00"]; 31]
    );
    assert_eq!(
        cells(&page, "Text generation per day"),
        [["7.00", "3.00", "10.00", "10"]; 31],
        "the requests stand behind the total of the day"
    );
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook)).unwrap();
    for (sheet, expected) in [
        ("Cost per day by project", &[7.0, 3.0][..]),
        ("Text generation per day", &[7.0, 3.0, 10.0]),
    ] {
        let sheet = book.worksheet_range(sheet).unwrap();
        let days = sheet.rows().filter(|row| matches!(row[0], Data::DateTime(_)));
        let told: Vec<&[Data]> = days.map(|row| &row[1..]).collect();
        let expected: Vec<Data> = expected.iter().map(|value| Data::Float(*value)).collect();
        assert_eq!(told, [&expected[..]; 31]);
    }
}

#[test]
fn a_service_type_keeps_its_key_in_the_month_in_which_one_of_a_like_name_costs_more() {
    let mut rows = daily("2026-09-01", "Search", "video call", dec!(5));
    let october = date("2026-10-01");
    let costs = |day: NaiveDate| if day < october { dec!(2) } else { dec!(8) };
    let other = daily("2026-09-01", "Search", "video-call", dec!(0)).into_iter();
    rows.extend(other.map(|(day, project, service, _)| (day, project, service, costs(day))));
    let folder = office(&[("usage", &rows)]);
    for (month, other) in [("2026-09", "2"), ("2026-10", "8")] {
        let table = self::rows(&previewed(folder.path(), &format!("{month}.csv")));
        let costs = |section: &str| -> BTreeSet<String> {
            let mut told = table.clone();
            told.retain(|row| row["section"] == section && row["metric"] == "total_cost");
            told.into_iter()
                .map(|mut row| row.remove("value").unwrap())
                .collect()
        };
        assert_eq!(
            costs("daily_usage_video_call"),
            ["5".to_owned()].into(),
            "{month}"
        );
        assert_eq!(
            costs("daily_usage_video_call_2"),
            [other.to_owned()].into(),
            "{month}"
        );
    }
}

/// Of each chart of the organization by its key who leads, if it says so.
fn leaders(document: &[u8], source: Option<&str>) -> BTreeMap<String, Option<String>> {
    let document: Value = serde_json::from_slice(document).unwrap();
    let charts = document["charts"].as_array().unwrap().iter();
    let leader = |chart: &Value| chart["message"]["parts"][0]["strong"].as_str().map(str::to_owned);
    charts
        .filter(|chart| chart["source"].as_str() == source)
        .map(|chart| (chart["key"].as_str().unwrap().to_owned(), leader(chart)))
        .collect()
}

#[test]
fn who_is_summed_up_with_others_leads_nobody() {
    // Fifteen small ones cost more than the large one together.
    let small = (0..15).flat_map(|at| {
        daily(
            "2026-10-01",
            &format!("Small {at:02}"),
            "text_generation",
            dec!(1),
        )
    });
    let mut rows: Vec<Used> = small.collect();
    rows.extend(daily("2026-10-01", "Large", "text_generation", dec!(2)));
    let folder = office(&[("usage", &rows)]);
    let leaders = leaders(&previewed(folder.path(), "2026-10.json"), Some("usage"));
    for chart in [
        "by-project",
        "daily-by-project-0",
        "daily-by-project-text-generation-1",
        "daily-usage-text-generation-0",
    ] {
        assert_eq!(leaders[chart].as_deref(), Some("Large"), "{chart} of {leaders:?}");
    }
}

#[test]
fn of_days_that_one_source_knows_and_another_does_not_no_chart_says_who_leads() {
    let usage = daily("2026-10-01", "Search", "text_generation", dec!(5));
    let mut more = daily("2026-10-01", "Support", "text_generation", dec!(9));
    let together = |more: &[Used]| {
        let folder = office(&[("usage", &usage), ("more", more)]);
        let leaders = leaders(&previewed(folder.path(), "2026-10.json"), None);
        leaders["daily-by-project-0"].clone()
    };
    assert_eq!(together(&more).as_deref(), Some("Support"));
    more.retain(|(day, ..)| *day != date("2026-10-18"));
    assert_eq!(together(&more), None);
}

#[test]
fn a_restated_line_says_whose_and_of_which_service_type_it_is() {
    let mut rows = [
        daily("2026-10-01", "Search", "text_generation", dec!(7)),
        daily("2026-10-01", "Search", "speech_to_text", dec!(3)),
    ]
    .concat();
    let day = date("2026-10-14");
    let legacy = |service, cost| (day, "Legacy".to_owned(), service, cost);
    let mistaken = [legacy("speech_to_text", dec!(4)), legacy("embedding", dec!(2))];
    let folder = office(&[("usage", &[&rows[..], &mistaken].concat())]);
    ran(folder.path(), "2026-10.csv");
    for (_, _, _, cost) in rows.iter_mut().filter(|(of, ..)| *of == day) {
        *cost += dec!(0.5);
    }
    write(folder.path(), "usage", &rows);
    let mut restated = ran(folder.path(), "2026-10_r2.csv");
    restated.retain(|row| row["section"] == "restatement");
    let of = |label: &str| -> Vec<[&str; 2]> {
        let found = restated.iter().filter(|row| row["label"] == label);
        found.map(|row| [&*row["base_value"], &*row["value"]]).collect()
    };
    for (label, values) in [
        ("Total cost, Search, 2026-10-14", ["10", "11"]),
        (
            "Total cost, Search, 2026-10-14, Text generation per day",
            ["7", "7.5"],
        ),
        (
            "Total cost, Search, 2026-10-14, Speech to text per day",
            ["3", "3.5"],
        ),
        ("Total cost, Legacy, 2026-10-14", ["6", ""]),
        (
            "Total cost, Legacy, 2026-10-14, Speech to text per day",
            ["4", ""],
        ),
        ("Total cost, Legacy, 2026-10-14, Embedding per day", ["2", ""]),
        ("Total cost, Text generation", ["217", "217.5"]),
        ("Total cost, Search, Text generation", ["217", "217.5"]),
        ("Cost, Hotline, Search", ["316", "311"]),
    ] {
        assert_eq!(of(label), [values], "{label}");
    }
}

//! A comparison of two quarters by project, model and agent over a million usage rows each, as a whole process, beside an embedded
//! analytical database that groups the same rows on one thread.
//!
//! Prints processor time (mean), wall time (median) and peak memory (largest) of both, in turn, and their ratio; without `DuckDB` for
//! Python there is none. Every total is held against what was written. Goals: 64 MiB and a ratio of 1.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark reports to whoever started it, and may break off"
)]

mod process;

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// Rows of each quarter.
const ROWS: u64 = 1_000_000;
/// Decimals of a cost.
const DECIMALS: u32 = 10;
const RUNS: u32 = 5;

const CONFIGURATION: &str = r#"
[service]
data_dir = "data"
[sources.usage.usage_file]
path = "usage-*.csv"
snapshot_files = "hash"
[jobs.quarter]
sources = ["usage"]
period = "previous_quarter"
formats = ["csv"]
[jobs.quarter.report.comparison]
by = ["project", "model", "agent"]
"#;

/// The same grouping, without the days, the shares, the effects and the words of the report.
const GROUPING: &str = r#"
import duckdb
database = duckdb.connect()
database.execute("SET threads = 1")
database.execute("""
WITH usage AS (
    SELECT project_id, model, agent_id, cost, requests, input_tokens + output_tokens AS tokens, date >= '2026-07-01' AS later
    FROM read_csv('usage-*.csv', types = {'cost': 'DECIMAL(38,12)'})
)
SELECT later, grouping_id(project_id, model, agent_id), project_id, model, agent_id, sum(cost), sum(requests), sum(tokens)
FROM usage GROUP BY GROUPING SETS ((later), (later, project_id), (later, model), (later, agent_id))
""").fetchall()
"#;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    fs::write(folder.join("reportwire.toml"), CONFIGURATION).expect("a configuration");
    fs::write(folder.join("grouping.py"), GROUPING).expect("a script");
    let before = write_quarter(folder, "2026-04-01", 91, 1);
    let now = write_quarter(folder, "2026-07-01", 92, 2);

    println!(
        "{:<44} {:>9} {:>9} {:>9}",
        "whole process, over the runs", "cpu ms", "wall ms", "peak MiB"
    );
    let ours = || {
        command(
            folder,
            env!("CARGO_BIN_EXE_reportwire"),
            &["preview", "quarter", "--period", "2026-Q3", "--out", "out"],
        )
    };
    let database = || command(folder, "python3", &["grouping.py"]);
    let report = process::measure(RUNS, ours);
    report.print("comparison of 2 x 1,000,000 rows");
    check(folder, now, before);
    let known = database().stdout(Stdio::null()).stderr(Stdio::null()).status();
    if known.is_ok_and(|status| status.success()) {
        let grouped = process::measure(RUNS, database);
        grouped.print("… grouped by DuckDB on one thread");
        println!("ratio of processor time {:.2}", report.cpu_ms / grouped.cpu_ms);
    } else {
        println!("no ratio: Python cannot import duckdb here");
    }
}

fn command(folder: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments);
    command
}

/// Writes the rows of a quarter; their total cost.
fn write_quarter(folder: &Path, first: &str, days: u64, seed: u64) -> Decimal {
    let first: NaiveDate = first.parse().expect("a date");
    let mut file = BufWriter::new(File::create(folder.join(format!("usage-{first}.csv"))).expect("a file"));
    let head = "date,project_id,agent_id,model,service_type,requests,errors,input_tokens,output_tokens,cost,currency";
    writeln!(file, "{head}").expect("room on the disk");
    let (mut state, mut total) = (seed, 0_i128);
    for row in 0..ROWS {
        let date = first + Days::new(row * days / ROWS);
        // Any generator does that scatters the rows over members, the same every time.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = state >> 16;
        let (project, agent, model) = (random % 50, (random >> 8) % 400, (random >> 20) % 20);
        let (requests, errors) = (1 + (random >> 28) % 9, (random >> 5) % 2);
        let input = requests * (100 + (random >> 32) % 900);
        let output = input / 4;
        let cost = (input * 7 + output * 20) % 10_000_000;
        total += i128::from(cost);
        writeln!(
            file,
            "{date},p-{project},a-{agent},model-{model},text_generation,{requests},{errors},{input},{output},0.{cost:010},USD"
        )
        .expect("room on the disk");
    }
    file.flush().expect("room on the disk");
    Decimal::from_i128_with_scale(total, DECIMALS)
}

/// Holds the totals of the report against those of the rows: of all, and of the members of each dimension together.
fn check(folder: &Path, now: Decimal, before: Decimal) {
    let path = folder.join("out/quarter_2026-Q3.csv");
    let mut rows = csv::Reader::from_path(path).expect("a report");
    let heads = rows.headers().expect("a first row").clone();
    let at = |name: &str| heads.iter().position(|head| head == name).expect("a column");
    let (section, metric, comparison, value, base) = (
        at("section"),
        at("metric"),
        at("comparison"),
        at("value"),
        at("base_value"),
    );
    for (name, members) in [
        ("summary", 1),
        ("by_project", 50),
        ("by_model", 20),
        ("by_agent", 400),
    ] {
        let (mut found, mut sums) = (0, [Decimal::ZERO; 2]);
        let path = folder.join("out/quarter_2026-Q3.csv");
        let mut rows = csv::Reader::from_path(path).expect("a report");
        for row in rows.records().map(|row| row.expect("a row")) {
            if (&row[section], &row[metric], &row[comparison]) == (name, "total_cost", "previous_period") {
                found += 1;
                for (sum, column) in sums.iter_mut().zip([value, base]) {
                    *sum += row[column].parse::<Decimal>().expect("an amount");
                }
            }
        }
        assert_eq!((found, sums), (members, [now, before]), "{name} is exact");
    }
}

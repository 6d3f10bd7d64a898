//! Reports from this platform, made by the real program: run, replayed to the byte, checked.

use crate::far::{Account, CANARY, Dispersl, Month, error};
use crate::platform::Reply;
use crate::spanish::english_in;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A folder with a configuration whose only job reports the month before.
fn configured(base_url: &str, lines: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        r#"
[sources.agents.dispersl]
base_url = "{base_url}"
api_key = "env:DISPERSL_API_KEY"
attempts = 1
{lines}

[deliveries.drop.file_drop]
path = "drop"

[jobs.agents-monthly]
sources = ["agents"]
period = "previous_month"
formats = ["html", "xlsx", "csv", "json", "text"]
deliveries = ["drop"]
[jobs.agents-monthly.report.full]
"#
    );
    fs::write(folder.path().join("reportwire.toml"), text).unwrap();
    folder
}

/// Makes another job of it.
fn reconfigure(folder: &Path, (old, new): (&str, &str)) {
    let path = folder.join("reportwire.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{text}");
    fs::write(&path, text.replace(old, new)).unwrap();
}

fn ask(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reportwire"));
    command
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .env("DISPERSL_API_KEY", CANARY)
        .args(arguments);
    // The platform runs on this runtime's other threads while the command is waited for.
    let output = tokio::task::block_in_place(|| command.output()).unwrap();
    let all = [&output.stdout[..], &output.stderr].concat();
    assert!(!String::from_utf8_lossy(&all).contains(CANARY));
    output
}

fn run(folder: &Path) -> Output {
    let as_of = ["--as-of", "2026-11-02T07:00:00Z", "--json", "--wait", "0"];
    ask(folder, &[&["run", "agents-monthly"][..], &as_of].concat())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_reported_to_the_last_digit_and_can_be_rebuilt_byte_for_byte() {
    let mut account = Account::new("2026-01-02", "2026-11-02");
    account.month = Month::Previous;
    let far = Dispersl::start(account.clone()).await;
    let folder = configured(&far.base_url, "tier = \"enterprise\"");
    let output = run(folder.path());
    assert!(output.status.success(), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["state"], "delivered");
    let csv = fs::read_to_string(folder.path().join("drop/agents-monthly_2026-10.csv")).unwrap();
    let value = |wanted: &str| {
        let row = csv
            .lines()
            .find(|row| row.contains(wanted))
            .unwrap_or_else(|| panic!("{wanted}: {csv}"));
        row.to_owned()
    };
    let cost = account.sum("2026-10-01", "2026-10-31", |work| work.cost);
    assert!(
        value(",summary,total_cost,").contains(&format!(",USD,{},", cost.normalize())),
        "{}",
        value(",summary,total_cost,")
    );
    let tasks = account.sum("2026-10-01", "2026-10-31", |work| work.tasks.into());
    let failed = account.sum("2026-10-01", "2026-10-31", |work| work.failed.into());
    let rate = reportwire::money::percent(tasks - failed, tasks).unwrap();
    assert!(
        rate.scale() > 2,
        "recomputed, not the one decimal of the platform: {rate}"
    );
    assert!(value(",summary,task_success_rate,").contains(&format!(",{rate},")));
    let each = reportwire::money::quotient(cost, tasks).unwrap();
    assert!(value(",summary,average_cost_per_task,").contains(&format!(",{each},")));
    assert!(value(",by_agent,total_cost,").contains(",agent,"));
    assert!(csv.contains("'=HYPERLINK"), "no name becomes a formula");

    let calls = far.calls("").len();
    drop(far);
    let replay = ask(folder.path(), &["replay", told["run_id"].as_str().unwrap()]);
    assert!(replay.status.success(), "{replay:?}");
    assert_eq!(
        text(&replay.stdout).matches("identical").count(),
        6,
        "{}",
        text(&replay.stdout)
    );
    assert_eq!(calls, 5, "two periods, performance, two windows of costs");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_own_exports_go_out_beside_the_report_and_are_no_source_of_figures() {
    let mut account = Account::new("2026-01-02", "2026-11-02");
    account.month = Month::Previous;
    let far = Dispersl::start(account).await;
    let folder = configured(&far.base_url, "exports = [\"performance\", \"usage\"]");
    let output = run(folder.path());
    assert!(output.status.success(), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = |name: &str| fs::read_to_string(folder.path().join("drop").join(name)).unwrap();
    let usage = file("agents-monthly_2026-10.agents-usage-month.csv");
    assert!(
        usage.starts_with("date,agent,tokens,left\r\n2026-10-01,"),
        "{usage}"
    );
    assert!(
        usage.contains("'=HYPERLINK"),
        "no name becomes a formula: {usage}"
    );
    assert!(usage.contains(",-1\r\n"), "a number stays one: {usage}");
    let performance = file("agents-monthly_2026-10.agents-performance.json");
    assert!(performance.contains("task_completion_rate"), "{performance}");
    let manifest = file("agents-monthly_2026-10.manifest.json");
    assert!(manifest.contains("agents-usage-month.csv"), "{manifest}");
    assert_eq!(far.calls("/export").len(), 2);
    drop(far);
    let replay = ask(folder.path(), &["replay", told["run_id"].as_str().unwrap()]);
    assert!(replay.status.success(), "{replay:?}");

    // The report itself is the same without them.
    let far = Dispersl::start(Account {
        month: Month::Previous,
        ..Account::new("2026-01-02", "2026-11-02")
    })
    .await;
    let plain = configured(&far.base_url, "");
    assert!(run(plain.path()).status.success());
    let csv = |folder: &Path| {
        let text = fs::read_to_string(folder.join("drop/agents-monthly_2026-10.csv")).unwrap();
        let rows = text.lines().map(|row| row.split(',').enumerate());
        // All columns but the time of the run.
        rows.map(|row| {
            row.filter(|(at, _)| *at != 5)
                .map(|(_, cell)| cell.to_owned())
                .collect()
        })
        .collect::<Vec<Vec<String>>>()
    };
    assert_eq!(csv(folder.path()), csv(plain.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_the_platform_refuses_fails_the_run() {
    let far = Dispersl::start(Account::new("2026-01-02", "2026-11-02")).await;
    far.on("/usage/export", vec![error(403, "No permission for exports")]);
    let folder = configured(&far.base_url, "exports = [\"usage\"]");
    let output = run(folder.path());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + text(&output.stdout);
    assert!(said.contains("/analytics/usage/export"), "{said}");
    assert!(!folder.path().join("drop").exists());
    // Some say so with a good status.
    far.on(
        "/usage/export",
        vec![Reply::json(r#"{"status": "error", "message": "No file today"}"#)],
    );
    let output = run(folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("No file today"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_read_in_spanish() {
    let mut account = Account::new("2026-01-02", "2026-11-02");
    account.month = Month::Previous;
    let far = Dispersl::start(account).await;
    let folder = configured(&far.base_url, "");
    let spanish = "[jobs.agents-monthly]\ntitle = \"Plataforma\"\nlocale = \"es-ES\"";
    reconfigure(folder.path(), ("[jobs.agents-monthly]", spanish));
    let output = run(folder.path());
    assert!(output.status.success(), "{output:?}");
    for kind in ["txt", "html"] {
        let face = folder.path().join(format!("drop/agents-monthly_2026-10.{kind}"));
        let face = fs::read_to_string(face).unwrap();
        let line = face.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in ["de la propia plataforma, cuyos días no indica", "93,3 %"] {
            assert!(line.contains(words), "{words}: {line}");
        }
        // What agents and the source are called is nobody's to translate.
        let names = ["Fuente: agents", "review, \"the\"", "review, &quot;the&quot;"];
        let line = names.iter().fold(line, |line, name| line.replace(name, "…"));
        let mut left = english_in(&line);
        left.retain(|words| !words.contains(" agent "));
        assert!(left.is_empty(), "{left:#?}");
        assert!(kind == "html" || !face.contains("2026-10-"), "{face}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_is_no_longer_kept_is_reported_as_not_available() {
    let mut account = Account::new("2026-01-02", "2026-11-02");
    (account.keeps, account.leaves_idle_days_out) = (Some(30), false);
    let far = Dispersl::start(account).await;
    let folder = configured(&far.base_url, "tier = \"free\"");
    let output = run(folder.path());
    assert!(output.status.success(), "{output:?}");
    let csv = fs::read_to_string(folder.path().join("drop/agents-monthly_2026-10.csv")).unwrap();
    let summary: Vec<&str> = csv.lines().filter(|row| row.contains(",summary,")).collect();
    assert!(
        summary.len() > 20 && summary.iter().all(|row| row.contains(",not_available,")),
        "{summary:#?}"
    );
    let report = fs::read_to_string(folder.path().join("drop/agents-monthly_2026-10.txt")).unwrap();
    assert!(report.contains("Not retained"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_refuses_fails_the_run_and_nothing_is_delivered() {
    let far = Dispersl::start(Account::new("2026-01-02", "2026-11-02")).await;
    far.on("/costs", vec![error(403, "No permission for analytics")]);
    let folder = configured(&far.base_url, "");
    let output = run(folder.path());
    assert_eq!(output.status.code(), Some(1));
    let all = [&output.stdout[..], &output.stderr].concat();
    assert!(
        String::from_utf8_lossy(&all).contains("No permission for analytics"),
        "{output:?}"
    );
    assert!(!folder.path().join("drop").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn check_online_asks_the_platform_and_says_what_is_wrong() {
    let far = Dispersl::start(Account::new("2026-01-02", "2026-11-02")).await;
    let folder = configured(&far.base_url, "");
    let output = ask(folder.path(), &["check", "--online"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(far.calls("").len(), 1);
    far.on("/usage", vec![error(400, "Failed to verify api_key or token")]);
    let output = ask(folder.path(), &["check", "--online"]);
    assert!(!output.status.success());
    let all = [&output.stdout[..], &output.stderr].concat();
    assert!(
        String::from_utf8_lossy(&all).contains("the key is not accepted"),
        "{output:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trend_shows_what_the_platform_says_of_its_own_beside_ours() {
    let far = Dispersl::start(Account::new("2026-01-02", "2026-11-02")).await;
    let folder = configured(&far.base_url, "");
    reconfigure(folder.path(), ("report.full", "report.trend"));
    let output = run(folder.path());
    assert!(output.status.success(), "{output:?}");
    let csv = fs::read(folder.path().join("drop/agents-monthly_2026-10.csv")).unwrap();
    let mut csv = csv::Reader::from_reader(&csv[..]);
    let rows: Vec<BTreeMap<String, String>> = csv.deserialize().map(|row| row.unwrap()).collect();
    let told: Vec<[&str; 6]> = rows
        .iter()
        .filter(|row| row["section"] == "platform_trend")
        .map(|row| {
            ["metric", "member", "value", "base_value", "change", "direction"]
                .map(|column| row[column].as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            ["task_completion_rate", "before", "91.2", "", "", ""],
            ["average_task_duration", "before", "9900000", "", "", ""],
            ["task_error_rate", "before", "8.8", "", "", ""],
            ["task_completion_rate", "month", "93.3", "91.2", "2.1", "up"],
            [
                "average_task_duration",
                "month",
                "9000000",
                "9900000",
                "-900000",
                "down"
            ],
            ["task_error_rate", "month", "6.7", "8.8", "-2.1", "down"],
        ]
    );
    let ours = rows
        .iter()
        .filter(|row| row["section"] == "trend" && row["metric"] == "task_success_rate");
    assert!(ours.count() > 1, "our own stands beside it");
    let text = fs::read_to_string(folder.path().join("drop/agents-monthly_2026-10.txt")).unwrap();
    assert!(text.to_lowercase().contains("the platform's own trend"), "{text}");
}

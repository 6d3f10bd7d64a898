//! A controller gives a month its budgets and asks halfway whether they will do. What comes out is computed here once more, from the rows.

use crate::smtp::{FakeSmtp, Script};
use crate::world::rows;
use chrono::{Datelike, Days, NaiveDate};
use mail_parser::MessageParser;
use reportwire::money::rounded;
use rust_decimal::{Decimal, dec};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The cost of everything on each day.
type Costs = BTreeMap<NaiveDate, Decimal>;

/// The share of each project in every day.
const PROJECTS: [(&str, Decimal); 2] = [("Apollo", dec!(0.6)), ("Boreas", dec!(0.4))];
/// The days that the report looks back on begin eight complete weeks before October.
const FIRST: &str = "2026-08-03";

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What a company spends up to the 18th of October: little at weekends, more or less from week to week, and more in October.
fn costs() -> Costs {
    let days = date(FIRST)
        .iter_days()
        .take_while(|day| *day < date("2026-10-19"));
    days.map(|day| {
        let usual = [100, 110, 105, 108, 120, 30, 25][day.weekday().num_days_from_monday() as usize];
        let week = Decimal::from((day - date(FIRST)).num_days() / 7 % 4) * dec!(0.05);
        let level = if day < date("2026-10-01") {
            dec!(0.9) + week
        } else {
            dec!(1.2)
        };
        (day, Decimal::from(usual) * level)
    })
    .collect()
}

fn write_usage(folder: &Path, costs: &Costs) {
    let mut text = String::from("date,project_id,service_type,requests,cost,currency\n");
    for (day, cost) in costs {
        for (project, share) in PROJECTS {
            writeln!(text, "{day},{project},text_generation,10,{},USD", cost * share).unwrap();
        }
    }
    fs::write(folder.join("usage.csv"), text).unwrap();
}

/// A folder with the usage and a job that holds the running month against four budgets.
fn office(costs: &Costs, mail_port: u16) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_usage(folder.path(), costs);
    let text = format!(
        r#"
[service]
owner = ["finops@example.com"]
[sources.usage.usage_file]
path = "usage.csv"
[deliveries.folder.file_drop]
path = "drop/{{{{period.id}}}}"
[deliveries.finance-mail.email]
from = "reports@example.com"
to = ["cfo@example.com"]
smtp = {{ host = "127.0.0.1", port = {mail_port}, tls = "none" }}
[jobs.spend]
sources = ["usage"]
period = "month_to_date"
formats = ["csv", "html"]
deliveries = ["folder", "finance-mail"]
[jobs.spend.report.full]
[jobs.spend.budgets.platform]
amount = 2800
per = "month"
[jobs.spend.budgets.apollo]
amount = "900.00"
per = "month"
dimension = "project"
member = "Apollo"
[jobs.spend.budgets.boreas]
amount = 1300
per = "month"
dimension = "project"
member = "Boreas"
[jobs.spend.budgets.roomy]
amount = "120000.00"
per = "year"
"#
    );
    fs::write(folder.path().join("reportwire.toml"), text).unwrap();
    folder
}

/// Runs the job on the morning after the last day of its period.
fn run(folder: &Path, as_of: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reportwire"));
    command
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .args(["run", "spend", "--as-of", as_of]);
    let output = tokio::task::block_in_place(|| command.output()).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What the owner is told of budgets, first to last.
async fn told(folder: &Path) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(folder.join("data/reportwire.db"));
    let mut store = SqliteConnection::connect_with(&options).await.unwrap();
    let sql = "SELECT text FROM notices WHERE text LIKE 'Budget %' ORDER BY id";
    let told = sqlx::query_scalar(sql).fetch_all(&mut store).await.unwrap();
    store.close().await.unwrap();
    told
}

fn sum(costs: &Costs, from: NaiveDate, until: NaiveDate) -> Decimal {
    costs.range(from..until).map(|(_, cost)| cost).sum()
}

/// What the days from one up to another usually cost: the median of each weekday in the eight complete weeks before `start`.
fn usual(costs: &Costs, start: NaiveDate, from: NaiveDate, until: NaiveDate) -> Decimal {
    let monday = start - Days::new(start.weekday().num_days_from_monday().into());
    let of_weekday = |day: NaiveDate| {
        let history = costs.range(monday - Days::new(56)..monday);
        let mut same: Vec<Decimal> = history
            .filter(|(before, _)| before.weekday() == day.weekday())
            .map(|(_, cost)| *cost)
            .collect();
        same.sort_unstable();
        let upper = same[same.len() / 2];
        if same.len() % 2 == 1 {
            upper
        } else {
            (same[same.len() / 2 - 1] + upper) / dec!(2)
        }
    };
    let days = from.iter_days().take_while(|day| *day < until);
    days.map(of_weekday).sum()
}

/// What the days from `start` up to `end` will have cost, told on the morning of `today`.
fn forecast(costs: &Costs, start: NaiveDate, today: NaiveDate, end: NaiveDate) -> Decimal {
    sum(costs, start, today) * usual(costs, start, start, end) / usual(costs, start, start, today)
}

/// WAPE and bias, in per cent, of the forecasts after ten days of all 31 days in a row with four weeks before them.
fn errors(costs: &Costs) -> (Decimal, Decimal) {
    let starts = (date(FIRST) + Days::new(28)).iter_days();
    let pairs: Vec<(Decimal, Decimal)> = starts
        .take_while(|start| *start + Days::new(31) <= date("2026-10-19"))
        .map(|start| {
            let end = start + Days::new(31);
            (
                forecast(costs, start, start + Days::new(10), end),
                sum(costs, start, end),
            )
        })
        .collect();
    assert_eq!(pairs.len(), 19);
    let came: Decimal = pairs.iter().map(|(_, came)| came).sum();
    let off: Decimal = pairs.iter().map(|(made, came)| (made - came).abs()).sum();
    let bias: Decimal = pairs.iter().map(|(made, came)| made - came).sum();
    (off * dec!(100) / came, bias * dec!(100) / came)
}

/// The first day by whose end so much of a budget is spent, as its number in October.
fn run_out(costs: &Costs, share: Decimal, amount: Decimal) -> Decimal {
    let (start, today) = (date("2026-10-01"), date("2026-10-19"));
    let reached = start.iter_days().find(|day| {
        let end = *day + Days::new(1);
        let spent = if end <= today {
            sum(costs, start, end)
        } else {
            forecast(costs, start, today, end)
        };
        spent * share >= amount
    });
    Decimal::from(reached.unwrap().day())
}

/// The figures of a budget in the CSV, by metric.
fn figures(table: &[BTreeMap<String, String>], budget: &str) -> BTreeMap<String, Decimal> {
    let own = table
        .iter()
        .filter(|row| row["section"] == "budgets" && row["member"] == budget);
    own.map(|row| (row["metric"].clone(), row["value"].parse().unwrap()))
        .collect()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn halfway_through_the_month_finance_reads_which_budgets_will_do() {
    let smtp = FakeSmtp::start(Script::default()).await;
    let costs = costs();
    let folder = office(&costs, smtp.address.port());
    run(folder.path(), "2026-10-19T07:00:00Z");
    let dropped = folder.path().join("drop/2026-10-01..2026-10-18");
    let table = rows(&fs::read(dropped.join("spend_2026-10-01..2026-10-18.csv")).unwrap());

    let (start, today, end) = (date("2026-10-01"), date("2026-10-19"), date("2026-11-01"));
    let (error, bias) = errors(&costs);
    for (name, share, amount) in [
        ("platform", dec!(1), dec!(2800)),
        ("apollo", dec!(0.6), dec!(900)),
        ("boreas", dec!(0.4), dec!(1300)),
    ] {
        let own = figures(&table, name);
        let (spent, coming) = (
            sum(&costs, start, today) * share,
            forecast(&costs, start, today, end) * share,
        );
        let elapsed = usual(&costs, start, start, today) / usual(&costs, start, start, end);
        for (metric, expected) in [
            ("budget", amount),
            ("total_cost", spent),
            ("budget_utilisation", spent * dec!(100) / amount),
            ("budget_remaining", amount - spent),
            ("budget_pace", spent / amount / elapsed),
            ("forecast_cost", coming),
            ("forecast_error", error),
            ("forecast_bias", bias),
        ] {
            let off = (own[metric] - expected).abs();
            assert!(
                off < dec!(0.00000001),
                "{name} {metric}: {} {expected}",
                own[metric]
            );
        }
        let day = own.get("budget_run_out").copied();
        assert_eq!(
            day,
            (coming >= amount).then(|| run_out(&costs, share, amount)),
            "{name}"
        );
    }

    // Asked for by its days, as `runs` lists it, it is held against the same budgets.
    let again = Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .current_dir(folder.path())
        .args([
            "preview",
            "spend",
            "--period",
            "2026-10-01..2026-10-18",
            "--out",
            "again",
        ])
        .output()
        .unwrap();
    assert!(
        again.status.success(),
        "{}",
        String::from_utf8_lossy(&again.stderr)
    );
    let by_days = rows(&fs::read(folder.path().join("again/spend_2026-10-01..2026-10-18.csv")).unwrap());
    for name in ["platform", "apollo", "roomy"] {
        assert_eq!(figures(&by_days, name), figures(&table, name), "{name}");
    }

    // The page and the mail say the same in words.
    let page = words(&fs::read_to_string(dropped.join("spend_2026-10-01..2026-10-18.html")).unwrap());
    let [mail] = smtp.accepted().try_into().unwrap();
    let message = MessageParser::default().parse(&mail.content).unwrap();
    let text = words(&message.body_text(0).unwrap());
    let judged = format!(
        "on day 10 such forecasts would have been off by {} %",
        rounded(error, 1)
    );
    assert!(page.contains(&judged), "{judged}");
    for said in ["18 of 31 days", "◆ watch", "▲ over", "▲ exceeded", "● ok"] {
        assert!(text.contains(said), "{said} in {text}");
    }
    for said in [
        "over the budget of USD 2,800.00; it is used up on ",
        "over the budget of USD 900.00; it was used up on ",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_hears_of_each_budget_and_state_once() {
    let smtp = FakeSmtp::start(Script::default()).await;
    let mut costs = costs();
    let folder = office(&costs, smtp.address.port());
    run(folder.path(), "2026-10-19T07:00:00Z");
    let first = told(folder.path()).await;
    let heads = [
        "Budget `apollo` (project Apollo), 2026-10, is exceeded: ",
        "Budget `boreas` (project Boreas), 2026-10, is to be watched: ",
        "Budget `platform`, 2026-10, is over at this pace: ",
    ];
    assert_eq!(first.len(), heads.len(), "{first:#?}");
    for (told, head) in first.iter().zip(heads) {
        assert!(told.starts_with(head), "{told}");
    }
    // The same morning again, and the next one.
    run(folder.path(), "2026-10-19T07:00:00Z");
    costs.insert(date("2026-10-19"), dec!(120));
    write_usage(folder.path(), &costs);
    run(folder.path(), "2026-10-20T07:00:00Z");
    assert_eq!(told(folder.path()).await, first);
    // A day that costs as much as a month is news of two budgets.
    costs.insert(date("2026-10-20"), dec!(2000));
    write_usage(folder.path(), &costs);
    run(folder.path(), "2026-10-21T07:00:00Z");
    let all = told(folder.path()).await;
    let news: Vec<&str> = all[first.len()..]
        .iter()
        .map(|told| told.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        news,
        [
            "Budget `boreas` (project Boreas), 2026-10, is exceeded",
            "Budget `platform`, 2026-10, is exceeded",
        ]
    );
    assert_eq!(smtp.accepted().len(), 4, "readers get every report");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_too_little_is_known_nothing_is_said_of_the_error() {
    let smtp = FakeSmtp::start(Script::default()).await;
    let mut costs = costs();
    costs.retain(|day, _| *day >= date("2026-09-01"));
    let folder = office(&costs, smtp.address.port());
    run(folder.path(), "2026-10-19T07:00:00Z");
    let dropped = folder.path().join("drop/2026-10-01..2026-10-18");
    let table = rows(&fs::read(dropped.join("spend_2026-10-01..2026-10-18.csv")).unwrap());
    let row = |metric: &str| {
        let mut own = table
            .iter()
            .filter(|row| row["section"] == "budgets" && row["member"] == "platform");
        own.find(|row| row["metric"] == metric).unwrap()
    };
    // Of September alone three Mondays are known before October: the mean of the elapsed days is what is left.
    let mean = sum(&costs, date("2026-10-01"), date("2026-10-19")) * dec!(31) / dec!(18);
    let made: Decimal = row("forecast_cost")["value"].parse().unwrap();
    assert!((made - mean).abs() < dec!(0.00000001), "{made} {mean}");
    for metric in ["forecast_error", "forecast_bias"] {
        assert_eq!(
            (row(metric)["value"].as_str(), row(metric)["status"].as_str()),
            ("", "not_available")
        );
    }
    let page = words(&fs::read_to_string(dropped.join("spend_2026-10-01..2026-10-18.html")).unwrap());
    assert!(page.contains("error of past forecasts not available"));
}

/// A bill of the same days: usage each day, seats of 500 on the first of each month, a tax and a credit in October.
fn write_bill(folder: &Path, costs: &Costs) {
    let mut text =
        String::from("BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,ChargeClass,ServiceName\n");
    for (day, cost) in costs {
        writeln!(text, "{cost},USD,{day}T00:00:00Z,Usage,,Models").unwrap();
        if day.day() == 1 {
            writeln!(text, "500,USD,{day}T00:00:00Z,Purchase,,Seats").unwrap();
        }
    }
    for (amount, day, kind) in [
        (80, "2026-10-05", "Tax,"),
        (-250, "2026-10-12", "Credit,"),
        (-40, "2026-10-13", "Usage,Correction"),
    ] {
        writeln!(text, "{amount},USD,{day}T00:00:00Z,{kind},Models").unwrap();
    }
    fs::write(folder.join("bill.csv"), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_taxes_and_credits_of_a_bill_are_forecast_once_and_its_last_days_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut costs = costs();
    // Of the last two days providers have billed nearly nothing yet.
    costs.insert(date("2026-10-17"), dec!(1));
    costs.insert(date("2026-10-18"), dec!(1));
    write_bill(folder.path(), &costs);
    let text = r#"
[service]
owner = ["finops@example.com"]
[sources.bill.focus_file]
path = "bill.csv"
[deliveries.folder.file_drop]
path = "drop"
[jobs.spend]
sources = ["bill"]
period = "month_to_date"
formats = ["csv", "html"]
deliveries = ["folder"]
[jobs.spend.report.full]
[jobs.spend.budgets.platform]
amount = 4000
per = "month"
[jobs.spend.budgets.models]
amount = 4000
per = "month"
dimension = "service"
member = "Models"
"#;
    fs::write(folder.path().join("reportwire.toml"), text).unwrap();
    run(folder.path(), "2026-10-19T07:00:00Z");
    let table = rows(&fs::read(folder.path().join("drop/spend_2026-10-01..2026-10-18.csv")).unwrap());
    let (start, end) = (date("2026-10-01"), date("2026-11-01"));
    let usage = forecast(&costs, start, date("2026-10-17"), end);
    for (name, once) in [("platform", dec!(290)), ("models", dec!(-210))] {
        let own = figures(&table, name);
        assert_eq!(own["non_usage_cost"], once, "{name}");
        let off = (own["forecast_cost"] - usage - once).abs();
        assert!(
            off < dec!(0.00000001),
            "{name}: {} {usage} {once}",
            own["forecast_cost"]
        );
        assert_eq!(own["total_cost"], sum(&costs, start, end) + once, "{name}");
    }
    let page =
        words(&fs::read_to_string(folder.path().join("drop/spend_2026-10-01..2026-10-18.html")).unwrap());
    assert!(
        page.contains("290.00 of it is no usage and counts once"),
        "{page}"
    );
}

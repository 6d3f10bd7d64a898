//! A controller compares quarters, follows weeks and adds sources up. What comes out is computed here once more, from the rows.

use crate::world::{rows, unzipped};
use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// By what rows are told apart.
type Key = fn(&Used) -> &'static str;

/// One row of a usage file.
struct Used {
    date: NaiveDate,
    project: &'static str,
    model: &'static str,
    tokens: i64,
    cost: Decimal,
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Five quarters: a dearer model gains, one project begins in the third quarter of 2026, one ended before it.
fn usage() -> Vec<Used> {
    let mut rows = Vec::new();
    for day in date("2025-07-01")
        .iter_days()
        .take_while(|day| *day < date("2026-10-01"))
    {
        let age = (day - date("2025-07-01")).num_days();
        for (project, model, share, price) in [
            ("Search", "small", 300, dec!(0.0000004)),
            ("Search", "large", 100 + age, dec!(0.0000075)),
            ("Support", "large", 80, dec!(0.0000075)),
            ("Legacy", "small", 50, dec!(0.0000004)),
            ("Assist", "large", 120, dec!(0.0000075)),
        ] {
            let begun = project != "Assist" || day >= date("2026-07-01");
            let ended = project == "Legacy" && day >= date("2026-07-01");
            if !begun || ended {
                continue;
            }
            let tokens = share * (900 + i64::from(day.ordinal() % 7) * 31);
            let price = if day >= date("2026-08-01") {
                price * dec!(1.1)
            } else {
                price
            };
            rows.push(Used {
                date: day,
                project,
                model,
                tokens,
                cost: Decimal::from(tokens) * price,
            });
        }
    }
    rows
}

fn written(rows: &[Used], currency: &str) -> String {
    let mut text = String::from(
        "date,project_id,model,service_type,requests,input_tokens,output_tokens,cost,currency\n",
    );
    for row in rows {
        writeln!(
            text,
            "{},{},{},text_generation,{},{},0,{},{currency}",
            row.date,
            row.project,
            row.model,
            row.tokens / 100,
            row.tokens,
            row.cost
        )
        .unwrap();
    }
    text
}

/// A folder with usage files and these jobs.
fn office(files: &[(&str, String)], jobs: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("[service]\n");
    for (name, rows) in files {
        fs::write(folder.path().join(format!("{name}.csv")), rows).unwrap();
        write!(text, "[sources.{name}.usage_file]\npath = \"{name}.csv\"\n").unwrap();
    }
    fs::write(folder.path().join("reportwire.toml"), text + jobs).unwrap();
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

/// The rows of the CSV of a previewed job.
fn previewed(folder: &Path, job: &str, period: &str) -> Vec<BTreeMap<String, String>> {
    let (code, _, said) = reportwire(folder, &["preview", job, "--period", period, "--out", "out"]);
    assert_eq!(code, 0, "{said}");
    rows(&fs::read(folder.join(format!("out/{job}_{period}.csv"))).unwrap())
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

const COMPARISON: &str = r#"
[jobs.quarterly]
sources = ["usage"]
period = "previous_quarter"
formats = ["csv", "html", "xlsx", "json", "text"]
[jobs.quarterly.report.comparison]
against = ["previous_period", "same_period_last_year", "2025-Q4"]
by = ["project", "model"]
"#;

/// Cost by one key, of the days of a quarter.
fn cost_by(usage: &[Used], first: &str, last: &str, key: Key) -> BTreeMap<&'static str, Decimal> {
    let mut costs = BTreeMap::new();
    for row in usage
        .iter()
        .filter(|row| row.date >= date(first) && row.date <= date(last))
    {
        *costs.entry(key(row)).or_insert(Decimal::ZERO) += row.cost;
    }
    costs
}

#[test]
fn a_quarter_is_compared_with_the_one_before_last_years_and_a_certain_one() {
    let usage = usage();
    let folder = office(&[("usage", written(&usage, "USD"))], COMPARISON);
    let table = previewed(folder.path(), "quarterly", "2026-Q3");
    let quarters = [
        ("previous_period", "2026-04-01", "2026-06-30"),
        ("same_period_last_year", "2025-07-01", "2025-09-30"),
        ("2025-Q4", "2025-10-01", "2025-12-31"),
    ];
    let keys: [(&str, Key); 3] = [
        ("", |_| ""),
        ("project", |row| row.project),
        ("model", |row| row.model),
    ];
    for (comparison, first, last) in quarters {
        for (dimension, key) in keys {
            let now = cost_by(&usage, "2026-07-01", "2026-09-30", key);
            let before = cost_by(&usage, first, last, key);
            let section = if dimension.is_empty() {
                "summary".to_owned()
            } else {
                format!("by_{dimension}")
            };
            let told: BTreeMap<&str, _> = table
                .iter()
                .filter(|row| {
                    row["section"] == section
                        && row["metric"] == "total_cost"
                        && row["comparison"] == comparison
                })
                .map(|row| (row["member"].as_str(), row))
                .collect();
            let members: std::collections::BTreeSet<&str> =
                now.keys().chain(before.keys()).copied().collect();
            assert_eq!(
                told.keys().copied().collect::<std::collections::BTreeSet<_>>(),
                members,
                "{section}"
            );
            for (member, row) in told {
                let value = now.get(member).copied().unwrap_or_default();
                let base = before.get(member).copied().unwrap_or_default();
                assert_eq!(decimal(&row["value"]), value, "{section} {member}");
                assert_eq!(decimal(&row["base_value"]), base, "{section} {member}");
                assert_eq!(decimal(&row["change"]), value - base, "{section} {member}");
                let direction = match (base.is_zero(), value.is_zero()) {
                    (true, false) => "new",
                    (false, true) => "gone",
                    (true, true) => "flat",
                    _ if value > base => "up",
                    _ => "down",
                };
                assert_eq!(row["direction"], direction, "{section} {member}");
            }
        }
    }
}

#[test]
fn the_effects_are_computed_from_the_rows_and_add_to_the_change() {
    let usage = usage();
    let folder = office(&[("usage", written(&usage, "USD"))], COMPARISON);
    let table = previewed(folder.path(), "quarterly", "2026-Q3");
    for comparison in ["previous_period", "same_period_last_year", "2025-Q4"] {
        let effects: BTreeMap<&str, Decimal> = table
            .iter()
            .filter(|row| row["section"] == "effects" && row["comparison"] == comparison)
            .map(|row| (row["metric"].as_str(), decimal(&row["value"])))
            .collect();
        let names: Vec<&str> = effects.keys().copied().collect();
        assert_eq!(
            names,
            ["currency", "mix", "new", "other", "price", "retired", "volume"],
            "each once"
        );
        let change = table
            .iter()
            .find(|row| {
                row["section"] == "summary"
                    && row["metric"] == "total_cost"
                    && row["comparison"] == comparison
            })
            .map(|row| decimal(&row["change"]));
        assert_eq!(Some(effects.values().sum::<Decimal>()), change, "{comparison}");
    }
    // Price by hand: per model, cost now less tokens now at the price of before.
    let tokens = |first: &str, last: &str, model: &str| {
        let rows = usage
            .iter()
            .filter(|row| row.model == model && row.date >= date(first) && row.date <= date(last));
        Decimal::from(rows.map(|row| row.tokens).sum::<i64>())
    };
    let (now, before) = (
        cost_by(&usage, "2026-07-01", "2026-09-30", |row| row.model),
        cost_by(&usage, "2026-04-01", "2026-06-30", |row| row.model),
    );
    let price: Decimal = ["small", "large"]
        .iter()
        .map(|model| {
            let ratio = tokens("2026-07-01", "2026-09-30", model) / tokens("2026-04-01", "2026-06-30", model);
            now[model] - before[model] * ratio
        })
        .sum();
    let told = table
        .iter()
        .find(|row| row["metric"] == "price" && row["comparison"] == "previous_period")
        .map(|row| decimal(&row["value"]));
    let told = told.unwrap();
    assert!((told - price).abs() < dec!(0.0000001), "{told} against {price}");
    assert!(told > Decimal::ZERO, "prices rose in August");
}

/// A column that does not begin at zero makes a small change look like a large one.
fn columns_begin_at_zero(workbook: &Path) {
    let charts = unzipped(&fs::read(workbook).unwrap(), "xl/charts/chart");
    let columns: Vec<&str> = charts
        .split("<c:chartSpace")
        .filter(|chart| chart.contains("<c:barDir val=\"col\"/>"))
        .collect();
    assert!(columns.len() > 1, "{charts}");
    for chart in columns {
        assert!(chart.contains("<c:min val=\"0\"/>"), "{chart}");
    }
}

#[test]
fn every_face_of_a_comparison_says_the_same() {
    let folder = office(&[("usage", written(&usage(), "USD"))], COMPARISON);
    let table = previewed(folder.path(), "quarterly", "2026-Q3");
    let read = |extension: &str| {
        fs::read_to_string(folder.path().join(format!("out/quarterly_2026-Q3.{extension}"))).unwrap()
    };
    let (page, text) = (read("html"), read("txt"));
    let document: serde_json::Value = serde_json::from_str(&read("json")).unwrap();
    assert_eq!(document["kind"], "comparison");
    let compared: Vec<&str> = document["compared_with"]
        .as_array()
        .unwrap()
        .iter()
        .map(|other| other["period"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(compared, ["2026-Q2", "2025-Q3", "2025-Q4"]);
    let cost = table
        .iter()
        .find(|row| row["section"] == "summary" && row["metric"] == "total_cost")
        .map(|row| decimal(&row["value"]).round_dp(2))
        .unwrap();
    for face in [&page, &text] {
        assert!(face.contains(&cost.to_string()), "{cost} in {face}");
        for words in ["Why the cost changed", "Assist", "Legacy"] {
            assert!(face.contains(words), "{words} in {face}");
        }
    }
    for words in ["From Q2 2026", "From Q3 2025", "From Q4 2025"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("class=\"c-up\""), "the bridge is drawn");
    columns_begin_at_zero(&folder.path().join("out/quarterly_2026-Q3.xlsx"));
}

#[test]
fn what_a_source_does_not_tell_is_said_and_not_made_up() {
    let jobs = COMPARISON.replace("\"project\", \"model\"", "\"user\", \"project\"");
    let folder = office(&[("usage", written(&usage(), "USD"))], &jobs);
    let table = previewed(folder.path(), "quarterly", "2026-Q3");
    assert!(table.iter().all(|row| row["section"] != "by_user"));
    let text = fs::read_to_string(folder.path().join("out/quarterly_2026-Q3.txt")).unwrap();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("tells no cost by user"), "{text}");
    // Before its first row a source has nothing to compare with.
    let table = previewed(folder.path(), "quarterly", "2025-Q3");
    let row = table
        .iter()
        .find(|row| {
            row["section"] == "summary"
                && row["metric"] == "total_cost"
                && row["comparison"] == "previous_period"
        })
        .unwrap();
    assert_eq!(
        (
            row["base_value"].as_str(),
            row["change"].as_str(),
            row["direction"].as_str()
        ),
        ("", "", "")
    );
    assert!(
        table
            .iter()
            .all(|row| row["section"] != "effects" || row["comparison"] != "previous_period")
    );
}

#[test]
fn a_trend_shows_each_period_beside_the_one_before() {
    let usage = usage();
    let jobs = r#"
[jobs.weekly]
sources = ["usage"]
period = "previous_week"
formats = ["csv", "html", "xlsx"]
[jobs.weekly.report.trend]
periods = 8
"#;
    let folder = office(&[("usage", written(&usage, "USD"))], jobs);
    let table = previewed(folder.path(), "weekly", "2026-W39");
    let costs: Vec<_> = table
        .iter()
        .filter(|row| row["section"] == "trend" && row["metric"] == "total_cost")
        .collect();
    let weeks: Vec<&str> = costs.iter().map(|row| row["member"].as_str()).collect();
    assert_eq!(
        weeks,
        [
            "2026-W32", "2026-W33", "2026-W34", "2026-W35", "2026-W36", "2026-W37", "2026-W38", "2026-W39"
        ]
    );
    let monday = date("2026-08-03");
    let mut before: Option<Decimal> = None;
    for (week, row) in (0..).zip(&costs) {
        let first = monday + Days::new(7 * week);
        let cost: Decimal = usage
            .iter()
            .filter(|used| used.date >= first && used.date < first + Days::new(7))
            .map(|used| used.cost)
            .sum();
        assert_eq!(decimal(&row["value"]), cost);
        assert_eq!(row["dimension"], "period");
        match before {
            None => assert_eq!((row["comparison"].as_str(), row["base_value"].as_str()), ("", "")),
            Some(base) => {
                assert_eq!(row["comparison"], "previous_period");
                assert_eq!(decimal(&row["base_value"]), base);
                assert_eq!(decimal(&row["change"]), cost - base);
            }
        }
        before = Some(cost);
    }
    columns_begin_at_zero(&folder.path().join("out/weekly_2026-W39.xlsx"));
    // The mean of seven days reaches back into the week before.
    let last = table
        .iter()
        .find(|row| row["metric"] == "cost_moving_average" && row["member"] == "2026-09-21")
        .unwrap();
    let seven: Decimal = usage
        .iter()
        .filter(|used| used.date > date("2026-09-14") && used.date <= date("2026-09-21"))
        .map(|used| used.cost)
        .sum();
    assert_eq!(
        decimal(&last["value"]),
        (seven / dec!(7)).round_dp(12).normalize()
    );
}

#[test]
fn sources_are_added_up_only_where_asked_and_only_in_one_currency() {
    let job = |combine: bool| {
        format!(
            "[jobs.all]\nsources = [\"usage\", \"more\"]\nperiod = \"previous_month\"\nformats = [\"csv\", \"text\"]\ncombine = {combine}\nreport.full = {{}}\n"
        )
    };
    let usage = usage();
    let september = cost_by(&usage, "2026-09-01", "2026-09-30", |_| "")[""];
    let costs = |currency: &str, combine: bool| {
        let files = [
            ("usage", written(&usage, "USD")),
            ("more", written(&usage, currency)),
        ];
        let folder = office(&files, &job(combine));
        let table = previewed(folder.path(), "all", "2026-09");
        table
            .iter()
            .filter(|row| row["section"] == "summary" && row["metric"] == "total_cost")
            .map(|row| {
                (
                    row["source"].clone(),
                    row["currency"].clone(),
                    row["value"].clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    let own = |source: &str, currency: &str| {
        (
            source.to_owned(),
            currency.to_owned(),
            september.normalize().to_string(),
        )
    };
    assert_eq!(costs("USD", false), [own("usage", "USD"), own("more", "USD")]);
    let sum = (september * dec!(2)).normalize().to_string();
    assert_eq!(
        costs("USD", true),
        [
            (String::new(), "USD".to_owned(), sum),
            own("usage", "USD"),
            own("more", "USD")
        ]
    );
    let apart = costs("EUR", true);
    assert!(
        apart
            .iter()
            .all(|(source, _, value)| !source.is_empty() || value.is_empty()),
        "{apart:?}"
    );
    assert_eq!(
        apart[apart.len() - 2..],
        [own("usage", "USD"), own("more", "EUR")]
    );
}

#[test]
fn amounts_of_another_currency_are_converted_day_by_day_and_the_rates_are_kept() {
    let usage = usage();
    let jobs = COMPARISON.replace("[jobs.quarterly]", "[jobs.quarterly]\ncurrency = \"USD\"");
    let folder = office(&[("usage", written(&usage, "EUR"))], &jobs);
    let config = folder.path().join("reportwire.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(
        &config,
        text.replace("[service]\n", "[service]\nrates = \"rates.csv\"\n"),
    )
    .unwrap();
    let rate = |day: NaiveDate| {
        if day >= date("2026-07-01") {
            dec!(1.2)
        } else {
            dec!(1.1)
        }
    };
    let table = |factor: Decimal| {
        let mut rates = String::from("date,from,to,rate\n");
        // No rates on weekends: Friday's counts.
        for day in date("2025-06-27")
            .iter_days()
            .take(500)
            .filter(|day| day.weekday().number_from_monday() < 6)
        {
            writeln!(rates, "{day},EUR,USD,{}", rate(day) * factor).unwrap();
        }
        rates
    };
    fs::write(folder.path().join("rates.csv"), table(dec!(1))).unwrap();
    let (code, out, said) = reportwire(
        folder.path(),
        &["run", "quarterly", "--period", "2026-Q3", "--json"],
    );
    assert_eq!(code, 0, "{said}");
    let run: serde_json::Value = serde_json::from_str(&out).unwrap();
    let csv = run["artifacts"][0]["path"].as_str().unwrap();
    let table_of_run = rows(&fs::read(csv).unwrap());
    let value = |section: &str, metric: &str, column: &str| {
        table_of_run
            .iter()
            .find(|row| {
                row["section"] == section && row["metric"] == metric && row["comparison"] == "previous_period"
            })
            .map(|row| decimal(&row[column]))
            .unwrap()
    };
    let euros = |first: &str, last: &str| cost_by(&usage, first, last, |_| "")[""];
    let (now, before) = (
        euros("2026-07-01", "2026-09-30"),
        euros("2026-04-01", "2026-06-30"),
    );
    assert_eq!(value("summary", "total_cost", "value"), now * dec!(1.2));
    assert_eq!(value("summary", "total_cost", "base_value"), before * dec!(1.1));
    let apart = (value("effects", "currency", "value") - now * dec!(0.1)).abs();
    assert!(apart < dec!(0.0000001), "the rates alone: {apart}");
    let notices = run["notices"].to_string();
    assert!(notices.contains("was converted to USD"), "{notices}");
    // The table of tomorrow changes nothing of what was sent.
    fs::write(folder.path().join("rates.csv"), table(dec!(2))).unwrap();
    let (code, _, said) = reportwire(folder.path(), &["replay", run["run_id"].as_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_comparison_is_rebuilt_byte_for_byte() {
    let folder = office(&[("usage", written(&usage(), "USD"))], COMPARISON);
    let (code, out, said) = reportwire(
        folder.path(),
        &["run", "quarterly", "--period", "2026-Q3", "--json"],
    );
    assert_eq!(code, 0, "{said}");
    let run: serde_json::Value = serde_json::from_str(&out).unwrap();
    let (code, _, said) = reportwire(folder.path(), &["replay", run["run_id"].as_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_trend_by_day_shows_each_day_beside_the_same_weekday_before() {
    let usage = usage();
    let jobs = r#"
[jobs.weekly]
sources = ["usage"]
period = "previous_week"
formats = ["csv", "html", "xlsx"]
[jobs.weekly.report.trend]
periods = 3
days = "all"
"#;
    let folder = office(&[("usage", written(&usage, "USD"))], jobs);
    let table = previewed(folder.path(), "weekly", "2026-W39");
    let days = |metric: &str| -> Vec<_> {
        let of_metric =
            |row: &&BTreeMap<String, String>| row["section"] == "daily" && row["metric"] == metric;
        table.iter().filter(of_metric).collect()
    };
    let costs = days("total_cost");
    let first = date("2026-09-07");
    let all: Vec<String> = first.iter_days().take(21).map(|day| day.to_string()).collect();
    let told: Vec<&str> = costs.iter().map(|row| row["member"].as_str()).collect();
    assert_eq!(told, all);
    let cost = |day: NaiveDate| -> Decimal {
        let of_day = usage.iter().filter(|used| used.date == day);
        of_day.map(|used| used.cost).sum()
    };
    for (row, day) in costs.iter().zip(first.iter_days()) {
        assert_eq!(decimal(&row["value"]), cost(day), "{day}");
        let before = day - Days::new(7);
        if before < first {
            assert_eq!(row["comparison"], "", "{day}: the first week stands alone");
        } else {
            assert_eq!(row["comparison"], before.to_string());
            assert_eq!(decimal(&row["base_value"]), cost(before));
            assert_eq!(decimal(&row["change"]), cost(day) - cost(before));
            assert!(!row["direction"].is_empty());
        }
    }
    let means = days("cost_moving_average");
    let unknown = means.iter().filter(|row| row["value"].is_empty()).count();
    assert_eq!(
        (means.len(), unknown),
        (21, 6),
        "a mean of seven days needs seven days"
    );
    // The other figures are told of the days of the period alone.
    assert_eq!(days("total_requests").len(), 7);
    let page = fs::read_to_string(folder.path().join("out/weekly_2026-W39.html")).unwrap();
    assert!(page.contains("7 Sep"), "every day is on the page");
    assert!(page.contains("changes since the same weekday a week before"));
    // In the workbook the week before has one set of columns, however many days there are.
    let workbook = fs::read(folder.path().join("out/weekly_2026-W39.xlsx")).unwrap();
    let words = unzipped(&workbook, "xl/sharedStrings.xml");
    assert!(words.contains("week before"), "{words}");
    assert!(!words.contains("14 September 2026 total"), "{words}");
    let tables = unzipped(&workbook, "xl/tables/");
    let widest = tables.split("<tableColumns count=\"").skip(1).map(|rest| {
        let count = rest.split('"').next().unwrap();
        count.parse::<u32>().unwrap()
    });
    assert!(widest.max().unwrap() < 30, "{tables}");
}

//! A subsidiary pays in another currency: what it spends is converted at the rate of each day, member by member.

use crate::world::rows;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

type Table = Vec<BTreeMap<String, String>>;

const USAGE: &str = "date,project_id,service_type,cost,currency\n\
                     2026-10-01,p,text_generation,100.00,USD\n\
                     2026-10-02,q,text_generation,200.00,USD\n\
                     2026-10-03,p,text_generation,50.00,USD\n";
const BILL: &str = "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,ServiceName\n\
                    100.00,USD,2026-10-01T00:00:00Z,Usage,p\n\
                    200.00,USD,2026-10-02T00:00:00Z,Tax,q\n\
                    50.00,USD,2026-10-03T00:00:00Z,Credit,p\n";
/// The day rates of the finance definitions.
const RATES: &str =
    "date,from,to,rate\n2026-10-01,USD,EUR,0.9012\n2026-10-02,USD,EUR,0.9100\n2026-10-03,USD,EUR,0.8950\n";

/// The CSV of a report in euros on `period`.
fn converted(source: &str, data: &str, rates: &str, report: &str, period: &str) -> Table {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "[service]\ncurrency = \"EUR\"\nrates = \"rates.csv\"\n[sources.dollars.{source}]\npath = \"data.csv\"\n\
         [jobs.spend]\nsources = [\"dollars\"]\nperiod = \"previous_month\"\nformats = [\"csv\"]\n\
         [jobs.spend.report.{report}]\n"
    );
    fs::write(folder.path().join("reportwire.toml"), text).unwrap();
    fs::write(folder.path().join("data.csv"), data).unwrap();
    fs::write(folder.path().join("rates.csv"), rates).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .current_dir(folder.path())
        .args(["preview", "spend", "--period", period, "--out", "out"])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    rows(&fs::read(folder.path().join(format!("out/spend_{period}.csv"))).unwrap())
}

fn value(table: &Table, section: &str, metric: &str, member: &str) -> Decimal {
    let of = |row: &&BTreeMap<String, String>| {
        (
            row["section"].as_str(),
            row["metric"].as_str(),
            row["member"].as_str(),
        ) == (section, metric, member)
    };
    let row = table
        .iter()
        .find(of)
        .unwrap_or_else(|| panic!("{section} {metric} {member}"));
    assert_eq!(row["currency"], "EUR");
    row["value"].parse().unwrap()
}

#[test]
fn each_member_is_converted_at_the_rates_of_its_own_days() {
    for report in ["full", "organization"] {
        let table = converted("usage_file", USAGE, RATES, report, "2026-10");
        assert_eq!(
            value(&table, "summary", "total_cost", ""),
            dec!(316.87),
            "{report}"
        );
        assert_eq!(
            value(&table, "by_project", "total_cost", "p"),
            dec!(134.87),
            "{report}"
        );
        assert_eq!(
            value(&table, "by_project", "total_cost", "q"),
            dec!(182.00),
            "{report}"
        );
    }
    let table = converted("usage_file", USAGE, RATES, "organization", "2026-10");
    let used = |row: &&BTreeMap<String, String>| row["section"] == "usage" && row["metric"] == "total_cost";
    let used: Vec<&str> = table
        .iter()
        .filter(used)
        .map(|row| row["value"].as_str())
        .collect();
    assert_eq!(used, ["182", "134.87"]);
}

#[test]
fn taxes_and_credits_of_a_bill_are_converted_at_the_rate_of_their_day() {
    let table = converted("focus_file", BILL, RATES, "full", "2026-10");
    for (metric, expected) in [
        ("total_cost", dec!(316.87)),
        ("taxes", dec!(182.00)),
        ("credits", dec!(44.75)),
    ] {
        assert_eq!(value(&table, "summary", metric, ""), expected, "{metric}");
    }
    assert_eq!(value(&table, "by_service", "total_cost", "p"), dec!(134.87));
}

#[test]
fn one_rate_for_all_days_is_the_rate_of_the_period_though_it_is_an_inverse() {
    // Dividing by 1.0843 has no end: the product of a day and its quotient miss each other by a last digit.
    let rates = "date,from,to,rate\n2026-10-01,EUR,USD,1.0843\n";
    for period in ["2026-10-01", "2026-10-02", "2026-10-03", "2026-10"] {
        let table = converted("usage_file", USAGE, rates, "full", period);
        let dollars = match period {
            "2026-10-01" => dec!(100),
            "2026-10-02" => dec!(200),
            "2026-10-03" => dec!(50),
            _ => dec!(350),
        };
        let off = value(&table, "summary", "total_cost", "") - dollars / dec!(1.0843);
        assert!(off.abs() < dec!(0.0000000001), "{period}: {off}");
    }
}

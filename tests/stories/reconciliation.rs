//! A controller ties splits to totals and usage to the bill. What comes out is computed here once more, from the rows.

use crate::world::rows;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const USAGE: &str = "date,project_id,model,service_type,requests,input_tokens,output_tokens,cost,currency
2026-10-01,p-1,small,text_generation,10,1000,100,100.123456789,USD
2026-10-02,p-1,,text_generation,1,10,1,0.000000011,USD
2026-10-02,p-2,large,text_generation,5,500,50,399.8765432,USD
";
const BILL: &str =
    "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,ChargeClass,SubAccountId,x_Model
100.123456789,USD,2026-10-01T00:00:00Z,Usage,,a-1,small
421.3765432,USD,2026-10-02T00:00:00Z,Usage,,a-2,large
-25.5,USD,2026-10-02T00:00:00Z,Credit,,a-2,
-1.25,USD,2026-10-02T00:00:00Z,Credit,Correction,a-2,
2.75,USD,2026-10-02T00:00:00Z,Usage,Correction,a-1,small
104.5,USD,2026-10-31T00:00:00Z,Tax,,a-1,
12,USD,2026-10-31T00:00:00Z,Purchase,,a-1,
";

fn job(kind: &str, reconcile: &str, more: &str) -> String {
    format!(
        "[service]\nrates = \"rates.csv\"\n[sources.usage.usage_file]\npath = \"usage.csv\"\n[sources.cloud.focus_file]\npath = \"bill.csv\"\n\
         [jobs.tie]\nsources = [\"usage\", \"cloud\"]\nperiod = \"previous_month\"\nformats = [\"csv\", \"html\", \"xlsx\", \"json\", \"text\"]\n{more}\
         [jobs.tie.reconcile]\n{reconcile}\n[jobs.tie.report.{kind}]\n"
    )
}

const AGAINST: &str = "usage = \"usage\"\nbill = \"cloud\"\nby = \"model\"\nknown_gaps = [{ amount = \"12.00\", reason = \"Support plan\" }]";

fn office(config: &str, usage: &str, bill: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("reportwire.toml", config),
        ("usage.csv", usage),
        ("bill.csv", bill),
        ("rates.csv", "date,from,to,rate\n2026-10-01,EUR,CHF,0.9\n"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn previewed(folder: &Path) -> (Vec<BTreeMap<String, String>>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_reportwire"))
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .args(["preview", "tie", "--period", "2026-10", "--out", "out"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read = |name: &str| fs::read(folder.join("out").join(name)).unwrap();
    let text = String::from_utf8(read("tie_2026-10.txt")).unwrap();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (rows(&read("tie_2026-10.csv")), words)
}

fn of<'r>(
    table: &'r [BTreeMap<String, String>],
    section: &str,
    metric: &str,
) -> Vec<&'r BTreeMap<String, String>> {
    table
        .iter()
        .filter(|row| row["section"] == section && row["metric"] == metric)
        .collect()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

#[test]
fn splits_tie_to_totals_and_the_steps_add_up_to_the_bill_in_every_kind_of_report() {
    for kind in ["full", "comparison", "trend", "organization"] {
        let folder = office(&job(kind, AGAINST, ""), USAGE, BILL);
        let (table, text) = previewed(folder.path());
        let ties = of(&table, "reconciliation", "parts_cost");
        let of_usage: Vec<&str> = ties
            .iter()
            .filter(|row| row["source"] == "usage")
            .map(|row| row["member"].as_str())
            .collect();
        assert!(of_usage.contains(&"project") && of_usage.contains(&"model") && of_usage.contains(&"day"));
        for row in &ties {
            assert_eq!(
                (row["comparison"].as_str(), row["change"].as_str()),
                ("headline", "0"),
                "{row:?}"
            );
            assert_eq!(row["value"], row["base_value"]);
        }
        let nobody = of(&table, "reconciliation", "unattributed_cost");
        let by_model = nobody
            .iter()
            .find(|row| row["source"] == "usage" && row["member"] == "model")
            .unwrap();
        assert_eq!(by_model["value"], "0.000000011");
        let step = |metric: &str| decimal(&of(&table, "usage_against_bill", metric)[0]["value"]);
        let steps = [
            "usage_cost",
            "credits",
            "taxes",
            "adjustments",
            "usage_corrections",
            "known_gap",
            "unexplained_cost",
        ];
        let sum: Decimal = steps.iter().map(|metric| step(metric)).sum();
        assert_eq!(sum, step("bill_cost"), "{kind}");
        // The correction that is a credit counts as a credit.
        assert_eq!(
            (step("credits"), step("usage_corrections")),
            (dec!(-26.75), dec!(2.75))
        );
        assert_eq!(step("unexplained_cost"), dec!(21.499999989));
        assert!(
            text.contains("3.50 % unexplained, outside tolerance of 1.00 %"),
            "{text}"
        );
        assert!(
            text.contains("cloud holds USD 21.50 that usage does not explain, 3.50 % of the bill"),
            "{text}"
        );
        assert!(text.contains("Usual causes are credits"), "{text}");
        let by_model = of(&table, "usage_against_bill_by_model", "bill_cost");
        let large = by_model.iter().find(|row| row["member"] == "large").unwrap();
        assert_eq!(
            (large["base_value"].as_str(), large["change"].as_str()),
            ("399.8765432", "21.5")
        );
        // What the summary lists is what it always listed.
        assert!(of(&table, "summary", "usage_corrections").is_empty());
    }
}

#[test]
fn within_the_tolerance_nothing_is_said_but_the_table() {
    let loose = AGAINST.to_owned() + "\ntolerance = \"3.51\"";
    let folder = office(&job("full", &loose, ""), USAGE, BILL);
    let (_, text) = previewed(folder.path());
    assert!(
        text.contains("3.50 % unexplained, within tolerance of 3.51 %"),
        "{text}"
    );
    assert!(
        !text.contains("Usual causes") && !text.contains("does not explain"),
        "{text}"
    );
}

#[test]
fn sources_of_other_currencies_are_not_compared_unless_rates_are_there() {
    let euros = BILL.replace("USD", "EUR");
    let folder = office(&job("full", AGAINST, ""), USAGE, &euros);
    let (table, text) = previewed(folder.path());
    assert!(
        text.contains("usage is in USD, cloud in EUR, and no rate between them is given"),
        "{text}"
    );
    assert_eq!(
        of(&table, "usage_against_bill", "unexplained_cost")[0]["value"],
        ""
    );
    let rates: Vec<String> = (1..=31)
        .map(|day| format!("2026-10-{day:02},EUR,USD,2"))
        .collect();
    fs::write(
        folder.path().join("rates.csv"),
        format!("date,from,to,rate\n{}\n", rates.join("\n")),
    )
    .unwrap();
    let (table, _) = previewed(folder.path());
    let value = |metric: &str| decimal(&of(&table, "usage_against_bill", metric)[0]["value"]);
    assert_eq!(value("bill_cost"), dec!(1227.999999978));
    assert_eq!(value("credits"), dec!(-53.5));
    let steps = value("usage_cost")
        + value("credits")
        + value("taxes")
        + value("adjustments")
        + value("usage_corrections")
        + value("known_gap")
        + value("unexplained_cost");
    assert_eq!(steps, value("bill_cost"));
}

#[test]
fn a_bill_that_is_missing_is_said_in_a_partial_report() {
    let folder = office(
        &job("full", AGAINST, "allow_partial = true\n"),
        USAGE,
        "no,bill\n1,2\n",
    );
    let (table, text) = previewed(folder.path());
    assert!(
        text.contains("Usage is not held against the bill: nothing of cloud is in the report"),
        "{text}"
    );
    let bill = of(&table, "usage_against_bill", "bill_cost");
    assert_eq!(
        (bill[0]["value"].as_str(), bill[0]["status"].as_str()),
        ("", "not_available")
    );
    let ties = of(&table, "reconciliation", "parts_cost");
    assert!(!ties.is_empty() && ties.iter().all(|row| row["source"] == "usage"));
}

#[test]
fn a_run_with_a_reconciliation_is_rebuilt_byte_for_byte() {
    let folder = office(&job("full", AGAINST, ""), USAGE, BILL);
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_reportwire"))
            .current_dir(folder.path())
            .env_remove("RUST_LOG")
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let told: serde_json::Value =
        serde_json::from_str(&run(&["run", "tie", "--period", "2026-10", "--json"])).unwrap();
    fs::write(folder.path().join("reportwire.toml"), job("full", "", "")).unwrap();
    run(&["replay", told["run_id"].as_str().unwrap()]);
}

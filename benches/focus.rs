//! What a large FOCUS bill costs to read: CPU time of one row and the peak of memory.
//!
//! `cargo bench --bench focus` writes a million rows of 15 and of 44 columns into a temporary folder, fetches them and
//! decodes them by provider, service and day, each step in a process of its own, so that neither time nor memory of one
//! shows in another. Linux only: the figures come from `/proc/self`.
#![allow(clippy::print_stdout, reason = "a benchmark reports to whoever started it")]

use reportwire::config::plan::{FocusFilePlan, SnapshotFiles, SourcePlan};
use reportwire::period::{Calendar, Period};
use reportwire::schedule::clock::SystemClock;
use reportwire::source::{self, Depth, Need, Silent, Snapshot, SnapshotWriter, SourceKind};
use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

const ROWS: u32 = 1_000_000;
/// Ticks a second of `/proc/self/stat`, which Linux fixes for user space.
const TICKS: f64 = 100.0;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fetch", keep, folder] => fetch(keep, Path::new(folder)),
        ["decode", keep, folder] => decode(keep, Path::new(folder)),
        _ => all(),
    }
}

/// Writes the bills and runs every step as a child.
fn all() -> Outcome {
    for columns in [15, 44] {
        let folder = tempfile::tempdir()?;
        let bytes = write_bill(&folder.path().join("bill.csv"), columns)?;
        println!("{ROWS} rows, {columns} columns, {} MiB", bytes >> 20);
        for keep in ["copy", "hash"] {
            for step in ["fetch", "decode"] {
                let status = Command::new(std::env::current_exe()?)
                    .args([step, keep])
                    .arg(folder.path())
                    .status()?;
                if !status.success() {
                    return Err(format!("{step} {keep} failed: {status}").into());
                }
            }
        }
    }
    Ok(())
}

fn fetch(keep: &str, folder: &Path) -> Outcome {
    let snapshot_files = if keep == "copy" {
        SnapshotFiles::Copy
    } else {
        SnapshotFiles::Hash
    };
    let plan = SourcePlan::FocusFile(FocusFilePlan {
        path: folder.join("bill.csv").display().to_string(),
        snapshot_files,
        runs_at_once: None,
    });
    let writer = SnapshotWriter::create(&folder.join(keep))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(source::fetch("bill", &plan, &[], &writer, &SystemClock, &Silent))?;
    writer.finish()?;
    report(&format!("fetch, {keep}"))
}

fn decode(keep: &str, folder: &Path) -> Outcome {
    let snapshot = Snapshot::open(&folder.join(keep))?;
    let need = Need {
        period: Period::parse("2026-10", Calendar::years())?,
        depth: Depth::Full,
    };
    let dataset = source::decode(
        "bill",
        SourceKind::FocusFile,
        &[need],
        &snapshot,
        chrono_tz::Tz::UTC,
    )?;
    let rows = dataset
        .windows
        .iter()
        .flat_map(|window| &window.breakdowns)
        .count();
    if rows == 0 {
        return Err("the bill has no breakdown".into());
    }
    report(&format!("decode, {keep}"))
}

/// Prints what this process has used.
fn report(step: &str) -> Outcome {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The fields after the program's name, which may hold blanks itself, begin with the third.
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .ok_or("no name in stat")?
        .1
        .split_whitespace()
        .collect();
    let seconds =
        |field: usize| -> Result<f64, Box<dyn Error>> { Ok(fields[field - 3].parse::<f64>()? / TICKS) };
    let (user, system) = (seconds(14)?, seconds(15)?);
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("no VmHWM")?;
    let each = (user + system) / f64::from(ROWS) * 1e6;
    println!(
        "  {step:<13} {user:.2} s user, {system:.2} s system, {each:.2} µs a row, peak {}",
        peak.trim()
    );
    Ok(())
}

/// The columns of a bill in the order of the file: the first 15 are those of the small one.
const COLUMNS: [&str; 44] = [
    "BilledCost",
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "BillingCurrency",
    "BillingAccountName",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ProviderName",
    "ServiceName",
    "SubAccountId",
    "SubAccountName",
    "ResourceId",
    "AvailabilityZone",
    "BillingAccountId",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeDescription",
    "ChargeFrequency",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedUnitPrice",
    "InvoiceIssuerName",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "SkuId",
    "SkuPriceId",
    "InvoiceId",
    "Tags",
];

/// Writes a bill of October 2026 and returns its length.
fn write_bill(path: &Path, columns: usize) -> Result<u64, Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{}", COLUMNS[..columns].join(","))?;
    let mut line = String::new();
    for row in 0..ROWS {
        line.clear();
        for column in &COLUMNS[..columns] {
            if !line.is_empty() {
                line.push(',');
            }
            cell(&mut line, column, row)?;
        }
        line.push('\n');
        file.write_all(line.as_bytes())?;
    }
    file.flush()?;
    Ok(fs::metadata(path)?.len())
}

fn cell(line: &mut String, column: &str, row: u32) -> Result<(), std::fmt::Error> {
    // A multiplication by a large odd number scatters the rows over days, services and amounts, the same every time.
    let scattered = row.wrapping_mul(2_654_435_761);
    let (day, hour) = (1 + scattered % 31, scattered / 31 % 24);
    match column {
        "BilledCost" | "EffectiveCost" | "ListCost" | "ContractedCost" => {
            write!(
                line,
                "{}.{:011}",
                scattered % 90,
                u64::from(scattered) * 7 % 100_000_000_000
            )
        }
        "BillingCurrency" => write!(line, "USD"),
        "ChargePeriodStart" => write!(line, "2026-10-{day:02}T{hour:02}:00:00Z"),
        "ChargePeriodEnd" => write!(line, "2026-10-{day:02}T{hour:02}:59:59Z"),
        "BillingPeriodStart" => write!(line, "2026-10-01T00:00:00Z"),
        "BillingPeriodEnd" => write!(line, "2026-11-01T00:00:00Z"),
        "ChargeCategory" => write!(line, "Usage"),
        "ProviderName" => write!(line, "Provider {}", scattered % 3),
        "ServiceName" => write!(line, "\"Service {}, managed\"", scattered % 40),
        "SubAccountId" => write!(line, "{:012}", scattered % 60),
        "SubAccountName" => write!(line, "Account {}", scattered % 60),
        "BillingAccountName" => write!(line, "Example"),
        "ResourceId" => write!(line, "arn:r/{scattered:010}"),
        "ConsumedQuantity" | "PricingQuantity" => write!(line, "{}.000000000000000", scattered % 1000),
        "Tags" => write!(line, "\"{{\"\"team\"\":\"\"t{}\"\"}}\"", scattered % 9),
        "ChargeClass" | "CommitmentDiscountId" | "CommitmentDiscountName" => Ok(()),
        other => write!(line, "{other} {}", scattered % 5),
    }
}

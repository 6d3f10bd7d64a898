//! The full report as whole processes: `reportwire run` against a local platform with every format, into a folder, with a
//! mail, and with answers 30 ms late; and `reportwire --version`.
//!
//! Prints processor time (user + system, mean), wall time (median) and peak memory (largest) of each.
//! Goals: 55 ms of processor time without charts in the mail, 120 ms with two, 40 MiB; 10 ms for `--version`.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark reports to whoever started it, and may break off"
)]

mod far;
mod process;

use far::far_away;
use process::Measured;
use reportwire::demo::{company::Company, mailbox::Mailbox, platform::Platform};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How late the far platform's answers come.
const LATENCY: Duration = Duration::from_millis(30);
const RUNS: u32 = 15;
const TOKEN: &str = "bench-token";

fn configuration(platform: &str, smtp: u16, deliveries: &str) -> String {
    format!(
        r#"
[service]
data_dir = "data"
[sources.globant.geai]
base_url = "{platform}"
api_key = "file:key"
[deliveries.mail.email]
from = "reports@example.com"
to = ["cfo@example.com"]
smtp = {{ host = "127.0.0.1", port = {smtp}, tls = "none" }}
[deliveries.drop.file_drop]
path = "drop"
[jobs.monthly]
title = "Monthly full report"
sources = ["globant"]
period = "previous_month"
formats = ["html", "xlsx", "csv", "json", "text"]
deliveries = [{deliveries}]
[jobs.monthly.report.full]
"#
    )
}

fn run_report(folder: &Path) -> Measured {
    process::measure(RUNS, || {
        drop(std::fs::remove_dir_all(folder.join("data")));
        drop(std::fs::remove_dir_all(folder.join("drop")));
        let mut command = Command::new(env!("CARGO_BIN_EXE_reportwire"));
        command
            .current_dir(folder)
            .args(["run", "monthly", "--as-of", "2026-11-02T07:00:00Z"]);
        command
    })
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let threads = tokio::runtime::Runtime::new().expect("threads");
    let _guard = threads.enter();
    let company = Company::ending("2026-11-02".parse().expect("a date"));
    let platform = threads
        .block_on(Platform::start(company, TOKEN))
        .expect("a platform");
    let server = platform.base_url.trim_start_matches("http://").to_owned();
    let far = threads.block_on(far_away(server, LATENCY)).expect("a port");
    let mailbox = threads
        .block_on(Mailbox::start(&folder.path().join("mail")))
        .expect("a mailbox");
    std::fs::write(folder.path().join("key"), TOKEN).expect("a key");

    println!(
        "{:<44} {:>9} {:>9} {:>9}",
        "whole process, over the runs", "cpu ms", "wall ms", "peak MiB"
    );
    let version = process::measure(RUNS, || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reportwire"));
        command.arg("--version");
        command
    });
    version.print("--version");
    for (label, platform, deliveries) in [
        (
            "full report, all formats, file drop",
            &platform.base_url,
            "\"drop\"",
        ),
        (
            "… and a mail with two charts",
            &platform.base_url,
            "\"drop\", \"mail\"",
        ),
        ("… and answers 30 ms late", &far, "\"drop\", \"mail\""),
    ] {
        let text = configuration(platform, mailbox.address().port(), deliveries);
        std::fs::write(folder.path().join("reportwire.toml"), text).expect("a configuration");
        run_report(folder.path()).print(label);
    }
}

//! Measuring whole processes by the operating system's own accounting.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Clock ticks of `/proc` a second on Linux.
const TICKS: f64 = 100.0;

/// Medians over several runs of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// User and system time, in milliseconds: the mean, since the kernel counts in ticks of 10 ms.
    pub(crate) cpu_ms: f64,
    /// Median wall time, in milliseconds.
    pub(crate) wall_ms: f64,
    /// Largest peak of resident memory seen, in MiB.
    pub(crate) peak_mib: f64,
}

impl Measured {
    /// Prints one row.
    pub(crate) fn print(&self, label: &str) {
        println!(
            "{label:<44} {:>9.1} {:>9.1} {:>9.1}",
            self.cpu_ms, self.wall_ms, self.peak_mib
        );
    }
}

/// Runs what `command` makes, once to warm up and then `runs` times, and measures it.
pub(crate) fn measure(runs: u32, mut command: impl FnMut() -> Command) -> Measured {
    let mut walls = Vec::new();
    let (mut peak, mut cpu) = (0.0_f64, 0.0);
    for counted in [false].into_iter().chain((0..runs).map(|_| true)) {
        let mut command = command();
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let (before, start) = (children_ticks(), Instant::now());
        let mut child = command.spawn().expect("the program starts");
        let mut seen = 0.0_f64;
        let status = loop {
            seen = seen.max(peak_mib(child.id()).unwrap_or(0.0));
            if let Some(status) = child.try_wait().expect("the program can be waited for") {
                break status;
            }
            std::thread::sleep(Duration::from_micros(500));
        };
        let wall = start.elapsed();
        assert!(status.success(), "{command:?} failed");
        if counted {
            walls.push(wall.as_secs_f64() * 1000.0);
            cpu += (children_ticks() - before) / TICKS * 1000.0;
            peak = peak.max(seen);
        }
    }
    walls.sort_by(f64::total_cmp);
    Measured {
        cpu_ms: cpu / f64::from(runs),
        wall_ms: walls[walls.len() / 2],
        peak_mib: peak,
    }
}

/// User and system ticks of all children that were waited for.
fn children_ticks() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after_name
        .split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    // The state is no number, so cutime and cstime (16 and 17 of proc(5)) stand at 12 and 13 of what is left.
    fields[12] + fields[13]
}

fn peak_mib(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

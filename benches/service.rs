//! The service as a whole process: how it starts with ten thousand jobs, how it bears them all at once, how late a lonely job
//! is, and what a second replica is worth.
//!
//! `cargo bench --bench service -- burst` makes one of `start`, `burst`, `late` and `replicas`.
//!
//! Needs the feature `fail-points` (`make bench` has it), in which runs can be made trivial, and PostgreSQL for the replicas.
//! Goals: started within 2 s and 128 MiB, below 1 % of a processor when idle; 10,000 at once recorded and begun within 3 s;
//! lateness of a lonely job 50 ms at the 99th percentile; two replicas 1.7 times as fast as one.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark reports to whoever started it, and may break off"
)]

mod far;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the cluster can do more than is needed here"
)]
#[path = "../tests/support/postgres.rs"]
mod postgres;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use far::far_away;
use postgres::Postgres;
use reportwire::demo::{company::Company, platform::Platform};
use reportwire::schedule::clock::{Clock as _, SystemClock};
use sqlx::{Connection as _, Row as _};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const JOBS: usize = 10_000;
const TOKEN: &str = "bench-token";
/// How late an I/O-bound run's answers come: two round trips make about a second.
const LATENCY: Duration = Duration::from_millis(500);

/// A running service.
struct Service {
    child: Child,
    started: Duration,
}

impl Service {
    fn start(folder: &Path, env: &[(&str, &str)]) -> Self {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_reportwire"))
            .current_dir(folder)
            .args(["serve", "--log", "error,reportwire=info", "--log-format", "json"])
            .envs(env.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let serving = lines
            .by_ref()
            .map_while(Result::ok)
            .any(|line| line.contains("\"serving\""));
        assert!(serving, "the service ended before it served");
        let started = begun.elapsed();
        // Somebody has to read what it says, or it would wait for that.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, started }
    }

    fn peak_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .expect("a peak");
        line.split_whitespace()
            .nth(1)
            .expect("a number")
            .parse::<f64>()
            .expect("a number")
            / 1024.0
    }

    fn cpu_secs(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("Linux");
        let fields: Vec<f64> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .filter_map(|it| it.parse().ok())
            .collect();
        (fields[10] + fields[11]) / 100.0
    }

    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success());
    }
}

/// A configuration whose jobs are all due as `schedule` says.
fn configure(folder: &Path, jobs: usize, service: &str, source: &str, schedule: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let mut text = format!(
        "[service]\ndata_dir = \"data\"\nlisten = \"127.0.0.1:0\"\n{service}\n[sources.one.{source}\n"
    );
    for job in 0..jobs {
        write!(
            text,
            "[jobs.job-{job:05}]\nschedule = {schedule}\nsources = [\"one\"]\nperiod = \"previous_day\"\n\
             formats = [\"csv\"]\n[jobs.job-{job:05}.report.full]\n"
        )
        .unwrap();
    }
    std::fs::write(folder.join("reportwire.toml"), text).unwrap();
    std::fs::write(folder.join("key"), TOKEN).unwrap();
}

const FILES: &str = "usage_file]\npath = \"usage/*.csv\"";

/// The next full minute that is at least `ahead` away, and the cron text of it.
fn next_minute(ahead: TimeDelta) -> (DateTime<Utc>, String) {
    let minute = TimeDelta::minutes(1);
    let at = (SystemClock.now() + ahead).duration_trunc(minute).unwrap() + minute;
    (at, format!("\"{}\"", at.format("%-M %-H * * *")))
}

async fn count(url: &str, sql: &'static str) -> i64 {
    let mut connection = sqlx::sqlite::SqliteConnection::connect(url).await.unwrap();
    sqlx::query(sql).fetch_one(&mut connection).await.unwrap().get(0)
}

async fn start_and_idle(folder: &Path) {
    configure(folder, JOBS, "", FILES, "\"0 7 1 1 *\"");
    let service = Service::start(folder, &[]);
    let before = service.cpu_secs();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let idle = (service.cpu_secs() - before) / 20.0 * 100.0;
    println!(
        "{JOBS} jobs: started {:.2} s, peak {:.0} MiB, idle {idle:.2} % of a processor",
        service.started.as_secs_f64(),
        service.peak_mib()
    );
    service.stop();
}

async fn burst(folder: &Path) {
    let (at, schedule) = next_minute(TimeDelta::seconds(5));
    configure(folder, JOBS, "runs_at_once = 512", FILES, &schedule);
    let service = Service::start(folder, &[("REPORTWIRE_TRIVIAL_RUNS", "1")]);
    let url = format!("sqlite://{}?mode=ro", folder.join("data/reportwire.db").display());
    tokio::time::sleep((at - SystemClock.now()).to_std().unwrap_or_default()).await;
    let before = service.cpu_secs();
    let all = i64::try_from(JOBS).unwrap();
    let since = || (SystemClock.now() - at).as_seconds_f64();
    // Not more often than that: to count is work, too.
    let pause = Duration::from_millis(100);
    let mut reader = sqlx::sqlite::SqliteConnection::connect(&url).await.unwrap();
    let mut reached = Vec::new();
    for sql in [
        "SELECT count(*) FROM occurrences",
        "SELECT count(*) FROM runs WHERE fence > 0",
    ] {
        while sqlx::query_scalar::<_, i64>(sql)
            .fetch_one(&mut reader)
            .await
            .unwrap()
            < all
        {
            assert!(since() < 120.0, "the burst never ends");
            tokio::time::sleep(pause).await;
        }
        reached.push(since());
    }
    let twice = count(&url, "SELECT count(*) FROM runs WHERE fence > 1").await;
    println!(
        "{JOBS} at once: recorded {:.2} s, begun {:.2} s, {twice} begun twice, peak {:.0} MiB, {:.2} s of processor",
        reached[0],
        reached[1],
        service.peak_mib(),
        service.cpu_secs() - before
    );
    service.stop();
}

async fn lateness(folder: &Path) {
    let (_, schedule) = next_minute(TimeDelta::seconds(5));
    let cron = schedule.trim_matches('"');
    // Spread over most of a minute: each is alone when it falls due.
    configure(
        folder,
        200,
        "",
        FILES,
        &format!("{{ cron = \"{cron}\", jitter = \"50s\" }}"),
    );
    let service = Service::start(folder, &[("REPORTWIRE_TRIVIAL_RUNS", "1")]);
    let url = format!("sqlite://{}?mode=ro", folder.join("data/reportwire.db").display());
    while count(&url, "SELECT count(*) FROM runs WHERE finished_at IS NOT NULL").await < 200 {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let mut connection = sqlx::sqlite::SqliteConnection::connect(&url).await.unwrap();
    let rows = sqlx::query(
        "SELECT due_at, finished_at FROM occurrences JOIN runs ON runs.run_id = occurrences.run_id",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let instant = |text: String| DateTime::parse_from_rfc3339(&text).unwrap();
    let mut late: Vec<i64> = rows
        .iter()
        .map(|row| (instant(row.get(1)) - instant(row.get(0))).num_milliseconds())
        .collect();
    late.sort_unstable();
    println!(
        "lateness of the end of 200 lonely trivial runs: median {} ms, 99th percentile {} ms, worst {} ms",
        late[100], late[197], late[199]
    );
    service.stop();
}

/// I/O-bound runs a second, with so many replicas.
async fn replicas(folder: &Path, platform: &str, cluster: &Postgres, replicas: usize) -> f64 {
    let runs = 60;
    let url = cluster.fresh_database().await;
    let (at, schedule) = next_minute(TimeDelta::seconds(10));
    let source = format!("geai]\nbase_url = \"{platform}\"\napi_key = \"file:key\"");
    configure(
        folder,
        runs,
        "runs_at_once = 4\nstore = \"env:DATABASE_URL\"",
        &source,
        &schedule,
    );
    let services: Vec<Service> = (0..replicas)
        .map(|_| Service::start(folder, &[("DATABASE_URL", &url)]))
        .collect();
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let done = loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let done: i64 = sqlx::query("SELECT count(*) FROM runs WHERE state IN ('delivered', 'failed')")
            .fetch_one(&mut connection)
            .await
            .unwrap()
            .get(0);
        if done == i64::try_from(runs).unwrap() {
            break SystemClock.now();
        }
    };
    let good: i64 = sqlx::query("SELECT count(*) FROM runs WHERE state = 'delivered'")
        .fetch_one(&mut connection)
        .await
        .unwrap()
        .get(0);
    assert_eq!(good, i64::try_from(runs).unwrap(), "every run is delivered");
    services.into_iter().for_each(Service::stop);
    f64::from(u32::try_from(runs).unwrap()) / (done - at).as_seconds_f64()
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let threads = tokio::runtime::Runtime::new().expect("threads");
    let place = |name: &str| folder.path().join(name);
    let wanted = |name: &str| {
        let names: Vec<String> = std::env::args()
            .skip(1)
            .filter(|it| !it.starts_with('-'))
            .collect();
        names.is_empty() || names.iter().any(|it| it == name)
    };
    if wanted("start") {
        threads.block_on(start_and_idle(&place("start")));
    }
    if wanted("burst") {
        threads.block_on(burst(&place("burst")));
    }
    if wanted("late") {
        threads.block_on(lateness(&place("late")));
    }
    if wanted("replicas") {
        compare_replicas(&threads, &place("one"), &place("two"));
    }
}

fn compare_replicas(threads: &tokio::runtime::Runtime, first: &Path, second: &Path) {
    let _guard = threads.enter();
    let company = Company::ending(SystemClock.now().date_naive());
    let platform = threads
        .block_on(Platform::start(company, TOKEN))
        .expect("a platform");
    let server = platform.base_url.trim_start_matches("http://").to_owned();
    let far = threads.block_on(far_away(server, LATENCY)).expect("a port");
    let cluster = Postgres::start();
    let one = threads.block_on(replicas(first, &far, &cluster, 1));
    let two = threads.block_on(replicas(second, &far, &cluster, 2));
    println!(
        "I/O-bound runs a second: one replica {one:.2}, two {two:.2}, ratio {:.2}",
        two / one
    );
}

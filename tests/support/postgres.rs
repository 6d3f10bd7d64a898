//! A private PostgreSQL cluster: found on this machine, started once, gone when the test process is, however that ends.
//!
//! A shell watches the process through a pipe. It alone starts and stops the cluster, on orders that come through the
//! pipe; when the pipe closes, be it by a drop, an exit or SIGKILL, it stops the cluster hard and removes its folder.
//! PostgreSQL refuses to run as root; for root it runs as `nobody`.
//!
//! Every crate of tests can include this file by its path; it needs `sqlx`, `tempfile` and `uuid`.

use sqlx::{Connection, PgConnection};
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Nothing survives a power cut, which no test makes; what a commit promises otherwise is as in production.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = '32MB'
fsync = off
synchronous_commit = on
jit = off
timezone = 'UTC'
";

/// $1 the folder, $2 where the programs are, the rest how to become somebody who may run them.
const WATCHER: &str = r#"
folder=$1 programs=$2
shift 2
control() { "$@" --pgdata="$folder/data" --log="$folder/log" --options="-p $port" --wait --timeout=60; }
while read -r order port; do
    case $order in
    create)
        "$@" "$programs/initdb" --pgdata="$folder/data" --username=reportwire --pwfile="$folder/password" \
            --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync
        ;;
    start) control "$@" "$programs/pg_ctl" restart --mode=immediate ;;
    stop) "$@" "$programs/pg_ctl" stop --mode=immediate --pgdata="$folder/data" --wait ;;
    esac >"$folder/said" 2>&1 </dev/null
    echo $?
done
"$@" "$programs/pg_ctl" stop --mode=immediate --pgdata="$folder/data" --wait >/dev/null 2>&1
rm -rf "$folder"
"#;

/// The user and group that have nothing, on every Unix that we know.
const NOBODY: u32 = 65534;

/// A running cluster. Dropping it stops it and removes its folder.
pub struct Postgres {
    folder: PathBuf,
    port: u16,
    password: String,
    databases: AtomicU32,
    watcher: Mutex<Watcher>,
}

impl Postgres {
    /// The cluster that all tests of this process share. Whoever stops clusters starts one of their own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A cluster of its own; takes one to two seconds.
    pub fn start() -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new()
            .prefix("reportwire-postgres-")
            .tempdir()
            .unwrap();
        let password = uuid::Uuid::now_v7().simple().to_string();
        fs::write(folder.path().join("password"), &password).unwrap();
        // From here on the watcher removes it.
        let folder = folder.keep();
        let mut watcher = Watcher::over(&folder, &programs);
        watcher.must("create", &folder);
        let settings = OpenOptions::new()
            .append(true)
            .open(folder.join("data/postgresql.conf"));
        settings.unwrap().write_all(SETTINGS.as_bytes()).unwrap();
        let port = start_somewhere(&mut watcher, &folder);
        Self {
            folder,
            port,
            password,
            databases: AtomicU32::new(0),
            watcher: Mutex::new(watcher),
        }
    }

    /// The URL of a new, empty database.
    pub async fn fresh_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut admin = PgConnection::connect(&self.url("postgres")).await.unwrap();
        // Unlike `template1`, nobody is ever connected to `template0`, so that two can be copied at once.
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        sqlx::raw_sql(sqlx::AssertSqlSafe(create))
            .execute(&mut admin)
            .await
            .unwrap();
        admin.close().await.unwrap();
        self.url(&name)
    }

    /// Ends the cluster as a crash would: nobody is asked, every connection breaks, the next start has to recover.
    pub fn stop_hard(&self) {
        self.order("stop");
    }

    /// Starts the cluster where it was, after a [`stop_hard`](Self::stop_hard) if it still runs, and waits until it accepts connections.
    pub fn restart(&self) {
        self.order(&format!("start {}", self.port));
    }

    /// Where everything of the cluster is. Its log is `log`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn order(&self, order: &str) {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        watcher.must(order, &self.folder);
    }

    fn url(&self, database: &str) -> String {
        format!(
            "postgres://reportwire:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }
}

/// The shell that has the cluster in its charge.
struct Watcher {
    shell: Child,
    /// Closing it is the order to end everything.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Watcher {
    fn over(folder: &Path, programs: &Path) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", WATCHER, "sh"])
            .args([folder, programs])
            .args(somebody_else(folder))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .current_dir("/")
            // What a terminal sends to the tests must not reach the one who cleans up after them.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut shell = command.spawn().unwrap();
        let (orders, answers) = (shell.stdin.take(), shell.stdout.take().unwrap());
        Self {
            shell,
            orders,
            answers: BufReader::new(answers),
        }
    }

    /// Whether the order could be carried out.
    fn can(&mut self, order: &str) -> bool {
        let mut answer = String::new();
        writeln!(self.orders.as_ref().unwrap(), "{order}").unwrap();
        self.answers.read_line(&mut answer).unwrap();
        answer == "0\n"
    }

    fn must(&mut self, order: &str, folder: &Path) {
        assert!(self.can(order), "PostgreSQL: {order}: {}", last_words(folder));
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.orders = None;
        drop(self.shell.wait());
    }
}

/// Starts the cluster on a port that nobody has.
fn start_somewhere(watcher: &mut Watcher, folder: &Path) -> u16 {
    /// Below the ports that systems give to outgoing connections: a client that knocks on a stopped cluster's port
    /// must not be given that very port for itself, as it would then keep the cluster from coming back.
    const PORTS: std::ops::Range<u16> = 20_000..32_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let of_process = std::process::id().wrapping_mul(37);
    for _ in 0..50 {
        let distance = of_process.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed).into());
        let port = PORTS.start + u16::try_from(distance % u32::from(PORTS.end - PORTS.start)).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_err() {
            continue;
        }
        if watcher.can(&format!("start {port}")) {
            return port;
        }
        // Somebody was faster.
        assert!(last_words(folder).contains("in use"), "{}", last_words(folder));
    }
    panic!("PostgreSQL: every port is taken")
}

/// What to put before a command so that it runs as somebody who may run PostgreSQL, who then owns the folder.
fn somebody_else(folder: &Path) -> Vec<String> {
    let i_am_root = fs::metadata(folder).unwrap().uid() == 0;
    if !i_am_root {
        return vec![];
    }
    std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    for file in fs::read_dir(folder).unwrap() {
        std::os::unix::fs::chown(file.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        .map(str::to_owned)
        .into()
}

/// The folder of PostgreSQL's programs: on the path, else the newest of Debian's.
fn programs() -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    let version = |path: &Path| -> u32 {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.parse().unwrap_or(0)
    };
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<PathBuf> = debian.map(|entry| entry.unwrap().path()).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(version(path)));
    folders.extend(versions.iter().map(|path| path.join("bin")));
    let complete = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|name| folder.join(name).is_file())
    };
    folders.into_iter().find(complete).unwrap_or_else(|| {
        panic!(
            "the tests need PostgreSQL: there is no initdb, pg_ctl and postgres on the PATH or in /usr/lib/postgresql/*/bin; \
             `make tools` installs it (on Debian: apt-get install postgresql)"
        )
    })
}

/// What the last order and the cluster's log said.
fn last_words(folder: &Path) -> String {
    let read = |name| fs::read_to_string(folder.join(name)).unwrap_or_default();
    format!("{}{}", read("said"), read("log"))
}

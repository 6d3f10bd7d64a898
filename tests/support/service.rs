//! Drives the real service as its operators do: starts the binary, reads its log, sends it signals, asks it over HTTP.
//!
//! Nothing here waits for time to pass, only for what the service says: its log is JSON lines, and an event's name is its message.
//! Whoever waits in vain is told what the service said last. Services end with the test, and with the test process if that is killed.

#[path = "service_log.rs"]
mod log;

use chrono::{DateTime, Utc};
pub use log::Event;
use log::{Log, patiently};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How long anything may take, unless a test says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// A clock that the test moves, shared by as many services as are started with it.
#[derive(Debug, Clone)]
pub struct TestClock(PathBuf);

impl TestClock {
    pub fn at(path: impl Into<PathBuf>, instant: DateTime<Utc>) -> Self {
        let clock = Self(path.into());
        clock.set(instant);
        clock
    }

    /// Lets time pass until `instant`.
    pub fn set(&self, instant: DateTime<Utc>) {
        self.write(&instant.to_rfc3339());
    }

    /// Shows `instant` although the machine has been up for so long only: somebody has set the clock.
    pub fn step(&self, instant: DateTime<Utc>, since_boot: Duration) {
        self.write(&format!("{} {}", instant.to_rfc3339(), since_boot.as_secs()));
    }

    fn write(&self, text: &str) {
        let whole = self.0.with_extension("new");
        fs::write(&whole, text).unwrap();
        fs::rename(whole, &self.0).unwrap();
    }
}

/// What is to be started.
#[derive(Debug, Clone)]
pub struct Launch {
    folder: PathBuf,
    command: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    clock: Option<TestClock>,
    patience: Duration,
}

impl Launch {
    /// `reportwire serve` on `reportwire.toml` in this folder, which should say `listen = "127.0.0.1:0"`.
    pub fn serve(folder: &Path) -> Self {
        let program = env!("CARGO_BIN_EXE_reportwire");
        let words = [
            "--config",
            "reportwire.toml",
            "--log",
            "info",
            "--log-format",
            "json",
            "serve",
        ];
        Self::program(folder, program, &words)
    }

    /// Any program that logs alike.
    pub fn program(folder: &Path, program: &str, arguments: &[&str]) -> Self {
        let words = [&[program], arguments].concat();
        Self {
            folder: folder.to_owned(),
            command: words.into_iter().map(OsString::from).collect(),
            env: vec![],
            clock: None,
            patience: PATIENCE,
        }
    }

    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The process ends at the n-th hit of a fail point, as if killed.
    pub fn fail_at(self, point: &str, nth: u64) -> Self {
        self.env("REPORTWIRE_FAIL_AT", format!("{point}:{nth}"))
    }

    /// The process stops at the n-th hit of a fail point; see [`Service::wait_stopped`] and [`Service::cont`].
    pub fn stop_at(self, point: &str, nth: u64) -> Self {
        self.env("REPORTWIRE_FAIL_AT", format!("{point}:{nth}:stop"))
    }

    /// Every hit of a fail point becomes a line of this file.
    pub fn fail_log(self, file: &Path) -> Self {
        self.env("REPORTWIRE_FAIL_LOG", file)
    }

    pub fn clock(mut self, clock: &TestClock) -> Self {
        self.clock = Some(clock.clone());
        self.env("REPORTWIRE_CLOCK", clock.0.clone())
    }

    /// How long each wait may last.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub fn start(self) -> Service {
        // No core files: a process that aborts a thousand times must not fill the disk.
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -c 0; exec \"$@\"", "sh"])
            .args(&self.command)
            .current_dir(&self.folder)
            .env_remove("RUST_LOG")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        tell_reaper("started", child.id());
        let log = Arc::new(Log::default());
        let (book, stderr) = (log.clone(), child.stderr.take().unwrap());
        std::thread::spawn(move || book.read(stderr));
        Service {
            folder: self.folder,
            child,
            log,
            taken: HashMap::new(),
            clock: self.clock,
            patience: self.patience,
        }
    }
}

/// An answer over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// A running service. Dropping it kills it.
pub struct Service {
    pub folder: PathBuf,
    child: Child,
    log: Arc<Log>,
    /// How many events of each name were waited for.
    taken: HashMap<String, usize>,
    clock: Option<TestClock>,
    patience: Duration,
}

impl Service {
    /// The next event of this name: the first call gives the first, whenever it comes or came, the second call the second.
    pub fn wait_for(&mut self, message: &str) -> Event {
        let nth = *self.taken.get(message).unwrap_or(&0);
        self.taken.insert(message.to_owned(), nth + 1);
        self.log
            .wait(self.patience, message, |named| named.get(nth).cloned())
    }

    /// The first event of this name that is as it should be, whether it was waited for before or not.
    pub fn wait_where(&self, message: &str, is_it: impl Fn(&Event) -> bool) -> Event {
        self.log.wait(self.patience, message, |named| {
            named.iter().find(|event| is_it(event)).cloned()
        })
    }

    /// Every event of this name so far.
    pub fn events(&self, message: &str) -> Vec<Event> {
        self.log.events(message)
    }

    /// The whole log so far, line by line, what is no event included.
    pub fn log(&self) -> Vec<String> {
        self.log.lines()
    }

    /// Where it listens, once it says so.
    pub fn address(&self) -> SocketAddr {
        let serving = self.wait_where("serving", |event| event.fields["listen"].is_string());
        serving.fields["listen"].as_str().unwrap().parse().unwrap()
    }

    pub fn http_get(&self, path: &str) -> Answer {
        let address = self.address();
        patiently(|| get(address, path, self.patience)).unwrap_or_else(|error| {
            panic!("GET {path}: {error}; the log ends with\n{}", self.log.tail());
        })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL; waits for the end.
    pub fn kill(&mut self) -> ExitStatus {
        self.child.kill().unwrap();
        self.wait_exit(self.patience)
    }

    /// SIGTERM: asks it to end.
    pub fn term(&self) {
        self.signal("TERM");
    }

    /// SIGHUP: asks it to read its configuration again.
    pub fn reload(&self) {
        self.signal("HUP");
    }

    /// SIGSTOP; waits until it stands.
    pub fn stop(&mut self) {
        self.signal("STOP");
        self.wait_stopped();
    }

    /// SIGCONT.
    pub fn cont(&self) {
        self.signal("CONT");
    }

    /// Waits until it stands still, by [`stop`](Self::stop) or at a fail point.
    pub fn wait_stopped(&mut self) {
        let stat = format!("/proc/{}/stat", self.id());
        self.until(self.patience, "to be stopped", |child| {
            let ended = child.try_wait().unwrap();
            assert_eq!(ended, None, "it ended instead of being stopped");
            let stat = fs::read_to_string(&stat).unwrap();
            // The name in parentheses may hold anything, parentheses included.
            let state = stat.rsplit(") ").next().unwrap();
            state.starts_with('T').then_some(())
        });
    }

    /// How it ended. A fail point ends it by SIGABRT (6), [`kill`](Self::kill) by SIGKILL (9).
    pub fn wait_exit(&mut self, within: Duration) -> ExitStatus {
        let status = self.until(within, "to end", |child| child.try_wait().unwrap());
        self.log.wait_for_end(within);
        status
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Moves the clock that it was started with.
    pub fn set_clock(&self, instant: DateTime<Utc>) {
        let clock = self.clock.as_ref();
        clock.unwrap().set(instant);
    }

    fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let kill = Command::new("sh")
            .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &id])
            .status();
        assert!(kill.unwrap().success(), "SIG{name}: there is no process {id}");
    }

    /// Looks again and again at what nobody tells.
    fn until<T>(&mut self, within: Duration, what: &str, mut look: impl FnMut(&mut Child) -> Option<T>) -> T {
        let since = Instant::now();
        patiently(|| {
            loop {
                if let Some(found) = look(&mut self.child) {
                    return found;
                }
                assert!(
                    since.elapsed() < within,
                    "waited {within:?} for it {what}; the log ends with\n{}",
                    self.log.tail()
                );
                std::thread::park_timeout(Duration::from_millis(1));
            }
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
        tell_reaper("ended", self.id());
    }
}

fn get(address: SocketAddr, path: &str, patience: Duration) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other(format!("no answer: {answer:?}")))?;
    let body = body.to_owned();
    Ok(Answer { status, body })
}

/// Tells the shell that outlives a killed test process which services it would have to kill.
fn tell_reaper(word: &str, id: u32) {
    static REAPER: OnceLock<Mutex<Child>> = OnceLock::new();
    const SHELL: &str = r#"
        running=' '
        while read -r word id; do
            case $word in
            started) running="$running$id " ;;
            ended) running="${running%%" $id "*} ${running#*" $id "}" ;;
            esac
        done
        for id in $running; do kill -s KILL "$id"; done"#;
    let reaper = REAPER.get_or_init(|| {
        let shell = Command::new("sh")
            .args(["-c", SHELL])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        Mutex::new(shell.unwrap())
    });
    let mut reaper = reaper.lock().unwrap();
    writeln!(reaper.stdin.as_mut().unwrap(), "{word} {id}").unwrap();
}

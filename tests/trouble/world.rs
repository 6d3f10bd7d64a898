//! A folder with usage and a configuration, a mailbox and a clock.

use crate::service::{Launch, Service, TestClock};
use crate::smtp::{FakeSmtp, Script};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest wait for something that no event of the log tells.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct World {
    folder: TempDir,
    pub(crate) smtp: FakeSmtp,
    pub(crate) clock: TestClock,
}

impl World {
    /// With these tables besides the service's own, in which `SMTP` stands for the settings of the mail server.
    pub(crate) async fn new(tables: &str, now: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let smtp = FakeSmtp::start(Script::default()).await;
        let server = format!(
            "smtp = {{ host = \"127.0.0.1\", port = {}, tls = \"none\" }}",
            smtp.address.port()
        );
        let text = format!(
            "[service]\ncurrency = \"EUR\"\ndata_dir = \"data\"\nlisten = \"127.0.0.1:0\"\nowner = [\"finops@example.com\"]\n\
             [sources.usage.usage_file]\npath = \"usage.csv\"\n{}",
            tables.replace("SMTP", &server)
        );
        fs::write(folder.path().join("reportwire.toml"), text).unwrap();
        let clock = TestClock::at(folder.path().join("clock"), instant(now));
        Self { folder, smtp, clock }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes usage of every day from one to another, of so many users.
    pub(crate) fn usage(&self, first: &str, last: &str, users: usize) {
        let mut text =
            "date,project_id,project_name,user_id,user_name,model,service_type,requests,errors,input_tokens,\
             output_tokens,cost,currency\n"
                .to_owned();
        let (mut day, last): (NaiveDate, NaiveDate) = (first.parse().unwrap(), last.parse().unwrap());
        while day <= last {
            for user in 0..users {
                // Digits that do not compress well: a copy takes room.
                let noise = (user * 2_654_435_761) % 1_000_003;
                writeln!(
                    text,
                    "{day},p-1,Support,u-{noise},User {noise},m,chat,10,0,{noise},50,{}.{noise:06},EUR",
                    user % 7
                )
                .unwrap();
            }
            day += TimeDelta::days(1);
        }
        let whole = self.path("usage.new");
        fs::write(&whole, text).unwrap();
        fs::rename(whole, self.path("usage.csv")).unwrap();
    }

    pub(crate) fn serve(&self) -> Service {
        let mut service = Launch::serve(self.folder.path()).clock(&self.clock).start();
        service.wait_for("serving");
        service
    }

    /// The service, with file systems of so many KiB of its own in these folders; nobody but it sees them. `None` where the
    /// system does not let us.
    pub(crate) fn serve_on_small_disks(&self, disks: &[(&str, usize)]) -> Option<Service> {
        let mut mounts = String::new();
        for (name, kib) in disks {
            write!(
                mounts,
                "mkdir -p {name} && mount -t tmpfs -o size={kib}k tmpfs {name} && "
            )
            .unwrap();
        }
        let may = std::process::Command::new("unshare")
            .args(["-rm", "sh", "-c", &format!("{mounts} true")])
            .current_dir(self.folder.path())
            .status();
        if !may.is_ok_and(|status| status.success()) {
            let said =
                "NOT PROVEN HERE: this system lets nobody mount a small file system, so no disk was full";
            #[expect(clippy::print_stderr, reason = "what is not tried is said loudly")]
            {
                eprintln!("{said}");
            }
            return None;
        }
        let script =
            format!("{mounts} exec \"$1\" --config reportwire.toml --log info --log-format json serve");
        let program = env!("CARGO_BIN_EXE_reportwire");
        let words = ["-rm", "sh", "-c", &script, "sh", program];
        let mut service = Launch::program(self.folder.path(), "unshare", &words)
            .clock(&self.clock)
            .start();
        service.wait_for("serving");
        Some(service)
    }

    /// A path as the service sees it.
    pub(crate) fn seen_by(&self, service: &Service, name: &str) -> PathBuf {
        let path = self.path(name);
        let inside = path.strip_prefix("/").unwrap();
        Path::new(&format!("/proc/{}/root", service.id())).join(inside)
    }

    pub(crate) fn set_clock(&self, text: &str) {
        self.clock.set(instant(text));
    }

    /// The mails to an address, as they came.
    pub(crate) fn mails_to(&self, address: &str) -> Vec<Vec<u8>> {
        let mails = self
            .smtp
            .accepted()
            .into_iter()
            .filter(|mail| mail.to == [address]);
        mails.map(|mail| mail.content.clone()).collect()
    }
}

/// Waits until something has come about that the log does not tell.
pub(crate) fn eventually(what: &str, service: &Service, is_so: impl Fn() -> bool) {
    tokio::task::block_in_place(|| {
        let since = Instant::now();
        while !is_so() {
            let log = service.log();
            let tail = log[log.len().saturating_sub(15)..].join("\n");
            assert!(
                since.elapsed() < PATIENCE,
                "waited {PATIENCE:?} for {what}; the log ends with\n{tail}"
            );
            std::thread::park_timeout(Duration::from_millis(20));
        }
    });
}

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The files of a folder, by name; none if there is no folder. One that is being written may have another name by now.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| entry.unwrap())
        .filter_map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            match fs::read(entry.path()) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                read => Some((name, read.unwrap())),
            }
        })
        .collect()
}

//! Named places at which a test ends or stops the process, to see what is left.
//!
//! Only with the feature `fail-points`; without it [`hit`] is an empty function that the compiler drops. The environment says
//! what happens, so that a driver can start the real binary again and again:
//!
//! | variable | value | effect |
//! |---|---|---|
//! | `REPORTWIRE_FAIL_AT` | `NAME:N` | the N-th hit of the point ends the process as SIGKILL would: nothing unwinds, nothing is flushed; its status says SIGABRT, which tells it from a kill by the driver |
//! | | `NAME:N:stop` | the N-th hit stops the process (SIGSTOP) until somebody sends SIGCONT |
//! | `REPORTWIRE_TRIVIAL_RUNS` | anything | runs of the service fail as soon as they are begun: what is around them can be measured |
//! | `REPORTWIRE_FAIL_LOG` | a file | the name of every hit is appended as a line, before anything happens there |
//!
//! `docs/torture.md` lists the points. Besides them a test may ask for shorter times than a service should ever have, by [`setting`]:
//!
//! | variable | value | effect |
//! |---|---|---|
//! | `REPORTWIRE_CLOCK` | a file | the time is what it says; nobody compares it with a database's |
//! | `REPORTWIRE_LEASE_MILLIS` | milliseconds | how long a process that says nothing keeps a run; it says so four times as often |
//! | `REPORTWIRE_TICKS` | `fast` | whatever is looked at now and then is looked at every second |

#[cfg(feature = "fail-points")]
pub use active::{hit, runs_are_trivial};

/// Whether runs end as soon as they are begun, so that a benchmark measures only what is around them.
#[cfg(not(feature = "fail-points"))]
#[inline]
#[must_use]
pub const fn runs_are_trivial() -> bool {
    false
}

/// Says that the process has come to this place.
#[cfg(not(feature = "fail-points"))]
#[inline]
pub fn hit(_name: &'static str) {}

/// What a test asks for by this variable of the environment; nothing without the feature.
#[must_use]
pub fn setting(name: &str) -> Option<String> {
    if cfg!(feature = "fail-points") {
        std::env::var(name).ok()
    } else {
        None
    }
}

#[cfg(feature = "fail-points")]
mod active {
    use std::collections::HashMap;
    use std::fs::File;
    use std::io::Write;
    use std::process::{Command, Stdio};
    use std::sync::{Mutex, OnceLock, PoisonError};

    /// What happens at a point, and at which of its hits.
    #[derive(Debug, PartialEq, Eq)]
    struct Order {
        name: String,
        nth: u64,
        stops: bool,
    }

    #[derive(Debug, Default)]
    struct Points {
        order: Option<Order>,
        log: Option<File>,
        hits: HashMap<&'static str, u64>,
    }

    /// Says that the process has come to this place.
    pub fn hit(name: &'static str) {
        static POINTS: OnceLock<Mutex<Points>> = OnceLock::new();
        let points = POINTS.get_or_init(|| Mutex::new(Points::of_environment()));
        let order = points.lock().unwrap_or_else(PoisonError::into_inner).count(name);
        // The lock is free again: a process that stops here must not stop there once it goes on.
        match order {
            Some(false) => std::process::abort(),
            Some(true) => stop(),
            None => {}
        }
    }

    /// Whether runs end as soon as they are begun.
    #[must_use]
    pub fn runs_are_trivial() -> bool {
        static TRIVIAL: OnceLock<bool> = OnceLock::new();
        *TRIVIAL.get_or_init(|| std::env::var_os("REPORTWIRE_TRIVIAL_RUNS").is_some())
    }

    impl Points {
        fn of_environment() -> Self {
            let order = std::env::var("REPORTWIRE_FAIL_AT").ok().map(|text| {
                Order::read(&text).unwrap_or_else(|| {
                    refuse(&format!("REPORTWIRE_FAIL_AT={text}: write NAME:N or NAME:N:stop"))
                })
            });
            let log = std::env::var_os("REPORTWIRE_FAIL_LOG").map(|path| {
                let opened = File::options().create(true).append(true).open(&path);
                opened.unwrap_or_else(|error| {
                    refuse(&format!("REPORTWIRE_FAIL_LOG={}: {error}", path.display()))
                })
            });
            Self {
                order,
                log,
                hits: HashMap::new(),
            }
        }

        /// Counts a hit. Is it the one that something happens at, and does the process stop there, or end?
        fn count(&mut self, name: &'static str) -> Option<bool> {
            if let Some(log) = &mut self.log {
                // In one piece: several processes may write to the same file.
                let written = log.write_all(format!("{name}\n").as_bytes());
                written.unwrap_or_else(|error| refuse(&format!("REPORTWIRE_FAIL_LOG: {error}")));
            }
            let hits = self.hits.entry(name).or_default();
            *hits += 1;
            let order = self
                .order
                .as_ref()
                .filter(|order| order.name == name && order.nth == *hits);
            order.map(|order| order.stops)
        }
    }

    impl Order {
        fn read(text: &str) -> Option<Self> {
            let mut parts = text.split(':');
            let (name, nth) = (parts.next()?, parts.next()?.parse().ok()?);
            let stops = match parts.next() {
                None => false,
                Some("stop") => true,
                Some(_) => return None,
            };
            let whole = !name.is_empty() && nth > 0 && parts.next().is_none();
            whole.then(|| Self {
                name: name.to_owned(),
                nth,
                stops,
            })
        }
    }

    /// Stops this process. The shell ends only once the whole process stands, so that this thread cannot run ahead; where there is no
    /// `/proc` to tell, and should somebody continue the process faster than the shell looks, it gives up looking.
    fn stop() {
        const SHELL: &str = r#"
            kill -s STOP "$1"
            tries=0
            while [ $tries -lt 2000 ] && read -r line <"/proc/$1/stat"; do
                case "$line" in *") T "*) break ;; esac
                tries=$((tries + 1))
            done"#;
        let shell = Command::new("sh")
            .args(["-c", SHELL, "sh", &std::process::id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        shell.map_or_else(|error| refuse(&format!("sh: {error}")), drop);
    }

    /// A test that asks for something else than it gets must not pass.
    fn refuse(what: &str) -> ! {
        let said = writeln!(std::io::stderr(), "fail point: {what}");
        drop(said);
        std::process::exit(2)
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::os::unix::process::ExitStatusExt;
        use std::path::Path;
        use std::process::{Child, ExitStatus};

        /// What the victim passes, in this order.
        const WAY: [&str; 5] = ["claim", "send", "claim", "send", "done"];
        const VICTIM: &str = "REPORTWIRE_TEST_VICTIM";

        /// Runs this very module in a process of its own that goes the way.
        fn start(at: Option<&str>, log: &Path) -> Child {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command
                .args([
                    "--exact",
                    "fail_point::active::tests::the_process_ends_at_the_very_hit",
                ])
                .env(VICTIM, "1")
                .env("REPORTWIRE_FAIL_LOG", log)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            at.map(|at| command.env("REPORTWIRE_FAIL_AT", at));
            command.spawn().unwrap()
        }

        fn passed(at: Option<&str>) -> (ExitStatus, Vec<String>) {
            let folder = tempfile::tempdir().unwrap();
            let log = folder.path().join("hits");
            let status = start(at, &log).wait().unwrap();
            (status, lines(&log))
        }

        fn lines(log: &Path) -> Vec<String> {
            let text = std::fs::read_to_string(log).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        }

        #[test]
        fn the_process_ends_at_the_very_hit() {
            if std::env::var_os(VICTIM).is_some() {
                WAY.into_iter().for_each(hit);
                return;
            }
            for (at, signal, hits) in [
                (None, None, 5),
                (Some("claim:1"), Some(6), 1),
                (Some("send:2"), Some(6), 4),
                (Some("done:1"), Some(6), 5),
                (Some("send:3"), None, 5),
                (Some("never:1"), None, 5),
            ] {
                let (status, passed) = passed(at);
                assert_eq!(status.signal(), signal, "{at:?}");
                assert_eq!(passed, WAY[..hits], "{at:?}");
            }
        }

        #[test]
        fn a_stopped_process_stands_exactly_there_until_it_is_continued() {
            let folder = tempfile::tempdir().unwrap();
            let log = folder.path().join("hits");
            let mut child = start(Some("send:1:stop"), &log);
            let stat = format!("/proc/{}/stat", child.id());
            while !std::fs::read_to_string(&stat).unwrap().contains(") T ") {
                assert_eq!(child.try_wait().unwrap(), None, "it ended instead");
                std::thread::yield_now();
            }
            assert_eq!(lines(&log), WAY[..2]);
            let go_on = Command::new("sh")
                .args(["-c", "kill -s CONT \"$1\"", "sh", &child.id().to_string()])
                .status();
            assert!(go_on.unwrap().success());
            assert!(child.wait().unwrap().success());
            assert_eq!(lines(&log), WAY);
        }

        #[test]
        fn an_order_that_means_nothing_is_refused_loudly() {
            for text in [
                "",
                "send",
                "send:",
                "send:0",
                ":1",
                "send:one",
                "send:1:halt",
                "send:1:stop:2",
            ] {
                assert_eq!(Order::read(text), None, "{text}");
            }
            let (status, passed) = passed(Some("send"));
            assert_eq!((status.code(), passed.len()), (Some(2), 0));
        }
    }
}

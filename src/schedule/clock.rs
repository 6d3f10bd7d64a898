//! The only place that may ask what time it is; everybody else is handed a [`Clock`] or an instant.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

#[cfg(feature = "fail-points")]
pub use file::FileClock;

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The current instant.
    fn now(&self) -> DateTime<Utc>;

    /// How long the machine has been up, time asleep included. Nobody sets this one, so that a step of [`now`](Self::now) against
    /// it is a clock that was set. Only differences within one process mean anything.
    fn since_boot(&self) -> Duration;

    /// Both, of one moment: a process that is stopped between the two questions would see a step where there was none.
    fn reading(&self) -> (DateTime<Utc>, Duration) {
        const ONE_MOMENT: Duration = Duration::from_millis(100);
        loop {
            let (before, now, after) = (self.since_boot(), self.now(), self.since_boot());
            if after.abs_diff(before) < ONE_MOMENT {
                return (now, after);
            }
        }
    }
}

/// The clock of this process: the machine's, or the file that a test names in `REPORTWIRE_CLOCK` (with the feature `fail-points`).
#[must_use]
pub fn of_process() -> Arc<dyn Clock> {
    #[cfg(feature = "fail-points")]
    if let Some(file) = std::env::var_os("REPORTWIRE_CLOCK") {
        return Arc::new(FileClock::at(file.into()));
    }
    Arc::new(SystemClock)
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn since_boot(&self) -> Duration {
        static FIRST: OnceLock<(Option<Duration>, Instant)> = OnceLock::new();
        // Who has counted from the boot once keeps to it, and who has not never begins: a change of base would look like a step.
        let (up, asked) = FIRST.get_or_init(|| (uptime(), Instant::now()));
        let counted = || up.unwrap_or_default() + asked.elapsed();
        up.and_then(|_| uptime()).unwrap_or_else(counted)
    }
}

/// Linux's count of seconds since the boot, hundredths included. Elsewhere there is none, and the monotonic clock, which may stand
/// still while the machine sleeps, has to do.
fn uptime() -> Option<Duration> {
    up_for(&std::fs::read_to_string("/proc/uptime").ok()?)
}

fn up_for(proc_uptime: &str) -> Option<Duration> {
    let (seconds, hundredths) = proc_uptime.split_whitespace().next()?.split_once('.')?;
    let hundredths: u64 = hundredths.parse().ok()?;
    Some(Duration::from_secs(seconds.parse().ok()?) + Duration::from_millis(hundredths * 10))
}

/// A clock that moves only when told to, for tests and for `--as-of`.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    now: DateTime<Utc>,
    since_boot: Duration,
}

impl ManualClock {
    /// A clock that stands at `instant`, on a machine that has just been started.
    #[must_use]
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(Hands {
            now: instant,
            since_boot: Duration::ZERO,
        })))
    }

    /// Sets the clock, forwards or back, as an operator would: the time since the boot stays what it is.
    pub fn set(&self, instant: DateTime<Utc>) {
        self.hands().now = instant;
    }

    /// Sets the time since the boot alone.
    pub fn set_since_boot(&self, since_boot: Duration) {
        self.hands().since_boot = since_boot;
    }

    /// Lets time pass: both move.
    pub fn advance(&self, by: Duration) {
        let mut hands = self.hands();
        let further = TimeDelta::from_std(by)
            .ok()
            .and_then(|by| hands.now.checked_add_signed(by));
        hands.now = further.unwrap_or(DateTime::<Utc>::MAX_UTC);
        hands.since_boot = hands.since_boot.saturating_add(by);
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.hands().now
    }

    fn since_boot(&self) -> Duration {
        self.hands().since_boot
    }
}

#[cfg(feature = "fail-points")]
mod file {
    use super::{Clock, DateTime, Duration, Utc};
    use std::io::Write;
    use std::path::PathBuf;

    /// A clock that shows what a file says each time it is looked at, so that a test can move the time of processes it has started.
    ///
    /// The file holds an RFC 3339 instant, and after a space, where the test sets the clock instead of letting time pass, the seconds
    /// since the boot. It has to be replaced as a whole. A file that cannot be read ends the process: no test may go on in another time.
    #[derive(Debug, Clone)]
    pub struct FileClock {
        path: PathBuf,
        first: DateTime<Utc>,
    }

    impl FileClock {
        /// The clock in this file.
        #[must_use]
        pub fn at(path: PathBuf) -> Self {
            let mut clock = Self {
                path,
                first: DateTime::UNIX_EPOCH,
            };
            clock.first = clock.read().0;
            clock
        }

        fn read(&self) -> (DateTime<Utc>, Option<Duration>) {
            let text = std::fs::read_to_string(&self.path).unwrap_or_default();
            let mut words = text.split_whitespace();
            let now = words
                .next()
                .and_then(|word| DateTime::parse_from_rfc3339(word).ok());
            let since_boot = words.next().map(str::parse);
            match (now, since_boot.transpose()) {
                (Some(now), Ok(since_boot)) => (now.to_utc(), since_boot.map(Duration::from_secs)),
                _ => self.refuse(&text),
            }
        }

        fn refuse(&self, text: &str) -> ! {
            let said = writeln!(
                std::io::stderr(),
                "the clock in {} shows no time: {text:?}",
                self.path.display()
            );
            drop(said);
            std::process::exit(2)
        }
    }

    impl Clock for FileClock {
        fn now(&self) -> DateTime<Utc> {
            self.read().0
        }

        fn since_boot(&self) -> Duration {
            let (now, since_boot) = self.read();
            since_boot.unwrap_or_else(|| (now - self.first).to_std().unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn linux_tells_how_long_it_has_been_up() {
        for (text, millis) in [
            ("12345.67 98765.43\n", Some(12_345_670)),
            ("0.01 0.00\n", Some(10)),
            ("", None),
            ("12345\n", None),
            ("up 3 days\n", None),
        ] {
            assert_eq!(up_for(text), millis.map(Duration::from_millis), "{text:?}");
        }
    }

    #[test]
    fn the_machine_does_not_grow_younger() {
        let clock = SystemClock;
        let before = clock.since_boot();
        assert!((0..100).all(|_| clock.since_boot() >= before));
    }

    #[test]
    fn setting_a_clock_is_a_step_and_letting_time_pass_is_not() {
        let clock = ManualClock::at(instant("2026-11-01T06:00:00Z"));
        clock.advance(Duration::from_mins(1));
        assert_eq!(
            (clock.now(), clock.since_boot()),
            (instant("2026-11-01T06:01:00Z"), Duration::from_mins(1))
        );
        clock.set(instant("2026-10-01T00:00:00Z"));
        assert_eq!(
            (clock.now(), clock.since_boot()),
            (instant("2026-10-01T00:00:00Z"), Duration::from_mins(1))
        );
        assert_eq!(clock.reading(), (clock.now(), clock.since_boot()));
        clock.set_since_boot(Duration::from_secs(5));
        assert_eq!(
            (clock.now(), clock.since_boot()),
            (instant("2026-10-01T00:00:00Z"), Duration::from_secs(5))
        );
    }

    /// Is stopped for an hour after the first question.
    #[derive(Debug)]
    struct Stopped(ManualClock, OnceLock<()>);

    impl Clock for Stopped {
        fn now(&self) -> DateTime<Utc> {
            let now = self.0.now();
            if self.1.set(()).is_ok() {
                self.0.advance(Duration::from_hours(1));
            }
            now
        }

        fn since_boot(&self) -> Duration {
            self.0.since_boot()
        }
    }

    #[test]
    fn a_process_that_was_stopped_sees_no_step() {
        let clock = Stopped(ManualClock::at(instant("2026-11-01T06:00:00Z")), OnceLock::new());
        let hour = Duration::from_hours(1);
        assert_eq!(clock.reading(), (instant("2026-11-01T07:00:00Z"), hour));
    }

    #[cfg(feature = "fail-points")]
    #[test]
    fn a_file_moves_the_clock_of_who_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clock");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        write("2026-11-01T07:00:00+01:00\n");
        let clock = FileClock::at(path.clone());
        for (text, now, since_boot) in [
            ("2026-11-01T07:00:00+01:00", "2026-11-01T06:00:00Z", 0),
            ("2026-11-01T06:10:00Z", "2026-11-01T06:10:00Z", 600),
            ("2026-12-01T06:10:00Z 660", "2026-12-01T06:10:00Z", 660),
            ("2026-10-01T06:10:00Z 720", "2026-10-01T06:10:00Z", 720),
            ("2026-10-01T06:10:00Z", "2026-10-01T06:10:00Z", 0),
        ] {
            write(text);
            assert_eq!(
                (clock.now(), clock.since_boot()),
                (instant(now), Duration::from_secs(since_boot)),
                "{text}"
            );
        }
    }
}

//! The driver of services, tried on a stand-in that logs and listens to signals as the service does.

use crate::http::{FakeHttp, Reply};
use crate::service::{Launch, Service, TestClock};
use chrono::{DateTime, Utc};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// $1 is where it pretends to listen. It rises now and then, because a signal that comes just before a shell begins to wait is
/// heeded only after the waiting.
const STAND_IN: &str = r#"
say() { printf '{"timestamp":"now","level":"INFO","fields":{"message":"%s"%s}}\n' "$1" "$2" >&2; }
trap 'say reloaded ",\"clock\":\"$(cat "$REPORTWIRE_CLOCK")\""' HUP
trap 'say stopping; exit 3' TERM
echo 'not an event' >&2
say starting
say serving ",\"listen\":\"$1\""
while :; do sleep 0.1; done"#;

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn stand_in(folder: &Path, listen: SocketAddr) -> Launch {
    let clock = TestClock::at(folder.join("clock"), instant("2026-11-01T06:00:00Z"));
    // A shell can heed no signal that was ignored when it began, as SIGHUP is under `nohup`.
    let listen = listen.to_string();
    let arguments = ["--default-signal=HUP", "sh", "-c", STAND_IN, "sh", &listen];
    Launch::program(folder, "env", &arguments).clock(&clock)
}

fn started(folder: &Path) -> Service {
    stand_in(folder, ([127, 0, 0, 1], 9).into()).start()
}

/// What a driver that waits in vain says.
fn complaint(wait: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(wait)).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn events_are_waited_for_by_name_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = started(folder.path());
    assert_eq!(service.wait_for("serving").fields["listen"], "127.0.0.1:9");
    for clock in ["2026-12-01T06:00:00+00:00", "2027-01-01T06:00:00+00:00"] {
        service.set_clock(instant(clock));
        service.reload();
        assert_eq!(service.wait_for("reloaded").fields["clock"], clock);
    }
    service.wait_where("reloaded", |event| {
        event.fields["clock"] == "2026-12-01T06:00:00+00:00"
    });
    assert_eq!(service.events("reloaded").len(), 2);
    assert_eq!(service.log()[0], "not an event");
    service.term();
    assert_eq!(service.wait_exit(Duration::from_secs(10)).code(), Some(3));
    service.wait_for("stopping");
}

#[test]
fn a_killed_and_a_stopped_service_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = started(folder.path());
    service.wait_for("serving");
    service.stop();
    service.term();
    assert!(service.events("stopping").is_empty());
    service.cont();
    service.wait_for("stopping");
    service.wait_exit(Duration::from_secs(10));
    let mut another = started(folder.path());
    another.wait_for("serving");
    another.stop();
    assert_eq!(another.kill().signal(), Some(9));
}

#[test]
fn who_waits_in_vain_learns_what_the_service_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = stand_in(folder.path(), ([127, 0, 0, 1], 9).into())
        .patience(Duration::from_millis(300))
        .start();
    service.wait_for("serving");
    let said = complaint(|| {
        service.wait_for("delivered");
    });
    assert!(
        said.contains("no `delivered`") && said.contains("serving") && said.contains("goes on"),
        "{said}"
    );
    let said = complaint(|| {
        service.wait_exit(Duration::from_millis(10));
    });
    assert!(said.contains("for it to end"), "{said}");
    service.term();
    service.wait_exit(Duration::from_secs(10));
    let said = complaint(|| {
        service.wait_for("delivered");
    });
    assert!(
        said.contains("stopping") && said.contains("closed its log"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_asked_over_http_where_it_says_it_listens() {
    let far = FakeHttp::start(vec![
        Reply::Answer("503 Service Unavailable", "", "tick lag".into()),
        Reply::Answer("200 OK", "", "ready".into()),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let service = stand_in(folder.path(), far.address).start();
    let answers = [service.http_get("/readyz"), service.http_get("/readyz")];
    let told = answers.map(|answer| (answer.status, answer.body));
    assert_eq!(told, [(503, "tick lag".to_owned()), (200, "ready".to_owned())]);
    assert!(far.requests()[0].line.starts_with("GET /readyz "));
}

#[test]
fn the_real_binary_is_found_and_says_why_it_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("reportwire.toml"), "[jobs.BAD]\n").unwrap();
    let mut service = Launch::serve(folder.path()).start();
    assert_eq!(service.wait_exit(Duration::from_secs(10)).code(), Some(2));
    assert!(
        service.log().iter().any(|line| line.contains("error")),
        "{:?}",
        service.log()
    );
}

/// Runs this very test in a process of its own, which starts a service and waits to be killed.
#[test]
fn a_killed_test_process_leaves_no_service() {
    const PLAYS_VICTIM: &str = "REPORTWIRE_TEST_VICTIM";
    let folder = tempfile::tempdir().unwrap();
    if std::env::var_os(PLAYS_VICTIM).is_some() {
        let mut ended = started(folder.path());
        ended.kill();
        drop(ended);
        let mut service = started(folder.path());
        service.wait_for("serving");
        writeln!(std::io::stderr(), "service: {}", service.id()).unwrap();
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let name = "services::a_killed_test_process_leaves_no_service";
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(PLAYS_VICTIM, "1")
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(victim.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("service: ") {
        line.clear();
        assert!(
            said.read_line(&mut line).unwrap() > 0,
            "the victim started no service"
        );
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    // The reaper shares the victim's standard error: its end is the end of both, and the signal is on its way.
    said.read_to_end(&mut Vec::new()).unwrap();
    let stat = format!("/proc/{}/stat", line["service: ".len()..].trim_end());
    let since = Instant::now();
    while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(since.elapsed() < Duration::from_secs(10), "{line} goes on");
        std::thread::yield_now();
    }
}

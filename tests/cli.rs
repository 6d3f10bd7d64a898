//! The command line as people and scripts meet it: the real binary, its two streams and its exit code.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const AS_OF: &str = "2026-11-02T10:00:00+01:00";

const CONFIGURATION: &str = r#"
[service]
timezone = "Europe/Madrid"
data_dir = "data"

[sources.usage.usage_file]
path = "usage/*.csv"

[deliveries.bi-drop.file_drop]
path = "drop/{{job.name}}/{{period.id}}"

[jobs.monthly-full-report]
title = "AI platform: monthly full report"
schedule = "0 7 1 * *"
sources = ["usage"]
period = "previous_month"
formats = ["csv", "json"]
deliveries = ["bi-drop"]
[jobs.monthly-full-report.report.full]

[jobs.by-hand]
title = "Month to date"
sources = ["usage"]
period = "month_to_date"
formats = ["csv"]
[jobs.by-hand.report.full]
"#;

const USAGE: &str = "date,project_id,project_name,user_name,model,service_type,requests,errors,input_tokens,output_tokens,cost,currency
2026-09-30,p1,Search,ada,gpt-x,chat,10,1,1000,500,1.25,USD
2026-10-01,p1,Search,ada,gpt-x,chat,20,0,2000,900,2.50,USD
2026-10-31,p2,Support,bob,gpt-y,chat,5,0,700,300,0.10,USD
";

/// What a command answered.
struct Answer {
    code: i32,
    out: String,
    err: String,
}

/// A folder with a configuration and usage files.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("reportwire.toml"), CONFIGURATION).unwrap();
        fs::create_dir(dir.path().join("usage")).unwrap();
        fs::write(dir.path().join("usage/october.csv"), USAGE).unwrap();
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn ask(&self, arguments: &[&str]) -> Answer {
        ask(self.path(), arguments)
    }

    /// Asks, expects success, and reads the answer as JSON.
    fn json(&self, arguments: &[&str]) -> Value {
        let answer = self.ask(arguments);
        assert_eq!(answer.code, 0, "{arguments:?}: {}{}", answer.out, answer.err);
        serde_json::from_str(&answer.out).unwrap()
    }

    /// Runs the monthly job and gives its id.
    fn run(&self) -> String {
        let run = self.json(&["run", "monthly-full-report", "--as-of", AS_OF, "--json"]);
        run["run_id"].as_str().unwrap().to_owned()
    }
}

fn ask(dir: &Path, arguments: &[&str]) -> Answer {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("reportwire"))
        .current_dir(dir)
        .env_remove("RUST_LOG")
        .args(arguments)
        .output()
        .unwrap();
    Answer {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_wrong_request_ends_with_two_and_says_nothing_on_standard_output() {
    let world = World::new();
    for (arguments, told) in [
        (
            &["run", "monthly-ful-report"][..],
            "did you mean `monthly-full-report`",
        ),
        (&["run", "monthly-full-report", "--period", "2026-13"], "2026-13"),
        (
            &["run", "by-hand", "--as-of", "2026-11-01T10:00:00+01:00"],
            "no complete day",
        ),
        (
            &["run", "monthly-full-report", "--only", "nowhere"],
            "no delivery `nowhere`",
        ),
        (
            &["run", "monthly-full-report", "--as-of", "yesterday"],
            "RFC 3339",
        ),
        (
            &["run", "monthly-full-report", "--period", "2126"],
            "the period 2126 has not begun: its first day is 2126-01-01, and in Europe/Madrid it is ",
        ),
        (
            &[
                "run",
                "monthly-full-report",
                "--period",
                "2026-11",
                "--as-of",
                "2026-10-31T22:59:59Z",
            ],
            "in Europe/Madrid it is 2026-10-31; name an earlier one with --period",
        ),
        (
            &["preview", "monthly-full-report", "--period", "2126-01"],
            "has not begun",
        ),
        (&["preview", "nothing-like-it"], "no job"),
        (&["runs", "--job", "nothing-like-it"], "no job"),
        (&["runs", "show", "019abcde"], "no run `019abcde`"),
        (&["resend", "019abcde"], "no run `019abcde`"),
        (&["verify", "019abcde"], "no run `019abcde`"),
        (&["jobs", "--next", "0"], "--next"),
        (&["jobs", "--config", "missing.toml"], "missing.toml"),
        (&["--log", "a=b=c", "jobs"], "--log"),
        (&["teleport"], "teleport"),
        (&[], "Usage"),
    ] {
        let answer = world.ask(arguments);
        assert_eq!(
            (answer.code, answer.out.as_str()),
            (2, ""),
            "{arguments:?}: {}",
            answer.err
        );
        assert!(answer.err.contains(told), "{arguments:?}: {}", answer.err);
    }
    assert_eq!(
        world.json(&["runs", "--json"]),
        serde_json::json!([]),
        "nothing was recorded"
    );
}

#[test]
fn a_preview_replaces_what_an_earlier_one_left_and_nothing_else() {
    let world = World::new();
    let preview = || world.ask(&["preview", "monthly-full-report", "--period", "2026-10"]);
    let formats = |formats: &str| {
        let text = CONFIGURATION.replace("formats = [\"csv\", \"json\"]", &format!("formats = {formats}"));
        fs::write(world.path().join("reportwire.toml"), text).unwrap();
    };
    let folder = world.path().join("preview");
    let names = || {
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let of = |ext: &str| format!("monthly-full-report_2026-10.{ext}");
    formats("[\"csv\", \"html\", \"json\", \"text\"]");
    assert_eq!(preview().code, 0);
    assert_eq!(names(), ["csv", "html", "json", "manifest.json", "txt"].map(of));
    // What somebody has changed is no longer the preview's own; what was never its own stays as well.
    fs::write(folder.join(of("csv")), "mine").unwrap();
    fs::write(folder.join("notes.txt"), "mine too").unwrap();
    formats("[\"text\"]");
    assert_eq!(preview().code, 0);
    let left = ["csv", "manifest.json", "txt"].map(of);
    assert_eq!(names(), [left.as_slice(), &["notes.txt".to_owned()]].concat());
    formats("[\"csv\"]");
    let refused = preview();
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{}", refused.err);
    assert!(
        refused
            .err
            .contains("monthly-full-report_2026-10.csv was not written by an earlier preview")
            && refused.err.contains("name another folder with --out"),
        "{}",
        refused.err
    );
    assert_eq!(
        names(),
        [left.as_slice(), &["notes.txt".to_owned()]].concat(),
        "nothing was touched"
    );
    fs::remove_file(folder.join(of("csv"))).unwrap();
    assert_eq!((preview().code, preview().code), (0, 0));
    assert_eq!(names(), [of("csv"), of("manifest.json"), "notes.txt".to_owned()]);
}

#[test]
fn every_problem_of_a_configuration_is_told_at_once() {
    let world = World::new();
    let broken = CONFIGURATION
        .replace("Europe/Madrid", "Europe/Madird")
        .replace("\"csv\"]", "\"pdf\"]");
    fs::write(world.path().join("reportwire.toml"), broken).unwrap();
    let answer = world.ask(&["check"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    for told in ["Europe/Madird", "pdf", "reportwire.toml:"] {
        assert!(answer.err.contains(told), "{}", answer.err);
    }
}

#[test]
fn a_wrong_table_of_exchange_rates_is_called_that() {
    let world = World::new();
    let text = CONFIGURATION.replace("[service]\n", "[service]\nrates = \"rates.csv\"\n");
    fs::write(world.path().join("reportwire.toml"), text).unwrap();
    fs::write(
        world.path().join("rates.csv"),
        "date,from,to,rate\n2026-10-01,EUR,USD,much\n",
    )
    .unwrap();
    for arguments in [&["check"][..], &["preview", "by-hand"]] {
        let answer = world.ask(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""));
        assert!(
            answer
                .err
                .starts_with("error: the table of exchange rates cannot be used\n")
                && answer.err.contains("much"),
            "{}",
            answer.err
        );
    }
}

#[test]
fn what_is_well_ends_with_nought() {
    let world = World::new();
    for (arguments, told) in [
        (&["check"][..], "no problem in 2 jobs, 1 source and 1 delivery"),
        (&["check", "--online"], "source usage: lets us in"),
        (&["jobs", "--as-of", AS_OF], "2026-12-01 07:00 +01:00"),
        (&["schema"], "$schema"),
        (&["completions", "bash"], "_reportwire"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&["--version"], " (time zone data 20"),
        (&["run", "--help"], "--test-to"),
        (&["verify"], "0 of 0 files"),
    ] {
        let answer = world.ask(arguments);
        assert_eq!(answer.code, 0, "{arguments:?}: {}", answer.err);
        assert!(answer.out.contains(told), "{arguments:?}: {}", answer.out);
    }
}

#[test]
fn jobs_tell_when_they_fall_due_and_which_period_that_covers() {
    let world = World::new();
    let jobs = world.json(&["jobs", "--next", "2", "--as-of", AS_OF, "--json"]);
    let monthly = jobs
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["job"] == "monthly-full-report")
        .unwrap();
    assert_eq!(monthly["title"], "AI platform: monthly full report");
    assert_eq!(monthly["enabled"], true);
    assert_eq!(monthly["timezone"], "Europe/Madrid");
    assert_eq!(
        monthly["next"],
        serde_json::json!([
            {"due_at": "2026-12-01T07:00:00+01:00",
             "period": {"id": "2026-11", "start": "2026-11-01", "end": "2026-11-30"}},
            {"due_at": "2027-01-01T07:00:00+01:00",
             "period": {"id": "2026-12", "start": "2026-12-01", "end": "2026-12-31"}},
        ])
    );
    assert!(monthly["warnings"].is_array());
    let by_hand = jobs
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["job"] == "by-hand")
        .unwrap();
    assert_eq!(by_hand["next"], serde_json::json!([]));
}

#[test]
fn jobs_are_listed_with_time_offset_zone_and_period_in_eighty_columns() {
    let world = World::new();
    let path = world.path().join("reportwire.toml");
    let job = |name: &str, period: &str, lines: &str| {
        format!(
            "\n[jobs.{name}]\n{lines}\nsources = [\"usage\"]\nperiod = \"{period}\"\nformats = [\"csv\"]\n\
             [jobs.{name}.report.full]\n"
        )
    };
    let far = "timezone = \"America/Argentina/ComodRivadavia\"";
    let text = [
        fs::read_to_string(&path).unwrap(),
        job(
            "weekly",
            "previous_week",
            "schedule = { cron = \"30 8 * * MON\", jitter = \"1h\", end = \"2026-11-30\" }",
        ),
        job(
            "rolling",
            "last_days:30",
            &format!("schedule = \"0 0 * * *\"\n{far}"),
        ),
        job(
            "over",
            "previous_day",
            "schedule = { every = \"day\", at = \"02:30\", end = \"2026-11-01\" }",
        ),
        job(
            "either",
            "previous_day",
            "schedule = \"0 7 1 * MON\"\nenabled = false",
        ),
        job(&"long-".repeat(12), "previous_month", "schedule = \"0 7 31 * *\""),
    ]
    .concat();
    fs::write(&path, text).unwrap();
    let answer = world.ask(&["jobs", "--next", "2", "--as-of", AS_OF]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    for line in answer.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!(answer.out, @r"
    by-hand
      only by hand
    either
      disabled
    long-long-long-long-long-long-long-long-long-long-long-long-
      2026-12-31 07:00 +01:00 Europe/Madrid  2026-11  11-01..11-30
      2027-01-31 07:00 +01:00 Europe/Madrid  2026-12  12-01..12-31
    monthly-full-report
      2026-12-01 07:00 +01:00 Europe/Madrid  2026-11  11-01..11-30
      2027-01-01 07:00 +01:00 Europe/Madrid  2026-12  12-01..12-31
    over
      falls due no more
    rolling
      2026-11-03 00:00 -03:00 America/Argentina/ComodRivadavia
        2026-10-04..2026-11-02
      2026-11-04 00:00 -03:00 America/Argentina/ComodRivadavia
        2026-10-05..2026-11-03
    weekly
      2026-11-09 08:42:53 +01:00 Europe/Madrid  2026-W45  11-02..11-08
      2026-11-16 09:26:08 +01:00 Europe/Madrid  2026-W46  11-09..11-15
    ");
    for told in [
        "job `either`: `0 7 1 * MON` names a day of the month and a day of the week",
        "`0 7 31 * *` skips day 31",
        "job `over`: falls due no more: its last day is 2026-11-01",
    ] {
        assert!(answer.err.contains(told), "{told}: {}", answer.err);
    }
    assert_eq!(answer.err.lines().count(), 3, "{}", answer.err);
    let weekly = world.json(&["jobs", "--next", "5", "--as-of", AS_OF, "--json"]);
    let weekly = weekly
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["job"] == "weekly")
        .unwrap()
        .clone();
    let keys: Vec<&str> = weekly.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["job", "title", "enabled", "timezone", "next", "warnings"]);
    let due: Vec<&str> = weekly["next"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|next| next["due_at"].as_str())
        .collect();
    assert_eq!(due.len(), 4, "none after its last day: {due:?}");
    assert_ne!(
        weekly["next"][0]["due_at"], "2026-11-23T08:30:00+01:00",
        "moved by its jitter"
    );
}

#[test]
fn a_run_is_told_in_twenty_lines_of_eighty_columns() {
    let world = World::new();
    let answer = world.ask(&["run", "monthly-full-report", "--as-of", AS_OF]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.lines().count() <= 20, "{}", answer.out);
    let folder = world.path().to_str().unwrap();
    for line in answer.out.lines().filter(|line| !line.contains(folder)) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for told in [
        "monthly-full-report",
        "2026-10",
        "Total cost",
        "delivered",
        "bi-drop",
    ] {
        assert!(answer.out.contains(told), "{told}: {}", answer.out);
    }
    assert_eq!(answer.err, "", "no progress bar where there is no terminal");
}

#[test]
fn a_run_is_told_to_programs_by_the_contract() {
    let world = World::new();
    let run = world.json(&["run", "monthly-full-report", "--as-of", AS_OF, "--json"]);
    assert_eq!(
        (&run["job"], &run["revision"], &run["state"]),
        (&"monthly-full-report".into(), &1.into(), &"delivered".into())
    );
    assert_eq!(
        run["period"],
        serde_json::json!({"id": "2026-10", "start": "2026-10-01", "end": "2026-10-31", "timezone": "Europe/Madrid"})
    );
    assert!(run["notices"].is_array());
    let artifacts = run["artifacts"].as_array().unwrap();
    assert!(artifacts.len() >= 2);
    for artifact in artifacts {
        let path = Path::new(artifact["path"].as_str().unwrap());
        assert!(path.is_absolute());
        assert_eq!(fs::read(path).unwrap().len() as u64, artifact["bytes"]);
        assert_eq!(artifact["sha256"].as_str().unwrap().len(), 64);
    }
    for delivery in run["deliveries"].as_array().unwrap() {
        assert_eq!(
            (&delivery["delivery"], &delivery["state"], &delivery["attempts"]),
            (&"bi-drop".into(), &"acked".into(), &1.into())
        );
        let dropped = world
            .path()
            .join("drop/monthly-full-report/2026-10")
            .join(delivery["recipient"].as_str().unwrap());
        assert!(dropped.is_file(), "{}", dropped.display());
    }
}

#[test]
fn what_ran_is_remembered_and_proven() {
    let world = World::new();
    let (first, second) = (world.run(), world.run());
    let runs = world.json(&["runs", "--json", "--job", "monthly-full-report"]);
    let told: Vec<_> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (run["run_id"].clone(), run["revision"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (second.clone().into(), 2.into()),
            (first.clone().into(), 1.into())
        ]
    );
    let shown = world.json(&["runs", "show", &first[..23], "--json"]);
    assert_eq!(shown["run_id"], first.as_str());
    assert_eq!(shown["deliveries"][0]["state"], "acked");
    let listed = world.ask(&["runs"]);
    assert!(listed.out.contains("delivered") && listed.out.lines().all(|line| line.chars().count() <= 80));
    let again = world.ask(&["resend", &first]);
    assert_eq!(again.code, 0, "nothing is left to send: {}", again.err);
    let replayed = world.ask(&["replay", &second]);
    assert_eq!(replayed.code, 0, "{}{}", replayed.out, replayed.err);

    assert_eq!(world.ask(&["verify"]).code, 0);
    let artifact = shown["artifacts"][0]["path"].as_str().unwrap();
    fs::write(artifact, "forged").unwrap();
    let verified = world.ask(&["verify"]);
    assert_eq!(verified.code, 1);
    assert!(verified.err.contains(artifact), "{}", verified.err);
    assert_eq!(world.ask(&["verify", &second]).code, 0, "the other run is whole");
}

#[test]
fn a_file_in_the_way_fails_the_delivery_and_resend_ends_it() {
    let world = World::new();
    let folder = world.path().join("drop/monthly-full-report/2026-10");
    fs::create_dir_all(&folder).unwrap();
    let way = folder.join("monthly-full-report_2026-10.csv");
    fs::write(&way, "somebody else's").unwrap();
    let answer = world.ask(&[
        "run",
        "monthly-full-report",
        "--as-of",
        AS_OF,
        "--wait",
        "0",
        "--json",
    ]);
    assert_eq!(answer.code, 1, "{}", answer.err);
    let run: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(run["state"], "partially_delivered");
    assert!(
        answer
            .err
            .starts_with("error: bi-drop to monthly-full-report_2026-10.csv: dead: "),
        "{}",
        answer.err
    );
    assert_eq!(fs::read_to_string(&way).unwrap(), "somebody else's");
    assert!(
        !folder.join("monthly-full-report_2026-10.manifest.json").exists(),
        "the manifest waits for its files"
    );

    fs::remove_file(&way).unwrap();
    let again = world.ask(&["resend", run["run_id"].as_str().unwrap()]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(folder.join("monthly-full-report_2026-10.manifest.json").exists());
}

#[test]
fn a_source_that_cannot_be_read_fails_the_run_and_delivers_nothing() {
    let world = World::new();
    fs::write(
        world.path().join("usage/october.csv"),
        USAGE.replace("2.50", "two"),
    )
    .unwrap();
    let answer = world.ask(&["run", "monthly-full-report", "--as-of", AS_OF]);
    assert_eq!(answer.code, 1, "{}", answer.err);
    assert!(answer.err.contains("october.csv"), "{}", answer.err);
    assert!(!world.path().join("drop").exists());
    assert_eq!(world.json(&["runs", "--json"])[0]["state"], "failed");
}

#[test]
fn a_starter_is_written_once() {
    let dir = tempfile::tempdir().unwrap();
    let first = ask(dir.path(), &["init", "reports"]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.out.contains("reportwire.toml"));
    let written = fs::read(dir.path().join("reports/reportwire.toml")).unwrap();
    assert_eq!(ask(&dir.path().join("reports"), &["check"]).code, 0);
    let second = ask(dir.path(), &["init", "reports"]);
    assert_eq!((second.code, second.out.as_str()), (2, ""));
    assert_eq!(
        fs::read(dir.path().join("reports/reportwire.toml")).unwrap(),
        written
    );
}

#[test]
fn a_damaged_store_is_refused() {
    let world = World::new();
    world.run();
    for file in ["reportwire.db-wal", "reportwire.db-shm"] {
        drop(fs::remove_file(world.path().join("data").join(file)));
    }
    fs::write(world.path().join("data/reportwire.db"), "rubbish".repeat(1000)).unwrap();
    let answer = world.ask(&["runs"]);
    assert_eq!((answer.code, answer.out.as_str()), (1, ""));
    assert!(answer.err.contains("damaged"), "{}", answer.err);
}

#[test]
fn the_command_line_has_the_last_word() {
    let world = World::new();
    let data = |arguments: &[&str]| {
        let answer = world.ask(&[&["run", "by-hand", "--period", "2026-10", "--json"], arguments].concat());
        assert_eq!(answer.code, 0, "{}", answer.err);
        let run: Value = serde_json::from_str(&answer.out).unwrap();
        run["artifacts"][0]["path"].as_str().unwrap().to_owned()
    };
    assert!(data(&[]).contains("/data/runs/"));
    assert!(data(&["--set", "service.data_dir=elsewhere"]).contains("/elsewhere/runs/"));
    let wrong = world.ask(&["jobs", "--set", "service.data_dirr=x"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    assert!(
        wrong.err.contains("command line") && wrong.err.contains("data_dir"),
        "{}",
        wrong.err
    );
    assert_eq!(world.ask(&["jobs", "--set", "nonsense"]).code, 2);
}

#[test]
fn a_bad_row_leaves_one_source_out_where_the_job_allows_it() {
    let world = World::new();
    let two = CONFIGURATION.replace(
        "[deliveries.bi-drop",
        "[sources.other.usage_file]\npath = \"other.csv\"\n\n[deliveries.bi-drop",
    );
    let two = two.replace("sources = [\"usage\"]", "sources = [\"usage\", \"other\"]");
    fs::write(world.path().join("reportwire.toml"), &two).unwrap();
    fs::write(
        world.path().join("other.csv"),
        USAGE.replace("2.50,USD", "lots,USD"),
    )
    .unwrap();
    let arguments = ["run", "monthly-full-report", "--as-of", AS_OF, "--json"];
    let refused = world.ask(&arguments);
    assert_eq!(refused.code, 1, "{}", refused.out);
    assert!(refused.err.contains("other.csv:3:cost"), "{}", refused.err);

    let allowed = two.replace(
        "schedule = \"0 7 1 * *\"",
        "schedule = \"0 7 1 * *\"\nallow_partial = true",
    );
    fs::write(world.path().join("reportwire.toml"), allowed).unwrap();
    let run = world.json(&arguments);
    assert!(run["notices"].to_string().contains("other.csv:3:cost"), "{run}");
    let replay = world.ask(&["replay", run["run_id"].as_str().unwrap()]);
    assert_eq!(replay.code, 0, "{}{}", replay.out, replay.err);
}

#[test]
fn a_check_says_once_who_would_hear_of_nothing() {
    let world = World::new();
    let warned = |world: &World| world.ask(&["check"]).err;
    let said = warned(&world);
    assert!(
        said.contains("nobody hears when a report of monthly-full-report fails"),
        "{said}"
    );
    assert!(!said.contains("by-hand"), "{said}");
    let edit = |from: &str, to: &str| {
        let path = world.0.path().join("reportwire.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace(from, to)).unwrap();
    };
    edit("data_dir", "owner = [\"finops@example.com\"]\ndata_dir");
    let said = warned(&world);
    assert!(
        said.contains("there is no e-mail delivery") && said.contains("data/bulletins"),
        "{said}"
    );
    edit("data_dir", "owner_fallback = \"ops\"\ndata_dir");
    edit(
        "[jobs.by-hand]",
        "[deliveries.ops.file_drop]\npath = \"ops\"\n[jobs.by-hand]",
    );
    let said = warned(&world);
    assert!(
        !said.contains("nobody hears") && !said.contains("bulletins"),
        "{said}"
    );
    assert!(!said.contains("listen"), "{said}");
    edit("data_dir", "listen = \"0.0.0.0:8321\"\ndata_dir");
    let said = warned(&world);
    assert!(
        said.contains("service.listen") && said.contains("answers others too, without password and TLS"),
        "{said}"
    );
    edit("listen", "behind_proxy = true\nlisten");
    let said = warned(&world);
    assert!(!said.contains("listen"), "{said}");
}

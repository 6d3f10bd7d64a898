//! Files that are missing, unreadable, endless or lying.

use crate::bench::{Bench, gzip};
use reportwire::schedule::clock::SystemClock;
use reportwire::source;
use std::fs;

const HEADER: &str = "date,project_id,service_type,cost,currency\n";

#[test]
fn what_is_no_file_is_refused_by_name() {
    let folder = Bench::usage_at("sub");
    fs::create_dir(folder.path("sub")).unwrap();
    let error = folder.error(&["2026-10"]);
    assert!(
        error.starts_with("source `bill`: sub: is a folder; name its files, such as"),
        "{error}"
    );
    assert_eq!(
        Bench::usage_at("*.csv").error(&["2026-10"]),
        "source `bill`: *.csv: no file matches; check the path, or wait until the export is there"
    );
    let error = Bench::usage_at("[").error(&["2026-10"]);
    assert!(
        error.starts_with("source `bill`: [: is not a pattern: "),
        "{error}"
    );
    let error = Bench::usage_at("u.csv")
        .file("projects.txt", "")
        .projects("projects.csv")
        .file("u.csv", HEADER);
    assert!(
        error
            .error(&["2026-10"])
            .starts_with("source `bill`: projects.csv: cannot be read: No such file")
    );
}

#[test]
fn a_name_with_pattern_characters_is_itself_and_folders_and_hidden_files_are_not_rows() {
    let row = format!("{HEADER}2026-10-01,p,agent,1,USD\n");
    let literal = Bench::usage_at("bill [1].csv")
        .file("bill [1].csv", &row)
        .file("bill 1.csv", "rubbish");
    assert_eq!(literal.fetch().unwrap().answers().len(), 1);
    let pattern = Bench::usage_at("*")
        .file("b.csv", &row)
        .file("a.csv", &row)
        .file(".a.csv.swp", "rubbish");
    fs::create_dir(pattern.path("folder")).unwrap();
    let snapshot = pattern.fetch().unwrap();
    let names: Vec<_> = snapshot
        .answers()
        .iter()
        .map(|answer| answer.request.rsplit('/').next())
        .collect();
    assert_eq!(names, [Some("a.csv"), Some("b.csv")]);
    assert!(
        snapshot
            .answers()
            .iter()
            .all(|answer| answer.request.starts_with("file:/"))
    );
    let notices = pattern.decode(&["2026-10"]).unwrap().notices;
    assert!(
        notices[0].text.contains("byte for byte; both are counted"),
        "{notices:?}"
    );
}

#[test]
fn a_header_alone_is_a_period_without_figures() {
    let dataset = Bench::usage().file("u.csv", HEADER).decode(&["2026-10"]).unwrap();
    assert!(
        dataset.windows[0]
            .figures
            .iter()
            .all(|figure| figure.value.is_none())
    );
    assert_eq!(dataset.currency, None);
    assert_eq!(dataset.notices.len(), 1);
    assert_eq!(
        dataset.notices[0].text,
        "No figures for 2026-10: the files have no rows at all."
    );
    assert!(dataset.notices[0].missing);
}

#[test]
fn endless_rows_end_early() {
    let open_quote = format!("{HEADER}2026-10-01,\"{}", "x".repeat(8 << 20));
    let blank = format!("{HEADER}{}", "\n".repeat(8 << 20));
    let too_long = "a row is longer than 1 MiB; look for a quote that is never closed";
    for (name, content) in [
        ("quote.csv", open_quote.clone()),
        ("blank.csv", blank),
        ("header.csv", "x".repeat(8 << 20)),
        ("long.jsonl", format!("{{\"a\":\"{}", "x".repeat(8 << 20))),
        ("blank.jsonl", "\n".repeat(8 << 20)),
    ] {
        let error = Bench::usage()
            .file(name, gzip(content.as_bytes()))
            .error(&["2026-10"]);
        assert!(error.ends_with(too_long), "{name}: {error}");
    }
    let long_but_allowed = format!(
        "{HEADER}2026-10-01,\"{}\",agent,1,USD\n",
        "x".repeat((1 << 20) - 100)
    );
    assert!(
        Bench::usage()
            .file("u.csv", long_but_allowed)
            .decode(&["2026-10"])
            .is_ok()
    );
}

#[test]
fn damaged_compression_is_refused() {
    let rows = format!("{HEADER}{}", "2026-10-01,p,agent,1,USD\n".repeat(20_000));
    let whole = gzip(rows.as_bytes());
    let cut = &whole[..whole.len() / 2];
    let mut flipped = whole.clone();
    let crc = whole.len() - 6;
    flipped[crc] ^= 1;
    let twice = gzip(&whole);
    for (content, expected) in [
        (cut, "is damaged or cut off"),
        (flipped.as_slice(), "is damaged or cut off"),
        (twice.as_slice(), "is compressed twice; compress it once"),
    ] {
        let error = Bench::usage().file("u.csv.gz", content).error(&["2026-10"]);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn too_many_members_are_refused_instead_of_filling_the_memory() {
    let rows: Vec<String> = (0..1_200)
        .map(|n| format!("2026-10-01,{n}{},agent,1,USD\n", "x".repeat(40_000)))
        .collect();
    let rows = rows.concat();
    let error = Bench::usage()
        .file("u.csv", format!("{HEADER}{rows}"))
        .error(&["2026-10"]);
    assert!(
        error.contains(":project_id: there are too many different values of project"),
        "{error}"
    );
}

#[test]
fn bytes_that_are_not_utf8_are_refused_where_they_would_be_kept() {
    let row = [HEADER.as_bytes(), b"2026-10-01,caf\xe9,agent,1,USD\n"].concat();
    assert_eq!(
        Bench::usage().file("u.csv", row).error(&["2026-10"]),
        "source `bill`: u.csv:2:project_id: `caf\u{fffd}` is not UTF-8; save the file as UTF-8"
    );
}

#[test]
fn a_probe_looks_without_reading() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let probe = |bench: &Bench| runtime.block_on(source::probe("bill", &bench.plan, &SystemClock));
    assert!(probe(&Bench::usage().file("u.csv", "rubbish")).is_ok());
    assert!(probe(&Bench::usage()).is_err());
}

//! The merged values become a [`Document`]: everything that has the wrong name, the wrong type or is not built yet is
//! told and taken out, until what is left can be read.

use crate::config::check::{Check, nearest, subject};
use crate::config::document::Document;
use crate::config::layers::{find, remove, replace};
use crate::config::locate::Part;
use crate::config::problem::{KeyPath, shown};
use figment::error::{Actual, Kind};
use figment::value::Value;
use serde::Deserialize;

/// Problems after which reading stops: nobody mends more in one go.
const MAX_PROBLEMS: usize = 200;

/// Where tables are and nothing else; `*` is any name.
const TABLES: [&str; 9] = [
    "service",
    "sources",
    "sources.*",
    "sources.*.*",
    "deliveries",
    "deliveries.*",
    "deliveries.*.*",
    "jobs",
    "jobs.*",
];

/// Tables deeper inside.
const INNER_TABLES: [&str; 11] = [
    "deliveries.*.email.smtp",
    "jobs.*.report",
    "jobs.*.report.*",
    "jobs.*.brand",
    "jobs.*.gates",
    "jobs.*.wait_until",
    "jobs.*.reconcile",
    "jobs.*.reconcile.names",
    "jobs.*.budgets",
    "jobs.*.budgets.*",
    "jobs.*.anomalies",
];

/// Kinds and keys that are planned and not built; `*` is any name.
const NOT_BUILT: [(&str, &str); 3] = [
    ("deliveries.*.teams", "a delivery of kind `teams`"),
    (
        "deliveries.*.slack.bot_token",
        "uploading files to Slack (`bot_token`)",
    ),
    (
        "deliveries.*.slack.channel",
        "uploading files to Slack (`channel`)",
    ),
];

/// Reads the document out of `values`.
pub(super) fn read(cx: &mut Check<'_>, mut values: Value) -> Document {
    for pattern in TABLES {
        tables_only(cx, &mut values, pattern);
    }
    for (pattern, what) in NOT_BUILT {
        refuse(cx, &mut values, pattern, what);
    }
    for pattern in INNER_TABLES {
        tables_only(cx, &mut values, pattern);
    }
    while cx.problem_count() < MAX_PROBLEMS {
        let error = match Document::deserialize(&values) {
            Ok(document) => return document,
            Err(error) => error,
        };
        let path = KeyPath::of(&error.path);
        if expects_text(&error.kind) && coerce(cx, &mut values, &path) {
            continue;
        }
        tell(cx, &values, &path, &error.kind);
        match remove(&mut values, path.keys()) {
            Some(removed) => cx.excuse(removed),
            None => break,
        }
    }
    Document::default()
}

/// Paths in `value` that match `pattern`.
fn matches(value: &Value, pattern: &str) -> Vec<KeyPath> {
    let mut paths = vec![KeyPath::default()];
    for step in pattern.split('.') {
        let mut deeper = Vec::new();
        for path in &paths {
            let Some(Value::Dict(_, dict)) = find(value, path.keys()) else {
                continue;
            };
            let fitting = dict.keys().filter(|key| step == "*" || *key == step);
            deeper.extend(fitting.map(|key| path.join(key)));
        }
        paths = deeper;
    }
    paths
}

fn tables_only(cx: &mut Check<'_>, values: &mut Value, pattern: &str) {
    for path in matches(values, pattern) {
        let known = match path.keys() {
            [room, _, kind] if room == "sources" => {
                ["geai", "dispersl", "almyty", "usage_file", "focus_file"].contains(&&**kind)
            }
            [room, _, kind] if room == "deliveries" => {
                ["email", "slack", "webhook", "file_drop"].contains(&&**kind)
            }
            _ => true,
        };
        if known && !matches!(find(values, path.keys()), Some(Value::Dict(..))) {
            let hint = format!("write it as a table: `[{path}]` and its keys on the lines after it");
            cx.report(&path, "expected a table", Some(hint));
            if let Some(removed) = remove(values, path.keys()) {
                cx.excuse(removed);
            }
        }
    }
}

fn refuse(cx: &mut Check<'_>, values: &mut Value, pattern: &str, what: &str) {
    for path in matches(values, pattern) {
        let connector = find(values, path.join("webhook_url").keys())
            .and_then(Value::as_str)
            .is_some_and(|url| url.contains("webhook.office.com"));
        let hint = if connector {
            Some("Office 365 connectors are switched off; when Teams is built it will take a Workflows URL")
        } else {
            remedy(&path)
        };
        cx.report_as(
            &path,
            Part::Key,
            subject(&path, &format!("{what} is not built yet")),
            "not built yet",
            hint.map(str::to_owned),
        );
        // What is not built is not checked either, and neither is the lack of what would stand in its place.
        let owner = KeyPath::of(path.keys().iter().take(2));
        if path.keys().len() > 2 && path.keys()[0] != "jobs" {
            cx.excuse(owner.clone());
            remove(values, owner.keys());
        } else if path.keys().len() > 3 {
            let report = owner.join("report");
            cx.excuse(report.clone());
            remove(values, report.keys());
        } else {
            remove(values, path.keys());
        }
    }
}

fn remedy(path: &KeyPath) -> Option<&'static str> {
    match path.keys().iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["sources", ..] => Some("built are `geai`, `dispersl`, `almyty`, `usage_file` and `focus_file`"),
        ["deliveries", _, "slack", _] => Some("use `webhook_url`, which posts a summary without files"),
        ["deliveries", ..] => Some("built are `email`, `slack`, `webhook` and `file_drop`"),
        ["jobs", _, "report", _] => Some("built are `full`, `comparison` and `trend`"),
        _ => None,
    }
}

fn expects_text(kind: &Kind) -> bool {
    matches!(kind, Kind::InvalidType(actual, expected)
        if expected.contains("string") && !matches!(actual, Actual::Seq | Actual::Map))
}

/// Takes a value of the environment or the command line as the text it was written as, where a text is wanted:
/// `…__FISCAL_YEAR_START=10` means the text.
fn coerce(cx: &Check<'_>, values: &mut Value, path: &KeyPath) -> bool {
    let Some(raw) = cx.raw(path) else { return false };
    replace(values, path.keys(), Value::from(raw))
}

fn tell(cx: &mut Check<'_>, values: &Value, path: &KeyPath, kind: &Kind) {
    match kind {
        Kind::UnknownField(name, expected) => unknown_key(cx, path, name, expected),
        Kind::UnknownVariant(name, expected) => {
            let hint = match nearest(name, expected.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write one of {}", list(expected)),
            };
            cx.report(path, "not one of the choices", Some(hint));
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            let wanted = wanted(expected);
            let found = found(find(values, path.keys()), wanted.contains("number"));
            let hint =
                (wanted.starts_with("a list")).then(|| "write it in brackets: [\"…\", \"…\"]".to_owned());
            let rules = path.keys().last().is_some_and(|key| key == "when");
            let hint = hint.map(|hint| {
                if rules {
                    format!("write each rule as a table of its own: `[[{path}]]` and its keys on the lines after it")
                } else {
                    hint
                }
            });
            let hint =
                hint.or_else(|| (wanted == "a text").then(|| "texts stand in quotes: \"…\"".to_owned()));
            cx.report(path, &format!("expected {wanted}, found {found}"), hint);
        }
        _ => cx.report(path, "cannot be read", None),
    }
}

fn unknown_key(cx: &mut Check<'_>, path: &KeyPath, name: &str, expected: &[&str]) {
    let what = subject(path, &format!("unknown key `{}`", shown(name)));
    cx.hide(path);
    let kinds = match path.keys() {
        [room, _, _] if room == "sources" || room == "deliveries" => {
            let example = expected.first().copied().unwrap_or_default();
            Some(format!(
                "a {} is written `[{room}.NAME.KIND]`, such as `[{room}.main.{example}]`; kinds are {}",
                if room == "sources" { "source" } else { "delivery" },
                list(expected)
            ))
        }
        _ => None,
    };
    let near = nearest(name, expected.iter().copied());
    if let (Some(near), [above @ .., _]) = (near, path.keys()) {
        // The key that was meant is not missing as well.
        cx.excuse(KeyPath::of(above).join(near));
    }
    let hint = match (near, kinds) {
        (Some(near), _) => Some(format!("did you mean `{near}`?")),
        (None, Some(kinds)) => Some(kinds),
        (None, None) if expected.is_empty() => Some("this table has no keys".into()),
        (None, None) => Some(format!("keys here are {}", list(expected))),
    };
    cx.report_as(path, Part::Key, what, "not a key of this table", hint);
}

/// `a`, `b` and `c`.
pub(super) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn wanted(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number from 0",
        "i32" | "i64" => "a whole number",
        other if other.contains("string") => "a text",
        other if other.starts_with("struct") || other == "a map" => "a table",
        other => other,
    }
}

fn found(value: Option<&Value>, wants_number: bool) -> &'static str {
    match value {
        Some(Value::String(..) | Value::Char(..)) => "a text",
        Some(Value::Bool(..)) => "true or false",
        Some(Value::Num(..)) if wants_number => "a number that does not fit",
        Some(Value::Num(..)) => "a number",
        Some(Value::Dict(..)) => "a table",
        Some(Value::Array(..)) => "a list",
        Some(Value::Empty(..)) | None => "nothing",
    }
}

//! The configuration room, from outside: what loads, what is refused and how it is told.

use reportwire::config::plan::{DeliveryPlan, Schedule, SmtpTls, SourcePlan};
use reportwire::config::{self, LoadOptions, Plan, Problems};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const SOURCE: &str = "[sources.files.usage_file]\npath = \"usage/*.csv\"\n";

/// A job that is right, with `lines` in front of its own keys.
fn job(lines: &str) -> String {
    let usual = [
        ("sources", "[\"files\"]"),
        ("period", "\"previous_month\""),
        ("formats", "[\"html\", \"csv\"]"),
    ];
    let mut text = format!("[jobs.monthly]\n{lines}\n");
    for (key, value) in usual {
        if !lines.lines().any(|line| line.trim_start().starts_with(key)) {
            writeln!(text, "{key} = {value}").unwrap();
        }
    }
    text + "report.full = {}\n"
}

/// `snippet`, with a source and a job where it has none.
fn whole(snippet: &str) -> String {
    let mut text = snippet.to_owned();
    if !text.contains("[sources") {
        text = format!("{text}\n{SOURCE}");
    }
    if !text.contains("[jobs") {
        text = format!("{text}\n{}", job(""));
    }
    text
}

fn load(text: &str) -> Result<Plan, Problems> {
    config::load_text(
        "reportwire.toml",
        text,
        Path::new("/srv/reports"),
        &[],
        &BTreeMap::new(),
    )
}

fn told(text: &str) -> String {
    match load(text) {
        Ok(_) => "no problem".into(),
        Err(problems) => problems.to_string(),
    }
}

fn with_env(text: &str, env: &[(&str, &str)]) -> Result<Plan, Problems> {
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    config::load_text("reportwire.toml", text, Path::new("/srv/reports"), &[], &env)
}

/// Every problem by its name, with the snippet that has it.
fn cases() -> Vec<(&'static str, String)> {
    let of_job = |lines: &str| whole(&job(lines));
    let mail = |lines: &str| {
        format!(
            "[deliveries.mail.email]\nfrom = \"a@example.com\"\n{lines}\n{}{}",
            if lines.contains("to =") {
                ""
            } else {
                "to = [\"b@example.com\"]\n"
            },
            if lines.contains("smtp") {
                ""
            } else {
                "smtp = { host = \"smtp.example.com\" }\n"
            },
        )
    };
    let drop = |path: &str| format!("[deliveries.drop.file_drop]\npath = {path}\n");
    let geai = |lines: &str| {
        format!(
            "[sources.files.geai]\n{lines}\n{}{}",
            if lines.contains("base_url") {
                ""
            } else {
                "base_url = \"https://api.example.ai\"\n"
            },
            if lines.contains("api_key") {
                ""
            } else {
                "api_key = \"env:K\"\n"
            },
        )
    };
    let hook = |lines: &str| format!("[deliveries.hook.webhook]\n{lines}\n");
    let slack = |lines: &str| format!("[deliveries.chat.slack]\n{lines}\n");
    vec![
        // The file as a whole.
        (
            "syntax: text without quotes",
            "[service]\ntimezone = Europe/Madrid\n".into(),
        ),
        (
            "syntax: text not closed",
            "[service]\ntimezone = \"Europe/Madrid\ncurrency = \"USD\"\n".into(),
        ),
        (
            "syntax: a local time",
            of_job("schedule = { every = \"day\", at = 07:00:00 }"),
        ),
        (
            "syntax: key twice",
            "[service]\ncurrency = \"USD\"\ncurrency = \"EUR\"\n".into(),
        ),
        ("no job", format!("{SOURCE}[jobs]\n")),
        // Names of keys.
        ("unknown key", "[service]\ntime_zone = \"UTC\"\n".into()),
        (
            "unknown keys in several tables",
            whole(&format!(
                "colour = 1\n[service]\nlisten_on = 1\n{}",
                job("titel = \"x\"")
            )),
        ),
        (
            "unknown key in smtp",
            mail("smtp = { host = \"smtp.example.com\", tsl = \"implicit\" }"),
        ),
        (
            "unknown kind",
            "[sources.files.geia]\nbase_url = \"https://x\"\n".into(),
        ),
        (
            "kind left out",
            "[sources.geai]\nbase_url = \"https://api.example.ai\"\n".into(),
        ),
        ("no kind", "[sources.files]\n".into()),
        (
            "two kinds",
            format!("{}[sources.files.focus_file]\npath = \"x.csv\"\n", SOURCE),
        ),
        (
            "not a name",
            format!("{}[deliveries.\"Über Mail\".file_drop]\npath = \"x\"\n", ""),
        ),
        // Types.
        ("number for text", of_job("title = 5")),
        ("text for list", of_job("sources = \"files\"")),
        ("text for table", of_job("brand = \"Acme\"")),
        ("list for table", "service = [\"UTC\"]\n".into()),
        ("text for number", geai("concurrency = \"many\"")),
        ("negative number", geai("attempts = -1")),
        (
            "port too large",
            mail("smtp = { host = \"smtp.example.com\", port = 70000 }"),
        ),
        ("wrong choice", of_job("catch_up = \"lates\"")),
        ("choice by number", of_job("catch_up = 1")),
        (
            "several at once",
            of_job(
                "timezone = \"Europe/Berln\"\nformats = [\"htm\", \"pdf\"]\nschedule = \"x\"\ndeadline = 3",
            ),
        ),
        // The service and what jobs inherit.
        ("zone of a job", of_job("timezone = \"Europe/Berln\"")),
        ("zone by its city", of_job("timezone = \"madrid\"")),
        (
            "zone of the service, once",
            "[service]\ntimezone = \"Mars\"\n".into(),
        ),
        ("currency in small letters", of_job("currency = \"eur\"")),
        ("currency unknown", of_job("currency = \"QQQ\"")),
        ("locale with underscore", of_job("locale = \"es_ES.UTF-8\"")),
        ("locale unknown", of_job("locale = \"english please\"")),
        ("fiscal year", of_job("fiscal_year_start = \"13\"")),
        ("fiscal year as number", of_job("fiscal_year_start = 4")),
        ("listen", "[service]\nlisten = \"example.com\"\n".into()),
        ("owner is no address", "[service]\nowner = [\"finops\"]\n".into()),
        (
            "owner_delivery unknown",
            format!("[service]\nowner_delivery = \"mial\"\n{}", mail("")),
        ),
        (
            "owner_delivery is no mail",
            format!("[service]\nowner_delivery = \"drop\"\n{}", drop("\"x\"")),
        ),
        (
            "owner_delivery missing",
            format!(
                "[service]\nowner = [\"a@example.com\"]\n{}{}",
                mail(""),
                mail("").replace(".mail.", ".post.")
            ),
        ),
        // Jobs.
        ("required keys", whole("[jobs.monthly]\n")),
        (
            "report of no kind",
            whole(&job("").replace("report.full = {}", "report = {}")),
        ),
        ("unknown source", of_job("sources = [\"file\"]")),
        ("unknown delivery", of_job("deliveries = [\"finance-mail\"]")),
        ("source twice", of_job("sources = [\"files\", \"files\"]")),
        ("no source", of_job("sources = []")),
        ("no format", of_job("formats = []")),
        ("format twice", of_job("formats = [\"csv\", \"csv\"]")),
        ("period", of_job("period = \"previous_mont\"")),
        ("deadline", of_job("deadline = \"2 hours\"")),
        (
            "title with a line break",
            of_job("title = \"a\\nBcc: x@example.com\""),
        ),
        ("template folder", of_job("template = \"nowhere\"")),
        ("accent", of_job("brand.accent = \"blue\"")),
        ("logo missing", of_job("brand.logo = \"logo.png\"")),
        ("logo of another kind", of_job("brand.logo = \"logo.svg\"")),
        (
            "file name without period",
            of_job("file_name = \"report.{{ext}}\""),
        ),
        ("file name without ext", of_job("file_name = \"{{period.id}}\"")),
        (
            "file name with a slash",
            of_job("file_name = \"../{{period.id}}.{{ext}}\""),
        ),
        (
            "file name with another variable",
            of_job("file_name = \"{{period.idd}}.{{ext}}\""),
        ),
        (
            "file name with a helper",
            of_job("file_name = \"{{#if x}}{{period.id}}{{/if}}.{{ext}}\""),
        ),
        ("file name not closed", of_job("file_name = \"{{period.id\"")),
        // Schedules.
        ("cron", of_job("schedule = \"every day\"")),
        ("schedule: empty table", of_job("schedule = {}")),
        (
            "schedule: both",
            of_job("schedule = { every = \"month\", business_day = 1, at = \"07:00\" }"),
        ),
        (
            "schedule: no time",
            of_job("schedule = { every = \"month\", day = 1 }"),
        ),
        (
            "schedule: time",
            of_job("schedule = { every = \"month\", day = 1, at = \"7am\" }"),
        ),
        (
            "schedule: day missing",
            of_job("schedule = { every = \"quarter\", at = \"07:00\" }"),
        ),
        (
            "schedule: day too large",
            of_job("schedule = { every = \"month\", day = 32, at = \"07:00\" }"),
        ),
        (
            "schedule: day of a day",
            of_job("schedule = { every = \"day\", day = 1, at = \"07:00\" }"),
        ),
        (
            "schedule: day of a week",
            of_job("schedule = { every = \"week\", day = 1, at = \"07:00\" }"),
        ),
        (
            "schedule: unit",
            of_job("schedule = { every = \"mont\", day = 1, at = \"07:00\" }"),
        ),
        (
            "schedule: unknown key",
            of_job("schedule = { every = \"month\", days = 1, at = \"07:00\" }"),
        ),
        (
            "schedule: business day 0",
            of_job("schedule = { business_day = 0, of = \"month\", at = \"07:00\" }"),
        ),
        (
            "schedule: of a week",
            of_job("schedule = { business_day = 1, of = \"week\", at = \"07:00\" }"),
        ),
        (
            "schedule: of missing",
            of_job("schedule = { business_day = 1, at = \"07:00\" }"),
        ),
        (
            "schedule: holidays",
            of_job("schedule = { business_day = 1, of = \"month\", at = \"07:00\", holidays = \"es.txt\" }"),
        ),
        (
            "schedule: holidays beside every",
            of_job("schedule = { every = \"month\", day = 1, at = \"07:00\", holidays = \"es.txt\" }"),
        ),
        // Secrets and URLs.
        ("literal secret", geai("api_key = \"canary-7f3a\"")),
        (
            "literal password",
            mail("smtp = { host = \"smtp.example.com\", username = \"u\", password = \"canary-7f3a\" }"),
        ),
        (
            "literal Slack URL",
            slack("webhook_url = \"https://hooks.slack.com/services/canary-7f3a\""),
        ),
        (
            "literal signing secret",
            hook("url = \"https://example.com\"\nsigning_secret = \"whsec_canary-7f3a\""),
        ),
        ("secret of no name", geai("api_key = \"env:\"")),
        (
            "secret under a wrong key",
            mail("smtp = { host = \"smtp.example.com\", pasword = \"canary-7f3a\" }"),
        ),
        (
            "problem beside a secret",
            mail("smtp = { password = \"canary-7f3a\", host = \"smtp://x\", username = \"u\" }"),
        ),
        (
            "previous secret alone",
            hook("url = \"https://example.com\"\nprevious_signing_secret = \"env:K\""),
        ),
        (
            "URL of another scheme",
            geai("base_url = \"ftp://api.example.ai\""),
        ),
        ("URL without scheme", geai("base_url = \"api.example.ai\"")),
        (
            "URL with credentials",
            geai("base_url = \"https://me:canary-7f3a@api.example.ai\""),
        ),
        (
            "URL with a query",
            geai("base_url = \"https://api.example.ai?key=canary-7f3a\""),
        ),
        ("webhook without TLS", hook("url = \"http://erp.example.com/x\"")),
        ("webhook to loopback", hook("url = \"https://127.0.0.1/x\"")),
        (
            "webhook to metadata",
            hook("url = \"https://[::ffff:169.254.169.254]/x\""),
        ),
        (
            "webhook to an Office connector",
            hook("url = \"https://acme.webhook.office.com/canary-7f3a\""),
        ),
        // Sources and deliveries.
        ("project without organization", geai("project_id = \"p\"")),
        ("concurrency", geai("concurrency = 1000")),
        ("timeout", geai("timeout_secs = 0")),
        ("ca_file", geai("ca_file = \"ca.pem\"")),
        ("header value with a line break", geai("agent = \"a\\r\\nX: y\"")),
        (
            "glob",
            "[sources.files.usage_file]\npath = \"usage/[a.csv\"\n".into(),
        ),
        (
            "mail in the clear",
            mail("smtp = { host = \"smtp.example.com\", tls = \"none\" }"),
        ),
        (
            "mail without password",
            mail("smtp = { host = \"smtp.example.com\", username = \"u\" }"),
        ),
        ("mail to nobody", mail("to = []")),
        ("mail to no address", mail("to = [\"cfo\", \"b@example.com\"]")),
        (
            "mail to one twice",
            mail("to = [\"b@example.com\"]\ncc = [\"B <B@example.com>\"]"),
        ),
        (
            "mail with a header in it",
            mail("to = [\"b@example.com\\r\\nBcc: c@example.com\"]"),
        ),
        (
            "mail to too many",
            mail(&format!(
                "to = {:?}",
                (0..201).map(|n| format!("u{n}@example.com")).collect::<Vec<_>>()
            )),
        ),
        ("subject template", mail("subject = \"{{job.title\"")),
        (
            "mail without a server",
            mail("").replace("smtp = { host = \"smtp.example.com\" }", ""),
        ),
        ("drop with another variable", drop("\"drop/{{job.titel}}\"")),
        // Not built yet.
        (
            "not built: dispersl",
            whole(&format!(
                "[sources.d.dispersl]\nbase_url = 5\nnonsense = 1\n{SOURCE}{}",
                job("sources = [\"d\"]")
            )),
        ),
        (
            "not built: almyty",
            "[sources.files.almyty]\napi_key = \"env:K\"\n".into(),
        ),
        (
            "not built: parquet",
            "[sources.files.usage_file]\npath = \"usage/*.parquet\"\n".into(),
        ),
        (
            "not built: teams",
            whole(&format!(
                "[deliveries.t.teams]\nwebhook_url = \"https://acme.webhook.office.com/canary-7f3a\"\n{}",
                job("deliveries = [\"t\"]")
            )),
        ),
        (
            "not built: Slack files",
            slack("bot_token = \"canary-7f3a\"\nchannel = \"#x\""),
        ),
        ("not built: object stores", drop("\"s3://bucket/x\"")),
        ("not built: other URLs", drop("\"https://example.com/x\"")),
        (
            "not built: comparison",
            whole(&job("").replace("report.full = {}", "report.comparison = { against = [\"x\"] }")),
        ),
        (
            "not built: trend",
            whole(&job("").replace("report.full = {}", "report.trend = { periods = 8 }")),
        ),
        (
            "not built: organization",
            whole(&job("").replace("report.full = {}", "report.organization = {}")),
        ),
        (
            "not built: store and rates",
            "[service]\nstore = \"postgres://u:canary-7f3a@h/d\"\nrates = \"r.csv\"\n".into(),
        ),
        ("not built: combine", of_job("combine = true")),
        // Long and odd lines.
        (
            "long line",
            mail(&format!(
                "to = [{:?}, \"nobody\", {:?}]",
                "x".repeat(40) + "@example.com",
                "y".repeat(60) + "@example.com"
            )),
        ),
        (
            "odd characters",
            of_job("\ttitle = \"ok\" \n  timezone\t= \"\u{202e}Mars\" # canary-7f3a"),
        ),
    ]
}

#[test]
fn every_problem_is_told_with_its_place_and_remedy() {
    let mut text = String::new();
    for (name, snippet) in cases() {
        let told = told(&whole(&snippet));
        assert_ne!(told, "no problem", "{name}");
        assert!(!told.contains("canary"), "{name} shows a secret:\n{told}");
        writeln!(text, "=== {name}\n{told}").unwrap();
    }
    insta::assert_snapshot!("problems", text);
}

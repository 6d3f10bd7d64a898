//! The configuration room, from outside: what loads, what is refused and how it is told.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]
#![allow(clippy::too_many_lines, reason = "a table of cases is long")]

use reportwire::config::plan::{
    Anomalies, BilledIn, BudgetPlan, DeliveryPlan, Event, Gates, OnAmbiguous, OnEvent, Phasing, Rearm,
    Reconcile, Rule, SUBJECT_VARIABLES, Send, SmtpTls, SourcePlan, Tier, WaitUntil,
};
use reportwire::config::{self, LoadOptions, Plan, Problems};
use reportwire::render::templates;
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

/// A job about `period` with `lines`.
fn budgets(period: &str, lines: &str) -> String {
    job(&format!("period = \"{period}\"\n{lines}"))
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
    let of_platform = |lines: &str| {
        let geai = "[sources.globant.geai]\nbase_url = \"https://api.example.ai\"\napi_key = \"env:KEY\"\n";
        let sources = "sources = [\"files\", \"globant\"]";
        format!("{SOURCE}{geai}{}", job(&format!("{sources}\n{lines}")))
    };
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
            format!("{SOURCE}[sources.files.focus_file]\npath = \"x.csv\"\n"),
        ),
        (
            "not a name",
            "[deliveries.\"Über Mail\".file_drop]\npath = \"x\"\n".into(),
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
        ("listen for all", "[service]\nlisten = \"0.0.0.0:8321\"\n".into()),
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
        (
            "owner_fallback unknown",
            format!("[service]\nowner_fallback = \"mial\"\n{}", mail("")),
        ),
        (
            "owner_fallback is the owner's delivery",
            format!("[service]\nowner_fallback = \"mail\"\n{}", mail("")),
        ),
        (
            "store with a password",
            "[service]\nstore = \"postgres://u:canary-7f3a@h/d\"\n".into(),
        ),
        (
            "store with a password in its query",
            "[service]\nstore = \"postgres://h/d?password=canary-7f3a\"\n".into(),
        ),
        (
            "store of another kind",
            "[service]\nstore = \"mysql://u:canary-7f3a@h/d\"\n".into(),
        ),
        (
            "ping_url",
            "[service]\nping_url = \"ftp://canary-7f3a.example.com\"\n".into(),
        ),
        (
            "bounds of the service",
            "[service]\nruns_at_once = 0\nsends_at_once = 65\nstop_within = \"11m\"\nkeep_snapshots = \"12h\"\n\
             keep_artifacts = \"400\"\n"
                .into(),
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
        ("deadline too long", of_job("deadline = \"8d\"")),
        (
            "wait for another source",
            of_job("wait_until = { fresh = [\"file\", \"files\", \"files\"], at_most = \"0s\" }"),
        ),
        ("wait for nothing", of_job("wait_until = { fresh = [] }")),
        (
            "wait for a platform",
            of_platform("wait_until = { fresh = [\"files\", \"globant\"] }"),
        ),
        ("wait for nothing but a platform", {
            let text = of_platform("wait_until = {}");
            text.replace("[\"files\", \"globant\"]", "[\"globant\"]")
        }),
        ("wait as a text", of_job("wait_until = \"12h\"")),
        ("gates as a list", of_job("gates = []")),
        ("gates: unknown key", of_job("gates = { max_changes = 5 }")),
        (
            "gates: metric and norm",
            of_job("gates = { max_change = 50, metric = \"total_costs\", norm = 1 }"),
        ),
        ("gates: change", of_job("gates = { max_change = \"50 %\" }")),
        ("gates: change below zero", of_job("gates = { max_change = -5 }")),
        ("gates: change of a list", of_job("gates = { max_change = [5] }")),
        ("gates: norm without change", of_job("gates = { norm = 6 }")),
        ("gates: rows", of_job("gates = { min_rows = -1 }")),
        ("send", of_job("send = \"if_change\"")),
        ("when as a table", of_job("when = { above = 5 }")),
        ("when: nothing", of_job("when = [{ metric = \"total_cost\" }]")),
        ("when: two things", of_job("when = [{ above = 5, change_above = 5 }]")),
        ("when: metric", of_job("when = [{ metric = \"total_costs\", above = 5 }]")),
        ("when: number", of_job("when = [{ above = \"5 USD\" }]")),
        ("when: no number", of_job("when = [{ below = true }]")),
        ("when: twice", of_job("when = [{ above = 5 }, { above = \"5.00\" }]")),
        (
            "comparison: all that is wrong",
            of_job("").replace(
                "report.full = {}",
                "report.comparison = { by = [\"projct\"], against = [\"2026-13\"] }",
            ),
        ),
        (
            "comparison: all that is wrong, types too",
            of_job("").replace(
                "report.full = {}",
                "report.comparison = { by = \"project\", against = [\"2026-13\"] }",
            ),
        ),
        (
            "comparison: a number among words",
            of_job("").replace(
                "report.full = {}",
                "report.comparison = { by = [7], against = [\"2026-13\"] }",
            ),
        ),
        ("when: rearm", of_job("when = [{ above = 5, rearm = \"each_month\" }]")),
        (
            "when: one bad rule beside others",
            of_job("when = [{ above = 5, rearm = \"x\" }, { above = true }, { metric = \"costs\", below = 1 }, { below = \"x\" }]"),
        ),
        ("when: unknown key", of_job("when = [{ abov = 5 }]")),
        ("template folder", of_job("template = \"nowhere\"")),
        ("accent", of_job("brand.accent = \"blue\"")),
        ("logo missing", of_job("brand.logo = \"logo.png\"")),
        ("font missing", of_job("brand.fonts = [\"Noto.otf\"]")),
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
        ("cron that never falls due", of_job("schedule = \"0 9 31 2 *\"")),
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
            "schedule: cron and every",
            of_job("schedule = { cron = \"0 7 1 * *\", every = \"day\" }"),
        ),
        (
            "schedule: cron and its own times",
            of_job("schedule = { cron = \"0 7 1 * *\", day = 1, of = \"month\", at = \"07:00\", holidays = \"x\" }"),
        ),
        ("schedule: cron in a table", of_job("schedule = { cron = \"0 7 1 *\" }")),
        (
            "schedule: start, end and jitter",
            of_job("schedule = { cron = \"0 7 1 * *\", start = \"1.1.2026\", end = \"2026-2-1\", jitter = \"7h\" }"),
        ),
        (
            "schedule: end before start",
            of_job("schedule = { cron = \"0 7 1 * *\", start = \"2026-02-01\", end = \"2026-01-31\" }"),
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
        ("runs at once", geai("runs_at_once = 513")),
        ("timeout", geai("timeout_secs = 0")),
        ("ca_file", geai("ca_file = \"ca.pem\"")),
        ("dispersl: nothing", "[sources.files.dispersl]\n".into()),
        (
            "dispersl: wrong values",
            "[sources.files.dispersl]\nbase_url = \"api.dispersl.com\"\napi_key = \"canary-7f3a\"\n\
             currency = \"JPY\"\ntier = \"gold\"\nattempts = 0\nca_file = \"ca.pem\"\nconcurrency = 4\n"
                .into(),
        ),
        ("dispersl: no table", "[sources.files]\ndispersl = \"https://api.dispersl.com/v1\"\n".into()),
        (
            "dispersl: waited for",
            format!(
                "[sources.agents.dispersl]\nbase_url = \"https://api.dispersl.com/v1\"\napi_key = \"env:KEY\"\n{}",
                job("sources = [\"agents\"]\nwait_until = {}")
            ),
        ),
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
        ("ambiguous", mail("ambiguous = \"wait\"")),
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
        ("subject with a misspelt variable", mail("subject = \"{{job.titel}}\"")),
        (
            "subject with another variable",
            mail("subject = \"{{#if headline}}{{job.title}}{{else}}{{nope}}{{/if}}\""),
        ),
        (
            "mail without a server",
            mail("").replace("smtp = { host = \"smtp.example.com\" }", ""),
        ),
        ("drop with another variable", drop("\"drop/{{job.titel}}\"")),
        // Not built yet.
        (
            "almyty without a place and with wrong choices",
            "[sources.files.almyty]\napi_key = \"almyty_canary-7f3a\"\nsurface = \"both\"\nconversation_cost = \"euros\"\n\
             retention_days = 40000\nrequests_per_minute = 0\n"
                .into(),
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
            "report: two kinds",
            whole(&job("").replace("report.full = {}", "report.full = {}\nreport.trend = {}")),
        ),
        (
            "report: nothing to compare with",
            whole(&job("").replace("report.full = {}", "report.comparison = { against = [] }")),
        ),
        (
            "report: comparisons that are none",
            whole(&job("").replace(
                "report.full = {}",
                "report.comparison = { against = [\"previous_periods\", \"2025-Q7\", \"2025-Q3\", \"2025-Q3\"] }",
            )),
        ),
        (
            "report: dimensions that are none",
            whole(&job("").replace(
                "report.full = {}",
                "report.comparison = { by = [\"projects\", \"x\", \"model\", \"model\"] }",
            )),
        ),
        (
            "report: no dimension",
            whole(&job("").replace("report.full = {}", "report.comparison = { by = [] }")),
        ),
        (
            "report: a trend of one",
            whole(&job("").replace("report.full = {}", "report.trend = { periods = 1 }")),
        ),
        (
            "report: an organization has no keys",
            whole(&job("").replace("report.full = {}", "report.organization = { by = [\"project\"] }")),
        ),
        (
            "service: no rates",
            "[service]\nrates = \"r.csv\"\n".into(),
        ),
        (
            "budget: nothing but a name",
            budgets("month_to_date", "budgets.Total = {}"),
        ),
        (
            "budget: values that are none",
            budgets(
                "month_to_date",
                "budgets.a = { amount = 200.5, per = \"month\", watch_at = 90, over_at = 80 }\n\
                 budgets.b = { amount = \"-1\", per = \"week\", dimension = \"projekt\", member = \"x\" }\n\
                 budgets.c = { amount = \"1.005\", per = \"month\", dimension = \"project\", phasing = \"days\" }\n\
                 budgets.d = { amount = 1, per = \"year\", member = \"x\", phasing = [1, 2] }\n\
                 budgets.e = { amount = 1, per = \"year\", currency = \"EUR\", phasing = \"twelfth\" }\n\
                 budgets.f = { amount = 1, per = \"month\", rate = 1.1, watch_at = 0 }",
            ),
        ),
        (
            "budget: of less than the period",
            budgets("quarter_to_date", "budgets.a = { amount = 1, per = \"month\" }"),
        ),
        (
            "budget: a month of a quarter",
            budgets("previous_month", "budgets.a = { amount = 1, per = \"quarter\" }"),
        ),
        (
            "budget: of a week",
            budgets("previous_week", "budgets.a = { amount = 1, per = \"month\" }"),
        ),
        (
            "budget: of sources that are not one",
            format!(
                "{SOURCE}[sources.more.usage_file]\npath = \"more/*.csv\"\n{}",
                budgets("month_to_date", "sources = [\"files\", \"more\"]\nbudgets.a = { amount = 1, per = \"month\" }")
            ),
        ),
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

#[test]
fn every_variable_of_a_subject_is_one_of_the_report() {
    for name in SUBJECT_VARIABLES {
        let subject = format!("{{{{#if headline}}}}{{{{job.title}}}}{{{{/if}}}} {{{{{name}}}}}");
        let text = fs::read_to_string("config/demo.toml").unwrap();
        let set = [(
            "deliveries.finance-mail.email.subject".to_owned(),
            subject.clone(),
        )];
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        config::load_text("demo.toml", &text, &base, &set, &BTreeMap::new()).unwrap();
        let problems = templates::validate(&BTreeMap::new(), Some(&subject));
        assert!(problems.is_empty(), "{name}: {problems:?}");
    }
}

#[test]
fn problems_fit_eighty_columns_where_they_show_the_file() {
    for (name, snippet) in cases() {
        // A label that has no room beside the carets stands alone under them, as long as it is.
        let of_file = |line: &&str| {
            line.starts_with(|c: char| c.is_ascii_digit()) || line.contains(" | ") && line.contains('^')
        };
        for line in told(&whole(&snippet)).lines().filter(of_file) {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}

/// The sample of the design, without what is not built yet.
const SAMPLE: &str = r#"
[service]
timezone = "Europe/Madrid"
locale   = "en-US"
currency = "USD"
data_dir = "data"
owner    = ["finops@example.com"]

[sources.globant.geai]
base_url = "https://api.example.ai"
api_key  = "env:GEAI_API_KEY"

[sources.usage.usage_file]
path     = "usage/*.csv"
projects = "usage/projects.csv"

[sources.cloud-bill.focus_file]
path     = "bills/*.csv"

[deliveries.finance-mail.email]
from     = "Reports <reports@example.com>"
to       = ["cfo@example.com", "controller@example.com"]
smtp     = { host = "smtp.example.com", port = 587, tls = "starttls", username = "reports", password = "env:SMTP_PASSWORD" }

[deliveries.finops-slack.slack]
webhook_url = "env:SLACK_WEBHOOK_URL"

[deliveries.erp.webhook]
url            = "https://erp.example.com/hooks/reports"
signing_secret = "env:ERP_HOOK_SECRET"

[deliveries.bi-drop.file_drop]
path = "drop/{{job.name}}/{{period.id}}"

[jobs.monthly-full-report]
title      = "AI platform: monthly full report"
schedule   = "0 7 1 * *"
sources    = ["globant"]
period     = "previous_month"
formats    = ["html", "xlsx", "csv"]
deliveries = ["finance-mail", "bi-drop"]
[jobs.monthly-full-report.report.full]

[jobs.by-quarter]
schedule   = { business_day = 3, of = "quarter", at = "07:00" }
sources    = ["usage"]
period     = "previous_quarter"
formats    = ["html", "xlsx", "csv"]
deliveries = ["finance-mail"]
[jobs.by-quarter.report.full]
"#;

#[test]
fn the_sample_of_the_design_loads() {
    let plan = load(SAMPLE).unwrap();
    assert_eq!(plan.file, Path::new("/srv/reports/reportwire.toml"));
    assert_eq!(plan.service.data_dir, Path::new("/srv/reports/data"));
    assert_eq!(plan.service.owner_delivery.as_deref(), Some("finance-mail"));
    let SourcePlan::UsageFile(usage) = &plan.sources["usage"] else {
        panic!("{:?}", plan.sources)
    };
    assert_eq!(usage.path, "/srv/reports/usage/*.csv");
    let DeliveryPlan::Email(mail) = &plan.deliveries["finance-mail"] else {
        panic!("{:?}", plan.deliveries)
    };
    assert_eq!((mail.smtp.port, mail.smtp.tls), (587, SmtpTls::StartTls));
    assert_eq!(mail.max_attachment_bytes, 10_000_000);
    let DeliveryPlan::FileDrop(drop) = &plan.deliveries["bi-drop"] else {
        panic!("{:?}", plan.deliveries)
    };
    assert_eq!(drop.path, "/srv/reports/drop/{{job.name}}/{{period.id}}");
    let job = &plan.jobs["monthly-full-report"];
    assert_eq!(job.timezone, chrono_tz::Europe::Madrid);
    assert_eq!(
        job.file_name,
        "{{job.name}}_{{period.id}}{{revision.suffix}}.{{ext}}"
    );
    assert_eq!(job.deadline.as_secs(), 7200);
    assert_eq!(plan.jobs["by-quarter"].title, "by-quarter");
    let rule = plan.jobs["by-quarter"]
        .schedule
        .as_ref()
        .map(|schedule| &schedule.rule);
    assert!(matches!(rule, Some(Rule::BusinessDay { nth: 3, .. })));
}

#[test]
fn what_is_left_out_of_the_service_keeps_reports_going() {
    let plan = load(SAMPLE).unwrap();
    let service = &plan.service;
    assert_eq!((service.runs_at_once, service.sends_at_once), (8, 4));
    assert_eq!(service.stop_within.as_secs(), 30);
    assert!(service.store.is_none() && service.ping_url.is_none() && service.owner_fallback.is_none());
    assert_eq!((service.keep_snapshots, service.keep_artifacts), (None, None));
    assert!(
        plan.sources
            .values()
            .all(|source| source.runs_at_once().is_none())
    );
    let DeliveryPlan::Email(mail) = &plan.deliveries["finance-mail"] else {
        panic!("{:?}", plan.deliveries)
    };
    assert_eq!(mail.ambiguous, OnAmbiguous::Resend);
    let job = &plan.jobs["by-quarter"];
    assert_eq!((&job.gates, &job.wait_until), (&Gates::default(), &None));
    let schedule = job.schedule.as_ref().unwrap();
    assert_eq!(
        (schedule.start, schedule.end, schedule.jitter.as_secs()),
        (None, None, 0)
    );
}

#[test]
fn what_the_service_is_told_arrives_in_the_plan() {
    let service = "[service]\nstore = \"postgres://reports@db.example.com/reports\"\nowner_fallback = \"bi-drop\"\n\
        runs_at_once = 2\nsends_at_once = 1\nping_url = \"https://ping.example.com/canary-7f3a\"\n\
        stop_within = \"2m\"\nkeep_snapshots = \"400d\"\nkeep_artifacts = \"1d12h\"\n\
        listen = \"0.0.0.0:8321\"\nbehind_proxy = true\n";
    let text = SAMPLE
        .replace("[service]\n", service)
        .replace(
            "path     = \"usage/*.csv\"",
            "path = \"usage/*.csv\"\nruns_at_once = 1",
        )
        .replace("smtp     =", "ambiguous = \"hold\"\nsmtp =");
    let plan = load(&text).unwrap();
    let service = &plan.service;
    assert_eq!((service.runs_at_once, service.sends_at_once), (2, 1));
    assert_eq!(service.owner_fallback.as_deref(), Some("bi-drop"));
    assert_eq!(service.listen, "0.0.0.0:8321", "a proxy is declared");
    assert_eq!(service.stop_within.as_secs(), 120);
    assert_eq!(
        service.keep_snapshots.map(|kept| kept.as_secs()),
        Some(400 * 86_400)
    );
    assert_eq!(service.keep_artifacts.map(|kept| kept.as_secs()), Some(129_600));
    assert!(service.store.is_some() && service.ping_url.is_some());
    assert!(!format!("{service:?}").contains("canary"), "{service:?}");
    assert_eq!(plan.sources["usage"].runs_at_once(), Some(1));
    let DeliveryPlan::Email(mail) = &plan.deliveries["finance-mail"] else {
        panic!("{:?}", plan.deliveries)
    };
    assert_eq!(mail.ambiguous, OnAmbiguous::Hold);
}

#[test]
fn gates_waits_and_schedules_arrive_in_the_plan() {
    let lines = "schedule = { cron = \"0 7 1 * *\", start = \"2026-01-01\", end = \"2026-12-31\", jitter = \"5m\" }\n\
        gates = { complete = true, min_rows = 10, max_change = 12.5, norm = 3 }\nwait_until = { at_most = \"90m\" }";
    let plan = load(&whole(&job(lines))).unwrap();
    let job = &plan.jobs["monthly"];
    let schedule = job.schedule.as_ref().unwrap();
    assert!(matches!(&schedule.rule, Rule::Cron { text, .. } if text == "0 7 1 * *"));
    let dates = [schedule.start, schedule.end].map(|date| date.unwrap().to_string());
    assert_eq!(dates, ["2026-01-01", "2026-12-31"]);
    assert_eq!(schedule.jitter.as_secs(), 300);
    assert_eq!((job.gates.complete, job.gates.min_rows), (true, Some(10)));
    let change = job.gates.max_change.clone().unwrap();
    assert_eq!(
        (change.percent.to_string().as_str(), &*change.metric, change.norm),
        ("12.5", "total_cost", 3)
    );
    let waits = WaitUntil {
        sources: vec!["files".into()],
        at_most: std::time::Duration::from_mins(90),
    };
    assert_eq!(job.wait_until, Some(waits));
    for (written, percent) in [
        ("50", "50"),
        ("\"0.1\"", "0.1"),
        ("0.1", "0.1"),
        ("1e2", "100"),
        ("250.0", "250"),
    ] {
        let text = whole(&self::job(&format!(
            "gates.max_change = {written}\ngates.metric = \"requests\""
        )));
        let plan = load(&text).unwrap();
        let change = plan.jobs["monthly"].gates.max_change.clone().unwrap();
        assert_eq!(
            (change.percent.to_string().as_str(), &*change.metric),
            (percent, "requests")
        );
    }
}

/// A job with a usage file and another one for its bill, and this `reconcile`.
fn reconciled(reconcile: &str) -> String {
    let bill = "[sources.bill.focus_file]\npath = \"bill.csv\"\n";
    let lines = format!("sources = [\"files\", \"bill\"]\nreconcile = {reconcile}");
    format!("{SOURCE}{bill}{}", job(&lines))
}

#[test]
fn what_a_job_ties_out_arrives_in_the_plan() {
    let of = |reconcile: &str| {
        load(&reconciled(reconcile)).unwrap().jobs["monthly"]
            .reconcile
            .clone()
    };
    assert_eq!(load(&whole(&job(""))).unwrap().jobs["monthly"].reconcile, None);
    assert_eq!(of("{}"), Some(Reconcile::default()));
    let usual = of("{ usage = \"files\", bill = \"bill\" }")
        .unwrap()
        .against
        .unwrap();
    assert_eq!((usual.usage.as_str(), usual.bill.as_str()), ("files", "bill"));
    assert_eq!((usual.tolerance.to_string().as_str(), &usual.by), ("1", &None));
    assert!(usual.known_gaps.is_empty());
    let whole = of(
        "{ usage = \"files\", bill = \"bill\", tolerance = 0.5, by = \"project\", bill_by = \"sub_account\", \
         names = { \"Support desk\" = \"acme-support\" }, known_gaps = [{ amount = \"-12.50\", reason = \"Rebate\" }] }",
    );
    let whole = whole.unwrap().against.unwrap();
    assert_eq!(whole.tolerance.to_string(), "0.5");
    let by = whole.by.unwrap();
    assert_eq!((by.usage.as_str(), by.bill.as_str()), ("project", "sub_account"));
    assert_eq!(by.names["Support desk"], "acme-support");
    let gap = &whole.known_gaps[0];
    assert_eq!(
        (gap.amount.to_string().as_str(), gap.reason.as_str()),
        ("-12.50", "Rebate")
    );
}

#[test]
fn what_cannot_be_tied_out_is_told_with_its_remedy() {
    let both = |more: &str| format!("{{ usage = \"files\", bill = \"bill\", {more} }}");
    for (reconcile, place, label) in [
        (
            "{ usage = \"files\" }".to_owned(),
            "reconcile.usage",
            "`bill` is missing beside it",
        ),
        (
            "{ bill = \"bill\" }".to_owned(),
            "reconcile.bill",
            "`usage` is missing beside it",
        ),
        (
            "{ tolerance = 1 }".to_owned(),
            "reconcile.tolerance",
            "`usage` and `bill` are missing beside it",
        ),
        (
            "{ usage = \"file\", bill = \"bill\" }".to_owned(),
            "reconcile.usage",
            "not a source of this job",
        ),
        (
            "{ usage = \"bill\", bill = \"bill\" }".to_owned(),
            "reconcile.bill",
            "is the source of the usage too",
        ),
        (both("tolerance = 100.1"), "reconcile.tolerance", "out of bounds"),
        (
            both("tolerance = \"1 %\""),
            "reconcile.tolerance",
            "not a number of per cent",
        ),
        (both("by = \"modell\""), "reconcile.by", "not a dimension"),
        (
            both("bill_by = \"model\""),
            "reconcile.bill_by",
            "`by` is missing beside it",
        ),
        (
            both("names = { a = \"b\" }"),
            "reconcile.names",
            "`by` is missing beside it",
        ),
        (
            both("by = \"model\", names = { a = \"\" }"),
            "reconcile.names.a",
            "is empty",
        ),
        (
            both("known_gaps = [{ amount = \"0\", reason = \"x\" }]"),
            "known_gaps.0.amount",
            "not an amount other than zero",
        ),
        (
            both("known_gaps = [{ amount = \"12,50\", reason = \"x\" }]"),
            "known_gaps.0.amount",
            "not an amount other than zero",
        ),
        (
            both("known_gaps = [{ amount = \"12\" }]"),
            "known_gaps.0",
            "reason",
        ),
        (both("known_gap = []"), "known_gap", "not a key of this table"),
        ("true".to_owned(), "reconcile", "expected a table"),
    ] {
        let said = told(&reconciled(&reconcile));
        assert!(
            said.contains(place) && said.contains(label),
            "{reconcile}: {said}"
        );
        assert!(said.contains("hint") || said.contains("did you mean"), "{said}");
    }
}

#[test]
fn which_reports_go_out_arrives_in_the_plan() {
    let plan = load(&whole(&job(""))).unwrap();
    let usual = &plan.jobs["monthly"];
    assert_eq!((usual.send, &usual.when), (Send::Always, &vec![]));
    let lines = "send = \"if_changed\"\nwhen = [{ above = 5000 }, { metric = \"total_requests\", change_below = \"-12.50\", \
        rearm = \"each_period\" }]";
    let plan = load(&whole(&job(lines))).unwrap();
    let job = &plan.jobs["monthly"];
    assert_eq!(job.send, Send::IfChanged);
    let rules: Vec<(String, Rearm)> = job.when.iter().map(|rule| (rule.key(), rule.rearm)).collect();
    assert_eq!(
        rules,
        [
            ("total_cost above 5000".to_owned(), Rearm::WhenFalse),
            ("total_requests change_below -12.5".to_owned(), Rearm::EachPeriod),
        ]
    );
    // As tables of their own, too.
    let text = whole(&self::job("")) + "\n[[jobs.monthly.when]]\nbelow = 0.1\n";
    assert_eq!(
        load(&text).unwrap().jobs["monthly"].when[0].key(),
        "total_cost below 0.1"
    );
}

#[test]
fn budgets_arrive_in_the_plan() {
    let lines = "fiscal_year_start = \"04\"\n\
        budgets.year = { amount = \"120000.50\", per = \"year\", currency = \"EUR\", rate = \"1.0850\", phasing = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.5] }\n\
        budgets.search = { amount = 0, per = \"month\", dimension = \"project\", member = \"Search\", watch_at = 70.5 }";
    let plan = load(&whole(&budgets("month_to_date", lines))).unwrap();
    let [search, year] = &plan.jobs["monthly"].budgets[..] else {
        panic!("{:?}", plan.jobs["monthly"].budgets)
    };
    assert_eq!(
        (search.name.as_str(), search.amount.to_string().as_str()),
        ("search", "0")
    );
    let scope = search.scope.as_ref().unwrap();
    assert_eq!(
        (scope.dimension.as_str(), scope.member.as_str()),
        ("project", "Search")
    );
    let limits = [&search.watch_at, &search.over_at, &year.watch_at].map(ToString::to_string);
    assert_eq!(limits, ["70.5", "100", "80"]);
    assert_eq!(
        (year.amount.to_string().as_str(), year.currency.code()),
        ("120000.50", "EUR")
    );
    assert_eq!(year.rate.map(|rate| rate.to_string()).as_deref(), Some("1.0850"));
    assert!(
        matches!(&year.phasing, Phasing::Weights(weights) if weights.len() == 12 && weights[11].to_string() == "1.5")
    );
    assert_eq!(year.calendar.fiscal_start(), Some(4));
    // What is stored with a run is what is read again.
    let stored = serde_json::to_string(&plan.jobs["monthly"].budgets).unwrap();
    let read: Vec<BudgetPlan> = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, plan.jobs["monthly"].budgets);
}

#[test]
fn limits_and_events_of_unusual_days_arrive_in_the_plan() {
    let anomalies = |lines: &str| {
        load(&whole(&job(lines))).unwrap().jobs["monthly"]
            .anomalies
            .clone()
    };
    assert_eq!(anomalies(""), None);
    assert_eq!(anomalies("anomalies = {}"), Some(Anomalies::default()));
    let lines = "anomalies = { floor = \"12.50\", z = 4, percent = 7.5, events = [\
        { date = \"2026-10-14\", label = \"load test\" }, \
        { from = \"2026-12-24\", to = \"2026-12-26\", label = \"holidays\", action = \"suppress\" }] }";
    let day = |text: &str| text.parse().unwrap();
    let event = |from: &str, to: &str, label: &str, action| Event {
        from: day(from),
        to: day(to),
        label: label.into(),
        action,
    };
    let expected = Anomalies {
        floor: "12.50".parse().unwrap(),
        z: "4".parse().unwrap(),
        percent: "7.5".parse().unwrap(),
        events: vec![
            event("2026-10-14", "2026-10-14", "load test", OnEvent::Label),
            event("2026-12-24", "2026-12-26", "holidays", OnEvent::Suppress),
        ],
    };
    assert_eq!(anomalies(lines), Some(expected));
}

#[test]
fn limits_and_events_that_make_no_sense_are_told_with_place_and_remedy() {
    let cases = [
        "anomalies = []",
        "anomalies = { flor = 5 }",
        "anomalies = { floor = -1, z = 0.5, percent = \"ten\" }",
        "anomalies.events = [{ date = \"2026-10-14\" }]",
        "anomalies.events = [{ label = \"x\" }]",
        "anomalies.events = [{ label = \"x\", from = \"2026-10-14\" }]",
        "anomalies.events = [{ label = \"x\", from = \"2026-10-14\", to = \"2026-10-13\" }]",
        "anomalies.events = [{ label = \"x\", date = \"2026-10-14\", to = \"2026-10-15\" }]",
        "anomalies.events = [{ label = \"\", date = \"2026-02-29\" }]",
        "anomalies.events = [{ label = \"x\", date = \"2026-10-14\", action = \"hide\" }]",
    ];
    let mut text = String::new();
    for lines in cases {
        let told = told(&whole(&job(lines)));
        assert_ne!(told, "no problem", "{lines}");
        writeln!(text, "=== {lines}\n{told}").unwrap();
    }
    insta::assert_snapshot!("problems_of_anomalies", text);
}

#[test]
fn the_environment_wins_over_the_file_and_the_command_line_over_both() {
    let text = format!(
        "[service]\ntimezone = \"Europe/Madrid\"\ncurrency = \"EUR\"\nlocale = \"es-ES\"\n{}",
        whole("")
    );
    let env = BTreeMap::from([
        ("REPORTWIRE__SERVICE__CURRENCY".to_owned(), "GBP".to_owned()),
        ("REPORTWIRE__SERVICE__LOCALE".to_owned(), "\"en-GB\"".to_owned()),
        ("REPORTWIRE_DEMO_KEY".to_owned(), "is no setting".to_owned()),
    ]);
    let overrides = [("service.locale".to_owned(), "fr-FR".to_owned())];
    let plan = config::load_text("x.toml", &text, Path::new("/srv"), &overrides, &env).unwrap();
    let job = &plan.jobs["monthly"];
    let seen = (
        job.timezone.name(),
        job.currency.code(),
        job.locale.as_str(),
        &*plan.service.listen,
    );
    assert_eq!(seen, ("Europe/Madrid", "GBP", "fr-FR", "127.0.0.1:8321"));
}

#[test]
fn the_environment_reaches_names_with_dashes_and_types_its_values() {
    let plan = with_env(
        SAMPLE,
        &[
            ("REPORTWIRE__JOBS__MONTHLY_FULL_REPORT__TIMEZONE", "Asia/Tokyo"),
            ("REPORTWIRE__JOBS__MONTHLY_FULL_REPORT__ENABLED", "false"),
            ("REPORTWIRE__JOBS__MONTHLY_FULL_REPORT__FORMATS", "[\"json\"]"),
            ("REPORTWIRE__JOBS__MONTHLY_FULL_REPORT__FISCAL_YEAR_START", "10"),
            ("REPORTWIRE__SOURCES__GLOBANT__GEAI__CONCURRENCY", "7"),
            (
                "REPORTWIRE__SOURCES__GLOBANT__GEAI__API_KEY",
                "file:/run/secrets/key",
            ),
            ("REPORTWIRE__SERVICE__OWNER", "[]\nservice.listen = 1"),
        ],
    );
    // A value never reaches beyond its own key.
    assert_eq!(plan.unwrap_err().len(), 1);
    let plan = with_env(
        SAMPLE,
        &[
            ("REPORTWIRE__JOBS__MONTHLY_FULL_REPORT__TIMEZONE", "Asia/Tokyo"),
            ("REPORTWIRE__JOBS__MONTHLY_FULL_REPORT__ENABLED", "false"),
            ("REPORTWIRE__JOBS__MONTHLY_FULL_REPORT__FISCAL_YEAR_START", "10"),
            ("REPORTWIRE__SOURCES__GLOBANT__GEAI__CONCURRENCY", "7"),
            (
                "REPORTWIRE__SOURCES__GLOBANT__GEAI__API_KEY",
                "file:/run/secrets/key",
            ),
        ],
    )
    .unwrap();
    let job = &plan.jobs["monthly-full-report"];
    assert_eq!(
        (job.timezone.name(), job.enabled, job.calendar.fiscal_start()),
        ("Asia/Tokyo", false, Some(10))
    );
    let SourcePlan::Geai(geai) = &plan.sources["globant"] else {
        panic!("{:?}", plan.sources)
    };
    assert_eq!(
        (geai.concurrency, geai.server.api_key.to_string()),
        (7, "file:/run/secrets/key".into())
    );
}

#[test]
fn a_dispersl_source_arrives_in_the_plan() {
    let entry = |lines: &str| {
        let text = format!(
            "[sources.agents.dispersl]\nbase_url = \"https://api.dispersl.com/v1/\"\napi_key = \"env:KEY\"\n{lines}\n{}",
            job("sources = [\"agents\"]")
        );
        match &load(&text).unwrap().sources["agents"] {
            SourcePlan::Dispersl(plan) => plan.clone(),
            other => panic!("{other:?}"),
        }
    };
    let plain = entry("");
    assert_eq!((plain.currency, plain.tier), (BilledIn::Usd, None));
    assert_eq!(
        (
            plain.server.attempts,
            plain.server.timeout.as_secs(),
            plain.server.runs_at_once
        ),
        (4, 60, None)
    );
    let told =
        entry("currency = \"GBP\"\ntier = \"enterprise\"\nattempts = 7\ntimeout_secs = 90\nruns_at_once = 2");
    assert_eq!(
        (told.currency, told.tier),
        (BilledIn::Gbp, Some(Tier::Enterprise))
    );
    assert_eq!(
        (
            told.server.attempts,
            told.server.timeout.as_secs(),
            told.server.runs_at_once
        ),
        (7, 90, Some(2))
    );
    assert_eq!(told.server.api_key.to_string(), "env:KEY");
}

#[test]
fn problems_of_the_environment_and_the_command_line_name_their_origin() {
    let env = BTreeMap::from([
        (
            "REPORTWIRE__JOBS__MONTHLY_FULL_REPORT__TIMEZONE".to_owned(),
            "Mars".to_owned(),
        ),
        ("REPORTWIRE__SERVICE__DATADIR".to_owned(), "x".to_owned()),
        (
            "REPORTWIRE__SOURCES__GLOBANT__GEAI__API_KEY".to_owned(),
            "canary-7f3a".to_owned(),
        ),
        ("REPORTWIRE__".to_owned(), "x".to_owned()),
    ]);
    let overrides = [(
        "deliveries.erp.webhook.timeout_secs".to_owned(),
        "soon".to_owned(),
    )];
    let problems = config::load_text("x.toml", SAMPLE, Path::new("/srv"), &overrides, &env).unwrap_err();
    insta::assert_snapshot!("origins", problems.to_string());
}

#[test]
fn the_shipped_files_load() {
    for name in ["reference", "production", "demo"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("config/{name}.toml"));
        let options = LoadOptions {
            file: Some(&file),
            ..LoadOptions::default()
        };
        if let Err(problems) = config::load(&options) {
            panic!("{name}: {problems}");
        }
    }
}

#[test]
fn the_demo_takes_the_addresses_of_its_far_ends() {
    let overrides = [
        ("sources.globant.geai.base_url", "http://127.0.0.1:9001/geai"),
        ("deliveries.finance-mail.email.smtp.port", "2525"),
        (
            "deliveries.erp.webhook.url",
            "http://127.0.0.1:9002/hooks/reports",
        ),
        ("deliveries.bi-drop.file_drop.path", "/tmp/out/drop"),
        ("service.data_dir", "/tmp/out/data"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let text = include_str!("../config/demo.toml");
    let plan = config::load_text(
        "demo.toml",
        text,
        Path::new("/tmp/out"),
        &overrides,
        &BTreeMap::new(),
    )
    .unwrap();
    let SourcePlan::Geai(geai) = &plan.sources["globant"] else {
        panic!("{:?}", plan.sources)
    };
    assert_eq!(geai.server.base_url.as_str(), "http://127.0.0.1:9001/geai");
    let DeliveryPlan::Email(mail) = &plan.deliveries["finance-mail"] else {
        panic!("{:?}", plan.deliveries)
    };
    assert_eq!((mail.smtp.port, mail.smtp.tls), (2525, SmtpTls::None));
    assert_eq!(plan.jobs["monthly-full-report"].formats.len(), 5);
}

/// The schema of the table at `path`; `*` steps into the entries of a map.
fn table<'s>(schema: &'s serde_json::Value, path: &[&str]) -> Option<&'s serde_json::Value> {
    fn deref<'s>(schema: &'s serde_json::Value, mut at: &'s serde_json::Value) -> &'s serde_json::Value {
        loop {
            let choice = ["anyOf", "allOf"].iter().find_map(|key| at.get(*key)?.as_array());
            let table = choice.and_then(|all| all.iter().find(|one| one.get("$ref").is_some()));
            at = match (at.get("$ref").and_then(serde_json::Value::as_str), table) {
                (Some(name), _) => schema.pointer(name.trim_start_matches('#')).unwrap(),
                (None, Some(table)) => table,
                (None, None) => return at,
            };
        }
    }
    path.iter().try_fold(deref(schema, schema), |at, key| {
        let next = at
            .get("properties")
            .and_then(|keys| keys.get(*key))
            .or_else(|| at.get("additionalProperties"))?;
        Some(deref(schema, next)).filter(|next| next.is_object())
    })
}

/// All tables of the schema with their keys, as `room/*/kind`.
fn tables_of(schema: &serde_json::Value) -> Vec<Vec<&'static str>> {
    [
        "service",
        "sources/*/geai",
        "sources/*/usage_file",
        "sources/*/focus_file",
        "deliveries/*/email",
    ]
    .into_iter()
    .chain([
        "deliveries/*/email/smtp",
        "deliveries/*/slack",
        "deliveries/*/webhook",
        "deliveries/*/file_drop",
    ])
    .chain([
        "jobs/*",
        "jobs/*/brand",
        "jobs/*/gates",
        "jobs/*/wait_until",
        "jobs/*/reconcile",
        "jobs/*/anomalies",
        "jobs/*/schedule",
        "jobs/*/report",
        "jobs/*/report/full",
        "jobs/*/budgets/platform",
    ])
    .map(|path| path.split('/').collect::<Vec<_>>())
    .inspect(|path| assert!(table(schema, path).is_some(), "the schema has no {path:?}"))
    .collect()
}

#[test]
fn the_reference_names_every_key_and_its_defaults_are_those_of_the_code() {
    let schema: serde_json::Value = serde_json::from_str(&config::schema::json()).unwrap();
    let reference = include_str!("../config/reference.toml");
    let mut named = BTreeMap::<String, Vec<String>>::new();
    let mut header: Vec<String> = Vec::new();
    let mut defaults = 0;
    for line in reference.lines() {
        if let Some(path) = line.strip_prefix('[') {
            header = path.trim_end_matches(']').split('.').map(str::to_owned).collect();
            if header.len() > 1 {
                header[1] = "*".into();
            }
            continue;
        }
        let is_default = line.starts_with("# ");
        let entry = line.trim_start_matches("#: ").trim_start_matches("# ");
        let Some((key, value)) = entry.split_once(" = ") else {
            continue;
        };
        if key.contains(|c: char| !c.is_ascii_lowercase() && c != '_') {
            continue;
        }
        named.entry(header.join("/")).or_default().push(key.to_owned());
        if is_default {
            let parsed = toml_span::parse(entry).unwrap_or_else(|error| panic!("{line}: {error}"));
            let path: Vec<&str> = header.iter().map(String::as_str).collect();
            let properties = &table(&schema, &path).unwrap()["properties"];
            let service = &schema["properties"]["service"]["default"];
            let code = properties[key]
                .get("default")
                .or_else(|| service.get(key).filter(|_| path == ["service"]));
            let code = code.unwrap_or_else(|| panic!("{path:?} {key} has no default in the schema"));
            assert_eq!(code.to_string(), value.replace(", ", ","), "{path:?} {key}");
            assert!(parsed.has_key(key));
            defaults += 1;
        }
    }
    assert!(defaults > 25, "only {defaults} defaults were compared");
    for path in tables_of(&schema) {
        let keys = table(&schema, &path).unwrap()["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        for key in keys.keys() {
            let there = named.get(&path.join("/")).is_some_and(|keys| keys.contains(key));
            let as_table = format!("{}/{key}", path.join("/"));
            let has_table = reference.lines().any(|line| {
                let line: Vec<&str> = line.trim_matches(['[', ']']).split('.').collect();
                line.len() > 2
                    && [&[line[0], "*"], &line[2..]]
                        .concat()
                        .join("/")
                        .starts_with(&as_table)
            });
            assert!(there || has_table, "the reference does not name {as_table}");
        }
    }
}

#[test]
fn secrets_that_are_missing_or_exposed_are_told_where_they_are_referred_to() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("key");
    fs::write(&secret, "canary-7f3a\n").unwrap();
    let file = folder.path().join("reportwire.toml");
    let slack = "[deliveries.chat.slack]\nwebhook_url = \"env:REPORTWIRE_TEST_NOT_SET\"\n";
    let geai = "[sources.files.geai]\nbase_url = \"https://api.example.ai\"\napi_key = \"file:key\"\n";
    fs::write(&file, format!("{geai}{slack}{}", job(""))).unwrap();
    let options = LoadOptions {
        folder: Some(folder.path()),
        ..LoadOptions::default()
    };
    let plan = config::load(&options).unwrap();
    let missing = plan.missing_secrets().to_string();
    let missing = missing.replace(&*folder.path().to_string_lossy(), "FOLDER");
    insta::assert_snapshot!(missing, @r#"
    error: a secret cannot be had
      --> FOLDER/reportwire.toml:5:15   deliveries.chat.slack.webhook_url
    5 | webhook_url = "env:REPORTWIRE_TEST_NOT_SET"
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      | the environment variable `REPORTWIRE_TEST_NOT_SET` is not set
    hint: set it before the start: `export REPORTWIRE_TEST_NOT_SET=…`
    "#);
    assert!(check(&options).is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::write(&file, format!("{geai}{}", job(""))).unwrap();
        for (mode, warnings) in [(0o600, 0), (0o640, 0), (0o644, 1), (0o620, 1)] {
            fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
            let (_, told) = check(&options).unwrap();
            assert_eq!(told.len(), warnings, "{mode:o}");
            assert!(told.iter().all(|warning| !warning.to_string().contains("canary")));
        }
    }
}

#[test]
fn holidays_come_as_a_list_or_as_a_calendar_file() {
    let folder = tempfile::tempdir().unwrap();
    let event = |lines: &str| {
        format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    };
    let text = whole(&job(
        "schedule = { business_day = 1, of = \"month\", at = \"07:00\", holidays = \"es.ics\" }",
    ));
    let loaded = |content: &[u8]| {
        fs::write(folder.path().join("es.ics"), content).unwrap();
        config::load_text("reportwire.toml", &text, folder.path(), &[], &BTreeMap::new())
    };
    let christmas = event("SUMMARY:Navidad\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261226");
    for content in ["2026-12-25 # Navidad\n", &christmas] {
        let plan = loaded(content.as_bytes()).unwrap();
        let rule = plan.jobs["monthly"]
            .schedule
            .as_ref()
            .map(|schedule| &schedule.rule);
        let Some(Rule::BusinessDay { holidays, .. }) = rule else {
            panic!("{rule:?}")
        };
        let days: Vec<String> = holidays.iter().map(ToString::to_string).collect();
        assert_eq!(days, ["2026-12-25"]);
    }
    let weekly = event("SUMMARY:Viernes\r\nDTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=WEEKLY");
    for (content, told) in [
        (b"2026-12-25 # D\xeda".to_vec(), "hint: save it as UTF-8"),
        (vec![b'#'; 1024 * 1024 + 1], "is larger than 1 MiB"),
    ] {
        let error = loaded(&content).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    insta::assert_snapshot!(loaded(weekly.as_bytes()).unwrap_err(), @r#"
    error: job `monthly` cannot be scheduled
      --> reportwire.toml:2:71   jobs.monthly.schedule.holidays
    2 | …dule = { business_day = 1, of = "month", at = "07:00", holidays = "es.ics"…
      |                                                                    ^^^^^^^^
      | the event `Viernes` of the holidays repeats by a rule that is not built
    hint: write it as all-day events, repeated with `RRULE:FREQ=YEARLY` at most, or write a text file with one date a line
    "#);
}

#[test]
fn the_starter_loads_without_any_secret_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new");
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    let written = config::starter::write(&dir, today).unwrap();
    assert_eq!(written.len(), 2);
    let options = LoadOptions {
        folder: Some(&dir),
        ..LoadOptions::default()
    };
    let (plan, warnings) = check(&options).unwrap();
    assert!(plan.jobs.contains_key("monthly-usage") && warnings.is_empty());
    let usage = fs::read_to_string(dir.join("usage/example.csv")).unwrap();
    assert!(usage.contains("\n2026-09-01,support,") && usage.contains("\n2026-10-30,research,"));
    assert!(!usage.contains("2026-11-"));
    let before = fs::read(dir.join("reportwire.toml")).unwrap();
    fs::remove_file(dir.join("usage/example.csv")).unwrap();
    assert!(
        config::starter::write(&dir, today)
            .unwrap_err()
            .to_string()
            .contains("is there already")
    );
    assert!(!dir.join("usage/example.csv").exists());
    assert_eq!(before, fs::read(dir.join("reportwire.toml")).unwrap());
}

#[test]
fn the_default_files_are_found_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let options = LoadOptions {
        folder: Some(folder.path()),
        ..LoadOptions::default()
    };
    assert!(
        config::load(&options)
            .unwrap_err()
            .to_string()
            .contains("reportwire init")
    );
    fs::create_dir(folder.path().join("config")).unwrap();
    fs::write(folder.path().join("config/reportwire.toml"), whole("")).unwrap();
    let second = config::load(&options).unwrap();
    assert_eq!(second.service.data_dir, folder.path().join("config/data"));
    fs::write(folder.path().join("reportwire.toml"), whole("")).unwrap();
    assert_eq!(
        config::load(&options).unwrap().service.data_dir,
        folder.path().join("data")
    );
}

/// [`config::load`], and whether the secrets are there.
fn check(options: &LoadOptions<'_>) -> Result<(config::Plan, Vec<config::Warning>), config::Problems> {
    let plan = config::load(options)?;
    let missing = plan.missing_secrets();
    if !missing.is_empty() {
        return Err(missing);
    }
    let warnings = plan.exposed_secrets();
    Ok((plan, warnings))
}

mod mutations {
    use super::{SAMPLE, load};
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// The sample with canaries where secrets are, then cut and spoilt.
    fn spoilt(edits: &[(usize, usize, String)]) -> String {
        let mut text = SAMPLE.replace("env:", "canary-7f3a");
        for (at, length, by) in edits {
            let chars: Vec<char> = text.chars().collect();
            let at = at % chars.len().max(1);
            let end = (at + length).min(chars.len());
            text = chars[..at].iter().collect::<String>() + by + &chars[end..].iter().collect::<String>();
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

        #[test]
        fn a_spoilt_configuration_is_told_without_panic_and_without_secrets(
            edits in prop::collection::vec((0usize..3000, 0usize..12, "[a-z\\[\\]{}=\"'#\\\\.\n\r\t0-9é\u{202e}]{0,6}"), 1..6)
        ) {
            if let Err(problems) = load(&spoilt(&edits)) {
                prop_assert!(!problems.is_empty());
                prop_assert!(!problems.to_string().contains("canary"), "{}", problems);
            }
        }
    }
}

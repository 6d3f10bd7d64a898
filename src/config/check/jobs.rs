//! `[jobs.NAME]`.

use super::values::{did_you_mean, relative_hint};
use super::{Check, anomalies, budgets, gates, nearest, reconcile, report, schedule, send};
use crate::config::document::{BrandEntry, Document, JobEntry, ServiceEntry, USUAL_FILE_NAME};
use crate::config::plan::{Brand, Format, JobPlan};
use crate::config::problem::KeyPath;
use crate::config::read::list;
use crate::money::Currency;
use crate::period::{Calendar, PeriodRule};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The formats by the names of `formats`.
const FORMATS: [(&str, Format); 5] = [
    ("html", Format::Html),
    ("xlsx", Format::Xlsx),
    ("csv", Format::Csv),
    ("json", Format::Json),
    ("text", Format::Text),
];

/// Variables of an artifact's name.
const NAME_VARIABLES: [&str; 8] = [
    "job.name",
    "job.title",
    "period.id",
    "period.start",
    "period.end",
    "revision.suffix",
    "revision.number",
    "ext",
];

/// The rules of `period`, to guess from.
const PERIODS: [&str; 9] = [
    "previous_day",
    "previous_week",
    "previous_month",
    "previous_quarter",
    "previous_year",
    "month_to_date",
    "quarter_to_date",
    "year_to_date",
    "last_days:30",
];

/// Checks one job.
pub(super) fn job(
    cx: &mut Check<'_>,
    at: &KeyPath,
    name: &str,
    entry: &JobEntry,
    document: &Document,
) -> Option<JobPlan> {
    let service = &document.service;
    let title = cx.maybe_text(&at.join("title"), entry.title.as_ref());
    let local = local(cx, at, entry, service);
    let schedule = match &entry.schedule {
        Some(entry) => schedule::schedule(cx, &at.join("schedule"), entry).map(Some),
        None => Some(None),
    };
    let sources = cx
        .required(
            at,
            "sources",
            entry.sources.as_ref(),
            "write `sources = [\"NAME\"]`",
        )
        .and_then(|names| named_sources(cx, &at.join("sources"), names, document));
    let wait_until = gates::wait_until(
        cx,
        &at.join("wait_until"),
        entry.wait_until.as_ref(),
        entry.sources.as_ref(),
        document,
    );
    let period = cx
        .required(
            at,
            "period",
            entry.period.as_ref(),
            "write `period = \"previous_month\"`",
        )
        .and_then(|text| period(cx, &at.join("period"), text));
    let formats = cx
        .required(
            at,
            "formats",
            entry.formats.as_ref(),
            "write `formats = [\"html\", \"xlsx\", \"csv\"]`",
        )
        .and_then(|names| self::formats(cx, &at.join("formats"), names));
    let known: Vec<&str> = document.deliveries.keys().map(String::as_str).collect();
    let deliveries = references(
        cx,
        &at.join("deliveries"),
        &entry.deliveries,
        "deliveries",
        &known,
    );
    let report = report::report(cx, &at.join("report"), entry.report.as_ref(), local.calendar);
    let deadline = cx.duration(&at.join("deadline"), &entry.deadline);
    let template = template_folder(cx, &at.join("template"), entry.template.as_ref());
    let several = formats.as_ref().is_some_and(|formats| formats.len() > 1);
    let file_name = file_name(cx, &at.join("file_name"), &entry.file_name, several);
    let brand = brand(cx, &at.join("brand"), &entry.brand);
    let gates = gates::gates(cx, &at.join("gates"), &entry.gates);
    let when = send::when(cx, &at.join("when"), &entry.when);
    let reconcile = reconcile::reconcile(
        cx,
        &at.join("reconcile"),
        entry.reconcile.as_ref(),
        entry.sources.as_ref(),
    );
    let around = budgets::Around {
        entry,
        period: period.as_ref(),
        currency: local.currency,
        calendar: local.calendar,
    };
    let budgets = budgets::budgets(cx, &at.join("budgets"), &around);
    let anomalies = anomalies::anomalies(cx, &at.join("anomalies"), entry.anomalies.as_ref());
    Some(JobPlan {
        name: name.to_owned(),
        title: title?.unwrap_or_else(|| name.to_owned()),
        enabled: entry.enabled,
        timezone: local.timezone?,
        locale: local.locale?,
        currency: local.currency?,
        owner: local.owner?,
        schedule: schedule?,
        sources: sources?,
        wait_until: wait_until?,
        period: period?,
        calendar: local.calendar?,
        formats: formats?,
        deliveries: deliveries?,
        report: report?,
        catch_up: entry.catch_up,
        deadline: deadline?,
        template: template?,
        file_name: file_name?,
        brand: brand?,
        allow_partial: entry.allow_partial,
        combine: entry.combine,
        gates: gates?,
        send: entry.send,
        when: when?,
        reconcile: reconcile?,
        budgets: budgets?,
        anomalies: anomalies?,
    })
}

/// What a job has of its own or from the service; `None` is a problem.
struct Local {
    timezone: Option<Tz>,
    locale: Option<String>,
    currency: Option<Currency>,
    calendar: Option<Calendar>,
    owner: Option<Vec<String>>,
}

fn local(cx: &mut Check<'_>, at: &KeyPath, entry: &JobEntry, service: &ServiceEntry) -> Local {
    // What a job inherits was told at the service, if it is wrong.
    let timezone = match &entry.timezone {
        Some(text) => cx.zone(&at.join("timezone"), text),
        None => service.timezone.parse().ok(),
    };
    let locale = match &entry.locale {
        Some(text) => cx.locale(&at.join("locale"), text),
        None => Some(service.locale.clone()),
    };
    let currency = match &entry.currency {
        Some(text) => cx.currency(&at.join("currency"), text),
        None => service.currency.parse().ok(),
    };
    let calendar = match (&entry.fiscal_year_start, &service.fiscal_year_start) {
        (Some(text), _) => cx.calendar(&at.join("fiscal_year_start"), text),
        (None, Some(text)) => text.parse().ok().and_then(|month| Calendar::fiscal(month).ok()),
        (None, None) => Some(Calendar::years()),
    };
    let owner = match &entry.owner {
        Some(texts) => cx.mailboxes(&at.join("owner"), texts),
        None => Some(service.owner.clone()),
    };
    Local {
        timezone,
        locale,
        currency,
        calendar,
        owner,
    }
}

fn named_sources(
    cx: &mut Check<'_>,
    path: &KeyPath,
    names: &[String],
    document: &Document,
) -> Option<Vec<String>> {
    if names.is_empty() {
        cx.report(
            path,
            "names no source",
            Some("write `sources = [\"NAME\"]`".into()),
        );
        return None;
    }
    let known: Vec<&str> = document.sources.keys().map(String::as_str).collect();
    references(cx, path, names, "sources", &known)
}

/// Names of entries of `room`, each once. What is not built yet has been told where it stands.
fn references(
    cx: &mut Check<'_>,
    path: &KeyPath,
    names: &[String],
    room: &str,
    known: &[&str],
) -> Option<Vec<String>> {
    let word = if room == "sources" { "source" } else { "delivery" };
    let mut seen = BTreeSet::new();
    let before = cx.problem_count();
    for (index, name) in names.iter().enumerate() {
        let place = path.join(index);
        if !seen.insert(name) {
            cx.report(
                &place,
                &format!("this {word} stands here twice"),
                Some("remove one of the two".into()),
            );
        } else if !known.contains(&name.as_str()) && !cx.is_excused(&KeyPath::of([room, name])) {
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => did_you_mean(near),
                None if known.is_empty() => format!("add `[{room}.NAME.KIND]`"),
                None => format!("{room} here are {}", list(known)),
            };
            cx.report(&place, &format!("not a {word} of this configuration"), Some(hint));
        }
    }
    (cx.problem_count() == before).then(|| names.to_vec())
}

fn period(cx: &mut Check<'_>, path: &KeyPath, text: &str) -> Option<PeriodRule> {
    let rule = text.parse().ok();
    if rule.is_none() {
        let near = nearest(text, PERIODS);
        let hint = near.map_or_else(|| format!("write one of {}", list(&PERIODS)), did_you_mean);
        cx.report(path, "not a period of a job", Some(hint));
    }
    rule
}

fn formats(cx: &mut Check<'_>, path: &KeyPath, names: &[String]) -> Option<Vec<Format>> {
    let known = FORMATS.map(|(name, _)| name);
    let mut formats = Vec::new();
    let before = cx.problem_count();
    if names.is_empty() {
        cx.report(
            path,
            "names no format",
            Some(format!("formats are {}", list(&known))),
        );
    }
    for (index, name) in names.iter().enumerate() {
        match FORMATS.iter().find(|(known, _)| known == name) {
            Some((_, format)) if !formats.contains(format) => formats.push(*format),
            Some(_) => {
                cx.report(
                    &path.join(index),
                    "this format stands here twice",
                    Some("remove one of the two".into()),
                );
            }
            None => {
                let near = nearest(name, known);
                let hint = near.map_or_else(|| format!("formats are {}", list(&known)), did_you_mean);
                cx.report(&path.join(index), "not a format", Some(hint));
            }
        }
    }
    (cx.problem_count() == before).then_some(formats)
}

fn template_folder(cx: &mut Check<'_>, path: &KeyPath, text: Option<&String>) -> Option<Option<PathBuf>> {
    let Some(text) = text else { return Some(None) };
    let folder = cx.path(path, text)?;
    if folder.is_dir() {
        return Some(Some(folder));
    }
    cx.report(path, "there is no such folder", Some(relative_hint()));
    None
}

fn file_name(cx: &mut Check<'_>, path: &KeyPath, text: &str, several_formats: bool) -> Option<String> {
    // Nearly every job has it, and reading a template takes longer than all else of a job.
    if text == USUAL_FILE_NAME {
        return Some(text.to_owned());
    }
    let plain = cx.plain_template(path, text, &NAME_VARIABLES)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let has = |name: &str| plain.variables.iter().any(|variable| variable == name);
    let (label, hint) = if !plain.texts.iter().all(|text| text.chars().all(allowed)) {
        (
            "holds characters that file names must not hold",
            "use letters, digits, `.`, `_` and `-`",
        )
    } else if text.starts_with(['.', '-']) {
        (
            "begins with `.` or `-`",
            "begin with a letter, a digit or a variable",
        )
    } else if !has("period.id") && !has("period.start") {
        ("is the same for every period", "mention `{{period.id}}`")
    } else if several_formats && !has("ext") {
        ("is the same for every format", "end it with `.{{ext}}`")
    } else {
        return Some(text.to_owned());
    };
    cx.report(path, label, Some(hint.into()));
    None
}

fn brand(cx: &mut Check<'_>, at: &KeyPath, entry: &BrandEntry) -> Option<Brand> {
    let name = cx.maybe_text(&at.join("name"), entry.name.as_ref());
    let is_colour = |text: &String| {
        let digits = text.strip_prefix('#').unwrap_or_default();
        digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if entry.accent.as_ref().is_some_and(|text| !is_colour(text)) {
        cx.report(
            &at.join("accent"),
            "not a colour",
            Some("write `#rrggbb`, such as `#0b57d0`".into()),
        );
    }
    let logo = match &entry.logo {
        Some(text) if !text.to_lowercase().ends_with(".png") => {
            cx.report(
                &at.join("logo"),
                "not a PNG file",
                Some("convert the picture to PNG".into()),
            );
            None
        }
        logo => cx.maybe_file(&at.join("logo"), logo.as_ref()),
    };
    let fonts: Option<Vec<PathBuf>> = entry
        .fonts
        .iter()
        .enumerate()
        .map(|(place, file)| cx.file(&at.join("fonts").join(place), file))
        .collect();
    Some(Brand {
        name: name?,
        accent: entry.accent.clone(),
        logo: logo?,
        fonts: fonts?,
    })
}

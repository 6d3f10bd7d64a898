//! `[sources.NAME.KIND]`.

mod almyty;

use super::Check;
use super::dispersl::dispersl;
use super::service::RUNS_AT_ONCE;
use crate::config::document::source::{FocusFileEntry, GeaiEntry, SourceEntry, UsageFileEntry};
use crate::config::locate::Part;
use crate::config::plan::{FocusFilePlan, GeaiPlan, ServerPlan, SourcePlan, UsageFilePlan};
use crate::config::problem::KeyPath;
use std::path::MAIN_SEPARATOR;

/// Most calls under way at once.
const MAX_CONCURRENCY: u64 = 256;
/// Most tries of one call.
const MAX_ATTEMPTS: u64 = 20;

/// Checks one source.
pub(super) fn source(
    cx: &mut Check<'_>,
    at: &KeyPath,
    _name: &str,
    entry: &SourceEntry,
) -> Option<SourcePlan> {
    let kinds = [
        ("geai", entry.geai.is_some()),
        ("dispersl", entry.dispersl.is_some()),
        ("usage_file", entry.usage_file.is_some()),
        ("focus_file", entry.focus_file.is_some()),
        ("almyty", entry.almyty.is_some()),
    ];
    let found: Vec<&str> = kinds
        .iter()
        .filter(|(_, is)| *is)
        .map(|(kind, _)| *kind)
        .collect();
    cx.one_kind(
        at,
        &found,
        "`geai`, `dispersl`, `almyty`, `usage_file` and `focus_file`",
    );
    let geai = entry
        .geai
        .as_ref()
        .and_then(|geai| self::geai(cx, &at.join("geai"), geai));
    let dispersl = entry
        .dispersl
        .as_ref()
        .and_then(|entry| dispersl(cx, &at.join("dispersl"), entry));
    let usage = entry
        .usage_file
        .as_ref()
        .and_then(|usage| usage_file(cx, &at.join("usage_file"), usage));
    let focus = entry
        .focus_file
        .as_ref()
        .and_then(|focus| focus_file(cx, &at.join("focus_file"), focus));
    let almyty = entry
        .almyty
        .as_ref()
        .and_then(|almyty| self::almyty::almyty(cx, &at.join("almyty"), almyty));
    geai.map(SourcePlan::Geai)
        .or(dispersl.map(SourcePlan::Dispersl))
        .or(usage.map(SourcePlan::UsageFile))
        .or(focus.map(SourcePlan::FocusFile))
        .or(almyty.map(SourcePlan::Almyty))
}

fn geai(cx: &mut Check<'_>, at: &KeyPath, entry: &GeaiEntry) -> Option<GeaiPlan> {
    let server = server(
        cx,
        at,
        &Server {
            base_url: (
                entry.base_url.as_ref(),
                "write `base_url = \"https://api.example.ai\"`",
            ),
            api_key: (entry.api_key.as_ref(), "write `api_key = \"env:GEAI_API_KEY\"`"),
            connect_timeout_secs: entry.connect_timeout_secs,
            timeout_secs: entry.timeout_secs,
            attempts: entry.attempts,
            ca_file: entry.ca_file.as_ref(),
            runs_at_once: entry.runs_at_once,
        },
    );
    let organization_id = cx.maybe_text(&at.join("organization_id"), entry.organization_id.as_ref());
    let project_id = cx.maybe_text(&at.join("project_id"), entry.project_id.as_ref());
    let alone = match (&entry.organization_id, &entry.project_id) {
        (Some(_), None) => Some(("organization_id", "project_id")),
        (None, Some(_)) => Some(("project_id", "organization_id")),
        _ => None,
    };
    if let Some((there, missing)) = alone
        && !cx.is_excused(&at.join(missing))
    {
        let hint = format!("write `{missing}` too, or neither");
        cx.report(
            &at.join(there),
            &format!("`{missing}` is missing beside it"),
            Some(hint),
        );
    }
    let agent = cx.maybe_text(&at.join("agent"), entry.agent.as_ref());
    let concurrency = cx.bounded(&at.join("concurrency"), entry.concurrency, &(1..=MAX_CONCURRENCY));
    Some(GeaiPlan {
        server: server?,
        organization_id: organization_id?,
        project_id: project_id?,
        agent: agent?,
        concurrency: usize::try_from(concurrency?).ok()?,
    })
}

/// The keys that the sources have in common that ask a platform, with what to write where one is missing.
pub(super) struct Server<'a> {
    pub(super) base_url: (Option<&'a String>, &'static str),
    pub(super) api_key: (Option<&'a String>, &'static str),
    pub(super) connect_timeout_secs: u64,
    pub(super) timeout_secs: u64,
    pub(super) attempts: u64,
    pub(super) ca_file: Option<&'a String>,
    pub(super) runs_at_once: Option<u64>,
}

/// Checks these keys of the source at `at`.
pub(super) fn server(cx: &mut Check<'_>, at: &KeyPath, keys: &Server<'_>) -> Option<ServerPlan> {
    let (written, hint) = keys.base_url;
    let base_url = cx
        .required(at, "base_url", written, hint)
        .and_then(|text| base_url(cx, &at.join("base_url"), text));
    let (written, hint) = keys.api_key;
    let api_key = cx
        .required(at, "api_key", written, hint)
        .and_then(|text| cx.secret(&at.join("api_key"), text));
    let connect_timeout = cx.wait(&at.join("connect_timeout_secs"), keys.connect_timeout_secs);
    let timeout = cx.wait(&at.join("timeout_secs"), keys.timeout_secs);
    let attempts = cx.bounded(&at.join("attempts"), keys.attempts, &(1..=MAX_ATTEMPTS));
    let ca_file = cx.maybe_file(&at.join("ca_file"), keys.ca_file);
    let runs_at_once = runs_at_once(cx, at, keys.runs_at_once);
    Some(ServerPlan {
        base_url: base_url?,
        api_key: api_key?,
        connect_timeout: connect_timeout?,
        timeout: timeout?,
        attempts: u32::try_from(attempts?).ok()?,
        ca_file: ca_file?,
        runs_at_once: runs_at_once?,
    })
}

/// Most runs that ask this source at once. The outer `None` is a problem.
fn runs_at_once(cx: &mut Check<'_>, at: &KeyPath, number: Option<u64>) -> Option<Option<usize>> {
    let Some(number) = number else { return Some(None) };
    let number = cx.bounded(&at.join("runs_at_once"), number, &RUNS_AT_ONCE)?;
    usize::try_from(number).ok().map(Some)
}

fn base_url(cx: &mut Check<'_>, path: &KeyPath, text: &str) -> Option<url::Url> {
    let url = cx.url(path, text)?;
    if url.query().is_some() {
        cx.report(
            path,
            "carries a query",
            Some("take `?…` out of it; paths are appended to it".into()),
        );
        return None;
    }
    Some(url)
}

fn usage_file(cx: &mut Check<'_>, at: &KeyPath, entry: &UsageFileEntry) -> Option<UsageFilePlan> {
    let path = cx
        .required(at, "path", entry.path.as_ref(), "write `path = \"usage/*.csv\"`")
        .and_then(|text| glob(cx, &at.join("path"), text));
    let projects = match &entry.projects {
        Some(text) => cx.path(&at.join("projects"), text).map(Some),
        None => Some(None),
    };
    let runs_at_once = runs_at_once(cx, at, entry.runs_at_once);
    Some(UsageFilePlan {
        path: path?,
        projects: projects?,
        snapshot_files: entry.snapshot_files,
        runs_at_once: runs_at_once?,
    })
}

fn focus_file(cx: &mut Check<'_>, at: &KeyPath, entry: &FocusFileEntry) -> Option<FocusFilePlan> {
    let path = cx
        .required(at, "path", entry.path.as_ref(), "write `path = \"bills/*.csv\"`")
        .and_then(|text| glob(cx, &at.join("path"), text));
    let runs_at_once = runs_at_once(cx, at, entry.runs_at_once);
    Some(FocusFilePlan {
        path: path?,
        snapshot_files: entry.snapshot_files,
        runs_at_once: runs_at_once?,
    })
}

/// An absolute path or glob of files.
fn glob(cx: &mut Check<'_>, path: &KeyPath, text: &str) -> Option<String> {
    cx.text(path, text)?;
    if text.to_lowercase().trim_end_matches(".gz").ends_with(".parquet") {
        let what = super::subject(path, "reading Parquet files is not built yet");
        cx.report_as(
            path,
            Part::Value,
            what,
            "not built yet",
            Some("export CSV instead".into()),
        );
        return None;
    }
    if let Err(error) = glob::Pattern::new(text) {
        cx.report(
            path,
            &format!("not a glob: {}", error.msg),
            Some("write `usage/*.csv`".into()),
        );
        return None;
    }
    if std::path::Path::new(text).is_absolute() || !text.contains(['*', '?', '[']) {
        return Some(cx.resolve(text).to_string_lossy().into_owned());
    }
    // The pattern is the user's; the folder in front of it is a name, whatever it holds.
    let folder = glob::Pattern::escape(&cx.base.to_string_lossy());
    Some(format!("{folder}{MAIN_SEPARATOR}{text}"))
}

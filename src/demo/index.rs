//! The page that shows what arrived where.

use super::mailbox::KeptMail;
use crate::config::plan::Format;
use crate::render::RenderError;
use crate::run::RunOutcome;
use serde::Serialize;
use std::path::{Path, PathBuf};

const TEMPLATE: &str = include_str!("../../templates/demo/index.html.hbs");

#[derive(Serialize)]
struct Page<'a> {
    runs: Vec<Ran<'a>>,
    groups: Vec<Group>,
    pages: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Ran<'a> {
    job: &'a str,
    period: &'a str,
    run_id: &'a str,
    state: String,
}

/// A report as a page, shown in the page.
#[derive(Serialize)]
struct Shown<'a> {
    job: &'a str,
    href: String,
}

#[derive(Serialize)]
struct Group {
    title: &'static str,
    about: &'static str,
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    href: String,
    what: String,
    size: String,
}

/// The page for a demo in `out`, with links relative to it.
///
/// # Errors
/// [`RenderError::Template`] if the built-in template is wrong.
pub(super) fn render(
    out: &Path,
    runs: &[RunOutcome],
    mails: &[KeptMail],
    hooks: &[PathBuf],
) -> Result<String, RenderError> {
    let file = |path: &Path, what: String| File {
        href: path.strip_prefix(out).unwrap_or(path).display().to_string(),
        what,
        size: std::fs::metadata(path).map_or_else(|_| "–".to_owned(), |meta| kilobytes(meta.len())),
    };
    let dropped = |name: &str| out.join("drop").join(name);
    let artifacts = || runs.iter().flat_map(|run| &run.artifacts);
    let groups = vec![
        Group {
            title: "In the folder",
            about: "The file drop: every format, and the manifest with their checksums, written last.",
            files: artifacts()
                .map(|artifact| file(&dropped(&artifact.name), what(&artifact.name).to_owned()))
                .collect(),
        },
        Group {
            title: "In the mailbox",
            about: "One message for each recipient; open them with a mail program.",
            files: mails
                .iter()
                .map(|mail| file(&mail.path, format!("to {}", mail.recipients.join(", "))))
                .collect(),
        },
        Group {
            title: "At the receiver",
            about: "The event as posted; its signature was checked on arrival.",
            files: hooks
                .iter()
                .map(|hook| file(hook, "signed event".to_owned()))
                .collect(),
        },
    ];
    let pages = runs.iter().flat_map(|run| {
        let pages = run
            .artifacts
            .iter()
            .filter(|artifact| artifact.media_type == Format::Html.media_type());
        pages.map(|artifact| Shown {
            job: &run.run.job,
            href: format!("drop/{}", artifact.name),
        })
    });
    let page = Page {
        runs: runs.iter().map(ran).collect(),
        groups,
        pages: pages.collect(),
    };
    let mut templates = handlebars::Handlebars::new();
    templates.set_strict_mode(true);
    templates
        .render_template(TEMPLATE, &page)
        .map_err(|error| RenderError::Template {
            template: "demo/index.html.hbs".to_owned(),
            reason: error.to_string(),
        })
}

fn ran(outcome: &RunOutcome) -> Ran<'_> {
    Ran {
        job: &outcome.run.job,
        period: &outcome.run.period_id,
        run_id: &outcome.run.run_id,
        state: outcome.run.state.to_string(),
    }
}

fn what(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        _ if name.ends_with(".manifest.json") => "the manifest",
        Some((_, "html")) => "the page",
        Some((_, "xlsx")) => "the workbook",
        Some((_, "csv")) => "one figure per row",
        Some((_, "json")) => "the report document",
        Some((_, "txt")) => "plain text",
        _ => "a file",
    }
}

fn kilobytes(bytes: u64) -> String {
    format!("{} KB", bytes.div_ceil(1000))
}

//! Cross-checks: a [`Document`] becomes a [`Plan`], or every problem is told. Pure but for looking whether files are there.

#![allow(
    clippy::option_option,
    reason = "the outer None is a problem that was told, the inner one a key that was left out"
)]

mod anomalies;
mod budgets;
mod deliveries;
mod dispersl;
mod gates;
mod jobs;
mod reconcile;
mod report;
mod schedule;
mod send;
mod service;
mod sources;
mod templates;
mod values;

use crate::config::document::Document;
use crate::config::layers::Layers;
use crate::config::locate::{Part, SourceText};
use crate::config::plan::Plan;
use crate::config::problem::{KeyPath, Place, Problem, Problems};
use crate::config::read::read;
use figment::value::Value;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest name of a job, source or delivery.
const LONGEST_NAME: usize = 63;

/// What the checks share: the file with its places, and the list of problems.
#[derive(Debug)]
pub(super) struct Check<'a> {
    source: SourceText,
    layers: &'a Layers,
    /// As merged, for the places of problems: a configuration without any never asks for it.
    values: OnceCell<Value>,
    /// Folder against which relative paths are resolved.
    base: &'a Path,
    problems: Vec<Problem>,
    /// Values that were taken out after their problem was told: they must not be called missing as well.
    excused: BTreeSet<KeyPath>,
    /// Cron patterns that were parsed already.
    patterns: BTreeMap<String, Arc<croner::Cron>>,
}

/// Checks everything. `file` is the absolute path of the configuration, for the plan.
pub(super) fn check(
    source: SourceText,
    layers: &Layers,
    file: PathBuf,
    base: &Path,
    problems: Vec<Problem>,
) -> Result<Plan, Problems> {
    let mut cx = Check {
        source,
        layers,
        values: OnceCell::new(),
        base,
        problems,
        excused: BTreeSet::new(),
        patterns: BTreeMap::new(),
    };
    let document = read(&mut cx, layers.values());
    let plan = cx.plan(&document, file);
    match plan {
        Some(plan) if cx.problems.is_empty() => Ok(plan),
        _ => Err(Problems::sorted(cx.problems)),
    }
}

impl Check<'_> {
    /// The plan; `None` where a problem left nothing to plan with.
    fn plan(&mut self, document: &Document, file: PathBuf) -> Option<Plan> {
        let service = service::service(self, document);
        let sources = self.named("sources", &document.sources, sources::source);
        let deliveries = self.named("deliveries", &document.deliveries, deliveries::delivery);
        let jobs = self.named("jobs", &document.jobs, |cx, at, name, entry| {
            jobs::job(cx, at, name, entry, document)
        });
        if document.jobs.is_empty() && self.problems.is_empty() && !self.is_excused(&KeyPath::of(["jobs"])) {
            self.report(
                &KeyPath::of(["jobs"]),
                "there is no job",
                Some("add `[jobs.NAME]`; `reportwire init` writes an example".into()),
            );
        }
        Some(Plan {
            file,
            service: service?,
            sources,
            deliveries,
            jobs,
        })
    }

    /// Checks each entry of a room and its name.
    fn named<E, P>(
        &mut self,
        room: &str,
        entries: &BTreeMap<String, E>,
        mut check: impl FnMut(&mut Self, &KeyPath, &str, &E) -> Option<P>,
    ) -> BTreeMap<String, P> {
        let mut plans = BTreeMap::new();
        for (name, entry) in entries {
            let at = KeyPath::of([room, name]);
            if !is_name(name) {
                let hint = format!(
                    "write `{}`: lower-case letters, digits and dashes, at most 63",
                    lowered(name)
                );
                self.report_key(&at, "not a name", Some(hint));
            }
            if let Some(plan) = check(self, &at, name, entry) {
                plans.insert(name.clone(), plan);
            }
        }
        plans
    }

    /// Notes a problem with the value at `path`, or with its absence.
    pub(super) fn report(&mut self, path: &KeyPath, label: &str, hint: Option<String>) {
        self.report_as(path, Part::Value, headline(path), label, hint);
    }

    /// Notes a problem with the key at `path`.
    fn report_key(&mut self, path: &KeyPath, label: &str, hint: Option<String>) {
        self.report_as(path, Part::Key, headline(path), label, hint);
    }

    /// Notes a problem under its own headline.
    pub(super) fn report_as(
        &mut self,
        path: &KeyPath,
        part: Part,
        what: String,
        label: &str,
        hint: Option<String>,
    ) {
        let mut place = self.source.place(path, part);
        let values = self.values.get_or_init(|| self.layers.values());
        if let Some(origin) = self.layers.outside(values, path) {
            place = Place {
                origin,
                key: path.clone(),
                excerpt: None,
            };
        }
        self.problems.push(Problem {
            place,
            what,
            label: label.to_owned(),
            hint,
        });
    }

    /// Keeps the value at `path` out of all excerpts.
    pub(super) fn hide(&mut self, path: &KeyPath) {
        self.source.hide(path);
    }

    /// How many problems there are so far.
    pub(super) fn problem_count(&self) -> usize {
        self.problems.len()
    }

    /// Remembers that what is missing at `path` has been told already.
    pub(super) fn excuse(&mut self, path: KeyPath) {
        self.excused.insert(path);
    }

    /// Whether a problem with `path`, or with a table around it, has been told already.
    fn is_excused(&self, path: &KeyPath) -> bool {
        (0..=path.keys().len()).any(|length| self.excused.contains(&KeyPath::of(&path.keys()[..length])))
    }

    /// Whether a problem with something in the table `at` has been told already.
    fn is_excused_within(&self, at: &KeyPath) -> bool {
        self.excused.iter().any(|path| path.keys().starts_with(at.keys()))
    }

    /// What was written at `path` in the environment or on the command line.
    pub(super) fn raw(&self, path: &KeyPath) -> Option<&str> {
        self.layers.raw(path)
    }

    /// The value of a key that must be there.
    fn required<'e, T>(
        &mut self,
        at: &KeyPath,
        key: &str,
        value: Option<&'e T>,
        hint: &str,
    ) -> Option<&'e T> {
        if value.is_none() {
            let path = at.join(key);
            if !self.is_excused(&path) {
                self.report(&path, &format!("`{key}` is missing"), Some(hint.to_owned()));
            }
        }
        value
    }

    /// Tells that a table has not exactly one of `kinds`; `found` are those it has.
    fn one_kind(&mut self, at: &KeyPath, found: &[&str], kinds: &str) {
        if let [_, second, ..] = found {
            let hint = format!(
                "give each kind a name of its own; here are {}",
                crate::config::read::list(found)
            );
            self.report_key(&at.join(second), "a second kind under one name", Some(hint));
        } else if found.is_empty() && !self.is_excused(at) && !self.is_excused_within(at) {
            self.report_key(
                at,
                "has no kind",
                Some(format!("write `[{at}.KIND]`; kinds are {kinds}")),
            );
        }
    }

    /// An absolute path; relative ones are relative to the configuration file.
    fn resolve(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }
}

/// `text` with the job, source or delivery in front that `path` belongs to.
pub(super) fn subject(path: &KeyPath, text: &str) -> String {
    match owner(path) {
        Some(owner) => format!("{owner}: {text}"),
        None => text.to_owned(),
    }
}

/// What cannot work because of a problem at `path`.
fn headline(path: &KeyPath) -> String {
    const SCHEDULING: [&str; 2] = ["schedule", "timezone"];
    let owner = owner(path);
    match (path.keys(), owner) {
        ([room, _, key, ..], Some(owner)) if room == "jobs" && SCHEDULING.contains(&key.as_str()) => {
            format!("{owner} cannot be scheduled")
        }
        ([room, ..], Some(owner)) if room == "jobs" => format!("{owner} cannot run"),
        (_, Some(owner)) => format!("{owner} cannot be used"),
        ([room, key], None) if room == "service" && key == "rates" => {
            "the table of exchange rates cannot be used".into()
        }
        ([room, ..], None) if room == "service" => "the service cannot start".into(),
        _ => "the configuration cannot be used".into(),
    }
}

/// The job, source or delivery that `path` belongs to.
fn owner(path: &KeyPath) -> Option<String> {
    let [room, name, ..] = path.keys() else {
        return None;
    };
    let word = match room.as_str() {
        "jobs" => "job",
        "sources" => "source",
        "deliveries" => "delivery",
        _ => return None,
    };
    let name: String = crate::config::problem::shown(name)
        .chars()
        .take(LONGEST_NAME)
        .collect();
    Some(format!("{word} `{name}`"))
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=LONGEST_NAME).contains(&name.len())
        && name.starts_with(fits)
        && name.chars().all(|c| fits(c) || c == '-')
}

/// The name that comes nearest to one that is not allowed.
fn lowered(name: &str) -> String {
    let dashed: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(LONGEST_NAME)
        .collect();
    let trimmed = dashed.trim_matches('-');
    if trimmed.is_empty() {
        "main".into()
    } else {
        trimmed.into()
    }
}

/// The nearest of `known` within a third of the length, letters' case aside.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let name: String = name.chars().take(100).collect::<String>().to_lowercase();
    let limit = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|other| (strsim::damerau_levenshtein(&name, &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

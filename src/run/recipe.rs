//! The recipe of a run: everything besides its snapshot that decides the bytes of its artifacts.
//!
//! It is stored with the run, so that `replay` can make the same bytes again although the configuration has changed.

use super::RunError;
use super::earlier;
use super::late::{self, Follows, Late};
use crate::config::Plan;
use crate::config::plan::{
    Anomalies, BudgetPlan, DeliveryPlan, Format, Gates, JobPlan, Reconcile, ReportPlan, Send, When,
};
use crate::delivery::{Edition, file_drop};
use crate::language::say;
use crate::money::Currency;
use crate::money::rates::{self, Rates, RatesFault};
use crate::period::{Period, Shape};
use crate::render::{self, FileNames, Look, RenderError};
use crate::report::restatement::{self, Restated};
use crate::report::rules::{self, Judged};
use crate::report::{self, Alert, Brief, Notice, Report, gate};
use crate::source::{self, Conversion, Dataset, Export, Need, Snapshot, SourceError, SourceKind};
use base64::Engine as _;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// File in a source's snapshot folder that says why the source could not be had.
const FAILURE: &str = "failure.txt";

/// File beside the sources' snapshots: the exchange rates as they were.
const RATES: &str = "rates.csv";

/// Largest template or logo that is read, in bytes.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Largest font that is read, in bytes: those of Chinese and Japanese are large.
const LARGEST_FONT: u64 = 64 * 1024 * 1024;

/// How deep the folder of templates may be.
const DEEPEST_FOLDER: usize = 4;

/// Everything besides the snapshot that decides the bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recipe {
    /// Version of the program.
    pub program: String,
    /// The job's name.
    pub job: String,
    /// The job's title.
    pub title: String,
    /// Which report.
    pub report: ReportPlan,
    /// The period.
    pub period: Period,
    /// The zone in which its dates were chosen.
    pub timezone: Tz,
    /// The reporting currency.
    pub currency: Currency,
    /// The formats, in order.
    pub formats: Vec<Format>,
    /// How it looks.
    pub look: Look,
    /// The sources, in order.
    pub sources: Vec<Ingredient>,
    /// Templates of subjects, by the name of the e-mail delivery that has its own.
    pub subjects: BTreeMap<String, String>,
    /// Whether sources are added up where meaning and currency agree.
    #[serde(default)]
    pub combine: bool,
    /// What is tied out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile: Option<Reconcile>,
    /// What may be spent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetPlan>,
    /// When a day is unusual; `None`: nobody looks for such days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anomalies: Option<Anomalies>,
    /// Whether a source that cannot be had leaves the report incomplete instead of failing the run.
    pub allow_partial: bool,
    /// Whether a mail goes out, for which charts are drawn as pictures.
    pub mail: bool,
    /// Where the files lie for readers of a chat.
    pub places: Vec<String>,
    /// Sources that are not final until their data reach the end of the period.
    #[serde(default)]
    pub wait_for: Vec<String>,
    /// The provisional run that it is the final one of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Follows>,
    /// Rules of which one must newly hold for the report to go out; what they find is told in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<When>,
}

/// What a finished report is judged by.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// The gates of the job.
    pub gates: Gates,
    /// The values of the gate's metric in reports that were delivered before, the newest first.
    pub norm: Vec<Decimal>,
    /// Which reports of the job go out.
    pub send: Send,
}

/// What comes of a recipe.
#[derive(Debug)]
pub struct Product {
    /// Everything that may be delivered.
    pub edition: Edition,
    /// Why it goes out to nobody; `None`: it goes out, or is to be held.
    pub unsent: Option<String>,
    /// Whether nobody gets earlier figures any more although it goes out to nobody: no gate would hold it.
    pub withdraws: bool,
    /// The version before it, where its figures are not known to differ.
    pub same_as: Option<String>,
    /// Why it is to be held; empty: it may go out.
    pub held: Vec<String>,
    /// The value of the gate's metric, for the norm of later reports.
    pub measured: Option<Decimal>,
    /// Sources whose data do not reach the end of the period, each with the last day that they have.
    pub late: Vec<Late>,
    /// Its figures, for later revisions, packed.
    pub figures: Vec<u8>,
    /// The run that made the version before it; `None`: none was delivered.
    pub before: Option<String>,
    /// Its rules, judged; empty where they were not asked.
    pub judged: Vec<Judged>,
    /// What the owner is told of, each once.
    pub alerts: Vec<Alert>,
}

/// What is known of a run before it begins: its period. A whole [`Recipe`] can be read as one, too.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Birth {
    /// The period.
    pub period: Period,
    /// The provisional run that it is the final one of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Follows>,
}

/// What the snapshots of all sources say, what could not be had, and exports by source.
type Decoded = (Vec<Dataset>, Vec<Notice>, Vec<(String, Export)>);

/// A source of a [`Recipe`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ingredient {
    /// Its name in the configuration.
    pub name: String,
    /// Its kind.
    pub kind: SourceKind,
}

/// What identifies a run among its like.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Which run.
    pub run_id: String,
    /// 1, 2, 3 …
    pub revision: u32,
    /// The true time of the run, UTC, in whole seconds.
    pub generated_at: DateTime<Utc>,
    /// See [`Edition::issue`].
    pub issue: String,
}

impl Recipe {
    /// The recipe of `job` for `period`; reads overriding templates and the logo.
    ///
    /// # Errors
    /// [`RunError::Request`] if a template or the logo cannot be read.
    pub fn of(plan: &Plan, job: &JobPlan, period: &Period, deliveries: &[String]) -> Result<Self, RunError> {
        let chosen = || deliveries.iter().filter_map(|name| plan.deliveries.get(name));
        let mut look = Look {
            locale: job.locale.clone(),
            brand: job.brand.clone(),
            file_name: job.file_name.clone(),
            ..Look::default()
        };
        if let Some(folder) = &job.template {
            look.templates = templates(folder)?;
        }
        if let Some(logo) = &job.brand.logo {
            look.logo = Some(base64::engine::general_purpose::STANDARD.encode(read(logo)?));
        }
        let sources = job.sources.iter().filter_map(|name| {
            let kind = plan.sources.get(name)?.kind();
            Some(Ingredient {
                name: name.clone(),
                kind,
            })
        });
        Ok(Self {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            job: job.name.clone(),
            title: job.title.clone(),
            report: job.report.clone(),
            period: period.clone(),
            timezone: job.timezone,
            currency: job.currency,
            formats: job.formats.clone(),
            look,
            sources: sources.collect(),
            subjects: subjects(plan, deliveries),
            combine: job.combine,
            reconcile: job.reconcile.clone(),
            budgets: job.budgets.clone(),
            anomalies: job.anomalies.clone(),
            allow_partial: job.allow_partial,
            mail: chosen().any(|delivery| matches!(delivery, DeliveryPlan::Email(_))),
            places: chosen()
                .filter_map(|delivery| place(delivery, job, period))
                .collect(),
            wait_for: job
                .wait_until
                .as_ref()
                .map_or_else(Vec::new, |wait| wait.sources.clone()),
            follows: None,
            when: job.when.clone(),
        })
    }

    /// The same for a run that follows a provisional one: it waits for what was late then, whatever the job waits for now.
    #[must_use]
    pub fn following(mut self, follows: Option<Follows>) -> Self {
        for source in follows.iter().flat_map(|follows| &follows.sources) {
            let known = self.sources.iter().any(|it| it.name == *source);
            if known && !self.wait_for.contains(source) {
                self.wait_for.push(source.clone());
            }
        }
        self.follows = follows;
        self
    }

    /// The recipe as it is stored with its run.
    ///
    /// # Errors
    /// [`RunError::Failed`] if it cannot be written, which no recipe of a plan is.
    pub fn written(&self) -> Result<String, RunError> {
        serde_json::to_string(self).map_err(|error| RunError::Failed(error.to_string()))
    }

    /// The periods that every source is asked for.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        report::needs(&self.report, &self.period, self.looks_back())
    }

    /// Whether the days before the period are needed: what is over is not forecast.
    fn looks_back(&self) -> bool {
        let forecasts = !self.budgets.is_empty() && !matches!(self.period.shape(), Shape::Whole(_));
        forecasts || self.anomalies.is_some()
    }

    /// Decodes the snapshot, computes the report, renders everything and judges it. Pure but for reading the snapshot.
    ///
    /// # Errors
    /// [`RunError`] where an answer cannot be what the platform's protocol says, or a template is wrong.
    pub fn produce(
        &self,
        identity: &Identity,
        snapshot_dir: &Path,
        trial: &Trial,
    ) -> Result<Product, RunError> {
        let rates = kept_rates(snapshot_dir)?;
        let (mut datasets, failures, exports) = self.decode(snapshot_dir, rates.as_ref())?;
        let late = late::stamp(&mut datasets, &self.wait_for, &self.period, self.timezone);
        let mut report = report::build(&self.brief(identity), &datasets, &failures, rates.as_ref());
        let figures = earlier::packed(&restatement::version(&report))?;
        let restated = earlier::previous(snapshot_dir)?.map(|it| restatement::restate(&mut report, &it));
        if restated.is_none() {
            restatement::first(&mut report);
        }
        let known = earlier::rules(snapshot_dir)?;
        let judged = known.map_or_else(Vec::new, |known| rules::judge(&report, &self.when, &known));
        report.notices.splice(0..0, rules::notices(&judged));
        let rows = gate::rows(&datasets, &self.period);
        let follows = self.follows.as_ref().map(|follows| follows.run_id.as_str());
        let unsent = rules::unsent(&report, trial.send, restated, rows, &judged, follows);
        let mut held = gate::judge(&report, &trial.gates, rows, &trial.norm);
        // What goes out to nobody need not be held; but what no gate has let through says nothing about what is normal.
        let measured =
            gate::value(&report, trial.gates.metric()).filter(|_| unsent.is_none() || held.is_empty());
        let withdraws = unsent.is_some() && held.is_empty();
        if unsent.is_some() {
            held.clear();
        }
        let edition = self.edition(&report, &identity.issue, &exports)?;
        let before = report.restates.map(|earlier| earlier.run_id);
        Ok(Product {
            edition,
            unsent,
            withdraws,
            same_as: before.clone().filter(|_| restated != Some(Restated::Changed)),
            held: held.into_iter().map(|held| held.text).collect(),
            measured,
            late,
            figures,
            before,
            judged,
            alerts: report.alerts,
        })
    }

    fn edition(
        &self,
        report: &Report,
        issue: &str,
        exports: &[(String, Export)],
    ) -> Result<Edition, RunError> {
        let mut artifacts = render::render(report, &self.formats, &self.look)?;
        for (source, export) in exports {
            let export = render::export::artifact(report, &self.look, (source, export), &artifacts)?;
            artifacts.push(export);
        }
        let mut look = self.look.clone();
        if self.mail {
            look.fonts = fonts(&look.brand.fonts)?;
        }
        Ok(Edition {
            run_id: report.run_id.clone(),
            job: report.job.clone(),
            title: report.title.clone(),
            revision: report.revision,
            issue: issue.to_owned(),
            period_id: report.period.id.clone(),
            period: serde_json::json!({
                "id": report.period.id,
                "start": report.period.start,
                "end": report.period.end,
                "timezone": report.period.timezone,
            }),
            generated_at: report.generated_at,
            manifest: render::manifest::artifact(report, &artifacts, &self.look)?,
            mail: render::mail::render(report, &look, &artifacts, self.mail)?,
            unattached: render::mail::unattached(&self.look, &artifacts),
            subjects: self.subjects(report)?,
            digest: render::digest::render(report, &self.look)?,
            figures: render::csv::summary_rows(report),
            notices: report
                .notices
                .iter()
                .map(|notice| worded(notice, report))
                .collect(),
            places: self.places.clone(),
            artifacts,
        })
    }

    /// The subjects of the e-mail deliveries that have their own.
    fn subjects(&self, report: &Report) -> Result<BTreeMap<String, String>, RenderError> {
        let written = self.subjects.iter().map(|(delivery, template)| {
            let look = Look {
                subject: Some(template.clone()),
                ..self.look.clone()
            };
            Ok((delivery.clone(), render::mail::subject_line(report, &look)?))
        });
        written.collect()
    }

    fn brief(&self, identity: &Identity) -> Brief {
        Brief {
            run_id: identity.run_id.clone(),
            job: self.job.clone(),
            title: self.title.clone(),
            report: self.report.clone(),
            revision: identity.revision,
            period: self.period.clone(),
            timezone: self.timezone,
            currency: self.currency,
            combine: self.combine,
            reconcile: self.reconcile.clone(),
            budgets: self.budgets.clone(),
            generated_at: identity.generated_at,
            anomalies: self.anomalies.clone(),
        }
    }

    /// The datasets, a notice for each source that could not be had where the job allows a partial report, and the files that the
    /// sources themselves export.
    fn decode(&self, snapshot_dir: &Path, rates: Option<&Rates>) -> Result<Decoded, RunError> {
        let (mut datasets, mut failures, mut exports) = (Vec::new(), Vec::new(), Vec::new());
        for ingredient in &self.sources {
            let dir = snapshot_dir.join(&ingredient.name);
            if let Ok(reason) = std::fs::read_to_string(dir.join(FAILURE)) {
                failures.push(failure(&ingredient.name, &reason));
                continue;
            }
            match self.dataset(ingredient, &dir, rates) {
                Ok((dataset, files)) => {
                    datasets.push(dataset);
                    exports.extend(files.into_iter().map(|file| (ingredient.name.clone(), file)));
                }
                Err(error) if self.allow_partial && self.sources.len() > 1 => {
                    failures.push(failure(&ingredient.name, &error.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let (true, Some(nothing)) = (datasets.is_empty(), failures.first()) {
            return Err(RunError::Failed(nothing.text.clone().into()));
        }
        Ok((datasets, failures, exports))
    }

    fn dataset(
        &self,
        ingredient: &Ingredient,
        dir: &Path,
        rates: Option<&Rates>,
    ) -> Result<(Dataset, Vec<Export>), SourceError> {
        let Ingredient { name, kind } = ingredient;
        let snapshot = Snapshot::open(dir).map_err(|cause| SourceError::Snapshot {
            source_name: name.clone(),
            cause,
        })?;
        let needs = self.needs();
        let mut dataset = source::decode(name, *kind, &needs, &snapshot, self.timezone)?;
        let foreign = dataset.currency.is_some_and(|own| own != self.currency);
        if let Some(rates) = rates.filter(|_| foreign) {
            let conversion = Conversion {
                rates,
                into: self.currency,
            };
            dataset.at_own_rates = source::converted(name, *kind, &needs, &snapshot, conversion)?;
        }
        Ok((dataset, source::exports(*kind, &snapshot)))
    }
}

fn failure(source: &str, reason: &str) -> Notice {
    Notice {
        source: Some(source.to_owned()),
        text: say!("source-absent", "reason" = reason),
        missing: true,
    }
}

/// Templates of subjects, by the name of the e-mail delivery that has its own.
fn subjects(plan: &Plan, deliveries: &[String]) -> BTreeMap<String, String> {
    let own = deliveries
        .iter()
        .filter_map(|name| match plan.deliveries.get(name) {
            Some(DeliveryPlan::Email(email)) => Some((name.clone(), email.subject.clone()?)),
            _ => None,
        });
    own.collect()
}

/// What is wrong with the templates of `job`: its file names, overriding files and mail subjects; tried on a specimen. `names` serves all
/// jobs of a plan.
///
/// # Errors
/// [`RunError::Request`] if a file cannot be read.
pub fn template_problems(
    plan: &Plan,
    job: &JobPlan,
    names: &mut FileNames,
) -> Result<Vec<RenderError>, RunError> {
    let files = job
        .template
        .as_deref()
        .map(templates)
        .transpose()?
        .unwrap_or_default();
    let subjects = subjects(plan, &job.deliveries);
    let subjects: Vec<&str> = subjects.values().map(String::as_str).collect();
    let tried = render::try_names(names, (&job.name, &job.title), &job.file_name, &job.formats);
    let mut problems: Vec<RenderError> = tried.err().into_iter().collect();
    fonts(&job.brand.fonts)?;
    if !files.is_empty() || !subjects.is_empty() {
        problems.extend(render::templates::validate(&files, subjects.first().copied()));
    }
    let others = subjects.iter().skip(1);
    problems.extend(others.flat_map(|subject| render::templates::validate(&BTreeMap::new(), Some(subject))));
    Ok(problems)
}

/// A notice as it leaves the house without its report: it says about which source it is, where there are several.
fn worded(notice: &Notice, report: &Report) -> String {
    match &notice.source {
        Some(source) if report.sources.len() + report.absent.len() > 1 => {
            format!("{source}: {}", notice.text)
        }
        _ => notice.text.to_string(),
    }
}

/// Notes in the snapshot that a source could not be had.
///
/// # Errors
/// What the disk said.
pub(super) fn note_failure(dir: &Path, reason: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    std::fs::write(dir.join(FAILURE), reason)
}

/// Keeps the exchange rates of today with the snapshot, so that a report that is rebuilt has the rates that it was made with.
///
/// # Errors
/// [`RunError::Io`] if the disk says no, [`RunError::Failed`] if the file is no table of rates any more.
pub(super) fn keep_rates(file: &Path, snapshot_dir: &Path) -> Result<(), RunError> {
    readable(file)?;
    std::fs::create_dir_all(snapshot_dir).map_err(|cause| RunError::disk(snapshot_dir, cause))?;
    let kept = snapshot_dir.join(RATES);
    std::fs::copy(file, &kept)
        .map(drop)
        .map_err(|cause| RunError::disk(&kept, cause))
}

fn kept_rates(snapshot_dir: &Path) -> Result<Option<Rates>, RunError> {
    let file = snapshot_dir.join(RATES);
    file.exists().then(|| readable(&file)).transpose()
}

fn readable(file: &Path) -> Result<Rates, RunError> {
    rates::file(file).map_err(|fault| match fault {
        RatesFault::Disk(cause) => RunError::disk(file, cause),
        RatesFault::Content(error) => RunError::Failed(format!("{}: {error}", file.display())),
    })
}

/// The folder of a file drop, for readers of a chat.
fn place(delivery: &DeliveryPlan, job: &JobPlan, period: &Period) -> Option<String> {
    let DeliveryPlan::FileDrop(drop) = delivery else {
        return None;
    };
    let words = serde_json::json!({"id": period.id(), "start": period.start(), "end": period.last_day()});
    Some(
        file_drop::folder(&drop.path, &job.name, &words)
            .ok()?
            .display()
            .to_string(),
    )
}

/// The overriding templates of a folder by relative path with `/`; links are not followed.
fn templates(folder: &Path) -> Result<BTreeMap<String, String>, RunError> {
    let mut found = BTreeMap::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((dir, prefix)) = folders.pop() {
        for entry in std::fs::read_dir(&dir).map_err(|cause| unreadable(&dir, &cause))? {
            let entry = entry.map_err(|cause| unreadable(&dir, &cause))?;
            let kind = entry.file_type().map_err(|cause| unreadable(&dir, &cause))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if kind.is_dir() && prefix.matches('/').count() < DEEPEST_FOLDER {
                folders.push((entry.path(), format!("{name}/")));
            } else if kind.is_file()
                && entry
                    .path()
                    .extension()
                    .is_some_and(|ext| ext == "hbs" || ext == "ftl")
            {
                let text = String::from_utf8(read(&entry.path())?).map_err(|_| {
                    RunError::Request(format!("template {} is not UTF-8", entry.path().display()))
                })?;
                found.insert(name, text);
            }
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    read_within(path, LARGEST_FILE)
}

fn read_within(path: &Path, largest: u64) -> Result<Vec<u8>, RunError> {
    let size = std::fs::metadata(path)
        .map_err(|cause| unreadable(path, &cause))?
        .len();
    if size > largest {
        return Err(RunError::Request(format!(
            "{} is larger than {} MiB",
            path.display(),
            largest >> 20
        )));
    }
    std::fs::read(path).map_err(|cause| unreadable(path, &cause))
}

/// The fonts of the brand; pictures are the only thing that they decide, and these are never made again.
fn fonts(files: &[PathBuf]) -> Result<Vec<Arc<Vec<u8>>>, RunError> {
    let font = |file: &PathBuf| {
        let bytes = Arc::new(read_within(file, LARGEST_FONT)?);
        if render::is_font(&bytes) {
            return Ok(bytes);
        }
        Err(RunError::Request(format!(
            "{} is no TrueType or OpenType font; `brand.fonts` takes .ttf, .otf and .ttc files",
            file.display()
        )))
    };
    files.iter().map(font).collect()
}

fn unreadable(path: &Path, cause: &std::io::Error) -> RunError {
    RunError::Request(format!("{} cannot be read: {cause}", path.display()))
}

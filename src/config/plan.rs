//! What the program runs on: the configuration, proven. Nothing here is left to parse, default or check.

mod almyty;
mod anomalies;
mod budget;
mod dispersl;
mod gates;
mod reconcile;
mod report;
mod schedule;
mod send;

pub use almyty::{AlmytyPlan, AlmytySurface, CostUnit};
pub use anomalies::{Anomalies, Event, OnEvent};
pub use budget::{BudgetPlan, BudgetScope, BudgetUnit, Phasing};
pub use dispersl::{BilledIn, DisperslPlan, Exported, Tier};
pub use gates::{Gates, MaxChange, WaitUntil};
pub use reconcile::{KnownGap, Reconcile, SharedSplit, UsageAgainstBill};
pub use report::{Against, ReportKind, ReportPlan, TrendDays};
pub use schedule::{CatchUp, DayRule, Rule, Schedule};
pub use send::{Condition, Rearm, Send, When};

use crate::config::secret::Secret;
use crate::money::Currency;
pub use crate::period::CalendarUnit;
use crate::period::{Calendar, PeriodRule};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The file it came from, absolute; relative paths inside it have been resolved against its folder.
    pub file: PathBuf,
    /// What holds for all jobs.
    pub service: Service,
    /// The sources by name.
    pub sources: BTreeMap<String, SourcePlan>,
    /// The deliveries by name.
    pub deliveries: BTreeMap<String, DeliveryPlan>,
    /// The jobs by name.
    pub jobs: BTreeMap<String, JobPlan>,
}

/// `[service]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Folder of the embedded store, snapshots and artifacts.
    pub data_dir: PathBuf,
    /// Zone in which the owner is told times; jobs may have their own.
    pub timezone: Tz,
    /// Who hears of failed, missed and held reports.
    pub owner: Vec<String>,
    /// Through which delivery the owner hears; `None` where there is no e-mail delivery at all.
    pub owner_delivery: Option<String>,
    /// Through which delivery of any kind the owner hears where that one fails.
    pub owner_fallback: Option<String>,
    /// File of exchange rates.
    pub rates: Option<PathBuf>,
    /// Address of console, health and metrics of `serve`.
    pub listen: String,
    /// Database (`postgres://…`) that several replicas share; `None`: the embedded store in `data_dir`.
    pub store: Option<Secret>,
    /// Most runs under way at once in this process.
    pub runs_at_once: usize,
    /// Most attempts under way at once to one host.
    pub sends_at_once: usize,
    /// Asked after each minute in which the service is well.
    pub ping_url: Option<Secret>,
    /// Longest wait for runs under way when the service is told to stop.
    pub stop_within: Duration,
    /// How long snapshots are kept; `None`: for ever.
    pub keep_snapshots: Option<Duration>,
    /// How long artifacts are kept; `None`: for ever.
    pub keep_artifacts: Option<Duration>,
}

/// A job, with the service's defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct JobPlan {
    /// Its name in the configuration.
    pub name: String,
    /// What readers see; default: the name.
    pub title: String,
    /// Whether its schedule counts; `run` works either way.
    pub enabled: bool,
    /// Zone in which it falls due and in which its dates are chosen.
    pub timezone: Tz,
    /// BCP 47 language tag for numbers and dates.
    pub locale: String,
    /// Reporting currency.
    pub currency: Currency,
    /// Who hears of trouble with it.
    pub owner: Vec<String>,
    /// When it falls due; `None`: only by hand.
    pub schedule: Option<Schedule>,
    /// Names of its sources, at least one.
    pub sources: Vec<String>,
    /// Sources whose data the run waits for, and how long.
    pub wait_until: Option<WaitUntil>,
    /// Which period a run reports.
    pub period: PeriodRule,
    /// Start of the fiscal year.
    pub calendar: Calendar,
    /// Formats to render, each once.
    pub formats: Vec<Format>,
    /// Names of its deliveries; may be empty (`run` then renders and records only).
    pub deliveries: Vec<String>,
    /// Which report.
    pub report: ReportPlan,
    /// What happens to occurrences missed while nothing ran.
    pub catch_up: CatchUp,
    /// Longest time a run may take from start to the last attempt of this process.
    pub deadline: Duration,
    /// Folder whose files override templates of the same relative path.
    pub template: Option<PathBuf>,
    /// Handlebars template of artifact names.
    pub file_name: String,
    /// Name, colour and logo of the reader's company.
    pub brand: Brand,
    /// Deliver although a source failed, marked as incomplete.
    pub allow_partial: bool,
    /// Add sources up where meaning and currency agree.
    pub combine: bool,
    /// What a report must pass before it is delivered.
    pub gates: Gates,
    /// Which reports go out.
    pub send: Send,
    /// Rules of which one must newly hold for a report to go out; empty: none need.
    pub when: Vec<When>,
    /// What a report ties out.
    pub reconcile: Option<Reconcile>,
    /// What may be spent, by the names of the budgets.
    pub budgets: Vec<BudgetPlan>,
    /// When a day is unusual; `None`: nobody looks for such days.
    pub anomalies: Option<Anomalies>,
}

/// `formats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One self-contained page.
    Html,
    /// One workbook.
    Xlsx,
    /// One figure per row.
    Csv,
    /// The report document.
    Json,
    /// Plain text.
    Text,
}

impl Format {
    /// File name extension: `html`, `xlsx`, `csv`, `json`, `txt`.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Text => "txt",
        }
    }

    /// Media type of the file.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

/// `brand`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Shown above the title.
    pub name: Option<String>,
    /// Accent colour, `#rrggbb`.
    pub accent: Option<String>,
    /// Picture shown beside the name: a PNG file.
    pub logo: Option<PathBuf>,
    /// Fonts for letters that the embedded one lacks.
    #[serde(default)]
    pub fonts: Vec<PathBuf>,
}

/// `[sources.NAME.KIND]`.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a program has a handful of sources")]
pub enum SourcePlan {
    /// Globant Enterprise AI.
    Geai(GeaiPlan),
    /// Dispersl.
    Dispersl(DisperslPlan),
    /// Usage files in our interchange format.
    UsageFile(UsageFilePlan),
    /// FOCUS billing exports.
    FocusFile(FocusFilePlan),
    /// almyty.
    Almyty(AlmytyPlan),
}

impl SourcePlan {
    /// Most runs that ask this source at once; `None`: as many as the service runs.
    #[must_use]
    pub fn runs_at_once(&self) -> Option<usize> {
        match self {
            Self::UsageFile(usage) => usage.runs_at_once,
            Self::FocusFile(focus) => focus.runs_at_once,
            Self::Geai(_) | Self::Dispersl(_) | Self::Almyty(_) => self.server()?.1.runs_at_once,
        }
    }

    /// The word for its kind and where it answers; `None`: it is no platform.
    #[must_use]
    pub fn server(&self) -> Option<(&'static str, &ServerPlan)> {
        match self {
            Self::Geai(geai) => Some(("geai", &geai.server)),
            Self::Dispersl(dispersl) => Some(("dispersl", &dispersl.server)),
            Self::Almyty(almyty) => Some(("almyty", &almyty.server)),
            Self::UsageFile(_) | Self::FocusFile(_) => None,
        }
    }
}

/// What the sources have in common that ask a platform: where it answers, what opens it, and how patient we are.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerPlan {
    /// Where it answers; may carry a path prefix.
    pub base_url: Url,
    /// What opens it, sent to this origin only.
    pub api_key: Secret,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for one whole answer, of a long list for its next part.
    pub timeout: Duration,
    /// Tries of one call, the first included.
    pub attempts: u32,
    /// PEM file of certificate authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// See [`SourcePlan::runs_at_once`].
    pub runs_at_once: Option<usize>,
}

/// `[sources.NAME.geai]`.
#[derive(Debug, Clone, PartialEq)]
pub struct GeaiPlan {
    /// Where the platform answers, and what opens it.
    pub server: ServerPlan,
    /// Spares the validation call together with `project_id`.
    pub organization_id: Option<String>,
    /// See `organization_id`.
    pub project_id: Option<String>,
    /// Only this agent's daily requests.
    pub agent: Option<String>,
    /// Calls under way at once.
    pub concurrency: usize,
}

/// `[sources.NAME.usage_file]`.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageFilePlan {
    /// Absolute path or glob of CSV or JSON Lines files, `.gz` allowed.
    pub path: String,
    /// The project list.
    pub projects: Option<PathBuf>,
    /// Whether files are copied into the snapshot.
    pub snapshot_files: SnapshotFiles,
    /// See [`SourcePlan::runs_at_once`].
    pub runs_at_once: Option<usize>,
}

/// `[sources.NAME.focus_file]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FocusFilePlan {
    /// Absolute path or glob of CSV files, `.gz` allowed.
    pub path: String,
    /// Whether files are copied into the snapshot.
    pub snapshot_files: SnapshotFiles,
    /// See [`SourcePlan::runs_at_once`].
    pub runs_at_once: Option<usize>,
}

/// `snapshot_files`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotFiles {
    /// A compressed copy.
    #[default]
    Copy,
    /// Only path and SHA-256.
    Hash,
}

/// `[deliveries.NAME.KIND]`.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a program has a handful of deliveries")]
pub enum DeliveryPlan {
    /// E-mail over SMTP.
    Email(EmailPlan),
    /// Slack incoming webhook.
    Slack(SlackPlan),
    /// Signed generic webhook.
    Webhook(WebhookPlan),
    /// Files into a local folder.
    FileDrop(FileDropPlan),
}

impl DeliveryPlan {
    /// Whether people read what goes out by it, not programs.
    #[must_use]
    pub fn is_read_by_people(&self) -> bool {
        match self {
            Self::Email(_) | Self::Slack(_) => true,
            Self::Webhook(_) | Self::FileDrop(_) => false,
        }
    }
}

/// What the subject of a mail may name.
pub const SUBJECT_VARIABLES: [&str; 17] = [
    "job.title",
    "job.name",
    "period.label",
    "period.id",
    "period.short",
    "period.dates",
    "period.start",
    "period.end",
    "period.base",
    "headline",
    "answer_text",
    "subtitle",
    "movers_note",
    "brand.name",
    "revision.number",
    "foot.run",
    "lang",
];

/// `[deliveries.NAME.email]`.
#[derive(Debug, Clone, PartialEq)]
pub struct EmailPlan {
    /// `Reports <reports@example.com>`.
    pub from: String,
    /// Addresses, each perhaps with a display name.
    pub to: Vec<String>,
    /// See `to`.
    pub cc: Vec<String>,
    /// See `to`.
    pub bcc: Vec<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// One message each, or one message for all.
    pub envelope: Envelope,
    /// Handlebars template of the subject; `None`: the built-in one.
    pub subject: Option<String>,
    /// The server.
    pub smtp: SmtpPlan,
    /// Largest sum of attachments, in bytes, before the mail names the files instead of carrying them.
    pub max_attachment_bytes: u64,
    /// What follows when nobody knows whether a mail arrived.
    pub ambiguous: OnAmbiguous,
}

/// `ambiguous`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnAmbiguous {
    /// It is sent once more, with the same Message-ID.
    #[default]
    Resend,
    /// It waits until somebody decides.
    Hold,
}

/// `envelope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Envelope {
    /// Every address gets its own message.
    #[default]
    Individual,
    /// One message with To and Cc headers.
    Together,
}

/// `smtp`.
#[derive(Debug, Clone, PartialEq)]
pub struct SmtpPlan {
    /// Server name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Login, if the server wants one.
    pub login: Option<(String, Secret)>,
    /// Longest wait at each stage but the last.
    pub timeout: Duration,
    /// PEM file of certificate authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// `tls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Plain first, then STARTTLS, or failure.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// None; loopback hosts only.
    None,
}

/// `[deliveries.NAME.slack]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SlackPlan {
    /// The URL, a secret as a whole.
    pub webhook_url: Secret,
    /// Admits this URL's own host though private or loopback, http included.
    pub allow_private: bool,
    /// Longest wait for one attempt.
    pub timeout: Duration,
}

/// `[deliveries.NAME.webhook]`.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookPlan {
    /// Where to post.
    pub url: Url,
    /// `whsec_…`; unsigned if left out.
    pub signing_secret: Option<Secret>,
    /// The secret before it, during a rotation: both signatures are sent.
    pub previous_signing_secret: Option<Secret>,
    /// Admits this URL's own host though private or loopback, http included.
    pub allow_private: bool,
    /// Longest wait for one attempt.
    pub timeout: Duration,
}

/// `[deliveries.NAME.file_drop]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FileDropPlan {
    /// Absolute folder, a Handlebars template over job and period.
    pub path: String,
}

//! The configuration file, one struct per table. The doc comments are the reference: meaning, unit, default, effect of
//! leaving a key out. Keys without which nothing works are `Option` here all the same, because the check wants to see
//! the rest of the table and tell everything that is missing at once.

pub(super) mod almyty;
pub(super) mod anomalies;
pub(super) mod budget;
pub(super) mod delivery;
pub(super) mod dispersl;
pub(super) mod reconcile;
pub(super) mod report;
pub(super) mod schedule;
pub(super) mod send;
pub(super) mod source;

use crate::config::plan::{CatchUp, Send};
use delivery::DeliveryEntry;
use schedule::ScheduleEntry;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use send::WhenEntry;
use serde::de::value::StrDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, Serialize};
use source::SourceEntry;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The configuration file of reportwire.
///
/// Layers, later ones win: built-in defaults, this file, the environment (`REPORTWIRE__SERVICE__DATA_DIR`), the command
/// line. Relative paths are relative to this file. Names of jobs, sources and deliveries match `[a-z0-9][a-z0-9-]{0,62}`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    /// What holds for all jobs.
    #[serde(default)]
    pub(super) service: ServiceEntry,
    /// Where figures come from: `[sources.NAME.KIND]`, exactly one kind for each name.
    #[serde(default)]
    pub(super) sources: BTreeMap<String, SourceEntry>,
    /// Ways out for reports: `[deliveries.NAME.KIND]`, exactly one kind for each name.
    #[serde(default)]
    pub(super) deliveries: BTreeMap<String, DeliveryEntry>,
    /// The report jobs: `[jobs.NAME]`.
    #[serde(default)]
    pub(super) jobs: BTreeMap<String, JobEntry>,
}

/// `[service]`: what holds for all jobs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServiceEntry {
    /// IANA zone of jobs that name none: it decides when they fall due and which dates a period holds. Default: `UTC`.
    pub(super) timezone: String,
    /// BCP 47 tag for numbers, dates and words in what people read: words in English and Spanish, others as far as a job's
    /// `template` has them. Default: `en-US`.
    pub(super) locale: String,
    /// Reporting currency, ISO 4217. Default: `USD`.
    pub(super) currency: String,
    /// Folder of the embedded store, snapshots and artifacts. Default: `data`.
    pub(super) data_dir: String,
    /// E-mail addresses that hear of failed, missed and held reports. Default: nobody.
    pub(super) owner: Vec<String>,
    /// Name of the e-mail delivery through which the owner hears. Default: the only e-mail delivery; required when
    /// there are several and there is an owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner_delivery: Option<String>,
    /// Name of another delivery, of any kind, through which the owner hears where the first one fails. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner_fallback: Option<String>,
    /// First month of the fiscal year, `"01"` to `"12"`; quarters and years are then fiscal and their ids start with
    /// `FY`. Default: calendar years.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^(0[1-9]|1[0-2])$"))]
    pub(super) fiscal_year_start: Option<String>,
    /// Table of exchange rates: path of a CSV file with the columns `date`, `from`, `to` and `rate`. Amounts of other currencies are
    /// then converted to the job's, each day at its own rate. Default: none, they stay subtotals of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rates: Option<String>,
    /// Address and port of console, health and metrics of `serve`. Default: `127.0.0.1:8321`, loopback only.
    pub(super) listen: String,
    /// Whether a proxy or a firewall decides who may reach `listen`, which may then be any address. Default: `false`.
    pub(super) behind_proxy: bool,
    /// Database (`postgres://…`) that several replicas share, as a reference to its URL: `env:NAME` or `file:PATH`. The
    /// URL itself only without a password. Default: the embedded store in `data_dir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) store: Option<String>,
    /// Most runs under way at once in this process, 1 to 512. Default: 8.
    pub(super) runs_at_once: u64,
    /// Most attempts under way at once to one host, 1 to 64. Default: 4.
    pub(super) sends_at_once: u64,
    /// URL that is asked after each minute in which `serve` is well, so that somebody else notices when it is not: a
    /// reference (`env:NAME`, `file:PATH`) or the `http` or `https` URL itself. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ping_url: Option<String>,
    /// How long `serve` lets runs go on when it is told to stop, `1s` to `10m`; what is not done then goes on after the
    /// next start. Default: `30s`.
    pub(super) stop_within: String,
    /// How long snapshots are kept, in days such as `400d`; `replay` needs them. Default: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) keep_snapshots: Option<String>,
    /// How long artifacts are kept, in days such as `400d`; `resend` and `verify` need them. Default: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) keep_artifacts: Option<String>,
}

impl Default for ServiceEntry {
    fn default() -> Self {
        Self {
            timezone: "UTC".into(),
            locale: "en-US".into(),
            currency: "USD".into(),
            data_dir: "data".into(),
            owner: Vec::new(),
            owner_delivery: None,
            owner_fallback: None,
            fiscal_year_start: None,
            rates: None,
            listen: "127.0.0.1:8321".into(),
            behind_proxy: false,
            store: None,
            runs_at_once: 8,
            sends_at_once: 4,
            ping_url: None,
            stop_within: "30s".into(),
            keep_snapshots: None,
            keep_artifacts: None,
        }
    }
}

/// `[jobs.NAME]`: when, from where, which report, in which formats, to whom.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JobEntry {
    /// What readers see in subjects and headings. Default: the job's name.
    pub(super) title: Option<String>,
    /// Whether the schedule counts; `run` works either way. Default: true.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// IANA zone in which the job falls due and its dates are chosen. Default: the service's.
    pub(super) timezone: Option<String>,
    /// BCP 47 tag for numbers and dates. Default: the service's.
    pub(super) locale: Option<String>,
    /// Reporting currency, ISO 4217. Default: the service's.
    pub(super) currency: Option<String>,
    /// E-mail addresses that hear of trouble with this job. Default: the service's.
    pub(super) owner: Option<Vec<String>>,
    /// When the job falls due: five-field cron with `L`, `W`, `#`, or a table. Left out: only by hand.
    pub(super) schedule: Option<ScheduleEntry>,
    /// Names of the sources, each once.
    #[schemars(required, extend("minItems" = 1))]
    pub(super) sources: Option<Vec<String>>,
    /// Sources whose data must be there before a run starts. Default: a run waits for nothing.
    pub(super) wait_until: Option<WaitUntilEntry>,
    /// What a run reports: `previous_day|week|month|quarter|year`, `month|quarter|year_to_date` or `last_days:N`.
    #[schemars(required)]
    pub(super) period: Option<String>,
    /// First month of the fiscal year, `"01"` to `"12"`. Default: the service's.
    #[schemars(extend("pattern" = "^(0[1-9]|1[0-2])$"))]
    pub(super) fiscal_year_start: Option<String>,
    /// Formats to render, each once: `html`, `xlsx`, `csv`, `json`, `text`.
    #[schemars(required, extend("minItems" = 1, "items" = {"type": "string", "enum": ["html", "xlsx", "csv", "json", "text"]}))]
    pub(super) formats: Option<Vec<String>>,
    /// Names of the deliveries, each once. Default: none; `run` then renders and records only.
    #[serde(default)]
    pub(super) deliveries: Vec<String>,
    /// Which report: `[jobs.NAME.report.KIND]`, exactly one kind.
    #[schemars(required)]
    pub(super) report: Option<report::ReportEntry>,
    /// Which occurrences run that fell due while nothing ran: `all`, `latest` or `skip` (none; they are recorded as
    /// missed). Default: `all`.
    #[serde(default, deserialize_with = "word")]
    pub(super) catch_up: CatchUp,
    /// Longest time a run may take, such as `90s`, `30m`, `2h`. Default: `2h`.
    #[serde(default = "two_hours")]
    pub(super) deadline: String,
    /// Folder whose files override built-in templates of the same relative path; `language/xx.ftl` in it adds a language, or
    /// says messages of one in other words. Default: none.
    pub(super) template: Option<String>,
    /// Handlebars template of artifact names; it may use `job.name`, `job.title`, `period.id`, `period.start`,
    /// `period.end`, `revision.suffix` (empty, `_r2`, …), `revision.number` and `ext`.
    /// Default: `{{job.name}}_{{period.id}}{{revision.suffix}}.{{ext}}`.
    #[serde(default = "usual_file_name")]
    pub(super) file_name: String,
    /// Name, colour and logo of the reader's company. Default: none.
    #[serde(default)]
    pub(super) brand: BrandEntry,
    /// Deliver although a source failed, marked as incomplete. Default: false, the run fails.
    #[serde(default)]
    pub(super) allow_partial: bool,
    /// Add sources up where meaning and currency agree; each source's own figures follow. Default: false, figures stay per
    /// source.
    #[serde(default)]
    pub(super) combine: bool,
    /// What a report must pass before it is delivered; otherwise it is held and the owner hears of it. Default: nothing.
    #[serde(default)]
    pub(super) gates: GatesEntry,
    /// Which reports go out: `always`; `if_changed`, only where a figure differs from the last version of the same period that was
    /// delivered; `if_data`, only where there is a row of data in the period. A run that goes out to nobody ends as delivered, and
    /// says why. Default: `always`.
    #[serde(default, deserialize_with = "word")]
    pub(super) send: Send,
    /// Rules: where there are any, a report goes out only when one of them newly holds. Default: none.
    #[serde(default)]
    pub(super) when: Vec<WhenEntry>,
    /// What is tied out: every split and the days to the totals, and usage to a bill. Default: nothing.
    pub(super) reconcile: Option<reconcile::ReconcileEntry>,
    /// What may be spent: `[jobs.NAME.budgets.BUDGET]`. Default: no budget, which is not a budget of 0.
    #[serde(default)]
    pub(super) budgets: BTreeMap<String, budget::BudgetEntry>,
    /// Finds days that cost much more or much less than is usual. Default: nobody looks for them.
    pub(super) anomalies: Option<anomalies::AnomaliesEntry>,
}

fn yes() -> bool {
    true
}

fn two_hours() -> String {
    "2h".into()
}

fn twelve_hours() -> String {
    "12h".into()
}

/// What files of reports are called unless a job says otherwise.
pub(super) const USUAL_FILE_NAME: &str = "{{job.name}}_{{period.id}}{{revision.suffix}}.{{ext}}";

fn usual_file_name() -> String {
    USUAL_FILE_NAME.into()
}

/// `[jobs.NAME.wait_until]`: what a run waits for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitUntilEntry {
    /// Names of sources of this job that must have data up to the end of the period: sources of files, since platforms do not
    /// tell how far their data reach. Default: all of them that are files.
    pub(super) fresh: Option<Vec<String>>,
    /// Longest wait after the due time, such as `90m` or `12h`; then the report goes out provisional, and the final one follows by
    /// itself. Default: `12h`.
    #[serde(default = "twelve_hours")]
    pub(super) at_most: String,
}

/// `[jobs.NAME.gates]`: what a report must pass before it is delivered.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GatesEntry {
    /// Hold a report with figures that are not available or a source that is missing. Default: false.
    pub(super) complete: bool,
    /// Hold a report that was made from fewer data rows and usage records in total. Default: any number will do.
    pub(super) min_rows: Option<u64>,
    /// Hold a report whose `metric` differs by more than this, in per cent, from the median of the last `norm` delivered
    /// runs: a number, or a text such as `"12.5"`. Default: any change will do.
    pub(super) max_change: Option<PercentEntry>,
    /// Key of the metric that `max_change` looks at. Default: `total_cost`.
    #[schemars(extend("default" = "total_cost"))]
    pub(super) metric: Option<String>,
    /// How many delivered runs make the norm of `max_change`, 2 to 60. Default: 6.
    #[schemars(extend("default" = 6))]
    pub(super) norm: Option<u64>,
}

/// A number of per cent, as its digits.
#[derive(Debug, Clone)]
pub(super) struct PercentEntry(pub(super) String);

impl JsonSchema for PercentEntry {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["number", "string"] })
    }
}

impl<'de> Deserialize<'de> for PercentEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = PercentEntry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<PercentEntry, E> {
                Ok(PercentEntry(text.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<PercentEntry, E> {
                Ok(PercentEntry(number.to_string()))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<PercentEntry, E> {
                Ok(PercentEntry(number.to_string()))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<PercentEntry, E> {
                // The shortest text that means this float is what was written.
                Ok(PercentEntry(number.to_string()))
            }
        }
        deserializer.deserialize_any(Digits)
    }
}

/// `[jobs.NAME.brand]`: how the report names its reader's company.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BrandEntry {
    /// Shown above the title. Default: nothing.
    pub(super) name: Option<String>,
    /// Accent colour, `#rrggbb`. Default: the built-in one.
    #[schemars(extend("pattern" = "^#[0-9a-fA-F]{6}$"))]
    pub(super) accent: Option<String>,
    /// Picture shown beside the name: path of a PNG file. Default: none.
    pub(super) logo: Option<String>,
    /// Font files (TTF, OTF, TTC) for letters of charts in mails that the embedded font lacks, such as Japanese or Hindi ones. Default:
    /// none; a label that cannot be drawn is then keyed to the table by its number.
    #[serde(default)]
    pub(super) fonts: Vec<String>,
}

/// Reads a choice from its word only; figment alone would also take the number of the choice.
pub(super) fn word<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let text = String::deserialize(deserializer)?;
    let text: StrDeserializer<'_, D::Error> = text.as_str().into_deserializer();
    T::deserialize(text)
}

/// [`word`], for a key that may be left out.
fn maybe_word<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    word(deserializer).map(Some)
}

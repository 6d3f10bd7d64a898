//! The configuration file, one struct per table. The doc comments are the reference: meaning, unit, default, effect of
//! leaving a key out. Keys without which nothing works are `Option` here all the same, because the check wants to see
//! the rest of the table and tell everything that is missing at once.

pub(super) mod delivery;
pub(super) mod source;

use crate::config::plan::CatchUp;
use crate::period::CalendarUnit;
use delivery::DeliveryEntry;
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use source::SourceEntry;
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
    /// BCP 47 tag for numbers and dates in what people read. Default: `en-US`.
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
    /// First month of the fiscal year, `"01"` to `"12"`; quarters and years are then fiscal and their ids start with
    /// `FY`. Default: calendar years.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^(0[1-9]|1[0-2])$"))]
    pub(super) fiscal_year_start: Option<String>,
    /// Address and port of console, health and metrics of `serve`. Default: `127.0.0.1:8321`, loopback only.
    pub(super) listen: String,
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
            fiscal_year_start: None,
            listen: "127.0.0.1:8321".into(),
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
    pub(super) report: Option<ReportEntry>,
    /// Which occurrences run that fell due while nothing ran: `all`, `latest` or `skip` (none; they are recorded as
    /// missed). Default: `all`.
    #[serde(default, deserialize_with = "word")]
    pub(super) catch_up: CatchUp,
    /// Longest time a run may take, such as `90s`, `30m`, `2h`. Default: `2h`.
    #[serde(default = "two_hours")]
    pub(super) deadline: String,
    /// Folder whose files override built-in templates of the same relative path. Default: none.
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
    /// Add sources up where meaning and currency agree. Not built yet, so only false is accepted. Default: false,
    /// figures stay per source.
    #[serde(default)]
    pub(super) combine: bool,
}

fn yes() -> bool {
    true
}

fn two_hours() -> String {
    "2h".into()
}

fn usual_file_name() -> String {
    "{{job.name}}_{{period.id}}{{revision.suffix}}.{{ext}}".into()
}

/// `[jobs.NAME.report.KIND]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportEntry {
    /// The full report: 21 figures, rankings, daily series, breakdowns.
    pub(super) full: Option<FullReportEntry>,
}

/// `[jobs.NAME.report.full]`: has no keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FullReportEntry {}

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
}

/// `schedule`: a cron text, or a table.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub(super) enum ScheduleEntry {
    /// Five-field cron with `L`, `W`, `#`: `0 7 1 * *`.
    Cron(String),
    /// A calendar rule.
    Table(ScheduleTable),
}

/// `{ every = "month", day = 1, at = "07:00" }` or
/// `{ business_day = 3, of = "quarter", at = "07:00", holidays = "calendars/es.txt" }`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ScheduleTable {
    /// The unit that repeats: `day`, `week`, `month`, `quarter` or `year`. Excludes `business_day`.
    #[serde(deserialize_with = "maybe_word")]
    #[schemars(with = "Option<String>", extend("enum" = ["day", "week", "month", "quarter", "year"]))]
    pub(super) every: Option<CalendarUnit>,
    /// Which day of the unit: a number from 1 (beyond the end means the last), `"last"`, or for weeks `"MON"` … `"SUN"`.
    /// Not with `every = "day"`.
    pub(super) day: Option<DayEntry>,
    /// Which business day: 1 is the first, −1 the last. Excludes `every`.
    pub(super) business_day: Option<i32>,
    /// Of which unit the business day is counted: `month`, `quarter` or `year`.
    #[serde(deserialize_with = "maybe_word")]
    #[schemars(with = "Option<String>", extend("enum" = ["month", "quarter", "year"]))]
    pub(super) of: Option<CalendarUnit>,
    /// Local wall time, `HH:MM`.
    #[schemars(required)]
    pub(super) at: Option<String>,
    /// File of dates, one `YYYY-MM-DD` a line, that are no business days besides Saturday and Sunday. Default: none.
    pub(super) holidays: Option<String>,
}

/// `day` of a schedule table.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub(super) enum DayEntry {
    /// The n-th day, from 1.
    Number(i64),
    /// `last`, or a day of the week.
    Name(String),
}

impl<'de> Deserialize<'de> for ScheduleEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ScheduleEntry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a cron text or a table")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ScheduleEntry, E> {
                Ok(ScheduleEntry::Cron(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ScheduleEntry, A::Error> {
                ScheduleTable::deserialize(MapAccessDeserializer::new(map)).map(ScheduleEntry::Table)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for DayEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = DayEntry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<DayEntry, E> {
                Ok(DayEntry::Name(text.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<DayEntry, E> {
                Ok(DayEntry::Number(number))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<DayEntry, E> {
                Ok(DayEntry::Number(i64::try_from(number).unwrap_or(i64::MAX)))
            }
        }
        deserializer.deserialize_any(Either)
    }
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

//! `schedule`.

use super::maybe_word;
use crate::period::CalendarUnit;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::fmt;

/// `schedule`: a cron text, or a table.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub(in crate::config) enum ScheduleEntry {
    /// Five-field cron with `L`, `W`, `#`: `0 7 1 * *`.
    Cron(String),
    /// A calendar rule.
    Table(ScheduleTable),
}

/// `{ every = "month", day = 1, at = "07:00" }`,
/// `{ business_day = 3, of = "quarter", at = "07:00", holidays = "calendars/es.txt" }` or `{ cron = "0 7 1 * *" }`, each
/// perhaps with `start`, `end` and `jitter`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct ScheduleTable {
    /// Five-field cron with `L`, `W`, `#`. Excludes `every` and `business_day`.
    pub(in crate::config) cron: Option<String>,
    /// The unit that repeats: `day`, `week`, `month`, `quarter` or `year`. Excludes `cron` and `business_day`.
    #[serde(deserialize_with = "maybe_word")]
    #[schemars(with = "Option<String>", extend("enum" = ["day", "week", "month", "quarter", "year"]))]
    pub(in crate::config) every: Option<CalendarUnit>,
    /// Which day of the unit: a number from 1 (beyond the end means the last), `"last"`, or for weeks `"MON"` … `"SUN"`.
    /// Not with `every = "day"`.
    pub(in crate::config) day: Option<DayEntry>,
    /// Which business day: 1 is the first, −1 the last. Excludes `cron` and `every`.
    pub(in crate::config) business_day: Option<i32>,
    /// Of which unit the business day is counted: `month`, `quarter` or `year`.
    #[serde(deserialize_with = "maybe_word")]
    #[schemars(with = "Option<String>", extend("enum" = ["month", "quarter", "year"]))]
    pub(in crate::config) of: Option<CalendarUnit>,
    /// Local wall time, `HH:MM`. Not with `cron`.
    pub(in crate::config) at: Option<String>,
    /// File of days that are no business days besides Saturday and Sunday: one `YYYY-MM-DD` a line, or a calendar file
    /// (`.ics`). Default: none.
    pub(in crate::config) holidays: Option<String>,
    /// First local date on which the job falls due, `YYYY-MM-DD`. Default: no first.
    pub(in crate::config) start: Option<String>,
    /// Last local date on which the job falls due, `YYYY-MM-DD`. Default: no last.
    pub(in crate::config) end: Option<String>,
    /// Spreads jobs that would fall due at the same moment, such as `5m`, at most `6h`: each due time is later by a share
    /// of it that is always the same for the job and the time. Default: falls due on time.
    pub(in crate::config) jitter: Option<String>,
}

/// `day` of a schedule table.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub(in crate::config) enum DayEntry {
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

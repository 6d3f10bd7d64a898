//! A schedule as JSON beside its description, so that the due times of one that has been edited away can still be told.

use super::cadence::{self, parse_cron};
use crate::config::plan::{DayRule, Rule, Schedule};
use crate::period::{Calendar, CalendarUnit};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Everything that due times are computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Which local times.
    pub schedule: Schedule,
    /// In which zone.
    pub zone: Tz,
    /// When its quarters and years begin.
    pub calendar: Calendar,
}

impl Planned {
    /// As JSON, for [`Self::read`].
    #[must_use]
    pub fn written(&self) -> String {
        let written = Written {
            rule: WrittenRule::of(&self.schedule.rule),
            start: self.schedule.start,
            end: self.schedule.end,
            jitter_secs: self.schedule.jitter.as_secs(),
            zone: self.zone,
            fiscal_start: self.calendar.fiscal_start(),
        };
        // Texts, numbers and dates cannot fail to serialise.
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// What [`Self::written`] wrote; `None` if it is something else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let written: Written = serde_json::from_str(text).ok()?;
        Some(Self {
            schedule: Schedule {
                rule: written.rule.read()?,
                start: written.start,
                end: written.end,
                jitter: Duration::from_secs(written.jitter_secs),
            },
            zone: written.zone,
            calendar: match written.fiscal_start {
                Some(month) => Calendar::fiscal(month).ok()?,
                None => Calendar::years(),
            },
        })
    }

    /// The next `count` due times of a job after an instant, RFC 3339 with the offset of its zone.
    #[must_use]
    pub fn preview(&self, job: &str, after: DateTime<Utc>, count: usize) -> Vec<String> {
        let next = cadence::upcoming(&self.schedule, job, self.zone, self.calendar, after, count);
        next.iter().map(|due| due.due_at.to_rfc3339()).collect()
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    rule: WrittenRule,
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
    jitter_secs: u64,
    zone: Tz,
    fiscal_start: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenRule {
    Cron(String),
    Every {
        unit: CalendarUnit,
        day: DayRule,
        at: NaiveTime,
    },
    BusinessDay {
        nth: i32,
        of: CalendarUnit,
        at: NaiveTime,
        holidays: BTreeSet<NaiveDate>,
    },
}

impl WrittenRule {
    fn of(rule: &Rule) -> Self {
        match rule {
            Rule::Cron { text, .. } => Self::Cron(text.clone()),
            Rule::Every { unit, day, at } => Self::Every {
                unit: *unit,
                day: *day,
                at: *at,
            },
            Rule::BusinessDay {
                nth,
                of,
                at,
                holidays,
            } => Self::BusinessDay {
                nth: *nth,
                of: *of,
                at: *at,
                holidays: holidays.clone(),
            },
        }
    }

    fn read(self) -> Option<Rule> {
        Some(match self {
            Self::Cron(text) => Rule::Cron {
                pattern: Arc::new(parse_cron(&text).ok()?),
                text,
            },
            Self::Every { unit, day, at } => Rule::Every { unit, day, at },
            Self::BusinessDay {
                nth,
                of,
                at,
                holidays,
            } => Rule::BusinessDay {
                nth,
                of,
                at,
                holidays,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Weekday;

    #[test]
    fn every_schedule_is_read_as_it_was_written() {
        let at = NaiveTime::from_hms_opt(18, 30, 0).unwrap();
        let every = |unit, day| Rule::Every { unit, day, at };
        let rules = [
            Rule::Cron {
                text: "0 7 L * MON#2".to_owned(),
                pattern: Arc::new(parse_cron("0 7 L * MON#2").unwrap()),
            },
            every(CalendarUnit::Month, DayRule::Nth(31)),
            every(CalendarUnit::Year, DayRule::Last),
            every(CalendarUnit::Week, DayRule::Weekday(Weekday::Fri)),
            Rule::BusinessDay {
                nth: -1,
                of: CalendarUnit::Quarter,
                at,
                holidays: BTreeSet::from(["2026-12-25".parse().unwrap()]),
            },
        ];
        for rule in rules {
            let planned = Planned {
                schedule: Schedule {
                    start: "2026-01-01".parse().ok(),
                    end: "2027-12-31".parse().ok(),
                    jitter: Duration::from_mins(5),
                    ..Schedule::from(rule)
                },
                zone: chrono_tz::Europe::Madrid,
                calendar: Calendar::fiscal(4).unwrap(),
            };
            let read = Planned::read(&planned.written()).unwrap();
            assert_eq!(read, planned);
            let after = "2026-11-01T12:00:00Z".parse().unwrap();
            let preview = planned.preview("monthly", after, 5);
            assert!(!preview.is_empty(), "{planned:?}");
            assert_eq!(read.preview("monthly", after, 5), preview);
        }
        assert_eq!(Planned::read("cron 0 7 1 * *"), None);
    }
}

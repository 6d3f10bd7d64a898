//! When something falls due, found by walking from minute to minute with an eye on the wall clock. Slow, and simple enough to believe.
//!
//! Shares nothing with the scheduler but the names of the zones. The rule it states: a time of the day is due when the clock on the
//! wall first reaches or passes it, so at the first instant after a gap, and once, the first time, where the clock shows it twice.
//! Every minute is every minute that passes, whatever the clock shows.

use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Tz;

/// When a job is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    EveryMinute,
    Daily(NaiveTime),
    Weekly(Weekday, NaiveTime),
    /// On a day of the month; months without it are left out.
    Monthly(u32, NaiveTime),
}

/// One occurrence that has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// When it falls due.
    pub at: DateTime<Utc>,
    /// The local time that it stands for; it names the period.
    pub nominal: NaiveDateTime,
    /// 1 where the clock shows the nominal time for the second time.
    pub fold: u8,
}

impl Rule {
    /// `* * * * *`, as the configuration writes it.
    pub fn cron(self) -> String {
        let clock = |at: NaiveTime| format!("{} {}", at.minute(), at.hour());
        match self {
            Self::EveryMinute => "* * * * *".into(),
            Self::Daily(at) => format!("{} * * *", clock(at)),
            Self::Weekly(day, at) => format!("{} * * {}", clock(at), day.to_string().to_uppercase()),
            Self::Monthly(day, at) => format!("{} {day} * *", clock(at)),
        }
    }

    fn asks_for(self, local: NaiveDateTime) -> bool {
        let at_this_time = |at| local.time() == at;
        match self {
            Self::EveryMinute => true,
            Self::Daily(at) => at_this_time(at),
            Self::Weekly(day, at) => at_this_time(at) && local.weekday() == day,
            Self::Monthly(day, at) => at_this_time(at) && local.day() == day,
        }
    }
}

/// Everything that falls due after `from` and up to `to`, in order.
///
/// # Panics
/// Where local time is not whole minutes away from UTC, as before the time zones.
pub fn due(rule: Rule, zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Due> {
    /// Far enough back to know which local times were shown before: no clock was ever set back by more than a day.
    const RUN_UP: TimeDelta = TimeDelta::days(2);
    let minute = TimeDelta::minutes(1);
    let wall = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
    let mut at = from.with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap() - RUN_UP;
    let mut furthest = wall(at);
    let mut found = Vec::new();
    while at + minute <= to {
        at += minute;
        let shown = wall(at);
        assert_eq!(shown.second(), 0, "{zone} at {at}");
        let again = shown <= furthest;
        let nominal = match rule {
            Rule::EveryMinute => Some(shown),
            _ => first_passed(rule, furthest, shown),
        };
        furthest = furthest.max(shown);
        if let Some(nominal) = nominal.filter(|_| at > from) {
            let fold = u8::from(again);
            found.push(Due { at, nominal, fold });
        }
    }
    found
}

/// The first time asked for that the hands reach on their way from `before` to `shown`. They go back in silence.
fn first_passed(rule: Rule, before: NaiveDateTime, shown: NaiveDateTime) -> Option<NaiveDateTime> {
    let mut hand = before;
    while hand < shown {
        hand += TimeDelta::minutes(1);
        if rule.asks_for(hand) {
            return Some(hand);
        }
    }
    None
}

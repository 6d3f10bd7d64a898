//! What was used in a period: the platform's sums where it answered for the period, else the sums of its days.

use super::answers::{AgentUsage, ModelUsage, Usage, UsageDay, UsageSummary};
use super::daily::{ByDay, by_day, series};
use super::decode::Reader;
use super::echo::Echo;
use super::endpoint::{Call, Days};
use crate::duration;
use crate::language::{Value, say};
use crate::metric::Metric;
use crate::money;
use crate::period::Period;
use crate::source::days::named;
use crate::source::{Measure, Need, Series, SourceError};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::ops::Range;

/// Milliseconds in a second.
const MS: i64 = 1000;

/// Where rows that are missing in the middle of a list stand.
const ROWS: &str = "data.daily_breakdown[";

/// The usage of one period.
#[derive(Debug)]
pub(super) struct UsagePart {
    /// Whether the answer is about exactly the period that was asked for.
    pub(super) exact: bool,
    pub(super) figures: Vec<Measure>,
    /// Of a period that the report is about, day by day.
    pub(super) daily: Vec<Series>,
    /// By agent, where these are the agents of the period.
    pub(super) by_agent: Option<Vec<(String, AgentUsage)>>,
    /// By model, likewise.
    pub(super) by_model: Option<Vec<(String, ModelUsage)>>,
    days: Option<ByDay<UsageDay>>,
    /// Whether the days add up to the sums, so that a day without a row was one without usage.
    whole: bool,
}

impl UsagePart {
    /// The value of a figure; `None` if it is unknown.
    pub(super) fn figure(&self, metric: Metric) -> Option<Decimal> {
        self.figures
            .iter()
            .find(|measure| measure.metric == metric)?
            .value
    }

    /// Whether the platform counts tokens on a day.
    pub(super) fn used_on(&self, day: NaiveDate) -> bool {
        let row = self.days.as_ref().and_then(|days| days.rows.get(&day));
        let tokens = row.and_then(|row| row.tokens);
        tokens.is_some_and(|tokens| !tokens.is_zero())
    }

    /// Whether it is certain that nothing was used on a day.
    pub(super) fn idle_on(&self, day: NaiveDate) -> bool {
        let Some(days) = &self.days else { return false };
        match days.rows.get(&day) {
            Some(row) => [row.tokens, row.tasks]
                .iter()
                .all(|value| value.is_some_and(|value| value.is_zero())),
            None => self.whole,
        }
    }
}

/// The usage of the period of `need`.
pub(super) fn read(reader: &mut Reader<'_>, need: &Need) -> Result<UsagePart, SourceError> {
    let period = &need.period;
    let call = Call::Usage(Days::from(period));
    let (usage, flaws) = reader.read::<Usage>(call)?;
    check(reader, call, &usage)?;
    let echo = Echo::of(&usage);
    let exact = echo.is(period);
    let days = usage.daily_breakdown.map(|days| {
        let rows = days.into_iter().map(|row| (row.date, row));
        by_day(reader, call, rows)
    });
    let days = days.transpose()?;
    reader.tell_flaws(period.into(), call, &flaws, if exact { "" } else { ROWS });
    let mut part = UsagePart {
        exact,
        figures: Vec::new(),
        daily: Vec::new(),
        by_agent: usage.by_agent.filter(|_| exact),
        by_model: usage.by_model.filter(|_| exact),
        days,
        whole: false,
    };
    let summary = usage.summary.unwrap_or_default();
    part.figures = if exact {
        outside(reader, period, call, &part);
        part.whole = ties_out(period.start()..period.end(), &part, &summary);
        figures(reader, period, &part, &summary)
    } else {
        let covered = covers(reader, period, &part, &echo);
        part.whole = covered && ties_out(NaiveDate::MIN..NaiveDate::MAX, &part, &summary);
        sums(reader, period, &part, &echo, covered)
    };
    if need.depth.is_whole() {
        part.daily = daily(reader, period, &part);
    }
    Ok(part)
}

/// No count may be negative.
fn check(reader: &Reader<'_>, call: Call, usage: &Usage) -> Result<(), SourceError> {
    let path = call.path();
    if let Some(sums) = &usage.summary {
        let outcomes = [sums.total_tasks, sums.completed_tasks, sums.failed_tasks];
        let volumes = [sums.total_steps, sums.total_tokens, sums.total_api_calls];
        reader.refuse_negative(path, "a sum", outcomes.into_iter().chain(volumes))?;
    }
    let agents = usage.by_agent.iter().flatten();
    let agents = agents.flat_map(|(_, agent)| [agent.tasks, agent.steps, agent.tokens]);
    reader.refuse_negative(path, "an agent", agents)?;
    let models = usage.by_model.iter().flatten();
    let models = models.flat_map(|(_, model)| [model.tasks, model.tokens]);
    reader.refuse_negative(path, "a model", models)?;
    let days = usage.daily_breakdown.iter().flatten();
    let days = days.flat_map(|day| [day.tasks, day.tokens, day.api_calls]);
    reader.refuse_negative(path, "a day", days)
}

/// Rows of other days have no place in an answer about exactly this period.
fn outside(reader: &mut Reader<'_>, period: &Period, call: Call, part: &UsagePart) {
    let days = part.days.iter().flat_map(|days| days.rows.keys().copied());
    let outside: Vec<NaiveDate> = days.filter(|day| !period.contains(*day)).collect();
    if !outside.is_empty() {
        let (path, days) = (call.path(), named(outside));
        let text = say!("rows-outside", "period" = period, "path" = path, "days" = days);
        reader.notice(text, false);
    }
}

/// Whether these days of the answer add up to the platform's own sums.
fn ties_out(days: Range<NaiveDate>, part: &UsagePart, summary: &UsageSummary) -> bool {
    let tokens = total(days.clone(), part, |row| row.tokens);
    let tasks = total(days, part, |row| row.tasks);
    tokens.is_some() && tokens == summary.total_tokens && tasks.is_some() && tasks == summary.total_tasks
}

/// The sum of the rows of these days; `None` where one of them has no value.
fn total(
    days: Range<NaiveDate>,
    part: &UsagePart,
    value: impl Fn(&UsageDay) -> Option<Decimal>,
) -> Option<Decimal> {
    let rows = part.days.as_ref()?.rows.range(days);
    let values: Option<Vec<Decimal>> = rows.map(|(_, row)| value(row)).collect();
    money::sum(values?).ok()
}

/// The figures of the period as the platform sent them.
fn figures(
    reader: &mut Reader<'_>,
    period: &Period,
    part: &UsagePart,
    summary: &UsageSummary,
) -> Vec<Measure> {
    if let (Some(tasks), Some(completed), Some(failed)) =
        (summary.total_tasks, summary.completed_tasks, summary.failed_tasks)
        && completed.checked_add(failed).is_none_or(|ended| ended > tasks)
    {
        let text = say!(
            "tasks-more",
            "period" = period,
            "completed" = completed,
            "failed" = failed,
            "tasks" = tasks,
        );
        reader.notice(text, false);
    }
    // Nobody to have done the tasks that were done means that the list is not what it should be.
    let idle = summary.total_tasks.is_some_and(|tasks| tasks.is_zero());
    let agents = part.by_agent.as_ref().filter(|agents| idle || !agents.is_empty());
    let agents = agents.map(|agents| active(agents.iter().map(|(_, agent)| [agent.tasks, None])));
    let models = part.by_model.as_ref().filter(|models| idle || !models.is_empty());
    let models = models.map(|models| active(models.iter().map(|(_, model)| [model.tasks, model.tokens])));
    measures([
        (Metric::TotalRequests, summary.total_api_calls),
        (Metric::TotalTokens, summary.total_tokens),
        (Metric::ActiveAgents, agents.flatten()),
        (Metric::ActiveModels, models.flatten()),
        (Metric::TotalTasks, summary.total_tasks),
        (Metric::CompletedTasks, summary.completed_tasks),
        (Metric::FailedTasks, summary.failed_tasks),
        (Metric::TaskSuccessRate, summary.success_rate),
        (Metric::TotalSteps, summary.total_steps),
        (
            Metric::AverageTaskDuration,
            mean_duration(reader, period, summary),
        ),
    ])
}

/// How many members have any of their values above zero; `None` where one of them cannot be told.
fn active(members: impl Iterator<Item = [Option<Decimal>; 2]>) -> Option<Decimal> {
    let mut count = 0_u32;
    for values in members {
        if values.iter().flatten().any(|value| !value.is_zero()) {
            count += 1;
        } else if values.iter().all(Option::is_none) {
            return None;
        }
    }
    Some(Decimal::from(count))
}

/// In milliseconds.
fn mean_duration(reader: &mut Reader<'_>, period: &Period, summary: &UsageSummary) -> Option<Decimal> {
    let text = summary.average_task_duration.as_deref()?;
    let seconds = duration::parse(text);
    if seconds.is_none() {
        let text = say!(
            "duration-in-words",
            "period" = period,
            "figure" = Metric::AverageTaskDuration.text(),
            "words" = super::decode::shown(text),
        );
        reader.notice(text, true);
    }
    Decimal::from(seconds?).checked_mul(Decimal::from(MS))
}

/// The figures that the days of another window still tell of the period.
fn sums(
    reader: &mut Reader<'_>,
    period: &Period,
    part: &UsagePart,
    echo: &Echo,
    covered: bool,
) -> Vec<Measure> {
    let complete = part.whole || absent(reader, period, part).is_empty();
    let sum = |value: fn(&UsageDay) -> Option<Decimal>| {
        // Nothing at all proves nothing.
        let days = part.days.as_ref()?;
        let any = days.rows.keys().any(|day| period.contains(*day));
        let known = covered && complete && any && days.dateless == 0;
        total(period.start()..period.end(), part, value).filter(|_| known)
    };
    let (requests, tokens, tasks) = (
        sum(|row| row.api_calls),
        sum(|row| row.tokens),
        sum(|row| row.tasks),
    );
    let known = if tokens.or(requests).or(tasks).is_some() {
        say!("window-of-sums")
    } else {
        say!("window-elsewhere")
    };
    let text = say!(
        "window-of-other-days",
        "period" = period,
        "window" = echo.text(),
        "days" = Value::Days(period.start(), period.last_day()),
        "known" = known,
    );
    reader.notice(text, true);
    measures([
        (Metric::TotalRequests, requests),
        (Metric::TotalTokens, tokens),
        (Metric::ActiveAgents, None),
        (Metric::ActiveModels, None),
        (Metric::TotalTasks, tasks),
        (Metric::CompletedTasks, None),
        (Metric::FailedTasks, None),
        (Metric::TaskSuccessRate, None),
        (Metric::TotalSteps, None),
        (Metric::AverageTaskDuration, None),
    ])
}

/// Whether another window holds the period.
fn covers(reader: &Reader<'_>, period: &Period, part: &UsagePart, echo: &Echo) -> bool {
    echo.covers(period) || (echo.is_unsaid() && spanned(reader, period, part))
}

/// Whether rows reach from the first to the last day of the period that was over.
fn spanned(reader: &Reader<'_>, period: &Period, part: &UsagePart) -> bool {
    let days = part.days.as_ref().map(|days| &days.rows);
    let ends = days.and_then(|rows| Some((*rows.keys().next()?, *rows.keys().next_back()?)));
    ends.is_some_and(|(first, last)| super::cost_list::Reach { first, last }.covers(period, reader.today()))
}

fn measures<const N: usize>(figures: [(Metric, Option<Decimal>); N]) -> Vec<Measure> {
    figures.map(|(metric, value)| Measure { metric, value }).into()
}

/// The days of the period that are over and have no row.
fn absent(reader: &Reader<'_>, period: &Period, part: &UsagePart) -> Vec<NaiveDate> {
    let today = reader.today();
    let has_row = |day: &NaiveDate| part.days.as_ref().is_some_and(|days| days.rows.contains_key(day));
    let over = period.dates().filter(|day| *day < today);
    over.filter(|day| !has_row(day)).collect()
}

/// The daily series, and a sentence about days without a row.
fn daily(reader: &mut Reader<'_>, period: &Period, part: &UsagePart) -> Vec<Series> {
    let none = BTreeMap::new();
    let rows = part.days.as_ref().map_or(&none, |days| &days.rows);
    let absent = absent(reader, period, part);
    if part.days.is_some() && !absent.is_empty() {
        let days = named(absent);
        let text = if part.whole {
            say!("no-usage-rows-unused", "period" = period, "days" = days)
        } else if part.exact {
            say!("no-usage-rows", "period" = period, "days" = days)
        } else {
            say!("no-usage-rows-to-sum", "period" = period, "days" = days)
        };
        reader.notice(text, !part.whole);
    }
    vec![
        series(period, Metric::TotalRequests, rows, |row| row.api_calls),
        series(period, Metric::TotalTokens, rows, |row| row.tokens),
        series(period, Metric::TotalTasks, rows, |row| row.tasks),
    ]
}

//! What a request means: the job, the period and the deliveries that it names, proven before anything is recorded.

use super::RunError;
use super::recipe::Recipe;
use super::store::Trigger;
use crate::config::Plan;
use crate::config::plan::{DeliveryPlan, JobPlan, SourcePlan};
use crate::delivery::{self, Delivery};
use crate::period::Period;
use crate::schedule::clock::Clock;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Longest period that may be named, ten years: as for the rule `last_days:N`.
const LONGEST_PERIOD_DAYS: u32 = 3660;

/// What is asked of a run.
#[derive(Debug, Clone, Default)]
pub struct RunRequest {
    /// Which job.
    pub job: String,
    /// A literal period; `None`: the job's own, as of now or `as_of`.
    pub period: Option<String>,
    /// Stands for "now" when the period is chosen.
    pub as_of: Option<DateTime<Utc>>,
    /// Only these deliveries; empty: all of the job.
    pub only: Vec<String>,
    /// Send the e-mail deliveries to this address instead, and nothing else.
    pub test_to: Option<String>,
    /// How long to go on trying.
    pub wait: Duration,
    /// What asks for it; `None`: somebody by hand, or a test.
    pub trigger: Option<Trigger>,
}

/// The job of this name.
///
/// # Errors
/// [`RunError::Request`] with the names there are.
pub fn job<'a>(plan: &'a Plan, name: &str) -> Result<&'a JobPlan, RunError> {
    plan.jobs.get(name).ok_or_else(|| {
        let names: Vec<&str> = plan.jobs.keys().map(String::as_str).collect();
        let nearest = names
            .iter()
            .copied()
            .max_by(|a, b| strsim::jaro(name, a).total_cmp(&strsim::jaro(name, b)));
        let hint = match nearest.filter(|nearest| strsim::jaro(name, nearest) > 0.7) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the configuration has: {}", names.join(", ")),
        };
        RunError::Request(format!("there is no job `{name}`; {hint}"))
    })
}

/// The literal period, or the job's own as of `as_of`.
///
/// # Errors
/// [`RunError::Request`] for an impossible literal, a period that has not begun or an empty period to date.
pub fn period(job: &JobPlan, literal: Option<&str>, as_of: DateTime<Utc>) -> Result<Period, RunError> {
    let today = as_of.with_timezone(&job.timezone).date_naive();
    if let Some(literal) = literal {
        let period =
            Period::parse(literal, job.calendar).map_err(|error| RunError::Request(error.to_string()))?;
        if period.days() > LONGEST_PERIOD_DAYS {
            let reason = format!(
                "the period `{literal}` has {} days; {LONGEST_PERIOD_DAYS} is the most",
                period.days()
            );
            return Err(RunError::Request(reason));
        }
        if period.start() > today {
            let reason = format!(
                "the period {} has not begun: its first day is {}, and in {} it is {today}; name an earlier one with --period",
                period.id(),
                period.start(),
                job.timezone.name()
            );
            return Err(RunError::Request(reason));
        }
        return Ok(period);
    }
    job.period.resolve(today, job.calendar).ok_or_else(|| {
        RunError::Request(format!(
            "job `{}`: on {today} the period `{}` has no complete day yet; name another with --period",
            job.name, job.period
        ))
    })
}

/// The deliveries that the request asks for, by name; a test goes by e-mail only, to one address.
///
/// # Errors
/// [`RunError::Request`] for an unknown delivery, or a test of a job without e-mail.
pub fn deliveries(
    plan: &Plan,
    job: &JobPlan,
    request: &RunRequest,
) -> Result<(BTreeMap<String, DeliveryPlan>, Trigger), RunError> {
    if let Some(unknown) = request.only.iter().find(|name| !job.deliveries.contains(name)) {
        let names = job.deliveries.join(", ");
        return Err(RunError::Request(format!(
            "job `{}` has no delivery `{unknown}`; it has: {names}",
            job.name
        )));
    }
    let chosen = job
        .deliveries
        .iter()
        .filter(|name| request.only.is_empty() || request.only.contains(name));
    let mut plans: BTreeMap<String, DeliveryPlan> = chosen
        .filter_map(|name| Some((name.clone(), plan.deliveries.get(name)?.clone())))
        .collect();
    let Some(address) = &request.test_to else {
        return Ok((plans, request.trigger.unwrap_or(Trigger::Manual)));
    };
    plans.retain(|_, plan| matches!(plan, DeliveryPlan::Email(_)));
    if plans.is_empty() {
        return Err(RunError::Request(format!(
            "job `{}` has no e-mail delivery{} that --test-to could use",
            job.name,
            if request.only.is_empty() {
                ""
            } else {
                " among those of --only"
            }
        )));
    }
    for plan in plans.values_mut() {
        if let DeliveryPlan::Email(email) = plan {
            email.to = vec![address.clone()];
            email.cc.clear();
            email.bcc.clear();
        }
    }
    Ok((plans, Trigger::Test))
}

/// Opens deliveries; their secrets are needed from here on.
///
/// # Errors
/// [`RunError::Request`] if a secret is missing or an address cannot be used.
pub fn open_all(
    plans: &BTreeMap<String, DeliveryPlan>,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, Box<dyn Delivery>>, RunError> {
    let opened = plans.iter().map(
        |(name, plan)| match delivery::open(name, plan, Arc::clone(clock)) {
            Ok(delivery) => Ok((name.clone(), delivery)),
            Err(error) => Err(RunError::Request(error.to_string())),
        },
    );
    opened.collect()
}

/// Proves that a request could be begun: deliveries, secrets, templates.
///
/// # Errors
/// [`RunError::Request`] that says what is wrong with it.
pub fn prove(plan: &Plan, request: &RunRequest, clock: &Arc<dyn Clock>) -> Result<(), RunError> {
    let job = job(plan, &request.job)?;
    let period = period(
        job,
        request.period.as_deref(),
        request.as_of.unwrap_or(clock.now()),
    )?;
    let (plans, _) = deliveries(plan, job, request)?;
    open_all(&plans, clock)?;
    reveal_sources(plan, job)?;
    let names: Vec<String> = plans.into_keys().collect();
    Recipe::of(plan, job, &period, &names).map(drop)
}

/// A missing secret is a mistake of the configuration, found before anything is recorded.
///
/// # Errors
/// [`RunError::Request`] that names the source and the reference.
pub fn reveal_sources(plan: &Plan, job: &JobPlan) -> Result<(), RunError> {
    for name in &job.sources {
        let Some((_, server)) = plan.sources.get(name).and_then(SourcePlan::server) else {
            continue;
        };
        let revealed = server.api_key.reveal();
        revealed.map_err(|error| RunError::Request(format!("source `{name}`, api_key: {error}")))?;
    }
    Ok(())
}

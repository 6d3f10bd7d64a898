//! What a plan needs besides being well formed: secrets, templates, file names, addresses; and what to warn of. Nothing is
//! contacted.

use super::mount;
use crate::config::{Plan, Problems};
use crate::delivery;
use crate::run::recipe;
use crate::schedule::clock::Clock;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Everything that keeps a plan from being run. Its text begins each problem with `error:`.
#[derive(Debug, thiserror::Error)]
pub struct Unproven {
    /// References that lead to no secret.
    pub missing_secrets: Problems,
    /// Templates and file names that would fail a run, secrets of a wrong form, addresses that will not do.
    pub others: Vec<String>,
}

impl Unproven {
    /// How many problems there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.missing_secrets.len() + self.others.len()
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for other in &self.others {
            writeln!(f, "error: {other}")?;
        }
        self.missing_secrets.fmt(f)
    }
}

/// Proves that every job of a plan could be run by this process.
///
/// # Errors
/// [`Unproven`], with all that is wrong.
pub fn prove(plan: &Plan, clock: &Arc<dyn Clock>) -> Result<(), Unproven> {
    let missing_secrets = plan.missing_secrets();
    let mut others = job_problems(plan);
    // Whatever lacks its secret cannot be opened, and has been told already.
    if missing_secrets.is_empty() {
        let opened = plan
            .deliveries
            .iter()
            .map(|(name, plan)| delivery::open(name, plan, Arc::clone(clock)));
        others.extend(opened.filter_map(Result::err).map(|error| error.reason));
    }
    let found = Unproven {
        missing_secrets,
        others,
    };
    if found.count() == 0 { Ok(()) } else { Err(found) }
}

/// What a service can live with, and its operator should know.
#[must_use]
pub fn warnings(plan: &Plan) -> Vec<String> {
    let listen = &plan.service.listen;
    let open = (!is_loopback(listen)).then(|| {
        format!(
            "`service.listen` = {listen} answers whoever can reach it, without password and TLS: the metrics name jobs and \
             deliveries, and `/readyz` says what is wrong. Listen on 127.0.0.1, or let a firewall or a proxy choose who may ask"
        )
    });
    mount::warning(plan).into_iter().chain(open).collect()
}

fn is_loopback(listen: &str) -> bool {
    let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host);
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map_or(host == "localhost", |ip| ip.to_canonical().is_loopback())
}

fn job_problems(plan: &Plan) -> Vec<String> {
    let of_job = |job| match recipe::template_problems(plan, job) {
        Ok(problems) => problems.iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    };
    plan.jobs
        .values()
        .flat_map(|job| {
            let problems: Vec<String> = of_job(job);
            problems
                .into_iter()
                .map(|problem| format!("job `{}`: {problem}", job.name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_keeps_others_out() {
        for (listen, expected) in [
            ("127.0.0.1:8321", true),
            ("127.1.2.3:0", true),
            ("[::1]:8321", true),
            ("[::ffff:127.0.0.1]:8321", true),
            ("localhost:8321", true),
            ("0.0.0.0:8321", false),
            ("[::]:8321", false),
            ("10.0.0.7:8321", false),
            ("reports.example.com:8321", false),
        ] {
            assert_eq!(is_loopback(listen), expected, "{listen}");
        }
    }
}

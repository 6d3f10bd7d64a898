//! Reading the configuration again while the service runs: all of it is in force afterwards, or nothing has changed.

use super::{Service, current};
use crate::config::Plan;
use crate::delivery::BulletinKind;
use crate::run::perform::Engine;
use crate::run::store::Tell;
use crate::telemetry::figures;
use std::sync::{Arc, PoisonError};

impl Service {
    /// Reads the configuration again. One that is wrong changes nothing.
    pub(super) async fn reload(&mut self) {
        let plan = match (self.load)() {
            Ok(plan) => plan,
            Err(problems) => {
                figures::config_reloaded("refused");
                tracing::error!(
                    problems = %problems,
                    "the configuration is wrong, so the one before stays in force"
                );
                self.tell_refused(problems.len()).await;
                return;
            }
        };
        let before = self.shared.current();
        if let Some(key) = fixed(&before.engine.plan, &plan) {
            figures::config_reloaded("refused");
            tracing::error!(
                key,
                "this cannot change while the service runs, so the configuration before stays in force; restart it for that"
            );
            return;
        }
        let change = difference(&before.engine.plan, &plan);
        let next = Arc::new(current(Engine {
            // What is known of far ends stays known, and so does how much each takes.
            hosts: Arc::clone(&before.engine.hosts),
            ..Engine::new(plan, before.engine.store.clone(), Arc::clone(&self.clock))
        }));
        if let Err(error) = self.heart.adopt(&next).await {
            figures::config_reloaded("refused");
            tracing::error!(error = %error, "the new configuration could not be adopted; the one before stays in force");
            return;
        }
        *self
            .shared
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner) = next;
        figures::config_reloaded("taken");
        tracing::info!(change, "the configuration was read again");
    }

    /// Tells the owner that a configuration was refused.
    async fn tell_refused(&self, problems: usize) {
        let Engine {
            plan, store, clock, ..
        } = &self.shared.current().engine;
        let what = match problems {
            1 => "one problem".to_owned(),
            many => format!("{many} problems"),
        };
        let tell = Tell {
            owner: plan.service.owner.clone(),
            kind: BulletinKind::ConfigRefused,
            job: None,
            period: None,
            run_id: None,
            text: format!(
                "The configuration was to be read again and has {what}, so the one before stays in force. `reportwire check` \
                 names what is wrong; mend it, then ask again with SIGHUP."
            ),
        };
        if let Err(error) = store.tell(vec![tell], clock.now()).await {
            tracing::warn!(error = %error, "that could not be written down for the owner");
        }
    }
}

/// The key of what differs and cannot change while the service runs.
fn fixed(before: &Plan, after: &Plan) -> Option<&'static str> {
    let (before, after) = (&before.service, &after.service);
    // A secret shows its reference only, which is what counts here.
    let store = |store: &Option<_>| format!("{store:?}");
    if before.data_dir != after.data_dir {
        Some("service.data_dir")
    } else if store(&before.store) != store(&after.store) {
        Some("service.store")
    } else {
        (before.listen != after.listen).then_some("service.listen")
    }
}

/// Which jobs came, went and changed.
fn difference(before: &Plan, after: &Plan) -> String {
    let told = |word: &str, names: Vec<&String>| {
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{word}: {}", names.join(", ")))
    };
    let new = after
        .jobs
        .keys()
        .filter(|name| !before.jobs.contains_key(*name))
        .collect();
    let gone = before
        .jobs
        .keys()
        .filter(|name| !after.jobs.contains_key(*name))
        .collect();
    let changed = after.jobs.iter().filter(|(name, job)| {
        before
            .jobs
            .get(*name)
            .is_some_and(|was| format!("{was:?}") != format!("{job:?}"))
    });
    let changed = changed.map(|(name, _)| name).collect();
    let parts: Vec<String> = [
        told("new jobs", new),
        told("gone", gone),
        told("changed", changed),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "no job has changed".to_owned()
    } else {
        parts.join("; ")
    }
}

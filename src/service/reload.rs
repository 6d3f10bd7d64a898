//! Reading the configuration again while the service runs: all of it is in force afterwards, or nothing has changed.

use super::heart::Halt;
use super::proof;
use super::rounds::Service;
use super::shared::{current, tell_owner};
use crate::config::{Plan, Problems};
use crate::delivery::BulletinKind;
use crate::run::perform::Engine;
use crate::telemetry::figures;
use proof::Unproven;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// Why a configuration is not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Wrong(Problems),
    #[error(transparent)]
    Unproven(#[from] Unproven),
    #[error("`{0}` cannot change while the service runs")]
    Fixed(&'static str),
    #[error(transparent)]
    NotAdopted(#[from] Halt),
}

impl Refusal {
    /// What the owner is told: what is wrong, and what to do.
    fn told(&self) -> String {
        let (why, remedy) = match self {
            Self::Wrong(problems) => (has(problems.len()), CHECK.to_owned()),
            Self::Unproven(found) if found.missing_secrets.is_empty() => {
                (has(found.count()), CHECK.to_owned())
            }
            Self::Unproven(found) => {
                let secrets = match found.missing_secrets.len() {
                    1 => "a secret".to_owned(),
                    many => format!("{many} secrets"),
                };
                let remedy = "The environment of a running process never changes: put the secret into a file (`file:PATH`) and ask \
                     again with SIGHUP, or restart the service with it.";
                (
                    format!("refers to {secrets} that this process does not have"),
                    remedy.to_owned(),
                )
            }
            Self::Fixed(key) => (
                format!("changes `{key}`, which cannot change while the service runs"),
                "Restart the service for that.".to_owned(),
            ),
            Self::NotAdopted(why) => (
                format!("could not be adopted ({why})"),
                "Ask again with SIGHUP once that is mended.".to_owned(),
            ),
        };
        format!(
            "The configuration was to be read again and {why}, so the one before stays in force. {remedy}"
        )
    }
}

const CHECK: &str = "`reportwire check` names what is wrong; mend it, then ask again with SIGHUP.";

fn has(problems: usize) -> String {
    match problems {
        1 => "has one problem".to_owned(),
        many => format!("has {many} problems"),
    }
}

impl Service {
    /// Reads the configuration again. One that is wrong changes nothing, and the owner hears of it.
    pub(super) async fn reload(&mut self) {
        match self.take_again().await {
            Ok(change) => {
                figures::config_reloaded("taken");
                if std::mem::take(&mut self.refused) {
                    let text = "The configuration was read again, and this time it is in force.";
                    self.tell(BulletinKind::Recovered, text.to_owned()).await;
                }
                tracing::info!(change, "the configuration was read again");
            }
            Err(refusal) => {
                figures::config_reloaded("refused");
                tracing::error!(
                    problems = %refusal,
                    "the configuration is refused, so the one before stays in force"
                );
                self.refused = true;
                self.tell(BulletinKind::ConfigRefused, refusal.told()).await;
            }
        }
    }

    async fn tell(&self, kind: BulletinKind, text: String) {
        if let Err(error) = tell_owner(&self.shared.current().engine, kind, text).await {
            tracing::warn!(error = %error, "that could not be written down for the owner");
        }
    }

    /// What has changed.
    async fn take_again(&mut self) -> Result<String, Refusal> {
        let plan = (self.load)().map_err(Refusal::Wrong)?;
        let before = self.shared.current();
        if let Some(key) = fixed(&before.engine.plan, &plan) {
            return Err(Refusal::Fixed(key));
        }
        proof::prove(&plan, &self.clock)?;
        let change = difference(&before.engine.plan, &plan);
        let next = Arc::new(current(Engine {
            // What is known of far ends stays known, and so does how much each takes.
            hosts: Arc::clone(&before.engine.hosts),
            ..Engine::new(plan, before.engine.store.clone(), Arc::clone(&self.clock))
        }));
        self.heart.adopt(&next).await?;
        *self
            .shared
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner) = next;
        Ok(change)
    }
}

/// The key of what differs and cannot change while the service runs.
fn fixed(before: &Plan, after: &Plan) -> Option<&'static str> {
    let (before, after) = (&before.service, &after.service);
    // The workers of an embedded store are as many as can ever be of use.
    let workers = before.store.is_some() && before.runs_at_once != after.runs_at_once;
    let differs = [
        ("service.data_dir", before.data_dir != after.data_dir),
        ("service.store", before.store != after.store),
        ("service.listen", before.listen != after.listen),
        (
            "service.sends_at_once",
            before.sends_at_once != after.sends_at_once,
        ),
        ("service.runs_at_once", workers),
    ];
    differs
        .into_iter()
        .find(|(_, differs)| *differs)
        .map(|(key, _)| key)
}

/// What came, went and changed, by section and name.
fn difference(before: &Plan, after: &Plan) -> String {
    let mut changes = Changes::default();
    if before.service != after.service {
        changes.changed.push("service".to_owned());
    }
    changes.compare("sources", &before.sources, &after.sources);
    changes.compare("deliveries", &before.deliveries, &after.deliveries);
    changes.compare("jobs", &before.jobs, &after.jobs);
    let told = [
        ("new", changes.new),
        ("gone", changes.gone),
        ("changed", changes.changed),
    ];
    let parts: Vec<String> = told
        .into_iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(word, keys)| format!("{word}: {}", keys.join(", ")))
        .collect();
    if parts.is_empty() {
        "nothing has changed".to_owned()
    } else {
        parts.join("; ")
    }
}

/// Keys of tables.
#[derive(Debug, Default)]
struct Changes {
    new: Vec<String>,
    gone: Vec<String>,
    changed: Vec<String>,
}

impl Changes {
    fn compare<P: PartialEq>(
        &mut self,
        section: &str,
        before: &BTreeMap<String, P>,
        after: &BTreeMap<String, P>,
    ) {
        let key = |name: &String| format!("{section}.{name}");
        for (name, is) in after {
            match before.get(name) {
                None => self.new.push(key(name)),
                Some(was) if was != is => self.changed.push(key(name)),
                Some(_) => {}
            }
        }
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        self.gone.extend(gone.map(key));
    }
}

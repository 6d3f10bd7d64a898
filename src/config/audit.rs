//! Whether the secrets that a plan refers to are there, and whether others can read or change them.

use crate::config::locate::{MAX_FILE_BYTES, Part, SourceText};
use crate::config::plan::{DeliveryPlan, Plan};
use crate::config::problem::{KeyPath, Place, Problem, Problems, Warning};
use crate::config::secret::{Secret, SecretError};
use std::cell::LazyCell;
use std::path::Path;

impl Plan {
    /// A problem for each reference that leads to no secret, at the key that refers to it.
    #[must_use]
    pub fn missing_secrets(&self) -> Problems {
        let source = LazyCell::new(|| self.source_text());
        let mut problems = Vec::new();
        for (key, secret) in self.secrets() {
            let Err(error) = secret.reveal() else { continue };
            let hint = match &error {
                SecretError::EnvMissing(name) => format!("set it before the start: `export {name}=…`"),
                SecretError::FileUnreadable { .. } => {
                    "write the secret into that file, readable by this user".into()
                }
            };
            problems.push(Problem {
                place: place(source.as_ref(), self, key),
                what: "a secret cannot be had".into(),
                label: error.to_string(),
                hint: Some(hint),
            });
        }
        Problems::sorted(problems)
    }

    /// A warning for each secret file that others can read or change. Files under `/run/secrets` may be readable by all.
    #[must_use]
    pub fn exposed_secrets(&self) -> Vec<Warning> {
        let source = LazyCell::new(|| self.source_text());
        let mut warnings = Vec::new();
        for (key, secret) in self.secrets() {
            let Secret::File(file) = secret else { continue };
            let Some(label) = exposure(file) else { continue };
            warnings.push(Warning(Problem {
                place: place(source.as_ref(), self, key),
                what: "a secret is not well kept".into(),
                label: label.into(),
                hint: Some(format!("`chmod 600 {}`", file.display())),
            }));
        }
        warnings
    }

    /// All references to secrets with the keys that hold them.
    fn secrets(&self) -> Vec<(KeyPath, &Secret)> {
        let mut secrets = Vec::new();
        let service = [
            ("store", &self.service.store),
            ("ping_url", &self.service.ping_url),
        ];
        secrets.extend(
            service
                .into_iter()
                .filter_map(|(key, secret)| Some((KeyPath::of(["service", key]), secret.as_ref()?))),
        );
        for (name, source) in &self.sources {
            secrets.extend(
                source
                    .server()
                    .map(|(kind, server)| (KeyPath::of(["sources", name, kind, "api_key"]), &server.api_key)),
            );
        }
        for (name, delivery) in &self.deliveries {
            let at = KeyPath::of(["deliveries", name]);
            match delivery {
                DeliveryPlan::Email(email) => {
                    let password = email.smtp.login.as_ref().map(|(_, password)| password);
                    let key = at.join("email").join("smtp").join("password");
                    secrets.extend(password.map(|password| (key, password)));
                }
                DeliveryPlan::Slack(slack) => {
                    secrets.push((at.join("slack").join("webhook_url"), &slack.webhook_url));
                }
                DeliveryPlan::Webhook(webhook) => {
                    let keys = [
                        ("signing_secret", &webhook.signing_secret),
                        ("previous_signing_secret", &webhook.previous_signing_secret),
                    ];
                    let at = at.join("webhook");
                    secrets.extend(
                        keys.into_iter()
                            .filter_map(|(key, secret)| Some((at.join(key), secret.as_ref()?))),
                    );
                }
                DeliveryPlan::FileDrop(_) => {}
            }
        }
        secrets
    }

    /// The file once more, to find the lines; a plan of an embedded text has none.
    fn source_text(&self) -> Option<SourceText> {
        let small = std::fs::metadata(&self.file).is_ok_and(|file| file.len() <= MAX_FILE_BYTES);
        let text = if small {
            std::fs::read_to_string(&self.file).ok()
        } else {
            None
        }?;
        SourceText::parse(&self.file, &text)
            .ok()
            .map(|(source, _)| source)
    }
}

fn place(source: Option<&SourceText>, plan: &Plan, key: KeyPath) -> Place {
    match source {
        Some(source) if source.has(&key) => source.place(&key, Part::Value),
        _ => Place {
            origin: crate::config::problem::Origin::File {
                path: plan.file.clone(),
                position: None,
            },
            key,
            excerpt: None,
        },
    }
}

#[cfg(unix)]
fn exposure(file: &Path) -> Option<&'static str> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    if mode & 0o022 != 0 {
        Some("others can change this file")
    } else if mode & 0o004 != 0 && !file.starts_with("/run/secrets") {
        Some("everybody on this machine can read this file")
    } else {
        None
    }
}

#[cfg(not(unix))]
fn exposure(_file: &Path) -> Option<&'static str> {
    None
}

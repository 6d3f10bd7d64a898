//! Deliveries: an [`Edition`] becomes [`Parcel`]s (exact bytes for one recipient each), a parcel becomes a [`Receipt`].
//!
//! In: a finished edition. Out: proof of what a far end acknowledged, or an error that says what may be done next.
//! Never here: computing or rendering figures, retrying, remembering.

mod bulletin;
mod email;
pub mod file_drop;
mod guard;
mod http;
pub mod signature;
mod slack;
mod webhook;

pub use bulletin::{Bulletin, BulletinItem, BulletinKind, bulletin_text};

use crate::config::plan::{DeliveryPlan, OnAmbiguous};
use crate::render::{Artifact, Digest, MailBody, Unattached};
use crate::schedule::clock::Clock;
use crate::source::snapshot::hex_sha256;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// What we call ourselves to far ends.
const USER_AGENT: &str = concat!("reportwire/", env!("CARGO_PKG_VERSION"));

/// Longest [`Receipt::proof`] and longest quotation of a far end, in characters.
const QUOTE_CHARS: usize = 200;

/// What [`Delivery::host`] says where files are written: there is no far end that could be asked too much.
pub const FILES: &str = "file";

/// Everything of one run that a delivery may carry. Frozen.
#[derive(Debug, Clone)]
pub struct Edition {
    /// Which run.
    pub run_id: String,
    /// The job's name.
    pub job: String,
    /// The job's title.
    pub title: String,
    /// 1, 2, 3 …
    pub revision: u32,
    /// Empty, but for a test and for what is sent again as new: tells their keys from those of the first issue.
    pub issue: String,
    /// Canonical id of the period.
    pub period_id: String,
    /// The period as the webhook shows it: `{"id","start","end","timezone"}`, `end` included.
    pub period: serde_json::Value,
    /// The true time of the run.
    pub generated_at: DateTime<Utc>,
    /// The files.
    pub artifacts: Vec<Artifact>,
    /// The manifest of the files; a file drop writes it last.
    pub manifest: Artifact,
    /// The mail's content.
    pub mail: MailBody,
    /// What a mail says that cannot carry the files.
    pub unattached: Unattached,
    /// Subjects by the name of the e-mail delivery that has its own; the others use the mail's.
    pub subjects: BTreeMap<String, String>,
    /// The chat's content.
    pub digest: Digest,
    /// The summary rows with the CSV's names, for the webhook.
    pub figures: Vec<serde_json::Value>,
    /// The report's notices.
    pub notices: Vec<String>,
    /// Where the files lie for readers of a chat: paths or names.
    pub places: Vec<String>,
}

/// The exact bytes for one recipient, with the key under which they may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Stable: a hash of job, period, revision, delivery and recipient. Becomes Message-ID and `webhook-id`.
    pub key: String,
    /// The address, the file's name, or the URL's host.
    pub recipient: String,
    /// Where the recipient lies, if its name alone does not say: the folder of a dropped file, absolute; the beginning of the
    /// URL's SHA-256.
    pub place: Option<String>,
    /// What is sent.
    pub content: Bytes,
    /// Hex SHA-256 of the content.
    pub sha256: String,
}

/// Proof of what a far end acknowledged: the SMTP reply, the HTTP status and answer's id, the path of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What the far end said, one line, at most 200 characters, without secrets.
    pub proof: String,
}

/// Why a parcel was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct DeliveryError {
    /// What failed, where (host only, never a secret URL), and the remedy.
    pub reason: String,
    /// What may be done next.
    pub recourse: Recourse,
    /// How the far end is.
    pub far_end: FarEnd,
}

/// What a failed attempt says of the far end itself, whatever it leaves to do for the parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FarEnd {
    /// It answered, and about this parcel: it is well.
    Well,
    /// It did not answer, or takes nothing from anybody now.
    Troubled,
    /// It was not asked.
    Unasked,
}

/// What an undelivered parcel leaves to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recourse {
    /// Trying again will not help: refused address, wrong URL, different file in the way.
    Permanent,
    /// The far end says that it is gone for good, so this delivery helps nobody any more: it is disabled, and the owner told.
    Gone,
    /// Trying again may help, after this time if the far end named one.
    Retry {
        /// `Retry-After`, as the far end said it.
        after: Option<Duration>,
    },
    /// The bytes went out and nobody knows whether they arrived.
    Ambiguous,
}

/// How patient a far end wants us to be between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// Mail servers: minutes to hours.
    Mail,
    /// Everything else: seconds first, then longer.
    #[default]
    Other,
}

/// A way for reports to reach people or machines.
#[async_trait]
pub trait Delivery: Send + Sync + std::fmt::Debug {
    /// Makes the parcels of an edition, one for each recipient, in the order in which they must be sent. Pure: no I/O.
    ///
    /// # Errors
    /// [`DeliveryError`] with [`Recourse::Permanent`] where the edition cannot be carried at all.
    fn compose(&self, edition: &Edition) -> Result<Vec<Parcel>, DeliveryError>;

    /// Makes the parcels of a message to the owner. Pure: no I/O. E-mail goes to the bulletin's owner and never to the readers of
    /// reports; the other deliveries have one far end for everything. [`Self::deliver`] sends them as it sends any.
    ///
    /// # Errors
    /// [`DeliveryError`] with [`Recourse::Permanent`] where this delivery cannot carry it: another way has to be taken.
    fn compose_bulletin(&self, bulletin: &Bulletin) -> Result<Vec<Parcel>, DeliveryError>;

    /// What an attempt talks to: `smtp.example.com:587`, `hooks.example.com`, or [`FILES`]. Never a secret. Deliveries with the
    /// same host share its troubles, and the number of attempts at once that it is asked to take.
    fn host(&self) -> String;

    /// Can we reach the far end and are we let in? Sends nothing. `check --online` calls this.
    ///
    /// # Errors
    /// As for [`Self::deliver`].
    async fn probe(&self) -> Result<(), DeliveryError>;

    /// Sends one parcel and returns proof.
    ///
    /// May be called again with the same parcel; passes its key on so that the far end can drop repeats. Stops at its own time-out.
    ///
    /// # Errors
    /// [`DeliveryError`], which says whether another try may help.
    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, DeliveryError>;

    /// How often a parcel that may have arrived is sent again by itself: never where the far end cannot tell repeats by their
    /// key, once where readers may see both, and as often as it takes where twice is the same as once.
    fn repeats(&self) -> u32 {
        0
    }

    /// Least time between the beginnings of two attempts at the same host, whatever became of the first.
    fn spacing(&self) -> Duration {
        Duration::ZERO
    }

    /// How long to wait between attempts.
    fn pace(&self) -> Pace {
        Pace::default()
    }
}

/// Opens the delivery called `name` in the configuration. Secrets are resolved here, nothing is contacted.
///
/// # Errors
/// [`DeliveryError`] with [`Recourse::Permanent`] where a secret cannot be had or the plan cannot work at all.
pub fn open(
    name: &str,
    plan: &DeliveryPlan,
    clock: Arc<dyn Clock>,
) -> Result<Box<dyn Delivery>, DeliveryError> {
    Ok(match plan {
        DeliveryPlan::Email(plan) => Box::new(email::Email::open(name, plan)?),
        DeliveryPlan::Slack(plan) => Box::new(slack::Slack::open(name, plan, clock)?),
        DeliveryPlan::Webhook(plan) => Box::new(webhook::Webhook::open(name, plan, clock)?),
        DeliveryPlan::FileDrop(plan) => Box::new(file_drop::FileDrop::open(name, plan)),
    })
}

/// How often the delivery of this plan sends a parcel again that may have arrived, as [`Delivery::repeats`] says once it is
/// open: here no secret is needed.
#[must_use]
pub fn repeats(plan: &DeliveryPlan) -> u32 {
    match plan {
        DeliveryPlan::Email(plan) => u32::from(plan.ambiguous == OnAmbiguous::Resend),
        DeliveryPlan::FileDrop(_) => u32::MAX,
        DeliveryPlan::Slack(_) => 0,
        DeliveryPlan::Webhook(plan) => {
            u32::from(plan.signing_secret.is_some() || plan.previous_signing_secret.is_some())
        }
    }
}

impl Edition {
    /// The stable key of the parcel for `recipient` by way of `delivery`: 32 hexadecimal digits of a hash of job, period,
    /// revision, delivery, recipient and issue; the same for every retry, different wherever one of them differs.
    #[must_use]
    pub fn key(&self, delivery: &str, recipient: &str) -> String {
        let revision = self.revision.to_string();
        key_of(&[
            &self.job,
            &self.period_id,
            &revision,
            delivery,
            recipient,
            &self.issue,
        ])
    }
}

/// Each part carries its length, so that no two lists of parts run together to the same text.
fn key_of(parts: &[&str]) -> String {
    let text: Vec<String> = parts
        .iter()
        .map(|part| format!("{}:{part}\n", part.len()))
        .collect();
    let mut key = hex_sha256(text.concat().as_bytes());
    key.truncate(32);
    key
}

impl Parcel {
    /// The parcel of `content` for `recipient` by way of `delivery`.
    fn new(edition: &Edition, delivery: &str, recipient: &str, content: Bytes) -> Self {
        Self {
            key: edition.key(delivery, recipient),
            recipient: recipient.to_owned(),
            place: None,
            sha256: hex_sha256(&content),
            content,
        }
    }

    /// The parcel of a bulletin as `content` for `recipient` by way of `delivery`. Its key is a hash of the bulletin's and of
    /// both, so that every reader has one, and it is safe in a header whatever the bulletin's is made of.
    fn of_bulletin(bulletin: &Bulletin, delivery: &str, recipient: &str, content: Bytes) -> Self {
        Self {
            key: bulletin_key(bulletin, delivery, recipient),
            recipient: recipient.to_owned(),
            place: None,
            sha256: hex_sha256(&content),
            content,
        }
    }
}

fn bulletin_key(bulletin: &Bulletin, delivery: &str, recipient: &str) -> String {
    key_of(&["bulletin", &bulletin.key, delivery, recipient])
}

impl DeliveryError {
    fn permanent(reason: String) -> Self {
        Self {
            reason,
            recourse: Recourse::Permanent,
            far_end: FarEnd::Unasked,
        }
    }

    fn gone(reason: String) -> Self {
        Self {
            reason,
            recourse: Recourse::Gone,
            far_end: FarEnd::Well,
        }
    }

    fn retry(reason: String, after: Option<Duration>) -> Self {
        Self {
            reason,
            recourse: Recourse::Retry { after },
            far_end: FarEnd::Troubled,
        }
    }

    fn ambiguous(reason: String) -> Self {
        Self {
            reason,
            recourse: Recourse::Ambiguous,
            far_end: FarEnd::Troubled,
        }
    }

    /// The same, as the answer of a far end that is well.
    fn answered(mut self) -> Self {
        self.far_end = FarEnd::Well;
        self
    }
}

/// What a far end said, as one line that is safe to show: no control or direction characters, at most [`QUOTE_CHARS`].
fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_control() || is_direction(c) { ' ' } else { c })
        .collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= QUOTE_CHARS {
        return line;
    }
    line.chars().take(QUOTE_CHARS - 1).chain(['…']).collect()
}

/// An error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Characters that turn the direction of text around and make it look like something else.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_changes_with_every_part_and_with_nothing_else() {
        let parts = ["job", "2026-10", "1", "mail", "a@example.com", ""];
        let key = key_of(&parts);
        assert_eq!(key.len(), 32);
        assert!(key.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(key, key_of(&parts));
        for part in 0..parts.len() {
            let mut others = parts;
            others[part] = "2";
            assert_ne!(key, key_of(&others));
        }
        assert_ne!(
            key,
            key_of(&["job\n7:2026-10", "", "1", "mail", "a@example.com", ""])
        );
        assert_ne!(key, key_of(&["jo", "b2026-10", "1", "mail", "a@example.com", ""]));
    }

    #[test]
    fn a_quotation_is_one_harmless_line() {
        assert_eq!(one_line("250 ok\r\n\u{1b}[31mred\u{202e}\0"), "250 ok [31mred");
        assert_eq!(one_line(&"x".repeat(500)).chars().count(), QUOTE_CHARS);
    }
}

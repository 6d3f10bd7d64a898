//! Deliveries: an [`Edition`] becomes [`Parcel`]s (exact bytes for one recipient each), a parcel becomes a [`Receipt`].
//!
//! In: a finished edition. Out: proof of what a far end acknowledged, or an error that says what may be done next.
//! Never here: computing or rendering figures, retrying, remembering.

use crate::render::{Artifact, Digest, MailBody};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

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
}

/// What an undelivered parcel leaves to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recourse {
    /// Trying again will not help: refused address, wrong URL, different file in the way.
    Permanent,
    /// Trying again may help, after this time if the far end named one.
    Retry {
        /// `Retry-After`, as the far end said it.
        after: Option<Duration>,
    },
    /// The bytes went out and nobody knows whether they arrived.
    Ambiguous,
}

/// A way for reports to reach people or machines.
#[async_trait]
pub trait Delivery: Send + Sync + std::fmt::Debug {
    /// Makes the parcels of an edition, one for each recipient, in the order in which they must be sent. Pure: no I/O.
    ///
    /// # Errors
    /// [`DeliveryError`] with [`Recourse::Permanent`] where the edition cannot be carried at all.
    fn compose(&self, edition: &Edition) -> Result<Vec<Parcel>, DeliveryError>;

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
}

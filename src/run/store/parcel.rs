//! What a run freezes, as it is stored, and what becomes of it.

use super::{Before, NewRun, RuleMove, Tell, turns};
use crate::delivery::{Parcel, Receipt};
use crate::render::Artifact;
use crate::run::state::DeliveryState;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::path::PathBuf;

/// What a run freezes: from here on its bytes do not change.
#[derive(Debug, Clone, Copy)]
pub struct Freeze<'a> {
    /// Every file of the run, the manifest included.
    pub artifacts: &'a [Artifact],
    /// Name of a delivery and its parcels, in the order in which they are sent.
    pub parcels: &'a [(String, Vec<Parcel>)],
    /// The report's notices.
    pub notices: &'a [String],
    /// The true time of the run.
    pub generated_at: DateTime<Utc>,
    /// Why it is to be held instead of sent; empty: it is not.
    pub held: &'a [String],
    /// Key and value of the gate's metric, for the norm of later runs.
    pub measured: Option<(&'a str, Decimal)>,
}

/// What is written down along with what a run freezes, in the same transaction.
#[derive(Debug, Default)]
pub struct Along {
    /// A run that is to follow it, not to be begun before its time.
    pub follower: Option<(NewRun, DateTime<Utc>)>,
    /// What the owner hears.
    pub tell: Vec<Tell>,
    /// Why it goes out to nobody; `None`: it goes out, or is held.
    pub unsent: Option<String>,
    /// What it withdraws of earlier revisions, where it goes out to nobody.
    pub withdrawal: Option<Withdrawal>,
    /// Its figures, for later revisions.
    pub figures: Option<Vec<u8>>,
    /// The version before that it was made beside; `None`: that does not matter.
    pub before: Option<Before>,
    /// What it makes of the rules of its job.
    pub rules: Vec<RuleMove>,
    /// Whether these are all rules of the job, and what is known of others is forgotten.
    pub forgets_rules: bool,
    /// What the owner hears unless it was told before, each under its key.
    pub alerts: Vec<(String, Tell)>,
}

/// What a run that goes out to nobody withdraws: what is still to be sent of earlier revisions, whose figures are known to be wrong by now.
#[derive(Debug)]
pub struct Withdrawal {
    /// Through which deliveries: its own.
    pub deliveries: Vec<String>,
    /// The earlier run whose figures are not known to differ, which it leaves alone.
    pub same_as: Option<String>,
    /// What the owner hears where there was anything to withdraw.
    pub tell: Option<Tell>,
}

/// An artifact as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredArtifact {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// Lower-case hex SHA-256.
    pub sha256: String,
    /// Data rows, where the format has rows.
    pub rows: Option<u64>,
    /// Where it lies, absolute.
    pub path: PathBuf,
}

/// One row of the outbox: a parcel and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number in the store.
    pub id: i64,
    /// Which run.
    pub run_id: String,
    /// Place in the order of sending, from 0, over all deliveries of the run.
    pub position: u32,
    /// Name of the delivery.
    pub delivery: String,
    /// The address, the file's name, or the URL's host.
    pub recipient: String,
    /// Where the recipient lies, as [`Parcel::place`] says.
    pub place: Option<String>,
    /// The key under which it may be sent again.
    pub key: String,
    /// Where the exact bytes lie, absolute.
    pub content_path: PathBuf,
    /// Lower-case hex SHA-256 of the bytes.
    pub sha256: String,
    /// Where it is.
    pub state: DeliveryState,
    /// Attempts begun.
    pub attempts: u32,
    /// Attempts after which nobody knew whether the bytes had arrived.
    pub doubts: u32,
    /// From when on patience with it is counted: since it was frozen, approved, or asked for again after it was given up.
    pub since: DateTime<Utc>,
    /// Attempts since then.
    pub tries: u32,
    /// When the first of them began.
    pub first_attempt_at: Option<DateTime<Utc>>,
    /// When the next one is due, in `retry_wait`, or in `ambiguous` where it is to be sent once more.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What the far end said when it acknowledged.
    pub receipt: Option<String>,
    /// Why it is not acknowledged.
    pub error: Option<String>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
}

impl OutboxRow {
    /// Why it is not acknowledged, for a sentence that names the delivery already.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        let said = self.error.as_deref()?;
        let named = format!("delivery `{}`: ", self.delivery);
        Some(said.strip_prefix(&named).unwrap_or(said))
    }

    /// Whether the service tries it now.
    pub(in crate::run) fn is_due(&self, now: DateTime<Utc>) -> bool {
        match self.state {
            DeliveryState::Pending => true,
            DeliveryState::RetryWait | DeliveryState::Ambiguous => self
                .next_attempt_at
                .is_some_and(|at| at <= now || at > now + turns::FARTHEST),
            _ => false,
        }
    }

    /// Whether the service will still do something for it by itself.
    pub(in crate::run) fn is_outstanding(&self) -> bool {
        match self.state {
            DeliveryState::Pending | DeliveryState::Sending | DeliveryState::RetryWait => true,
            DeliveryState::Ambiguous => self.next_attempt_at.is_some(),
            _ => false,
        }
    }

    /// Whether its reader may have got it twice: it was sent again after nobody knew whether it had arrived.
    #[must_use]
    pub fn may_be_double(&self) -> bool {
        self.doubts > 0 && self.attempts > 1
    }

    /// Patience with one that was given up and is asked for again begins anew, as its permit writes down.
    pub(in crate::run) fn begin_anew(&mut self, now: DateTime<Utc>) {
        if self.state == DeliveryState::Dead {
            (self.since, self.tries, self.first_attempt_at) = (now, 0, None);
        }
    }
}

/// Leave to make one attempt, committed before the first byte goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// Which row.
    pub delivery_id: i64,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Under which fence.
    pub fence: i64,
}

/// Why a parcel was not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOff<'a> {
    /// Its turn did not come; what its last attempt met, if there was one, says more and stays.
    NoTurn(&'a str),
    /// Its turn comes after this instant at the earliest; else like `NoTurn`.
    Behind(&'a str, DateTime<Utc>),
    /// It cannot be tried as things are, whatever an attempt met before.
    NoWay(&'a str),
    /// Its far end has said that it is gone, its turn can never come, or patience is over: it is `dead`.
    Gone(&'a str),
    /// Its far end failed time and again and is left alone for a while.
    Resting {
        /// Says so.
        reason: &'a str,
        /// How long.
        until: DateTime<Utc>,
    },
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The far end has it.
    Acked(Receipt),
    /// Another try may help.
    RetryWait {
        /// Why it was not acknowledged.
        reason: String,
        /// When to try again.
        next_attempt_at: DateTime<Utc>,
    },
    /// Nobody knows whether it arrived.
    Ambiguous {
        /// What happened.
        reason: String,
        /// When to send it once more under its key; `None`: only when somebody asks for it.
        again_at: Option<DateTime<Utc>>,
    },
    /// Trying again will not help.
    Dead {
        /// Why.
        reason: String,
    },
    /// `Dead`, and its far end is gone: nothing more is sent there.
    Gone {
        /// What it said.
        reason: String,
    },
}

impl Outcome {
    /// When it is tried again by itself, if ever.
    #[must_use]
    pub fn next_attempt_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::RetryWait { next_attempt_at, .. } => Some(*next_attempt_at),
            Self::Ambiguous { again_at, .. } => *again_at,
            Self::Acked(_) | Self::Dead { .. } | Self::Gone { .. } => None,
        }
    }

    /// The state that follows.
    #[must_use]
    pub fn state(&self) -> DeliveryState {
        match self {
            Self::Acked(_) => DeliveryState::Acked,
            Self::RetryWait { .. } => DeliveryState::RetryWait,
            Self::Ambiguous { .. } => DeliveryState::Ambiguous,
            Self::Dead { .. } | Self::Gone { .. } => DeliveryState::Dead,
        }
    }
}

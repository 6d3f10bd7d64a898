//! What the owner is told: what failed, is missed, is held or has recovered, and the command that helps.
//!
//! Plain data, so that it can be stored and sent later; every delivery makes parcels of it with `compose_bulletin`.

mod command;
mod view;

use crate::render::bulletin;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// One message to the owner: any number of things that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    /// Stable: the same for every attempt to tell the same. Message-ID and `webhook-id` are made of it, a dropped file is named
    /// after it.
    pub key: String,
    /// Who is told by e-mail: addresses, each perhaps with a display name. Other deliveries have readers of their own.
    pub owner: Vec<String>,
    /// When it was written: the Date of the mail.
    pub written_at: DateTime<Utc>,
    /// Zone in which its times are shown.
    pub timezone: Tz,
    /// What happened, in any order.
    pub items: Vec<BulletinItem>,
    /// How many more things happened than are told one by one.
    pub more: u32,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulletinItem {
    /// What kind of thing.
    pub kind: BulletinKind,
    /// The job, if it is about one.
    pub job: Option<String>,
    /// Canonical id of the period, if it is about one.
    pub period: Option<String>,
    /// The run, if it is about one.
    pub run_id: Option<String>,
    /// When it happened; the last time, if several times.
    pub at: DateTime<Utc>,
    /// What happened and the remedy, in sentences. A command in backticks is shown once more on a line of its own, to be copied;
    /// where there is none, the usual one for this kind is shown.
    pub text: String,
    /// How many times; 1 for once.
    pub count: u32,
}

/// The kinds of things that an owner hears of, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulletinKind {
    /// The clock has jumped, and nothing new is started until it is right.
    ClockHeld,
    /// The store could not be read or written.
    StoreFault,
    /// A run failed; nothing of it was delivered.
    Failed,
    /// A delivery was given up: the tries are used up or refused.
    Dead,
    /// An occurrence was not run and will not be by itself.
    Missed,
    /// A gate holds a run back until somebody approves it.
    Held,
    /// Nobody knows whether a delivery arrived.
    Ambiguous,
    /// A delivery is no longer tried at all, because its far end is gone.
    Disabled,
    /// A new configuration is wrong; the last good one stays in force.
    ConfigRefused,
    /// Something in the figures of a report asks for attention.
    Alert,
    /// A run started or ended later than it should.
    Late,
    /// A run waits for data that are late.
    Waits,
    /// What an earlier bulletin told is over.
    Recovered,
}

/// How alarming a kind is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Tone {
    /// A report is missing, or will be.
    Bad,
    /// Somebody has to decide or to look.
    Attention,
    /// All is well again.
    Good,
}

impl BulletinKind {
    /// The word for machines: `clock_held`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::ClockHeld => "clock_held",
            Self::StoreFault => "store_fault",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Missed => "missed",
            Self::Held => "held",
            Self::Ambiguous => "ambiguous",
            Self::Disabled => "disabled",
            Self::ConfigRefused => "config_refused",
            Self::Alert => "alert",
            Self::Late => "late",
            Self::Waits => "waits",
            Self::Recovered => "recovered",
        }
    }

    /// The kind of this word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(key.to_owned())).ok()
    }

    /// The word for people, after a number: `2 not delivered`.
    fn words(self) -> &'static str {
        match self {
            Self::ClockHeld => "clock held",
            Self::StoreFault => "store failing",
            Self::Failed => "failed",
            Self::Dead => "not delivered",
            Self::Missed => "missed",
            Self::Held => "held for approval",
            Self::Ambiguous => "ambiguous",
            Self::Disabled => "disabled",
            Self::ConfigRefused => "configuration refused",
            Self::Alert => "to look at",
            Self::Late => "late",
            Self::Waits => "waiting for data",
            Self::Recovered => "recovered",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::ClockHeld | Self::StoreFault | Self::Failed | Self::Dead | Self::Missed => Tone::Bad,
            Self::Held
            | Self::Ambiguous
            | Self::Disabled
            | Self::ConfigRefused
            | Self::Alert
            | Self::Late
            | Self::Waits => Tone::Attention,
            Self::Recovered => Tone::Good,
        }
    }
}

impl Bulletin {
    /// What happened, the most urgent first, then by job and time.
    #[must_use]
    pub fn by_urgency(&self) -> Vec<&BulletinItem> {
        let mut items: Vec<&BulletinItem> = self.items.iter().collect();
        items.sort_by(|a, b| (a.kind, &a.job, a.at, &a.text).cmp(&(b.kind, &b.job, b.at, &b.text)));
        items
    }
}

/// The bulletin as plain text, 80 columns but for commands, which are never broken: for a file that drops or stays on disk where
/// nothing else is left.
#[must_use]
pub fn bulletin_text(bulletin: &Bulletin) -> String {
    let view = View::new(bulletin, EVERY_ITEM);
    bulletin::text(&view).unwrap_or_else(|_| {
        // Our own template cannot fail; if it does, the owner still hears what happened.
        let mut text = format!("{}\n", view.heading);
        for item in bulletin.by_urgency() {
            let job = item.job.as_deref().unwrap_or("service");
            text.extend([job, ": ", item.kind.key(), ": ", &item.text, "\n"]);
        }
        text
    })
}

pub(super) use view::{BulletinView as View, EVERY_ITEM, ITEM_CHARS, Item, MAIL_ITEMS};

#[cfg(test)]
mod tests;

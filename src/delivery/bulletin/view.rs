//! What readers of a bulletin see: safe lines, grouped by job, the most urgent first, with the commands that help.

use super::command::commands;
use super::{Bulletin, BulletinItem, BulletinKind, Tone};
use crate::render::bulletin::{clean, shortened};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most items of a text: a bulletin with more says how many it leaves out.
pub(in crate::delivery) const EVERY_ITEM: usize = 1_000;
/// How many items the HTML part of a mail tries to show, one after the other, until it is small enough.
pub(in crate::delivery) const MAIL_ITEMS: [usize; 4] = [100, 40, 15, 5];
/// Longest text of one item.
pub(in crate::delivery) const ITEM_CHARS: usize = 2_000;

/// The whole bulletin.
#[derive(Debug, Serialize)]
pub(in crate::delivery) struct BulletinView {
    /// `2 failed, 1 missed`.
    pub(in crate::delivery) heading: String,
    /// The job, where all is about one.
    pub(in crate::delivery) only_job: String,
    /// When it was written, and in which zone its times are.
    pub(in crate::delivery) written: String,
    /// What a mailbox shows after the subject.
    pub(in crate::delivery) preheader: String,
    /// By job, the one with the most urgent item first.
    pub(in crate::delivery) groups: Vec<Group>,
    /// How many items are left out.
    pub(in crate::delivery) left_out: usize,
}

/// The items of one job, or of the service itself.
#[derive(Debug, Serialize)]
pub(in crate::delivery) struct Group {
    /// The job's name.
    pub(in crate::delivery) title: String,
    /// The most urgent first.
    pub(in crate::delivery) items: Vec<Item>,
}

/// One thing that happened.
#[derive(Debug, Serialize)]
pub(in crate::delivery) struct Item {
    /// `Failed`, perhaps with `, 3 times`.
    pub(in crate::delivery) word: String,
    /// `bad`, `attention` or `good`.
    tone: Tone,
    /// `2026-10, run 0199a1b2-…`; may be empty.
    pub(in crate::delivery) about: String,
    /// `2026-11-01 07:00:05 +01:00`, after `last at` for several times.
    pub(in crate::delivery) when: String,
    /// What happened and the remedy.
    pub(in crate::delivery) text: String,
    /// What to type.
    pub(in crate::delivery) commands: Vec<String>,
}

impl BulletinView {
    /// The view of the `most` most urgent items.
    pub(in crate::delivery) fn new(bulletin: &Bulletin, most: usize) -> Self {
        let items = bulletin.by_urgency();
        let shown = &items[..items.len().min(most)];
        let mut jobs = items.iter().map(|item| item.job.as_deref());
        let first = jobs.next().flatten();
        Self {
            heading: heading(&items),
            only_job: first
                .filter(|job| jobs.all(|other| other == Some(job)))
                .map_or_else(String::new, clean),
            written: format!(
                "Written {}; times are those of {}.",
                local(bulletin.written_at, bulletin.timezone),
                bulletin.timezone
            ),
            preheader: items
                .first()
                .map_or_else(String::new, |item| shortened(&clean(&item.text), 200)),
            groups: groups(shown, bulletin.timezone),
            left_out: items.len() - shown.len() + bulletin.more as usize,
        }
    }
}

/// How many of each kind, the most urgent first.
fn heading(items: &[&BulletinItem]) -> String {
    let mut counts: BTreeMap<BulletinKind, u64> = BTreeMap::new();
    for item in items {
        *counts.entry(item.kind).or_default() += u64::from(item.count.max(1));
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(kind, count)| match kind {
            // There is one clock and one store, however often they were seen to fail.
            BulletinKind::ClockHeld | BulletinKind::StoreFault | BulletinKind::ConfigRefused => {
                kind.words().to_owned()
            }
            _ => format!("{count} {}", kind.words()),
        })
        .collect();
    if parts.is_empty() {
        "nothing to tell".to_owned()
    } else {
        parts.join(", ")
    }
}

/// By job, in the order in which the jobs first appear among the items by urgency.
fn groups(items: &[&BulletinItem], zone: Tz) -> Vec<Group> {
    let mut groups: Vec<(Option<&str>, Group)> = Vec::new();
    for item in items {
        let job = item.job.as_deref();
        let at = groups
            .iter()
            .position(|(known, _)| *known == job)
            .unwrap_or_else(|| {
                let title = job.map_or_else(|| "The service itself".to_owned(), clean);
                groups.push((
                    job,
                    Group {
                        title,
                        items: Vec::new(),
                    },
                ));
                groups.len() - 1
            });
        groups[at].1.items.push(Item::new(item, zone));
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

impl Item {
    fn new(item: &BulletinItem, zone: Tz) -> Self {
        let run = item.run_id.as_deref().map(|run| format!("run {run}"));
        let about: Vec<String> = [item.period.clone(), run]
            .into_iter()
            .flatten()
            .map(|part| shortened(&clean(&part), 120))
            .collect();
        let (times, last) = match item.count {
            0 | 1 => (String::new(), ""),
            count => (format!(", {count} times"), "last at "),
        };
        Self {
            word: capitalised(item.kind.words()) + &times,
            tone: item.kind.tone(),
            about: about.join(", "),
            when: last.to_owned() + &local(item.at, zone),
            text: shortened(&clean(&item.text), ITEM_CHARS),
            commands: commands(item),
        }
    }
}

/// An instant with its offset, so that nobody has to guess on the night when clocks change.
fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone)
        .format("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}

fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

//! What a far end was given, in order: enough to tell afterwards what was lost and what came twice, however long it goes on.

use reportwire::source::snapshot::hex_sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// One thing that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What tells repeats: `webhook-id`, or a mail's Message-ID and recipients.
    pub key: String,
    /// Of the body, or of the whole mail.
    pub sha256: String,
    /// The status that it was answered with; none if the sender was left without.
    pub reply: Option<u16>,
}

impl Entry {
    /// Whether the far end has it, whatever the sender knows.
    pub fn is_taken(&self) -> bool {
        self.reply.is_none_or(|status| status / 100 == 2)
    }
}

/// Something that was taken more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    pub key: String,
    pub copies: usize,
    /// All copies to the last byte.
    pub identical: bool,
    /// How many were answered well: more than one means that the sender knew and sent again.
    pub acknowledged: usize,
}

/// The far end's book. Clones write into the same one.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<(Mutex<Vec<Entry>>, Condvar)>);

impl Ledger {
    pub fn note(&self, key: String, bytes: &[u8], reply: Option<u16>) {
        let (entries, written) = &*self.0;
        let sha256 = hex_sha256(bytes);
        entries.lock().unwrap().push(Entry { key, sha256, reply });
        written.notify_all();
    }

    /// Everything that arrived, refused or not, in the order of arrival.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.0.lock().unwrap().clone()
    }

    /// What was taken, each key once.
    pub fn keys(&self) -> BTreeSet<String> {
        let taken = self.entries().into_iter().filter(Entry::is_taken);
        taken.map(|entry| entry.key).collect()
    }

    /// What was taken more than once.
    pub fn duplicates(&self) -> Vec<Duplicate> {
        let mut copies = BTreeMap::<String, Vec<Entry>>::new();
        for entry in self.entries().into_iter().filter(Entry::is_taken) {
            copies.entry(entry.key.clone()).or_default().push(entry);
        }
        copies.retain(|_, copies| copies.len() > 1);
        let duplicate = |(key, copies): (String, Vec<Entry>)| Duplicate {
            key,
            copies: copies.len(),
            identical: copies.iter().all(|copy| copy.sha256 == copies[0].sha256),
            acknowledged: copies.iter().filter(|copy| copy.reply.is_some()).count(),
        };
        copies.into_iter().map(duplicate).collect()
    }

    /// Waits until so many different keys were taken; a minute without anything new is a failure.
    pub fn wait_for_keys(&self, wanted: usize) {
        tokio::task::block_in_place(|| {
            let (entries, written) = &*self.0;
            while self.keys().len() < wanted {
                let known = entries.lock().unwrap();
                let (before, since) = (known.len(), Instant::now());
                let silent = written
                    .wait_timeout_while(known, Duration::from_mins(1), |entries| entries.len() == before)
                    .unwrap()
                    .1;
                let keys = || self.keys().len();
                assert!(
                    !silent.timed_out(),
                    "{} of {wanted} keys after {:?}",
                    keys(),
                    since.elapsed()
                );
            }
        });
    }
}

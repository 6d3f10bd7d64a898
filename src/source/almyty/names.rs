//! Names of agents, providers, gateways and tools: everything else speaks of them by their ids.

use super::client::anything_but_the_key;
use super::fetch::Fetching;
use super::keep::identity;
use super::target::request;
use crate::source::{Snapshot, SourceError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Names of one page.
const PAGE_NAMES: usize = 100;
/// Pages of names before we stop.
const MAX_PAGES: u64 = 1000;

/// A list of things that have names.
#[derive(Debug)]
pub(super) struct Named {
    /// Where it is.
    path: &'static str,
    /// The key of the list inside `data`, where `data` is not the list itself.
    key: &'static str,
    /// What a report calls it.
    pub(super) dimension: &'static str,
}

/// The four lists.
pub(super) const NAMED: [Named; 4] = [
    Named {
        path: "/agents",
        key: "agents",
        dimension: "agent",
    },
    Named {
        path: "/llm-providers",
        key: "providers",
        dimension: "provider",
    },
    Named {
        path: "/gateways",
        key: "gateways",
        dimension: "gateway",
    },
    Named {
        path: "/tools",
        key: "tools",
        dimension: "tool",
    },
];

impl Fetching<'_> {
    /// Keeps ids and names of a list and nothing else: its rows hold prompts, addresses and credentials.
    pub(super) async fn names(&self, list: &Named) -> Result<(), SourceError> {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for page in 1..=MAX_PAGES {
            let target = format!("{}?page={page}&limit={PAGE_NAMES}", list.path);
            let answered = match self.client.get_unless(&target, anything_but_the_key).await? {
                Ok(answered) => answered,
                Err(reason) => {
                    self.lacks(list.path, reason);
                    self.progress.step();
                    return Ok(());
                }
            };
            let rows = list.rows(&answered.value);
            let before = seen.len();
            for row in rows {
                let Some(id) = row.get("id").and_then(identity) else {
                    continue;
                };
                seen.insert(id.clone());
                let name = row.get("name").and_then(Value::as_str);
                if let Some(name) = name.filter(|name| !name.is_empty()) {
                    names.insert(id, name.to_owned());
                }
            }
            // A server that knows no pages answers the same one for ever.
            if rows.len() < PAGE_NAMES || seen.len() == before {
                break;
            }
        }
        self.into
            .keep_text(&request(list.path), json!(names).to_string(), self.clock.now());
        self.progress.step();
        Ok(())
    }
}

impl Named {
    fn rows<'v>(&self, answer: &'v Value) -> &'v [Value] {
        let data = answer.get("data").unwrap_or(answer);
        let list = data.as_array().or_else(|| data.get(self.key)?.as_array());
        list.map_or(&[], Vec::as_slice)
    }

    /// The names by id; `None` where the server did not give them.
    pub(super) fn read(&self, snapshot: &Snapshot) -> Option<BTreeMap<String, String>> {
        serde_json::from_str(snapshot.text(&request(self.path))?).ok()
    }
}

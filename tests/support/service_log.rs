//! The log of a service, read as it comes and kept.

use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::ChildStderr;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Event {
    pub level: String,
    pub message: String,
    /// Besides the message.
    pub fields: Value,
    /// The innermost span, if there is one.
    pub span: Value,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    told: Mutex<Told>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Told {
    lines: Vec<String>,
    /// By name, in order.
    events: HashMap<String, Vec<Event>>,
    ended: bool,
}

impl Told {
    fn named(&self, message: &str) -> &[Event] {
        self.events.get(message).map_or(&[], Vec::as_slice)
    }
}

impl Log {
    pub(super) fn read(&self, from: ChildStderr) {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            let mut told = self.told.lock().unwrap();
            if let Some(event) = event(&line) {
                told.events.entry(event.message.clone()).or_default().push(event);
            }
            told.lines.push(line);
            self.more.notify_all();
        }
        self.told.lock().unwrap().ended = true;
        self.more.notify_all();
    }

    pub(super) fn wait(
        &self,
        patience: Duration,
        name: &str,
        find: impl Fn(&[Event]) -> Option<Event>,
    ) -> Event {
        self.wait_until(patience, |told| told.ended || find(told.named(name)).is_some());
        let found = find(self.told.lock().unwrap().named(name));
        found.unwrap_or_else(|| {
            panic!(
                "no `{name}` within {patience:?}; the log ends with\n{}",
                self.tail()
            )
        })
    }

    pub(super) fn wait_for_end(&self, patience: Duration) {
        assert!(
            self.wait_until(patience, |told| told.ended),
            "somebody holds the log of a process that ended"
        );
    }

    /// Did it come in time?
    fn wait_until(&self, patience: Duration, is_there: impl Fn(&Told) -> bool) -> bool {
        patiently(|| {
            let told = self.told.lock().unwrap();
            let waited = self
                .more
                .wait_timeout_while(told, patience, |told| !is_there(told));
            !waited.unwrap().1.timed_out()
        })
    }

    /// Every event of this name so far.
    pub(super) fn events(&self, name: &str) -> Vec<Event> {
        self.told.lock().unwrap().named(name).to_vec()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.told.lock().unwrap().lines.clone()
    }

    pub(super) fn tail(&self) -> String {
        let told = self.told.lock().unwrap();
        let end = if told.ended {
            "(the process has closed its log)"
        } else {
            "(the process goes on)"
        };
        let from = told.lines.len().saturating_sub(40);
        format!("{}\n{end}", told.lines[from..].join("\n"))
    }
}

fn event(line: &str) -> Option<Event> {
    let mut line: Value = serde_json::from_str(line).ok()?;
    let mut fields = line["fields"].take();
    let message = fields.as_object_mut()?.remove("message")?;
    Some(Event {
        level: line["level"].as_str()?.to_owned(),
        message: message.as_str()?.to_owned(),
        fields,
        span: line["span"].take(),
    })
}

/// Blocks where the far ends on this runtime's other threads go on; a runtime without any is refused at once.
pub(super) fn patiently<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

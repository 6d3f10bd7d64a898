use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex};
use std::time::Duration;
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Phase {
    Starting,
    Serving,
    Stopping,
}
#[derive(Clone)]
pub struct Pulse(Arc<Mutex<(Phase, Option<String>)>>);
impl Pulse {
    pub fn new(_: Duration) -> Self {
        Self(Arc::new(Mutex::new((Phase::Starting, None))))
    }
    pub fn set_phase(&self, p: Phase) {
        self.0.lock().unwrap().0 = p;
    }
    pub fn beat(&self, _: DateTime<Utc>, _: Duration) {}
    pub fn hold(&self, r: &str) {
        self.0.lock().unwrap().1 = Some(r.to_owned());
    }
    pub fn free(&self) {
        self.0.lock().unwrap().1 = None;
    }
    pub fn ready(&self, _: Duration) -> Result<(), String> {
        match &self.0.lock().unwrap().1 {
            None => Ok(()),
            Some(r) => Err(r.clone()),
        }
    }
}
pub mod figures {
    use super::*;
    pub fn store_fault() {}
    pub fn runs_under_way(_: usize) {}
    pub fn reload(_: bool) {}
    pub fn occurrences(_: usize, _: usize) {}
    pub fn lateness(_: TimeDelta) {}
}

//! How many runs may be under way at once: in this process, and against each source.

use crate::config::Plan;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The lanes of one process.
#[derive(Debug)]
pub struct Lanes {
    all: Arc<Semaphore>,
    sources: BTreeMap<String, Arc<Semaphore>>,
}

/// A place in the lanes; dropping it gives it back.
#[derive(Debug)]
pub struct Lane {
    _held: Vec<OwnedSemaphorePermit>,
}

impl Lanes {
    /// The lanes that a plan asks for.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let sources = plan.sources.iter().filter_map(|(name, source)| {
            let most = source.runs_at_once()?;
            Some((name.clone(), Arc::new(Semaphore::new(most))))
        });
        Self {
            all: Arc::new(Semaphore::new(plan.service.runs_at_once)),
            sources: sources.collect(),
        }
    }

    /// Waits for a place in the lanes of these sources, then for one in the process. Sources come in the order of their names,
    /// so that two runs never wait for each other. A run that only has to be sent needs none.
    pub async fn enter(&self, sources: &[String]) -> Lane {
        let mut held = Vec::new();
        if sources.is_empty() {
            return Lane { _held: held };
        }
        let mut names: Vec<&String> = sources.iter().collect();
        names.sort_unstable();
        names.dedup();
        let lanes = names
            .into_iter()
            .filter_map(|name| self.sources.get(name))
            .chain([&self.all]);
        for lane in lanes {
            // The semaphores are never closed.
            held.extend(Arc::clone(lane).acquire_owned().await.ok());
        }
        Lane { _held: held }
    }
}

//! What wakes the service: ticks of tokio-cron-scheduler, in UTC, which carry no meaning of their own.
//!
//! It knows no job and no zone of ours; a tick that is lost or late is made good by the next one. It has been seen to stop after
//! a clock was set, so whoever waits for its ticks starts it anew when none has come for a while.

use crate::fail_point;
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// What is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tick {
    /// Every second: has something fallen due?
    Beat,
    /// Every minute: is everything well?
    Minute,
    /// Every hour: is something old enough to go?
    Hour,
}

const EVERY_SECOND: &str = "* * * * * *";
/// When each tick comes, as cron with seconds.
const TICKS: [(&str, Tick); 3] = [
    (EVERY_SECOND, Tick::Beat),
    ("7 * * * * *", Tick::Minute),
    ("11 23 * * * *", Tick::Hour),
];
/// Most ticks that wait: more say nothing new.
const WAITING: usize = 16;

/// A running scheduler and its ticks.
pub(super) struct Ticks {
    scheduler: JobScheduler,
    pub(super) ticks: mpsc::Receiver<Tick>,
}

impl Ticks {
    /// Starts ticking.
    pub(super) async fn start() -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let (sender, ticks) = mpsc::channel(WAITING);
        let fast = fail_point::setting("REPORTWIRE_TICKS").is_some_and(|text| text == "fast");
        for (when, tick) in TICKS {
            let sender = sender.clone();
            let job = Job::new_async(if fast { EVERY_SECOND } else { when }, move |_, _| {
                let sender = sender.clone();
                Box::pin(async move {
                    // Full means that the receiver has enough to do, and closed that it has gone.
                    if sender.try_send(tick).is_err() {
                        tracing::trace!(?tick, "a tick was not needed");
                    }
                })
            })?;
            scheduler.add(job).await?;
        }
        scheduler.start().await?;
        Ok(Self { scheduler, ticks })
    }

    /// Stops ticking.
    pub(super) async fn stop(&mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::debug!(error = %error, "the scheduler of ticks did not stop by itself");
        }
    }
}

//! What the operating system asks the service for.

use super::ServiceError;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT: the service is to end.
pub(super) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    pub(super) fn listen() -> Result<Self, ServiceError> {
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
        })
    }

    /// Ends when somebody asks us to stop.
    pub(super) async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// SIGHUP: the configuration is to be read again.
pub(super) fn hangup() -> Result<Signal, ServiceError> {
    on(SignalKind::hangup())
}

fn on(kind: SignalKind) -> Result<Signal, ServiceError> {
    signal(kind).map_err(|cause| ServiceError::System {
        what: "signals cannot be listened to".to_owned(),
        cause,
    })
}

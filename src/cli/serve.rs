//! `reportwire serve`: runs the jobs on their calendars.

use super::{Failure, Globals, Verdict, clock};
use crate::service::{self, ServiceError};

/// Arguments of `serve`: none of its own.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "SIGTERM or Ctrl-C: what is being sent is finished, the rest is left for the next start.\n\
                  SIGHUP: the configuration is read again; one that is wrong changes nothing.\n\
                  `service.listen` answers /healthz, /readyz and /metrics."
)]
pub(super) struct Serve {}

impl Serve {
    pub(super) async fn run(self, globals: &Globals) -> Result<Verdict, Failure> {
        let plan = globals.plan()?;
        let again = globals.clone();
        let load = Box::new(move || crate::config::load(&again.options()));
        Box::pin(service::serve(plan, load, clock())).await?;
        Ok(Verdict::Done)
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Request(what) => Self::request(what),
            ServiceError::Unproven(found) => found.into(),
            ServiceError::Store(error) => error.into(),
            error => Self::failed(error.to_string()),
        }
    }
}

//! What the tasks of the service share, and a word to the owner.

use crate::console::Pulse;
use crate::delivery::BulletinKind;
use crate::run::lanes::Lanes;
use crate::run::lease::Leases;
use crate::run::perform::Engine;
use crate::run::store::{StoreError, Tell};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_util::sync::CancellationToken;

/// What holds until the configuration is read again.
pub(crate) struct Current {
    pub(crate) engine: Engine,
    pub(super) lanes: Lanes,
}

/// What the workers share.
pub(super) struct Shared {
    pub(super) current: RwLock<Arc<Current>>,
    pub(super) leases: Leases,
    pub(super) stop: CancellationToken,
    pub(super) pulse: Pulse,
}

impl Shared {
    /// Of a service that is starting.
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            current: RwLock::new(Arc::new(current(engine))),
            leases: Leases::default(),
            stop: CancellationToken::new(),
            pulse: Pulse::new(),
        }
    }

    pub(super) fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the owner of the service is to hear; it concerns no job.
pub(super) fn of_service(engine: &Engine, kind: BulletinKind, text: String) -> Tell {
    Tell {
        owner: engine.plan.service.owner.clone(),
        kind,
        job: None,
        period: None,
        run_id: None,
        text,
    }
}

/// Writes it down.
pub(super) async fn tell_owner(engine: &Engine, kind: BulletinKind, text: String) -> Result<(), StoreError> {
    let tell = of_service(engine, kind, text);
    engine.store.tell(vec![tell], engine.clock.now()).await
}

pub(super) fn current(engine: Engine) -> Current {
    Current {
        lanes: Lanes::of(&engine.plan),
        engine,
    }
}

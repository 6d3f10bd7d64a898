//! Runs: the story of a report from its period to its receipts, and the memory of it.
//!
//! In: a plan, a job, a period. Out: a run whose every step, file and delivery is written down before it is relied on.
//! Never here: what a report says, how a format looks, how a far end is spoken to.
//!
//! [`choose`] reads the request, [`perform`] tells the story from top to bottom, [`recipe`] holds what makes it repeatable and
//! [`replay`] repeats it. The [`store`] is the truth: [`state`] has every allowed move, [`attempt`] tries what lies in the
//! outbox, [`hosts`] says how much may be asked of a far end, [`resend`] goes on with it later, [`verify`] proves that what was
//! stored is still what it was. In the service [`dispatch`] hands runs to workers and [`work`] is what a worker does, within the
//! [`lanes`] that bound it and for as long as its [`lease`] is kept. `late` brings a report to its end whose data were late,
//! `earlier` keeps with a run what those before it have left.

pub mod attempt;
pub mod choose;
pub mod dispatch;
mod earlier;
mod fault;
pub mod hosts;
pub mod lanes;
mod late;
pub mod lease;
pub mod perform;
mod previewed;
pub mod recipe;
pub mod replay;
pub mod resend;
pub mod state;
pub mod store;
mod tell;
pub mod verify;
pub mod work;

pub use choose::RunRequest;
pub use fault::RunError;
pub use perform::{Engine, Preview, RunOutcome};
pub use state::{DeliveryState, RunState};
pub use store::{Run, Store, StoreError};

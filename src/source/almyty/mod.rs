//! almyty: conversations, requests, tool executions and the audit trail of a server, summed exactly.
//!
//! In: an [`AlmytyPlan`](crate::config::plan::AlmytyPlan) and the periods needed. Out: a snapshot of rows without anything that
//! people wrote or sent, and from it a dataset. Never here: figures of rolling windows in place of a period's; those only
//! tell whether the unit of an amount is what we take it for.
//!
//! The platform ships two descriptions of itself. Its code has the endpoints under `/analytics/` (the *real* surface); its older
//! documentation has `/usage-metrics` (the *documented* one), which no published code answers.

mod callers;
mod checks;
mod client;
mod decode;
mod documented;
mod fault;
mod fetch;
mod invoices;
mod keep;
mod kept;
mod names;
mod pacer;
mod requests;
mod retention;
mod settings;
mod shape;
mod sheet;
mod slices;
mod target;

pub use decode::decode;
pub use fetch::{fetch, probe};

/// What people call the platform.
pub const PLATFORM: &str = "almyty";

//! Dispersl: its analytics API as a typed client, and the figures of closed periods from it.
//!
//! In: a [`DisperslPlan`](crate::config::plan::DisperslPlan) and the periods needed. Out: a snapshot of the platform's
//! answers, and from it a dataset. Usage is asked for by dates; costs come only for windows of the platform's own choosing, so
//! a period's cost is the sum of its days. Never here: a window's total passed off as a period's, a zero for what was not told.

pub mod answers;
mod breakdowns;
mod client;
mod cost_list;
mod costs;
mod daily;
mod decode;
mod echo;
mod endpoint;
mod export;
mod fault;
mod fetch;
mod meter;
mod performance;
mod retention;
mod usage;

pub use client::DisperslClient;
pub use decode::decode;
pub use endpoint::{Days, Word};
pub use export::exports;
pub use fetch::{fetch, probe};

/// What people call the platform.
pub const PLATFORM: &str = "Dispersl";

//! Globant Enterprise AI: its analytics API as a typed client, and the full report's data from it.
//!
//! In: a [`GeaiPlan`](crate::config::plan::GeaiPlan) and the periods needed. Out: a snapshot of the platform's answers,
//! and from it a dataset. Never here: recomputing what the platform says; figures stay as sent (only the unit of the
//! error rate is settled, because the platform's texts contradict each other about it).

pub mod answers;
mod client;
mod daily;
mod decode;
mod endpoint;
mod error_rate;
mod fault;
mod fetch;
mod figures;
mod rankings;

pub use client::GeaiClient;
pub use decode::decode;
pub use endpoint::{DateRange, Endpoint};
pub use fetch::{fetch, probe};

/// What people call the platform.
pub const PLATFORM: &str = "Globant Enterprise AI";

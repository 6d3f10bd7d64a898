//! The tools that prove the service are proven themselves: clusters, drivers, receivers, the oracle of due times.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clusters;
#[expect(unreachable_pub, reason = "shared by several crates of tests")]
#[path = "../support/postgres.rs"]
mod postgres;

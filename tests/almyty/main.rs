//! almyty against a server with all the traps of the real one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/almyty.rs"]
mod server;

mod bench;
mod faults;
mod figures;
mod lists;
mod reports;
mod surfaces;

//! almyty against a server with all the traps of the real one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "values are written where they are passed"
)]

#[path = "../support/almyty.rs"]
mod server;

mod bench;
mod faults;
mod figures;
mod lists;
mod looking_back;
mod reports;
#[path = "../support/spanish.rs"]
mod spanish;
mod surfaces;

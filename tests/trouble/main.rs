//! Stories of trouble that passes: data that come late, disks that are full. Told with the real service, on a clock that the
//! story moves, and on file systems of a few megabytes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(unreachable_pub, reason = "the fakes are shared by several crates of tests")]

mod full_disks;
mod late_data;
#[expect(
    dead_code,
    reason = "these stories look at what arrived, not at a ledger of it"
)]
#[path = "../support/ledger.rs"]
mod ledger;
#[expect(dead_code, reason = "the driver can do more than these stories need")]
#[path = "../support/service.rs"]
mod service;
#[expect(dead_code, reason = "the fakes can do more than these stories need")]
#[path = "../support/smtp.rs"]
mod smtp;
mod world;

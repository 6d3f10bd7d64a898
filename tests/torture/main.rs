//! The service is killed, stopped, sent away and left by its far ends, at every border that matters; afterwards the books must agree.
//!
//! Reduced here, in full with `REPORTWIRE_TORTURE=1` (see `docs/torture.md`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test fails by panicking, and its helpers are shared by several crates of tests"
)]

mod books;
mod crash;
mod points;
mod rows;
mod scenario;
mod world;

#[allow(dead_code, reason = "these tests need no reply that hangs or breaks off")]
#[path = "../support/http.rs"]
mod http;
#[allow(dead_code, reason = "these tests wait for rows, not for keys")]
#[path = "../support/ledger.rs"]
mod ledger;
#[allow(dead_code, reason = "these tests need no job that is due every minute")]
#[path = "../support/oracle.rs"]
mod oracle;
#[allow(dead_code, reason = "these tests stop no cluster")]
#[path = "../support/postgres.rs"]
mod postgres;
#[allow(dead_code, reason = "the driver can do more than these tests need")]
#[path = "../support/service.rs"]
mod service;
#[allow(dead_code, reason = "these tests need no TLS and no script for recipients")]
#[path = "../support/smtp.rs"]
mod smtp;

/// How many trials: the reduced number, or the full one where the environment asks for it.
fn trials(reduced: usize, full: usize) -> usize {
    if std::env::var_os("REPORTWIRE_TORTURE").is_some() {
        full
    } else {
        reduced
    }
}

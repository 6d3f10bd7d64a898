//! The tools that prove the service are proven themselves: clusters, drivers, receivers, the oracle of due times.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test fails by panicking, and its helpers are shared by several crates of tests"
)]

mod clusters;
mod due_times;
mod receivers;
mod services;

#[expect(dead_code, reason = "these tests need no reply that hangs or breaks off")]
#[path = "../support/http.rs"]
mod http;
#[path = "../support/ledger.rs"]
mod ledger;
#[path = "../support/oracle.rs"]
mod oracle;
#[path = "../support/postgres.rs"]
mod postgres;
#[expect(dead_code, reason = "its fail points come with the service")]
#[path = "../support/service.rs"]
mod service;
#[expect(dead_code, reason = "these tests need no TLS and no script for recipients")]
#[path = "../support/smtp.rs"]
mod smtp;

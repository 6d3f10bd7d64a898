//! Stories of the service, told with the real binary: `reportwire serve` against a mail server, a receiver and a folder, on a
//! clock that the story moves. Nothing waits for time to pass.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(unreachable_pub, reason = "the fakes are shared by several crates of tests")]

mod commands;
mod ends;
mod figures;
#[expect(dead_code, reason = "the fakes can do more than these stories need")]
#[path = "../support/http.rs"]
mod http;
#[expect(
    dead_code,
    reason = "these stories look at what arrived, not at a ledger of it"
)]
#[path = "../support/ledger.rs"]
mod ledger;
mod operators;
mod owners;
#[expect(dead_code, reason = "clusters can do more than these stories need")]
#[path = "../support/postgres.rs"]
mod postgres;
mod reloads;
mod replicas;
mod retries;
mod secrets;
#[expect(dead_code, reason = "the driver can do more than these stories need")]
#[path = "../support/service.rs"]
mod service;
#[expect(dead_code, reason = "the fakes can do more than these stories need")]
#[path = "../support/smtp.rs"]
mod smtp;
mod stores;
mod world;

//! Stories of users, told with the real binary against far ends on loopback: a platform, a mail server, a receiver, a folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod budgets;
mod comparisons;
mod gates;
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the fakes can do more than these stories need"
)]
#[path = "../support/http.rs"]
mod http;
mod languages;
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the fakes can do more than these stories need"
)]
#[path = "../support/ledger.rs"]
mod ledger;
mod organization;
mod outbox;
#[expect(dead_code, reason = "the fakes can do more than these stories need")]
#[path = "../support/platform.rs"]
mod platform;
mod rates;
mod readme;
mod reconciliation;
mod reports_that_arrive;
mod reports_that_do_not;
mod revisions;
mod secrets;
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the fakes can do more than these stories need"
)]
#[path = "../support/smtp.rs"]
mod smtp;
mod splits;
mod trust;
mod unusual;
mod world;

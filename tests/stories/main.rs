//! Stories of users, told with the real binary against far ends on loopback: a platform, a mail server, a receiver, a folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/http.rs"]
mod http;
#[path = "../support/platform.rs"]
mod platform;
mod readme;
mod reports_that_arrive;
mod reports_that_do_not;
mod secrets;
#[path = "../support/smtp.rs"]
mod smtp;
mod trust;
mod world;

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
mod files;
mod mails;
mod points;
mod races;
mod rows;
mod scenario;
mod stop;
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

/// Dice that fall the same way for the same seed.
struct Dice(u64);

impl Dice {
    fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number below `limit`. Source: the generator splitmix64.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// What a task said that broke off.
fn said(panic: tokio::task::JoinError) -> String {
    let panic = panic.into_panic();
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    panic
        .downcast_ref::<String>()
        .cloned()
        .or(text)
        .unwrap_or_default()
}

/// Tells the figures of a proof to whoever looks.
#[expect(clippy::print_stderr, reason = "a proof tells its figures")]
fn tell(text: &str) {
    eprintln!("{text}");
}

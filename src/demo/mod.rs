//! The demo's far ends, on loopback.

pub mod mailbox;
pub mod receiver;

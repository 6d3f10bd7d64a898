//! The demo's far ends, on loopback.

mod answers;
pub mod company;
pub mod mailbox;
pub mod platform;
pub mod receiver;

//! File sources from the file on disk to the dataset.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

mod bench;
mod focus;
mod limits;
#[path = "../support/spanish.rs"]
mod spanish;
mod usage;

//! The demo: an invented company on an embedded platform, so that everything can be seen without any account.

pub mod company;
pub mod platform;

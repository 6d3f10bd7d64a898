//! The demo: an invented company on an embedded platform, so that everything can be seen without any account.

mod answers;
pub mod company;
pub mod platform;

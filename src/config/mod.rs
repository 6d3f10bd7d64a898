//! Configuration: what the user wrote becomes a [`Plan`] that is proven runnable.
//!
//! In: a TOML file, the environment, the command line. Out: a plan, or every problem at once with its place and remedy.
//! Never here: the network, secrets' values, what time it is.

pub mod plan;
pub mod secret;

pub use plan::Plan;

//! reportwire: cost and usage reports of AI platforms, on finance calendars, right to the cent, delivered and proven.
//!
//! ```text
//! config -> schedule -> source -> report -> render -> delivery      run drives and remembers; cli stands outside
//! ```

pub mod cli;
pub mod config;
pub mod delivery;
pub mod demo;
pub mod metric;
pub mod money;
pub mod period;
pub mod render;
pub mod report;
pub mod run;
pub mod schedule;
pub mod source;
pub mod telemetry;

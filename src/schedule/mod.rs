//! Schedules: when a job falls due, and what time it is.
//!
//! In: a job of the [`Plan`](crate::config::Plan) and a [`Clock`](clock::Clock). Out: due times with the periods they cover.
//! Never here: timers, the store, running anything.

mod business_day;
pub mod cadence;
mod calendar_file;
pub mod catch_up;
pub mod clock;
mod description;
mod jitter;
#[cfg(test)]
mod minute_walk;
pub mod wall;
mod warning;
pub mod written;

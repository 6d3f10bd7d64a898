//! Schedules: when a job falls due, and what time it is.
//!
//! In: a job of the [`Plan`](crate::config::Plan) and a [`Clock`](clock::Clock). Out: due times with the periods they cover.
//! Never here: timers, the store, running anything.

pub mod cadence;
pub mod clock;

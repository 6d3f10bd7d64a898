//! What every HTTP source shares: one client with its limits, retries, strict JSON and lenient reading of fields.
//!
//! In: where a platform answers and what opens it. Out: answers that are whole, well-formed and not an error, and one reader for
//! what a snapshot keeps of them.
//! Never here: what a platform's answers mean.

pub mod fields;
pub mod http;
pub mod json;
mod reader;
pub mod retry;
mod rows;

pub use fields::{Flaw, Flaws, Row, Wire};
pub use http::{Answered, Fault, Gauge, Http, Lost};
pub use reader::Reader;
pub use retry::Pace;
pub use rows::{Listed, Reading};

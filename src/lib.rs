//! reportwire: cost and usage reports of AI platforms, on finance calendars, right to the cent, delivered and proven.
//!
//! ```text
//! config ─▶ schedule ─▶ source ─▶ report ─▶ render ─▶ delivery
//!   Plan      due time    Dataset    Report    Artifacts   Receipts
//! └───────────────────── run drives and remembers ─────────────────────┘   service, console, cli and demo stand outside
//! ```
//!
//! The rooms, in the order in which they may import each other:
//!
//! - [`money`], [`duration`], [`language`], [`metric`], [`period`]: the words that every room shares.
//! - [`telemetry`]: log lines and figures about the program itself; any room may add to them.
//! - [`config`]: what the user wrote becomes a plan that is proven runnable.
//! - [`schedule`]: when a job falls due, and the only place that asks what time it is.
//! - [`source`]: a period becomes a snapshot (the only fetching), a snapshot becomes a dataset (pure).
//! - [`report`]: datasets become one document of figures; no format, no I/O.
//! - [`render`]: the document becomes files, a mail's body and a chat's digest; no recipient.
//! - [`delivery`]: files become parcels, parcels become receipts; no retry, no memory.
//! - [`run`]: the story from period to receipts, and its memory.
//! - [`service`]: the heartbeat that writes down what has fallen due, and the workers that run it.
//! - [`demo`], [`console`], [`cli`]: what stands outside.
//! - [`fail_point`]: where tests end the process; empty in what is released.
//!
//! # What we guarantee
//!
//! - Figures are exact: decimals from the wire to the renderer, unknown never zero, every format from the same document.
//! - Nothing leaves before everything is frozen, and every try sends the frozen bytes under the same key.
//! - Every step is written down before it is relied on; a process that ends in the middle leaves a state that says so.
//! - What cannot be known is called ambiguous and shown. A run can be rebuilt from its snapshot, byte for byte.
//!
//! # What we do not
//!
//! - Exactly-once delivery. Between a far end's taking the bytes and our writing it down, a crash can double a delivery; its key
//!   lets the receiver drop the repeat.
//! - That a platform's figures are right. They are tied out where they can be, and differences are said.
//!
//! `ARCHITECTURE.md` walks through one run, maps every file and names the proof of each guarantee.

pub mod cli;
pub mod config;
pub mod console;
pub mod delivery;
pub mod demo;
pub mod duration;
pub mod fail_point;
pub mod language;
pub mod metric;
pub mod money;
pub mod period;
pub mod render;
pub mod report;
pub mod run;
pub mod schedule;
pub mod service;
pub mod source;
pub mod telemetry;

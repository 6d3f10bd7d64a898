//! What the program tells of itself while it works: `tracing` events on standard error, as text or JSON lines, and the
//! [`figures`] that a monitoring system collects.

pub mod figures;

use tracing_subscriber::EnvFilter;

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging at `level` (or by filter directives such as `reportwire=debug`); without it `RUST_LOG` decides, without that
/// the `usual`.
///
/// # Errors
/// A sentence, if `level` is no level and no filter.
pub fn init(level: Option<&str>, usual: &str, format: LogFormat) -> Result<(), String> {
    let filter = match level {
        Some(level) => EnvFilter::try_new(level).map_err(|error| {
            format!("`--log {level}` is not a level: {error}; write error, warn, info, debug or trace")
        })?,
        None => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual)),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    match format {
        LogFormat::Text => subscriber.with_ansi(false).init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}

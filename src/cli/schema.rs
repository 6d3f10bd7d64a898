//! `reportwire schema`: the JSON Schema of the configuration file, for editors.

use super::{Failure, Verdict, output};

#[expect(clippy::unnecessary_wraps, reason = "every command answers alike")]
pub(super) fn run() -> Result<Verdict, Failure> {
    output::data(crate::config::schema::json().trim_end());
    Ok(Verdict::Done)
}

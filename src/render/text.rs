//! The text report: the page's figures in aligned columns.

use super::view::{Extent, View};
use super::{Look, RenderError, templates};
use crate::report::Report;

/// Rows of a ranking or breakdown.
const ROWS: usize = 10;

/// The text of `report`, lines ended by `\n`.
///
/// # Errors
/// [`RenderError::Template`] if an overriding template is wrong.
pub fn render(report: &Report, look: &Look) -> Result<String, RenderError> {
    let view = View::new(
        report,
        look,
        Extent {
            rows: ROWS,
            days: true,
            drawn: false,
        },
    );
    let text = templates::load(&look.templates)?.render(templates::TEXT, &view)?;
    Ok(tidy(&text))
}

/// Without spaces at the ends of lines and without more than one empty line in a row.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 2;
    for line in text.lines() {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

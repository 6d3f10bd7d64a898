//! The HTML report: one self-contained, accessible page for screen, phone and paper.

use super::view::{Extent, View};
use super::{Look, RenderError, templates};
use crate::report::Report;

/// Rows of a ranking or breakdown.
const ROWS: usize = 10;

/// The page of `report`; it refers to nothing outside itself.
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
            drawn: true,
        },
    );
    templates::load(&look.templates)?.render(templates::PAGE, &view)
}

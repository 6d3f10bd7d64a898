//! Messages to the owner, from their own templates: subject, complete text part, simple HTML part.
//!
//! A job's templates have no say here: whoever is told that a report is missing must not depend on what may be the cause.

use super::{MailBody, RenderError, templates, text};
use serde::Serialize;
use std::collections::BTreeMap;

pub(crate) use super::view::{clean, shortened};

/// Most bytes of the HTML part: Gmail clips at about 102 KB.
const MAX_HTML: usize = 80 * 1024;
/// Most characters of a subject.
const MAX_SUBJECT: usize = 150;

/// The mail: subject and text of the `whole` view, the HTML of the first of the `shorter` ones that is small enough.
///
/// # Errors
/// [`RenderError`] if none of them is.
pub(crate) fn mail<V: Serialize>(whole: &V, shorter: &[V]) -> Result<MailBody, RenderError> {
    let templates = templates::load(&BTreeMap::new())?;
    let subject = templates.render(templates::BULLETIN_SUBJECT, whole)?;
    let mut html = None;
    for view in shorter {
        let page = templates.render(templates::BULLETIN_HTML, view)?;
        if page.len() <= MAX_HTML {
            html = Some(page);
            break;
        }
    }
    Ok(MailBody {
        subject: shortened(&clean(&subject), MAX_SUBJECT),
        text: text(whole)?,
        html: html.ok_or_else(|| RenderError::Format {
            format: "mail",
            reason: format!("a message to the owner does not fit into {MAX_HTML} bytes"),
        })?,
        images: Vec::new(),
    })
}

/// The text part alone.
///
/// # Errors
/// [`RenderError`] if it is larger than any text may be.
pub(crate) fn text(view: &impl Serialize) -> Result<String, RenderError> {
    let templates = templates::load(&BTreeMap::new())?;
    Ok(text::tidy(&templates.render(templates::BULLETIN_TEXT, view)?))
}

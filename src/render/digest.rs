//! The executive summary for a chat: the same words as the page, plain, unescaped.

use super::format::Formatter;
use super::view::{Card, Extent, View};
use super::{Digest, DigestFigure, DigestWords, Look, RenderError};
use crate::report::Report;

/// Figures that fit the screen of a phone.
const HEADLINES: usize = 5;
const MOVERS: usize = 3;

/// The digest of `report`.
///
/// # Errors
/// None today; the signature is that of the other faces.
pub fn render(report: &Report, look: &Look) -> Result<Digest, RenderError> {
    let view = View::new(
        report,
        look,
        Extent {
            rows: 0,
            days: false,
            drawn: false,
        },
    );
    let figures = |cards: &[Card], limit: usize| {
        let figure = |card: &Card| DigestFigure {
            label: card.label.clone(),
            value: card.value.text.clone(),
            change: card
                .change
                .as_ref()
                .map(|change| change.text.clone())
                .unwrap_or_default(),
        };
        cards.iter().take(limit).map(figure).collect()
    };
    Ok(Digest {
        heading: format!("{} · {}", view.job.title, view.period.label),
        headlines: figures(&view.headlines, HEADLINES),
        movers: figures(&view.movers, MOVERS),
        notices: notices(&view),
        foot: format!("{} · {}", view.foot.sources.join(" · "), view.foot.run),
        answer: view.answer_text,
        words: DigestWords::of(&Formatter::of(look)),
        run: view.foot.run,
    })
}

/// What is not final comes first.
fn notices(view: &View) -> Vec<String> {
    let provisional = view
        .chips
        .iter()
        .take(usize::from(view.provisional && !view.incomplete))
        .map(|chip| chip.text.clone());
    provisional
        .chain(view.notices.iter().map(|notice| notice.text.clone()))
        .collect()
}

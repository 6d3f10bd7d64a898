//! The platform's own exports: files as it makes them, of which no column is documented. Nothing is read out of them.

use super::endpoint::{Call, Word};
use crate::config::plan::Exported;
use crate::source::{Export, Snapshot};

/// The exports in a snapshot.
pub fn exports(snapshot: &Snapshot) -> Vec<Export> {
    let all = [
        (Exported::Usage, Word::Month, "usage-month.csv"),
        (Exported::Usage, Word::Year, "usage-year.csv"),
        (Exported::Performance, Word::Month, "performance.json"),
    ];
    let kept = all.into_iter().filter_map(|(what, word, name)| {
        let text = snapshot.text(&Call::Export(what, word).request())?;
        Some(Export {
            name: name.to_owned(),
            text: text.to_owned(),
        })
    });
    kept.collect()
}

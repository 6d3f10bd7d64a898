//! The words of reports in the reader's language: a catalogue of messages for each language, and texts made of them.
//!
//! A [`Text`] is an English sentence that knows by which message and arguments it is said in other languages. Whoever reads it as a
//! string reads English, as machines do; a [`Language`] says it in its own words. What a catalogue lacks stays English.
//! Never here: how a locale writes numbers and dates; a text holds them as [`Value`]s, and whoever shows it lends a [`Hand`].

mod catalogue;
mod check;
pub(crate) mod direction;
pub mod kept;
mod text;
mod value;

pub use catalogue::{Language, Piece};
pub use check::{Problem, problems};
pub use text::{Arg, Text};
pub(crate) use value::days_named;
pub use value::{FORMS, Hand, Plain, Value};

/// The folder of a job's own languages among its templates: `language/fr.ftl`.
pub const FOLDER: &str = "language/";
/// How the file of a language ends.
pub const ENDING: &str = ".ftl";

/// A [`Text`] by its message: `say!("gap", "day" = day, "count" = 3_u32)`. Counts choose the plural.
macro_rules! say {
    ($id:literal $(, $name:literal = $value:expr)* $(,)?) => {
        $crate::language::Text::of($id, vec![$(($name.into(), $crate::language::Arg::from($value))),*])
    };
}
pub(crate) use say;

/// The language of the file of this relative path: `fr` of `language/fr.ftl`; `None` where it is no language's.
#[must_use]
pub fn language_of(path: &str) -> Option<&str> {
    let tag = path.strip_prefix(FOLDER)?.strip_suffix(ENDING)?;
    let is_tag = (2..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_lowercase());
    is_tag.then_some(tag)
}

#[cfg(test)]
mod tests;

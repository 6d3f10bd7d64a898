//! Renderers: a [`Report`] becomes artifacts (bytes, media type, name). The same report and look give the same bytes.
//!
//! In: a report and a [`Look`]. Out: [`Artifact`]s, the body of a mail and the digest for a chat.
//! Never here: recipients, fetching, computing figures (only formatting and rounding them for display).

#[cfg(test)]
mod agree_tests;
#[cfg(test)]
mod budget_tests;
pub(crate) mod bulletin;
mod chart;
pub mod csv;
pub mod digest;
pub mod export;
pub mod format;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
pub(crate) mod hostile;
mod json;
#[cfg(test)]
mod language_tests;
#[cfg(test)]
mod look_tests;
pub mod mail;
pub mod manifest;
pub mod name;
mod neutral;
pub mod page;
mod specimen;
pub mod templates;
pub mod text;
mod view;
mod xlsx;

pub use chart::is_font;
pub use name::FileNames;

use crate::config::plan::{Brand, Format};
use crate::language::say;
use crate::report::Report;
use crate::source::snapshot::hex_sha256;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// File name: `monthly-full-report_2026-10.xlsx`.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
    /// Lower-case hex SHA-256 of the bytes.
    pub sha256: String,
    /// Data rows, where the format has rows (CSV).
    pub rows: Option<u64>,
}

/// How a report looks: everything besides the report that decides the bytes of its artifacts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// BCP 47 tag for numbers, dates and words.
    pub locale: String,
    /// Name, colour and logo.
    pub brand: Brand,
    /// The logo's bytes (PNG, base64), read when the run began.
    pub logo: Option<String>,
    /// The brand's fonts, whole files; they are read again whenever pictures are drawn.
    #[serde(skip)]
    pub fonts: Vec<Arc<Vec<u8>>>,
    /// Overriding templates and languages by relative path, such as `report/page.html.hbs` and `language/fr.ftl`, read when the
    /// run began.
    pub templates: BTreeMap<String, String>,
    /// Template of artifact names.
    pub file_name: String,
    /// Template of a mail's subject; `None`: the built-in one.
    pub subject: Option<String>,
    /// Whether somebody asked for the report besides what the schedule sends, which a mail's subject says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
}

/// What a mail says, before it is a message to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailBody {
    /// Subject, without line breaks.
    pub subject: String,
    /// The text part, complete.
    pub text: String,
    /// The HTML part, within 80 KB; refers to images as `cid:KEY@report`.
    pub html: String,
    /// The images by key, PNG at twice the size.
    pub images: Vec<Image>,
}

/// What a mail says of files that are too large to come with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unattached {
    /// That they are not attached, and why.
    pub why: String,
    /// `Files:`.
    pub heading: String,
    /// Each with its size.
    pub files: Vec<String>,
    /// `They lie here:`.
    pub places: String,
}

/// An inline image of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Unique in the mail; `cost-per-day` is `cid:cost-per-day@report`.
    pub key: String,
    /// PNG bytes.
    pub png: Bytes,
}

/// The executive summary for a chat, as plain text parts already formatted for the reader; nothing in it is escaped yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// Title and period: `AI platform: monthly full report · October 2026`.
    pub heading: String,
    /// The answer sentence.
    pub answer: String,
    /// The five headline figures: label, value, change (`▲ up 14.5 % (+515.14)`).
    pub headlines: Vec<DigestFigure>,
    /// Up to three movers.
    pub movers: Vec<DigestFigure>,
    /// What a reader must know.
    pub notices: Vec<String>,
    /// One line of provenance: sources, fetch instant, run and revision.
    pub foot: String,
    /// What a chat says around it, in the reader's language.
    #[serde(skip)]
    pub words: DigestWords,
    /// The end of the foot, for where all of it has no room: `Run …01K8YB2Q, revision 1 · generated 2 Nov 2026 07:00:04 UTC`.
    #[serde(skip)]
    pub run: String,
}

/// The words of a chat around a [`Digest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestWords {
    /// `What moved most`.
    pub movers: String,
    /// `Please note`.
    pub notices: String,
    /// `Full report`.
    pub places: String,
    /// `see the full report`.
    pub see: String,
    /// What stands for a part that is too long.
    pub too_long: String,
    /// `… and # more in the full report`, with `#` for how many.
    pub more: String,
}

impl Default for DigestWords {
    fn default() -> Self {
        Self::of(&format::Formatter::new("en"))
    }
}

impl DigestWords {
    fn of(formatter: &format::Formatter) -> Self {
        Self {
            movers: formatter.say("moved-most"),
            notices: formatter.say("chat-notices"),
            places: formatter.say("chat-places"),
            see: formatter.say("chat-see"),
            too_long: formatter.say("chat-too-long"),
            more: formatter.put(say!("chat-more", "count" = "#")),
        }
    }
}

/// One figure of a [`Digest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestFigure {
    /// What it is.
    pub label: String,
    /// Its value, with unit.
    pub value: String,
    /// Its change, in arrow, word and amount; empty where nothing is compared.
    pub change: String,
}

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A template is wrong.
    #[error("template `{template}`: {reason}")]
    Template {
        /// Which template.
        template: String,
        /// What is wrong, with its line.
        reason: String,
    },
    /// A file name or subject template gave something that cannot be used.
    #[error("{what} `{value}` cannot be used: {reason}")]
    Name {
        /// `file_name` or `subject`.
        what: &'static str,
        /// What came out.
        value: String,
        /// Why not, and the remedy.
        reason: String,
    },
    /// The workbook, picture or table could not be written.
    #[error("{format}: {reason}")]
    Format {
        /// Which format.
        format: &'static str,
        /// Why.
        reason: String,
    },
}

/// Renders `report` in each of `formats`, in that order.
///
/// # Errors
/// [`RenderError`]; nothing is rendered in part.
pub fn render(report: &Report, formats: &[Format], look: &Look) -> Result<Vec<Artifact>, RenderError> {
    let mut artifacts: Vec<Artifact> = Vec::with_capacity(formats.len());
    for format in formats {
        let name = name::artifact(&look.file_name, report, format.extension())?;
        name::distinct(&name, artifacts.iter().map(|other| other.name.as_str()))?;
        let (bytes, rows) = match format {
            Format::Html => (Bytes::from(page::render(report, look)?), None),
            Format::Text => (Bytes::from(text::render(report, look)?), None),
            Format::Xlsx => (Bytes::from(xlsx::render(report, look)?), None),
            Format::Csv => {
                let table = csv::render(report);
                (Bytes::from(table.text), Some(table.rows))
            }
            Format::Json => (Bytes::from(json::render(report)?), None),
        };
        artifacts.push(Artifact::new(name, format.media_type(), bytes, rows));
    }
    Ok(artifacts)
}

/// Tries the `file_name` template of a job for all its formats and the manifest, before there is a report; `names` keeps what was read
/// for the jobs after it.
///
/// # Errors
/// [`RenderError`] for the first name that cannot be used.
pub fn try_names(
    names: &mut FileNames,
    (job, title): (&str, &str),
    template: &str,
    formats: &[Format],
) -> Result<(), RenderError> {
    let report = Report {
        job: job.to_owned(),
        title: title.to_owned(),
        ..specimen::report()
    };
    let mut made: Vec<String> = Vec::new();
    for extension in formats
        .iter()
        .map(|format| format.extension())
        .chain(["manifest.json"])
    {
        let name = name::artifact_by(names, template, &report, extension)?;
        name::distinct(&name, made.iter().map(String::as_str))?;
        made.push(name);
    }
    Ok(())
}

impl Artifact {
    fn new(name: String, media_type: &str, bytes: Bytes, rows: Option<u64>) -> Self {
        let sha256 = hex_sha256(&bytes);
        Self {
            name,
            media_type: media_type.to_owned(),
            bytes,
            sha256,
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    pub(super) fn look() -> Look {
        Look {
            locale: "en".into(),
            file_name: "{{job.name}}_{{period.id}}{{revision.suffix}}.{{ext}}".into(),
            ..Look::default()
        }
    }

    #[test]
    fn artifacts_come_in_the_order_of_the_formats_and_are_the_same_each_time() {
        let formats = [
            Format::Json,
            Format::Csv,
            Format::Xlsx,
            Format::Html,
            Format::Text,
        ];
        let report = sample::report();
        let artifacts = render(&report, &formats, &look()).unwrap();
        let names: Vec<_> = artifacts.iter().map(|artifact| artifact.name.as_str()).collect();
        let expected = formats.map(|format| format!("monthly-full-report_2026-10.{}", format.extension()));
        assert_eq!(names, expected);
        assert_eq!(artifacts[1].rows, Some(92));
        assert_eq!(render(&report, &formats, &look()).unwrap(), artifacts);
    }

    #[test]
    fn two_formats_may_not_have_one_name() {
        let look = Look {
            file_name: "report.txt".into(),
            ..look()
        };
        let error = render(&sample::report(), &[Format::Csv, Format::Json], &look).unwrap_err();
        assert!(matches!(error, RenderError::Name { .. }), "{error}");
    }

    #[test]
    fn a_checksum_is_lower_case_hex() {
        let artifact = Artifact::new("a".into(), "text/plain", Bytes::from_static(b"abc"), None);
        assert_eq!(
            artifact.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}

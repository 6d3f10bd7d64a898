//! Names of artifacts, from the job's `file_name` template.

use super::RenderError;
use crate::report::Report;
use handlebars::{Handlebars, no_escape};
use serde_json::{Value, json};
use std::fmt;

/// Longest name of a file, in bytes.
const LONGEST: usize = 120;

/// Names that Windows keeps for devices, with any extension.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Makes names of files; each template is read once.
#[derive(Debug)]
pub struct FileNames(Handlebars<'static>);

impl Default for FileNames {
    fn default() -> Self {
        let mut handlebars = Handlebars::new();
        handlebars.register_escape_fn(no_escape);
        handlebars.set_strict_mode(true);
        Self(handlebars)
    }
}

impl FileNames {
    fn filled_in(&mut self, template: &str, words: &Value) -> Result<String, RenderError> {
        let failed = |error: &dyn fmt::Display| RenderError::Template {
            template: "file_name".into(),
            reason: format!(
                "{error}; it may use job.name, job.title, period.id, period.start, period.end, revision.suffix, revision.number and ext"
            ),
        };
        if !self.0.has_template(template) {
            self.0
                .register_template_string(template, template)
                .map_err(|error| failed(&error))?;
        }
        self.0.render(template, words).map_err(|error| failed(&error))
    }
}

/// The name of the report's file with extension `ext`: the `template` filled in with `job.name`, `job.title`, `period.id`,
/// `period.start`, `period.end` (last day included), `revision.suffix` (empty for the first, then `_r2` …), `revision.number` and `ext`.
///
/// # Errors
/// [`RenderError::Template`] where the template is malformed or names something unknown; [`RenderError::Name`] where the
/// result is not a plain file name that every system accepts.
pub fn artifact(template: &str, report: &Report, ext: &str) -> Result<String, RenderError> {
    artifact_by(&mut FileNames::default(), template, report, ext)
}

/// As [`artifact`], for whoever makes many names.
pub(super) fn artifact_by(
    names: &mut FileNames,
    template: &str,
    report: &Report,
    ext: &str,
) -> Result<String, RenderError> {
    let suffix = if report.revision == 1 {
        String::new()
    } else {
        format!("_r{}", report.revision)
    };
    let words = json!({
        "job": { "name": report.job, "title": report.title },
        "period": { "id": report.period.id, "start": report.period.start, "end": report.period.end },
        "revision": { "suffix": suffix, "number": report.revision },
        "ext": ext,
    });
    let name = names.filled_in(template, &words)?;
    match objection(&name) {
        None => Ok(name),
        Some(reason) => Err(RenderError::Name {
            what: "file_name",
            value: shown(&name),
            reason: reason.into(),
        }),
    }
}

/// Refuses names that fall together, also where a file system ignores case.
///
/// # Errors
/// [`RenderError::Name`].
pub(super) fn distinct<'a>(name: &str, others: impl IntoIterator<Item = &'a str>) -> Result<(), RenderError> {
    if others.into_iter().all(|other| !other.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    Err(RenderError::Name {
        what: "file_name",
        value: shown(name),
        reason: "two files of the report would have this name; let the template end in `.{{ext}}`".into(),
    })
}

/// Why `name` is not a plain file name everywhere; `None` where it is.
fn objection(name: &str) -> Option<&'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() {
        Some("it is empty; use for instance `{{job.name}}_{{period.id}}{{revision.suffix}}.{{ext}}`")
    } else if !name.bytes().all(plain) {
        Some(
            "a file name may have letters a to z, digits, `.`, `_` and `-` only; use job.name rather than job.title, and no folders",
        )
    } else if name.len() > LONGEST {
        Some("a file name may have 120 bytes at most; shorten the template")
    } else if name.starts_with(['.', '-']) {
        Some("a file name may not start with `.` or `-`; put a word first")
    } else if name.ends_with('.') {
        Some("a file name may not end with `.`; let the template end in `.{{ext}}`")
    } else if is_device(name) {
        Some("Windows keeps this name for a device; put another word before the first dot")
    } else {
        None
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let port = |kind: &str| {
        stem.strip_prefix(kind)
            .is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    DEVICES.contains(&stem.as_str()) || port("com") || port("lpt")
}

/// The name as a message may show it: one line, no tricks, not endless.
fn shown(name: &str) -> String {
    name.chars()
        .take(LONGEST)
        .flat_map(char::escape_default)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    const DEFAULT: &str = "{{job.name}}_{{period.id}}{{revision.suffix}}.{{ext}}";

    #[test]
    fn names_follow_the_template() {
        let first = sample::report();
        let second = Report {
            revision: 2,
            ..first.clone()
        };
        let cases = [
            (DEFAULT, &first, "xlsx", "monthly-full-report_2026-10.xlsx"),
            (DEFAULT, &second, "csv", "monthly-full-report_2026-10_r2.csv"),
            (
                DEFAULT,
                &second,
                "manifest.json",
                "monthly-full-report_2026-10_r2.manifest.json",
            ),
            (
                "{{period.start}}..{{period.end}}-v{{revision.number}}.{{ext}}",
                &first,
                "csv",
                "2026-10-01..2026-10-31-v1.csv",
            ),
        ];
        for (template, report, ext, expected) in cases {
            assert_eq!(artifact(template, report, ext).unwrap(), expected);
        }
    }

    #[test]
    fn names_that_are_not_plain_are_refused() {
        let long = format!("{}.csv", "x".repeat(117));
        for template in [
            "",
            ".",
            "..",
            "../x.csv",
            "/etc/passwd",
            "C:x.csv",
            "a/b",
            "a\\b",
            "nul",
            "NUL.csv",
            "com1.csv",
            "Lpt9.tar.gz",
            ".hidden",
            "-rf.csv",
            "report.",
            "report .csv",
            "a\nb.csv",
            "a\u{202e}vsc.exe",
            "ré.csv",
            "{{job.title}}.{{ext}}",
            "a\0.csv",
            &long,
        ] {
            let refused = artifact(template, &sample::report(), "csv");
            assert!(
                matches!(refused, Err(RenderError::Name { .. })),
                "{template:?}: {refused:?}"
            );
        }
    }

    #[test]
    fn templates_that_are_wrong_say_what_may_be_used() {
        for template in [
            "{{job.nme}}.{{ext}}",
            "{{#if}}",
            "{{job.name",
            "{{> other}}",
            "{{{{raw}}}}",
        ] {
            let error = artifact(template, &sample::report(), "csv").unwrap_err();
            assert!(
                matches!(error, RenderError::Template { .. }),
                "{template}: {error:?}"
            );
            assert!(error.to_string().contains("period.id"), "{error}");
        }
    }

    #[test]
    fn hostile_titles_never_become_names() {
        for title in super::super::hostile::names() {
            let report = Report {
                title: title.clone(),
                ..sample::report()
            };
            if let Ok(name) = artifact("{{job.title}}", &report, "csv") {
                assert!(
                    name.bytes().all(|b| b.is_ascii_graphic()) && !name.contains(['/', '\\']),
                    "{title:?}"
                );
            }
        }
    }

    #[test]
    fn names_that_fall_together_are_refused() {
        assert!(distinct("a.csv", ["a.json", "b.csv"]).is_ok());
        assert!(distinct("a.csv", ["A.CSV"]).is_err());
    }
}

//! Handlebars templates: the embedded ones, a job's own in their place, and the rules that keep data inert in both.
//!
//! Two registries: HTML, which always escapes, and text, which never does. Data is never compiled. Raw output (`{{{…}}}`,
//! `{{&…}}`) is refused in HTML but for what this program has drawn itself.

mod lint;

use super::{Look, RenderError, mail, page, specimen, text};
use crate::language;
use crate::render::view::{padded, wrap};
use handlebars::{
    Context, Handlebars, Helper, HelperDef, JsonRender as _, RenderContext, ScopedJson, Template,
};
use lint::{partial_problem, raw_outputs};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::OnceLock;

/// The page.
pub(super) const PAGE: &str = "report/page.html.hbs";
/// The text report.
pub(super) const TEXT: &str = "report/text.txt.hbs";
/// A mail's subject.
pub(super) const SUBJECT: &str = "email/report/subject.txt.hbs";
/// A mail's text part.
pub(super) const MAIL_TEXT: &str = "email/report/body.txt.hbs";
/// A mail's HTML part.
pub(super) const MAIL_HTML: &str = "email/report/body.html.hbs";
/// The subject of a message to the owner.
pub(super) const BULLETIN_SUBJECT: &str = "email/bulletin/subject.txt.hbs";
/// Its text part.
pub(super) const BULLETIN_TEXT: &str = "email/bulletin/body.txt.hbs";
/// Its HTML part.
pub(super) const BULLETIN_HTML: &str = "email/bulletin/body.html.hbs";

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../../templates/", $path)))),*]
    };
}

const EMBEDDED: [(&str, &str); 13] = embedded![
    "report/page.html.hbs",
    "report/style.html.hbs",
    "report/change.html.hbs",
    "report/panel.html.hbs",
    "report/panels.html.hbs",
    "report/table.html.hbs",
    "report/text.txt.hbs",
    "report/table.txt.hbs",
    "email/report/subject.txt.hbs",
    "email/report/body.txt.hbs",
    "email/report/body.html.hbs",
    "email/report/change.html.hbs",
    "email/report/table.html.hbs",
];

/// Embedded too, but of no job, so no job's own take their place.
const OF_THE_SERVICE: [(&str, &str); 3] = embedded![
    "email/bulletin/subject.txt.hbs",
    "email/bulletin/body.txt.hbs",
    "email/bulletin/body.html.hbs",
];

/// Largest template.
const MAX_SOURCE: usize = 256 * 1024;
/// Largest output.
const MAX_OUTPUT: usize = 4 * 1024 * 1024;

/// Compiled templates.
#[derive(Debug, Clone)]
pub(super) struct Templates {
    html: Handlebars<'static>,
    text: Handlebars<'static>,
}

/// Every problem of a job's own templates, by relative path as in [`Look::templates`], and of its `subject`; none if they
/// can be used. They are compiled, and then tried on a report with a bit of everything, so that a misspelt name is found now.
#[must_use]
pub fn validate(files: &BTreeMap<String, String>, subject: Option<&str>) -> Vec<RenderError> {
    let compiled = match embedded() {
        Err(error) => Err(vec![error]),
        Ok(templates) => templates.clone().overridden(files),
    };
    if let Err(errors) = compiled {
        return errors;
    }
    let look = Look {
        locale: "en".into(),
        templates: files.clone(),
        subject: subject.map(str::to_owned),
        ..Look::default()
    };
    let report = specimen::report();
    let tried = [
        page::render(&report, &look).err(),
        text::render(&report, &look).err(),
        mail::render(&report, &look, &[], false).err(),
    ];
    tried.into_iter().flatten().collect()
}

/// The embedded templates with `files` in the place of those of the same path.
///
/// # Errors
/// The first problem that [`validate`] finds.
pub(super) fn load(files: &BTreeMap<String, String>) -> Result<Cow<'static, Templates>, RenderError> {
    let templates = embedded()?;
    if files.keys().all(|path| is_of_a_language(path)) {
        return Ok(Cow::Borrowed(templates));
    }
    templates
        .clone()
        .overridden(files)
        .map(Cow::Owned)
        .map_err(|errors| {
            errors
                .into_iter()
                .next()
                .unwrap_or_else(|| wrong("templates", "cannot be loaded".into()))
        })
}

fn embedded() -> Result<&'static Templates, RenderError> {
    static TEMPLATES: OnceLock<Result<Templates, Vec<String>>> = OnceLock::new();
    TEMPLATES
        .get_or_init(|| {
            let mut templates = Templates {
                html: registry(true),
                text: registry(false),
            };
            let problems: Vec<String> = EMBEDDED
                .iter()
                .chain(&OF_THE_SERVICE)
                .filter_map(|(path, source)| templates.add(path, source).err())
                .map(|e| e.to_string())
                .collect();
            if problems.is_empty() {
                Ok(templates)
            } else {
                Err(problems)
            }
        })
        .as_ref()
        .map_err(|problems| wrong("embedded", problems.join("; ")))
}

fn registry(escaping: bool) -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    if escaping {
        registry.register_escape_fn(handlebars::html_escape);
    } else {
        registry.register_escape_fn(handlebars::no_escape);
    }
    registry.register_helper("left", Box::new(Layout::Left));
    registry.register_helper("right", Box::new(Layout::Right));
    registry.register_helper("wrap", Box::new(Layout::Wrap));
    registry.register_helper("t", Box::new(Say));
    registry
}

/// The helpers of plain text: `{{left text columns}}` and `{{right text columns}}` are a cell of a table, `{{wrap text columns}}` is a
/// paragraph, whose later lines stand below the first word of its first one where `indent` says by how much.
enum Layout {
    Left,
    Right,
    Wrap,
}

impl HelperDef for Layout {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, handlebars::RenderError> {
        let parameter = |at, what| {
            helper.param(at).ok_or_else(|| {
                handlebars::RenderErrorReason::Other(format!("`{}` needs {what}", helper.name()))
            })
        };
        let text = parameter(0, "a text")?.value().render();
        let columns = parameter(1, "a number of columns")?.value().as_u64();
        let columns = usize::try_from(columns.unwrap_or(0)).unwrap_or(0).min(200);
        let laid_out = match self {
            Self::Left => padded(&text, columns, false),
            Self::Right => padded(&text, columns, true),
            Self::Wrap => {
                let indent = helper
                    .hash_get("indent")
                    .and_then(|indent| indent.value().as_u64());
                let indent = usize::try_from(indent.unwrap_or(0)).unwrap_or(0).min(40);
                wrap(&text, columns.saturating_sub(indent)).join(&format!("\n{}", " ".repeat(indent)))
            }
        };
        Ok(ScopedJson::Derived(laid_out.into()))
    }
}

/// A word of ours in the reader's language: `{{t "share"}}`; in capitals with `upper=true`.
struct Say;

impl HelperDef for Say {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, handlebars::RenderError> {
        let id = helper.param(0).map(|id| id.value().render()).unwrap_or_default();
        let words = context.data().get("words");
        let Some(text) = words.and_then(|words| words.get(&id)?.as_str()) else {
            let known: Vec<&str> = words
                .and_then(|words| words.as_object())
                .map(|words| words.keys().map(String::as_str).collect())
                .unwrap_or_default();
            return Err(handlebars::RenderErrorReason::Other(format!(
                "`t` has no word `{id}`; it has: {}",
                known.join(", ")
            ))
            .into());
        };
        let upper = helper
            .hash_get("upper")
            .is_some_and(|upper| upper.value().as_bool() == Some(true));
        let text = if upper {
            text.to_uppercase()
        } else {
            text.to_owned()
        };
        Ok(ScopedJson::Derived(text.into()))
    }
}

impl Templates {
    /// Renders the template of `path` with `data`.
    ///
    /// # Errors
    /// [`RenderError::Template`] with the line, if it names what there is not, or if the output is too large.
    pub(super) fn render(&self, path: &str, data: &impl Serialize) -> Result<String, RenderError> {
        let mut out = Capped(Vec::new());
        let registry = if path.ends_with(".html.hbs") {
            &self.html
        } else {
            &self.text
        };
        registry
            .render_to_write(stem(path), data, &mut out)
            .map_err(|error| wrong(path, error.to_string()))?;
        String::from_utf8(out.0).map_err(|error| wrong(path, error.to_string()))
    }

    /// Renders `source`, a line of the configuration named `what`, as text.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub(super) fn render_line(
        &self,
        what: &str,
        source: &str,
        data: &impl Serialize,
    ) -> Result<String, RenderError> {
        let mut out = Capped(Vec::new());
        self.text
            .render_template_to_write(source, data, &mut out)
            .map_err(|error| wrong(what, error.to_string()))?;
        String::from_utf8(out.0).map_err(|error| wrong(what, error.to_string()))
    }

    fn add(&mut self, path: &str, source: &str) -> Result<(), RenderError> {
        if source.len() > MAX_SOURCE {
            return Err(wrong(
                path,
                format!("has {} bytes; at most {MAX_SOURCE} are read", source.len()),
            ));
        }
        let template = Template::compile_with_name(source, path.to_owned())
            .map_err(|error| wrong(path, error.to_string()))?;
        let html = path.ends_with(".html.hbs");
        if html {
            let mut raw = BTreeSet::new();
            raw_outputs(&template, &mut raw);
            if let Some(first) = raw.first() {
                return Err(wrong(
                    path,
                    format!(
                        "writes `{first}` unescaped; use two braces (only `svg`, a drawing of ours, may have three)"
                    ),
                ));
            }
        }
        let registry = if html { &mut self.html } else { &mut self.text };
        registry.register_template(stem(path), template);
        Ok(())
    }

    fn overridden(mut self, files: &BTreeMap<String, String>) -> Result<Self, Vec<RenderError>> {
        let mut errors = Vec::new();
        for (path, source) in files {
            if is_of_a_language(path) {
                errors.extend(language_problems(path, source));
                continue;
            }
            let added = if EMBEDDED.iter().any(|(known, _)| known == path) {
                self.add(path, source)
            } else {
                let known: Vec<&str> = EMBEDDED.iter().map(|(known, _)| *known).collect();
                Err(wrong(
                    path,
                    format!(
                        "is not the path of a template; there are: {}, and `language/xx.ftl`",
                        known.join(", ")
                    ),
                ))
            };
            errors.extend(added.err());
        }
        for registry in [&self.html, &self.text] {
            errors.extend(partial_problem(registry));
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

/// Whether `path` is in the folder of languages, which holds no templates.
fn is_of_a_language(path: &str) -> bool {
    path.starts_with(language::FOLDER)
}

fn language_problems(path: &str, source: &str) -> Vec<RenderError> {
    let problems = language::problems(path, source).into_iter();
    problems
        .map(|problem| match problem.line {
            0 => wrong(path, problem.what),
            line => wrong(path, format!("line {line}: {}", problem.what)),
        })
        .collect()
}

fn wrong(template: &str, reason: String) -> RenderError {
    RenderError::Template {
        template: template.to_owned(),
        reason,
    }
}

/// `report/table` of `report/table.html.hbs`: what a partial is called by.
fn stem(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// A writer that refuses to grow without bound.
struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::Error::other(format!(
                "the output is larger than {MAX_OUTPUT} bytes"
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(path: &str, source: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(path.to_owned(), source.to_owned())])
    }

    fn reasons(path: &str, source: &str) -> String {
        let problems: Vec<String> = validate(&files(path, source), None)
            .iter()
            .map(ToString::to_string)
            .collect();
        problems.join("\n")
    }

    #[test]
    fn embedded_templates_are_right() {
        assert!(validate(&BTreeMap::new(), Some("{{job.title}}: {{period.label}}")).is_empty());
    }

    #[test]
    fn overrides_are_refused_with_their_name_and_the_remedy() {
        let cases = [
            (
                "report/pgae.html.hbs",
                "x",
                "is not the path of a template; there are: report/page.html.hbs",
            ),
            ("../../etc/passwd", "x", "is not the path of a template"),
            (PAGE, "{{#if x}}", "template `report/page.html.hbs`"),
            (PAGE, "{{{job.title}}}", "writes `job.title` unescaped"),
            (PAGE, "{{&job.title}}", "writes `job.title` unescaped"),
            (
                PAGE,
                "{{#each charts}}{{#if x}}{{else}}{{{../job.title}}}{{/if}}{{/each}}",
                "unescaped",
            ),
            (
                PAGE,
                "{{#each blocks as |svg|}}{{{svg}}}{{/each}}",
                "writes `svg` unescaped",
            ),
            (
                PAGE,
                "{{#with job.title as |svg|}}{{{svg}}}{{/with}}",
                "writes `svg` unescaped",
            ),
            (
                PAGE,
                "{{> report/change svg=job.title}}",
                "writes `svg` unescaped",
            ),
            (PAGE, "{{#*inline \"x\"}}{{{job.title}}}{{/inline}}", "unescaped"),
            (
                PAGE,
                "{{> report/nothing}}",
                "there is no partial `report/nothing`",
            ),
            (
                PAGE,
                "{{> (lookup job \"name\")}}",
                "chooses a partial while rendering",
            ),
            (
                "report/change.html.hbs",
                "{{> report/table}}",
                "contains itself through its partials",
            ),
            (
                "report/change.html.hbs",
                "{{> report/change}}",
                "contains itself through its partials",
            ),
        ];
        for (path, source, expected) in cases {
            let reasons = reasons(path, source);
            assert!(reasons.contains(expected), "{source}: {reasons:?}");
        }
        assert!(reasons(PAGE, &"x".repeat(MAX_SOURCE + 1)).contains("at most 262144 are read"));
    }

    #[test]
    fn a_subject_is_tried_too() {
        let problems = validate(&BTreeMap::new(), Some("{{job.titel}}"));
        assert!(
            problems
                .iter()
                .any(|problem| problem.to_string().contains("titel")),
            "{problems:?}"
        );
    }

    #[test]
    fn overrides_take_their_place_and_stay_strict() {
        let data = serde_json::json!({"job": {"title": "<b>\"&"}, "big": "x".repeat(1024 * 1024)});
        let html = load(&files(PAGE, "<p>{{job.title}}</p>")).unwrap();
        assert_eq!(html.render(PAGE, &data).unwrap(), "<p>&lt;b&gt;&quot;&amp;</p>");
        let text = load(&files(TEXT, "{{job.title}}")).unwrap();
        assert_eq!(text.render(TEXT, &data).unwrap(), "<b>\"&");
        let unknown = load(&files(PAGE, "\n{{job.titel}}"))
            .unwrap()
            .render(PAGE, &data)
            .unwrap_err();
        assert!(unknown.to_string().contains("titel"), "{unknown}");
        let large = load(&files(TEXT, "{{big}}{{big}}{{big}}{{big}}{{big}}"))
            .unwrap()
            .render(TEXT, &data);
        assert!(large.unwrap_err().to_string().contains("larger than"));
    }

    #[test]
    fn data_is_never_a_template() {
        let data = serde_json::json!({"job": {"title": "{{job.name}} {{{x}}}"}});
        let text = load(&files(TEXT, "{{job.title}}")).unwrap();
        assert_eq!(text.render(TEXT, &data).unwrap(), "{{job.name}} {{{x}}}");
    }
}

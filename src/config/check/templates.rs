//! Handlebars templates that are written in the configuration: subjects, file names, drop folders.

use super::Check;
use crate::config::problem::{KeyPath, shown};
use crate::config::read::list;
use handlebars::template::{Parameter, TemplateElement};
use handlebars::{Path, Template, TemplateError};

/// A template of plain variables, taken apart.
#[derive(Debug, Default)]
pub(super) struct Plain {
    /// What stands between the variables.
    pub(super) texts: Vec<String>,
    /// The variables, as written.
    pub(super) variables: Vec<String>,
}

impl Check<'_> {
    /// A template that has only to be well formed.
    pub(super) fn template(&mut self, path: &KeyPath, text: &str) -> Option<String> {
        self.text(path, text)?;
        match Template::compile(text) {
            Ok(_) => Some(text.to_owned()),
            Err(error) => {
                self.not_a_template(path, &error);
                None
            }
        }
    }

    /// A template of these plain variables and nothing else: no helpers, blocks or partials.
    pub(super) fn plain_template(&mut self, path: &KeyPath, text: &str, allowed: &[&str]) -> Option<Plain> {
        self.text(path, text)?;
        let template = match Template::compile(text) {
            Ok(template) => template,
            Err(error) => {
                self.not_a_template(path, &error);
                return None;
            }
        };
        let mut plain = Plain::default();
        for element in &template.elements {
            match element {
                TemplateElement::RawString(text) => plain.texts.push(text.clone()),
                TemplateElement::Expression(expression) | TemplateElement::HtmlExpression(expression)
                    if expression.params.is_empty() && expression.hash.is_empty() =>
                {
                    plain.variables.push(variable(&expression.name));
                }
                _ => {
                    let hint = format!("use only {}", list(allowed));
                    self.report(path, "more than plain variables", Some(hint));
                    return None;
                }
            }
        }
        let unknown = plain
            .variables
            .iter()
            .find(|name| !allowed.contains(&name.as_str()));
        if let Some(name) = unknown {
            let hint = match super::nearest(name, allowed.iter().copied()) {
                Some(near) => format!("did you mean `{{{{{near}}}}}`?"),
                None => format!("variables here are {}", list(allowed)),
            };
            let label = format!("`{}` is not a variable here", shown(name));
            self.report(path, &label, Some(hint));
            return None;
        }
        Some(plain)
    }

    fn not_a_template(&mut self, path: &KeyPath, error: &TemplateError) {
        let place = error
            .pos()
            .map(|(_, column)| format!(" near column {column} of it"));
        let label = format!("not a Handlebars template{}", place.unwrap_or_default());
        self.report(path, &label, Some("variables are written `{{job.name}}`".into()));
    }
}

fn variable(name: &Parameter) -> String {
    match name {
        Parameter::Name(name) => name.clone(),
        Parameter::Path(Path::Relative((_, raw)) | Path::Local((_, _, raw))) => raw.clone(),
        // Literals and subexpressions are no variables, and no variable has an empty name.
        _ => String::new(),
    }
}

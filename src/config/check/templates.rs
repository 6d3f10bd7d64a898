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
    /// A template of these variables, alone or within `if` and `unless`. What else a template can do is tried on a report.
    pub(super) fn template(&mut self, path: &KeyPath, text: &str, allowed: &[&str]) -> Option<String> {
        let template = self.compiled(path, text)?;
        let mut variables = Vec::new();
        shown_variables(&template, &mut variables);
        self.known_variables(path, &variables, allowed)
            .then(|| text.to_owned())
    }

    /// A template of these plain variables and nothing else: no helpers, blocks or partials.
    pub(super) fn plain_template(&mut self, path: &KeyPath, text: &str, allowed: &[&str]) -> Option<Plain> {
        let template = self.compiled(path, text)?;
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
        self.known_variables(path, &plain.variables, allowed)
            .then_some(plain)
    }

    fn compiled(&mut self, path: &KeyPath, text: &str) -> Option<Template> {
        self.text(path, text)?;
        Template::compile(text)
            .map_err(|error| self.not_a_template(path, &error))
            .ok()
    }

    /// Tells the first variable that is none of `allowed`; whether there is none.
    fn known_variables(&mut self, path: &KeyPath, variables: &[String], allowed: &[&str]) -> bool {
        let unknown = variables.iter().find(|name| !allowed.contains(&name.as_str()));
        if let Some(name) = unknown {
            let hint = match super::nearest(name, allowed.iter().copied()) {
                Some(near) => format!("did you mean `{{{{{near}}}}}`?"),
                None => format!("variables here are {}", list(allowed)),
            };
            let label = format!("`{}` is not a variable here", shown(name));
            self.report(path, &label, Some(hint));
        }
        unknown.is_none()
    }

    fn not_a_template(&mut self, path: &KeyPath, error: &TemplateError) {
        let place = error
            .pos()
            .map(|(_, column)| format!(" near column {column} of it"));
        let label = format!("not a Handlebars template{}", place.unwrap_or_default());
        self.report(path, &label, Some("variables are written `{{job.name}}`".into()));
    }
}

/// The variables that a template shows, also those within `if` and `unless`, where names mean what they mean outside.
fn shown_variables(template: &Template, found: &mut Vec<String>) {
    for element in &template.elements {
        match element {
            TemplateElement::Expression(shown) | TemplateElement::HtmlExpression(shown)
                if shown.params.is_empty() && shown.hash.is_empty() =>
            {
                found.push(variable(&shown.name));
            }
            TemplateElement::HelperBlock(block) if ["if", "unless"].contains(&&*variable(&block.name)) => {
                let inside = [&block.template, &block.inverse].into_iter().flatten();
                inside.for_each(|inside| shown_variables(inside, found));
            }
            _ => {}
        }
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

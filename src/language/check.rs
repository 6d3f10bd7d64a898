//! What is wrong with a job's own file of a language, told by line before anything is sent.

use super::catalogue::Language;
use super::language_of;
use fluent_bundle::FluentResource;
use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Largest file of a language, in bytes.
const MAX_SOURCE: usize = 256 * 1024;

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its line, from 1; 0 where it is about the whole file.
    pub line: usize,
    /// What is wrong, and the remedy.
    pub what: String,
}

/// Everything that is wrong with the file of relative `path`: its name, its Fluent, messages and arguments that there are not.
#[must_use]
pub fn problems(path: &str, source: &str) -> Vec<Problem> {
    let whole = |what: String| vec![Problem { line: 0, what }];
    if language_of(path).is_none() {
        return whole(
            "is not the file of a language; name it by the language's tag in small letters, such as `language/fr.ftl`"
                .into(),
        );
    }
    if source.len() > MAX_SOURCE {
        return whole(format!(
            "has {} bytes; at most {MAX_SOURCE} are read",
            source.len()
        ));
    }
    let resource = match FluentResource::try_new(source.to_owned()) {
        Ok(resource) => resource,
        Err((_, errors)) => {
            let found = errors.iter().map(|error| Problem {
                line: line_of(source, error.pos.start),
                what: format!(
                    "is not Fluent: {error}; a message is written `id = words {{ $argument }}`, longer ones go on in indented lines"
                ),
            });
            return found.collect();
        }
    };
    let mut found = Vec::new();
    for entry in resource.entries() {
        if let Entry::Message(message) = entry {
            let id = message.id.name;
            let used = message.value.as_ref().map(arguments).unwrap_or_default();
            let what = match known().get(id) {
                None => Some(unknown(id)),
                Some(_) if message.value.is_none() => Some(format!("the message `{id}` has no words")),
                Some(known) => used.iter().find(|name| !known.contains(*name)).map(|name| {
                    let names: Vec<String> = known.iter().map(|name| format!("`${name}`")).collect();
                    let has = if names.is_empty() {
                        "no arguments".to_owned()
                    } else {
                        names.join(", ")
                    };
                    format!("the message `{id}` has no argument `${name}`; it has {has}")
                }),
            };
            let what = what.or_else(|| unresolved(source, id, &used));
            found.extend(what.map(|what| Problem {
                line: declared(source, id),
                what,
            }));
        }
    }
    found
}

/// What cannot be put together: a function, or a reference to a message or term that the file does not have.
fn unresolved(source: &str, id: &str, args: &BTreeSet<String>) -> Option<String> {
    Language::tried(source, id, args).err().map(|reason| {
        format!(
            "the message `{id}` cannot be put together: {reason}; use its arguments, and terms of this file"
        )
    })
}

fn unknown(id: &str) -> String {
    let near = known()
        .keys()
        .map(|known| (strsim::damerau_levenshtein(known, id), known))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    match near {
        Some((_, near)) => format!("there is no message `{id}`; did you mean `{near}`?"),
        None => {
            format!("there is no message `{id}`; `templates/language/en.ftl` of the program has all of them")
        }
    }
}

/// The messages of English with their arguments.
fn known() -> &'static BTreeMap<String, BTreeSet<String>> {
    static KNOWN: OnceLock<BTreeMap<String, BTreeSet<String>>> = OnceLock::new();
    KNOWN.get_or_init(|| messages(Language::source(Language::FALLBACK).unwrap_or_default()))
}

/// The messages of `source` with their arguments.
pub(super) fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(good, _)| good);
    let message = |entry: &Entry<&str>| match entry {
        Entry::Message(message) => Some((
            message.id.name.to_owned(),
            message.value.as_ref().map(arguments).unwrap_or_default(),
        )),
        _ => None,
    };
    resource.entries().filter_map(message).collect()
}

fn arguments(pattern: &Pattern<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    in_pattern(pattern, &mut found);
    found
}

fn in_pattern(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            in_expression(expression, found);
        }
    }
}

fn in_expression(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => in_inline(inline, found),
        Expression::Select { selector, variants } => {
            in_inline(selector, found);
            for variant in variants {
                in_pattern(&variant.value, found);
            }
        }
    }
}

fn in_inline(inline: &InlineExpression<&str>, found: &mut BTreeSet<String>) {
    let mut in_call = |arguments: &CallArguments<&str>| {
        for argument in &arguments.positional {
            in_inline(argument, found);
        }
    };
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => in_call(arguments),
        InlineExpression::Placeable { expression } => in_expression(expression, found),
        _ => {}
    }
}

fn line_of(source: &str, at: usize) -> usize {
    let before = source.as_bytes().iter().take(at);
    before.filter(|byte| **byte == b'\n').count() + 1
}

/// The line on which a message begins.
fn declared(source: &str, id: &str) -> usize {
    let begins = |line: &str| {
        line.strip_prefix(id)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    source.lines().position(begins).map_or(0, |at| at + 1)
}

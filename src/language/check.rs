//! What is wrong with a job's own file of a language, told by line before anything is sent.

mod walk;

use super::catalogue::Language;
use super::language_of;
use super::value::FORMS;
use fluent_bundle::FluentResource;
use fluent_syntax::ast::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use walk::{Scope, Walk};

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

/// Everything that is wrong with the file of relative `path`: its name, its Fluent, messages and arguments that there are not,
/// and of every variant of every message what cannot be put together.
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
    let (resource, errors) = match FluentResource::try_new(source.to_owned()) {
        Ok(resource) => (resource, Vec::new()),
        Err(partly) => partly,
    };
    let unread = errors.iter().map(|error| Problem {
        line: line_of(source, error.pos.start),
        what: format!(
            "is not Fluent: {error}; a message is written `id = words {{ $argument }}`, longer ones go on in indented lines"
        ),
    });
    let tag = language_of(path).unwrap_or_default();
    let mut found: Vec<Problem> = unread.chain(in_messages(source, tag, &resource)).collect();
    found.sort_by_key(|problem| problem.line);
    found
}

/// What is wrong in the messages of `resource`, which come before the embedded ones of the language `tag`.
fn in_messages(source: &str, tag: &str, resource: &FluentResource) -> Vec<Problem> {
    let embedded = FluentResource::try_new(Language::source(tag).unwrap_or_default().to_owned());
    let embedded = embedded.unwrap_or_else(|(good, _)| good);
    let scope = Scope::of([&embedded, resource]);
    let mut found = Vec::new();
    for entry in resource.entries() {
        let Entry::Message(message) = entry else {
            continue;
        };
        let id = message.id.name;
        let what = match (known().get(id), &message.value) {
            (None, _) => unknown(id),
            (_, None) => format!("the message `{id}` has no words"),
            (Some(arguments), Some(words)) => {
                found.extend(Walk::new(source, id, &scope, arguments).through(words));
                continue;
            }
        };
        let line = declared(source, id);
        found.push(Problem { line, what });
    }
    found
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

/// The messages of `source` with their arguments, also those of messages that they refer to.
pub(super) fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(good, _)| good);
    let scope = Scope::of([&resource]);
    scope
        .messages
        .iter()
        .map(|(id, words)| {
            let mut named = BTreeSet::new();
            scope.arguments(words, &mut vec![*id], &mut named);
            ((*id).to_owned(), named)
        })
        .collect()
}

/// Which argument `$name` is, or is a form of.
fn argument(name: &str) -> &str {
    let mut forms = FORMS.iter();
    forms.find_map(|form| name.strip_suffix(form)).unwrap_or(name)
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

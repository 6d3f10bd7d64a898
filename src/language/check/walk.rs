//! A message of a file, walked through with all its variants: a reader sees one of them, and any may be the next.

use super::{Problem, argument, declared};
use fluent_bundle::FluentResource;
use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey,
};
use std::collections::{BTreeMap, BTreeSet};

/// What messages may refer to.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) messages: BTreeMap<&'a str, &'a Pattern<&'a str>>,
    terms: BTreeMap<&'a str, &'a Pattern<&'a str>>,
    /// What is no Fluent, in which any of them may have been meant to stand.
    unread: Vec<&'a str>,
}

impl<'a> Scope<'a> {
    /// What `resources` have; of two of one name the later.
    pub(super) fn of<const N: usize>(resources: [&'a FluentResource; N]) -> Self {
        let mut scope = Self {
            messages: BTreeMap::new(),
            terms: BTreeMap::new(),
            unread: Vec::new(),
        };
        for entry in resources.into_iter().flat_map(FluentResource::entries) {
            match entry {
                Entry::Message(message) => {
                    let words = message.value.as_ref();
                    scope.messages.extend(words.map(|words| (message.id.name, words)));
                }
                Entry::Term(term) => {
                    scope.terms.insert(term.id.name, &term.value);
                }
                Entry::Junk { content } => scope.unread.push(content),
                _ => {}
            }
        }
        scope
    }

    /// Whether `id` was meant to be declared in what is no Fluent, which is told already.
    fn is_unread(&self, id: &str) -> bool {
        self.unread.iter().any(|text| declared(text, id) > 0)
    }

    /// The arguments of `words` and of the messages that they refer to; `within` are those that led here.
    pub(super) fn arguments(
        &self,
        words: &Pattern<&'a str>,
        within: &mut Vec<&'a str>,
        named: &mut BTreeSet<String>,
    ) {
        for inline in inlines(words) {
            match inline {
                InlineExpression::VariableReference { id } => {
                    named.insert(argument(id.name).to_owned());
                }
                InlineExpression::MessageReference { id, .. } if !within.contains(&id.name) => {
                    if let Some(words) = self.messages.get(id.name) {
                        within.push(id.name);
                        self.arguments(words, within, named);
                        within.pop();
                    }
                }
                _ => {}
            }
        }
    }
}

/// All expressions of `words`, in every variant.
fn inlines<'a, 'b>(words: &'b Pattern<&'a str>) -> Vec<&'b InlineExpression<&'a str>> {
    let mut found = Vec::new();
    let mut open: Vec<&Expression<&str>> = expressions(words).collect();
    while let Some(expression) = open.pop() {
        match expression {
            Expression::Inline(InlineExpression::Placeable { expression }) => open.push(expression),
            Expression::Inline(inline) => found.push(inline),
            Expression::Select { selector, variants } => {
                found.push(selector);
                open.extend(variants.iter().flat_map(|variant| expressions(&variant.value)));
            }
        }
    }
    found
}

fn expressions<'a, 'b>(words: &'b Pattern<&'a str>) -> impl Iterator<Item = &'b Expression<&'a str>> {
    words.elements.iter().filter_map(|element| match element {
        PatternElement::Placeable { expression } => Some(expression),
        PatternElement::TextElement { .. } => None,
    })
}

/// A walk through one message of a file.
pub(super) struct Walk<'a, 'b> {
    id: &'b str,
    scope: &'b Scope<'a>,
    /// The arguments that the message has.
    arguments: &'b BTreeSet<String>,
    line: usize,
    /// The lines on which its variants stand, in their order.
    variants: std::vec::IntoIter<usize>,
    /// The variants that led here, outermost first.
    trail: Vec<String>,
    /// The messages and terms that led here.
    within: Vec<&'b str>,
    found: Vec<Problem>,
}

impl<'a, 'b> Walk<'a, 'b> {
    pub(super) fn new(
        source: &str,
        id: &'b str,
        scope: &'b Scope<'a>,
        arguments: &'b BTreeSet<String>,
    ) -> Self {
        let line = declared(source, id);
        let below = source.lines().enumerate().skip(line);
        let own = below.take_while(|(_, text)| text.is_empty() || text.starts_with([' ', '\t', '}']));
        let is_variant = |text: &str| text.trim_start().trim_start_matches('*').starts_with('[');
        let variants: Vec<usize> = own
            .filter(|(_, text)| is_variant(text))
            .map(|(at, _)| at + 1)
            .collect();
        Self {
            id,
            scope,
            arguments,
            line,
            variants: variants.into_iter(),
            trail: Vec::new(),
            within: vec![id],
            found: Vec::new(),
        }
    }

    /// What is wrong in `words`, the message's own.
    pub(super) fn through(mut self, words: &'b Pattern<&'a str>) -> Vec<Problem> {
        self.pattern(words);
        self.found
    }

    fn pattern(&mut self, words: &'b Pattern<&'a str>) {
        for expression in expressions(words) {
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &'b Expression<&'a str>) {
        let (selector, variants) = match expression {
            Expression::Inline(inline) => return self.inline(inline),
            Expression::Select { selector, variants } => (selector, variants),
        };
        self.inline(selector);
        for variant in variants {
            let (VariantKey::Identifier { name: key } | VariantKey::NumberLiteral { value: key }) =
                &variant.key;
            let before = self.line;
            // Those of a term stand elsewhere; they are told by the message that uses it.
            if self.within.len() == 1 {
                self.line = self.variants.next().unwrap_or(before);
            }
            self.trail.push(format!("[{key}]"));
            self.pattern(&variant.value);
            self.trail.pop();
            self.line = before;
        }
    }

    fn inline(&mut self, inline: &'b InlineExpression<&'a str>) {
        match inline {
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
            InlineExpression::Placeable { expression } => self.expression(expression),
            InlineExpression::VariableReference { id } => self.variable(id.name),
            InlineExpression::FunctionReference { id, .. } => self.cannot(&format!(
                "there is no function `{}`; values are written by the locale",
                id.name
            )),
            InlineExpression::MessageReference {
                id,
                attribute: Some(attribute),
            }
            | InlineExpression::TermReference {
                id,
                attribute: Some(attribute),
                ..
            } => self.cannot(&format!(
                "`{}.{}` is no text; use messages and terms",
                id.name, attribute.name
            )),
            InlineExpression::MessageReference { id, .. } => self.message(id.name),
            InlineExpression::TermReference { id, arguments, .. } => self.term(id.name, arguments.as_ref()),
        }
    }

    fn variable(&mut self, name: &str) {
        // A term has arguments of its own.
        if self.within.len() > 1 || self.arguments.contains(argument(name)) {
            return;
        }
        let names: Vec<String> = self.arguments.iter().map(|name| format!("`${name}`")).collect();
        let has = if names.is_empty() {
            "no arguments".to_owned()
        } else {
            names.join(", ")
        };
        self.tell(&format!("has no argument `${name}`; it has {has}"));
    }

    fn message(&mut self, name: &'a str) {
        let Some(words) = self.scope.messages.get(name) else {
            if self.scope.is_unread(name) {
                return;
            }
            return self.cannot(&format!(
                "there is no message `{name}`; use its arguments, and terms of this file"
            ));
        };
        let mut named = BTreeSet::new();
        self.scope.arguments(words, &mut vec![name], &mut named);
        if let Some(lacking) = named.iter().find(|name| !self.arguments.contains(*name)) {
            self.cannot(&format!("it has no argument `${lacking}`, which `{name}` needs"));
        } else if leads_to(self.scope, name, self.id, &mut BTreeSet::new()) {
            self.cannot(&format!("`{name}` leads back to it; write out one of the two"));
        }
    }

    fn term(&mut self, name: &'b str, arguments: Option<&'b CallArguments<&'a str>>) {
        for positional in arguments.iter().flat_map(|arguments| &arguments.positional) {
            self.inline(positional);
        }
        match self.scope.terms.get(name) {
            _ if self.within.contains(&name) => {
                self.cannot(&format!("the term `-{name}` leads back to itself"));
            }
            None if self.scope.is_unread(&format!("-{name}")) => {}
            None => self.cannot(&format!(
                "there is no term `-{name}`; write `-{name} = …` into this file"
            )),
            Some(words) => {
                self.within.push(name);
                self.pattern(words);
                self.within.pop();
            }
        }
    }

    fn cannot(&mut self, reason: &str) {
        self.tell(&format!("cannot be put together: {reason}"));
    }

    fn tell(&mut self, what: &str) {
        let of = match self.trail.join(" ") {
            variants if variants.is_empty() => String::new(),
            variants => format!("the variant `{variants}` of "),
        };
        self.found.push(Problem {
            line: self.line,
            what: format!("{of}the message `{}` {what}", self.id),
        });
    }
}

/// Whether the message `from` refers to the message `to`, be it over others.
fn leads_to<'a>(scope: &Scope<'a>, from: &'a str, to: &str, seen: &mut BTreeSet<&'a str>) -> bool {
    from == to
        || scope.messages.get(from).is_some_and(|words| {
            inlines(words).into_iter().any(|inline| match inline {
                InlineExpression::MessageReference { id, .. } if seen.insert(id.name) => {
                    leads_to(scope, id.name, to, seen)
                }
                _ => false,
            })
        })
}

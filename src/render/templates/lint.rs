//! What a template must not do, found in its syntax tree: write data unescaped, or call partials without end.

use super::wrong;
use crate::render::RenderError;
use handlebars::template::{BlockParam, DecoratorTemplate, HelperTemplate, Parameter, TemplateElement};
use handlebars::{Handlebars, Template};
use std::collections::{BTreeMap, BTreeSet};

/// What HTML may write unescaped: our own drawings.
const RAW: [&str; 1] = ["svg"];
/// Visits every element below `template`.
fn walk<'a>(template: &'a Template, visit: &mut dyn FnMut(&'a TemplateElement)) {
    for element in &template.elements {
        visit(element);
        let inner: Vec<&Template> = match element {
            TemplateElement::HelperBlock(helper)
            | TemplateElement::Expression(helper)
            | TemplateElement::HtmlExpression(helper) => {
                helper.template.iter().chain(&helper.inverse).collect()
            }
            TemplateElement::DecoratorBlock(it)
            | TemplateElement::DecoratorExpression(it)
            | TemplateElement::PartialBlock(it)
            | TemplateElement::PartialExpression(it) => it.template.iter().collect(),
            _ => Vec::new(),
        };
        for template in inner {
            walk(template, visit);
        }
    }
}

/// Collects raw outputs that are not allowed, and new names for other things that would make them look allowed.
pub(super) fn raw_outputs(template: &Template, found: &mut BTreeSet<String>) {
    let allowed = |name: &str| RAW.contains(&name);
    walk(template, &mut |element| match element {
        TemplateElement::HtmlExpression(helper) => {
            let name = helper.name.as_name().unwrap_or("(expression)");
            if !allowed(name) || !helper.params.is_empty() {
                found.insert(name.to_owned());
            }
        }
        TemplateElement::HelperBlock(helper) => {
            found.extend(renamed(helper).into_iter().filter(|name| allowed(name)));
        }
        TemplateElement::PartialExpression(it) | TemplateElement::PartialBlock(it) => {
            found.extend(it.hash.keys().filter(|key| allowed(key)).cloned());
        }
        _ => {}
    });
}

/// The names that a block gives to what it iterates over.
fn renamed(helper: &HelperTemplate) -> Vec<String> {
    let name = |parameter: &Parameter| parameter.as_name().map(str::to_owned);
    match &helper.block_param {
        Some(BlockParam::Single(one)) => name(one).into_iter().collect(),
        Some(BlockParam::Pair((one, two))) => name(one).into_iter().chain(name(two)).collect(),
        _ => helper.hash.keys().cloned().collect(),
    }
}

/// A partial that does not exist, is chosen by data or contains itself.
pub(super) fn partial_problem(registry: &Handlebars<'_>) -> Option<RenderError> {
    let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, template) in registry.get_templates() {
        let mut calls = BTreeSet::new();
        let mut dynamic = false;
        walk(template, &mut |element| {
            if let TemplateElement::PartialExpression(it) | TemplateElement::PartialBlock(it) = element {
                match called(it) {
                    Some(called) => {
                        calls.insert(called);
                    }
                    None => dynamic = true,
                }
            }
        });
        if dynamic {
            return Some(wrong(name, "chooses a partial while rendering; name it".into()));
        }
        if let Some(unknown) = calls
            .iter()
            .find(|call| !registry.has_template(call) && !call.starts_with('@'))
        {
            return Some(wrong(name, format!("there is no partial `{unknown}`")));
        }
        graph.insert(name, calls);
    }
    graph
        .keys()
        .find(|name| reaches(&graph, name, name, &mut BTreeSet::new()))
        .map(|name| wrong(name, "contains itself through its partials".into()))
}

fn called(partial: &DecoratorTemplate) -> Option<&str> {
    partial.name.as_name()
}

fn reaches<'a>(
    graph: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    from: &str,
    to: &str,
    seen: &mut BTreeSet<&'a str>,
) -> bool {
    graph.get(from).is_some_and(|calls| {
        calls
            .iter()
            .any(|call| *call == to || (seen.insert(call) && reaches(graph, call, to, seen)))
    })
}

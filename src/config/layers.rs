//! The layers of a configuration: defaults < file < environment < command line. figment merges them and remembers
//! for each value which layer it came from.

use crate::config::document::ServiceEntry;
use crate::config::locate::plain;
use crate::config::problem::{KeyPath, Origin, Place, Problem};
use figment::value::{Dict, Map, Tag, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};
use std::collections::BTreeMap;

/// What the names of environment variables begin with that set keys.
pub const ENV_PREFIX: &str = "REPORTWIRE__";

/// Levels of the deepest key, with some to spare.
const MAX_LEVELS: usize = 12;
/// The name under which figment remembers values of the command line.
const COMMAND_LINE: &str = "command line";
/// The name under which figment remembers values of the file.
const FILE: &str = "file";
/// The name under which figment remembers built-in defaults.
const DEFAULTS: &str = "defaults";

/// The merged configuration.
#[derive(Debug)]
pub(super) struct Layers {
    figment: Figment,
    /// What was written for values of the environment and the command line, before it was typed.
    raw: BTreeMap<KeyPath, String>,
}

/// One layer: values of one origin.
struct Layer {
    name: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

impl Layers {
    /// Lays `env` and `overrides` over the values of the file. Also gives problems with names that lead nowhere.
    pub(super) fn new(
        file: Dict,
        env: &BTreeMap<String, String>,
        overrides: &[(String, String)],
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut raw = BTreeMap::new();
        let mut figment = Figment::new().merge(defaults()).merge(Layer {
            name: FILE.into(),
            values: file,
        });
        let from_env = env.iter().filter_map(|(name, text)| {
            let keys = name.strip_prefix(ENV_PREFIX)?;
            Some((Origin::Environment(name.clone()), env_path(keys), text))
        });
        let from_command = overrides
            .iter()
            .map(|(path, text)| (Origin::CommandLine, KeyPath::of(path.split('.')), text));
        for (origin, path, text) in from_env.chain(from_command) {
            if path.keys().len() > MAX_LEVELS || path.keys().iter().any(String::is_empty) {
                problems.push(leads_nowhere(origin, path));
                continue;
            }
            let name = match &origin {
                Origin::Environment(name) => name.clone(),
                _ => COMMAND_LINE.into(),
            };
            let values = nested(path.keys(), typed(text));
            figment = figment.merge(Layer { name, values });
            raw.insert(path, text.clone());
        }
        (Self { figment, raw }, problems)
    }

    /// All values.
    pub(super) fn values(&self) -> Value {
        let empty = || Value::Dict(Tag::Default, Dict::new());
        self.figment.find_value("").unwrap_or_else(|_| empty())
    }

    /// What was written at `path` in the environment or on the command line.
    pub(super) fn raw(&self, path: &KeyPath) -> Option<&str> {
        self.raw.get(path).map(String::as_str)
    }

    /// The origin of the value at `path`, unless it is the file or a default.
    pub(super) fn outside(&self, values: &Value, path: &KeyPath) -> Option<Origin> {
        let value = find(values, path.keys())?;
        let metadata = self.figment.get_metadata(first_leaf(value).tag())?;
        match &*metadata.name {
            FILE | DEFAULTS => None,
            COMMAND_LINE => Some(Origin::CommandLine),
            name => Some(Origin::Environment(name.to_owned())),
        }
    }
}

fn defaults() -> Layer {
    let service = Value::serialize(ServiceEntry::default()).unwrap_or_else(|_| Value::from(Dict::new()));
    Layer {
        name: DEFAULTS.into(),
        values: Dict::from([("service".to_owned(), service)]),
    }
}

/// Names of jobs, sources and deliveries hold dashes and no underscores, names of variables the other way round.
fn env_path(keys: &str) -> KeyPath {
    let mut keys: Vec<String> = keys.split("__").map(str::to_lowercase).collect();
    let named = matches!(
        keys.first().map(String::as_str),
        Some("jobs" | "sources" | "deliveries")
    );
    if let (true, Some(name)) = (named, keys.get_mut(1)) {
        *name = name.replace('_', "-");
    }
    KeyPath::of(keys)
}

fn leads_nowhere(origin: Origin, key: KeyPath) -> Problem {
    Problem {
        place: Place {
            origin,
            key,
            excerpt: None,
        },
        what: "a setting names no key".into(),
        label: "a level of the name is empty, or there are too many".into(),
        hint: Some("levels are written `REPORTWIRE__SERVICE__DATA_DIR` or `service.data_dir`".into()),
    }
}

/// The value that `text` is in TOML; text that is no TOML is itself.
fn typed(text: &str) -> Value {
    let line = format!("value = {text}");
    toml_span::parse(&line)
        .ok()
        .as_ref()
        .and_then(|parsed| parsed.as_table())
        .filter(|table| table.len() == 1)
        .and_then(|table| table.get("value"))
        .map_or_else(|| Value::from(text), plain)
}

fn nested(keys: &[String], value: Value) -> Dict {
    match keys {
        [] => Dict::new(),
        [key] => Dict::from([(key.clone(), value)]),
        [key, rest @ ..] => Dict::from([(key.clone(), Value::from(nested(rest, value)))]),
    }
}

/// The value at `keys`; elements of lists are numbers.
pub(super) fn find<'v>(value: &'v Value, keys: &[String]) -> Option<&'v Value> {
    let Some((key, rest)) = keys.split_first() else {
        return Some(value);
    };
    let inner = match value {
        Value::Dict(_, dict) => dict.get(key),
        Value::Array(_, list) => key.parse().ok().and_then(|index: usize| list.get(index)),
        _ => None,
    }?;
    find(inner, rest)
}

/// Removes the value at `keys`; an element of a list takes the whole list with it, so that no other element moves, but a key of a
/// table within a list is removed alone. Gives the path that was removed.
pub(super) fn remove(value: &mut Value, keys: &[String]) -> Option<KeyPath> {
    let mut at = value;
    for (index, key) in keys.iter().enumerate() {
        let rest = &keys[index + 1..];
        let table = match at {
            Value::Dict(_, dict) => dict,
            Value::Array(_, list) => {
                at = list.get_mut(key.parse::<usize>().ok()?)?;
                continue;
            }
            _ => return None,
        };
        let goes_on = match table.get(key) {
            Some(Value::Dict(..)) => !rest.is_empty(),
            Some(Value::Array(_, list)) => {
                let element = rest.first().and_then(|at| list.get(at.parse::<usize>().ok()?));
                rest.len() > 1 && matches!(element, Some(Value::Dict(..)))
            }
            _ => false,
        };
        if !goes_on {
            return table.remove(key).map(|_| KeyPath::of(&keys[..=index]));
        }
        at = table.get_mut(key)?;
    }
    None
}

/// Replaces the value at `keys`.
pub(super) fn replace(value: &mut Value, keys: &[String], by: Value) -> bool {
    let Some((last, above)) = keys.split_last() else {
        return false;
    };
    let mut at = value;
    for key in above {
        let Value::Dict(_, dict) = at else { return false };
        let Some(next) = dict.get_mut(key) else {
            return false;
        };
        at = next;
    }
    match at {
        Value::Dict(_, dict) => dict.insert(last.clone(), by).is_some(),
        _ => false,
    }
}

fn first_leaf(value: &Value) -> &Value {
    match value {
        Value::Dict(_, dict) => dict.values().next().map_or(value, first_leaf),
        Value::Array(_, list) => list.first().map_or(value, first_leaf),
        leaf => leaf,
    }
}

//! Where things stand in the file: the text, its values with their spans, and which of them must never be shown.

use crate::config::problem::{Excerpt, KeyPath, Origin, Place, Problem, shown};
use figment::value::{Dict, Tag, Value};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml_span::value::ValueInner;

/// Largest configuration file, in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// What stands in an excerpt in place of a secret.
const MASK: &str = "***";

/// The text of the configuration with the place of every value.
#[derive(Debug, Default)]
pub(super) struct SourceText {
    name: PathBuf,
    text: String,
    /// Found when the first problem asks for a place: a configuration without problems, however long, never does.
    places: OnceCell<Places>,
}

/// Where everything stands.
#[derive(Debug, Default)]
struct Places {
    root: Node,
    /// What must not be shown.
    secrets: Vec<Range<usize>>,
}

/// A value: where its key and itself stand, and what is in it.
#[derive(Debug, Default)]
struct Node {
    key: Option<Range<usize>>,
    value: Range<usize>,
    children: BTreeMap<String, Node>,
}

impl Node {
    /// The spans of all values below that are no tables or lists.
    fn leaves(&self, into: &mut Vec<Range<usize>>) {
        if self.children.is_empty() {
            into.push(self.value.clone());
        }
        self.children.values().for_each(|child| child.leaves(into));
    }
}

/// Which part of an entry a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

impl SourceText {
    /// Reads the TOML `text` of the file called `name`; gives the positions and the values.
    pub(super) fn parse(name: &Path, text: &str) -> Result<(Self, Dict), Box<Problem>> {
        let source = Self {
            name: name.to_owned(),
            text: text.to_owned(),
            ..Self::default()
        };
        match toml_span::parse(text) {
            Ok(value) => {
                let dict = match plain(&value) {
                    Value::Dict(_, dict) => dict,
                    _ => Dict::new(),
                };
                Ok((source, dict))
            }
            Err(error) => Err(Box::new(source.syntax(&error))),
        }
    }

    /// Where everything stands.
    fn places(&self) -> &Places {
        self.places.get_or_init(|| {
            let mut places = Places::default();
            if let Ok(value) = toml_span::parse(&self.text) {
                places.root = node(&self.text, None, &value, false, &mut places.secrets);
            }
            places
        })
    }

    /// The place of the value at `path`, or of the deepest table above it that is there.
    pub(super) fn place(&self, path: &KeyPath, part: Part) -> Place {
        let mut node = &self.places().root;
        let mut found = 0;
        for key in path.keys() {
            let Some(child) = node.children.get(key) else {
                break;
            };
            node = child;
            found += 1;
        }
        let whole = found == path.keys().len();
        let span = match (&node.key, part) {
            (Some(key), Part::Key) => Some(key),
            (Some(key), Part::Value) if !whole || !node.children.is_empty() => Some(key),
            (None, _) if found == 0 => None,
            _ => Some(&node.value),
        };
        self.place_of(span.cloned(), path.clone())
    }

    /// Whether the file holds a value at `path`.
    pub(super) fn has(&self, path: &KeyPath) -> bool {
        let found = path
            .keys()
            .iter()
            .try_fold(&self.places().root, |node, key| node.children.get(key));
        found.is_some()
    }

    /// Keeps the value at `path` back from now on.
    pub(super) fn hide(&mut self, path: &KeyPath) {
        let found = path
            .keys()
            .iter()
            .try_fold(&self.places().root, |node, key| node.children.get(key));
        let mut hidden = Vec::new();
        if let Some(node) = found {
            node.leaves(&mut hidden);
        }
        if let Some(places) = self.places.get_mut() {
            places.secrets.extend(hidden);
        }
    }

    fn place_of(&self, span: Option<Range<usize>>, key: KeyPath) -> Place {
        let position = span.as_ref().map(|span| self.position(span.start));
        Place {
            origin: Origin::File {
                path: self.name.clone(),
                position,
            },
            key,
            excerpt: span.map(|span| self.excerpt(&span)),
        }
    }

    /// Line and column of a byte, both from 1, columns in characters.
    fn position(&self, at: usize) -> (usize, usize) {
        let line = self.line(at);
        let number = self.text[..line.start].matches('\n').count() + 1;
        (
            number,
            self.text[line.start..at.max(line.start)].chars().count() + 1,
        )
    }

    /// The bytes of the line that holds `at`, without its end.
    fn line(&self, at: usize) -> Range<usize> {
        let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |length| start + length);
        start..end
    }

    /// The line of `span` without secrets and comments, and where in it the span is.
    fn excerpt(&self, span: &Range<usize>) -> Excerpt {
        let line = self.line(span.start);
        let stop = comment_start(&self.text[line.clone()])
            .map_or(line.end, |at| (line.start + at).max(span.end.min(line.end)));
        let mut excerpt = Excerpt {
            line: String::new(),
            start: 0,
            length: 0,
        };
        let mut at = line.start;
        let mut begun = None;
        let mut ended = None;
        while at < stop {
            let secret = self.places().secrets.iter().find(|secret| secret.contains(&at));
            let (piece, next) = if let Some(secret) = secret {
                (MASK.to_owned(), secret.end.min(stop))
            } else {
                let c = self.text[at..].chars().next().unwrap_or(' ');
                (shown(c.encode_utf8(&mut [0; 4])), at + c.len_utf8())
            };
            if begun.is_none() && next > span.start {
                begun = Some(excerpt.line.chars().count());
            }
            excerpt.line.push_str(&piece);
            if next <= span.end {
                ended = Some(excerpt.line.chars().count());
            }
            at = next;
        }
        excerpt.line.truncate(excerpt.line.trim_end().len());
        let length = excerpt.line.chars().count();
        excerpt.start = begun.unwrap_or(length);
        let end = ended.unwrap_or(length).min(length.max(excerpt.start + 1));
        excerpt.length = end.saturating_sub(excerpt.start).max(1);
        excerpt
    }

    /// A syntax error. What cannot be read cannot be told apart either, so that lines which look like secrets are not shown.
    fn syntax(&self, error: &toml_span::Error) -> Problem {
        let start = floor(
            &self.text,
            error.span.start.min(self.text.len().saturating_sub(1)),
        );
        let end = floor(&self.text, error.span.end.clamp(start, self.text.len()));
        let mut place = self.place_of(Some(start..end.max(start)), KeyPath::default());
        let line = self.line(start);
        let before = &self.text[..line.start];
        let in_text = ["\"\"\"", "'''"]
            .iter()
            .any(|quote| before.matches(quote).count() % 2 == 1);
        if in_text || !is_shown_line(&self.text[line]) {
            place.excerpt = None;
        }
        let (label, hint) = syntax_words(error);
        Problem {
            place,
            what: "the configuration is not valid TOML".into(),
            label,
            hint,
        }
    }
}

fn syntax_words(error: &toml_span::Error) -> (String, Option<String>) {
    use toml_span::ErrorKind as Kind;
    let hint = |text: &str| Some(text.to_owned());
    match &error.kind {
        Kind::UnquotedString | Kind::InvalidNumber => (
            "neither a number nor true, false, a list or a table".into(),
            hint("texts stand in quotes: \"…\""),
        ),
        Kind::UnterminatedString | Kind::InvalidCharInString(_) => (
            "the text is not closed on its line".into(),
            hint("close it with the quote it began with"),
        ),
        Kind::DuplicateKey { .. } => (
            "the key stands here a second time".into(),
            hint("remove one of the two"),
        ),
        Kind::DuplicateTable { .. } => (
            "the table stands here a second time".into(),
            hint("put the keys of both under one header"),
        ),
        Kind::ExceededDepthLimit => ("nested too deeply".into(), None),
        Kind::UnexpectedEof => ("the file ends in the middle of something".into(), None),
        _ => (shown(&error.to_string()), None),
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Whether a line that cannot be parsed may be shown: a header, or one key that may be shown with a plain value. In a
/// spoilt list or inline table nobody can tell what belongs to which key.
fn is_shown_line(line: &str) -> bool {
    let Some((key, value)) = line.split_once('=') else {
        return line.trim_start().starts_with('[') && !line.contains(['"', '\'']);
    };
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let last = key.trim().rsplit('.').next().unwrap_or_default();
    key.trim().chars().all(bare)
        && is_shown_key(last)
        && !value.contains(['=', '{', ',', '@'])
        && !value.contains("://")
}

/// Where the comment of a line begins.
fn comment_start(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => return Some(at),
            _ => {}
        }
    }
    None
}

/// The tree of a value; collects the spans of secrets on its way.
fn node(
    text: &str,
    key: Option<Range<usize>>,
    value: &toml_span::Value<'_>,
    secret: bool,
    secrets: &mut Vec<Range<usize>>,
) -> Node {
    let mut span = value.span.start..value.span.end.max(value.span.start);
    let mut children = BTreeMap::new();
    match value.as_ref() {
        ValueInner::Table(table) => {
            for (key, child) in table {
                let within = matches!(child.as_ref(), ValueInner::Table(_));
                let secret =
                    secret || SECRET_KEYS.contains(&&*key.name) || !(within || is_shown_key(&key.name));
                let child = node(
                    text,
                    Some(quoted(text, key.span.start..key.span.end)),
                    child,
                    secret,
                    secrets,
                );
                children.insert(key.name.to_string(), child);
            }
        }
        ValueInner::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                children.insert(index.to_string(), node(text, None, child, secret, secrets));
            }
        }
        ValueInner::String(content) => {
            span = quoted(text, span);
            if (secret && !is_reference(content)) || is_secret_text(content) {
                secrets.push(span.clone());
            }
        }
        _ if secret => secrets.push(span.clone()),
        _ => {}
    }
    Node {
        key,
        value: span,
        children,
    }
}

/// toml-span leaves the quotes out of the span of a text; a reader looks for them.
fn quoted(text: &str, span: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let (mut start, mut end) = (span.start, span.end);
    let Some(&quote) = start.checked_sub(1).and_then(|before| bytes.get(before)) else {
        return span;
    };
    let is_quote = |byte: Option<&u8>| matches!(byte, Some(b'"' | b'\''));
    if !is_quote(Some(&quote)) {
        // The empty text: its span is the opening quote alone.
        let empty = end == start + 1 && is_quote(bytes.get(start)) && bytes.get(start) == bytes.get(end);
        return if empty { start..end + 1 } else { span };
    }
    for _ in 0..3 {
        if start > 0 && bytes[start - 1] == quote && bytes.get(end) == Some(&quote) {
            start -= 1;
            end += 1;
        }
    }
    start..end
}

/// Keys whose values may be shown. Everything else is kept back: a misspelt key may well hold a password.
#[rustfmt::skip]
const SHOWN_KEYS: [&str; 126] = [
    "above", "accent", "action", "against", "agent", "allow_partial", "allow_private", "ambiguous", "amount",
    "anomalies", "at", "at_most", "attempts", "audit", "base_url", "bcc", "behind_proxy", "below", "bill", "bill_by", "brand",
    "budgets", "business_day", "by", "ca_file", "catch_up", "cc", "change_above", "change_below", "combine", "complete",
    "concurrency", "connect_timeout_secs", "conversation_cost", "cron", "currency", "data_dir", "date", "day", "days",
    "deadline", "deliveries", "dimension", "enabled", "end", "envelope", "events", "every", "exports", "file_name",
    "fiscal_year_start", "floor", "fonts", "formats", "fresh", "from", "gates", "holidays", "host", "jitter",
    "keep_artifacts", "keep_snapshots", "known_gaps", "label", "listen", "locale", "logo", "max_attachment_bytes",
    "max_change", "member", "metric", "min_rows", "name", "names", "norm", "of", "organization", "organization_id",
    "over_at", "owner", "owner_delivery", "owner_fallback", "path", "per", "percent", "period", "periods", "phasing",
    "port", "project_id", "projects", "rate", "rates", "rearm", "reason", "reconcile", "reply_to", "report",
    "requests_per_minute", "retention_days", "runs_at_once", "schedule", "send", "sends_at_once", "smtp",
    "snapshot_files", "sources", "start", "stop_within", "subject", "surface", "template", "tier", "timeout_secs",
    "timezone", "title", "tls", "to", "tolerance", "url", "usage", "username", "wait_until", "watch_at", "when", "z",
];

/// Keys that hold references to secrets, or secrets by mistake.
const SECRET_KEYS: [&str; 8] = [
    "api_key",
    "bot_token",
    "password",
    "ping_url",
    "previous_signing_secret",
    "signing_secret",
    "store",
    "webhook_url",
];

/// Whether the value of a key may be shown.
fn is_shown_key(key: &str) -> bool {
    SHOWN_KEYS.contains(&key)
}

/// Whether a text only says where a secret is.
pub(super) fn is_reference(text: &str) -> bool {
    text.starts_with("env:") || text.starts_with("file:")
}

/// Whether a text carries a secret whatever its key: credentials or a query in a URL, chat webhooks, and a text that has
/// swallowed the line of a secret because its quote is missing.
fn is_secret_text(text: &str) -> bool {
    if SECRET_KEYS.iter().any(|key| text.contains(key)) {
        return true;
    }
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let chats = [
        "hooks.slack.com",
        "webhook.office.com",
        "logic.azure.com",
        "powerplatform.com",
    ];
    rest.contains(['@', '?']) || chats.iter().any(|chat| rest.contains(chat)) || text.contains("whsec_")
}

/// The value as figment layers it.
pub(super) fn plain(value: &toml_span::Value<'_>) -> Value {
    let tag = Tag::Default;
    match value.as_ref() {
        ValueInner::String(text) => Value::String(tag, text.to_string()),
        ValueInner::Integer(number) => Value::from(*number),
        ValueInner::Float(number) => Value::from(*number),
        ValueInner::Boolean(truth) => Value::Bool(tag, *truth),
        ValueInner::Array(list) => Value::Array(tag, list.iter().map(plain).collect()),
        ValueInner::Table(table) => {
            let entries = table
                .iter()
                .map(|(key, value)| (key.name.to_string(), plain(value)));
            Value::Dict(tag, entries.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of all keys in a schema.
    fn keys(schema: &serde_json::Value, into: &mut Vec<String>) {
        if let Some(object) = schema.as_object() {
            let properties = object.get("properties").and_then(serde_json::Value::as_object);
            into.extend(properties.into_iter().flat_map(serde_json::Map::keys).cloned());
            object.values().for_each(|value| keys(value, into));
        }
    }

    #[test]
    fn every_key_is_known_to_be_shown_or_secret() {
        let schema = serde_json::from_str(&crate::config::schema::json()).unwrap();
        let mut all = Vec::new();
        keys(&schema, &mut all);
        // Tables show nothing by themselves.
        let tables = [
            "service",
            "sources",
            "deliveries",
            "jobs",
            "report",
            "full",
            "comparison",
            "trend",
            "organization",
            "email",
            "slack",
            "webhook",
        ];
        let kinds = [
            "file_drop",
            "geai",
            "dispersl",
            "almyty",
            "usage_file",
            "focus_file",
        ];
        for key in all {
            let places = [is_shown_key(&key), SECRET_KEYS.contains(&&*key)];
            let table = tables.contains(&&*key) || kinds.contains(&&*key);
            assert!(table || places[0] != places[1], "{key}: {places:?}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_parsed_is_shown_only_with_known_keys() {
        let cases = [
            ("timezone = Europe/Madrid", true),
            ("smtp = { host = x, port = }", false),
            ("smtp = { host = x, pasword = }", false),
            ("[service", true),
            ("api_key = \"x", false),
            ("url = \"https://x", false),
            ("é= 1", false),
            ("webhook url = \"x", false),
            ("brand.name = x", true),
            ("[deliveries.x.slack.url = \"x", false),
            ("[x] \"y", false),
            ("continued text\"", false),
        ];
        for (line, shown) in cases {
            assert_eq!(is_shown_line(line), shown, "{line}");
        }
    }

    #[test]
    fn places_count_characters_and_keep_quotes() {
        let text = "[a]\n\"ключ\" = \"é\" # note\nm = \"\"\"\nx\"\"\"\ne = ''\ntitle = ['ab', 'c']\n";
        let (source, _) = SourceText::parse(Path::new("x.toml"), text).unwrap();
        let at = |keys: &[&str], part| {
            let place = source.place(&KeyPath::of(keys.iter().copied()), part);
            let Origin::File { position, .. } = place.origin else {
                return None;
            };
            let excerpt = place.excerpt?;
            Some((position?, excerpt.start, excerpt.length))
        };
        assert_eq!(at(&["a", "ключ"], Part::Key), Some(((2, 1), 0, 6)));
        assert_eq!(at(&["a", "ключ"], Part::Value), Some(((2, 10), 9, 3)));
        assert_eq!(at(&["a", "title", "1"], Part::Value), Some(((6, 16), 15, 3)));
        assert_eq!(at(&["a", "absent"], Part::Value), Some(((1, 2), 1, 1)));
        assert_eq!(at(&["absent"], Part::Value), None);
    }
}

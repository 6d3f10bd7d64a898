//! Slack, by incoming webhook: the digest as Block Kit.
//!
//! Whatever is too long is left out whole and counted; a number is never cut.
//! Source: <https://docs.slack.dev/reference/block-kit/blocks>

mod notice;

use super::http::Endpoint;
use super::{Bulletin, Delivery, DeliveryError, Edition, Parcel, Receipt, is_direction};
use crate::config::plan::SlackPlan;
use crate::config::secret::Secret;
use crate::render::DigestFigure;
use crate::schedule::clock::Clock;
use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// Longest header block.
const HEADER_CHARS: usize = 150;
/// Longest top-level text, well below what Slack cuts.
const FALLBACK_CHARS: usize = 3_000;
/// Longest text of one section, below Slack's 3,000: five of them, the header and ten fields stay below the 13,200
/// characters that a message may have in all.
const SECTION_CHARS: usize = 1_500;
/// Most fields of a section.
const FIELDS: usize = 10;
/// Longest field; a name whose every character is escaped still leaves room for its figure.
const FIELD_CHARS: usize = 500;
/// Least time between two posts. Source: <https://docs.slack.dev/apis/web-api/rate-limits>, "incoming webhooks".
const SPACING: Duration = Duration::from_secs(1);
/// Longest name out of the data.
const NAME_CHARS: usize = 80;

/// Posts every finished report's digest to one channel.
#[derive(Debug)]
pub(super) struct Slack {
    name: String,
    endpoint: Endpoint,
}

impl Slack {
    /// Opens the delivery called `name`.
    pub(super) fn open(name: &str, plan: &SlackPlan, clock: Arc<dyn Clock>) -> Result<Self, DeliveryError> {
        let wrong = |reason: String| DeliveryError::permanent(format!("delivery `{name}`: {reason}"));
        let secret = plan
            .webhook_url
            .reveal()
            .map_err(|error| wrong(error.to_string()))?;
        // The parser's own message may repeat the text, which is the secret.
        let url = Url::parse(secret.expose_secret().trim()).map_err(|_| {
            wrong(format!(
                "{} does not hold a URL; copy it again from Slack",
                plan.webhook_url
            ))
        })?;
        // The URL of a loopback host may be written down as it is: whoever does so means this very host.
        let written_down = matches!(plan.webhook_url, Secret::Literal(_)) && is_loopback(&url);
        let admitted = plan.allow_private || written_down;
        Ok(Self {
            name: name.to_owned(),
            endpoint: Endpoint::open(name, url, admitted, plan.timeout, clock)?,
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[async_trait]
impl Delivery for Slack {
    fn compose(&self, edition: &Edition) -> Result<Vec<Parcel>, DeliveryError> {
        let content = Bytes::from(message(edition).to_string());
        Ok(vec![Parcel {
            place: Some(self.endpoint.place()),
            ..Parcel::new(edition, &self.name, self.endpoint.host(), content)
        }])
    }

    fn compose_bulletin(&self, bulletin: &Bulletin) -> Result<Vec<Parcel>, DeliveryError> {
        let content = Bytes::from(notice::message(bulletin).to_string());
        Ok(vec![Parcel {
            place: Some(self.endpoint.place()),
            ..Parcel::of_bulletin(bulletin, &self.name, self.endpoint.host(), content)
        }])
    }

    fn host(&self) -> String {
        self.endpoint.host().to_owned()
    }

    fn spacing(&self) -> Duration {
        SPACING
    }

    async fn probe(&self) -> Result<(), DeliveryError> {
        self.endpoint.reach().await
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, DeliveryError> {
        let answer = self.endpoint.post(HeaderMap::new(), parcel).await?;
        let said = answer.body.as_deref().map(str::trim);
        match (answer.status, said) {
            (200, Some("ok")) => Ok(Receipt {
                proof: "HTTP 200 ok".into(),
            }),
            // A proxy's page may answer 200 as well; only Slack says `ok`.
            (200..=299, _) => Err(self.endpoint.unanswered("the answer was not Slack's `ok`")),
            (403 | 404 | 410, _) => {
                let refusal = self.endpoint.refusal(
                    &answer,
                    "the channel or the app's webhook is gone or closed; make a new webhook in Slack and store its URL",
                );
                Err(DeliveryError::gone(refusal.reason))
            }
            _ => Err(self.endpoint.refusal(
                &answer,
                "Slack does not accept this message; please report it with this text",
            )),
        }
    }
}

/// The message: header, bold answer, figures, movers, notices, context.
fn message(edition: &Edition) -> Value {
    let digest = &edition.digest;
    let answer = safe(&digest.answer, usize::MAX);
    let answer = if chars(&answer) + 2 > SECTION_CHARS {
        safe(&digest.words.too_long, usize::MAX)
    } else {
        answer
    };
    let heading = plain(&digest.heading, HEADER_CHARS);
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": heading, "emoji": false}}),
        section(&format!("*{answer}*")),
    ];
    let fields: Vec<Value> = digest
        .headlines
        .iter()
        .take(FIELDS)
        .map(|figure| json!({"type": "mrkdwn", "text": field(figure, &digest.words.see)}))
        .collect();
    if !fields.is_empty() {
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    let movers: Vec<String> = digest.movers.iter().map(line).collect();
    let notices: Vec<String> = digest
        .notices
        .iter()
        .map(|notice| safe(notice, usize::MAX))
        .collect();
    let headlines_left_out = digest.headlines.len().saturating_sub(FIELDS);
    let places: Vec<String> = edition
        .places
        .iter()
        .map(|place| safe(place, usize::MAX))
        .collect();
    let words = &digest.words;
    for (title, items, left_out) in [
        (&words.movers, &movers, headlines_left_out),
        (&words.notices, &notices, 0),
        (&words.places, &places, 0),
    ] {
        let title = safe(title, NAME_CHARS);
        if let Some(text) = list(&title, items, left_out, &safe(&words.more, NAME_CHARS)) {
            blocks.push(section(&text));
        }
    }
    // Slack drops no repeats, so the run's id, at the end of the foot, lets people recognise one.
    let foot = safe(&digest.foot, usize::MAX);
    let foot = if chars(&foot) > SECTION_CHARS {
        safe(&digest.run, usize::MAX)
    } else {
        foot
    };
    blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": foot}]}));
    let fallback = format!("{}: {answer}", safe(&digest.heading, HEADER_CHARS));
    let fallback = if chars(&fallback) > FALLBACK_CHARS {
        safe(&digest.words.too_long, usize::MAX)
    } else {
        fallback
    };
    json!({"text": fallback, "blocks": blocks})
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

/// A headline figure. Its name may be shortened, its numbers not: where they do not fit, it points to the report.
fn field(figure: &DigestFigure, see: &str) -> String {
    let label = safe(&figure.label, NAME_CHARS);
    let text = format!(
        "*{label}*\n{}\n{}",
        safe(&figure.value, usize::MAX),
        safe(&figure.change, usize::MAX)
    );
    let text = text.trim_end();
    if chars(text) <= FIELD_CHARS {
        text.to_owned()
    } else {
        format!("*{label}*\n{}", safe(see, NAME_CHARS))
    }
}

/// A mover in one line.
fn line(figure: &DigestFigure) -> String {
    let parts = [safe(&figure.value, usize::MAX), safe(&figure.change, usize::MAX)];
    let numbers = parts
        .iter()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    format!("{}: {numbers}", safe(&figure.label, NAME_CHARS))
}

/// A titled list of as many whole items as fit, with the number of those that do not in `more` in the place of `#`; `None` where there is
/// nothing to say.
fn list(title: &str, items: &[String], already_left_out: usize, more: &str) -> Option<String> {
    let mut text = format!("*{title}*");
    // Room for the closing line about what was left out.
    let room = SECTION_CHARS - 100;
    let fitting = items
        .iter()
        .scan(chars(&text), |used, item| {
            *used += chars(item) + 3;
            (*used <= room).then_some(item)
        })
        .count();
    for item in items.iter().take(fitting) {
        text.push_str("\n• ");
        text.push_str(item);
    }
    let left_out = items.len() - fitting + already_left_out;
    if left_out > 0 {
        text.extend(["\n• ", &more.replace('#', &left_out.to_string())]);
    }
    (fitting + left_out > 0).then_some(text)
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// One line of at most `limit` characters, without control and direction characters.
fn plain(text: &str, limit: usize) -> String {
    let visible: String = text
        .chars()
        .filter(|c| !is_direction(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if chars(&line) <= limit {
        return line;
    }
    line.chars().take(limit - 1).chain(['…']).collect()
}

/// [`plain`] text that Slack shows as it is: no mentions, links or formatting.
fn safe(text: &str, limit: usize) -> String {
    let line: Vec<char> = plain(text, limit).chars().collect();
    let word = |at: Option<usize>| {
        at.and_then(|at| line.get(at))
            .is_some_and(|c| c.is_alphanumeric())
    };
    let mut out = String::with_capacity(line.len());
    for (at, c) in line.iter().enumerate() {
        // Inside a word Slack does not format, and `total_cost` must stay what it is.
        let inside = word(at.checked_sub(1)) && word(Some(at + 1));
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '`' => out.push('ˋ'),
            '*' if !inside => out.push('∗'),
            '_' if !inside => out.push('＿'),
            '~' if !inside => out.push('∼'),
            other => out.push(*other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_they_are_and_format_nothing() {
        for (name, expected) in [
            ("total_cost", "total_cost"),
            ("_it_", "＿it＿"),
            ("*b* and a*b", "∗b∗ and a*b"),
            ("~gone~ `code`", "∼gone∼ ˋcodeˋ"),
            (
                "<!channel> & <https://evil|x>",
                "&lt;!channel&gt; &amp; &lt;https://evil|x&gt;",
            ),
            ("a\r\nb\u{202e}c\0", "a bc"),
            ("", ""),
        ] {
            assert_eq!(safe(name, 100), expected);
        }
        assert_eq!(safe(&"x".repeat(100), 10), format!("{}…", "x".repeat(9)));
    }

    #[test]
    fn names_that_nobody_has_thought_of_mention_link_and_format_nothing() {
        crate::render::hostile::fuzz(|name| {
            let shown = safe(name, 200);
            assert!(
                !shown.contains(['<', '>', '`', '\n', '\r', '\0', '\u{202e}']),
                "{name:?}: {shown}"
            );
            let mut entities = shown.split('&').skip(1);
            let known = |rest: &str| {
                ["amp;", "lt;", "gt;"]
                    .iter()
                    .any(|entity| rest.starts_with(entity))
            };
            assert!(entities.all(known), "{name:?}: {shown}");
            assert!(chars(&plain(name, 200)) <= 200, "{name:?}");
        });
    }

    #[test]
    fn a_list_leaves_out_whole_items_and_counts_them() {
        let items: Vec<String> = (0..300).map(|n| format!("{n} {}", "x".repeat(80))).collect();
        let text = list("Title", &items, 0, "… and # more in the full report").unwrap();
        assert!(chars(&text) <= SECTION_CHARS);
        let shown = text.matches("\n• ").count() - 1;
        assert!(
            text.ends_with(&format!("and {} more in the full report", 300 - shown)),
            "{text}"
        );
        assert_eq!(list("Title", &[], 0, ""), None);
    }
}

//! A message to the owner as Block Kit: one section for each job, the most urgent first, with the commands that help.

use super::super::bulletin::{Item, View};
use super::{HEADER_CHARS, NAME_CHARS, chars, list, plain, safe, section};
use crate::delivery::Bulletin;
use serde_json::{Value, json};

/// Most jobs shown. With the header and the context these sections stay below the 13,200 characters of a message.
const JOBS: usize = 6;
/// Most items looked at.
const ITEMS: usize = 200;
/// Longest text of an item.
const TEXT_CHARS: usize = 600;
/// Where what is left out can be read.
const ELSEWHERE: &str = "… and # more in `reportwire runs`";
/// What stands in for a text that does not fit.
const TOO_LONG: &str = "too long for a chat message; please see `reportwire runs`";

/// The message.
pub(super) fn message(bulletin: &Bulletin) -> Value {
    let view = View::new(bulletin, ITEMS);
    let heading = format!("reportwire: {}", view.heading);
    let mut blocks = vec![json!({
        "type": "header",
        "text": {"type": "plain_text", "text": plain(&heading, HEADER_CHARS), "emoji": false},
    })];
    for group in view.groups.iter().take(JOBS) {
        let items: Vec<String> = group.items.iter().map(line).collect();
        let title = safe(&group.title, NAME_CHARS);
        blocks.extend(list(&title, &items, 0, ELSEWHERE).map(|text| section(&text)));
    }
    let unseen: usize = view.groups.iter().skip(JOBS).map(|group| group.items.len()).sum();
    let unseen = unseen + view.left_out;
    if unseen > 0 {
        blocks.push(section(&ELSEWHERE.replace('#', &unseen.to_string())));
    }
    // Slack drops no repeats, so the key lets people recognise one.
    let foot = format!("{} Notice {}", view.written, bulletin.key);
    blocks.push(json!({
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": safe(&foot, 300)}],
    }));
    json!({"text": safe(&heading, HEADER_CHARS), "blocks": blocks})
}

/// What happened, in one line; what is too long for a chat is not cut, it is left to another place.
fn line(item: &Item) -> String {
    let text = safe(&item.text, usize::MAX);
    let text = if chars(&text) > TEXT_CHARS {
        TOO_LONG.to_owned()
    } else {
        text
    };
    let about = if item.about.is_empty() {
        String::new()
    } else {
        format!(" {}", safe(&item.about, NAME_CHARS))
    };
    let mut line = format!("*{}*{about}: {text}", item.word);
    for command in &item.commands {
        line.extend(["\n    `", command, "`"]);
    }
    line
}

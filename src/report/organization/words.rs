//! Service types in plain words, and names for what is summed up.

use crate::language::{Text, say};
use crate::source::organization::{OTHERS, Part};
use std::collections::BTreeSet;

/// The service types that every platform of this kind knows.
const KNOWN: [&str; 6] = [
    "text_generation",
    "speech_to_text",
    "text_to_speech",
    "embedding",
    "rerank",
    "agent",
];

/// What a reader calls the service types of a report.
#[derive(Debug)]
pub(super) struct Words {
    /// Service types whose own name is somebody else's plain word; they would be mistaken for each other.
    taken: BTreeSet<String>,
}

impl Words {
    /// For a report with these service types.
    pub(super) fn new<'a>(service_types: impl Iterator<Item = &'a str>) -> Self {
        let words = |name: &&str| KNOWN.iter().any(|key| word(key) == *name);
        Self {
            taken: service_types.filter(words).map(str::to_owned).collect(),
        }
    }

    /// A member as a reader knows it: a known service type in plain words, everything else by its own name.
    pub(super) fn member(&self, dimension: &str, name: &str) -> Text {
        let others = say!("others");
        if name == OTHERS {
            return others;
        }
        if others == name {
            // What is summed up is never called as a member is.
            return say!("so-called", "name" = name);
        }
        let known = dimension == "service_type" && KNOWN.contains(&name);
        let plain = known.then(|| word(name));
        plain
            .filter(|plain| !self.taken.contains(plain.as_str()))
            .unwrap_or_else(|| name.into())
    }

    /// A member of a split.
    pub(super) fn of(&self, dimension: &str, part: &Part) -> Text {
        match part.others {
            Some(_) => say!("others"),
            None => self.member(dimension, &part.name),
        }
    }

    /// A service type of a split.
    pub(super) fn part(&self, part: &Part) -> Text {
        self.of("service_type", part)
    }
}

/// A known service type in plain words.
fn word(key: &str) -> Text {
    Text::keyed("service-", key)
}

/// A name as a part of a key: small letters, digits and underscores.
pub(super) fn slug(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .take(40)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_service_types_have_plain_words_and_others_their_own() {
        let words = Words::new(["text_generation", "video", "Rerank", "rerank"].into_iter());
        for (name, expected) in [
            ("text_generation", "Text generation"),
            ("agent", "Agent platform fee"),
            ("video", "video"),
            ("rerank", "rerank"),
            ("Rerank", "Rerank"),
            ("(others)", "Others"),
        ] {
            assert_eq!(words.member("service_type", name), expected);
        }
        assert_eq!(words.member("project", "agent"), "agent");
    }

    #[test]
    fn a_member_called_others_is_not_what_is_summed_up() {
        let part = |name: &str, others| Part {
            name: name.to_owned(),
            others,
            colour: None,
            series: Vec::new(),
        };
        let words = Words::new(std::iter::empty());
        assert_eq!(words.of("project", &part("(others)", Some(3))), "Others");
        assert_eq!(
            words.of("project", &part("Others", None)),
            "\u{201c}Others\u{201d}"
        );
    }

    #[test]
    fn keys_are_plain() {
        assert_eq!(slug("Text-Generation 2"), "text_generation_2");
        assert_eq!(slug("日本"), "__");
    }
}

//! The messages of a language, embedded or a job's own.

use super::text::{Arg, LARGE_COUNT, Said, Text, uncapitalised};
use super::value::{Hand, Plain, Value};
use super::{ENDING, FOLDER};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The embedded languages.
const EMBEDDED: [(&str, &str); 2] = [
    (
        Language::FALLBACK,
        include_str!("../../templates/language/en.ftl"),
    ),
    ("es", include_str!("../../templates/language/es.ftl")),
];
/// Languages of jobs that are kept parsed.
const MOST_KEPT: usize = 8;
/// What stands for a value while a sentence is put together: letters of a plane that no text uses.
const FIRST_MARK: u32 = 0x10_F000;
const MOST_MARKS: u32 = 64;
/// Between these, of the same plane, a large count stands until the reader's hand writes it: Fluent needs the number for the plural.
const COUNT: [char; 2] = ['\u{10f100}', '\u{10f101}'];

/// The words of a language. Which message it lacks, it says in English.
pub struct Language {
    tag: String,
    bundle: FluentBundle<Arc<FluentResource>>,
}

/// A stretch of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words, with their spaces.
    Words(String),
    /// The value at this place of the arguments.
    Value(usize),
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Language")
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}

impl Language {
    /// The language of texts that no catalogue has.
    pub const FALLBACK: &'static str = "en";

    /// The embedded English, which is complete.
    #[must_use]
    pub fn english() -> &'static Arc<Self> {
        static ENGLISH: OnceLock<Arc<Language>> = OnceLock::new();
        ENGLISH.get_or_init(|| Arc::new(Self::parsed(Self::FALLBACK, None)))
    }

    /// The language of the BCP 47 tag `locale` with the messages of a job's own `files` (`language/fr.ftl`) before the embedded ones;
    /// English where there is neither. What is wrong in a file, [`super::problems`] tells; here it is passed over.
    #[must_use]
    pub fn of(locale: &str, files: &BTreeMap<String, String>) -> Arc<Self> {
        let tag = locale
            .split(['-', '_'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let own = |tag: &str| files.get(&format!("{FOLDER}{tag}{ENDING}"));
        match own(&tag) {
            Some(source) => Self::kept(&tag, source),
            None if tag == "es" => {
                static SPANISH: OnceLock<Arc<Language>> = OnceLock::new();
                Arc::clone(SPANISH.get_or_init(|| Arc::new(Self::parsed("es", None))))
            }
            // A job's own English serves every language that has no words.
            None => own(Self::FALLBACK).map_or_else(
                || Arc::clone(Self::english()),
                |source| Self::kept(Self::FALLBACK, source),
            ),
        }
    }

    /// A job's language, parsed once for all that is made of one report.
    fn kept(tag: &str, source: &str) -> Arc<Self> {
        type Kept = Vec<(String, String, Arc<Language>)>;
        static KEPT: Mutex<Kept> = Mutex::new(Vec::new());
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = kept.iter();
        if let Some((_, _, language)) = known.find(|(known, text, _)| known == tag && text == source) {
            return Arc::clone(language);
        }
        let language = Arc::new(Self::parsed(tag, Some(source)));
        kept.truncate(MOST_KEPT - 1);
        kept.insert(0, (tag.to_owned(), source.to_owned(), Arc::clone(&language)));
        language
    }

    fn parsed(tag: &str, own: Option<&str>) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![tag.parse().unwrap_or_default()]);
        // Marks of direction around values would stand in files and subjects; names are made safe where they are shown.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(marked_count));
        for source in Self::source(tag).into_iter().chain(own) {
            let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(good, _)| good);
            bundle.add_resource_overriding(Arc::new(resource));
        }
        Self {
            tag: tag.to_owned(),
            bundle,
        }
    }

    /// Its tag: `es`.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Whether it has this message in its own words.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// Whether it is the embedded English, in which every text is written already.
    #[must_use]
    pub fn is_english(&self) -> bool {
        std::ptr::eq(self, Arc::as_ptr(Self::english()))
    }

    /// `text` in this language, values in the writing of `hand`.
    #[must_use]
    pub fn text<'a>(&self, text: &'a Text, hand: &dyn Hand) -> Cow<'a, str> {
        match text.said().filter(|_| text.has_values() || !self.is_english()) {
            Some(Said::Message(id, args)) => self.said(id, args, hand).into(),
            Some(Said::List(texts, between)) => {
                let texts: Vec<Cow<'_, str>> = texts.iter().map(|text| self.within(text, hand)).collect();
                texts.join(between.as_str()).into()
            }
            Some(Said::Within(text)) => uncapitalised(&self.text(text, hand)).into(),
            Some(Said::Value(value)) => hand.write(value).into(),
            None => Cow::Borrowed(text.as_str()),
        }
    }

    /// `text` within another one.
    fn within<'a>(&self, text: &'a Text, hand: &dyn Hand) -> Cow<'a, str> {
        if text.is_verbatim() {
            hand.name(text.as_str())
        } else {
            self.text(text, hand)
        }
    }

    /// The message `id` without arguments; the id itself where there is none.
    #[must_use]
    pub fn word(&self, id: &str) -> String {
        self.said::<&str>(id, &[], &Plain)
    }

    /// The message `id` with `args`, values in the writing of `hand`.
    #[must_use]
    pub fn said<N: AsRef<str>>(&self, id: &str, args: &[(N, Arg)], hand: &dyn Hand) -> String {
        if !self.has(id) && !self.is_english() {
            return Self::english().said(id, args, hand);
        }
        let is_large = |arg: &Arg| matches!(arg, Arg::Count(count) if *count >= LARGE_COUNT);
        let large = args.iter().any(|(_, arg)| is_large(arg));
        let mut given = FluentArgs::with_capacity(args.len());
        for (name, arg) in args {
            let value = match arg {
                Arg::Text(text) if large => FluentValue::from(unmarked(&self.within(text, hand))),
                Arg::Text(text) => FluentValue::from(self.within(text, hand)),
                Arg::Count(count) => FluentValue::from(*count),
                Arg::Key(key) => FluentValue::from(key.as_str()),
            };
            given.set(name.as_ref(), value);
            for (form, words) in forms(arg, hand) {
                given.set(format!("{}{form}", name.as_ref()), words);
            }
        }
        let said = self.formatted(id, &given);
        if large { counted(&said, hand) } else { said }
    }

    /// The message `id` in pieces: of each name what stands for its value, or the argument that chooses the words.
    #[must_use]
    pub fn pieces(&self, id: &str, args: &[(&str, Option<Arg>)], hand: &dyn Hand) -> Vec<Piece> {
        if !self.has(id) && !self.is_english() {
            return Self::english().pieces(id, args, hand);
        }
        let mut given = FluentArgs::with_capacity(args.len());
        for ((name, arg), mark) in args.iter().zip(FIRST_MARK..FIRST_MARK + MOST_MARKS) {
            let value = match arg {
                Some(Arg::Count(count)) => FluentValue::from(*count),
                Some(Arg::Key(key)) => FluentValue::from(key.as_str()),
                Some(Arg::Text(text)) => FluentValue::from(unmarked(&self.within(text, hand))),
                None => FluentValue::from(char::from_u32(mark).map_or_else(String::new, String::from)),
            };
            given.set(*name, value);
            for (form, words) in arg.iter().flat_map(|arg| forms(arg, hand)) {
                given.set(format!("{name}{form}"), words);
            }
        }
        let whole = counted(&self.formatted(id, &given), hand);
        let mut pieces = Vec::new();
        let mut words = String::new();
        for letter in whole.chars() {
            let place = u32::from(letter).checked_sub(FIRST_MARK);
            let place = place.and_then(|place| usize::try_from(place).ok());
            let Some(place) = place.filter(|place| *place < args.len()) else {
                words.push(letter);
                continue;
            };
            if !words.is_empty() {
                pieces.push(Piece::Words(std::mem::take(&mut words)));
            }
            pieces.push(Piece::Value(place));
        }
        if !words.is_empty() {
            pieces.push(Piece::Words(words));
        }
        pieces
    }

    /// The embedded messages of the language `tag`.
    pub(super) fn source(tag: &str) -> Option<&'static str> {
        let mut embedded = EMBEDDED.iter();
        embedded
            .find(|(language, _)| *language == tag)
            .map(|(_, source)| *source)
    }

    fn formatted(&self, id: &str, args: &FluentArgs<'_>) -> String {
        let pattern = self.bundle.get_message(id).and_then(|message| message.value());
        pattern.map_or_else(
            || id.to_owned(),
            |pattern| {
                let mut errors = Vec::new();
                self.bundle
                    .format_pattern(pattern, Some(args), &mut errors)
                    .into_owned()
            },
        )
    }
}

/// What else a message may say of `arg`.
fn forms(arg: &Arg, hand: &dyn Hand) -> Vec<(&'static str, String)> {
    match arg {
        Arg::Text(text) => match text.said() {
            Some(Said::Value(value)) => hand.forms(value),
            _ => Vec::new(),
        },
        Arg::Count(_) | Arg::Key(_) => Vec::new(),
    }
}

/// [`LARGE_COUNT`], as Fluent counts.
const LARGE: f64 = 1000.0;

/// A large count, marked for [`counted`].
fn marked_count<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value >= LARGE => {
            Some(format!("{}{}{}", COUNT[0], number.as_string(), COUNT[1]))
        }
        _ => None,
    }
}

/// `said` with its large counts in the writing of `hand`.
fn counted(said: &str, hand: &dyn Hand) -> String {
    let mut parts = said.split(COUNT[0]);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_once(COUNT[1]).unwrap_or((part, ""));
        match digits.parse() {
            Ok(number) => whole += &hand.write(&Value::Number(number)),
            Err(_) => whole += digits,
        }
        whole += rest;
    }
    whole
}

/// `text` without what could be taken for the place of a value or for a count.
fn unmarked(text: &str) -> String {
    let marks = FIRST_MARK..FIRST_MARK + MOST_MARKS;
    text.chars()
        .filter(|letter| !marks.contains(&u32::from(*letter)) && !COUNT.contains(letter))
        .collect()
}

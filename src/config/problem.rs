//! What is wrong with a configuration, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

/// Columns of a line of output that an excerpt may fill.
const WIDTH: usize = 80;

/// A way to a value of the configuration: `jobs.weekly-trend.timezone`. Elements of lists are numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// The path of these keys.
    pub fn of<S: Into<String>>(keys: impl IntoIterator<Item = S>) -> Self {
        Self(keys.into_iter().map(Into::into).collect())
    }

    /// One step further.
    #[must_use]
    pub fn join(&self, key: impl fmt::Display) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.to_string());
        Self(keys)
    }

    /// The keys from the top.
    pub fn keys(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if !key.is_empty() && key.chars().all(bare) {
                write!(f, "{dot}{key}")?;
            } else {
                write!(f, "{dot}\"{}\"", shown(key))?;
            }
        }
        Ok(())
    }
}

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the file, at this line and column (both from 1, columns in characters), where these are known.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// Line and column.
        position: Option<(usize, usize)>,
    },
    /// In the environment variable of this name.
    Environment(String),
    /// On the command line.
    CommandLine,
}

/// The place of a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where the value was written.
    pub origin: Origin,
    /// Its key path; empty where the file as a whole is meant.
    pub key: KeyPath,
    /// The line of the file, without secrets and comments, if there is one.
    pub excerpt: Option<Excerpt>,
}

/// A line of the file with the part that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The text of the line; control characters and secrets are replaced.
    pub line: String,
    /// Where the part begins, in characters from 0.
    pub start: usize,
    /// How many characters it has, at least 1.
    pub length: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What cannot work because of it: ``job `weekly-trend` cannot be scheduled``.
    pub what: String,
    /// What is wrong at the place: `not a known time zone`.
    pub label: String,
    /// The remedy.
    pub hint: Option<String>,
}

/// Everything that is wrong, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

/// Something that works and yet deserves attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(pub Problem);

impl Problems {
    /// Sorted by place; several problems at one place keep their order.
    #[must_use]
    pub fn sorted(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| a.place.origin.cmp(&b.place.origin));
        Self(problems)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(f, "{gap}{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: ")?;
        self.body(f)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "warning: ")?;
        self.0.body(f)
    }
}

impl Problem {
    fn body(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.what)?;
        writeln!(f, "  --> {}", self.place)?;
        match (&self.place.excerpt, &self.place.origin) {
            (
                Some(excerpt),
                Origin::File {
                    position: Some((line, _)),
                    ..
                },
            ) => excerpt.write(f, *line, &self.label)?,
            _ => writeln!(f, "   | {}", self.label)?,
        }
        self.hint
            .as_ref()
            .map_or(Ok(()), |hint| writeln!(f, "hint: {hint}"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::File { path, position } => {
                write!(f, "{}", shown(&path.display().to_string()))?;
                if let Some((line, column)) = position {
                    write!(f, ":{line}:{column}")?;
                }
            }
            Origin::Environment(name) => write!(f, "environment variable {}", shown(name))?,
            Origin::CommandLine => f.write_str("command line")?,
        }
        if self.key.keys().is_empty() {
            Ok(())
        } else {
            write!(f, "   {}", self.key)
        }
    }
}

impl Excerpt {
    /// Writes the line and, under it, the carets with their label; a long line is cut around the carets.
    fn write(&self, f: &mut fmt::Formatter<'_>, number: usize, label: &str) -> fmt::Result {
        let gutter = number.to_string();
        let room = WIDTH - gutter.len() - " | ".len();
        let carets = self.length.min(room / 2);
        let beside = carets + 1 + label.chars().count();
        let label_fits = beside + 1 < room;
        let needed = if label_fits { beside } else { carets };
        // The window starts at the line's start if what is needed fits, else as late as it must.
        let from = (self.start + needed).saturating_sub(room.saturating_sub(1));
        let from = if from == 0 { 0 } else { from.min(self.start) };
        let length = self.line.chars().count();
        let window: Vec<char> = self.line.chars().skip(from).take(room).collect();
        let mut window: String = window.into_iter().collect();
        if from > 0 {
            window = cut_start(&window);
        }
        if from + room < length {
            window.pop();
            window.push('…');
        }
        writeln!(f, "{gutter} | {}", window.trim_end())?;
        let margin = format!("{:width$} | ", "", width = gutter.len());
        let indent = " ".repeat(self.start.saturating_sub(from));
        let carets = "^".repeat(carets);
        if label_fits {
            writeln!(f, "{margin}{indent}{carets} {label}")
        } else {
            writeln!(f, "{margin}{indent}{carets}")?;
            writeln!(f, "{margin}{label}")
        }
    }
}

fn cut_start(window: &str) -> String {
    let mut chars = window.chars();
    chars.next();
    format!("…{}", chars.as_str())
}

/// `text` on one line: control characters and those that reorder text are replaced.
pub(super) fn shown(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

//! Sentences whose numbers are still numbers, in English for machines and as messages for readers of any language.

use super::PeriodRef;
use crate::language::{Arg, Language, Piece, Plain, Text, Value};
use crate::metric::{Metric, Unit};
use crate::money::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

/// A sentence whose numbers are still numbers, so that each format writes them in its reader's way.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Sentence {
    /// Its parts in English, in order.
    pub parts: Vec<Part>,
    /// By which messages it is said in other languages, one after the other; empty where it is from outside.
    #[serde(skip)]
    pub said: Vec<Said>,
}

/// A part of a [`Sentence`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Words, with their spaces.
    Text(String),
    /// Words that carry the point; a name from the data, perhaps.
    Strong(String),
    /// A value in its unit (`USD 4,070.36`, `659,997`), shown strong.
    Value {
        /// Which.
        value: Decimal,
        /// In what.
        unit: Unit,
        /// Of which currency.
        currency: Option<Currency>,
    },
    /// A difference in the unit of what it is of (`+19.75`), without its currency.
    Change {
        /// Which.
        value: Decimal,
        /// In what.
        unit: Unit,
        /// Of which currency.
        currency: Option<Currency>,
    },
    /// A [`Self::Value`] that is a step of a table too, and reads as it does there: steps are rounded so that they add up.
    #[serde(rename = "value")]
    Step {
        /// How much, without its sign.
        value: Decimal,
        /// In what.
        unit: Unit,
        /// Of which currency.
        currency: Option<Currency>,
        /// Which step.
        #[serde(skip)]
        of: StepOf,
    },
    /// A percentage with one decimal (`14.5 %`), shown strong.
    Percent(Decimal),
    /// A date of the period (`14 October`).
    Date(NaiveDate),
    /// The name of a period (`October 2026`).
    Period(PeriodRef),
}

/// The step of a table that an amount in a sentence is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOf {
    /// Key of the section: `effects`.
    pub section: &'static str,
    /// Source of the section.
    pub source: Option<String>,
    /// Which step; of effects that of the leading comparison.
    pub metric: Metric,
}

/// A stretch of a [`Sentence`] in any language.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A message with its arguments.
    Message(&'static str, Vec<(&'static str, Given)>),
    /// The same in every language.
    Part(Part),
}

/// An argument of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A value, shown as the part of a sentence that it is.
    Part(Part),
    /// A name or word of ours that carries the point.
    Strong(Text),
    /// Words within the sentence.
    Text(Text),
    /// A number that chooses the plural.
    Count(u64),
    /// How many times something is something else, with one decimal.
    Times(Decimal),
    /// The weekday of a date.
    Weekday(NaiveDate),
}

impl Sentence {
    /// The message `id` with `args` as a sentence.
    #[must_use]
    pub fn of(id: &'static str, args: Vec<(&'static str, Given)>) -> Self {
        Self {
            parts: english(id, &args),
            said: vec![Said::Message(id, args)],
        }
    }

    /// Words from outside, which nobody translates.
    #[must_use]
    pub fn plain(parts: Vec<Part>) -> Self {
        Self {
            parts,
            said: Vec::new(),
        }
    }

    /// This one, the words between, and another one.
    #[must_use]
    pub fn then(mut self, between: &str, next: Self) -> Self {
        let between = Part::Text(between.to_owned());
        self.said.push(Said::Part(between.clone()));
        self.parts.push(between);
        self.and(next)
    }

    /// This one with what another message adds to it.
    #[must_use]
    pub fn and(mut self, next: Self) -> Self {
        self.said.extend(next.said);
        self.parts.extend(next.parts);
        self
    }

    /// The same with every value as `map` makes it, in all languages.
    #[must_use]
    pub fn mapped(&self, map: &dyn Fn(&Part) -> Part) -> Self {
        let given = |(name, given): &(&'static str, Given)| match given {
            Given::Part(part) => (*name, Given::Part(map(part))),
            other => (*name, other.clone()),
        };
        let said = self.said.iter().map(|said| match said {
            Said::Message(id, args) => Said::Message(id, args.iter().map(given).collect()),
            Said::Part(part) => Said::Part(map(part)),
        });
        Self {
            parts: self.parts.iter().map(map).collect(),
            said: said.collect(),
        }
    }

    /// The same with the name of whom it is about before it.
    #[must_use]
    pub fn about(mut self, name: &str) -> Self {
        let name = [Part::Strong(name.to_owned()), Part::Text(": ".to_owned())];
        self.said.splice(0..0, name.clone().map(Said::Part));
        self.parts.splice(0..0, name);
        self
    }

    /// The same, ended by `end`.
    #[must_use]
    pub fn end(mut self, end: &str) -> Self {
        let end = Part::Text(end.to_owned());
        self.said.push(Said::Part(end.clone()));
        self.parts.push(end);
        self
    }

    /// The same, ended by `end`, and begun by a capital where it begins with words.
    #[must_use]
    pub fn whole(self, end: &str) -> Self {
        let mut this = self.end(end);
        if let Some(Part::Text(words)) = this.parts.first_mut() {
            *words = capitalised(words);
        }
        this
    }
}

/// A sentence in English, as machines read it.
fn english(id: &str, args: &[(&'static str, Given)]) -> Vec<Part> {
    let chosen: Vec<(&str, Option<Arg>)> = args
        .iter()
        .map(|(name, given)| {
            (
                *name,
                given.chosen(&|times| times.to_string(), &|day| day.format("%A").to_string()),
            )
        })
        .collect();
    let pieces = Language::english().pieces(id, &chosen, &Plain);
    pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Words(words) => Some(Part::Text(words)),
            Piece::Value(at) => match args.get(at).map(|(_, given)| given) {
                Some(Given::Part(part)) => Some(part.clone()),
                Some(Given::Strong(name)) => Some(Part::Strong(name.as_str().to_owned())),
                _ => None,
            },
        })
        .collect()
}

impl From<&PeriodRef> for Arg {
    fn from(period: &PeriodRef) -> Self {
        let (start, end) = (period.start, period.end);
        let id = period.id.clone();
        Value::Period { id, start, end }.into()
    }
}

impl Given {
    /// What Fluent puts into the words itself; `None` for what stands apart from them.
    pub fn chosen(
        &self,
        times: &dyn Fn(Decimal) -> String,
        weekday: &dyn Fn(NaiveDate) -> String,
    ) -> Option<Arg> {
        match self {
            Self::Part(_) | Self::Strong(_) => None,
            Self::Text(text) => Some(text.into()),
            Self::Count(count) => Some((*count).into()),
            Self::Times(value) => Some(times(*value).into()),
            Self::Weekday(date) => Some(weekday(*date).into()),
        }
    }
}

/// `words` with a capital.
pub(crate) fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl From<Part> for Given {
    fn from(part: Part) -> Self {
        Self::Part(part)
    }
}

impl From<PeriodRef> for Given {
    fn from(period: PeriodRef) -> Self {
        Self::Part(Part::Period(period))
    }
}

impl From<&PeriodRef> for Given {
    fn from(period: &PeriodRef) -> Self {
        period.clone().into()
    }
}

impl From<Text> for Given {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Given {
    fn from(count: usize) -> Self {
        Self::Count(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

/// A [`Sentence`] by its message: `told!("answer-was", "period" = period, "value" = amount)`.
macro_rules! told {
    ($id:literal $(, $name:literal = $value:expr)* $(,)?) => {
        $crate::report::Sentence::of($id, vec![$(($name, $crate::report::Given::from($value))),*])
    };
}
pub(crate) use told;

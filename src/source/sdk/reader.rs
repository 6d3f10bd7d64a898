//! Reading the answers of a snapshot, and gathering what must be said about them.

use super::http::Judge;
use super::json;
use crate::language::Text;
use crate::source::{Depth, Need, Notice, Snapshot, SourceError};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

/// The answers of one snapshot, and the notices about them.
#[derive(Debug)]
pub struct Reader<'a, C> {
    /// Whose they are.
    pub name: &'a str,
    /// The answers.
    pub snapshot: &'a Snapshot,
    /// When the last of them came.
    pub fetched_at: DateTime<Utc>,
    /// What was configured when they were fetched, as far as it decides what they mean.
    pub configured: C,
    notices: Vec<Notice>,
}

impl<'a, C> Reader<'a, C> {
    /// Opens the snapshot of the source `name`.
    ///
    /// # Errors
    /// [`SourceError::Contradiction`] if it holds no answer at all.
    pub fn open(name: &'a str, snapshot: &'a Snapshot, configured: C) -> Result<Self, SourceError> {
        let fetched_at = snapshot
            .fetched_at()
            .ok_or_else(|| contradiction(name, "the snapshot holds no answer; fetch it again"))?;
        Ok(Self {
            name,
            snapshot,
            fetched_at,
            configured,
            notices: Vec::new(),
        })
    }

    /// The day on which the last answer came.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.fetched_at.date_naive()
    }

    /// The error of answers that cannot be.
    #[must_use]
    pub fn contradiction(&self, reason: impl Into<String>) -> SourceError {
        contradiction(self.name, reason)
    }

    /// Takes note of what a reader of the report must know, and whether figures are missing because of it.
    pub fn notice(&mut self, text: impl Into<Text>, missing: bool) {
        self.notices.push(Notice {
            source: Some(self.name.to_owned()),
            text: text.into(),
            missing,
        });
    }

    /// All that has been said.
    #[must_use]
    pub fn into_notices(self) -> Vec<Notice> {
        self.notices
    }

    /// What `read` makes of the answers about a period. Nothing is told of days that are only read for what is usual.
    pub fn about<T>(&mut self, need: &Need, read: impl FnOnce(&mut Self) -> T) -> T {
        if need.depth == Depth::Days {
            self.silently(read)
        } else {
            read(self)
        }
    }

    /// What `read` makes of the answers, without anything that it says of them.
    pub fn silently<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let told = self.notices.len();
        let made = read(self);
        self.notices.truncate(told);
        made
    }

    /// The stored answer to a request.
    ///
    /// # Errors
    /// [`SourceError::Contradiction`] where there is none, or it is no JSON.
    pub fn answer(&self, request: &str) -> Result<Value, SourceError> {
        let body = self.snapshot.text(request).ok_or_else(|| self.lacks(request))?;
        json::strict(body)
            .map_err(|error| self.contradiction(format!("the stored answer to {request}: {error}")))
    }

    /// The stored answer to a request, which is no error.
    ///
    /// # Errors
    /// As for [`Reader::answer`], and where `judge` finds an error in it.
    pub fn good_answer(&self, request: &str, judge: Judge) -> Result<Value, SourceError> {
        let answer = self.answer(request)?;
        match judge(&answer) {
            Some(fault) => Err(self.contradiction(format!(
                "the stored answer to {request} is an error: {}",
                fault.said
            ))),
            None => Ok(answer),
        }
    }

    /// The error of an answer that should be in the snapshot.
    #[must_use]
    pub fn lacks(&self, request: &str) -> SourceError {
        self.contradiction(format!(
            "the snapshot holds no answer to {request}; fetch it again"
        ))
    }

    /// Counts below zero mean that the answer is not what we think it is.
    ///
    /// # Errors
    /// [`SourceError::Contradiction`] where one of `values` is.
    pub fn refuse_negative(
        &self,
        path: &str,
        what: &str,
        values: impl IntoIterator<Item = Option<Decimal>>,
    ) -> Result<(), SourceError> {
        let negative = values.into_iter().flatten().find(|value| *value < Decimal::ZERO);
        negative.map_or(Ok(()), |value| {
            Err(self.contradiction(format!(
                "{path} answered {value} for {what}, which cannot be negative; ask the platform's operator"
            )))
        })
    }
}

fn contradiction(source: &str, reason: impl Into<String>) -> SourceError {
    SourceError::Contradiction {
        source_name: source.to_owned(),
        reason: reason.into(),
    }
}

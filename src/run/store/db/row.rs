//! What a query answers, with the name of its column in every complaint.

use super::{StoreError, fault};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};
use std::path::Path;
use std::sync::Arc;

/// A row of either database.
pub(in crate::run::store) struct Row(RowOf, Arc<Path>);

enum RowOf {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What columns hold: texts and whole numbers.
pub(in crate::run::store) trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}
impl Column for String {}
impl Column for Option<String> {}
impl Column for i64 {}
impl Column for Option<i64> {}

impl Row {
    pub(super) fn of_sqlite(rows: Vec<SqliteRow>, place: &Arc<Path>) -> Vec<Self> {
        rows.into_iter()
            .map(|row| Self(RowOf::Sqlite(row), Arc::clone(place)))
            .collect()
    }

    pub(super) fn of_postgres(rows: Vec<PgRow>, place: &Arc<Path>) -> Vec<Self> {
        rows.into_iter()
            .map(|row| Self(RowOf::Postgres(row), Arc::clone(place)))
            .collect()
    }

    /// The value of a column, with its name in every complaint.
    pub(in crate::run::store) fn get<T: Column>(&self, column: &'static str) -> Result<T, StoreError> {
        let value = match &self.0 {
            RowOf::Sqlite(row) => row.try_get(column),
            RowOf::Postgres(row) => row.try_get(column),
        };
        value.map_err(|cause| fault(&self.1, cause))
    }

    pub(in crate::run::store) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(in crate::run::store) fn number<N: TryFrom<i64>>(
        &self,
        column: &'static str,
    ) -> Result<N, StoreError> {
        let value: i64 = self.get(column)?;
        N::try_from(value).map_err(|_| bad(column, value.to_string()))
    }

    pub(in crate::run::store) fn word<T>(
        &self,
        column: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        read(&text).ok_or_else(|| bad(column, text))
    }

    pub(in crate::run::store) fn moment(&self, column: &'static str) -> Result<DateTime<Utc>, StoreError> {
        self.word(column, read_instant)
    }

    pub(in crate::run::store) fn instant(
        &self,
        column: &'static str,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(text) = self.get::<Option<String>>(column)? else {
            return Ok(None);
        };
        read_instant(&text).map(Some).ok_or_else(|| bad(column, text))
    }

    pub(in crate::run::store) fn date(&self, column: &'static str) -> Result<NaiveDate, StoreError> {
        self.word(column, |text| text.parse().ok())
    }
}

/// An instant as stored: all of one length, so that texts sort as instants do.
pub(in crate::run::store) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

fn bad(column: &'static str, value: String) -> StoreError {
    StoreError::BadValue { column, value }
}

//! Errors of databases, sorted by what may be done about them.

use super::StoreError;
use sqlx::error::DatabaseError;
use std::path::{Path, PathBuf};

/// Primary result codes of `SQLite`, in the low byte of the extended ones.
pub(in crate::run::store) const SQLITE_BUSY: u32 = 5;
const SQLITE_READONLY: u32 = 8;
const SQLITE_IOERR: u32 = 10;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_TOOBIG: u32 = 18;
const SQLITE_CONSTRAINT: u32 = 19;
const SQLITE_MISMATCH: u32 = 20;
const SQLITE_NOTADB: u32 = 26;

/// Sorts a database error by what may be done about it.
pub(in crate::run::store) fn fault(place: &Path, cause: sqlx::Error) -> StoreError {
    let path: PathBuf = place.to_owned();
    let code = cause.as_database_error().and_then(DatabaseError::code);
    // Codes of PostgreSQL have five characters, letters among them or not.
    let disk_full = code.as_deref() == Some("53100");
    match primary_code(&cause) {
        Some(SQLITE_BUSY) => StoreError::Locked { path },
        Some(SQLITE_CORRUPT | SQLITE_NOTADB) => StoreError::Corrupt {
            path,
            detail: cause.to_string(),
        },
        Some(SQLITE_FULL | SQLITE_IOERR | SQLITE_READONLY | SQLITE_CANTOPEN) => {
            StoreError::Disk { path, cause }
        }
        _ if disk_full => StoreError::Disk { path, cause },
        _ => StoreError::Database { path, cause },
    }
}

/// Whether values were refused: of PostgreSQL, classes 22 and 23.
pub(in crate::run::store) fn refuses_rows(cause: &sqlx::Error) -> bool {
    if let Some(code) = primary_code(cause) {
        return matches!(code, SQLITE_TOOBIG | SQLITE_CONSTRAINT | SQLITE_MISMATCH);
    }
    let code = cause.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}

/// The low byte of an error code of `SQLite`.
pub(in crate::run::store) fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let error: &sqlx::sqlite::SqliteError = error.as_database_error()?.try_downcast_ref()?;
    Some(error.code()?.parse::<u32>().ok()? & 0xff)
}

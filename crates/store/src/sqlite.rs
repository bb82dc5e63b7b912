//! The embedded engine.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::rows::Value;
use crate::{Error, Result};

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(i) => ValueRef::Integer(*i),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Any column of a row.
pub(crate) fn cell<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> Result<Value<'r>> {
    let damaged = |why: &str| Error::Damaged {
        what: "a row".into(),
        why: why.into(),
    };
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(i) => Value::Int(i),
        ValueRef::Text(text) => {
            Value::Text(std::str::from_utf8(text).map_err(|_| damaged("its text is not UTF-8"))?)
        }
        ValueRef::Blob(bytes) => Value::Blob(bytes),
        ValueRef::Real(_) => return Err(damaged("it holds a real number")),
    })
}

/// How a connection is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// The one writer.
    Write,
    /// One of the readers.
    Read,
    /// A scratch database in memory or in a temporary file.
    Scratch,
}

const WRITER_CACHE_KIB: i64 = 96 * 1024;
const READER_CACHE_KIB: i64 = 16 * 1024;
/// A random key costs one page in the write-ahead log, so that pages are small.
const PAGE_BYTES: i64 = 4096;
const STATEMENTS: usize = 128;
/// How long a connection waits for another's lock.
pub(crate) const BUSY: std::time::Duration = std::time::Duration::from_secs(10);

/// Opens the database at `path`.
pub(crate) fn connect(path: &Path, how: Use) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX
        | match how {
            Use::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Use::Write | Use::Scratch => {
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
            }
        };
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(BUSY)?;
    // One plan a query, whatever its parameters: otherwise the engine compiles a cached statement anew for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    match how {
        Use::Write => {
            connection.pragma_update(None, "page_size", PAGE_BYTES)?;
            // Deleted content must not linger in free pages where a later reader of the disk finds it.
            connection.pragma_update(None, "secure_delete", "FAST")?;
            let mode: String =
                connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
            if mode != "wal" {
                return Err(Error::Folder {
                    path: path.to_owned(),
                    why: format!(
                        "the file system doesn't allow a write-ahead log (mode {mode}); use a local disk"
                    ),
                });
            }
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "wal_autocheckpoint", 0)?;
            connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
            connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        }
        Use::Read => {
            connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
            connection.pragma_update(None, "query_only", true)?;
        }
        Use::Scratch => {
            connection.pragma_update(None, "journal_mode", "OFF")?;
            connection.pragma_update(None, "synchronous", "OFF")?;
        }
    }
    Ok(connection)
}

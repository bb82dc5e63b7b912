//! The embedded engine. One text of each query serves every engine: `$1`-style parameters, in order of first use.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::{Error, LedgerId, Result, Source};

/// A parameter of a query.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// A 64-bit integer.
    Int(i64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes; compared byte by byte, on every engine.
    Blob(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(i: i64) -> Self {
        Self::Int(i)
    }
}

impl From<u32> for Value<'_> {
    fn from(i: u32) -> Self {
        Self::Int(i.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(bytes)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

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

/// One row of an answer; columns count from 0.
pub struct Row<'r>(&'r rusqlite::Row<'r>);

impl Row<'_> {
    /// An integer.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn int(&self, column: usize) -> Result<i64> {
        Ok(self.0.get(column)?)
    }

    /// An integer or NULL.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        Ok(self.0.get(column)?)
    }

    /// Text.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn text(&self, column: usize) -> Result<&str> {
        Ok(self
            .0
            .get_ref(column)?
            .as_str()
            .map_err(rusqlite::Error::from)?)
    }

    /// Text or NULL.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        Ok(self
            .0
            .get_ref(column)?
            .as_str_or_null()
            .map_err(rusqlite::Error::from)?)
    }

    /// Bytes. Text counts as its bytes: whoever edited the row by hand is found out by digests, not by types.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn blob(&self, column: usize) -> Result<&[u8]> {
        Ok(self
            .0
            .get_ref(column)?
            .as_bytes()
            .map_err(rusqlite::Error::from)?)
    }

    /// Bytes or NULL.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>> {
        Ok(self
            .0
            .get_ref(column)?
            .as_bytes_or_null()
            .map_err(rusqlite::Error::from)?)
    }

    /// How many columns the row has.
    pub(crate) fn count(&self) -> usize {
        self.0.as_ref().column_count()
    }

    /// Any column, to be used as a parameter again.
    pub(crate) fn value(&self, column: usize) -> Result<Value<'_>> {
        Ok(match self.0.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(i) => Value::Int(i),
            ValueRef::Text(text) => {
                Value::Text(std::str::from_utf8(text).map_err(|_| Error::Damaged {
                    what: "a row".into(),
                    why: "its text is not UTF-8".into(),
                })?)
            }
            ValueRef::Blob(bytes) => Value::Blob(bytes),
            ValueRef::Real(_) => {
                return Err(Error::Damaged {
                    what: "a row".into(),
                    why: "it holds a real number".into(),
                });
            }
        })
    }

    /// Any column as bytes with a type mark, for comparing tables.
    pub(crate) fn raw(&self, column: usize) -> Result<Vec<u8>> {
        Ok(match self.0.get_ref(column)? {
            ValueRef::Null => vec![0],
            ValueRef::Integer(i) => [&[1][..], &i.to_be_bytes()].concat(),
            ValueRef::Real(r) => [&[2][..], &r.to_be_bytes()].concat(),
            ValueRef::Text(text) => [&[3][..], text].concat(),
            ValueRef::Blob(bytes) => [&[4][..], bytes].concat(),
        })
    }
}

/// Reads rows.
pub struct Reader<'c> {
    pub(crate) connection: &'c Connection,
}

impl Reader<'_> {
    /// The first row of an answer.
    ///
    /// # Errors
    /// A failure of the engine, or what `read` returns.
    pub fn one<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        rows.next()?.map(|row| read(&Row(row))).transpose()
    }

    /// Visits the rows of an answer until `visit` breaks.
    ///
    /// # Errors
    /// A failure of the engine, or what `visit` returns.
    pub fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if visit(&Row(row))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// All rows of an answer that is known to be short.
    ///
    /// # Errors
    /// A failure of the engine, or what `read` returns.
    pub fn all<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.each(sql, values, |row| {
            found.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }
}

/// Reads and writes rows, inside the group's transaction or a replay.
pub struct Writer<'c> {
    reader: Reader<'c>,
    freed: RefCell<Vec<(LedgerId, Source)>>,
}

impl<'c> std::ops::Deref for Writer<'c> {
    type Target = Reader<'c>;

    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}

impl<'c> Writer<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self {
            reader: Reader { connection },
            freed: RefCell::default(),
        }
    }

    /// Changes rows; returns how many.
    ///
    /// # Errors
    /// A failure of the engine.
    pub fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize> {
        Ok(self
            .reader
            .connection
            .prepare_cached(sql)?
            .execute(rusqlite::params_from_iter(values))?)
    }

    pub(crate) fn free(&self, ledger: LedgerId, source: Source) {
        self.freed.borrow_mut().push((ledger, source));
    }

    pub(crate) fn take_freed(&self) -> Vec<(LedgerId, Source)> {
        std::mem::take(&mut self.freed.borrow_mut())
    }
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

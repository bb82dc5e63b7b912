//! Rows, whichever engine keeps them. One text of each query serves both: `$1`-style parameters in order of first use,
//! integers of 64 bits, text and bytes compared byte by byte.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::Path;

use crate::postgres::{self, Session};
use crate::sqlite::{self, Use};
use crate::sums::{Added, Sums};
use crate::{Catalog, Error, LedgerId, Result, Source, schema};

/// A parameter of a query, or a column of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

/// One row of an answer; columns count from 0.
pub struct Row<'r>(Cells<'r>);

enum Cells<'r> {
    Embedded(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl<'r> Row<'r> {
    pub(crate) fn of_postgres(row: &'r tokio_postgres::Row) -> Self {
        Self(Cells::Postgres(row))
    }
}

impl Row<'_> {
    /// An integer.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn int(&self, column: usize) -> Result<i64> {
        self.opt_int(column)?.ok_or_else(|| wrong(column))
    }

    /// An integer or NULL.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        match self.value(column)? {
            Value::Int(int) => Ok(Some(int)),
            Value::Null => Ok(None),
            Value::Text(_) | Value::Blob(_) => Err(wrong(column)),
        }
    }

    /// Text.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn text(&self, column: usize) -> Result<&str> {
        self.opt_text(column)?.ok_or_else(|| wrong(column))
    }

    /// Text or NULL.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        match self.value(column)? {
            Value::Text(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            Value::Int(_) | Value::Blob(_) => Err(wrong(column)),
        }
    }

    /// Bytes. Text counts as its bytes: whoever edited the row by hand is found out by digests, not by types.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn blob(&self, column: usize) -> Result<&[u8]> {
        self.opt_blob(column)?.ok_or_else(|| wrong(column))
    }

    /// Bytes or NULL.
    ///
    /// # Errors
    /// When the column holds something else.
    pub fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>> {
        if let Cells::Embedded(row) = &self.0 {
            let bytes = row.get_ref(column)?.as_bytes_or_null();
            return Ok(bytes.map_err(rusqlite::Error::from)?);
        }
        match self.value(column)? {
            Value::Blob(bytes) => Ok(Some(bytes)),
            Value::Text(text) => Ok(Some(text.as_bytes())),
            Value::Null => Ok(None),
            Value::Int(_) => Err(wrong(column)),
        }
    }

    /// How many columns the row has.
    pub(crate) fn count(&self) -> usize {
        match &self.0 {
            Cells::Embedded(row) => row.as_ref().column_count(),
            Cells::Postgres(row) => row.len(),
        }
    }

    /// Any column, to be used as a parameter again.
    pub(crate) fn value(&self, column: usize) -> Result<Value<'_>> {
        match &self.0 {
            Cells::Embedded(row) => sqlite::cell(row, column),
            Cells::Postgres(row) => postgres::cell(row, column),
        }
    }

    /// Any column as bytes with a type mark, for comparing tables.
    pub(crate) fn raw(&self, column: usize) -> Result<Vec<u8>> {
        Ok(match self.value(column)? {
            Value::Null => vec![0],
            Value::Int(i) => [&[1][..], &i.to_be_bytes()].concat(),
            Value::Text(text) => [&[3][..], text.as_bytes()].concat(),
            Value::Blob(bytes) => [&[4][..], bytes].concat(),
        })
    }
}

fn wrong(column: usize) -> Error {
    Error::Damaged {
        what: "a row".into(),
        why: format!("its column {} holds something of another type", column + 1),
    }
}

/// Where a query is answered.
#[derive(Clone, Copy)]
enum Engine<'c> {
    Embedded(&'c rusqlite::Connection),
    Postgres(&'c Session),
}

/// Reads rows.
pub struct Reader<'c>(Engine<'c>);

impl<'c> Reader<'c> {
    pub(crate) fn embedded(connection: &'c rusqlite::Connection) -> Self {
        Self(Engine::Embedded(connection))
    }
}

impl Reader<'_> {
    /// The first row of an answer that has one row, or a `LIMIT`.
    ///
    /// # Errors
    /// A failure of the engine, or what `read` returns.
    pub fn one<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match self.0 {
            Engine::Embedded(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                let row = rows.next()?;
                row.map(|row| read(&Row(Cells::Embedded(row)))).transpose()
            }
            Engine::Postgres(session) => {
                let row = session.first(sql, values)?;
                let row = row.as_deref().map(Row::of_postgres);
                row.map(|row| read(&row)).transpose()
            }
        }
    }

    /// As [`Reader::one`], for who reads an answer without a row too.
    ///
    /// # Errors
    /// A failure of the engine, or what `read` returns.
    pub fn first<T, E: From<Error>>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(Option<&Row<'_>>) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.0 {
            Engine::Embedded(connection) => {
                let mut statement = connection.prepare_cached(sql).map_err(Error::from)?;
                let rows = statement.query(rusqlite::params_from_iter(values));
                let mut rows = rows.map_err(Error::from)?;
                let row = rows.next().map_err(Error::from)?;
                read(row.map(|row| Row(Cells::Embedded(row))).as_ref())
            }
            Engine::Postgres(session) => {
                let row = session.first(sql, values)?;
                read(row.as_deref().map(Row::of_postgres).as_ref())
            }
        }
    }

    /// Visits the rows of an answer of any length until `visit` breaks.
    ///
    /// # Errors
    /// A failure of the engine, or what `visit` returns.
    pub fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        match self.0 {
            Engine::Embedded(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                while let Some(row) = rows.next()? {
                    if visit(&Row(Cells::Embedded(row)))?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
            Engine::Postgres(session) => {
                session.each(sql, values, |row| visit(&Row(Cells::Postgres(row))))
            }
        }
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
        if let Engine::Postgres(session) = self.0 {
            let rows = session.query(sql, values)?;
            return rows
                .iter()
                .map(|row| read(&Row(Cells::Postgres(row))))
                .collect();
        }
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
    added: RefCell<Added>,
}

impl<'c> std::ops::Deref for Writer<'c> {
    type Target = Reader<'c>;

    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}

impl<'c> Writer<'c> {
    pub(crate) fn embedded(connection: &'c rusqlite::Connection) -> Self {
        Self::of(Reader::embedded(connection))
    }

    fn of(reader: Reader<'c>) -> Self {
        Self {
            reader,
            freed: RefCell::default(),
            added: RefCell::default(),
        }
    }

    /// Changes rows. A failure shows at once, or at the latest with the next answer or the commit: on PostgreSQL changes
    /// travel together.
    ///
    /// # Errors
    /// A failure of the engine, perhaps of an earlier change of the same transaction.
    pub fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<()> {
        match self.reader.0 {
            Engine::Embedded(_) => self.execute_counted(sql, values).map(drop),
            Engine::Postgres(session) => session.defer(sql, values),
        }
    }

    /// Changes rows; returns how many.
    ///
    /// # Errors
    /// A failure of the engine.
    pub fn execute_counted(&self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        match self.reader.0 {
            Engine::Embedded(connection) => Ok(connection
                .prepare_cached(sql)?
                .execute(rusqlite::params_from_iter(values))?
                as u64),
            Engine::Postgres(session) => session.execute(sql, values),
        }
    }

    pub(crate) fn free(&self, ledger: LedgerId, source: Source) {
        self.freed.borrow_mut().push((ledger, source));
    }

    /// Adds to the sums in the row with that key, once the transaction is settled: whoever reads them before, in the same
    /// transaction, reads the old ones.
    pub fn add(&self, sums: &'static Sums, key: i64, more: [i64; 2]) {
        self.added.borrow_mut().add(sums, key, more);
    }

    /// Ends a series of acts: writes what they added to sums, and tells what content lost its last holder.
    pub(crate) fn settle(&self) -> Result<Vec<(LedgerId, Source)>> {
        self.added.take().write(self)?;
        Ok(self.freed.take())
    }
}

/// What a transaction sees of others that commit beside it. The embedded engine has one writer, and no difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Isolation {
    /// Reads as of one instant.
    Snapshot,
    /// Changes; each statement sees what was committed before it.
    Newest,
    /// Changes and reads as of one instant; fails when another changed what it changes.
    SnapshotThatWrites,
}

/// A connection to the rows, and at most one transaction on it.
pub(crate) enum Connection {
    Embedded(rusqlite::Connection),
    Postgres(Box<Session>),
}

impl Connection {
    /// To the rows of a folder, or to the database that keeps them for it.
    pub(crate) fn open(
        folder: &Path,
        database: Option<&postgres::Database>,
        how: Use,
    ) -> Result<Self> {
        Ok(match database {
            None => Self::Embedded(sqlite::connect(&folder.join("amana.db"), how)?),
            Some(database) => Self::Postgres(Box::new(Session::open(database, how)?)),
        })
    }

    /// Makes the tables that are missing.
    pub(crate) fn create_tables(&self, catalog: &Catalog) -> Result<()> {
        match self {
            Self::Embedded(connection) => schema::create(connection, catalog),
            Self::Postgres(session) => postgres::create(session, catalog),
        }
    }

    /// Makes the tables of rows that are moved here: `mark` stands in place of their version until they are whole.
    pub(crate) fn create_marked(&self, catalog: &Catalog, mark: &str) -> Result<()> {
        match self {
            Self::Embedded(connection) => schema::make(connection, catalog, mark),
            Self::Postgres(session) => postgres::make(session, catalog, mark),
        }
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader(match self {
            Self::Embedded(connection) => Engine::Embedded(connection),
            Self::Postgres(session) => Engine::Postgres(session),
        })
    }

    pub(crate) fn writer(&self) -> Writer<'_> {
        Writer::of(self.reader())
    }

    pub(crate) fn begin(&self, isolation: Isolation) -> Result<()> {
        match self {
            Self::Embedded(connection) => run(
                connection,
                match isolation {
                    Isolation::Snapshot => "BEGIN",
                    Isolation::Newest | Isolation::SnapshotThatWrites => "BEGIN IMMEDIATE",
                },
            ),
            Self::Postgres(session) => session.begin(isolation),
        }
    }

    /// Ends the transaction; what it changed is durable on return.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when its outcome is unknown.
    pub(crate) fn commit(&self) -> Result<()> {
        match self {
            Self::Embedded(connection) => run(connection, "COMMIT"),
            Self::Postgres(session) => session.commit(),
        }
    }

    /// Ends the transaction, if there is one, and undoes it; says whether it is certainly ended. One whose connection is
    /// lost is ended by the server.
    pub(crate) fn roll_back(&self) -> bool {
        match self {
            // After a failed COMMIT the engine may have ended the transaction by itself.
            Self::Embedded(connection) => {
                connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()
            }
            Self::Postgres(session) => {
                session.roll_back();
                true
            }
        }
    }

    /// Ends a transaction that only read.
    pub(crate) fn end_reading(&self) -> Result<()> {
        match self {
            Self::Embedded(connection) => run(connection, "COMMIT"),
            Self::Postgres(session) => {
                session.end_reading();
                Ok(())
            }
        }
    }

    /// Whether a failed commit needs no restart: another connection, or another try, does as well.
    pub(crate) fn survives(&self, error: &Error) -> bool {
        matches!(self, Self::Postgres(_)) && (error.is_unreachable() || error.is_refusal())
    }

    /// Whether it can be used once more.
    pub(crate) fn is_usable(&self) -> bool {
        match self {
            Self::Embedded(_) => true,
            Self::Postgres(session) => session.is_usable(),
        }
    }
}

fn run(connection: &rusqlite::Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

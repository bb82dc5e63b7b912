//! Reading: many queries as of one instant, or one question that needs no transaction.

use std::sync::atomic::Ordering;

use crate::rows::Connection;
use crate::sqlite::Use;
use crate::store::Shared;
use crate::{Error, Reader, Result, Row, Store, Value};

impl Store {
    /// Reads rows, all as of one instant. Blocking, for as long as `read` takes.
    ///
    /// # Errors
    /// A failure of the rows, or what `read` returns.
    pub fn read<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.shared.asked.fetch_add(1, Ordering::Relaxed);
        self.shared.read(read)
    }

    /// The first row of the answer to one statement, as of one instant after the call. On the embedded engine it takes
    /// microseconds, on the caller's thread; on a server those who ask at the same time share a round trip.
    ///
    /// # Errors
    /// A failure of the rows, or what `read` returns.
    pub async fn first<T, E: From<Error>>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl FnOnce(Option<&Row<'_>>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.shared.asked.fetch_add(1, Ordering::Relaxed);
        let Some(database) = &self.shared.database else {
            return self.shared.first_embedded(sql, values, read);
        };
        let row = self.shared.asking.first(database, sql, values).await?;
        read(row.as_ref().map(Row::of_postgres).as_ref())
    }
}

impl Shared {
    pub(crate) fn read<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let database = self.database.as_ref();
        let open = || Connection::open(&self.folder, database, Use::Read);
        let (connection, _share) = self.readers.take(database.is_some(), open)?;
        let found = read(&connection.reader());
        connection.end_reading()?;
        self.readers.keep(connection);
        found
    }

    fn first_embedded<T, E: From<Error>>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(Option<&Row<'_>>) -> Result<T, E>,
    ) -> Result<T, E> {
        let open = || Connection::open(&self.folder, None, Use::Read);
        let connection = self.readers.take_for_one(open)?;
        let found = connection.reader().first(sql, values, read);
        self.readers.keep(connection);
        found
    }
}

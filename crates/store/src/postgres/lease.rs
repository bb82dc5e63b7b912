//! What one node at a time does: it holds a lease, by the server's clock.

use std::sync::Mutex;

use super::database::Database;
use super::session::Session;
use crate::sqlite::Use;
use crate::store::lock_state;
use crate::{Reader, Result};

/// The server's clock, milliseconds since 1970.
const NOW_MS: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// A lease on what one node at a time does, and who would hold it here.
pub(crate) struct Lease {
    name: String,
    holder: String,
    for_ms: i64,
    session: Mutex<Option<Session>>,
}

impl Lease {
    /// `holder` is another for each process.
    pub(crate) fn new(name: String, holder: String, for_ms: i64) -> Self {
        Self {
            name,
            holder,
            for_ms,
            session: Mutex::default(),
        }
    }

    /// Takes it, or holds it for longer; says whether it is ours now. Blocking.
    pub(crate) fn take(&self, database: &Database) -> Result<bool> {
        let mut kept = lock_state(&self.session);
        let session = match kept.take() {
            Some(session) if session.is_usable() => session,
            _ => Session::open(database, Use::Write)?,
        };
        let sql = format!(
            "INSERT INTO leases (name, holder, until_ms) VALUES ($1, $2, {NOW_MS} + $3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
                WHERE leases.holder = excluded.holder OR leases.until_ms < {NOW_MS}"
        );
        let values = [
            self.name.as_str().into(),
            self.holder.as_str().into(),
            self.for_ms.into(),
        ];
        let taken = session.execute(&sql, &values)?;
        *kept = Some(session);
        Ok(taken > 0)
    }

    /// Whether it is still ours, inside the transaction that depends on it.
    pub(crate) fn holds(&self, rows: &Reader<'_>) -> Result<bool> {
        let sql =
            format!("SELECT 1 FROM leases WHERE name = $1 AND holder = $2 AND until_ms > {NOW_MS}");
        let values = [self.name.as_str().into(), self.holder.as_str().into()];
        Ok(rows.one(&sql, &values, |_| Ok(()))?.is_some())
    }

    /// Lets go of it, so that another node needn't wait.
    pub(crate) fn give_up(&self) {
        if let Some(session) = lock_state(&self.session).take() {
            let sql = "DELETE FROM leases WHERE name = $1 AND holder = $2";
            let values = [self.name.as_str().into(), self.holder.as_str().into()];
            if let Err(error) = session.execute(sql, &values) {
                tracing::debug!(%error, lease = self.name, "the lease was not given up, and ends by itself");
            }
        }
    }
}
